//! The worked accounts of the reference model (`data/health.json`).
//!
//! Tolerances: eight steps of 2⁻²⁰ USD a feed, and 2⁻³⁰ of the account's gross value for rates and prices that the board's
//! formats cannot hold exactly (rates and high prices are stored up, low and mid prices down). Within them assets are never
//! above the model's and liabilities and requirement never below.
mod support;

use ballast_math::{Decimals, Ratio, Units};
use ballast_risk::health::{
    assess_initial, assess_maintenance, Assessment, Health, PerpExposure, Portfolio, Valuation,
};
use ballast_risk::liquidation::Liquidated;
use ballast_state::{BalanceSide, BonusLock, RiskBoard, RiskRow};
use num_traits::{Signed, Zero};
use serde_json::Value;
use support::build::{self, NOW, T0};
use support::exact::Holdings;
use support::rational::{
    int, is_down, is_near, is_up, of_ratio, of_usd, of_value, parse, q, steps, stored_down, stored_up, Q,
};
use support::world::World;

const FEEDS: [&str; 5] = ["USDC", "USDT", "SOL", "JITOSOL", "BTC"];
const DECIMALS: [u8; 5] = [6, 6, 9, 9, 8];

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/health.json")).unwrap()
}

fn rational(value: &Value) -> Q {
    parse(value.as_str().unwrap())
}

fn rate(value: &Value) -> u32 {
    u32::try_from(stored_up(&rational(value), 32)).unwrap()
}

/// A row of the model's feed. `with_depth`: the model gives SOL a depth in its first and last account only.
fn row(feed: &Value, class: u8, with_depth: bool) -> RiskRow {
    let price = |key: &str| stored_down(&rational(&feed[key]), 40);
    let (depth, factor) = (&feed["depth"], rational(&feed["Y"]));
    let slope = if with_depth && !depth.is_null() {
        let root = support::rational::sqrt_down(&(rational(depth) * int(1 << 20)), 64);
        stored_up(&(factor / root), 56)
    } else {
        0
    };
    build::settled(RiskRow {
        low: price("low"),
        high: stored_up(&rational(&feed["high"]), 40),
        class,
        impact_slope: slope,
        impact_cap: rate(&feed["icap"]),
        basis: rate(&feed["basis"]),
        maintenance_long: rate(&feed["M"][0]),
        maintenance_short: rate(&feed["M"][1]),
        maintenance_add_on: rate(&feed["M"][2]),
        initial_long: rate(&feed["I"][0]),
        initial_short: rate(&feed["I"][1]),
        initial_add_on: rate(&feed["I"][2]),
        ..build::row(price("mid"))
    })
}

fn board(vectors: &Value, with_depth: bool) -> RiskBoard {
    // Classes of the model: usd, usd, sol, sol, btc; btc has no κ.
    let rows: Vec<RiskRow> = FEEDS
        .iter()
        .zip([0, 0, 1, 1, 2])
        .map(|(name, class)| row(&vectors["feeds"][name], class, with_depth))
        .collect();
    let mut board = build::board(&rows);
    board.class_kappa[0] = rate(&vectors["kappa"]["usd"]);
    board.class_kappa[1] = rate(&vectors["kappa"]["sol"]);
    board
}

fn feed_of(name: &str) -> usize {
    FEEDS.iter().position(|feed| *feed == name).unwrap()
}

/// The model's account in a group with one bank a feed; what atoms cannot hold is rounded down.
fn world(vectors: &Value, account: &Value, with_depth: bool) -> World {
    let banks = (0u8..5).map(|feed| build::bank(u16::from(feed), feed, DECIMALS[usize::from(feed)])).collect();
    let mut world = World::new(board(vectors, with_depth), banks, 2);
    for (key, side) in [("deposits", BalanceSide::Deposit), ("loans", BalanceSide::Loan)] {
        for (name, units) in account[key].as_object().unwrap() {
            let feed = feed_of(name);
            let scale = int(10u64.pow(u32::from(DECIMALS[feed])));
            world.give(0, feed, side, stored_down(&(rational(units) * scale), 0));
        }
    }
    world
}

/// Sizes through the same conversion as balances, so that a hedge that is exact in the model is exact here.
fn perps(vectors: &Value, account: &Value) -> Vec<PerpExposure> {
    let whole = |x: &Q, decimals: u8| {
        let atoms = stored_down(&(x * int(10u64.pow(u32::from(decimals)))), 0);
        Decimals::new(decimals).unwrap().units_down(atoms).unwrap()
    };
    let positive = |x: &Q, decimals: u8| if x.is_positive() { whole(x, decimals) } else { Units::ZERO };
    account["perps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|perp| {
            let name = perp[0].as_str().unwrap();
            let feed = feed_of(name);
            let (size, entry) = (rational(&perp[1]), rational(&perp[2]));
            let pnl = &size * (rational(&vectors["feeds"][name]["mid"]) - entry);
            PerpExposure {
                feed: u8::try_from(feed).unwrap(),
                long: positive(&size, DECIMALS[feed]),
                short: positive(&-&size, DECIMALS[feed]),
                profit: positive(&pnl, DECIMALS[0]),
                loss: positive(&-&pnl, DECIMALS[0]),
                released: positive(&pnl, DECIMALS[0]),
                ..PerpExposure::default()
            }
        })
        .collect()
}

/// Each account with its board and portfolio.
fn for_each(check: impl Fn(&str, &Value, World, Portfolio)) {
    let vectors = vectors();
    let accounts = vectors["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 11);
    for (at, account) in accounts.iter().enumerate() {
        let world = world(&vectors, account, at == 0 || at == accounts.len() - 1);
        let portfolio = world.portfolio_with(0, &perps(&vectors, account), NOW).unwrap();
        check(account["name"].as_str().unwrap(), account, world, portfolio);
    }
}

/// Eight steps a feed and 2⁻³⁰ of the gross value.
fn slack(portfolio: &Portfolio, board: &RiskBoard) -> Q {
    steps(8 * u64::try_from(portfolio.exposures().len()).unwrap())
        + Holdings::of(portfolio).gross(board) * q(1, 1 << 30)
}

/// The one account whose holdings atoms cannot hold: its amounts are below the model's by less than this.
fn unheld(name: &str) -> Q {
    if name.starts_with("impact") {
        q(200, 1_000_000_000)
    } else {
        Q::zero()
    }
}

#[test]
fn maintenance_is_the_models() {
    for_each(|name, account, world, portfolio| {
        let health = assess_maintenance(&portfolio, &world.board, NOW).unwrap();
        let (expected, slack, unheld) = (&account["maintenance"], slack(&portfolio, &world.board), unheld(name));
        let [a, l, e, r, h] = ["A", "L", "E", "R", "H"].map(|key| rational(&expected[key]));
        assert!(is_down(&of_usd(health.assets), &a, &(&slack + &unheld)), "{name}: A");
        assert!(is_up(&of_usd(health.liabilities), &l, &slack), "{name}: L");
        assert!(is_up(&of_usd(health.requirement), &(r - &unheld), &(&slack + &unheld)), "{name}: R");
        assert!(is_down(&of_value(health.equity().unwrap()), &e, &(&slack + &unheld)), "{name}: E");
        assert!(is_down(&of_value(health.value().unwrap()), &h, &(&slack * int(2) + &unheld)), "{name}: H");
        assert_eq!(health.is_negative(), h.is_negative(), "{name}");
        // HF is rounded down to 2^-32 and inherits what A, L and R are off by, relative to L + R.
        let factor = rational(&expected["HF"]);
        let relative = q(1, 1u64 << 32) + (&slack * int(4) + unheld) * &factor / of_usd(health.burden().unwrap());
        assert!(is_down(&of_ratio(health.factor().unwrap()), &factor, &relative), "{name}: HF");
    });
}

#[test]
fn initial_is_the_models() {
    for_each(|name, account, world, portfolio| {
        let assessment = Assessment::of(&portfolio, &world.board, Valuation::Initial, NOW).unwrap();
        let formula = Health::of(&assessment, &world.board).unwrap();
        let whole = assess_initial(&portfolio, &world.board, Valuation::Initial, NOW).unwrap();
        let (expected, slack, unheld) = (&account["initial"], slack(&portfolio, &world.board), unheld(name));
        let [e, r_formula, r, h] = ["E", "R_formula", "R", "H"].map(|key| rational(&expected[key]));
        assert!(is_down(&of_value(formula.equity().unwrap()), &e, &(&slack + &unheld)), "{name}: E");
        let got = of_usd(formula.requirement);
        assert!(is_up(&got, &(&r_formula - &unheld), &(&slack + &unheld)), "{name}: R_formula {got} {r_formula}");
        assert!(is_up(&of_usd(whole.requirement), &(r - &unheld), &(&slack + &unheld)), "{name}: R");
        assert!(is_down(&of_value(whole.value().unwrap()), &h, &(&slack * int(2) + &unheld)), "{name}: H");
        assert_eq!(whole.is_negative(), h.is_negative(), "{name}");
    });
}

/// Liquidates the model's account. Its bonus comes of φ = 1/2 where time has raised it that far; a φ below is set by the lock.
fn liquidated(account: &Value) -> (Liquidated, World) {
    let vectors = vectors();
    let case = &account["liquidation"];
    let [loan, collateral] = ["loan", "collateral"].map(|key| feed_of(case[key].as_str().unwrap()));
    let mut world = world(&vectors, account, false);
    // No dust: the model closes nothing whole.
    world.board.rules.dust = 1;
    world.board.rules.liquidation_target = stored_down(&rational(&case["target_HF"]), 32);
    world.board.rules.bonus_min = u32::try_from(stored_down(&rational(&case["i_min"]), 32)).unwrap();
    world.board.rules.bonus_max = u32::try_from(stored_down(&rational(&case["i_max"]), 32)).unwrap();
    world.accounts[0].unhealthy_since = T0 - 240;
    world.accounts[0].unhealthy_seen = T0 - 30;
    if rational(&case["phi"]) < q(1, 2) {
        let bonus = stored_down(&rational(&case["bonus"]), 32);
        world.accounts[0].bonus_lock = BonusLock { ts: T0, bonus };
    }
    let done = world.liquidate([0, 1], [loan, collateral], u64::MAX, NOW).unwrap();
    assert_eq!(world.check(), Ok(()));
    (done, world)
}

#[test]
fn liquidations_are_the_models() {
    let vectors = vectors();
    let mut seen = 0;
    for account in vectors["accounts"].as_array().unwrap() {
        let case = &account["liquidation"];
        if case.is_null() {
            continue;
        }
        seen += 1;
        let name = account["name"].as_str().unwrap();
        let (done, world) = liquidated(account);
        // The bonus is rounded down from thresholds rounded down: 2^-29 covers six operations on ratios.
        assert!(is_down(&of_ratio(done.bonus), &rational(&case["bonus"]), &q(1, 1 << 29)), "{name}: bonus");
        // x inherits the ratios' error once more through a denominator of a tenth: 2^-24 of it, 3 millionths of a percent.
        let x = rational(&case["x_usd"]);
        let units =
            |atoms: u64, key: &str| q(atoms, 10u64.pow(u32::from(DECIMALS[feed_of(case[key].as_str().unwrap())])));
        let relative = q(1, 1 << 24);
        let repaid = units(done.exchange.repaid, "loan");
        let expected = rational(&case["repay_units"]);
        assert!(
            is_near(&repaid, &expected, &(&expected * &relative + units(1, "loan"))),
            "{name}: {repaid} {expected}"
        );
        let seized = units(done.exchange.seized, "collateral");
        let expected = rational(&case["seize_units"]);
        assert!(
            is_near(&seized, &expected, &(&expected * &relative + units(1, "collateral"))),
            "{name}: {seized} {expected}"
        );
        // After it: A, L, R, H within the same part of x, and HF a hair below the target or above by one atom seized less.
        let after = &case["after"];
        let slack = &x * int(4) * relative + steps(64);
        for (got, key) in [(done.after.assets, "A"), (done.after.liabilities, "L"), (done.after.requirement, "R")] {
            assert!(is_near(&of_usd(got), &rational(&after[key]), &slack), "{name}: {key}");
        }
        assert!(
            is_near(&of_value(done.after.value().unwrap()), &rational(&after["H"]), &(&slack * int(3))),
            "{name}: H"
        );
        let factor = of_ratio(done.after.factor().unwrap());
        assert!(
            is_near(&factor, &rational(&after["HF"]), &(slack * int(4) / of_usd(done.after.burden().unwrap()))),
            "{name}"
        );
        // What the engine says of the account is what the account says.
        assert_eq!(world.maintenance(0, NOW).unwrap(), done.after, "{name}");
    }
    assert_eq!(seen, 3);
}

#[test]
fn the_third_liquidation_pays_more_when_time_has_raised_it() {
    // φ = 1/2 instead of the model's 1/4: i = min(T1/2, T/2) = min(13/190, 17/266).
    let vectors = vectors();
    let account =
        vectors["accounts"].as_array().unwrap().iter().find(|a| a["name"] == "two collaterals, SOL debt").unwrap();
    let mut world = world(&vectors, account, false);
    world.accounts[0].unhealthy_since = T0 - 240;
    world.accounts[0].unhealthy_seen = T0 - 30;
    let done = world.liquidate([0, 1], [feed_of("SOL"), feed_of("BTC")], u64::MAX, NOW).unwrap();
    assert!(is_down(&of_ratio(done.bonus), &q(17, 266), &q(1, 1 << 29)));
    // One satoshi that was not seized may pass the target: 0.001 of some 10,000 USD.
    assert!(done.after.factor().unwrap() <= Ratio(world.board.rules.liquidation_target + (1 << 10)), "{done:?}");
}
