//! One side of a market, and a position on it (rules-perps 1).

pub use ballast_math::{from_words as unsigned, to_words as words};
use ballast_math::{mul_shift_floor, signed_from_words, signed_sub, MathError, MathResult, Product};
use ballast_state::{PerpMarket, PerpPosition, PerpSide, SideBook};

/// Fraction bits of the position index.
pub const INDEX_BITS: u32 = 52;
/// Position index of a side that was never deleveraged.
pub const INDEX_ONE: u64 = 1 << INDEX_BITS;
/// Under it sizes get too coarse: the market ends.
pub const INDEX_MIN: u64 = 1 << 28;

/// `⌊b·A⌋`: the lots of a base, down.
///
/// # Errors
/// Overflow.
#[inline]
pub fn lots(base: u128, book: &SideBook) -> MathResult<u64> {
    lots_at(base, book.position_index)
}

/// The same with another index.
///
/// # Errors
/// Overflow.
#[inline]
pub fn lots_at(base: u128, position_index: u64) -> MathResult<u64> {
    if position_index == INDEX_ONE {
        return u64::try_from(base).map_err(|_| MathError::here());
    }
    let lots = Product::of(base, u128::from(position_index)).shift_down(INDEX_BITS)?;
    u64::try_from(lots).map_err(|_| MathError::here())
}

/// `⌈lots / A⌉`: the smallest base of exactly so many lots.
///
/// # Errors
/// Overflow.
#[inline]
pub fn base_of(lots: u64, book: &SideBook) -> MathResult<u128> {
    if book.position_index == INDEX_ONE {
        return Ok(u128::from(lots));
    }
    ballast_math::div_up(u128::from(lots) << INDEX_BITS, u128::from(book.position_index))
}

/// OI: the lots of the whole side, down.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn open_interest(book: &SideBook) -> MathResult<u64> {
    lots(unsigned(book.base), book)
}

/// U: what the pool owes the side; below zero: the side owes the pool.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn owed(book: &SideBook) -> MathResult<i128> {
    claim_of(unsigned(book.base), signed_from_words(book.offset), book)
}

/// What the pool owes a position: its unrealised profit, or below zero its loss. Zero for an empty slot.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn claim(position: &PerpPosition, market: &PerpMarket) -> MathResult<i128> {
    let Some(side) = PerpSide::from_byte(position.side) else { return Ok(0) };
    claim_of(unsigned(position.base), signed_from_words(position.offset), market.book(side))
}

/// Lots of a position, below zero for shorts.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn size(position: &PerpPosition, market: &PerpMarket) -> MathResult<i64> {
    let Some(side) = PerpSide::from_byte(position.side) else { return Ok(0) };
    let lots = i64::try_from(lots(unsigned(position.base), market.book(side))?).map_err(|_| MathError::here())?;
    Ok(match side {
        PerpSide::Long => lots,
        PerpSide::Short => lots.wrapping_neg(),
    })
}

/// `s`: lots by which the longs are more than the shorts.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn skew(market: &PerpMarket) -> MathResult<i64> {
    difference(open_interest(&market.long)?, open_interest(&market.short)?)
}

/// `⌊b·K⌋ − c`.
#[inline]
pub(super) fn claim_of(base: u128, offset: i128, book: &SideBook) -> MathResult<i128> {
    signed_sub(value(base, book)?, offset)
}

/// `⌊b·K⌋`.
#[inline]
pub(super) fn value(base: u128, book: &SideBook) -> MathResult<i128> {
    mul_shift_floor(base, signed_from_words(book.pnl_index), INDEX_BITS)
}

/// `long − short`, signed.
pub(super) fn difference(long: u64, short: u64) -> MathResult<i64> {
    let difference = i128::from(long).wrapping_sub(i128::from(short));
    i64::try_from(difference).map_err(|_| MathError::here())
}
