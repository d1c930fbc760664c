//! `create_group`.

use anchor_lang::prelude::*;
use ballast_state::seeds::{SEED_BOARD, SEED_GROUP};
use ballast_state::{Account, Group, RiskBoard};

use crate::args::RulesArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::Result;
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
    /// CHECK: the new group, by its seeds.
    #[account(mut, seeds = [SEED_GROUP, creator.key().as_ref(), &id.to_le_bytes()], bump)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by its seeds.
    #[account(mut, seeds = [SEED_BOARD, group.key().as_ref()], bump)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Creates a group with its board.
///
/// 1. Check the rules.
/// 2. Create both accounts at their derived addresses; the creator's key is part of them, so nobody can take them first.
/// 3. Give every role to the creator.
///
/// # Errors
/// `InvalidParameter`, `WrongSystemProgram`, `AlreadyExists`.
pub(crate) fn handle(ctx: Context<CreateGroup>, id: u16, rules: &RulesArgs) -> Result<()> {
    let rules = rules.validated()?;
    let accounts = &ctx.accounts;
    let (creator, group_key) = (accounts.creator.key(), accounts.group.key());
    let mut group = Creation {
        payer: &accounts.creator,
        account: &accounts.group,
        system_program: &accounts.system_program,
        seeds: &[SEED_GROUP, creator.as_ref(), &id.to_le_bytes(), &[ctx.bumps.group]],
    }
    .program_account::<Group>()?;
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
    let mut board = Creation {
        payer: &accounts.creator,
        account: &accounts.board,
        system_program: &accounts.system_program,
        seeds: &[SEED_BOARD, group_key.as_ref(), &[ctx.bumps.board]],
    }
    .program_account::<RiskBoard>()?;
    board.version = RiskBoard::VERSION;
    board.bump = ctx.bumps.board;
    board.group = ctx.accounts.group.key();
    board.rules = rules;
    emit::log(&GroupConfigured { header: EventHeader::of_group(board.group, &group)?, board_sequence: board.sequence })
}
