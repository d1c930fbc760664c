//! Deleverage and wind-down: less exposure at a fair mark, nobody's equity taken (rules-risk 5).
mod support;

use std::cell::Cell;

use ballast_math::{Index, Ratio};
use ballast_risk::deleverage::{Cause, Deleveraged};
use ballast_risk::{Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, BankMode, DeleveragePolicy, PriceState};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use support::build::{self, after, bits, dollars, price, MILLION, NOW, T0};
use support::rational::{int, of_price, of_ratio, of_usd, q, steps, Q};
use support::world::World;
use support::{cases, random};

const SOL: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// 100 SOL against USDC, floor 1.15, width 0.05, and a keeper with means. Prices are always fresh.
fn policied(debt: u64) -> World {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 2, 8)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol(), build::btc()]), banks, 2);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 0, BalanceSide::Loan, debt * MILLION);
    world.give(1, 0, BalanceSide::Deposit, 50_000 * MILLION);
    world.accounts[0].policy = DeleveragePolicy {
        floor: Ratio::ONE.0 / 100 * 115,
        width: Ratio::ONE.0 / 100 * 5,
        daily_turnover: dollars(1_000_000).0,
        turnover_used: 0,
        turnover_day: 0,
        last_ts: 0,
    };
    world
}

fn run(world: &mut World, cause: Cause, max_repay: u64, now: Now) -> RiskResult<Deleveraged> {
    for row in &mut world.board.rows {
        row.publish_ts = now.ts;
    }
    let done = world.deleverage([0, 1], [0, 1], cause, max_repay, now)?;
    assert_eq!(world.check(), Ok(()));
    Ok(done)
}

fn policy(world: &mut World, now: Now) -> RiskResult<Deleveraged> {
    run(world, Cause::Policy, u64::MAX, now)
}

#[test]
fn it_restores_to_floor_and_width_for_ten_basis_points() {
    let mut world = policied(12_500);
    let done = policy(&mut world, NOW).unwrap();
    assert_eq!(done.fee, Ratio::from_bits(world.board.rules.deleverage_fee));
    assert_eq!(done.rate, Ratio::ONE.add(done.fee).unwrap(), "no band, no toll");
    // x = (1.2·(L+R) − A) / (1.2·(1 + 0.005 + 1.001·0.1) − 1.001), exactly.
    let (a, burden) = (int(15_000), int(12_500) * q(201, 200) + int(1_500));
    let rate = of_ratio(done.rate);
    let x = (q(6, 5) * burden - a) / (q(6, 5) * (q(201, 200) + &rate * q(1, 10)) - rate);
    let repaid = q(done.exchange.repaid, MILLION);
    assert!((&repaid - &x).reduced() < q(1, 100) && repaid > &x - q(1, 100), "{repaid} {x}");
    let factor = of_ratio(done.after.factor().unwrap());
    assert!(factor <= q(6, 5) && factor > q(6, 5) - q(1, 100_000), "{factor}");
    assert!(done.after.value().unwrap() > done.before.value().unwrap());
    assert_eq!(world.accounts[0].policy.last_ts, T0);
}

#[test]
fn the_keeper_pays_the_high_and_is_credited_the_low_end_of_the_fair_band() {
    let mut world = policied(12_500);
    (world.board.rows[0].fair_low, world.board.rows[0].low) = (price(999, 1_000), price(9, 10));
    (world.board.rows[1].fair_high, world.board.rows[1].high) = (price(151, 1), price(200, 1));
    let done = policy(&mut world, NOW).unwrap();
    let exact = (int(1) + of_ratio(done.fee)) * of_price(price(999, 1_000)) * q(150, 151);
    assert!(of_ratio(done.rate) <= exact && of_ratio(done.rate) > exact - q(1, 1u64 << 30));
    // Seized SOL at 151, less fee, cover what was repaid at 0.999: nobody's equity is taken beyond the fee.
    let seized = q(done.exchange.seized, SOL) * int(151);
    let credited = q(done.exchange.repaid, MILLION) * q(999, 1_000) * (int(1) + of_ratio(done.fee));
    assert!(seized <= credited && seized > credited - q(1, 1_000));
}

#[test]
fn refusals_of_a_policy() {
    let mut none = policied(12_500);
    none.accounts[0].policy.floor = 0;
    assert_eq!(policy(&mut none, NOW), Err(RiskError::NoPolicy));
    // HF = 15,000 / (1.005·L + 1,500) = 1.15 at L = 11,486.05.
    assert_eq!(policy(&mut policied(11_486), NOW), Err(RiskError::AboveFloor));
    assert!(policy(&mut policied(11_487), NOW).is_ok());
    assert_eq!(policy(&mut policied(13_500), NOW), Err(RiskError::OnlyLiquidation));
    let mut free = policied(12_500);
    free.repay(0, 0, ballast_risk::lending::Amount::All, NOW).unwrap();
    assert_eq!(policy(&mut free, NOW), Err(RiskError::NoLiability));
    let mut idle = policied(12_500);
    assert_eq!(run(&mut idle, Cause::Policy, 0, NOW), Err(RiskError::NothingToDo));
}

#[test]
fn ten_minutes_lie_between_two() {
    let mut world = policied(12_500);
    run(&mut world, Cause::Policy, 100 * MILLION, NOW).unwrap();
    assert_eq!(policy(&mut world, after(599)), Err(RiskError::DeleverageTooSoon));
    assert!(policy(&mut world, after(600)).is_ok());
}

#[test]
fn the_owners_turnover_is_a_days() {
    let mut world = policied(12_500);
    world.accounts[0].policy.daily_turnover = dollars(1_000).0;
    world.board.rules.deleverage_interval = 1;
    let done = policy(&mut world, NOW).unwrap();
    assert_eq!(done.exchange.repaid, 1_000 * MILLION);
    assert_eq!(policy(&mut world, after(10)), Err(RiskError::TurnoverExceeded));
    // T0 is a whole day: the next one starts in 86,400 seconds.
    assert_eq!(T0 % DAY, 0);
    assert_eq!(policy(&mut world, after(DAY - 1)), Err(RiskError::TurnoverExceeded));
    assert_eq!(policy(&mut world, after(DAY)).unwrap().exchange.repaid, 1_000 * MILLION);
}

#[test]
fn prices_are_ten_seconds_old_at_most_and_in_no_doubt() {
    let world = policied(12_500);
    let at = |seconds| world.clone().deleverage([0, 1], [0, 1], Cause::Policy, u64::MAX, after(seconds)).map(|_| ());
    assert_eq!(at(10), Ok(()));
    assert_eq!(at(11), Err(RiskError::PriceStale));
    for (state, refusal) in [
        (PriceState::Unset, RiskError::PriceUnset),
        (PriceState::PendingJump, RiskError::PricePending),
        (PriceState::Guarded, RiskError::PriceGuarded),
    ] {
        let mut world = world.clone();
        world.board.rows[1].state = state.to_byte();
        assert_eq!(policy(&mut world, NOW), Err(refusal));
        // Whether the account is below its floor depends on every price in it.
        let mut world = policied(12_500);
        world.give(0, 2, BalanceSide::Deposit, 1_000);
        world.board.rows[2].state = state.to_byte();
        assert_eq!(policy(&mut world, NOW), Err(refusal));
    }
}

/// The SOL bank in wind-down, announced so long ago.
fn winding(announced: i64) -> World {
    let mut world = policied(8_000);
    world.accounts[0].policy.floor = 0;
    world.banks[1].mode = BankMode::WindDown.to_byte();
    world.banks[1].wind_down_ts = T0 - announced;
    world
}

fn wind(world: &mut World, now: Now) -> RiskResult<Deleveraged> {
    run(world, Cause::WindDown, u64::MAX, now)
}

#[test]
fn a_wind_down_waits_for_its_notice_and_its_fee_rises_for_a_week() {
    assert_eq!(wind(&mut winding(7 * DAY - 1), NOW), Err(RiskError::NotWoundDown));
    let mut normal = winding(30 * DAY);
    normal.banks[1].mode = BankMode::ReduceOnly.to_byte();
    assert_eq!(wind(&mut normal, NOW), Err(RiskError::NotWoundDown));
    let fee = |days: i64| wind(&mut winding((7 + days) * DAY), NOW).unwrap().fee.0;
    let most = u64::from(build::rules().deleverage_fee);
    assert_eq!(fee(0), 0);
    assert!(fee(1).abs_diff(most / 7) <= 1);
    assert!(fee(6).abs_diff(most * 6 / 7) <= 1);
    assert_eq!([fee(7), fee(100)], [most, most]);
}

#[test]
fn a_wind_down_takes_a_tenth_of_the_balance_an_hour() {
    let mut world = winding(14 * DAY);
    let first = wind(&mut world, NOW).unwrap();
    assert!(first.exchange.seized_shares <= 10 * SOL && first.exchange.seized_shares > 10 * SOL - SOL / 1_000);
    // The rest of the tenth, a few atoms, and no more in this hour.
    let mut total = first.exchange.seized_shares;
    for second in 1..20 {
        match wind(&mut world, after(second)) {
            Ok(done) => total += done.exchange.seized_shares,
            Err(refusal) => assert!(matches!(
                refusal,
                RiskError::WindDownRateExceeded | RiskError::ZeroShares | RiskError::LiquidationWouldWorsen
            )),
        }
    }
    assert!(total <= 10 * SOL);
    assert_eq!(world.accounts[0].balance(1).unwrap().wound_down, total);
    // The next hour takes a tenth of what is left.
    let next = wind(&mut world, after(3_600)).unwrap();
    assert!(next.exchange.seized_shares <= (100 * SOL - total) / 10);
    assert!(next.exchange.seized_shares > (100 * SOL - total) / 10 - SOL / 1_000);
}

#[test]
fn a_deposit_within_the_hour_does_not_start_it_anew() {
    let mut world = winding(14 * DAY);
    wind(&mut world, NOW).unwrap();
    let wound = world.accounts[0].balance(1).unwrap().wound_down;
    build::give(&mut world.banks[1], &mut world.accounts[0], BalanceSide::Deposit, SOL);
    world.vaults[1] += SOL;
    assert_eq!(world.accounts[0].balance(1).unwrap().wound_down, wound);
    let more = wind(&mut world, after(1)).unwrap().exchange.seized_shares;
    assert!(more + wound <= 10 * SOL + SOL / 10);
}

#[test]
fn the_loan_of_a_bank_in_wind_down_goes_by_tenths_too_and_dust_at_once() {
    let mut world = policied(8_000);
    world.banks[0].mode = BankMode::WindDown.to_byte();
    world.banks[0].wind_down_ts = T0 - 14 * DAY;
    let done = wind(&mut world, NOW).unwrap();
    assert!(done.exchange.repaid <= 800 * MILLION && done.exchange.repaid > 799 * MILLION);
    let refused = wind(&mut world, after(1));
    assert!(matches!(refused, Err(RiskError::WindDownRateExceeded)), "{refused:?}");
    let mut small = policied(9);
    small.banks[0].mode = BankMode::WindDown.to_byte();
    small.banks[0].wind_down_ts = T0 - 14 * DAY;
    assert_eq!(wind(&mut small, NOW).unwrap().exchange.repaid, 9 * MILLION);
    assert!(small.accounts[0].balance(0).is_none());
}

#[test]
fn t24_cool_off_and_modes_stop_neither() {
    let mut world = winding(14 * DAY);
    world.accounts[0].risk_ts = T0;
    world.board.grace_until = T0 + 100;
    world.banks[0].paused_until = i64::MAX;
    assert!(wind(&mut world, NOW).is_ok());
    let mut world = policied(12_500);
    world.accounts[0].risk_ts = T0;
    assert!(policy(&mut world, NOW).is_ok());
}

fn worth(world: &World, bank: usize, atoms: u64) -> Q {
    int(atoms) / int(10u64.pow(u32::from(world.banks[bank].decimals))) * of_price(world.mid(bank).0)
}

/// Random borrowers with random policies: never above floor and width, H and HF rise, equity falls by the fee at most.
#[test]
fn a_deleverage_takes_no_more_than_its_fee_and_never_overshoots() {
    let done = Cell::new(0);
    let strategy = (random::any_borrower(), 1_020u64..2_000, 50u64..300, any::<prop::sample::Index>());
    let result = TestRunner::new(cases(3_000)).run(&strategy, |(mut world, floor, width, pick)| {
        world.accounts[0].policy = DeleveragePolicy {
            floor: Ratio::ONE.0 / 1_000 * floor,
            width: Ratio::ONE.0 / 1_000 * width,
            daily_turnover: u64::MAX >> 1,
            ..world.accounts[0].policy
        };
        let active = world.accounts[0].active();
        let of_side = |loans: bool| {
            active.iter().filter(|b| b.is_loan() == loans).map(|b| usize::from(b.bank)).collect::<Vec<_>>()
        };
        let (loans, deposits) = (of_side(true), of_side(false));
        if loans.is_empty() || deposits.is_empty() {
            return Ok(());
        }
        let pair = [loans[pick.index(loans.len())], deposits[pick.index(deposits.len())]];
        let before = world.clone();
        let Ok(result) = world.deleverage([0, 1], pair, Cause::Policy, u64::MAX, NOW) else { return Ok(()) };
        done.set(done.get() + 1);
        prop_assert_eq!(world.check(), Ok(()));
        prop_assert_eq!(world.maintenance(0, NOW).unwrap(), result.after);
        prop_assert!(result.after.value().unwrap() > result.before.value().unwrap());
        prop_assert!(result.before.factor_is_below(&result.after).unwrap());
        // Two shares of rounding on each side, and the sums'.
        let share = |bank: usize, index: [u64; 2]| {
            worth(&before, bank, 2 * (Index::from_words(index).amount_up(1).unwrap() + 1))
        };
        let slack = share(pair[0], before.banks[pair[0]].liability_index)
            + share(pair[1], before.banks[pair[1]].asset_index)
            + steps(64);
        let target = q((floor + width) * (Ratio::ONE.0 / 1_000), Ratio::ONE.0);
        prop_assert!(of_usd(result.after.assets) <= target * of_usd(result.after.burden().unwrap()) + &slack);
        let lost = int(result.before.equity().unwrap() - result.after.equity().unwrap()) * steps(1);
        let fee = worth(&before, pair[0], result.exchange.repaid) * of_ratio(result.fee);
        prop_assert!(lost <= fee + slack);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(done.get() > 150, "{}", done.get());
}

#[test]
fn a_deleverage_that_would_not_help_is_refused() {
    // A basis under the fee inside one feed: equity would fall and the requirement would not.
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 1, 9)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
    world.board.rows[1].basis = bits(1, 10_000);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 2, BalanceSide::Loan, 90 * SOL);
    world.accounts[0].policy.floor = Ratio::ONE.0 * 12;
    world.accounts[0].policy.width = Ratio::ONE.0;
    world.accounts[0].policy.daily_turnover = dollars(1_000_000).0;
    let refused = world.deleverage([0, 1], [2, 1], Cause::Policy, SOL, NOW);
    assert_eq!(refused, Err(RiskError::LiquidationWouldWorsen));
}
