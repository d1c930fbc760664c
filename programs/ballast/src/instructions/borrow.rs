//! `borrow`.

use anchor_lang::prelude::*;
use ballast_math::{Price, Usd};
use ballast_risk::{interest, lending};
use ballast_state::{rights, Bank};

use super::Withdraw;
use crate::emit;
use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::{Borrowed, EventHeader, Movement};
use crate::holdings;
use crate::loader;
use crate::roles;
use crate::token::Terms;
use crate::view::view_mut;

/// Borrows `amount` atoms against the account's collateral.
///
/// 1. Accrue the bank.
/// 2. Mint loan shares, up.
/// 3. New risk must not be paused, and Initial health must not be negative.
/// 4. Move tokens out of the vault.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `DestinationNotOwners` and `WrongTokenAccount` (a delegate's), `WrongGroup`, `WrongBoard`,
/// `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, `MissingAccount`, `MarketNotSynced`, those of [`lending::borrow`],
/// `RiskPaused`, the price errors, `InsufficientHealth`, `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
    let now = loader::now()?;
    let transfer = ctx.accounts.transfer();
    let (event, terms) = {
        let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
        let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
        let (authority, to) = (ctx.accounts.authority.key, &ctx.accounts.destination);
        roles::require_right_to_send(&account, authority, rights::TRADE, to, &bank.token_program)?;
        ensure!(bank.group == account.group, BallastError::WrongGroup);
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let moved = {
            let board = loader::board(&ctx.accounts.board, &account.group)?;
            let row = board.row(bank.feed).or_raise(BallastError::FeedNotListed)?;
            lending::borrow(&mut bank, &mut account, amount, Price(row.mid), Usd(board.rules.dust), now).or_fail()?
        };
        let (board_sequence, health) =
            holdings::check_initial(&ctx.accounts.board, ctx.remaining_accounts, &mut account, &bank, now)?;
        let event = Borrowed {
            header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, now),
            movement: Movement::of(&bank, moved),
            board_sequence,
            health,
        };
        (event, Terms::of(&bank))
    };
    transfer.pay_out(&terms, event.movement.atoms)?;
    emit::log(&event)
}
