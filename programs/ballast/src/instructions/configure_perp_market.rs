//! `configure_perp_market`.

use anchor_lang::prelude::*;
use ballast_risk::perp;
use ballast_state::{Bank, Group, LiquidityPool, MarketMode, PriceFeed};

use crate::args::MarketArgs;
use crate::emit;
use crate::error::{ensure, ensure_same, BallastError, OrFail, Result};
use crate::events::{EventHeader, MarketConfigured};
use crate::loader;
use crate::roles::{self, Power};
use crate::view::{view, view_mut};

/// Accounts of `configure_perp_market`.
#[derive(Accounts)]
pub struct ConfigurePerpMarket<'info> {
    /// The admin, the risk admin or the timelock.
    pub authority: Signer<'info>,
    /// CHECK: the group, by view.
    pub group: UncheckedAccount<'info>,
    /// CHECK: its board, by view and group.
    pub board: UncheckedAccount<'info>,
    /// CHECK: the underlying's feed, by view, group and row.
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the group's pool, by key.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// CHECK: the pool's bank, by key.
    pub bank: UncheckedAccount<'info>,
    /// CHECK: a market of the group, by `loader::market`.
    #[account(mut)]
    pub market: UncheckedAccount<'info>,
}

/// Changes a market's terms and mode. What can only lower risk comes at once, by the admin or the risk admin, whatever became
/// of prices; all else is for the admin of a group without a timelock, and for the timelock, after funding up to now at the old
/// terms. Wind-down leaves the terms as they are: after the group's notice anyone can settle the market.
///
/// # Errors
/// `Unauthorised`, `TimelockRequired`, `WrongBoard`, `WrongGroup`, `MarketMismatch`, `PoolMismatch`, `BankMismatch`, `PriceUnset`,
/// `InvalidParameter`, `PremiumTooSteep`, `InvalidModeChange`.
pub(crate) fn handle(ctx: Context<ConfigurePerpMarket>, mode: u8, args: &MarketArgs) -> Result<()> {
    let now = loader::now()?;
    let accounts = &ctx.accounts;
    let power = roles::power(&*view::<Group>(&accounts.group)?, accounts.authority.key)?;
    let board = loader::board(&accounts.board, accounts.group.key)?;
    let mut feed = view_mut::<PriceFeed>(&accounts.feed)?;
    ensure_same(&feed.group, &board.group, BallastError::WrongGroup)?;
    let mut market = loader::market(&accounts.market, &board.group)?;
    ensure!(feed.row == market.feed, BallastError::MarketMismatch);
    let mut pool = view_mut::<LiquidityPool>(&accounts.pool)?;
    loader::check_pool(&market, &accounts.pool, &pool, &accounts.bank)?;
    let bank = view::<Bank>(&accounts.bank)?;
    let terms = args.terms();
    if mode == MarketMode::WindDown.to_byte() && mode != market.mode {
        // Its end is published: nothing else changes with it.
        ensure!(power == Power::Full, BallastError::TimelockRequired);
        perp::wind_down(&mut market, &board, now).or_fail()?;
    } else if perp::is_tighter(&market, &terms, mode) {
        perp::tighten(&mut market, terms, mode).or_fail()?;
    } else {
        ensure!(power == Power::Full, BallastError::TimelockRequired);
        loader::sync(&accounts.market, &mut market, &mut pool, &bank, &board, now)?;
        perp::configure(&mut market, &mut pool, &feed, terms, mode).or_fail()?;
        perp::refresh_equity(&mut market, &pool, &bank, now).or_fail()?;
    }
    perp::note_terms(&mut feed, &market).or_fail()?;
    feed.sequence = feed.sequence.wrapping_add(1);
    emit::log(&MarketConfigured::of(EventHeader::of_market(accounts.market.key(), &market, now), &market))
}
