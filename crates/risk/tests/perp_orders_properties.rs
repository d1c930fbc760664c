//! Orders over random prints, clocks and lives: one print fills an order, nobody can look first, and nothing is lost on the way.
mod support;

use ballast_math::{Decimals, Units};
use ballast_risk::health::{assess_maintenance, assess_maintenance_at, PerpExposure, Portfolio};
use ballast_risk::perp::order::{By, Outcome, Print, Request};
use ballast_risk::perp::{self, book, skew_reserve};
use ballast_risk::price::clock_lag;
use ballast_risk::{RiskError, RiskResult};
use ballast_state::{Order, PriceFeed, Zeroable};
use proptest::prelude::*;
use support::build::{after, bits, T0};
use support::cases;
use support::orders::{observation, print, unlimited, Exchange, SOL};

/// Updates with their predecessors, some in the same second, some after a gap.
fn updates() -> impl Strategy<Value = Vec<Print>> {
    prop::collection::vec(prop_oneof![4 => Just(0i64), 4 => Just(1), 2 => 2..6i64], 2..40).prop_map(|steps| {
        let mut at = T0;
        let update = |step| {
            let previous = at;
            at += step;
            Print { prev_publish_ts: Some(previous), publish_ts: at, ..print(15_000, 0, 0) }
        };
        steps.into_iter().map(update).collect()
    })
}

proptest! {
    #![proptest_config(support::cases(500))]

    /// Of all updates there were, one covers t*, and every other is refused as what it is.
    #[test]
    fn one_print_of_a_history_fills_an_order(updates in updates(), pick in any::<prop::sample::Index>()) {
        let last = updates.last().unwrap().publish_ts;
        prop_assume!(last > T0);
        let span = usize::try_from(last - T0).unwrap();
        let eligible_ts = T0 + 1 + i64::try_from(pick.index(span)).unwrap();
        let order = Order { eligible_ts, ..Order::zeroed() };
        let feed = PriceFeed { accepted_ts: last, ..PriceFeed::zeroed() };
        let verdicts: Vec<RiskResult<()>> = updates.iter().map(|print| print.require_first(&order, &feed)).collect();
        prop_assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 1);
        let first = updates.iter().position(|print| print.publish_ts >= eligible_ts).unwrap();
        for (at, (verdict, print)) in verdicts.iter().zip(&updates).enumerate() {
            let expected = if at == first {
                Ok(())
            } else if print.prev_publish_ts == Some(print.publish_ts) {
                Err(RiskError::PrintCoversNothing)
            } else if at < first {
                Err(RiskError::PrintTooEarly)
            } else {
                Err(RiskError::PrintNotFirst)
            };
            prop_assert_eq!(*verdict, expected, "{} of {:?}", at, updates);
        }
    }
}

proptest! {
    #![proptest_config(cases(100))]

    /// Keepers that offer everything but the one print get nothing done, whatever the prices; with it the order ends.
    #[test]
    fn keepers_cannot_choose(
        updates in updates(),
        prices in prop::collection::vec(14_000u64..16_000, 40),
        lots in prop_oneof![-100 * SOL..-SOL, SOL..100 * SOL],
    ) {
        let last = updates.last().unwrap().publish_ts;
        prop_assume!(last >= T0 + 2);
        let mut exchange = Exchange::new(1);
        let order = exchange.place(0, unlimited(lots), after(0)).unwrap();
        let now = after(last - T0);
        prop_assume!(now.ts <= order.expiry_ts);
        exchange.refresh(15_000, 0, now).unwrap();
        let mut offers: Vec<Print> =
            updates.iter().zip(&prices).map(|(one, cents)| Print { price: print(*cents, 0, 0).price, ..*one }).collect();
        let the_one = offers.iter().position(|print| print.publish_ts >= order.eligible_ts).unwrap();
        let the_one = offers.remove(the_one);
        let before = exchange.traders[0].clone();
        for offer in offers {
            prop_assert!(exchange.fill(0, order.id, offer, now).is_err());
            prop_assert_eq!(&exchange.traders[0].account, &before.account);
        }
        let Outcome::Filled(filled) = exchange.fill(0, order.id, the_one, now).unwrap() else { panic!("healthy") };
        prop_assert_eq!(filled.print, perp::mark_of(&exchange.market, the_one.price.0, exchange.market.quote_mid).unwrap());
        prop_assert_eq!(exchange.fill(0, order.id, the_one, now), Err(RiskError::NoOrder));
    }

    /// The clock lags behind the publishers by no more than it was seen to. Then at no moment an owner both knows the print that
    /// will fill the order and can cancel it.
    #[test]
    fn nobody_cancels_after_seeing_the_print(
        seen in 0i64..=5,
        seen_at in 0i64..3_000,
        lags in prop::collection::vec(0i64..=5, 40),
        ahead in 0i64..=5,
        life in 10u32..=60,
    ) {
        let mut exchange = Exchange::new(1);
        exchange.take(observation(15_000, 0, seen_at + seen), after(seen_at)).unwrap();
        let ahead = ahead.min(seen);
        let start = seen_at + 10;
        exchange.take(observation(15_000, 0, start + ahead), after(start)).unwrap();
        prop_assert_eq!(i64::from(clock_lag(&exchange.feed, after(start))), seen);
        let order = exchange.place(0, Request { life, ..unlimited(SOL) }, after(start)).unwrap();
        prop_assert!(order.eligible_ts > T0 + start + ahead, "what is published now is not the one");
        for (second, lag) in lags.iter().enumerate() {
            let clock = start + i64::try_from(second).unwrap();
            let published = T0 + clock + lag.min(&seen);
            let cancelled = exchange.clone().cancel(0, order.id, By::Owner, after(clock));
            if published >= order.eligible_ts && T0 + clock <= order.expiry_ts {
                prop_assert_eq!(cancelled, Err(RiskError::OrderBinding));
            }
            // And no longer bound than need be.
            prop_assert_eq!(cancelled.is_ok(), T0 + clock + seen < order.eligible_ts || T0 + clock > order.expiry_ts);
        }
    }

    /// Opened and closed at one print: the spread, two fees, and a premium that comes back to the atom.
    #[test]
    fn a_round_trip_costs_spread_and_fees(
        cents in 14_000u64..16_000,
        confidence in 0u64..200,
        lots in prop_oneof![-1_000 * SOL..-SOL, SOL..1_000 * SOL],
        skew in -2_000 * SOL..2_000 * SOL,
        now_at in 14_000u64..16_000,
    ) {
        let mut exchange = Exchange::new(2);
        if skew.unsigned_abs() >= 1_000 {
            prop_assert!(matches!(exchange.trade(1, skew, 15_000, -2), Outcome::Filled(_)));
        } else {
            exchange.refresh(15_000, 0, after(1)).unwrap();
        }
        let start = exchange.feed.accepted_ts - T0;
        let open = exchange.place(0, unlimited(lots), after(start)).unwrap();
        let close = exchange.place(0, unlimited(-lots), after(start)).unwrap();
        prop_assert_eq!(open.eligible_ts, close.eligible_ts);
        let at = open.eligible_ts - T0;
        exchange.refresh(now_at, 0, after(at)).unwrap();
        let (cash, kept) = (exchange.cash(0), exchange.cash_of(&exchange.keeper));
        let print = print(cents, confidence, at);
        let fill = |exchange: &mut Exchange, id| match exchange.fill(0, id, print, after(at)).unwrap() {
            Outcome::Filled(filled) => filled,
            other => panic!("{other:?}"),
        };
        let first = fill(&mut exchange, open.id);
        let second = fill(&mut exchange, close.id);
        prop_assert_eq!(first.traded.premium + second.traded.premium, 0);
        let spread = i128::from(first.price.abs_diff(second.price)) * i128::from(lots.unsigned_abs());
        let spread = i64::try_from((spread + (1 << 32) - 1) >> 32).unwrap();
        let fees = i64::try_from(first.fee + second.fee).unwrap();
        prop_assert_eq!(exchange.cash(0), cash - spread - fees - 2 * 1_000);
        prop_assert_eq!(exchange.cash_of(&exchange.keeper), kept + 2 * 1_000);
        prop_assert_eq!(exchange.traders[0].account.perp_count, 0);
        // The fee is no more than an atom above its part of the value.
        let exact = u128::from(first.print) * u128::from(lots.unsigned_abs()) * u128::from(bits(5, 10_000));
        prop_assert_eq!(u128::from(first.fee), exact.div_ceil(1 << 64));
    }

    /// However an order is cut, and whoever places the parts: the premium of the whole is one step of the reserve.
    #[test]
    fn splitting_an_order_saves_no_premium(
        parts in prop::collection::vec((SOL..50 * SOL, 0usize..3, any::<bool>()), 1..12),
        skew in -300 * SOL..300 * SOL,
        cents in 14_000u64..16_000,
    ) {
        let mut exchange = Exchange::new(4);
        prop_assume!(skew.unsigned_abs() >= 1_000);
        prop_assert!(matches!(exchange.trade(3, skew, 15_000, -2), Outcome::Filled(_)));
        let placed: Vec<(usize, Order)> = parts
            .iter()
            .map(|(lots, trader, sell)| {
                let request = unlimited(if *sell { -lots } else { *lots });
                (*trader, exchange.place(*trader, request, after(0)).unwrap())
            })
            .collect();
        let at = placed[0].1.eligible_ts - T0;
        exchange.refresh(15_000, 0, after(at)).unwrap();
        let before = book::skew(&exchange.market).unwrap();
        let mut premium = 0;
        let mut mark = 0;
        for (trader, order) in placed {
            let Outcome::Filled(filled) = exchange.fill(trader, order.id, print(cents, 10, at), after(at)).unwrap() else {
                panic!("healthy")
            };
            premium += filled.traded.premium;
            mark = filled.print;
        }
        let reserve = |skew| i64::try_from(skew_reserve(mark, skew, &exchange.market.terms).unwrap()).unwrap();
        prop_assert_eq!(premium, reserve(book::skew(&exchange.market).unwrap()) - reserve(before));
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Thousandths of a SOL, a limit in cents or none, reduce-only or not.
    Place {
        trader: usize,
        lots: i64,
        limit: u64,
        reduce_only: bool,
    },
    Cancel {
        trader: usize,
        slot: usize,
        owner: bool,
    },
    Fill {
        trader: usize,
        slot: usize,
        late: i64,
    },
    /// Seconds pass, and a print comes.
    Wait {
        seconds: i64,
        cents: u64,
        confidence: u64,
    },
    /// Caps in SOL.
    Caps {
        account: u64,
        interest: u64,
        skew: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0usize..3, -2_000i64..2_000, prop_oneof![2 => Just(0u64), 1 => 14_500u64..15_500], any::<bool>())
            .prop_map(|(trader, lots, limit, reduce_only)| Step::Place { trader, lots, limit, reduce_only }),
        2 => (0usize..3, 0usize..6, any::<bool>())
            .prop_map(|(trader, slot, owner)| Step::Cancel { trader, slot, owner }),
        8 => (0usize..3, 0usize..6, prop_oneof![4 => Just(0i64), 1 => -2i64..3])
            .prop_map(|(trader, slot, late)| Step::Fill { trader, slot, late }),
        4 => (1i64..5, 14_500u64..15_500, 0u64..100)
            .prop_map(|(seconds, cents, confidence)| Step::Wait { seconds, cents, confidence }),
        1 => (1u64..2_000, 1u64..4_000, 1u64..2_000)
            .prop_map(|(account, interest, skew)| Step::Caps { account, interest, skew }),
    ]
}

proptest! {
    #![proptest_config(cases(200))]

    /// Every step checks that what is set aside is the sum of the orders, on accounts and on sides, and that shares add up. At
    /// the end everything is cancelled, and nothing is set aside.
    #[test]
    fn what_is_set_aside_adds_up(steps in prop::collection::vec(step(), 1..80)) {
        let mut exchange = Exchange::new(3);
        let mut at = 0;
        for step in steps {
            let id = |exchange: &Exchange, trader: usize, slot: usize| exchange.traders[trader].orders.slots[slot].id;
            match step {
                Step::Place { trader, lots, limit, reduce_only } => {
                    let limit = limit * (1 << 32) / 100;
                    let request = Request { lots: lots * SOL / 1_000, limit, reduce_only, life: 20 };
                    let pending = exchange.market;
                    if let Ok(order) = exchange.place(trader, request, after(at)) {
                        let grown = exchange.market.book(order.side()).pending_lots;
                        prop_assert_eq!(grown - pending.book(order.side()).pending_lots, order.pending_lots());
                        let cap = exchange.market.terms.interest_cap;
                        let interest = book::open_interest(exchange.market.book(order.side())).unwrap();
                        prop_assert!(order.pending_lots() == 0 || interest + grown <= cap);
                    }
                }
                Step::Cancel { trader, slot, owner } => {
                    let by = if owner { By::Owner } else { By::Anyone };
                    let id = id(&exchange, trader, slot);
                    let _: RiskResult<Order> = exchange.cancel(trader, id, by, after(at));
                }
                Step::Fill { trader, slot, late } => {
                    let order = exchange.traders[trader].orders.slots[slot];
                    let print = print(15_000, 20, order.eligible_ts + late - T0);
                    let held = exchange.held(trader);
                    match exchange.fill(trader, order.id, print, after(at)) {
                        Ok(Outcome::Filled(filled)) => {
                            prop_assert_eq!(late, 0);
                            prop_assert_eq!(exchange.held(trader), filled.traded.after);
                            let only_less = filled.traded.after.abs() < held.abs()
                                && filled.traded.after.signum() * held.signum() >= 0;
                            prop_assert!(order.reduce_only == 0 || only_less);
                        }
                        Ok(_) => prop_assert_eq!(exchange.held(trader), held),
                        Err(_) => {}
                    }
                }
                Step::Wait { seconds, cents, confidence } => {
                    at += seconds;
                    exchange.refresh(cents, confidence, after(at)).unwrap();
                }
                Step::Caps { account, interest, skew } => {
                    let lots = |sol: u64| sol * SOL.unsigned_abs() / 1_000;
                    let terms = &mut exchange.market.terms;
                    (terms.account_cap, terms.interest_cap, terms.skew_cap) = (lots(account), lots(interest), lots(skew));
                }
            }
            exchange.check();
        }
        for trader in 0..3 {
            for order in exchange.traders[trader].orders.slots {
                if order.id != 0 {
                    exchange.cancel(trader, order.id, By::Anyone, after(at + 100)).unwrap();
                }
            }
            prop_assert_eq!((exchange.traders[trader].account.order_requirement, exchange.traders[trader].account.order_count), (0, 0));
        }
        prop_assert_eq!((exchange.market.long.pending_lots, exchange.market.short.pending_lots), (0, 0));
    }

    /// Health at a print is health on a board that stands there.
    #[test]
    fn health_at_a_print_is_health_after_it(
        cents in 10_000u64..20_000,
        lots in -1_000 * SOL..1_000 * SOL,
        deposit in 0u64..1_000,
    ) {
        prop_assume!(lots.unsigned_abs() >= 1_000);
        let mut exchange = Exchange::new(1);
        prop_assert!(matches!(exchange.trade(0, lots, 15_000, 0), Outcome::Filled(_)));
        let now = after(2);
        let feed_price = print(cents, 0, 0).price;
        let with_spot = |exposure: PerpExposure| {
            let mut portfolio = Portfolio::new(0);
            portfolio.entry(0).unwrap().deposits = Units(100_000 << 64);
            portfolio.entry(1).unwrap().deposits = Decimals::new(0).unwrap().units_down(deposit).unwrap();
            portfolio.add_perp(&exposure).unwrap();
            portfolio
        };
        let position = exchange.traders[0].account.perps[0];
        let mark = perp::mark_of(&exchange.market, feed_price.0, exchange.market.quote_mid).unwrap();
        perp::move_mark(&mut exchange.market, mark).unwrap();
        let portfolio = with_spot(perp::exposure(&position, &exchange.market, &exchange.board, now).unwrap());
        let at_print = assess_maintenance_at(&portfolio, &exchange.board, 1, feed_price, now).unwrap();
        let elsewhere = assess_maintenance_at(&portfolio, &exchange.board, 9, feed_price, now).unwrap();
        prop_assert_eq!(elsewhere, assess_maintenance(&portfolio, &exchange.board, now).unwrap());
        exchange.board.rows[1].mid = feed_price.0;
        prop_assert_eq!(at_print, assess_maintenance(&portfolio, &exchange.board, now).unwrap());
    }
}
