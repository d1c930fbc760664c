//! `end_flash_loan`.

use anchor_lang::prelude::*;
use ballast_risk::flash;
use ballast_state::Bank;

use super::FlashLoan;
use crate::emit;
use crate::error::{OrFail, Result};
use crate::events::{EventHeader, FlashLoanEnded, Movement};
use crate::loader;
use crate::token::Terms;
use crate::view::view_mut;

/// Takes a flash loan and its fee back. Anyone may pay.
///
/// # Errors
/// `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, `NoFlashLoan`, `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<FlashLoan>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let transfer = accounts.transfer();
    let (event, terms) = {
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        transfer.validate(&bank)?;
        let moved = flash::end(&mut bank).or_fail()?;
        let event = FlashLoanEnded {
            header: EventHeader::of_bank(accounts.bank.key(), &bank, now),
            movement: Movement::of(&bank, moved),
        };
        (event, Terms::of(&bank))
    };
    transfer.pay_in(&terms, event.movement.atoms)?;
    emit::log(&event)
}
