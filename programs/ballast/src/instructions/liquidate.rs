//! `liquidate`.

use anchor_lang::prelude::*;
use ballast_risk::liquidation;

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, Liquidated};
use crate::holdings::Holdings;
use crate::loader;

/// Accounts of `liquidate`. The banks of the liquidatee's other balances and the markets of its positions
/// follow, then those of the liquidator's.
#[event_cpi]
#[derive(Accounts)]
pub struct Liquidate<'info> {
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
}

/// Liquidates: repays up to `max_repay` atoms of the liquidatee's loan for collateral worth the bonus more.
///
/// 1. Accrue both banks.
/// 2. Assess the liquidatee; let the engine size, move shares, check that the liquidatee is better off, absorb bad debt.
/// 3. The liquidator must be healthy at Initial, or no worse than before.
///
/// No tokens move: it works at full utilisation, under every pause and cap.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `SelfLiquidation`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `MarketNotSynced`, `SamePair`, those of
/// [`liquidation::liquidate`], `InsufficientHealth` (of the liquidator).
pub(crate) fn handle<'info>(ctx: Context<'info, Liquidate<'info>>, max_repay: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.liquidator.key != accounts.liquidatee.key, BallastError::SelfLiquidation);
    ensure!(accounts.loan_bank.key != accounts.collateral_bank.key, BallastError::SamePair);
    let event = {
        let mut liquidator = loader::idle_account(&accounts.liquidator)?;
        let mut liquidatee = loader::idle_account(&accounts.liquidatee)?;
        loader::check_parties(accounts.authority.key, &liquidator, &liquidatee)?;
        let board = loader::board(&accounts.board, &liquidator.group)?;
        let mut loan_bank = loader::accrued_bank(&accounts.loan_bank, &board.group, now)?;
        let mut collateral_bank = loader::accrued_bank(&accounts.collateral_bank, &board.group, now)?;
        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = holdings.portfolio(&liquidatee, &[&loan_bank, &collateral_bank], &board, now)?;
        let taker = holdings.taker_value(&liquidator, &[&loan_bank, &collateral_bank], &board, now)?;
        let done = liquidation::liquidate(
            &board,
            &mut loan_bank,
            &mut collateral_bank,
            &mut liquidatee,
            &mut liquidator,
            &portfolio,
            max_repay,
            now,
        )
        .or_fail()?;
        holdings.check_taker(&liquidator, &[&loan_bank, &collateral_bank], &board, taker, now)?;
        let header = EventHeader::of_account(accounts.liquidatee.key(), &liquidatee, now);
        Liquidated::of(header, accounts.liquidator.key(), &board, [&loan_bank, &collateral_bank], max_repay, &done)
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
