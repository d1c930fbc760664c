//! `register_claim`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{rights, LiquidityPool};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{ClaimRegistered, EventHeader, PositionPoint};
use crate::loader;
use crate::roles;
use crate::view::view_mut;

/// Accounts of `register_claim`.
#[derive(Accounts)]
pub struct RegisterClaim<'info> {
    /// The keeper: owns the account that gets its fee, or may deposit into it.
    pub authority: Signer<'info>,
    /// CHECK: a margin account of the group that gets the keeper's fee, by `loader::idle_account` and its group; whose, by
    /// `roles`.
    #[account(mut)]
    pub keeper: UncheckedAccount<'info>,
    /// CHECK: another margin account of the group, by `loader::idle_account` and its group.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
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

/// Registers an account's claim with a settled market that cannot pay all, or collects what the account lost. Anyone may; the account
/// pays the keeper the fee of the market's orders, as far as its deposit goes; within an hour of the market's end only its owner may. No
/// price is needed.
///
/// # Errors
/// `AccountInTransit`, `DuplicateAccount`, `Unauthorised`, `WrongGroup`, `PoolMismatch`, `BankMismatch`, `MarketGoesOn`, the others of [`perp::register`].
pub(crate) fn handle(ctx: Context<RegisterClaim>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    ensure!(accounts.keeper.key != accounts.margin_account.key, BallastError::DuplicateAccount);
    let mut keeper = loader::idle_account(&accounts.keeper)?;
    roles::require_right(&keeper, accounts.authority.key, rights::DEPOSIT)?;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    ensure_same(&keeper.group, &account.group, BallastError::WrongGroup)?;
    let mut market = loader::market(&accounts.market, &account.group)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let mut bank = loader::accrued_bank(&accounts.bank, &account.group, now)?;
    let by_owner = accounts.authority.key == &account.owner;
    let done = perp::register(&mut market, &mut pool, &mut bank, &mut account, &mut keeper, by_owner, now).or_fail()?;
    emit::log(&ClaimRegistered {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        keeper: accounts.keeper.key(),
        market: market.index,
        market_sequence: market.sequence,
        claim: done.claim,
        keeper_fee: done.fee,
        registered: market.registered,
        earmarked: pool.earmarked,
        pool_sequence: pool.sequence,
        position: PositionPoint::of(&account, &market)?,
    })
}
