//! The watch over markets: where the pool lacks margin for the skew, a keeper deleverages. Anyone could, unpaid.

use ballast_client::ballast::events::MarketDeleveraged;
use ballast_client::events::Event;
use ballast_client::perps as ix;
use ballast_risk::perp::{self, liquidity, slots};
use ballast_risk::{RiskError, RiskResult};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpSide};

use super::{Book, Side};
use crate::demo::chain::{By, Chain, Stop, Touched};
use crate::demo::journal::Journal;

/// One deleverage of a market: its receipt, and what it was for those it touched.
pub(in crate::demo) struct Shrink {
    pub(in crate::demo) at: i64,
    pub(in crate::demo) side: Side,
    pub(in crate::demo) told: MarketDeleveraged,
    /// The market before, at the marks of the moment.
    pub(in crate::demo) market: PerpMarket,
    /// R_m after, atoms.
    pub(in crate::demo) required_after: u64,
    /// Everybody on the side that shrank.
    pub(in crate::demo) holders: Vec<Holder>,
}

impl std::fmt::Debug for Shrink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shrink").field("at", &self.at).field("holders", &self.holders).finish_non_exhaustive()
    }
}

/// A position that became smaller.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) struct Holder {
    pub(in crate::demo) member: usize,
    /// Holds the underlying, too.
    pub(in crate::demo) hedges: bool,
    /// Lots before and after, below zero for shorts.
    pub(in crate::demo) lots: [i64; 2],
    /// The account's equity before and after, 2⁻²⁰ USD.
    pub(in crate::demo) equity: [i64; 2],
}

impl Book {
    /// Deleverages every market of which the engine says that its pool lacks Maintenance margin.
    pub(in crate::demo) fn watch(&self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        let Some((quote, count)) = chain.perps.as_ref().map(|perps| (perps.quote, perps.pool.market_count)) else {
            return Ok(());
        };
        for index in 0..count {
            let Some(expected) = expect(chain, index)? else { continue };
            let mut holders = self.holders(chain, &expected)?;
            let touched = Touched { pool: true, markets: &[index], ..Touched::default() };
            let deleverage = ix::deleverage_market(quote, index);
            let sent = chain.submit("deleverage_market", deleverage, By::Anyone, touched)?;
            let at = chain.now().ts;
            let differs = Stop::Differs { after: "deleverage_market", at };
            let same = chain.perps.as_ref().is_some_and(|perps| {
                perps.markets[usize::from(index)] == expected.after && perps.pool == expected.pool
            });
            let receipt = sent.into_iter().flat_map(|sent| sent.events).find_map(|event| match event {
                Event::MarketDeleveraged(receipt) => Some(receipt),
                _ => None,
            });
            let (true, Some(told)) = (same, receipt) else { return Err(differs) };
            for holder in &mut holders {
                let state = &chain.members[holder.member].state;
                holder.lots[1] = slots::held(state, &expected.after).map_err(RiskError::from)?;
                holder.equity[1] = equity(chain, state)?;
                if holder.equity[1] < holder.equity[0] {
                    return Err(Stop::Taken { account: chain.members[holder.member].account, at });
                }
            }
            let side = Side { market: index, is_long: expected.side == PerpSide::Long };
            let required_after = expected.required_after;
            journal.perps.deleveraged(Shrink { at, side, told, market: expected.before, required_after, holders });
        }
        Ok(())
    }

    /// Everybody on the side that is going to shrink, as they stand.
    fn holders(&self, chain: &Chain, expected: &Expected) -> Result<Vec<Holder>, Stop> {
        let mut holders = Vec::new();
        for one in self.traders.iter().filter(|one| one.market == expected.before.index) {
            let state = &chain.members[one.member].state;
            let lots = slots::held(state, &expected.before).map_err(RiskError::from)?;
            if lots != 0 && PerpSide::of(lots) == expected.side {
                let before = equity(chain, state)?;
                holders.push(Holder {
                    member: one.member,
                    hedges: one.hedges,
                    lots: [lots, lots],
                    equity: [before, before],
                });
            }
        }
        Ok(holders)
    }
}

/// What the program is going to do, computed on the host as its handler does.
struct Expected {
    /// Synced, not deleveraged.
    before: PerpMarket,
    side: PerpSide,
    after: PerpMarket,
    required_after: u64,
    pool: LiquidityPool,
}

/// Nothing while the pool has the margin, or where prices are too old or there is nothing to shrink.
fn expect(chain: &Chain, index: u16) -> RiskResult<Option<Expected>> {
    let perps = chain.perps.as_ref().ok_or(RiskError::MarketMismatch)?;
    let (bank, board, now) = (&chain.banks[usize::from(perps.quote.bank)], &*chain.board, chain.now());
    let (mut before, mut pool) = (perps.markets[usize::from(index)], perps.pool);
    perp::sync(&mut before, &mut pool, bank, board, now)?;
    let mut after = before;
    match perp::deleverage(&mut after, &pool, bank, board, now) {
        Ok(done) => {
            let required_after = liquidity::maintenance_requirement(&after, done.skew_after, board, now)?;
            Ok(Some(Expected { before, side: done.side, after, required_after, pool }))
        }
        Err(RiskError::MarketHealthy | RiskError::NothingToDo | RiskError::PairPriceStale) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What an account has, less what it owes.
fn equity(chain: &Chain, account: &MarginAccount) -> Result<i64, Stop> {
    let health = chain.health(account, &chain.accrued()?)?;
    Ok(health.equity().map_err(RiskError::from)?)
}

/// Notes a member that only the grace after a deleverage keeps from being liquidated, if it is one.
pub(in crate::demo) fn note_spared(
    chain: &Chain,
    journal: &mut Journal,
    member: usize,
    banks: &[Bank],
) -> RiskResult<()> {
    let state = &chain.members[member].state;
    let Some(perps) = chain.perps.as_ref().filter(|_| !journal.perps.shrinks.is_empty()) else { return Ok(()) };
    if !chain.is_spared(state, banks)? {
        return Ok(());
    }
    for position in state.positions() {
        let (Some(side), Some(book)) = (Side::of_position(position), PerpSide::from_byte(position.side)) else {
            continue;
        };
        let began = perps.markets[usize::from(position.market)].book(book).deleverage_ts;
        journal.perps.spared.entry((side, began)).or_default().insert(member);
    }
    Ok(())
}
