//! The whole story of a leveraged position, signed, paid for and executed in blocks: deposit, borrow, crash, liquidation,
//! deleverage.

use ballast_math::Ratio;

use super::support::*;

#[tokio::test]
async fn deposit_borrow_crash_liquidate_deleverage() {
    let mut world = World::new(1).await;
    let (lender, borrower) = (world.trader(2).await, world.trader(3).await);
    world.deposit(&lender, USD, 100_000 * DOLLAR).await;
    world.deposit(&borrower, SOL, 100 * COIN).await;
    world.borrow(&borrower, USD, 2_000 * DOLLAR).await;
    assert_eq!(world.bank(USD).await.liability_shares, 2_000 * DOLLAR);

    // SOL falls to 22. Assets 2,200, of which 2,000 are owed and more than 200 required.
    world.crash(22_00000000).await;
    assert!(world.health(&borrower).await.is_negative());
    let liquidate = world.takeover(&lender, &borrower, |takeover| ix::liquidate(takeover, u64::MAX)).await;
    world.sent(&[liquidate], &lender).await;
    let liquidated = world.health(&borrower).await;
    let target = Ratio(presets::rules().liquidation_target);
    assert!(!liquidated.is_negative());
    assert!(liquidated.assets <= target.of_up(liquidated.burden().expect("burden")).expect("target"));
    let (debt, insurance) = (world.bank(USD).await.liability_shares, world.bank(USD).await.insurance);
    assert!(debt < 2_000 * DOLLAR && insurance > 0);

    // The owner asks keepers to hold a health factor of 1.45: the first to come restores it.
    let one = 1u64 << 32;
    let floor = one * 145 / 100;
    let owner = borrower.key.pubkey();
    let policy = ix::set_policy(&owner, &borrower.account, floor, one / 10, presets::dollars(10_000));
    world.sent(&[policy], &borrower).await;
    world.pass(20).await;
    world.prices([1_00000000, 22_00000000]).await;
    let deleverage = world.takeover(&lender, &borrower, |takeover| ix::deleverage(takeover, u64::MAX, false)).await;
    world.sent(&[deleverage], &lender).await;
    let restored = world.health(&borrower).await;
    assert!(restored.value().expect("value") > liquidated.value().expect("value"));
    assert!(restored.assets >= Ratio(floor).of_up(restored.burden().expect("burden")).expect("floor"));
    let bank = world.bank(USD).await;
    assert!(bank.liability_shares < debt);
    // A deleverage takes nobody's equity: insurance is as it was, and no lender lost.
    assert_eq!((bank.insurance, bank.socialized_loss), (insurance, 0));
}
