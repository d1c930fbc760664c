//! `deleverage`.

use super::support::*;

const WEEK: i64 = 604_800;

fn instruction(world: &World, keeper: &Trader, from: &Trader, max_repay: u64, wind_down: bool) -> Instruction {
    takeover(world, keeper, from, USD, COIN, |it| ix::deleverage(it, max_repay, wind_down))
}

/// 3,200 USD of coins against 2,048 USD: HF = 3,200 / (2,048 + 528) = 1.2422, and the owner wants 1.3 to 1.4. With a keeper
/// that has 10,000 USD.
fn below_floor() -> (World, Trader, Trader) {
    let (mut world, _, trader) = indebted();
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let keeper = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    (world, trader, keeper)
}

/// At mid, since the band has no width, plus 10 bp: x = (1.4·2,576 − 3,200) / (1.4·(1 + 1/16 + 1.001/8) − 1.001).
#[test]
fn restores_to_the_top_of_the_band() {
    let (mut world, trader, keeper) = below_floor();
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, false).expect("deleverage");
    let done = event!(sent, Deleveraged);
    assert_same(&done.header, &header(&world, trader.account, 4));
    assert_eq!((done.keeper, done.cause), (keeper.account, 0));
    assert_eq!((done.loan_bank, done.collateral_bank), (USD, COIN));
    assert_eq!(done.board_sequence, world.board().sequence);
    assert_eq!((done.loan_price, done.collateral_price), (1 << 40, 32 << 40));
    // 10 / 10,000 · 2^32
    assert_eq!((done.fee, done.rate), (4_294_967, (1 << 32) + 4_294_967));
    assert_same(&done.before, &health([3_200, 2_048, 528], [-1, 1, 1]));
    assert_eq!((done.repaid, done.repaid_shares), (614_198_817, 614_198_817));
    // repaid · 1.001 / 32
    assert_eq!(done.seized, 19_212_906_718);
    assert_eq!(done.seized_shares, done.seized);
    let after = world.health(&trader);
    assert_same(
        &done.after,
        &HealthPoint { assets: after.assets.0, liabilities: after.liabilities.0, requirement: after.requirement.0 },
    );
    let factor = after.factor().expect("a loan is left").0;
    let policy = world.margin(&trader).policy;
    let top = policy.floor + policy.width;
    assert_eq!(factor, top + 2, "1.4 reached, and not passed by more than a unit of rounding");
    assert_eq!((policy.last_ts, policy.turnover_day), (START_TS, START_TS / 86_400));
    assert_eq!(policy.turnover_used, (u128::from(done.repaid) * (1 << 20)).div_ceil(1_000_000) as u64);
    let taker = world.margin(&keeper);
    assert_eq!(taker.balance(USD).expect("dollars").shares, 10_000 * DOLLAR - done.repaid);
    assert_eq!(taker.balance(COIN).expect("coins").shares, done.seized);
    assert_eq!(world.bank(USD).insurance, 0);
    world.check_invariants();
}

/// The keeper is credited the low end of the loan's band and charged the high end of the collateral's.
#[test]
fn the_band_is_against_the_keeper() {
    let (mut world, trader, keeper) = below_floor();
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        board.rows[0].fair_low = board.rows[0].mid / 256 * 255;
        board.rows[1].fair_high = board.rows[1].mid / 256 * 257;
    });
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, false).expect("deleverage");
    let done = event!(sent, Deleveraged);
    // 1.001 · 255/256 · 256/257
    let rate = (4_299_262_263u128 * 255 / 257) as u64;
    assert!(done.rate.abs_diff(rate) <= 3, "{} {rate}", done.rate);
    assert!(done.rate < 1 << 32, "below mid: an option on a lagging print is not free");
}

#[test]
fn refuses_amounts_and_pairs() {
    let (mut world, trader, keeper) = below_floor();
    let lender = world.trader_with(&[(USD, DOLLAR)]);
    let refuses = |world: &mut World, from: &Trader, loan, collateral, max, error| {
        let deleverage = takeover(world, &keeper, from, loan, collateral, |it| ix::deleverage(it, max, false));
        world.refuses(&deleverage, &[&keeper.key], error);
    };
    refuses(&mut world, &trader, USD, COIN, 0, "NothingToDo");
    refuses(&mut world, &trader, COIN, USD, 1, "WrongSide");
    refuses(&mut world, &trader, GEM, COIN, 1, "NoBalance");
    refuses(&mut world, &trader, USD, GEM, 1, "NoBalance");
    refuses(&mut world, &lender, USD, COIN, 1, "NoLiability");
    world.configure_bank(COIN, |args| args.collateral = false).expect("configure_bank");
    refuses(&mut world, &trader, USD, COIN, 1, "OnlyLiquidation");
}

#[test]
fn refuses_without_policy_and_above_the_floor() {
    let (mut world, _, trader) = indebted();
    let keeper = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    let deleverage = instruction(&world, &keeper, &trader, u64::MAX, false);
    world.refuses(&deleverage, &[&keeper.key], "NoPolicy");
    // The health factor is 1.24223602…: not below itself rounded down.
    world.set_policy(&trader, 12_422, 500, 100_000).expect("set_policy");
    world.refuses(&deleverage, &[&keeper.key], "AboveFloor");
    world.set_policy(&trader, 12_423, 500, 100_000).expect("set_policy");
    world.send(deleverage, &[&keeper.key]).expect("deleverage");
}

#[test]
fn refuses_too_soon_and_above_the_turnover() {
    let (mut world, trader, keeper) = below_floor();
    let again = |world: &mut World, error| {
        world.svm.edit::<MarginAccount>(&trader.account, |account| account.policy.floor = 2 << 32);
        let deleverage = instruction(world, &keeper, &trader, 10 * DOLLAR, false);
        world.refuses(&deleverage, &[&keeper.key], error);
    };
    world.deleverage(&keeper, &trader, USD, COIN, 10 * DOLLAR, false).expect("deleverage");
    again(&mut world, "DeleverageTooSoon");
    world.advance(599);
    again(&mut world, "DeleverageTooSoon");
    world.advance(1);
    world.set_policy(&trader, 13_000, 1_000, 10).expect("set_policy");
    again(&mut world, "TurnoverExceeded");
    world.advance(86_400);
    // A new day; the turnover of 10 USD is the limit, whatever the keeper wants.
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, false).expect("deleverage");
    assert_eq!(event!(sent, Deleveraged).repaid, 10 * DOLLAR);
    world.check_invariants();
}

#[test]
fn refuses_with_negative_health() {
    let (mut world, _, trader, keeper) = unhealthy();
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    for wind_down in [false, true] {
        let deleverage = instruction(&world, &keeper, &trader, u64::MAX, wind_down);
        world.refuses(&deleverage, &[&keeper.key], "OnlyLiquidation");
    }
}

#[test]
fn refuses_bad_prices() {
    let (mut world, trader, keeper) = below_floor();
    let deleverage = instruction(&world, &keeper, &trader, 10 * DOLLAR, false);
    let signers = [&keeper.key];
    world.svm.advance(11);
    world.refuses(&deleverage, &signers, "PriceStale");
    world.refresh_all();
    let board = world.board_key();
    for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].state = state);
        world.refuses(&deleverage, &signers, error);
    }
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].state = 1);
    world.svm.advance(10);
    world.send(deleverage, &signers).expect("ten seconds are not too old");
}

#[test]
fn refuses_a_keeper_that_could_not_hold_it() {
    let (mut world, trader, _) = below_floor();
    let poor = world.trader();
    let deleverage = instruction(&world, &poor, &trader, u64::MAX, false);
    world.refuses(&deleverage, &[&poor.key], "InsufficientHealth");
}

/// An atom of dollars buys no share of a token of two decimals worth a million.
#[test]
fn refuses_what_buys_no_share() {
    let mut world = World::empty();
    world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
    world.list(&MarketSpec::plain(PLAIN, 2, 1_000_000_00000000));
    let _lender = world.trader_with(&[(USD, 10_000_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100)]);
    world.borrow(&trader, USD, 660_000 * DOLLAR).expect("borrow");
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let keeper = world.trader_with(&[(USD, 1_000_000 * DOLLAR)]);
    let deleverage = instruction(&world, &keeper, &trader, 1, false);
    world.refuses(&deleverage, &[&keeper.key], "ZeroShares");
}

#[test]
fn refuses_a_seventeenth_balance() {
    let mut world = World::plain();
    for _ in 3..17 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let mut deposits: Vec<(u16, u64)> = (2..17).map(|bank| (bank, ONE_COIN)).collect();
    deposits.push((USD, 10_000 * DOLLAR));
    let keeper = world.trader_with(&deposits);
    let deleverage = instruction(&world, &keeper, &trader, u64::MAX, false);
    world.refuses(&deleverage, &[&keeper.key], "TooManyBalances");
}

/// Where the band costs the account more than the exchange relieves it of, nothing happens: coins credited at a fifth of
/// their price would make any account worse off.
#[test]
fn t10_refuses_what_would_worsen() {
    let (mut world, _, trader) = indebted();
    world.set_policy(&trader, 13_000, 1_000, 100_000).expect("set_policy");
    let keeper = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    // A loan credited at more than mid: no judge writes such a band.
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| board.rows[0].fair_low = board.rows[0].mid * 2);
    let deleverage = instruction(&world, &keeper, &trader, 100 * DOLLAR, false);
    world.refuses(&deleverage, &[&keeper.key], "LiquidationWouldWorsen");
}

#[test]
fn wind_down_waits_for_its_notice_and_takes_a_tenth_an_hour() {
    let (mut world, _, trader) = indebted();
    let keeper = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    let refuses = |world: &mut World, error| {
        let deleverage = instruction(world, &keeper, &trader, u64::MAX, true);
        world.refuses(&deleverage, &[&keeper.key], error);
    };
    refuses(&mut world, "NotWoundDown");
    world.set_bank_mode(USD, 2).expect("set_bank_mode");
    refuses(&mut world, "NotWoundDown");
    world.advance(WEEK - 1);
    refuses(&mut world, "NotWoundDown");
    world.advance(1);
    // The fee begins at nothing. A tenth of the loan:
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, true).expect("deleverage");
    let done = event!(sent, Deleveraged);
    assert_eq!((done.cause, done.fee, done.rate), (1, 0, 1 << 32));
    assert_eq!(done.repaid, 2_048 * DOLLAR / 10);
    // 204.8 USD of coins at 32 USD, rounded down.
    assert_eq!(done.seized, 6_400_000_000 - 24);
    refuses(&mut world, "WindDownRateExceeded");
    world.advance(3_600);
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, true).expect("deleverage");
    let done = event!(sent, Deleveraged);
    assert_eq!(done.repaid, 1_843_200_000 / 10);
    // An hour of the ramp of a week: 10 bp · 3,600 / 604,800, in 2^-32.
    assert_eq!(done.fee, 25_565);
    world.advance(2 * WEEK);
    let sent = world.deleverage(&keeper, &trader, USD, COIN, u64::MAX, true).expect("deleverage");
    assert_eq!(event!(sent, Deleveraged).fee, 4_294_967);
    world.check_invariants();
}
