use ballast_math::{scaled_root_up, wide, MathError, MathResult, Price, Ratio, Units, Usd};
use ballast_state::{RiskBoard, RiskRow, CLASSES, NO_CLASS};

use super::portfolio::{Exposure, PerpExposure, Portfolio};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl ClassSums {
    const NONE: Self =
        Self { long_loss: Usd::ZERO, long_gain: Usd::ZERO, short_loss: Usd::ZERO, short_gain: Usd::ZERO };
}

/// What an exposure may lose at one level.
#[derive(Clone, Copy, Debug)]
struct Loss {
    /// What does not net across feeds, up.
    base: Usd,
    /// What does, in its risk class.
    class: Option<(u8, ClassSums)>,
}

impl Loss {
    /// The requirement of an exposure and nothing else, up: there is nothing it nets with.
    fn alone(&self) -> MathResult<Usd> {
        let Some((_, sums)) = &self.class else { return Ok(self.base) };
        self.base.add(sums.long_loss.max(sums.short_loss))
    }
}

/// A requirement as sums over feeds, exact under putting a loss in and taking it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Losses {
    /// Σ of what does not net across feeds, up.
    base: Usd,
    classes: [ClassSums; CLASSES],
    used: u16,
}

impl Losses {
    const NONE: Self = Self { base: Usd::ZERO, classes: [ClassSums::NONE; CLASSES], used: 0 };

    #[inline]
    fn apply<const ADDS: bool>(&mut self, loss: &Loss) -> MathResult<()> {
        self.base = combine::<ADDS>(self.base, loss.base)?;
        if let Some((class, add)) = &loss.class {
            let Some(sums) = self.classes.get_mut(usize::from(*class)) else { return Err(MathError::here()) };
            sums.long_loss = combine::<ADDS>(sums.long_loss, add.long_loss)?;
            sums.long_gain = combine::<ADDS>(sums.long_gain, add.long_gain)?;
            sums.short_loss = combine::<ADDS>(sums.short_loss, add.short_loss)?;
            sums.short_gain = combine::<ADDS>(sums.short_gain, add.short_gain)?;
            self.used |= 1u16.checked_shl(u32::from(*class)).unwrap_or(0);
        }
        Ok(())
    }

    /// R, up.
    #[inline]
    fn total(&self, board: &RiskBoard) -> MathResult<Usd> {
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
}

#[inline]
fn combine<const ADDS: bool>(sum: Usd, term: Usd) -> MathResult<Usd> {
    if ADDS {
        sum.add(term)
    } else {
        sum.sub(term)
    }
}

/// A term is put into its sum.
pub(crate) const ADD: bool = true;
/// A term is taken out of its sum.
pub(crate) const TAKE: bool = false;

/// Equity and requirement as sums over feeds, exact under putting a part in and taking it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    valuation: Valuation,
    now: Now,
    /// Σ max(s, 0)·p, down.
    pub assets: Usd,
    /// Σ max(−s, 0)·p, up.
    pub liabilities: Usd,
    losses: Losses,
    /// True while Initial surely asks 5/4 of Maintenance of every exposure added, so that Maintenance need not be computed to
    /// know it: each is alone in its risk, open on one side, and priced within its row's lead of mid.
    pub(super) leads: bool,
}

/// One feed's part of an [`Assessment`].
#[derive(Clone, Copy, Debug)]
struct Part {
    assets: Usd,
    liabilities: Usd,
    loss: Loss,
    leads: bool,
    /// What the way from mid to the price that counts does to the feed's perps: true if they gain.
    moved: Option<(bool, Usd)>,
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
    /// True if s = n: no perps of the feed.
    is_spot: bool,
    /// True of the quote token of perps: what they won and lost counts in it.
    is_quote: bool,
}

impl<'a> Net<'a> {
    #[inline]
    fn of(portfolio: &Portfolio, exposure: &Exposure, board: &'a RiskBoard) -> RiskResult<Self> {
        let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
        let (mut long, mut short) = (exposure.deposits, exposure.loans);
        let (mut is_spot, mut is_quote) = (true, false);
        if portfolio.has_perps() {
            is_spot = (exposure.perp_long.0 | exposure.perp_short.0) == 0;
            is_quote = exposure.feed == portfolio.quote;
            if !is_spot {
                long = long.add(exposure.perp_long)?;
                short = short.add(exposure.perp_short)?;
            }
        }
        let (is_long, units, matched) = netted(long, short);
        let mut net = Self { row, is_long, units, matched, is_spot, is_quote };
        if is_quote {
            // What perps won and lost, at mid, is matched with nothing.
            (net.is_long, net.units, _) = netted(long.add(portfolio.profit)?, short.add(portfolio.loss)?);
        }
        Ok(net)
    }

    /// What this may lose at rates, if it is priced like that and worth so much, down and up.
    #[inline]
    fn loss(&self, rates: Rates, price: Price, (size_down, size): (Usd, Usd)) -> MathResult<Loss> {
        let row = self.row;
        let mut unnetted = rates.add_on.add(impact(row, size)?)?;
        let class = if row.class == NO_CLASS {
            unnetted = unnetted.add(if self.is_long { rates.long } else { rates.short })?;
            None
        } else if self.is_long {
            let long_loss = rates.long.of_up(size)?;
            Some((row.class, ClassSums { long_loss, long_gain: rates.short.of_down(size_down)?, ..ClassSums::NONE }))
        } else {
            let short_loss = rates.short.of_up(size)?;
            Some((row.class, ClassSums { short_loss, short_gain: rates.long.of_down(size_down)?, ..ClassSums::NONE }))
        };
        let mut base = unnetted.of_up(size)?;
        if self.matched != Units::ZERO && row.basis != 0 {
            base = base.add(Ratio::from_bits(row.basis).of_up(price.value_up(self.matched)?)?)?;
        }
        Ok(Loss { base, class })
    }
}

/// Whether long outweighs short or equals it, by how much they differ, and what they share.
#[inline]
fn netted(long: Units, short: Units) -> (bool, Units, Units) {
    if long >= short {
        (true, long.excess_over(short), short)
    } else {
        (false, short.excess_over(long), long)
    }
}

impl Assessment {
    /// Assesses a portfolio.
    ///
    /// # Errors
    /// `FeedNotListed`; at Initial also `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded`; arithmetic.
    #[inline(never)]
    pub fn of(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation, now: Now) -> RiskResult<Self> {
        let mut assessment = Self {
            valuation,
            now,
            assets: Usd::ZERO,
            liabilities: Usd::ZERO,
            losses: Losses::NONE,
            // The quote token of perps is not open on one side alone: the band moves what they won and lost.
            leads: valuation.is_initial() && !portfolio.has_perps(),
        };
        let (mut gained, mut lost) = (Usd::ZERO, Usd::ZERO);
        for exposure in portfolio.exposures() {
            let part = assessment.part(portfolio, exposure, board)?;
            assessment.apply::<ADD>(&part)?;
            match part.moved {
                Some((true, moved)) => gained = gained.add(moved)?,
                Some((false, moved)) => lost = lost.add(moved)?,
                None => {}
            }
        }
        if portfolio.has_perps() && !valuation.is_at_mid() {
            assessment.add_quote(portfolio, board, gained, lost)?;
        }
        Ok(assessment)
    }

    /// Replaces the exposure `before` by `after`, of the same feed. At Maintenance only: elsewhere what perps won and lost is worth
    /// what all of them together make it.
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
        self.change::<TAKE>(portfolio, before, board)?;
        self.change::<ADD>(portfolio, after, board)
    }

    /// Puts an exposure of a portfolio in, or takes it out, at Maintenance as [`Assessment::replace`].
    ///
    /// # Errors
    /// As [`Assessment::of`].
    #[inline(never)]
    pub(crate) fn change<const ADDS: bool>(
        &mut self,
        portfolio: &Portfolio,
        exposure: &Exposure,
        board: &RiskBoard,
    ) -> RiskResult<()> {
        let part = self.part(portfolio, exposure, board)?;
        Ok(self.apply::<ADDS>(&part)?)
    }

    /// The requirement R, up.
    ///
    /// # Errors
    /// Arithmetic.
    #[inline]
    pub fn requirement(&self, board: &RiskBoard) -> MathResult<Usd> {
        self.losses.total(board)
    }

    /// True if the class holds both net longs and net shorts.
    #[must_use]
    pub fn is_hedged(&self, class: u8) -> bool {
        let Some(sums) = self.losses.classes.get(usize::from(class)) else { return false };
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
        let loss = net.loss(rates_of(row, self.valuation), price, (size_down, size))?;
        let mut moved = None;
        let (assets, liabilities) = if net.is_spot && (!net.is_quote || self.valuation.is_at_mid()) {
            if net.is_long {
                (size_down, Usd::ZERO)
            } else {
                (Usd::ZERO, size)
            }
        } else {
            if !net.is_spot && !self.valuation.is_at_mid() {
                moved = Some(self.moved(&net, exposure, price, board)?);
            }
            self.equity_beside_perps(portfolio, exposure, &net, price)?
        };
        // A net short counts at its high end, never below mid.
        let leads = self.leads
            && loss.class.is_none()
            && net.matched == Units::ZERO
            && row.lead != RiskRow::NEVER_LEADS
            && (!net.is_long || price >= Price(row.mid).scale_up(Ratio::from_bits(row.lead))?);
        Ok(Part { assets, liabilities, loss, leads, moved })
    }

    /// Assets and liabilities of a feed that perps are of, or settled in. What they won and lost is the quote token's: here at
    /// mid, and at other prices once it is known what each of them moved.
    #[inline(never)]
    fn equity_beside_perps(
        &self,
        portfolio: &Portfolio,
        exposure: &Exposure,
        net: &Net<'_>,
        price: Price,
    ) -> RiskResult<(Usd, Usd)> {
        let (mut gain, mut loss) = (exposure.deposits, exposure.loans);
        if net.is_quote {
            if !self.valuation.is_at_mid() {
                return Ok((Usd::ZERO, Usd::ZERO));
            }
            (gain, loss) = (gain.add(portfolio.profit)?, loss.add(portfolio.loss)?);
        }
        Ok(worth(gain, loss, price)?)
    }

    /// What the way from mid to the price that counts does to the perps of a feed: true if they gain.
    #[inline(never)]
    fn moved(&self, net: &Net<'_>, exposure: &Exposure, price: Price, board: &RiskBoard) -> RiskResult<(bool, Usd)> {
        let price = if net.is_quote {
            // The sign of what is held and owed, without what was won and lost.
            let long = exposure.deposits.add(exposure.perp_long)?;
            let short = exposure.loans.add(exposure.perp_short)?;
            self.price(exposure.feed, net.row, long >= short, board)?
        } else {
            price
        };
        let mid = net.row.mid;
        let (is_long, units, _) = netted(exposure.perp_long, exposure.perp_short);
        let way = Price(price.0.abs_diff(mid));
        let gains = (price.0 >= mid) == is_long;
        Ok((gains, if gains { way.value_down(units)? } else { way.value_up(units)? }))
    }

    /// Adds the quote token with what perps won and lost at mid, and what they gained and lost on the way from there, in USD:
    /// one division each turns the sums into quote tokens.
    #[inline(never)]
    fn add_quote(&mut self, portfolio: &Portfolio, board: &RiskBoard, gained: Usd, lost: Usd) -> RiskResult<()> {
        let quote = portfolio.exposure(portfolio.quote);
        let row = board.row(quote.feed).ok_or(RiskError::FeedNotListed)?;
        let mid = Price(row.mid);
        let mut gain = quote.deposits.add(portfolio.profit)?;
        let mut loss = quote.loans.add(portfolio.loss)?;
        if gained != Usd::ZERO {
            gain = gain.add(mid.units_down(gained)?)?;
        }
        if lost != Usd::ZERO {
            loss = loss.add(mid.units_up(lost)?)?;
        }
        let price = self.price(quote.feed, row, gain >= loss, board)?;
        let (assets, liabilities) = worth(gain, loss, price)?;
        self.assets = self.assets.add(assets)?;
        self.liabilities = self.liabilities.add(liabilities)?;
        Ok(())
    }

    #[inline]
    fn apply<const ADDS: bool>(&mut self, part: &Part) -> MathResult<()> {
        self.assets = combine::<ADDS>(self.assets, part.assets)?;
        self.liabilities = combine::<ADDS>(self.liabilities, part.liabilities)?;
        self.leads = part.leads;
        self.losses.apply::<ADDS>(&part.loss)
    }
}

/// Assets, down, or liabilities, up, of what is left of a gain and a loss.
fn worth(gain: Units, loss: Units, price: Price) -> MathResult<(Usd, Usd)> {
    match netted(gain, loss) {
        (_, Units::ZERO, _) => Ok((Usd::ZERO, Usd::ZERO)),
        (true, units, _) => Ok((price.value_down(units)?, Usd::ZERO)),
        (false, units, _) => Ok((Usd::ZERO, price.value_up(units)?)),
    }
}

/// The requirement of a portfolio at Maintenance, as its [`Assessment`] has it, without its equity.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
#[inline(never)]
pub(super) fn maintenance_requirement(portfolio: &Portfolio, board: &RiskBoard) -> RiskResult<Usd> {
    let mut losses = Losses::NONE;
    for exposure in portfolio.exposures() {
        let net = Net::of(portfolio, exposure, board)?;
        let price = Price(net.row.mid);
        let rates = rates_of(net.row, Valuation::Maintenance);
        losses.apply::<ADD>(&net.loss(rates, price, price.value(net.units)?)?)?;
    }
    Ok(losses.total(board)?)
}

/// The requirements at Initial and at Maintenance of one perp exposure and nothing else: what an account that holds it is asked
/// for, without making an account of it.
///
/// # Errors
/// `FeedNotListed`; `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded` of its feed or of the quote token's; arithmetic.
#[inline(never)]
pub(super) fn requirements_alone(
    perp: &PerpExposure,
    quote: u8,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<(Usd, Usd)> {
    let row = board.row(perp.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(quote).ok_or(RiskError::FeedNotListed)?;
    for row in [row, quote] {
        price::check_usable(row, now, board.rules.borrow_max_age)?;
    }
    let (is_long, units, matched) = netted(perp.long, perp.short);
    let net = Net { row, is_long, units, matched, is_spot: false, is_quote: false };
    let required =
        |price: Price, valuation: Valuation| net.loss(rates_of(row, valuation), price, price.value(units)?)?.alone();
    let end = price::aged_end(row, End::of_protocol(is_long), now)?;
    Ok((required(end, Valuation::Initial)?, required(Price(row.mid), Valuation::Maintenance)?))
}

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
