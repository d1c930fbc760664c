//! `configure_group`.

use anchor_lang::prelude::*;
use ballast_state::{Group, RiskBoard};

use crate::args::ConfigureGroupArgs;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, GroupConfigured};
use crate::view::load_mut;

/// Longest pause a group can allow: a week.
const MAX_PAUSE: u32 = 604_800;

/// Accounts of instructions that change group-wide settings.
#[derive(Accounts)]
pub struct ConfigureGroup<'info> {
    /// Whose role the change needs.
    pub authority: Signer<'info>,
    /// The group.
    #[account(mut)]
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    #[account(mut)]
    pub board: AccountLoader<'info, RiskBoard>,
}

/// Changes roles and group-wide rules. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `InvalidParameter`, `PauseTooLong`.
pub(crate) fn handle(ctx: Context<ConfigureGroup>, args: &ConfigureGroupArgs) -> Result<()> {
    let rules = args.rules.validated()?;
    let mut group = load_mut(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
    ensure!(args.max_pause <= MAX_PAUSE, BallastError::PauseTooLong);
    group.risk_admin = args.risk_admin;
    group.guardian = args.guardian;
    group.forecaster = args.forecaster;
    group.fee_recipient = args.fee_recipient;
    group.max_pause = args.max_pause;
    group.sequence = group.sequence.wrapping_add(1);
    ensure_same(&group.board, ctx.accounts.board.as_ref().key, BallastError::WrongBoard)?;
    let mut board = load_mut(&ctx.accounts.board)?;
    // Add-ons were checked against the smallest bonus at listing: it may not rise above them afterwards.
    ensure!(
        board.rows.iter().take(usize::from(board.row_count)).all(|row| row.maintenance_add_on >= rules.bonus_min),
        BallastError::AddOnBelowBonus
    );
    board.rules = rules;
    board.sequence = board.sequence.wrapping_add(1);
    emit::log(&GroupConfigured {
        header: EventHeader::of_group(ctx.accounts.group.key(), &group)?,
        board_sequence: board.sequence,
    })
}
