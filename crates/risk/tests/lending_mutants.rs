//! What no other test of lending would have missed: exact cases, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_risk::interest::rate_per_second;
use ballast_risk::RiskError;
use ballast_state::BalanceSide;
use support::build::{self, price, NOW};
use support::world::World;

/// Two tokens without decimals at a dollar each, and an account with a hundred of the first.
fn world() -> World {
    let dollar = build::row(price(1, 1));
    let mut world = World::new(build::board(&[dollar, dollar]), vec![build::bank(0, 0, 0), build::bank(1, 1, 0)], 2);
    world.give(0, 0, BalanceSide::Deposit, 100);
    world.give(1, 1, BalanceSide::Deposit, 100);
    world
}

#[test]
fn a_loan_may_be_worth_exactly_the_limit_of_dust() {
    assert_eq!(world().borrow(0, 1, 9, NOW), Err(RiskError::LoanTooSmall));
    assert_eq!(world().borrow(0, 1, 10, NOW).map(|moved| moved.atoms), Ok(10));
}

/// 2⁶⁴ / 31,557,600 a year's whole.
#[test]
fn a_rate_a_year_is_a_rate_a_second() {
    assert_eq!(
        [0, 1_000, 10_000, u32::MAX].map(rate_per_second),
        [Some(0), Some(58_454_204_609), Some(584_542_046_090), Some(251_058_897_051_162_298)]
    );
}
