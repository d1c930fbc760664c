//! What no other test of liquidations would have missed: exact cases, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)). A loan is relieved of exactly what the bonus costs: R falls by an eighth of
//! what is repaid, and an eighth is the bonus, so that health stays as it was.
mod support;

use ballast_math::{Ratio, Usd};
use ballast_risk::health::{Assessment, Valuation};
use ballast_risk::liquidation::{fit, Limits, Liquidated, Pair, Reliefs};
use ballast_risk::RiskError;
use ballast_state::{BalanceSide, RiskRow};
use support::build::{self, bits, dollars, price, MILLION, NOW};
use support::world::World;

/// Three tokens without decimals at a dollar each; shorts of the second need an eighth.
fn world() -> World {
    let dollar = build::row(price(1, 1));
    let short = RiskRow { maintenance_short: bits(1, 8), initial_short: bits(1, 8), ..dollar };
    let mut board = build::board(&[dollar, short, dollar]);
    (board.rules.bonus_min, board.rules.bonus_max) = (bits(1, 8), bits(1, 8));
    World::new(board, vec![build::bank(0, 0, 0), build::bank(1, 1, 0), build::bank(2, 2, 0)], 2)
}

/// An account with a loan, 900 dollars against it, and something aside.
fn insolvent(loan: u64, aside: u64) -> World {
    let mut world = world();
    world.give(0, 0, BalanceSide::Deposit, 900);
    world.give(0, 2, BalanceSide::Deposit, aside);
    world.give(0, 1, BalanceSide::Loan, loan);
    world
}

/// Liquidates all of the 900 dollars, which pay for 800.
fn liquidate(world: &mut World) -> Liquidated {
    let done = world.liquidate([0, 1], [1, 0], u64::MAX, NOW).unwrap();
    assert_eq!((done.exchange.repaid, done.exchange.seized), (800, 900));
    done
}

#[test]
fn health_may_stay_as_it_was() {
    let mut world = world();
    world.give(0, 0, BalanceSide::Deposit, 1_000);
    world.give(0, 1, BalanceSide::Loan, 900);
    let done = world.liquidate([0, 1], [1, 0], 80, NOW).unwrap();
    assert_eq!((done.exchange.repaid, done.exchange.seized), (80, 90));
    // 1000 − 900 − 112.5 and 910 − 820 − 102.5
    assert_eq!([done.before, done.after].map(|health| health.value()), [Ok(-(25 << 19)); 2]);
}

/// Dust that is worth as much as what is owed leaves nothing to write off.
#[test]
fn an_equity_of_zero_is_no_loss() {
    let done = liquidate(&mut insolvent(805, 5));
    assert_eq!((done.after.assets, done.after.liabilities, done.loss), (dollars(5), dollars(5), None));
}

/// What is left to seize is dust below its limit, not at it.
#[test]
fn a_loan_is_written_off_only_where_dust_is_left() {
    assert_eq!(liquidate(&mut insolvent(820, 10)).loss, None);
    assert_eq!(liquidate(&mut insolvent(820, 9)).loss.map(|loss| (loss.deficit, loss.insured)), Some((20, 19)));
}

/// A loss that is in part the pool's waits for who brings the pool.
#[test]
fn a_loan_of_perps_is_not_written_off_at_once() {
    let mut world = insolvent(820, 0);
    world.accounts[0].balances[1].perp_shares = 1;
    world.banks[1].perp_loan_shares = 1;
    assert_eq!(liquidate(&mut world).loss, None);
    assert_eq!(world.accounts[0].balance(1).map(|balance| balance.shares), Some(20));
}

/// The smallest bonus is no excuse for a lower factor where even it would raise the factor.
#[test]
fn the_smallest_bonus_is_minimal_only_from_the_threshold() {
    let minimal = |bonus_min| {
        let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9)];
        let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
        (world.board.rules.bonus_min, world.board.rules.bonus_max) = (bonus_min, bits(20, 100));
        world.give(0, 1, BalanceSide::Deposit, 100_000_000_000);
        world.give(0, 0, BalanceSide::Loan, 13_600 * MILLION);
        world.begin(0, [0, 1], u64::MAX, NOW).unwrap();
        let opened = world.accounts[0].liquidation;
        (opened.bonus == u64::from(bonus_min), opened.minimal)
    };
    // T is 10.3 %.
    assert_eq!(minimal(bits(2, 100)), (false, 0));
    assert_eq!(minimal(bits(8, 100)), (true, 0));
    assert_eq!(minimal(bits(11, 100)), (true, 1));
}

/// As much owed of a feed as held is all matched: less of either leaves a net exposure, and frees nothing for certain.
#[test]
fn what_is_all_matched_is_surely_relieved_of_nothing() {
    let feed = RiskRow {
        maintenance_long: bits(1, 8),
        maintenance_short: bits(1, 8),
        basis: bits(1, 16),
        ..build::row(price(1, 1))
    };
    let banks = vec![build::bank(0, 0, 0), build::bank(1, 0, 0)];
    let mut world = World::new(build::board(&[feed]), banks, 1);
    world.give(0, 0, BalanceSide::Deposit, 900);
    world.give(0, 1, BalanceSide::Loan, 900);
    let portfolio = world.portfolio(0, NOW).unwrap();
    let assessment = Assessment::of(&portfolio, &world.board, Valuation::Maintenance, NOW).unwrap();
    let [collateral, loan] = &world.banks[..] else { unreachable!() };
    let pair = Pair::new(&world.board, &portfolio, assessment, loan, collateral, &world.accounts[0]).unwrap();
    let basis = Ratio::from_bits(bits(1, 16));
    assert_eq!(pair.lower_reliefs(), Ok(Reliefs { loan: Ratio::ZERO, collateral: Ratio::ZERO }));
    assert_eq!(pair.upper_reliefs(), Ok(Reliefs { loan: basis, collateral: basis }));
}

/// What pays for no share of the collateral is not taken.
#[test]
fn nobody_repays_for_nothing() {
    let mut world = world();
    world.board.rows[0] = build::row(price(100, 1));
    world.give(0, 0, BalanceSide::Deposit, 10);
    world.give(0, 1, BalanceSide::Loan, 900);
    // 88 · 9/8 = 99
    assert_eq!(world.liquidate([0, 1], [1, 0], 88, NOW), Err(RiskError::ZeroShares));
    let done = world.liquidate([0, 1], [1, 0], 89, NOW).unwrap();
    assert_eq!((done.exchange.repaid, done.exchange.seized), (89, 1));
}

/// What is worth exactly the most that may be seized is not fitted to it anew.
#[test]
fn an_exchange_may_be_of_exactly_the_limit() {
    let mut world = world();
    world.give(0, 0, BalanceSide::Deposit, 1_000);
    world.give(0, 1, BalanceSide::Loan, 900);
    let portfolio = world.portfolio(0, NOW).unwrap();
    let assessment = Assessment::of(&portfolio, &world.board, Valuation::Maintenance, NOW).unwrap();
    let [collateral, loan, _] = &world.banks[..] else { unreachable!() };
    let pair = Pair::new(&world.board, &portfolio, assessment, loan, collateral, &world.accounts[0]).unwrap();
    let fitted = |max_seize| {
        let limits = Limits { max_repay: u64::MAX, max_seize, dust: Usd::ZERO };
        let rate = Ratio(Ratio::ONE.0 / 8 * 9);
        let exchange = fit(&pair, loan, collateral, rate, dollars(80), &limits).unwrap();
        (exchange.repaid, exchange.seized)
    };
    // 8/9 is rounded down: 79 for 90, too.
    assert_eq!([91, 90, 89].map(fitted), [(80, 90), (80, 90), (79, 88)]);
}

/// A loan that pays for exactly all of the collateral is repaid, every share of it.
#[test]
fn a_loan_of_exactly_the_price_of_all_is_repaid() {
    let mut world = insolvent(800, 0);
    world.give(0, 2, BalanceSide::Loan, 50);
    liquidate(&mut world);
    assert_eq!((world.accounts[0].balance(0), world.accounts[0].balance(1)), (None, None));
}
