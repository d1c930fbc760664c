//! `configure_group`.

use anchor_lang::prelude::*;
use ballast_risk::limits;
use ballast_state::{Group, RiskBoard};

use crate::args::ConfigureGroupArgs;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, GroupConfigured};
use crate::roles;
use crate::view::view_mut;

/// Longest pause a group can allow: a week.
const MAX_PAUSE: u32 = 604_800;

/// Accounts of instructions that change group-wide settings.
#[derive(Accounts)]
pub struct ConfigureGroup<'info> {
    /// Whose role the change needs.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and key.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
}

/// Changes roles and group-wide rules. For the admin of a group without a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `InvalidParameter`, `PauseTooLong`, `AddOnBelowBonus`,
/// `BasisBelowBonus`.
pub(crate) fn handle(ctx: Context<ConfigureGroup>, args: &ConfigureGroupArgs) -> Result<()> {
    let rules = args.rules.validated()?;
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    ensure!(args.max_pause <= MAX_PAUSE, BallastError::PauseTooLong);
    group.risk_admin = args.risk_admin;
    group.guardian = args.guardian;
    group.forecaster = args.forecaster;
    group.fee_recipient = args.fee_recipient;
    group.max_pause = args.max_pause;
    group.sequence = group.sequence.wrapping_add(1);
    ensure_same(&group.board, ctx.accounts.board.key, BallastError::WrongBoard)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    limits::validate_bonus_min(&board, rules.bonus_min).or_fail()?;
    board.rules = rules;
    board.sequence = board.sequence.wrapping_add(1);
    emit::log(&GroupConfigured {
        header: EventHeader::of_group(ctx.accounts.group.key(), &group)?,
        board_sequence: board.sequence,
    })
}
