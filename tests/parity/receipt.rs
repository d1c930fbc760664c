//! A liquidation from its receipt: who has the event and the board it names can work out every number of it again, without
//! the accounts and without the engine (INV-10, INV-12).

use ballast_client::events::Liquidated;
use ballast_client::presets;
use ballast_state::RiskBoard;
use ballast_testkit::plain::*;
use ballast_testkit::{event, World};

const ONE: f64 = 4_294_967_296.0;

/// Recomputes bonus, size and seizure of an account with one loan and one collateral, without impact.
fn recompute(event: &Liquidated, board: &RiskBoard, now: i64) {
    assert_eq!(event.board_sequence, board.sequence);
    let (loan, collateral) =
        (&board.rows[usize::from(event.loan_bank)], &board.rows[usize::from(event.collateral_bank)]);
    assert_eq!((event.loan_price, event.collateral_price), (loan.mid, collateral.mid));
    let usd = |raw: u64| raw as f64 / f64::from(1 << 20);
    let [assets, liabilities, requirement] =
        [event.before.assets, event.before.liabilities, event.before.requirement].map(usd);
    let factor = assets / (liabilities + requirement);
    assert!(factor < 1.0, "not liquidatable");

    // rules-risk 3
    let rho_loan = f64::from(loan.maintenance_short) / ONE + f64::from(loan.maintenance_add_on) / ONE;
    let rho_collateral = f64::from(collateral.maintenance_long) / ONE + f64::from(collateral.maintenance_add_on) / ONE;
    let t1 = (1.0 + rho_loan) / (1.0 - rho_collateral) - 1.0;
    let t = (factor * (1.0 + rho_loan) / (1.0 - factor * rho_collateral) - 1.0).max(0.0);
    let waited = (now - event.unhealthy_since) as f64 / f64::from(board.rules.bonus_ramp);
    let phi = (0.25 + 2.0 * (1.0 - factor) + waited.min(1.0)).min(0.5);
    let [least, largest] = [board.rules.bonus_min, board.rules.bonus_max].map(|bonus| f64::from(bonus) / ONE);
    let bonus = (phi * t1).min(t / 2.0).max(least).min(largest);
    assert!((event.bonus as f64 / ONE - bonus).abs() < 1e-8, "bonus {} {bonus}", event.bonus as f64 / ONE);

    // rules-risk 2: to the target, and no further than loan and collateral go.
    let target = board.rules.liquidation_target as f64 / ONE;
    let wanted = (target * (liabilities + requirement) - assets)
        / (target * (1.0 + rho_loan + (1.0 + bonus) * rho_collateral) - (1.0 + bonus));
    let whole = assets / (1.0 + bonus);
    let expected = if wanted < 0.0 || wanted > whole { whole } else { wanted };
    let repaid = event.repaid as f64 / 1e6 * event.loan_price as f64 / (1u64 << 40) as f64;
    assert!((repaid - expected.min(liabilities)).abs() < 1e-4, "repaid {repaid} {expected}");
    let seized = event.seized as f64 / 1e9 * event.collateral_price as f64 / (1u64 << 40) as f64;
    assert!(seized <= repaid * (1.0 + bonus) + 1e-5 && seized > repaid * (1.0 + bonus) - 1e-4, "seized {seized}");
    let insurance = repaid * bonus * f64::from(board.rules.insurance_share) / ONE;
    assert!((event.insurance as f64 / 1e6 - insurance).abs() < 2e-6, "insurance {} {insurance}", event.insurance);

    // What is left of it.
    let after = [event.after.assets, event.after.liabilities, event.after.requirement].map(usd);
    assert!((after[0] - (assets - seized)).abs() < 1e-5 && (after[1] - (liabilities - repaid)).abs() < 1e-5);
    assert!((after[2] - (after[0] * rho_collateral + after[1] * rho_loan)).abs() < 1e-5);
    let value = |point: [f64; 3]| point[0] - point[1] - point[2];
    assert!(value(after) >= value([assets, liabilities, requirement]), "health fell");
    assert_eq!(event.loss.deficit, event.loss.insured + event.loss.socialized);
    let bankrupt = after[0] < 10.0 && after[0] < after[1];
    assert_eq!(event.loss.deficit > 0, bankrupt);
    if bankrupt {
        assert!((event.loss.deficit as f64 / 1e6 - after[1]).abs() < 1e-5);
    }
}

#[test]
fn a_receipt_can_be_worked_out_again() {
    for (price, waits) in [
        (24_80000000, 0),
        (24_00000000, 0),
        (24_00000000, 1),
        (24_50000000, 4),
        (23_00000000, 2),
        (22_00000000, 0),
        (21_00000000, 3),
        (20_50000000, 0),
        (19_00000000, 0),
        (12_34567890, 0),
    ] {
        let mut world = World::plain();
        let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
        let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
        world.borrow(&borrower, USD, 2_048 * DOLLAR).expect("borrow");
        let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
        world.svm.advance(1);
        world.crash(COIN, price);
        for _ in 0..waits {
            world.mark(&borrower).expect("mark");
            world.advance(30);
        }
        let sent = world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX).expect("liquidate");
        recompute(&event!(sent, Liquidated), &world.board(), world.svm.now());
        world.check_invariants();
    }
    // The rules the numbers above are made with.
    assert_eq!(presets::rules().bonus_ramp, 240);
}
