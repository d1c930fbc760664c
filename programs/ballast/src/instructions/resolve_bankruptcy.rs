//! `resolve_bankruptcy`.

use anchor_lang::prelude::*;
use ballast_risk::{bankruptcy, interest};
use ballast_state::{Bank, PerpMarket};

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{BankruptcyResolved, EventHeader, HealthPoint, LossShare, MarketLoss};
use crate::holdings::Holdings;
use crate::loader;
use crate::view::view_mut;

/// Accounts of `resolve_bankruptcy`. The banks of the account's other balances follow, and where losses of perps opened the
/// loan, the pool and the markets they were made in.
#[event_cpi]
#[derive(Accounts)]
pub struct ResolveBankruptcy<'info> {
    /// CHECK: a margin account, by `loader::idle_account`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the bank of a loan, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Writes off the account's loan in one bank. Anyone may.
///
/// 1. Accrue the bank.
/// 2. The account must have negative equity and nothing left to seize.
/// 3. Insurance pays, then the pool what losses of perps opened, then the bank's lenders bear the rest alike.
/// 4. What the pool paid is spent in the markets of these losses. They need not be synced: no feed can stop a write-off.
///
/// # Errors
/// `AccountInTransit`, `WrongGroup`, `WrongBoard`, `MissingAccount`, `MarketNotSynced`, `BankMismatch`, `PoolMissing`,
/// `MarketMissing`, the others of [`bankruptcy::resolve`].
pub(crate) fn handle<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
    let now = loader::now()?;
    let event = {
        let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
        let board = loader::board(&ctx.accounts.board, &account.group)?;
        let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
        ensure_same(&bank.group, &account.group, BallastError::WrongGroup)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let portfolio =
            Holdings::load(ctx.remaining_accounts, &account.group)?.portfolio(&account, &[&bank], &board, now)?;
        let mut pool = loader::pool_among(ctx.remaining_accounts, ctx.accounts.bank.key)?;
        let mut markets = loader::markets_among(ctx.remaining_accounts, &account.group)?;
        let mut markets: Vec<&mut PerpMarket> = markets.iter_mut().map(|market| &mut **market).collect();
        let (before, loss) =
            bankruptcy::resolve(&board, &mut bank, pool.as_deref_mut(), &mut markets, &mut account, &portfolio, now)
                .or_fail()?;
        BankruptcyResolved {
            header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, now),
            bank: bank.index,
            board_sequence: board.sequence,
            before: HealthPoint::from(&before),
            loss: LossShare::from(loss),
            markets: MarketLoss::all(&account, loss.pooled, &markets)?,
        }
    };
    emit::receipt(&ctx.accounts.event_authority, &event)
}
