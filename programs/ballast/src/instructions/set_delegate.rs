//! `set_delegate`.

use anchor_lang::prelude::*;

use super::SetPolicy;
use crate::emit;
use crate::error::{ensure_same, BallastError, Result};
use crate::events::{DelegateSet, EventHeader};
use crate::loader;
use crate::roles;

/// Lets a delegate act on the account, with the rights given; the zero key and no rights end it. For the owner.
///
/// # Errors
/// `Unauthorised`, `AccountInTransit`, `InvalidParameter` (a right that does not exist).
pub(crate) fn handle(ctx: Context<SetPolicy>, delegate: Pubkey, given: u32) -> Result<()> {
    roles::validate_rights(given)?;
    let mut account = loader::idle_account(ctx.accounts.margin_account.as_ref())?;
    ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;
    account.delegate = delegate;
    account.delegate_rights = given;
    account.sequence = account.sequence.wrapping_add(1);
    emit::log(&DelegateSet {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        delegate,
        rights: given,
    })
}
