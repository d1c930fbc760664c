//! `add_price_feed`.

use anchor_lang::prelude::*;
use ballast_risk::{limits, rates};
use ballast_state::seeds::SEED_FEED;
use ballast_state::{Account, Group, PriceFeed, PriceState, RiskBoard, ROWS};

use crate::args::PriceFeedArgs;
use crate::create::Creation;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, PriceFeedConfigured};
use crate::view::load_mut;

/// Accounts of `add_price_feed`.
#[derive(Accounts)]
pub struct AddPriceFeed<'info> {
    /// The admin; pays for the account.
    #[account(mut)]
    pub authority: Signer<'info>,
    /// The group.
    #[account(mut)]
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    #[account(mut)]
    pub board: AccountLoader<'info, RiskBoard>,
    /// CHECK: the new feed, by its seeds.
    #[account(mut, seeds = [SEED_FEED, group.key().as_ref(), &[group.load()?.feed_count]], bump)]
    pub feed: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Lists a feed on the board's next row, without a price yet. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `TooManyFeeds`, `InvalidParameter`, `MarginTooHigh`, `AddOnBelowBonus`.
pub(crate) fn handle(ctx: Context<AddPriceFeed>, args: &PriceFeedArgs) -> Result<()> {
    let mut group = load_mut(&ctx.accounts.group)?;
    ensure_same(ctx.accounts.authority.key, &group.admin, BallastError::Unauthorised)?;
    ensure!(usize::from(group.feed_count) < ROWS, BallastError::TooManyFeeds);
    ensure_same(&group.board, ctx.accounts.board.as_ref().key, BallastError::WrongBoard)?;
    let mut board = load_mut(&ctx.accounts.board)?;
    let mut feed = Creation {
        payer: &ctx.accounts.authority,
        account: &ctx.accounts.feed,
        system_program: &ctx.accounts.system_program,
        seeds: &[SEED_FEED, board.group.as_ref(), &[group.feed_count], &[ctx.bumps.feed]],
    }
    .program_account::<PriceFeed>()?;
    feed.version = PriceFeed::VERSION;
    feed.bump = ctx.bumps.feed;
    feed.row = group.feed_count;
    feed.group = ctx.accounts.group.key();
    write(&mut feed, &mut board, args)?;
    group.feed_count = group.feed_count.checked_add(1).or_raise(BallastError::TooManyFeeds)?;
    group.sequence = group.sequence.wrapping_add(1);
    board.row_count = group.feed_count;
    emit::log(&PriceFeedConfigured {
        header: EventHeader::of_feed(ctx.accounts.feed.key(), &feed, crate::loader::now()?),
        row: feed.row,
        board_sequence: board.sequence,
    })
}

/// Writes settings into a feed and its row, after checking them.
pub(super) fn write(feed: &mut PriceFeed, board: &mut RiskBoard, args: &PriceFeedArgs) -> Result<()> {
    args.write(feed)?;
    limits::validate_rates(&feed.rates, board.kappa(feed.class), board.rules.bonus_min).or_fail()?;
    let row = board.rows.get_mut(usize::from(feed.row)).or_raise(BallastError::TooManyFeeds)?;
    rates::write_row(feed, row).or_fail()?;
    row.fixed = u8::from(feed.sources.iter().any(|source| source.fixed_price != 0));
    if row.mid == 0 {
        row.state = PriceState::Unset.to_byte();
    }
    feed.sequence = feed.sequence.wrapping_add(1);
    board.sequence = board.sequence.wrapping_add(1);
    Ok(())
}
