//! Funding: a rate that follows the skew, second by second, whatever the cadence of syncs (rules-perps 2).
//!
//! Rates in 10⁻¹⁸ of the price per second; positive: longs pay. In every second the rate first moves by the velocity, inside
//! ±limit, and is then paid.

use ballast_math::{checked_add, signed_add, signed_mul, signed_sub, wide, MathError, MathResult};
use ballast_state::MarketTerms;

/// Fraction of a rate: 10¹⁸.
pub const RATE_ONE: u128 = 1_000_000_000_000_000_000;

/// Change of the rate in a second at a skew, toward zero: `v_max · clamp(skew, ±scale) / scale`.
///
/// # Errors
/// A scale of zero, which listing excludes.
pub fn velocity(skew: i64, terms: &MarketTerms) -> MathResult<i64> {
    let bounded = skew.unsigned_abs().min(terms.skew_scale);
    let magnitude = ballast_math::mul_div_down(terms.funding_velocity, bounded, terms.skew_scale)?;
    let magnitude = i64::try_from(magnitude).map_err(|_| MathError::here())?;
    Ok(if skew < 0 { magnitude.wrapping_neg() } else { magnitude })
}

/// `Σ r_j` over so many seconds and the last `r`, for `r_j = clamp(r_{j−1} + v, ±limit)` and `|r_0| ≤ limit`. Closed form:
/// linear until the limit, constant from there.
///
/// # Errors
/// Overflow: impossible for limits below 2⁴⁰ and less than 2³⁴ seconds.
pub fn accumulate(rate: i64, velocity: i64, limit: u64, seconds: u64) -> MathResult<(i128, i64)> {
    if seconds == 0 {
        return Ok((0, rate));
    }
    let (r, v, t) = (i128::from(rate), i128::from(velocity), i128::from(seconds));
    if v == 0 {
        return Ok((signed_mul(t, r)?, rate));
    }
    let edge = if v > 0 { i128::from(limit) } else { i128::from(limit).wrapping_neg() };
    let gap = signed_sub(edge, r)?;
    // A rate beyond its limit has no room; else both have the sign of v: a quotient of magnitudes.
    let room = if (gap < 0) == (v < 0) { gap.unsigned_abs() } else { 0 };
    let room = room.checked_div(u128::from(velocity.unsigned_abs())).ok_or_else(MathError::here)?;
    let linear = u64::try_from(room).map_or(seconds, |room| seconds.min(room));
    // m·r + v·m(m + 1)/2 + (t − m)·edge
    let triangle = i128::try_from(wide(linear, checked_add(linear, 1)?) >> 1).map_err(|_| MathError::here())?;
    let rising = signed_add(signed_mul(i128::from(linear), r)?, signed_mul(v, triangle)?)?;
    if linear == seconds {
        let last = signed_add(r, signed_mul(v, t)?)?;
        return Ok((rising, i64::try_from(last).map_err(|_| MathError::here())?));
    }
    let flat = signed_mul(signed_sub(t, i128::from(linear))?, edge)?;
    Ok((signed_add(rising, flat)?, i64::try_from(edge).map_err(|_| MathError::here())?))
}

/// An interval of funding, split where the rate changes its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Sum of the rates until the sign changes.
    pub first: i128,
    /// Sum of the rates after it.
    pub second: i128,
    /// The rate at the end.
    pub rate: i64,
}

/// [`accumulate`] in the two parts of one sign each, in the order of time.
///
/// # Errors
/// As [`accumulate`].
pub fn parts(rate: i64, velocity: i64, limit: u64, seconds: u64) -> MathResult<Parts> {
    let turns = (rate < 0) != (velocity < 0) && rate != 0 && velocity != 0;
    // In so many seconds the rate keeps its sign, or is zero.
    let kept = rate.unsigned_abs().checked_div(velocity.unsigned_abs()).unwrap_or(0);
    let before = if turns { seconds.min(kept) } else { 0 };
    let (first, middle) = accumulate(rate, velocity, limit, before)?;
    let (second, rate) = accumulate(middle, velocity, limit, seconds.saturating_sub(before))?;
    Ok(Parts { first, second, rate })
}
