//! Orders: what is refused, what is set aside, who may cancel, and how an order ends.
mod support;

use ballast_math::Usd;
use ballast_risk::perp::order::{By, Cap, Filled, Kill, Offer, Outcome, Print, Rejection, Request};
use ballast_risk::perp::{self, order, slots, Traded};
use ballast_risk::price::{clock_lag, PriceObservation};
use ballast_risk::{lending, RiskError};
use ballast_state::{
    MarginAccount, MarketMode, Order, PerpMarket, PerpPosition, PriceFeed, PriceState, SideBook, Zeroable, ORDERS,
};
use serde_json::Value;
use support::build::{after, bits, price, sol, usdc, MILLION, T0};
use support::orders::{observation, print, reducing, unlimited, Exchange, FUNDS, SOL};

const MARK: u64 = 150 << 32;

fn killed(outcome: Outcome) -> Kill {
    match outcome {
        Outcome::Killed(kill) => kill,
        other => panic!("{other:?}"),
    }
}

fn filled(outcome: Outcome) -> Filled {
    match outcome {
        Outcome::Filled(filled) => filled,
        other => panic!("{other:?}"),
    }
}

/// The account, the orders and the market without their counters.
fn uncounted(exchange: &Exchange, trader: usize) -> (MarginAccount, [Order; ORDERS], PerpMarket) {
    let support::orders::Trader { account, orders } = &exchange.traders[trader];
    let market = PerpMarket { sequence: 0, ..exchange.market };
    (MarginAccount { sequence: 0, ..*account }, orders.slots, market)
}

#[test]
fn an_order_sets_aside_margin_premium_and_fees() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    // 25 % of 1,500 dollars (the rates' bits are rounded up); a fee of 5 bp, a keeper's tenth of a cent, and a premium of
    // 150·10¹⁴ / 2⁴¹ atoms.
    let atoms = 750_001u64 + 1_000 + 6_821;
    let fees = (u128::from(atoms) << 20).div_ceil(u128::from(MILLION));
    assert_eq!(u128::from(order.requirement), (375 << 20) + 1 + fees);
    let expected = Order {
        id: 1,
        lots: 10 * SOL,
        limit: 0,
        eligible_ts: T0 + 2,
        expiry_ts: T0 + 62,
        placed_ts: T0,
        requirement: order.requirement,
        keeper_fee: 1_000,
        market: 3,
        reduce_only: 0,
        padding: [0; 5],
    };
    assert_eq!((order, exchange.traders[0].orders.slots[0]), (expected, expected));
    assert_eq!(exchange.market.long.pending_lots, 10_000_000);
    assert!(lending::has_liability(&exchange.traders[0].account));
    // A short: 21 %, and no premium where it meets the longs.
    filled(exchange.trade(0, 10 * SOL, 15_000, 0));
    let order = exchange.place(0, unlimited(-20 * SOL), after(4)).unwrap();
    let fees = (u128::from(1_500_001u64 + 1_000) << 20).div_ceil(u128::from(MILLION));
    assert_eq!(u128::from(order.requirement), (630 << 20) + 1 + fees);
}

#[test]
fn initial_health_is_less_by_what_is_set_aside() {
    let mut exchange = Exchange::new(1);
    let before = exchange.initial(0, after(0)).unwrap();
    assert!(!exchange.portfolio(0, after(0)).unwrap().has_liability);
    let order = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    let portfolio = exchange.portfolio(0, after(0)).unwrap();
    assert!(portfolio.has_liability && portfolio.reserved == Usd(order.requirement));
    let now = exchange.initial(0, after(0)).unwrap();
    assert_eq!(now.requirement, before.requirement.add(Usd(order.requirement)).unwrap());
    assert_eq!((now.assets, now.liabilities), (before.assets, before.liabilities));
    // Maintenance knows no orders.
    let maintenance = exchange.maintenance_at(0, price(150, 1), after(0));
    assert_eq!(maintenance.requirement.0, u64::from(bits(50, 10_000)) * FUNDS.div_ceil(MILLION) / (1 << 12) + 1);
    // 2,666 SOL are 99,975 dollars of margin on 99,000: too many, with or without other orders.
    assert_eq!(exchange.place(0, unlimited(2_666 * SOL), after(0)), Err(RiskError::InsufficientHealth));
    exchange.place(0, unlimited(1_000 * SOL), after(0)).unwrap();
    exchange.place(0, unlimited(1_000 * SOL), after(0)).unwrap();
    assert_eq!(exchange.place(0, unlimited(1_000 * SOL), after(0)), Err(RiskError::InsufficientHealth));
}

#[test]
fn a_reduction_sets_aside_fees_alone_and_can_never_open() {
    let mut exchange = Exchange::new(1);
    filled(exchange.trade(0, 10 * SOL, 15_000, 0));
    // Without the flag, but no more than is held: it is taken as one.
    let order = exchange.place(0, unlimited(-10 * SOL), after(2)).unwrap();
    assert_eq!((order.reduce_only, exchange.market.short.pending_lots), (1, 0));
    assert_eq!(order.requirement, (751_001u64 << 20).div_ceil(MILLION));
    // Fees are a debt: at the high end of the quote token's band.
    let mut wide = exchange.clone();
    (wide.board.rows[0].low, wide.board.rows[0].high) = (price(99, 100), price(2, 1));
    let dearer = wide.place(0, unlimited(-10 * SOL), after(2)).unwrap();
    assert_eq!(dearer.requirement, ((2 * 751_001u64) << 20).div_ceil(MILLION));
    // Of more than is held, what is held.
    let larger = exchange.place(0, reducing(-11 * SOL), after(2)).unwrap();
    assert_eq!((larger.reduce_only, larger.lots), (1, -10 * SOL));
    exchange.refresh(15_000, 0, after(4)).unwrap();
    let done = filled(exchange.fill(0, order.id, print(15_000, 0, 4), after(4)).unwrap());
    assert_eq!((done.traded.before, done.traded.after), (10 * SOL, 0));
    assert_eq!(exchange.traders[0].account.perp_count, 0, "the slot is free again");
    let outcome = exchange.fill(0, larger.id, print(15_000, 0, 4), after(4)).unwrap();
    assert_eq!(killed(outcome), Kill::NothingToReduce);
    // Of a position that got smaller, the rest.
    filled(exchange.trade(0, -10 * SOL, 15_000, 4));
    let first = exchange.place(0, reducing(6 * SOL), after(6)).unwrap();
    let second = exchange.place(0, reducing(6 * SOL), after(6)).unwrap();
    exchange.refresh(15_000, 0, after(8)).unwrap();
    filled(exchange.fill(0, first.id, print(15_000, 0, 8), after(8)).unwrap());
    let done = filled(exchange.fill(0, second.id, print(15_000, 0, 8), after(8)).unwrap());
    assert_eq!((done.traded.before, done.traded.after), (-4 * SOL, 0));
}

#[test]
fn an_exit_is_open_while_new_risk_is_not() {
    let mut exchange = Exchange::new(1);
    filled(exchange.trade(0, 10 * SOL, 15_000, 0));
    let refused = |exchange: &Exchange, error| {
        let mut exchange = exchange.clone();
        assert_eq!(exchange.place(0, unlimited(SOL), after(3)), Err(error));
        assert_eq!(exchange.place(0, unlimited(-11 * SOL), after(3)), Err(error), "a flip opens");
        let exit = exchange.place(0, unlimited(-10 * SOL), after(3)).unwrap();
        assert_eq!(exit.reduce_only, 1);
        exchange
    };
    let with = |change: &dyn Fn(&mut Exchange)| {
        let mut changed = exchange.clone();
        change(&mut changed);
        changed
    };
    refused(&with(&|e| e.board.risk_paused_until = T0 + 4), RiskError::RiskPaused);
    refused(&with(&|e| e.market.paused_until = T0 + 4), RiskError::MarketPaused);
    refused(&with(&|e| e.market.mode = MarketMode::ReduceOnly.to_byte()), RiskError::MarketReduceOnly);
    refused(&with(&|e| e.market.mode = MarketMode::WindDown.to_byte()), RiskError::MarketReduceOnly);
    refused(&with(&|e| e.board.rows[1].state = PriceState::PendingJump.to_byte()), RiskError::PricePending);
    refused(&with(&|e| e.board.rows[1].state = PriceState::Guarded.to_byte()), RiskError::PriceGuarded);
    refused(&with(&|e| e.board.rows[1].publish_ts = T0 - 58), RiskError::PriceStale);
    refused(&with(&|e| e.board.rows[0].publish_ts = T0 - 58), RiskError::PriceStale);
    assert!(with(&|e| e.board.risk_paused_until = T0 + 3).place(0, unlimited(SOL), after(3)).is_ok());
    assert!(with(&|e| e.market.paused_until = T0 + 3).place(0, unlimited(SOL), after(3)).is_ok());
    // What was placed before is void, and an exit fills.
    let mut paused = exchange.clone();
    let adds = paused.place(0, unlimited(SOL), after(2)).unwrap();
    let exit = paused.place(0, unlimited(-10 * SOL), after(2)).unwrap();
    paused.market.paused_until = T0 + 5;
    paused.refresh(15_000, 0, after(4)).unwrap();
    let cash = (paused.cash(0), paused.cash_of(&paused.keeper));
    assert_eq!(paused.fill(0, adds.id, print(15_000, 0, 4), after(4)), Ok(Outcome::Void(Rejection::Closed)));
    assert_eq!((paused.cash(0), paused.cash_of(&paused.keeper)), cash);
    filled(paused.fill(0, exit.id, print(15_000, 0, 4), after(4)).unwrap());
}

#[test]
fn what_cannot_be_placed() {
    let exchange = Exchange::new(2);
    let place = |change: &dyn Fn(&mut Exchange), request: Request| {
        let mut exchange = exchange.clone();
        change(&mut exchange);
        exchange.place(0, request, after(0)).map(|_| ())
    };
    let as_is: &dyn Fn(&mut Exchange) = &|_| {};
    assert_eq!(place(as_is, unlimited(0)), Err(RiskError::ZeroAmount));
    assert_eq!(place(as_is, unlimited(999)), Err(RiskError::OrderTooSmall));
    assert_eq!(place(as_is, unlimited(1_000)), Ok(()));
    assert_eq!(place(as_is, reducing(-SOL)), Err(RiskError::WouldNotReduce));
    assert_eq!(place(as_is, Request { life: 61, ..unlimited(SOL) }), Err(RiskError::OrderLifeOutOfRange));
    assert_eq!(place(as_is, Request { life: 9, ..unlimited(SOL) }), Err(RiskError::OrderLifeOutOfRange));
    assert_eq!(place(as_is, Request { life: 10, ..unlimited(SOL) }), Ok(()));
    assert_eq!(place(&|e| e.market.terms.order_life = 5, Request { life: 5, ..unlimited(SOL) }), Ok(()));
    assert_eq!(place(&|e| e.feed.row = 0, unlimited(SOL)), Err(RiskError::FeedMismatch));
    assert_eq!(place(&|e| e.board.rows[1].mid += 1, unlimited(SOL)), Err(RiskError::MarketNotSynced));
    let open = |e: &mut Exchange| e.traders[0].account.flags = MarginAccount::IN_LIQUIDATION;
    assert_eq!(place(&open, unlimited(SOL)), Err(RiskError::AccountInTransit));

    let many = |e: &mut Exchange| {
        for _ in 0..16 {
            e.place(0, unlimited(1_000), after(0)).unwrap();
        }
    };
    assert_eq!(place(&many, unlimited(SOL)), Err(RiskError::TooManyOrders));
    let no_balance = |e: &mut Exchange| {
        e.traders[0].account.balances.iter_mut().for_each(|balance| balance.bank = 7);
        e.traders[0].account.balance_count = 16;
    };
    assert_eq!(place(&no_balance, unlimited(SOL)), Err(RiskError::TooManyBalances));
}

/// Of two orders of which one could open a position, the filler would choose.
#[test]
fn pending_orders_keep_their_position_slots() {
    let mut exchange = Exchange::new(1);
    let account = &mut exchange.traders[0].account;
    for market in 10..16 {
        slots::find_or_open(account, market).unwrap().side = 1;
    }
    let (first, slots) = exchange.traders[0].orders.slots.split_first_mut().unwrap();
    // An order that opens, twice; one of a market that is held; one that only reduces.
    let pending = |market, reduce_only| Order { id: 90, lots: 1, market, reduce_only, ..Order::zeroed() };
    *first = pending(20, 0);
    for (slot, order) in slots.iter_mut().zip([pending(20, 0), pending(12, 0), pending(21, 1)]) {
        *slot = order;
    }
    let place = |exchange: &mut Exchange| {
        let support::orders::Exchange { board, feed, market, pool, traders, .. } = exchange;
        let support::orders::Trader { account, orders } = &mut traders[0];
        order::place(order::Prices { board, feed }, market, pool, account, orders, unlimited(SOL), after(0)).map(|_| ())
    };
    // Six positions and one to come: one slot is left, for the first and the second order of this market.
    assert_eq!(place(&mut exchange), Ok(()));
    assert_eq!(place(&mut exchange), Ok(()));
    exchange.market.index = 4;
    assert_eq!(place(&mut exchange), Err(RiskError::TooManyPositions));
    exchange.market.index = 10;
    assert_eq!(place(&mut exchange), Ok(()), "a position that is held has its slot");
    // All slots used, none pending.
    let mut full = Exchange::new(1);
    for market in 10..18 {
        slots::find_or_open(&mut full.traders[0].account, market).unwrap().side = 1;
    }
    assert_eq!(place(&mut full), Err(RiskError::TooManyPositions));
}

#[test]
fn the_smallest_order_does_not_hold_back_the_rest_of_a_position() {
    let mut exchange = Exchange::new(1);
    filled(exchange.trade(0, 1_000, 15_000, 0));
    exchange.market.terms.order_min = 1_001;
    assert_eq!(exchange.place(0, unlimited(-999), after(2)), Err(RiskError::OrderTooSmall));
    assert_eq!(exchange.place(0, unlimited(1_000), after(2)), Err(RiskError::OrderTooSmall));
    assert_eq!(exchange.place(0, unlimited(-1_000), after(2)).map(|order| order.lots), Ok(-1_000));
}

#[test]
fn caps_count_what_is_pending() {
    let mut exchange = Exchange::new(2);
    let ten = 10 * SOL.unsigned_abs();
    exchange.market.terms.account_cap = ten;
    exchange.place(0, unlimited(4 * SOL), after(0)).unwrap();
    assert_eq!(exchange.place(0, unlimited(6 * SOL + 1), after(0)), Err(RiskError::AccountCapExceeded));
    assert_eq!(exchange.place(1, unlimited(-10 * SOL - 1), after(0)), Err(RiskError::AccountCapExceeded));
    exchange.place(0, unlimited(6 * SOL), after(0)).unwrap();
    // Those of the other side do not add to these.
    exchange.place(0, unlimited(-10 * SOL), after(0)).unwrap();

    exchange.market.terms.interest_cap = 2 * ten - 1;
    assert_eq!(exchange.place(1, unlimited(10 * SOL), after(0)), Err(RiskError::InterestCapExceeded));
    exchange.place(1, unlimited(10 * SOL - 1), after(0)).unwrap();

    let mut exchange = Exchange::new(2);
    exchange.market.terms.skew_cap = ten;
    assert_eq!(exchange.place(0, unlimited(10 * SOL + 1), after(0)), Err(RiskError::SkewCapExceeded));
    filled(exchange.trade(0, 10 * SOL, 15_000, 0));
    assert_eq!(exchange.place(1, unlimited(1_000), after(2)), Err(RiskError::SkewCapExceeded));
    assert_eq!(exchange.place(1, unlimited(-20 * SOL - 1), after(2)), Err(RiskError::SkewCapExceeded));
    exchange.place(1, unlimited(-20 * SOL), after(2)).unwrap();
    // A skew beyond its cap may always shrink, and so may a position, on either side and whatever it does to the skew.
    filled(exchange.trade(1, -5 * SOL, 15_000, 4));
    exchange.market.terms.skew_cap = 0;
    assert_eq!(exchange.place(1, unlimited(5 * SOL), after(6)).map(|order| order.reduce_only), Ok(1));
    exchange.market.terms.account_cap = 0;
    exchange.market.terms.interest_cap = 0;
    exchange.place(0, unlimited(-4 * SOL), after(2)).unwrap();
}

#[test]
fn caps_hold_at_the_fill() {
    let fill = |cap: Cap, to: u64| {
        let mut exchange = Exchange::new(1);
        let order = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
        exchange.refresh(15_000, 0, after(2)).unwrap();
        match cap {
            Cap::Account => exchange.market.terms.account_cap = to,
            Cap::Interest => exchange.market.terms.interest_cap = to,
            Cap::Skew => exchange.market.terms.skew_cap = to,
        }
        let cash = exchange.cash(0);
        let outcome = exchange.fill(0, order.id, print(15_000, 0, 2), after(2)).unwrap();
        (outcome, cash - exchange.cash(0))
    };
    let ten = 10 * SOL.unsigned_abs();
    for cap in [Cap::Account, Cap::Interest, Cap::Skew] {
        let (outcome, paid) = fill(cap, ten - 1);
        // Others may have used it up: nobody pays for that.
        assert_eq!((killed(outcome), paid), (Kill::Cap(cap), 0));
        filled(fill(cap, ten).0);
    }
}

#[test]
fn placing_and_cancelling_leaves_no_trace() {
    let mut exchange = Exchange::new(1);
    let others = exchange.place(0, unlimited(3 * SOL), after(0)).unwrap();
    let before = uncounted(&exchange, 0);
    for request in [unlimited(10 * SOL), unlimited(-10 * SOL), Request { limit: MARK, life: 30, ..unlimited(SOL) }] {
        let order = exchange.place(0, request, after(0)).unwrap();
        assert_ne!(uncounted(&exchange, 0), before);
        assert_eq!(exchange.cancel(0, order.id, By::Owner, after(1)), Ok(order));
        assert_eq!(uncounted(&exchange, 0), before);
        assert_eq!(exchange.cancel(0, order.id, By::Owner, after(1)), Err(RiskError::NoOrder));
    }
    let sequences = (exchange.traders[0].account.sequence, exchange.market.sequence);
    exchange.cancel(0, others.id, By::Owner, after(1)).unwrap();
    assert_eq!((exchange.traders[0].account.sequence, exchange.market.sequence), (sequences.0 + 1, sequences.1 + 1));
    assert_eq!(exchange.reserved(0), Usd::ZERO);
    assert_eq!(exchange.cancel(0, 0, By::Owner, after(1)), Err(RiskError::NoOrder), "an empty slot is no order");
    let next = exchange.place(0, unlimited(SOL), after(1)).unwrap();
    assert_eq!(next.id, 5, "ids are not used twice");
}

#[test]
fn an_owner_cancels_before_the_print_and_anyone_after_the_end() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, Request { life: 10, ..unlimited(SOL) }, after(0)).unwrap();
    let cancel = |by, at| exchange.clone().cancel(0, order.id, by, after(at)).map(|order| order.id);
    assert_eq!(cancel(By::Owner, 1), Ok(1));
    assert_eq!(cancel(By::Anyone, 1), Err(RiskError::OrderNotExpired));
    for at in 2..=12 {
        assert_eq!(cancel(By::Owner, at), Err(RiskError::OrderBinding));
        assert_eq!(cancel(By::Anyone, at), Err(RiskError::OrderNotExpired));
    }
    assert_eq!(cancel(By::Owner, 13), Ok(1));
    assert_eq!(cancel(By::Anyone, 13), Ok(1));
    let mut other = exchange.clone();
    other.market.index = 4;
    assert_eq!(other.cancel(0, order.id, By::Owner, after(1)), Err(RiskError::MarketMismatch));
    exchange.refresh(15_000, 0, after(12)).unwrap();
    assert!(exchange.clone().fill(0, order.id, print(15_000, 0, 2), after(12)).is_ok());
    assert_eq!(exchange.fill(0, order.id, print(15_000, 0, 2), after(13)), Err(RiskError::OrderExpired));
}

/// A stamp ahead of the clock: t* lies beyond it, and by as much again, as far as any led in the last hour.
#[test]
fn t_star_is_ahead_of_what_may_be_published() {
    let mut exchange = Exchange::new(1);
    assert_eq!(order::eligible_ts(&exchange.market, &exchange.feed, after(7)), T0 + 9);
    exchange.take(observation(15_000, 0, 14), after(10)).unwrap();
    assert_eq!((exchange.feed.accepted_ts, clock_lag(&exchange.feed, after(10))), (T0 + 10, 4));
    assert_eq!(order::eligible_ts(&exchange.market, &exchange.feed, after(10)), T0 + 14 + 2 + 4);
    let order = exchange.place(0, unlimited(SOL), after(10)).unwrap();
    assert_eq!(order.eligible_ts, T0 + 20);
    assert!(exchange.clone().cancel(0, order.id, By::Owner, after(15)).is_ok());
    assert_eq!(exchange.cancel(0, order.id, By::Owner, after(16)), Err(RiskError::OrderBinding));
    assert_eq!(order::eligible_ts(&exchange.market, &exchange.feed, after(30)), T0 + 36);
}

#[test]
fn the_clocks_lag_is_remembered_for_an_hour() {
    let mut exchange = Exchange::new(1);
    let lag = |exchange: &Exchange, at| clock_lag(&exchange.feed, after(at));
    assert_eq!(lag(&exchange, 0), 0);
    exchange.take(observation(15_000, 0, 13), after(10)).unwrap();
    exchange.take(observation(15_000, 0, 21), after(20)).unwrap();
    assert_eq!(lag(&exchange, 20), 3, "the largest");
    assert_eq!(lag(&exchange, 3_599), 3);
    assert_eq!(lag(&exchange, 7_199), 3, "the hour before counts");
    assert_eq!(lag(&exchange, 7_200), 0);
    // Five seconds are what the judge lets pass: what leads by more is not taken and not noted.
    assert_eq!(exchange.take(observation(15_000, 0, 36), after(30)), Err(RiskError::NoUsableSource));
    assert_eq!(lag(&exchange, 30), 3);
    // In the next hour the record moves up; in the one after the next it is gone.
    exchange.take(observation(15_000, 0, 3_601), after(3_600)).unwrap();
    assert_eq!((lag(&exchange, 3_600), lag(&exchange, 7_199), lag(&exchange, 7_200)), (3, 3, 1));
    exchange.take(observation(15_000, 0, 7_200), after(7_200)).unwrap();
    assert_eq!(lag(&exchange, 7_200), 1);
    exchange.take(observation(15_000, 0, 14_402), after(14_400)).unwrap();
    assert_eq!(lag(&exchange, 14_400), 2);
    exchange.feed.judge.max_future = 1;
    assert_eq!(lag(&exchange, 14_400), 1, "bounded by what the judge lets pass now");
    // A print behind the clock says nothing.
    let mut exchange = Exchange::new(1);
    exchange.take(observation(15_000, 0, 5), after(10)).unwrap();
    assert_eq!(exchange.feed.clock_lag.seconds, 0);
}

#[test]
fn the_first_print_is_the_models() {
    let vectors: Value = serde_json::from_str(include_str!("data/perps.json")).unwrap();
    let cases = vectors["first_print"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    let feed = PriceFeed { accepted_ts: 1_000, ..Zeroable::zeroed() };
    for case in cases {
        let of = |key: &str| case[key].as_i64().unwrap();
        let order = Order { eligible_ts: of("t"), ..Order::zeroed() };
        let print = Print { prev_publish_ts: Some(of("prev")), publish_ts: of("pub"), ..print(15_000, 0, 0) };
        assert_eq!(print.require_first(&order, &feed).is_ok(), case["ok"].as_bool().unwrap(), "{case}");
    }
}

#[test]
fn a_print_that_is_not_the_one_is_refused_by_name() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(SOL), after(0)).unwrap();
    let offer = |exchange: &Exchange, previous: Option<i64>, at: i64| {
        let print = Print { prev_publish_ts: previous.map(|at| T0 + at), ..print(15_000, 0, at) };
        exchange.clone().fill(0, order.id, print, after(9)).map(|_| ())
    };
    exchange.refresh(15_000, 0, after(4)).unwrap();
    assert_eq!(offer(&exchange, None, 2), Err(RiskError::PrintWithoutPredecessor));
    assert_eq!(offer(&exchange, Some(2), 2), Err(RiskError::PrintCoversNothing));
    assert_eq!(offer(&exchange, Some(3), 2), Err(RiskError::PrintCoversNothing));
    assert_eq!(offer(&exchange, Some(0), 1), Err(RiskError::PrintTooEarly));
    assert_eq!(offer(&exchange, Some(2), 3), Err(RiskError::PrintNotFirst));
    assert_eq!(offer(&exchange, Some(1), 5), Err(RiskError::FeedBehindPrint));
    assert_eq!(offer(&exchange, Some(1), 4), Ok(()));
    assert_eq!(offer(&exchange, Some(1), 2), Ok(()));
    assert_eq!(Print::of(&PriceObservation { price: 0, ..observation(0, 0, 2) }), Err(RiskError::PriceOutOfRange));

    let fill = |change: &dyn Fn(&mut Exchange), offer: Offer| {
        let mut exchange = exchange.clone();
        change(&mut exchange);
        exchange.offer(0, offer, after(9)).map(|_| ())
    };
    let good = Offer { id: order.id, source: 0, print: print(15_000, 0, 2) };
    assert_eq!(fill(&|_| {}, good), Ok(()));
    assert_eq!(fill(&|_| {}, Offer { id: 2, ..good }), Err(RiskError::NoOrder));
    assert_eq!(fill(&|_| {}, Offer { id: 0, ..good }), Err(RiskError::NoOrder));
    assert_eq!(fill(&|_| {}, Offer { source: 1, ..good }), Err(RiskError::NoUsableSource));
    assert_eq!(fill(&|e| e.market.index = 4, good), Err(RiskError::MarketMismatch));
    assert_eq!(fill(&|e| e.feed.row = 0, good), Err(RiskError::FeedMismatch));
    let open = |e: &mut Exchange| e.traders[0].account.flags = MarginAccount::IN_LIQUIDATION;
    assert_eq!(fill(&open, good), Err(RiskError::AccountInTransit));
}

/// A print nobody can vouch for ends the order, and costs nobody anything.
#[test]
fn a_rejected_print_ends_the_order_without_penalty() {
    let mut exchange = Exchange::new(1);
    let before = uncounted(&exchange, 0);
    let order = exchange.place(0, unlimited(SOL), after(0)).unwrap();
    exchange.refresh(15_000, 0, after(2)).unwrap();
    let fill = |change: &dyn Fn(&mut Exchange), print: Print| {
        let mut exchange = exchange.clone();
        change(&mut exchange);
        let outcome = exchange.fill(0, order.id, print, after(2)).unwrap();
        if matches!(outcome, Outcome::Void(_)) {
            let (account, slots, _) = uncounted(&exchange, 0);
            assert_eq!((account, slots), (before.0, before.1));
            assert_eq!(exchange.cash_of(&exchange.keeper), 1_000_000);
        }
        outcome
    };
    assert_eq!(fill(&|_| {}, print(15_000, 301, 2)), Outcome::Void(Rejection::TooWide));
    filled(fill(&|_| {}, print(15_000, 300, 2)));
    // e^0.5 = 1.6487: 247.31 dollars.
    assert_eq!(fill(&|_| {}, print(24_732, 0, 2)), Outcome::Void(Rejection::Jump));
    filled(fill(&|_| {}, print(24_730, 0, 2)));
    assert_eq!(fill(&|_| {}, print(9_097, 0, 2)), Outcome::Void(Rejection::Jump));
    let guarded = |e: &mut Exchange| e.feed.state = PriceState::Guarded.to_byte();
    assert_eq!(fill(&guarded, print(15_000, 0, 2)), Outcome::Void(Rejection::Guarded));
    // A jump that came after the print waits; the print is older, and as good as it was.
    let jumping = |e: &mut Exchange| e.feed.state = PriceState::PendingJump.to_byte();
    filled(fill(&jumping, print(15_000, 0, 2)));
    // 8σ√Δt: at a volatility of ten, 2.8 % in four seconds and 2.0 % in two.
    exchange.feed.judge.jump_min = bits(1, 100);
    exchange.feed.rates.sigma = 10 << 32;
    let after_seconds = |seconds: i64, cents: u64| {
        let mut exchange = exchange.clone();
        exchange.refresh(15_000, 0, after(2 + seconds)).unwrap();
        exchange.fill(0, order.id, print(cents, 0, 2), after(2 + seconds)).unwrap()
    };
    filled(after_seconds(4, 15_400));
    assert_eq!(after_seconds(2, 15_400), Outcome::Void(Rejection::Jump));
}

/// While a price is not certain a closed position's profit stays a claim.
#[test]
fn a_profit_in_doubt_is_held_back() {
    let mut exchange = Exchange::new(1);
    filled(exchange.trade(0, 10 * SOL, 15_000, 0));
    let order = exchange.place(0, unlimited(-10 * SOL), after(2)).unwrap();
    exchange.refresh(15_200, 0, after(4)).unwrap();
    exchange.board.rows[1].state = PriceState::PendingJump.to_byte();
    let cash = exchange.cash(0);
    let done = filled(exchange.fill(0, order.id, print(15_200, 0, 4), after(4)).unwrap());
    assert_eq!((done.traded.paid, done.traded.after), (0, 0));
    assert_eq!(exchange.cash(0), cash - i64::try_from(done.fee).unwrap() - 1_000);
    let claim = perp::book::claim(&exchange.traders[0].account.perps[0], &exchange.market).unwrap();
    // Twenty dollars, and the premium of a skew that is no more.
    assert_eq!((claim >> 32, exchange.held(0)), (20_000_000 - i128::from(done.traded.premium), 0));
}

#[test]
fn a_fill_is_at_the_band_of_the_print() {
    let mut exchange = Exchange::new(2);
    let buy = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    let sell = exchange.place(1, unlimited(-10 * SOL), after(0)).unwrap();
    // The print is 160 ± 1; by now the market is at 152.
    exchange.refresh(15_200, 0, after(5)).unwrap();
    let done = filled(exchange.fill(0, buy.id, print(16_000, 100, 2), after(5)).unwrap());
    // Φ = 160·10¹⁴ / 2⁴¹ = 7,275; 161 paid for what is worth 152 at once.
    let traded = Traded { paid: -90_000_000 - 7_275, premium: 7_275, before: 0, after: 10 * SOL };
    assert_eq!(done, Filled { price: 161 << 32, print: 160 << 32, traded, fee: 800_001 });
    let account = &exchange.traders[0].account;
    assert_eq!(exchange.cash(0), 100_000_000_000 - 90_007_275 - 800_001 - 1_000);
    assert_eq!((account.perp_count, account.risk_ts, account.perps[0].entry_quote), (1, T0 + 5, 1_610_000_000));
    assert_eq!(exchange.cash_of(&exchange.keeper), 1_001_000);
    // The seller gets 159, and the premium back.
    let done = filled(exchange.fill(1, sell.id, print(16_000, 100, 2), after(5)).unwrap());
    assert_eq!((done.price, done.traded.premium), (159 << 32, -7_275));
    assert_eq!(done.traded.paid, 70_000_000 + 7_275);
    let pool = 10_000_000 * 1_000_000 + 20_000_000 + 2 * 800_001;
    assert_eq!((exchange.pool.shares, exchange.market.spent), (pool, -20_000_000));
    assert_eq!(exchange.market.equity, i64::try_from(pool / 2).unwrap() - 10_000_000 + 20_000_000);
}

#[test]
fn a_limit_holds_with_the_premium() {
    let outcome = |lots: i64, limit: u64| {
        let mut exchange = Exchange::new(1);
        let order = exchange.place(0, Request { limit, ..unlimited(lots) }, after(0)).unwrap();
        exchange.refresh(15_000, 0, after(2)).unwrap();
        let (before, sequence) = (uncounted(&exchange, 0), exchange.bank.sequence);
        let outcome = exchange.fill(0, order.id, print(15_000, 100, 2), after(2)).unwrap();
        if let Outcome::Killed(_) = outcome {
            // The keeper's fee is all that is gone.
            let (account, _, market) = uncounted(&exchange, 0);
            assert_eq!((exchange.cash(0), exchange.cash_of(&exchange.keeper)), (99_999_999_000, 1_001_000));
            assert_eq!((account.order_count, account.perp_count, account.risk_ts), (0, 0, 0));
            let pending = SideBook { pending_lots: 0, ..before.2.long };
            assert_eq!(market.long, pending);
            assert_eq!(exchange.pool.shares, 10_000_000_000_000);
            assert_eq!(
                (exchange.bank.sequence, exchange.keeper.sequence),
                (sequence + 1, 1),
                "the bank's change is counted"
            );
        }
        outcome
    };
    // 151 a lot, and 6,821 atoms of premium on ten million lots.
    let premium = (6_821u64 << 32).div_ceil(10_000_000);
    filled(outcome(10 * SOL, 0));
    filled(outcome(10 * SOL, (151 << 32) + premium));
    assert_eq!(killed(outcome(10 * SOL, (151 << 32) + premium - 1)), Kill::LimitMissed);
    filled(outcome(-10 * SOL, (149 << 32) - premium));
    assert_eq!(killed(outcome(-10 * SOL, (149 << 32) - premium + 1)), Kill::LimitMissed);
}

/// Only health at the print decides, not at the mark there is by now.
#[test]
fn health_is_tested_at_the_print() {
    let place = |at_print: u64, by_now: u64| {
        let mut exchange = Exchange::new(1);
        filled(exchange.trade(0, 2_000 * SOL, 15_000, 0));
        let order = exchange.place(0, unlimited(500 * SOL), after(2)).unwrap();
        exchange.refresh(by_now, 0, after(6)).unwrap();
        let outcome = exchange.fill(0, order.id, print(at_print, 0, 4), after(6)).unwrap();
        (exchange, outcome)
    };
    // At 112 dollars 76,000 of 100,000 are lost, and 28,000 needed.
    let (exchange, outcome) = place(11_200, 15_000);
    assert_eq!(killed(outcome), Kill::Unhealthy);
    assert_eq!(exchange.held(0), 2_000 * SOL);
    assert_eq!(exchange.traders[0].account.order_count, 0);
    assert_eq!(exchange.market.long.pending_lots, 0);
    let (exchange, outcome) = place(15_000, 11_200);
    filled(outcome);
    assert_eq!(exchange.held(0), 2_500 * SOL);
    assert!(exchange.maintenance_at(0, price(112, 1), after(6)).is_negative());
    assert!(!exchange.maintenance_at(0, price(150, 1), after(6)).is_negative());
}

/// Nobody looked at the health of an account that may only reduce: an order of it that ends takes nothing out.
#[test]
fn a_reduction_that_ends_costs_nothing() {
    let mut exchange = Exchange::new(1);
    filled(exchange.trade(0, 2_000 * SOL, 15_000, 0));
    let cash = exchange.cash(0);
    let order = exchange.place(0, unlimited(-2_000 * SOL), after(2)).unwrap();
    exchange.refresh(9_500, 0, after(4)).unwrap();
    let outcome = exchange.fill(0, order.id, print(9_500, 0, 4), after(4)).unwrap();
    // 110,000 of 100,000 dollars are lost: nothing is left to close with, liquidation takes it.
    assert_eq!(killed(outcome), Kill::Unhealthy);
    assert_eq!(exchange.cash(0), cash);
    let mut empty = exchange.clone();
    let deposit = empty.traders[0].account.balances[0].shares;
    empty.traders[0].account.balances[0] = Zeroable::zeroed();
    empty.traders[0].account.balance_count = 0;
    empty.bank.asset_shares -= deposit;
    let order = empty.place(0, unlimited(-2_000 * SOL), after(4)).unwrap();
    empty.refresh(9_500, 0, after(6)).unwrap();
    assert_eq!(killed(empty.fill(0, order.id, print(9_500, 0, 6), after(6)).unwrap()), Kill::Unhealthy);
    assert_eq!((empty.cash(0), empty.cash_of(&empty.keeper)), (0, 1_001_000));
    assert_eq!((empty.bank.liability_shares, empty.traders[0].account.balance_count), (0, 0));
}

#[test]
fn position_slots_are_dense() {
    let mut account = support::build::account();
    let open = |account: &mut MarginAccount, market: u16| {
        slots::find_or_open(account, market).map(|position| position.side = 1)
    };
    for market in 0..8 {
        assert_eq!(open(&mut account, market), Ok(()));
    }
    assert_eq!(open(&mut account, 8), Err(RiskError::TooManyPositions));
    assert_eq!(open(&mut account, 5), Ok(()));
    slots::prune(&mut account, 5);
    slots::prune(&mut account, 9);
    assert_eq!(account.perp_count, 8, "only what is empty goes");
    account.perps[2].side = 0;
    slots::prune(&mut account, 2);
    let markets: Vec<u16> = account.positions().iter().map(|position| position.market).collect();
    assert_eq!(markets, [0, 1, 3, 4, 5, 6, 7]);
    assert_eq!(account.perps[7], PerpPosition::zeroed());
    assert_eq!(slots::find(&account, 2), None);
    assert_eq!(slots::find(&account, 3).map(|position| position.market), Some(3));
}

#[test]
fn the_board_rows_of_these_tests_have_the_rates_they_name() {
    let board = support::build::board(&[usdc(), sol()]);
    let rows = [0, 1].map(|row| board.row(row).unwrap());
    assert_eq!(
        rows.map(|row| (row.initial_long, row.initial_add_on)),
        [(0, bits(100, 10_000)), (bits(2_200, 10_000), bits(300, 10_000))]
    );
    assert_eq!(perp::mark_of(&support::perps::market(), rows[1].mid, rows[0].mid), Ok(MARK));
}
