//! Feeds, boards, banks and accounts as listing allows them.

use ballast_math::{Decimals, Index, Price, Ratio, Usd};
use ballast_risk::{balances, interest, limits, rates, Now};
use ballast_state::{
    BalanceSide, Bank, BonusLock, CurvePoint, DeleveragePolicy, JudgeRules, MarginAccount, OutflowWindow, PriceFeed,
    PriceState, RateSettings, RiskBoard, RiskRow, RiskRules, SideRates, Zeroable, NO_CLASS,
};

use crate::source::Source;

/// The moment cases happen at: a whole hour and a whole day.
pub(crate) const NOW: Now = Now { ts: 1_700_006_400, slot: 250_000_000 };

pub(crate) fn after(now: Now, seconds: u64) -> Now {
    let seconds = i64::try_from(seconds).expect("cases last seconds to years");
    Now { ts: now.ts + seconds, slot: now.slot + 2 * seconds.unsigned_abs() }
}

/// `bps` basis points, 32 fraction bits.
fn bits(bps: u64) -> u32 {
    u32::try_from((bps << 32) / 10_000).expect("below one")
}

fn seconds(count: u64) -> i64 {
    i64::try_from(count).expect("seconds to years")
}

fn small(number: u64) -> u32 {
    u32::try_from(number).expect("bounded by its range")
}

/// Rules of a group, anywhere in their bounds.
pub(crate) fn rules(source: &mut Source<'_>) -> RiskRules {
    let bonus_min = bits(source.between(1, 200));
    let bonus_max = bonus_min.max(bits(source.between(1, 2_000)));
    let fee = bits(10).min(bonus_min / 5);
    let rules = RiskRules {
        liquidation_target: Ratio::ONE.0 + source.between(1, Ratio::ONE.0 / 2),
        dust: source.between(1, Usd::from_dollars(1_000).expect("fits").0),
        bonus_min,
        bonus_max,
        bonus_growth: small(source.up_to(Ratio::from_bps(100).0)),
        bonus_ramp: small(source.between(1, 86_400)),
        insurance_share: bits(source.up_to(9_000)),
        deleverage_fee: small(source.part(fee.into())),
        deleverage_interval: small(source.between(60, 3_600)),
        borrow_max_age: small(source.between(10, 3_600)),
        liquidate_max_age: small(source.between(10, 3_600)),
        deleverage_max_age: small(source.between(5, 600)),
        cool_off: small(source.up_to(60)),
        halt_gap: small(source.between(60, 3_600)),
        halt_grace: small(source.up_to(600)),
        episode_gap: small(source.between(10, 3_600)),
        wind_down_notice: small(source.between(7 * 86_400, 30 * 86_400)),
        wind_down_ramp: small(source.between(86_400, 30 * 86_400)),
    };
    assert_eq!(limits::validate_rules(&rules), Ok(()));
    rules
}

/// Margin rates up to the largest that listing lets pass.
fn rate_settings(source: &mut Source<'_>, kappa: u32, bonus_min: u32, shared: bool) -> RateSettings {
    let maintenance_add_on = bonus_min + bits(source.up_to(1_000));
    let initial_add_on = maintenance_add_on + bits(source.up_to(1_000));
    let impact_cap = bits(source.up_to(2_000));
    let basis = bits(source.up_to(3_000));
    // A feed with two banks pays for the bonus out of its basis.
    let basis = if shared { basis.max(2 * bonus_min + 2) } else { basis };
    let unnetted = (u64::from(initial_add_on) + u64::from(impact_cap) * 3 / 2 + 1).max(basis.into());
    let room = (u128::from(Ratio::ONE.0 - unnetted - 8) << 32) / u128::from(Ratio::ONE.0 + u64::from(kappa));
    let room = u64::try_from(room).expect("below one");
    let mut side = |most: u64, add_on: u32| {
        let cap = source.part(most);
        let floor = source.part(cap);
        let k = source.up_to(20 << 32);
        (cap, SideRates { k, floor: small(floor) + add_on, cap: small(cap) + add_on })
    };
    let (long, initial_long) = side(room, initial_add_on);
    let (short, initial_short) = side(room, initial_add_on);
    let (_, maintenance_long) = side(long, maintenance_add_on);
    let (_, maintenance_short) = side(short, maintenance_add_on);
    let depth = if source.flag() { Usd::from_dollars(source.between(1_000, 1 << 32)).expect("fits").0 } else { 0 };
    let settings = RateSettings {
        sigma: source.up_to(10 << 32),
        maintenance_long,
        maintenance_short,
        initial_long,
        initial_short,
        depth,
        maintenance_add_on,
        initial_add_on,
        basis,
        impact_factor: source.u32(),
        impact_cap,
        padding: 0,
    };
    assert_eq!(limits::validate_rates(&settings, kappa, bonus_min), Ok(()));
    settings
}

/// A price between the smallest and the largest a feed may print, of any size.
pub(crate) fn price(source: &mut Source<'_>) -> Price {
    Price(Price::ONE.0 ^ source.sized(64)).clamp(Price::MIN, Price::MAX)
}

/// A row as its feed's configuration and a refresh would leave it.
fn row(source: &mut Source<'_>, class: u8, kappa: u32, rules: &RiskRules, shared: bool, now: Now) -> RiskRow {
    let feed = PriceFeed { class, rates: rate_settings(source, kappa, rules.bonus_min, shared), ..PriceFeed::zeroed() };
    let mid = price(source).0;
    let mut below = |whole| if source.flag() { source.part(whole) } else { 0 };
    let [fair_low, fair_high] = [mid - below(mid / 5), mid + below(mid / 5)];
    let [low, high] = [fair_low - below(fair_low / 2), (fair_high + below(fair_high / 4)).min(Price::MAX.0 / 5 * 6)];
    let age = match source.index(4) {
        0 | 1 => 0,
        2 => source.up_to(120),
        _ => source.up_to(1 << 26),
    };
    let states = [PriceState::Normal; 5];
    let states = [&states[..], &[PriceState::PendingJump, PriceState::Guarded, PriceState::Unset]].concat();
    let mut row = RiskRow {
        mid,
        low,
        high: high.max(fair_high),
        fair_low,
        fair_high,
        publish_ts: now.ts - seconds(age),
        state: source.pick(&states).to_byte(),
        fixed: u8::from(source.one_in(8)),
        banks: if shared { 2 } else { 1 },
        ..RiskRow::zeroed()
    };
    rates::write_row(&feed, &mut row).expect("rates that listing lets pass can be stored");
    assert_eq!(limits::validate_basis(&row, rules.bonus_min), Ok(()));
    row
}

/// A board of two to five feeds. Every second one has two banks.
pub(crate) fn board(source: &mut Source<'_>, now: Now) -> RiskBoard {
    let rules = rules(source);
    let mut board = RiskBoard { version: 1, rules, refreshed_ts: now.ts, ..RiskBoard::zeroed() };
    board.class_kappa[0] = source.u32();
    board.class_kappa[1] = source.u32();
    let count = source.between(2, 5);
    for at in 0..usize::try_from(count).expect("five at most") {
        let class = source.pick(&[NO_CLASS, 0, 0, 1]);
        let kappa = board.kappa(class);
        board.rows[at] = row(source, class, kappa, &rules, at % 2 == 1, now);
        board.row_count += 1;
    }
    if source.one_in(8) {
        board.grace_until = now.ts + seconds(source.up_to(600));
    }
    board
}

/// Interest up to the highest rate a curve may have, a kink on the way.
fn set_interest(source: &mut Source<'_>, bank: &mut Bank) {
    let most = source.most_of(limits::MAX_RATE);
    // A line too steep for its slope to be stored is refused.
    let kink = source.between(1 << 12, Ratio::ONE.0 - (1 << 12));
    let rate = source.most_of(most);
    let start = source.part(rate);
    bank.curve_points = 3;
    bank.curve[0] = CurvePoint { utilisation: 0, rate: start, slope: 0 };
    bank.curve[1] = CurvePoint { utilisation: kink, rate, slope: 0 };
    bank.curve[2] = CurvePoint { utilisation: Ratio::ONE.0, rate: most, slope: 0 };
    bank.interest_fee = small(source.part((u32::MAX >> 1).into()));
    interest::write_slopes(bank).expect("no line is that steep");
}

/// A bank with its parameters in their bounds and nothing in it. Indices have moved: with interest up, of deposits with
/// losses down.
pub(crate) fn bank(source: &mut Source<'_>, index: u16, feed: u8, now: Now) -> Bank {
    let decimals = source.pick(&[6, 9, 0, 2, 5, 8, 12, 18]);
    let conversion = Decimals::new(decimals).expect("supported");
    let unlimited = OutflowWindow { limit: u64::MAX, used: 0, index: 0 };
    let growth = u128::from(source.sized(36));
    let (asset, liability) = match source.index(4) {
        0 => (Index::ONE, Index::ONE),
        1 | 2 => (Index(Index::ONE.0 + (growth << 30)), Index(Index::ONE.0 + (growth << 31))),
        _ => (Index((Index::ONE.0 >> source.up_to(18)).max(growth)), Index(Index::ONE.0 + (growth << 31))),
    };
    let mut bank = Bank {
        version: 2,
        index,
        feed,
        decimals,
        collateral: u8::from(!source.one_in(16)),
        borrowable: 1,
        decimal_shift: conversion.shift,
        decimal_reciprocal: conversion.reciprocal,
        asset_index: asset.to_words(),
        liability_index: liability.to_words(),
        accrued_ts: now.ts - seconds(if source.flag() { source.up_to(1 << 22) } else { 0 }),
        deposit_cap: u64::MAX,
        borrow_cap: u64::MAX,
        max_utilisation: Ratio::ONE.0,
        flash_fee: small(source.part(42_949_672)),
        hourly: unlimited,
        daily: unlimited,
        ..Bank::zeroed()
    };
    set_interest(source, &mut bank);
    bank
}

pub(crate) fn account() -> MarginAccount {
    MarginAccount { version: 1, ..MarginAccount::zeroed() }
}

/// Puts a balance into an account and the same into the bank's books: a deposit with its tokens, a loan that left the vault.
/// Nothing if it is too little for a share or more than the books hold.
pub(crate) fn give(bank: &mut Bank, account: &mut MarginAccount, side: BalanceSide, atoms: u64) -> bool {
    let Ok(held) = balances::shares(account, bank, side) else { return false };
    let shares = match side {
        BalanceSide::Deposit => Index::from_words(bank.asset_index).shares_down(atoms),
        BalanceSide::Loan => Index::from_words(bank.liability_index).shares_up(atoms),
    };
    let Ok(shares @ 1..=0xff_ffff_ffff_ffff) = shares else { return false };
    match side {
        BalanceSide::Deposit => {
            bank.asset_shares += shares;
            bank.vault_balance += atoms;
        }
        BalanceSide::Loan => {
            let Some(left) = bank.vault_balance.checked_sub(atoms) else { return false };
            bank.vault_balance = left;
            bank.liability_shares += shares;
        }
    }
    balances::set_shares(account, bank, side, held + shares).expect("no more banks than slots");
    true
}

/// When the account was last seen in ill health, and what it may have paid for it.
pub(crate) fn set_timers(source: &mut Source<'_>, account: &mut MarginAccount, rules: &RiskRules, now: Now) {
    if source.flag() {
        let since = source.up_to(86_400);
        account.unhealthy_since = now.ts - seconds(since);
        account.unhealthy_seen = now.ts - seconds(source.part(since));
        if source.flag() {
            let bonus = u64::from(rules.bonus_min) + source.part((rules.bonus_max - rules.bonus_min).into());
            account.bonus_lock = BonusLock { ts: now.ts - seconds(source.part(since)), bonus };
        }
    }
    if source.one_in(4) {
        account.risk_ts = now.ts - seconds(source.up_to(120));
    }
}

/// A deleverage policy in its bounds.
pub(crate) fn policy(source: &mut Source<'_>, now: Now) -> DeleveragePolicy {
    let one = Ratio::ONE.0;
    let policy = DeleveragePolicy {
        floor: 2 * one - source.up_to(one - 1),
        width: source.between(Ratio::from_bps(500).0, one),
        daily_turnover: source.most_of(1 << 60),
        turnover_used: source.sized(50),
        turnover_day: now.ts.div_euclid(86_400) - i64::from(source.flag()),
        last_ts: if source.flag() { now.ts - seconds(source.up_to(7_200)) } else { 0 },
    };
    assert_eq!(limits::validate_policy(&policy), Ok(()));
    policy
}

/// How sources are judged, in bounds.
pub(crate) fn judge_rules(source: &mut Source<'_>) -> JudgeRules {
    JudgeRules {
        max_deviation: bits(source.between(1, 2_000)),
        jump_min: bits(source.between(50, 4_999)) + 1,
        jump_confirm: small(source.between(1, 600)),
        max_future: small(source.up_to(30)),
        ema_seconds: small(source.up_to(86_400)),
        padding: 0,
    }
}
