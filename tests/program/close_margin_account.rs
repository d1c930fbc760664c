//! `close_margin_account`.

use super::support::*;

#[test]
fn returns_the_rent() {
    let mut world = World::plain();
    let trader = world.trader_with(&[(COIN, ONE_COIN)]);
    let receiver = world.key().pubkey();
    let close = ix::close_margin_account(&trader.key.pubkey(), &receiver, &trader.account);
    world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    world.withdraw(&trader, COIN, None).expect("withdraw");
    let rent = world.svm.account(&trader.account).expect("open").lamports;
    let sent = world.send(close.clone(), &[&trader.key]).expect("close_margin_account");
    let closed = event!(sent, MarginAccountClosed);
    assert_same(&closed.header, &header(&world, trader.account, 2));
    assert_eq!(closed.owner, trader.key.pubkey());
    assert_eq!(world.svm.account(&receiver).expect("receiver").lamports, rent);
    let gone = world.svm.account(&trader.account);
    assert!(gone.is_none_or(|account| account.lamports == 0 && account.data.is_empty()));
    world.refuses(&close, &[&trader.key], "anchor::AccountOwnedByWrongProgram");
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), 1);
    world.refuses(&deposit, &[&trader.key], "WrongProgramOwner");
    // The address can be opened again.
    let open = ix::open_margin_account(&trader.key.pubkey(), &trader.key.pubkey(), &world.group, 0);
    world.send(open, &[&trader.key]).expect("open_margin_account");
    world.check_invariants();
}
