use ballast_math::{signed_add, signed_from_words, signed_to_words, MathError, MathResult};
use ballast_state::{PerpMarket, PerpPosition, PerpSide};

use super::trade::restate;
use super::{book, VALUE_BITS};
use crate::{RiskError, RiskResult};

/// Whole atoms of a position's claim, toward −∞, at most `most_paid`: what a settlement would move to the trader.
///
/// # Errors
/// Overflow.
pub fn payable(position: &PerpPosition, market: &PerpMarket, most_paid: u64) -> MathResult<i64> {
    let whole = (book::claim(position, market)? >> VALUE_BITS).min(i128::from(most_paid));
    i64::try_from(whole).map_err(|_| MathError::here())
}

/// Moves a position's claim to its owner, at most `most_paid` atoms of it, and says how much: below zero the owner pays.
/// `c += p`, on the position and on its side; the fraction stays, so that no number of settlements gains or loses anything. A
/// position without a whole lot gives up its size, and with less than an atom its slot.
///
/// # Errors
/// `NoPosition`; overflow.
pub fn settle(market: &mut PerpMarket, position: &mut PerpPosition, most_paid: u64) -> RiskResult<i64> {
    let side = PerpSide::from_byte(position.side).ok_or(RiskError::NoPosition)?;
    if book::size(position, market)? == 0 {
        return Ok(restate(market, position, 0, most_paid, |_, _| Ok(0))?.paid);
    }
    let paid = payable(position, market, most_paid)?;
    let value = i128::from(paid) << VALUE_BITS;
    let book = market.book_mut(side);
    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value)?);
    position.offset = signed_to_words(signed_add(signed_from_words(position.offset), value)?);
    Ok(paid)
}
