//! What it is worth to know prices before the chain does ([docs/latency.md](../../../../docs/latency.md)).

mod attack;
mod path;
mod providers;
#[path = "../support/mod.rs"]
mod support;
mod table;

use attack::{Delays, Ledger, Rules, Strategy, BEFORE, CANCEL, CHOOSE, LARGE, ONE_PRINT};
use ballast_risk::perp::mark_of;
use ballast_risk::perp::order::{fill_fee, Outcome, Print};
use path::EVENTS;
use providers::Strike;
use support::build::after;
use support::orders::{unlimited, Exchange, SOL};
use table::Table;

const STRATEGIES: [Strategy; 5] = [BEFORE, LARGE, CANCEL, CHOOSE, ONE_PRINT];

/// The chain's clock up to three seconds behind, keepers up to one.
fn usual() -> impl Iterator<Item = Delays> {
    (0..=3).flat_map(|lead| [0, 1].map(|keepers| Delays::new(lead, keepers)))
}

fn sum(ledgers: impl IntoIterator<Item = Ledger>) -> Ledger {
    let mut total = Ledger::default();
    ledgers.into_iter().for_each(|ledger| total.add(&ledger));
    total
}

/// All events.
fn orders(delays: Delays, rules: Rules, strategy: Strategy) -> Ledger {
    sum(EVENTS.iter().map(|event| attack::run(&event.seconds(), delays, rules, strategy)))
}

fn liquidity(delays: Delays, strike: Strike) -> Ledger {
    sum(EVENTS.iter().map(|event| providers::run(&event.seconds(), delays, strike)))
}

#[test]
fn prices_that_the_chain_has_not_seen_never_pay_for_an_order() {
    let mut table = Table::new("event | strategy");
    for event in &EVENTS {
        let path = event.seconds();
        for strategy in STRATEGIES {
            let lose = |delays| {
                let ledger = attack::run(&path, delays, Rules::Whole, strategy);
                assert!(ledger.fills > 0 && ledger.edge == 0, "{} {strategy:?} {delays:?} {ledger:?}", event.name);
                assert!(ledger.net < 0, "{} {strategy:?} {delays:?} {ledger:?}", event.name);
                ledger
            };
            table.row(event.name, strategy.name, &sum(usual().map(lose)));
        }
    }
    table.publish();
}

#[test]
fn liquidity_just_before_a_known_print_earns_nothing() {
    let mut table = Table::new("event | strategy");
    for event in &EVENTS {
        let path = event.seconds();
        let lose = |delays| {
            let ledger = providers::run(&path, delays, Strike::Keeper);
            assert!(ledger.fills > 0 && ledger.edge == 0, "{} {delays:?} {ledger:?}", event.name);
            assert!(ledger.net < 0, "{} {delays:?} {ledger:?}", event.name);
            ledger
        };
        table.row(event.name, "liquidity before a print", &sum(usual().map(lose)));
    }
    table.publish();
}

/// Whatever the print, its width, the skew, and which of both is first: the premium cancels to the atom.
#[test]
fn a_position_opened_and_closed_at_one_print_loses_exactly_spread_and_fee() {
    for (at, event) in EVENTS.iter().enumerate() {
        for second in event.seconds().into_iter().step_by(300) {
            for first in [7 * SOL + 1, -7 * SOL - 1] {
                let mut exchange = Exchange::new(2);
                let skew = if at % 2 == 0 { 90 * SOL } else { -90 * SOL };
                exchange.trade(1, skew, 15_000, 0);
                let before = exchange.cash(0);
                let both = [first, -first].map(|lots| exchange.place(0, unlimited(lots), after(2)).unwrap());
                let observation = support::orders::observation(second / 10_000, 3 + second % 50, 4);
                let print = Print::of(&observation).unwrap();
                exchange.take(observation, after(4)).unwrap();
                let fees = both.map(|order| match exchange.fill(0, order.id, print, after(4)).unwrap() {
                    Outcome::Filled(done) => done.fee + order.keeper_fee,
                    other => panic!("{other:?}"),
                });
                let [low, mid, high] =
                    [print.price.0 - print.confidence.0, print.price.0, print.price.0 + print.confidence.0]
                        .map(|price| mark_of(&exchange.market, price, exchange.market.quote_mid).unwrap());
                let spread = (u128::from(first.unsigned_abs()) * u128::from(high - low)).div_ceil(1 << 32);
                let fee = fill_fee(&exchange.market, first, mid).unwrap() + exchange.market.terms.keeper_fee;
                assert_eq!(fees, [fee; 2]);
                assert_eq!(exchange.held(0), 0);
                assert_eq!(exchange.traders[0].account.perp_count, 0, "{}", event.name);
                let lost = u128::from(before.abs_diff(exchange.cash(0)));
                assert_eq!(lost, spread + 2 * u128::from(fee), "{} {first}", event.name);
            }
        }
    }
}

/// The simulation can tell a profit: with one rule less there is one.
#[test]
fn without_any_one_of_the_rules_it_pays() {
    let mut table = Table::new("without | strategy");
    let mut profit = |without: &str, strategy: &str, ledger: Ledger| {
        assert!(ledger.edge > 0 && ledger.net > 0, "{without} {ledger:?}");
        table.row(without, strategy, &ledger);
    };
    let late = Delays::new(3, 0);
    let with = |rules, delays, strategy| orders(delays, rules, strategy);
    profit("a later print: fills at the one there is", LARGE.name, with(Rules::OldPrint, Delays::new(0, 2), LARGE));
    profit("a delay: t* is the clock", LARGE.name, with(Rules::NoDelay, late, LARGE));
    profit("an end of cancelling", CANCEL.name, with(Rules::FreeCancel, late, CANCEL));
    profit("an end of cancelling", CHOOSE.name, with(Rules::FreeCancel, late, CHOOSE));
    profit("anyone else who fills", CHOOSE.name, with(Rules::OwnFills, late, CHOOSE));
    profit("a delay of the strike", "liquidity before a print", liquidity(late, Strike::NoDelay));
    table.publish();
}

/// What the rules do not cover: a lag that no refresh has shown, and whoever strikes.
#[test]
fn where_the_rules_end() {
    let mut table = Table::new("clock, keepers, quickest keeper | strategy");
    for quickest in 0..=3 {
        let delays = Delays { quickest, ..Delays::new(3, 3) };
        for strategy in [LARGE, CANCEL, CHOOSE] {
            let ledger = orders(delays, Rules::Whole, strategy);
            let known = match quickest {
                0 | 1 => false,
                2 => strategy.name != LARGE.name,
                _ => true,
            };
            assert_eq!(ledger.edge > 0, known, "{delays:?} {strategy:?} {ledger:?}");
            assert_eq!(ledger.edge != 0, known);
            table.row(&format!("3 s, 3 s, {quickest} s"), strategy.name, &ledger);
        }
    }
    for (lead, keepers) in [(0, 1), (1, 1), (2, 1), (3, 1), (3, 0)] {
        let ledger = liquidity(Delays::new(lead, keepers), Strike::Own);
        assert_eq!(ledger.edge != 0, lead > 0, "{lead} {keepers} {ledger:?}");
        table.row(&format!("{lead} s, {keepers} s, {keepers} s"), "liquidity, own strike", &ledger);
    }
    table.publish();
}
