//! Perps: the pool, the markets, and who paid whom.

use ballast_math::Usd;
use ballast_risk::perp::{book, VALUE_BITS};
use ballast_risk::RiskError;
use ballast_state::{PerpMarket, SideBook};
use serde::Serialize;

use super::figures::{cents, rounded};
use super::shrinks::{shrinks, ShrinkSeries};
use crate::demo::chain::{Chain, Funding, Perps, Stop};
use crate::demo::perps::{Fills, Flows, Ledger, Waiting};
use crate::demo::replay::{PerpsSample, Replay};

/// Parts of the price per second that make a percent an hour: 10¹⁸ / 360,000.
const PERCENT_HOUR: f64 = 1e18 / 360_000.0;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct PerpsPart {
    pub(in crate::demo) traders: usize,
    pub(in crate::demo) hedgers: usize,
    pub(in crate::demo) pool: PoolPart,
    pub(in crate::demo) markets: Vec<MarketPart>,
    pub(in crate::demo) settlements: u64,
    /// Profits of positions that are closed, not paid yet.
    pub(in crate::demo) waiting_usd: f64,
    /// What the pool lacks of what it owes, in markets whose equity is below zero at the end.
    pub(in crate::demo) unbacked_usd: f64,
    /// Markets that were deleveraged, every step recomputed on the host, byte for byte.
    pub(in crate::demo) deleverages: Vec<ShrinkSeries>,
    pub(in crate::demo) syncs: u64,
    /// Liquidations of perps that were recomputed on the host, byte for byte.
    pub(in crate::demo) recomputed: u64,
    pub(in crate::demo) bad_debt_usd: f64,
    /// Who won and lost what, by cause; every cause adds up to nothing.
    pub(in crate::demo) transfers: Vec<Transfer>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct PoolPart {
    pub(in crate::demo) providers: usize,
    pub(in crate::demo) epochs: u64,
    /// Net assets, USD.
    pub(in crate::demo) start_usd: f64,
    pub(in crate::demo) low_usd: f64,
    pub(in crate::demo) end_usd: f64,
    pub(in crate::demo) entered_usd: f64,
    pub(in crate::demo) left_usd: f64,
    /// What its deposit earned in the bank.
    pub(in crate::demo) interest_usd: f64,
    /// What its books say it won or lost by perps: the last line of its transfers, found another way.
    pub(in crate::demo) result_usd: f64,
    /// Net assets over time, USD, at the moments of `history`.
    pub(in crate::demo) usd: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct MarketPart {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) orders_placed: u64,
    pub(in crate::demo) orders_filled: u64,
    pub(in crate::demo) orders_ended: u64,
    /// Of these, since the pool lacked margin for the skew.
    pub(in crate::demo) orders_refused: u64,
    pub(in crate::demo) volume_usd: f64,
    pub(in crate::demo) liquidations: u64,
    pub(in crate::demo) liquidated_usd: f64,
    /// Most over time, and at the end.
    pub(in crate::demo) long_most_usd: f64,
    pub(in crate::demo) short_most_usd: f64,
    pub(in crate::demo) long_end_usd: f64,
    pub(in crate::demo) short_end_usd: f64,
    pub(in crate::demo) skew_most_usd: f64,
    /// Lowest and highest rate, percent of the price an hour; above zero longs pay.
    pub(in crate::demo) funding_low_percent_hour: f64,
    pub(in crate::demo) funding_high_percent_hour: f64,
    pub(in crate::demo) funding_of_longs_usd: f64,
    pub(in crate::demo) funding_of_shorts_usd: f64,
    /// Both sides over time, USD, at the moments of `history`.
    pub(in crate::demo) long_usd: Vec<f64>,
    pub(in crate::demo) short_usd: Vec<f64>,
    pub(in crate::demo) skew_usd: Vec<f64>,
}

/// What somebody won, or below zero lost, USD.
#[derive(Debug, Serialize)]
pub(in crate::demo) struct Transfer {
    pub(in crate::demo) who: &'static str,
    /// Moves of the price, and the spread of fills.
    pub(in crate::demo) price_usd: f64,
    pub(in crate::demo) funding_usd: f64,
    pub(in crate::demo) premium_usd: f64,
    pub(in crate::demo) fees_usd: f64,
    pub(in crate::demo) keepers_usd: f64,
    pub(in crate::demo) bonuses_usd: f64,
    pub(in crate::demo) bad_debt_usd: f64,
    pub(in crate::demo) total_usd: f64,
}

/// The same, atoms.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    price: i128,
    funding: i128,
    premium: i128,
    fees: i128,
    keepers: i128,
    bonuses: i128,
    bad_debt: i128,
}

impl Row {
    fn parts(self) -> [i128; 7] {
        [self.price, self.funding, self.premium, self.fees, self.keepers, self.bonuses, self.bad_debt]
    }

    fn total(self) -> i128 {
        self.parts().iter().sum()
    }

    fn shown(self, chain: &Chain, who: &'static str) -> Transfer {
        let [price, funding, premium, fees, keepers, bonuses, bad_debt] = self.parts().map(|atoms| usd(chain, atoms));
        Transfer {
            who,
            price_usd: price,
            funding_usd: funding,
            premium_usd: premium,
            fees_usd: fees,
            keepers_usd: keepers,
            bonuses_usd: bonuses,
            bad_debt_usd: bad_debt,
            total_usd: usd(chain, self.total()),
        }
    }
}

impl PerpsPart {
    /// Of a replay that ran to its end.
    pub(super) fn of(replay: &Replay<'_>) -> Result<Option<Self>, Stop> {
        let chain = &replay.market.chain;
        let (Some(perps), Some(book)) = (&chain.perps, &replay.market.book) else { return Ok(None) };
        let ledger = &replay.journal.perps;
        let samples: Vec<&PerpsSample> = replay.samples.iter().filter_map(|sample| sample.perps.as_ref()).collect();
        let (rows, debts) = rows(perps, ledger)?;
        let pool = pool(replay, perps, book.began, &samples)?;
        Ok(Some(Self {
            traders: book.traders.len(),
            hedgers: book.traders.iter().filter(|one| one.hedges).count(),
            markets: perps
                .markets
                .iter()
                .enumerate()
                .map(|(index, market)| part(chain, ledger, perps.funding[index], market, &samples))
                .collect(),
            pool: PoolPart { providers: book.providers.len(), ..pool },
            settlements: ledger.settlements,
            waiting_usd: usd(chain, waiting(chain, perps)),
            unbacked_usd: usd(
                chain,
                perps.markets.iter().map(|market| i128::from(market.equity.min(0))).sum::<i128>().abs(),
            ),
            deleverages: shrinks(chain, ledger)?,
            syncs: ledger.syncs,
            recomputed: chain.tally.perps_recomputed,
            bad_debt_usd: usd(chain, debts),
            transfers: rows.into_iter().map(|(who, row)| row.shown(chain, who)).collect(),
        }))
    }
}

/// Everybody by name.
type Rows = Vec<(&'static str, Row)>;

/// Who won and lost what, in atoms, and the debts that traders left.
fn rows(perps: &Perps, ledger: &Ledger) -> Result<(Rows, i128), Stop> {
    let mut sides = [Flows::default(); 2];
    let (mut open, mut funding) = ([0i128; 2], [0i128; 2]);
    for (side, flows) in &ledger.sides {
        sides[usize::from(!side.is_long)].add(flows);
    }
    for (market, received) in perps.markets.iter().zip(&perps.funding) {
        for (place, (side, received)) in
            [(&market.long, received.long), (&market.short, received.short)].into_iter().enumerate()
        {
            open[place] += owed(side)?;
            funding[place] += received >> VALUE_BITS;
        }
    }
    let of = |place: usize| {
        let flows = &sides[place];
        Row {
            price: flows.settled + open[place] - funding[place] + flows.premium,
            funding: funding[place],
            premium: -flows.premium,
            fees: -flows.fees,
            keepers: -flows.keepers,
            bonuses: -flows.bonuses,
            bad_debt: flows.unpaid,
        }
    };
    let (longs, shorts) = (of(0), of(1));
    let mut all = sides[0];
    all.add(&sides[1]);
    all.add(&ledger.later);
    let later = Row { bad_debt: ledger.later.unpaid, ..Row::default() };
    let providers = Row {
        price: -longs.price - shorts.price,
        funding: -longs.funding - shorts.funding,
        premium: all.premium,
        fees: all.fees,
        bad_debt: -all.pooled,
        ..Row::default()
    };
    let keepers = Row { keepers: all.keepers, ..Row::default() };
    let liquidators = Row { bonuses: all.bonuses - all.insured_bonuses, ..Row::default() };
    let insurance = Row { bonuses: all.insured_bonuses, bad_debt: -all.insured, ..Row::default() };
    let lenders = Row { bad_debt: -all.socialized, ..Row::default() };
    let mut rows = vec![
        ("longs", longs),
        ("shorts", shorts),
        ("providers", providers),
        ("order keepers", keepers),
        ("liquidators", liquidators),
        ("insurance", insurance),
        ("lenders", lenders),
    ];
    if later.bad_debt != 0 {
        rows.push(("former traders", later));
    }
    Ok((rows, all.unpaid))
}

fn pool(replay: &Replay<'_>, perps: &Perps, began: u64, samples: &[&PerpsSample]) -> Result<PoolPart, Stop> {
    let (chain, ledger) = (&replay.market.chain, &replay.journal.perps);
    let bank = chain.accrued()?[usize::from(perps.quote.bank)];
    let interest = perps.earned(&chain.banks[usize::from(perps.quote.bank)], &bank) >> 64;
    let funds = i128::from(ballast_risk::perp::funds(&perps.pool, &bank, chain.now()).map_err(RiskError::from)?);
    let mut owed_all = 0;
    for market in &perps.markets {
        owed_all += owed(&market.long)? + owed(&market.short)?;
    }
    let result = funds - owed_all + ledger.left - ledger.entered - i128::from(began) - interest;
    let values: Vec<f64> = samples.iter().map(|sample| usd(chain, sample.assets)).collect();
    Ok(PoolPart {
        providers: 0,
        epochs: ledger.epochs,
        start_usd: usd(chain, i128::from(began)),
        low_usd: values.iter().copied().fold(f64::INFINITY, f64::min),
        end_usd: usd(chain, perps.assets(&perps.markets, &bank, chain.now())?),
        entered_usd: usd(chain, ledger.entered),
        left_usd: usd(chain, ledger.left),
        interest_usd: usd(chain, interest),
        result_usd: usd(chain, result),
        usd: values,
    })
}

fn part(chain: &Chain, ledger: &Ledger, funding: Funding, market: &PerpMarket, samples: &[&PerpsSample]) -> MarketPart {
    let fills: Fills = ledger.fills.get(&market.index).copied().unwrap_or_default();
    let over_time = |value: fn(&PerpMarket) -> i128| -> Vec<f64> {
        samples.iter().map(|sample| usd(chain, value(&sample.markets[usize::from(market.index)]))).collect()
    };
    let (long, short) = (over_time(|it| interest(&it.long, it.mark)), over_time(|it| interest(&it.short, it.mark)));
    let skew: Vec<f64> = long.iter().zip(&short).map(|(long, short)| rounded(long - short, 2)).collect();
    let rates: Vec<f64> = samples
        .iter()
        .map(|sample| sample.markets[usize::from(market.index)].funding_rate as f64 / PERCENT_HOUR)
        .collect();
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let atoms = |value: u128| i128::try_from(value).unwrap_or(i128::MAX);
    MarketPart {
        symbol: symbol(market),
        orders_placed: fills.placed,
        orders_filled: fills.filled,
        orders_ended: fills.ended,
        orders_refused: fills.refused,
        volume_usd: usd(chain, atoms(fills.volume)),
        liquidations: fills.liquidations,
        liquidated_usd: usd(chain, atoms(fills.liquidated)),
        long_most_usd: most(&long),
        short_most_usd: most(&short),
        long_end_usd: usd(chain, interest(&market.long, market.mark)),
        short_end_usd: usd(chain, interest(&market.short, market.mark)),
        skew_most_usd: skew
            .iter()
            .copied()
            .fold(0.0, |most, skew| if f64::abs(skew) > f64::abs(most) { skew } else { most }),
        funding_low_percent_hour: rounded(rates.iter().copied().fold(f64::INFINITY, f64::min), 5),
        funding_high_percent_hour: rounded(rates.iter().copied().fold(f64::NEG_INFINITY, f64::max), 5),
        funding_of_longs_usd: usd(chain, funding.long >> VALUE_BITS),
        funding_of_shorts_usd: usd(chain, funding.short >> VALUE_BITS),
        long_usd: long,
        short_usd: short,
        skew_usd: skew,
    }
}

/// What the pool owes a side, whole atoms.
fn owed(side: &SideBook) -> Result<i128, Stop> {
    Ok(book::owed(side).map_err(RiskError::from)? >> VALUE_BITS)
}

/// Profits of all positions without size, whole atoms.
fn waiting(chain: &Chain, perps: &Perps) -> i128 {
    let of = |position| Waiting::of(position, &perps.markets[usize::from(position.market)]);
    chain.members.iter().flat_map(|member| member.state.positions()).filter_map(of).map(|one| one.atoms).sum()
}

/// Open interest of a side at a mark, atoms.
fn interest(side: &SideBook, mark: u64) -> i128 {
    let lots = book::open_interest(side).unwrap_or(0);
    i128::try_from((u128::from(lots) * u128::from(mark)) >> VALUE_BITS).unwrap_or(i128::MAX)
}

pub(super) fn symbol(market: &PerpMarket) -> String {
    String::from_utf8_lossy(&market.symbol).trim_end_matches('\0').to_owned()
}

/// Atoms of the token that perps settle in, USD at its last price.
pub(super) fn usd(chain: &Chain, atoms: i128) -> f64 {
    let value: Usd = chain.value(0, u64::try_from(atoms.unsigned_abs()).unwrap_or(u64::MAX));
    rounded(if atoms < 0 { -cents(value) } else { cents(value) }, 2)
}
