//! `collect_fees`.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenAccount;
use ballast_risk::{interest, lending};
use ballast_state::{Bank, Group};

use crate::error::{ensure, BallastError, OrFail};
use crate::events::{EventHeader, FeesCollected};
use crate::loader;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `collect_fees`.
#[derive(Accounts)]
pub struct CollectFees<'info> {
    /// The group, for its fee recipient.
    pub group: AccountLoader<'info, Group>,
    /// CHECK: a bank of the group, by [`view_mut`] and its group.
    #[account(mut)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: the bank's vault, by key.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// A token account of the fee recipient.
    #[account(mut)]
    pub destination: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: the bank's mint, by key.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the bank's token program, by key.
    pub token_program: UncheckedAccount<'info>,
}

/// Moves the fees the vault can pay to the fee recipient. Anyone may.
///
/// # Errors
/// `WrongGroup`, `WrongFeeRecipient`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `ZeroAmount` (no fees),
/// `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<CollectFees>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let destination = accounts.destination.to_account_info();
    ensure!(accounts.destination.owner == accounts.group.load()?.fee_recipient, BallastError::WrongFeeRecipient);
    let transfer = Transfer {
        authority: &accounts.bank,
        bank: &accounts.bank,
        vault: &accounts.vault,
        user: &destination,
        mint: &accounts.mint,
        token_program: &accounts.token_program,
    };
    let (event, terms) = {
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        ensure!(bank.group == accounts.group.key(), BallastError::WrongGroup);
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let atoms = lending::collect_fees(&mut bank).or_fail()?;
        let event = FeesCollected {
            header: EventHeader::of_bank(accounts.bank.key(), &bank, now),
            atoms,
            fees: bank.fees,
        };
        (event, Terms::of(&bank))
    };
    transfer.out_of_vault(&terms, event.atoms)?;
    emit!(event);
    Ok(())
}
