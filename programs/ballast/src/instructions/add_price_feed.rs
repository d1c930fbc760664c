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
use crate::loader;
use crate::roles;
use crate::view::view_mut;

/// Accounts of `add_price_feed`.
#[derive(Accounts)]
pub struct AddPriceFeed<'info> {
    /// The admin, or the timelock.
    pub authority: Signer<'info>,
    /// Pays for the account.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: the group, by view.
    #[account(mut)]
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and key.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: the new feed, by its seeds.
    #[account(mut, seeds = [SEED_FEED, group.key().as_ref(), &loader::next_row(&group)?[..]], bump)]
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the system program, by `Creation`.
    #[cfg_attr(feature = "idl-build", account(address = anchor_lang::system_program::ID))]
    pub system_program: UncheckedAccount<'info>,
}

/// Lists a feed on the board's next row, without a price yet. For the admin of a group without a timelock, and for the timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `WrongSystemProgram`, `AlreadyExists`, `TooManyFeeds`, `InvalidParameter`, `MarginTooHigh`, `AddOnBelowBonus`.
pub(crate) fn handle(ctx: Context<AddPriceFeed>, args: &PriceFeedArgs) -> Result<()> {
    let mut group = view_mut::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    ensure!(usize::from(group.feed_count) < ROWS, BallastError::TooManyFeeds);
    ensure_same(&group.board, ctx.accounts.board.key, BallastError::WrongBoard)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    let mut feed = Creation {
        payer: &ctx.accounts.payer,
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
        header: EventHeader::of_feed(ctx.accounts.feed.key(), &feed, loader::now()?),
        row: feed.row,
        board_sequence: board.sequence,
    })
}

/// Writes settings into a feed and its row, after checking them.
pub(super) fn write(feed: &mut PriceFeed, board: &mut RiskBoard, args: &PriceFeedArgs) -> Result<()> {
    args.write(feed)?;
    let bonus_min = board.rules.bonus_min;
    limits::validate_rates(&feed.rates, board.kappa(feed.class), bonus_min).or_fail()?;
    let row = board.rows.get_mut(usize::from(feed.row)).or_raise(BallastError::TooManyFeeds)?;
    rates::write_row(feed, row).or_fail()?;
    limits::validate_basis(row, bonus_min).or_fail()?;
    row.fixed = u8::from(feed.sources.iter().any(|source| source.fixed_price != 0));
    if row.mid == 0 {
        row.state = PriceState::Unset.to_byte();
    }
    feed.sequence = feed.sequence.wrapping_add(1);
    board.sequence = board.sequence.wrapping_add(1);
    Ok(())
}
