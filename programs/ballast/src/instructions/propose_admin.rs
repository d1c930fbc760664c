//! `propose_admin`.

use anchor_lang::prelude::*;
use ballast_state::Group;

use crate::emit;
use crate::error::Result;
use crate::events::{AdminProposed, EventHeader};
use crate::roles;
use crate::view::view_mut;

/// Accounts of both steps of a change of admin.
#[derive(Accounts)]
pub struct ChangeAdmin<'info> {
    /// Proposes, or accepts.
    pub authority: Signer<'info>,
    /// CHECK: the group, by `view_mut`.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
}

/// Names the next admin, who becomes it by accepting; the zero key names nobody. A change that waits for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`.
pub(crate) fn handle(ctx: Context<ChangeAdmin>, admin: Pubkey) -> Result<()> {
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    group.pending_admin = admin;
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&AdminProposed { header: EventHeader::of_group(ctx.accounts.group.key(), &group)?, admin })
}
