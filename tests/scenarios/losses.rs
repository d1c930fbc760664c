//! Bad debt: who bears it, and that it is borne at once.

use super::support::*;

/// ⌊2^64 · left / claims⌋ as the bank stores it.
fn cut(claims: u64, loss: u64) -> [u64; 2] {
    let index = (u128::from(claims - loss) << 64) / u128::from(claims);
    [u64::try_from(index & u128::from(u64::MAX)).unwrap(), u64::try_from(index >> 64).unwrap()]
}

/// Coins fall to 16 USD: 1,600 against 2,048. The liquidation that takes the last coin runs the waterfall in the same
/// instruction: 100 USD of insurance and what the bonus gave it, then every lender alike. Who comes later bears nothing.
#[test]
fn bad_debt_is_absorbed_in_the_same_instruction() {
    let (mut world, lender, borrower, liquidator) = cast();
    step(&mut world, |world| world.insure(&liquidator, USD, 100 * DOLLAR));
    world.crash(COIN, 16_00000000);
    let before = world.bank(USD);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    // Insolvent: the smallest bonus, 0.5 %.
    assert_eq!(done.bonus, u64::from(presets::bps(50)));
    assert_eq!(done.seized, 100 * ONE_COIN);
    // 1,600 / 1.005 = 1,592.0398009…, rounded up in value and in atoms.
    assert_eq!(done.repaid, 1_592_039_803);
    assert_eq!(done.insurance, done.repaid / 1_000);
    let loss = &done.loss;
    assert_eq!(loss.deficit, 2_048 * DOLLAR - done.repaid);
    assert_eq!(loss.insured, 100 * DOLLAR + done.insurance);
    assert_eq!(loss.socialized, loss.deficit - loss.insured);
    // The liquidator's payment left the claims before the cut.
    let claims = before.asset_shares - done.repaid - done.insurance;
    assert_eq!((loss.index_before, loss.index_after), ([0, 1], cut(claims, loss.socialized)));
    let bank = world.bank(USD);
    assert_eq!((bank.insurance, bank.liability_shares, bank.asset_index), (0, 0, loss.index_after));
    assert_eq!(bank.socialized_loss, loss.socialized);
    assert_eq!(world.margin(&borrower).balance_count, 0);

    // Later depositors: in and out, an atom of rounding.
    let late = world.trader();
    step(&mut world, |world| world.deposit(&late, USD, 5_000 * DOLLAR));
    let sent = step(&mut world, |world| world.withdraw(&late, USD, None));
    assert!(event!(sent, Withdrawn).movement.atoms >= 5_000 * DOLLAR - 1);
    // The lender bears its part of the loss, to the atom below.
    let sent = step(&mut world, |world| world.withdraw(&lender, USD, None));
    let share = u128::from(loss.socialized) * u128::from(100_000 * DOLLAR);
    let borne = u64::try_from(share.div_ceil(u128::from(claims))).unwrap();
    let got = event!(sent, Withdrawn).movement.atoms;
    assert!(got.abs_diff(100_000 * DOLLAR - borne) <= 1, "{got}");
}

/// Two loans, one collateral: the liquidation repays the one and leaves nothing for the other, which anyone resolves.
/// Dust does not veto it (T27).
#[test]
fn t27_v18_what_is_left_of_another_loan_is_resolved_by_anyone() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR), (GEM, 100 * ONE_GEM)]);
    let borrower = world.trader_with(&[(COIN, 200 * ONE_COIN)]);
    world.borrow(&borrower, USD, 2_048 * DOLLAR).expect("borrow");
    world.borrow(&borrower, GEM, ONE_GEM).expect("borrow");
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.svm.advance(1);
    world.crash(COIN, 10_00000000);
    fails(&mut world, "NotBankrupt", |world| world.resolve_bankruptcy(&borrower, GEM));
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    assert_eq!(done.seized, 200 * ONE_COIN);
    // The rest of the dollars went at once, the gems did not.
    assert_eq!(done.loss.deficit, 2_048 * DOLLAR - done.repaid);
    let account = world.margin(&borrower);
    assert_eq!((account.balance(USD), account.balance(GEM).map(|balance| balance.shares)), (None, Some(ONE_GEM)));
    // Somebody leaves dust in the account.
    let dust = ix::deposit(&borrower.user(COIN), &world.bank(COIN), 100);
    world.mint_to(&borrower, COIN, 100);
    step(&mut world, |world| world.send(dust, &[&borrower.key]));
    let sent = step(&mut world, |world| world.resolve_bankruptcy(&borrower, GEM));
    let resolved = event!(sent, BankruptcyResolved);
    assert_eq!((resolved.loss.deficit, resolved.loss.insured, resolved.loss.socialized), (ONE_GEM, 0, ONE_GEM));
    assert_eq!(resolved.loss.index_after, cut(100 * ONE_GEM, ONE_GEM));
    let sent = step(&mut world, |world| world.withdraw(&lender, GEM, None));
    assert_eq!(event!(sent, Withdrawn).movement.atoms, 99 * ONE_GEM - 1);
    fails(&mut world, "NoLiability", |world| world.resolve_bankruptcy(&borrower, GEM));
}

/// Collateral that falls to nothing in one confirmed step: the loss stays with the bank that lent against it, and what its
/// cap let in.
#[test]
fn t14_a_collateral_that_dies_costs_only_those_who_lent_against_it() {
    let (mut world, lender, borrower, liquidator) = cast();
    let holder = world.trader_with(&[(GEM, 5 * ONE_GEM)]);
    let gems = world.bank(GEM);
    world.crash(COIN, 1_000);
    assert!(world.board().rows[1].mid < 1 << 30);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    assert!(done.repaid <= 1_000 && done.loss.socialized > 2_047 * DOLLAR, "{} {:?}", done.repaid, done.loss);
    assert_eq!(world.bank(GEM), gems);
    step(&mut world, |world| world.withdraw(&holder, GEM, None));
    let sent = step(&mut world, |world| world.withdraw(&lender, USD, None));
    // 100,000 of 110,000 USD, hence ten elevenths of 2,048.
    let lost = 100_000 * DOLLAR - event!(sent, Withdrawn).movement.atoms;
    assert!(lost.abs_diff(1_861_818_182) < 2_000, "{lost}");
}

/// Lenders lose everything: the index stays above zero, the bank winds down for good, and nothing else breaks.
#[test]
fn a_bank_that_lost_everything_winds_down() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 2_048 * DOLLAR)]);
    world.configure_bank(USD, |args| args.max_utilisation = 1 << 32).expect("configure_bank");
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&borrower, USD, 2_048 * DOLLAR).expect("borrow");
    let liquidator = world.trader_with(&[(GEM, 100 * ONE_GEM)]);
    world.svm.advance(1);
    world.crash(COIN, 1_000);
    // A liquidator without dollars owes them itself afterwards.
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let bank = world.bank(USD);
    assert!(bank.asset_index[1] == 0 && bank.asset_index[0] > 0);
    assert_eq!((bank.mode, bank.wind_down_ts), (2, world.svm.now()));
    fails(&mut world, "BankReduceOnly", |world| world.deposit(&lender, USD, DOLLAR));
    let admin = world.admin.pubkey();
    for mode in [0, 1] {
        let set = ix::set_bank_mode(&admin, &world.group, USD, mode);
        fails(&mut world, "InvalidModeChange", |world| world.as_admin(set));
    }
    step(&mut world, |world| world.withdraw(&liquidator, COIN, None));
    step(&mut world, |world| world.mark(&lender));
}
