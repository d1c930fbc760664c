//! `sync_market`.

use anchor_lang::prelude::*;
use ballast_state::{Bank, LiquidityPool};

use crate::error::Result;
use crate::loader;
use crate::view::{view, view_mut};

/// Accounts of `sync_market`.
#[derive(Accounts)]
pub struct SyncMarket<'info> {
    /// CHECK: a market, by `view_mut`.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub market: AccountLoader<'info, ballast_state::PerpMarket>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
}

/// Brings a market to the board's prices and to now: funding, marks, and what the pool stands for. Anyone may. Whatever looks
/// at a position needs it after a refresh.
///
/// # Errors
/// `WrongBoard`, `PoolMismatch`, `BankMismatch`, those of [`loader::sync`].
pub(crate) fn handle(ctx: Context<SyncMarket>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut market = loader::any_market(accounts.market.as_ref())?;
    let board = loader::board(&accounts.board, &market.group)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let bank = view::<Bank>(&accounts.bank)?;
    loader::sync(accounts.market.as_ref(), &mut market, &mut pool, &bank, &board, now)
}
