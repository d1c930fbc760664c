//! `settle_pnl`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::LiquidityPool;

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, PnlSettled, PositionPoint};
use crate::holdings::Holdings;
use crate::loader;
use crate::view::view_mut;

/// Accounts of `settle_pnl`. The account's other banks and the markets of its other positions may follow.
#[derive(Accounts)]
pub struct SettlePnl<'info> {
    /// Anyone; the owner may settle a loss at any price.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `loader::idle_account`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: a market of the group, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Moves what a position won or lost between pool and account, as deposits of the quote token. Health does not change by it.
///
/// 1. Sync the market, accrue the bank.
/// 2. Where the account's rail would hold profit back, and all else it holds is given, note what it has to put up now: so much may
///    leave in a day. Others than the owner have to give it.
/// 3. A profit is paid as far as the pool and the account's rail let it; a loss is taken from the deposit, and beyond it opens a loan owed to the pool.
///
/// No tokens move: it works at full utilisation, under every pause and cap.
///
/// # Errors
/// `AccountInTransit`, `WrongBoard`, `WrongGroup`, `PoolMismatch`, `BankMismatch`, `BankInFlashLoan`,
/// `MissingAccount`, `MarketNotSynced`, `NoPosition`, the others of
/// [`perp::settle_account`].
pub(crate) fn handle<'info>(ctx: Context<'info, SettlePnl<'info>>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    let board = loader::board(&accounts.board, &account.group)?;
    let mut market = loader::market(&accounts.market, &board.group)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let mut bank = loader::accrued_bank(&accounts.bank, &board.group, now)?;
    loader::sync(&accounts.market, &mut market, &mut pool, &bank, &board, now)?;
    let by_owner = accounts.authority.key == &account.owner;
    if perp::rail::holds_back(&account, &market, &board, now).or_fail()? {
        let alone = account.active().iter().all(|balance| balance.bank == bank.index) && account.perp_count <= 1;
        let is_given = alone || !ctx.remaining_accounts.is_empty();
        // What others let the rail hold back would count against what the owner has to put up.
        ensure!(is_given || by_owner, BallastError::MissingAccount);
        if is_given {
            let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
            let portfolio = holdings.portfolio_with(&account, &[&bank], &market, &board, now)?;
            perp::rail::post_now(&mut account, &portfolio, &board, now).or_fail()?;
        }
    }
    let paid =
        perp::settle_account(&mut market, &mut pool, &mut bank, &mut account, &board, by_owner, now).or_fail()?;
    emit::log(&PnlSettled {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        market: market.index,
        market_sequence: market.sequence,
        pool_sequence: pool.sequence,
        mark: market.mark,
        paid,
        position: PositionPoint::of(&account, &market)?,
    })
}
