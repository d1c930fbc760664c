//! `configure_bank`.

use anchor_lang::prelude::*;
use ballast_math::Price;
use ballast_risk::{interest, lending, limits, price};
use ballast_state::{Bank, Group, RiskBoard};

use crate::args::BankArgs;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::loader;
use crate::view::{load, load_mut};

/// Accounts of `configure_bank`.
#[derive(Accounts)]
pub struct ConfigureBank<'info> {
    /// The admin.
    pub authority: Signer<'info>,
    /// The group.
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    pub board: AccountLoader<'info, RiskBoard>,
    /// The bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, Bank>,
}

/// Changes a bank's settings; interest up to now accrues at the old ones. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `WrongGroup`, `FeedNotListed`, the price errors, `CurveNotMonotone`, `InvalidParameter`,
/// `CapTooLarge`.
pub(crate) fn handle(ctx: Context<ConfigureBank>, args: &BankArgs) -> Result<()> {
    let now = loader::now()?;
    ensure_same(ctx.accounts.authority.key, &load(&ctx.accounts.group)?.admin, BallastError::Unauthorised)?;
    let board = load(&ctx.accounts.board)?;
    ensure_same(&board.group, ctx.accounts.group.as_ref().key, BallastError::WrongBoard)?;
    let mut bank = load_mut(&ctx.accounts.bank)?;
    ensure_same(&bank.group, &board.group, BallastError::WrongGroup)?;
    let row = board.row(bank.feed).or_raise(BallastError::FeedNotListed)?;
    price::check_usable(row, now, board.rules.borrow_max_age).or_fail()?;
    interest::accrue(&mut bank, now).or_fail()?;
    args.write(&mut bank)?;
    limits::validate_bank(&bank, Price(row.mid)).or_fail()?;
    interest::write_slopes(&mut bank).or_fail()?;
    interest::update_rate(&mut bank).or_fail()?;
    lending::count_change(&mut bank);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
    })
}
