use ballast_math::{signed_add, signed_from_words, signed_to_words, MathError, MathResult, Ratio};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PerpSide, RiskBoard};

use super::cash::{most_released, release};
use super::trade::restate;
use super::{book, claims, exposure, rail, refresh_equity, releases, settlement, slots, VALUE_BITS};
use crate::{flash, price, Now, RiskError, RiskResult};

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
#[inline(never)]
pub fn settle(market: &mut PerpMarket, position: &mut PerpPosition, most_paid: u64) -> RiskResult<i64> {
    if position.side != 0 && !position.is_registered() && book::size(position, market)? == 0 {
        let most_paid = most_unregistered(market, most_paid);
        return Ok(restate(market, position, 0, most_paid, |_, _| Ok(0))?.paid);
    }
    settle_in_place(market, position, most_paid)
}

/// [`settle`] that leaves a position its size, though it be less than a lot, and its slot.
fn settle_in_place(market: &mut PerpMarket, position: &mut PerpPosition, most_paid: u64) -> RiskResult<i64> {
    let side = PerpSide::from_byte(position.side).ok_or(RiskError::NoPosition)?;
    if position.is_registered() {
        return Ok(claims::pay(market, position, most_paid)?);
    }
    let paid = payable(position, market, most_unregistered(market, most_paid))?;
    let value = i128::from(paid) << VALUE_BITS;
    let book = market.book_mut(side);
    book.offset = signed_to_words(signed_add(signed_from_words(book.offset), value)?);
    position.offset = signed_to_words(signed_add(signed_from_words(position.offset), value)?);
    Ok(paid)
}

/// Where claims are paid in part, a profit is registered first.
fn most_unregistered(market: &PerpMarket, most_paid: u64) -> u64 {
    if market.is_settled() && market.payout < Ratio::ONE.0 {
        0
    } else {
        most_paid
    }
}

/// Settles an account's position in a synced market: profit as far as it may be paid now, a loss in full. By others than the
/// owner a loss is settled at prices only that a liquidation could use, and a position that a shrink or the end of its market spares keeps
/// its size, though nothing be left of it: health looks at what it hedged. The bank must be accrued to now.
///
/// # Errors
/// `BankInFlashLoan`, `NoPosition`, `PairPriceStale`, `NothingToSettle`, `TooManyBalances`; arithmetic.
#[inline(never)]
pub fn settle_account(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    board: &RiskBoard,
    by_owner: bool,
    now: Now,
) -> RiskResult<i64> {
    flash::require_none(bank)?;
    let mut position = *slots::find(account, market.index).ok_or(RiskError::NoPosition)?;
    let before = position;
    rail::begin_day(account, now);
    if let Some(due) = claims::due(&position, market) {
        rail::post_due(account, market, due, board)?;
    }
    let pays_profits = releases(market, board, now)?;
    let most = if pays_profits { most_released(market, pool, bank, account, board, now)? } else { 0 };
    let keeps_size = !by_owner && exposure::is_spared(&position, market, now);
    let paid = if keeps_size { settle_in_place } else { settle }(market, &mut position, most)?;
    // The price of a settled market is certain.
    if paid < 0 && !by_owner && !market.is_settled() {
        for feed in [market.feed, market.quote_feed] {
            let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
            if price::is_uncertain(row, now, &board.rules) {
                return Err(RiskError::PairPriceStale);
            }
        }
    }
    if position == before {
        return Err(RiskError::NothingToSettle);
    }
    slots::store(account, position)?;
    release(market, pool, bank, account, paid, board)?;
    // At prices that are in doubt, or old, nobody knows what a position needs.
    if market.is_settled() || pays_profits {
        rail::trim(account, market, board, now)?;
    }
    settlement::give_up_surplus(market, pool)?;
    refresh_equity(market, pool, bank, now)?;
    account.sequence = account.sequence.wrapping_add(1);
    Ok(paid)
}
