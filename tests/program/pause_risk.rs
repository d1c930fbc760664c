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
