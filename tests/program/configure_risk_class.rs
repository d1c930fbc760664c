//! `configure_risk_class`.

use super::support::*;

#[test]
fn sets_kappa() {
    let mut world = World::plain();
    let before = world.board();
    let configure = ix::configure_risk_class(&world.admin.pubkey(), &world.group, 15, presets::bps(1_500));
    let sent = world.as_admin(configure).expect("configure_risk_class");
    let told = event!(sent, RiskClassConfigured);
    let group: ballast_state::Group = world.svm.read(&world.group);
    assert_same(&told.header, &header(&world, world.group, group.sequence));
    assert_eq!((told.class, told.kappa), (15, presets::bps(1_500)));
    assert_eq!(told.board_sequence, before.sequence + 1);
    let mut expected = before;
    expected.class_kappa[15] = presets::bps(1_500);
    expected.sequence += 1;
    assert_eq!(world.board(), expected);
}

#[test]
fn refuses_classes_and_kappas() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let group = world.group;
    let set = |class, kappa| ix::configure_risk_class(&admin.pubkey(), &group, class, kappa);
    world.refuses(&set(16, 0), &[&admin], "InvalidParameter");
    world.refuses(&set(255, 0), &[&admin], "InvalidParameter");
    // A feed that asks for 5/8 at Initial with an add-on of 1/16: κ of 2/3 makes it 1.
    world
        .configure_feed(COIN, |args| {
            args.class = 3;
            (args.rates.initial_long.floor, args.rates.initial_long.cap) = (presets::bps(6_250), presets::bps(6_250));
        })
        .expect("configure_price_feed");
    let two_thirds = 2_863_311_531;
    world.refuses(&set(3, two_thirds), &[&admin], "MarginTooHigh");
    world.send(set(4, two_thirds), &[&admin]).expect("a class without feeds");
    world.send(set(3, two_thirds - 10), &[&admin]).expect("just below");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = ix::configure_risk_class(&world.admin.pubkey(), &world.group, 1, 0);
    refuses_everyone_but(&mut world, &configure, &[Role::Admin]);
}
