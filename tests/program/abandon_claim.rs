//! `abandon_claim`.

use super::register_claim::insolvent;
use super::support::*;

const MARGIN_ACCOUNT: usize = 1;
const MARKET: usize = 2;
const POOL: usize = 3;
const BANK: usize = 4;

/// A long whose claim was paid all that it is due, and the part of it that was not.
fn paid_in_part() -> (World, Trader, u64) {
    let (mut world, long, short, keeper) = insolvent();
    for trader in [&long, &short] {
        world.register_claim(&keeper, trader, COIN_PERP).expect("register_claim");
    }
    world.update_payout(COIN_PERP).expect("update_payout");
    world.svm.edit::<MarginAccount>(&long.account, |account| account.rail.posted = u64::MAX);
    world.settle(&long, COIN_PERP).expect("settle_pnl");
    let market = world.market(COIN_PERP);
    let unpaid = market.registered - market.registered_paid;
    assert!(unpaid > 10_000_000_000, "{unpaid}");
    (world, long, unpaid)
}

#[test]
fn what_is_left_of_a_claim_is_given_up_and_its_account_can_be_closed() {
    let (mut world, long, unpaid) = paid_in_part();
    world.refresh_all();
    world.withdraw(&long, USD, None).unwrap_or_else(|failed| panic!("{}", failed.name()));
    let owner = long.key.pubkey();
    let close = ix::close_margin_account(&owner, &owner, &long.account);
    world.refuses(&close, &[&long.key], "AccountNotEmpty");
    let claim = world.market(COIN_PERP).registered;
    let sent = world.abandon_claim(&long, COIN_PERP).expect("abandon_claim");
    let told = event!(sent, ClaimAbandoned);
    let (market, account) = (world.market(COIN_PERP), world.margin(&long));
    assert_same(&told.header, &header(&world, long.account, account.sequence));
    assert_eq!((told.market, told.market_sequence), (COIN_PERP, market.sequence));
    assert_eq!((told.claim, told.unpaid, told.registered, told.paid), (claim, unpaid, 0, 0));
    assert_eq!((account.perp_count, market.registered, market.registered_paid), (0, 0, 0));
    world.check_invariants();
    world.send(close, &[&long.key]).expect("close_margin_account");
}

#[test]
fn refuses_claims_that_may_still_be_paid() {
    let (mut world, long, _, keeper) = insolvent();
    let right = pix::abandon_claim(&long.key.pubkey(), world.quote(), &long.account, COIN_PERP);
    world.refuses(&right, &[&long.key], "ClaimPayable");
    world.register_claim(&keeper, &long, COIN_PERP).expect("register_claim");
    world.refuses(&right, &[&long.key], "ClaimPayable");
    world.svm.advance(86_400);
    world.update_payout(COIN_PERP).expect("update_payout");
    world.refuses(&right, &[&long.key], "ClaimPayable");

    let (mut world, _, trader) = super::support::long();
    let open = pix::abandon_claim(&trader.key.pubkey(), world.quote(), &trader.account, COIN_PERP);
    world.refuses(&open, &[&trader.key], "MarketGoesOn");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, long, _) = paid_in_part();
    let other = Neighbour::of(&mut world);
    let stranger = world.trader();
    let right = pix::abandon_claim(&long.key.pubkey(), world.quote(), &long.account, COIN_PERP);
    for (index, key, error) in [
        (MARGIN_ACCOUNT, stranger.account, "Unauthorised"),
        (MARKET, other.market, "WrongGroup"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&long.key], error);
    }
    let foreign = pix::abandon_claim(&stranger.key.pubkey(), world.quote(), &long.account, COIN_PERP);
    world.refuses(&foreign, &[&stranger.key], "Unauthorised");
    let none = pix::abandon_claim(&stranger.key.pubkey(), world.quote(), &stranger.account, COIN_PERP);
    world.refuses(&none, &[&stranger.key], "NoPosition");
    world.svm.edit::<MarginAccount>(&long.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&long.key], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&long.account, |account| account.flags = 0);
    world.send(right, &[&long.key]).expect("right in the end");
}
