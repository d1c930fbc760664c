//! Requirements of perps that are computed without an account, or without all of it, are those of the account.
mod support;

use ballast_math::{Price, Units};
use ballast_risk::health::{
    assess_initial, assess_maintenance, initial_requirement_alone, Assessment, PerpExposure, Portfolio, Valuation,
};
use ballast_risk::RiskError;
use ballast_state::{PriceState, RiskBoard};
use proptest::prelude::*;
use support::build::{after, dollars, NOW};
use support::random::{self, Case};
use support::{build, cases};

fn perp(feed: u8, long: Units, short: Units) -> PerpExposure {
    PerpExposure { feed, long, short, ..PerpExposure::default() }
}

/// A board of a quote token and an underlying, both at mid in the band and a day's rates apart.
fn board() -> RiskBoard {
    let dollar = build::settled(build::rated(Price::ONE.0, [0, 0, 50], [0, 0, 50]));
    let coin = build::settled(build::rated(10 * Price::ONE.0, [500, 600, 100], [1_000, 1_200, 150]));
    build::board(&[dollar, coin])
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// An order's requirement is what an account that holds only its lots is asked for, whatever the age of the prices.
    #[test]
    fn alone_is_an_account_of_nothing_else(
        board in random::any_board(3),
        feed in 0u8..3,
        quote in 0u8..3,
        units in prop_oneof![0u128..1 << 64, 0u128..1 << 84],
        long: bool,
        age in 0i64..60,
    ) {
        let (long, short) = if long { (Units(units), Units::ZERO) } else { (Units::ZERO, Units(units)) };
        let perp = perp(feed, long, short);
        let mut portfolio = Portfolio::new(quote);
        portfolio.add_perp(&perp).unwrap();
        let now = after(age);
        let assessed = assess_initial(&portfolio, &board, Valuation::Initial, now).map(|health| health.requirement);
        let alone = initial_requirement_alone(&perp, quote, &board, now);
        match (assessed, alone) {
            (Ok(assessed), Ok(alone)) => prop_assert_eq!(assessed, alone),
            (assessed, alone) => prop_assert!(assessed.is_err() && alone.is_err(), "{assessed:?} {alone:?}"),
        }
    }

    /// Initial takes five quarters of Maintenance without the equity there: it is the requirement of a whole assessment.
    #[test]
    fn maintenance_without_its_equity_is_maintenance(Case { board, portfolio } in random::any_portfolio(true)) {
        let initial = assess_initial(&portfolio, &board, Valuation::Initial, NOW).unwrap();
        let formula = Assessment::of(&portfolio, &board, Valuation::Initial, NOW).unwrap();
        let maintenance = assess_maintenance(&portfolio, &board, NOW).unwrap().requirement.0;
        let least = maintenance + maintenance.div_ceil(4);
        let whole = formula.requirement(&board).unwrap().0.max(least);
        if portfolio.has_perps() {
            prop_assert_eq!(initial.requirement.0, whole);
        }
        prop_assert_eq!((initial.assets, initial.liabilities), (formula.assets, formula.liabilities));
    }
}

/// A thousand coins at ten dollars: 11.5 % long, 13.5 % short; where Initial asks no more than Maintenance, five quarters of that.
#[test]
fn a_requirement_alone_in_numbers() {
    let mut board = board();
    let coins = Units(1_000 << 64);
    // To the nearest cent.
    let required = |board: &RiskBoard, long, short| {
        let usd = initial_requirement_alone(&perp(1, long, short), 0, board, NOW).unwrap();
        (usd.0 * 100 + dollars(1).0 / 2) / dollars(1).0
    };
    assert_eq!(required(&board, coins, Units::ZERO), 115_000);
    assert_eq!(required(&board, Units::ZERO, coins), 135_000);
    let row = &mut board.rows[1];
    (row.initial_long, row.initial_add_on) = (row.maintenance_long, row.maintenance_add_on);
    assert_eq!(required(&board, coins, Units::ZERO), 75_000);
}

/// As an account's: neither the price of the underlying nor that of the quote token may be in doubt or missing.
#[test]
fn both_prices_have_to_be_usable() {
    let coin = perp(1, Units(1 << 64), Units::ZERO);
    for feed in [0, 1] {
        let mut board = board();
        board.rows[feed].state = PriceState::Guarded.to_byte();
        assert_eq!(initial_requirement_alone(&coin, 0, &board, NOW), Err(RiskError::PriceGuarded));
        board.rows[feed].state = PriceState::Unset.to_byte();
        assert_eq!(initial_requirement_alone(&coin, 0, &board, NOW), Err(RiskError::PriceUnset));
        let old = after(i64::from(board.rules.borrow_max_age) + 1);
        board.rows[feed].state = PriceState::Normal.to_byte();
        board.rows[1 - feed].publish_ts = old.ts;
        assert_eq!(initial_requirement_alone(&coin, 0, &board, old), Err(RiskError::PriceStale));
    }
    let board = board();
    assert_eq!(initial_requirement_alone(&coin, 2, &board, NOW), Err(RiskError::FeedNotListed));
    assert_eq!(
        initial_requirement_alone(&perp(2, Units(1), Units::ZERO), 0, &board, NOW),
        Err(RiskError::FeedNotListed)
    );
}
