//! `deleverage_market`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Bank, LiquidityPool};

use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, MarketDeleveraged};
use crate::loader;
use crate::view::{view, view_mut};

/// Accounts of `deleverage_market`.
#[event_cpi]
#[derive(Accounts)]
pub struct DeleverageMarket<'info> {
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
}

/// Deleverages a market whose pool lacks margin for its skew. Anyone may, unpaid.
///
/// 1. Sync the market: below its Maintenance margin, or there is nothing to do.
/// 2. The larger side shrinks by the least amount that restores the pool, at the mark, each position by the same part. Nobody's equity
///    falls: the premium of the skew that went is given back.
///
/// The work is the same whatever the number of positions. No pause, cap or mode stops it.
///
/// # Errors
/// `WrongBoard`, `PoolMismatch`, `BankMismatch`, `MarketHealthy`, the others of [`perp::deleverage`].
pub(crate) fn handle(ctx: Context<DeleverageMarket>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let event = {
        let mut market = loader::any_market(accounts.market.as_ref())?;
        let board = loader::board(&accounts.board, &market.group)?;
        let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
        loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
        let bank = view::<Bank>(&accounts.bank)?;
        loader::sync(accounts.market.as_ref(), &mut market, &mut pool, &bank, &board, now)?;
        let done = perp::deleverage(&mut market, &pool, &bank, &board, now).or_fail()?;
        MarketDeleveraged::of(EventHeader::of_market(accounts.market.key(), &market, now), &market, &board, &done)
    };
    emit::receipt(&accounts.event_authority, &event)
}
