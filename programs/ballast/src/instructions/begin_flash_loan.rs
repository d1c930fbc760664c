//! `begin_flash_loan`.

use anchor_lang::prelude::*;
use anchor_lang::Discriminator;
use ballast_risk::{flash, interest};
use ballast_state::Bank;

use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, FlashLoanBegun, Movement};
use crate::introspect;
use crate::loader;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Where `end_flash_loan` has the bank.
const BANK_AT_END: usize = 1;

/// Accounts of both ends of a flash loan.
#[derive(Accounts)]
pub struct FlashLoan<'info> {
    /// The borrower; signs for the tokens that come back.
    pub authority: Signer<'info>,
    /// CHECK: a bank, by `view_mut`.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's vault, by key.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: where the tokens go and come from; the token program checks it.
    #[account(mut)]
    pub tokens: UncheckedAccount<'info>,
    /// CHECK: the bank's mint, by key.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's token program, by key.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the instructions sysvar, by key; read at the beginning.
    pub instructions: UncheckedAccount<'info>,
}

impl<'info> FlashLoan<'info> {
    pub(super) fn transfer(&self) -> Transfer<'_, 'info> {
        Transfer {
            authority: &self.authority,
            bank: &self.bank,
            vault: &self.vault,
            user: &self.tokens,
            mint: &self.mint,
            token_program: &self.token_program,
        }
    }
}

/// Lends `amount` atoms until `end_flash_loan`, later in this transaction.
///
/// # Errors
/// `NotTopLevel`, `WrongSysvar`, `MissingEnd`, `EndNotUnique`, `WrongVault`, `WrongMint`, `WrongTokenProgram`,
/// `DuplicateAccount`, those of [`flash::begin`], `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<FlashLoan>, amount: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let end = crate::instruction::EndFlashLoan::DISCRIMINATOR;
    introspect::require_one_later(&accounts.instructions, end, BANK_AT_END, accounts.bank.key)?;
    let transfer = accounts.transfer();
    let (event, terms) = {
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let moved = flash::begin(&mut bank, amount, now).or_fail()?;
        let event = FlashLoanBegun {
            header: EventHeader::of_bank(accounts.bank.key(), &bank, now),
            movement: Movement::of(&bank, moved),
        };
        (event, Terms::of(&bank))
    };
    transfer.pay_out(&terms, event.movement.atoms)?;
    emit::log(&event)
}
