//! `close_epoch`.

use super::support::*;

const PAYER: usize = 0;
const POOL: usize = 1;
const EPOCH: usize = 2;

/// Ends the epoch and strikes it, for somebody else's lamports. Returns its number.
fn strike(world: &mut World, payer: &Keypair) -> u64 {
    world.end_epoch();
    let pool = world.pool();
    let strike = pix::strike_epoch(&payer.pubkey(), world.quote(), pool.epoch, pool.market_count);
    world.send(strike, &[payer]).expect("strike_epoch");
    pool.epoch
}

fn instruction(world: &World, epoch: u64, payer: &Keypair) -> Instruction {
    pix::close_epoch(world.quote(), epoch, &payer.pubkey())
}

#[test]
fn an_epoch_without_requests_returns_its_rent() {
    let (mut world, _) = World::perps();
    let payer = world.svm.rich_keypair();
    let held = world.svm.account(&payer.pubkey()).expect("the payer").lamports;
    let number = strike(&mut world, &payer);
    let (key, pool) = (addresses::epoch(&world.pool_key(), number), world.pool());
    assert_eq!(world.epoch(number).payer, payer.pubkey());
    let rent = world.svm.account(&key).expect("struck").lamports;
    let paid = world.svm.account(&payer.pubkey()).expect("the payer").lamports;
    // Anyone: here the admin.
    let sent = world.as_admin(instruction(&world, number, &payer)).expect("close_epoch");
    let closed = event!(sent, EpochClosed);
    assert_same(&closed.header, &header(&world, world.pool_key(), pool.sequence));
    assert_eq!(closed.epoch, number);
    assert_eq!(world.svm.account(&payer.pubkey()).expect("the payer").lamports, paid + rent);
    assert!(paid + rent < held, "but for fees");
    assert!(world.svm.account(&key).is_none_or(|account| account.lamports == 0 && account.data.is_empty()));
    assert_eq!(world.pool(), pool);
    // The next one is another account.
    assert_eq!(strike(&mut world, &payer), number + 1);
    world.check_invariants();
}

/// Two enter, one leaves: the last claim frees it.
#[test]
fn waits_for_every_claim() {
    let (mut world, provider) = World::perps();
    let payer = world.svm.rich_keypair();
    let others = [1_000, 2_000].map(|dollars| {
        let other = world.trader_with(&[(USD, dollars * DOLLAR)]);
        world.open_provider(&other).expect("open_liquidity_provider");
        world.add_liquidity(&other, None).expect("request_add_liquidity");
        other
    });
    world.remove_liquidity(&provider, 10_000 * DOLLAR).expect("request_remove_liquidity");
    let number = strike(&mut world, &payer);
    let close = instruction(&world, number, &payer);
    let [first, second] = others;
    for (who, entering, leaving) in [(&second, 2_000, 0), (&provider, 2_000, 10_000), (&first, 3_000, 10_000)] {
        world.refuses(&close, &[&payer], "AccountNotEmpty");
        world.claim(who, number).expect("claim_liquidity");
        let epoch = world.epoch(number);
        assert_eq!((epoch.entering_claimed, epoch.leaving_claimed), (entering * DOLLAR, leaving * DOLLAR));
    }
    world.send(close, &[&payer]).expect("close_epoch");
    world.check_invariants();
}

/// What waits from the epoch before is rounded down for each who waits. Where that loses a share, the account stays: nobody can
/// tell the share from one whose claim is to come.
#[test]
fn an_epoch_that_counts_a_share_of_nobody_stays() {
    let (mut world, _) = World::perps();
    let payer = world.svm.rich_keypair();
    let number = strike(&mut world, &payer);
    let key = addresses::epoch(&world.pool_key(), number);
    world.svm.edit::<ballast_state::Epoch>(&key, |epoch| (epoch.leaving, epoch.leaving_claimed) = (1_000, 999));
    let close = instruction(&world, number, &payer);
    world.refuses(&close, &[&payer], "AccountNotEmpty");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, _) = World::perps();
    let (payer, other) = (world.svm.rich_keypair(), Neighbour::of(&mut world));
    let number = strike(&mut world, &payer);
    let admin = world.admin.insecure_clone();
    let right = instruction(&world, number, &payer);
    for (index, key, error) in [
        (PAYER, admin.pubkey(), "PayerMismatch"),
        (POOL, other.pool, "PoolMismatch"),
        (EPOCH, addresses::epoch(&world.pool_key(), number + 1), "WrongProgramOwner"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.send(right.clone(), &[&admin]).expect("right in the end");
    world.refuses(&right, &[&admin], "WrongProgramOwner");
}
