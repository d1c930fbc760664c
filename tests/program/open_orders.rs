//! `open_orders`.

use ballast_state::{Orders, Zeroable};

use super::perps::*;
use super::support::*;

#[test]
fn makes_an_empty_account_whoever_pays() {
    let mut world = World::plain();
    let (trader, payer) = (world.trader(), world.svm.rich_keypair());
    let key = addresses::orders(&trader.account);
    let open = perp_ix::open_orders(&payer.pubkey(), &trader.account);
    let sent = world.send(open.clone(), &[&payer]).expect("open_orders");
    let opened = event!(sent, OrdersOpened);
    assert_same(&opened.header, &header(&world, trader.account, 0));
    assert_eq!(opened.orders, key);
    let orders: Orders = world.svm.read(&key);
    let mut expected = Orders::zeroed();
    expected.version = 1;
    expected.bump = orders.bump;
    expected.margin_account = trader.account;
    expected.payer = payer.pubkey();
    expected.next_id = 1;
    assert_eq!(orders, expected);
    world.refuses(&open, &[&payer], "AlreadyExists");
    world.check_invariants();
}

/// Lamports that somebody sent to the address before do not stop it.
#[test]
fn v28_funded_orders_can_be_opened() {
    let mut world = World::plain();
    let trader = world.trader();
    let key = addresses::orders(&trader.account);
    world.svm.put(&key, solana_account::Account { lamports: 1, ..Default::default() });
    let open = perp_ix::open_orders(&trader.key.pubkey(), &trader.account);
    world.send(open, &[&trader.key]).expect("open_orders");
    assert_eq!(world.orders(&trader).margin_account, trader.account);
}

#[test]
fn refuses_what_is_not_right() {
    let (mut world, _, trader) = lent();
    let open = perp_ix::open_orders(&trader.key.pubkey(), &trader.account);
    let bank = world.bank_key(USD);
    world.refuses(&perp_ix::open_orders(&trader.key.pubkey(), &bank), &[&trader.key], "WrongAccountType");
    let tokens = trader.tokens[0];
    world.refuses(&perp_ix::open_orders(&trader.key.pubkey(), &tokens), &[&trader.key], "WrongProgramOwner");
    world.refuses(&with(&open, 2, trader.key.pubkey()), &[&trader.key], "anchor::ConstraintSeeds");
    world.refuses(&with(&open, 3, bank), &[&trader.key], "WrongSystemProgram");
    let other = world.svm.rich_keypair();
    world.refuses(&unsigned(&open, 0), &[&other], "anchor::AccountNotSigner");
}
