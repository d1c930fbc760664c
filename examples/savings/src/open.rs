//! `open`.

use anchor_lang::prelude::*;

use crate::ballast;
use crate::calls::{Ballast, OpenMarginAccount, SetDelegate};
use crate::{Plan, SavingsError, SEED_PLAN};

/// Ballast's right to deposit, the only one a plan's user gets: it cannot take anything out.
const RIGHT_TO_DEPOSIT: u32 = 1;
/// A plan has one margin account.
const SUB_ACCOUNT: u16 = 0;

/// Accounts of `open`.
#[derive(Accounts)]
pub struct Open<'info> {
    /// Whose plan it will be; pays for both accounts.
    #[account(mut)]
    pub user: Signer<'info>,
    /// The plan.
    #[account(
        init,
        payer = user,
        space = Plan::DISCRIMINATOR.len() + size_of::<Plan>(),
        seeds = [SEED_PLAN, group.key().as_ref(), user.key().as_ref()],
        bump,
    )]
    pub plan: AccountLoader<'info, Plan>,
    /// CHECK: a group of Ballast's, by Ballast.
    pub group: UncheckedAccount<'info>,
    /// CHECK: the plan's new margin account: Ballast derives its address.
    #[account(mut)]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by `require_bank`.
    pub savings_bank: UncheckedAccount<'info>,
    /// CHECK: a bank of the group, by `require_bank`.
    pub loan_bank: UncheckedAccount<'info>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
    /// Ballast.
    pub ballast_program: Program<'info, Ballast>,
}

/// Opens a plan.
///
/// 1. Both banks must be the group's.
/// 2. The plan's address opens a margin account; the user pays for it.
/// 3. The user becomes its delegate, for deposits only.
///
/// # Errors
/// `WrongBank`; Anchor's and Ballast's.
pub(crate) fn handle(ctx: Context<Open>, savings_index: u16, loan_index: u16) -> Result<()> {
    let accounts = ctx.accounts;
    require_bank(&accounts.savings_bank, accounts.group.key, savings_index)?;
    require_bank(&accounts.loan_bank, accounts.group.key, loan_index)?;
    let opened = Plan {
        user: accounts.user.key(),
        group: accounts.group.key(),
        margin_account: accounts.margin_account.key(),
        savings_bank: accounts.savings_bank.key(),
        loan_bank: accounts.loan_bank.key(),
        bump: ctx.bumps.plan,
    };
    *accounts.plan.load_init()? = opened;
    let plan = accounts.plan.to_account_info();
    opened.sign(|seeds| {
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

/// A bank by its address, and listed by now. Derived here once; from then on its key is compared.
fn require_bank(bank: &AccountInfo<'_>, group: &Pubkey, index: u16) -> Result<()> {
    let (address, _) = Pubkey::find_program_address(&[b"bank", group.as_ref(), &index.to_le_bytes()], &ballast::ID);
    require!(bank.key == &address && bank.owner == &ballast::ID, SavingsError::WrongBank);
    Ok(())
}
