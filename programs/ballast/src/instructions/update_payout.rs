//! `update_payout`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Bank, LiquidityPool};

use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, PayoutUpdated};
use crate::loader;
use crate::view::{view, view_mut};

/// Accounts of `update_payout`.
#[event_cpi]
#[derive(Accounts)]
pub struct UpdatePayout<'info> {
    /// CHECK: a market, by `view_mut`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
}

/// Computes which part of its claims a settled market pays, once all are registered or a day has passed, and again when more came in.
/// Anyone may, unpaid. The part never falls.
///
/// # Errors
/// `PoolMismatch`, `BankMismatch`, `MarketGoesOn`, the others of [`perp::update_payout`].
pub(crate) fn handle(ctx: Context<UpdatePayout>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let event = {
        let mut market = loader::any_market(accounts.market.as_ref())?;
        let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
        loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
        let bank = view::<Bank>(&accounts.bank)?;
        perp::update_payout(&mut market, &mut pool, &bank, now).or_fail()?;
        PayoutUpdated::of(EventHeader::of_market(accounts.market.key(), &market, now), &market, &pool)
    };
    emit::receipt(&accounts.event_authority, &event)
}
