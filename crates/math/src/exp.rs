//! The exponential function, rounded up, for interest and for time weights.
//!
//! Method: range reduction by ln 2, Taylor series of the remainder. Below 2⁻²⁰, where interest of seconds to hours lives,
//! three Taylor terms are exact to the last bits and no reduction is needed.

use crate::ops::{high, low, wide};
use crate::{MathError, MathResult, Ratio};

/// ⌊ln 2 · 2⁶⁴⌋.
pub const LN_2_Q64: u64 = 12_786_308_645_202_655_659;

/// Largest exponent in one call: e¹⁶ is nearly nine million.
pub const MAX_EXPONENT_Q64: u128 = 16 << 64;

/// Arguments below this take the three-term path: x⁴/24 is then under 2⁻⁸⁴.
const SMALL: u128 = 1 << 44;

/// Terms after which rⁿ/n! < 2⁻⁶⁴ for r < ln 2.
const TERMS: u64 = 20;

/// `e^x − 1`, both with 64 fraction bits. Never below the true value; above it by at most 6·2⁻⁶⁴ for `x < 2⁻²⁰`, and
/// by a factor of at most 1 + 2⁻⁵⁸ of `e^x` otherwise. Zero only at zero.
///
/// # Errors
/// `x` above [`MAX_EXPONENT_Q64`].
#[track_caller]
pub fn exp_m1_up(x: u128) -> MathResult<u128> {
    if x == 0 {
        return Ok(0);
    }
    if x < SMALL {
        return small(low(x));
    }
    if x > MAX_EXPONENT_Q64 {
        return Err(MathError::here());
    }
    large(x)
}

#[allow(clippy::arithmetic_side_effects, clippy::integer_division, reason = "every term is below 2^44")]
fn small(x: u64) -> MathResult<u128> {
    let square = wide(x, x); // < 2^88
    let second = (square >> 65) + 1;
    let third = u128::from(high(wide(high(square), x)) / 6) + 1;
    Ok(u128::from(x) + second + third + 1)
}

#[track_caller]
fn large(x: u128) -> MathResult<u128> {
    let ln_2 = u128::from(LN_2_Q64);
    let (Some(doublings), Some(remainder)) = (x.checked_div(ln_2), x.checked_rem(ln_2)) else {
        return Err(MathError::here());
    };
    let r = low(remainder);
    let mut term = r;
    let mut sum = u128::from(r);
    for n in 2..=TERMS {
        let Some(next) = high(wide(term, r)).checked_div(n) else {
            return Err(MathError::here());
        };
        term = next;
        if term == 0 {
            // What is left of the series is below this step.
            sum = crate::checked_add_wide(sum, 1)?;
            break;
        }
        // +1: each term was rounded down by less than one step, and inherits what the term before it lacked.
        sum = crate::checked_add_wide(sum, u128::from(term))?;
        sum = crate::checked_add_wide(sum, 1)?;
    }
    // +2: what the terms inherit adds up to less than 1.61 steps (e ← e·r/n + 1 from n = 2), and the truncated tail of the
    // series is below a thousandth of one. That the remainder was taken with ln 2 rounded down only makes it larger.
    let power = crate::checked_add_wide(crate::checked_add_wide(sum, 2)?, 1 << 64)?;
    let Ok(shift) = u32::try_from(doublings) else {
        return Err(MathError::here());
    };
    match power.checked_mul(1u128.checked_shl(shift).unwrap_or(0)) {
        Some(scaled) => crate::checked_sub_wide(scaled, 1 << 64),
        None => Err(MathError::here()),
    }
}

/// `1 − e^(−x)` of an `x` with 64 fraction bits: the weight of a sample after `x` time constants. Within 2⁻³¹; an `x`
/// above [`MAX_EXPONENT_Q64`] counts as that, where the weight is one to seven digits.
///
/// # Errors
/// None in range; arithmetic is checked all the same.
#[track_caller]
pub fn one_minus_exp_neg(x: u128) -> MathResult<Ratio> {
    let growth = exp_m1_up(x.min(MAX_EXPONENT_Q64))?;
    let whole = crate::checked_add_wide(growth, 1 << 64)?;
    match growth.checked_shl(Ratio::BITS).and_then(|n| n.checked_div(whole)).map(u64::try_from) {
        Some(Ok(raw)) => Ok(Ratio(raw)),
        _ => Err(MathError::here()),
    }
}
