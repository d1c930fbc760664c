//! `pause_bank`.

use anchor_lang::prelude::*;
use ballast_risk::{flash, lending};
use ballast_state::{Bank, Group};

use super::ChangeBank;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::roles;
use crate::view::{view, view_mut};

/// Stops deposits and borrows of a bank for a limited time. For the guardian or the admin; once there is a timelock
/// only the guardian ends a pause early.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `BankInFlashLoan`, `TimelockRequired`, `PauseTooLong`, `PauseTooSoon`.
pub(crate) fn handle(ctx: Context<ChangeBank>, seconds: u32) -> Result<()> {
    let now = loader::now()?;
    let group = view::<Group>(&ctx.accounts.group)?;
    let mut bank = view_mut::<Bank>(ctx.accounts.bank.as_ref())?;
    ensure_same(&bank.group, ctx.accounts.group.key, BallastError::WrongGroup)?;
    flash::require_none(&bank).or_fail()?;
    roles::require_pause(&group, ctx.accounts.authority.key, seconds, bank.paused_until, now.ts)?;
    bank.paused_until = now.ts.saturating_add(i64::from(seconds));
    lending::count_change(&mut bank);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
        board_sequence: 0,
    })
}
