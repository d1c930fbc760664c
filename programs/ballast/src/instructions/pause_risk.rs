//! `pause_risk`.

use anchor_lang::prelude::*;

use ballast_state::{Group, RiskBoard};

use super::ConfigureGroup;
use crate::emit;
use crate::error::{ensure_same, BallastError, Result};
use crate::events::{EventHeader, RiskPaused};
use crate::roles;
use crate::view::view_mut;

/// Stops new risk in the group for a limited time. For the guardian or the admin; once there is a timelock
/// only the guardian ends a pause early.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `TimelockRequired`, `PauseTooLong`, `PauseTooSoon`.
pub(crate) fn handle(ctx: Context<ConfigureGroup>, seconds: u32) -> Result<()> {
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    ensure_same(&group.board, ctx.accounts.board.key, BallastError::WrongBoard)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    let now = Clock::get()?.unix_timestamp;
    roles::require_pause(&group, ctx.accounts.authority.key, seconds, board.risk_paused_until, now)?;
    board.risk_paused_until = now.saturating_add(i64::from(seconds));
    board.sequence = board.sequence.wrapping_add(1);
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&RiskPaused {
        header: EventHeader::of_group(ctx.accounts.group.key(), &group)?,
        until: board.risk_paused_until,
        board_sequence: board.sequence,
    })
}
