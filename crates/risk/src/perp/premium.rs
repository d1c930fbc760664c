use ballast_math::{wide, MathError, MathResult, Product};
use ballast_state::MarketTerms;

use super::VALUE_BITS;

/// Φ: what the pool has to hold ready for the discount of the trades that end a skew, atoms (rules-perps 3).
///
/// `⌊P·s²/(2·scale)⌋ >> 32`, as `⌊(P·s² >> 33) / scale⌋`. A potential: its differences add up to the same over any split, order or
/// set of accounts.
///
/// # Errors
/// A scale of zero, which listing excludes; overflow.
pub fn skew_reserve(mark: u64, skew: i64, terms: &MarketTerms) -> MathResult<u64> {
    let lots = skew.unsigned_abs();
    let square = wide(lots, lots);
    let halved = match u64::try_from(square) {
        Ok(square) => wide(square, mark) >> HALF_VALUE_BITS,
        Err(_) => Product::of(square, u128::from(mark)).shift_down(HALF_VALUE_BITS)?,
    };
    // Skews of most markets leave a word to divide.
    let reserve = match u64::try_from(halved) {
        Ok(halved) => halved.checked_div(terms.skew_scale),
        Err(_) => halved.checked_div(u128::from(terms.skew_scale)).and_then(|reserve| u64::try_from(reserve).ok()),
    };
    reserve.ok_or_else(MathError::here)
}

/// Fraction bits of a value, and one for its half.
const HALF_VALUE_BITS: u32 = VALUE_BITS.saturating_add(1);
