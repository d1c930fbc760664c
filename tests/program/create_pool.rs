//! `create_pool`.

use ballast_client::ballast::types::PoolArgs;

use super::support::*;

const BANK: usize = 3;
const SYSTEM_PROGRAM: usize = 5;

fn instruction(world: &World, args: PoolArgs) -> Instruction {
    pix::create_pool(&world.admin.pubkey(), world.quote(), args)
}

#[test]
fn makes_a_pool_without_money() {
    let mut world = World::plain();
    let before = world.bank(USD);
    let sent = world.as_admin(instruction(&world, presets::pool())).expect("create_pool");
    let told = event!(sent, PoolConfigured);
    assert_same(&told.header, &header(&world, world.pool_key(), 0));
    let pool = world.pool();
    let expected = LiquidityPool {
        version: 1,
        bump: pool.bump,
        bank: USD,
        feed: 0,
        decimals: 6,
        group: world.group,
        bank_address: world.bank_key(USD),
        epoch_end: START_TS + 86_400,
        epoch_length: 86_400,
        min_delay: 30,
        exit_fee: presets::bps(10),
        cap: u64::MAX,
        ..LiquidityPool::zeroed()
    };
    assert_eq!(pool, expected);
    assert_eq!(world.bank(USD), Bank { quote: 1, sequence: before.sequence + 1, ..before });
    world.check_invariants();
}

/// The first epoch begins when the pool does.
#[test]
fn takes_what_is_just_inside_the_bounds() {
    let inside = [
        PoolArgs { epoch_length: 180, ..presets::pool() },
        PoolArgs { min_delay: 600, epoch_length: 1_320, ..presets::pool() },
        PoolArgs { exit_fee: presets::bps(500), cap: 0, ..presets::pool() },
    ];
    for args in inside {
        let mut world = World::plain();
        world.advance(100);
        world.as_admin(instruction(&world, args)).expect("create_pool");
        let pool = world.pool();
        assert_eq!(
            (pool.epoch_length, pool.min_delay, pool.exit_fee),
            (args.epoch_length, args.min_delay, args.exit_fee)
        );
        assert_eq!((pool.cap, pool.epoch_end), (args.cap, START_TS + 100 + i64::from(args.epoch_length)));
    }
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let outside = [
        ("a delay shorter than clocks lag", PoolArgs { min_delay: 29, ..presets::pool() }),
        ("a delay beyond ten minutes", PoolArgs { min_delay: 601, ..presets::pool() }),
        ("no time for requests", PoolArgs { epoch_length: 179, ..presets::pool() }),
        ("an exit fee beyond 5 %", PoolArgs { exit_fee: presets::bps(500) + 1, ..presets::pool() }),
    ];
    for (what, args) in outside {
        eprintln!("{what}");
        let create = instruction(&world, args);
        world.refuses(&create, &[&admin], "InvalidParameter");
    }
}

/// What settles trades must count for something.
#[test]
fn refuses_a_token_that_is_no_collateral() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    world.configure_bank(USD, |args| args.collateral = false).expect("configure_bank");
    let create = instruction(&world, presets::pool());
    world.refuses(&create, &[&admin], "NotCollateral");
    world.configure_bank(USD, |args| args.collateral = true).expect("configure_bank");
    world.send(create, &[&admin]).expect("create_pool");
}

#[test]
fn refuses_a_second_pool_and_what_is_no_system_program() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let right = instruction(&world, presets::pool());
    world.refuses(&with(&right, SYSTEM_PROGRAM, spl_token_interface::ID), &[&admin], "WrongSystemProgram");
    world.send(right.clone(), &[&admin]).expect("create_pool");
    world.refuses(&right, &[&admin], "AlreadyExists");
    // Nor one of another bank.
    world.refuses(&with(&right, BANK, world.bank_key(COIN)), &[&admin], "AlreadyExists");
    assert_eq!(world.bank(COIN).quote, 0);
}

/// Lamports that somebody sent to the address before do not stop it.
#[test]
fn v28_a_funded_address_can_be_used() {
    let mut world = World::plain();
    let key = world.pool_key();
    world.svm.put(&key, solana_account::Account { lamports: 1, ..Default::default() });
    world.create_pool(presets::pool());
    assert_eq!(world.pool().group, world.group);
}

#[test]
fn refuses_banks_of_other_groups() {
    let mut world = World::plain();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = instruction(&world, presets::pool());
    world.refuses(&with(&right, BANK, other.bank), &[&admin], "WrongGroup");
    world.send(right, &[&admin]).expect("right in the end");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let create = instruction(&world, presets::pool());
    refuses_everyone_but(&mut world, &create, &[Role::Admin]);
}

#[test]
fn waits_for_the_timelock() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    world.lock();
    let create = instruction(&world, presets::pool());
    world.refuses(&create, &[&admin], "TimelockRequired");
    let number = world.propose(&create);
    world.advance(i64::from(DELAY));
    world.execute(number, &create).expect("execute_change");
    assert_eq!(world.pool().epoch_end, START_TS + i64::from(DELAY) + 86_400);
}
