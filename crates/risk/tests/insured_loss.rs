//! A loss that insurance bears in full touches nobody else's money.
mod support;

use ballast_math::Index;
use ballast_risk::lending::{self, Amount};
use ballast_state::BalanceSide;
use support::build::{self, MILLION, NOW};
use support::world::World;

/// Without lenders there are no claims at all, and uncollected fees are next in turn.
#[test]
fn fees_are_spared_by_insurance_where_nobody_lends() {
    let mut world = World::new(build::board(&[build::usdc()]), vec![build::bank(0, 0, 6)], 2);
    let lender = world.lender();
    world.give(lender, 0, BalanceSide::Deposit, 100 * MILLION);
    world.give(0, 0, BalanceSide::Loan, 100 * MILLION);
    lending::deposit_insurance(&mut world.banks[0], 100 * MILLION).unwrap();
    world.banks[0].fees = 7 * MILLION;
    world.banks[0].vault_balance += 7 * MILLION;
    world.vaults[0] += 107 * MILLION;
    world.withdraw(lender, 0, Amount::All, NOW).unwrap();
    let loss = world.resolve(0, 0, NOW).unwrap();
    assert_eq!((loss.insured, loss.socialized), (100 * MILLION, 0));
    assert_eq!((world.banks[0].fees, world.banks[0].insurance), (7 * MILLION, 0));
    assert_eq!(world.banks[0].asset_index, Index::ONE.to_words());
    assert_eq!(world.check(), Ok(()));
}
