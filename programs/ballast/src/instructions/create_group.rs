//! `create_group`.

use anchor_lang::prelude::*;
use ballast_state::seeds::{SEED_BOARD, SEED_GROUP};
use ballast_state::{Account, Group, RiskBoard};

use crate::args::RulesArgs;
use crate::events::{EventHeader, GroupConfigured};

/// Longest pause of a new group: a day.
const DEFAULT_MAX_PAUSE: u32 = 86_400;

/// Accounts of `create_group`.
#[derive(Accounts)]
#[instruction(id: u16)]
pub struct CreateGroup<'info> {
    /// Pays for the accounts, and holds every role until it names others.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The new group.
    #[account(
        init,
        payer = creator,
        space = Group::SPACE,
        seeds = [SEED_GROUP, creator.key().as_ref(), &id.to_le_bytes()],
        bump,
    )]
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    #[account(init, payer = creator, space = RiskBoard::SPACE, seeds = [SEED_BOARD, group.key().as_ref()], bump)]
    pub board: AccountLoader<'info, RiskBoard>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// Creates a group with its board.
///
/// 1. Check the rules.
/// 2. Create both accounts at their derived addresses; the creator's key is part of them, so nobody can take them first.
/// 3. Give every role to the creator.
///
/// # Errors
/// `InvalidParameter`.
pub(crate) fn handle(ctx: Context<CreateGroup>, id: u16, rules: &RulesArgs) -> Result<()> {
    let rules = rules.validated()?;
    let creator = ctx.accounts.creator.key();
    let mut group = ctx.accounts.group.load_init()?;
    group.version = Group::VERSION;
    group.bump = ctx.bumps.group;
    group.id = id;
    group.creator = creator;
    group.admin = creator;
    group.risk_admin = creator;
    group.guardian = creator;
    group.forecaster = creator;
    group.fee_recipient = creator;
    group.board = ctx.accounts.board.key();
    group.max_pause = DEFAULT_MAX_PAUSE;
    let mut board = ctx.accounts.board.load_init()?;
    board.version = RiskBoard::VERSION;
    board.bump = ctx.bumps.board;
    board.group = ctx.accounts.group.key();
    board.rules = rules;
    emit!(GroupConfigured {
        header: EventHeader::of_group(board.group, &group)?,
        board_sequence: board.sequence,
    });
    Ok(())
}
