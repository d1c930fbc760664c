//! What a liquidation never does, over random borrowers: several loans and collaterals, two banks a feed, classes with both
//! signs, impact, any decimals, indices that have moved.
mod support;

use std::cell::Cell;

use ballast_math::{Price, Ratio, Usd};
use ballast_risk::health::{decimals, Assessment, Valuation};
use ballast_risk::liquidation::{thresholds, Liquidated, Pair, Thresholds};
use ballast_risk::{invariant, RiskError};
use ballast_state::NO_CLASS;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use support::build::{self, NOW};
use support::rational::{int, of_price, of_ratio, of_usd, q, steps, Q};
use support::world::World;
use support::{cases, random};

const BORROWER: usize = 0;
const TAKER: usize = 1;

/// All pairs of a loan and a collateral that the account has.
fn pairs(world: &World) -> Vec<[usize; 2]> {
    let active = world.accounts[BORROWER].active();
    let loans = active.iter().filter(|b| b.is_loan());
    loans
        .flat_map(|loan| {
            let deposits = active.iter().filter(|b| b.is_deposit());
            deposits.map(|deposit| [usize::from(loan.bank), usize::from(deposit.bank)])
        })
        .collect()
}

fn thresholds_of(world: &World, [loan, collateral]: [usize; 2]) -> (Thresholds, [u64; 2]) {
    let portfolio = world.portfolio(BORROWER, NOW).unwrap();
    let assessment = Assessment::of(&portfolio, &world.board, Valuation::Maintenance, NOW).unwrap();
    let banks = [&world.banks[loan], &world.banks[collateral]];
    let pair = Pair::new(&world.board, &portfolio, assessment, banks[0], banks[1], &world.accounts[BORROWER]).unwrap();
    (thresholds(&pair, &pair.health().unwrap()).unwrap(), [pair.loan_shares, pair.collateral_shares])
}

/// Runs `check` on every liquidation that goes through, and says how many did.
fn for_liquidations(count: u32, check: impl Fn(&World, &World, [usize; 2], &Liquidated) -> TestCaseResult) -> u32 {
    for_requests(count, |before, world, pair, _, result| check(before, world, pair, result))
}

/// The same, with what was asked for.
fn for_requests(count: u32, check: impl Fn(&World, &World, [usize; 2], u64, &Liquidated) -> TestCaseResult) -> u32 {
    for_requests_in(random::any_borrower(), count, check)
}

/// The same, in given groups.
fn for_requests_in(
    worlds: impl Strategy<Value = World>,
    count: u32,
    check: impl Fn(&World, &World, [usize; 2], u64, &Liquidated) -> TestCaseResult,
) -> u32 {
    let done = Cell::new(0);
    let strategy = (worlds, any::<prop::sample::Index>(), 0u32..4, 0i64..400);
    let result = TestRunner::new(cases(count)).run(&strategy, |(mut world, pick, part, waited)| {
        world.accounts[BORROWER].unhealthy_since = build::T0 - waited;
        world.accounts[BORROWER].unhealthy_seen = build::T0 - waited.min(30);
        let pairs = pairs(&world);
        if pairs.is_empty() {
            return Ok(());
        }
        let pair = pairs[pick.index(pairs.len())];
        let before = world.clone();
        let debt = world.accounts[BORROWER].balance(u16::try_from(pair[0]).unwrap()).unwrap().shares;
        let max_repay = if part == 0 { u64::MAX } else { (debt >> (3 * part)).max(1) };
        if let Ok(result) = world.liquidate([BORROWER, TAKER], pair, max_repay, NOW) {
            done.set(done.get() + 1);
            check(&before, &world, pair, max_repay, &result)?;
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    done.get()
}

#[test]
fn inv_07_to_12_hold_for_every_liquidation() {
    let done = for_liquidations(3_000, |before, world, pair, result| {
        let (thresholds, [loan_shares, collateral_shares]) = thresholds_of(before, pair);
        let context = invariant::LiquidationContext {
            board: &before.board,
            loan_bank: &before.banks[pair[0]],
            collateral_bank: &before.banks[pair[1]],
            lock: before.accounts[BORROWER].bonus_lock,
            factor_threshold: thresholds.factor,
            dust_closed: result.exchange.repaid_shares == loan_shares
                || result.exchange.seized_shares == collateral_shares,
            now: NOW,
        };
        prop_assert_eq!(invariant::check_liquidation(result, &context), Ok(()));
        prop_assert_eq!(world.check(), Ok(()));
        if result.loss.is_none() {
            prop_assert_eq!(world.maintenance(BORROWER, NOW).unwrap(), result.after, "the report is the account");
        }
        Ok(())
    });
    assert!(done > 500, "{done}");
}

/// Value at mid of so many atoms.
fn worth(world: &World, bank: usize, atoms: u64) -> Q {
    let scale = int(10u64.pow(u32::from(world.banks[bank].decimals)));
    int(atoms) / scale * of_price(world.mid(bank).0)
}

/// What the liquidator gained: collateral less repayment and the share of insurance.
fn gain(world: &World, [loan, collateral]: [usize; 2], result: &Liquidated) -> Q {
    let paid = result.exchange.repaid + result.insurance;
    worth(world, collateral, result.exchange.seized) - worth(world, loan, paid)
}

#[test]
fn inv_12_t10_the_liquidator_gets_at_most_repayment_and_bonus() {
    let done = for_liquidations(1_500, |before, _, pair, result| {
        let paid = worth(before, pair[0], result.exchange.repaid);
        let got = worth(before, pair[1], result.exchange.seized);
        let rate = of_ratio(result.bonus) + int(1);
        prop_assert!(got <= &paid * &rate, "{got} {paid}");
        // Of the bonus, the insurance's share is paid on top, down to the atom.
        let share = of_ratio(result.bonus) * of_ratio(Ratio::from_bits(before.board.rules.insurance_share));
        let insurance = int(result.exchange.repaid) * share;
        prop_assert!(int(result.insurance) <= insurance);
        prop_assert!(int(result.insurance + 1) >= insurance - int(result.exchange.repaid) * q(1, 1u64 << 32));
        Ok(())
    });
    assert!(done > 250, "{done}");
}

#[test]
fn t10_the_liquidatee_loses_no_more_than_the_bonus() {
    let done = for_liquidations(1_500, |before, _, pair, result| {
        let lost = int(result.before.equity().unwrap() - result.after.equity().unwrap()) * steps(1);
        let bonus = worth(before, pair[0], result.exchange.repaid) * of_ratio(result.bonus);
        // A share of the loan that was not whole, and the roundings of the sums.
        let unit = worth(before, pair[0], 2) + steps(32);
        prop_assert!(lost <= bonus + unit);
        Ok(())
    });
    assert!(done > 250, "{done}");
}

/// Liquidates in pieces of `piece` atoms until it is refused, and says what all paid.
fn pieces(world: &mut World, pair: [usize; 2], piece: u64, most: u64) -> (Q, u64, u32) {
    let (mut total, mut repaid, mut count) = (Q::zero(), 0u64, 0u32);
    while count < 60 && repaid < most {
        let Ok(result) = world.liquidate([BORROWER, TAKER], pair, piece.min(most - repaid), NOW) else { break };
        total += gain(world, pair, &result);
        repaid += result.exchange.repaid;
        count += 1;
    }
    (total, repaid, count)
}

#[test]
fn t11_pieces_never_beat_one_liquidation() {
    let split = Cell::new(0);
    let done = for_liquidations(1_500, |before, _, pair, whole| {
        let most = whole.exchange.repaid;
        for parts in [2u64, 7, 40] {
            let mut world = before.clone();
            let (total, repaid, count) = pieces(&mut world, pair, (most / parts).max(1), most);
            if count > 1 {
                split.set(split.get() + 1);
            }
            // The insurance's part is rounded down to the atom in each piece, repayment up and seizure down in the whole.
            let rounding = worth(before, pair[0], 1) * int(count + 3) + worth(before, pair[1], 3);
            prop_assert!(total <= gain(before, pair, whole) + rounding, "{count} pieces, {repaid} of {most}");
        }
        Ok(())
    });
    assert!(done > 250 && split.get() > 250, "{done} {}", split.get());
}

#[test]
fn t11_at_one_time_and_price_the_bonus_never_rises() {
    let several = Cell::new(0);
    let done = for_liquidations(1_000, |before, world, pair, first| {
        let mut world = world.clone();
        let mut last = first.bonus;
        let debt = before.accounts[BORROWER].balance(u16::try_from(pair[0]).unwrap()).unwrap().shares;
        while let Ok(next) = world.liquidate([BORROWER, TAKER], pair, (debt / 25).max(1), NOW) {
            several.set(several.get() + 1);
            prop_assert!(next.bonus <= last);
            last = next.bonus;
        }
        Ok(())
    });
    assert!(done > 170 && several.get() > 170, "{done} {}", several.get());
}

#[test]
fn the_solver_reaches_its_target_where_it_is_exact() {
    let reached = Cell::new(0);
    // Without impact, netting or a second bank on a feed R is linear along the pair, and one step is exact.
    let linear = random::any_borrower().prop_map(|mut world| {
        for row in &mut world.board.rows {
            (row.class, row.impact_slope) = (NO_CLASS, 0);
        }
        world
    });
    for_requests_in(linear, 3_000, |before, _, pair, max_repay, result| {
        let active = before.accounts[BORROWER].active();
        let one_bank_a_feed = active.windows(2).all(|w| w[0].feed != w[1].feed);
        let fine = pair.iter().all(|bank| worth(before, *bank, 2) < q(1, 1_000));
        let (_, [loan_shares, collateral_shares]) = thresholds_of(before, pair);
        let partial = result.exchange.repaid_shares < loan_shares && result.exchange.seized_shares < collateral_shares;
        if one_bank_a_feed && fine && partial && max_repay == u64::MAX {
            reached.set(reached.get() + 1);
            let target = of_ratio(Ratio(before.board.rules.liquidation_target));
            let missing = target * of_usd(result.after.burden().unwrap()) - of_usd(result.after.assets);
            prop_assert!(missing.abs() < q(1, 100) + of_usd(result.after.assets) * q(1, 1 << 24), "{missing}");
        }
        Ok(())
    });
    assert!(reached.get() > 20, "{}", reached.get());
}

/// Where impact bends R the first step falls short, and the second goes most of the rest of the way.
#[test]
fn the_second_step_of_the_solver_closes_most_of_what_the_first_leaves() {
    use ballast_state::BalanceSide::{Deposit, Loan};
    let mut sol = build::sol();
    // 10 % at a hundred million dollars.
    (sol.impact_slope, sol.impact_cap) = ((u64::from(build::bits(1, 10)) << 24) / 10_240_000, build::bits(1, 10));
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9)];
    let mut world = World::new(build::board(&[build::usdc(), sol]), banks, 2);
    world.give(0, 1, Deposit, 200_000_000_000_000);
    world.give(0, 0, Loan, 26_200_000_000_000);
    let target = Ratio(world.board.rules.liquidation_target);
    let missing = |health: &ballast_risk::health::Health| {
        of_ratio(target) * of_usd(health.burden().unwrap()) - of_usd(health.assets)
    };
    let done = world.liquidate([BORROWER, TAKER], [0, 1], u64::MAX, NOW).unwrap();
    let (before, after) = (missing(&done.before), missing(&done.after));
    assert!(after > int(0) && &after * int(200) < before, "{after} {before}");
}

/// The reason a liquidation may be refused, for accounts that are liquidatable: never all pairs, whatever the request.
#[test]
fn every_unhealthy_account_has_a_liquidation() {
    let (liquidatable, solvent) = (Cell::new(0), Cell::new(0));
    let result = TestRunner::new(cases(4_000)).run(&random::any_borrower(), |world| {
        let health = world.maintenance(BORROWER, NOW).unwrap();
        let pairs = pairs(&world);
        if !health.is_negative() || pairs.is_empty() {
            return Ok(());
        }
        liquidatable.set(liquidatable.get() + 1);
        let mut refusals = Vec::new();
        for pair in pairs {
            for part in [1, 4, 16, 64, 256, 4_096] {
                let mut world = world.clone();
                let debt = world.accounts[BORROWER].balance(u16::try_from(pair[0]).unwrap()).unwrap().shares;
                let most = if part == 1 { u64::MAX } else { (debt / part).max(1) };
                match world.liquidate([BORROWER, TAKER], pair, most, NOW) {
                    Ok(_) => {
                        solvent.set(solvent.get() + 1);
                        return Ok(());
                    }
                    Err(refusal) => refusals.push((pair, part, refusal)),
                }
            }
        }
        prop_assert!(false, "{:?} {refusals:?}", health);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(liquidatable.get() > 800, "{}", liquidatable.get());
}

#[test]
fn a_pair_is_a_loan_and_a_collateral_in_two_banks() {
    let mut world = World::new(
        build::board(&[build::usdc(), build::sol()]),
        vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 1, 9)],
        2,
    );
    use ballast_state::BalanceSide::{Deposit, Loan};
    world.give(0, 1, Deposit, 100_000_000_000);
    world.give(0, 0, Loan, 14_500_000_000);
    let refused = |pair| world.clone().liquidate([0, 1], pair, u64::MAX, NOW).unwrap_err();
    assert_eq!(refused([0, 2]), RiskError::NoBalance);
    assert_eq!(refused([2, 1]), RiskError::NoBalance);
    assert_eq!(refused([1, 0]), RiskError::WrongSide);
    let mut left_out = world.clone();
    left_out.banks[1].collateral = 0;
    assert_eq!(left_out.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap_err(), RiskError::NotCollateral);
    let mut unlisted = world.clone();
    unlisted.board.row_count = 1;
    assert_eq!(unlisted.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap_err(), RiskError::FeedNotListed);
    assert_eq!(world.clone().liquidate([0, 1], [0, 1], 0, NOW).unwrap_err(), RiskError::NothingToDo);
    // The engine's own refusal of one bank on both sides.
    let portfolio = world.portfolio(0, NOW).unwrap();
    let assessment = Assessment::of(&portfolio, &world.board, Valuation::Maintenance, NOW).unwrap();
    let bank = world.banks[0];
    let same = Pair::new(&world.board, &portfolio, assessment, &bank, &bank, &world.accounts[0]);
    assert_eq!(same.unwrap_err(), RiskError::SamePair);
    assert_eq!(decimals(&bank).units_down(1_000_000), Ok(ballast_math::Units(18_446_744_073_709_551_614)));
    assert_eq!(Price::ONE.value_down(ballast_math::Units(1 << 64)), Ok(Usd(1 << 20)));
}
