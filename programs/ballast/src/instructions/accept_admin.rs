//! `accept_admin`.

use anchor_lang::prelude::*;
use ballast_state::Group;

use super::ChangeAdmin;
use crate::emit;
use crate::error::{ensure_same, BallastError, Result};
use crate::events::{AdminAccepted, EventHeader};
use crate::view::view_mut;

/// Makes the proposed admin the admin. For the one proposed: a mistyped key never accepts.
///
/// # Errors
/// `Unauthorised`.
pub(crate) fn handle(ctx: Context<ChangeAdmin>) -> Result<()> {
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.pending_admin, BallastError::Unauthorised)?;
    group.admin = group.pending_admin;
    group.pending_admin = Pubkey::default();
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&AdminAccepted { header: EventHeader::of_group(ctx.accounts.group.key(), &group)?, admin: group.admin })
}
