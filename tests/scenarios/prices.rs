//! Prices that are wrong, late or gone.

use super::support::*;

/// One bad print, at any depth: nobody is liquidated, and new risk waits.
#[test]
fn t20_one_wild_tick_liquidates_nobody() {
    for wild in [1_00000000, 16_00000000, 24_00000000, 64_00000000, 3_200_00000000] {
        let (mut world, _, borrower, liquidator) = cast();
        let short = world.trader_with(&[(USD, 2_000 * DOLLAR), (COIN, ONE_COIN)]);
        let seller = world.trader_with(&[(USD, 2_000 * DOLLAR)]);
        world.withdraw(&short, COIN, None).expect("withdraw");
        world.borrow(&seller, COIN, 30 * ONE_COIN).expect("borrow");
        for second in 0..60 {
            world.advance(1);
            if second == 20 {
                world.svm.advance(1);
                world.set_price(COIN, wild).expect("refresh_price_feed");
                fails(&mut world, "PricePending", |world| world.borrow(&borrower, USD, 10 * DOLLAR));
                step(&mut world, |world| world.repay(&borrower, USD, Some(1)));
                world.markets[1].price = 32_00000000;
            }
            for (victim, loan, collateral) in [(&borrower, USD, COIN), (&seller, COIN, USD)] {
                let refused = world.liquidate(&liquidator, victim, loan, collateral, u64::MAX);
                assert_fails(refused, "AccountHealthy");
            }
        }
        assert_eq!(world.board().rows[1].mid, 32 << 40);
        world.check_invariants();
    }
}

/// A move that two prints ten seconds apart confirm is taken, at the one nearer to what was.
#[test]
fn a_crash_is_seen_after_its_second_print() {
    let (mut world, _, borrower, liquidator) = cast();
    step(&mut world, |world| world.set_price(COIN, 22_00000000));
    assert_fails(world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX), "AccountHealthy");
    world.svm.advance(9);
    step(&mut world, |world| world.set_price(COIN, 23_00000000));
    assert_fails(world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX), "AccountHealthy");
    world.svm.advance(1);
    world.publish(USD, 1_00000000);
    step(&mut world, |world| world.refresh(USD));
    step(&mut world, |world| world.set_price(COIN, 21_00000000));
    assert_eq!(world.board().rows[1].mid, 22 << 40);
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
}

/// Two accounts of one owner, and a price that everybody can see but the board does not have yet: what the owner can do
/// between the two never pays.
#[test]
fn t05_self_liquidation_with_an_old_price_never_pays() {
    for after in [31_50000000, 29_00000000, 27_00000000, 26_00000000, 25_60000000] {
        let (mut world, _, _, _) = cast();
        let one = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
        let two = world.trader_with(&[(USD, 5_000 * DOLLAR)]);
        world.svm.advance(30);
        // The board's price is half a minute old: all that it lends.
        step(&mut world, |world| world.borrow(&one, USD, 2_100 * DOLLAR));
        // In the same second the new price.
        let _ = world.set_price(COIN, after).expect("refresh_price_feed");
        let refused = world.liquidate(&two, &one, USD, COIN, u64::MAX).err().expect("refused").name();
        assert!(["AccountCoolingOff", "AccountHealthy"].contains(&refused.as_str()), "{after}: {refused}");
        world.advance(11);
        world.advance(1);
        assert_eq!(
            world.board().rows[1].mid,
            ((u64::try_from(after).unwrap() << 32) / 100_000_000) << 8 | low_bits(after)
        );
        let before = wealth(&world, &one) + wealth(&world, &two);
        match world.liquidate(&two, &one, USD, COIN, u64::MAX) {
            Ok(sent) => {
                let insurance = event!(sent, Liquidated).insurance;
                let now = wealth(&world, &one) + wealth(&world, &two);
                assert!(insurance > 0 && now < before, "{after}: {before} to {now}");
            }
            Err(failed) => assert_eq!(failed.name(), "AccountHealthy"),
        }
        world.check_invariants();
    }
}

/// What `after · 2^40 / 10^8` has beyond `after · 2^32 / 10^8`.
fn low_bits(after: i64) -> u64 {
    let exact = (u128::try_from(after).unwrap() << 40) / 100_000_000;
    u64::try_from(exact & 0xff).unwrap()
}

/// Halted for ten minutes, then lower: owners have two minutes to act, and use them. Deep ill health is not spared.
#[test]
fn t22_after_a_halt_owners_have_a_grace() {
    let (mut world, _, borrower, liquidator) = cast();
    let deep = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&deep, USD, 2_132 * DOLLAR).expect("borrow");
    let slow = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&slow, USD, 2_048 * DOLLAR).expect("borrow");
    world.svm.advance(600);
    world.crash(COIN, 23_00000000);
    assert_eq!(world.board().grace_until, world.svm.now() - 11 + 120);
    for account in [&borrower, &slow] {
        fails(&mut world, "GracePeriod", |world| world.liquidate(&liquidator, account, USD, COIN, u64::MAX));
    }
    // E = 2,300 − 2,132 = 168 < R/2 = 210.4.
    step(&mut world, |world| world.liquidate(&liquidator, &deep, USD, COIN, u64::MAX));
    step(&mut world, |world| world.repay(&borrower, USD, Some(1_000 * DOLLAR)));
    world.advance(60);
    fails(&mut world, "GracePeriod", |world| world.liquidate(&liquidator, &slow, USD, COIN, u64::MAX));
    world.advance(60);
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    step(&mut world, |world| world.liquidate(&liquidator, &slow, USD, COIN, u64::MAX));
}

/// Confidence as wide as Pyth's BTC print of September 2021: no new price, hence no liquidation and no loan at it; repaying
/// goes on.
#[test]
fn t03_a_wide_print_moves_nothing() {
    let (mut world, _, borrower, liquidator) = cast();
    world.svm.advance(61);
    world.publish(USD, 1_00000000);
    step(&mut world, |world| world.refresh(USD));
    let now = world.svm.now();
    world.publish_at(COIN, 5_40200000, 21_62300000, now);
    assert!(world.refresh(COIN).is_err());
    assert_eq!(world.board().rows[1].mid, 32 << 40);
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    fails(&mut world, "PriceStale", |world| world.borrow(&borrower, USD, 10 * DOLLAR));
    step(&mut world, |world| world.repay(&borrower, USD, Some(DOLLAR)));
}
