//! `place_order`.

use anchor_lang::prelude::*;
use ballast_risk::perp::order::{self, Prices, Request};
use ballast_state::{rights, Bank, LiquidityPool, MarginAccount, PriceFeed};

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, OrderPlaced};
use crate::holdings::{self, Holdings};
use crate::loader;
use crate::roles;
use crate::view::view;

/// Accounts of `place_order`. Of an order that may add risk, the account's other banks and markets follow.
#[derive(Accounts)]
pub struct PlaceOrder<'info> {
    /// Owns the margin account, or may trade for it.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `loader::idle_account`; whose, by `roles`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: its orders, by view and margin account.
    #[account(mut)]
    pub orders: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the market's feed, by view and group.
    pub feed: UncheckedAccount<'info>,
    /// CHECK: a market of the group, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
}

/// Places an order to buy, or with fewer than zero lots to sell, that anyone may fill at the first print published after a
/// moment that lies ahead. Its requirement and fees are set aside.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `OrdersMismatch`, `WrongBoard`, `WrongGroup`, `PoolMismatch`, `BankMismatch`,
/// `FeedMismatch`, `MissingAccount`, `MarketNotSynced`, those of [`loader::sync_within_day`] and [`order::place`]; `InsufficientHealth` for what
/// may add risk.
pub(crate) fn handle<'info>(ctx: Context<'info, PlaceOrder<'info>>, args: &OrderArgs) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    // Who may trade may reduce, and who may reduce what the engine takes as a reduction.
    roles::require_right(&account, accounts.authority.key, rights::TRADE | rights::REDUCE)?;
    let mut orders = loader::orders(&accounts.orders, &accounts.margin_account)?;
    let board = loader::board(&accounts.board, &account.group)?;
    let feed = view::<PriceFeed>(&accounts.feed)?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    let mut market = loader::market(&accounts.market, &board.group)?;
    let pool = view::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let bank = view::<Bank>(&accounts.bank)?;
    loader::sync_within_day(&accounts.market, &mut market, &pool, &bank, &board, now)?;
    let prices = Prices { board: &board, feed: &feed };
    let account: &mut MarginAccount = &mut account;
    let order = order::place(prices, &mut market, &pool, account, &mut orders, args.request(), now).or_fail()?;
    if order.reduce_only == 0 {
        roles::require_right(account, accounts.authority.key, rights::TRADE)?;
        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = holdings.portfolio_with(account, &[&bank], &market, &board, now)?;
        holdings::require_initial(&portfolio, &board, account, now)?;
    }
    emit::log(&OrderPlaced::of(
        EventHeader::of_account(accounts.margin_account.key(), account, now),
        &order,
        board.sequence,
    ))
}

/// What a trader asks for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderArgs {
    /// Lots to buy, or below zero to sell.
    pub lots: i64,
    /// Worst price, premium included: atoms of the quote token per lot, 32 fraction bits. Zero: any.
    pub limit: u64,
    /// It may only make the position smaller.
    pub reduce_only: bool,
    /// Seconds in which it may be filled.
    pub life: u32,
}

impl OrderArgs {
    fn request(&self) -> Request {
        Request { lots: self.lots, limit: self.limit, reduce_only: self.reduce_only, life: self.life }
    }
}
