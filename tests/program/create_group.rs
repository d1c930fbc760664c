//! `create_group`.

use ballast_state::Zeroable;

use super::support::*;

#[test]
fn gives_every_role_to_the_creator() {
    let mut world = World::empty();
    let creator = world.svm.rich_keypair();
    let create = ix::create_group(&creator.pubkey(), 300, presets::rules());
    let sent = world.send(create.clone(), &[&creator]).expect("create_group");
    let key = addresses::group(&creator.pubkey(), 300);
    world.group = key;
    let created = event!(sent, GroupConfigured);
    assert_same(&created.header, &header(&world, key, 0));
    assert_eq!(created.board_sequence, 0);

    let group: Group = world.svm.read(&key);
    let who = creator.pubkey();
    let expected = Group {
        version: 1,
        bump: group.bump,
        id: 300,
        creator: who,
        admin: who,
        risk_admin: who,
        guardian: who,
        forecaster: who,
        fee_recipient: who,
        board: addresses::board(&key),
        max_pause: 86_400,
        ..Group::zeroed()
    };
    assert_eq!(group, expected);
    let board = world.board();
    let mut expected = RiskBoard::zeroed();
    expected.version = 1;
    expected.bump = board.bump;
    expected.group = key;
    expected.rules = board.rules;
    assert_eq!(board, expected);
    assert_eq!(board.rules.liquidation_target, 21 * (1 << 32) / 20);
    assert_eq!((board.rules.dust, board.rules.cool_off), (10 << 20, 10));
    world.refuses(&create, &[&creator], "AlreadyExists");
}

#[test]
fn refuses_rules_outside_their_bounds() {
    let mut world = World::empty();
    let creator = world.svm.rich_keypair();
    for (what, change) in OUT_OF_BOUNDS {
        let mut rules = presets::rules();
        change(&mut rules);
        eprintln!("{what}");
        let create = ix::create_group(&creator.pubkey(), 1, rules);
        world.refuses(&create, &[&creator], "InvalidParameter");
    }
}
