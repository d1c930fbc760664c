use ballast_math::{checked_add, checked_sub, Index, Price, Usd};
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, RiskBoard};

use super::equity::{add_spent, funds};
use super::{origin, rail, settlement, Traded};
use crate::{balances, interest, lending, price, swap, Now, RiskError, RiskResult};

/// Moves a settled claim between pool and trader, and counts it as spent by the market: `paid` atoms to the trader, or below
/// zero to the pool. Deposit shares of the quote token's bank move, no tokens: neither utilisation nor a pause can stop it.
/// The bank must be accrued to now.
///
/// # Errors
/// `PoolTooSmall` if the pool has less than it pays; `TooManyBalances`; arithmetic.
#[inline(never)]
pub fn move_claim(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    paid: i64,
) -> RiskResult<()> {
    if paid >= 0 {
        pay(pool, bank, account, paid.unsigned_abs())?;
    } else {
        charge(pool, bank, account, market.index, paid.unsigned_abs())?;
    }
    add_spent(market, pool, paid)?;
    Ok(())
}

/// The pool pays a trader: it burns shares up, the trader gets shares down.
///
/// # Errors
/// As [`move_claim`].
#[inline(never)]
pub fn pay(pool: &mut LiquidityPool, bank: &mut Bank, account: &mut MarginAccount, atoms: u64) -> RiskResult<()> {
    let index = Index::from_words(bank.asset_index);
    let burnt = index.shares_up(atoms)?;
    pool.shares = pool.shares.checked_sub(burnt).ok_or(RiskError::PoolTooSmall)?;
    bank.asset_shares = checked_sub(bank.asset_shares, burnt)?;
    swap::credit(bank, account, index.shares_down(atoms)?)?;
    finish(pool, bank)
}

/// A trader pays the pool: from its deposit first, and what that does not cover opens a loan that is marked as the pool's, from
/// the market. The pool gets shares down.
///
/// # Errors
/// As [`move_claim`].
#[inline(never)]
pub fn charge(
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    market: u16,
    atoms: u64,
) -> RiskResult<()> {
    owe_pool(bank, account, market, atoms)?;
    let minted = Index::from_words(bank.asset_index).shares_down(atoms)?;
    bank.asset_shares = checked_add(bank.asset_shares, minted)?;
    pool.shares = checked_add(pool.shares, minted)?;
    finish(pool, bank)
}

/// A trader pays atoms away that it owes for what it did in a market: from its deposit first, and what that does not cover opens a
/// loan that is marked as the pool's, and as from there.
///
/// # Errors
/// `TooManyBalances`; arithmetic.
#[inline(never)]
pub(super) fn owe_pool(bank: &mut Bank, account: &mut MarginAccount, market: u16, atoms: u64) -> RiskResult<()> {
    let owed = loan_shares(account, bank);
    swap::debit(bank, account, atoms)?;
    let opened = loan_shares(account, bank).saturating_sub(owed);
    if opened > 0 {
        let slot = balances::position(account, bank.index).and_then(|slot| account.balances.get_mut(slot));
        let balance = slot.ok_or(RiskError::NoBalance)?;
        let owed = balance.perp_shares;
        balance.perp_shares = checked_add(owed, opened)?;
        bank.perp_loan_shares = checked_add(bank.perp_loan_shares, opened)?;
        origin::note(account, market, owed, opened)?;
    }
    Ok(())
}

/// True while a market pays profits: its equity is not negative, and no price is in doubt, too old to liquidate at, or so far from
/// its average that it may have been pumped (rules-perps 6 and 9).
///
/// # Errors
/// `FeedNotListed`.
#[inline(never)]
pub fn releases(market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    if market.is_settled() {
        // Whatever prices do now. That a part is paid was computed of what there is.
        return Ok(settlement::pays(market));
    }
    if market.equity < 0 {
        return Ok(false);
    }
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        if row.is_away != 0 || price::check_usable(row, now, board.rules.liquidate_max_age).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The most of a claim that may be paid out now: all the pool has, and no more than the account's rail lets out; nothing while the
/// market pays no profits.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
#[inline(never)]
pub fn most_paid(
    market: &PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    account: &MarginAccount,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<u64> {
    if releases(market, board, now)? {
        most_released(market, pool, bank, account, board, now)
    } else {
        Ok(0)
    }
}

/// [`most_paid`] of a market that pays profits.
///
/// # Errors
/// As [`most_paid`].
pub(super) fn most_released(
    market: &PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    account: &MarginAccount,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<u64> {
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let scale = 10u64.checked_pow(u32::from(market.quote_decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    let room = Price(quote.mid).atoms_down(rail::room(account, now), scale).unwrap_or(u64::MAX);
    Ok(funds(pool, bank, now)?.min(room))
}

/// [`move_claim`], and what is paid is counted on the account's rail, whose day has begun.
///
/// # Errors
/// As [`move_claim`]; `FeedNotListed`.
#[inline(never)]
pub(super) fn release(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    paid: i64,
    board: &RiskBoard,
) -> RiskResult<()> {
    if paid != 0 {
        let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
        rail::count(account, paid, market, quote)?;
    }
    move_claim(market, pool, bank, account, paid)
}

/// [`release`] after a trade by an order that had set so much aside, which also changed what has to be put up.
///
/// # Errors
/// As [`release`].
#[allow(clippy::too_many_arguments, reason = "market, pool and bank, an account, what was traded, their context")]
#[inline(never)]
pub(super) fn release_traded(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    traded: &Traded,
    requirement: Usd,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<()> {
    rail::resize(account, market, traded, requirement, board, now)?;
    release(market, pool, bank, account, traded.paid, board)
}

fn loan_shares(account: &MarginAccount, bank: &Bank) -> u64 {
    balances::shares(account, bank, BalanceSide::Loan).unwrap_or(0)
}

/// No tokens moved: the rate stays, what lenders get of it changes.
fn finish(pool: &mut LiquidityPool, bank: &mut Bank) -> RiskResult<()> {
    interest::update_lend_ratio(bank)?;
    lending::count_change(bank);
    pool.sequence = pool.sequence.wrapping_add(1);
    Ok(())
}
