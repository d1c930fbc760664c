//! `repay`.

use anchor_lang::prelude::*;
use ballast_risk::interest;
use ballast_risk::lending::{self, Amount};
use ballast_risk::liquidation::staged;
use ballast_state::{Bank, MarginAccount};

use super::Deposit;
use crate::emit;
use crate::error::{ensure, BallastError, OrFail, Result};
use crate::events::{EventHeader, Movement, Repaid};
use crate::loader;
use crate::token::Terms;
use crate::view::view_mut;

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
pub(crate) fn handle(ctx: Context<Deposit>, amount: Option<u64>) -> Result<()> {
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
