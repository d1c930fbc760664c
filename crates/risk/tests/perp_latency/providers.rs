//! Providers of liquidity who know prices before the chain does.

use ballast_risk::perp::liquidity::value_of;

use crate::attack::{Delays, Ledger};
use crate::support::build::{price, MILLION};
use crate::support::providers::{World, SOL};

/// What the pool has, and what the attacker brings: millionths of a dollar.
const POOL: u64 = 1_000_000 * MILLION;
const DEPOSIT: u64 = 100_000 * MILLION;
/// What traders are long or short of it: half of the pool, at the start.
const SKEW: i64 = 3_333 * SOL;
const HALF_BAND_BPS: u64 = 2;
/// Ten basis points, as the defaults.
const EXIT_FEE: u32 = 4_294_967;
const EPOCH: usize = 180;
const DELAY: usize = 30;
/// Seconds between two attempts.
const EVERY: usize = 20;
/// The chain's clock at the start of the path, seconds after that of the tests.
const START: i64 = 10_000;

/// The rules, or all of them but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// A keeper strikes as soon as that is possible, at the newest print it has.
    Keeper,
    /// The attacker strikes a moment before, at whichever print suits it.
    Own,
    /// The attacker strikes at once when requests are cut off: there is no delay.
    NoDelay,
}

struct Pool<'a> {
    path: &'a [u64],
    delays: Delays,
    strike: Strike,
    world: World,
    /// What traders are: 1 long, −1 short.
    side: i64,
}

/// Deposits just before a print that is good for the pool, and where the next epoch ends just before one that is bad for it,
/// leaves. What it makes is what its liquidity is worth, with the opposite held elsewhere from the moment the struck print was
/// out or the last choice was made, whichever is later.
pub(crate) fn run(path: &[u64], delays: Delays, strike: Strike) -> Ledger {
    let mut total = Ledger::default();
    for side in [1, -1] {
        let mut world = World::funded(POOL, 2);
        world.trade(0, side * SKEW);
        world.pool.exit_fee = EXIT_FEE;
        world.pool.epoch_length = u32::try_from(EPOCH).unwrap();
        world.pool.min_delay = if strike == Strike::NoDelay { 0 } else { u32::try_from(DELAY).unwrap() };
        for second in (EVERY..path.len() - 2 * EPOCH).step_by(EVERY) {
            let mut pool = Pool { path, delays, strike, world: world.clone(), side };
            if let Some(entry) = pool.enter(second) {
                total.add(&entry);
                total.add(&pool.leave(second + EPOCH).unwrap_or_default());
            }
        }
    }
    total
}

impl Pool<'_> {
    fn enter(&mut self, second: usize) -> Option<Ledger> {
        if self.known_move(second) <= 0 {
            return None;
        }
        self.cut_off_after(second);
        self.world.deposit(1, DEPOSIT).unwrap();
        let (print, hedged) = self.end(second, 1);
        let shares = self.world.claim(1).unwrap().minted;
        let (then, later) = (self.worth(shares, print), self.worth(shares, hedged));
        Some(ledger(later - then, later - signed(DEPOSIT)))
    }

    fn leave(&mut self, second: usize) -> Option<Ledger> {
        if self.known_move(second) >= 0 {
            return None;
        }
        self.cut_off_after(second);
        let shares = self.world.providers[1].0.shares;
        self.world.withdraw(1, shares).unwrap();
        let before = self.world.clone();
        let (print, hedged) = self.end(second, -1);
        let claimed = self.world.claim(1).unwrap();
        assert_eq!(claimed.burnt, shares, "the pool can pay");
        self.world = before;
        let (then, later) = (self.worth(shares, print), self.worth(shares, hedged));
        Some(ledger(then - later, signed(claimed.shares) - later))
    }

    /// What the pool wins by the move that the chain, or where nothing delays the strike its print, has not seen.
    fn known_move(&self, second: usize) -> i64 {
        let seen = match self.strike {
            Strike::NoDelay => second + 1 - usize::try_from(self.delays.lead).unwrap(),
            _ => second - 1 - usize::try_from(self.delays.keepers).unwrap(),
        };
        self.side * (signed(self.path[seen]) - signed(self.path[second]))
    }

    /// Requests of this second are the last of their epoch.
    fn cut_off_after(&mut self, second: usize) {
        self.at(second);
        self.world.pool.epoch_end = self.world.now.ts + 1;
    }

    fn at(&mut self, second: usize) {
        self.world.at(START + i64::try_from(second).unwrap() - self.delays.lead);
    }

    /// Strikes. Returns the print, and when the attacker could last choose it.
    fn end(&mut self, second: usize, wish: i64) -> (usize, usize) {
        let [lead, keepers] = [self.delays.lead, self.delays.keepers].map(|seconds| usize::try_from(seconds).unwrap());
        let first = second + 1 + if self.strike == Strike::NoDelay { 0 } else { DELAY };
        let (now, print, chosen) = match self.strike {
            // A print that the clock has not come to counts as of the clock's time.
            Strike::Keeper => (first + keepers.saturating_sub(lead), first + keepers.saturating_sub(lead) - keepers, 0),
            Strike::Own => {
                let oldest = first - lead.min(1 + keepers);
                let best = (oldest..=first).min_by_key(|at| wish * self.side * -signed(self.path[*at])).unwrap();
                (first, best, first)
            }
            Strike::NoDelay => (first, first - lead, second),
        };
        self.at(now);
        self.print(print, HALF_BAND_BPS);
        self.world.strike_now().unwrap();
        (print, print.max(chosen))
    }

    /// The board at a print, and the market at the board.
    fn print(&mut self, second: usize, half_band_bps: u64) {
        self.world.print(price(self.path[second], MILLION), half_band_bps);
        self.world.sync(0);
    }

    /// What shares are worth at a price without a band.
    fn worth(&mut self, shares: u64, second: usize) -> i64 {
        self.print(second, 0);
        signed(value_of(shares, self.world.pool.supply, self.world.assets().low).unwrap())
    }
}

fn ledger(edge: i64, net: i64) -> Ledger {
    Ledger { fills: 1, edge, spread: 0, fees: edge - net, net }
}

fn signed(atoms: u64) -> i64 {
    i64::try_from(atoms).unwrap()
}
