//! Prices, rates and requirements.

use ballast_math::{Price, Ratio, Units, Usd};
use ballast_state::{PriceFeed, RiskBoard, SideRates};

use super::{
    holds, require, Checked, BAND_HOLDS_MID, HALTS_GRACED, INITIAL_COVERS, JUMPS_WAIT, NETTING_SPARES, PRICE_FORWARD,
    RATES_IN_SETTINGS, ROW_IS_FEED,
};
use crate::health::{impact, Portfolio};
use crate::{price, Now, RiskError, RiskResult};

/// INV-14 and INV-15 between two states of a board.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_board(before: &RiskBoard, after: &RiskBoard) -> Checked {
    for (old, new) in before.rows.iter().zip(&after.rows) {
        require(new.publish_ts >= old.publish_ts, PRICE_FORWARD)?;
        require(new.low <= new.fair_low && new.fair_low <= new.mid, BAND_HOLDS_MID)?;
        require(new.mid <= new.fair_high && new.fair_high <= new.high, BAND_HOLDS_MID)?;
    }
    Ok(())
}

/// INV-41 of a feed and its row.
///
/// # Errors
/// `RATES_IN_SETTINGS`.
pub fn check_rates(feed: &PriceFeed, board: &RiskBoard) -> Checked {
    let Some(row) = board.row(feed.row) else { return Err(RATES_IN_SETTINGS) };
    let rates = &feed.rates;
    let inside = |rate: u32, add_on: u32, side: &SideRates| {
        let whole = u64::from(rate).saturating_add(u64::from(add_on));
        whole >= u64::from(side.floor) && whole <= u64::from(side.cap)
    };
    let add_ons = (row.maintenance_add_on, row.initial_add_on) == (rates.maintenance_add_on, rates.initial_add_on);
    let all = inside(row.maintenance_long, row.maintenance_add_on, &rates.maintenance_long)
        && inside(row.maintenance_short, row.maintenance_add_on, &rates.maintenance_short)
        && inside(row.initial_long, row.initial_add_on, &rates.initial_long)
        && inside(row.initial_short, row.initial_add_on, &rates.initial_short);
    require(all && add_ons && (row.basis, row.impact_cap) == (rates.basis, rates.impact_cap), RATES_IN_SETTINGS)
}

/// INV-51 of a feed that has accepted a price, and its row.
///
/// # Errors
/// `ROW_IS_FEED`.
pub fn check_row(feed: &PriceFeed, board: &RiskBoard) -> Checked {
    let Some(row) = board.row(feed.row) else { return Err(ROW_IS_FEED) };
    let said = (feed.accepted_price, feed.accepted_ts, feed.state, feed.class);
    require((row.mid, row.publish_ts, row.state, row.class) == said, ROW_IS_FEED)
}

/// INV-53 between two states of a feed with one source.
///
/// # Errors
/// `JUMPS_WAIT`.
pub fn check_jump(before: &PriceFeed, after: &PriceFeed) -> Checked {
    if before.accepted_price == 0 || before.source_count() != 1 {
        return Ok(());
    }
    let (from, to) = (Price(before.accepted_price), Price(after.accepted_price));
    let waited = || -> RiskResult<bool> {
        let elapsed = u64::try_from(after.accepted_ts.saturating_sub(before.accepted_ts)).unwrap_or(0);
        if to.max(from) <= from.min(to).scale_up(believed(before, elapsed)?)? {
            return Ok(true);
        }
        let first = Price(before.pending.price);
        let side = first.0 != 0 && (first > from) == (to > from);
        // Between the two prints and where it was, the nearer of them counts.
        let near = if to > from { to <= first } else { to >= first };
        let seconds = after.accepted_ts.saturating_sub(before.pending.publish_ts);
        Ok(side && near && seconds >= i64::from(before.judge.jump_confirm))
    };
    holds(waited(), JUMPS_WAIT)
}

/// By which factor a price may move in so many seconds without being a jump: `e^max(8σ√Δt, jump_min)`, up.
fn believed(feed: &PriceFeed, elapsed: u64) -> RiskResult<Ratio> {
    const EIGHT: Ratio = Ratio(8 << Ratio::BITS);
    const FOUR: Ratio = Ratio(4 << Ratio::BITS);
    let years = price::sqrt_seconds(elapsed).div_up(price::sqrt_seconds(price::YEAR_SECONDS))?;
    let usual = Ratio(feed.rates.sigma).mul_up(years)?.mul_up(EIGHT)?;
    let bound = usual.max(Ratio::from_bits(feed.judge.jump_min)).min(FOUR);
    let growth = ballast_math::exp_m1_up(u128::from(bound.0) << 32)? >> 32;
    let growth = u64::try_from(growth).map_err(|_| ballast_math::MathError::here())?;
    Ok(Ratio::ONE.add(Ratio(growth))?.add(Ratio(1))?)
}

/// INV-54 between two states of a board that a refresh changed.
///
/// # Errors
/// `HALTS_GRACED`.
pub fn check_grace(before: &RiskBoard, after: &RiskBoard, now: Now) -> Checked {
    let rules = &before.rules;
    let halted = before.refreshed_ts != 0 && now.seconds_since(before.refreshed_ts) > u64::from(rules.halt_gap);
    let expected = if halted { now.ts.saturating_add(i64::from(rules.halt_grace)) } else { before.grace_until };
    require(after.grace_until == expected && after.refreshed_ts == now.ts, HALTS_GRACED)
}

/// INV-42 of the requirements of one account at one moment.
///
/// # Errors
/// `INITIAL_COVERS`.
pub fn check_levels(initial: Usd, maintenance: Usd) -> Checked {
    let (four, five) = (ballast_math::wide(initial.0, 4), ballast_math::wide(maintenance.0, 5));
    require(four >= five, INITIAL_COVERS)
}

/// INV-43 of a Maintenance requirement: at most what every feed alone would ask.
///
/// # Errors
/// `NETTING_SPARES`.
pub fn check_netting(portfolio: &Portfolio, requirement: Usd, board: &RiskBoard) -> Checked {
    holds(alone(portfolio, board).map(|most| requirement <= most), NETTING_SPARES)
}

fn alone(portfolio: &Portfolio, board: &RiskBoard) -> RiskResult<Usd> {
    /// What rounding up part by part instead of whole can take, in units of 2⁻²⁰ USD.
    const ROUNDING: Usd = Usd(4);
    let mut total = Usd::ZERO;
    for exposure in portfolio.exposures() {
        let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
        let mid = Price(row.mid);
        let (long, short) = (exposure.deposits.add(exposure.perp_long)?, exposure.loans.add(exposure.perp_short)?);
        let matched = long.min(short);
        // What perps won and lost is exposure to the quote token, and matches nothing.
        let (profit, loss) = if exposure.feed == portfolio.quote {
            (portfolio.profit, portfolio.loss)
        } else {
            (Units::ZERO, Units::ZERO)
        };
        let (long, short) = (long.add(profit)?, short.add(loss)?);
        let rate = if long >= short { row.maintenance_long } else { row.maintenance_short };
        let (long, short) = (long.max(short), long.min(short));
        let size = mid.value_up(long.excess_over(short))?;
        let share = Ratio::from_bits(rate).add(Ratio::from_bits(row.maintenance_add_on))?.add(impact(row, size))?;
        let matched = Ratio::from_bits(row.basis).of_up(mid.value_up(matched)?)?;
        total = total.add(share.of_up(size)?)?.add(matched)?.add(ROUNDING)?;
    }
    Ok(total)
}
