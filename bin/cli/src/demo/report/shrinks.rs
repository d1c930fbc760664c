//! Deleverages of markets: when, why, and what they were for those on the side that shrank.

use std::collections::{BTreeMap, BTreeSet};

use ballast_math::Price;
use ballast_risk::perp::{book, VALUE_BITS};
use ballast_risk::RiskError;
use ballast_state::PerpSide;
use serde::Serialize;

use super::figures::{distinct, rounded};
use super::perps::{symbol, usd};
use crate::demo::chain::{Chain, Stop};
use crate::demo::perps::{Holder, Ledger, Shrink, Side};
use crate::utc;

const HOUR: i64 = 3_600;

/// Deleverages of one side of a market that begin within an hour of the first, told as one.
#[derive(Debug, Serialize)]
pub(in crate::demo) struct ShrinkSeries {
    pub(in crate::demo) market: String,
    /// `longs` or `shorts`.
    pub(in crate::demo) side: &'static str,
    /// Closed by liquidations of the other side in the hour before and until the last step: the pool took their place.
    pub(in crate::demo) other_liquidated_usd: f64,
    /// Of everybody on the side, so much was closed in all.
    pub(in crate::demo) closed_percent: f64,
    pub(in crate::demo) closed_usd: f64,
    /// Premium of the skew that the side got back.
    pub(in crate::demo) returned_usd: f64,
    /// Positions that became smaller, and how many of them hedge what their account holds.
    pub(in crate::demo) positions: usize,
    pub(in crate::demo) hedges: usize,
    pub(in crate::demo) hedges_closed_usd: f64,
    /// What the holders' equity rose by in all, and the least that one's rose by: nobody's may fall.
    pub(in crate::demo) equity_gained_usd: f64,
    pub(in crate::demo) least_gained_usd: f64,
    /// Accounts that nothing but the grace kept from being liquidated within the hour, and the hedgers among them.
    pub(in crate::demo) spared: usize,
    pub(in crate::demo) hedgers_spared: usize,
    pub(in crate::demo) steps: Vec<ShrinkStep>,
}

/// One deleverage.
#[derive(Debug, Serialize)]
pub(in crate::demo) struct ShrinkStep {
    pub(in crate::demo) at: String,
    pub(in crate::demo) unix: i64,
    pub(in crate::demo) price_usd: f64,
    /// What the pool had for the market and what it needed, before and after.
    pub(in crate::demo) equity_usd: f64,
    pub(in crate::demo) required_usd: f64,
    pub(in crate::demo) equity_after_usd: f64,
    pub(in crate::demo) required_after_usd: f64,
    /// What longs were more than shorts, before and after.
    pub(in crate::demo) skew_before_usd: f64,
    pub(in crate::demo) skew_after_usd: f64,
    pub(in crate::demo) closed_usd: f64,
    pub(in crate::demo) closed_percent: f64,
}

impl ShrinkSeries {
    /// The first and the last.
    pub(in crate::demo) fn ends(&self) -> Option<(&ShrinkStep, &ShrinkStep)> {
        Some((self.steps.first()?, self.steps.last()?))
    }
}

/// All series, in the order of their beginning.
pub(super) fn shrinks(chain: &Chain, ledger: &Ledger) -> Result<Vec<ShrinkSeries>, Stop> {
    let mut all: BTreeMap<(i64, Side), Vec<&Shrink>> = BTreeMap::new();
    for shrink in &ledger.shrinks {
        all.entry((shrink.told.series_ts, shrink.side)).or_default().push(shrink);
    }
    all.into_iter().map(|((began, side), list)| series(chain, ledger, (side, began), &list)).collect()
}

fn series(chain: &Chain, ledger: &Ledger, key: (Side, i64), list: &[&Shrink]) -> Result<ShrinkSeries, Stop> {
    let steps = list.iter().map(|shrink| step(chain, shrink)).collect::<Result<Vec<_>, _>>()?;
    let holders = || list.iter().flat_map(|shrink| &shrink.holders);
    let closed = |hedges: bool| {
        let of = |shrink: &&Shrink| {
            let parts = shrink.holders.iter().filter(|one| one.hedges || !hedges);
            worth(shrink, parts.map(|one| one.lots[0].abs_diff(one.lots[1])).sum())
        };
        usd(chain, list.iter().map(of).sum())
    };
    let gained: BTreeMap<usize, i64> = holders().fold(BTreeMap::new(), |mut sums, one| {
        *sums.entry(one.member).or_default() += one.equity[1] - one.equity[0];
        sums
    });
    let members = |hedges: bool| distinct(holders().filter(|one| one.hedges || !hedges).map(|one| one.member));
    let spared = ledger.spared.get(&key);
    let is_hedger = |member: &usize| holders().any(|one: &Holder| one.member == *member && one.hedges);
    let other = Side { is_long: !key.0.is_long, ..key.0 };
    let until = steps.last().map_or(key.1, |step| step.unix);
    let nearby = |(at, side, _): &&(i64, Side, u128)| *side == other && (key.1 - HOUR..=until).contains(at);
    let liquidated: u128 = ledger.liquidations.iter().filter(nearby).map(|(.., value)| value).sum();
    let left: f64 = steps.iter().map(|step| 1.0 - step.closed_percent / 100.0).product();
    Ok(ShrinkSeries {
        market: list.first().map_or(String::new(), |shrink| symbol(&shrink.market)),
        side: if key.0.is_long { "longs" } else { "shorts" },
        other_liquidated_usd: usd(chain, i128::try_from(liquidated).unwrap_or(i128::MAX)),
        closed_percent: rounded(100.0 - 100.0 * left, 2),
        closed_usd: closed(false),
        returned_usd: usd(chain, list.iter().map(|shrink| i128::from(shrink.told.returned)).sum()),
        positions: members(false),
        hedges: members(true),
        hedges_closed_usd: closed(true),
        equity_gained_usd: equity(gained.values().sum()),
        least_gained_usd: equity(gained.values().copied().min().unwrap_or(0)),
        spared: spared.map_or(0, BTreeSet::len),
        hedgers_spared: spared.map_or(0, |members| members.iter().filter(|member| is_hedger(member)).count()),
        steps,
    })
}

fn step(chain: &Chain, shrink: &Shrink) -> Result<ShrinkStep, Stop> {
    let told = &shrink.told;
    let side = if shrink.side.is_long { PerpSide::Long } else { PerpSide::Short };
    let interest = book::open_interest(shrink.market.book(side)).map_err(RiskError::from)?;
    let skew = |lots: i64| usd(chain, worth(shrink, lots.unsigned_abs()) * i128::from(lots.signum()));
    Ok(ShrinkStep {
        at: utc::iso8601(shrink.at).unwrap_or_default(),
        unix: shrink.at,
        price_usd: rounded(shrink.market.mid as f64 / 2f64.powi(i32::try_from(Price::BITS).unwrap_or(0)), 4),
        equity_usd: usd(chain, told.equity_before.into()),
        required_usd: usd(chain, told.required_before.into()),
        equity_after_usd: usd(chain, told.equity.into()),
        required_after_usd: usd(chain, shrink.required_after.into()),
        skew_before_usd: skew(told.skew_before),
        skew_after_usd: skew(told.skew_after),
        closed_usd: usd(chain, worth(shrink, told.lots)),
        closed_percent: rounded(100.0 * told.lots as f64 / (interest as f64).max(1.0), 4),
    })
}

/// Lots at the mark, atoms.
fn worth(shrink: &Shrink, lots: u64) -> i128 {
    i128::try_from((u128::from(lots) * u128::from(shrink.told.mark)) >> VALUE_BITS).unwrap_or(i128::MAX)
}

/// 2⁻²⁰ USD.
fn equity(value: i64) -> f64 {
    rounded(value as f64 / (1u64 << ballast_math::Usd::BITS) as f64, 2)
}
