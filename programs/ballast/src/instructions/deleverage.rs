//! `deleverage`.

use anchor_lang::prelude::*;
use ballast_risk::deleverage::{self, Cause};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{Deleveraged, EventHeader, HealthPoint};
use crate::holdings::Holdings;
use crate::loader;

/// Accounts of `deleverage`. The banks of the account's other balances and the markets of its positions
/// follow, then those of the keeper's.
#[event_cpi]
#[derive(Accounts)]
pub struct Deleverage<'info> {
    /// Owns the keeper's margin account.
    pub authority: Signer<'info>,
    /// CHECK: a margin account of the authority, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub keeper: UncheckedAccount<'info>,
    /// CHECK: another margin account of the group, by `loader::idle_account` and its group.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by `loader::accrued_bank`.
    #[account(mut)]
    pub loan_bank: UncheckedAccount<'info>,
    /// CHECK: another bank of the group, by `loader::accrued_bank`.
    #[account(mut)]
    pub collateral_bank: UncheckedAccount<'info>,
}

/// Deleverages an account below its owner's floor, or takes positions out of a bank in wind-down.
///
/// 1. Accrue both banks.
/// 2. Assess the account; let the engine size at the band side that cannot be gamed, move shares, check that health rose.
/// 3. The keeper must be healthy at Initial, or no worse than before.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `SelfLiquidation`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `MarketNotSynced`, `SamePair`, those of
/// [`deleverage::deleverage`], `InsufficientHealth` (of the keeper).
pub(crate) fn handle<'info>(ctx: Context<'info, Deleverage<'info>>, max_repay: u64, wind_down: bool) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.keeper.key != accounts.margin_account.key, BallastError::SelfLiquidation);
    ensure!(accounts.loan_bank.key != accounts.collateral_bank.key, BallastError::SamePair);
    let event = {
        let mut keeper = loader::idle_account(&accounts.keeper)?;
        let mut account = loader::idle_account(&accounts.margin_account)?;
        loader::check_parties(accounts.authority.key, &keeper, &account)?;
        let board = loader::board(&accounts.board, &keeper.group)?;
        let mut loan_bank = loader::accrued_bank(&accounts.loan_bank, &board.group, now)?;
        let mut collateral_bank = loader::accrued_bank(&accounts.collateral_bank, &board.group, now)?;
        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = holdings.portfolio(&account, &[&loan_bank, &collateral_bank], &board, now)?;
        let taker = holdings.taker_value(&keeper, &[&loan_bank, &collateral_bank], &board, now)?;
        let done = deleverage::deleverage(
            &board,
            &mut loan_bank,
            &mut collateral_bank,
            &mut account,
            &mut keeper,
            &portfolio,
            if wind_down { Cause::WindDown } else { Cause::Policy },
            max_repay,
            now,
        )
        .or_fail()?;
        holdings.check_taker(&keeper, &[&loan_bank, &collateral_bank], &board, taker, now)?;
        Deleveraged {
            header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
            keeper: accounts.keeper.key(),
            cause: u8::from(wind_down),
            loan_bank: loan_bank.index,
            collateral_bank: collateral_bank.index,
            board_sequence: board.sequence,
            loan_price: board.row(loan_bank.feed).map_or(0, |row| row.mid),
            collateral_price: board.row(collateral_bank.feed).map_or(0, |row| row.mid),
            fee: done.fee.0,
            rate: done.rate.0,
            repaid: done.exchange.repaid,
            repaid_shares: done.exchange.repaid_shares,
            seized: done.exchange.seized,
            seized_shares: done.exchange.seized_shares,
            before: HealthPoint::from(&done.before),
            after: HealthPoint::from(&done.after),
        }
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
