use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PriceFeed, RiskBoard};

/// What orders are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Prices<'a> {
    /// The board.
    pub board: &'a RiskBoard,
    /// The market's feed.
    pub feed: &'a PriceFeed,
}

/// What a fill changes.
#[derive(Debug)]
pub struct Books<'a> {
    /// The market, synced.
    pub market: &'a mut PerpMarket,
    /// Its pool.
    pub pool: &'a mut LiquidityPool,
    /// The quote token's bank, accrued.
    pub bank: &'a mut Bank,
    /// The trader.
    pub account: &'a mut MarginAccount,
}

impl Books<'_> {
    /// Overwrites other books with these.
    pub(super) fn copy_to(&self, other: &mut Books<'_>) {
        *other.market = *self.market;
        *other.pool = *self.pool;
        *other.bank = *self.bank;
        *other.account = *self.account;
    }
}
