//! `set_policy`.

use anchor_lang::prelude::*;
use ballast_risk::limits;
use ballast_state::DeleveragePolicy;

use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, PolicySet};
use crate::loader;

/// Accounts of what an owner sets on an account.
#[derive(Accounts)]
pub struct SetPolicy<'info> {
    /// Owns the account.
    pub owner: Signer<'info>,
    /// CHECK: a margin account of the owner, by `loader::idle_account` and its owner.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub margin_account: AccountLoader<'info, ballast_state::MarginAccount>,
}

/// Sets the owner's deleverage policy. What was used of the day's turnover stays used.
///
/// # Errors
/// `Unauthorised`, `AccountInTransit`, `InvalidParameter`.
pub(crate) fn handle(ctx: Context<SetPolicy>, floor: u64, width: u64, daily_turnover: u64) -> Result<()> {
    let mut account = loader::idle_account(ctx.accounts.margin_account.as_ref())?;
    ensure_same(&account.owner, ctx.accounts.owner.key, BallastError::Unauthorised)?;
    let policy = DeleveragePolicy { floor, width, daily_turnover, ..account.policy };
    limits::validate_policy(&policy).or_fail()?;
    account.policy = policy;
    account.sequence = account.sequence.wrapping_add(1);
    emit::log(&PolicySet {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        floor,
        width,
        daily_turnover,
    })
}
