//! `add_bank`.

use anchor_lang::prelude::*;
use ballast_math::{Decimals, Index, Price};
use ballast_risk::{interest, limits, price};
use ballast_state::seeds::{SEED_BANK, SEED_VAULT};
use ballast_state::{Account as _, Bank, BankMode, Group, RiskBoard};

use crate::args::BankArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::roles;
use crate::view::view_mut;
use crate::{loader, mint, token};

/// Accounts of `add_bank`.
#[derive(Accounts)]
pub struct AddBank<'info> {
    /// The admin, or the timelock.
    pub authority: Signer<'info>,
    /// Pays for the accounts.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: the group, by view.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and key.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: the token, by `mint::examine`.
    pub mint: UncheckedAccount<'info>,
    /// CHECK: the new bank, by its seeds.
    #[account(mut, seeds = [SEED_BANK, group.key().as_ref(), &loader::next_bank(&group)?[..]], bump)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: its vault, by its seeds. One per mint and group, so a mint cannot be listed twice.
    #[account(mut, seeds = [SEED_VAULT, group.key().as_ref(), mint.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the mint's token program, one of the two there are.
    pub token_program: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Lists a bank for a mint under a feed that has a fresh price: the caps are checked at it. They grow from a tenth while the
/// bank warms up. For the admin of a group without a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `WrongSystemProgram`, `AlreadyExists`, `FeedNotListed`, `PriceUnset`, `PriceStale`, `PricePending`,
/// `PriceGuarded`, `WrongTokenProgram`, `NotAMint` and the others of [`mint::examine`], `DecimalsNotSupported`,
/// `CurveNotMonotone`, `InvalidParameter`, `CapTooLarge`, `BasisBelowBonus`.
pub(crate) fn handle(ctx: Context<AddBank>, feed: u8, args: &BankArgs) -> Result<()> {
    let now = loader::now()?;
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    ensure_same(&group.board, ctx.accounts.board.key, BallastError::WrongBoard)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    let row = board.row(feed).or_raise(BallastError::FeedNotListed)?;
    price::check_usable(row, now, board.rules.borrow_max_age).or_fail()?;

    let listable = mint::examine(&ctx.accounts.mint, ctx.accounts.token_program.key)?;
    let scale = Decimals::new(listable.decimals).or_raise(BallastError::DecimalsNotSupported)?;
    let (group_key, mint_key) = (ctx.accounts.group.key(), ctx.accounts.mint.key());
    let vault = Creation {
        payer: &ctx.accounts.payer,
        account: &ctx.accounts.vault,
        system_program: &ctx.accounts.system_program,
        seeds: &[SEED_VAULT, group_key.as_ref(), mint_key.as_ref(), &[ctx.bumps.vault]],
    };
    vault.create(listable.account_bytes(), ctx.accounts.token_program.key)?;
    token::initialize(&ctx.accounts.vault, &ctx.accounts.mint, &ctx.accounts.token_program, &ctx.accounts.bank)?;
    let mut bank = Creation {
        account: &ctx.accounts.bank,
        seeds: &[SEED_BANK, group_key.as_ref(), &group.bank_count.to_le_bytes(), &[ctx.bumps.bank]],
        ..vault
    }
    .program_account::<Bank>()?;
    bank.version = Bank::VERSION;
    bank.bump = ctx.bumps.bank;
    bank.vault_bump = ctx.bumps.vault;
    bank.index = group.bank_count;
    bank.feed = feed;
    bank.decimals = listable.decimals;
    bank.transfer_fee = u8::from(listable.transfer_fee);
    bank.decimal_reciprocal = scale.reciprocal;
    bank.decimal_shift = scale.shift;
    bank.mode = BankMode::Normal.to_byte();
    bank.group = ctx.accounts.group.key();
    bank.mint = ctx.accounts.mint.key();
    bank.vault = ctx.accounts.vault.key();
    bank.token_program = ctx.accounts.token_program.key();
    bank.asset_index = Index::ONE.to_words();
    bank.liability_index = Index::ONE.to_words();
    bank.accrued_ts = now.ts;
    args.write(&mut bank)?;
    bank.deposit_cap_limit = bank.deposit_cap;
    bank.borrow_cap_limit = bank.borrow_cap;
    bank.warm_ts = now.ts.saturating_add(i64::from(bank.warm_up));
    limits::validate_warm_up(bank.warm_up, group.timelock_delay > 0).or_fail()?;
    limits::validate_bank(&bank, Price(row.mid)).or_fail()?;
    interest::write_slopes(&mut bank).or_fail()?;
    interest::update_rate(&mut bank).or_fail()?;

    limits::count_on(&mut board, feed).or_fail()?;
    group.bank_count = group.bank_count.checked_add(1).or_raise(BallastError::Overflow)?;
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
        board_sequence: board.sequence,
    })
}
