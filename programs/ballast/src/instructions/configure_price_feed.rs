//! `configure_price_feed`.

use anchor_lang::prelude::*;
use ballast_state::{Group, PriceFeed, RiskBoard};

use crate::args::PriceFeedArgs;
use crate::emit;
use crate::error::{ensure_same, BallastError, Result};
use crate::events::{EventHeader, PriceFeedConfigured};
use crate::view::{load, load_mut};

/// Accounts of `configure_price_feed`.
#[derive(Accounts)]
pub struct ConfigurePriceFeed<'info> {
    /// The admin.
    pub authority: Signer<'info>,
    /// The group.
    pub group: AccountLoader<'info, Group>,
    /// Its board.
    #[account(mut)]
    pub board: AccountLoader<'info, RiskBoard>,
    /// The feed.
    #[account(mut)]
    pub feed: AccountLoader<'info, PriceFeed>,
}

/// Changes a feed. The judged price stays; a source that changed starts without a print. For the admin.
///
/// # Errors
/// `Unauthorised`, `WrongBoard`, `WrongGroup`, `InvalidParameter`, `MarginTooHigh`, `AddOnBelowBonus`.
pub(crate) fn handle(ctx: Context<ConfigurePriceFeed>, args: &PriceFeedArgs) -> Result<()> {
    ensure_same(ctx.accounts.authority.key, &load(&ctx.accounts.group)?.admin, BallastError::Unauthorised)?;
    let mut board = load_mut(&ctx.accounts.board)?;
    ensure_same(&board.group, ctx.accounts.group.as_ref().key, BallastError::WrongBoard)?;
    let mut feed = load_mut(&ctx.accounts.feed)?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    super::add_price_feed::write(&mut feed, &mut board, args)?;
    emit::log(&PriceFeedConfigured {
        header: EventHeader::of_feed(ctx.accounts.feed.key(), &feed, crate::loader::now()?),
        row: feed.row,
        board_sequence: board.sequence,
    })
}
