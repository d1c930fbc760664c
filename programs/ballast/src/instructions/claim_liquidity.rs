//! `claim_liquidity`.

use anchor_lang::prelude::*;
use ballast_risk::{flash, perp::liquidity};
use ballast_state::{Epoch, LiquidityPool};

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, LiquidityClaimed};
use crate::loader;
use crate::view::view_mut;

/// Accounts of `claim_liquidity`.
#[derive(Accounts)]
pub struct ClaimLiquidity<'info> {
    /// Owns the liquidity, and says which of its accounts gets what it came to: no keeper and no delegate does.
    pub owner: Signer<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account`, group and owner.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the provider, by view and pool.
    #[account(mut)]
    pub provider: UncheckedAccount<'info>,
    /// CHECK: the epoch, by view and pool.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub epoch: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub epoch: AccountLoader<'info, ballast_state::Epoch>,
    /// CHECK: the pool, by view.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Gives a provider what its requests of a struck epoch came to: liquidity, or a deposit in the account its owner names.
///
/// # Errors
/// `AccountInTransit`, `WrongGroup`, `Unauthorised`, `PoolMismatch`, `BankMismatch`,
/// `BankInFlashLoan`, `NothingToClaim`, the others of [`liquidity::claim`].
pub(crate) fn handle(ctx: Context<ClaimLiquidity>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    ensure_same(&account.group, &pool.group, BallastError::WrongGroup)?;
    ensure_same(&pool.bank_address, accounts.bank.key, BallastError::BankMismatch)?;
    let mut provider = loader::provider(&accounts.provider, &accounts.pool)?;
    ensure_same(&provider.owner, accounts.owner.key, BallastError::Unauthorised)?;
    ensure_same(&account.owner, accounts.owner.key, BallastError::Unauthorised)?;
    let mut epoch = view_mut::<Epoch>(accounts.epoch.as_ref())?;
    ensure_same(&epoch.pool, accounts.pool.key, BallastError::PoolMismatch)?;
    let mut bank = loader::accrued_bank(&accounts.bank, &pool.group, now)?;
    flash::require_none(&bank).or_fail()?;
    let claimed = liquidity::claim(&mut pool, &mut provider, &mut epoch, &mut bank, &mut account).or_fail()?;
    emit::log(&LiquidityClaimed {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        provider: accounts.provider.key(),
        epoch: epoch.number,
        minted: claimed.minted,
        burnt: claimed.burnt,
        deposit_shares: claimed.shares,
    })
}
