//! `close_margin_account`.

use anchor_lang::prelude::*;

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, MarginAccountClosed};
use crate::loader;

/// Accounts of `close_margin_account`.
#[derive(Accounts)]
pub struct CloseMarginAccount<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// CHECK: receives the rent, whoever it is: the owner signs for it.
    #[account(mut)]
    pub receiver: UncheckedAccount<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
}

/// Closes an empty account.
///
/// # Errors
/// `Unauthorised`, `AccountInTransit`, `AccountNotEmpty`, `DuplicateAccount`.
pub(crate) fn handle(ctx: Context<CloseMarginAccount>) -> Result<()> {
    let info = &ctx.accounts.margin_account;
    let event = {
        let account = loader::idle_account(info)?;
        ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;
        let empty = account.balance_count == 0 && account.perp_count == 0 && account.order_count == 0;
        ensure!(empty, BallastError::AccountNotEmpty);
        MarginAccountClosed {
            header: EventHeader::of_account(info.key(), &account, loader::now()?),
            owner: account.owner,
        }
    };
    loader::close(info, &ctx.accounts.receiver)?;
    emit::log(&event)
}
