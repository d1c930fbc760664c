//! What no other test of perps would have missed: exact values at the ends of rules, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_math::{Price, Ratio};
use ballast_risk::perp::order::{self, Cap, Kill, Outcome, Prices, Print, Rejection, Request};
use ballast_risk::perp::{self, slots};
use ballast_risk::RiskError;
use ballast_state::{Order, Zeroable};
use support::build::after;
use support::orders::{print, unlimited, Exchange, Trader, SOL};

/// A skew beyond its cap may change sides as long as it does not grow.
#[test]
fn a_skew_beyond_its_cap_may_become_its_mirror_image() {
    let mut exchange = Exchange::new(2);
    exchange.trade(0, 10 * SOL, 15_000, 0);
    exchange.market.terms.skew_cap = 5 * SOL.unsigned_abs();
    assert_eq!(exchange.place(1, unlimited(-20 * SOL - 1), after(2)), Err(RiskError::SkewCapExceeded));
    assert_eq!(exchange.place(1, unlimited(-20 * SOL), after(2)).map(|order| order.lots), Ok(-20 * SOL));
}

/// An account that got nothing is not written to.
#[test]
fn a_kill_without_a_fee_leaves_keeper_and_bank_alone() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(SOL), after(0)).unwrap();
    exchange.refresh(15_000, 0, after(2)).unwrap();
    exchange.market.terms.account_cap = 0;
    let before = (exchange.keeper, exchange.bank);
    let outcome = exchange.fill(0, order.id, print(15_000, 0, 2), after(2));
    assert_eq!(outcome, Ok(Outcome::Killed(Kill::Cap(Cap::Account))));
    assert_eq!((exchange.keeper, exchange.bank), before);
}

/// So few lots pay no premium: the limit is the price alone.
#[test]
fn a_price_of_exactly_the_limit_fills() {
    for (lots, better) in [(1_000, -1), (-1_000, 1)] {
        let fills = |beyond: i64| {
            let mut exchange = Exchange::new(1);
            let limit = exchange.market.mark.checked_add_signed(beyond).unwrap();
            let order = exchange.place(0, Request { limit, ..unlimited(lots) }, after(0)).unwrap();
            exchange.refresh(15_000, 0, after(2)).unwrap();
            exchange.fill(0, order.id, print(15_000, 0, 2), after(2)).unwrap()
        };
        assert!(matches!(fills(0), Outcome::Filled(_)), "{lots}");
        assert_eq!(fills(better), Outcome::Killed(Kill::LimitMissed), "{lots}");
    }
}

/// What an account may have pending is counted a market and a side: others neither add to it nor make room.
#[test]
fn orders_of_other_sides_and_markets_count_for_no_cap() {
    let mut exchange = Exchange::new(1);
    exchange.market.terms.account_cap = 10 * SOL.unsigned_abs();
    exchange.place(0, unlimited(-6 * SOL), after(0)).unwrap();
    assert_eq!(exchange.place(0, unlimited(10 * SOL + 1), after(0)), Err(RiskError::AccountCapExceeded));
    let buy = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    assert_eq!(exchange.place(0, unlimited(1_000), after(0)), Err(RiskError::AccountCapExceeded));
    let slot = exchange.traders[0].orders.slots.iter_mut().find(|slot| slot.id == buy.id).unwrap();
    slot.market = exchange.market.index + 1;
    assert_eq!(exchange.place(0, unlimited(10 * SOL), after(0)).map(|order| order.lots), Ok(10 * SOL));
}

/// A reduction that waits may find nothing to reduce: it must not make others look larger.
#[test]
fn reductions_that_wait_count_for_no_cap() {
    let mut exchange = Exchange::new(1);
    exchange.trade(0, 10 * SOL, 15_000, 0);
    exchange.market.terms.account_cap = 10 * SOL.unsigned_abs();
    assert_eq!(exchange.place(0, unlimited(-10 * SOL), after(2)).map(|order| order.reduce_only), Ok(1));
    assert_eq!(exchange.place(0, unlimited(-20 * SOL - 1), after(2)), Err(RiskError::AccountCapExceeded));
    assert_eq!(exchange.place(0, unlimited(-20 * SOL), after(2)).map(|order| order.reduce_only), Ok(0));
}

/// Whatever the number of its orders, a market needs one slot.
#[test]
fn each_market_with_orders_keeps_one_slot() {
    let place = |positions: u16, orders: usize| {
        let mut exchange = Exchange::new(1);
        let Exchange { board, feed, market, pool, traders, .. } = &mut exchange;
        let Trader { account, orders: pending } = &mut traders[0];
        for held in 10..10 + positions {
            slots::find_or_open(account, held).unwrap().side = 1;
        }
        for slot in &mut pending.slots[..orders] {
            *slot = Order { id: 90, lots: 1, market: 20, ..Order::zeroed() };
        }
        order::place(Prices { board, feed }, market, pool, account, pending, unlimited(SOL), after(0)).map(|_| ())
    };
    for orders in 1..=3 {
        assert_eq!(place(6, orders), Ok(()), "{orders}");
        assert_eq!(place(7, orders), Err(RiskError::TooManyPositions), "{orders}");
    }
    assert_eq!(place(7, 0), Ok(()));
}

#[test]
fn a_print_may_be_exactly_as_wide_as_its_source() {
    let outcome = |wider: u64| {
        let mut exchange = Exchange::new(1);
        let order = exchange.place(0, unlimited(SOL), after(0)).unwrap();
        exchange.refresh(15_000, 0, after(2)).unwrap();
        let print = print(15_000, 0, 2);
        let widest = print.price.scale_down(Ratio::from_bits(exchange.feed.sources[0].max_confidence)).unwrap();
        exchange.fill(0, order.id, Print { confidence: Price(widest.0 + wider), ..print }, after(2)).unwrap()
    };
    assert!(matches!(outcome(0), Outcome::Filled(_)));
    assert_eq!(outcome(1), Outcome::Void(Rejection::TooWide));
}

/// What a pool has and spent may be more than a word: a market's part of it is not.
#[test]
fn a_budget_is_of_funds_beyond_a_word() {
    let Exchange { mut market, mut pool, .. } = Exchange::new(1);
    market.terms.weight = 1 << 28;
    pool.spent = 1 << 62;
    assert_eq!(perp::budget(&market, &pool, u64::MAX), Ok((1 << 60) + (1 << 58) - 1));
}
