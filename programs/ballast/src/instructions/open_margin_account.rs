//! `open_margin_account`.

use anchor_lang::prelude::*;
use ballast_state::seeds::SEED_MARGIN;
use ballast_state::{Account, Group, MarginAccount};

use crate::create::Creation;
use crate::emit;
use crate::error::Result;
use crate::events::{EventHeader, MarginAccountOpened};
use crate::loader;
use crate::view::view;

/// Accounts of `open_margin_account`.
#[derive(Accounts)]
#[instruction(sub_account: u16)]
pub struct OpenMarginAccount<'info> {
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Will own the account.
    pub owner: Signer<'info>,
    /// CHECK: the group, by view.
    #[cfg(not(feature = "idl-build"))]
    pub group: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    pub group: AccountLoader<'info, Group>,
    /// CHECK: the new account, by its seeds.
    #[account(
        mut,
        seeds = [SEED_MARGIN, group.key().as_ref(), owner.key().as_ref(), &sub_account.to_le_bytes()],
        bump,
    )]
    pub margin_account: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Opens a margin account. Nobody can open one for somebody else: its owner signs.
///
/// # Errors
/// `WrongProgramOwner`, `WrongAccountType`, `WrongSystemProgram`, `AlreadyExists`.
pub(crate) fn handle(ctx: Context<OpenMarginAccount>, sub_account: u16) -> Result<()> {
    view::<Group>(ctx.accounts.group.as_ref())?;
    let (group, owner) = (ctx.accounts.group.key(), ctx.accounts.owner.key());
    let bump = [ctx.bumps.margin_account];
    let mut account = Creation {
        payer: &ctx.accounts.payer,
        account: &ctx.accounts.margin_account,
        system_program: &ctx.accounts.system_program,
        seeds: &[SEED_MARGIN, group.as_ref(), owner.as_ref(), &sub_account.to_le_bytes(), &bump],
    }
    .program_account::<MarginAccount>()?;
    account.version = MarginAccount::VERSION;
    account.bump = ctx.bumps.margin_account;
    account.sub_account = sub_account;
    account.group = group;
    account.owner = owner;
    emit::log(&MarginAccountOpened {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        owner: account.owner,
        sub_account,
    })
}
