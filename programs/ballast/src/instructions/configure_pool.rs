//! `configure_pool`.

use anchor_lang::prelude::*;
use ballast_risk::perp::liquidity;
use ballast_state::{Group, LiquidityPool};

use crate::args::PoolArgs;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, PoolConfigured};
use crate::loader;
use crate::roles::{self, Power};
use crate::view::{view, view_mut};

/// Accounts of `configure_pool`.
#[derive(Accounts)]
pub struct ConfigurePool<'info> {
    /// The admin, the risk admin or the timelock.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: the group's pool, by view and its group.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
}

/// Changes a pool's settings. The epoch that collects requests ends when it would have; the next one has the new length. A
/// lower cap comes at once, by the admin or the risk admin; all else is for the admin of a group without a timelock, and for
/// the timelock, and not between an epoch's end and its strike: its requests were made at the old terms.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongGroup`, `RequestsCutOff`, `InvalidParameter`.
pub(crate) fn handle(ctx: Context<ConfigurePool>, args: &PoolArgs) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let power = roles::power(&*view::<Group>(&accounts.group)?, accounts.authority.key)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    ensure_same(&pool.group, accounts.group.key, BallastError::WrongGroup)?;
    let before = *pool;
    args.write(&mut pool);
    if !liquidity::is_tighter(&before, &pool) {
        ensure!(power == Power::Full, BallastError::TimelockRequired);
        pool.epoch_end = liquidity::collecting_end(&before, now).or_fail()?;
    }
    liquidity::validate(&pool).or_fail()?;
    pool.sequence = pool.sequence.wrapping_add(1);
    emit::log(&PoolConfigured { header: EventHeader::of_pool(accounts.pool.key(), &pool, now) })
}
