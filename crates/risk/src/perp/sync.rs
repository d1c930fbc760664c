use ballast_math::{signed_add, signed_from_words, signed_to_words, wide, with_sign, MathError, MathResult, Product};
use ballast_state::{Bank, LiquidityPool, PerpMarket, PerpSide, PriceState, RiskBoard, SideBook};

use super::equity::start_day;
use super::{book, funding, mark, refresh_equity};
use crate::{Now, RiskError, RiskResult};

/// What a sync booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The mark before.
    pub mark_before: u64,
    /// The mark now.
    pub mark: u64,
    /// Funding rate now in force.
    pub funding_rate: i64,
}

/// Brings a market's books to the board's prices and to `now`: funding at the old mark first, then the move of the mark.
/// Everything that trades, settles or measures comes after it. On a new day it begins that, too.
///
/// # Errors
/// `PriceUnset`, `FeedNotListed`, `PriceOutOfRange`; arithmetic.
#[inline(never)]
pub fn sync(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Synced> {
    let synced = move_to(market, board, now)?;
    start_day(market, pool, now)?;
    refresh_equity(market, pool, bank, now)?;
    Ok(synced)
}

/// [`sync`] where the pool is not written: a day that began without a sync begins with the next one.
///
/// # Errors
/// As [`sync`].
#[inline(never)]
pub fn sync_within_day(
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Synced> {
    let synced = move_to(market, board, now)?;
    refresh_equity(market, pool, bank, now)?;
    Ok(synced)
}

/// Funding to now, then the board's prices.
fn move_to(market: &mut PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<Synced> {
    if market.is_settled() {
        // It has its price, whatever became of its feeds.
        market.synced_ts = now.ts;
        market.sequence = market.sequence.wrapping_add(1);
        return Ok(Synced { mark_before: market.mark, mark: market.mark, funding_rate: 0 });
    }
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let unset = |state: u8| PriceState::from_byte(state) == PriceState::Unset;
    if unset(row.state) || unset(quote.state) {
        return Err(RiskError::PriceUnset);
    }
    let before = market.mark;
    accrue_funding(market, now)?;
    if (row.mid, quote.mid) != (market.mid, market.quote_mid) {
        move_mark(market, mark::mark_of(market, row.mid, quote.mid)?)?;
        (market.mid, market.quote_mid) = (row.mid, quote.mid);
    }
    market.sequence = market.sequence.wrapping_add(1);
    Ok(Synced { mark_before: before, mark: market.mark, funding_rate: market.funding_rate })
}

/// `K += d·A·(P − P_old)` on both sides.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn move_mark(market: &mut PerpMarket, mark: u64) -> MathResult<()> {
    let (change, falls) = (mark.abs_diff(market.mark), mark < market.mark);
    add_to_pnl(&mut market.long, change, falls)?;
    add_to_pnl(&mut market.short, change, !falls)?;
    market.mark = mark;
    Ok(())
}

/// Funding of the seconds since the last sync, at the mark that was in force, and the rate they lead to.
///
/// # Errors
/// Overflow.
pub fn accrue_funding(market: &mut PerpMarket, now: Now) -> MathResult<()> {
    let seconds = now.seconds_since(market.synced_ts);
    if seconds == 0 {
        return Ok(());
    }
    let velocity = funding::velocity(book::skew(market)?, &market.terms)?;
    let parts = funding::parts(market.funding_rate, velocity, market.terms.funding_limit, seconds)?;
    pay_rates(market, parts.first)?;
    pay_rates(market, parts.second)?;
    market.funding_rate = parts.rate;
    market.synced_ts = now.ts;
    Ok(())
}

/// Books funding of one sign: `g = ⌊(carry + P·|Σr|) / 10¹⁸⌋` a lot.
fn pay_rates(market: &mut PerpMarket, rates: i128) -> MathResult<()> {
    if rates == 0 {
        return Ok(());
    }
    let payer = if rates > 0 { PerpSide::Long } else { PerpSide::Short };
    let paying = market.book(payer);
    let due = u128::from(market.mark)
        .checked_mul(rates.unsigned_abs())
        .and_then(|due| due.checked_add(u128::from(paying.carry)));
    let Some(due) = due else { return Err(MathError::here()) };
    // One division: the remainder is what the quotient leaves.
    let Some(per_lot) = due.checked_div(funding::RATE_ONE) else { return Err(MathError::here()) };
    let carry = due.wrapping_sub(per_lot.wrapping_mul(funding::RATE_ONE));
    market.book_mut(payer).carry = u64::try_from(carry).map_err(|_| MathError::here())?;
    pay_funding(market, payer, per_lot)
}

/// The payers pay `per_lot` on each of their lots; the receivers get what they pay, but no more a lot than that: the pool
/// keeps the rest as the counterparty of the skew, and never pays.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn pay_funding(market: &mut PerpMarket, payer: PerpSide, per_lot: u128) -> MathResult<()> {
    let receiver = opposite(payer);
    let (from, to) = (*market.book(payer), *market.book(receiver));
    let (paid_base, received_base) = (book::unsigned(from.base), book::unsigned(to.base));
    if paid_base == 0 || per_lot == 0 {
        return Ok(());
    }
    let paid = times_index(&from, per_lot)?;
    if received_base != 0 {
        let whole = times_index(&to, per_lot)?;
        let shared = Product::of(paid_base, paid);
        // Only where the receivers are the larger side they share what is paid.
        let received =
            if shared >= Product::of(received_base, whole) { whole } else { shared.div_down(received_base)? };
        add_raw(market.book_mut(receiver), with_sign(received, false)?)?;
    }
    add_raw(market.book_mut(payer), with_sign(paid, true)?)
}

/// `A · per_lot`.
fn times_index(book: &SideBook, per_lot: u128) -> MathResult<u128> {
    per_lot.checked_mul(u128::from(book.position_index)).ok_or_else(MathError::here)
}

/// `K ± A · per_lot`, for a side that has positions.
fn add_to_pnl(side: &mut SideBook, per_lot: u64, loses: bool) -> MathResult<()> {
    if side.base == [0, 0] {
        return Ok(());
    }
    add_raw(side, with_sign(wide(side.position_index, per_lot), loses)?)
}

pub(super) fn add_raw(side: &mut SideBook, change: i128) -> MathResult<()> {
    side.pnl_index = signed_to_words(signed_add(signed_from_words(side.pnl_index), change)?);
    Ok(())
}

const fn opposite(side: PerpSide) -> PerpSide {
    match side {
        PerpSide::Long => PerpSide::Short,
        PerpSide::Short => PerpSide::Long,
    }
}
