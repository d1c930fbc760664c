//! `repay`.

use anchor_lang::prelude::*;
use ballast_risk::interest;
use ballast_risk::lending::{self, Amount};
use ballast_risk::liquidation::staged;
use ballast_state::{Bank, MarginAccount};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, Movement, Repaid};
use crate::loader;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `repay`.
#[derive(Accounts)]
pub struct Repay<'info> {
    /// Signs for the tokens. Anyone may repay anyone's loan.
    pub authority: Signer<'info>,
    /// CHECK: a margin account, by `view_mut`.
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

impl<'info> Repay<'info> {
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

/// Repays `amount` atoms of the account's loan, or all of it. Needs no price; nothing stops it.
///
/// 1. Accrue the bank.
/// 2. Burn loan shares, down. Of an account with an open liquidation: what the liquidation allows, and insurance's part of the
///    bonus on top.
/// 3. Move tokens into the vault.
///
/// # Errors
/// `WrongGroup`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`, those of [`lending::repay`]
/// and [`staged::repay`], `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<Repay>, amount: Option<u64>) -> Result<()> {
    let now = loader::now()?;
    let transfer = ctx.accounts.transfer();
    let (event, terms) = {
        let mut account = view_mut::<MarginAccount>(&ctx.accounts.margin_account)?;
        let mut bank = view_mut::<Bank>(&ctx.accounts.bank)?;
        ensure!(bank.group == account.group, BallastError::WrongGroup);
        transfer.validate(&bank)?;
        interest::accrue(&mut bank, now).or_fail()?;
        let amount = amount.map_or(Amount::All, Amount::Exact);
        let moved = if account.flags == 0 {
            lending::repay(&mut bank, &mut account, amount).or_fail()?
        } else {
            staged::repay(&mut bank, &mut account, amount).or_fail()?
        };
        let event = Repaid {
            header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, now),
            movement: Movement::of(&bank, moved),
        };
        (event, Terms::of(&bank))
    };
    transfer.pay_in(&terms, event.movement.atoms)?;
    emit::log(&event)
}
