//! `request_remove_liquidity`.

use anchor_lang::prelude::*;
use ballast_risk::perp::liquidity;
use ballast_state::LiquidityPool;

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, LiquidityRequested};
use crate::loader;
use crate::view::view_mut;

/// Accounts of `request_remove_liquidity`.
#[derive(Accounts)]
pub struct RequestRemoveLiquidity<'info> {
    /// Owns the liquidity.
    pub owner: Signer<'info>,
    /// CHECK: the owner's liquidity, by view, pool and owner.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub provider: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub provider: AccountLoader<'info, ballast_state::LiquidityProvider>,
    /// CHECK: the pool, by view.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub pool: AccountLoader<'info, ballast_state::LiquidityPool>,
}

/// Asks to leave the pool with `shares` of liquidity at the price of the epoch's end. It cannot be taken back; what the pool
/// cannot spare waits in the next epoch.
///
/// # Errors
/// `Unauthorised`, `PoolMismatch`, those of [`liquidity::request_withdraw`].
pub(crate) fn handle(ctx: Context<RequestRemoveLiquidity>, shares: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut pool = view_mut::<LiquidityPool>(accounts.pool.as_ref())?;
    let mut provider = loader::provider(accounts.provider.as_ref(), accounts.pool.as_ref())?;
    ensure_same(&provider.owner, accounts.owner.key, BallastError::Unauthorised)?;
    liquidity::request_withdraw(&mut pool, &mut provider, shares, now).or_fail()?;
    emit::log(&LiquidityRequested {
        header: EventHeader::of_provider(accounts.provider.key(), &pool, &provider, now),
        provider: accounts.provider.key(),
        epoch: pool.epoch,
        entering: 0,
        leaving: shares,
    })
}
