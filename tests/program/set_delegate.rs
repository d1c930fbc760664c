//! `set_delegate`, and what a delegate may do.

use ballast_state::rights;

use super::support::*;

fn set(trader: &Trader, delegate: &Pubkey, given: u32) -> Instruction {
    ix::set_delegate(&trader.key.pubkey(), &trader.account, *delegate, given)
}

/// [`indebted`], and a delegate of the trader with these rights, who has dollars and coins and accounts for them.
fn delegated(given: u32) -> (World, Trader, Trader) {
    let (mut world, _, trader) = indebted();
    let delegate = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    world.mint_to(&delegate, COIN, 10 * ONE_COIN);
    world.mint_to(&delegate, USD, 10 * DOLLAR);
    world.send(set(&trader, &delegate.key.pubkey(), given), &[&trader.key]).expect("set_delegate");
    (world, trader, delegate)
}

/// The trader's account, moved by the delegate to or from token accounts of `tokens`.
fn by(delegate: &Trader, trader: &Trader, tokens: &Trader, bank: u16) -> ix::User {
    ix::User { authority: delegate.key.pubkey(), ..trader.user(bank) }.with_tokens(tokens, bank)
}

trait WithTokens {
    fn with_tokens(self, of: &Trader, bank: u16) -> Self;
}

impl WithTokens for ix::User {
    fn with_tokens(self, of: &Trader, bank: u16) -> Self {
        Self { tokens: of.tokens[usize::from(bank)], ..self }
    }
}

#[test]
fn names_a_delegate_and_takes_it_back() {
    let (mut world, _, trader) = lent();
    let delegate = Pubkey::new_from_array([7; 32]);
    for (who, given) in [(delegate, 7), (delegate, 1), (Pubkey::default(), 0)] {
        let before = world.margin(&trader);
        let sent = world.send(set(&trader, &who, given), &[&trader.key]).expect("set_delegate");
        let told = event!(sent, DelegateSet);
        assert_same(&told.header, &header(&world, trader.account, before.sequence + 1));
        assert_eq!((told.delegate, told.rights), (who, given));
        let expected = MarginAccount { delegate: who, delegate_rights: given, sequence: before.sequence + 1, ..before };
        assert_eq!(world.margin(&trader), expected);
    }
}

#[test]
fn refuses_rights_that_do_not_exist() {
    let (mut world, _, trader) = lent();
    for given in [8, 9, 1 << 31, u32::MAX] {
        world.refuses(&set(&trader, &Pubkey::default(), given), &[&trader.key], "InvalidParameter");
    }
}

#[test]
fn refuses_everyone_but_the_owner_outside_of_a_liquidation() {
    let (mut world, trader, delegate) = delegated(rights::ALL);
    let own = set(&trader, &delegate.key.pubkey(), 7);
    world.refuses(&with(&own, 0, delegate.key.pubkey()), &[&delegate.key], "Unauthorised");
    world.refuses(&unsigned(&own, 0), &[&delegate.key], "anchor::AccountNotSigner");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&own, &[&trader.key], "AccountInTransit");
}

/// Each right lets one thing through, and no other.
#[test]
fn each_right_is_for_one_thing() {
    for given in 0..=rights::ALL {
        let (mut world, trader, delegate) = delegated(given);
        let deposit = ix::deposit(&by(&delegate, &trader, &delegate, COIN), &world.bank(COIN), ONE_COIN);
        let (account, user) = (world.margin(&trader), by(&delegate, &trader, &trader, COIN));
        let withdraw = ix::withdraw(&user, &account, &world.bank(COIN), Some(ONE_COIN));
        let user = by(&delegate, &trader, &trader, USD);
        let borrow = ix::borrow(&user, &account, &world.bank(USD), 10 * DOLLAR);
        for (right, instruction) in [(rights::DEPOSIT, deposit), (rights::REDUCE, withdraw), (rights::TRADE, borrow)] {
            if given & right == 0 {
                world.refuses(&instruction, &[&delegate.key], "Unauthorised");
            } else {
                world.send(instruction, &[&delegate.key]).unwrap_or_else(|failed| panic!("{given}: {}", failed.name()));
            }
        }
        world.check_invariants();
    }
}

/// Whatever the rights, tokens that leave go to the owner.
#[test]
fn sends_to_the_owner_or_nowhere() {
    let (mut world, trader, delegate) = delegated(rights::ALL);
    let account = world.margin(&trader);
    for tokens in [&delegate, &world.trader()] {
        let (coins, dollars) = (by(&delegate, &trader, tokens, COIN), by(&delegate, &trader, tokens, USD));
        let withdraw = ix::withdraw(&coins, &account, &world.bank(COIN), Some(1));
        world.refuses(&withdraw, &[&delegate.key], "DestinationNotOwners");
        let borrow = ix::borrow(&dollars, &account, &world.bank(USD), 10 * DOLLAR);
        world.refuses(&borrow, &[&delegate.key], "DestinationNotOwners");
    }
    // Nor to what is no token account, though its bytes name the owner.
    let fake = world.key().pubkey();
    let data = world.svm.account(&trader.tokens[1]).expect("tokens").data;
    world.svm.put_data(&fake, &Pubkey::new_from_array([66; 32]), data);
    let user = ix::User { tokens: fake, ..by(&delegate, &trader, &trader, COIN) };
    let withdraw = ix::withdraw(&user, &account, &world.bank(COIN), Some(1));
    world.refuses(&withdraw, &[&delegate.key], "WrongTokenAccount");
    // Any token account of the owner does.
    let other = world.key().pubkey();
    world.svm.put_tokens(&other, &world.bank(COIN).mint, &trader.key.pubkey(), 0);
    let user = ix::User { tokens: other, ..user };
    let withdraw = ix::withdraw(&user, &account, &world.bank(COIN), Some(ONE_COIN));
    world.send(withdraw, &[&delegate.key]).expect("withdraw");
    assert_eq!(world.svm.tokens(&other), ONE_COIN);
}

/// A delegate's loan and withdrawal pass the same checks of health as the owner's.
#[test]
fn leaves_the_account_healthy() {
    let (mut world, trader, delegate) = delegated(rights::ALL);
    let user = by(&delegate, &trader, &trader, USD);
    let borrow = ix::borrow(&user, &world.margin(&trader), &world.bank(USD), 1_000 * DOLLAR);
    world.refuses(&borrow, &[&delegate.key], "InsufficientHealth");
    let user = by(&delegate, &trader, &trader, COIN);
    let withdraw = ix::withdraw(&user, &world.margin(&trader), &world.bank(COIN), None);
    world.refuses(&withdraw, &[&delegate.key], "InsufficientHealth");
}

/// What is left is the owner's: the policy, the account's end and its owner, and taking over others' positions with it.
#[test]
fn leaves_all_else_to_the_owner() {
    let (mut world, trader, delegate) = delegated(rights::ALL);
    let (who, key) = (delegate.key.pubkey(), &delegate.key);
    let policy = ix::set_policy(&who, &trader.account, 0, 0, 0);
    world.refuses(&policy, &[key], "Unauthorised");
    world.refuses(&ix::close_margin_account(&who, &who, &trader.account), &[key], "Unauthorised");
    world.refuses(&ix::transfer_margin_account(&who, &who, &trader.account), &[key], "Unauthorised");
    world.refuses(&with(&set(&trader, &who, 7), 0, who), &[key], "Unauthorised");
    world.svm.advance(1);
    world.crash(COIN, 20_00000000);
    let taker = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.send(set(&taker, &who, rights::ALL), &[&taker.key]).expect("set_delegate");
    let liquidate = takeover(&world, &taker, &trader, USD, COIN, |takeover| ix::liquidate(takeover, u64::MAX));
    world.refuses(&with(&liquidate, 0, who), &[key], "Unauthorised");
    world.send(liquidate, &[&taker.key]).expect("the owner's own");
}
