//! `abandon_claim`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Bank, LiquidityPool};

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{ClaimAbandoned, EventHeader};
use crate::loader;
use crate::view::view;

/// Accounts of `abandon_claim`.
#[derive(Accounts)]
pub struct AbandonClaim<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account` and its owner.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: a market of the group, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
    /// CHECK: the market's pool, by key.
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
}

/// Gives up what is left of a registered claim of which nothing is due: its slot is free, and what comes in later is for the other
/// claims. Its owner alone may; no price is needed.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `WrongGroup`, `PoolMismatch`, `BankMismatch`, `MarketGoesOn`, the others of [`perp::abandon`].
pub(crate) fn handle(ctx: Context<AbandonClaim>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let mut account = loader::idle_account(&accounts.margin_account)?;
    ensure_same(&account.owner, accounts.owner.key, BallastError::Unauthorised)?;
    let mut market = loader::market(&accounts.market, &account.group)?;
    let pool = view::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let bank = view::<Bank>(&accounts.bank)?;
    let done = perp::abandon(&mut market, &pool, &bank, &mut account, now).or_fail()?;
    emit::log(&ClaimAbandoned {
        header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
        market: market.index,
        market_sequence: market.sequence,
        claim: done.claim,
        unpaid: done.unpaid,
        registered: market.registered,
        paid: market.registered_paid,
    })
}
