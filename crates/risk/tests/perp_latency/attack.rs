//! Traders who know prices before the chain does, against the engine's own orders.

use ballast_risk::perp::order::{By, Kill, Outcome, Print, Request};
use ballast_risk::price::{self, PriceObservation};
use ballast_risk::Now;
use ballast_state::Order;

use crate::support::build::{after, MILLION, T0};
use crate::support::orders::{reducing, unlimited, Exchange, SOL};

/// Half-width of every print: two basis points, narrower than Pyth's in such an hour.
const CONFIDENCE_BPS: u64 = 2;
/// What a position costs that is opened and closed: two fills of five basis points, and twice the half-width.
const ROUND_TRIP_BPS: i64 = 14;
/// Lots of an order.
const SIZE: i64 = 10 * SOL;
/// Traders who take turns by the second.
const TRADERS: usize = 2;
/// When the first print is posted.
const QUICK: usize = 4;
/// Seconds before the first trade, and seconds at the end in which none is opened.
const START: usize = 10;
const LAST: usize = 120;

/// How late things are, seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// By how much the chain's clock is behind: prints are published so far ahead of it.
    pub(crate) lead: i64,
    /// From a print's publication until a keeper has it on the chain.
    pub(crate) keepers: i64,
    /// The same, once, at the beginning of the hour.
    pub(crate) quickest: i64,
}

impl Delays {
    pub(crate) const fn new(lead: i64, keepers: i64) -> Self {
        Self { lead, keepers, quickest: keepers }
    }
}

/// The rules, or all of them but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Whole,
    /// An order fills at once, at the print that is on the chain.
    OldPrint,
    /// t* is the chain's clock.
    NoDelay,
    /// An owner may cancel until the order is filled.
    FreeCancel,
    /// Nobody but its owner fills an order.
    OwnFills,
}

/// What the attacker does. It acts first in every second, before keepers post a print and fill.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strategy {
    pub(crate) name: &'static str,
    /// An order to each side, not only to that of the move which the chain has not seen.
    both: bool,
    /// Orders in so many seconds, for as many prints.
    prints: usize,
    /// Takes back, at the last moment it may, all but the order that looks best by then.
    cancels: bool,
    /// Basis points that a move must have to be worth an order.
    least: i64,
}

pub(crate) const BEFORE: Strategy =
    Strategy { name: "before a print", both: false, prints: 1, cancels: false, least: 0 };
pub(crate) const LARGE: Strategy = Strategy { name: "before a large move", least: ROUND_TRIP_BPS, ..BEFORE };
pub(crate) const CANCEL: Strategy = Strategy { name: "cancel after seeing", both: true, cancels: true, ..BEFORE };
pub(crate) const CHOOSE: Strategy = Strategy { name: "choose among five", prints: 5, cancels: true, ..BEFORE };
pub(crate) const ONE_PRINT: Strategy = Strategy { name: "at one print", both: true, ..BEFORE };

/// What came of it, in atoms: millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) fills: i64,
    /// What the fills are worth to somebody who holds the opposite elsewhere, for nothing, from the moment the print was out or
    /// the last choice was made, whichever is later.
    pub(crate) edge: i64,
    pub(crate) spread: i64,
    pub(crate) fees: i64,
    /// What all accounts have more than at the start.
    pub(crate) net: i64,
}

impl Ledger {
    /// What moves of the price brought, luck included.
    pub(crate) fn gross(&self) -> i64 {
        self.net + self.costs()
    }

    pub(crate) fn costs(&self) -> i64 {
        self.spread + self.fees
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.fills += other.fills;
        self.edge += other.edge;
        self.spread += other.spread;
        self.fees += other.fees;
        self.net += other.net;
    }
}

struct Pending {
    order: Order,
    /// When it was placed, and when it could last be taken back.
    placed: usize,
    decided: usize,
}

#[derive(Default)]
struct Attacker {
    pending: Vec<Pending>,
    /// True while its orders are to end a position.
    closes: bool,
    /// Direction of the position to be opened.
    direction: i64,
    /// Seconds in which orders are still to be placed.
    left: usize,
}

struct Market<'a> {
    path: &'a [u64],
    delays: Delays,
    rules: Rules,
    strategy: Strategy,
    exchange: Exchange,
    attackers: Vec<Attacker>,
    ledger: Ledger,
}

/// An hour of a strategy.
pub(crate) fn run(path: &[u64], delays: Delays, rules: Rules, strategy: Strategy) -> Ledger {
    let exchange = Exchange::new(TRADERS);
    // Profits that still wait for the price to come back to its average are theirs as well.
    let cash =
        |exchange: &Exchange| (0..TRADERS).map(|trader| exchange.cash(trader) + exchange.claimed(trader)).sum::<i64>();
    let before = cash(&exchange);
    let attackers = (0..TRADERS).map(|_| Attacker::default()).collect();
    let mut market = Market { path, delays, rules, strategy, exchange, attackers, ledger: Ledger::default() };
    market.post(QUICK, delays.quickest);
    for second in QUICK..START {
        market.post(second, delays.keepers);
    }
    for second in START..path.len() {
        for trader in 0..TRADERS {
            market.attack(trader, second);
        }
        market.keep(second);
    }
    let exchange = &market.exchange;
    assert!((0..TRADERS).all(|trader| exchange.held(trader) == 0), "{delays:?} {strategy:?}");
    Ledger { net: cash(exchange) - before, ..market.ledger }
}

impl Market<'_> {
    fn clock(&self, second: usize) -> Now {
        after(seconds(second) - self.delays.lead)
    }

    fn observation(&self, second: usize) -> PriceObservation {
        PriceObservation {
            price: i128::from(self.path[second]),
            confidence: u128::from(self.confidence(second)),
            exponent: -6,
            publish_time: T0 + seconds(second),
            previous_publish_time: Some(T0 + seconds(second) - 1),
            slot: 1,
        }
    }

    fn confidence(&self, second: usize) -> u64 {
        self.path[second] * CONFIDENCE_BPS / 10_000
    }

    /// Posts the newest print of so many seconds ago, if the chain has none that is newer.
    fn post(&mut self, second: usize, delay: i64) {
        let observation = self.observation(second - usize::try_from(delay).unwrap());
        if observation.publish_time > self.exchange.feed.prints[0].publish_ts {
            self.exchange.take(observation, self.clock(second)).unwrap();
        }
    }

    /// Posts a print, and fills what it or an earlier one is the print of.
    fn keep(&mut self, second: usize) {
        self.post(second, self.delays.keepers);
        if self.rules == Rules::OwnFills {
            return;
        }
        for trader in 0..TRADERS {
            let accepted = self.exchange.feed.accepted_ts;
            let met = |pending: &mut Pending| pending.order.eligible_ts <= accepted;
            let due: Vec<Pending> = self.attackers[trader].pending.extract_if(.., met).collect();
            for pending in due {
                self.fill(trader, second, &pending);
            }
        }
    }

    fn fill(&mut self, trader: usize, second: usize, pending: &Pending) {
        let published = of_eligible(&pending.order);
        let print = Print::of(&self.observation(published)).unwrap();
        match self.exchange.fill(trader, pending.order.id, print, self.clock(second)).unwrap() {
            Outcome::Filled(filled) => {
                let lots = filled.traded.after - filled.traded.before;
                let hedged = published.max(pending.decided);
                self.ledger.fills += 1;
                self.ledger.edge += dollars(lots, self.path[hedged]) - dollars(lots, self.path[published]);
                self.ledger.spread += dollars(lots.abs(), self.confidence(published));
                self.ledger.fees += i64::try_from(filled.fee + pending.order.keeper_fee).unwrap();
            }
            Outcome::Killed(Kill::NothingToReduce) => {}
            other => panic!("{other:?}"),
        }
    }

    fn attack(&mut self, trader: usize, second: usize) {
        if self.attackers[trader].left == 0 && self.attackers[trader].pending.is_empty() {
            self.begin(trader, second);
        }
        if self.attackers[trader].closes && self.exchange.held(trader) == 0 {
            self.attackers[trader].left = 0;
        }
        if self.attackers[trader].left > 0 {
            self.attackers[trader].left -= 1;
            self.place(trader, second);
        }
        match self.rules {
            Rules::OldPrint => self.fill_all(trader, second),
            Rules::OwnFills => self.fill_best(trader, second),
            _ if self.strategy.cancels => self.cancel(trader, second),
            _ => {}
        }
    }

    /// A new position, if a move looks worth it, or the end of one.
    fn begin(&mut self, trader: usize, second: usize) {
        let moved = signed(self.path[second]) - signed(self.mark(second));
        let held = self.exchange.held(trader) != 0;
        let is_turn = second % TRADERS == trader && second + LAST < self.path.len();
        let least = signed(self.path[second]) * self.strategy.least / 10_000;
        let is_worth_it = self.strategy.both || (moved != 0 && moved.abs() >= least);
        if held || (is_turn && is_worth_it) {
            let left = self.strategy.prints;
            self.attackers[trader] = Attacker { closes: held, direction: moved.signum(), left, pending: Vec::new() };
        }
    }

    /// What an order would fill at, as far as the chain knows.
    fn mark(&self, second: usize) -> u64 {
        let published = match self.rules {
            Rules::OldPrint => self.exchange.feed.accepted_ts,
            Rules::NoDelay => self.clock(second).ts,
            _ => self.exchange.feed.prints[0].publish_ts,
        };
        self.path[usize::try_from(published - T0).unwrap()]
    }

    fn place(&mut self, trader: usize, second: usize) {
        let Attacker { closes, direction, .. } = self.attackers[trader];
        let sizes = match self.exchange.held(trader) {
            held if closes => vec![-held],
            _ if self.strategy.both => vec![SIZE, -SIZE],
            _ => vec![direction * SIZE],
        };
        let life = 10;
        for lots in sizes {
            let request = Request { life, ..if closes { reducing(lots) } else { unlimited(lots) } };
            let mut order = self.exchange.place(trader, request, self.clock(second)).unwrap();
            let eligible_ts = match self.rules {
                Rules::OldPrint => self.exchange.feed.accepted_ts,
                Rules::NoDelay => self.clock(second).ts,
                _ => order.eligible_ts,
            };
            let stored =
                self.exchange.traders[trader].orders.slots.iter_mut().find(|slot| slot.id == order.id).unwrap();
            (stored.eligible_ts, order.eligible_ts) = (eligible_ts, eligible_ts);
            self.attackers[trader].pending.push(Pending { order, placed: second, decided: second });
        }
    }

    /// What an order looks worth a lot: by its print if that is out, else by what happened since it was placed.
    fn looks(&self, pending: &Pending, second: usize) -> i64 {
        let print = of_eligible(&pending.order);
        let paid = if print <= second { print } else { pending.placed };
        pending.order.lots.signum() * (signed(self.path[second]) - signed(self.path[paid]))
    }

    fn best(&self, trader: usize, second: usize) -> i64 {
        let all = self.attackers[trader].pending.iter();
        all.map(|pending| self.looks(pending, second)).max().unwrap_or(0)
    }

    /// Cancels what may be cancelled for the last time and is not the best.
    fn cancel(&mut self, trader: usize, second: usize) {
        let now = self.clock(second);
        let lag = i64::from(price::clock_lag(&self.exchange.feed, now));
        let free = self.rules == Rules::FreeCancel;
        for at in (0..self.attackers[trader].pending.len()).rev() {
            let pending = &self.attackers[trader].pending[at];
            let t = pending.order.eligible_ts;
            let (may, is_last) = if free {
                (true, now.ts.min(T0 + seconds(second) - self.delays.keepers) >= t)
            } else {
                (now.ts + lag < t, now.ts + 1 + lag >= t)
            };
            let worse = self.looks(pending, second) < self.best(trader, second);
            let id = pending.order.id;
            if !may {
                continue;
            }
            self.attackers[trader].pending[at].decided = second;
            if is_last && worse {
                let then = if free { after(-HALF_DAY) } else { now };
                self.exchange.cancel(trader, id, By::Owner, then).unwrap();
                self.attackers[trader].pending.remove(at);
            }
        }
    }

    fn fill_all(&mut self, trader: usize, second: usize) {
        for pending in std::mem::take(&mut self.attackers[trader].pending) {
            self.fill(trader, second, &pending);
        }
    }

    /// Fills the best order once all their prints are on the chain, if it is worth it, and lets the others expire.
    fn fill_best(&mut self, trader: usize, second: usize) {
        let now = self.clock(second);
        let seen = self.exchange.feed.accepted_ts;
        let attacker = &self.attackers[trader];
        let is_ready = |pending: &Pending| pending.order.eligible_ts <= seen;
        if attacker.left > 0 || attacker.pending.is_empty() || !attacker.pending.iter().all(is_ready) {
            return;
        }
        let worth = self.best(trader, second);
        let position = attacker.pending.iter().position(|pending| self.looks(pending, second) == worth).unwrap();
        let is_fresh = now.ts <= attacker.pending[position].order.expiry_ts;
        let least = signed(self.path[second]) * ROUND_TRIP_BPS / 10_000;
        let is_first = attacker.pending.len() == self.strategy.prints;
        if is_fresh && is_first && (attacker.closes || worth >= least) {
            let mut best = self.attackers[trader].pending.remove(position);
            best.decided = second;
            self.fill(trader, second, &best);
        }
        let mut attacker = std::mem::take(&mut self.attackers[trader]);
        for pending in attacker.pending.extract_if(.., |pending| now.ts > pending.order.expiry_ts) {
            self.exchange.cancel(trader, pending.order.id, By::Owner, now).unwrap();
        }
        self.attackers[trader] = attacker;
    }
}

/// Long enough ago that any order may still be cancelled.
const HALF_DAY: i64 = 43_200;

/// The second of an order's print.
fn of_eligible(order: &Order) -> usize {
    usize::try_from(order.eligible_ts - T0).unwrap()
}

fn seconds(second: usize) -> i64 {
    i64::try_from(second).unwrap()
}

fn signed(price: u64) -> i64 {
    i64::try_from(price).unwrap()
}

/// What lots are worth at a price in millionths of a dollar a SOL.
fn dollars(lots: i64, price: u64) -> i64 {
    let million = i128::from(MILLION);
    i64::try_from((i128::from(lots) * i128::from(price)).div_euclid(million)).unwrap()
}
