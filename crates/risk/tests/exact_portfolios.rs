//! The engine's health against the rules in rationals, over random boards and portfolios.
//!
//! Tolerances: assets and liabilities are off by less than one step of 2⁻²⁰ USD a feed (two with perp PnL), the requirement
//! by less than eight steps a feed and 2⁻³⁰ of the size for the impact's ratio. Assets are never above the exact value,
//! liabilities and requirement never below it.
mod support;

use ballast_risk::health::{assess_initial, assess_maintenance, Assessment, Health, Portfolio, Valuation};
use ballast_state::RiskBoard;
use proptest::prelude::*;
use support::build::NOW;
use support::exact::{formula, initial, ExactHealth, Holdings, Level};
use support::random::Case;
use support::rational::{int, is_down, is_up, of_usd, q, steps, Q};
use support::{cases, random};

/// Every amount of an engine's health is what the exact one is, rounded to the safe side.
fn agrees(got: &Health, exact: &ExactHealth, portfolio: &Portfolio, board: &RiskBoard) -> Result<(), TestCaseError> {
    let feeds = u64::try_from(portfolio.exposures().len()).unwrap();
    let value = steps(2 * feeds + 2);
    let requirement = steps(8 * feeds) + Holdings::of(portfolio).gross(board) * q(1, 1u64 << 30);
    prop_assert!(is_down(&of_usd(got.assets), &exact.assets, &value), "assets");
    prop_assert!(is_up(&of_usd(got.liabilities), &exact.liabilities, &value), "liabilities");
    prop_assert!(
        is_up(&of_usd(got.requirement), &exact.requirement, &requirement),
        "requirement {:?} {}",
        got,
        &exact.requirement * int(1 << 20)
    );
    Ok(())
}

fn formula_at(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation) -> Health {
    Health::of(&Assessment::of(portfolio, board, valuation, NOW).unwrap(), board).unwrap()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn health_is_the_rules_formula_rounded_safely(Case { board, portfolio } in random::any_portfolio(true)) {
        let holdings = Holdings::of(&portfolio);
        let maintenance = assess_maintenance(&portfolio, &board, NOW).unwrap();
        agrees(&maintenance, &formula(&holdings, &board, Level::Maintenance), &portfolio, &board)?;
        let raw = formula_at(&portfolio, &board, Valuation::Initial);
        agrees(&raw, &formula(&holdings, &board, Level::Initial), &portfolio, &board)?;
        let whole = assess_initial(&portfolio, &board, Valuation::Initial, NOW).unwrap();
        agrees(&whole, &initial(&holdings, &board), &portfolio, &board)?;
        prop_assert_eq!(formula_at(&portfolio, &board, Valuation::InitialUnchecked), raw);
    }

    #[test]
    fn the_sign_of_health_is_exact_outside_its_tolerance(Case { board, portfolio } in random::any_portfolio(false)) {
        let exact = formula(&Holdings::of(&portfolio), &board, Level::Maintenance).value();
        let health = assess_maintenance(&portfolio, &board, NOW).unwrap();
        let feeds = u64::try_from(portfolio.exposures().len()).unwrap();
        let slack: Q = steps(12 * feeds + 4) + Holdings::of(&portfolio).gross(&board) * q(1, 1u64 << 30);
        if exact < int(0) {
            prop_assert!(health.is_negative());
        } else if exact > slack {
            prop_assert!(!health.is_negative());
        }
    }

    #[test]
    fn order_of_slots_changes_nothing(Case { board, portfolio } in random::any_portfolio(true), rotation in 0usize..6) {
        let other = random::reordered(&portfolio, rotation);
        for valuation in [Valuation::Maintenance, Valuation::Favourable, Valuation::Initial] {
            prop_assert_eq!(formula_at(&portfolio, &board, valuation), formula_at(&other, &board, valuation));
        }
    }
}
