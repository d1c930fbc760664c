//! `cancel_order`.

use anchor_lang::prelude::*;
use ballast_risk::perp::order::{self, By};
use ballast_risk::price;
use ballast_state::{rights, PriceFeed};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, OrderCancelled};
use crate::loader;
use crate::roles;
use crate::view::view;

/// Accounts of `cancel_order`.
#[derive(Accounts)]
pub struct CancelOrder<'info> {
    /// Owns the margin account or may trade for it; of an expired order anyone.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `loader::idle_account`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: its orders, by view and margin account.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub orders: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub orders: AccountLoader<'info, ballast_state::Orders>,
    /// CHECK: the market's feed, by view, group and row.
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the order's market, by `loader::market` and its index.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
}

/// Takes an order back: its owner while its print cannot have been published, anyone once it has expired. What was set aside is
/// free again.
///
/// # Errors
/// `AccountInTransit`, `OrdersMismatch`, `WrongGroup`, `FeedMismatch`, `OrderNotExpired`
/// (of another's), the others of [`order::cancel`].
pub(crate) fn handle(ctx: Context<CancelOrder>, id: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    let mut orders = loader::orders(accounts.orders.as_ref(), &accounts.margin_account)?;
    let mut market = loader::market(&accounts.market, &account.group)?;
    let feed = view::<PriceFeed>(&accounts.feed)?;
    ensure_same(&feed.group, &account.group, BallastError::WrongGroup)?;
    ensure!(feed.row == market.feed, BallastError::FeedMismatch);
    let may = roles::require_right(&account, accounts.authority.key, rights::TRADE | rights::REDUCE).is_ok();
    let by = if may { By::Owner } else { By::Anyone };
    let lag = price::clock_lag(&feed, now);
    let order = order::cancel(&mut account, &mut orders, &mut market, id, by, lag, now).or_fail()?;
    emit::log(&OrderCancelled {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        id: order.id,
        market: order.market,
    })
}
