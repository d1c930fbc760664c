//! `configure_price_feed`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Group, PriceFeed, RiskBoard};

use super::add_perp_market::require_pull_source;
use crate::args::PriceFeedArgs;
use crate::emit;
use crate::error::{ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, PriceFeedConfigured};
use crate::roles;
use crate::view::{view, view_mut};

/// Accounts of `configure_price_feed`.
#[derive(Accounts)]
pub struct ConfigurePriceFeed<'info> {
    /// The admin.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and key.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
    /// CHECK: a feed of the group, by `view_mut` and its group.
    #[cfg(not(feature = "idl-build"))]
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
    #[cfg(feature = "idl-build")]
    #[account(mut)]
    pub feed: AccountLoader<'info, PriceFeed>,
}

/// Changes a feed. The judged price stays; a source that changed starts without a print. A feed of perps keeps a source that
/// says what it printed before, and floors that allow their terms. For the admin of a group without a timelock, and for the
/// timelock.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `WrongGroup`, `InvalidParameter`, `MarginTooHigh`, `AddOnBelowBonus`; with
/// perps `NoPullSource`, `PremiumTooSteep`.
pub(crate) fn handle(ctx: Context<ConfigurePriceFeed>, args: &PriceFeedArgs) -> Result<()> {
    let group = view::<Group>(&ctx.accounts.group)?;
    roles::require_full(&group, ctx.accounts.authority.key)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    ensure_same(&board.group, ctx.accounts.group.key, BallastError::WrongBoard)?;
    let mut feed = view_mut::<PriceFeed>(ctx.accounts.feed.as_ref())?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    super::add_price_feed::write(&mut feed, &mut board, args)?;
    if feed.perps > 0 {
        require_pull_source(&feed)?;
        perp::require_floors(&feed).or_fail()?;
    }
    emit::log(&PriceFeedConfigured {
        header: EventHeader::of_feed(ctx.accounts.feed.key(), &feed, crate::loader::now()?),
        row: feed.row,
        board_sequence: board.sequence,
    })
}
