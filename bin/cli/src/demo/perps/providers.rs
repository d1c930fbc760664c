//! Providers of liquidity: they enter before the replay, and some come back for more or leave with a part, an epoch at a time.

use ballast_client::addresses;
use ballast_client::events::Event;
use ballast_client::perps::{self as ix, Follow, Quote};
use ballast_state::LiquidityProvider;

use super::{dollars, Book};
use crate::demo::chain::{claim, By, Chain, Kind, Stop, Touched};
use crate::demo::journal::Journal;

/// Of a hundred providers so many ask in an epoch to bring a fifth more, and to leave with a quarter.
const MORE: u64 = 6;
const LESS: u64 = 10;

/// One provider.
#[derive(Clone, Copy, Debug)]
pub(in crate::demo) struct Provider {
    pub(in crate::demo) member: usize,
    /// True while it waits for the epoch to be struck.
    waits: bool,
}

impl Book {
    /// Providers with `total` dollars together, in parts that fall by a third each, ask to enter.
    pub(in crate::demo) fn provide(&mut self, chain: &mut Chain, count: usize, total: u64) -> Result<(), Stop> {
        let weights: Vec<u64> = (0..count).map(|rank| 900 / (rank as u64 + 2)).collect();
        let sum: u64 = weights.iter().sum();
        for weight in weights {
            let member = chain.join(Kind::Provider)?;
            chain.deposit(member, 0, chain.atoms(0, dollars((total * weight / sum).max(1_000))))?;
            let perps = chain.perps.as_ref().ok_or_else(|| Stop::SetUp("no pool".to_owned()))?;
            let open = ix::open_liquidity_provider(&chain.members[member].owner(), perps.quote);
            chain.require("open_liquidity_provider", open, By::Member(member), Touched::default())?;
            self.providers.push(Provider { member, waits: false });
            let last = self.providers.len() - 1;
            self.enter(chain, last, None)?;
        }
        Ok(())
    }

    fn enter(&mut self, chain: &mut Chain, index: usize, atoms: Option<u64>) -> Result<(), Stop> {
        let Some(perps) = &chain.perps else { return Ok(()) };
        let one = &mut self.providers[index];
        let who = &chain.members[one.member];
        let add = ix::request_add_liquidity(&who.owner(), perps.quote, &who.account, atoms, Follow::default());
        let touched = Touched { banks: &[0], members: &[one.member], pool: true, ..Touched::default() };
        one.waits |= chain.submit("request_add_liquidity", add, By::Member(one.member), touched)?.is_some();
        Ok(())
    }

    /// Shortly before the epoch ends, some ask.
    pub(in crate::demo) fn ask(&mut self, chain: &mut Chain) -> Result<(), Stop> {
        let Some(quote) = chain.perps.as_ref().map(|perps| perps.quote) else { return Ok(()) };
        for index in 0..self.providers.len() {
            let drawn = self.random.below(100);
            let Provider { member, waits } = self.providers[index];
            if waits {
                continue;
            }
            let owner = chain.members[member].owner();
            let shares = liquidity(chain, quote, member).shares;
            if drawn < MORE {
                // A share began as an atom.
                let atoms = shares / 5;
                if atoms > 0 && chain.deposit(member, 0, atoms)? {
                    self.enter(chain, index, Some(claim(&chain.members[member].state, &chain.banks[0]).min(atoms)))?;
                }
            } else if drawn < MORE + LESS && shares >= 4 {
                let remove = ix::request_remove_liquidity(&owner, quote, shares / 4);
                let touched = Touched { pool: true, ..Touched::default() };
                let asked = chain.submit("request_remove_liquidity", remove, By::Member(member), touched)?;
                self.providers[index].waits |= asked.is_some();
            }
        }
        Ok(())
    }

    /// The epoch gets its price, and everybody who asked claims.
    pub(in crate::demo) fn strike(&mut self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        let Some(perps) = &chain.perps else { return Ok(()) };
        let (quote, number, count) = (perps.quote, perps.pool.epoch, perps.pool.market_count);
        let markets: Vec<u16> = (0..count).collect();
        let payer = chain.members[self.filler].owner();
        let strike = ix::strike_epoch(&payer, quote, number, count);
        let touched = Touched { banks: &[0], pool: true, markets: &markets, ..Touched::default() };
        let Some(sent) = chain.submit("strike_epoch", strike, By::Member(self.filler), touched)? else {
            return Ok(());
        };
        let bank = chain.banks[0];
        for event in &sent.events {
            if let Event::EpochStruck(struck) = event {
                journal.perps.struck(struck, &bank);
            }
        }
        for one in self.providers.iter_mut().filter(|one| one.waits) {
            let who = &chain.members[one.member];
            let claim = ix::claim_liquidity(&who.owner(), quote, &who.account, number);
            let touched = Touched { banks: &[0], members: &[one.member], pool: true, ..Touched::default() };
            chain.submit("claim_liquidity", claim, By::Member(one.member), touched)?;
            // What could not leave waits for the next epoch.
            let left = liquidity(chain, quote, one.member);
            one.waits = left.entering > 0 || left.leaving > 0;
        }
        Ok(())
    }
}

/// A member's liquidity.
fn liquidity(chain: &Chain, quote: Quote, member: usize) -> LiquidityProvider {
    let owner = chain.members[member].owner();
    chain.world.svm.read(&addresses::provider(&addresses::pool(&quote.group), &owner))
}
