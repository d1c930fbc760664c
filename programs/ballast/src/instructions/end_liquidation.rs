//! `end_liquidation`.

use anchor_lang::prelude::*;
use ballast_risk::liquidation::staged;
use ballast_state::{Bank, MarginAccount};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, Liquidated};
use crate::holdings::Holdings;
use crate::loader;
use crate::view::{view, view_mut};

/// Accounts of `end_liquidation`. The banks of the account's other balances and the markets of its positions follow.
#[event_cpi]
#[derive(Accounts)]
pub struct EndLiquidation<'info> {
    /// The liquidator that began.
    pub authority: Signer<'info>,
    /// CHECK: a margin account with an open liquidation, by `view_mut`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the bank of the loan, by `view_mut` and its group.
    #[account(mut)]
    pub loan_bank: UncheckedAccount<'info>,
    /// CHECK: the bank of the collateral, by view and its group.
    pub collateral_bank: UncheckedAccount<'info>,
}

/// Closes a liquidation.
///
/// 1. Nothing but its own steps may have touched the account, its banks and their prices.
/// 2. Assess the account; let the engine hold the outcome against what `begin_liquidation` allowed.
/// 3. Write off at once what nothing is left to pay for.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `MarketNotSynced`, `DuplicateAccount`, those of [`staged::end`].
pub(crate) fn handle<'info>(ctx: Context<'info, EndLiquidation<'info>>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let event = {
        let mut account = view_mut::<MarginAccount>(&accounts.margin_account)?;
        let opened = account.liquidation;
        let open = account.flags & MarginAccount::IN_LIQUIDATION != 0;
        ensure!(open, BallastError::NoOpenLiquidation);
        ensure_same(accounts.authority.key, &opened.liquidator, BallastError::Unauthorised)?;
        let board = loader::board(&accounts.board, &account.group)?;
        let mut loan_bank = view_mut::<Bank>(&accounts.loan_bank)?;
        let collateral_bank = view::<Bank>(&accounts.collateral_bank)?;
        ensure!(loan_bank.group == board.group && collateral_bank.group == board.group, BallastError::WrongGroup);
        let holdings = Holdings::load(ctx.remaining_accounts, &board.group)?;
        let portfolio = holdings.portfolio(&account, &[&loan_bank, &collateral_bank], &board, now)?;
        let others = holdings.sequence_of_others(&account, &[&loan_bank, &collateral_bank])?;
        let done =
            staged::end(&board, &mut loan_bank, &collateral_bank, &mut account, &portfolio, others, now).or_fail()?;
        let header = EventHeader::of_account(accounts.margin_account.key(), &account, now);
        Liquidated::of(header, opened.liquidator, &board, [&loan_bank, &collateral_bank], u64::MAX, &done)
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
