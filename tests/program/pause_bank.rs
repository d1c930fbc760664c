//! `pause_bank`.

use super::support::*;

#[test]
fn pauses_for_a_while_and_ends_early() {
    let mut world = World::plain();
    let before = world.bank(COIN);
    let (admin, group) = (world.admin.pubkey(), world.group);
    let sent = world.as_admin(ix::pause_bank(&admin, &group, COIN, 86_400)).expect("pause_bank");
    let told = event!(sent, BankConfigured);
    assert_same(&told.header, &header(&world, world.bank_key(COIN), before.sequence + 1));
    assert_eq!((told.bank, told.mode, told.paused_until), (COIN, 0, START_TS + 86_400));
    let expected = Bank { paused_until: START_TS + 86_400, sequence: before.sequence + 1, ..before };
    assert_eq!(world.bank(COIN), expected);
    world.svm.advance(5);
    let sent = world.as_admin(ix::pause_bank(&admin, &group, COIN, 0)).expect("pause_bank");
    assert_eq!(event!(sent, BankConfigured).paused_until, START_TS + 5);
    world.trader_with(&[(COIN, ONE_COIN)]);
}

#[test]
fn refuses_longer_than_the_group_allows() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for seconds in [86_401, u32::MAX] {
        let pause = ix::pause_bank(&admin.pubkey(), &world.group, COIN, seconds);
        world.refuses(&pause, &[&admin], "PauseTooLong");
    }
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let pause = ix::pause_bank(&world.admin.pubkey(), &world.group, COIN, 1);
    refuses_everyone_but(&mut world, &pause, &[Role::Admin, Role::Guardian]);
}

/// The guardian's pauses end by themselves, and there is as much time between them as the longest may take.
#[test]
fn the_guardian_pauses_half_of_the_time_at_most() {
    let mut world = World::plain();
    let roles = world.appoint();
    let guardian = &roles.guardian;
    let group = world.group;
    let pause = |seconds| ix::pause_bank(&guardian.pubkey(), &group, COIN, seconds);
    world.send(pause(86_400), &[guardian]).expect("a pause");
    // Neither longer nor anew: not while it lasts, not right after it.
    for wait in [0, 86_399, 1, 86_399] {
        world.svm.advance(wait);
        world.refuses(&pause(1), &[guardian], "PauseTooSoon");
        world.refuses(&pause(86_401), &[guardian], "PauseTooLong");
    }
    world.svm.advance(1);
    world.send(pause(86_400), &[guardian]).expect("a pause");
    // Ending it early is no way to begin anew.
    world.svm.advance(10);
    world.send(pause(0), &[guardian]).expect("the end of a pause");
    world.refuses(&pause(1), &[guardian], "PauseTooSoon");
    world.svm.advance(86_400);
    world.send(pause(1), &[guardian]).expect("a pause");
    // The admin need not wait.
    let admin = world.admin.insecure_clone();
    world.send(ix::pause_bank(&admin.pubkey(), &group, COIN, 2), &[&admin]).expect("a pause");
}

/// Once there is a timelock, what the guardian stopped the admin's key alone does not start again.
#[test]
fn only_the_guardian_ends_a_pause_early_once_there_is_a_timelock() {
    let mut world = World::plain();
    let roles = world.appoint();
    let (admin, guardian, group) = (world.admin.insecure_clone(), &roles.guardian, world.group);
    world.lock();
    world.send(ix::pause_bank(&guardian.pubkey(), &group, COIN, 1_000), &[guardian]).expect("a pause");
    world.svm.advance(10);
    for seconds in [0, 1, 989] {
        world.refuses(&ix::pause_bank(&admin.pubkey(), &group, COIN, seconds), &[&admin], "TimelockRequired");
    }
    for seconds in [990, 2_000] {
        world.send(ix::pause_bank(&admin.pubkey(), &group, COIN, seconds), &[&admin]).expect("no shorter");
    }
    world.send(ix::pause_bank(&guardian.pubkey(), &group, COIN, 0), &[guardian]).expect("the end of a pause");
    // What is over cannot be ended early.
    world.send(ix::pause_bank(&admin.pubkey(), &group, COIN, 0), &[&admin]).expect("nothing to shorten");
}

/// A bank that nobody touched for a year, with a feed as old, can be paused.
#[test]
fn t16_needs_no_price_and_no_interest() {
    let mut world = World::plain();
    world.svm.advance(31_557_600);
    let before = world.bank(COIN);
    let pause = ix::pause_bank(&world.admin.pubkey(), &world.group, COIN, 60);
    world.as_admin(pause).expect("pause_bank");
    let expected = Bank { paused_until: world.svm.now() + 60, sequence: before.sequence + 1, ..before };
    assert_eq!(world.bank(COIN), expected);
}

#[test]
fn waits_for_the_end_of_a_flash_loan() {
    let mut world = World::plain();
    let (admin, bank) = (world.admin.insecure_clone(), world.bank_key(USD));
    let right = ix::pause_bank(&admin.pubkey(), &world.group, USD, 1);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&admin], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&admin]).expect("afterwards");
}
