//! What no other test of deleverages would have missed: exact cases, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_risk::deleverage::Cause;
use ballast_risk::RiskError;
use ballast_state::{BalanceSide, BankMode};
use support::build::{self, bits, price, MILLION, NOW, T0};
use support::world::World;

const DAY: i64 = 86_400;

/// 10,000 dollars held in bank 0 against 5,000 owed in bank 1, and something in bank 2. Bank 0 is long past its notice.
fn winding() -> World {
    let banks = vec![build::bank(0, 0, 0), build::bank(1, 1, 0), build::bank(2, 2, 0)];
    let mut row = build::row(price(1, 1));
    row.maintenance_long = bits(1, 8);
    let mut world = World::new(build::board(&[row, build::row(price(1, 1)), row]), banks, 2);
    world.give(0, 0, BalanceSide::Deposit, 10_000);
    world.give(0, 1, BalanceSide::Loan, 5_000);
    world.give(0, 2, BalanceSide::Deposit, 1);
    world.give(1, 1, BalanceSide::Deposit, MILLION);
    world.banks[0].mode = BankMode::WindDown.to_byte();
    world.banks[0].wind_down_ts = T0 - 30 * DAY;
    world
}

/// Whether an account is in a bank that winds down has nothing to do with its other prices.
#[test]
fn a_wind_down_needs_the_prices_of_its_pair_alone() {
    let with_old = |feed: usize| {
        let mut world = winding();
        world.board.rows[feed].publish_ts = T0 - 11;
        world.deleverage([0, 1], [1, 0], Cause::WindDown, u64::MAX, NOW).map(|done| done.exchange.seized)
    };
    assert_eq!([0, 1, 2].map(with_old), [Err(RiskError::PriceStale), Err(RiskError::PriceStale), Ok(999)]);
}
