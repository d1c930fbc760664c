//! `close_margin_account`.

use super::perps::*;
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
    world.refuses(&close, &[&trader.key], "WrongProgramOwner");
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), 1);
    world.refuses(&deposit, &[&trader.key], "WrongProgramOwner");
    // The address can be opened again.
    let open = ix::open_margin_account(&trader.key.pubkey(), &trader.key.pubkey(), &world.group, 0);
    world.send(open, &[&trader.key]).expect("open_margin_account");
    world.check_invariants();
}

#[test]
fn refuses_everyone_but_the_owner_outside_of_a_liquidation() {
    let mut world = World::plain();
    let (trader, stranger) = (world.trader(), world.trader());
    let close = ix::close_margin_account(&trader.key.pubkey(), &stranger.key.pubkey(), &trader.account);
    world.refuses(&with(&close, 0, stranger.key.pubkey()), &[&stranger.key], "Unauthorised");
    world.refuses(&unsigned(&close, 0), &[&stranger.key], "anchor::AccountNotSigner");
    world.refuses(&with(&close, 1, trader.account), &[&trader.key], "DuplicateAccount");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&close, &[&trader.key], "AccountInTransit");
}

/// An order could fill, a position could lose: neither is left behind.
#[test]
fn refuses_with_orders_or_positions() {
    let (mut world, trader, keeper) = cast();
    let who = trader.key.pubkey();
    let close = ix::close_margin_account(&who, &who, &trader.account);
    world.trade_at(&keeper, &trader, COINS, 10 * LOTS, PRICE);
    world.place(&trader, COINS, order(-10 * LOTS)).expect("place_order");
    // Its dollars are gone, by hand: what may leave is another matter.
    world.svm.edit::<MarginAccount>(&trader.account, |account| {
        (account.balance_count, account.balances) = (0, [ballast_state::Zeroable::zeroed(); 16]);
    });
    world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    world.svm.edit::<MarginAccount>(&trader.account, |account| {
        (account.perp_count, account.perps) = (0, [ballast_state::Zeroable::zeroed(); ballast_state::PERPS]);
    });
    world.refuses(&close, &[&trader.key], "AccountNotEmpty");
    world.cancel(&trader, COINS, 2).expect("cancel_order");
    world.send(close, &[&trader.key]).expect("close_margin_account");
}

/// Lamports sent to it in the same transaction keep the account alive, but nothing of what it was: it is the system's, no
/// instruction takes it, and its owner can open it anew.
#[test]
fn a_revived_account_is_nothing() {
    let (mut world, _, trader) = lent();
    let other = world.sub_account(&trader, 1);
    let who = trader.key.pubkey();
    let close = ix::close_margin_account(&who, &who, &other.account);
    let revive = pay(&who, &other.account, 1_000_000_000);
    world.svm.send(&[close.clone(), revive], &[&trader.key]).expect("close_margin_account");
    let left = world.svm.account(&other.account).expect("alive");
    assert!(left.data.iter().all(|byte| *byte == 0));
    world.refuses(&close, &[&trader.key], "WrongProgramOwner");
    let deposit = ix::deposit(&ix::User { margin_account: other.account, ..trader.user(COIN) }, &world.bank(COIN), 1);
    world.refuses(&deposit, &[&trader.key], "WrongProgramOwner");
    world.refuses(&ix::migrate_account(&other.account), &[&trader.key], "WrongProgramOwner");
    world.send(ix::open_margin_account(&who, &who, &world.group, 1), &[&trader.key]).expect("open_margin_account");
}
