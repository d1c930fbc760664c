//! `withdraw`.

use anchor_lang::prelude::*;
use ballast_risk::interest;
use ballast_risk::lending::{self, Amount};
use ballast_state::{rights, Bank};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, HealthPoint, Movement, Withdrawn};
use crate::holdings;
use crate::loader;
use crate::roles;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `withdraw` and `borrow`. Of an account that owes something, the banks of the other balances and the
/// markets of its positions follow.
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Owns the margin account, or may send tokens from it to its owner.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `loader::idle_account`; whose, by `roles`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the group's board, by view and group; not read where the account owes nothing.
    pub board: UncheckedAccount<'info>,
    /// CHECK: a bank of the account's group, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's vault, by key.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: where the tokens go; the token program checks it.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the bank's mint, by key.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's token program, by key.
    pub token_program: UncheckedAccount<'info>,
}

impl<'info> Withdraw<'info> {
    pub(super) fn transfer(&self) -> Transfer<'_, 'info> {
        Transfer {
            authority: &self.authority,
            bank: &self.bank,
            vault: &self.vault,
            user: &self.destination,
            mint: &self.mint,
            token_program: &self.token_program,
        }
    }
}

/// Withdraws `amount` atoms, or the whole deposit.
///
/// 1. Accrue the bank.
/// 2. Burn shares, up.
/// 3. If the account owes something: new risk must not be paused, and Initial health must not be negative.
/// 4. Move tokens out of the vault.
///
/// An account that owes nothing needs no price, no other bank and no permission of any pause.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `DestinationNotOwners` and `WrongTokenAccount` (a delegate's), `WrongGroup`, `WrongVault`,
/// `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, those of [`lending::withdraw`]; with a liability `WrongBoard`,
/// `MissingAccount`, `MarketNotSynced`, `RiskPaused`, the price errors, `InsufficientHealth`; `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle<'info>(ctx: Context<'info, Withdraw<'info>>, amount: Option<u64>) -> Result<()> {
    let now = loader::now()?;
    let transfer = ctx.accounts.transfer();
    let (event, terms) = {
        let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
        let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
        let (authority, to) = (ctx.accounts.authority.key, &ctx.accounts.destination);
        roles::require_right_to_send(&account, authority, rights::REDUCE, to, &bank.token_program)?;
        ensure!(bank.group == account.group, BallastError::WrongGroup);
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let amount = amount.map_or(Amount::All, Amount::Exact);
        let moved = lending::withdraw(&mut bank, &mut account, amount, now).or_fail()?;
        let (board_sequence, health) = if lending::has_liability(&account) {
            holdings::check_initial(&ctx.accounts.board, ctx.remaining_accounts, &mut account, &bank, now)?
        } else {
            (0, HealthPoint::default())
        };
        let event = Withdrawn {
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
