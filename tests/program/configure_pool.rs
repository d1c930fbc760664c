//! `configure_pool`.

use ballast_client::ballast::types::PoolArgs;

use super::support::*;

const POOL: usize = 2;

fn instruction(world: &World, args: PoolArgs) -> Instruction {
    pix::configure_pool(&world.admin.pubkey(), world.quote(), args)
}

/// The epoch under way ends when it would have, and the one after it at its new length.
#[test]
fn changes_every_setting() {
    let (mut world, _) = World::perps();
    let before = world.pool();
    world.advance(100);
    let args = PoolArgs { epoch_length: 3_600, min_delay: 60, exit_fee: presets::bps(500), cap: 7 };
    let sent = world.as_admin(instruction(&world, args)).expect("configure_pool");
    assert_same(&event!(sent, PoolConfigured).header, &header(&world, world.pool_key(), before.sequence + 1));
    let changed = LiquidityPool {
        epoch_length: 3_600,
        min_delay: 60,
        exit_fee: presets::bps(500),
        cap: 7,
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!(world.pool(), changed);
    world.end_epoch();
    assert_eq!(world.svm.now(), before.epoch_end + 60);
    world.strike().expect("strike_epoch");
    assert_eq!(world.pool().epoch_end, before.epoch_end + 3_600);
    world.check_invariants();
}

/// What was missed was missed at the old length: the epoch goes on until an end that can still be struck.
#[test]
fn epochs_that_were_missed_end_at_the_old_length() {
    let (mut world, _) = World::perps();
    let before = world.pool();
    world.svm.set_time(before.epoch_end + 86_400 + 91);
    world.as_admin(instruction(&world, PoolArgs { epoch_length: 3_600, ..presets::pool() })).expect("configure_pool");
    assert_eq!(world.pool().epoch_end, before.epoch_end + 2 * 86_400);
}

/// Between an epoch's end and its strike its requests wait for a price at the old terms. A lower cap does not touch them.
#[test]
fn waits_for_the_strike() {
    let (mut world, _) = World::perps();
    let (admin, end) = (world.admin.insecure_clone(), world.pool().epoch_end);
    let change = instruction(&world, PoolArgs { exit_fee: presets::bps(20), ..presets::pool() });
    let lower = instruction(&world, PoolArgs { cap: 1, ..presets::pool() });
    for second in [0, 90] {
        world.svm.set_time(end + second);
        world.refuses(&change, &[&admin], "RequestsCutOff");
    }
    world.send(lower, &[&admin]).expect("a lower cap");
    world.refuses(&change, &[&admin], "RequestsCutOff");
    for second in [-1, 91] {
        world.tried(|world| {
            world.svm.set_time(end + second);
            world.send(change.clone(), &[&admin]).expect("configure_pool");
        });
    }
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    let outside = [
        ("a delay shorter than clocks lag", PoolArgs { min_delay: 29, ..presets::pool() }),
        ("a delay beyond ten minutes", PoolArgs { min_delay: 601, ..presets::pool() }),
        ("no time for requests", PoolArgs { epoch_length: 179, ..presets::pool() }),
        ("an exit fee beyond 5 %", PoolArgs { exit_fee: presets::bps(500) + 1, ..presets::pool() }),
    ];
    for (what, args) in outside {
        eprintln!("{what}");
        let configure = instruction(&world, args);
        world.refuses(&configure, &[&admin], "InvalidParameter");
    }
}

/// The cap down, and nothing else: not even a fee that is lower.
#[test]
fn the_risk_admin_only_lowers_the_cap() {
    let (mut world, _) = World::perps();
    let risk_admin = world.appoint().risk_admin;
    let set = |world: &World, args| pix::configure_pool(&risk_admin.pubkey(), world.quote(), args);
    let lower = PoolArgs { cap: 1_000, ..presets::pool() };
    world.send(set(&world, lower), &[&risk_admin]).expect("down");
    world.send(set(&world, lower), &[&risk_admin]).expect("the same again");
    let others = [
        PoolArgs { cap: 1_001, ..lower },
        PoolArgs { exit_fee: lower.exit_fee - 1, ..lower },
        PoolArgs { exit_fee: lower.exit_fee + 1, ..lower },
        PoolArgs { min_delay: lower.min_delay + 1, ..lower },
        PoolArgs { epoch_length: lower.epoch_length - 1, ..lower },
        PoolArgs { epoch_length: lower.epoch_length + 1, ..lower },
    ];
    for args in others {
        let configure = set(&world, args);
        world.refuses(&configure, &[&risk_admin], "TimelockRequired");
    }
    assert_eq!(world.pool().cap, 1_000);
}

#[test]
fn waits_for_the_timelock() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    world.lock();
    let change = instruction(&world, PoolArgs { exit_fee: presets::bps(20), ..presets::pool() });
    world.refuses(&change, &[&admin], "TimelockRequired");
    world.send(instruction(&world, PoolArgs { cap: 9, ..presets::pool() }), &[&admin]).expect("the admin may lower");
    let number = world.propose(&change);
    world.advance(i64::from(DELAY) + 200);
    world.execute(number, &change).expect("execute_change");
    assert_eq!((world.pool().exit_fee, world.pool().cap), (presets::bps(20), u64::MAX));
}

#[test]
fn refuses_everyone_else() {
    let (mut world, _) = World::perps();
    let configure = instruction(&world, presets::pool());
    refuses_everyone_but(&mut world, &configure, &[Role::Admin, Role::RiskAdmin]);
}

#[test]
fn refuses_pools_of_other_groups() {
    let (mut world, _) = World::perps();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = instruction(&world, presets::pool());
    world.refuses(&with(&right, POOL, other.pool), &[&admin], "WrongGroup");
    world.send(right, &[&admin]).expect("right in the end");
}
