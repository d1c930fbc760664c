//! What fits a packet of 1,232 bytes: the fattest transactions, as they succeed in the bank.

use ballast_client::ballast::types::{CurvePointArgs, PriceFeedArgs};
use ballast_state::CURVE_POINTS;

use super::support::*;

/// Banks that a liquidator of a full account may hold besides the pair without a lookup table.
const FREE_BANKS: u16 = 11;

#[tokio::test]
async fn sixteen_balances_fit_a_packet() {
    let mut world = World::new(15).await;
    let (lender, trader) = world.full().await;
    let (account, sol, usd) = (world.margin(&trader).await, world.bank(SOL).await, world.bank(USD).await);
    let withdraw = ix::withdraw(&trader.user(SOL), &account, &sol, Some(COIN));
    let borrow = ix::borrow(&trader.user(USD), &account, &usd, DOLLAR);
    let mark = ix::mark(&trader.account, &account);
    let mut sizes = Vec::new();
    for instruction in [withdraw, borrow, mark] {
        sizes.push(world.sent(&[instruction], &trader).await);
    }
    world.crash(22_00000000).await;
    let liquidate = world.takeover(&lender, &trader, |takeover| ix::liquidate(takeover, 200 * DOLLAR)).await;
    let staged = world.staged(&lender, &trader, 200 * DOLLAR).await;
    for instructions in [vec![liquidate], staged] {
        sizes.push(world.sent(&instructions, &lender).await);
    }
    // withdraw, borrow, mark, liquidate; begin, seize, repay, end
    assert_eq!(sizes, [913, 912, 771, 847, 1_139]);
}

/// A liquidator with banks of its own: each is 33 bytes more, until the transaction needs a table.
#[tokio::test]
async fn what_fits_no_packet_changes_nothing_and_fits_with_a_table() {
    let mut world = World::new(15 + FREE_BANKS + 1).await;
    let (lender, trader) = world.full().await;
    let taker = world.trader(4).await;
    for bank in 16..16 + FREE_BANKS {
        world.deposit(&taker, bank, 1_000 * COIN).await;
    }
    // With a loan, so that all of them are needed.
    world.borrow(&taker, USD, 100 * DOLLAR).await;
    world.crash(22_00000000).await;
    let liquidate = world.takeover(&taker, &trader, |takeover| ix::liquidate(takeover, 200 * DOLLAR)).await;
    assert_eq!(world.sent(&[liquidate], &taker).await, 1_210);

    world.deposit(&taker, 16 + FREE_BANKS, 1_000 * COIN).await;
    let liquidate = world.takeover(&taker, &trader, |takeover| ix::liquidate(takeover, 200 * DOLLAR)).await;
    let keys = world.state(&[&lender, &trader, &taker]);
    let before = world.accounts(&keys).await;
    let signed = world.signed(std::slice::from_ref(&liquidate), &[&taker.key], None).await;
    // One signature and its count stand before the message.
    assert_eq!(1 + 64 + signed.message.serialize().len(), 1_243);
    assert_eq!(world.receive(&signed).await, Err(Refused::TooLarge));
    assert_eq!(world.accounts(&keys).await, before);

    let table = world.table(std::slice::from_ref(&liquidate)).await;
    let owed = world.margin(&trader).await.balance(USD).expect("a loan").shares;
    let signed = world.signed(&[liquidate], &[&taker.key], Some(&table)).await;
    assert_eq!(world.receive(&signed).await, Ok(287));
    assert!(world.margin(&trader).await.balance(USD).expect("a loan").shares < owed);
}

/// The longest changes that wait for the timelock: a feed with three sources, a bank with the longest curve.
#[tokio::test]
async fn the_longest_changes_are_published_and_executed() {
    let mut world = World::new(1).await;
    let (admin, group) = (world.admin.pubkey(), world.group);
    let feed = PriceFeedArgs { sources: (1..=3).map(|id| presets::pyth_pull([id; 32])).collect(), ..feed("SOL") };
    let mint = world.mint(2, 9);
    let mut bank = presets::bank(COIN, COIN);
    bank.warm_up = 7 * 86_400;
    let steps = u32::try_from(CURVE_POINTS - 1).expect("few points");
    bank.curve =
        (0..=steps).map(|n| CurvePointArgs { utilisation_bps: 10_000 * n / steps, rate_bps: 200 + 100 * n }).collect();
    world.as_admin(ix::configure_timelock(&admin, &group, 86_400, 86_400)).await;
    let changes = [
        (ix::add_bank(&admin, &group, 2, &mint, &spl_token_interface::ID, 1, bank), [597, 479]),
        (ix::add_price_feed(&admin, &group, 2, feed.clone()), [872, 380]),
        (ix::configure_price_feed(&admin, &group, 1, feed), [870, 346]),
    ];
    for (number, (change, sizes)) in (0..).zip(changes) {
        let published = world.as_admin(ix::propose_change(&admin, &group, number, &change)).await;
        world.pass(86_400).await;
        world.prices([1_00000000, 32_00000000]).await;
        let executed = world.as_admin(ix::execute_change(&admin, &group, number, &admin, &change)).await;
        assert_eq!([published, executed], sizes);
    }
}
