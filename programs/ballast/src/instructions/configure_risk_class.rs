//! `configure_risk_class`.

use anchor_lang::prelude::*;
use ballast_risk::limits;
use ballast_state::{Group, RiskBoard};

use super::ConfigureGroup;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, RiskClassConfigured};
use crate::roles;
use crate::view::view_mut;

/// Sets κ of a class. For the admin of a group without a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `InvalidParameter`, `MarginTooHigh` (with this κ a feed of the class could need its whole
/// value as margin).
pub(crate) fn handle(ctx: Context<ConfigureGroup>, class: u8, kappa: u32) -> Result<()> {
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    ensure_same(&group.board, ctx.accounts.board.key, BallastError::WrongBoard)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    limits::validate_kappa(&board, class, kappa).or_fail()?;
    let slot = board.class_kappa.get_mut(usize::from(class)).or_raise(BallastError::InvalidParameter)?;
    *slot = kappa;
    board.sequence = board.sequence.wrapping_add(1);
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&RiskClassConfigured {
        header: EventHeader::of_group(ctx.accounts.group.key(), &group)?,
        class,
        kappa,
        board_sequence: board.sequence,
    })
}
