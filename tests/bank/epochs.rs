//! Slots and epochs go by: nothing in an account changes by itself, and what time costs is what the engine says.

use ballast_math::Index;
use ballast_risk::{interest, lending};

use super::support::*;

/// Slots of an epoch; the first fourteen are shorter.
const SLOTS: u64 = 432_000;
/// Code of `PriceStale`.
const STALE: u32 = 7_001;

/// Goes to an epoch's first slot; unix time moves on by 400 ms a slot, as it would if anybody voted.
async fn enter(world: &mut World, epoch: u64) {
    let before = world.clock().await.slot;
    let first = world.context.genesis_config().epoch_schedule.get_first_slot_in_epoch(epoch);
    world.skip(first - before).await;
    assert_eq!((world.clock().await.epoch, world.clock().await.slot), (epoch, first));
    world.pass(i64::try_from((first - before) * 400 / 1_000).expect("seconds")).await;
}

#[tokio::test]
async fn epochs_pass_and_interest_is_what_the_engine_computes() {
    let mut world = World::new(1).await;
    enter(&mut world, 20).await;
    world.prices([1_00000000, 32_00000000]).await;
    let (lender, borrower) = (world.trader(2).await, world.trader(3).await);
    world.deposit(&lender, USD, 100_000 * DOLLAR).await;
    world.deposit(&borrower, SOL, 100 * COIN).await;
    world.borrow(&borrower, USD, 2_000 * DOLLAR).await;

    let keys = world.state(&[&lender, &borrower]);
    let (accounts, start) = (world.accounts(&keys).await, world.clock().await);
    enter(&mut world, 21).await;
    let end = world.clock().await;
    assert_eq!((end.slot - start.slot, end.unix_timestamp - start.unix_timestamp), (SLOTS, 172_800));
    assert_eq!(world.accounts(&keys).await, accounts);

    // A gift makes the bank accrue, and leaves its rate alone.
    let bank = world.bank(USD).await;
    let mut expected = bank;
    interest::accrue(&mut expected, world.now().await).expect("interest");
    lending::deposit_insurance(&mut expected, DOLLAR).expect("a gift");
    let gift = ix::deposit_insurance(&lender.key.pubkey(), &lender.tokens(USD), &bank, DOLLAR);
    world.sent(&[gift], &lender).await;
    assert_eq!(world.bank(USD).await, expected);
    // Two days at 2.15 % a year, which is the rate at a use of 2 %; a tenth of it is a fee.
    let owed = Index::from_words(expected.liability_index).amount_up(expected.liability_shares).expect("a debt");
    assert_eq!((owed, expected.fees), (2_000_235_470, 23_546));

    // Nobody published for an epoch: the next print ends a halt, and its grace has to pass before a crash ends in a liquidation.
    enter(&mut world, 22).await;
    world.prices([1_00000000, 32_00000000]).await;
    world.pass(i64::from(presets::rules().halt_grace)).await;
    world.crash(22_00000000).await;
    assert!(world.health(&borrower).await.is_negative());
    let liquidate = world.takeover(&lender, &borrower, |takeover| ix::liquidate(takeover, u64::MAX)).await;
    world.sent(&[liquidate], &lender).await;
    assert!(!world.health(&borrower).await.is_negative());
    // Everybody leaves in the epoch after that, without a price.
    enter(&mut world, 23).await;
    world.leave(&borrower, &[SOL]).await;
    world.leave(&lender, &[USD, SOL]).await;
}

/// Prices and pauses are counted in seconds: any number of slots within one changes nothing.
#[tokio::test]
async fn slots_age_no_price() {
    let mut world = World::new(1).await;
    let (lender, borrower) = (world.trader(2).await, world.trader(3).await);
    world.deposit(&lender, USD, 100_000 * DOLLAR).await;
    world.deposit(&borrower, SOL, 100 * COIN).await;
    let max_age = i64::from(presets::rules().borrow_max_age);
    world.pass(max_age).await;
    world.skip(1_000_000).await;
    world.borrow(&borrower, USD, 1_000 * DOLLAR).await;
    world.pass(1).await;
    world.skip(1).await;
    let (account, bank) = (world.margin(&borrower).await, world.bank(USD).await);
    let more = ix::borrow(&borrower.user(USD), &account, &bank, 1_000 * DOLLAR);
    assert_eq!(world.send(&[more], &[&borrower.key]).await, code(STALE));
}
