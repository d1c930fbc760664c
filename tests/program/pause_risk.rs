//! `pause_risk`.

use super::support::*;

#[test]
fn pauses_for_a_while_and_ends_early() {
    let mut world = World::plain();
    let before = world.board();
    let (admin, group) = (world.admin.pubkey(), world.group);
    let sent = world.as_admin(ix::pause_risk(&admin, &group, 86_400)).expect("pause_risk");
    let told = event!(sent, RiskPaused);
    let state: ballast_state::Group = world.svm.read(&group);
    assert_same(&told.header, &header(&world, group, state.sequence));
    assert_eq!(told.until, START_TS + 86_400);
    let mut expected = before;
    expected.risk_paused_until = START_TS + 86_400;
    expected.sequence += 1;
    assert_eq!(world.board(), expected);
    world.svm.advance(5);
    let sent = world.as_admin(ix::pause_risk(&admin, &group, 0)).expect("pause_risk");
    assert_eq!(event!(sent, RiskPaused).until, START_TS + 5);
}

#[test]
fn refuses_longer_than_the_group_allows() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for seconds in [86_401, u32::MAX] {
        let pause = ix::pause_risk(&admin.pubkey(), &world.group, seconds);
        world.refuses(&pause, &[&admin], "PauseTooLong");
    }
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 1);
    refuses_everyone_but(&mut world, &pause, &[Role::Admin, Role::Guardian]);
}

/// The guardian's pauses end by themselves, and there is as much time between them as the longest may take.
#[test]
fn the_guardian_pauses_half_of_the_time_at_most() {
    let mut world = World::plain();
    let roles = world.appoint();
    let guardian = &roles.guardian;
    let group = world.group;
    let pause = |seconds| ix::pause_risk(&guardian.pubkey(), &group, seconds);
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
    world.send(ix::pause_risk(&admin.pubkey(), &group, 2), &[&admin]).expect("a pause");
}

/// Once there is a timelock, what the guardian stopped the admin's key alone does not start again.
#[test]
fn only_the_guardian_ends_a_pause_early_once_there_is_a_timelock() {
    let mut world = World::plain();
    let roles = world.appoint();
    let (admin, guardian, group) = (world.admin.insecure_clone(), &roles.guardian, world.group);
    world.lock();
    world.send(ix::pause_risk(&guardian.pubkey(), &group, 1_000), &[guardian]).expect("a pause");
    world.svm.advance(10);
    for seconds in [0, 1, 989] {
        world.refuses(&ix::pause_risk(&admin.pubkey(), &group, seconds), &[&admin], "TimelockRequired");
    }
    for seconds in [990, 2_000] {
        world.send(ix::pause_risk(&admin.pubkey(), &group, seconds), &[&admin]).expect("no shorter");
    }
    world.send(ix::pause_risk(&guardian.pubkey(), &group, 0), &[guardian]).expect("the end of a pause");
    // What is over cannot be ended early.
    world.send(ix::pause_risk(&admin.pubkey(), &group, 0), &[&admin]).expect("nothing to shorten");
}
