//! `cancel_change`.

use anchor_lang::prelude::*;
use ballast_state::{Group, PendingChange};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{ChangeCancelled, EventHeader};
use crate::loader;
use crate::view::view;

/// Accounts of `cancel_change`.
#[derive(Accounts)]
pub struct CancelChange<'info> {
    /// The admin or the guardian.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: a change of the group, by view and its group.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub change: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub change: AccountLoader<'info, PendingChange>,
    /// CHECK: who proposed it, by key; gets its rent.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
}

/// Takes a waiting change back. For the admin, and for the guardian: its veto is what the wait is for.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `ChangeMismatch` (another proposer).
pub(crate) fn handle(ctx: Context<CancelChange>) -> Result<()> {
    let accounts = &ctx.accounts;
    let group = view::<Group>(&accounts.group)?;
    let number = {
        let change = view::<PendingChange>(accounts.change.as_ref())?;
        let authority = accounts.authority.key;
        ensure!(authority == &group.admin || authority == &group.guardian, BallastError::Unauthorised);
        ensure_same(&change.group, accounts.group.key, BallastError::WrongGroup)?;
        ensure_same(&change.proposer, accounts.proposer.key, BallastError::ChangeMismatch)?;
        change.number
    };
    loader::close(accounts.change.as_ref(), &accounts.proposer)?;
    emit::log(&ChangeCancelled { header: EventHeader::of_group(accounts.group.key(), &group)?, number })
}
