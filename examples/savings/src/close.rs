//! `close`.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::calls::{Ballast, CloseMarginAccount};
use crate::Plan;

/// Accounts of `close`.
#[derive(Accounts)]
pub struct Close<'info> {
    /// The plan's user; gets the rent.
    #[account(mut)]
    pub user: Signer<'info>,
    /// The plan; signs in Ballast, and is closed after that.
    #[account(mut, close = user)]
    pub plan: AccountLoader<'info, Plan>,
    /// CHECK: a margin account that the plan owns, by Ballast.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Closes a plan with an empty margin account.
///
/// # Errors
/// `NotTheUser`; Ballast's.
pub(crate) fn handle(ctx: Context<Close>) -> Result<()> {
    let accounts = ctx.accounts;
    let plan = accounts.plan.load()?;
    plan.require_user(accounts.user.key)?;
    let close = CloseMarginAccount {
        owner: accounts.plan.to_account_info(),
        receiver: accounts.user.to_account_info(),
        margin_account: accounts.margin_account.to_account_info(),
    };
    plan.sign(|seeds| ballast::cpi::close_margin_account(CpiContext::new_with_signer(ballast::ID, close, seeds)))
}
