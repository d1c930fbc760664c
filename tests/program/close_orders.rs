//! `close_orders`.

use super::perps::*;
use super::support::*;

const PAYER: usize = 1;
const MARGIN_ACCOUNT: usize = 2;
const ORDERS: usize = 3;

/// A trader whose orders somebody else paid for.
fn paid_by_another() -> (World, Trader, Keypair) {
    let (mut world, _) = World::perps();
    let (trader, payer) = (world.trader_with(&[(USD, 1_000 * DOLLAR)]), world.svm.rich_keypair());
    let open = perp_ix::open_orders(&payer.pubkey(), &trader.account);
    world.send(open, &[&payer]).expect("open_orders");
    (world, trader, payer)
}

fn instruction(trader: &Trader, payer: &Keypair) -> Instruction {
    perp_ix::close_orders(&trader.key.pubkey(), &trader.account, &payer.pubkey())
}

#[test]
fn returns_the_rent_to_who_paid_it() {
    let (mut world, trader, payer) = paid_by_another();
    let (key, before) = (addresses::orders(&trader.account), world.margin(&trader));
    let rent = world.svm.account(&key).expect("open").lamports;
    let held = world.svm.account(&payer.pubkey()).expect("the payer").lamports;
    let sent = world.send(instruction(&trader, &payer), &[&trader.key]).expect("close_orders");
    let closed = event!(sent, OrdersClosed);
    assert_same(&closed.header, &header(&world, trader.account, before.sequence));
    assert_eq!(closed.orders, key);
    assert_eq!(world.svm.account(&payer.pubkey()).expect("the payer").lamports, held + rent);
    assert!(world.svm.account(&key).is_none_or(|account| account.lamports == 0 && account.data.is_empty()));
    assert_eq!(world.margin(&trader), before);
    // The address can be opened again, whoever pays.
    let open = perp_ix::open_orders(&trader.key.pubkey(), &trader.account);
    world.send(open, &[&trader.key]).expect("open_orders");
    assert_eq!((world.orders(&trader).payer, world.orders(&trader).next_id), (trader.key.pubkey(), 1));
    world.check_invariants();
}

#[test]
fn refuses_while_an_order_waits() {
    let (mut world, trader, payer) = paid_by_another();
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
    let close = instruction(&trader, &payer);
    world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    world.svm.advance(1_000);
    world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    world.cancel(&trader, COINS, 1).expect("cancel_order");
    world.send(close, &[&trader.key]).expect("close_orders");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, trader, payer) = paid_by_another();
    let other = world.perp_trader(&[]);
    let own = world.sub_account(&trader, 1);
    let right = instruction(&trader, &payer);
    for (index, key, error) in [
        (PAYER, trader.key.pubkey(), "PayerMismatch"),
        (MARGIN_ACCOUNT, other.account, "Unauthorised"),
        (MARGIN_ACCOUNT, own.account, "OrdersMismatch"),
        (ORDERS, addresses::orders(&other.account), "OrdersMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&trader.key], error);
    }
    for who in [&other.key, &payer] {
        world.refuses(&with(&right, 0, who.pubkey()), &[who], "Unauthorised");
    }
    world.refuses(&unsigned(&right, 0), &[&payer], "anchor::AccountNotSigner");
    world.send(right, &[&trader.key]).expect("right in the end");
}
