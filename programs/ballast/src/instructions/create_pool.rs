//! `create_pool`.

use anchor_lang::prelude::*;
use ballast_risk::lending;
use ballast_risk::perp::liquidity;
use ballast_state::seeds::SEED_POOL;
use ballast_state::{Account as _, Bank, Group, LiquidityPool};

use crate::args::PoolArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, PoolConfigured};
use crate::view::{view, view_mut};
use crate::{loader, roles};

/// Accounts of `create_pool`.
#[derive(Accounts)]
pub struct CreatePool<'info> {
    /// The admin, or the timelock.
    pub authority: Signer<'info>,
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: the bank of the token that perps settle in, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the new pool, by its seeds. One per group.
    #[account(mut, seeds = [SEED_POOL, group.key().as_ref()], bump)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Creates the pool that all perp markets of the group are traded against, without money yet. For the admin of a group without
/// a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongGroup`, `NotCollateral`, `WrongSystemProgram`, `AlreadyExists`, `InvalidParameter`.
pub(crate) fn handle(ctx: Context<CreatePool>, args: &PoolArgs) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    roles::require_full(&*view::<Group>(&accounts.group)?, accounts.authority.key)?;
    let mut bank = view_mut::<Bank>(&accounts.bank)?;
    ensure_same(&bank.group, accounts.group.key, BallastError::WrongGroup)?;
    ensure!(bank.collateral == 1, BallastError::NotCollateral);
    let mut pool = Creation {
        payer: &accounts.payer,
        account: &accounts.pool,
        system_program: &accounts.system_program,
        seeds: &[SEED_POOL, bank.group.as_ref(), &[ctx.bumps.pool]],
    }
    .program_account::<LiquidityPool>()?;
    pool.version = LiquidityPool::VERSION;
    pool.bump = ctx.bumps.pool;
    pool.bank = bank.index;
    pool.feed = bank.feed;
    pool.decimals = bank.decimals;
    pool.group = bank.group;
    pool.bank_address = accounts.bank.key();
    args.write(&mut pool);
    liquidity::validate(&pool).or_fail()?;
    bank.quote = 1;
    lending::count_change(&mut bank);
    pool.epoch_end = now.ts.saturating_add(i64::from(pool.epoch_length));
    emit::log(&PoolConfigured { header: EventHeader::of_pool(accounts.pool.key(), &pool, now) })
}
