//! `pause_risk`.

use anchor_lang::prelude::*;

use super::ConfigureGroup;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, RiskPaused};
use crate::view::load_mut;

/// Stops new risk in the group for a limited time. For the guardian or the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `PauseTooLong`.
pub(crate) fn handle(ctx: Context<ConfigureGroup>, seconds: u32) -> Result<()> {
    let mut group = load_mut(&ctx.accounts.group)?;
    let authority = ctx.accounts.authority.key();
    ensure!(authority == group.guardian || authority == group.admin, BallastError::Unauthorised);
    ensure!(seconds <= group.max_pause, BallastError::PauseTooLong);
    ensure_same(&group.board, ctx.accounts.board.as_ref().key, BallastError::WrongBoard)?;
    let mut board = load_mut(&ctx.accounts.board)?;
    board.risk_paused_until = Clock::get()?.unix_timestamp.saturating_add(i64::from(seconds));
    board.sequence = board.sequence.wrapping_add(1);
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&RiskPaused {
        header: EventHeader::of_group(ctx.accounts.group.key(), &group)?,
        until: board.risk_paused_until,
    })
}
