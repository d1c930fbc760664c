//! `borrow` and `withdraw`: tokens go out, for which the plan's address signs.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::calls::{self, Ballast};
use crate::Plan;

/// Accounts of `borrow` and `withdraw`. The banks of the margin account's other balances follow.
#[derive(Accounts)]
pub struct Take<'info> {
    /// The plan's user.
    pub user: Signer<'info>,
    /// The plan; signs in Ballast.
    pub plan: AccountLoader<'info, Plan>,
    /// CHECK: the plan's, by key.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's, by Ballast.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the plan's for this, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: where the user wants the tokens.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's, by Ballast.
    pub token_program: UncheckedAccount<'info>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Borrows `amount` atoms to a token account of the user's choice.
///
/// # Errors
/// `NotTheUser`, `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn borrow<'info>(ctx: &Context<'info, Take<'info>>, amount: u64) -> Result<()> {
    let accounts = &ctx.accounts;
    let plan = accounts.plan.load()?;
    accounts.require(&plan, &plan.loan_bank)?;
    let borrow = calls::Borrow {
        authority: accounts.plan.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
        board: accounts.board.to_account_info(),
        bank: accounts.bank.to_account_info(),
        vault: accounts.vault.to_account_info(),
        destination: accounts.destination.to_account_info(),
        mint: accounts.mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    plan.sign(|seeds| {
        let context = CpiContext::new_with_signer(ballast::ID, borrow, seeds);
        ballast::cpi::borrow(context.with_remaining_accounts(ctx.remaining_accounts.to_vec()), amount)
    })
}

/// Withdraws `amount` atoms of the savings, or all, to a token account of the user's choice.
///
/// # Errors
/// `NotTheUser`, `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn withdraw<'info>(ctx: &Context<'info, Take<'info>>, amount: Option<u64>) -> Result<()> {
    let accounts = &ctx.accounts;
    let plan = accounts.plan.load()?;
    accounts.require(&plan, &plan.savings_bank)?;
    let withdraw = calls::Withdraw {
        authority: accounts.plan.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
        board: accounts.board.to_account_info(),
        bank: accounts.bank.to_account_info(),
        vault: accounts.vault.to_account_info(),
        destination: accounts.destination.to_account_info(),
        mint: accounts.mint.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
    };
    plan.sign(|seeds| {
        let context = CpiContext::new_with_signer(ballast::ID, withdraw, seeds);
        ballast::cpi::withdraw(context.with_remaining_accounts(ctx.remaining_accounts.to_vec()), amount)
    })
}

impl Take<'_> {
    fn require(&self, plan: &Plan, bank: &Pubkey) -> Result<()> {
        plan.require_user(self.user.key)?;
        plan.require_accounts(self.margin_account.key, self.bank.key, bank)
    }
}
