//! `refresh_price_feed`.

use anchor_lang::prelude::*;
use ballast_oracle::{fixed, parse_owned_by, Provider};
use ballast_risk::price::{self, PriceObservation};
use ballast_risk::Now;
use ballast_state::{OracleSource, PriceFeed, RiskBoard, FIXED_PRICE_EXPONENT, SOURCES};

use crate::emit;
use crate::error::{ensure, raise, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, PriceRefreshed};
use crate::loader;
use crate::view::view_mut;

/// Accounts of `refresh_price_feed`. The accounts of the feed's sources follow, in their order; a fixed price has none.
#[derive(Accounts)]
pub struct RefreshPriceFeed<'info> {
    /// CHECK: a feed, by `view_mut`.
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
    /// CHECK: the board of the feed's group, by `view_mut` and its group.
    #[account(mut)]
    pub board: UncheckedAccount<'info>,
}

/// Takes new prices into a feed and its row on the board. Anyone may call it.
///
/// 1. Parse every source's account; what a source's account does not say counts as nothing.
/// 2. Let the judge take what is newer and decide.
/// 3. Write feed and row.
///
/// # Errors
/// `WrongBoard`, `MissingAccount`, `WrongOracleAccount`, `PublishTimeNotNewer`, `PriceOutOfRange`, `NoUsableSource`; with a
/// single source also why its account cannot be read.
pub(crate) fn handle<'info>(ctx: Context<'info, RefreshPriceFeed<'info>>) -> Result<()> {
    let now = loader::now()?;
    let mut feed = view_mut::<PriceFeed>(&ctx.accounts.feed)?;
    let mut board = view_mut::<RiskBoard>(&ctx.accounts.board)?;
    ensure!(board.group == feed.group, BallastError::WrongBoard);

    let observations = observe(&feed, ctx.remaining_accounts, now)?;
    let refreshed = price::refresh(&mut feed, &mut board, &observations, now).or_fail()?;
    let row = board.row(feed.row).or_raise(BallastError::FeedNotListed)?;
    emit::log(&PriceRefreshed {
        header: EventHeader::of_feed(ctx.accounts.feed.key(), &feed, now),
        row: feed.row,
        state: row.state,
        sources: u8::try_from(refreshed.judged.count).or_raise(BallastError::Overflow)?,
        judged: refreshed.judged.price.0,
        mid: row.mid,
        low: row.low,
        high: row.high,
        fair_low: row.fair_low,
        fair_high: row.fair_high,
        publish_ts: row.publish_ts,
        board_sequence: board.sequence,
    })
}

/// What each source's account says.
fn observe(feed: &PriceFeed, infos: &[AccountInfo<'_>], now: Now) -> Result<[Option<PriceObservation>; SOURCES]> {
    let mut observations = [None; SOURCES];
    let mut infos = infos.iter();
    let alone = feed.source_count() == 1;
    for (source, slot) in feed.sources.iter().zip(&mut observations) {
        let Some(provider) = Provider::from_u8(source.provider) else { break };
        if provider == Provider::Fixed {
            *slot = Some(fixed::observe(i128::from(source.fixed_price), FIXED_PRICE_EXPONENT, now.ts, now.slot));
            continue;
        }
        let info = infos.next().or_raise(BallastError::MissingAccount)?;
        ensure!(source.account == Pubkey::default() || info.key == &source.account, BallastError::WrongOracleAccount);
        *slot = match read(provider, source, info) {
            Ok(observation) => Some(observation),
            // With other sources the judge goes on without this one; alone, its failure is the answer.
            Err(error) if alone => return Err(error),
            Err(_) => None,
        };
    }
    Ok(observations)
}

pub(super) fn read(provider: Provider, source: &OracleSource, info: &AccountInfo<'_>) -> Result<PriceObservation> {
    let data = info.data.try_borrow().or_raise(BallastError::DuplicateAccount)?;
    let feed_id = (source.feed_id != [0; 32]).then_some(&source.feed_id);
    parse_owned_by(provider, &[source.owner.to_bytes()], &info.owner.to_bytes(), &data, feed_id)
        .map_err(|error| raise(error.into()))
}
