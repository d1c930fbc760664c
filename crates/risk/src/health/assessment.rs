use ballast_math::{high, low, scaled_root_up, wide, MathError, MathResult, Price, Ratio, Units, Usd};
use ballast_state::{RiskBoard, RiskRow, CLASSES, NO_CLASS};

use super::portfolio::{Claims, Exposure, PerpExposure, Portfolio};
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

/// Equity and requirement as sums over feeds, exact under putting an exposure in and taking it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// What perps gain on the way from mid to the price that counts, down.
    gained: Usd,
    /// What they lose on it, up.
    lost: Usd,
    /// True while Initial surely asks 5/4 of Maintenance of every exposure added, so that Maintenance need not be computed to
    /// know it: each is alone in its risk, open on one side, and priced within its row's lead of mid.
    pub(super) leads: bool,
}

/// An exposure netted inside its feed.
#[derive(Clone, Copy, Debug)]
struct Net {
    /// Net long, or nothing.
    is_long: bool,
    /// |n|, for the quote with unrealised PnL at mid.
    units: Units,
    /// Of long and short, what is matched inside the feed.
    matched: Units,
    /// True if this is worth more or less than what is netted: there are perps of the feed, or what perps won and lost counts in
    /// it and not at mid.
    is_apart: bool,
}

impl Net {
    #[inline]
    fn of(claims: &Claims, exposure: &Exposure, valuation: Valuation) -> MathResult<Self> {
        let (mut long, mut short) = (exposure.deposits, exposure.loans);
        if !claims.has_perps {
            let (is_long, units, matched) = netted(long, short);
            return Ok(Self { is_long, units, matched, is_apart: false });
        }
        let is_quote = exposure.feed == claims.quote;
        let mut is_apart = is_quote && !valuation.is_at_mid();
        if (exposure.perp_long.0 | exposure.perp_short.0) != 0 {
            long = long.add(exposure.perp_long)?;
            short = short.add(exposure.perp_short)?;
            is_apart = true;
        }
        let (is_long, units, matched) = netted(long, short);
        let mut net = Self { is_long, units, matched, is_apart };
        if is_quote {
            // What perps won and lost, at mid, is matched with nothing.
            (net.is_long, net.units, _) = netted(long.add(claims.profit)?, short.add(claims.loss)?);
        }
        Ok(net)
    }
}

/// Whether long outweighs short or equals it, by how much they differ, and what they share.
#[inline]
fn netted(long: Units, short: Units) -> (bool, Units, Units) {
    // Most are on one side alone.
    if short == Units::ZERO {
        return (true, long, short);
    }
    if long >= short {
        (true, long.excess_over(short), short)
    } else {
        (false, short.excess_over(long), long)
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
            classes: [ClassSums::NONE; CLASSES],
            used: 0,
            gained: Usd::ZERO,
            lost: Usd::ZERO,
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
        let mut claims = portfolio.claims();
        if claims.has_perps && valuation.is_initial() {
            claims.profit = portfolio.initial_profit(board)?;
        }
        // The quote token of perps is not open on one side alone: the band moves what they won and lost.
        assessment.leads &= !claims.has_perps;
        for exposure in portfolio.exposures() {
            assessment.change(&claims, exposure, board, Change::Add)?;
        }
        assessment.finish(&claims, portfolio, board)?;
        Ok(assessment)
    }

    /// Assesses a portfolio as it was before a market's deleverage shrunk positions that are spared for it.
    ///
    /// # Errors
    /// As [`Assessment::of`].
    #[inline(never)]
    pub(super) fn before_shrinks(
        portfolio: &Portfolio,
        board: &RiskBoard,
        valuation: Valuation,
        now: Now,
    ) -> RiskResult<Self> {
        let mut assessment = Self::empty(valuation, now);
        let claims = portfolio.claims();
        for exposure in portfolio.exposures() {
            assessment.change(&claims, &portfolio.before_shrinks(exposure)?, board, Change::Add)?;
        }
        assessment.finish(&claims, portfolio, board)?;
        Ok(assessment)
    }

    /// Adds what is known once every exposure is in.
    #[inline(always)]
    fn finish(&mut self, claims: &Claims, portfolio: &Portfolio, board: &RiskBoard) -> RiskResult<()> {
        if claims.has_perps && !self.valuation.is_at_mid() {
            self.add_quote(claims, portfolio.exposure(claims.quote), board)?;
        }
        Ok(())
    }

    /// The requirement of one perp exposure and nothing else, at Initial or Maintenance, up. It is that of as much held or owed:
    /// without equity nothing tells them apart.
    ///
    /// # Errors
    /// As [`Assessment::of`].
    #[inline(never)]
    pub(super) fn required_alone(
        perp: &PerpExposure,
        board: &RiskBoard,
        valuation: Valuation,
        now: Now,
    ) -> RiskResult<Usd> {
        let mut assessment = Self::empty(valuation, now);
        let exposure = Exposure { feed: perp.feed, deposits: perp.long, loans: perp.short, ..Exposure::default() };
        assessment.change(&Claims::NONE, &exposure, board, Change::Add)?;
        Ok(assessment.requirement(board)?)
    }

    /// The requirement of a portfolio's perps as if nothing else was held.
    ///
    /// # Errors
    /// As [`Assessment::of`].
    #[inline(never)]
    pub(super) fn required_of_perps(
        portfolio: &Portfolio,
        board: &RiskBoard,
        valuation: Valuation,
        now: Now,
    ) -> RiskResult<Usd> {
        let mut assessment = Self::empty(valuation, now);
        for exposure in portfolio.exposures() {
            let (deposits, loans) = (exposure.perp_long, exposure.perp_short);
            let perps = Exposure { feed: exposure.feed, deposits, loans, ..Exposure::default() };
            assessment.change(&Claims::NONE, &perps, board, Change::Add)?;
        }
        Ok(assessment.requirement(board)?)
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
        let claims = portfolio.claims();
        self.change(&claims, before, board, Change::Take)?;
        self.change(&claims, after, board, Change::Add)
    }

    /// Puts a portfolio's exposure to a feed in, or takes it out, at Maintenance as [`Assessment::replace`].
    ///
    /// # Errors
    /// As [`Assessment::of`].
    pub(crate) fn change_feed(
        &mut self,
        portfolio: &Portfolio,
        feed: u8,
        board: &RiskBoard,
        change: Change,
    ) -> RiskResult<()> {
        self.change(&portfolio.claims(), &portfolio.exposure(feed), board, change)
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
        let Some(sums) = self.classes.get(usize::from(class)) else { return false };
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

    /// Puts an exposure in or takes it out.
    #[inline(never)]
    fn change(&mut self, claims: &Claims, exposure: &Exposure, board: &RiskBoard, change: Change) -> RiskResult<()> {
        let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
        let net = Net::of(claims, exposure, self.valuation)?;
        let price = self.price(exposure.feed, row, net.is_long, board)?;
        let (size_down, size) = price.value(net.units)?;
        if net.is_apart {
            self.change_beside_perps(claims, exposure, (row, price), board, change)?;
        } else if net.is_long {
            self.assets = change.of(self.assets, size_down)?;
        } else {
            self.liabilities = change.of(self.liabilities, size)?;
        }

        // As `rates_of`, but none that is not needed.
        let is_initial = self.valuation.is_initial();
        let add_on = if is_initial { row.initial_add_on } else { row.maintenance_add_on };
        let rate = |is_long: bool| {
            Ratio::from_bits(match (is_initial, is_long) {
                (true, true) => row.initial_long,
                (true, false) => row.initial_short,
                (false, true) => row.maintenance_long,
                (false, false) => row.maintenance_short,
            })
        };
        let mut unnetted = Ratio::from_bits(add_on).add(impact(row, size))?;
        if row.class == NO_CLASS {
            unnetted = unnetted.add(rate(net.is_long))?;
            // A net short counts at its high end, never below mid.
            self.leads = self.leads
                && net.matched == Units::ZERO
                && row.lead != RiskRow::NEVER_LEADS
                && (!net.is_long || price >= Price(row.mid).scale_up(Ratio::from_bits(row.lead))?);
        } else {
            self.leads = false;
            self.used |= 1u16.checked_shl(u32::from(row.class)).unwrap_or(0);
            let Some(sums) = self.classes.get_mut(usize::from(row.class)) else { return Err(MathError::here().into()) };
            let (loss, gain) = if net.is_long {
                (&mut sums.long_loss, &mut sums.long_gain)
            } else {
                (&mut sums.short_loss, &mut sums.short_gain)
            };
            *loss = change.of(*loss, rate(net.is_long).of_up(size)?)?;
            *gain = change.of(*gain, rate(!net.is_long).of_down(size_down)?)?;
        }
        self.base = change.of(self.base, unnetted.of_up(size)?)?;
        if net.matched != Units::ZERO && row.basis != 0 {
            let matched = Ratio::from_bits(row.basis).of_up(price.value_up(net.matched)?)?;
            self.base = change.of(self.base, matched)?;
        }
        Ok(())
    }

    /// Assets and liabilities of a feed that perps are of, or settled in. What they won and lost is the quote token's: here at
    /// mid, and at other prices by [`Assessment::add_quote`] once it is known what each gains and loses on the way from mid.
    #[inline(never)]
    fn change_beside_perps(
        &mut self,
        claims: &Claims,
        exposure: &Exposure,
        (row, price): (&RiskRow, Price),
        board: &RiskBoard,
        change: Change,
    ) -> RiskResult<()> {
        let is_quote = exposure.feed == claims.quote;
        let is_at_mid = self.valuation.is_at_mid();
        let perps = netted(exposure.perp_long, exposure.perp_short);
        if !is_at_mid && perps.1 != Units::ZERO {
            let price = if is_quote {
                // By the sign of what is held and owed, without what was won and lost.
                let long = exposure.deposits.add(exposure.perp_long)?;
                let short = exposure.loans.add(exposure.perp_short)?;
                self.price(exposure.feed, row, long >= short, board)?
            } else {
                price
            };
            let (is_long, units, _) = perps;
            let way = Price(price.0.abs_diff(row.mid));
            if (price.0 >= row.mid) == is_long {
                self.gained = change.of(self.gained, way.value_down(units)?)?;
            } else {
                self.lost = change.of(self.lost, way.value_up(units)?)?;
            }
        }
        match (is_quote, is_at_mid) {
            (true, false) => Ok(()),
            (true, true) => {
                let (gain, loss) = (exposure.deposits.add(claims.profit)?, exposure.loans.add(claims.loss)?);
                self.change_equity(gain, loss, price, change)
            }
            (false, _) => self.change_equity(exposure.deposits, exposure.loans, price, change),
        }
    }

    /// Adds the quote token with what perps won and lost at mid, and what they gained and lost on the way from there, in USD:
    /// one division each turns the sums into quote tokens.
    #[inline(never)]
    fn add_quote(&mut self, claims: &Claims, quote: Exposure, board: &RiskBoard) -> RiskResult<()> {
        let row = board.row(quote.feed).ok_or(RiskError::FeedNotListed)?;
        let mid = Price(row.mid);
        let mut gain = quote.deposits.add(claims.profit)?;
        let mut loss = quote.loans.add(claims.loss)?;
        if self.gained != Usd::ZERO {
            gain = gain.add(mid.units_down(self.gained)?)?;
        }
        if self.lost != Usd::ZERO {
            loss = loss.add(mid.units_up(self.lost)?)?;
        }
        let price = self.price(quote.feed, row, gain >= loss, board)?;
        self.change_equity(gain, loss, price, Change::Add)
    }

    /// Assets, down, or liabilities, up, of what is left of a gain and a loss.
    fn change_equity(&mut self, gain: Units, loss: Units, price: Price, change: Change) -> RiskResult<()> {
        let (is_long, units, _) = netted(gain, loss);
        if units == Units::ZERO {
            return Ok(());
        }
        if is_long {
            self.assets = change.of(self.assets, price.value_down(units)?)?;
        } else {
            self.liabilities = change.of(self.liabilities, price.value_up(units)?)?;
        }
        Ok(())
    }
}

/// What happens to a term of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is put in.
    Add,
    /// It is taken out.
    Take,
}

impl Change {
    #[inline]
    fn of(self, sum: Usd, term: Usd) -> MathResult<Usd> {
        match self {
            Self::Add => sum.add(term),
            Self::Take => sum.sub(term),
        }
    }
}

/// `imp(N) = min(icap, Y·√(N / depth))`, up. Zero where the feed has no depth.
#[inline]
pub(crate) fn impact(row: &RiskRow, size: Usd) -> Ratio {
    if row.impact_slope == 0 || size == Usd::ZERO {
        return Ratio::ZERO;
    }
    let (root, half) = scaled_root_up(size.0);
    // A shift by less than a word: half of its bits at most, and 24.
    let (product, bits) = (wide(row.impact_slope, root), half.wrapping_add(24) & 63);
    if high(product) >> bits != 0 {
        return Ratio::from_bits(row.impact_cap);
    }
    let whole = (high(product) << (64u32.wrapping_sub(bits) & 63)) | (low(product) >> bits);
    Ratio(whole.saturating_add(1)).min(Ratio::from_bits(row.impact_cap))
}
