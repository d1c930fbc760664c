use ballast_math::{Price, Ratio};
use ballast_risk::health::{assess_initial, assess_maintenance_at, Valuation};
use ballast_risk::invariant::{self, FillPaid};
use ballast_risk::perp::order::{self, Books, By, Offer, Outcome, Prices, Print, Request};
use ballast_risk::perp::{self, slots};
use ballast_risk::{price, RiskError, RiskResult};
use ballast_state::{OracleSource, Order, Orders, PriceFeed, Zeroable, NO_CLASS};

use crate::case::{self, after};
use crate::market::{holdings, Exchange, FEED, KEEPER, TRADERS};
use crate::source::Source;
use crate::world::hold;

/// A market, its feed, and the orders of its traders.
#[derive(Clone)]
struct Book {
    exchange: Exchange,
    feed: PriceFeed,
    orders: Vec<Orders>,
    /// Every update the feed's source published, in its order.
    history: Vec<Print>,
}

/// Orders placed, taken back and met by prints of any history: no order fills at two prints, nor at one its owner knew, and
/// INV-63, INV-68 to INV-70 and INV-75.
pub fn orders(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let Some(exchange) = Exchange::of(source) else { return false };
    let mut feed = PriceFeed { row: FEED, class: NO_CLASS, judge: case::judge_rules(source), ..PriceFeed::zeroed() };
    feed.sources[0] = OracleSource {
        provider: 1,
        max_age: 60,
        max_confidence: u32::try_from(source.most_of(Ratio::from_bps(2_000).0)).expect("a fifth"),
        ..OracleSource::zeroed()
    };
    let mid = exchange.board.rows[usize::from(FEED)].mid;
    (feed.accepted_price, feed.accepted_ts) = (mid, exchange.now.ts);
    feed.rates.sigma = source.up_to(10 << 32);
    let first = Print {
        price: Price(mid),
        confidence: Price(0),
        prev_publish_ts: Some(exchange.now.ts - 1),
        publish_ts: exchange.now.ts,
    };
    let mut book = Book { exchange, feed, orders: vec![Orders::zeroed(); TRADERS], history: vec![first] };
    let mut ended = false;
    for _ in 0..24 {
        if source.is_empty() {
            break;
        }
        match source.index(8) {
            0..=2 => drop(book.place(source)),
            3 | 4 => book.publish(source),
            5 => drop(book.take_back(source)),
            _ => ended |= book.fill(source).is_ok(),
        }
        book.check();
    }
    ended
}

impl Book {
    fn pending(&self) -> Vec<(usize, Order)> {
        let of = |(trader, orders): (usize, &Orders)| {
            orders.slots.iter().filter(|order| order.id != 0).map(move |order| (trader, *order)).collect::<Vec<_>>()
        };
        self.orders.iter().enumerate().flat_map(of).collect()
    }

    fn check(&self) {
        self.exchange.check();
        hold(invariant::check_pending(&self.exchange.market, &self.orders));
        for (account, orders) in self.exchange.accounts.iter().zip(&self.orders) {
            hold(invariant::check_orders(account, Some(orders)));
        }
    }

    /// As a handler: what may add risk needs Initial health.
    fn place(&mut self, source: &mut Source<'_>) -> RiskResult<()> {
        let trader = source.index(TRADERS);
        let lots = i64::try_from(source.sized(40)).expect("40 bits");
        let lots = if source.flag() { lots } else { -lots };
        let mark = self.exchange.market.mark;
        let limit = if source.one_in(3) { (mark / 100).saturating_mul(source.between(95, 105)) } else { 0 };
        let life = u32::try_from(source.between(1, 60)).expect("a minute");
        let request = Request { lots, limit, reduce_only: source.one_in(4), life };
        let mut next = self.clone();
        let Self { exchange: Exchange { board, market, pool, bank, accounts, now }, feed, orders, .. } = &mut next;
        perp::sync(market, pool, bank, board, *now)?;
        let account = &mut accounts[trader];
        let order = order::place(Prices { board, feed }, market, pool, account, &mut orders[trader], request, *now)?;
        if order.reduce_only == 0 {
            let portfolio = holdings(account, market, bank, board, *now)?;
            if assess_initial(&portfolio, board, Valuation::Initial, *now)?.is_negative() {
                return Err(RiskError::InsufficientHealth);
            }
            hold(invariant::check_order_allowed(market, board, *now));
        }
        hold(invariant::check_placed(&order, market, feed, board, *now));
        // None of the prints there are can fill it.
        assert!(self.history.iter().all(|print| print.publish_ts < order.eligible_ts));
        next.exchange.check_fresh();
        *self = next;
        Ok(())
    }

    /// Time passes, and the source publishes the next update; the feed mostly takes it.
    fn publish(&mut self, source: &mut Source<'_>) {
        let exchange = &mut self.exchange;
        exchange.now = after(exchange.now, source.up_to(20));
        let last = self.history.last().map_or(0, |print| print.publish_ts);
        if exchange.now.ts <= last {
            return;
        }
        let gap = i64::try_from(source.up_to(3)).expect("seconds");
        let publish_ts = (exchange.now.ts - gap).max(last + 1);
        let thousandths = if source.one_in(6) { source.between(600, 1_500) } else { source.between(990, 1_010) };
        let price = (self.feed.accepted_price / 1_000).saturating_mul(thousandths);
        let price = Price(price).clamp(Price::MIN, Price::MAX);
        let confidence = Price(price.0 / 65_536 / 10 * u64::from(source.u16()));
        self.history.push(Print { price, confidence, prev_publish_ts: Some(last), publish_ts });
        if !source.one_in(6) {
            (self.feed.accepted_price, self.feed.accepted_ts) = (price.0, publish_ts);
            exchange.print(price, confidence.0.min(price.0 / 64));
        }
    }

    fn take_back(&mut self, source: &mut Source<'_>) -> RiskResult<()> {
        let pending = self.pending();
        let Some((trader, order)) = pending.get(source.index(pending.len().max(1))).copied() else { return Ok(()) };
        let by = if source.flag() { By::Owner } else { By::Anyone };
        let (now, lag) = (self.exchange.now, price::clock_lag(&self.feed, self.exchange.now));
        let mut next = self.clone();
        let Exchange { market, accounts, .. } = &mut next.exchange;
        order::cancel(&mut accounts[trader], &mut next.orders[trader], market, order.id, by, lag, now)?;
        hold(invariant::check_cancelled(&order, by == By::Owner, lag, now));
        *self = next;
        Ok(())
    }

    /// A keeper offers every print there was: one at most is the order's.
    fn fill(&mut self, source: &mut Source<'_>) -> RiskResult<()> {
        let pending = self.pending();
        let Some((trader, order)) = pending.get(source.index(pending.len().max(1))).copied() else {
            return Err(RiskError::NoOrder);
        };
        let mut ended: Option<Self> = None;
        for print in &self.history {
            let mut next = self.clone();
            if next.fill_at(trader, &order, *print).is_ok() {
                assert!(ended.is_none(), "an order ends at one print");
                ended = Some(next);
            }
        }
        *self = ended.ok_or(RiskError::PrintTooEarly)?;
        Ok(())
    }

    fn fill_at(&mut self, trader: usize, order: &Order, print: Print) -> RiskResult<()> {
        let Self { exchange, feed, orders, .. } = self;
        let now = exchange.now;
        exchange.sync()?;
        let room = exchange.clone();
        let before = exchange.clone();
        let Exchange { mut market, mut pool, mut bank, mut accounts, .. } = room;
        let mut saved = Books { market: &mut market, pool: &mut pool, bank: &mut bank, account: &mut accounts[trader] };
        let Exchange { board, market, pool, bank, accounts, .. } = &mut *exchange;
        let [account, keeper] = accounts.get_disjoint_mut([trader, KEEPER]).expect("two of them");
        let mut books = Books { market, pool, bank, account };
        let prices = Prices { board, feed };
        let offer = Offer { id: order.id, source: 0, print };
        let orders = &mut orders[trader];
        let (outcome, _) = order::fill(prices, &mut books, &mut saved, orders, keeper, &offer, now, |books| {
            let portfolio = holdings(books.account, books.market, books.bank, board, now)?;
            assess_maintenance_at(&portfolio, board, FEED, print.price, now)
        })?;
        hold(invariant::check_print(order, &print, now));
        assert!(orders.slots.iter().all(|other| other.id != order.id));
        let held = [&before, &*exchange].map(|state| slots::held(&state.accounts[trader], &state.market));
        let [had, has] = [held[0]?, held[1]?];
        if let Outcome::Filled(filled) = outcome {
            let markets = [&before.market, &exchange.market];
            let paid = FillPaid { lots: has - had, price: filled.price, premium: filled.traded.premium };
            hold(invariant::check_fill_price(order, &print, markets, &paid));
            hold(invariant::check_fill_caps(markets[0], markets[1], [had, has]));
            let mut market = exchange.market;
            let mark = perp::mark_of(&market, print.price.0, market.quote_mid)?;
            perp::move_mark(&mut market, mark)?;
            let portfolio = holdings(&exchange.accounts[trader], &market, &exchange.bank, &exchange.board, now)?;
            hold(invariant::check_fill_health(&portfolio, &exchange.board, FEED, &print, now));
        } else {
            hold(invariant::check_positions_still(&before.accounts[trader], &exchange.accounts[trader], &[]));
        }
        exchange.check();
        exchange.check_fresh();
        Ok(())
    }
}
