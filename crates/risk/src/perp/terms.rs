use ballast_math::Ratio;
use ballast_state::{MarketTerms, PerpMarket, PriceFeed, SideRates};

use super::{MAX_LOTS, MAX_LOT_SHIFT};
use crate::{RiskError, RiskResult};

/// Largest funding limit: 2⁴⁰ · 10⁻¹⁸ of the price per second, about ten per cent a day. No time without a sync then makes
/// funding overflow.
const MAX_FUNDING: u64 = 1 << 40;
/// Largest skew scale, in lots.
const MAX_SCALE: u64 = 1 << 62;
/// Marks a market may be listed at: a quarter of an atom to 8,192 atoms a lot. The price can then fall and rise a thousandfold
/// before lots are too coarse or marks too large.
const LISTED_MARKS: core::ops::RangeInclusive<u64> = 1 << 30..=1 << 45;

/// Terms of a market on a feed (rules-perps 3, 4, 9).
///
/// # Errors
/// `InvalidParameter`; `SkewCapTooLarge` if the premium at the skew cap could exceed a quarter of the smallest margin.
pub fn validate_terms(terms: &MarketTerms, feed: &PriceFeed) -> RiskResult<()> {
    let bounded = (1..=MAX_SCALE).contains(&terms.skew_scale)
        && terms.funding_limit <= MAX_FUNDING
        && terms.funding_velocity <= terms.funding_limit
        && terms.interest_cap <= MAX_LOTS
        && terms.skew_cap <= terms.interest_cap
        && terms.account_cap <= terms.interest_cap
        && terms.order_min > 0
        && u64::from(terms.fill_fee) <= Ratio::from_bps(100).0
        && terms.weight > 0
        && (2..=60).contains(&terms.min_delay)
        && (1..=60).contains(&terms.order_life);
    require(bounded, RiskError::InvalidParameter)?;
    let floor = |side: &SideRates| u128::from(side.floor);
    let smallest = floor(&feed.rates.maintenance_long).min(floor(&feed.rates.maintenance_short));
    // skew_cap / scale ≤ floor / 4
    let premium = u128::from(terms.skew_cap) << Ratio::BITS.saturating_add(2);
    require(premium <= smallest.saturating_mul(u128::from(terms.skew_scale)), RiskError::SkewCapTooLarge)
}

/// What only listing decides: lots of a size that fits the mark.
///
/// # Errors
/// `DecimalsNotSupported`; `LotOutOfRange` at this mark.
pub fn validate_lot(market: &PerpMarket) -> RiskResult<()> {
    let shift = market.quote_decimals.saturating_sub(market.lot_decimals);
    require(shift <= MAX_LOT_SHIFT, RiskError::DecimalsNotSupported)?;
    require(LISTED_MARKS.contains(&market.mark), RiskError::LotOutOfRange)
}

fn require(holds: bool, otherwise: RiskError) -> RiskResult<()> {
    if holds {
        Ok(())
    } else {
        Err(otherwise)
    }
}
