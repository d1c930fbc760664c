//! A market with traders, which is settled.

use crate::support::build::{board, give, price, sol, usdc, MILLION, NOW};
use crate::support::perps::{market, pool, unrailed};
use ballast_math::Ratio;
use ballast_risk::perp::{self, book, slots, Fill, MarketSettled, Registered, VALUE_BITS};
use ballast_risk::{Now, RiskResult};
use ballast_state::{
    BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PriceFeed, RiskBoard, Zeroable,
};

/// A SOL in lots.
pub(crate) const SOL: i64 = 1_000_000;

pub(crate) const DEPOSIT: u64 = 50_000 * MILLION;

pub(crate) const NOTICE: i64 = 7 * 86_400;

#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) board: RiskBoard,
    pub(crate) market: PerpMarket,
    pub(crate) pool: LiquidityPool,
    pub(crate) bank: Bank,
    pub(crate) traders: Vec<MarginAccount>,
    pub(crate) keeper: MarginAccount,
    pub(crate) feed: PriceFeed,
}

impl Scene {
    /// Traders with deposits and positions of so many lots, opened at 150 dollars without premium. Half of the funds are the market's.
    pub(crate) fn new(funds: u64, lots: &[i64]) -> Self {
        let board = board(&[usdc(), sol()]);
        let (pool, bank) = pool(funds);
        let mut market = market();
        // No premium worth an atom.
        market.terms.skew_scale = u64::MAX;
        let keeper = MarginAccount::zeroed();
        let feed = PriceFeed { row: 1, perps: 1, perp_floor: 7, ..PriceFeed::zeroed() };
        let mut scene = Self { board, market, pool, bank, traders: Vec::new(), keeper, feed };
        scene.pool.weight = u64::from(scene.market.terms.weight) + 5;
        scene.move_to(150, NOW).unwrap();
        for lots in lots {
            let mut trader = unrailed();
            give(&mut scene.bank, &mut trader, BalanceSide::Deposit, DEPOSIT);
            let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
            let mark = scene.market.mark;
            perp::trade(&mut scene.market, &mut position, Fill { lots: *lots, price: mark, print: mark }, 0).unwrap();
            slots::store(&mut trader, position).unwrap();
            scene.traders.push(trader);
        }
        scene.move_to(150, NOW).unwrap();
        scene
    }

    pub(crate) fn move_to(&mut self, dollars: u64, now: Now) -> RiskResult<()> {
        let row = &mut self.board.rows[1];
        let mid = price(dollars, 1);
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now).map(|_| ())
    }

    pub(crate) fn settle_market(&mut self, now: Now) -> RiskResult<MarketSettled> {
        perp::settle_market(&mut self.market, &mut self.feed, &mut self.pool, &self.bank, &self.board, now)
    }

    pub(crate) fn register(&mut self, trader: usize, now: Now) -> RiskResult<Registered> {
        self.register_by(true, trader, now)
    }

    pub(crate) fn register_by(&mut self, owner: bool, trader: usize, now: Now) -> RiskResult<Registered> {
        let Self { market, pool, bank, traders, keeper, .. } = self;
        perp::register(market, pool, bank, &mut traders[trader], keeper, owner, now)
    }

    pub(crate) fn update_payout(&mut self, now: Now) -> RiskResult<Ratio> {
        perp::update_payout(&mut self.market, &mut self.pool, &self.bank, now)
    }

    pub(crate) fn settle(&mut self, trader: usize, now: Now) -> RiskResult<i64> {
        let Self { board, market, pool, bank, traders, .. } = self;
        perp::settle_account(market, pool, bank, &mut traders[trader], board, true, now)
    }

    /// Atoms of a trader's deposit, or below zero of its loan. The bank's indices are one.
    pub(crate) fn cash(&self, trader: usize) -> i64 {
        let Some(balance) = self.traders[trader].balance(0) else { return 0 };
        let atoms = i64::try_from(balance.shares).unwrap();
        if balance.is_loan() {
            -atoms
        } else {
            atoms
        }
    }

    pub(crate) fn claim(&self, trader: usize) -> i64 {
        let position = slots::find(&self.traders[trader], self.market.index);
        let claim = position.map_or(0, |position| book::claim(position, &self.market).unwrap());
        i64::try_from(claim >> VALUE_BITS).unwrap()
    }
}

/// Longs of 3,000 SOL against shorts of as many, and at 250 dollars longs are owed more than there is.
pub(crate) fn insolvent() -> Scene {
    let mut scene = Scene::new(100_000 * MILLION, &[2_000 * SOL, 1_000 * SOL, -3_000 * SOL]);
    // What the shorts lose comes in only in part: they settled early, at 150. Two thirds of it went elsewhere.
    scene.market.short.offset = ballast_math::signed_to_words(-((200_000 * i128::from(MILLION)) << VALUE_BITS));
    let mut short = *slots::find(&scene.traders[2], 3).unwrap();
    short.offset = scene.market.short.offset;
    slots::store(&mut scene.traders[2], short).unwrap();
    scene.move_to(250, NOW).unwrap();
    scene
}

/// The same market, settled, its claims registered and its loss collected.
pub(crate) fn registered() -> Scene {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    scene
}

impl Scene {
    pub(crate) fn cash_of_keeper(&self) -> u64 {
        self.keeper.balance(0).map_or(0, |balance| balance.shares)
    }

    /// Money that comes in for the market.
    pub(crate) fn recover(&mut self, atoms: i64) {
        self.pool.shares += atoms.unsigned_abs();
        self.bank.asset_shares += atoms.unsigned_abs();
        self.market.stake += atoms;
        self.pool.earmarked += atoms;
    }
}

impl Scene {
    pub(crate) fn settle_by_others(&mut self, trader: usize, now: Now) -> RiskResult<i64> {
        let Self { board, market, pool, bank, traders, .. } = self;
        perp::settle_account(market, pool, bank, &mut traders[trader], board, false, now)
    }

    pub(crate) fn exposure(&self, trader: usize, now: Now) -> ballast_risk::health::PerpExposure {
        let position = slots::find(&self.traders[trader], self.market.index).unwrap();
        perp::exposure(position, &self.market, &self.board, now).unwrap()
    }
}
