//! `add_bank`.

use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use ballast_math::{Decimals, Index, Price};
use ballast_risk::{interest, limits, price};
use ballast_state::seeds::{SEED_BANK, SEED_VAULT};
use ballast_state::{Account as _, Bank, BankMode, Group, RiskBoard};

use crate::args::BankArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{BankConfigured, EventHeader};
use crate::view::{load, load_mut};
use crate::{loader, token};

/// Accounts of `add_bank`.
#[derive(Accounts)]
pub struct AddBank<'info> {
    /// The admin; pays for the accounts.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// The group.
    #[account(mut)]
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    pub board: AccountLoader<'info, RiskBoard>,
    /// The token.
    pub mint: Box<Account<'info, Mint>>,
    /// CHECK: the new bank, by its seeds.
    #[account(mut, seeds = [SEED_BANK, group.key().as_ref(), &group.load()?.bank_count.to_le_bytes()], bump)]
    pub bank: UncheckedAccount<'info>,
    /// CHECK: its vault, by its seeds. One per mint and group, so a mint cannot be listed twice.
    #[account(mut, seeds = [SEED_VAULT, group.key().as_ref(), mint.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// The mint's token program. Token-2022's extensions are judged one by one before any is listed; until then its mints
    /// wait.
    pub token_program: Program<'info, Token>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// Lists a bank for a mint under a feed that has a fresh price: the caps are checked at it. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `AlreadyExists`, `FeedNotListed`, `PriceUnset`, `PriceStale`, `PricePending`,
/// `PriceGuarded`, `DecimalsNotSupported`, `CurveNotMonotone`, `InvalidParameter`, `CapTooLarge`.
pub(crate) fn handle(ctx: Context<AddBank>, feed: u8, args: &BankArgs) -> Result<()> {
    let now = loader::now()?;
    let mut group = load_mut(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
    ensure_same(&group.board, ctx.accounts.board.as_ref().key, BallastError::WrongBoard)?;
    let board = load(&ctx.accounts.board)?;
    let row = board.row(feed).or_raise(BallastError::FeedNotListed)?;
    price::check_usable(row, now, board.rules.borrow_max_age).or_fail()?;

    let decimals = ctx.accounts.mint.decimals;
    let scale = Decimals::new(decimals).or_raise(BallastError::DecimalsNotSupported)?;
    let (group_key, mint_key) = (ctx.accounts.group.key(), ctx.accounts.mint.key());
    let vault = Creation {
        payer: &ctx.accounts.authority,
        account: &ctx.accounts.vault,
        system_program: &ctx.accounts.system_program,
        seeds: &[SEED_VAULT, group_key.as_ref(), mint_key.as_ref(), &[ctx.bumps.vault]],
    };
    vault.create(TokenAccount::LEN, &Token::id())?;
    token::initialize(
        &ctx.accounts.vault,
        ctx.accounts.mint.as_ref().as_ref(),
        &ctx.accounts.token_program,
        &ctx.accounts.bank,
    )?;
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
    bank.decimals = decimals;
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
    limits::validate_bank(&bank, Price(row.mid)).or_fail()?;
    interest::write_slopes(&mut bank).or_fail()?;
    interest::update_rate(&mut bank).or_fail()?;

    group.bank_count = group.bank_count.checked_add(1).or_raise(BallastError::Overflow)?;
    group.sequence = group.sequence.wrapping_add(1);
    emit::log(&BankConfigured {
        header: EventHeader::of_bank(ctx.accounts.bank.key(), &bank, now),
        bank: bank.index,
        mode: bank.mode,
        paused_until: bank.paused_until,
    })
}
