//! `close_liquidity_provider`.

use anchor_lang::prelude::*;
use ballast_state::LiquidityPool;

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, LiquidityProviderClosed};
use crate::loader;
use crate::view::view;

/// Accounts of `close_liquidity_provider`.
#[derive(Accounts)]
pub struct CloseLiquidityProvider<'info> {
    /// Owns the liquidity.
    pub owner: Signer<'info>,
    /// CHECK: who paid for the account, by key; receives the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: the pool, by view.
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the owner's liquidity, by view, pool and owner.
    #[account(mut)]
    pub provider: UncheckedAccount<'info>,
}

/// Closes an account of liquidity that has none, asks for nothing and has claimed all, and returns the rent to who paid it.
///
/// # Errors
/// `PoolMismatch`, `Unauthorised`, `PayerMismatch`, `AccountNotEmpty`.
pub(crate) fn handle(ctx: Context<CloseLiquidityProvider>) -> Result<()> {
    let accounts = &ctx.accounts;
    let event = {
        let pool = view::<LiquidityPool>(&accounts.pool)?;
        let provider = loader::provider(&accounts.provider, &accounts.pool)?;
        ensure_same(&provider.owner, accounts.owner.key, BallastError::Unauthorised)?;
        ensure_same(&provider.payer, accounts.payer.key, BallastError::PayerMismatch)?;
        let empty = provider.shares == 0 && provider.entering == 0 && provider.leaving == 0;
        ensure!(empty, BallastError::AccountNotEmpty);
        LiquidityProviderClosed {
            header: EventHeader::of_provider(accounts.provider.key(), &pool, &provider, loader::now()?),
            owner: provider.owner,
        }
    };
    loader::close(&accounts.provider, &accounts.payer)?;
    emit::log(&event)
}
