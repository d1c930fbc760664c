use ballast_math::{signed_add, signed_from_words, signed_mul, signed_sub, signed_to_words, MathError, MathResult};
use ballast_state::{PerpMarket, PerpPosition, PerpSide, Zeroable};

use super::book::{self, INDEX_ONE};
use super::{skew_reserve, MAX_LOTS, VALUE_BITS};
use crate::{RiskError, RiskResult};

/// A trade at a price of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Lots bought, or below zero sold.
    pub lots: i64,
    /// What a lot costs: the band's high end for a buyer, its low end for a seller.
    pub price: u64,
    /// The print's judged mark: of it the premium is computed.
    pub print: u64,
}

/// What a trade did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    /// Atoms the pool pays the trader; below zero: the trader the pool. Fees apart.
    pub paid: i64,
    /// Premium booked, atoms; below zero a discount.
    pub premium: i64,
    /// Lots before.
    pub before: i64,
    /// Lots after.
    pub after: i64,
}

/// Trades `fill.lots` against the pool: the cost beyond the mark and the skew premium are settled with what the position
/// earned so far (rules-perps 1 and 3). At most `most_paid` atoms of it are paid out; the rest stays a claim. The market must
/// be synced.
///
/// # Errors
/// `ZeroAmount`, `PositionTooLarge`; arithmetic.
#[inline(never)]
pub fn trade(market: &mut PerpMarket, position: &mut PerpPosition, fill: Fill, most_paid: u64) -> RiskResult<Traded> {
    let mut premium = 0;
    let mark = market.mark;
    let terms = market.terms;
    let traded = exchange(market, position, fill.lots, most_paid, |before, after| {
        let step =
            book::difference(skew_reserve(fill.print, after, &terms)?, skew_reserve(fill.print, before, &terms)?)?;
        premium = step;
        let beyond = signed_mul(i128::from(fill.lots), i128::from(fill.price).wrapping_sub(i128::from(mark)))?;
        Ok(signed_add(beyond, i128::from(step) << VALUE_BITS)?)
    })?;
    // What the position cost, for display: a number of this size is as good as none.
    let cost = signed_mul(i128::from(fill.lots), i128::from(fill.price))? >> VALUE_BITS;
    let entry = i64::try_from(cost).unwrap_or(0);
    let quote = entry_after(&traded, position.entry_quote, entry).unwrap_or(0);
    position.entry_quote = if traded.after == 0 { 0 } else { quote };
    Ok(Traded { premium, ..traded })
}

/// The entry cost after a trade: what is added adds, what is closed takes its part away, and a flip starts anew.
fn entry_after(traded: &Traded, entry: i64, cost: i64) -> Option<i64> {
    let (before, after) = (i128::from(traded.before), i128::from(traded.after));
    let same_side = (before < 0) == (after < 0) && before != 0;
    let kept = if !same_side {
        // Of the trade's own cost, the part that opened.
        i128::from(cost).checked_mul(after)?.checked_div(after.checked_sub(before)?)?
    } else if after.unsigned_abs() >= before.unsigned_abs() {
        i128::from(entry).checked_add(i128::from(cost))?
    } else {
        i128::from(entry).checked_mul(after)?.checked_div(before)?
    };
    i64::try_from(kept).ok()
}

/// Changes a position by so many lots at the mark, less `cost(skew before, skew after)`, a value.
///
/// # Errors
/// As [`trade`], and what `cost` returns.
pub fn exchange(
    market: &mut PerpMarket,
    position: &mut PerpPosition,
    lots: i64,
    most_paid: u64,
    cost: impl FnOnce(i64, i64) -> RiskResult<i128>,
) -> RiskResult<Traded> {
    if lots == 0 {
        return Err(RiskError::ZeroAmount);
    }
    restate(market, position, lots, most_paid, cost)
}

/// [`exchange`] for any number of lots. With none it gives up what a position holds of less than a lot.
pub(super) fn restate(
    market: &mut PerpMarket,
    position: &mut PerpPosition,
    lots: i64,
    most_paid: u64,
    cost: impl FnOnce(i64, i64) -> RiskResult<i128>,
) -> RiskResult<Traded> {
    let old_side = PerpSide::from_byte(position.side);
    let before = book::size(position, market)?;
    let claim = book::claim(position, market)?;
    let skew_before = book::skew(market)?;
    let after = before.checked_add(lots).ok_or_else(MathError::here)?;
    if after.unsigned_abs() > MAX_LOTS {
        return Err(RiskError::PositionTooLarge);
    }

    if let Some(side) = old_side {
        remove(market, side, position)?;
    }
    let new_side = PerpSide::of(after);
    let base = if after == 0 { 0 } else { book::base_of(after.unsigned_abs(), market.book(new_side))? };
    add_base(market, new_side, base)?;
    let skew_after = book::skew(market)?;

    let left = signed_sub(claim, cost(skew_before, skew_after)?)?;
    let paid = (left >> VALUE_BITS).min(i128::from(most_paid));
    let left = signed_sub(left, paid << VALUE_BITS)?;
    let paid = i64::try_from(paid).map_err(|_| MathError::here())?;

    let entry_quote = position.entry_quote;
    *position = PerpPosition { market: position.market, ..PerpPosition::zeroed() };
    if after != 0 {
        let offset = signed_sub(book::value(base, market.book(new_side))?, left)?;
        open(market, new_side, position, base, offset)?;
        position.shrink_sequence = market.book(new_side).shrink_sequence;
        position.entry_quote = entry_quote;
    } else if left >> VALUE_BITS != 0 {
        // A claim without a size: it stays on its side until it is settled.
        open(market, old_side.unwrap_or(new_side), position, 0, left.wrapping_neg())?;
    }
    // Less than an atom is left of a closed position: the pool's.
    reset_if_empty(market);
    Ok(Traded { paid, premium: 0, before, after })
}

/// Takes a position out of its side's sums.
pub(super) fn remove(market: &mut PerpMarket, side: PerpSide, position: &PerpPosition) -> MathResult<()> {
    let book = market.book_mut(side);
    book.base = book::words(ballast_math::checked_sub_wide(book::unsigned(book.base), book::unsigned(position.base))?);
    let offset = signed_sub(signed_from_words(book.offset), signed_from_words(position.offset))?;
    book.offset = signed_to_words(offset);
    book.positions = book.positions.checked_sub(1).ok_or_else(MathError::here)?;
    Ok(())
}

fn add_base(market: &mut PerpMarket, side: PerpSide, base: u128) -> MathResult<()> {
    let book = market.book_mut(side);
    book.base = book::words(ballast_math::checked_add_wide(book::unsigned(book.base), base)?);
    Ok(())
}

/// Counts the position and its offset; its base is in the sums already.
fn open(
    market: &mut PerpMarket,
    side: PerpSide,
    position: &mut PerpPosition,
    base: u128,
    offset: i128,
) -> MathResult<()> {
    let book = market.book_mut(side);
    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), offset)?);
    book.positions = book.positions.checked_add(1).ok_or_else(MathError::here)?;
    position.side = side.to_byte();
    position.base = book::words(base);
    position.offset = signed_to_words(offset);
    Ok(())
}

/// A side without size starts anew for free: claims without size do not depend on its indices.
pub(super) fn reset_if_empty(market: &mut PerpMarket) {
    for book in [&mut market.long, &mut market.short] {
        if book.base == [0, 0] {
            book.position_index = INDEX_ONE;
            book.pnl_index = [0, 0];
        }
    }
}
