//! `configure_group`.

use super::support::*;

fn instruction(world: &World) -> Instruction {
    ix::configure_group(&world.admin.pubkey(), &world.group, world.group_args())
}

#[test]
fn sets_roles_and_rules() {
    let mut world = World::plain();
    let before: Group = world.svm.read(&world.group);
    let board_before = world.board();
    let keys = [1u8, 2, 3, 4].map(|byte| Pubkey::new_from_array([byte; 32]));
    let mut args = world.group_args();
    [args.risk_admin, args.guardian, args.forecaster, args.fee_recipient] = keys;
    args.max_pause = 604_800;
    args.rules.cool_off = 33;
    args.rules.dust = presets::dollars(20);
    let sent = world.as_admin(ix::configure_group(&world.admin.pubkey(), &world.group, args)).expect("configure_group");
    let told = event!(sent, GroupConfigured);
    assert_same(&told.header, &header(&world, world.group, before.sequence + 1));
    assert_eq!(told.board_sequence, board_before.sequence + 1);
    let [risk_admin, guardian, forecaster, fee_recipient] = keys;
    let expected = Group {
        risk_admin,
        guardian,
        forecaster,
        fee_recipient,
        max_pause: 604_800,
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!(world.svm.read::<Group>(&world.group), expected);
    let board = world.board();
    assert_eq!((board.rules.cool_off, board.rules.dust), (33, 20 << 20));
    assert_eq!(board.sequence, board_before.sequence + 1);
    assert_eq!(board.rows, board_before.rows);
}

#[test]
fn refuses_rules_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for (what, change) in OUT_OF_BOUNDS {
        let mut args = world.group_args();
        change(&mut args.rules);
        eprintln!("{what}");
        let configure = ix::configure_group(&admin.pubkey(), &world.group, args);
        world.refuses(&configure, &[&admin], "InvalidParameter");
    }
    let mut args = world.group_args();
    args.max_pause = 604_801;
    let configure = ix::configure_group(&admin.pubkey(), &world.group, args);
    world.refuses(&configure, &[&admin], "PauseTooLong");
}

/// Every listed add-on covers the smallest bonus, and goes on to do so.
#[test]
fn refuses_a_smallest_bonus_above_an_add_on() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let mut args = world.group_args();
    args.rules.bonus_min = presets::bps(625) + 1;
    let configure = ix::configure_group(&admin.pubkey(), &world.group, args);
    world.refuses(&configure, &[&admin], "AddOnBelowBonus");
    args.rules.bonus_min = presets::bps(625);
    let configure = ix::configure_group(&admin.pubkey(), &world.group, args);
    world.send(configure, &[&admin]).expect("configure_group");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = instruction(&world);
    refuses_everyone_but(&mut world, &configure, &[Role::Admin]);
}
