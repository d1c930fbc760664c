use ballast_math::{scaled_root_up, wide, MathError, MathResult, Price, Ratio, Units, Usd};
use ballast_state::{RiskBoard, RiskRow, CLASSES, NO_CLASS};

use super::portfolio::{Exposure, Portfolio};
use crate::price::{self, End};
use crate::{Now, RiskError, RiskResult};

/// At which prices and rates an assessment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Valuation {
    /// Maintenance rates at mid. Whatever the age of the price.
    Maintenance,
    /// As Maintenance, but with this feed at this price. What perps won and lost is the portfolio's to say.
    MaintenanceAt(u8, Price),
    /// Maintenance rates, with feeds that are stale or guarded at the end of their band that favours the owner.
    Favourable,
    /// Initial rates at the end of the band that is against the owner. The price must be usable for new risk.
    Initial,
    /// As Initial, but whatever the state and age of the price: for comparing an account with itself.
    InitialUnchecked,
}

impl Valuation {
    fn is_initial(self) -> bool {
        matches!(self, Self::Initial | Self::InitialUnchecked)
    }

    /// True if perps count at the price at which their PnL was taken.
    fn is_at_mid(self) -> bool {
        matches!(self, Self::Maintenance | Self::MaintenanceAt(..))
    }
}

/// Rates of one feed at one level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) long: Ratio,
    pub(crate) short: Ratio,
    pub(crate) add_on: Ratio,
}

pub(crate) fn rates_of(row: &RiskRow, valuation: Valuation) -> Rates {
    let (long, short, add_on) = if valuation.is_initial() {
        (row.initial_long, row.initial_short, row.initial_add_on)
    } else {
        (row.maintenance_long, row.maintenance_short, row.maintenance_add_on)
    };
    Rates { long: Ratio::from_bits(long), short: Ratio::from_bits(short), add_on: Ratio::from_bits(add_on) }
}

/// Sums of a risk class: what its net longs and net shorts lose in "all down" and "all up".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ClassSums {
    /// Σ vL·X over net longs, up.
    long_loss: Usd,
    /// Σ vS·X over net longs, down: what they gain when shorts lose.
    long_gain: Usd,
    /// Σ vS·|X| over net shorts, up.
    short_loss: Usd,
    /// Σ vL·|X| over net shorts, down.
    short_gain: Usd,
}

/// Equity and requirement as sums over feeds, exact under putting a part in and taking it out.
#[derive(Clone, Copy, Debug)]
pub struct Assessment {
    valuation: Valuation,
    now: Now,
    /// Σ max(s, 0)·p, down.
    pub assets: Usd,
    /// Σ max(−s, 0)·p, up.
    pub liabilities: Usd,
    /// Σ of what does not net across feeds, up.
    base: Usd,
    classes: [ClassSums; CLASSES],
    used: u16,
    /// True while Initial surely asks 5/4 of Maintenance of every exposure added, so that Maintenance need not be computed to
    /// know it: each is alone in its risk, open on one side, and priced within its row's lead of mid.
    pub(super) leads: bool,
}

/// One feed's part of an [`Assessment`].
#[derive(Clone, Copy, Debug)]
struct Part {
    assets: Usd,
    liabilities: Usd,
    base: Usd,
    class: Option<(u8, ClassSums)>,
    leads: bool,
}

/// An exposure netted inside its feed.
#[derive(Clone, Copy, Debug)]
struct Net<'a> {
    row: &'a RiskRow,
    /// Net long, or nothing.
    is_long: bool,
    /// |n|, for the quote with unrealised PnL at mid.
    units: Units,
    /// Of long and short, what is matched inside the feed.
    matched: Units,
    /// True if s = n: no perps of the feed, and no PnL in it.
    is_settled: bool,
}

impl<'a> Net<'a> {
    #[inline]
    fn of(portfolio: &Portfolio, exposure: &Exposure, board: &'a RiskBoard) -> RiskResult<Self> {
        let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
        let (mut long, mut short) = (exposure.deposits, exposure.loans);
        let mut pnl = (Units::ZERO, Units::ZERO);
        let mut is_settled = true;
        if portfolio.has_perps() {
            long = long.add(exposure.perp_long)?;
            short = short.add(exposure.perp_short)?;
            is_settled = (exposure.perp_long.0 | exposure.perp_short.0) == 0;
            if exposure.feed == portfolio.quote {
                // The quote's own exposure includes what perps won and lost, at mid.
                pnl = (portfolio.profit, portfolio.loss);
                // Even at a PnL of zero at mid: the band moves it.
                is_settled = false;
            }
        }
        let matched = long.min(short);
        let (net_long, net_short) = if is_settled { (long, short) } else { (long.add(pnl.0)?, short.add(pnl.1)?) };
        let is_long = net_long >= net_short;
        let units = if is_long { net_long.excess_over(net_short) } else { net_short.excess_over(net_long) };
        Ok(Self { row, is_long, units, matched, is_settled })
    }
}

impl Assessment {
    /// Nothing assessed yet.
    #[inline]
    fn empty(valuation: Valuation, now: Now) -> Self {
        Self {
            valuation,
            now,
            assets: Usd::ZERO,
            liabilities: Usd::ZERO,
            base: Usd::ZERO,
            classes: [ClassSums::default(); CLASSES],
            used: 0,
            leads: valuation.is_initial(),
        }
    }

    /// Assesses a portfolio.
    ///
    /// # Errors
    /// `FeedNotListed`; at Initial also `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded`; arithmetic.
    #[inline(never)]
    pub fn of(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation, now: Now) -> RiskResult<Self> {
        let mut assessment = Self::empty(valuation, now);
        for exposure in portfolio.exposures() {
            let part = assessment.part(portfolio, exposure, board)?;
            assessment.apply::<ADD>(&part)?;
        }
        Ok(assessment)
    }

    /// Replaces the exposure `before` by `after`, of the same feed.
    ///
    /// # Errors
    /// As [`Assessment::of`].
    pub fn replace(
        &mut self,
        portfolio: &Portfolio,
        before: &Exposure,
        after: &Exposure,
        board: &RiskBoard,
    ) -> RiskResult<()> {
        let out = self.part(portfolio, before, board)?;
        let back = self.part(portfolio, after, board)?;
        self.apply::<TAKE>(&out)?;
        self.apply::<ADD>(&back)?;
        Ok(())
    }

    /// The requirement R, up.
    ///
    /// # Errors
    /// Arithmetic.
    #[inline]
    pub fn requirement(&self, board: &RiskBoard) -> MathResult<Usd> {
        let mut total = self.base;
        let mut left = self.used;
        while left != 0 {
            let class = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            let class = usize::try_from(class).map_err(|_| MathError::here())?;
            let (Some(sums), Some(kappa)) = (self.classes.get(class), board.class_kappa.get(class)) else {
                return Err(MathError::here());
            };
            let down = sums.long_loss.excess_over(sums.short_gain);
            let up = sums.short_loss.excess_over(sums.long_gain);
            let hedged = sums.long_loss.min(sums.short_loss);
            total = total.add(down.max(up))?.add(Ratio::from_bits(*kappa).of_up(hedged)?)?;
        }
        Ok(total)
    }

    /// True if the class holds both net longs and net shorts.
    #[must_use]
    pub fn is_hedged(&self, class: u8) -> bool {
        let sums = self.classes.get(usize::from(class)).copied().unwrap_or_default();
        // The gains tell a side that is there even where its own loss rate is zero.
        let long = sums.long_loss.0 | sums.long_gain.0;
        let short = sums.short_loss.0 | sums.short_gain.0;
        long != 0 && short != 0
    }

    /// The price at which an exposure with this sign counts.
    #[inline]
    fn price(&self, feed: u8, row: &RiskRow, long: bool, board: &RiskBoard) -> RiskResult<Price> {
        let end = match self.valuation {
            Valuation::MaintenanceAt(printed, price) if printed == feed => return Ok(price),
            Valuation::MaintenanceAt(..) => return Ok(Price(row.mid)),
            Valuation::Maintenance => return Ok(Price(row.mid)),
            Valuation::Favourable if !price::is_uncertain(row, self.now, &board.rules) => return Ok(Price(row.mid)),
            Valuation::Favourable => End::of_owner(long),
            Valuation::Initial => {
                price::check_usable(row, self.now, board.rules.borrow_max_age)?;
                End::of_protocol(long)
            }
            Valuation::InitialUnchecked => End::of_protocol(long),
        };
        Ok(price::aged_end(row, end, self.now)?)
    }

    fn part(&self, portfolio: &Portfolio, exposure: &Exposure, board: &RiskBoard) -> RiskResult<Part> {
        let net = Net::of(portfolio, exposure, board)?;
        let row = net.row;
        let price = self.price(exposure.feed, row, net.is_long, board)?;
        let (size_down, size) = price.value(net.units)?;
        let (assets, liabilities) = match (net.is_settled, net.is_long) {
            (true, true) => (size_down, Usd::ZERO),
            (true, false) => (Usd::ZERO, size),
            (false, _) => self.equity_with_perps(portfolio, exposure, price, board)?,
        };
        let rates = rates_of(row, self.valuation);
        let mut unnetted = rates.add_on.add(impact(row, size)?)?;
        let class = if row.class == NO_CLASS {
            unnetted = unnetted.add(if net.is_long { rates.long } else { rates.short })?;
            None
        } else if net.is_long {
            let long_loss = rates.long.of_up(size)?;
            Some(ClassSums { long_loss, long_gain: rates.short.of_down(size_down)?, ..ClassSums::default() })
        } else {
            let short_loss = rates.short.of_up(size)?;
            Some(ClassSums { short_loss, short_gain: rates.long.of_down(size_down)?, ..ClassSums::default() })
        };
        let mut base = unnetted.of_up(size)?;
        if net.matched != Units::ZERO && row.basis != 0 {
            base = base.add(Ratio::from_bits(row.basis).of_up(price.value_up(net.matched)?)?)?;
        }
        // A net short counts at its high end, never below mid.
        let leads = self.leads
            && class.is_none()
            && net.is_settled
            && net.matched == Units::ZERO
            && row.lead != RiskRow::NEVER_LEADS
            && (!net.is_long || price >= Price(row.mid).scale_up(Ratio::from_bits(row.lead))?);
        Ok(Part { assets, liabilities, base, class: class.map(|sums| (row.class, sums)), leads })
    }

    /// Assets and liabilities of a feed with perps: the quote token's include what the positions won and lost.
    #[inline(never)]
    fn equity_with_perps(
        &self,
        portfolio: &Portfolio,
        exposure: &Exposure,
        price: Price,
        board: &RiskBoard,
    ) -> RiskResult<(Usd, Usd)> {
        if exposure.feed == portfolio.quote {
            return self.quote_equity(portfolio, exposure, board);
        }
        Ok((
            price.value_down(exposure.deposits.excess_over(exposure.loans))?,
            price.value_up(exposure.loans.excess_over(exposure.deposits))?,
        ))
    }

    /// Assets and liabilities of the quote token with unrealised perp PnL: at mid, plus what the move from mid to the price
    /// that counts does to each position.
    fn quote_equity(&self, portfolio: &Portfolio, quote: &Exposure, board: &RiskBoard) -> RiskResult<(Usd, Usd)> {
        let quote_row = board.row(quote.feed).ok_or(RiskError::FeedNotListed)?;
        let mut gain = quote.deposits.add(portfolio.profit)?;
        let mut loss = quote.loans.add(portfolio.loss)?;
        if !self.valuation.is_at_mid() {
            // In USD first: one division each turns the sums into quote tokens.
            let (mut gained, mut lost) = (Usd::ZERO, Usd::ZERO);
            for exposure in portfolio.exposures() {
                if (exposure.perp_long.0 | exposure.perp_short.0) == 0 {
                    continue;
                }
                let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
                let (moved_up, move_size) = self.move_from_mid(row, exposure, board)?;
                let perp_long = exposure.perp_long >= exposure.perp_short;
                let units = Units(exposure.perp_long.0.abs_diff(exposure.perp_short.0));
                if moved_up == perp_long {
                    gained = gained.add(move_size.value_down(units)?)?;
                } else {
                    lost = lost.add(move_size.value_up(units)?)?;
                }
            }
            let mid = Price(quote_row.mid);
            if gained != Usd::ZERO {
                gain = gain.add(mid.units_down(gained)?)?;
            }
            if lost != Usd::ZERO {
                loss = loss.add(mid.units_up(lost)?)?;
            }
        }
        let price = self.price(quote.feed, quote_row, gain >= loss, board)?;
        Ok((price.value_down(gain.excess_over(loss))?, price.value_up(loss.excess_over(gain))?))
    }

    /// How far the price that counts for an exposure lies from mid, and in which direction.
    fn move_from_mid(&self, row: &RiskRow, exposure: &Exposure, board: &RiskBoard) -> RiskResult<(bool, Price)> {
        let long = exposure.deposits.add(exposure.perp_long)?;
        let short = exposure.loans.add(exposure.perp_short)?;
        let price = self.price(exposure.feed, row, long >= short, board)?;
        Ok((price.0 >= row.mid, Price(price.0.abs_diff(row.mid))))
    }

    #[inline]
    fn apply<const ADDS: bool>(&mut self, part: &Part) -> MathResult<()> {
        let combine = |sum: Usd, term: Usd| if ADDS { sum.add(term) } else { sum.sub(term) };
        self.assets = combine(self.assets, part.assets)?;
        self.liabilities = combine(self.liabilities, part.liabilities)?;
        self.base = combine(self.base, part.base)?;
        self.leads = part.leads;
        if let Some((class, add)) = &part.class {
            let Some(sums) = self.classes.get_mut(usize::from(*class)) else { return Err(MathError::here()) };
            sums.long_loss = combine(sums.long_loss, add.long_loss)?;
            sums.long_gain = combine(sums.long_gain, add.long_gain)?;
            sums.short_loss = combine(sums.short_loss, add.short_loss)?;
            sums.short_gain = combine(sums.short_gain, add.short_gain)?;
            self.used |= 1u16.checked_shl(u32::from(*class)).unwrap_or(0);
        }
        Ok(())
    }
}

/// [`Assessment::apply`] puts a part in.
const ADD: bool = true;
/// [`Assessment::apply`] takes a part out.
const TAKE: bool = false;

/// `imp(N) = min(icap, Y·√(N / depth))`, up. Zero where the feed has no depth.
#[inline]
pub(crate) fn impact(row: &RiskRow, size: Usd) -> MathResult<Ratio> {
    if row.impact_slope == 0 || size == Usd::ZERO {
        return Ok(Ratio::ZERO);
    }
    let (root, half) = scaled_root_up(size.0);
    let product = wide(row.impact_slope, root);
    let bits = half.checked_add(24).ok_or_else(MathError::here)?;
    let whole = product.checked_shr(bits).and_then(|q| q.checked_add(1)).ok_or_else(MathError::here)?;
    Ok(Ratio(u64::try_from(whole).unwrap_or(u64::MAX)).min(Ratio::from_bits(row.impact_cap)))
}
