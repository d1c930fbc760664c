//! `accept_admin`.

use super::support::*;

#[test]
fn the_one_named_becomes_the_admin() {
    let mut world = World::plain();
    let (old, next) = (world.admin.insecure_clone(), world.svm.rich_keypair());
    world.as_admin(ix::propose_admin(&old.pubkey(), &world.group, next.pubkey())).expect("propose_admin");
    // Until then nothing has changed.
    world.set_bank_mode(COIN, 1).expect("set_bank_mode");
    let before: Group = world.svm.read(&world.group);
    let accept = ix::accept_admin(&next.pubkey(), &world.group);
    let sent = world.send(accept.clone(), &[&next]).expect("accept_admin");
    let told = event!(sent, AdminAccepted);
    assert_same(&told.header, &header(&world, world.group, before.sequence + 1));
    assert_eq!(told.admin, next.pubkey());
    let expected =
        Group { admin: next.pubkey(), pending_admin: Pubkey::default(), sequence: before.sequence + 1, ..before };
    assert_eq!(world.svm.read::<Group>(&world.group), expected);
    // Once; and the former is nobody.
    world.refuses(&accept, &[&next], "Unauthorised");
    let set = ix::set_bank_mode(&old.pubkey(), &world.group, COIN, 0);
    let group = world.group;
    // It still has the roles it gave itself, which open nothing.
    world.refuses(&set, &[&old], "TimelockRequired");
    world.send(ix::set_bank_mode(&next.pubkey(), &group, COIN, 0), &[&next]).expect("set_bank_mode");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let (stranger, next) = (world.svm.rich_keypair(), world.svm.rich_keypair());
    let admin = world.admin.insecure_clone();
    // Nobody is named.
    for key in [&stranger, &admin] {
        world.refuses(&ix::accept_admin(&key.pubkey(), &world.group), &[key], "Unauthorised");
    }
    world.as_admin(ix::propose_admin(&admin.pubkey(), &world.group, next.pubkey())).expect("propose_admin");
    for key in [&stranger, &admin] {
        world.refuses(&ix::accept_admin(&key.pubkey(), &world.group), &[key], "Unauthorised");
    }
    let accept = ix::accept_admin(&next.pubkey(), &world.group);
    world.refuses(&unsigned(&accept, 0), &[&stranger], "anchor::AccountNotSigner");
}
