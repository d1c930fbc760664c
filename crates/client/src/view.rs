//! What a bot reads: accounts from bytes, and an account's portfolio from the banks it names.

use std::collections::BTreeMap;

use ballast_risk::health::{self, Health, PerpExposure, Portfolio};
use ballast_risk::views::{self, LiquidationPrices};
use ballast_risk::{perp, Now, RiskError, RiskResult};
use ballast_state::{Account, Bank, LayoutError, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, RiskBoard};

/// A copy of a program account from its data.
///
/// # Errors
/// The bytes are another type's, too short, or of another version.
pub fn decode<T: Account>(data: &[u8]) -> Result<T, LayoutError> {
    T::copy_from(data)
}

/// Banks of a group by their index.
pub type Banks = BTreeMap<u16, Bank>;

/// Perp markets of a group by their index.
pub type Markets = BTreeMap<u16, PerpMarket>;

/// Markets as `sync_market` would leave them now: what a program reads of one on the chain is as old as its last sync.
///
/// # Errors
/// `BankMismatch` if the pool's bank is missing; those of [`perp::sync`].
pub fn synced(
    markets: &Markets,
    pool: &LiquidityPool,
    banks: &Banks,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Markets> {
    let bank = banks.get(&pool.bank).ok_or(RiskError::BankMismatch)?;
    let (mut markets, mut pool) = (markets.clone(), *pool);
    for market in markets.values_mut() {
        perp::sync(market, &mut pool, bank, board, now)?;
    }
    Ok(markets)
}

/// What an account holds, with its banks projected to `now`. The markets of its positions stand at the board's prices, as
/// [`synced`] ones do; an account without positions needs none.
///
/// # Errors
/// `BankMismatch`, `MarketMismatch` if a bank or a market is missing; `MarketNotSynced`; arithmetic.
pub fn portfolio(
    account: &MarginAccount,
    board: &RiskBoard,
    banks: &Banks,
    markets: &Markets,
    now: Now,
) -> RiskResult<Portfolio> {
    let mut quote = 0;
    let mut exposure = |position: &PerpPosition| -> RiskResult<PerpExposure> {
        let market = market_of(position, markets)?;
        perp::require_synced(market, board)?;
        quote = market.quote_feed;
        perp::exposure(position, market, board, now)
    };
    let perps = account.positions().iter().map(&mut exposure).collect::<RiskResult<Vec<_>>>()?;
    Portfolio::of_account(account, &perps, quote, now, |index| banks.get(&index))
}

/// An account's Maintenance health.
///
/// # Errors
/// As [`portfolio`] and [`health::assess_maintenance`].
pub fn maintenance(
    account: &MarginAccount,
    board: &RiskBoard,
    banks: &Banks,
    markets: &Markets,
    now: Now,
) -> RiskResult<Health> {
    health::assess_maintenance(&portfolio(account, board, banks, markets, now)?, board, now)
}

/// A perp position for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The market's index.
    pub market: u16,
    /// Lots held, below zero for shorts.
    pub lots: i64,
    /// What they cost at their fills, atoms of the quote token; below zero for shorts.
    pub cost: i64,
    /// What the position won, or below zero lost, and was not settled, whole atoms, toward −∞.
    pub claim: i64,
}

/// Where an account becomes liquidatable along one feed's price. At every price tried its markets are synced there: what its
/// positions win and lose on the way counts, and what the pool then backs.
///
/// # Errors
/// As [`synced`], [`portfolio`] and [`views::liquidation_prices`].
pub fn liquidation_prices(
    account: &MarginAccount,
    board: &RiskBoard,
    banks: &Banks,
    (pool, markets): (&LiquidityPool, &Markets),
    feed: u8,
    now: Now,
) -> RiskResult<LiquidationPrices> {
    let mut own = Markets::new();
    for position in account.positions() {
        own.insert(position.market, *market_of(position, markets)?);
    }
    views::liquidation_prices(board, feed, now, |board| {
        portfolio(account, board, banks, &synced(&own, pool, banks, board, now)?, now)
    })
}

/// The positions of an account at the marks of their markets.
///
/// # Errors
/// `MarketMismatch` if a market is missing; arithmetic.
pub fn positions(account: &MarginAccount, markets: &Markets) -> RiskResult<Vec<Position>> {
    let view = |position: &PerpPosition| {
        let market = market_of(position, markets)?;
        Ok(Position {
            market: position.market,
            lots: perp::book::size(position, market)?,
            cost: position.entry_quote,
            claim: perp::payable(position, market, u64::MAX)?,
        })
    };
    account.positions().iter().map(view).collect()
}

fn market_of<'a>(position: &PerpPosition, markets: &'a Markets) -> RiskResult<&'a PerpMarket> {
    markets.get(&position.market).ok_or(RiskError::MarketMismatch)
}

/// Banks whose accounts must follow an instruction that reads the health of `accounts` and names the banks `named`: each
/// once, in the order of the balances.
#[must_use]
pub fn banks_to_follow(accounts: &[&MarginAccount], named: &[u16]) -> Vec<u16> {
    let mut follow = Vec::new();
    for balance in accounts.iter().flat_map(|account| account.active()) {
        if !named.contains(&balance.bank) && !follow.contains(&balance.bank) {
            follow.push(balance.bank);
        }
    }
    follow
}

/// Perp markets whose accounts must follow an instruction that reads the health of `accounts`: each once, in the order of the
/// positions.
#[must_use]
pub fn markets_to_follow(accounts: &[&MarginAccount]) -> Vec<u16> {
    let mut follow = Vec::new();
    for position in accounts.iter().flat_map(|account| account.positions()) {
        if !follow.contains(&position.market) {
            follow.push(position.market);
        }
    }
    follow
}
