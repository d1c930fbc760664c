//! `propose_change`.

use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use ballast_state::seeds::SEED_CHANGE;
use ballast_state::{Account, Group, PendingChange};

use crate::create::Creation;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrRaise, Result};
use crate::events::{ChangeProposed, EventHeader};
use crate::instruction;
use crate::loader;
use crate::view::view_mut;

/// Instructions that wait for the timelock. Each has the authority as its first account.
const TIMELOCKED: [&[u8]; 13] = [
    instruction::AddBank::DISCRIMINATOR,
    instruction::AddPerpMarket::DISCRIMINATOR,
    instruction::AddPriceFeed::DISCRIMINATOR,
    instruction::ConfigureBank::DISCRIMINATOR,
    instruction::ConfigureGroup::DISCRIMINATOR,
    instruction::ConfigurePerpMarket::DISCRIMINATOR,
    instruction::ConfigurePool::DISCRIMINATOR,
    instruction::ConfigurePriceFeed::DISCRIMINATOR,
    instruction::ConfigureRiskClass::DISCRIMINATOR,
    instruction::ConfigureTimelock::DISCRIMINATOR,
    instruction::CreatePool::DISCRIMINATOR,
    instruction::ProposeAdmin::DISCRIMINATOR,
    instruction::SetBankMode::DISCRIMINATOR,
];

/// Accounts of `propose_change`. The accounts of the instruction proposed follow, in its order.
#[derive(Accounts)]
pub struct ProposeChange<'info> {
    /// The admin; pays for the account.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// CHECK: the group, by `view_mut`.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: the new change, by its seeds.
    #[account(
        mut,
        seeds = [SEED_CHANGE, group.key().as_ref(), &loader::next_change(&group)?[..]],
        bump,
    )]
    pub change: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Publishes an instruction of this program that is to run once the timelock's delay has passed.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired` (the group has none yet), `NotTimelocked`, `ChangeMismatch` (its first account is not the
/// timelock, or it has too many accounts or bytes), `WrongSystemProgram`, `AlreadyExists`.
pub(crate) fn handle<'info>(ctx: Context<'info, ProposeChange<'info>>, data: &[u8]) -> Result<()> {
    let now = loader::now()?;
    let group_key = ctx.accounts.group.key();
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
    ensure!(group.timelock_delay > 0, BallastError::TimelockRequired);
    ensure!(TIMELOCKED.iter().any(|known| data.starts_with(known)), BallastError::NotTimelocked);
    let first = ctx.remaining_accounts.first();
    ensure!(first.is_some_and(|info| info.key == &group.timelock), BallastError::ChangeMismatch);

    let mut change = Creation {
        payer: &ctx.accounts.authority,
        account: &ctx.accounts.change,
        system_program: &ctx.accounts.system_program,
        seeds: &[SEED_CHANGE, group_key.as_ref(), &group.change_count.to_le_bytes(), &[ctx.bumps.change]],
    }
    .program_account::<PendingChange>()?;
    change.version = PendingChange::VERSION;
    change.bump = ctx.bumps.change;
    change.number = group.change_count;
    change.ready_ts = now.ts.saturating_add(i64::from(group.timelock_delay));
    change.expires_ts = change.ready_ts.saturating_add(i64::from(group.timelock_expiry));
    change.group = group_key;
    change.proposer = ctx.accounts.authority.key();
    change.account_count = u8::try_from(ctx.remaining_accounts.len()).or_raise(BallastError::ChangeMismatch)?;
    change.data_len = u16::try_from(data.len()).or_raise(BallastError::ChangeMismatch)?;
    let keys = change.accounts.get_mut(..ctx.remaining_accounts.len()).or_raise(BallastError::ChangeMismatch)?;
    for (key, info) in keys.iter_mut().zip(ctx.remaining_accounts) {
        *key = info.key();
    }
    change.data.get_mut(..data.len()).or_raise(BallastError::ChangeMismatch)?.copy_from_slice(data);

    group.change_count = group.change_count.checked_add(1).or_raise(BallastError::Overflow)?;
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&ChangeProposed {
        header: EventHeader::of_group(group_key, &group)?,
        number: change.number,
        ready_ts: change.ready_ts,
        expires_ts: change.expires_ts,
    })
}
