//! `close_margin_account`.

use anchor_lang::prelude::*;
use ballast_state::MarginAccount;

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, MarginAccountClosed};
use crate::loader;
use crate::view::load;

/// Accounts of `close_margin_account`.
#[derive(Accounts)]
pub struct CloseMarginAccount<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// CHECK: receives the rent, whoever it is: the owner signs for it.
    #[account(mut)]
    pub receiver: UncheckedAccount<'info>,
    /// The account.
    #[account(mut, close = receiver)]
    pub margin_account: AccountLoader<'info, MarginAccount>,
}

/// Closes an empty account.
///
/// # Errors
/// `Unauthorised`, `AccountNotEmpty`.
pub(crate) fn handle(ctx: Context<CloseMarginAccount>) -> Result<()> {
    let account = load(&ctx.accounts.margin_account)?;
    ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;
    ensure!(account.balance_count == 0 && account.perp_count == 0, BallastError::AccountNotEmpty);
    emit::log(&MarginAccountClosed {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        owner: account.owner,
    })
}
