//! Anything in any order: the books of every bank stay solvent and every list stays in order.
mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;

use ballast_math::Ratio;
use ballast_risk::deleverage::Cause;
use ballast_risk::lending::{self, Amount};
use ballast_risk::liquidation::{self, Liquidated, Pair};
use ballast_risk::{invariant, Now};
use ballast_state::{Balance, BalanceSide, BankMode};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use support::build::{self, after};
use support::cases;
use support::world::World;

/// Borrowers and takers; the lender comes after them.
const ACCOUNTS: usize = 4;
const BANKS: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Wait(u32),
    Deposit(usize, usize, u64),
    Withdraw(usize, usize, u64),
    WithdrawAll(usize, usize),
    Borrow(usize, usize, u64),
    Repay(usize, usize, u64),
    RepayAll(usize, usize),
    Price(usize, u64),
    Liquidate(usize, usize, usize, usize, u64),
    Policy(usize, u64),
    Deleverage(usize, usize, usize, usize),
    WindDown(usize, usize, usize, usize),
    Resolve(usize, usize),
    Insure(usize, u64),
    Collect(usize),
    Donate(usize, u64),
    Mode(usize, u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = || 0..ACCOUNTS;
    let bank = || 0..BANKS;
    // Cents, so that every bank sees amounts of the same worth.
    let cents = || (1u64..1_000, 0u32..5).prop_map(|(m, power)| m * 10u64.pow(power));
    let part = || prop_oneof![Just(u64::MAX), 1u64..1 << 40];
    prop_oneof![
        3 => (0u32..200_000).prop_map(Step::Wait),
        4 => (who(), bank(), cents()).prop_map(|(a, b, c)| Step::Deposit(a, b, c)),
        2 => (who(), bank(), cents()).prop_map(|(a, b, c)| Step::Withdraw(a, b, c)),
        1 => (who(), bank()).prop_map(|(a, b)| Step::WithdrawAll(a, b)),
        6 => (who(), bank(), cents()).prop_map(|(a, b, c)| Step::Borrow(a, b, c)),
        2 => (who(), bank(), cents()).prop_map(|(a, b, c)| Step::Repay(a, b, c)),
        1 => (who(), bank()).prop_map(|(a, b)| Step::RepayAll(a, b)),
        4 => (1usize..3, 500u64..1_500).prop_map(|(feed, permille)| Step::Price(feed, permille)),
        8 => (who(), 0..=ACCOUNTS, bank(), bank(), part()).prop_map(|(a, b, l, c, m)| Step::Liquidate(a, b, l, c, m)),
        1 => (who(), 1_050u64..1_600).prop_map(|(a, floor)| Step::Policy(a, floor)),
        3 => (who(), 0..=ACCOUNTS, bank(), bank()).prop_map(|(a, b, l, c)| Step::Deleverage(a, b, l, c)),
        2 => (who(), 0..=ACCOUNTS, bank(), bank()).prop_map(|(a, b, l, c)| Step::WindDown(a, b, l, c)),
        2 => (who(), bank()).prop_map(|(a, b)| Step::Resolve(a, b)),
        1 => (bank(), cents()).prop_map(|(b, c)| Step::Insure(b, c)),
        1 => bank().prop_map(Step::Collect),
        1 => (bank(), 1u64..1 << 40).prop_map(|(b, c)| Step::Donate(b, c)),
        1 => (bank(), 0u8..8).prop_map(|(b, m)| Step::Mode(b, m)),
    ]
}

/// USDC, SOL, BTC, and a second dollar bank without decimals on the first one's feed.
fn group() -> World {
    let mut sol = build::sol();
    let mut btc = build::btc();
    (sol.class, btc.class) = (0, 0);
    let mut board = build::board(&[build::usdc(), sol, btc]);
    board.class_kappa[0] = build::bits(1, 4);
    let banks = [(0, 6), (1, 9), (2, 8), (0, 0)];
    let banks =
        (0u16..).zip(banks).map(|(at, (feed, decimals))| build::with_interest(build::bank(at, feed, decimals), 300));
    let mut world = World::new(board, banks.collect(), ACCOUNTS);
    let lender = world.lender();
    for bank in 0..BANKS {
        let atoms = atoms(&world, bank, 5_000_000);
        world.give(lender, bank, BalanceSide::Deposit, atoms);
    }
    // Borrowers with some room, and one account with means.
    let balances = [
        (0, 1, BalanceSide::Deposit, 1_500_000),
        (0, 0, BalanceSide::Loan, 1_100_000),
        (1, 2, BalanceSide::Deposit, 2_000_000),
        (1, 1, BalanceSide::Loan, 1_400_000),
        (2, 0, BalanceSide::Deposit, 6_000_000),
        (3, 1, BalanceSide::Deposit, 800_000),
        (3, 3, BalanceSide::Deposit, 100_000),
        (3, 2, BalanceSide::Loan, 300_000),
        (3, 0, BalanceSide::Loan, 300_000),
    ];
    for (who, bank, side, cents) in balances {
        let atoms = atoms(&world, bank, cents);
        world.give(who, bank, side, atoms);
    }
    world
}

/// At least one atom for so many cents.
fn atoms(world: &World, bank: usize, cents: u64) -> u64 {
    let unit = 10u64.pow(u32::from(world.banks[bank].decimals));
    world.mid(bank).atoms_down(ballast_math::Usd((cents << 20) / 100), unit).unwrap().max(1)
}

/// What happened, by name: a run that never liquidates proves nothing of liquidations.
type Tally = RefCell<BTreeMap<&'static str, u32>>;

fn run(world: &mut World, now: &mut Now, step: &Step, tally: &Tally) -> TestCaseResult {
    let mut done = |name| *tally.borrow_mut().entry(name).or_default() += 1;
    match *step {
        Step::Wait(seconds) => *now = after(now.ts - build::T0 + i64::from(seconds)),
        Step::Deposit(who, bank, cents) => {
            let atoms = atoms(world, bank, cents);
            if world.deposit(who, bank, atoms, *now).is_ok() {
                done("deposit");
            }
        }
        Step::Withdraw(who, bank, cents) => {
            let atoms = atoms(world, bank, cents);
            if world.withdraw(who, bank, Amount::Exact(atoms), *now).is_ok() {
                done("withdraw");
            }
        }
        Step::WithdrawAll(who, bank) => {
            if world.withdraw(who, bank, Amount::All, *now).is_ok() {
                done("withdraw all");
            }
        }
        Step::Borrow(who, bank, cents) => {
            let atoms = atoms(world, bank, cents);
            fresh(world, *now);
            if world.borrow(who, bank, atoms, *now).is_ok() {
                done("borrow");
            }
        }
        Step::Repay(who, bank, cents) => {
            let atoms = atoms(world, bank, cents);
            if world.repay(who, bank, Amount::Exact(atoms), *now).is_ok() {
                done("repay");
            }
        }
        Step::RepayAll(who, bank) => {
            if world.repay(who, bank, Amount::All, *now).is_ok() {
                done("repay all");
            }
        }
        Step::Price(feed, permille) => {
            let row = &mut world.board.rows[feed];
            let mid = (row.mid / 1_000 * permille).clamp(build::price(1, 1_000), build::price(10_000_000, 1));
            (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
            fresh(world, *now);
        }
        Step::Liquidate(from, to, loan, collateral, max_repay) => {
            fresh(world, *now);
            let [loan, collateral] = pair_of(world, from, loan, collateral);
            liquidate(world, [from, to], [loan, collateral], max_repay, *now, &mut done)?;
        }
        Step::Policy(who, floor) => {
            let policy = &mut world.accounts[who].policy;
            policy.floor = Ratio::ONE.0 / 1_000 * floor;
            policy.width = Ratio::ONE.0 / 10;
            policy.daily_turnover = build::dollars(100_000).0;
        }
        Step::Deleverage(from, to, loan, collateral) => {
            fresh(world, *now);
            let [loan, collateral] = pair_of(world, from, loan, collateral);
            if world.deleverage([from, to], [loan, collateral], Cause::Policy, u64::MAX, *now).is_ok() {
                done("deleverage");
            }
        }
        Step::WindDown(from, to, loan, collateral) => {
            fresh(world, *now);
            let [loan, collateral] = pair_of(world, from, loan, collateral);
            if world.deleverage([from, to], [loan, collateral], Cause::WindDown, u64::MAX, *now).is_ok() {
                done("wind-down");
            }
        }
        Step::Resolve(who, bank) => {
            fresh(world, *now);
            let [bank, _] = pair_of(world, who, bank, bank);
            if let Ok(loss) = world.resolve(who, bank, *now) {
                done("resolve");
                prop_assert_eq!(loss.insured + loss.socialized, loss.deficit);
            }
        }
        Step::Insure(bank, cents) => {
            let atoms = atoms(world, bank, cents);
            lending::deposit_insurance(&mut world.banks[bank], atoms).unwrap();
            world.vaults[bank] += atoms;
        }
        Step::Collect(bank) => {
            world.accrue(bank, *now).unwrap();
            if let Ok(atoms) = lending::collect_fees(&mut world.banks[bank]) {
                world.vaults[bank] -= atoms;
                done("collect");
            }
        }
        Step::Donate(bank, tokens) => world.vaults[bank] += tokens,
        Step::Mode(bank, mode) => {
            world.banks[bank].mode = if mode < 6 { 0 } else { mode - 5 };
            if world.banks[bank].mode == BankMode::WindDown.to_byte() {
                world.banks[bank].wind_down_ts = now.ts - 8 * 86_400;
            }
        }
    }
    Ok(())
}

/// A pair the account has, if it has one; else the banks as drawn.
fn pair_of(world: &World, who: usize, loan: usize, collateral: usize) -> [usize; 2] {
    let pick = |loans: bool, drawn: usize| {
        let of_side = |b: &&Balance| b.is_loan() == loans;
        let balances: Vec<usize> = world.accounts[who].active().iter().filter(of_side).map(|b| b.bank.into()).collect();
        if balances.is_empty() {
            drawn
        } else {
            balances[drawn % balances.len()]
        }
    };
    [pick(true, loan), pick(false, collateral)]
}

fn fresh(world: &mut World, now: Now) {
    for row in &mut world.board.rows {
        row.publish_ts = now.ts;
    }
}

fn liquidate(
    world: &mut World,
    [from, to]: [usize; 2],
    [loan, collateral]: [usize; 2],
    max_repay: u64,
    now: Now,
    done: &mut impl FnMut(&'static str),
) -> TestCaseResult {
    let before = world.clone();
    let Ok(result) = world.liquidate([from, to], [loan, collateral], max_repay, now) else { return Ok(()) };
    done("liquidate");
    if result.loss.is_some() {
        done("bad debt");
    }
    check_liquidation(&before, world, &result, from, [loan, collateral], now)
}

fn check_liquidation(
    before: &World,
    world: &World,
    result: &Liquidated,
    from: usize,
    [loan, collateral]: [usize; 2],
    now: Now,
) -> TestCaseResult {
    let mut accrued = before.clone();
    accrued.accrue(loan, now).unwrap();
    accrued.accrue(collateral, now).unwrap();
    let portfolio = accrued.portfolio(from, now).unwrap();
    let assessment = liquidation::eligible(&before.accounts[from], &portfolio, &before.board, now).unwrap();
    let pair = Pair::new(
        &before.board,
        &portfolio,
        assessment,
        &accrued.banks[loan],
        &accrued.banks[collateral],
        &before.accounts[from],
    )
    .unwrap();
    let threshold = liquidation::thresholds(&pair, &result.before).unwrap().factor;
    let closed =
        result.exchange.repaid_shares == pair.loan_shares || result.exchange.seized_shares == pair.collateral_shares;
    let context = invariant::LiquidationContext {
        board: &before.board,
        loan_bank: &accrued.banks[loan],
        collateral_bank: &accrued.banks[collateral],
        lock: before.accounts[from].bonus_lock,
        factor_threshold: threshold,
        dust_closed: closed,
        now,
    };
    prop_assert_eq!(invariant::check_liquidation(result, &context), Ok(()));
    // What the engine said of the account is what the account is, before a loss was taken off.
    if result.loss.is_none() {
        prop_assert_eq!(world.maintenance(from, now).unwrap(), result.after);
    }
    Ok(())
}

#[test]
fn inv_01_to_13_hold_whatever_happens() {
    let tally = Tally::default();
    let steps = prop::collection::vec(any_step(), 1..80);
    let result = TestRunner::new(cases(6_000)).run(&steps, |steps| {
        let mut world = group();
        let mut now = build::NOW;
        for step in &steps {
            let before = world.clone();
            run(&mut world, &mut now, step, &tally)?;
            prop_assert_eq!(world.check(), Ok(()), "{:?}", step);
            prop_assert_eq!(world.check_since(&before), Ok(()), "{:?}", step);
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let tally = tally.into_inner();
    let wanted = [("deposit", 9_000), ("withdraw", 1_000), ("withdraw all", 500), ("borrow", 5_000), ("repay", 1_000)];
    let rare = [("repay all", 500), ("liquidate", 1_500), ("bad debt", 500), ("deleverage", 200), ("wind-down", 100)];
    for (name, least) in wanted.into_iter().chain(rare).chain([("collect", 500), ("resolve", 10)]) {
        assert!(tally.get(name).is_some_and(|times| *times >= least), "{name}: {tally:?}");
    }
}
