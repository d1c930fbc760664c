//! The price accounts: real formats, several providers, with the trouble that oracles have.

use ballast_client::ballast::types::SourceArgs;
use ballast_client::events::Event;
use ballast_client::{instructions as ix, presets};
use ballast_oracle::fixtures::{PythLegacyPrice, PythPullUpdate, SwitchboardOnDemandFeed};
use ballast_oracle::{pyth_legacy, Provider};
use ballast_state::PriceState;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::chain::{By, Chain, Stop, Touched};
use super::prices::SCALE;
use super::random::Random;
use super::tape::{Tape, QUOTE};

/// Decimal exponent of a price on the tape, and of Pyth's.
const EXPONENT: i32 = -10;
/// Seconds after which a jump is printed again, so that it can be confirmed: the judge asks for ten.
pub(super) const CONFIRM_AFTER: i64 = 12;
/// One print in so many is wild: 5 to 40 % off.
const WILD: u64 = 6_000;
/// One print in so many begins a silence of its source.
const SILENCE: u64 = 10_000;
/// How long a source stays silent, seconds.
const SILENT: i64 = 1_800;

/// What oracles did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OracleCounts {
    /// Refreshes that were judged.
    pub(super) refreshes: u64,
    /// By number of fresh sources.
    pub(super) by_sources: [u64; 4],
    /// Jumps that had to wait for a second print.
    pub(super) pending: u64,
    /// Of these, confirmed by it.
    pub(super) confirmed: u64,
    /// Refreshes after which sources disagreed.
    pub(super) guarded: u64,
    /// Wild prints published.
    pub(super) wild: u64,
    /// Of these, how many moved a price that is in force without restrictions more than 2 % away from the market.
    pub(super) believed: u64,
    /// Silences of a source.
    pub(super) silences: u64,
}

#[derive(Debug)]
struct Source {
    provider: Provider,
    account: Pubkey,
    feed_id: [u8; 32],
    /// Silent until.
    silent_until: i64,
}

#[derive(Debug)]
struct Feed {
    bank: u16,
    symbol: String,
    sources: Vec<Source>,
    refresh: Instruction,
    random: Random,
    wild: bool,
}

/// The feeds of all banks.
#[derive(Debug)]
pub(super) struct Oracles {
    feeds: Vec<Feed>,
    pub(super) counts: OracleCounts,
}

/// Providers of an asset: three, two and one source are all there.
pub(super) fn providers(symbol: &str) -> &'static [Provider] {
    match symbol {
        "SOL" => &[Provider::PythPull, Provider::SwitchboardOnDemand, Provider::PythLegacy],
        "USDC" | "BTC" => &[Provider::PythPull],
        _ => &[Provider::PythPull, Provider::SwitchboardOnDemand],
    }
}

impl Oracles {
    /// No feeds yet.
    pub(super) fn new() -> Self {
        Self { feeds: Vec::new(), counts: OracleCounts::default() }
    }

    /// Makes up the sources of an asset. Returns what its feed is listed with.
    pub(super) fn add(&mut self, chain: &mut Chain, symbol: &str, seed: u64) -> Vec<SourceArgs> {
        let row = u8::try_from(self.feeds.len()).unwrap_or(u8::MAX);
        let mut feed_id = [7; 32];
        feed_id[0] = row;
        let sources: Vec<Source> = providers(symbol)
            .iter()
            .map(|&provider| Source { provider, account: chain.world.key().pubkey(), feed_id, silent_until: 0 })
            .collect();
        let args = sources
            .iter()
            .map(|source| match source.provider {
                // Any update account of the receiver will do.
                Provider::PythPull => presets::pyth_pull(feed_id),
                Provider::SwitchboardOnDemand => presets::source(source.provider, source.account, feed_id),
                _ => presets::source(source.provider, source.account, [0; 32]),
            })
            .collect();
        let accounts: Vec<Pubkey> = sources.iter().map(|source| source.account).collect();
        self.feeds.push(Feed {
            bank: u16::from(row),
            symbol: symbol.to_owned(),
            sources,
            refresh: ix::refresh_price_feed(&chain.group(), row, &accounts),
            random: Random::new(seed, &format!("oracle {symbol}")),
            wild: false,
        });
        args
    }

    /// Publishes and takes in the first price of the feed added last.
    pub(super) fn first(&mut self, chain: &mut Chain, tape: &Tape) -> Result<(), Stop> {
        let Some(feed) = self.feeds.last_mut() else { return Ok(()) };
        feed.publish(chain, tape, &mut self.counts);
        let touched = Touched { board: true, ..Touched::default() };
        chain.require("refresh_price_feed", feed.refresh.clone(), By::Anyone, touched)?;
        Ok(())
    }

    /// Publishes the prices of this second in every source that is not silent.
    pub(super) fn publish(&mut self, chain: &mut Chain, tape: &Tape) {
        for feed in &mut self.feeds {
            feed.publish(chain, tape, &mut self.counts);
        }
    }

    /// Copies the Pyth update of a row to an account of its own, as somebody who posts it once would: later updates leave it alone.
    pub(super) fn keep(&self, chain: &mut Chain, row: u8) -> Option<Pubkey> {
        let sources = &self.feeds.get(usize::from(row))?.sources;
        let source = sources.iter().find(|source| source.provider == Provider::PythPull)?;
        let data = chain.world.svm.account(&source.account)?.data;
        let key = chain.world.key().pubkey();
        chain.world.svm.put_data(&key, &Pubkey::new_from_array(source.provider.default_owners()[0]), data);
        Some(key)
    }

    /// Sends the refresh of every feed. True if a jump waits for confirmation.
    pub(super) fn refresh(&mut self, chain: &mut Chain, tape: &Tape) -> Result<bool, Stop> {
        let mut waiting = false;
        for index in 0..self.feeds.len() {
            waiting |= self.refresh_one(chain, tape, index)?;
        }
        Ok(waiting)
    }

    fn refresh_one(&mut self, chain: &mut Chain, tape: &Tape, index: usize) -> Result<bool, Stop> {
        let feed = &self.feeds[index];
        let state = |chain: &Chain| {
            chain
                .board
                .row(chain.banks.get(usize::from(feed.bank)).map_or(0, |bank| bank.feed))
                .map(|row| PriceState::from_byte(row.state))
        };
        let before = state(chain);
        let touched = Touched { board: true, ..Touched::default() };
        let Some(sent) = chain.submit("refresh_price_feed", feed.refresh.clone(), By::Anyone, touched)? else {
            return Ok(false);
        };
        let after = state(chain);
        let counts = &mut self.counts;
        counts.refreshes += 1;
        for event in &sent.events {
            if let Event::PriceRefreshed(refreshed) = event {
                counts.by_sources[usize::from(refreshed.sources).min(3)] += 1;
            }
        }
        let waits = after == Some(PriceState::PendingJump);
        let waited = before == Some(PriceState::PendingJump);
        counts.pending += u64::from(waits && !waited);
        counts.guarded += u64::from(after == Some(PriceState::Guarded));
        let market = tape.paths[usize::from(feed.bank)].at(chain.now().ts);
        let judged = u64::try_from((u128::from(chain.price(feed.bank).0) * u128::from(SCALE)) >> 40).unwrap_or(0);
        let off = judged.abs_diff(market) > market / 50;
        counts.confirmed += u64::from(waited && !waits && !off);
        counts.believed += u64::from(feed.wild && after == Some(PriceState::Normal) && off);
        Ok(waits)
    }
}

impl Feed {
    fn publish(&mut self, chain: &mut Chain, tape: &Tape, counts: &mut OracleCounts) {
        let ts = chain.now().ts;
        self.wild = false;
        let path = &tape.paths[usize::from(self.bank)];
        for source in &mut self.sources {
            if ts < source.silent_until {
                continue;
            }
            // The Pyth update never falls silent: whoever wants to act posts one.
            if source.provider != Provider::PythPull && self.random.once_in(SILENCE) {
                source.silent_until = ts + SILENT;
                counts.silences += 1;
                continue;
            }
            let lag = match source.provider {
                Provider::PythPull => 0,
                Provider::SwitchboardOnDemand => [1, 2, 3, 4][self.random.weighted(&[1; 4])],
                _ => 2,
            };
            let price = path.at(ts - lag);
            let moved = price.abs_diff(path.at(ts - lag - 60));
            // A few basis points, and more when it moves.
            let confidence = price / 3_000 + (moved / 20).min(price / 60);
            let mut shown = price - price / 10_000 + self.random.below(price / 5_000 + 1);
            if self.symbol != QUOTE && self.random.once_in(WILD) {
                let off = self.random.between(5, 40);
                shown = price / 100 * if self.random.percent(50) { 100 - off } else { 100 + off };
                self.wild = true;
                counts.wild += 1;
            }
            put(chain, source, &self.symbol, shown.max(1), confidence, ts - lag);
        }
    }
}

/// Writes a price account as its provider would.
fn put(chain: &mut Chain, source: &Source, symbol: &str, price: u64, confidence: u64, publish_time: i64) {
    let slot = chain.world.svm.clock().slot;
    let signed = i64::try_from(price).unwrap_or(i64::MAX);
    let data = match source.provider {
        Provider::PythPull => PythPullUpdate {
            feed_id: source.feed_id,
            price: signed,
            confidence,
            exponent: EXPONENT,
            publish_time,
            previous_publish_time: publish_time - 1,
            posted_slot: slot,
        }
        .to_bytes(),
        Provider::SwitchboardOnDemand => SwitchboardOnDemandFeed {
            feed_hash: source.feed_id,
            name: symbol,
            value: i128::from(price) * 100_000_000,
            std_dev: i128::from(confidence) * 100_000_000,
            samples: 5,
            publish_time,
            slot,
        }
        .to_bytes(),
        _ => PythLegacyPrice {
            product: source.feed_id,
            price: signed,
            confidence,
            exponent: EXPONENT,
            status: pyth_legacy::STATUS_TRADING,
            publish_time,
            previous_publish_time: publish_time - 1,
            slot,
        }
        .to_bytes(),
    };
    let owner = Pubkey::new_from_array(source.provider.default_owners()[0]);
    chain.world.svm.put_data(&source.account, &owner, data);
}
