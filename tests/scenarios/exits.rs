//! Exits: under every pause, cap and window, with dead oracles, in a run, at full utilisation.

use super::support::*;

/// Every oracle is silent for an hour. New risk stops; repaying, topping up and leaving without debt go on.
#[test]
fn t25_frozen_oracles_stop_new_risk_and_no_exit() {
    let (mut world, lender, borrower, liquidator) = cast();
    world.svm.advance(3_600);
    fails(&mut world, "PriceStale", |world| world.borrow(&borrower, USD, 10 * DOLLAR));
    fails(&mut world, "PriceStale", |world| world.withdraw(&borrower, COIN, Some(1)));
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    step(&mut world, |world| world.deposit(&borrower, COIN, ONE_COIN));
    step(&mut world, |world| world.repay(&borrower, USD, Some(1_000 * DOLLAR)));
    step(&mut world, |world| world.withdraw(&lender, USD, Some(50_000 * DOLLAR)));
    step(&mut world, |world| world.mark(&borrower));
    step(&mut world, |world| world.repay(&borrower, USD, None));
    step(&mut world, |world| world.withdraw(&borrower, COIN, None));
    step(&mut world, |world| world.withdraw(&lender, USD, None));
    step(&mut world, |world| world.withdraw(&liquidator, USD, None));
    assert_eq!((world.vault(USD), world.vault(COIN)), (0, 0));
}

/// A deposit in a feed that died shields nobody: the account is liquidated in the pair whose prices live.
#[test]
fn a_unit_in_a_dead_feed_shields_nobody() {
    let (mut world, _, borrower, liquidator) = cast();
    step(&mut world, |world| world.deposit(&borrower, GEM, 1));
    // Gems are silent from here on.
    world.svm.advance(3_600);
    for _ in 0..2 {
        world.set_price(USD, 1_00000000).expect("refresh_price_feed");
        world.set_price(COIN, 24_00000000).expect("refresh_price_feed");
        world.svm.advance(59);
    }
    // The halt was noticed: a grace of two minutes, then liquidation.
    fails(&mut world, "GracePeriod", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    world.svm.advance(2);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    world.set_price(COIN, 24_00000000).expect("refresh_price_feed");
    fails(&mut world, "PairPriceStale", |world| world.liquidate(&liquidator, &borrower, USD, GEM, u64::MAX));
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    assert!(event!(sent, Liquidated).repaid > 1_000 * DOLLAR);
}

/// What a pause of the group and of every bank, caps and windows of nothing do not stop.
#[test]
fn t23_t24_no_pause_cap_or_window_stops_repaying_topping_up_leaving_liquidating_or_deleveraging() {
    let (mut world, lender, borrower, liquidator) = cast();
    let second = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    world.borrow(&second, USD, 6_000 * DOLLAR).expect("borrow");
    world.set_policy(&second, 14_000, 500, 100_000).expect("set_policy");
    for bank in [USD, COIN, GEM] {
        world
            .configure_bank(bank, |args| {
                args.hourly_limit = 0;
                args.daily_limit = 0;
                args.borrow_cap = 0;
                args.max_utilisation = 0;
                if bank != COIN {
                    args.deposit_cap = 0;
                }
            })
            .expect("configure_bank");
        let pause = ix::pause_bank(&world.admin.pubkey(), &world.group, bank, 86_400);
        world.as_admin(pause).expect("pause_bank");
        world.set_bank_mode(bank, 1).expect("set_bank_mode");
    }
    let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 86_400);
    world.as_admin(pause).expect("pause_risk");
    world.crash(COIN, 24_00000000);

    fails(&mut world, "BankReduceOnly", |world| world.borrow(&second, USD, 10 * DOLLAR));
    fails(&mut world, "HourlyOutflowExceeded", |world| world.withdraw(&second, GEM, Some(1)));
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 500 * DOLLAR));
    step(&mut world, |world| world.deposit(&borrower, COIN, 10 * ONE_COIN));
    step(&mut world, |world| world.repay(&borrower, USD, Some(100 * DOLLAR)));
    step(&mut world, |world| world.deleverage(&liquidator, &second, USD, GEM, u64::MAX, false));
    step(&mut world, |world| world.withdraw(&lender, USD, Some(10_000 * DOLLAR)));
    step(&mut world, |world| world.mark(&borrower));
}

/// A run: everyone takes what is there, until nothing is. Windows do not hold those who owe nothing, a pause neither; what
/// is lent comes back by repayment, and the last lender gets everything.
#[test]
fn a_bank_run_is_slowed_by_liquidity_alone() {
    let mut world = World::plain();
    let lenders: Vec<Trader> = (0..5).map(|_| world.trader_with(&[(USD, 1_000 * DOLLAR)])).collect();
    let borrower = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    step(&mut world, |world| world.borrow(&borrower, USD, 4_500 * DOLLAR));
    step(&mut world, |world| world.configure_bank(USD, |args| (args.hourly_limit, args.daily_limit) = (0, 0)));
    let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 86_400);
    step(&mut world, |world| world.as_admin(pause));
    for lender in &lenders[..4] {
        step(&mut world, |world| world.withdraw(lender, USD, Some(125 * DOLLAR)));
    }
    assert_eq!(world.vault(USD), 0);
    fails(&mut world, "InsufficientLiquidity", |world| world.withdraw(&lenders[4], USD, Some(1)));
    fails(&mut world, "InsufficientLiquidity", |world| world.withdraw(&lenders[4], USD, None));
    step(&mut world, |world| world.repay(&borrower, USD, Some(2_000 * DOLLAR)));
    step(&mut world, |world| world.withdraw(&lenders[4], USD, None));
    // A window that is over is no lock either: the borrower leaves with the collateral.
    step(&mut world, |world| world.repay(&borrower, USD, None));
    step(&mut world, |world| world.withdraw(&borrower, GEM, None));
    for lender in &lenders[..4] {
        let sent = step(&mut world, |world| world.withdraw(lender, USD, None));
        assert_eq!(event!(sent, Withdrawn).movement.atoms, 875 * DOLLAR);
    }
    assert_eq!((world.vault(USD), world.bank(USD).asset_shares), (0, 0));
}

/// Nothing is left in the vault: liquidation moves shares and needs none of it.
#[test]
fn full_utilisation_does_not_stop_liquidation() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 2_048 * DOLLAR)]);
    let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.configure_bank(USD, |args| args.max_utilisation = 1 << 32).expect("configure_bank");
    step(&mut world, |world| world.borrow(&borrower, USD, 2_048 * DOLLAR));
    assert_eq!(world.vault(USD), 0);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    fails(&mut world, "InsufficientLiquidity", |world| world.withdraw(&lender, USD, Some(1)));
    // The lender itself liquidates, with the deposit nobody can pay out.
    let sent = step(&mut world, |world| world.liquidate(&lender, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    assert!(done.repaid > 1_000 * DOLLAR);
    step(&mut world, |world| world.withdraw(&lender, COIN, None));
    assert_eq!(world.svm.tokens(&lender.tokens[1]), done.seized);
}

/// The headroom for top-ups above the deposit cap belongs to the bank: a thousand sub-accounts that all owe something share
/// the same quarter.
#[test]
fn t31_v22_a_thousand_sub_accounts_share_one_headroom() {
    let mut world = World::plain();
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    world.configure_bank(COIN, |args| args.deposit_cap = 1_000 * ONE_COIN).expect("configure_bank");
    let whale = world.trader_with(&[(COIN, 1_000 * ONE_COIN)]);
    world.mint_to(&whale, GEM, 1_000 * ONE_GEM);
    world.mint_to(&whale, COIN, 1_000 * ONE_COIN);
    let (mut accepted, mut refused) = (0u64, 0u64);
    for number in 1..=1_000 {
        let account = world.sub_account(&whale, number);
        let user = account.user(GEM);
        let fund = ix::deposit(&user, &world.bank(GEM), ONE_GEM / 10);
        world.send(fund, &[&whale.key]).expect("deposit");
        world.borrow(&account, USD, 10 * DOLLAR + 1).expect("borrow");
        let top_up = ix::deposit(&account.user(COIN), &world.bank(COIN), ONE_COIN);
        match world.send(top_up, &[&whale.key]) {
            Ok(_) => accepted += 1,
            Err(failed) => {
                assert_eq!(failed.name(), "DepositCapExceeded");
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (250, 750));
    assert_eq!(world.bank(COIN).asset_shares, 1_250 * ONE_COIN);
    world.check_invariants();
}
