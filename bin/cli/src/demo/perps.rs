//! Perps: traders who go long, short or hedge what they hold, providers of the liquidity they trade against, and keepers who
//! fill their orders. `docs/demonstration.md` says who does what.

mod deleverage;
mod keeper;
mod ledger;
mod listing;
mod providers;
mod traders;

use ballast_client::view;
use ballast_math::Usd;
use ballast_risk::perp;
use ballast_risk::RiskError;
use ballast_state::MarginAccount;

pub(super) use self::deleverage::{note_spared, Holder, Shrink};
pub(super) use self::keeper::liquidate;
pub(super) use self::ledger::{Fills, Flows, Ledger, Side, Waiting};
pub(super) use self::listing::{lead, listed};
use self::providers::Provider;
use self::traders::{Pending, Trader};
use super::chain::{Chain, Kind, Stop};
use super::random::Random;

/// Most seconds between two rounds of trading, and fewest; there are about this many in a replay.
const ROUND: std::ops::RangeInclusive<i64> = 300..=7_200;
const ROUNDS: i64 = 240;

/// What the pool begins with, by what traders bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PoolSize {
    /// 60 % of what traders bring
    Ample,
    /// 10 % of it: markets crowd its margin, and a crash takes them below it
    Small,
}

impl PoolSize {
    pub(super) const fn hundredths(self) -> u64 {
        match self {
            Self::Ample => 60,
            Self::Small => 10,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ample => "ample",
            Self::Small => "small",
        }
    }
}

/// Everybody who has to do with perps.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) traders: Vec<Trader>,
    pub(super) providers: Vec<Provider>,
    /// The member who fills orders.
    filler: usize,
    pending: Vec<Pending>,
    random: Random,
    /// Seconds from one round of trading to the next.
    pub(super) round: i64,
    /// The pool's funds when the replay begins, atoms.
    pub(super) began: u64,
}

impl Book {
    /// Lets providers and the keeper of orders in; traders come with [`Book::admit`].
    pub(super) fn new(chain: &mut Chain, window: i64, seed: u64) -> Result<Self, Stop> {
        let filler = chain.join(Kind::Filler)?;
        let round = (window / ROUNDS).clamp(*ROUND.start(), *ROUND.end());
        let random = Random::new(seed, "perps");
        Ok(Self { traders: Vec::new(), providers: Vec::new(), filler, pending: Vec::new(), random, round, began: 0 })
    }

    /// From here on the pool's funds are the replay's.
    pub(super) fn begin(&mut self, chain: &mut Chain) -> Result<(), Stop> {
        let (bank, now) = (chain.banks[0], chain.now());
        if let Some(perps) = &mut chain.perps {
            self.began = perp::funds(&perps.pool, &bank, now).map_err(RiskError::from)?;
            perps.earned = 0;
        }
        Ok(())
    }
}

/// Banks that have to follow an instruction about an account's perps.
fn banks_of(chain: &Chain, account: &MarginAccount) -> Vec<u16> {
    let quote = chain.perps.as_ref().map_or(0, |perps| perps.quote.bank);
    view::banks_to_follow(&[account], &[quote])
}

/// Whole dollars.
fn dollars(usd: u64) -> Usd {
    Usd::from_dollars(usd).unwrap_or_default()
}
