//! Every bound of every parameter, at it and beyond it.
mod support;

use ballast_math::{Price, Ratio};
use ballast_risk::limits::{
    cap_in_force, count_on, is_tighter, validate_bank, validate_basis, validate_bonus_min, validate_class,
    validate_feed, validate_kappa, validate_mode_change, validate_policy, validate_rates, validate_rules,
    validate_timelock, validate_warm_up, MAX_RATE,
};
use ballast_risk::rates::{side_rate, write_row, ROOT_DAY, ROOT_HOUR};
use ballast_risk::{Now, RiskError, RiskResult};
use ballast_state::{
    Bank, BankMode, CurvePoint, DeleveragePolicy, OracleSource, PriceFeed, RateSettings, RiskBoard, RiskRow, RiskRules,
    SideRates, Zeroable, NO_CLASS,
};
use support::build::{self, bits, dollars};
use support::rational::{int, is_up, of_bits, of_ratio, q, sqrt_down};

/// `change` at the bound is accepted, and one beyond it refused.
#[track_caller]
fn bound<T: Clone>(good: &T, check: impl Fn(&T) -> RiskResult<()>, at: impl Fn(&mut T), beyond: impl Fn(&mut T)) {
    let try_with = |change: &dyn Fn(&mut T)| {
        let mut changed = good.clone();
        change(&mut changed);
        check(&changed)
    };
    assert_eq!(try_with(&at), Ok(()), "at the bound");
    assert!(try_with(&beyond).is_err(), "beyond the bound");
}

/// `⌊n/d⌋` with 32 fraction bits.
fn floor(n: u64, d: u64) -> u32 {
    u32::try_from((n << 32) / d).unwrap()
}

#[test]
fn rules_are_bounded_on_every_side() {
    let good = build::rules();
    assert_eq!(validate_rules(&good), Ok(()));
    let rules = |at: &dyn Fn(&mut RiskRules), beyond: &dyn Fn(&mut RiskRules)| {
        bound(&good, validate_rules, at, beyond);
    };
    rules(&|r| r.liquidation_target = Ratio::ONE.0 + 1, &|r| r.liquidation_target = Ratio::ONE.0);
    rules(&|r| r.liquidation_target = Ratio::ONE.0 * 3 / 2, &|r| r.liquidation_target = Ratio::ONE.0 * 3 / 2 + 1);
    rules(&|r| r.dust = 1, &|r| r.dust = 0);
    rules(&|r| r.dust = dollars(1_000).0, &|r| r.dust = dollars(1_000).0 + 1);
    rules(&|r| (r.bonus_min, r.deleverage_fee) = (1, 0), &|r| (r.bonus_min, r.deleverage_fee) = (0, 0));
    rules(&|r| r.bonus_min = r.bonus_max, &|r| r.bonus_min = r.bonus_max + 1);
    rules(&|r| r.bonus_max = floor(1, 5), &|r| r.bonus_max = floor(1, 5) + 1);
    rules(&|r| r.bonus_growth = floor(1, 100), &|r| r.bonus_growth = floor(1, 100) + 1);
    rules(&|r| r.bonus_ramp = 1, &|r| r.bonus_ramp = 0);
    rules(&|r| r.bonus_ramp = 86_400, &|r| r.bonus_ramp = 86_401);
    rules(&|r| r.insurance_share = floor(9, 10), &|r| r.insurance_share = floor(9, 10) + 1);
    rules(&|r| r.deleverage_fee = floor(1, 1_000), &|r| r.deleverage_fee = floor(1, 1_000) + 1);
    let fifth = |r: &mut RiskRules, more: u32| (r.bonus_min, r.deleverage_fee) = (1_000, 200 + more);
    rules(&|r| fifth(r, 0), &|r| fifth(r, 1));
    rules(&|r| r.deleverage_interval = 60, &|r| r.deleverage_interval = 59);
    rules(&|r| r.borrow_max_age = 10, &|r| r.borrow_max_age = 9);
    rules(&|r| r.borrow_max_age = 3_600, &|r| r.borrow_max_age = 3_601);
    rules(&|r| r.liquidate_max_age = 10, &|r| r.liquidate_max_age = 9);
    rules(&|r| r.liquidate_max_age = 3_600, &|r| r.liquidate_max_age = 3_601);
    rules(&|r| r.deleverage_max_age = 5, &|r| r.deleverage_max_age = 4);
    rules(&|r| r.deleverage_max_age = 600, &|r| r.deleverage_max_age = 601);
    rules(&|r| r.cool_off = 60, &|r| r.cool_off = 61);
    rules(&|r| r.halt_gap = 60, &|r| r.halt_gap = 59);
    rules(&|r| r.halt_grace = 600, &|r| r.halt_grace = 601);
    rules(&|r| r.episode_gap = 10, &|r| r.episode_gap = 9);
    rules(&|r| r.episode_gap = 3_600, &|r| r.episode_gap = 3_601);
    rules(&|r| r.wind_down_notice = 7 * 86_400, &|r| r.wind_down_notice = 7 * 86_400 - 1);
    rules(&|r| r.wind_down_ramp = 86_400, &|r| r.wind_down_ramp = 86_399);
    let all = RiskRules { bonus_max: u32::MAX, ..good };
    assert_eq!(validate_rules(&all), Err(RiskError::InvalidParameter));
}

fn feed() -> PriceFeed {
    let mut feed = PriceFeed { class: NO_CLASS, ..PriceFeed::zeroed() };
    feed.sources[0].provider = 1;
    feed.sources[0].max_age = 60;
    feed.sources[0].max_confidence = bits(1, 100);
    feed.judge.max_deviation = bits(1, 100);
    feed.judge.jump_min = bits(3, 100);
    feed.judge.jump_confirm = 10;
    feed
}

#[test]
fn feeds_are_bounded_on_every_side() {
    let good = feed();
    assert_eq!(validate_feed(&good), Ok(()));
    let feeds = |at: &dyn Fn(&mut PriceFeed), beyond: &dyn Fn(&mut PriceFeed)| bound(&good, validate_feed, at, beyond);
    feeds(&|f| f.class = 15, &|f| f.class = 16);
    feeds(&|f| f.judge.max_deviation = 1, &|f| f.judge.max_deviation = 0);
    feeds(&|f| f.judge.max_deviation = floor(1, 5), &|f| f.judge.max_deviation = floor(1, 5) + 1);
    feeds(&|f| f.judge.jump_min = floor(5, 1_000), &|f| f.judge.jump_min = floor(5, 1_000) - 1);
    feeds(&|f| f.judge.jump_min = floor(1, 2), &|f| f.judge.jump_min = floor(1, 2) + 1);
    feeds(&|f| f.judge.jump_confirm = 1, &|f| f.judge.jump_confirm = 0);
    feeds(&|f| f.judge.jump_confirm = 600, &|f| f.judge.jump_confirm = 601);
    feeds(&|f| f.judge.max_future = 30, &|f| f.judge.max_future = 31);
    feeds(&|f| f.judge.ema_seconds = 86_400, &|f| f.judge.ema_seconds = 86_401);
    feeds(&|f| f.sources[0].max_age = 1, &|f| f.sources[0].max_age = 0);
    feeds(&|f| f.sources[0].max_age = 3_600, &|f| f.sources[0].max_age = 3_601);
    feeds(&|f| f.sources[0].max_confidence = floor(1, 5), &|f| f.sources[0].max_confidence = floor(1, 5) + 1);
    // Sources fill from the front.
    let other = OracleSource { feed_id: [1; 32], ..good.sources[0] };
    feeds(&|f| f.sources[1] = other, &|f| f.sources[2] = other);
    feeds(&|_| {}, &|f| f.sources[0].provider = 0);
    assert_eq!(validate_class(NO_CLASS), Ok(()));
    assert_eq!(validate_class(254), Err(RiskError::InvalidParameter));
}

/// 5 % of add-on; sides of up to 40 % with it: 0.35 · (1 + κ) + max(0.05 + 1.5·icap, basis).
fn rates() -> RateSettings {
    let side = SideRates { k: 0, floor: bits(2, 5), cap: bits(2, 5) };
    RateSettings {
        sigma: u64::from(bits(1, 2)),
        maintenance_long: side,
        maintenance_short: side,
        initial_long: side,
        initial_short: side,
        maintenance_add_on: bits(1, 20),
        initial_add_on: bits(1, 20),
        ..RateSettings::zeroed()
    }
}

#[test]
fn rates_are_bounded_on_every_side() {
    let good = rates();
    let check = |r: &RateSettings| validate_rates(r, bits(1, 2), bits(5, 1_000));
    assert_eq!(check(&good), Ok(()));
    let rates = |at: &dyn Fn(&mut RateSettings), beyond: &dyn Fn(&mut RateSettings)| bound(&good, check, at, beyond);
    rates(&|r| r.sigma = Ratio::ONE.0 * 10, &|r| r.sigma = Ratio::ONE.0 * 10 + 1);
    rates(&|r| r.depth = dollars(1_000).0, &|r| r.depth = dollars(1_000).0 - 1);
    rates(&|r| r.depth = 0, &|r| r.depth = 1);
    rates(&|r| r.maintenance_long.k = Ratio::ONE.0 * 20, &|r| r.maintenance_long.k = Ratio::ONE.0 * 20 + 1);
    rates(&|r| r.initial_short.floor = r.initial_short.cap, &|r| r.initial_short.floor = r.initial_short.cap + 1);
    rates(&|r| r.maintenance_short.floor = r.maintenance_add_on, &|r| {
        r.maintenance_short.floor = r.maintenance_add_on - 1;
    });
    rates(&|r| r.initial_add_on = r.maintenance_add_on, &|r| r.initial_add_on = r.maintenance_add_on - 1);
    rates(&|r| r.maintenance_long.cap = r.initial_long.cap, &|r| {
        (r.maintenance_long.cap, r.maintenance_long.floor) = (r.initial_long.cap + 1, r.initial_long.cap);
    });
    rates(&|_| {}, &|r| (r.maintenance_short.cap, r.maintenance_short.floor) = (r.initial_short.cap + 1, 0xffff_ffff));
    let refused = |change: &dyn Fn(&mut RateSettings)| {
        let mut changed = good;
        change(&mut changed);
        check(&changed).unwrap_err()
    };
    assert_eq!(refused(&|r| r.maintenance_add_on = bits(5, 1_000) - 1), RiskError::AddOnBelowBonus);
    // 1.5 · 0.35 + 0.05 + 1.5 · icap < 1 up to icap = 28.33 %.
    rates(&|r| r.impact_cap = floor(2_833, 10_000), &|r| r.impact_cap = bits(2_834, 10_000));
    rates(&|r| r.basis = floor(4_749, 10_000), &|r| r.basis = bits(4_751, 10_000));
    assert_eq!(refused(&|r| r.basis = bits(4_751, 10_000)), RiskError::MarginTooHigh);
    assert_eq!(refused(&|r| r.impact_cap = u32::MAX), RiskError::MarginTooHigh);
    // κ: 0.35 · (1 + κ) + 0.05 < 1 whatever κ; at 50 % of rate it binds.
    let wide = SideRates { k: 0, floor: bits(55, 100), cap: bits(55, 100) };
    let wide = RateSettings {
        maintenance_long: wide,
        maintenance_short: wide,
        initial_long: wide,
        initial_short: wide,
        ..good
    };
    assert_eq!(validate_rates(&wide, floor(89, 100), bits(5, 1_000)), Ok(()));
    assert_eq!(validate_rates(&wide, bits(91, 100), bits(5, 1_000)), Err(RiskError::MarginTooHigh));
}

#[test]
fn kappa_is_bounded_by_every_feed_of_its_class_at_both_levels() {
    let feed = |class: u8, maintenance: u64, initial: u64| RiskRow {
        class,
        ..build::rated(build::price(1, 1), [maintenance, 0, 100], [0, initial, 100])
    };
    // 0.5 · (1 + κ) + 0.01 < 1 up to κ = 0.98, wherever the half stands.
    for rows in [[feed(3, 5_000, 0), feed(3, 0, 0)], [feed(3, 0, 0), feed(3, 0, 5_000)]] {
        let board = build::board(&rows);
        assert_eq!(validate_kappa(&board, 3, floor(97, 100)), Ok(()));
        assert_eq!(validate_kappa(&board, 3, bits(99, 100)), Err(RiskError::MarginTooHigh));
        assert_eq!(validate_kappa(&board, 4, u32::MAX), Ok(()), "another class");
        assert_eq!(validate_kappa(&board, 16, 0), Err(RiskError::InvalidParameter));
        assert_eq!(validate_kappa(&board, NO_CLASS, 0), Err(RiskError::InvalidParameter));
    }
}

fn bank() -> Bank {
    let mut bank = build::bank(0, 0, 6);
    (bank.deposit_cap, bank.borrow_cap) = (1_000_000_000_000, 1_000_000_000_000);
    bank.curve_points = 3;
    bank.curve[1] = CurvePoint { utilisation: 1 << 31, rate: 10, slope: 0 };
    bank.curve[2] = CurvePoint { utilisation: 1 << 32, rate: 10, slope: 0 };
    bank
}

#[test]
fn banks_are_bounded_on_every_side() {
    let good = bank();
    let check = |bank: &Bank| validate_bank(bank, Price::ONE);
    assert_eq!(check(&good), Ok(()));
    let banks = |at: &dyn Fn(&mut Bank), beyond: &dyn Fn(&mut Bank)| bound(&good, check, at, beyond);
    let refused = |change: &dyn Fn(&mut Bank)| {
        let mut changed = good;
        change(&mut changed);
        check(&changed).unwrap_err()
    };
    banks(&|b| b.interest_fee = u32::MAX >> 1, &|b| b.interest_fee = (u32::MAX >> 1) + 1);
    banks(&|b| b.max_utilisation = Ratio::ONE.0, &|b| b.max_utilisation = Ratio::ONE.0 + 1);
    banks(&|b| b.curve[2].rate = MAX_RATE, &|b| b.curve[2].rate = MAX_RATE + 1);
    // cap · 1000 · price < 2^42 USD: 4,398,046,511.104 tokens at a dollar.
    banks(&|b| b.deposit_cap = 4_398_046_511_103_000, &|b| b.deposit_cap = 4_398_046_511_105_000);
    banks(&|b| b.borrow_cap = 4_398_046_511_103_000, &|b| b.borrow_cap = 4_398_046_511_105_000);
    assert_eq!(refused(&|b| b.borrow_cap = u64::MAX), RiskError::CapTooLarge);
    assert_eq!(validate_bank(&Bank { decimals: 19, ..good }, Price::ONE), Err(RiskError::DecimalsNotSupported));
    assert_eq!(
        validate_bank(&build::bank(0, 0, 0), Price::MAX),
        Err(RiskError::CapTooLarge),
        "a value beyond the format"
    );
    for broken in [
        &(|b: &mut Bank| b.curve_points = 1) as &dyn Fn(&mut Bank),
        &|b| b.curve_points = 7,
        &|b| b.curve[0].utilisation = 1,
        &|b| b.curve[2].utilisation = (1 << 32) - 1,
        &|b| b.curve[1].utilisation = 1 << 32,
        &|b| b.curve[1].utilisation = 0,
        &|b| b.curve[0].rate = 11,
        &|b| b.curve[1].rate = 11,
    ] {
        assert_eq!(refused(broken), RiskError::CurveNotMonotone);
    }
}

#[test]
fn policies_are_bounded_on_every_side() {
    let one = Ratio::ONE.0;
    let good = DeleveragePolicy { floor: one / 10 * 12, width: one / 10, ..DeleveragePolicy::zeroed() };
    let policies = |at: &dyn Fn(&mut DeleveragePolicy), beyond: &dyn Fn(&mut DeleveragePolicy)| {
        bound(&good, validate_policy, at, beyond);
    };
    policies(&|p| p.floor = one + 1, &|p| p.floor = one);
    policies(&|p| p.floor = one * 4, &|p| p.floor = one * 4 + 1);
    policies(&|p| p.width = u64::from(floor(1, 20)), &|p| p.width = u64::from(floor(1, 20)) - 1);
    policies(&|p| p.width = one, &|p| p.width = one + 1);
    assert_eq!(validate_policy(&DeleveragePolicy::zeroed()), Ok(()), "a floor of zero is off");
}

#[test]
fn modes_change_freely_while_the_index_is_worth_something() {
    for mode in [BankMode::Normal, BankMode::ReduceOnly, BankMode::WindDown] {
        assert_eq!(validate_mode_change(&bank(), mode), Ok(()));
        assert_eq!(BankMode::from_byte(mode.to_byte()), mode);
    }
    let mut worthless = bank();
    worthless.asset_index = [18_446_744_073_708, 0];
    assert_eq!(validate_mode_change(&worthless, BankMode::Normal), Err(RiskError::InvalidModeChange));
    worthless.asset_index = [18_446_744_073_709, 0];
    assert_eq!(validate_mode_change(&worthless, BankMode::Normal), Ok(()));
}

#[test]
fn the_rate_is_the_clamped_formula() {
    let side = |k: u64, floor: u32, cap: u32| SideRates { k, floor, cap };
    let (sigma, add_on) = (Ratio::from_bits(bits(9, 10)), Ratio::from_bits(bits(2, 100)));
    let k = u64::from(bits(81, 100)) * 10;
    // 8.1 · 0.9 · √(1 h / year) = 7.7863 %, and the day's 4.75 · 0.9 · √(24 h / year).
    for (k, root, seconds) in [(k, ROOT_HOUR, 3_600u64), (Ratio::ONE.0 * 475 / 100, ROOT_DAY, 86_400)] {
        let free = side(k, bits(2, 100), u32::MAX);
        let got = of_ratio(side_rate(&free, sigma, root, add_on).unwrap());
        let exact = q(k, 1u64 << 32) * of_ratio(sigma) * sqrt_down(&q(seconds, 31_557_600), 60);
        // √T is stored down to 2^-32: k·σ of it may be missing.
        assert!(is_up(&(got + q(8, 1u64 << 32)), &exact, &q(16, 1u64 << 32)));
    }
    let rate = |floor: u32, cap: u32| side_rate(&side(k, floor, cap), sigma, ROOT_HOUR, add_on).unwrap();
    assert_eq!(rate(bits(1, 2), bits(1, 2)).0, u64::from(bits(1, 2) - bits(2, 100)), "floor = cap is static");
    assert_eq!(rate(bits(2, 100), bits(5, 100)).0, u64::from(bits(5, 100) - bits(2, 100)));
    assert!(side_rate(&side(0, 0, 0), sigma, ROOT_HOUR, add_on).is_err(), "a floor under the add-on");
}

#[test]
fn a_row_is_written_from_its_settings() {
    let mut feed = PriceFeed { class: 3, rates: rates(), ..PriceFeed::zeroed() };
    feed.rates.depth = dollars(1_000_000).0;
    feed.rates.impact_factor = bits(1, 10);
    feed.rates.impact_cap = bits(1, 10);
    feed.rates.basis = bits(1, 50);
    feed.rates.initial_long.k = Ratio::ONE.0 * 4;
    feed.rates.sigma = Ratio::ONE.0 / 2;
    let mut row = RiskRow::zeroed();
    write_row(&feed, &mut row).unwrap();
    assert_eq!(row.maintenance_long, bits(2, 5) - bits(1, 20));
    assert_eq!((row.basis, row.class, row.initial_add_on), (bits(1, 50), 3, bits(1, 20)));
    // Y/√depth · √N at N = depth is Y: 1,048,576,000,000 steps.
    let at_depth = q(row.impact_slope, 1u64 << 56) * sqrt_down(&int(dollars(1_000_000).0), 64);
    assert!(is_up(&at_depth, &of_bits(bits(1, 10)), &q(1, 1 << 30)));
    // 4 · 0.5 / √31,557,600
    let slope = int(2) * sqrt_down(&q(1, 31_557_600), 64);
    assert!(is_up(&of_bits(row.age_slope), &slope, &q(2, 1u64 << 32)));
    feed.rates.maintenance_long = SideRates { k: 0, floor: 0, cap: 0 };
    assert!(write_row(&feed, &mut row).is_err());
}

#[test]
fn waits_are_bounded() {
    const DAY: u32 = 86_400;
    for (delay, expiry, valid) in [
        (DAY, DAY, true),
        (DAY - 1, DAY, false),
        (30 * DAY, DAY, true),
        (30 * DAY + 1, DAY, false),
        (DAY, DAY - 1, false),
        (DAY, 14 * DAY, true),
        (DAY, 14 * DAY + 1, false),
    ] {
        let expected = if valid { Ok(()) } else { Err(RiskError::InvalidParameter) };
        assert_eq!(validate_timelock(delay, expiry), expected, "{delay} {expiry}");
    }
    for (warm_up, has_timelock, valid) in [
        (0, false, true),
        (90 * DAY, false, true),
        (90 * DAY + 1, false, false),
        (7 * DAY - 1, true, false),
        (7 * DAY, true, true),
        (90 * DAY + 1, true, false),
    ] {
        let expected = if valid { Ok(()) } else { Err(RiskError::InvalidParameter) };
        assert_eq!(validate_warm_up(warm_up, has_timelock), expected, "{warm_up} {has_timelock}");
    }
}

/// A tenth at first, all at the end, evenly in between, rounded down.
#[test]
fn caps_warm_up() {
    let bank = Bank { warm_ts: 1_000, warm_up: 1_000, ..Bank::zeroed() };
    let at = |ts: i64, cap: u64| cap_in_force(&bank, cap, Now { ts, slot: 0 });
    assert_eq!([-5, 0, 1, 500, 999, 1_000, 2_000].map(|ts| at(ts, 1_000)), [100, 100, 100, 550, 999, 1_000, 1_000]);
    assert_eq!((at(0, u64::MAX), at(0, 9), at(0, 0)), (u64::MAX / 10, 0, 0));
    assert_eq!(cap_in_force(&Bank::zeroed(), 7, Now { ts: 0, slot: 0 }), 7);
}

/// Each setting in the direction that adds risk, and in the other.
#[test]
fn tighter_is_what_can_only_lower_risk() {
    let curve = |rate: u64| {
        let mut curve = [CurvePoint::zeroed(); 6];
        curve[1] = CurvePoint { utilisation: Ratio::ONE.0, rate, slope: 0 };
        curve
    };
    let before = Bank {
        deposit_cap: 50,
        deposit_cap_limit: 100,
        borrow_cap: 40,
        borrow_cap_limit: 80,
        borrowable: 1,
        collateral: 1,
        max_utilisation: 10,
        interest_fee: 5,
        flash_fee: 5,
        warm_up: 5,
        curve_points: 2,
        curve: curve(9),
        ..Bank::zeroed()
    };
    let mut limited = before;
    (limited.hourly.limit, limited.daily.limit) = (10, 10);
    type Change = fn(&mut Bank);
    let tighter: [Change; 7] = [
        |b| b.deposit_cap = 100,
        |b| b.borrow_cap = 80,
        |b| (b.deposit_cap, b.borrow_cap) = (0, 0),
        |b| b.borrowable = 0,
        |b| b.max_utilisation = 0,
        |b| b.hourly.limit = 9,
        |b| b.daily.limit = 0,
    ];
    let looser: [Change; 13] = [
        |b| b.deposit_cap = 101,
        |b| b.borrow_cap = 81,
        |b| b.max_utilisation = 11,
        |b| b.hourly.limit = 11,
        |b| b.daily.limit = 11,
        |b| b.collateral = 0,
        |b| b.interest_fee = 4,
        |b| b.flash_fee = 6,
        |b| b.warm_up = 4,
        |b| b.curve_points = 3,
        |b| b.curve[1].rate = 8,
        |b| b.curve[1].utilisation = 1,
        |b| b.curve[5].rate = 1,
    ];
    let judge = |change: Change| {
        let mut after = limited;
        change(&mut after);
        is_tighter(&limited, &after)
    };
    assert!(is_tighter(&limited, &limited));
    assert_eq!(tighter.map(judge), [true; 7]);
    assert_eq!(looser.map(judge), [false; 13]);
    let closed = Bank { borrowable: 0, collateral: 0, ..limited };
    assert!(!is_tighter(&closed, &Bank { borrowable: 1, ..closed }));
    assert!(!is_tighter(&closed, &Bank { collateral: 1, ..closed }));
}

/// `basis ≥ i_min·(1 + r)`, to the step, and only where a feed has several banks.
#[test]
fn v14_several_banks_of_a_feed_need_a_basis() {
    let bonus = bits(1, 200);
    let rate = [bits(8, 100), bits(2, 100), bits(10, 100)];
    // r = 20 % of 2^32, each part rounded down; the product is rounded up.
    let most = (1u64 << 32) + rate.iter().map(|part| u64::from(*part)).sum::<u64>();
    let least = u32::try_from((u128::from(most) * u128::from(bonus)).div_ceil(1 << 32)).unwrap();
    let row = RiskRow {
        maintenance_long: rate[0],
        maintenance_short: bits(7, 100),
        maintenance_add_on: rate[1],
        impact_cap: rate[2],
        ..RiskRow::zeroed()
    };
    for (banks, basis, expected) in [
        (0, 0, Ok(())),
        (1, 0, Ok(())),
        (2, least, Ok(())),
        (2, least - 1, Err(RiskError::BasisBelowBonus)),
        (2, 0, Err(RiskError::BasisBelowBonus)),
    ] {
        assert_eq!(validate_basis(&RiskRow { banks, basis, ..row }, bonus), expected, "{banks} {basis}");
    }
    let mut board = RiskBoard { row_count: 1, ..RiskBoard::zeroed() };
    board.rows[0] = RiskRow { banks: 2, basis: least, ..row };
    assert_eq!(validate_bonus_min(&board, bonus), Ok(()));
    assert_eq!(validate_bonus_min(&board, bonus + 1), Err(RiskError::BasisBelowBonus));
    assert_eq!(validate_bonus_min(&board, rate[1] + 1), Err(RiskError::AddOnBelowBonus));

    // Each bank and each perp market counts; the second needs a basis, and a third is as the second.
    board.rules.bonus_min = bonus;
    board.rows[0] = RiskRow { banks: 0, basis: least - 1, ..row };
    assert_eq!(count_on(&mut board, 0), Ok(()));
    assert_eq!(count_on(&mut board, 0), Err(RiskError::BasisBelowBonus));
    board.rows[0].basis = least;
    assert_eq!((count_on(&mut board, 0), board.rows[0].banks, board.sequence), (Ok(()), 2, 3));
    assert_eq!(count_on(&mut board, 1), Err(RiskError::FeedNotListed));
}

#[test]
fn a_source_is_listed_once() {
    let mut twice = feed();
    twice.sources[1] = twice.sources[0];
    assert_eq!(validate_feed(&twice), Err(RiskError::InvalidParameter));
    twice.sources[1].feed_id = [1; 32];
    assert_eq!(validate_feed(&twice), Ok(()));
    twice.sources[2] = twice.sources[1];
    assert_eq!(validate_feed(&twice), Err(RiskError::InvalidParameter));
}
