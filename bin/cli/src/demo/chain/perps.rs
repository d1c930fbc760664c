//! The pool and the perp markets as they stand on the chain.

use ballast_client::addresses;
use ballast_client::perps::{Market, Quote};
use ballast_math::Index;
use ballast_risk::health::PerpExposure;
use ballast_risk::perp::liquidity::Liabilities;
use ballast_risk::perp::{self, book};
use ballast_risk::{Now, RiskResult};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, RiskBoard};
use ballast_testkit::World;

use super::Touched;

/// Funding that each side of a market received so far, or below zero paid: atoms with 32 fraction bits.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::demo) struct Funding {
    pub(in crate::demo) long: i128,
    pub(in crate::demo) short: i128,
}

/// What is known of perps.
#[derive(Debug)]
pub(in crate::demo) struct Perps {
    pub(in crate::demo) quote: Quote,
    /// Row of the token they settle in.
    pub(in crate::demo) row: u8,
    pub(in crate::demo) pool: LiquidityPool,
    /// By index.
    pub(in crate::demo) markets: Vec<PerpMarket>,
    pub(in crate::demo) funding: Vec<Funding>,
    /// What the pool's deposit earned in the bank until that last moved, 2⁻⁶⁴ atoms.
    pub(in crate::demo) earned: i128,
}

impl Perps {
    /// Of a pool that was just created, and its markets.
    pub(in crate::demo) fn read(world: &World, quote: Quote) -> Self {
        let pool: LiquidityPool = world.svm.read(&addresses::pool(&quote.group));
        let market = |index| world.svm.read(&addresses::market(&quote.group, index));
        let markets: Vec<PerpMarket> = (0..pool.market_count).map(market).collect();
        let funding = vec![Funding::default(); markets.len()];
        Self { quote, row: pool.feed, pool, markets, funding, earned: 0 }
    }

    /// A market as instructions name it.
    pub(in crate::demo) fn market(&self, index: u16) -> Market {
        Market { quote: self.quote, index, row: self.markets[usize::from(index)].feed }
    }

    /// Takes in what an instruction changed.
    pub(super) fn read_back(&mut self, world: &World, touched: Touched<'_>, now: Now) -> RiskResult<()> {
        for &index in touched.markets {
            let slot = usize::from(index);
            let market: PerpMarket = world.svm.read(&addresses::market(&self.quote.group, index));
            // Every instruction that changes a market accrues its funding first.
            if market.synced_ts == now.ts {
                let mut accrued = self.markets[slot];
                perp::accrue_funding(&mut accrued, now)?;
                let before = &self.markets[slot];
                self.funding[slot].long += book::owed(&accrued.long)? - book::owed(&before.long)?;
                self.funding[slot].short += book::owed(&accrued.short)? - book::owed(&before.short)?;
            }
            self.markets[slot] = market;
        }
        if touched.pool {
            self.pool = world.svm.read(&addresses::pool(&self.quote.group));
        }
        Ok(())
    }

    /// Counts what the pool's deposit grew by, or lost.
    pub(super) fn earn(&mut self, before: &Bank, after: &Bank) {
        self.earned += grown(before, after).saturating_mul(i128::from(self.pool.shares));
    }

    /// What the pool's deposit has grown by until now, 2⁻⁶⁴ atoms.
    pub(in crate::demo) fn earned(&self, stored: &Bank, accrued: &Bank) -> i128 {
        self.earned + grown(stored, accrued).saturating_mul(i128::from(self.pool.shares))
    }

    /// A bank without what the pool has in it.
    pub(super) fn without_pool(&self, bank: &Bank) -> Bank {
        let mut rest = *bank;
        if bank.index == self.quote.bank {
            rest.asset_shares -= self.pool.shares + self.pool.entering + self.pool.claimable;
        }
        rest
    }

    /// A market as it would be if it were synced now.
    pub(in crate::demo) fn synced(
        &self,
        index: u16,
        banks: &[Bank],
        board: &RiskBoard,
        now: Now,
    ) -> RiskResult<PerpMarket> {
        let mut market = self.markets[usize::from(index)];
        perp::sync(&mut market, &mut self.pool.clone(), &banks[usize::from(self.quote.bank)], board, now)?;
        Ok(market)
    }

    /// What the pool is worth at the marks the markets stand at, atoms, down.
    pub(in crate::demo) fn assets(&self, markets: &[PerpMarket], bank: &Bank, now: Now) -> RiskResult<i128> {
        let mut liabilities = Liabilities::default();
        for market in markets {
            liabilities.add_at_mark(market)?;
        }
        Ok(i128::from(liabilities.net_assets(perp::funds(&self.pool, bank, now)?)?.low))
    }

    /// An account's positions as health takes them.
    pub(super) fn exposures(
        &self,
        account: &MarginAccount,
        banks: &[Bank],
        board: &RiskBoard,
        now: Now,
    ) -> RiskResult<Vec<PerpExposure>> {
        let exposure = |position: &ballast_state::PerpPosition| {
            perp::exposure(position, &self.synced(position.market, banks, board, now)?, board, now)
        };
        account.positions().iter().map(exposure).collect()
    }
}

/// Growth of a bank's asset index.
fn grown(before: &Bank, after: &Bank) -> i128 {
    let index = |bank: &Bank| i128::try_from(Index::from_words(bank.asset_index).0).unwrap_or(i128::MAX);
    index(after) - index(before)
}
