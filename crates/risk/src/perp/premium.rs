use ballast_math::{MathError, MathResult, Product};
use ballast_state::MarketTerms;

use super::VALUE_BITS;

/// Φ: what the pool has to hold ready for the discount of the trades that end a skew, atoms (rules-perps 3).
///
/// `⌊P·s²/(2·scale)⌋ >> 32`. A potential: its differences add up to the same over any split, order or set of accounts.
///
/// # Errors
/// A scale of zero, which listing excludes; overflow.
pub fn skew_reserve(mark: u64, skew: i64, terms: &MarketTerms) -> MathResult<u64> {
    let lots = u128::from(skew.unsigned_abs());
    let square = lots.checked_mul(lots).ok_or_else(MathError::here)?;
    let value = Product::of(square, u128::from(mark)).div_down(u128::from(terms.skew_scale) << 1)?;
    u64::try_from(value >> VALUE_BITS).map_err(|_| MathError::here())
}
