//! Perps from end to end: what a round trip costs, where losses go, what a hedge is good for, who is liquidated and who is not.

use ballast_client::ballast::types::MarketArgs;
use ballast_client::{perps as perp_ix, view};
use ballast_math::Ratio;
use ballast_risk::{perp, RiskError};
use ballast_state::{MarginAccount, PerpMarket, RiskBoard};
use ballast_testkit::order;

use super::guards;
use super::support::*;

/// The market of coins, at 32 atoms of a dollar a lot.
const COINS: u16 = 0;
/// A coin in lots.
const LOTS: i64 = 1_000_000;
const PRICE: i64 = 32_00000000;

/// A trader with dollars, a keeper with nothing.
fn cast(dollars: u64) -> (World, Trader, Trader) {
    let (mut world, _) = World::perps();
    let trader = world.perp_trader(&[(USD, dollars * DOLLAR)]);
    let keeper = world.trader();
    world.check_invariants();
    (world, trader, keeper)
}

/// Atoms of dollars, below zero owed: no interest in this world, a share is an atom.
fn dollars(world: &World, trader: &Trader) -> i64 {
    atoms(&world.margin(trader))
}

fn atoms(account: &MarginAccount) -> i64 {
    account.balance(USD).map_or(0, |balance| {
        let atoms = i64::try_from(balance.shares).expect("in range");
        if balance.is_loan() {
            -atoms
        } else {
            atoms
        }
    })
}

fn pool(world: &World) -> i64 {
    i64::try_from(world.pool().shares).expect("in range")
}

/// A price that counts, and the market at it.
fn reach(world: &mut World, price: i64) {
    world.svm.advance(1);
    world.crash(COIN, price);
    world.sync(COINS).expect("sync_market");
}

/// Marks an account, positions included.
fn mark(world: &mut World, trader: &Trader) {
    let mark = ix::mark(&trader.account, &world.margin(trader));
    world.as_admin(mark).expect("mark");
}

/// Opened and closed at one print, in whichever order, a position costs the spread and the fees, and not an atom more.
#[test]
fn a_round_trip_at_one_print_costs_the_spread_and_the_fees() {
    for first in [1, 2] {
        let (mut world, trader, keeper) = cast(1_000);
        let before = (dollars(&world, &trader), pool(&world));
        for lots in [10 * LOTS, -10 * LOTS] {
            step(&mut world, |world| world.place(&trader, COINS, order(lots)));
        }
        let eligible = world.pending(&trader, 2).eligible_ts;
        world.svm.set_time(eligible);
        // 32 dollars, an eighth either way.
        world.publish_at(COIN, PRICE, 12_500_000, eligible);
        world.refresh(COIN).expect("refresh_price_feed");
        for id in [first, 3 - first] {
            step(&mut world, |world| world.fill(&keeper, &trader, COINS, id));
        }
        let (spread, fees, keepers) = (2_500_000, 2 * 160_000, 2 * 10_000);
        assert_eq!(dollars(&world, &trader), before.0 - spread - fees - keepers);
        assert_eq!(pool(&world), before.1 + spread + fees);
        assert_eq!(dollars(&world, &keeper), keepers);
        let market = world.market(COINS);
        assert_eq!((world.margin(&trader).perp_count, market.skew_reserve), (0, 0));
        assert_eq!((market.long.positions, market.short.positions), (0, 0));
    }
}

/// A long that wins is paid by the pool; one that loses more than its dollars owes the rest to the pool, pays it back with
/// tokens, and leaves with all it has left.
#[test]
fn a_long_wins_then_loses_beyond_its_deposit() {
    let (mut world, trader, keeper) = cast(1_000);
    step(&mut world, |world| world.deposit(&trader, GEM, ONE_GEM));
    world.trade_at(&keeper, &trader, COINS, 50 * LOTS, PRICE);
    // Premium 32 · (5·10⁷)² / (2·10¹²), fee of 1,600 dollars, the keeper's.
    let cash = 1_000_000_000 - 40_000 - 800_000 - 10_000;
    assert_eq!(dollars(&world, &trader), cash);
    let funds = pool(&world);
    fails(&mut world, "NothingToSettle", |world| world.settle_own(&trader, COINS));

    reach(&mut world, 36_00000000);
    fails(&mut world, "NothingToSettle", |world| world.settle_own(&trader, COINS));
    world.calm(COIN);
    let health = world.health(&trader);
    let sent = step(&mut world, |world| world.settle_own(&trader, COINS));
    assert_eq!(event!(sent, PnlSettled).paid, 200_000_000);
    assert_eq!((dollars(&world, &trader), pool(&world)), (cash + 200_000_000, funds - 200_000_000));
    assert!(!health.is_negative() && !world.health(&trader).is_negative());

    // 26 dollars less for each of fifty coins.
    reach(&mut world, 10_00000000);
    let sent = step(&mut world, |world| world.settle_own(&trader, COINS));
    assert_eq!(event!(sent, PnlSettled).paid, -1_300_000_000);
    let owed = 1_300_000_000 - 200_000_000 - cash;
    assert_eq!((dollars(&world, &trader), pool(&world)), (-owed, funds + 1_100_000_000));
    let tagged = u64::try_from(owed).expect("a debt");
    assert_eq!(world.margin(&trader).balance(USD).expect("a loan").perp_shares, tagged);
    assert_eq!(world.bank(USD).perp_loan_shares, tagged);
    fails(&mut world, "AccountHealthy", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));

    // What was due leaves no trace.
    world.mint_to(&trader, USD, 2_000 * DOLLAR);
    step(&mut world, |world| world.repay(&trader, USD, None));
    assert_eq!((dollars(&world, &trader), world.bank(USD).perp_loan_shares), (0, 0));
    step(&mut world, |world| world.deposit(&trader, USD, 100 * DOLLAR));
    world.calm(COIN);
    world.trade_at(&keeper, &trader, COINS, -50 * LOTS, 10_00000000);
    // The premium that comes back is what the skew is worth at the new price.
    assert_eq!(dollars(&world, &trader), 100_000_000 + 12_500 - 250_000 - 10_000);
    step(&mut world, |world| world.withdraw(&trader, USD, None));
    step(&mut world, |world| world.withdraw(&trader, GEM, None));
    let who = trader.key.pubkey();
    let close = ix::close_margin_account(&who, &who, &trader.account);
    step(&mut world, |world| world.send(close, &[&trader.key]));
}

/// A hundred coins and a short of a hundred coins: nothing between half and one and a half of the price makes it
/// liquidatable, whoever marks it, syncs and settles on the way.
#[test]
fn a_hedge_is_liquidatable_neither_at_half_nor_at_one_and_a_half() {
    for settles in [false, true] {
        let (mut world, trader, keeper) = cast(20);
        step(&mut world, |world| world.deposit(&trader, COIN, 100 * ONE_COIN));
        world.trade_at(&keeper, &trader, COINS, -100 * LOTS, PRICE);
        let down = (16..32).rev();
        for dollars in down.chain(17..=48).chain((16..48).rev().step_by(4)) {
            reach(&mut world, dollars * 100_000_000);
            mark(&mut world, &trader);
            assert!(!world.health(&trader).is_negative(), "{dollars}");
            assert_eq!(world.margin(&trader).unhealthy_since, 0);
            if settles {
                world.calm(COIN);
                // A hedge puts up little, and no more than that is paid of what it wins in a day.
                match world.settle_own(&trader, COINS) {
                    Ok(_) => {}
                    Err(failed) => assert_eq!(failed.name(), "NothingToSettle"),
                }
                assert!(!world.health(&trader).is_negative(), "{dollars}, settled");
            }
            fails(&mut world, "AccountHealthy", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
        }
    }
}

/// The same over the hours of 10 October 2025, in which the price fell from 207 to 141 and came back to 191: at no print.
#[test]
fn a_hedge_outlives_the_tenth_of_october() {
    let bars = guards::bars();
    let mut world = World::empty();
    world.list(&MarketSpec::new(ballast_testkit::listing("USDC").0, 6, 1_00000000));
    world.list(&MarketSpec::new(ballast_testkit::listing("SOL").0, 9, guards::market(&bars, 0)));
    world.create_pool(presets::pool());
    let terms = presets::market();
    world.list_perp(COIN, ballast_testkit::LOT_DECIMALS, terms);
    let provider = world.trader_with(&[(USD, 2_000_000 * DOLLAR)]);
    world.provide(&provider, 1_000_000 * DOLLAR);
    let trader = world.perp_trader(&[(COIN, 100 * ONE_COIN), (USD, 100 * DOLLAR)]);
    let keeper = world.trader();
    let start_price = guards::market(&bars, 0);
    assert_eq!(world.trade_at(&keeper, &trader, COINS, -100 * LOTS, start_price).outcome, 0);

    let (start, mut lowest) = (world.svm.now(), i64::MAX);
    for at in (30..4 * 3_600).step_by(30) {
        world.svm.set_time(start + at);
        let price = guards::market(&bars, at);
        lowest = lowest.min(price);
        world.set_price(USD, 1_00000000).expect("refresh_price_feed");
        world.set_price(COIN, price).expect("refresh_price_feed");
        world.sync(COINS).expect("sync_market");
        assert!(!world.health(&trader).is_negative(), "{at}: {price}");
        if at % 600 == 0 {
            mark(&mut world, &trader);
            let _ = world.settle_own(&trader, COINS);
            world.check_invariants();
        }
    }
    assert_eq!((lowest, world.margin(&trader).unhealthy_since), (141_28000000, 0));
    assert_eq!(world.margin(&trader).perps[0].base, [100_000_000, 0]);
}

/// A long that a fall makes unhealthy is closed as far as its target asks, for a bonus of which insurance gets its share; a
/// second keeper comes too late.
#[test]
fn an_unhealthy_long_is_closed_to_its_target_once() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    // The grace after the day without a price ends.
    world.advance(121);
    reach(&mut world, 24_00000000);
    let (first, second) = (world.trader(), world.trader());
    assert!(world.health(&trader).is_negative());
    let (funds, insurance) = (pool(&world), world.bank(USD).insurance);
    let sent = step(&mut world, |world| world.liquidate_perp(&first, &trader, COINS, u64::MAX));
    let done = event!(sent, PerpLiquidated);

    let health = world.health(&trader);
    let factor = health.factor().expect("liabilities");
    let target = Ratio(presets::rules().liquidation_target);
    // Two steps come within a thousandth of it, the premium that closing gives back included.
    assert!(factor <= target && factor >= Ratio::from_bps(10_490), "{factor:?}");
    assert_eq!(done.mark, 24 << 32);
    let closed = u128::from(done.lots.unsigned_abs());
    assert!(done.lots < 0 && closed < 100_000_000, "{closed}");
    // The bonus of what was closed, at 24 atoms a lot, down.
    let bonus = (closed * 24 * u128::from(done.bonus)) >> 32;
    assert_eq!(u128::from(done.bonus_paid), bonus);
    let share = (bonus * u128::from(presets::rules().insurance_share)) >> 32;
    assert!(u128::from(done.insurance).abs_diff(share) <= 1, "{} {share}", done.insurance);
    assert_eq!(dollars(&world, &first), i64::try_from(done.bonus_paid - done.insurance).expect("small"));
    assert_eq!(world.bank(USD).insurance, insurance + done.insurance);
    // The loss so far, 8 dollars a coin, and the premium are the pool's; two minutes' funding is an atom at most.
    assert!((-1..=0).contains(&(done.paid + 800_000_000 + done.premium)), "{}", done.paid);
    assert_eq!(pool(&world), funds - done.paid);

    fails(&mut world, "AccountHealthy", |world| world.liquidate_perp(&second, &trader, COINS, u64::MAX));
    assert_eq!(done.loss.deficit, 0);
}

/// Of two sides the larger pays, in an hour, what the other gets; the rest is the pool's, who never pays.
#[test]
fn the_larger_side_pays_funding_and_the_pool_never_does() {
    let (mut world, long, keeper) = cast(60_000);
    let short = world.perp_trader(&[(USD, 60_000 * DOLLAR)]);
    world.trade_at(&keeper, &short, COINS, -1_000 * LOTS, PRICE);
    world.trade_at(&keeper, &long, COINS, 4_000 * LOTS, PRICE);
    let start = world.market(COINS);
    let (funds, before) = (pool(&world), (dollars(&world, &long), dollars(&world, &short)));
    world.advance(3_600);
    step(&mut world, |world| world.sync(COINS));
    // Three thousand coins of skew: 231,000 · 10⁻¹⁸ a second more each second, on top of the two seconds the shorts had paid.
    let market = world.market(COINS);
    assert_eq!(market.funding_rate - start.funding_rate, 231_000 * 3_600);
    let rates = i128::from(start.funding_rate) * 3_600 + 231_000 * 3_600 * 3_601 / 2;
    let per_lot = i128::from(start.mark) * rates / 10i128.pow(18);
    let paid = |sent: Sent| event!(sent, PnlSettled).paid;
    // As little as the shorts had paid in two seconds is less than an atom.
    let from_longs = paid(step(&mut world, |world| world.settle_own(&long, COINS)));
    assert_eq!(i128::from(from_longs), (-per_lot * 4_000_000_000) >> 32);
    let to_shorts = paid(step(&mut world, |world| world.settle_own(&short, COINS)));
    assert!(((per_lot * 1_000_000_000) >> 32).abs_diff(i128::from(to_shorts)) <= 1, "{to_shorts}");
    assert!(to_shorts > 40_000 && from_longs < -160_000, "{to_shorts} {from_longs}");
    assert_eq!((dollars(&world, &long), dollars(&world, &short)), (before.0 + from_longs, before.1 + to_shorts));
    assert_eq!(pool(&world), funds - from_longs - to_shorts);
}

/// V17: a correction of funding printed revenue elsewhere. However often it is brought up to date, and by whom, both sides pay
/// and get the same, to an atom.
#[test]
fn v17_cranking_funding_prints_nothing() {
    let (mut world, long, keeper) = cast(60_000);
    let short = world.perp_trader(&[(USD, 60_000 * DOLLAR)]);
    world.trade_at(&keeper, &short, COINS, -1_000 * LOTS, PRICE);
    world.trade_at(&keeper, &long, COINS, 4_000 * LOTS, PRICE);
    let run = |world: &mut World, every: i64| {
        for _ in 0..3_600 / every {
            world.svm.advance(every);
            world.sync(COINS).expect("sync_market");
        }
        world.refresh_all();
        let paid =
            [&long, &short].map(|trader| event!(world.settle_own(trader, COINS).expect("settle_pnl"), PnlSettled).paid);
        (paid, world.market(COINS).funding_rate, pool(world))
    };
    let once = world.tried(|world| run(world, 3_600));
    let often = world.tried(|world| run(world, 10));
    assert_eq!((once.0[0], once.1), (often.0[0], often.1));
    assert!(once.0[1].abs_diff(often.0[1]) <= 1 && once.2.abs_diff(often.2) <= 1, "{once:?} {often:?}");
}

/// T17: positions were handed to a backstop at a price its own book had made. Here no fill moves a mark; trading with oneself
/// through the pool, at any print, costs what both sides cost, and the pool has all but the keeper's part of it.
#[test]
fn t17_trading_with_oneself_moves_no_mark_and_pays_the_pool() {
    let (mut world, one, keeper) = cast(60_000);
    let other = world.perp_trader(&[(USD, 60_000 * DOLLAR)]);
    let funds = pool(&world);
    let total = |world: &World| dollars(world, &one) + dollars(world, &other);
    let before = total(&world);
    for (round, lots) in (1..).zip([4_000 * LOTS, -4_000 * LOTS, 2_000 * LOTS]) {
        for (trader, lots) in [(&one, lots), (&other, -lots)] {
            step(&mut world, |world| world.place(trader, COINS, order(lots)));
        }
        let eligible = world.pending(&one, round).eligible_ts;
        world.svm.set_time(eligible);
        world.refresh_all();
        let board = world.board().rows[1];
        for trader in [&one, &other] {
            step(&mut world, |world| world.fill(&keeper, trader, COINS, round));
            assert_eq!((world.market(COINS).mark, world.board().rows[1]), (32 << 32, board));
        }
    }
    // 10,000 coins on each side at five basis points (a few atoms less: rates are binary), six keepers' fees; the premium came
    // back each time.
    let fees = 2 * (160_000_000 - 47);
    assert_eq!(total(&world), before - fees - 6 * 10_000);
    assert_eq!(pool(&world), funds + fees);
}

/// T28: profits could be claimed that nothing backed. A market whose longs have won more than the pool stands for pays nobody,
/// and health counts no more of it than there is.
#[test]
fn t28_profit_beyond_the_pools_budget_is_neither_paid_nor_worth_more() {
    let (mut world, trader, keeper) = cast(60_000);
    world.trade_at(&keeper, &trader, COINS, 4_000 * LOTS, PRICE);
    reach(&mut world, 48_00000000);
    // 64,000 dollars of a budget of 50,000.
    let market = world.market(COINS);
    assert!(market.equity < 0, "{}", market.equity);
    fails(&mut world, "NothingToSettle", |world| world.settle_own(&trader, COINS));
    let position = world.margin(&trader).perps[0];
    let exposure = perp::exposure(&position, &market, &world.board(), world.now()).expect("exposure");
    let worth = u64::try_from((exposure.profit.0 * u128::from(DOLLAR)) >> 64).expect("in range");
    let stands = u64::try_from(market.budget).expect("a budget") - market.skew_reserve;
    assert!(worth <= stands && worth > stands - 1_000, "{worth} of {stands}");
}

/// V27: anyone could settle a user's loss at a stale price. Here that takes a price a liquidation could use; the owner may.
#[test]
fn v27_nobody_settles_anothers_loss_at_a_stale_price() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 50 * LOTS, PRICE);
    reach(&mut world, 30_00000000);
    let by = |world: &mut World, who: &Trader| {
        let settle = perp_ix::settle_pnl(&who.key.pubkey(), world.quote(), &trader.account, COINS);
        world.send(settle, &[&who.key])
    };
    world.tried(|world| by(world, &keeper).map(|_| ())).expect("at a fresh price");
    world.svm.advance(61);
    fails(&mut world, "PairPriceStale", |world| by(world, &keeper));
    let sent = step(&mut world, |world| by(world, &trader));
    // Two dollars for each of fifty coins; a minute's funding is less than an atom, which counts in full.
    assert_eq!(event!(sent, PnlSettled).paid, -100_000_001);
}

/// V26: a batch was checked once, at the wrong end. An order and a withdrawal of one transaction are each checked where they
/// stand.
#[test]
fn v26_an_order_and_a_withdrawal_of_one_transaction_do_not_share_their_margin() {
    let (mut world, trader, _) = cast(1_000);
    let out = ix::withdraw(&trader.user(USD), &world.margin(&trader), &world.bank(USD), Some(500 * DOLLAR));
    let place = world.place_order(&trader, COINS, order(100 * LOTS));
    for batch in [[out.clone(), place.clone()], [place.clone(), out.clone()]] {
        fails(&mut world, "InsufficientHealth", |world| world.svm.send(&batch, &[&trader.key]));
    }
    for alone in [out, place] {
        world.tried(|world| world.send(alone, &[&trader.key]).map(|_| ())).expect("alone it may");
    }
}

/// T08: a settlement moves whole atoms and keeps the fraction, so that no number of them gains or loses one.
#[test]
fn t08_settling_often_gains_nothing() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 7 * LOTS + 77_777, PRICE);
    let path = [32_10000001, 31_70000003, 31_00000007, 31_90000011, 32_50000013, 33_00000017];
    let run = |world: &mut World, settles: bool| {
        for price in path {
            world.svm.advance(10);
            world.set_price(COIN, price).expect("refresh_price_feed");
            if settles {
                step(world, |world| world.settle_own(&trader, COINS));
            } else {
                // Funding is stepped at the same moments.
                step(world, |world| world.sync(COINS));
            }
        }
        let _ = world.settle_own(&trader, COINS);
        let market = world.market(COINS);
        (
            dollars(world, &trader),
            pool(world),
            perp::book::claim(&world.margin(&trader).perps[0], &market).expect("a claim"),
        )
    };
    let often = world.tried(|world| run(world, true));
    let once = world.tried(|world| run(world, false));
    assert_eq!(often, once);
}

/// T20: one wild tick liquidated accounts. Here it waits until it is printed again, and moves no market meanwhile.
#[test]
fn t20_one_wild_tick_liquidates_no_position() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    world.advance(121);
    world.svm.advance(1);
    world.set_price(COIN, 16_00000000).expect("refresh_price_feed");
    step(&mut world, |world| world.sync(COINS));
    assert_eq!(world.market(COINS).mark, 32 << 32);
    fails(&mut world, "AccountHealthy", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
    world.svm.advance(1);
    world.set_price(COIN, PRICE).expect("refresh_price_feed");
    fails(&mut world, "AccountHealthy", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
}

/// T22: after an outage owners had no time. Here they have two minutes, and then liquidation goes on.
#[test]
fn t22_after_a_halt_positions_have_two_minutes_of_grace() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    world.svm.advance(301);
    // The first price after the halt is a fall, and then the same again.
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    reach(&mut world, 24_00000000);
    assert!(world.health(&trader).is_negative());
    fails(&mut world, "GracePeriod", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
    world.advance(121);
    step(&mut world, |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
}

/// T23, T24: a pause, a mode, a cap or an empty vault stopped exits and liquidations. No tokens move where a position is
/// settled, reduced or liquidated: nothing of that stops any of them.
#[test]
fn t23_t24_nothing_stops_settling_reducing_or_liquidating_a_position() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    let borrower = world.trader_with(&[(GEM, 1_000 * ONE_GEM)]);
    world.advance(121);
    reach(&mut world, 24_00000000);
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.borrow(&borrower, USD, 180_000 * DOLLAR).expect("borrow");
    world.as_admin(ix::pause_risk(&admin, &group, 600)).expect("pause_risk");
    world.as_admin(ix::pause_bank(&admin, &group, USD, 600)).expect("pause_bank");
    let terms = MarketArgs { interest_cap: 1, skew_cap: 1, account_cap: 1, ..presets::market() };
    let row = world.market(COINS).feed;
    let configure = perp_ix::configure_perp_market(&admin, world.quote(), COINS, row, 1, terms);
    world.as_admin(configure).expect("configure_perp_market");
    world.tried(|world| step(world, |world| world.settle_own(&trader, COINS)));
    world.tried(|world| {
        step(world, |world| world.place(&trader, COINS, order(-100 * LOTS)));
        let sent = step(world, |world| world.fill_at(&keeper, &trader, COINS, 2, 24_00000000));
        assert_eq!(event!(sent, OrderFilled).position.lots, 0);
    });
    step(&mut world, |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
}

/// A client that has read the accounts sees positions without a transaction: what `sync_market`, `mark` and `settle_pnl` would
/// tell.
#[test]
fn a_client_sees_what_positions_are_worth() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 50 * LOTS, PRICE);
    world.trade_at(&keeper, &trader, 1, -LOTS / 10, 1_024_00000000);
    world.svm.advance(60);
    world.crash(COIN, 28_00000000);
    world.svm.advance(1);
    world.crash(GEM, 1_000_00000000);

    let (account, board, banks, now) = (world.margin(&trader), world.board(), world.banks(), world.now());
    let markets: view::Markets = [0, 1].map(|index| (index, world.market(index))).into();
    let health = |markets: &view::Markets| view::maintenance(&account, &board, &banks, markets, now);
    // Neither at old marks, nor without a market.
    assert_eq!(health(&markets), Err(RiskError::MarketNotSynced));
    assert_eq!(health(&view::Markets::new()), Err(RiskError::MarketMismatch));
    assert_eq!(view::positions(&account, &view::Markets::new()), Err(RiskError::MarketMismatch));
    let synced = view::synced(&markets, &world.pool(), &banks, &board, now).expect("markets");
    assert_eq!(view::synced(&markets, &world.pool(), &view::Banks::new(), &board, now), Err(RiskError::BankMismatch));
    let health = health(&synced).expect("health");
    let prices = view::liquidation_prices(&account, &board, &banks, (&world.pool(), &markets), 1, now).expect("prices");
    let cent = (prices.below.expect("a price") * 100) >> 40;
    let at = |cents: u64| i64::try_from(cents * 1_000_000).expect("a price");
    for (price, healthy) in [(at(cent + 2), true), (at(cent - 1), false)] {
        world.tried(|world| {
            world.svm.advance(1);
            world.crash(COIN, price);
            world.sync_others(&trader, COINS);
            let board = world.board_key();
            world.svm.edit::<RiskBoard>(&board, |board| board.grace_until = 0);
            let liquidate = world.perp_liquidation(&keeper, &trader, COINS, u64::MAX);
            if healthy {
                world.refuses(&liquidate, &[&keeper.key], "AccountHealthy");
            } else {
                world.send(liquidate, &[&keeper.key]).expect("liquidate_perp");
            }
        });
    }
    let positions = view::positions(&account, &synced).expect("positions");
    // 4 dollars lost on each of fifty coins, and 24 won on a tenth of a gem; less funding.
    let [coins, gems] = positions.as_slice() else { panic!("{positions:?}") };
    assert_eq!((coins.market, coins.lots, coins.cost), (COINS, 50 * LOTS, 1_600_000_000));
    assert_eq!((gems.market, gems.lots, gems.cost), (1, -LOTS / 10, -102_400_000));
    assert!((-200_100_000..-200_000_000).contains(&coins.claim), "{}", coins.claim);
    assert!((2_390_000..=2_400_000).contains(&gems.claim), "{}", gems.claim);

    for index in [0, 1] {
        world.sync(index).expect("sync_market");
        assert_eq!(world.market(index), synced[&index]);
    }
    let sent = world.as_admin(ix::mark(&trader.account, &account)).expect("mark");
    let told = event!(sent, Marked).health;
    assert_eq!((told.assets, told.liabilities), (health.assets.0, health.liabilities.0));
    assert_eq!(told.requirement, health.requirement.0);
    let sent = world.settle_own(&trader, COINS).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, coins.claim);
    let sent = world.settle_own(&trader, 1).expect("settle_pnl");
    assert_eq!(event!(sent, PnlSettled).paid, gems.claim);
}

/// The books of a market say what its positions say, after every trade of three traders at moving prices.
#[test]
fn a_market_owes_what_its_positions_claim() {
    let (mut world, one, keeper) = cast(10_000);
    let traders = [one, world.perp_trader(&[(USD, 10_000 * DOLLAR)]), world.perp_trader(&[(USD, 10_000 * DOLLAR)])];
    for (round, price) in (0..).zip([32, 33, 31, 30, 34, 32, 29, 33, 35]) {
        reach(&mut world, price * 100_000_000 + 12_345_678);
        let trader = &traders[round % 3];
        let lots =
            [7 * LOTS + 1, -11 * LOTS - 3, 5 * LOTS + 77_777][round / 3 % 3] * if round % 2 == 0 { 1 } else { -3 };
        let at = world.markets[1].price;
        world.trade_at(&keeper, trader, COINS, lots, at);
        world.check_invariants();
        assert_owes(&world.market(COINS), &traders.each_ref().map(|trader| world.margin(trader)));
    }
}

/// `Σ claims ≤ U ≤ Σ claims + (n − 1)` on each side.
#[track_caller]
fn assert_owes(market: &PerpMarket, accounts: &[MarginAccount]) {
    for (side, book) in [(1, &market.long), (2, &market.short)] {
        let positions = accounts.iter().filter_map(|account| perp::slots::find(account, market.index));
        let claims: Vec<i128> = positions
            .filter(|position| position.side == side)
            .map(|position| perp::book::claim(position, market).expect("a claim"))
            .collect();
        assert_eq!(usize::try_from(book.positions).expect("few"), claims.len());
        let (sum, owed) = (claims.iter().sum::<i128>(), perp::book::owed(book).expect("owed"));
        let most = sum + i128::try_from(claims.len().max(1)).expect("few") - 1;
        assert!(sum <= owed && owed <= most, "{sum} {owed} {most}");
    }
}
