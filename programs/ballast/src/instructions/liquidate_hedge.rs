//! `liquidate_hedge`.

use anchor_lang::prelude::*;
use ballast_risk::{health, lending, perp};
use ballast_state::{Bank, LiquidityPool, MarginAccount};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, HedgeLiquidated, PositionPoint};
use crate::holdings::Holdings;
use crate::loader;
use crate::view::view_mut;

/// Accounts of `liquidate_hedge`. The banks of the other balances and the markets of the other positions of both accounts follow.
#[event_cpi]
#[derive(Accounts)]
pub struct LiquidateHedge<'info> {
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
    /// CHECK: a bank of the group, by `loader::accrued_bank`.
    #[account(mut)]
    pub loan_bank: UncheckedAccount<'info>,
    /// CHECK: another bank of the group, by `loader::accrued_bank`.
    #[account(mut)]
    pub collateral_bank: UncheckedAccount<'info>,
    /// CHECK: the position's market, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key. It may be one of the two above.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Liquidates a hedge: repays up to `max_repay` atoms of a loan for collateral worth the bonus more, and closes as much of the
/// position that one of them is matched with. For accounts that closing one leg alone would make worse.
///
/// 1. Accrue the banks, sync the market.
/// 2. Assess the liquidatee; let the engine size and move.
/// 3. Assess it again: it must be better off. The liquidator must be healthy at Initial, or no worse than before.
///
/// No tokens move: it works at full utilisation, under every pause, cap and mode. Bad debt is for `resolve_bankruptcy`.
///
/// # Errors
/// `SelfLiquidation`, `SamePair`, `AccountInTransit`, `Unauthorised`, `WrongGroup`, `WrongBoard`, `PoolMismatch`, `BankMismatch`,
/// `MissingAccount`, `MarketNotSynced`, those of [`loader::sync`], [`perp::plan_hedge`], [`perp::close_hedge`] and
/// [`perp::conclude_hedge`], `InsufficientHealth` (of the liquidator).
pub(crate) fn handle<'info>(ctx: Context<'info, LiquidateHedge<'info>>, max_repay: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.liquidator.key != accounts.liquidatee.key, BallastError::SelfLiquidation);
    ensure!(accounts.loan_bank.key != accounts.collateral_bank.key, BallastError::SamePair);
    let event = {
        let mut liquidator = loader::idle_account(&accounts.liquidator)?;
        let mut liquidatee = loader::idle_account(&accounts.liquidatee)?;
        loader::check_parties(accounts.authority.key, &liquidator, &liquidatee)?;
        let board = loader::board(&accounts.board, &liquidator.group)?;
        let mut market = loader::market(&accounts.market, &board.group)?;
        let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
        loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
        let mut loan_bank = loader::accrued_bank(&accounts.loan_bank, &board.group, now)?;
        let mut collateral_bank = loader::accrued_bank(&accounts.collateral_bank, &board.group, now)?;
        let of_pair = [accounts.loan_bank.key, accounts.collateral_bank.key].contains(&accounts.bank.key);
        let mut quote_bank =
            if of_pair { None } else { Some(loader::accrued_bank(&accounts.bank, &board.group, now)?) };
        let banks = named(&loan_bank, &collateral_bank, quote_bank.as_deref());
        let quote = banks.iter().find(|bank| bank.index == pool.bank).or_raise(BallastError::BankMismatch)?;
        loader::sync(&accounts.market, &mut market, &mut pool, quote, &board, now)?;

        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = holdings.portfolio_with(&liquidatee, &banks, &market, &board, now)?;
        let taker = if lending::has_liability(&liquidator) {
            let portfolio = holdings.portfolio_with(&liquidator, &banks, &market, &board, now)?;
            health::taker_value(&portfolio, &board, now).or_fail()?
        } else {
            None
        };
        let account: &mut MarginAccount = &mut liquidatee;
        let plan = perp::plan_hedge(&board, &market, &loan_bank, &collateral_bank, account, &portfolio, max_repay, now)
            .or_fail()?;
        let closed = perp::close_hedge(
            &board,
            &mut market,
            &mut pool,
            &mut loan_bank,
            &mut collateral_bank,
            quote_bank.as_deref_mut(),
            account,
            &mut liquidator,
            &plan,
            now,
        )
        .or_fail()?;

        let banks = named(&loan_bank, &collateral_bank, quote_bank.as_deref());
        let portfolio = holdings.portfolio_with(account, &banks, &market, &board, now)?;
        let after = perp::conclude_hedge(&board, account, &portfolio, &plan, now).or_fail()?;
        if lending::has_liability(&liquidator) {
            let portfolio = holdings.portfolio_with(&liquidator, &banks, &market, &board, now)?;
            let pair = [loan_bank.feed, collateral_bank.feed];
            health::check_taker(&portfolio, &board, pair, taker, now).or_fail()?;
        }
        let header = EventHeader::of_account(accounts.liquidatee.key(), account, now);
        HedgeLiquidated::of(
            header,
            accounts.liquidator.key(),
            &board,
            (&loan_bank, &collateral_bank),
            (&market, PositionPoint::of(account, &market)?),
            (&plan, &closed),
            &after,
        )
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}

/// The banks an instruction of three names; where the pool's is one of the pair, that twice.
fn named<'a>(loan: &'a Bank, collateral: &'a Bank, quote: Option<&'a Bank>) -> [&'a Bank; 3] {
    [loan, collateral, quote.unwrap_or(loan)]
}
