//! `execute_change`.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed;
use ballast_state::seeds::SEED_TIMELOCK;
use ballast_state::{Group, PendingChange};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{ChangeExecuted, EventHeader};
use crate::loader;
use crate::view::view;

/// Accounts of `execute_change`. The accounts of the instruction follow, in its order.
#[derive(Accounts)]
pub struct ExecuteChange<'info> {
    /// The admin.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view. Writable for the change's sake.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: a change of the group, by view and its group.
    #[account(mut)]
    pub change: UncheckedAccount<'info>,
    /// CHECK: who proposed it, by key; gets its rent.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    /// CHECK: this program, by key: it calls itself.
    pub program: UncheckedAccount<'info>,
}

/// Runs a change that has waited, with exactly the accounts and arguments that were published, signed by the timelock. For the
/// admin. The change's account is closed: it runs once.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `ChangeNotReady`, `ChangeExpired`, `ChangeMismatch`; those of the instruction.
pub(crate) fn handle<'info>(ctx: Context<'info, ExecuteChange<'info>>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let (instruction, number, bump) = {
        let group = view::<Group>(&accounts.group)?;
        let change = view::<PendingChange>(&accounts.change)?;
        ensure_same(accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
        ensure_same(&change.group, accounts.group.key, BallastError::WrongGroup)?;
        ensure_same(&change.proposer, accounts.proposer.key, BallastError::ChangeMismatch)?;
        ensure!(now.ts >= change.ready_ts, BallastError::ChangeNotReady);
        ensure!(now.ts < change.expires_ts, BallastError::ChangeExpired);
        let keys = change.account_keys().iter();
        let same = keys.eq(ctx.remaining_accounts.iter().map(|info| info.key));
        ensure!(same, BallastError::ChangeMismatch);
        let metas = ctx.remaining_accounts.iter().map(|info| AccountMeta {
            pubkey: info.key(),
            // Its seeds sign for it.
            is_signer: info.is_signer || info.key == &group.timelock,
            is_writable: info.is_writable,
        });
        let data = change.instruction_data().to_vec();
        let instruction = Instruction { program_id: crate::ID, accounts: metas.collect(), data };
        (instruction, change.number, group.timelock_bump)
    };
    let seeds: &[&[u8]] = &[SEED_TIMELOCK, accounts.group.key.as_ref(), &[bump]];
    invoke_signed(&instruction, ctx.remaining_accounts, &[seeds])?;
    loader::close(&accounts.change, &accounts.proposer)?;
    let group = view::<Group>(&accounts.group)?;
    emit::log(&ChangeExecuted { header: EventHeader::of_group(accounts.group.key(), &group)?, number })
}
