//! `deposit_insurance`.

use anchor_lang::prelude::*;
use ballast_risk::{interest, lending};
use ballast_state::Bank;

use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, InsuranceDeposited};
use crate::loader;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `deposit_insurance`.
#[derive(Accounts)]
pub struct DepositInsurance<'info> {
    /// Signs for the tokens. Anyone may give.
    pub authority: Signer<'info>,
    /// CHECK: a bank, by `view_mut`.
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

/// Gives `amount` atoms, less what a transfer of the token costs, to the bank's insurance fund. Nothing is owed in return.
///
/// # Errors
/// `ZeroAmount`, `BankInFlashLoan`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<DepositInsurance>, amount: u64) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let transfer = Transfer {
        authority: &accounts.authority,
        bank: &accounts.bank,
        vault: &accounts.vault,
        user: &accounts.source,
        mint: &accounts.mint,
        token_program: &accounts.token_program,
    };
    let (event, terms) = {
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let arriving = transfer.arriving(&bank, amount)?;
        lending::deposit_insurance(&mut bank, arriving).or_fail()?;
        let event = InsuranceDeposited {
            header: EventHeader::of_bank(accounts.bank.key(), &bank, now),
            atoms: arriving,
            insurance: bank.insurance,
        };
        (event, Terms::of(&bank))
    };
    transfer.send(&terms, amount, event.atoms)?;
    emit::log(&event)
}
