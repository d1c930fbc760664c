//! `update_payout`; what it is for is in `register_claim`'s tests.

use super::register_claim::insolvent;
use super::support::*;

const MARKET: usize = 0;
const POOL: usize = 1;
const BANK: usize = 2;

#[test]
fn nothing_is_computed_before_claims_are_known_or_a_day_has_passed() {
    let (mut world, long, _, keeper) = insolvent();
    let (admin, update) = (world.admin.insecure_clone(), pix::update_payout(world.quote(), COIN_PERP));
    world.refuses(&update, &[&admin], "PayoutUnknown");
    world.register_claim(&keeper, &long, COIN_PERP).expect("register_claim");
    let settled = world.market(COIN_PERP).settlement_ts;
    world.svm.set_time(settled + 86_399);
    world.refuses(&update, &[&admin], "PayoutUnknown");
    // No price is needed.
    world.svm.set_time(settled + 86_400);
    world.send(update, &[&admin]).expect("update_payout");
    assert!(world.market(COIN_PERP).payout > 0);
    world.check_invariants();
}

#[test]
fn refuses_markets_that_pay_in_full() {
    let (mut world, ..) = long();
    let (admin, update) = (world.admin.insecure_clone(), pix::update_payout(world.quote(), COIN_PERP));
    world.refuses(&update, &[&admin], "MarketGoesOn");
    let market = world.market_key(COIN_PERP);
    world.svm.edit::<PerpMarket>(&market, |market| (market.mode, market.settlement_ts) = (2, 1));
    world.settle_market(COIN_PERP).expect("settle_market");
    world.refuses(&update, &[&admin], "NothingToDo");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, long, short, keeper) = insolvent();
    for trader in [&long, &short] {
        world.register_claim(&keeper, trader, COIN_PERP).expect("register_claim");
    }
    let other = Neighbour::of(&mut world);
    let (admin, right) = (world.admin.insecure_clone(), pix::update_payout(world.quote(), COIN_PERP));
    for (index, key, error) in
        [(MARKET, other.market, "PoolMismatch"), (POOL, other.pool, "PoolMismatch"), (BANK, other.bank, "BankMismatch")]
    {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.send(right, &[&admin]).expect("right in the end");
}
