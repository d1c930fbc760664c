//! `mark`.

use anchor_lang::prelude::*;
use ballast_risk::{health, timer};

use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, HealthPoint, Marked};
use crate::holdings::Holdings;
use crate::loader;

/// Accounts of `mark`. The banks of the account's balances and the markets of its positions follow.
#[derive(Accounts)]
pub struct Mark<'info> {
    /// CHECK: a margin account, by `loader::idle_account`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group.
    pub board: UncheckedAccount<'info>,
}

/// Looks at the account's Maintenance health and sets its timer. Anyone may, unpaid.
///
/// # Errors
/// `AccountInTransit`, `WrongBoard`, `WrongGroup`, `MissingAccount`, `MarketNotSynced`.
pub(crate) fn handle<'info>(ctx: Context<'info, Mark<'info>>) -> Result<()> {
    let now = loader::now()?;
    let event = {
        let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
        let board = loader::board(&ctx.accounts.board, &account.group)?;
        let portfolio =
            Holdings::load(ctx.remaining_accounts, &account.group)?.portfolio(&account, &[], &board, now)?;
        let health = health::assess_maintenance(&portfolio, &board, now).or_fail()?;
        if portfolio.has_liability {
            timer::mark(&mut account, &health, &board.rules, now);
        }
        account.sequence = account.sequence.wrapping_add(1);
        Marked {
            header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, now),
            board_sequence: board.sequence,
            health: HealthPoint::from(&health),
            unhealthy_since: account.unhealthy_since,
        }
    };
    emit::log(&event)
}
