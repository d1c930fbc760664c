//! `seize`.

use anchor_lang::prelude::*;
use ballast_risk::lending::Amount;
use ballast_risk::liquidation::staged;
use ballast_state::{Bank, MarginAccount};

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, Movement, Seized};
use crate::loader;
use crate::token::{Terms, Transfer};
use crate::view::view_mut;

/// Accounts of `seize`.
#[derive(Accounts)]
pub struct Seize<'info> {
    /// The liquidator that began.
    pub authority: Signer<'info>,
    /// CHECK: a margin account with an open liquidation, by `view_mut`.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the bank of the collateral, by `view_mut` and its group.
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

/// Takes collateral out of an account with an open liquidation; no amount means all that the whole repayment pays for.
///
/// # Errors
/// `NoOpenLiquidation`, `Unauthorised`, `WrongGroup`, `WrongVault`, `WrongMint`, `WrongTokenProgram`, `DuplicateAccount`,
/// those of [`staged::seize`], `VaultMismatch`, `VaultBelowBooks`.
pub(crate) fn handle(ctx: Context<Seize>, amount: Option<u64>) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let transfer = Transfer {
        authority: &accounts.authority,
        bank: &accounts.bank,
        vault: &accounts.vault,
        user: &accounts.destination,
        mint: &accounts.mint,
        token_program: &accounts.token_program,
    };
    let (event, terms) = {
        let mut account = view_mut::<MarginAccount>(&accounts.margin_account)?;
        let mut bank = view_mut::<Bank>(&accounts.bank)?;
        let open = account.flags & MarginAccount::IN_LIQUIDATION != 0;
        ensure!(open, BallastError::NoOpenLiquidation);
        ensure_same(accounts.authority.key, &account.liquidation.liquidator, BallastError::Unauthorised)?;
        ensure_same(&bank.group, &account.group, BallastError::WrongGroup)?;
        transfer.validate(&bank)?;
        let moved = staged::seize(&mut bank, &mut account, amount.map_or(Amount::All, Amount::Exact)).or_fail()?;
        let event = Seized {
            header: EventHeader::of_account(accounts.margin_account.key(), &account, now),
            movement: Movement::of(&bank, moved),
        };
        (event, Terms::of(&bank))
    };
    transfer.pay_out(&terms, event.movement.atoms)?;
    emit::log(&event)
}
