//! `configure_timelock`.

use anchor_lang::prelude::*;
use ballast_risk::limits;
use ballast_state::seeds::SEED_TIMELOCK;
use ballast_state::Group;

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, TimelockConfigured};
use crate::roles::{self, Power};
use crate::view::view_mut;

/// Accounts of `configure_timelock`.
#[derive(Accounts)]
pub struct ConfigureTimelock<'info> {
    /// The admin, or the timelock.
    pub authority: Signer<'info>,
    /// CHECK: the group, by `view_mut`.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: signs for changes that waited; its address, by its seeds.
    #[account(seeds = [SEED_TIMELOCK, group.key().as_ref()], bump)]
    pub timelock: UncheckedAccount<'info>,
}

/// Sets how long changes wait and how long they can be executed then. The first time ends the group's set-up; after that a
/// longer wait and a shorter life come at once, the other way round only through the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `InvalidParameter`.
pub(crate) fn handle(ctx: Context<ConfigureTimelock>, delay: u32, expiry: u32) -> Result<()> {
    limits::validate_timelock(delay, expiry).or_fail()?;
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    if roles::power(&group, ctx.accounts.authority.key)? != Power::Full {
        ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
        let tighter = delay >= group.timelock_delay && expiry <= group.timelock_expiry;
        ensure!(tighter, BallastError::TimelockRequired);
    }
    group.timelock_delay = delay;
    group.timelock_expiry = expiry;
    group.timelock = ctx.accounts.timelock.key();
    group.timelock_bump = ctx.bumps.timelock;
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&TimelockConfigured { header: EventHeader::of_group(ctx.accounts.group.key(), &group)?, delay, expiry })
}
