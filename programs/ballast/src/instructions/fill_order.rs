//! `fill_order`.

use anchor_lang::prelude::*;
use ballast_oracle::Provider;
use ballast_risk::health::assess_maintenance_at;
use ballast_risk::perp::order::{self, Books, Offer, Prices, Print};
use ballast_risk::{flash, RiskError};
use ballast_state::{rights, Bank, LiquidityPool, MarginAccount, PerpMarket, PriceFeed, Zeroable};

use super::refresh_price_feed;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, OrderFilled, PositionPoint};
use crate::holdings::Holdings;
use crate::loader;
use crate::roles;
use crate::view::{view, view_mut};

/// Accounts of `fill_order`. The trader's other banks and markets follow.
#[derive(Accounts)]
pub struct FillOrder<'info> {
    /// The keeper: owns the account that gets its fee, or may deposit into it.
    pub authority: Signer<'info>,
    /// CHECK: a margin account of the group that gets the keeper's fee, by `loader::idle_account` and its group; whose, by
    /// `roles`.
    #[account(mut)]
    pub keeper: UncheckedAccount<'info>,
    /// CHECK: the trader's margin account, by `loader::idle_account`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: its orders, by view and margin account.
    #[account(mut)]
    pub orders: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the market's feed, by view and group.
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the order's market, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the print: an update of the feed's first pull source, by the source's owner and feed id.
    pub print: UncheckedAccount<'info>,
}

/// Fills an order at the one print that covers its moment, or ends it there. Anyone may; the trader pays the keeper.
///
/// 1. Sync the market, accrue the bank.
/// 2. Read the print and let the engine say whether it is the order's.
/// 3. Trade at it, test Maintenance at it, move money; or end the order.
///
/// # Errors
/// `AccountInTransit`, `DuplicateAccount`, `Unauthorised`, `OrdersMismatch`, `WrongBoard`, `WrongGroup`, `PoolMismatch`, `BankMismatch`,
/// `BankInFlashLoan`, `NoPullSource`, `MissingAccount`, `MarketNotSynced`, why the print cannot be read, those of [`loader::sync`]
/// and [`order::fill`].
pub(crate) fn handle<'info>(ctx: Context<'info, FillOrder<'info>>, id: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.keeper.key != accounts.margin_account.key, BallastError::DuplicateAccount);
    let mut keeper = loader::idle_account(&accounts.keeper)?;
    // A stranger's account would get a deposit it may have no slot for, or does not want.
    roles::require_right(&keeper, accounts.authority.key, rights::DEPOSIT)?;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    ensure_same(&keeper.group, &account.group, BallastError::WrongGroup)?;
    let mut orders = loader::orders(&accounts.orders, &accounts.margin_account)?;
    let board = loader::board(&accounts.board, &account.group)?;
    let feed = view::<PriceFeed>(&accounts.feed)?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    let mut market = loader::market(&accounts.market, &board.group)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let mut bank = loader::accrued_bank(&accounts.bank, &board.group, now)?;
    flash::require_none(&bank).or_fail()?;
    loader::sync(&accounts.market, &mut market, &mut pool, &bank, &board, now)?;

    let pulled = |source: &ballast_state::OracleSource| source.provider == Provider::PythPull.to_u8();
    let source = feed.sources.iter().position(pulled).or_raise(BallastError::NoPullSource)?;
    let rules = feed.sources.get(source).or_raise(BallastError::NoPullSource)?;
    let print = Print::of(&refresh_price_feed::read(Provider::PythPull, rules, &accounts.print)?).or_fail()?;
    let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
    let mut saved = Box::new((PerpMarket::zeroed(), LiquidityPool::zeroed(), Bank::zeroed(), MarginAccount::zeroed()));
    let (saved_market, saved_pool, saved_bank, saved_account) = &mut *saved;
    let mut saved = Books { market: saved_market, pool: saved_pool, bank: saved_bank, account: saved_account };
    let mut books = Books { market: &mut market, pool: &mut pool, bank: &mut bank, account: &mut account };
    let mut failure = None;
    let outcome = order::fill(
        Prices { board: &board, feed: &feed },
        &mut books,
        &mut saved,
        &mut orders,
        &mut keeper,
        &Offer { id, source, print },
        now,
        |books| match holdings.portfolio_with(books.account, &[books.bank], books.market, &board, now) {
            Ok(portfolio) => assess_maintenance_at(&portfolio, &board, feed.row, print.price, now),
            // The loader's own errors are not the engine's: this one stands for them until the call returns.
            Err(error) => {
                failure = Some(error);
                Err(RiskError::MarketMismatch)
            }
        },
    );
    if let Some(failure) = failure {
        return Err(failure);
    }
    let (outcome, keeper_fee) = outcome.or_fail()?;
    let position = (&*market, PositionPoint::of(&account, &market)?);
    let header = EventHeader::of_account(accounts.margin_account.key(), &account, now);
    let ended = (&outcome, keeper_fee);
    emit::log(&OrderFilled::of(header, accounts.keeper.key(), id, position, ended, board.sequence))
}
