//! `configure_timelock`, and what needs it afterwards.

use super::support::*;

const DAY: u32 = 86_400;

fn set(world: &World, delay: u32, expiry: u32) -> Instruction {
    ix::configure_timelock(&world.admin.pubkey(), &world.group, delay, expiry)
}

#[test]
fn ends_the_set_up() {
    let mut world = World::plain();
    let before: Group = world.svm.read(&world.group);
    let sent = world.as_admin(set(&world, DELAY, EXPIRY)).expect("configure_timelock");
    let told = event!(sent, TimelockConfigured);
    assert_same(&told.header, &header(&world, world.group, before.sequence + 1));
    assert_eq!((told.delay, told.expiry), (DELAY, EXPIRY));
    let after: Group = world.svm.read(&world.group);
    let expected = Group {
        timelock_delay: DELAY,
        timelock_expiry: EXPIRY,
        timelock: addresses::timelock(&world.group),
        timelock_bump: after.timelock_bump,
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!(after, expected);
}

/// A day to thirty, and a day to fourteen: there is no way back to none.
#[test]
fn refuses_times_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for (delay, expiry, valid) in [
        (0, DAY, false),
        (DAY - 1, DAY, false),
        (DAY, DAY - 1, false),
        (DAY, 0, false),
        (30 * DAY + 1, DAY, false),
        (DAY, 14 * DAY + 1, false),
        (u32::MAX, u32::MAX, false),
        (DAY, 14 * DAY, true),
        (30 * DAY, DAY, true),
    ] {
        let set = set(&world, delay, expiry);
        if valid {
            world.send(set, &[&admin]).expect("configure_timelock");
        } else {
            world.refuses(&set, &[&admin], "InvalidParameter");
        }
    }
}

/// At once: a longer wait, a shorter life. The other way round through the timelock.
#[test]
fn tightens_at_once_and_loosens_through_itself() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    world.lock();
    for (delay, expiry) in [(DELAY - 1, EXPIRY), (DELAY, EXPIRY + 1), (DELAY + 1, EXPIRY + 1), (DELAY - 1, EXPIRY - 1)]
    {
        let loosen = set(&world, delay, expiry);
        world.refuses(&loosen, &[&admin], "TimelockRequired");
    }
    world.as_admin(set(&world, DELAY + 1, EXPIRY - 1)).expect("tighter");
    let loosen = set(&world, DAY, 14 * DAY);
    world.refuses(&loosen, &[&admin], "TimelockRequired");
    let number = world.propose(&loosen);
    world.advance(i64::from(DELAY) + 1);
    world.execute(number, &loosen).expect("execute_change");
    let group: Group = world.svm.read(&world.group);
    assert_eq!((group.timelock_delay, group.timelock_expiry), (DAY, 14 * DAY));
}

/// Everything that can add risk is refused at once to the admin, and altogether to the risk admin and the guardian.
#[test]
fn what_can_add_risk_waits() {
    let mut world = World::plain();
    let changes = changes(&mut world);
    let roles = world.appoint();
    world.lock();
    let admin = world.admin.insecure_clone();
    for (what, change) in changes {
        eprintln!("{what}");
        world.refuses(&change, &[&admin], "TimelockRequired");
        // The risk admin is known for lowering risk, where there is such a thing.
        let lowers = ["configure_bank", "configure_perp_market", "configure_pool", "set_bank_mode"].contains(&what);
        let error = if lowers { "TimelockRequired" } else { "Unauthorised" };
        world.refuses(&signed_by(&change, &admin, &roles.risk_admin), &[&roles.risk_admin], error);
        world.refuses(&signed_by(&change, &admin, &roles.guardian), &[&roles.guardian], "Unauthorised");
        // The timelock's address has no key.
        let forged = with(&change, 0, addresses::timelock(&world.group));
        world.refuses(&unsigned(&forged, 0), &[&admin], "anchor::AccountNotSigner");
    }
}

#[test]
fn refuses_another_address_for_the_timelock() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let set = with(&set(&world, DELAY, EXPIRY), 2, admin.pubkey());
    world.refuses(&set, &[&admin], "anchor::ConstraintSeeds");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let tighten = set(&world, DELAY, EXPIRY);
    refuses_everyone_but(&mut world, &tighten, &[Role::Admin]);
}

/// Not even to tighten it: the risk admin's are the banks.
#[test]
fn refuses_the_other_roles_afterwards() {
    let mut world = World::plain();
    let roles = world.appoint();
    world.lock();
    let tighten = set(&world, DELAY + 1, EXPIRY);
    for key in [&roles.risk_admin, &roles.guardian, &roles.forecaster, &roles.fee_recipient] {
        world.refuses(&with(&tighten, 0, key.pubkey()), &[key], "Unauthorised");
    }
    world.as_admin(tighten).expect("the admin");
}
