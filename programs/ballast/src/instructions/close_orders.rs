//! `close_orders`.

use anchor_lang::prelude::*;
use ballast_state::MarginAccount;

use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, Result};
use crate::events::{EventHeader, OrdersClosed};
use crate::loader;
use crate::view::view;

/// Accounts of `close_orders`.
#[derive(Accounts)]
pub struct CloseOrders<'info> {
    /// Owns the margin account.
    pub owner: Signer<'info>,
    /// CHECK: who paid for the account, by key; receives the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: a margin account of the owner, by view and its owner.
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: its orders, by `loader::orders`.
    #[account(mut)]
    pub orders: UncheckedAccount<'info>,
}

/// Closes the account of a margin account's orders, none of which is pending, and returns the rent to who paid it.
///
/// # Errors
/// `Unauthorised`, `OrdersMismatch`, `PayerMismatch`, `AccountNotEmpty`.
pub(crate) fn handle(ctx: Context<CloseOrders>) -> Result<()> {
    let accounts = &ctx.accounts;
    let event = {
        let account = view::<MarginAccount>(&accounts.margin_account)?;
        ensure_same(&account.owner, accounts.owner.key, BallastError::Unauthorised)?;
        let orders = loader::orders(&accounts.orders, &accounts.margin_account)?;
        ensure_same(&orders.payer, accounts.payer.key, BallastError::PayerMismatch)?;
        ensure!(orders.slots.iter().all(|order| order.id == 0), BallastError::AccountNotEmpty);
        OrdersClosed {
            header: EventHeader::of_account(accounts.margin_account.key(), &account, loader::now()?),
            orders: accounts.orders.key(),
        }
    };
    loader::close(&accounts.orders, &accounts.payer)?;
    emit::log(&event)
}
