//! A savings plan: an example of a program that calls Ballast.
//!
//! A plan belongs to one user. It saves one token and may borrow another against it. The plan's address owns a margin
//! account, so whatever leaves that takes this program's signature. Deposits go straight from the user's token account into
//! Ballast's vault: the user is the account's delegate with the right to deposit and nothing else.
//!
//! `docs/cpi.md` says why each thing is done as it is.
#![deny(unsafe_code)]
#![allow(
    missing_debug_implementations,
    clippy::diverging_sub_expression,
    reason = "Anchor's accounts structs and macros"
)]

use anchor_lang::prelude::*;

mod calls;
mod close;
mod deposit;
mod open;
mod plan;
mod repay;
mod take;

pub use close::*;
pub use deposit::*;
pub use open::*;
pub use plan::*;
pub use repay::*;
pub use take::*;

// Either makes a module `ballast`; only `calls` knows which it is.
#[cfg(not(feature = "program-crate"))]
declare_program!(ballast);
#[cfg(feature = "program-crate")]
use ::ballast;

declare_id!("SavingskWEh2B1WCKzjuEKquAtM23ncFnBq1hueXTgJ");

#[cfg(all(target_os = "solana", feature = "lean-entrypoint", not(feature = "cpi")))]
mod entrypoint;

/// Savings plans.
#[program]
pub mod savings {
    use super::*;

    /// Opens the signer's plan in a group: which bank it saves in, and which it may borrow from, by their indices.
    pub fn open(ctx: Context<Open>, savings_index: u16, loan_index: u16) -> Result<()> {
        open::handle(ctx, savings_index, loan_index)
    }

    /// Saves `amount` atoms. The accounts of Ballast's `deposit` follow.
    pub fn deposit<'info>(ctx: Context<'info, Deposit<'info>>, amount: u64) -> Result<()> {
        deposit::handle(&ctx, amount)
    }

    /// Repays the plan's loan, out of anyone's pocket; no amount means all.
    pub fn repay(ctx: Context<Repay>, amount: Option<u64>) -> Result<()> {
        repay::handle(ctx, amount)
    }

    /// Borrows `amount` atoms against the savings. The banks of the margin account's other balances follow.
    pub fn borrow<'info>(ctx: Context<'info, Take<'info>>, amount: u64) -> Result<()> {
        take::borrow(&ctx, amount)
    }

    /// Takes savings out; no amount means all. The banks of the margin account's other balances follow.
    pub fn withdraw<'info>(ctx: Context<'info, Take<'info>>, amount: Option<u64>) -> Result<()> {
        take::withdraw(&ctx, amount)
    }

    /// Closes an empty plan and its margin account, and returns the rent of both.
    pub fn close(ctx: Context<Close>) -> Result<()> {
        close::handle(ctx)
    }
}
