//! The balance list of an account: dense, sorted by feed and then by bank, no duplicates.

use ballast_state::Zeroable;
use ballast_state::{Balance, BalanceSide, Bank, MarginAccount, BALANCES};

use crate::{RiskError, RiskResult};

/// Index of the slot that holds `bank`.
#[must_use]
pub fn position(account: &MarginAccount, bank: u16) -> Option<usize> {
    account.active().iter().position(|balance| balance.bank == bank)
}

/// Shares of the account in `bank` on the given side; zero if it has none.
///
/// # Errors
/// `WrongSide` if the balance is on the other side.
pub fn shares(account: &MarginAccount, bank: &Bank, side: BalanceSide) -> RiskResult<u64> {
    match account.balance(bank.index) {
        None => Ok(0),
        Some(balance) if is_on(balance, side) => Ok(balance.shares),
        Some(_) => Err(RiskError::WrongSide),
    }
}

/// Sets the account's shares in `bank`: opens a slot in its place, closes it at zero. Of a loan that falls, what losses of
/// perps opened is paid last, here and in the bank's sum of it.
///
/// # Errors
/// `TooManyBalances` if a slot is needed and none is free; arithmetic.
pub fn set_shares(account: &mut MarginAccount, bank: &mut Bank, side: BalanceSide, shares: u64) -> RiskResult<()> {
    let Some(slot) = position(account, bank.index) else {
        return if shares == 0 { Ok(()) } else { open(account, bank, side, shares) };
    };
    let balance = account.balances.get_mut(slot).ok_or(RiskError::NoBalance)?;
    let kept = if side == BalanceSide::Loan { balance.perp_shares.min(shares) } else { 0 };
    let paid = balance.perp_shares.saturating_sub(kept);
    bank.perp_loan_shares = ballast_math::checked_sub(bank.perp_loan_shares, paid)?;
    balance.perp_shares = kept;
    if shares == 0 {
        return close(account, slot);
    }
    if !is_on(balance, side) {
        balance.wound_down = 0;
        balance.side = side_byte(side);
    }
    balance.shares = shares;
    Ok(())
}

fn open(account: &mut MarginAccount, bank: &Bank, side: BalanceSide, shares: u64) -> RiskResult<()> {
    let count = usize::from(account.balance_count);
    // Who has perps may come to owe their quote token: nothing else takes the last slot, or nobody could settle a loss.
    let perps = account.perp_count > 0 || account.order_count > 0;
    if perps && bank.quote == 0 && count.saturating_add(1) >= BALANCES {
        return Err(RiskError::TooManyBalances);
    }
    let key = (bank.feed, bank.index);
    let slot = account.active().iter().take_while(|balance| (balance.feed, balance.bank) < key).count();
    let last = count.checked_add(1).ok_or(RiskError::TooManyBalances)?;
    let range = account.balances.get_mut(slot..last).ok_or(RiskError::TooManyBalances)?;
    // Entries move up by one into the free slot at the range's end. Its length is one more than what moves.
    range.copy_within(..count.saturating_sub(slot), 1);
    let entry = range.first_mut().ok_or(RiskError::TooManyBalances)?;
    *entry = Balance { bank: bank.index, feed: bank.feed, side: side_byte(side), shares, ..Balance::zeroed() };
    account.balance_count = u8::try_from(last).map_err(|_| RiskError::TooManyBalances)?;
    Ok(())
}

fn close(account: &mut MarginAccount, slot: usize) -> RiskResult<()> {
    let count = usize::from(account.balance_count);
    let range = account.balances.get_mut(slot..count).ok_or(RiskError::NoBalance)?;
    // Not empty: the slot is that of an active balance.
    range.copy_within(1.., 0);
    *range.last_mut().ok_or(RiskError::NoBalance)? = Balance::zeroed();
    account.balance_count = account.balance_count.saturating_sub(1);
    Ok(())
}

fn is_on(balance: &Balance, side: BalanceSide) -> bool {
    balance.side == side_byte(side)
}

const fn side_byte(side: BalanceSide) -> u8 {
    match side {
        BalanceSide::Deposit => 1,
        BalanceSide::Loan => 2,
    }
}
