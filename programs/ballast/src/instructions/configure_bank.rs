//! `configure_bank`.

use anchor_lang::prelude::*;
use ballast_math::Price;
use ballast_risk::{flash, interest, lending, limits, price};
use ballast_state::{Bank, Group, RiskBoard};

use crate::args::BankArgs;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::roles::{self, Power};
use crate::view::{view, view_mut};

/// Accounts of `configure_bank`.
#[derive(Accounts)]
pub struct ConfigureBank<'info> {
    /// The admin, the risk admin or the timelock.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and its group.
    #[cfg(not(feature = "idl-build"))]
    pub board: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    pub board: AccountLoader<'info, RiskBoard>,
    /// CHECK: a bank of the group, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
}

/// Changes a bank's settings; interest up to now accrues at the old ones. What can only lower risk comes at once, by
/// the admin or the risk admin, who may also move the caps up to what was last set in full power; all else is for the admin of a
/// group without a timelock, and for the timelock. Only the latter needs a good price: where prices fail, risk is to be lowered.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `BankInFlashLoan`, `WrongBoard`, `WrongGroup`, `FeedNotListed`, the price errors, `CurveNotMonotone`, `InvalidParameter`,
/// `CapTooLarge`.
pub(crate) fn handle(ctx: Context<ConfigureBank>, args: &BankArgs) -> Result<()> {
    let now = loader::now()?;
    let power = roles::power(&*view::<Group>(&ctx.accounts.group)?, ctx.accounts.authority.key)?;
    let board = view::<RiskBoard>(ctx.accounts.board.as_ref())?;
    ensure_same(&board.group, ctx.accounts.group.key, BallastError::WrongBoard)?;
    let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
    ensure_same(&bank.group, &board.group, BallastError::WrongGroup)?;
    let row = board.row(bank.feed).or_raise(BallastError::FeedNotListed)?;
    interest::accrue(&mut bank, now).or_fail()?;
    flash::require_none(&bank).or_fail()?;
    let before = Box::new(*bank);
    args.write(&mut bank)?;
    if power == Power::Full {
        price::check_usable(row, now, board.rules.borrow_max_age).or_fail()?;
        bank.deposit_cap_limit = bank.deposit_cap;
        bank.borrow_cap_limit = bank.borrow_cap;
    } else {
        ensure!(limits::is_tighter(&before, &bank), BallastError::TimelockRequired);
    }
    if bank.warm_up != before.warm_up {
        bank.warm_ts = now.ts.saturating_add(i64::from(bank.warm_up));
    }
    limits::validate_warm_up(bank.warm_up, false).or_fail()?;
    limits::validate_bank(&bank, Price(row.mid)).or_fail()?;
    interest::write_slopes(&mut bank).or_fail()?;
    interest::update_rate(&mut bank).or_fail()?;
    lending::count_change(&mut bank);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
        board_sequence: 0,
    })
}
