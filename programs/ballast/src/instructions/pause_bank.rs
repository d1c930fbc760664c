//! `pause_bank`.

use anchor_lang::prelude::*;
use ballast_risk::lending;

use super::ChangeBank;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::view::{load, load_mut};

/// Stops deposits and borrows of a bank for a limited time. For the guardian or the admin.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `PauseTooLong`.
pub(crate) fn handle(ctx: Context<ChangeBank>, seconds: u32) -> Result<()> {
    let now = loader::now()?;
    let authority = ctx.accounts.authority.key();
    let group = load(&ctx.accounts.group)?;
    ensure!(authority == group.guardian || authority == group.admin, BallastError::Unauthorised);
    ensure!(seconds <= group.max_pause, BallastError::PauseTooLong);
    let mut bank = load_mut(&ctx.accounts.bank)?;
    ensure_same(&bank.group, ctx.accounts.group.as_ref().key, BallastError::WrongGroup)?;
    bank.paused_until = now.ts.saturating_add(i64::from(seconds));
    lending::count_change(&mut bank);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
    })
}
