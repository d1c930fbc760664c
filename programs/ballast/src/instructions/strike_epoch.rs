//! `strike_epoch`.

use anchor_lang::prelude::*;
use ballast_risk::perp::liquidity;
use ballast_state::seeds::SEED_EPOCH;
use ballast_state::{Epoch, LiquidityPool};

use crate::create::Creation;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EpochStruck, EventHeader};
use crate::loader;
use crate::view::view_mut;

/// Accounts of `strike_epoch`. All of the pool's markets follow, in the order of their indices.
#[derive(Accounts)]
pub struct StrikeEpoch<'info> {
    /// Pays for the epoch's account. Anyone may.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: the pool, by view.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the new account of the epoch, by its seeds.
    #[account(mut, seeds = [SEED_EPOCH, pool.key().as_ref(), &loader::epoch_number(&pool)?[..]], bump)]
    pub epoch: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Makes the one price at which all requests of the epoch that ended enter and leave. Anyone may, within a minute, at prices
/// published after the requests were cut off. A missed one moves all requests to the next epoch.
///
/// # Errors
/// `WrongBoard`, `WrongGroup`, `PoolMismatch`, `BankMismatch`, `WrongSystemProgram`, `AlreadyExists`, `MarketMissing`, the others of
/// [`liquidity::strike`].
pub(crate) fn handle<'info>(ctx: Context<'info, StrikeEpoch<'info>>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    ensure_same(&pool.bank_address, accounts.bank.key, BallastError::BankMismatch)?;
    let board = loader::board(&accounts.board, &pool.group)?;
    let bank = loader::accrued_bank(&accounts.bank, &pool.group, now)?;
    let mut markets = Vec::with_capacity(ctx.remaining_accounts.len());
    for info in ctx.remaining_accounts {
        let market = loader::market(info, &pool.group)?;
        ensure_same(&market.pool, accounts.pool.key, BallastError::PoolMismatch)?;
        markets.push(market);
    }
    let (pool_key, number) = (accounts.pool.key(), pool.epoch.to_le_bytes());
    let mut epoch = Creation {
        payer: &accounts.payer,
        account: &accounts.epoch,
        system_program: &accounts.system_program,
        seeds: &[SEED_EPOCH, pool_key.as_ref(), &number, &[ctx.bumps.epoch]],
    }
    .program_account::<Epoch>()?;
    epoch.bump = ctx.bumps.epoch;
    epoch.pool = pool_key;
    epoch.payer = accounts.payer.key();
    liquidity::strike(&mut pool, &mut epoch, &bank, &mut markets, &board, now).or_fail()?;
    for (market, info) in markets.iter().zip(ctx.remaining_accounts) {
        loader::tell_synced(info, market, &board, now)?;
    }
    emit::log(&EpochStruck::of(EventHeader::of_pool(pool_key, &pool, now), &epoch, board.sequence))
}
