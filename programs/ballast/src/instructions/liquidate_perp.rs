//! `liquidate_perp`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{LiquidityPool, MarginAccount};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, PerpLiquidated, PositionPoint};
use crate::holdings::{self, Holdings};
use crate::loader;
use crate::view::view_mut;

/// Accounts of `liquidate_perp`. The banks of the liquidatee's other balances and the markets of its other positions follow.
#[event_cpi]
#[derive(Accounts)]
pub struct LiquidatePerp<'info> {
    /// Owns the liquidator's margin account.
    pub authority: Signer<'info>,
    /// CHECK: a margin account of the authority, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub liquidator: UncheckedAccount<'info>,
    /// CHECK: another margin account of the group, by `loader::idle_account` and its group.
    #[account(mut)]
    pub liquidatee: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the position's market, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Liquidates a perp position: closes up to `max_lots` of it against the pool, at the mark, for a bonus.
///
/// 1. Sync the market, accrue the bank.
/// 2. Assess the liquidatee; let the engine size, close and settle.
/// 3. Assess it again: it must be better off. Bad debt is absorbed at once, unless losses in other markets opened part of it.
///
/// No tokens move and the liquidator needs none: it works at full utilisation, under every pause, cap and mode.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `SelfLiquidation`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `PoolMismatch`,
/// `BankMismatch`, `MarketNotSynced`, those of [`perp::plan_position`], [`perp::close_position`] and [`perp::conclude_position`].
pub(crate) fn handle<'info>(ctx: Context<'info, LiquidatePerp<'info>>, max_lots: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.liquidator.key != accounts.liquidatee.key, BallastError::SelfLiquidation);
    let event = {
        let mut liquidator = loader::idle_account(&accounts.liquidator)?;
        let mut liquidatee = loader::idle_account(&accounts.liquidatee)?;
        loader::check_parties(accounts.authority.key, &liquidator, &liquidatee)?;
        let board = loader::board(&accounts.board, &liquidator.group)?;
        let mut market = loader::market(&accounts.market, &board.group)?;
        let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
        loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
        let mut bank = loader::accrued_bank(&accounts.bank, &board.group, now)?;
        loader::sync(&accounts.market, &mut market, &mut pool, &bank, &board, now)?;
        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let others = holdings.others(&liquidatee, &bank, &market, &board, now)?;
        let portfolio = holdings::with_named(&others, &liquidatee, &bank, &market, &board, now)?;
        let plan = perp::plan_position(&board, &market, &liquidatee, &portfolio, max_lots, now).or_fail()?;
        let closed = perp::close_position(
            &board,
            &mut market,
            &mut pool,
            &mut bank,
            &mut liquidatee,
            &mut liquidator,
            &plan,
            now,
        )
        .or_fail()?;
        let portfolio = holdings::with_named(&others, &liquidatee, &bank, &market, &board, now)?;
        let account: &mut MarginAccount = &mut liquidatee;
        let (after, loss) =
            perp::conclude_position(&board, &mut market, &mut pool, &mut bank, account, &portfolio, &plan, now)
                .or_fail()?;
        let header = EventHeader::of_account(accounts.liquidatee.key(), &liquidatee, now);
        let position = (&*market, PositionPoint::of(&liquidatee, &market)?);
        PerpLiquidated::of(header, accounts.liquidator.key(), position, &board, (&plan, &closed), &after, loss)
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
