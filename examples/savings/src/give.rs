//! `deposit` and `repay`: tokens go in, and the one who gives them signs for them in Ballast as here.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::ballast::cpi::accounts::{Deposit, Repay};
use crate::ballast::program::Ballast;
use crate::Plan;

/// Accounts of `deposit` and `repay`.
#[derive(Accounts)]
pub struct Give<'info> {
    /// Signs for the tokens.
    pub user: Signer<'info>,
    /// The plan.
    pub plan: Account<'info, Plan>,
    /// CHECK: the plan's, by key.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the plan's for this, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: where the tokens come from, by the token program.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub token_program: UncheckedAccount<'info>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Deposits `amount` atoms.
///
/// # Errors
/// `NotTheUser`, `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn deposit(accounts: &Give<'_>, amount: u64) -> Result<()> {
    accounts.plan.require_user(accounts.user.key)?;
    accounts.plan.require_accounts(accounts.margin_account.key, accounts.bank.key, &accounts.plan.savings_bank)?;
    let deposit = Deposit {
        authority: accounts.user.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
        bank: accounts.bank.to_account_info(),
        vault: accounts.vault.to_account_info(),
        source: accounts.source.to_account_info(),
        mint: accounts.mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    ballast::cpi::deposit(CpiContext::new(ballast::ID, deposit), amount)
}

/// Repays `amount` atoms of the plan's loan, or all of it. Whoever pays: nobody has to be asked.
///
/// # Errors
/// `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn repay(accounts: &Give<'_>, amount: Option<u64>) -> Result<()> {
    accounts.plan.require_accounts(accounts.margin_account.key, accounts.bank.key, &accounts.plan.loan_bank)?;
    let repay = Repay {
        authority: accounts.user.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
        bank: accounts.bank.to_account_info(),
        vault: accounts.vault.to_account_info(),
        source: accounts.source.to_account_info(),
        mint: accounts.mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    ballast::cpi::repay(CpiContext::new(ballast::ID, repay), amount)
}
