//! What is left of a loan or a collateral is dust below the limit, not at it.
mod support;

use ballast_math::Ratio;
use ballast_risk::liquidation::Liquidated;
use ballast_state::BalanceSide;
use support::build::{self, MILLION, NOW};
use support::world::World;

const SOL: u64 = 1_000_000_000;
const BTC: u64 = 100_000_000;

/// The liquidation of 100 SOL at 150 dollars against USDC, with so many BTC beside them, and with what counts as dust in units
/// of 2⁻²⁰ dollars.
fn liquidate(debt: u64, bitcoins: u64, dust: u64) -> Liquidated {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 2, 8)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol(), build::btc()]), banks, 2);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 2, BalanceSide::Deposit, bitcoins * BTC);
    world.give(0, 0, BalanceSide::Loan, debt);
    world.board.rules.dust = dust;
    if bitcoins > 0 {
        // Just healthy again: that takes less than all of a collateral.
        world.board.rules.liquidation_target = Ratio::ONE.0;
    }
    world.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap()
}

/// `⌊atoms · price · 2²⁰ / scale⌋`.
fn value(atoms: u64, price: u64, scale: u64) -> u64 {
    u64::try_from((u128::from(atoms * price) << 20) / u128::from(scale)).unwrap()
}

#[test]
fn a_loan_of_exactly_the_limit_is_left() {
    let debt = 13_433 * MILLION;
    let usual = liquidate(debt, 0, 0);
    let left = value(debt - usual.exchange.repaid, 1, MILLION);
    assert!(left > 0);
    assert_eq!(liquidate(debt, 0, left).exchange, usual.exchange);
    assert_eq!(liquidate(debt, 0, left + 1).exchange.repaid, debt);
}

/// What was asked for leaves a little of a collateral that is not all there is.
#[test]
fn a_collateral_of_exactly_the_limit_is_left() {
    let debt = 109_000 * MILLION;
    let usual = liquidate(debt, 1, 0);
    let left = value(100 * SOL - usual.exchange.seized, 150, SOL);
    assert!(left > 0);
    assert_eq!(liquidate(debt, 1, left).exchange, usual.exchange);
    assert_eq!(liquidate(debt, 1, left + 1).exchange.seized, 100 * SOL);
}
