//! `open`.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::ballast::cpi::accounts::OpenMarginAccount;
#[cfg(not(feature = "program-crate"))]
use crate::ballast::cpi::accounts::SetDelegate;
// The IDL names accounts after the instruction, the program's crate after the struct, which instructions may share.
#[cfg(feature = "program-crate")]
use crate::ballast::cpi::accounts::SetPolicy as SetDelegate;
use crate::ballast::program::Ballast;
use crate::{Plan, SEED_PLAN};

/// Ballast's right to deposit, the only one a plan's user gets: it cannot take anything out.
const RIGHT_TO_DEPOSIT: u32 = 1;
/// A plan has one margin account.
const SUB_ACCOUNT: u16 = 0;

/// Accounts of `open`.
#[derive(Accounts)]
#[instruction(savings_index: u16, loan_index: u16)]
pub struct Open<'info> {
    /// Whose plan it will be; pays for both accounts.
    #[account(mut)]
    pub user: Signer<'info>,
    /// The plan.
    #[account(
        init,
        payer = user,
        space = Plan::DISCRIMINATOR.len() + Plan::INIT_SPACE,
        seeds = [SEED_PLAN, group.key().as_ref(), user.key().as_ref()],
        bump,
    )]
    pub plan: Account<'info, Plan>,
    /// CHECK: a group of Ballast's, by Ballast.
    pub group: UncheckedAccount<'info>,
    /// CHECK: the plan's new margin account: Ballast derives its address.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by its address. Derived here once, and compared from then on.
    #[account(
        owner = ballast::ID,
        seeds = [b"bank", group.key().as_ref(), &savings_index.to_le_bytes()],
        seeds::program = ballast::ID,
        bump,
    )]
    pub savings_bank: UncheckedAccount<'info>,
    /// CHECK: as `savings_bank`.
    #[account(
        owner = ballast::ID,
        seeds = [b"bank", group.key().as_ref(), &loan_index.to_le_bytes()],
        seeds::program = ballast::ID,
        bump,
    )]
    pub loan_bank: UncheckedAccount<'info>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Opens a plan.
///
/// 1. The plan's address opens a margin account; the user pays for it.
/// 2. The user becomes its delegate, for deposits only.
///
/// # Errors
/// Anchor's and Ballast's.
pub(crate) fn handle(ctx: Context<Open>) -> Result<()> {
    let accounts = ctx.accounts;
    accounts.plan.set_inner(Plan {
        user: accounts.user.key(),
        group: accounts.group.key(),
        margin_account: accounts.margin_account.key(),
        savings_bank: accounts.savings_bank.key(),
        loan_bank: accounts.loan_bank.key(),
        bump: ctx.bumps.plan,
    });
    let plan = accounts.plan.to_account_info();
    accounts.plan.sign(|seeds| {
        let open = OpenMarginAccount {
            payer: accounts.user.to_account_info(),
            owner: plan.clone(),
            group: accounts.group.to_account_info(),
            margin_account: accounts.margin_account.to_account_info(),
            system_program: accounts.system_program.to_account_info(),
        };
        ballast::cpi::open_margin_account(CpiContext::new_with_signer(ballast::ID, open, seeds), SUB_ACCOUNT)?;
        let delegate = SetDelegate { owner: plan, margin_account: accounts.margin_account.to_account_info() };
        let context = CpiContext::new_with_signer(ballast::ID, delegate, seeds);
        ballast::cpi::set_delegate(context, accounts.user.key(), RIGHT_TO_DEPOSIT)
    })
}
