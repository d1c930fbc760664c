//! `transfer_margin_account`.

use ballast_state::{rights, DeleveragePolicy, Zeroable};

use super::support::*;

/// An account with coins and a loan, a delegate and a policy, and the transfer of it to somebody.
fn ready() -> (World, Trader, Trader, Instruction) {
    let (mut world, _, trader) = indebted();
    let next = world.trader();
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let delegate =
        ix::set_delegate(&trader.key.pubkey(), &trader.account, Pubkey::new_from_array([7; 32]), rights::ALL);
    world.send(delegate, &[&trader.key]).expect("set_delegate");
    let transfer = ix::transfer_margin_account(&trader.key.pubkey(), &next.key.pubkey(), &trader.account);
    (world, trader, next, transfer)
}

#[test]
fn gives_everything_but_delegate_and_policy() {
    let (mut world, trader, next, transfer) = ready();
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.unhealthy_since = 77);
    let before = world.margin(&trader);
    let sent = world.send(transfer.clone(), &[&trader.key, &next.key]).expect("transfer_margin_account");
    let told = event!(sent, MarginAccountTransferred);
    assert_same(&told.header, &header(&world, trader.account, before.sequence + 1));
    assert_eq!((told.from, told.to), (trader.key.pubkey(), next.key.pubkey()));
    let expected = MarginAccount {
        owner: next.key.pubkey(),
        delegate: Pubkey::default(),
        delegate_rights: 0,
        policy: DeleveragePolicy::zeroed(),
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!(world.margin(&trader), expected);
    world.check_invariants();

    // It is the next owner's now, and no longer the former's.
    world.refuses(&transfer, &[&trader.key, &next.key], "Unauthorised");
    let former = ix::withdraw(&trader.user(COIN), &world.margin(&trader), &world.bank(COIN), Some(1));
    world.refuses(&former, &[&trader.key], "Unauthorised");
    let user = ix::User { margin_account: trader.account, ..next.user(COIN) };
    let withdraw = ix::withdraw(&user, &world.margin(&trader), &world.bank(COIN), Some(ONE_COIN));
    world.send(withdraw, &[&next.key]).expect("withdraw");
    assert_eq!(world.svm.tokens(&next.tokens[1]), ONE_COIN);
}

/// The former owner's address stays taken, and the new owner's own account is another one.
#[test]
fn the_address_stays() {
    let (mut world, trader, next, transfer) = ready();
    world.send(transfer, &[&trader.key, &next.key]).expect("transfer_margin_account");
    let open = ix::open_margin_account(&trader.key.pubkey(), &trader.key.pubkey(), &world.group, 0);
    world.refuses(&open, &[&trader.key], "AlreadyExists");
    assert_eq!(world.margin(&next).balance_count, 0);
}

#[test]
fn both_have_to_sign() {
    let (mut world, trader, next, transfer) = ready();
    world.refuses(&unsigned(&transfer, 1), &[&trader.key], "anchor::AccountNotSigner");
    world.refuses(&unsigned(&transfer, 0), &[&next.key], "anchor::AccountNotSigner");
    world.refuses(&with(&transfer, 0, next.key.pubkey()), &[&next.key], "Unauthorised");
}

/// Nobody takes an account away while its liquidation is open.
#[test]
fn t07_refuses_in_the_middle_of_a_liquidation() {
    let (mut world, trader, next, transfer) = ready();
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&transfer, &[&trader.key, &next.key], "AccountInTransit");
}

/// A flash loan is the bank's, not an account's: giving an account away in its middle changes nothing about what is due.
#[test]
fn t07_inside_a_flash_loan_it_gives_nothing_away() {
    let (mut world, trader, next, transfer) = ready();
    world.mint_to(&next, USD, 10 * DOLLAR);
    let (who, tokens) = (next.key.pubkey(), next.tokens[0]);
    let begin = ix::begin_flash_loan(&who, &tokens, &world.bank(USD), 1_000 * DOLLAR);
    let end = ix::end_flash_loan(&who, &tokens, &world.bank(USD));
    let before = world.vault(USD);
    let whole = [begin.clone(), transfer.clone(), end];
    world.svm.send(&whole, &[&next.key, &trader.key]).expect("a flash loan");
    assert_eq!(world.margin(&trader).owner, next.key.pubkey());
    // 5 bp: a step of the rate's 32 bits below half a dollar, and up.
    assert_eq!((world.vault(USD) - before, world.bank(USD).flash_loaned), (DOLLAR / 2, 0));
    assert_fails(world.svm.send(&[begin, transfer], &[&next.key, &trader.key]), "MissingEnd");
    world.check_invariants();
}
