//! A market with its feed, its pool and its accounts, on the host. Nothing here decides anything: prices are judged, profits
//! paid, positions liquidated and markets deleveraged by the engine.

mod listing;

use ballast_math::Index;
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::{assess_initial, assess_maintenance, Health, Portfolio, Valuation};
use ballast_risk::perp::liquidity::maintenance_requirement;
use ballast_risk::perp::{self, book, rail, slots, Fill, MarketDeleveraged};
use ballast_risk::price::{self, PriceObservation};
use ballast_risk::{interest, lending, rates, Now, RiskError, RiskResult};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PriceFeed, RiskBoard, Zeroable};

/// Atoms of a dollar.
pub(super) const DOLLAR: u64 = 1_000_000;
/// Lots of a unit of the underlying.
pub(super) const UNIT: u64 = 1_000_000;
/// Prices are given in 10⁻⁸ dollars.
pub(super) const PRICE: u64 = 100_000_000;
/// Midnight: days of UTC begin here.
const T0: i64 = 1_760_054_400;
const QUOTE: u8 = 0;
const BASE: u8 = 1;

/// Margin of the underlying, basis points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Margin {
    pub(super) maintenance: u32,
    pub(super) initial: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Venue {
    pub(super) now: Now,
    pub(super) board: RiskBoard,
    pub(super) market: PerpMarket,
    pub(super) pool: LiquidityPool,
    pub(super) accounts: Vec<MarginAccount>,
    feed: PriceFeed,
    quote: Bank,
    base: Bank,
}

impl Venue {
    /// A market at a price, half of whose pool's funds, so many atoms, stand for it.
    pub(super) fn new(margin: Margin, price: u64, funds: u64) -> RiskResult<Self> {
        let now = Now { ts: T0, slot: 1 };
        let mut board = RiskBoard { version: 1, row_count: 2, rules: listing::rules(), ..RiskBoard::zeroed() };
        board.rows[usize::from(QUOTE)] = listing::dollar();
        let feed = listing::feed(margin);
        rates::write_row(&feed, &mut board.rows[usize::from(BASE)])?;
        let mut quote = listing::bank(0, QUOTE);
        (quote.asset_shares, quote.vault_balance) = (funds, funds);
        let pool = LiquidityPool { version: 1, decimals: 6, shares: funds, ..LiquidityPool::zeroed() };
        let mut venue = Self {
            now,
            board,
            market: listing::market(now),
            pool,
            accounts: Vec::new(),
            feed,
            quote,
            base: listing::bank(1, BASE),
        };
        venue.print(price, 0)?;
        Ok(venue)
    }

    /// A print of so many seconds later, judged; the market at it.
    pub(super) fn print(&mut self, price: u64, seconds: u32) -> RiskResult<()> {
        self.now.ts = self.now.ts.saturating_add(i64::from(seconds));
        self.now.slot = self.now.slot.saturating_add(u64::from(seconds) * 2);
        let observation = PriceObservation {
            price: i128::from(price),
            confidence: 0,
            exponent: -8,
            publish_time: self.now.ts,
            previous_publish_time: Some(self.now.ts.saturating_sub(1)),
            slot: self.now.slot,
        };
        price::refresh(&mut self.feed, &mut self.board, &[Some(observation), None, None], self.now)?;
        interest::accrue(&mut self.quote, self.now)?;
        interest::accrue(&mut self.base, self.now)?;
        perp::sync(&mut self.market, &mut self.pool, &self.quote, &self.board, self.now)?;
        Ok(())
    }

    /// A price that lies beyond the jump bound: the second print confirms it.
    pub(super) fn jump(&mut self, price: u64) -> RiskResult<()> {
        self.print(price, 1)?;
        self.print(price, self.feed.judge.jump_confirm)
    }

    /// A new account with dollars, and with units of the underlying as a deposit.
    pub(super) fn join(&mut self, atoms: u64, units: u64) -> RiskResult<usize> {
        let mut account = MarginAccount { version: 1, ..MarginAccount::zeroed() };
        lending::deposit(&mut self.quote, &mut account, atoms, self.now)?;
        if units > 0 {
            lending::deposit(&mut self.base, &mut account, units, self.now)?;
        }
        self.accounts.push(account);
        Ok(self.accounts.len() - 1)
    }

    /// Trades at the mark, where Initial health allows it; what it requires is put up for the account's rail. A profit stays a
    /// claim until it is settled.
    pub(super) fn trade(&mut self, who: usize, lots: i64) -> RiskResult<()> {
        self.atomic(|next| {
            let Self { market, pool, quote, accounts, now, .. } = next;
            let account = &mut accounts[who];
            let none = PerpPosition { market: market.index, ..PerpPosition::zeroed() };
            let mut position = slots::find(account, market.index).copied().unwrap_or(none);
            let fill = Fill { lots, price: market.mark, print: market.mark };
            let traded = perp::trade(market, &mut position, fill, 0)?;
            slots::store(account, position)?;
            perp::move_claim(market, pool, quote, account, traded.paid)?;
            perp::refresh_equity(market, pool, quote, *now)?;
            let portfolio = next.portfolio(who)?;
            let health = assess_initial(&portfolio, &next.board, Valuation::Initial, next.now)?;
            if health.is_negative() {
                return Err(RiskError::InsufficientHealth);
            }
            rail::post_now(&mut next.accounts[who], &portfolio, &next.board, next.now)
        })
    }

    /// Liquidates an account's position as far as the engine lets anyone; the bonus goes to account `by`. None where it is
    /// healthy; else the debt that was written off, if it left one.
    pub(super) fn liquidate(&mut self, who: usize, by: usize) -> RiskResult<Option<Option<Loss>>> {
        let done = self.atomic(|next| {
            let plan = perp::plan_position(
                &next.board,
                &next.market,
                &next.accounts[who],
                &next.portfolio(who)?,
                u64::MAX,
                next.now,
            )?;
            let (mut account, mut liquidator) = (next.accounts[who], next.accounts[by]);
            let Self { board, market, pool, quote, now, .. } = next;
            perp::close_position(board, market, pool, quote, &mut account, &mut liquidator, &plan, *now)?;
            (next.accounts[who], next.accounts[by]) = (account, liquidator);
            let portfolio = next.portfolio(who)?;
            let Self { board, market, pool, quote, now, accounts, .. } = next;
            let account = &mut accounts[who];
            let (_, loss) = perp::conclude_position(board, market, pool, quote, account, &portfolio, &plan, *now)?;
            perp::refresh_equity(&mut next.market, &next.pool, &next.quote, next.now)?;
            Ok(loss)
        });
        match done {
            Ok(loss) => Ok(Some(loss)),
            Err(RiskError::AccountHealthy | RiskError::NoPosition | RiskError::NoLiability) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deleverages the market. None while its pool has what its skew requires.
    pub(super) fn deleverage(&mut self) -> RiskResult<Option<MarketDeleveraged>> {
        let done =
            self.atomic(|next| perp::deleverage(&mut next.market, &next.pool, &next.quote, &next.board, next.now));
        match done {
            Ok(done) => Ok(Some(done)),
            Err(RiskError::MarketHealthy | RiskError::NothingToDo) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Settles an account's claim for its owner, as far as it is paid now: atoms. As `settle_pnl` does, it notes what the account
    /// has to put up where its rail would hold profit back.
    pub(super) fn settle(&mut self, who: usize) -> RiskResult<i64> {
        let done = self.atomic(|next| {
            if rail::holds_back(&next.accounts[who], &next.market, &next.board, next.now)? {
                let portfolio = next.portfolio(who)?;
                rail::post_now(&mut next.accounts[who], &portfolio, &next.board, next.now)?;
            }
            let Self { board, market, pool, quote, accounts, now, .. } = next;
            perp::settle_account(market, pool, quote, &mut accounts[who], board, true, *now)
        });
        match done {
            Err(RiskError::NothingToSettle | RiskError::NoPosition) => Ok(0),
            done => done,
        }
    }

    /// What an account put up for its perps on the day, atoms, down: no more of its profits leaves.
    pub(super) fn posted(&self, who: usize) -> i64 {
        // USD have 20 fraction bits, atoms are millionths.
        let atoms = (u128::from(self.accounts[who].rail.posted) * u128::from(DOLLAR)) >> 20;
        i64::try_from(atoms).unwrap_or(i64::MAX)
    }

    /// Everything or nothing.
    fn atomic<T>(&mut self, change: impl FnOnce(&mut Self) -> RiskResult<T>) -> RiskResult<T> {
        let before = self.clone();
        let result = change(self);
        if result.is_err() {
            *self = before;
        }
        result
    }

    /// Funds the pool so that the market's equity is so many atoms: a choice of the scene, not a deposit of anybody's.
    pub(super) fn fund(&mut self, equity: i64) -> RiskResult<()> {
        // Half of a share stands for the market.
        let missing = i128::from(equity).saturating_sub(i128::from(self.market.equity)).saturating_mul(2);
        let funded = |shares: u64| u64::try_from(i128::from(shares).saturating_add(missing));
        let of = |shares: u64| funded(shares).map_err(|_| RiskError::PoolTooSmall);
        (self.pool.shares, self.quote.asset_shares) = (of(self.pool.shares)?, of(self.quote.asset_shares)?);
        self.quote.vault_balance = of(self.quote.vault_balance)?;
        perp::refresh_equity(&mut self.market, &self.pool, &self.quote, self.now)
    }

    fn portfolio(&self, who: usize) -> RiskResult<Portfolio> {
        let account = &self.accounts[who];
        let exposures: RiskResult<Vec<_>> = account
            .positions()
            .iter()
            .map(|position| perp::exposure(position, &self.market, &self.board, self.now))
            .collect();
        let bank = |index| [&self.quote, &self.base].into_iter().find(|bank| bank.index == index);
        Portfolio::of_account(account, &exposures?, QUOTE, self.now, bank)
    }

    /// Health at Maintenance.
    pub(super) fn health(&self, who: usize) -> RiskResult<Health> {
        assess_maintenance(&self.portfolio(who)?, &self.board, self.now)
    }

    /// Lots held, below zero for a short.
    pub(super) fn size(&self, who: usize) -> RiskResult<i64> {
        Ok(slots::held(&self.accounts[who], &self.market)?)
    }

    /// What the pool owes an account, 2⁻³² atoms; below zero: the account the pool.
    pub(super) fn claim(&self, who: usize) -> RiskResult<i128> {
        let Some(position) = slots::find(&self.accounts[who], self.market.index) else { return Ok(0) };
        Ok(book::claim(position, &self.market)?)
    }

    /// An account's deposit of dollars, or below zero its loan, atoms.
    pub(super) fn cash(&self, who: usize) -> RiskResult<i64> {
        let Some(balance) = self.accounts[who].balance(self.quote.index) else { return Ok(0) };
        let (index, sign) = if balance.is_loan() {
            (Index::from_words(self.quote.liability_index), -1)
        } else {
            (Index::from_words(self.quote.asset_index), 1)
        };
        // Nobody pays interest here: an amount is its shares, whichever way it is rounded.
        Ok(sign * i64::try_from(index.amount_down(balance.shares)?).unwrap_or(i64::MAX))
    }

    /// Lots by which longs are more than shorts.
    pub(super) fn skew(&self) -> RiskResult<i64> {
        Ok(book::skew(&self.market)?)
    }

    /// What Maintenance asks of the pool for a skew, atoms.
    pub(super) fn required(&self, skew: i64) -> RiskResult<u64> {
        maintenance_requirement(&self.market, skew, &self.board, self.now)
    }

    /// Dollars of the pool: its deposit, atoms.
    pub(super) fn funds(&self) -> RiskResult<u64> {
        Ok(perp::funds(&self.pool, &self.quote, self.now)?)
    }
}
