//! `collect_fees`.

use anchor_lang::prelude::*;
use ballast_risk::{interest, lending};
use ballast_state::{Bank, Group};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, FeesCollected};
use crate::loader;
use crate::token::{self, Terms, Transfer};
use crate::view::{view, view_mut};

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// CHECK: the group, for its fee recipient, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by `view_mut` and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's vault, by key.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the fee recipient, by its owner field; the token program checks the rest.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the bank's mint, by key.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's token program, by key.
    pub token_program: UncheckedAccount<'info>,
}

/// Moves the fees the vault can pay to the fee recipient. Anyone may.
///
/// # Errors
/// `WrongTokenAccount`, `WrongGroup`, `WrongFeeRecipient`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `ZeroAmount` (no fees),
/// `BankInFlashLoan`,
/// `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<CollectFees>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let owner = token::owner(&accounts.destination, accounts.token_program.key)?;
    ensure!(owner == view::<Group>(&accounts.group)?.fee_recipient, BallastError::WrongFeeRecipient);
    let transfer = Transfer {
        authority: &accounts.bank,
        bank: &accounts.bank,
        vault: &accounts.vault,
        user: &accounts.destination,
        mint: &accounts.mint,
        token_program: &accounts.token_program,
    };
    let (event, terms) = {
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        ensure_same(&bank.group, accounts.group.key, BallastError::WrongGroup)?;
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let atoms = lending::collect_fees(&mut bank).or_fail()?;
        let event =
            FeesCollected { header: EventHeader::of_bank(accounts.bank.key(), &bank, now), atoms, fees: bank.fees };
        (event, Terms::of(&bank))
    };
    transfer.pay_out(&terms, event.atoms)?;
    emit::log(&event)
}
