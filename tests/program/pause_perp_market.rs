//! `pause_perp_market`.

use super::perps::*;
use super::support::*;

const MARKET: usize = 2;

fn pause(world: &World, seconds: u32) -> Instruction {
    perp_ix::pause_perp_market(&world.admin.pubkey(), &world.group, COINS, seconds)
}

#[test]
fn pauses_for_a_while_and_ends_early() {
    let (mut world, trader, _) = cast();
    let before = world.market(COINS);
    let sent = world.as_admin(pause(&world, 86_400)).expect("pause_perp_market");
    let told = event!(sent, MarketConfigured);
    assert_same(&told.header, &header(&world, world.market_key(COINS), before.sequence + 1));
    let until = world.svm.now() + 86_400;
    assert_eq!((told.market, told.mode, told.paused_until), (COINS, 0, until));
    assert_eq!(world.market(COINS), PerpMarket { paused_until: until, sequence: before.sequence + 1, ..before });
    // The other market goes on.
    let place = world.place_order(&trader, COINS, order(LOTS));
    world.refuses(&place, &[&trader.key], "MarketPaused");
    world.place(&trader, GEMS, order(10_000)).expect("place_order");
    world.svm.advance(5);
    let sent = world.as_admin(pause(&world, 0)).expect("pause_perp_market");
    assert_eq!(event!(sent, MarketConfigured).paused_until, world.svm.now());
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
    world.check_invariants();
}

/// It ends by itself, with the second it names.
#[test]
fn a_pause_ends_by_itself() {
    let (mut world, trader, _) = cast();
    world.as_admin(pause(&world, 60)).expect("pause_perp_market");
    world.advance(59);
    let place = world.place_order(&trader, COINS, order(LOTS));
    world.refuses(&place, &[&trader.key], "MarketPaused");
    world.advance(1);
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
}

/// What waits ends without a fee; reductions, settlement and liquidation go on.
#[test]
fn exits_go_on() {
    let (mut world, trader, keeper) = cast();
    world.trade_at(&keeper, &trader, COINS, 10 * LOTS, PRICE);
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
    let other = world.perp_trader(&[(USD, 100 * DOLLAR)]);
    world.trade_at(&keeper, &other, COINS, 10 * LOTS, PRICE);
    world.as_admin(pause(&world, 3_600)).expect("pause_perp_market");

    let told = event!(world.fill(&keeper, &trader, COINS, 2).expect("fill_order"), OrderFilled);
    assert_eq!((told.outcome, told.keeper_fee), (13, 0));
    world.place(&trader, COINS, order(-4 * LOTS)).expect("place_order");
    let told = event!(world.fill_at(&keeper, &trader, COINS, 3, PRICE).expect("fill_order"), OrderFilled);
    assert_eq!((told.outcome, told.position.lots), (0, 6 * LOTS));

    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    // Six coins, eight dollars each; and the fraction of an atom that the order's premium left.
    let sent = world.settle(&trader, COINS).expect("settle_pnl");
    let told = event!(sent, PnlSettled);
    assert_eq!((told.paid, told.mark, told.position.lots), (-48_000_001, 24 << 32, 6 * LOTS));
    let sent = world.liquidate_perp(&keeper, &other, COINS, u64::MAX).expect("liquidate_perp");
    let told = event!(sent, PerpLiquidated);
    assert!(told.lots < 0, "sold");
    assert_eq!(told.position.lots, 10 * LOTS + told.lots);
    world.check_invariants();
}

#[test]
fn refuses_longer_than_the_group_allows() {
    let (mut world, _, _) = cast();
    let admin = world.admin.insecure_clone();
    for seconds in [86_401, u32::MAX] {
        let pause = pause(&world, seconds);
        world.refuses(&pause, &[&admin], "PauseTooLong");
    }
}

#[test]
fn refuses_everyone_else() {
    let (mut world, _, _) = cast();
    let pause = pause(&world, 1);
    refuses_everyone_but(&mut world, &pause, &[Role::Admin, Role::Guardian]);
}

/// The guardian's pauses end by themselves, and there is as much time between them as the longest may take.
#[test]
fn the_guardian_pauses_half_of_the_time_at_most() {
    let (mut world, _, _) = cast();
    let roles = world.appoint();
    let (guardian, group) = (&roles.guardian, world.group);
    let pause = |seconds| perp_ix::pause_perp_market(&guardian.pubkey(), &group, COINS, seconds);
    world.send(pause(86_400), &[guardian]).expect("a pause");
    for wait in [0, 86_399, 1, 86_399] {
        world.svm.advance(wait);
        world.refuses(&pause(1), &[guardian], "PauseTooSoon");
    }
    world.svm.advance(1);
    world.send(pause(1), &[guardian]).expect("a pause");
}

/// Once there is a timelock, what the guardian stopped the admin's key alone does not start again.
#[test]
fn only_the_guardian_ends_a_pause_early_once_there_is_a_timelock() {
    let (mut world, _, _) = cast();
    let roles = world.appoint();
    let (admin, guardian) = (world.admin.insecure_clone(), &roles.guardian);
    world.lock();
    let by_guardian =
        |world: &World, seconds| perp_ix::pause_perp_market(&guardian.pubkey(), &world.group, COINS, seconds);
    world.send(by_guardian(&world, 1_000), &[guardian]).expect("a pause");
    world.svm.advance(10);
    for seconds in [0, 1, 989] {
        world.refuses(&pause(&world, seconds), &[&admin], "TimelockRequired");
    }
    for seconds in [990, 2_000] {
        world.send(pause(&world, seconds), &[&admin]).expect("no shorter");
    }
    world.send(by_guardian(&world, 0), &[guardian]).expect("the end of a pause");
    world.send(pause(&world, 0), &[&admin]).expect("nothing to shorten");
}

/// A market that nobody touched for a year, with a feed as old, or with none, can be paused.
#[test]
fn t16_needs_no_price_and_no_sync() {
    let (mut world, _, _) = cast();
    world.svm.advance(31_557_600);
    let (before, board) = (world.market(COINS), world.board_key());
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 0);
    world.as_admin(pause(&world, 60)).expect("pause_perp_market");
    let expected = PerpMarket { paused_until: world.svm.now() + 60, sequence: before.sequence + 1, ..before };
    assert_eq!(world.market(COINS), expected);
}

#[test]
fn refuses_markets_of_other_groups() {
    let (mut world, _, _) = cast();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = pause(&world, 1);
    world.refuses(&with(&right, MARKET, other.market), &[&admin], "WrongGroup");
    world.send(right, &[&admin]).expect("right in the end");
}
