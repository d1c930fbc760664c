//! `deposit`, the way that costs least: see "Compute" in `docs/cpi.md`.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::solana_program::program::invoke_unchecked;
use anchor_lang::InstructionData;

use crate::ballast;
use crate::calls::args;
use crate::Plan;

/// Accounts of `deposit`. Those of Ballast's `deposit` follow, as its SDK lists them.
#[derive(Accounts)]
pub struct Deposit<'info> {
    /// CHECK: a plan, by `Plan::view`.
    pub plan: UncheckedAccount<'info>,
    /// CHECK: Ballast; a call goes to an address and not to whatever this is.
    pub ballast_program: UncheckedAccount<'info>,
}

/// Deposits `amount` atoms. The user is the authority in Ballast as here, so nobody else has to sign, and the tokens move once.
///
/// # Errors
/// `NotAPlan`, `NotTheUser`, `WrongMarginAccount`, `WrongBank`; Ballast's.
pub(crate) fn handle<'info>(ctx: &Context<'info, Deposit<'info>>, amount: u64) -> Result<()> {
    let accounts = ctx.remaining_accounts;
    let [user, margin_account, bank, ..] = accounts else { return err!(ErrorCode::AccountNotEnoughKeys) };
    {
        let plan = Plan::view(&ctx.accounts.plan)?;
        // That this key signed is Ballast's to check, as for every authority.
        plan.require_user(user.key)?;
        plan.require_accounts(margin_account.key, bank.key, &plan.savings_bank)?;
    }
    // They go on as they came: nothing is added, so nobody's signature reaches further than it was meant to.
    let metas = accounts.iter().map(|info| AccountMeta {
        pubkey: *info.key,
        is_signer: info.is_signer,
        is_writable: info.is_writable,
    });
    let deposit =
        Instruction { program_id: ballast::ID, accounts: metas.collect(), data: args::Deposit { amount }.data() };
    // Nothing is borrowed any more, which is all that is unchecked here.
    invoke_unchecked(&deposit, accounts)?;
    Ok(())
}
