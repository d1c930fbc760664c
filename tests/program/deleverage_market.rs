//! `deleverage_market`.

use super::support::*;
use ballast_client::presets;
use ballast_risk::perp;

const MARKET: usize = 0;
const POOL: usize = 1;
const BANK: usize = 2;
const BOARD: usize = 3;

fn instruction(world: &World) -> Instruction {
    pix::deleverage_market(world.quote(), COIN_PERP)
}

/// A long of 4,000 coins from 32 dollars, and a short of 1,000; half of the pool's 100,000 dollars stand for the market.
fn skewed() -> (World, Trader, Trader) {
    let (mut world, provider) = World::perps();
    let long = world.trader_with(&[(USD, 60_000 * DOLLAR)]);
    let short = world.trader_with(&[(USD, 60_000 * DOLLAR)]);
    world.trade(&provider, &long, COIN_PERP, 4_000 * COIN_LOTS).expect("fill_order");
    world.trade(&provider, &short, COIN_PERP, -1_000 * COIN_LOTS).expect("fill_order");
    (world, long, short)
}

fn at(world: &mut World, dollars: i64) {
    world.svm.advance(1);
    world.crash(COIN, dollars * 1_00000000);
}

/// The engine on the host does what the program did, to the byte, and the receipt says all of it.
#[test]
fn shrinks_the_larger_side_by_what_the_pool_lacks() {
    let (mut world, long, short) = skewed();
    at(&mut world, 47);
    world.sync(COIN_PERP).expect("sync_market");
    let (before, board, bank, now) = (world.market(COIN_PERP), world.board(), world.bank(USD), world.now());
    let claims = [&long, &short].map(|trader| claim(&world, trader));
    let mut expected = before;
    perp::sync_within_day(&mut expected, &world.pool(), &bank, &board, now).expect("a sync");
    let done = perp::deleverage(&mut expected, &world.pool(), &bank, &board, now).expect("less than it needs");
    let sent = world.deleverage_market(COIN_PERP).expect("deleverage_market");
    assert_eq!(world.market(COIN_PERP), expected);
    let told = event!(sent, MarketDeleveraged);
    assert_same(&told.header, &header(&world, world.market_key(COIN_PERP), expected.sequence));
    assert_eq!((told.market, told.board_sequence, told.mode, told.side), (COIN_PERP, board.sequence, 0, 1));
    assert_eq!((told.mark, told.lots, told.returned), (47 << 32, done.lots, done.returned));
    assert_eq!((told.skew_before, told.skew_after), (3_000 * COIN_LOTS, done.skew_after));
    assert_eq!(
        (told.equity_before, told.required_before, told.equity),
        (done.equity_before, done.required_before, done.equity)
    );
    assert_eq!((told.position_index, told.position_index_before), (expected.long.position_index, 1 << 52));
    assert_eq!((told.series_ts, told.pnl_index), (now.ts, expected.long.pnl_index));
    // What is left needs no more than there is.
    assert!(
        done.lots > 0 && done.equity > 0 && done.equity_before < i64::try_from(done.required_before).expect("in range")
    );

    // The long holds less and has lost nothing; the short holds what it held.
    let held = |world: &World, trader: &Trader| {
        perp::slots::held(&world.margin(trader), &world.market(COIN_PERP)).expect("held")
    };
    let lots = i64::try_from(done.lots).expect("in range");
    assert!((held(&world, &long) - (4_000 * COIN_LOTS - lots)).abs() <= 1);
    assert_eq!(held(&world, &short), -1_000 * COIN_LOTS);
    let returned = i128::from(done.returned) << 32;
    let gained = claim(&world, &long) - claims[0];
    assert!(gained <= returned && returned - gained < 1 << 32, "{gained} {returned}");
    assert_eq!(claim(&world, &short), claims[1]);
    world.check_invariants();

    let again = instruction(&world);
    let admin = world.admin.insecure_clone();
    world.refuses(&again, &[&admin], "MarketHealthy");
}

fn claim(world: &World, trader: &Trader) -> i128 {
    perp::book::claim(&world.margin(trader).perps[0], &world.market(COIN_PERP)).expect("a claim")
}

/// A market with the margin it needs is left alone; no pause, cap or mode stops what it needs.
#[test]
fn nothing_stops_it_and_nothing_else_starts_it() {
    let (mut world, ..) = skewed();
    let (admin, right) = (world.admin.insecure_clone(), instruction(&world));
    at(&mut world, 40);
    world.refuses(&right, &[&admin], "MarketHealthy");
    at(&mut world, 47);
    let key = admin.pubkey();
    world.as_admin(pix::pause_perp_market(&key, &world.group, COIN_PERP, 600)).expect("pause_perp_market");
    world.as_admin(ix::pause_risk(&key, &world.group, 600)).expect("pause_risk");
    world.as_admin(ix::pause_bank(&key, &world.group, USD, 600)).expect("pause_bank");
    let market = world.market_key(COIN_PERP);
    world.svm.edit::<PerpMarket>(&market, |market| {
        market.mode = 1;
        market.terms.skew_cap = 1;
        market.terms.interest_cap = 1;
    });
    world.send(right, &[&admin]).expect("deleverage_market");
}

/// Prices a liquidation could not use stop it: a mark of yesterday must not close anything.
#[test]
fn refuses_prices_that_are_too_old() {
    let (mut world, ..) = skewed();
    let admin = world.admin.insecure_clone();
    at(&mut world, 47);
    let right = instruction(&world);
    for row in [USD, COIN] {
        let mut world = skewed().0;
        at(&mut world, 47);
        world.svm.advance(61);
        let fresh = 1 - row;
        let price = world.markets[usize::from(fresh)].price;
        world.set_price(fresh, price).expect("refresh_price_feed");
        world.refuses(&right, &[&admin], "PairPriceStale");
    }
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 0);
    world.refuses(&right, &[&admin], "PriceUnset");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 1);
    world.send(right, &[&admin]).expect("right in the end");
}

/// Without equity the sides meet; what is left of a skew then has nothing to give.
#[test]
fn a_market_without_equity_has_no_skew() {
    let (mut world, ..) = skewed();
    let admin = world.admin.insecure_clone();
    at(&mut world, 60);
    let sent = world.deleverage_market(COIN_PERP).expect("deleverage_market");
    let told = event!(sent, MarketDeleveraged);
    assert!(told.equity < 0 && told.skew_after.abs() <= 4 + ((4_000 * COIN_LOTS) >> 23), "{told:?}");
    let again = instruction(&world);
    world.refuses(&again, &[&admin], "NothingToDo");
}

/// A hedger keeps its account for an hour, though what is left of its hedge would not hold it.
#[test]
fn an_hour_of_grace() {
    let (mut world, _, short) = skewed();
    let liquidator = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    // Coins, and a short of as many, on a loan of nearly all they are worth.
    let hedger = world.trader_with(&[(COIN, 1_000 * ONE_COIN)]);
    world.trade(&short, &hedger, COIN_PERP, -1_000 * COIN_LOTS).expect("fill_order");
    // What it got for taking the other side.
    world.withdraw(&hedger, USD, None).expect("withdraw");
    let loan = |world: &World| world.margin(&hedger).balance(USD).map_or(0, |balance| balance.shares);
    world.borrow(&hedger, USD, 20_000 * DOLLAR).expect("borrow");
    assert!(loan(&world) > 0);
    // Shorts are the larger side, and the pool is nearly gone.
    let pool = world.pool_key();
    let bear = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    world.trade(&short, &bear, COIN_PERP, -4_500 * COIN_LOTS).expect("fill_order");
    let taken = world.pool().shares - 200 * DOLLAR;
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares -= taken);
    world.svm.edit::<MarginAccount>(&liquidator.account, |account| account.balances[0].shares += taken);
    // 7.8 %, and 1.6 % on what is hedged: health is what the hedge makes it.
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| {
        (board.rows[0].maintenance_long, board.rows[0].maintenance_short) = (0, 0);
        board.rows[0].maintenance_add_on = 0;
        let row = &mut board.rows[1];
        (row.maintenance_add_on, row.impact_slope) = (0, 0);
        (row.maintenance_long, row.maintenance_short) = (presets::bps(780), presets::bps(780));
        row.basis = presets::bps(160);
    });
    let account = hedger.account;
    let bank = world.bank_key(USD);
    world.svm.edit::<MarginAccount>(&account, |account| account.balances[0].shares += 11_000 * DOLLAR);
    world.svm.edit::<Bank>(&bank, |bank| {
        bank.liability_shares += 11_000 * DOLLAR;
        bank.vault_balance -= 11_000 * DOLLAR;
    });
    world.advance(3_000);
    world.sync(COIN_PERP).expect("sync_market");
    let attempt = world.perp_liquidation(&liquidator, &hedger, COIN_PERP, u64::MAX);
    assert!(!world.health(&hedger).is_negative(), "{:?}", world.health(&hedger));
    world.refuses(&attempt, &[&liquidator.key], "AccountHealthy");
    world.deleverage_market(COIN_PERP).expect("deleverage_market");
    world.refuses(&attempt, &[&liquidator.key], "DeleverageGrace");
    assert!(!world.health(&hedger).is_negative());
    world.advance(3_600 - 1 - 11);
    world.sync(COIN_PERP).expect("sync_market");
    world.refuses(&attempt, &[&liquidator.key], "DeleverageGrace");
    world.advance(130);
    world.sync(COIN_PERP).expect("sync_market");
    assert!(world.health(&hedger).is_negative());
    // The hour is over. A leg of the hedge alone would leave the other naked; both go.
    world.refuses(&attempt, &[&liquidator.key], "LiquidationWouldWorsen");
    let (taker, pair) = ((&liquidator.key.pubkey(), &liquidator.account), [USD, COIN]);
    let both =
        pix::liquidate_hedge(taker, world.quote(), &hedger.account, pair, COIN_PERP, u64::MAX, Follow::default());
    world.send(both, &[&liquidator.key]).expect("liquidate_hedge");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, ..) = skewed();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    at(&mut world, 47);
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
    for index in [MARKET, POOL] {
        let mut read_only = right.clone();
        read_only.accounts[index].is_writable = false;
        world.refuses(&read_only, &[&admin], "anchor::ConstraintMut");
    }
    world.send(right, &[&admin]).expect("right in the end");
}
