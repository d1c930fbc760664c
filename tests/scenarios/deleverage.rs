//! Less exposure at a fair mark: an owner's policy over a falling week, and a bank that winds down.

use super::support::*;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// The price falls by 2 % every half hour. A keeper brings the account back to its band each time it leaves it, at most every
/// ten minutes and within the day's turnover; it is never liquidatable, and never worse off by more than the fee.
#[test]
fn a_policy_keeps_an_account_out_of_liquidation() {
    let (mut world, _, borrower, keeper) = cast();
    world.configure_rules(|rules| rules.deleverage_interval = 600).expect("configure_group");
    step(&mut world, |world| world.set_policy(&borrower, 13_000, 1_000, 2_000));
    let (mut acted, mut price) = (0, 32_00000000i64);
    for _ in 0..20 {
        price = price * 98 / 100;
        world.svm.advance(1_800);
        world.markets[1].price = price;
        world.refresh_all();
        let (before, keeps) = (wealth(&world, &borrower), wealth(&world, &keeper));
        match world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, false) {
            Ok(sent) => {
                acted += 1;
                let done = event!(sent, Deleveraged);
                let cost = before - wealth(&world, &borrower);
                // 10 bp of what was repaid, in 2^-20 USD, and rounding.
                let fee = i64::try_from(u128::from(done.repaid) * (1 << 20) / 1_000_000_000).unwrap();
                assert!(cost >= 0 && cost <= fee + 8, "{cost} {fee}");
                assert!((wealth(&world, &keeper) - keeps - cost).abs() <= 8);
                assert!(world.health(&borrower).factor().unwrap().0 >= 13 * (1u64 << 32) / 10);
                fails(&mut world, "AboveFloor", |world| world.deleverage(&keeper, &borrower, USD, COIN, 1, false));
            }
            Err(failed) => assert_eq!(failed.name(), "AboveFloor"),
        }
        assert!(!world.health(&borrower).is_negative());
        world.check_invariants();
    }
    assert!(acted >= 4, "{acted}");
    assert!(world.margin(&borrower).policy.turnover_used <= presets::dollars(2_000));
}

#[test]
fn the_turnover_of_a_day_is_a_limit() {
    let (mut world, _, borrower, keeper) = cast();
    step(&mut world, |world| world.set_policy(&borrower, 30_000, 1_000, 100));
    let mut moved = 0;
    for _ in 0..4 {
        if let Ok(sent) = world.deleverage(&keeper, &borrower, USD, COIN, 40 * DOLLAR, false) {
            moved += event!(sent, Deleveraged).repaid;
        }
        world.advance(600);
    }
    assert!(moved <= 100 * DOLLAR && moved > 99 * DOLLAR, "{moved}");
    fails(&mut world, "TurnoverExceeded", |world| world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, false));
    world.advance(DAY);
    step(&mut world, |world| world.deleverage(&keeper, &borrower, USD, COIN, 40 * DOLLAR, false));
}

/// A bank in wind-down: a week's notice, then a tenth of the loan an hour at most, for a fee that begins at nothing and ends
/// at 10 bp, until the rest is dust and goes at once.
#[test]
fn a_bank_winds_down() {
    let (mut world, lender, borrower, keeper) = cast();
    step(&mut world, |world| world.set_bank_mode(USD, 2));
    fails(&mut world, "BankReduceOnly", |world| world.borrow(&borrower, USD, 10 * DOLLAR));
    world.advance(7 * DAY - 2);
    fails(&mut world, "NotWoundDown", |world| world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true));
    world.advance(2 + HOUR);
    let (mut hours, mut fee) = (0, 0);
    while world.margin(&borrower).balance(USD).is_some() {
        let before = world.margin(&borrower).balance(USD).expect("a loan").shares;
        let sent = step(&mut world, |world| world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true));
        let done = event!(sent, Deleveraged);
        assert_eq!(done.cause, 1);
        if before > 11 * DOLLAR {
            assert!(done.repaid_shares <= before / 10);
            fails(&mut world, "WindDownRateExceeded", |world| {
                world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true)
            });
        }
        assert!(done.fee >= fee && done.fee <= presets::bps(10).into());
        fee = done.fee;
        hours += 1;
        world.advance(HOUR);
    }
    // 0.9^n · 2,048 < 10, and the last one.
    assert_eq!(hours, 52);
    step(&mut world, |world| world.withdraw(&borrower, COIN, None));
    step(&mut world, |world| world.withdraw(&lender, USD, None));
    assert_eq!(world.bank(USD).liability_shares, 0);
}

/// Collateral of a bank in wind-down goes the same way, a tenth an hour.
#[test]
fn collateral_of_a_bank_in_wind_down_goes_too() {
    let (mut world, _, borrower, keeper) = cast();
    step(&mut world, |world| world.set_bank_mode(COIN, 2));
    world.advance(14 * DAY + 1);
    let sent = step(&mut world, |world| world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true));
    let done = event!(sent, Deleveraged);
    assert_eq!(done.fee, u64::from(presets::bps(10)));
    assert!(done.seized <= 10 * ONE_COIN && done.seized > 10 * ONE_COIN - 200, "{}", done.seized);
    // What rounding left of the hour's part is too little to do any good.
    fails(&mut world, "LiquidationWouldWorsen", |world| {
        world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true)
    });
}
