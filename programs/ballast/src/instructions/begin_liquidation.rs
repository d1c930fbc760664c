//! `begin_liquidation`.

use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use ballast_risk::liquidation::staged;

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, HealthPoint, LiquidationBegun};
use crate::holdings::Holdings;
use crate::introspect;
use crate::loader;

/// Where `end_liquidation` has the margin account.
const MARGIN_ACCOUNT_AT_END: usize = 1;

/// Accounts of `begin_liquidation`. The banks of the account's other balances and the markets of its positions follow.
#[derive(Accounts)]
pub struct BeginLiquidation<'info> {
    /// The liquidator: seizes, repays and ends.
    pub authority: Signer<'info>,
    /// CHECK: a margin account of the group, by `loader::idle_account`.
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
    /// CHECK: the instructions sysvar, by key.
    pub instructions: UncheckedAccount<'info>,
}

/// Opens a liquidation that `seize` and `repay` carry out and `end_liquidation` closes, in this transaction. In between the
/// liquidator may use what it seized in any program.
///
/// 1. The instruction must be the transaction's own, and exactly one later one must end this account's liquidation.
/// 2. Accrue both banks; assess the account; let the engine decide bonus and amounts.
/// 3. Write them, the account's health and all sequence numbers into the account, and flag it.
///
/// # Errors
/// `NotTopLevel`, `WrongSysvar`, `MissingEnd`, `EndNotUnique`, `SamePair`, `AccountInTransit`, `WrongGroup`, `WrongBoard`,
/// `MissingAccount`, `MarketNotSynced`, `DuplicateAccount`, those of [`staged::begin`].
pub(crate) fn handle<'info>(ctx: Context<'info, BeginLiquidation<'info>>, max_repay: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let end = crate::instruction::EndLiquidation::DISCRIMINATOR;
    introspect::require_one_later(&accounts.instructions, end, MARGIN_ACCOUNT_AT_END, accounts.margin_account.key)?;
    ensure!(accounts.loan_bank.key != accounts.collateral_bank.key, BallastError::SamePair);
    let mut account = loader::idle_account(&accounts.margin_account)?;
    let board = loader::board(&accounts.board, &account.group)?;
    let mut loan_bank = loader::accrued_bank(&accounts.loan_bank, &board.group, now)?;
    let mut collateral_bank = loader::accrued_bank(&accounts.collateral_bank, &board.group, now)?;
    let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
    let portfolio = holdings.portfolio(&account, &[&loan_bank, &collateral_bank], &board, now)?;
    let others = holdings.sequence_of_others(&account, &[&loan_bank, &collateral_bank])?;
    let before = staged::begin(
        &board,
        &mut loan_bank,
        &mut collateral_bank,
        &mut account,
        &portfolio,
        others,
        accounts.authority.key(),
        max_repay,
        now,
    )
    .or_fail()?;
    emit::log(&LiquidationBegun {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        liquidator: accounts.authority.key(),
        loan_bank: loan_bank.index,
        collateral_bank: collateral_bank.index,
        board_sequence: board.sequence,
        bonus: account.liquidation.bonus,
        most_repaid: account.liquidation.most_repaid,
        most_seized: account.liquidation.most_seized,
        before: HealthPoint::from(&before),
    })
}
