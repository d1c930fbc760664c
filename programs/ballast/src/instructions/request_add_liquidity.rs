//! `request_add_liquidity`.

use anchor_lang::prelude::*;
use ballast_risk::lending::{self, Amount};
use ballast_risk::{flash, perp::liquidity};
use ballast_state::{LiquidityPool, LiquidityProvider};

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, LiquidityRequested};
use crate::holdings;
use crate::loader;
use crate::view::view_mut;

/// Accounts of `request_add_liquidity`. Of an account that owes something, the banks of the other balances and the markets
/// follow.
#[derive(Accounts)]
pub struct RequestAddLiquidity<'info> {
    /// Owns margin account and liquidity.
    pub owner: Signer<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the owner's liquidity, by view, pool and owner.
    #[account(mut)]
    pub provider: UncheckedAccount<'info>,
    /// CHECK: the pool, by view and group.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group; not read where the account owes nothing.
    pub board: UncheckedAccount<'info>,
}

/// Asks to put `amount` atoms of the account's deposit into the pool, all of it without an amount, at the price of the epoch's
/// end. It cannot be taken back.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `WrongGroup`, `PoolMismatch`, `BankMismatch`, `BankInFlashLoan`, those of
/// [`liquidity::request_deposit`], and where the account owes something `WrongBoard`, `MissingAccount`, `MarketNotSynced`, `RiskPaused`, the
/// price errors, `InsufficientHealth`.
pub(crate) fn handle<'info>(ctx: Context<'info, RequestAddLiquidity<'info>>, amount: Option<u64>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    ensure_same(&account.owner, accounts.owner.key, BallastError::Unauthorised)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    ensure_same(&pool.group, &account.group, BallastError::WrongGroup)?;
    ensure_same(&pool.bank_address, accounts.bank.key, BallastError::BankMismatch)?;
    let mut provider = loader::provider(&accounts.provider, &accounts.pool)?;
    ensure_same(&provider.owner, accounts.owner.key, BallastError::Unauthorised)?;
    let mut bank = loader::accrued_bank(&accounts.bank, &pool.group, now)?;
    flash::require_none(&bank).or_fail()?;
    let amount = amount.map_or(Amount::All, Amount::Exact);
    let provider: &mut LiquidityProvider = &mut provider;
    let moved = liquidity::request_deposit(&mut pool, provider, &mut bank, &mut account, amount, now).or_fail()?;
    if lending::has_liability(&account) {
        holdings::check_initial(&accounts.board, ctx.remaining_accounts, &mut account, &bank, now)?;
    }
    emit::log(&LiquidityRequested {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        provider: accounts.provider.key(),
        epoch: pool.epoch,
        entering: moved.shares,
        leaving: 0,
    })
}
