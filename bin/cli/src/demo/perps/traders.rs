//! Traders: longs and shorts on a deposit of the stablecoin, and hedgers, who short what they hold. Each opens, holds, closes, and
//! comes back, always in one market and always through orders.

use ballast_client::ballast::types::OrderArgs;
use ballast_client::events::Event;
use ballast_client::perps::{self as ix, Follow};
use ballast_math::{Price, Usd};
use ballast_risk::perp::slots;
use solana_pubkey::Pubkey;

use super::{banks_of, dollars, Book};
use crate::demo::chain::{By, Chain, Kind, Stop, Touched};
use crate::demo::journal::Journal;

/// Deposits, dollars, and how many of a hundred traders bring about so much.
const SIZES: [(u64, u64); 6] = [(500, 20), (2_000, 25), (8_000, 25), (25_000, 18), (100_000, 9), (400_000, 3)];
/// Of a hundred traders so many go long, short, and hedge.
const STYLES: [u64; 3] = [48, 24, 28];
/// How much of the largest position people take, in hundredths, and how often.
const LEVERAGE: [(u64, u64, u64); 3] = [(30, 75, 92), (45, 35, 75), (25, 10, 35)];
/// Of a hundred traders so many close when they have lost half.
const CAREFUL: u64 = 35;
/// Largest positions in hundredths of the deposit, by symbol: what Initial allows, and fees.
const MOST: [(&str, u64); 3] = [("SOL", 390), ("ETH", 590), ("BTC", 760)];

/// Where a trader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing held; opens then.
    Waits(i64),
    /// An order is under way.
    Ordered,
    /// Holds a position; closes then.
    Holds(i64),
}

/// One trader.
#[derive(Debug)]
pub(in crate::demo) struct Trader {
    pub(in crate::demo) member: usize,
    pub(super) market: u16,
    /// Long or short; a hedger is always short.
    is_long: bool,
    pub(in crate::demo) hedges: bool,
    /// Size of a position, dollars at the time.
    size: u64,
    /// The deposit, dollars.
    pub(in crate::demo) capital: u64,
    /// Closes when half is lost.
    is_careful: bool,
    phase: Phase,
}

/// An order that waits for its print.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) struct Pending {
    pub(super) trader: usize,
    pub(super) id: u64,
    pub(super) eligible: i64,
    pub(super) expiry: i64,
    /// The account with its print, once there is one, and when that was published.
    pub(super) print: Option<(Pubkey, i64)>,
}

impl Book {
    /// Lets traders in, with their deposits and nothing open. Returns what they brought, dollars.
    pub(in crate::demo) fn admit(&mut self, chain: &mut Chain, count: usize, from: i64, to: i64) -> Result<u64, Stop> {
        let mut total = 0;
        for number in 0..count {
            let random = &mut self.random;
            let Some(perps) = &chain.perps else { return Ok(0) };
            let market = random.below(perps.markets.len() as u64) as u16;
            let row = perps.markets[usize::from(market)].feed;
            let style = random.weighted(&STYLES);
            let (about, _) = SIZES[random.weighted(&SIZES.map(|(_, weight)| weight))];
            let capital = about * random.between(50, 150) / 100;
            let (_, low, high) = LEVERAGE[random.weighted(&LEVERAGE.map(|(weight, ..)| weight))];
            let part = random.between(low, high);
            let is_careful = random.percent(CAREFUL);
            // Most are in within the first tenth.
            let window = u64::try_from(to - from).unwrap_or(0);
            let opens = from + random.below(window / if number % 4 == 0 { 2 } else { 10 } + 1) as i64;
            // Banks and rows are listed in one order.
            let bank = u16::from(row);
            let hedges = style == 2;
            let most = MOST.iter().find(|(symbol, _)| symbol_of(chain, row) == *symbol).map_or(300, |(_, most)| *most);
            let size = if hedges { capital } else { capital * most / 100 * part / 100 };
            let member = chain.join(Kind::Trader)?;
            let deposit = if hedges { bank } else { 0 };
            chain.deposit(member, deposit, chain.atoms(deposit, dollars(capital)).max(1))?;
            // A hedger has something to pay fees and losses with.
            if hedges {
                chain.deposit(member, 0, chain.atoms(0, dollars(capital / 10 + 10)))?;
            }
            let who = &chain.members[member];
            let open = ix::open_orders(&who.owner(), &who.account);
            chain.require("open_orders", open, By::Member(member), Touched::default())?;
            total += capital;
            self.traders.push(Trader {
                member,
                market,
                is_long: style == 0,
                hedges,
                size,
                capital,
                is_careful,
                phase: Phase::Waits(opens),
            });
        }
        Ok(total)
    }

    /// A round: who wants to open or close does. Returns the earliest moment at which an order can be filled.
    pub(in crate::demo) fn trade(
        &mut self,
        chain: &mut Chain,
        journal: &mut Journal,
        to: i64,
    ) -> Result<Option<i64>, Stop> {
        let now = chain.now().ts;
        for index in 0..self.traders.len() {
            let Some(perps) = &chain.perps else { return Ok(None) };
            let one = &self.traders[index];
            let held = slots::held(&chain.members[one.member].state, &perps.markets[usize::from(one.market)])
                .map_err(ballast_risk::RiskError::from)?;
            match one.phase {
                Phase::Waits(at) if at <= now && now < to => {
                    let lots = lots_of(chain, one.market, dollars(one.size))?;
                    let lots = if one.is_long { lots } else { -lots };
                    if !self.place(chain, journal, index, lots, false)? {
                        self.retry_with_less(index, now);
                    }
                }
                // Liquidated.
                Phase::Holds(_) if held == 0 => self.rest(index, now, to),
                Phase::Holds(until) if until <= now || (one.is_careful && has_lost_half(chain, one)?) => {
                    self.place(chain, journal, index, -held, true)?;
                }
                _ => {}
            }
        }
        Ok(self.pending.iter().filter(|order| order.print.is_none()).map(|order| order.eligible).min())
    }

    /// Too much, or no room: less, and later.
    pub(super) fn retry_with_less(&mut self, trader: usize, now: i64) {
        self.traders[trader].size = self.traders[trader].size * 7 / 10;
        self.traders[trader].phase = Phase::Waits(now + 2 * self.round);
    }

    /// Pauses, and perhaps changes its mind.
    fn rest(&mut self, index: usize, now: i64, to: i64) {
        let pause = self.random.below(u64::try_from((to - now).max(0) / 3).unwrap_or(0) + 1) as i64;
        let turns = self.random.percent(40);
        let one = &mut self.traders[index];
        one.is_long ^= turns && !one.hedges;
        one.phase = Phase::Waits(now + pause.max(self.round));
    }

    fn place(
        &mut self,
        chain: &mut Chain,
        journal: &mut Journal,
        trader: usize,
        lots: i64,
        reduce_only: bool,
    ) -> Result<bool, Stop> {
        let one = &self.traders[trader];
        let Some(perps) = &chain.perps else { return Ok(false) };
        let who = &chain.members[one.member];
        let life = perps.markets[usize::from(one.market)].terms.order_life;
        let args = OrderArgs { lots, limit: 0, reduce_only, life };
        let banks = banks_of(chain, &who.state);
        let follow = Follow { banks: &banks, markets: &[] };
        let place = ix::place_order(&who.owner(), perps.market(one.market), &who.account, args, follow);
        let touched = Touched { members: &[one.member], markets: &[one.market], ..Touched::default() };
        let Some(sent) = chain.submit("place_order", place, By::Member(one.member), touched)? else {
            return Ok(false);
        };
        journal.perps.fills.entry(one.market).or_default().placed += 1;
        for event in &sent.events {
            if let Event::OrderPlaced(placed) = event {
                self.pending.push(Pending {
                    trader,
                    id: placed.id,
                    eligible: placed.eligible_ts,
                    expiry: placed.expiry_ts,
                    print: None,
                });
            }
        }
        self.traders[trader].phase = Phase::Ordered;
        Ok(true)
    }

    /// After a trader's order filled or ended: what it holds now decides.
    pub(super) fn ended(&mut self, chain: &Chain, trader: usize, to: i64) {
        let (member, now) = (self.traders[trader].member, chain.now().ts);
        if chain.members[member].state.perp_count == 0 {
            return self.rest(trader, now, to);
        }
        let left = u64::try_from((to - now).max(0)).unwrap_or(0);
        let hold = self.random.between(left / 6, left * 4 / 3 + 1);
        self.traders[trader].phase = Phase::Holds(now.saturating_add(i64::try_from(hold).unwrap_or(i64::MAX)));
    }
}

/// Lots of a market that are worth so much at the judged price.
fn lots_of(chain: &Chain, market: u16, value: Usd) -> Result<i64, Stop> {
    let Some(perps) = &chain.perps else { return Ok(0) };
    let market = &perps.markets[usize::from(market)];
    let mid = Price(chain.board.row(market.feed).map_or(0, |row| row.mid));
    let lots = mid.atoms_down(value, 10u64.pow(market.lot_decimals.into())).map_err(ballast_risk::RiskError::from)?;
    Ok(i64::try_from(lots.max(market.terms.order_min)).unwrap_or(i64::MAX))
}

fn has_lost_half(chain: &Chain, trader: &Trader) -> Result<bool, Stop> {
    let health = chain.health(&chain.members[trader.member].state, &chain.accrued()?)?;
    Ok(health.assets.excess_over(health.liabilities) < Usd(dollars(trader.capital).0 / 2))
}

/// The symbol of a row.
fn symbol_of(chain: &Chain, row: u8) -> String {
    let key = ballast_client::addresses::feed(&chain.group(), row);
    let feed: ballast_state::PriceFeed = chain.world.svm.read(&key);
    String::from_utf8_lossy(&feed.symbol).trim_end_matches('\0').to_owned()
}
