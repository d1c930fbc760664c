//! What is listed: a token that is a dollar, an underlying with the rates it is asked for, a market on it.

use ballast_math::{Decimals, Price, Ratio, Usd};
use ballast_risk::perp::book;
use ballast_risk::Now;
use ballast_state::{
    Bank, CurvePoint, JudgeRules, MarketTerms, OutflowWindow, PerpMarket, PriceFeed, PriceState, RateSettings, RiskRow,
    RiskRules, SideRates, Zeroable, NO_CLASS,
};

use super::{Margin, BASE, QUOTE};

/// A skew of this size would move a fill by half of the price: none comes near it, so that premiums are under a dollar.
const FLAT: u64 = u64::MAX;
const HALF: u32 = 1 << 31;
const DECIMALS: u8 = 6;

/// The defaults of the rules.
pub(super) fn rules() -> RiskRules {
    RiskRules {
        liquidation_target: Ratio::from_bps(10_500).0,
        dust: Usd::from_dollars(10).map_or(0, |dust| dust.0),
        bonus_min: part(50),
        bonus_max: part(1_000),
        bonus_growth: part(1),
        bonus_ramp: 240,
        insurance_share: part(2_000),
        deleverage_fee: part(10),
        deleverage_interval: 600,
        borrow_max_age: 60,
        liquidate_max_age: 60,
        deleverage_max_age: 10,
        cool_off: 10,
        halt_gap: 300,
        halt_grace: 120,
        episode_gap: 60,
        wind_down_notice: 7 * 86_400,
        wind_down_ramp: 7 * 86_400,
    }
}

/// A dollar, at any time, that asks for no margin.
pub(super) fn dollar() -> RiskRow {
    let one = Price::ONE.0;
    RiskRow {
        mid: one,
        low: one,
        high: one,
        fair_low: one,
        fair_high: one,
        state: PriceState::Normal.to_byte(),
        class: NO_CLASS,
        fixed: 1,
        ..RiskRow::zeroed()
    }
}

/// One source, a volatility of 100 %, fixed rates of which two points are add-on.
pub(super) fn feed(margin: Margin) -> PriceFeed {
    let side = |bps| SideRates { k: 0, floor: part(bps), cap: part(bps) };
    let mut feed = PriceFeed { version: 1, class: NO_CLASS, row: BASE, perps: 1, ..PriceFeed::zeroed() };
    feed.sources[0].provider = 1;
    feed.sources[0].max_age = 60;
    feed.sources[0].max_confidence = part(200);
    feed.judge = JudgeRules {
        max_deviation: part(150),
        jump_min: part(300),
        jump_confirm: 10,
        max_future: 5,
        ema_seconds: 600,
        ..JudgeRules::zeroed()
    };
    feed.rates = RateSettings {
        sigma: Ratio::ONE.0,
        maintenance_long: side(margin.maintenance),
        maintenance_short: side(margin.maintenance),
        initial_long: side(margin.initial),
        initial_short: side(margin.initial),
        maintenance_add_on: part(200),
        initial_add_on: part(200),
        basis: part(200),
        ..RateSettings::zeroed()
    };
    feed
}

/// A bank without limits or interest.
pub(super) fn bank(index: u16, feed: u8) -> Bank {
    let conversion = conversion();
    let unlimited = OutflowWindow { limit: u64::MAX, used: 0, index: 0 };
    let mut bank = Bank {
        version: 1,
        index,
        feed,
        decimals: DECIMALS,
        collateral: 1,
        borrowable: 1,
        decimal_shift: conversion.shift,
        decimal_reciprocal: conversion.reciprocal,
        asset_index: ballast_math::Index::ONE.to_words(),
        liability_index: ballast_math::Index::ONE.to_words(),
        deposit_cap: u64::MAX,
        borrow_cap: u64::MAX,
        deposit_cap_limit: u64::MAX,
        borrow_cap_limit: u64::MAX,
        max_utilisation: Ratio::ONE.0,
        hourly: unlimited,
        daily: unlimited,
        curve_points: 2,
        ..Bank::zeroed()
    };
    bank.curve[1] = CurvePoint { utilisation: Ratio::ONE.0, ..CurvePoint::zeroed() };
    bank
}

/// A market without fees, premium or funding, for which half of the pool stands. A lot is a millionth.
pub(super) fn market(now: Now) -> PerpMarket {
    let conversion = conversion();
    let mut market = PerpMarket {
        version: 1,
        feed: BASE,
        quote_feed: QUOTE,
        lot_decimals: DECIMALS,
        quote_decimals: DECIMALS,
        lot_shift: conversion.shift,
        lot_reciprocal: conversion.reciprocal,
        quote_shift: conversion.shift,
        quote_reciprocal: conversion.reciprocal,
        synced_ts: now.ts,
        terms: MarketTerms {
            skew_scale: FLAT,
            interest_cap: 1 << 47,
            skew_cap: 1 << 47,
            account_cap: 1 << 47,
            order_min: 1_000,
            weight: HALF,
            min_delay: 2,
            order_life: 60,
            ..MarketTerms::zeroed()
        },
        spent_day: PerpMarket::day(now.ts),
        ..PerpMarket::zeroed()
    };
    market.long.position_index = book::INDEX_ONE;
    market.short.position_index = book::INDEX_ONE;
    market
}

fn conversion() -> Decimals {
    Decimals::new(DECIMALS).unwrap_or(Decimals { reciprocal: 0, shift: 0 })
}

/// Basis points with 32 fraction bits, up.
fn part(bps: u32) -> u32 {
    u32::try_from((u64::from(bps) << 32).div_ceil(10_000)).unwrap_or(u32::MAX)
}
