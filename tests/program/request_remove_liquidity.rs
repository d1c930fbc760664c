//! `request_remove_liquidity`.

use super::support::*;

const PROVIDER: usize = 1;
const POOL: usize = 2;

fn instruction(world: &World, provider: &Trader, shares: u64) -> Instruction {
    pix::request_remove_liquidity(&provider.key.pubkey(), world.quote(), shares)
}

/// They bear what the pool earns and loses until the strike: the supply stays.
#[test]
fn shares_wait_to_leave() {
    let (mut world, provider) = World::perps();
    let (bank, pool, before) = (world.bank(USD), world.pool(), world.provider(&provider));
    let sent = world.remove_liquidity(&provider, 40_000 * DOLLAR).expect("request_remove_liquidity");
    let told = event!(sent, LiquidityRequested);
    let key = world.provider_key(&provider);
    assert_same(&told.header, &header(&world, key, before.sequence + 1));
    assert_eq!((told.provider, told.epoch, told.entering, told.leaving), (key, 1, 0, 40_000 * DOLLAR));
    let expected = LiquidityProvider {
        shares: 60_000 * DOLLAR,
        leaving: 40_000 * DOLLAR,
        leaving_epoch: 1,
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!(world.provider(&provider), expected);
    let leaving = LiquidityPool { leaving: 40_000 * DOLLAR, sequence: pool.sequence + 1, ..pool };
    assert_eq!((world.pool(), world.bank(USD)), (leaving, bank));
    // More of it, and all.
    world.remove_liquidity(&provider, 60_000 * DOLLAR).expect("request_remove_liquidity");
    assert_eq!((world.provider(&provider).shares, world.provider(&provider).leaving), (0, 100_000 * DOLLAR));
    assert_eq!((world.pool().leaving, world.pool().supply), (100_000 * DOLLAR, 100_000 * DOLLAR));
    world.check_invariants();
}

#[test]
fn requests_are_cut_off_at_the_epochs_end() {
    let (mut world, provider) = World::perps();
    let remove = instruction(&world, &provider, 1);
    let end = world.pool().epoch_end;
    world.svm.set_time(end - 1);
    world.send(remove.clone(), &[&provider.key]).expect("in the last second");
    for second in [0, 30, 90] {
        world.svm.set_time(end + second);
        world.refuses(&remove, &[&provider.key], "RequestsCutOff");
    }
    world.tried(|world| {
        world.refresh_all();
        world.strike().expect("strike_epoch");
        world.refuses(&remove, &[&provider.key], "ClaimPending");
        world.claim(&provider, 1).expect("claim_liquidity");
        world.send(remove.clone(), &[&provider.key]).expect("request_remove_liquidity");
        assert_eq!(world.provider(&provider).leaving_epoch, 2);
    });
    world.svm.set_time(end + 91);
    world.send(remove, &[&provider.key]).expect("request_remove_liquidity");
    assert_eq!((world.pool().epoch, world.pool().epoch_end), (1, end + 86_400));
    assert_eq!(world.provider(&provider).leaving, 2);
}

#[test]
fn refuses_amounts() {
    let (mut world, provider) = World::perps();
    for (shares, error) in [
        (0, "ZeroAmount"),
        (100_000 * DOLLAR + 1, "InsufficientLiquidityShares"),
        (u64::MAX, "InsufficientLiquidityShares"),
    ] {
        let remove = instruction(&world, &provider, shares);
        world.refuses(&remove, &[&provider.key], error);
    }
    // What asks to leave cannot ask again.
    world.remove_liquidity(&provider, 100_000 * DOLLAR).expect("request_remove_liquidity");
    let again = instruction(&world, &provider, 1);
    world.refuses(&again, &[&provider.key], "InsufficientLiquidityShares");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, provider) = World::perps();
    let (right, other) = (instruction(&world, &provider, 1), Neighbour::of(&mut world));
    let stranger = world.trader();
    world.open_provider(&stranger).expect("open_liquidity_provider");
    world.refuses(&with(&right, POOL, other.pool), &[&provider.key], "PoolMismatch");
    let strangers = world.provider_key(&stranger);
    world.refuses(&with(&right, PROVIDER, strangers), &[&provider.key], "Unauthorised");
    world.refuses(&with(&right, 0, stranger.key.pubkey()), &[&stranger.key], "Unauthorised");
    world.refuses(&unsigned(&right, 0), &[&stranger.key], "anchor::AccountNotSigner");
    world.send(right, &[&provider.key]).expect("right in the end");
}
