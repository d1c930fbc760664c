//! `close_epoch`.

use anchor_lang::prelude::*;
use ballast_risk::perp::liquidity;
use ballast_state::{Epoch, LiquidityPool};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EpochClosed, EventHeader};
use crate::loader;
use crate::view::view;

/// Accounts of `close_epoch`. Anyone may.
#[derive(Accounts)]
pub struct CloseEpoch<'info> {
    /// CHECK: who paid for the account, by key; receives the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the pool, by view.
    pub pool: UncheckedAccount<'info>,
    /// CHECK: a struck epoch of the pool, by view and pool.
    #[account(mut)]
    pub epoch: UncheckedAccount<'info>,
}

/// Closes a struck epoch of which everything was claimed, and returns the rent to who paid it.
///
/// Requests that waited from the epoch before were rounded down for each: where they come to less than the epoch counted, it
/// cannot be told from one with a claim left, and stays.
///
/// # Errors
/// `PoolMismatch`, `PayerMismatch`, `AccountNotEmpty`.
pub(crate) fn handle(ctx: Context<CloseEpoch>) -> Result<()> {
    let accounts = &ctx.accounts;
    let event = {
        let pool = view::<LiquidityPool>(&accounts.pool)?;
        let epoch = view::<Epoch>(&accounts.epoch)?;
        ensure_same(&epoch.pool, accounts.pool.key, BallastError::PoolMismatch)?;
        ensure_same(&epoch.payer, accounts.payer.key, BallastError::PayerMismatch)?;
        ensure!(liquidity::is_claimed(&epoch), BallastError::AccountNotEmpty);
        EpochClosed { header: EventHeader::of_pool(accounts.pool.key(), &pool, loader::now()?), epoch: epoch.number }
    };
    loader::close(&accounts.epoch, &accounts.payer)?;
    emit::log(&event)
}
