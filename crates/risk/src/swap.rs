//! Moving balances between two accounts without tokens: the settlement of liquidation and deleverage.
//!
//! No vault is touched, so neither utilisation nor liquidity can stop it.

use ballast_math::{checked_add, checked_sub, Index};
use ballast_state::{BalanceSide, Bank, MarginAccount};

use crate::{balances, RiskResult};

/// The account receives `shares` of deposit, burnt elsewhere: they pay its own loan first, and what is left is a deposit.
///
/// # Errors
/// `TooManyBalances`.
#[inline(never)]
pub fn credit(bank: &mut Bank, account: &mut MarginAccount, shares: u64) -> RiskResult<()> {
    let mut left = shares;
    if account.balance(bank.index).is_some_and(ballast_state::Balance::is_loan) {
        let held = balances::shares(account, bank, BalanceSide::Loan)?;
        let asset = Index::from_words(bank.asset_index);
        let liability = Index::from_words(bank.liability_index);
        let debt = liability.amount_up(held)?;
        let worth = asset.amount_down(shares)?;
        if worth < debt {
            let paid = liability.shares_down(worth)?.min(held);
            balances::set_shares(account, bank, BalanceSide::Loan, checked_sub(held, paid)?)?;
            bank.liability_shares = checked_sub(bank.liability_shares, paid)?;
            return Ok(());
        }
        balances::set_shares(account, bank, BalanceSide::Loan, 0)?;
        bank.liability_shares = checked_sub(bank.liability_shares, held)?;
        left = shares.saturating_sub(asset.shares_up(debt)?);
    }
    let held = balances::shares(account, bank, BalanceSide::Deposit)?;
    bank.asset_shares = checked_add(bank.asset_shares, left)?;
    balances::set_shares(account, bank, BalanceSide::Deposit, checked_add(held, left)?)
}

/// The account pays `atoms`: from its deposit first, and what that does not cover becomes a loan.
///
/// # Errors
/// `TooManyBalances`.
#[inline(never)]
pub fn debit(bank: &mut Bank, account: &mut MarginAccount, atoms: u64) -> RiskResult<()> {
    let mut left = atoms;
    if account.balance(bank.index).is_some_and(ballast_state::Balance::is_deposit) {
        let held = balances::shares(account, bank, BalanceSide::Deposit)?;
        let index = Index::from_words(bank.asset_index);
        // More shares than there can be, of a claim that lost nearly everything, are more than are held.
        if let Some(shares) = index.shares_up(atoms).ok().filter(|shares| *shares <= held) {
            bank.asset_shares = checked_sub(bank.asset_shares, shares)?;
            return balances::set_shares(account, bank, BalanceSide::Deposit, checked_sub(held, shares)?);
        }
        left = left.saturating_sub(index.amount_down(held)?);
        bank.asset_shares = checked_sub(bank.asset_shares, held)?;
        balances::set_shares(account, bank, BalanceSide::Deposit, 0)?;
    }
    let shares = Index::from_words(bank.liability_index).shares_up(left)?;
    let held = balances::shares(account, bank, BalanceSide::Loan)?;
    bank.liability_shares = checked_add(bank.liability_shares, shares)?;
    balances::set_shares(account, bank, BalanceSide::Loan, checked_add(held, shares)?)
}
