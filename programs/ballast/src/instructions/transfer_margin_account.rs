//! `transfer_margin_account`.

use anchor_lang::prelude::*;
use ballast_state::{DeleveragePolicy, Zeroable};

use crate::emit;
use crate::error::{ensure_same, BallastError, Result};
use crate::events::{EventHeader, MarginAccountTransferred};
use crate::loader;

/// Accounts of `transfer_margin_account`.
#[derive(Accounts)]
pub struct TransferMarginAccount<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// Will own it: signs, since debts come with it.
    pub new_owner: Signer<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
}

/// Gives the account, with all it holds and owes, to another owner. Its address stays; delegate and policy go.
///
/// # Errors
/// `Unauthorised`, `AccountInTransit`.
pub(crate) fn handle(ctx: Context<TransferMarginAccount>) -> Result<()> {
    let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
    ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;
    account.owner = ctx.accounts.new_owner.key();
    account.delegate = Pubkey::default();
    account.delegate_rights = 0;
    account.policy = DeleveragePolicy::zeroed();
    account.sequence = account.sequence.wrapping_add(1);
    emit::log(&MarginAccountTransferred {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        from: ctx.accounts.owner.key(),
        to: account.owner,
    })
}
