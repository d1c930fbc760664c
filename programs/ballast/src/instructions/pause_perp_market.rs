//! `pause_perp_market`.

use anchor_lang::prelude::*;
use ballast_state::Group;

use crate::emit;
use crate::error::Result;
use crate::events::{EventHeader, MarketConfigured};
use crate::loader;
use crate::roles;
use crate::view::view;

/// Accounts of `pause_perp_market`.
#[derive(Accounts)]
pub struct PausePerpMarket<'info> {
    /// The guardian or the admin.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: a market of the group, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
}

/// Stops orders that may add risk in a market for a limited time: none is placed, and those that wait end without a fee.
/// Reductions, settlements and liquidations go on, and no price is needed. For the guardian or the admin; once there is a
/// timelock only the guardian ends a pause early.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `TimelockRequired`, `PauseTooLong`, `PauseTooSoon`.
pub(crate) fn handle(ctx: Context<PausePerpMarket>, seconds: u32) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let group = view::<Group>(&accounts.group)?;
    let mut market = loader::market(&accounts.market, accounts.group.key)?;
    roles::require_pause(&group, accounts.authority.key, seconds, market.paused_until, now.ts)?;
    market.paused_until = now.ts.saturating_add(i64::from(seconds));
    market.sequence = market.sequence.wrapping_add(1);
    emit::log(&MarketConfigured::of(EventHeader::of_market(accounts.market.key(), &market, now), &market))
}
