//! Episodes of ill health: the cool-off, the bonus and its lock, many hands, and who may liquidate.

use super::support::*;

/// Pieces within a second never pay more than the whole: not to the liquidator, and the owner loses no more.
#[test]
fn t11_many_small_liquidations_never_beat_one() {
    let run = |pieces: u64| {
        let (mut world, _, borrower, liquidator) = cast();
        world.crash(COIN, 24_00000000);
        let (taker, owner) = (wealth(&world, &liquidator), wealth(&world, &borrower));
        let most = if pieces == 1 { u64::MAX } else { 1_060 * DOLLAR / pieces };
        let mut last = u64::MAX;
        while let Ok(sent) = world.liquidate(&liquidator, &borrower, USD, COIN, most) {
            world.check_invariants();
            let done = event!(sent, Liquidated);
            assert!(done.bonus <= last, "the bonus rose within a second");
            last = done.bonus;
        }
        assert!(!world.health(&borrower).is_negative());
        (wealth(&world, &liquidator) - taker, owner - wealth(&world, &borrower))
    };
    let (gain, loss) = run(1);
    assert!(gain > 50 << 20, "{gain}");
    for pieces in [2, 5, 20] {
        let (pieces_gain, pieces_loss) = run(pieces);
        assert!(pieces_gain <= gain, "{pieces}: {pieces_gain} {gain}");
        assert!(pieces_loss <= loss, "{pieces}: {pieces_loss} {loss}");
    }
}

/// Within an episode the bonus grows by at most 1 bp a second from the last one, however long the timer ran and however the
/// price moved. With health it is forgotten.
#[test]
fn the_bonus_of_an_episode_grows_by_the_clock() {
    let (mut world, _, borrower, liquidator) = cast();
    world.crash(COIN, 24_00000000);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 50 * DOLLAR));
    let first = event!(sent, Liquidated);
    let begun = first.unhealthy_since;
    let mut last = first.bonus;
    for wait in [1, 2, 7] {
        world.svm.advance(1);
        world.crash(COIN, 23_50000000 - wait);
        world.svm.advance(wait);
        world.refresh_all();
        let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 50 * DOLLAR));
        let done = event!(sent, Liquidated);
        assert_eq!(done.unhealthy_since, begun);
        let seconds = u64::try_from(wait + 12).unwrap();
        assert!(done.bonus > last && done.bonus <= last + seconds * u64::from(presets::bps(1)), "{wait}");
        last = done.bonus;
    }
    // Unseen for more than a minute the timer starts anew, and the lock stays.
    world.advance(61);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 50 * DOLLAR));
    let done = event!(sent, Liquidated);
    assert_eq!(done.unhealthy_since, world.svm.now());
    assert!(done.bonus <= last + 61 * u64::from(presets::bps(1)));
    step(&mut world, |world| world.repay(&borrower, USD, Some(1_000 * DOLLAR)));
    step(&mut world, |world| world.mark(&borrower));
    let account = world.margin(&borrower);
    assert_eq!((account.bonus_lock.ts, account.unhealthy_since), (0, 0));
}

/// Leaving an account unseen for more than a minute starts its timer anew, and must not buy a fresh bonus: the lock of the
/// last liquidation holds, to the bit.
#[test]
fn an_account_left_alone_pays_no_fresh_bonus() {
    let (mut world, _, borrower, liquidator) = cast();
    world.crash(COIN, 24_80000000);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 20 * DOLLAR));
    let first = event!(sent, Liquidated);
    let locked = world.svm.now();
    for _ in 0..6 {
        world.advance(10);
    }
    world.svm.advance(1);
    world.crash(COIN, 23_50000000);
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 20 * DOLLAR));
    let done = event!(sent, Liquidated);
    assert_eq!(done.unhealthy_since, world.svm.now());
    let seconds = u64::try_from(world.svm.now() - locked).unwrap();
    assert_eq!((seconds, done.bonus), (72, first.bonus + 72 * u64::from(presets::bps(1))));
    // Without the lock it would be half of T = A/L − 1, 7 % and more.
    assert!(done.bonus < presets::bps(650).into());
}

/// The longer an account is seen unhealthy, the more a liquidation pays, to half of what there is.
#[test]
fn the_bonus_rises_with_time() {
    let bonus_after = |seconds: i64| {
        let (mut world, _, borrower, liquidator) = cast();
        world.crash(COIN, 24_50000000);
        for _ in 0..seconds / 30 {
            step(&mut world, |world| world.mark(&borrower));
            world.advance(30);
        }
        let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
        event!(sent, Liquidated).bonus
    };
    let bonuses = [0, 30, 60, 120, 240].map(bonus_after);
    assert!(bonuses.windows(2).all(|pair| pair[0] <= pair[1]) && bonuses[0] < bonuses[1], "{bonuses:?}");
    assert!(bonuses[4] <= presets::bps(1_000).into());
}

/// Ten seconds after a risk-increasing action the account is left alone, unless it is deep. Repaying starts no cool-off.
#[test]
fn the_cool_off_spares_only_new_risk_and_only_for_ten_seconds() {
    let (mut world, _, borrower, liquidator) = cast();
    world.svm.advance(20);
    world.refresh_all();
    step(&mut world, |world| world.repay(&borrower, USD, Some(1)));
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        let row = &mut board.rows[1];
        (row.low, row.fair_low, row.mid) = (24 << 40, 24 << 40, 24 << 40);
    });
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, 10 * DOLLAR));

    let (mut world, _, borrower, liquidator) = cast();
    world.svm.advance(20);
    world.refresh_all();
    step(&mut world, |world| world.withdraw(&borrower, COIN, Some(1)));
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        let row = &mut board.rows[1];
        (row.low, row.fair_low, row.mid) = (24 << 40, 24 << 40, 24 << 40);
    });
    fails(&mut world, "AccountCoolingOff", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    world.svm.advance(10);
    step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
}

/// No bot is special: whoever has an account may go on where another stopped.
#[test]
fn t30_an_unrelated_party_goes_on() {
    let (mut world, _, borrower, first) = cast();
    let second = world.trader_with(&[(GEM, 4 * ONE_GEM)]);
    world.crash(COIN, 24_00000000);
    step(&mut world, |world| world.liquidate(&first, &borrower, USD, COIN, 100 * DOLLAR));
    step(&mut world, |world| world.liquidate(&second, &borrower, USD, COIN, u64::MAX));
    assert!(!world.health(&borrower).is_negative());
}

/// With signatures and blockhashes verified: the owner may, a forged signature may not.
#[test]
fn signatures_count() {
    use solana_transaction::Transaction;

    let (mut world, lender, borrower, _) = cast();
    let runtime = std::mem::take(world.svm.inner()).with_sigverify(true).with_blockhash_check(true);
    *world.svm.inner() = runtime;
    step(&mut world, |world| world.withdraw(&lender, USD, Some(DOLLAR)));
    let withdraw = ix::withdraw(&lender.user(USD), &world.margin(&lender), &world.bank(USD), Some(2 * DOLLAR));
    let message = solana_message::Message::new_with_blockhash(
        &[withdraw],
        Some(&lender.key.pubkey()),
        &world.svm.inner().latest_blockhash(),
    );
    let mut forged = Transaction::new_unsigned(message);
    forged.signatures[0] = borrower.key.sign_message(&forged.message.serialize());
    let failed = world.svm.inner().send_transaction(forged).expect_err("refused");
    assert_eq!(failed.err, solana_transaction::TransactionError::SignatureFailure);
    world.check_invariants();
}

/// An account of the size of the market's depth: it may borrow less for each dollar than a small one, and small liquidators
/// bring it back in slices, each of which leaves it healthier.
#[test]
fn t13_a_whale_needs_more_margin_and_goes_in_slices() {
    let mut world = World::standard();
    let _lender = world.trader_with(&[(0, 60_000_000 * DOLLAR)]);
    let small = world.trader_with(&[(1, 100 * ONE_COIN)]);
    let whale = world.trader_with(&[(1, 1_000_000 * ONE_COIN)]);
    // The largest loan for each dollar of collateral, in basis points.
    let most = |world: &mut World, trader: &Trader, dollars: u64| {
        let fits = |world: &mut World, part: u64| {
            let chain = world.svm.inner().clone();
            let borrowed = world.borrow(trader, 0, dollars * DOLLAR / 10_000 * part).is_ok();
            *world.svm.inner() = chain;
            borrowed
        };
        let (mut low, mut high) = (1_000, 10_000);
        while high - low > 1 {
            let middle = u64::midpoint(low, high);
            if fits(world, middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    };
    let (of_small, of_whale) = (most(&mut world, &small, 3_200), most(&mut world, &whale, 32_000_000));
    // An impact of 8 % against one of 0.08 %.
    assert!(of_small - of_whale > 700 && of_small - of_whale < 900, "{of_small} {of_whale}");

    step(&mut world, |world| world.borrow(&whale, 0, 32_000_000 * DOLLAR / 10_000 * of_whale));
    let liquidators: Vec<Trader> = (0..4).map(|_| world.trader_with(&[(0, 2_000_000 * DOLLAR)])).collect();
    world.svm.advance(1);
    world.crash(1, 25_50000000);
    assert!(world.health(&whale).is_negative());
    let mut slices = 0;
    for liquidator in liquidators.iter().cycle().take(40) {
        let before = world.health(&whale);
        if world.liquidate(liquidator, &whale, 0, 1, 900_000 * DOLLAR).is_err() {
            break;
        }
        world.check_invariants();
        let after = world.health(&whale);
        assert!(after.value().expect("H") > before.value().expect("H"));
        assert!(before.factor_is_below(&after).expect("factors"));
        slices += 1;
    }
    assert!(slices > 1 && !world.health(&whale).is_negative(), "{slices}");
}
