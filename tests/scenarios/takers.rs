//! What takers get and what they take on: fees, loans, dust.

use super::support::*;

/// A fee of a liquidation was taken of all that was swapped, whatever was missing: an account a dollar short paid as if it
/// had lost everything. Here the bonus is at most half of what the equity allows, so that the health factor rises with every
/// dollar repaid, and the amount ends at the target; under water it is the smallest there is. In several steps through other
/// programs it is the same bonus and the same amounts, to the atom.
#[test]
fn v15_the_fee_is_bounded_by_what_is_there() {
    // 2,048 · 17/16 = 7/8 · 100 · 24.8685…
    for (price, insolvent) in
        [(24_86000000, false), (24_50000000, false), (23_00000000, false), (20_90000000, false), (20_40000000, true)]
    {
        let (mut world, _, borrower, liquidator) = cast();
        world.crash(COIN, price);
        let before = world.health(&borrower);
        let owned = wealth(&world, &borrower);
        let once = world.tried(|world| {
            let sent = step(world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
            let (done, after) = (event!(sent, Liquidated), world.health(&borrower));
            // What the loan lost is not the owner's to lose: equity counts from zero.
            let lost = if insolvent { 0 } else { owned - wealth(world, &borrower) };
            if insolvent {
                assert_eq!((done.bonus, done.seized), (presets::bps(50).into(), 100 * ONE_COIN));
            } else {
                // i ≤ T/2, T = A/L − 1.
                let (assets, liabilities) = (u128::from(before.assets.0), u128::from(before.liabilities.0));
                let half = ((assets - liabilities) << 31) / liabilities;
                assert!(u128::from(done.bonus) <= half + 1 || done.bonus == u64::from(presets::bps(50)));
                assert!(before.factor_is_below(&after).expect("factors"));
                let target = u128::from(world.board().rules.liquidation_target);
                let burden = u128::from(after.burden().expect("a burden").0);
                assert!(u128::from(after.assets.0) <= ((target * burden) >> 32) + 128 || done.repaid == 2_048 * DOLLAR);
            }
            // The owner pays the bonus on what was repaid, in 2⁻²⁰ USD, and rounding.
            let most = (u128::from(done.repaid) * u128::from(done.bonus) / 1_000_000) >> 12;
            assert!(lost >= 0 && u128::try_from(lost).unwrap() <= most + 64, "{lost} {most}");
            done
        });

        world.mint_to(&liquidator, USD, 3_000 * DOLLAR);
        let account_state = world.margin(&borrower);
        let staged = ix::StagedLiquidation {
            authority: liquidator.key.pubkey(),
            account: borrower.account,
            account_state: &account_state,
            loan_bank: USD,
            collateral_bank: COIN,
        };
        let of = |bank| ix::User { margin_account: borrower.account, ..liquidator.user(bank) };
        let all = [
            ix::begin_liquidation(&staged, u64::MAX),
            ix::seize(&of(COIN), &world.bank(COIN), None),
            ix::repay(&of(USD), &world.bank(USD), None),
            ix::end_liquidation(&staged),
        ];
        let sent = step(&mut world, |world| world.svm.send(&all, &[&liquidator.key]));
        let ended = sent.events.iter().find_map(|event| match event {
            ballast_testkit::Event::Liquidated(done) => Some(*done),
            _ => None,
        });
        let ended = ended.expect("a receipt");
        assert_eq!(
            (ended.bonus, ended.repaid, ended.seized, ended.loss.deficit),
            (once.bonus, once.repaid, once.seized, once.loss.deficit)
        );
        assert_eq!(world.svm.tokens(&liquidator.tokens[1]), ended.seized);
        assert_eq!(world.svm.tokens(&liquidator.tokens[0]), 3_000 * DOLLAR - ended.repaid - ended.insurance);
    }
}

/// A cool-off protects who has just borrowed. Who takes a loan over has none: a taker may end no worse than it began, and
/// could keep itself out of reach with one small takeover after the other. A chain of own accounts that take over from each
/// other as the price falls pays the insurance's part twice, and nobody gains.
#[test]
fn t05_a_taker_has_no_cool_off_and_gains_nothing_by_it() {
    let (mut world, _, one, three) = cast();
    let two = world.trader_with(&[(COIN, 20 * ONE_COIN)]);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let sum = |world: &World| wealth(world, &one) + wealth(world, &two) + wealth(world, &three);
    let before = sum(&world);
    let sent = step(&mut world, |world| world.liquidate(&two, &one, USD, COIN, 500 * DOLLAR));
    let first = event!(sent, Liquidated);
    assert_eq!(world.margin(&two).risk_ts, 0);
    // 2^-20 USD an atom, and a few units of rounding.
    let paid = |atoms: u64| i64::try_from(u128::from(atoms) * (1 << 20) / 1_000_000).unwrap();
    let lost = before - sum(&world);
    assert!((lost - paid(first.insurance)).abs() <= 64, "{lost}");

    reprice(&mut world, COIN, (142 << 40) / 10);
    let health = world.health(&two);
    assert!(health.is_negative() && !health.is_deep());
    let before = sum(&world);
    let sent = step(&mut world, |world| world.liquidate(&three, &two, USD, COIN, u64::MAX));
    let second = event!(sent, Liquidated);
    let lost = before - sum(&world);
    assert!(second.insurance > 0 && (lost - paid(second.insurance)).abs() <= 64, "{lost}");
}

/// No loan under 10 USD can be borrowed; a takeover and a repayment may leave one. It is liquidated whole, and resolved like
/// any other.
#[test]
fn t27_a_loan_under_dust_is_liquidated_whole() {
    let (mut world, _, borrower, liquidator) = cast();
    let small = world.trader_with(&[(COIN, ONE_COIN)]);
    fails(&mut world, "LoanTooSmall", |world| world.borrow(&small, USD, 9 * DOLLAR));
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let sent = step(&mut world, |world| world.liquidate(&small, &borrower, USD, COIN, 5 * DOLLAR));
    let owed = world.margin(&small).balance(USD).expect("a loan").shares;
    assert_eq!(owed, 5 * DOLLAR + event!(sent, Liquidated).insurance);
    assert!(owed < 10 * DOLLAR);

    world.tried(|world| {
        reprice(world, COIN, (49 << 40) / 10);
        fails(world, "NotBankrupt", |world| {
            // E > 0 for an account with dust only is no bankruptcy; here the other one is.
            world.resolve_bankruptcy(&borrower, USD)
        });
        let sent = step(world, |world| world.liquidate(&liquidator, &small, USD, COIN, u64::MAX));
        assert_eq!(event!(sent, Liquidated).repaid, owed);
        assert_eq!(world.margin(&small).balance(USD), None);
    });
    reprice(&mut world, COIN, 1 << 30);
    let sent = step(&mut world, |world| world.resolve_bankruptcy(&small, USD));
    assert_eq!(event!(sent, BankruptcyResolved).loss.deficit, owed);
}
