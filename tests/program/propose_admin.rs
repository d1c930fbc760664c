//! `propose_admin`.

use super::support::*;

fn propose(world: &World, next: Pubkey) -> Instruction {
    ix::propose_admin(&world.admin.pubkey(), &world.group, next)
}

#[test]
fn names_the_next_and_takes_the_name_back() {
    let mut world = World::plain();
    for next in [Pubkey::new_from_array([5; 32]), Pubkey::default()] {
        let before: Group = world.svm.read(&world.group);
        let sent = world.as_admin(propose(&world, next)).expect("propose_admin");
        let told = event!(sent, AdminProposed);
        assert_same(&told.header, &header(&world, world.group, before.sequence + 1));
        assert_eq!(told.admin, next);
        let expected = Group { pending_admin: next, sequence: before.sequence + 1, ..before };
        assert_eq!(world.svm.read::<Group>(&world.group), expected);
    }
}

#[test]
fn waits_once_there_is_a_timelock() {
    let mut world = World::plain();
    world.lock();
    let admin = world.admin.insecure_clone();
    let name = propose(&world, Pubkey::new_from_array([5; 32]));
    world.refuses(&name, &[&admin], "TimelockRequired");
    let number = world.propose(&name);
    world.svm.advance(i64::from(DELAY));
    world.execute(number, &name).expect("execute_change");
    assert_eq!(world.svm.read::<Group>(&world.group).pending_admin, Pubkey::new_from_array([5; 32]));
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let name = propose(&world, Pubkey::new_from_array([5; 32]));
    refuses_everyone_but(&mut world, &name, &[Role::Admin]);
}
