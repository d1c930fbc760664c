//! `migrate_account`.

use anchor_lang::prelude::*;
use ballast_state::migrate;

use crate::emit;
use crate::error::{ensure, raise, BallastError, OrRaise, Result};
use crate::events::{AccountMigrated, EventHeader};
use crate::loader;

/// Accounts of `migrate_account`.
#[derive(Accounts)]
pub struct MigrateAccount<'info> {
    /// CHECK: an account of this program, by owner and type.
    #[account(mut)]
    pub account: UncheckedAccount<'info>,
}

/// Brings an account of an older layout version to this one. Anyone may: what it becomes leaves no choice.
///
/// # Errors
/// `WrongProgramOwner`, `WrongAccountType` (no type that has an older version), `WrongAccountVersion` (none that is older).
pub(crate) fn handle(ctx: Context<MigrateAccount>) -> Result<()> {
    let now = loader::now()?;
    let info = &ctx.accounts.account;
    ensure!(info.owner == &crate::ID, BallastError::WrongProgramOwner);
    let mut data = info.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?;
    let bank = migrate::bank(&mut data).map_err(|error| raise(error.into()))?;
    ballast_risk::lending::count_change(bank);
    emit::log(&AccountMigrated { header: EventHeader::of_bank(info.key(), bank, now), version: bank.version })
}
