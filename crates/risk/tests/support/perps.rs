//! A market, a pool and the accounts around them.

use ballast_math::Decimals;
use ballast_risk::perp::book;
use ballast_state::{Bank, LiquidityPool, MarginAccount, MarketTerms, PerpMarket, Zeroable};

use super::build::{self, T0};

/// SOL-PERP on row 1, quoted in row 0: a lot is a millionth of a SOL, the quote token has six decimals.
pub(crate) fn market() -> PerpMarket {
    let lots = Decimals::new(6).unwrap();
    let quote = Decimals::new(6).unwrap();
    let mut market = PerpMarket {
        version: 1,
        index: 3,
        feed: 1,
        quote_feed: 0,
        lot_decimals: 6,
        quote_decimals: 6,
        lot_shift: lots.shift,
        lot_reciprocal: lots.reciprocal,
        quote_shift: quote.shift,
        quote_reciprocal: quote.reciprocal,
        synced_ts: T0,
        terms: MarketTerms {
            skew_scale: 1 << 40,
            funding_limit: 1 << 38,
            funding_velocity: 1 << 26,
            interest_cap: 1 << 44,
            skew_cap: 1 << 44,
            account_cap: 1 << 44,
            order_min: 1_000,
            keeper_fee: 1_000,
            fill_fee: build::bits(5, 10_000),
            weight: build::bits(1, 2),
            min_delay: 2,
            order_life: 60,
        },
        ..PerpMarket::zeroed()
    };
    market.long.position_index = book::INDEX_ONE;
    market.short.position_index = book::INDEX_ONE;
    market
}

/// A pool that owns all of a quote bank's deposits: so many atoms.
pub(crate) fn pool(atoms: u64) -> (LiquidityPool, Bank) {
    let mut bank = build::bank(0, 0, 6);
    bank.asset_shares = atoms;
    bank.vault_balance = atoms;
    let pool = LiquidityPool { version: 1, bank: 0, decimals: 6, shares: atoms, ..LiquidityPool::zeroed() };
    (pool, bank)
}

/// An account that may be paid any profit.
pub(crate) fn unrailed() -> MarginAccount {
    let mut account = MarginAccount::zeroed();
    (account.rail.posted, account.rail.held) = (u64::MAX, u64::MAX);
    account.put_up[0] = u64::MAX;
    account
}
