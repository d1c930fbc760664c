//! `settle_market`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Bank, LiquidityPool, PriceFeed};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, MarketSettled};
use crate::loader;
use crate::view::{view, view_mut};

/// Accounts of `settle_market`.
#[event_cpi]
#[derive(Accounts)]
pub struct SettleMarket<'info> {
    /// CHECK: a market, by `view_mut`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the market's feed, by view, group and row.
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
}

/// Ends a market at one price for all. Anyone may, unpaid, of a market in wind-down whose notice is over, and of one that owes more
/// than it has once its skew is gone.
///
/// 1. Sync the market; prices must be certain, and near their averages.
/// 2. Sizes go, what positions won and lost at the mark stands, and what the skew was charged goes back to its side.
/// 3. The feed is free for another market, and the market's weight for others.
/// 4. Where the pool's stake covers all claims, `settle_pnl` pays them; else they are registered first.
///
/// # Errors
/// `WrongBoard`, `WrongGroup`, `MarketMismatch`, `PoolMismatch`, `BankMismatch`, `MarketGoesOn`, the others of [`perp::settle_market`].
pub(crate) fn handle(ctx: Context<SettleMarket>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let event = {
        let mut market = loader::any_market(accounts.market.as_ref())?;
        let board = loader::board(&accounts.board, &market.group)?;
        let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
        loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
        let bank = view::<Bank>(&accounts.bank)?;
        let mut feed = view_mut::<PriceFeed>(&accounts.feed)?;
        ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
        ensure!(feed.row == market.feed, BallastError::MarketMismatch);
        loader::sync(accounts.market.as_ref(), &mut market, &mut pool, &bank, &board, now)?;
        let done = perp::settle_market(&mut market, &mut feed, &mut pool, &bank, &board, now).or_fail()?;
        MarketSettled::of(EventHeader::of_market(accounts.market.key(), &market, now), &market, &pool, &board, &done)
    };
    emit::receipt(&accounts.event_authority, &event)
}
