use ballast_math::{checked_add, checked_sub, Index};
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, RiskBoard};

use super::equity::{add_spent, funds};
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
        charge(pool, bank, account, paid.unsigned_abs())?;
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

/// A trader pays the pool: from its deposit first, and what that does not cover opens a loan that is marked as the pool's. The
/// pool gets shares down.
///
/// # Errors
/// As [`move_claim`].
#[inline(never)]
pub fn charge(pool: &mut LiquidityPool, bank: &mut Bank, account: &mut MarginAccount, atoms: u64) -> RiskResult<()> {
    owe_pool(bank, account, atoms)?;
    let minted = Index::from_words(bank.asset_index).shares_down(atoms)?;
    bank.asset_shares = checked_add(bank.asset_shares, minted)?;
    pool.shares = checked_add(pool.shares, minted)?;
    finish(pool, bank)
}

/// A trader pays atoms away: from its deposit first, and what that does not cover opens a loan that is marked as the pool's.
///
/// # Errors
/// `TooManyBalances`; arithmetic.
#[inline(never)]
pub(super) fn owe_pool(bank: &mut Bank, account: &mut MarginAccount, atoms: u64) -> RiskResult<()> {
    let owed = loan_shares(account, bank);
    swap::debit(bank, account, atoms)?;
    let opened = loan_shares(account, bank).saturating_sub(owed);
    if opened > 0 {
        let slot = balances::position(account, bank.index).and_then(|slot| account.balances.get_mut(slot));
        let balance = slot.ok_or(RiskError::NoBalance)?;
        balance.perp_shares = checked_add(balance.perp_shares, opened)?;
        bank.perp_loan_shares = checked_add(bank.perp_loan_shares, opened)?;
    }
    Ok(())
}

/// The most of a claim that may be paid out now: all the pool has, but nothing while the market's equity is negative or a
/// price is in doubt or too old to liquidate at.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
#[inline(never)]
pub fn most_paid(
    market: &PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<u64> {
    let certain = |feed: u8| -> RiskResult<bool> {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        Ok(price::check_usable(row, now, board.rules.liquidate_max_age).is_ok())
    };
    if market.equity < 0 || !certain(market.feed)? || !certain(market.quote_feed)? {
        return Ok(0);
    }
    Ok(funds(pool, bank, now)?)
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
