//! `cancel_order`.

use ballast_state::{rights, Orders};

use super::perps::*;
use super::support::*;

fn instruction(world: &World, trader: &Trader, id: u64) -> Instruction {
    perp_ix::cancel_order(&trader.key.pubkey(), world.perp(COINS), &trader.account, id)
}

/// [`cast`] with an order for ten coins.
fn placed() -> (World, Trader, Trader) {
    let (mut world, trader, keeper) = cast();
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    (world, trader, keeper)
}

#[test]
fn gives_back_exactly_what_was_set_aside() {
    let (mut world, trader, _) = cast();
    let (account, orders, market) = (world.margin(&trader), world.orders(&trader), world.market(COINS));
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let sent = world.cancel(&trader, COINS, 1).expect("cancel_order");
    let cancelled = event!(sent, OrderCancelled);
    assert_same(&cancelled.header, &header(&world, trader.account, account.sequence + 2));
    assert_eq!((cancelled.id, cancelled.market), (1, COINS));
    assert_eq!(world.margin(&trader), MarginAccount { sequence: account.sequence + 2, ..account });
    assert_eq!(world.orders(&trader), Orders { next_id: 2, ..orders });
    // Placing synced the market.
    let now = world.market(COINS);
    assert_eq!((now.long, now.short, now.terms), (market.long, market.short, market.terms));
    assert_eq!(now.sequence, market.sequence + 3);
    let again = instruction(&world, &trader, 1);
    world.refuses(&again, &[&trader.key], "NoOrder");
    world.refuses(&instruction(&world, &trader, 0), &[&trader.key], "NoOrder");
    world.check_invariants();
}

/// A print may be known from t* on, less what the clock may lag behind: from then on the order binds, until it is void.
#[test]
fn the_owner_may_until_the_print_can_be_there_and_after_expiry() {
    let (mut world, trader, _) = placed();
    let pending = world.pending(&trader, 1);
    let cancel = instruction(&world, &trader, 1);
    for at in [pending.eligible_ts - 1, pending.expiry_ts + 1] {
        world.tried(|world| {
            world.svm.set_time(at);
            world.send(cancel.clone(), &[&trader.key]).expect("cancel_order");
        });
    }
    for at in [pending.eligible_ts, pending.expiry_ts] {
        world.svm.set_time(at);
        world.refuses(&cancel, &[&trader.key], "OrderBinding");
    }
    // The clock lags three seconds.
    let (mut world, trader, _) = placed();
    let now = world.svm.now();
    world.publish_at(COIN, PRICE, 0, now + 1);
    world.refresh(COIN).expect("refresh_price_feed");
    world.svm.advance(1);
    world.refuses(&cancel, &[&trader.key], "OrderBinding");
}

#[test]
fn anyone_may_once_it_has_expired() {
    let (mut world, trader, _) = placed();
    let stranger = world.svm.rich_keypair();
    let cancel = perp_ix::cancel_order(&stranger.pubkey(), world.perp(COINS), &trader.account, 1);
    let pending = world.pending(&trader, 1);
    for at in [world.svm.now(), pending.eligible_ts, pending.expiry_ts] {
        world.svm.set_time(at);
        world.refuses(&cancel, &[&stranger], "OrderNotExpired");
    }
    world.svm.set_time(pending.expiry_ts + 1);
    let before = dollars(&world, &trader);
    world.send(cancel, &[&stranger]).expect("cancel_order");
    assert_eq!((dollars(&world, &trader), world.margin(&trader).order_count), (before, 0));
    assert_eq!(world.market(COINS).long.pending_lots, 0);
}

#[test]
fn delegates_that_may_place_may_cancel() {
    for (given, error) in
        [(0, "OrderNotExpired"), (rights::DEPOSIT, "OrderNotExpired"), (rights::REDUCE, ""), (rights::TRADE, "")]
    {
        let (mut world, trader, delegate) = placed();
        world.svm.fund(&delegate.key.pubkey());
        let set = ix::set_delegate(&trader.key.pubkey(), &trader.account, delegate.key.pubkey(), given);
        world.send(set, &[&trader.key]).expect("set_delegate");
        let cancel = perp_ix::cancel_order(&delegate.key.pubkey(), world.perp(COINS), &trader.account, 1);
        if error.is_empty() {
            world.send(cancel, &[&delegate.key]).expect("cancel_order");
        } else {
            world.refuses(&cancel, &[&delegate.key], error);
        }
    }
}

/// Neither a pause nor a price that is gone keeps an order.
#[test]
fn nothing_that_is_closed_stops_it() {
    let (mut world, trader, _) = placed();
    let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 600);
    world.as_admin(pause).expect("pause_risk");
    configure(&mut world, COINS, 1, |_| {});
    world.svm.advance(3_600);
    world.cancel(&trader, COINS, 1).expect("cancel_order");
}

#[test]
fn refuses_accounts_that_do_not_belong_together() {
    let (mut world, trader, _) = placed();
    let other = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    world.place(&other, COINS, order(LOTS)).expect("place_order");
    let (elsewhere, stranger) = another_group(&mut world);
    let there = perp_ix::cancel_order(&stranger.key.pubkey(), elsewhere, &stranger.account, 1);
    let right = instruction(&world, &trader, 1);
    let cases = [
        // The other's order of the same number is not the trader's.
        (1, other.account, "OrdersMismatch"),
        (2, addresses::orders(&other.account), "OrdersMismatch"),
        (3, there.accounts[3].pubkey, "WrongGroup"),
        (3, addresses::feed(&world.group, 2), "FeedMismatch"),
        (4, there.accounts[4].pubkey, "WrongGroup"),
    ];
    for (place, key, error) in cases {
        world.refuses(&with(&right, place, key), &[&trader.key], error);
    }
    let gems = perp_ix::cancel_order(&trader.key.pubkey(), world.perp(GEMS), &trader.account, 1);
    world.refuses(&gems, &[&trader.key], "MarketMismatch");
    let theirs = perp_ix::cancel_order(&trader.key.pubkey(), world.perp(COINS), &other.account, 1);
    world.refuses(&theirs, &[&trader.key], "OrderNotExpired");
    world.refuses(&unsigned(&right, 0), &[&other.key], "anchor::AccountNotSigner");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&trader.key], "AccountInTransit");
}
