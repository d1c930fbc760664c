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
