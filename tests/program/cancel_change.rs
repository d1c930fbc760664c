//! `cancel_change`.

use ballast_testkit::Roles;

use super::support::*;

/// A change that waits.
fn waiting() -> (World, Roles, Instruction) {
    let mut world = World::plain();
    let roles = world.appoint();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    world.propose(&change);
    (world, roles, change)
}

/// Early, ready or expired, by the admin or the guardian: the change is gone, and its rent is the proposer's.
#[test]
fn takes_a_change_back_at_any_time() {
    for wait in [0, i64::from(DELAY), i64::from(DELAY + EXPIRY), 400 * 86_400] {
        for by_guardian in [false, true] {
            let (mut world, roles, change) = waiting();
            world.svm.advance(wait);
            let (admin, guardian) = (world.admin.insecure_clone(), &roles.guardian);
            let key = if by_guardian { guardian } else { &admin };
            let cancel = ix::cancel_change(&key.pubkey(), &world.group, 0, &admin.pubkey());
            let rent = world.svm.account(&world.change_key(0)).expect("a change").lamports;
            let held = world.svm.account(&admin.pubkey()).expect("admin").lamports;
            let group: Group = world.svm.read(&world.group);
            let payer = world.svm.rich_keypair();
            let sent = world.send(cancel.clone(), &[&payer, key]).expect("cancel_change");
            let told = event!(sent, ChangeCancelled);
            assert_same(&told.header, &header(&world, world.group, group.sequence));
            assert_eq!(told.number, 0);
            assert_eq!(world.svm.account(&admin.pubkey()).expect("admin").lamports, held + rent);
            assert_eq!(world.svm.read::<Group>(&world.group), group);
            // Neither again nor executed.
            world.refuses(&cancel, &[&payer, key], "WrongProgramOwner");
            let execute = ix::execute_change(&admin.pubkey(), &world.group, 0, &admin.pubkey(), &change);
            world.refuses(&execute, &[&admin], "WrongProgramOwner");
            // Its number is not given again.
            assert_eq!(world.next_change(), 1);
        }
    }
}

/// Cancelled and kept alive by lamports in the same transaction: nothing is left of it.
#[test]
fn a_revived_change_is_nothing() {
    let (mut world, _, change) = waiting();
    let admin = world.admin.insecure_clone();
    let (who, key) = (admin.pubkey(), world.change_key(0));
    let cancel = ix::cancel_change(&who, &world.group, 0, &who);
    world.svm.send(&[cancel.clone(), pay(&who, &key, 1_000_000_000)], &[&admin]).expect("cancel_change");
    world.svm.advance(i64::from(DELAY));
    let execute = ix::execute_change(&who, &world.group, 0, &who, &change);
    world.refuses(&execute, &[&admin], "WrongProgramOwner");
    world.refuses(&cancel, &[&admin], "WrongProgramOwner");
}

#[test]
fn refuses_other_proposers_and_groups() {
    let (mut world, _, _) = waiting();
    let admin = world.admin.insecure_clone();
    let cancel = ix::cancel_change(&admin.pubkey(), &world.group, 0, &admin.pubkey());
    let stranger = world.svm.rich_keypair();
    world.refuses(&with(&cancel, 3, stranger.pubkey()), &[&admin], "ChangeMismatch");
    let other = world.elsewhere(1, |world| world.group);
    world.refuses(&with(&cancel, 1, other), &[&admin], "WrongGroup");
}

#[test]
fn refuses_everyone_else() {
    let (mut world, roles, _) = waiting();
    let (admin, stranger) = (world.admin.insecure_clone(), world.svm.rich_keypair());
    let cancel = ix::cancel_change(&admin.pubkey(), &world.group, 0, &admin.pubkey());
    for key in [&roles.risk_admin, &roles.forecaster, &roles.fee_recipient, &stranger] {
        world.refuses(&with(&cancel, 0, key.pubkey()), &[key], "Unauthorised");
    }
    world.refuses(&unsigned(&cancel, 0), &[&stranger], "anchor::AccountNotSigner");
}
