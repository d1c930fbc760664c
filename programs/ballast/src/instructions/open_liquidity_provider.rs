//! `open_liquidity_provider`.

use anchor_lang::prelude::*;
use ballast_state::seeds::SEED_PROVIDER;
use ballast_state::{Account as _, LiquidityPool, LiquidityProvider};

use crate::create::Creation;
use crate::emit;
use crate::error::Result;
use crate::events::{EventHeader, LiquidityProviderOpened};
use crate::loader;
use crate::view::view;

/// Accounts of `open_liquidity_provider`.
#[derive(Accounts)]
pub struct OpenLiquidityProvider<'info> {
    /// Whose liquidity it will be.
    pub owner: Signer<'info>,
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: a pool, by view.
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the new account, by its seeds.
    #[account(mut, seeds = [SEED_PROVIDER, pool.key().as_ref(), owner.key().as_ref()], bump)]
    pub provider: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Opens the signer's account of liquidity in a pool.
///
/// # Errors
/// `WrongSystemProgram`, `AlreadyExists`.
pub(crate) fn handle(ctx: Context<OpenLiquidityProvider>) -> Result<()> {
    let accounts = &ctx.accounts;
    let pool = view::<LiquidityPool>(&accounts.pool)?;
    let (pool_key, owner) = (accounts.pool.key(), accounts.owner.key());
    let mut provider = Creation {
        payer: &accounts.payer,
        account: &accounts.provider,
        system_program: &accounts.system_program,
        seeds: &[SEED_PROVIDER, pool_key.as_ref(), owner.as_ref(), &[ctx.bumps.provider]],
    }
    .program_account::<LiquidityProvider>()?;
    provider.version = LiquidityProvider::VERSION;
    provider.bump = ctx.bumps.provider;
    provider.pool = pool_key;
    provider.owner = owner;
    provider.payer = accounts.payer.key();
    let header = EventHeader::of_provider(accounts.provider.key(), &pool, &provider, loader::now()?);
    emit::log(&LiquidityProviderOpened { header, owner })
}
