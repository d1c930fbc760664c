//! The fullest account: sixteen balances, in compute, heap, stack and bytes.
//!
//! What fits one transaction of 1,232 bytes without a lookup table, as measured below: `withdraw`, `borrow`, `mark` and
//! `resolve_bankruptcy` of sixteen positions; `liquidate` and `deleverage` of sixteen positions by a taker that holds at most
//! [`FREE_BANKS`] banks besides those of the account. A taker that holds more needs a lookup table, with which even two full
//! accounts without a common bank but the pair fit.

use ballast_client::instructions::Takeover;
use solana_instruction::Instruction;
use solana_message::AddressLookupTableAccount;

use super::support::*;

/// Largest transaction.
const PACKET: usize = 1_232;
/// Compute units of an instruction without a request for more.
const DEFAULT_UNITS: u64 = 200_000;
/// Banks a taker may hold besides those of a full account without needing a lookup table.
const FREE_BANKS: u16 = 11;

/// Dollars and so many coins at 32 USD, every one with a feed of its own.
fn world(markets: u16) -> World {
    let mut world = World::empty();
    world.list(&MarketSpec::new(PLAIN_DOLLAR, 6, 1_00000000));
    for _ in 1..markets {
        world.list(&MarketSpec::new(PLAIN, 9, 32_00000000));
    }
    world
}

/// A lender, and an account with deposits in banks 1 to 15 and a loan of dollars near the Initial limit.
fn full(world: &mut World) -> (Trader, Trader) {
    let lender = world.trader_with(&[(0, 1_000_000 * DOLLAR)]);
    let trader = world.trader();
    for bank in 1..16 {
        world.deposit(&trader, bank, 100 * ONE_COIN).expect("deposit");
    }
    world.borrow(&trader, 0, 31_000 * DOLLAR).expect("borrow");
    assert_eq!(world.margin(&trader).balance_count, 16);
    (lender, trader)
}

/// All coins fall to 23.40 USD.
fn crash(world: &mut World) {
    world.svm.advance(1);
    for _ in 0..2 {
        for market in world.markets.clone() {
            let price = if market.bank == 0 { 1_00000000 } else { 23_40000000 };
            world.set_price(market.bank, price).expect("refresh_price_feed");
        }
        world.svm.advance(11);
    }
    // Not a second more: the second refresh is eleven seconds old.
}

fn check(sent: &Sent, what: &str) {
    assert!(sent.compute_units < DEFAULT_UNITS, "{what}: {} units", sent.compute_units);
    assert!(sent.bytes <= PACKET, "{what}: {} bytes", sent.bytes);
    eprintln!("{what}: {} bytes, {} units", sent.bytes, sent.compute_units);
}

#[test]
fn t26_sixteen_positions_fit_one_transaction() {
    let mut world = world(16);
    let (_, trader) = full(&mut world);
    let taker = world.trader_with(&[(0, 100_000 * DOLLAR)]);
    world.advance(100);
    check(&step(&mut world, |world| world.withdraw(&trader, 3, Some(1))), "withdraw");
    check(&step(&mut world, |world| world.borrow(&trader, 0, 1)), "borrow");
    check(&step(&mut world, |world| world.mark(&trader)), "mark");
    check(&step(&mut world, |world| world.set_policy(&trader, 14_000, 1_000, 100_000)), "set_policy");
    check(&step(&mut world, |world| world.deleverage(&taker, &trader, 0, 5, 100 * DOLLAR, false)), "deleverage");
    crash(&mut world);
    assert!(world.health(&trader).is_negative());
    // Refreshed eleven seconds ago, and with its cool-off over.
    for collateral in [15, 1, 7] {
        let sent = step(&mut world, |world| world.liquidate(&taker, &trader, 0, collateral, 200 * DOLLAR));
        check(&sent, "liquidate");
        assert_eq!(event!(sent, Liquidated).repaid, 200 * DOLLAR);
    }
}

/// Coins of one bank after the other are liquidated until the last: the sixteenth balance goes with the fifteenth
/// liquidation, and the loss is absorbed in it.
#[test]
fn t26_t27_a_full_account_is_liquidated_to_the_last_balance() {
    let mut world = world(16);
    let (_, trader) = full(&mut world);
    let taker = world.trader_with(&[(0, 100_000 * DOLLAR)]);
    world.svm.advance(1);
    for _ in 0..2 {
        for market in world.markets.clone() {
            let price = if market.bank == 0 { 1_00000000 } else { 16_00000000 };
            world.set_price(market.bank, price).expect("refresh_price_feed");
        }
        world.svm.advance(11);
    }
    for collateral in 1..16 {
        let sent = step(&mut world, |world| world.liquidate(&taker, &trader, 0, collateral, u64::MAX));
        check(&sent, "liquidate");
        let done = event!(sent, Liquidated);
        assert_eq!(done.seized_shares, 100 * ONE_COIN);
        assert_eq!(done.loss.deficit > 0, collateral == 15);
    }
    assert_eq!(world.margin(&trader).balance_count, 0);
}

/// The instruction of a taker that holds `others` banks of its own besides the pair.
fn with_others(others: u16) -> (World, Trader, Instruction) {
    let mut world = world(16 + others);
    let (_, trader) = full(&mut world);
    let mut holdings = vec![(0, 100_000 * DOLLAR)];
    // The last one is needed to be read at all: a taker with a loan.
    holdings.extend((16..16 + others).map(|bank| (bank, 1_000 * ONE_COIN)));
    let taker = world.trader_with(&holdings);
    if others > 0 {
        world.withdraw(&taker, 0, None).expect("withdraw");
        world.borrow(&taker, 0, 100 * DOLLAR).expect("borrow");
    }
    crash(&mut world);
    let (taker_state, account_state) = (world.margin(&taker), world.margin(&trader));
    let liquidate = ix::liquidate(
        &Takeover {
            authority: taker.key.pubkey(),
            taker: taker.account,
            taker_state: &taker_state,
            account: trader.account,
            account_state: &account_state,
            loan_bank: 0,
            collateral_bank: 1,
        },
        200 * DOLLAR,
    );
    (world, taker, liquidate)
}

/// A liquidator with banks of its own: each is 33 bytes more.
#[test]
fn t26_a_liquidator_with_other_banks_may_need_a_lookup_table() {
    for others in [0, 1, FREE_BANKS, FREE_BANKS + 1] {
        let (mut world, taker, liquidate) = with_others(others);
        let sent = step(&mut world, |world| world.send(liquidate, &[&taker.key]));
        eprintln!("liquidate, {others} other banks: {} bytes, {} units", sent.bytes, sent.compute_units);
        assert_eq!(sent.bytes <= PACKET, others <= FREE_BANKS, "{others}: {}", sent.bytes);
    }
}

/// Two full accounts that share only the pair: 14 banks each besides it, through a lookup table, within all limits.
#[test]
fn t26_two_full_accounts_fit_with_a_lookup_table() {
    let (mut world, taker, liquidate) = with_others(14);
    assert_eq!(world.margin(&taker).balance_count, 15);
    let key = world.key().pubkey();
    let addresses: Vec<Pubkey> =
        liquidate.accounts.iter().filter(|meta| !meta.is_signer).map(|meta| meta.pubkey).collect();
    world.svm.put_table(&key, &addresses);
    let table = AddressLookupTableAccount { key, addresses };
    let sent = step(&mut world, |world| world.svm.send_with_table(&[liquidate], &[&taker.key], &table));
    check(&sent, "liquidate, two full accounts, lookup table");
    assert_eq!(world.margin(&taker).balance_count, 16);
}

/// A full taker has no slot for another collateral.
#[test]
fn t26_a_full_liquidator_takes_only_what_it_has_a_slot_for() {
    let (mut world, taker, liquidate) = with_others(15);
    assert_eq!(world.margin(&taker).balance_count, 16);
    fails(&mut world, "TooManyBalances", |world| world.send(liquidate, &[&taker.key]));
}
