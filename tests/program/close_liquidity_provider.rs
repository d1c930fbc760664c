//! `close_liquidity_provider`.

use super::support::*;

const PAYER: usize = 1;
const POOL: usize = 2;
const PROVIDER: usize = 3;

/// A trader with 1,000 dollars whose account of liquidity somebody else paid for.
fn paid_by_another() -> (World, Trader, Keypair) {
    let (mut world, _) = World::perps();
    let (trader, payer) = (world.trader_with(&[(USD, 1_000 * DOLLAR)]), world.svm.rich_keypair());
    let mut open = pix::open_liquidity_provider(&trader.key.pubkey(), world.quote());
    open.accounts[1].pubkey = payer.pubkey();
    world.send(open, &[&payer, &trader.key]).expect("open_liquidity_provider");
    (world, trader, payer)
}

fn instruction(world: &World, trader: &Trader, payer: &Keypair) -> Instruction {
    pix::close_liquidity_provider(&trader.key.pubkey(), world.quote(), &payer.pubkey())
}

#[test]
fn returns_the_rent_to_who_paid_it() {
    let (mut world, trader, payer) = paid_by_another();
    let (key, pool) = (world.provider_key(&trader), world.pool());
    let rent = world.svm.account(&key).expect("open").lamports;
    let held = world.svm.account(&payer.pubkey()).expect("the payer").lamports;
    let sent = world.send(instruction(&world, &trader, &payer), &[&trader.key]).expect("close_liquidity_provider");
    let closed = event!(sent, LiquidityProviderClosed);
    assert_same(&closed.header, &header(&world, key, 0));
    assert_eq!(closed.owner, trader.key.pubkey());
    assert_eq!(world.svm.account(&payer.pubkey()).expect("the payer").lamports, held + rent);
    assert!(world.svm.account(&key).is_none_or(|account| account.lamports == 0 && account.data.is_empty()));
    assert_eq!(world.pool(), pool);
    world.open_provider(&trader).expect("open_liquidity_provider");
    assert_eq!(world.provider(&trader).payer, trader.key.pubkey());
    world.check_invariants();
}

/// At every step of a provider's life but its ends.
#[test]
fn refuses_what_is_not_empty() {
    let (mut world, trader, payer) = paid_by_another();
    let close = instruction(&world, &trader, &payer);
    let refuses = |world: &mut World| world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    let epoch = world.pool().epoch;
    world.add_liquidity(&trader, None).expect("request_add_liquidity");
    refuses(&mut world);
    world.end_epoch();
    world.strike().expect("strike_epoch");
    refuses(&mut world);
    world.claim(&trader, epoch).expect("claim_liquidity");
    refuses(&mut world);
    let shares = world.provider(&trader).shares;
    world.remove_liquidity(&trader, shares).expect("request_remove_liquidity");
    refuses(&mut world);
    world.end_epoch();
    world.strike().expect("strike_epoch");
    refuses(&mut world);
    world.claim(&trader, epoch + 1).expect("claim_liquidity");
    world.send(close.clone(), &[&trader.key]).expect("close_liquidity_provider");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader, payer) = paid_by_another();
    let (stranger, other) = (world.trader(), Neighbour::of(&mut world));
    world.open_provider(&stranger).expect("open_liquidity_provider");
    let right = instruction(&world, &trader, &payer);
    for (index, key, error) in [
        (PAYER, trader.key.pubkey(), "PayerMismatch"),
        (POOL, other.pool, "PoolMismatch"),
        (PROVIDER, world.provider_key(&stranger), "Unauthorised"),
    ] {
        world.refuses(&with(&right, index, key), &[&trader.key], error);
    }
    for who in [&stranger.key, &payer] {
        world.refuses(&with(&right, 0, who.pubkey()), &[who], "Unauthorised");
    }
    world.refuses(&unsigned(&right, 0), &[&payer], "anchor::AccountNotSigner");
    world.send(right, &[&trader.key]).expect("right in the end");
}
