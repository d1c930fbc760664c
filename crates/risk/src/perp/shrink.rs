use ballast_math::{MathError, MathResult, Product};
use ballast_state::SideBook;

use super::book;

/// Shrinks a side by at least `lots`: `A' = ⌊A·(OI − lots)/OI⌋`. Every position loses the same part of its size and keeps its
/// claim: with the mark synced before, what the shrunk part earned is in K already (rules-perps 1). Returns the lots taken,
/// more than asked by 2 + OI/2²⁴ at most.
///
/// # Errors
/// More lots than the side has; overflow.
pub fn shrink(side: &mut SideBook, lots: u64) -> MathResult<u64> {
    let before = book::open_interest(side)?;
    let left = ballast_math::checked_sub(before, lots)?;
    let index = Product::of(u128::from(side.position_index), u128::from(left)).div_down(u128::from(before))?;
    side.position_index = u64::try_from(index).map_err(|_| MathError::here())?;
    ballast_math::checked_sub(before, book::open_interest(side)?)
}
