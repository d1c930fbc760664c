//! `configure_risk_class`.

use anchor_lang::prelude::*;
use ballast_risk::limits;

use super::ConfigureGroup;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, RiskClassConfigured};
use crate::view::load_mut;

/// Sets κ of a class. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `InvalidParameter`, `MarginTooHigh` (with this κ a feed of the class could need its whole
/// value as margin).
pub(crate) fn handle(ctx: Context<ConfigureGroup>, class: u8, kappa: u32) -> Result<()> {
    let mut group = load_mut(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
    ensure_same(&group.board, ctx.accounts.board.as_ref().key, BallastError::WrongBoard)?;
    let mut board = load_mut(&ctx.accounts.board)?;
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
