//! `liquidate`.

use anchor_lang::prelude::*;
use ballast_risk::{interest, liquidation};
use ballast_state::Bank;

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, HealthPoint, Liquidated, LossShare};
use crate::loader::{self, Banks};
use crate::view::view_mut;

/// Accounts of `liquidate`. The banks of the liquidatee's other balances follow, then those of the liquidator's.
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
    /// CHECK: a bank of the group, by `view_mut` and its group.
    #[account(mut)]
    pub loan_bank: UncheckedAccount<'info>,
    /// CHECK: another bank of the group, by `view_mut` and its group.
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
/// `AccountInTransit`, `Unauthorised`, `SelfLiquidation`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `SamePair`, those of
/// [`liquidation::liquidate`], `InsufficientHealth` (of the liquidator).
pub(crate) fn handle<'info>(ctx: Context<'info, Liquidate<'info>>, max_repay: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.liquidator.key != accounts.liquidatee.key, BallastError::SelfLiquidation);
    ensure!(accounts.loan_bank.key != accounts.collateral_bank.key, BallastError::SamePair);
    let event = {
        let mut liquidator = loader::idle_account(&accounts.liquidator)?;
        let mut liquidatee = loader::idle_account(&accounts.liquidatee)?;
        ensure!(accounts.authority.key == &liquidator.owner, BallastError::Unauthorised);
        ensure!(liquidatee.group == liquidator.group, BallastError::WrongGroup);
        let board = loader::board(&accounts.board, &liquidator.group)?;
        let mut loan_bank = view_mut::<Bank>(&accounts.loan_bank)?;
        let mut collateral_bank = view_mut::<Bank>(&accounts.collateral_bank)?;
        for bank in [&mut loan_bank, &mut collateral_bank] {
            ensure!(bank.group == board.group, BallastError::WrongGroup);
            interest::accrue(bank, now).or_fail()?;
        }
        let banks = Banks::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = banks.portfolio(&liquidatee, &[&loan_bank, &collateral_bank], now)?;
        let taker = banks.taker_value(&liquidator, &[&loan_bank, &collateral_bank], &board, now)?;
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
        banks.check_taker(&liquidator, &[&loan_bank, &collateral_bank], &board, taker, now)?;
        Liquidated {
            header: EventHeader::of_account(accounts.liquidatee.key(), &liquidatee, now),
            liquidator: accounts.liquidator.key(),
            loan_bank: loan_bank.index,
            collateral_bank: collateral_bank.index,
            board_sequence: board.sequence,
            loan_price: board.row(loan_bank.feed).map_or(0, |row| row.mid),
            collateral_price: board.row(collateral_bank.feed).map_or(0, |row| row.mid),
            max_repay,
            bonus: done.bonus.0,
            unhealthy_since: done.unhealthy_since,
            repaid: done.exchange.repaid,
            repaid_shares: done.exchange.repaid_shares,
            seized: done.exchange.seized,
            seized_shares: done.exchange.seized_shares,
            insurance: done.insurance,
            before: HealthPoint::from(&done.before),
            after: HealthPoint::from(&done.after),
            loss: done.loss.map(LossShare::from).unwrap_or_default(),
        }
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
