//! A pool, its markets, who provides it and who trades against it, as far as an engine test needs them.

use ballast_risk::lending::Amount;
use ballast_risk::perp::liquidity::{self, Claimed, Liabilities, NetAssets};
use ballast_risk::perp::{self, Fill};
use ballast_risk::{interest, Now, RiskResult};
use ballast_state::{
    BalanceSide, Bank, Epoch, LiquidityPool, LiquidityProvider, MarginAccount, PerpMarket, PerpPosition, RiskBoard,
    Zeroable,
};

use super::build::{account, after, bank, board, give, sol, usdc, MILLION, NOW, T0};
use super::perps;

pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DELAY: i64 = 30;
/// A SOL in lots.
pub(crate) const SOL: i64 = 1_000_000;
/// What a trader or a provider brings.
pub(crate) const PURSE: u64 = 1_000_000 * MILLION;

/// A pool, its markets, two or more providers, and one trader.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) board: RiskBoard,
    pub(crate) bank: Bank,
    pub(crate) pool: LiquidityPool,
    pub(crate) markets: Vec<PerpMarket>,
    pub(crate) providers: Vec<(LiquidityProvider, MarginAccount)>,
    pub(crate) trader: MarginAccount,
    pub(crate) positions: Vec<PerpPosition>,
    /// Who else is in the bank.
    pub(crate) others: MarginAccount,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) now: Now,
    pub(crate) claims: u64,
}

impl World {
    pub(crate) fn new(markets: u16, providers: usize) -> Self {
        let mut bank = bank(0, 0, 6);
        let mut purse = |atoms| {
            let mut account = account();
            give(&mut bank, &mut account, BalanceSide::Deposit, atoms);
            account
        };
        let trader = purse(PURSE);
        let others = purse(PURSE);
        let providers = (0..providers).map(|_| (LiquidityProvider::zeroed(), purse(PURSE))).collect();
        let pool = LiquidityPool {
            market_count: markets,
            epoch: 1,
            epoch_end: T0 + HOUR,
            epoch_length: 3_600,
            min_delay: 30,
            cap: u64::MAX,
            ..LiquidityPool::zeroed()
        };
        let market = |index| {
            let mut market = perps::market();
            market.index = index;
            market.terms.weight = u32::try_from((1u64 << 32) / u64::from(markets.max(2))).unwrap();
            market.terms.funding_velocity = 0;
            market
        };
        Self {
            board: board(&[usdc(), sol()]),
            bank,
            pool,
            markets: (0..markets).map(market).collect(),
            providers,
            trader,
            positions: (0..markets).map(|market| PerpPosition { market, ..PerpPosition::zeroed() }).collect(),
            others,
            epochs: Vec::new(),
            now: NOW,
            claims: 0,
        }
    }

    /// One market, whose pool has this much of the first provider.
    pub(crate) fn funded(atoms: u64, providers: usize) -> Self {
        let mut world = Self::new(1, providers);
        world.deposit(0, atoms).unwrap();
        world.strike().unwrap();
        world.claim(0).unwrap();
        world
    }

    pub(crate) fn deposit(&mut self, who: usize, atoms: u64) -> RiskResult<u64> {
        let (provider, account) = &mut self.providers[who];
        let amount = Amount::Exact(atoms);
        liquidity::request_deposit(&mut self.pool, provider, &mut self.bank, account, amount, self.now)
            .map(|moved| moved.shares)
    }

    pub(crate) fn withdraw(&mut self, who: usize, shares: u64) -> RiskResult<()> {
        liquidity::request_withdraw(&mut self.pool, &mut self.providers[who].0, shares, self.now)
    }

    pub(crate) fn claim_from(&mut self, who: usize, number: u64) -> RiskResult<Claimed> {
        interest::accrue(&mut self.bank, self.now)?;
        let epoch = self.epochs.iter_mut().find(|epoch| epoch.number == number).unwrap();
        let (provider, account) = &mut self.providers[who];
        let claimed = liquidity::claim(&mut self.pool, provider, epoch, &mut self.bank, account)?;
        self.claims += 1;
        Ok(claimed)
    }

    /// From the last epoch.
    pub(crate) fn claim(&mut self, who: usize) -> RiskResult<Claimed> {
        self.claim_from(who, self.pool.epoch - 1)
    }

    pub(crate) fn print(&mut self, mid: u64, half_band_bps: u64) {
        let row = &mut self.board.rows[1];
        let half = u64::try_from(u128::from(mid) * u128::from(half_band_bps) / 10_000).unwrap();
        (row.mid, row.low, row.high) = (mid, mid - half, mid + half);
        self.refresh();
    }

    pub(crate) fn refresh(&mut self) {
        for row in &mut self.board.rows[..2] {
            row.publish_ts = self.now.ts;
        }
    }

    pub(crate) fn at(&mut self, seconds: i64) {
        self.now = after(seconds);
    }

    /// Strikes as soon as it can be, at fresh prints of the prices there are.
    pub(crate) fn strike(&mut self) -> RiskResult<Epoch> {
        let end = liquidity::next_end(&self.pool, self.now).unwrap();
        self.at((end + DELAY).max(self.now.ts) - T0);
        self.refresh();
        self.strike_now()
    }

    pub(crate) fn strike_now(&mut self) -> RiskResult<Epoch> {
        let mut epoch = Epoch::zeroed();
        let mut markets: Vec<&mut PerpMarket> = self.markets.iter_mut().collect();
        liquidity::strike(&mut self.pool, &mut epoch, &self.bank, &mut markets, &self.board, self.now)?;
        self.epochs.push(epoch);
        Ok(epoch)
    }

    pub(crate) fn sync(&mut self, market: usize) {
        perp::sync(&mut self.markets[market], &mut self.pool, &self.bank, &self.board, self.now).unwrap();
    }

    pub(crate) fn trade(&mut self, market: usize, lots: i64) {
        interest::accrue(&mut self.bank, self.now).unwrap();
        let (of, position) = (&mut self.markets[market], &mut self.positions[market]);
        perp::sync(of, &mut self.pool, &self.bank, &self.board, self.now).unwrap();
        let most =
            perp::most_paid(of, &self.pool, &self.bank, &super::perps::unrailed(), &self.board, self.now).unwrap();
        let fill = Fill { lots, price: of.mark, print: of.mark };
        let paid = perp::trade(of, position, fill, most).unwrap().paid;
        perp::move_claim(of, &mut self.pool, &mut self.bank, &mut self.trader, paid).unwrap();
        perp::sync(of, &mut self.pool, &self.bank, &self.board, self.now).unwrap();
    }

    pub(crate) fn assets(&self) -> NetAssets {
        let mut liabilities = Liabilities::default();
        for market in &self.markets {
            liabilities.add(market, &self.board, self.now).unwrap();
        }
        liabilities.net_assets(self.funds()).unwrap()
    }

    pub(crate) fn funds(&self) -> u64 {
        perp::funds(&self.pool, &self.bank, self.now).unwrap()
    }

    pub(crate) fn held(&self, who: usize) -> u64 {
        deposit_shares(&self.providers[who].1)
    }

    /// All deposit shares are somewhere, and what is asked for is what waits.
    pub(crate) fn check(&self) {
        let held = self.providers.iter().map(|(_, account)| deposit_shares(account)).sum::<u64>();
        let balances = held + deposit_shares(&self.trader) + deposit_shares(&self.others);
        let LiquidityPool { shares, entering, claimable, .. } = self.pool;
        assert_eq!(self.bank.asset_shares, balances + shares + entering + claimable);
        let asked = |(provider, _): &(LiquidityProvider, MarginAccount)| {
            if provider.entering_epoch == self.pool.epoch {
                provider.entering
            } else {
                0
            }
        };
        assert_eq!(entering, self.providers.iter().map(asked).sum::<u64>());
        assert!(self.pool.leaving <= self.pool.supply);
    }
}

pub(crate) fn deposit_shares(account: &MarginAccount) -> u64 {
    account.active().iter().filter(|balance| balance.is_deposit()).map(|balance| balance.shares).sum()
}
