//! Years in which nobody acts, and then everybody in any order.

use ballast_state::Bank;

use super::support::*;

const YEAR: i64 = 31_557_600;

/// Lenders of 100,000 USD, a borrower of 20,000: a utilisation of a fifth, and a rate of 2 % + (8 − 2) · 20/80 = 3.5 %.
fn quiet() -> (World, Trader, Trader, Trader) {
    let mut world = World::standard();
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let borrower = world.trader_with(&[(COIN, 10_000 * ONE_COIN)]);
    world.borrow(&borrower, USD, 20_000 * DOLLAR).expect("borrow");
    let second = world.trader_with(&[(COIN, 10_000 * ONE_COIN)]);
    (world, lender, borrower, second)
}

fn debt(world: &World, trader: &Trader) -> f64 {
    let index = ballast_risk::interest::project(&world.bank(USD), world.now()).expect("indices").liability;
    index.amount_up(world.margin(trader).balance(USD).expect("a loan").shares).expect("atoms") as f64 / 1e6
}

/// A market that had stood still, or been paused, was charged for that time at the rate it had afterwards. Here the rate of a
/// stretch is fixed when it begins: who borrows after three quiet years does not make them dearer for anybody, and a pause
/// neither stops interest nor adds any.
#[test]
fn v09_quiet_years_cost_what_they_were_announced_at() {
    for paused in [false, true] {
        let (mut world, _, borrower, second) = quiet();
        if paused {
            let (admin, group) = (world.admin.pubkey(), world.group);
            world.as_admin(ix::pause_bank(&admin, &group, USD, 86_400)).expect("pause_bank");
            world.as_admin(ix::pause_risk(&admin, &group, 86_400)).expect("pause_risk");
        }
        world.advance(3 * YEAR);
        let owed = 20_000.0 * (0.035f64 * 3.0).exp();
        assert!((debt(&world, &borrower) - owed).abs() < 1e-3, "{}", debt(&world, &borrower));
        step(&mut world, |world| world.borrow(&second, USD, 60_000 * DOLLAR));
        // At that second nothing has changed for the first; from then on the rate is another.
        assert!((debt(&world, &borrower) - owed).abs() < 1e-3);
        let rate = world.bank(USD).borrow_rate as f64 / 2f64.powi(64) * YEAR as f64;
        assert!(rate > 0.08, "{rate}");
        world.advance(YEAR);
        assert!((debt(&world, &borrower) - owed * rate.exp()).abs() < 1e-3);
    }
}

/// After three years in which nobody touched the bank, everything at one second, in all orders: the books end the same, to
/// the last bit. Whoever comes first accrues for all, and it does not matter who.
#[test]
fn v08_v10_after_years_the_order_of_actions_does_not_matter() {
    let (mut world, lender, borrower, second) = quiet();
    world.advance(3 * YEAR);
    world.mint_to(&borrower, USD, 5_000 * DOLLAR);
    let giver = world.trader();
    type Act<'a> = &'a dyn Fn(&mut World) -> Result<Sent, Failed>;
    let acts: [Act<'_>; 5] = [
        &|world| world.deposit(&lender, USD, 7_000_000_003),
        &|world| world.withdraw(&lender, USD, Some(9_000_000_001)),
        &|world| world.borrow(&second, USD, 11_000_000_007),
        &|world| world.repay(&borrower, USD, Some(4_999_999_999)),
        &|world| world.insure(&giver, USD, 1_000_000_009),
    ];
    let mut ends: Vec<(Bank, [u64; 3])> = Vec::new();
    for order in orders(acts.len()) {
        let end = world.tried(|world| {
            for at in &order {
                step(world, acts[*at]);
            }
            let shares = [&lender, &borrower, &second]
                .map(|trader| world.margin(trader).balance(USD).expect("a balance").shares);
            (world.bank(USD), shares)
        });
        ends.push(end);
    }
    assert_eq!(ends.len(), 120);
    assert!(ends.iter().all(|end| *end == ends[0]), "{:#?}", ends.iter().find(|end| **end != ends[0]));
    let bank = ends[0].0;
    assert_eq!(bank.accrued_ts, world.svm.now());
    // 20,000 · (e^0.105 − 1), of which a tenth.
    assert!((bank.fees as f64 / 1e6 - 2_000.0 * 0.105f64.exp_m1()).abs() < 1e-3, "{}", bank.fees);
}

/// Health sees the interest of banks that nobody touched for years: the account is liquidated for it, at the debt of the
/// second.
#[test]
fn v08_interest_that_nobody_booked_counts_in_health() {
    let mut world = World::standard();
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&borrower, USD, 2_300 * DOLLAR).expect("borrow");
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    let refused = |world: &mut World| {
        fails(world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    };
    world.advance(YEAR);
    refused(&mut world);
    let mut years = 1;
    while !world.health(&borrower).is_negative() {
        world.advance(YEAR);
        years += 1;
    }
    let stored = world.bank(USD);
    assert!(stored.accrued_ts < world.svm.now() - (years - 1) * YEAR);
    world.advance(121);
    let owed = debt(&world, &borrower);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    assert!(done.repaid_shares < done.repaid && done.repaid as f64 / 1e6 < owed);
    assert_eq!(world.bank(USD).accrued_ts, world.svm.now());
}

/// All orders of `n` things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(last) {
        for at in 0..=order.len() {
            let mut longer = order.clone();
            longer.insert(at, last);
            all.push(longer);
        }
    }
    all
}
