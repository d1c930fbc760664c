//! `repay`.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::calls::{self, Ballast};
use crate::Plan;

/// Accounts of `repay`.
#[derive(Accounts)]
pub struct Repay<'info> {
    /// Whoever pays: nobody has to be asked for that.
    pub payer: Signer<'info>,
    /// The plan.
    pub plan: AccountLoader<'info, Plan>,
    /// CHECK: the plan's, by key.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the bank of the plan's loan, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the payer's tokens, by the token program.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub token_program: UncheckedAccount<'info>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Repays `amount` atoms of the plan's loan, or all of it.
///
/// # Errors
/// `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn handle(ctx: Context<Repay>, amount: Option<u64>) -> Result<()> {
    let accounts = ctx.accounts;
    {
        let plan = accounts.plan.load()?;
        plan.require_accounts(accounts.margin_account.key, accounts.bank.key, &plan.loan_bank)?;
    }
    let repay = calls::Repay {
        authority: accounts.payer.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
        bank: accounts.bank.to_account_info(),
        vault: accounts.vault.to_account_info(),
        source: accounts.source.to_account_info(),
        mint: accounts.mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    ballast::cpi::repay(CpiContext::new(ballast::ID, repay), amount)
}
