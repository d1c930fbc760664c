use ballast_math::{Units, Usd};
use ballast_state::{PerpMarket, RiskBoard};

use crate::health::{initial_requirement_alone, requirement_alone, PerpExposure, Valuation};
use crate::perp::exposure::lots;
use crate::price::{self, End};
use crate::{Now, RiskError, RiskResult};

/// R_m at Initial: what the pool has to have for a market of this skew, atoms of the quote token, up. It is the requirement of an
/// account that holds the pool's side of it and nothing else (rules-perps 5).
///
/// # Errors
/// `FeedNotListed`; `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded` of either feed; arithmetic.
pub fn requirement(market: &PerpMarket, skew: i64, board: &RiskBoard, now: Now) -> RiskResult<u64> {
    of_skew(market, skew, board, now, |perp| initial_requirement_alone(perp, market.quote_feed, board, now))
}

/// R_m at Maintenance: below it the market is deleveraged. At judged prices, of the quote token the lower end.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn maintenance_requirement(market: &PerpMarket, skew: i64, board: &RiskBoard, now: Now) -> RiskResult<u64> {
    of_skew(market, skew, board, now, |perp| requirement_alone(perp, board, Valuation::Maintenance, now))
}

#[inline(never)]
fn of_skew(
    market: &PerpMarket,
    skew: i64,
    board: &RiskBoard,
    now: Now,
    assess: impl FnOnce(&PerpExposure) -> RiskResult<Usd>,
) -> RiskResult<u64> {
    if skew == 0 {
        // Whatever its feeds say.
        return Ok(0);
    }
    let units = lots(market).units_up(skew.unsigned_abs())?;
    // The pool is short of what its traders are long.
    let (long, short) = if skew < 0 { (units, Units::ZERO) } else { (Units::ZERO, units) };
    let required = assess(&PerpExposure { feed: market.feed, long, short, ..PerpExposure::default() })?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let scale = 10u64.checked_pow(u32::from(market.quote_decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    Ok(price::aged_end(quote, End::Low, now)?.atoms_up(required, scale)?)
}
