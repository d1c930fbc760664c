//! `set_bank_mode`.

use anchor_lang::prelude::*;
use ballast_risk::{lending, limits};
use ballast_state::{Bank, BankMode, Group};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::view::{load, load_mut};

/// Accounts of instructions that change a bank's mode or pause.
#[derive(Accounts)]
pub struct ChangeBank<'info> {
    /// Whose role the change needs.
    pub authority: Signer<'info>,
    /// The group.
    pub group: AccountLoader<'info, Group>,
    /// The bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, Bank>,
}

/// Sets a bank's mode. Entering wind-down starts its notice. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`, `InvalidParameter`, `InvalidModeChange`.
pub(crate) fn handle(ctx: Context<ChangeBank>, mode: u8) -> Result<()> {
    let now = loader::now()?;
    ensure_same(ctx.accounts.authority.key, &load(&ctx.accounts.group)?.admin, BallastError::Unauthorised)?;
    let to = BankMode::from_byte(mode);
    ensure!(to.to_byte() == mode, BallastError::InvalidParameter);
    let mut bank = load_mut(&ctx.accounts.bank)?;
    ensure_same(&bank.group, ctx.accounts.group.as_ref().key, BallastError::WrongGroup)?;
    limits::validate_mode_change(&bank, to).or_fail()?;
    if to != BankMode::WindDown {
        bank.wind_down_ts = 0;
    } else if bank.mode != mode {
        bank.wind_down_ts = now.ts;
    }
    bank.mode = mode;
    lending::count_change(&mut bank);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
    })
}
