//! Boards, banks and accounts in one line each.

use ballast_math::{Decimals, Index, Price, Ratio, Usd};
use ballast_risk::{balances, interest, rates, Now};
use ballast_state::{
    BalanceSide, Bank, CurvePoint, MarginAccount, OutflowWindow, PriceFeed, PriceState, RiskBoard, RiskRow, RiskRules,
    SideRates, Zeroable, NO_CLASS,
};

/// The moment most tests happen at: a whole hour and a whole day.
pub(crate) const T0: i64 = 1_700_006_400;
pub(crate) const NOW: Now = Now { ts: T0, slot: 250_000_000 };

/// Atoms of a token with six decimals.
pub(crate) const MILLION: u64 = 1_000_000;

pub(crate) fn after(seconds: i64) -> Now {
    Now { ts: T0 + seconds, slot: NOW.slot + seconds.unsigned_abs() * 2 }
}

/// `⌈n/d⌉` with 32 fraction bits.
pub(crate) fn bits(n: u64, d: u64) -> u32 {
    u32::try_from(((u128::from(n) << 32).div_ceil(u128::from(d))).min(u128::from(u32::MAX))).unwrap()
}

/// `n/d` dollars.
pub(crate) fn price(n: u64, d: u64) -> u64 {
    u64::try_from((u128::from(n) << Price::BITS) / u128::from(d)).unwrap()
}

pub(crate) fn dollars(n: u64) -> Usd {
    Usd::from_dollars(n).unwrap()
}

/// The defaults of the rules.
pub(crate) fn rules() -> RiskRules {
    RiskRules {
        liquidation_target: Ratio::ONE.0 + u64::from(bits(5, 100)),
        dust: dollars(10).0,
        bonus_min: bits(5, 1_000),
        bonus_max: bits(10, 100),
        bonus_growth: bits(1, 10_000),
        bonus_ramp: 240,
        insurance_share: bits(20, 100),
        deleverage_fee: 4_294_967, // 10 bp, down: its bound is exact
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

/// A feed at one price, alone in its class, without margin rates.
pub(crate) fn row(mid: u64) -> RiskRow {
    RiskRow {
        mid,
        low: mid,
        high: mid,
        fair_low: mid,
        fair_high: mid,
        publish_ts: T0,
        state: PriceState::Normal.to_byte(),
        class: NO_CLASS,
        ..RiskRow::zeroed()
    }
}

/// The same with `(long, short, add_on)` at both levels, in basis points.
pub(crate) fn rated(mid: u64, maintenance: [u64; 3], initial: [u64; 3]) -> RiskRow {
    let [long, short, add_on] = maintenance.map(|bps| bits(bps, 10_000));
    let [initial_long, initial_short, initial_add_on] = initial.map(|bps| bits(bps, 10_000));
    settled(RiskRow {
        maintenance_long: long,
        maintenance_short: short,
        maintenance_add_on: add_on,
        initial_long,
        initial_short,
        initial_add_on,
        ..row(mid)
    })
}

/// The row with everything that follows from its rates, as a feed with static rates would write it.
pub(crate) fn settled(mut row: RiskRow) -> RiskRow {
    let side = |rate: u32, add_on: u32| SideRates { k: 0, floor: rate + add_on, cap: rate + add_on };
    let mut feed = PriceFeed { class: row.class, ..PriceFeed::zeroed() };
    feed.rates.maintenance_long = side(row.maintenance_long, row.maintenance_add_on);
    feed.rates.maintenance_short = side(row.maintenance_short, row.maintenance_add_on);
    feed.rates.initial_long = side(row.initial_long, row.initial_add_on);
    feed.rates.initial_short = side(row.initial_short, row.initial_add_on);
    feed.rates.maintenance_add_on = row.maintenance_add_on;
    feed.rates.initial_add_on = row.initial_add_on;
    feed.rates.basis = row.basis;
    feed.rates.impact_cap = row.impact_cap;
    let (impact_slope, age_slope) = (row.impact_slope, row.age_slope);
    rates::write_row(&feed, &mut row).unwrap();
    RiskRow { impact_slope, age_slope, ..row }
}

/// A dollar token: 0.5 % at Maintenance, 1 % at Initial.
pub(crate) fn usdc() -> RiskRow {
    settled(RiskRow { basis: bits(1, 100), ..rated(Price::ONE.0, [0, 0, 50], [0, 0, 100]) })
}

/// SOL at 150: 10 % / 8 %, and 25 % / 21 %.
pub(crate) fn sol() -> RiskRow {
    settled(RiskRow { basis: bits(2, 100), ..rated(price(150, 1), [800, 600, 200], [2_200, 1_800, 300]) })
}

/// BTC at 100,000: 5 % / 4 %, and 12.5 % / 10.5 %.
pub(crate) fn btc() -> RiskRow {
    settled(RiskRow { basis: bits(2, 100), ..rated(price(100_000, 1), [400, 300, 100], [1_100, 900, 150]) })
}

pub(crate) fn board(rows: &[RiskRow]) -> RiskBoard {
    let mut board = RiskBoard { rules: rules(), refreshed_ts: T0, ..RiskBoard::zeroed() };
    board.version = 1;
    board.row_count = u8::try_from(rows.len()).unwrap();
    board.rows[..rows.len()].copy_from_slice(rows);
    board
}

/// A bank without limits, interest or balances.
pub(crate) fn bank(index: u16, feed: u8, decimals: u8) -> Bank {
    let conversion = Decimals::new(decimals).unwrap();
    let unlimited = OutflowWindow { limit: u64::MAX, used: 0, index: 0 };
    let mut bank = Bank {
        version: 1,
        index,
        feed,
        decimals,
        collateral: 1,
        borrowable: 1,
        decimal_shift: conversion.shift,
        decimal_reciprocal: conversion.reciprocal,
        asset_index: Index::ONE.to_words(),
        liability_index: Index::ONE.to_words(),
        accrued_ts: T0,
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
    bank.curve[1] = CurvePoint { utilisation: Ratio::ONE.0, rate: 0, slope: 0 };
    bank
}

/// A straight curve from nothing to `percent` a year at full utilisation.
pub(crate) fn with_interest(mut bank: Bank, percent: u64) -> Bank {
    bank.curve[1].rate = u64::try_from((u128::from(percent) << 64) / 100 / 31_557_600).unwrap();
    bank.interest_fee = bits(10, 100);
    interest::write_slopes(&mut bank).unwrap();
    bank
}

pub(crate) fn account() -> MarginAccount {
    MarginAccount { version: 1, ..MarginAccount::zeroed() }
}

/// Puts a balance into an account and the same into the bank's books: a deposit with its tokens, a loan that left the vault.
pub(crate) fn give(bank: &mut Bank, account: &mut MarginAccount, side: BalanceSide, atoms: u64) {
    let held = balances::shares(account, bank, side).unwrap();
    let shares = match side {
        BalanceSide::Deposit => {
            let shares = Index::from_words(bank.asset_index).shares_down(atoms).unwrap();
            bank.asset_shares += shares;
            bank.vault_balance += atoms;
            shares
        }
        BalanceSide::Loan => {
            let shares = Index::from_words(bank.liability_index).shares_up(atoms).unwrap();
            bank.liability_shares += shares;
            bank.vault_balance -= atoms;
            shares
        }
    };
    balances::set_shares(account, bank, side, held + shares).unwrap();
}

/// A row in one line, without what is zero in every test.
pub(crate) fn describe_row(f: &mut std::fmt::Formatter<'_>, at: usize, row: &RiskRow) -> std::fmt::Result {
    let RiskRow { low, mid, high, class, basis, impact_slope, impact_cap, .. } = row;
    let maintenance = [row.maintenance_long, row.maintenance_short, row.maintenance_add_on];
    let initial = [row.initial_long, row.initial_short, row.initial_add_on];
    write!(f, "feed {at} price {low} {mid} {high} class {class} M {maintenance:?} I {initial:?} ")?;
    writeln!(f, "basis {basis} impact {impact_slope} cap {impact_cap}")
}
