//! `settle_market`.

use super::support::*;
use ballast_testkit::order;

const MARKET: usize = 0;
const POOL: usize = 1;
const BANK: usize = 2;
const BOARD: usize = 3;

fn instruction(world: &World) -> Instruction {
    pix::settle_market(world.quote(), COIN_PERP, 1)
}

/// The notice of the rules.
const NOTICE: i64 = 7 * 86_400;

/// A long of 20 coins from 32 dollars, in a market whose end is published.
fn ending() -> (World, Trader) {
    let (mut world, _, trader) = long();
    end(&mut world);
    (world, trader)
}

fn end(world: &mut World) {
    let (admin, terms) = (world.admin.pubkey(), plain_terms());
    let end = pix::configure_perp_market(&admin, world.quote(), COIN_PERP, 1, 2, terms);
    world.as_admin(end).expect("configure_perp_market");
}

#[test]
fn a_market_ends_at_one_price_after_its_notice() {
    let (mut world, trader) = ending();
    let published = world.svm.now();
    assert_eq!((world.market(COIN_PERP).mode, world.market(COIN_PERP).settlement_ts), (2, published + NOTICE));
    let (admin, right) = (world.admin.insecure_clone(), instruction(&world));
    world.refuses(&right, &[&admin], "MarketGoesOn");
    world.svm.set_time(published + NOTICE - 1);
    world.refresh_all();
    world.refuses(&right, &[&admin], "MarketGoesOn");
    world.svm.set_time(published + NOTICE);
    world.refresh_all();
    world.svm.advance(1);
    world.set_price(COIN, 32_50000000).expect("refresh_price_feed");
    let before = world.pool();
    let sent = world.settle_market(COIN_PERP).expect("settle_market");
    let told = event!(sent, MarketSettled);
    let market = world.market(COIN_PERP);
    assert_same(&told.header, &header(&world, world.market_key(COIN_PERP), market.sequence));
    assert_eq!((told.market, told.mark, told.skew), (COIN_PERP, (65 << 32) / 2, 20 * COIN_LOTS));
    assert_eq!((told.long_index, told.short_index), (market.long.pnl_index, market.short.pnl_index));
    assert_eq!((market.mode, market.payout, market.settlement_ts), (3, 1 << 32, world.svm.now()));
    assert_eq!((market.long.position_index, market.funding_rate, market.skew_reserve), (0, 0, 0));
    // What the long won is set aside, to an atom.
    assert_eq!((told.equity, told.stake), (49_990_000_000, 10_000_000));
    assert_eq!(
        (market.stake, world.pool().earmarked, world.pool().sequence),
        (10_000_000, 10_000_000, before.sequence + 1)
    );
    world.check_invariants();

    // Whatever the price does: that is what it gets.
    world.svm.advance(1);
    world.crash(COIN, 90_00000000);
    world.sync(COIN_PERP).expect("sync_market");
    let cash = world.margin(&trader).balance(USD).expect("a balance").shares;
    let sent = world.settle(&trader, COIN_PERP).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, 10_000_000);
    // For an hour it is spared, and stays for that.
    assert_eq!(world.margin(&trader).perp_count, 1);
    world.svm.advance(3_600);
    world.settle(&trader, COIN_PERP).expect("settle_pnl");
    assert_eq!(world.margin(&trader).balance(USD).expect("a balance").shares, cash + 10_000_000);
    assert_eq!((world.margin(&trader).perp_count, world.market(COIN_PERP).long.positions), (0, 0));
    assert_eq!((world.market(COIN_PERP).stake, world.pool().earmarked), (0, 0));
    world.refuses(&right, &[&admin], "MarketEnded");
    world.check_invariants();
}

/// Nothing brings it back, nothing is traded, and its terms stay.
#[test]
fn what_ends_takes_no_orders_and_no_terms() {
    let (mut world, trader) = ending();
    let admin = world.admin.insecure_clone();
    for mode in [0, 1, 2] {
        let back = pix::configure_perp_market(&admin.pubkey(), world.quote(), COIN_PERP, 1, mode, plain_terms());
        world.refuses(&back, &[&admin], "InvalidModeChange");
    }
    let placed = world.place(&trader, COIN_PERP, order(COIN_LOTS));
    assert!(placed.is_err_and(|failed| failed.name() == "MarketReduceOnly"));
    world.place(&trader, COIN_PERP, order(-COIN_LOTS)).expect("an exit");
}

/// The risk admin stops new risk at once; ending a market is for what is published.
#[test]
fn only_the_timelock_ends_a_market() {
    let (mut world, ..) = long();
    world.as_admin(ix::configure_timelock(&world.admin.pubkey(), &world.group, 86_400, 86_400)).expect("a timelock");
    let (admin, terms) = (world.admin.insecure_clone(), plain_terms());
    let end = pix::configure_perp_market(&admin.pubkey(), world.quote(), COIN_PERP, 1, 2, terms);
    world.refuses(&end, &[&admin], "TimelockRequired");
}

#[test]
fn refuses_prices_in_doubt() {
    let (mut world, _) = ending();
    world.svm.set_time(world.svm.now() + NOTICE);
    world.refresh_all();
    let (admin, right, board) = (world.admin.insecure_clone(), instruction(&world), world.board_key());
    for row in [0, 1] {
        for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
            world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = state);
            world.refuses(&right, &[&admin], error);
            world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 1);
        }
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].is_away = 1);
        world.refuses(&right, &[&admin], "PriceAway");
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].is_away = 0);
    }
    world.svm.advance(61);
    world.refuses(&right, &[&admin], "PriceStale");
    world.refresh_all();
    world.send(right, &[&admin]).expect("right in the end");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, _) = ending();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    world.svm.set_time(world.svm.now() + NOTICE);
    world.refresh_all();
    let right = instruction(&world);
    for (index, key, error) in [
        (MARKET, other.market, "WrongBoard"),
        (BOARD, other.board, "WrongBoard"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.send(right, &[&admin]).expect("right in the end");
}
