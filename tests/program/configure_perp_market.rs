//! `configure_perp_market`.

use ballast_client::ballast::types::MarketArgs;

use super::support::*;

const BOARD: usize = 2;
const FEED: usize = 3;
const POOL: usize = 4;
const BANK: usize = 5;
const MARKET: usize = 6;

const NORMAL: u8 = 0;
const REDUCE_ONLY: u8 = 1;
const WIND_DOWN: u8 = 2;

fn instruction(world: &World, mode: u8, args: MarketArgs) -> Instruction {
    pix::configure_perp_market(&world.admin.pubkey(), world.quote(), COIN_PERP, 1, mode, args)
}

/// Everything but what only listing decides.
#[test]
fn changes_terms_and_mode() {
    let (mut world, _) = World::perps();
    let (before, pool) = (world.market(COIN_PERP), world.pool());
    world.advance(100);
    let args = MarketArgs {
        skew_scale: 1 << 62,
        funding_limit: 1 << 40,
        funding_velocity: 1 << 40,
        interest_cap: 1 << 40,
        skew_cap: 1 << 35,
        account_cap: 1 << 40,
        order_min: 1,
        keeper_fee: 7,
        fill_fee: presets::bps(100),
        weight: 1 << 30,
        min_delay: 60,
        order_life: 1,
    };
    let sent = world.as_admin(instruction(&world, REDUCE_ONLY, args)).expect("configure_perp_market");
    let told = event!(sent, MarketConfigured);
    let after = world.market(COIN_PERP);
    // A sync, and the change.
    assert_same(&told.header, &header(&world, world.market_key(COIN_PERP), before.sequence + 2));
    assert_eq!((told.market, told.mode, told.paused_until), (COIN_PERP, REDUCE_ONLY, 0));
    let mut expected =
        PerpMarket { sequence: before.sequence + 2, mode: REDUCE_ONLY, synced_ts: world.svm.now(), ..before };
    expected.terms.skew_scale = 1 << 62;
    (expected.terms.funding_limit, expected.terms.funding_velocity) = (1 << 40, 1 << 40);
    (expected.terms.interest_cap, expected.terms.skew_cap, expected.terms.account_cap) = (1 << 40, 1 << 35, 1 << 40);
    (expected.terms.order_min, expected.terms.keeper_fee) = (1, 7);
    (expected.terms.fill_fee, expected.terms.weight) = (presets::bps(100), 1 << 30);
    (expected.terms.min_delay, expected.terms.order_life) = (60, 1);
    expected.spent_day = world.svm.now() / 86_400;
    // A quarter of the pool's 100,000 dollars.
    (expected.budget, expected.equity) = (25_000_000_000, 25_000_000_000);
    assert_eq!(after, expected);
    assert_eq!(world.pool(), LiquidityPool { weight: 3 << 30, sequence: pool.sequence + 1, ..pool });
    // And back.
    world.as_admin(instruction(&world, NORMAL, presets::market())).expect("configure_perp_market");
    assert_eq!((world.market(COIN_PERP).mode, world.market(COIN_PERP).terms), (NORMAL, before.terms));
    assert_eq!(world.pool().weight, 1 << 32);
    world.check_invariants();
}

/// A rate beyond the new limit comes back inside, on either side.
#[test]
fn the_rate_keeps_to_the_new_limit() {
    for (rate, after) in [(200, 100), (-200, -100), (99, 99), (0, 0)] {
        let (mut world, _) = World::perps();
        let key = world.market_key(COIN_PERP);
        world.svm.edit::<PerpMarket>(&key, |market| market.funding_rate = rate);
        let args = MarketArgs { funding_limit: 100, funding_velocity: 100, ..presets::market() };
        world.as_admin(instruction(&world, NORMAL, args)).expect("configure_perp_market");
        assert_eq!(world.market(COIN_PERP).funding_rate, after);
    }
}

/// Caps and weight down, the mode on: nothing else, not even what costs nothing.
#[test]
fn the_risk_admin_only_lowers_risk() {
    let (mut world, _) = World::perps();
    let risk_admin = world.appoint().risk_admin;
    let set = |world: &World, mode, args: &MarketArgs| {
        pix::configure_perp_market(&risk_admin.pubkey(), world.quote(), COIN_PERP, 1, mode, *args)
    };
    let first = presets::market();
    let others: [fn(&mut MarketArgs); 13] = [
        |args| args.skew_scale += 1,
        |args| args.funding_limit -= 1,
        |args| args.funding_velocity -= 1,
        |args| args.interest_cap += 1,
        |args| (args.skew_cap, args.interest_cap) = (args.skew_cap + 1, args.interest_cap + 1),
        |args| args.account_cap += 1,
        |args| args.order_min += 1,
        |args| args.keeper_fee -= 1,
        |args| args.fill_fee -= 1,
        |args| args.weight += 1,
        |args| args.weight -= 1,
        |args| args.min_delay += 1,
        |args| args.order_life -= 1,
    ];
    for change in others {
        let mut args = first;
        change(&mut args);
        let configure = set(&world, NORMAL, &args);
        world.refuses(&configure, &[&risk_admin], "TimelockRequired");
    }
    let lower: [fn(&mut MarketArgs); 3] =
        [|args| args.skew_cap = 0, |args| args.interest_cap -= 1, |args| args.account_cap = 0];
    let mut args = first;
    for change in lower {
        change(&mut args);
        world.send(set(&world, NORMAL, &args), &[&risk_admin]).expect("down");
        // What was lowered is not the risk admin's to raise again.
        if args.interest_cap == first.interest_cap {
            let up = set(&world, NORMAL, &first);
            world.refuses(&up, &[&risk_admin], "TimelockRequired");
        }
    }
    world.send(set(&world, REDUCE_ONLY, &args), &[&risk_admin]).expect("reduce-only");
    let freer = set(&world, NORMAL, &args);
    world.refuses(&freer, &[&risk_admin], "TimelockRequired");
    world.send(set(&world, REDUCE_ONLY, &args), &[&risk_admin]).expect("the same again");
    assert_eq!((world.market(COIN_PERP).mode, world.market(COIN_PERP).terms.weight), (REDUCE_ONLY, first.weight));
}

#[test]
fn waits_for_the_timelock() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    world.lock();
    let looser = instruction(&world, NORMAL, MarketArgs { interest_cap: 20_000_000_000, ..presets::market() });
    world.refuses(&looser, &[&admin], "TimelockRequired");
    let tighter =
        instruction(&world, REDUCE_ONLY, MarketArgs { interest_cap: 1 << 33, skew_cap: 0, ..presets::market() });
    world.send(tighter, &[&admin]).expect("the admin may lower");
    let number = world.propose(&looser);
    world.advance(i64::from(DELAY));
    world.execute(number, &looser).expect("execute_change");
    let market = world.market(COIN_PERP);
    assert_eq!(
        (market.mode, market.terms.interest_cap, market.terms.skew_cap),
        (NORMAL, 20_000_000_000, 10_000_000_000)
    );
}

#[test]
fn refuses_terms_outside_their_bounds() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    for (what, change, error) in TERMS_OUT_OF_BOUNDS {
        let mut args = presets::market();
        change(&mut args);
        eprintln!("{what}");
        let configure = instruction(&world, NORMAL, args);
        world.refuses(&configure, &[&admin], error);
    }
    let heavier = instruction(&world, NORMAL, MarketArgs { weight: (1 << 31) + 1, ..presets::market() });
    world.refuses(&heavier, &[&admin], "WeightsTooLarge");
}

/// Unknown modes are the most careful one: nothing leads there yet, and nothing leads back.
#[test]
fn nothing_leads_out_of_wind_down() {
    let (mut world, _) = World::perps();
    let (admin, key) = (world.admin.insecure_clone(), world.market_key(COIN_PERP));
    for mode in [3, 255] {
        let configure = instruction(&world, mode, presets::market());
        world.refuses(&configure, &[&admin], "InvalidModeChange");
    }
    // What is published is the end alone: other terms that come with it are not looked at.
    let end = instruction(&world, WIND_DOWN, MarketArgs { keeper_fee: 1, ..presets::market() });
    let before = world.market(COIN_PERP);
    world.send(end, &[&admin]).expect("configure_perp_market");
    let settlement_ts = world.svm.now() + 7 * 86_400;
    let expected = PerpMarket { mode: WIND_DOWN, settlement_ts, sequence: before.sequence + 1, ..before };
    assert_eq!(world.market(COIN_PERP), expected);
    world.svm.edit::<PerpMarket>(&key, |market| market.mode = WIND_DOWN);
    for mode in [NORMAL, REDUCE_ONLY, WIND_DOWN] {
        let configure = instruction(&world, mode, presets::market());
        world.refuses(&configure, &[&admin], "InvalidModeChange");
    }
}

/// Stale and doubtful prices do not stop it; a feed without any does, unless it only lowers risk.
#[test]
fn needs_prices_that_were_ever_there() {
    let (mut world, _) = World::perps();
    let (admin, board) = (world.admin.insecure_clone(), world.board_key());
    let right = instruction(&world, NORMAL, MarketArgs { keeper_fee: 1, ..presets::market() });
    let other = instruction(&world, NORMAL, MarketArgs { keeper_fee: 2, ..presets::market() });
    let lower = instruction(&world, NORMAL, MarketArgs { account_cap: 1, keeper_fee: 1, ..presets::market() });
    world.svm.advance(10_000);
    for state in [1, 2, 3] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = state);
        world.send(right.clone(), &[&admin]).expect("configure_perp_market");
    }
    for row in [0, 1] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 0);
        world.refuses(&other, &[&admin], "PriceUnset");
        world.tried(|world| world.send(lower.clone(), &[&admin]).map(|_| ()).expect("a lower cap"));
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 1);
    }
}

/// Lowering risk asks for no price, no sync and no bound that the terms in force may have left: a price out of all range, floors
/// under what they were, a mark at which caps would be worth too much.
#[test]
fn risk_can_be_lowered_whatever_became_of_prices() {
    let (mut world, _) = World::perps();
    let (board, feed, key) = (world.board_key(), addresses::feed(&world.group, 1), world.market_key(COIN_PERP));
    let risk_admin = world.appoint().risk_admin;
    world.advance(1_000);
    world.svm.edit::<RiskBoard>(&board, |board| (board.rows[1].state, board.rows[1].mid) = (0, 1));
    world.svm.edit::<ballast_state::PriceFeed>(&feed, |feed| feed.rates.maintenance_long.floor = 0);
    world.svm.edit::<PerpMarket>(&key, |market| (market.mark, market.funding_rate) = (1 << 52, i64::MAX));
    let (before, pool) = (world.market(COIN_PERP), world.pool());
    let args = MarketArgs { interest_cap: 1 << 32, skew_cap: 1 << 31, account_cap: 1 << 30, ..presets::market() };
    let quote = world.quote();
    let set = |mode, args| pix::configure_perp_market(&risk_admin.pubkey(), quote, COIN_PERP, 1, mode, args);
    let sent = world.send(set(REDUCE_ONLY, args), &[&risk_admin]).expect("configure_perp_market");
    assert_same(&event!(sent, MarketConfigured).header, &header(&world, key, before.sequence + 1));
    let mut expected = PerpMarket { mode: REDUCE_ONLY, sequence: before.sequence + 1, ..before };
    (expected.terms.interest_cap, expected.terms.skew_cap, expected.terms.account_cap) = (1 << 32, 1 << 31, 1 << 30);
    assert_eq!((world.market(COIN_PERP), world.pool()), (expected, pool));
    // What never needs a price is asked nevertheless.
    for wrong in [
        MarketArgs { skew_cap: 1 << 30, interest_cap: (1 << 30) - 1, account_cap: 0, ..presets::market() },
        MarketArgs { skew_cap: 0, interest_cap: (1 << 30) - 1, account_cap: 1 << 30, ..presets::market() },
    ] {
        let lower = set(REDUCE_ONLY, wrong);
        world.refuses(&lower, &[&risk_admin], "InvalidParameter");
    }
    let end = set(WIND_DOWN, args);
    world.refuses(&end, &[&risk_admin], "TimelockRequired");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, _) = World::perps();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = instruction(&world, NORMAL, presets::market());
    for (index, key, error) in [
        (BOARD, other.board, "WrongBoard"),
        (FEED, other.feed, "WrongGroup"),
        (FEED, addresses::feed(&world.group, 2), "MarketMismatch"),
        (MARKET, other.market, "WrongGroup"),
        (MARKET, world.market_key(GEM_PERP), "MarketMismatch"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.send(right, &[&admin]).expect("right in the end");
}

#[test]
fn refuses_everyone_else() {
    let (mut world, _) = World::perps();
    let configure = instruction(&world, NORMAL, presets::market());
    refuses_everyone_but(&mut world, &configure, &[Role::Admin, Role::RiskAdmin]);
}
