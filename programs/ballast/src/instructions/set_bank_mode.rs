//! `set_bank_mode`.

use anchor_lang::prelude::*;
use ballast_risk::{flash, lending, limits};
use ballast_state::{Bank, BankMode, Group};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::roles::{self, Power};
use crate::view::{view, view_mut};

/// Accounts of instructions that change a bank's mode or pause.
#[derive(Accounts)]
pub struct ChangeBank<'info> {
    /// Whose role the change needs.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by `view_mut` and its group.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub bank: AccountLoader<'info, Bank>,
}

/// Sets a bank's mode. Entering wind-down starts its notice. From normal to reduce-only also for the risk admin; all else
/// is for the admin of a group without a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `BankInFlashLoan`, `WrongGroup`, `InvalidParameter`, `InvalidModeChange`.
pub(crate) fn handle(ctx: Context<ChangeBank>, mode: u8) -> Result<()> {
    let now = loader::now()?;
    let power = roles::power(&*view::<Group>(&ctx.accounts.group)?, ctx.accounts.authority.key)?;
    let to = BankMode::from_byte(mode);
    ensure!(to.to_byte() == mode, BallastError::InvalidParameter);
    let mut bank = view_mut::<Bank>(ctx.accounts.bank.as_ref())?;
    ensure_same(&bank.group, ctx.accounts.group.key, BallastError::WrongGroup)?;
    flash::require_none(&bank).or_fail()?;
    // Closing a bank for new business takes no time; opening it does, and so does winding it down.
    let closes = to == BankMode::ReduceOnly && BankMode::from_byte(bank.mode) == BankMode::Normal;
    ensure!(power == Power::Full || closes, BallastError::TimelockRequired);
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
        board_sequence: 0,
    })
}
