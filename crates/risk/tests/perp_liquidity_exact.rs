//! Exact values at the ends of the rules of liquidity.
mod support;

use ballast_risk::perp::liquidity::{liquidity_of, requirement};
use ballast_risk::RiskError;
use support::build::MILLION;
use support::providers::{World, SOL};

#[test]
fn a_deposit_worth_no_share_mints_nothing() {
    assert_eq!(liquidity_of(11, 0, 10_000_000), Some(1));
    assert_eq!(liquidity_of(10, 0, 10_000_000), None);
}

/// The pool is short of what its traders are long, and the rates of both differ: 21 % and 25 % of 15,000 dollars.
#[test]
fn the_pools_requirement_is_of_its_own_side() {
    let world = World::funded(1_000_000 * MILLION, 1);
    let of = |skew| requirement(&world.markets[0], skew, &world.board, world.now).unwrap();
    let (longs, shorts) = (of(100 * SOL), of(-100 * SOL));
    assert!(longs.abs_diff(3_150 * MILLION) < 10 && shorts.abs_diff(3_750 * MILLION) < 10, "{longs} {shorts}");
    assert_eq!(of(0), 0);
}

#[test]
fn a_claim_of_liquidity_alone_leaves_the_account_as_it_is_and_is_counted_once() {
    let mut world = World::new(1, 1);
    let before = (world.pool.sequence, world.providers[0].0.sequence);
    world.deposit(0, MILLION).unwrap();
    assert_eq!((world.pool.sequence, world.providers[0].0.sequence), (before.0 + 1, before.1 + 1));
    let epoch = world.strike().unwrap();
    let account = world.providers[0].1;
    world.claim(0).unwrap();
    assert_eq!(world.providers[0].1, account);
    assert_eq!(world.claim(0), Err(RiskError::NothingToClaim));
    world.withdraw(0, world.providers[0].0.shares).unwrap();
    world.strike().unwrap();
    world.claim(0).unwrap();
    assert_eq!(world.claim(0), Err(RiskError::NothingToClaim));
    assert_eq!(world.claim_from(0, epoch.number), Err(RiskError::NothingToClaim));
    // What rolls would wait in the next epoch: nothing did.
    world.strike().unwrap();
    assert_eq!(world.claim(0), Err(RiskError::NothingToClaim));
}
