//! `open_orders`.

use anchor_lang::prelude::*;
use ballast_state::seeds::SEED_ORDERS;
use ballast_state::{Account as _, MarginAccount, Orders};

use crate::create::Creation;
use crate::emit;
use crate::error::Result;
use crate::events::{EventHeader, OrdersOpened};
use crate::loader;
use crate::view::view;

/// Accounts of `open_orders`.
#[derive(Accounts)]
pub struct OpenOrders<'info> {
    /// Pays for the account. Anyone may.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: a margin account, by view.
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the new account, by its seeds.
    #[account(mut, seeds = [SEED_ORDERS, margin_account.key().as_ref()], bump)]
    pub orders: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Opens the account of a margin account's pending orders.
///
/// # Errors
/// `WrongSystemProgram`, `AlreadyExists`.
pub(crate) fn handle(ctx: Context<OpenOrders>) -> Result<()> {
    let accounts = &ctx.accounts;
    let margin_account = accounts.margin_account.key();
    let account = view::<MarginAccount>(&accounts.margin_account)?;
    let mut orders = Creation {
        payer: &accounts.payer,
        account: &accounts.orders,
        system_program: &accounts.system_program,
        seeds: &[SEED_ORDERS, margin_account.as_ref(), &[ctx.bumps.orders]],
    }
    .program_account::<Orders>()?;
    orders.version = Orders::VERSION;
    orders.bump = ctx.bumps.orders;
    orders.margin_account = margin_account;
    orders.payer = accounts.payer.key();
    orders.next_id = 1;
    emit::log(&OrdersOpened {
        header: EventHeader::of_account(margin_account, &account, loader::now()?),
        orders: accounts.orders.key(),
    })
}
