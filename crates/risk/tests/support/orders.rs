//! A market with its feed, its pool and traders whose orders anyone can fill. Every call is a transaction.

use ballast_math::{Price, Usd};
use ballast_risk::health::{assess_initial, assess_maintenance_at, Health, Portfolio, Valuation};
use ballast_risk::perp::order::{self, Books, By, Offer, Outcome, Prices, Print, Request};
use ballast_risk::perp::{self, slots};
use ballast_risk::price::{self, PriceObservation};
use ballast_risk::{balances, interest, Now, RiskError, RiskResult};
use ballast_state::{
    BalanceSide, Bank, JudgeRules, LiquidityPool, MarginAccount, Order, Orders, PerpMarket, PriceFeed, RiskBoard,
    Zeroable, NO_CLASS,
};

use super::build::{self, after, bits, MILLION, T0};
use super::perps;

/// A SOL in lots.
pub(crate) const SOL: i64 = 1_000_000;
/// What each trader starts with: 100,000 dollars.
pub(crate) const FUNDS: u64 = 100_000 * MILLION;

#[derive(Clone, Debug)]
pub(crate) struct Trader {
    pub(crate) account: MarginAccount,
    pub(crate) orders: Orders,
}

#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) board: RiskBoard,
    pub(crate) feed: PriceFeed,
    pub(crate) market: PerpMarket,
    pub(crate) pool: LiquidityPool,
    pub(crate) bank: Bank,
    pub(crate) traders: Vec<Trader>,
    pub(crate) keeper: MarginAccount,
}

/// SOL at row 1: one source, at most 2 % wide and 5 s ahead of the clock; beyond half of the price it is a jump.
pub(crate) fn feed() -> PriceFeed {
    let mut feed = PriceFeed { class: NO_CLASS, row: 1, ..PriceFeed::zeroed() };
    feed.sources[0].provider = 1;
    feed.sources[0].max_age = 60;
    feed.sources[0].max_confidence = bits(2, 100);
    feed.judge = JudgeRules {
        max_deviation: bits(1, 100),
        jump_min: bits(50, 100),
        jump_confirm: 10,
        max_future: 5,
        ema_seconds: 0,
        padding: 0,
    };
    feed
}

pub(crate) fn observation(cents: u64, confidence: u64, at: i64) -> PriceObservation {
    PriceObservation {
        price: i128::from(cents),
        confidence: u128::from(confidence),
        exponent: -2,
        publish_time: T0 + at,
        previous_publish_time: Some(T0 + at - 1),
        slot: 1,
    }
}

/// The update of `T0 + at`, with one in every second.
pub(crate) fn print(cents: u64, confidence: u64, at: i64) -> Print {
    Print::of(&observation(cents, confidence, at)).unwrap()
}

/// An order at any price that lives as long as it may.
pub(crate) fn unlimited(lots: i64) -> Request {
    Request { lots, limit: 0, reduce_only: false, life: 60 }
}

pub(crate) fn reducing(lots: i64) -> Request {
    Request { reduce_only: true, ..unlimited(lots) }
}

impl Exchange {
    /// SOL at 150 dollars at `T0`, a pool of ten million dollars.
    pub(crate) fn new(traders: usize) -> Self {
        let (pool, mut bank) = perps::pool(10_000_000 * MILLION);
        let mut account = build::account();
        let funded = |bank: &mut Bank| {
            let mut account = build::account();
            build::give(bank, &mut account, BalanceSide::Deposit, FUNDS);
            account
        };
        let traders = (0..traders).map(|_| Trader { account: funded(&mut bank), orders: Orders::zeroed() }).collect();
        build::give(&mut bank, &mut account, BalanceSide::Deposit, MILLION);
        let board = build::board(&[build::usdc(), build::sol()]);
        let mut exchange = Self { board, feed: feed(), market: perps::market(), pool, bank, traders, keeper: account };
        exchange.refresh(15_000, 0, after(0)).unwrap();
        exchange
    }

    /// Everything or nothing.
    fn atomic<T>(&mut self, change: impl FnOnce(&mut Self) -> RiskResult<T>) -> RiskResult<T> {
        let mut next = self.clone();
        let result = change(&mut next)?;
        next.check();
        *self = next;
        Ok(result)
    }

    /// A print published now, and the market at it.
    pub(crate) fn refresh(&mut self, cents: u64, confidence: u64, now: Now) -> RiskResult<()> {
        self.take(observation(cents, confidence, now.ts - T0), now)
    }

    pub(crate) fn take(&mut self, observation: PriceObservation, now: Now) -> RiskResult<()> {
        self.atomic(|next| {
            price::refresh(&mut next.feed, &mut next.board, &[Some(observation), None, None], now)?;
            // The quote token is as fresh.
            next.board.rows[0].publish_ts = now.ts;
            next.sync(now)
        })
    }

    fn sync(&mut self, now: Now) -> RiskResult<()> {
        interest::accrue(&mut self.bank, now)?;
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now).map(|_| ())
    }

    /// As a handler: what may add risk needs Initial health.
    pub(crate) fn place(&mut self, trader: usize, request: Request, now: Now) -> RiskResult<Order> {
        self.atomic(|next| {
            let order = next.place_unchecked(trader, request, now)?;
            if order.reduce_only == 0 && next.initial(trader, now)?.is_negative() {
                return Err(RiskError::InsufficientHealth);
            }
            Ok(order)
        })
    }

    fn place_unchecked(&mut self, trader: usize, request: Request, now: Now) -> RiskResult<Order> {
        let Self { board, feed, market, pool, traders, .. } = self;
        let Trader { account, orders } = &mut traders[trader];
        order::place(Prices { board, feed }, market, pool, account, orders, request, now)
    }

    pub(crate) fn cancel(&mut self, trader: usize, id: u64, by: By, now: Now) -> RiskResult<Order> {
        self.atomic(|next| {
            let lag = price::clock_lag(&next.feed, now);
            let Trader { account, orders } = &mut next.traders[trader];
            order::cancel(account, orders, &mut next.market, id, by, lag, now)
        })
    }

    pub(crate) fn fill(&mut self, trader: usize, id: u64, print: Print, now: Now) -> RiskResult<Outcome> {
        self.offer(trader, Offer { id, source: 0, print }, now)
    }

    pub(crate) fn offer(&mut self, trader: usize, offer: Offer, now: Now) -> RiskResult<Outcome> {
        self.atomic(|next| {
            next.sync(now)?;
            let room = next.clone();
            let Self { mut market, mut pool, mut bank, keeper: mut account, .. } = room;
            let mut saved = Books { market: &mut market, pool: &mut pool, bank: &mut bank, account: &mut account };
            let Self { board, feed, market, pool, bank, traders, keeper } = next;
            let Trader { account, orders } = &mut traders[trader];
            let mut books = Books { market, pool, bank, account };
            let prices = Prices { board, feed };
            order::fill(prices, &mut books, &mut saved, orders, keeper, &offer, now, |books| {
                let portfolio = portfolio(books.account, books.market, books.bank, board, now)?;
                assess_maintenance_at(&portfolio, board, books.market.feed, offer.print.price, now)
            })
            .map(|(outcome, _)| outcome)
        })
    }

    /// Places and fills in one go: placed at `at`, filled at the update of its t*.
    pub(crate) fn trade(&mut self, trader: usize, lots: i64, cents: u64, at: i64) -> Outcome {
        let order = self.place(trader, unlimited(lots), after(at)).unwrap();
        let then = order.eligible_ts - T0;
        self.refresh(cents, 0, after(then)).unwrap();
        self.fill(trader, order.id, print(cents, 0, then), after(then)).unwrap()
    }

    pub(crate) fn portfolio(&self, trader: usize, now: Now) -> RiskResult<Portfolio> {
        portfolio(&self.traders[trader].account, &self.market, &self.bank, &self.board, now)
    }

    pub(crate) fn initial(&self, trader: usize, now: Now) -> RiskResult<Health> {
        assess_initial(&self.portfolio(trader, now)?, &self.board, Valuation::Initial, now)
    }

    /// Maintenance health at a price of SOL.
    pub(crate) fn maintenance_at(&self, trader: usize, price: u64, now: Now) -> Health {
        let mut market = self.market;
        let mark = perp::mark_of(&market, price, market.quote_mid).unwrap();
        perp::move_mark(&mut market, mark).unwrap();
        let portfolio = portfolio(&self.traders[trader].account, &market, &self.bank, &self.board, now).unwrap();
        assess_maintenance_at(&portfolio, &self.board, 1, Price(price), now).unwrap()
    }

    pub(crate) fn held(&self, trader: usize) -> i64 {
        slots::held(&self.traders[trader].account, &self.market).unwrap()
    }

    /// Whole atoms of the trader's claim on the pool.
    pub(crate) fn claimed(&self, trader: usize) -> i64 {
        let position = slots::find(&self.traders[trader].account, self.market.index);
        let claim = position.map_or(0, |position| perp::book::claim(position, &self.market).unwrap());
        i64::try_from(claim >> perp::VALUE_BITS).unwrap()
    }

    /// Atoms of an account: its deposit, or below zero its loan. The bank's indices are one.
    pub(crate) fn cash_of(&self, account: &MarginAccount) -> i64 {
        let loan = account.balance(0).is_some_and(ballast_state::Balance::is_loan);
        let side = if loan { BalanceSide::Loan } else { BalanceSide::Deposit };
        let shares = i64::try_from(balances::shares(account, &self.bank, side).unwrap()).unwrap();
        if loan {
            -shares
        } else {
            shares
        }
    }

    pub(crate) fn cash(&self, trader: usize) -> i64 {
        self.cash_of(&self.traders[trader].account)
    }

    /// What orders set aside is what stands in the accounts and on the sides, and no share came from nowhere.
    pub(crate) fn check(&self) {
        let mut pending = [0u64; 2];
        for Trader { account, orders } in &self.traders {
            let live = || orders.slots.iter().filter(|order| order.id != 0);
            assert_eq!(account.order_requirement, live().map(|order| order.requirement).sum::<u64>());
            assert_eq!(usize::try_from(account.order_count).unwrap(), live().count());
            for order in live() {
                pending[usize::from(order.lots < 0)] += order.pending_lots();
            }
            let dense = account.positions().iter().all(|position| position.side != 0);
            let empty = account.perps[usize::from(account.perp_count)..].iter().all(|p| *p == Zeroable::zeroed());
            assert!(dense && empty, "{:?}", account.perps);
        }
        assert_eq!(pending, [self.market.long.pending_lots, self.market.short.pending_lots]);
        let accounts = || self.traders.iter().map(|trader| &trader.account).chain([&self.keeper]);
        let sum = |loans: bool| -> u64 {
            accounts()
                .flat_map(MarginAccount::active)
                .filter(|b| b.bank == 0 && b.is_loan() == loans)
                .map(|b| b.shares)
                .sum()
        };
        assert_eq!(sum(false) + self.pool.shares, self.bank.asset_shares);
        assert_eq!(sum(true), self.bank.liability_shares);
    }

    pub(crate) fn reserved(&self, trader: usize) -> Usd {
        Usd(self.traders[trader].account.order_requirement)
    }
}

fn portfolio(
    account: &MarginAccount,
    market: &PerpMarket,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Portfolio> {
    let here = account.positions().iter().filter(|position| position.market == market.index);
    let exposures = here.map(|position| perp::exposure(position, market, board, now));
    let perps = exposures.collect::<RiskResult<Vec<_>>>()?;
    Portfolio::of_account(account, &perps, 0, now, |_| Some(bank))
}
