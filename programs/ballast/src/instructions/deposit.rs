//! `deposit`.

use anchor_lang::prelude::*;
use ballast_risk::{interest, lending};
use ballast_state::{rights, Bank};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{Deposited, EventHeader, Movement};
use crate::loader;
use crate::roles;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `deposit`.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// Owns the margin account or may deposit into it, and signs for the tokens.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `loader::idle_account`; whose, by `roles`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: a bank of the account's group, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's vault, by key.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: where the tokens come from; the token program checks it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the bank's mint, by key.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's token program, by key.
    pub token_program: UncheckedAccount<'info>,
}

impl<'info> Deposit<'info> {
    fn transfer(&self) -> Transfer<'_, 'info> {
        Transfer {
            authority: &self.authority,
            bank: &self.bank,
            vault: &self.vault,
            user: &self.source,
            mint: &self.mint,
            token_program: &self.token_program,
        }
    }
}

/// Deposits `amount` atoms; what arrives of them is booked, where the token's transfers cost a fee. Needs no price.
///
/// 1. Accrue the bank.
/// 2. Mint shares, down.
/// 3. Move tokens into the vault.
///
/// # Errors
/// `AccountInTransit`, `Unauthorised`, `WrongGroup`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, those of
/// [`lending::deposit`], `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<Deposit>, amount: u64) -> Result<()> {
    let now = loader::now()?;
    let transfer = ctx.accounts.transfer();
    let (event, terms) = {
        let mut account = loader::idle_account(&ctx.accounts.margin_account)?;
        let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
        roles::require_right(&account, ctx.accounts.authority.key, rights::DEPOSIT)?;
        ensure!(bank.group == account.group, BallastError::WrongGroup);
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let arriving = transfer.arriving(&bank, amount)?;
        let moved = lending::deposit(&mut bank, &mut account, arriving, now).or_fail()?;
        let event = Deposited {
            header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, now),
            movement: Movement::of(&bank, moved),
        };
        (event, Terms::of(&bank))
    };
    transfer.send(&terms, amount, event.movement.atoms)?;
    emit::log(&event)
}
