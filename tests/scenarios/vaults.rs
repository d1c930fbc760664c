//! Tokens that come from nowhere, first depositors, and loops.

use super::support::*;

/// Tokens sent to a vault are nobody's: no index moves, no claim, no rate, and they stay when everybody has left.
#[test]
fn t09_a_donation_is_nobodys() {
    let (mut world, lender, _, liquidator) = cast();
    let before = world.bank(USD);
    let vault = before.vault;
    world.svm.put_tokens(&vault, &before.mint, &world.bank_key(USD), world.vault(USD) + 1_000_000 * DOLLAR);
    world.check_invariants();
    assert_eq!(world.bank(USD), before);
    let sent = step(&mut world, |world| world.deposit(&lender, USD, 7 * DOLLAR));
    assert_eq!(event!(sent, Deposited).movement.shares, 7 * DOLLAR);
    let after = world.bank(USD);
    assert_eq!((after.asset_index, after.liability_index), (before.asset_index, before.liability_index));
    // The donation is not lent: no withdrawal reaches it.
    step(&mut world, |world| world.withdraw(&lender, USD, Some(99_000 * DOLLAR)));
    fails(&mut world, "InsufficientLiquidity", |world| world.withdraw(&liquidator, USD, None));
}

/// The first depositor mints one share, donates a fortune, and the second one still gets a share an atom.
#[test]
fn t09_the_first_depositor_cannot_inflate_the_index() {
    let mut world = World::plain();
    let attacker = world.trader_with(&[(USD, 1)]);
    let bank = world.bank(USD);
    world.svm.put_tokens(&bank.vault, &bank.mint, &world.bank_key(USD), 1 + 1_000_000 * DOLLAR);
    let victim = world.trader();
    let sent = step(&mut world, |world| world.deposit(&victim, USD, 1_000 * DOLLAR));
    assert_eq!(event!(sent, Deposited).movement.shares, 1_000 * DOLLAR);
    step(&mut world, |world| world.withdraw(&attacker, USD, None));
    assert_eq!(world.svm.tokens(&attacker.tokens[0]), 1);
    let sent = step(&mut world, |world| world.withdraw(&victim, USD, None));
    assert_eq!(event!(sent, Withdrawn).movement.atoms, 1_000 * DOLLAR);
    assert_eq!(world.vault(USD), 1_000_000 * DOLLAR);
}

/// Deposits and withdrawals, loans and repayments of odd amounts, within a second at crooked indices: never an atom more.
#[test]
fn t08_round_trips_never_gain() {
    let mut world = World::standard();
    let _lender = world.trader_with(&[(0, 1_000_000 * DOLLAR)]);
    let other = world.trader_with(&[(1, 100_000 * ONE_COIN)]);
    world.borrow(&other, 0, 500_000 * DOLLAR).expect("borrow");
    let borrower = world.trader_with(&[(1, 1_000 * ONE_COIN)]);
    let saver = world.trader();
    world.mint_to(&saver, 0, 1_000_003);
    world.mint_to(&borrower, 0, 1_000_000_007);
    world.advance(100_000_000);
    let (saved, lent) = (world.svm.tokens(&saver.tokens[0]), world.svm.tokens(&borrower.tokens[0]));
    let mut seed = 1u64;
    for _ in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let atoms = 3 + (seed >> 33) % 100_000;
        let deposit = ix::deposit(&saver.user(0), &world.bank(0), atoms);
        step(&mut world, |world| world.send(deposit, &[&saver.key]));
        if seed & 1 == 0 {
            step(&mut world, |world| world.withdraw(&saver, 0, None));
        } else {
            // To the last atom that can leave, and whatever share is left of it.
            while let Ok(sent) = world.withdraw(&saver, 0, Some(atoms / 3)) {
                assert!(sent.compute_units > 0);
            }
            let _ = world.withdraw(&saver, 0, None);
        }
        assert!(world.svm.tokens(&saver.tokens[0]) <= saved);
        let loan = 10_000_000 + (seed >> 40) % 1_000_000;
        step(&mut world, |world| world.borrow(&borrower, 0, loan));
        if seed & 2 == 0 {
            step(&mut world, |world| world.repay(&borrower, 0, Some(loan / 2)));
        }
        step(&mut world, |world| world.repay(&borrower, 0, None));
        assert!(world.svm.tokens(&borrower.tokens[0]) <= lent);
    }
}

/// What fees and lenders get is what borrowers pay, whether the bank is touched every hour or once (V08 to V11).
#[test]
fn v10_v11_cranking_moves_nothing() {
    let run = |touches: u32| {
        let mut world = World::standard();
        let lender = world.trader_with(&[(0, 100_000 * DOLLAR)]);
        let borrower = world.trader_with(&[(1, 10_000 * ONE_COIN)]);
        world.borrow(&borrower, 0, 80_000 * DOLLAR).expect("borrow");
        let giver = world.trader();
        for _ in 0..touches {
            world.svm.advance(i64::from(86_400 / touches));
            // Accrues, and leaves the rate: utilisation does not know the insurance fund.
            step(&mut world, |world| world.insure(&giver, 0, 1));
        }
        let bank = world.bank(0);
        assert_eq!(bank.accrued_ts, world.svm.now());
        let index = |words: [u64; 2]| words[1] as f64 + words[0] as f64 / 2f64.powi(64);
        let fees = bank.fees as f64 + bank.fees_fraction as f64 / 2f64.powi(64);
        drop((lender, borrower));
        [index(bank.asset_index), index(bank.liability_index), fees]
    };
    let (once, often) = (run(1), run(864));
    for (one, many) in once.iter().zip(&often) {
        assert!((one - many).abs() / one < 1e-9, "{once:?} {often:?}");
    }
    // 8 % on 80,000 USD for a day, of which a tenth is fees.
    assert!((once[2] / 1e6 - 8_000.0 * (0.08f64 / 365.25).exp_m1()).abs() < 1e-4, "{once:?}");
}

/// Shares of an insurance fund were inflated by a gift, minted for nothing, or burnt by the last who had any. Here insurance
/// has no shares: a gift is counted to the atom, whoever gives and however much was there, is nobody's claim, outlives every
/// lender, and is paid out to nothing but a loss of its own bank.
#[test]
fn v12_insurance_is_given_and_has_no_shares() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR), (GEM, 100 * ONE_GEM)]);
    let giver = world.trader();
    let mut given = 0;
    for atoms in [1, 999_999_999_999, 1, 7 * DOLLAR] {
        let sent = step(&mut world, |world| world.insure(&giver, USD, atoms));
        given += atoms;
        assert_eq!((event!(sent, InsuranceDeposited).atoms, world.bank(USD).insurance), (atoms, given));
        assert_eq!((world.bank(USD).asset_index, world.bank(USD).asset_shares), ([0, 1], 100_000 * DOLLAR));
    }
    fails(&mut world, "NoBalance", |world| world.withdraw(&giver, USD, None));
    // The last lender leaves, and takes nothing of it; nor does the next.
    step(&mut world, |world| world.withdraw(&lender, USD, None));
    assert_eq!((world.svm.tokens(&lender.tokens[0]), world.bank(USD).insurance), (100_000 * DOLLAR, given));
    let next = world.trader_with(&[(USD, DOLLAR)]);
    step(&mut world, |world| world.withdraw(&next, USD, None));
    assert_eq!((world.svm.tokens(&next.tokens[0]), world.bank(USD).insurance), (DOLLAR, given));
    // A loss of gems is not for the dollars' insurance.
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&borrower, GEM, ONE_GEM).expect("borrow");
    world.svm.advance(1);
    world.crash(COIN, 1_000);
    let sent = step(&mut world, |world| world.resolve_bankruptcy(&borrower, GEM));
    let loss = event!(sent, BankruptcyResolved).loss;
    assert_eq!((loss.insured, loss.socialized, world.bank(USD).insurance), (0, ONE_GEM, given));
}
