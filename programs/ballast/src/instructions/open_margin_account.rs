//! `open_margin_account`.

use anchor_lang::prelude::*;
use ballast_state::seeds::SEED_MARGIN;
use ballast_state::{Account, Group, MarginAccount};

use crate::events::{EventHeader, MarginAccountOpened};
use crate::loader;

/// Accounts of `open_margin_account`.
#[derive(Accounts)]
#[instruction(sub_account: u16)]
pub struct OpenMarginAccount<'info> {
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Will own the account.
    pub owner: Signer<'info>,
    /// The group.
    pub group: AccountLoader<'info, Group>,
    /// The new account.
    #[account(
        init,
        payer = payer,
        space = MarginAccount::SPACE,
        seeds = [SEED_MARGIN, group.key().as_ref(), owner.key().as_ref(), &sub_account.to_le_bytes()],
        bump,
    )]
    pub margin_account: AccountLoader<'info, MarginAccount>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Opens a margin account. Nobody can open one for somebody else: its owner signs.
pub(crate) fn handle(ctx: Context<OpenMarginAccount>, sub_account: u16) -> Result<()> {
    let mut account = ctx.accounts.margin_account.load_init()?;
    account.version = MarginAccount::VERSION;
    account.bump = ctx.bumps.margin_account;
    account.sub_account = sub_account;
    account.group = ctx.accounts.group.key();
    account.owner = ctx.accounts.owner.key();
    emit!(MarginAccountOpened {
        header: EventHeader::of_account(ctx.accounts.margin_account.key(), &account, loader::now()?),
        owner: account.owner,
        sub_account,
    });
    Ok(())
}
