//! Bounds of parameters: what listing and configuration may set (rules-risk 1, 8).

use ballast_math::{Decimals, Index, Price, Ratio, Usd};
use ballast_state::{
    Bank, BankMode, DeleveragePolicy, JudgeRules, OracleSource, PriceFeed, RateSettings, RiskBoard, RiskRow, RiskRules,
    SideRates, CLASSES, CURVE_POINTS, NO_CLASS,
};

use crate::error::require;
use crate::{Now, RiskError, RiskResult};

/// Highest borrow rate a curve may have: 1,000 % a year, per second, 64 fraction bits.
pub const MAX_RATE: u64 = 5_845_420_460_906;
/// Highest annual volatility a setting may name: 1,000 %.
const MAX_SIGMA: u64 = Ratio::ONE.0.saturating_mul(10);
/// Seconds of a day.
const DAY: u32 = 86_400;
/// Most a flash loan may cost: one per cent, 32 fraction bits.
const MAX_FLASH_FEE: u32 = 42_949_672;
/// Most standard deviations a rate may cover.
const MAX_K: u64 = Ratio::ONE.0.saturating_mul(20);

/// Group-wide rules.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_rules(rules: &RiskRules) -> RiskResult<()> {
    let percent = |n: u32| Ratio::from_bps(n.saturating_mul(100)).0;
    let bounded = rules.liquidation_target > Ratio::ONE.0
        && rules.liquidation_target <= Ratio::ONE.0.saturating_add(percent(50))
        && rules.dust > 0
        && Usd(rules.dust) <= Usd::from_dollars(1_000)?
        && rules.bonus_min > 0
        && rules.bonus_min <= rules.bonus_max
        && u64::from(rules.bonus_max) <= percent(20)
        && u64::from(rules.bonus_growth) <= percent(1)
        && (1..=86_400).contains(&rules.bonus_ramp)
        && u64::from(rules.insurance_share) <= percent(90)
        && rules.deleverage_fee <= Ratio::from_bps(10).0.try_into().unwrap_or(0)
        && rules.deleverage_fee <= rules.bonus_min.checked_div(5).unwrap_or(0)
        && rules.deleverage_interval >= 60
        && (10..=3_600).contains(&rules.borrow_max_age)
        && (10..=3_600).contains(&rules.liquidate_max_age)
        && (5..=600).contains(&rules.deleverage_max_age)
        && rules.cool_off <= 60
        && rules.halt_gap >= 60
        && rules.halt_grace <= 600
        && (10..=3_600).contains(&rules.episode_gap)
        && rules.wind_down_notice >= 7 * 86_400
        && rules.wind_down_ramp >= 86_400;
    require(bounded, RiskError::InvalidParameter)
}

/// Seconds a change waits and lives: a day to thirty, and a day to fourteen.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_timelock(delay: u32, expiry: u32) -> RiskResult<()> {
    let bounded = (DAY..=DAY.saturating_mul(30)).contains(&delay) && (DAY..=DAY.saturating_mul(14)).contains(&expiry);
    require(bounded, RiskError::InvalidParameter)
}

/// Warm-up of a bank: at most ninety days, and of one listed through a timelock at least seven.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_warm_up(warm_up: u32, has_timelock: bool) -> RiskResult<()> {
    let least = if has_timelock { DAY.saturating_mul(7) } else { 0 };
    require((least..=DAY.saturating_mul(90)).contains(&warm_up), RiskError::InvalidParameter)
}

/// True if a change of settings can only lower risk: caps within what the timelock last let pass, other limits no wider,
/// lending only switched off, and nothing else touched.
#[must_use]
pub fn is_tighter(before: &Bank, after: &Bank) -> bool {
    after.deposit_cap <= before.deposit_cap_limit
        && after.borrow_cap <= before.borrow_cap_limit
        && after.borrowable <= before.borrowable
        && after.max_utilisation <= before.max_utilisation
        && after.hourly.limit <= before.hourly.limit
        && after.daily.limit <= before.daily.limit
        && after.collateral == before.collateral
        && after.interest_fee == before.interest_fee
        && after.flash_fee == before.flash_fee
        && after.warm_up == before.warm_up
        && after.curve_points == before.curve_points
        && after.curve.iter().zip(&before.curve).all(|(a, b)| (a.utilisation, a.rate) == (b.utilisation, b.rate))
}

/// A feed's class, judge rules and sources.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_feed(feed: &PriceFeed) -> RiskResult<()> {
    validate_class(feed.class)?;
    validate_judge(&feed.judge)?;
    let used = feed.source_count();
    require(used > 0, RiskError::InvalidParameter)?;
    let (sources, empty) = feed.sources.split_at_checked(used).ok_or(RiskError::InvalidParameter)?;
    require(empty.iter().all(|source| source.provider == 0), RiskError::InvalidParameter)?;
    // A source listed twice would confirm its own jumps.
    let same =
        |a: &OracleSource, b: &OracleSource| (a.provider, a.account, a.feed_id) == (b.provider, b.account, b.feed_id);
    let unique = sources.iter().enumerate().all(|(at, a)| sources.iter().take(at).all(|b| !same(a, b)));
    require(unique, RiskError::InvalidParameter)?;
    sources.iter().try_for_each(validate_source)
}

/// A class a feed may be in.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_class(class: u8) -> RiskResult<()> {
    require(class == NO_CLASS || usize::from(class) < CLASSES, RiskError::InvalidParameter)
}

fn validate_judge(rules: &JudgeRules) -> RiskResult<()> {
    let bounded = rules.max_deviation > 0
        && u64::from(rules.max_deviation) <= Ratio::from_bps(2_000).0
        && u64::from(rules.jump_min) >= Ratio::from_bps(50).0
        && u64::from(rules.jump_min) <= Ratio::from_bps(5_000).0
        && (1..=600).contains(&rules.jump_confirm)
        && rules.max_future <= 30
        && rules.ema_seconds <= 86_400;
    require(bounded, RiskError::InvalidParameter)
}

fn validate_source(source: &OracleSource) -> RiskResult<()> {
    let bounded = (1..=3_600).contains(&source.max_age) && u64::from(source.max_confidence) <= Ratio::from_bps(2_000).0;
    require(bounded, RiskError::InvalidParameter)
}

/// Margin rates of a feed in a class with `kappa`, under the group's `bonus_min`.
///
/// `m̄ = (1+κ)·max(vL, vS) + max(add_on + 1.5·icap, basis) < 1` at both levels with the rates at their caps, and
/// `add_on ≥ i_min`.
///
/// # Errors
/// `InvalidParameter`, `MarginTooHigh`, `AddOnBelowBonus`.
pub fn validate_rates(rates: &RateSettings, kappa: u32, bonus_min: u32) -> RiskResult<()> {
    require(rates.sigma <= MAX_SIGMA, RiskError::InvalidParameter)?;
    require(rates.maintenance_add_on >= bonus_min, RiskError::AddOnBelowBonus)?;
    require(rates.initial_add_on >= rates.maintenance_add_on, RiskError::InvalidParameter)?;
    // The impact a listing promises needs a size to reach it at, of at least a thousand dollars.
    require(rates.depth == 0 || Usd(rates.depth) >= Usd::from_dollars(1_000)?, RiskError::InvalidParameter)?;
    let levels = [
        (&rates.maintenance_long, &rates.maintenance_short, rates.maintenance_add_on),
        (&rates.initial_long, &rates.initial_short, rates.initial_add_on),
    ];
    for (long, short, add_on) in levels {
        for side in [long, short] {
            validate_side(side, add_on)?;
        }
        let rate = Ratio::from_bits(long.cap.max(short.cap)).sub(Ratio::from_bits(add_on))?;
        let most = most_margin(rate, add_on, rates.impact_cap, rates.basis, kappa)?;
        require(most < Ratio::ONE, RiskError::MarginTooHigh)?;
    }
    require(rates.initial_long.cap >= rates.maintenance_long.cap, RiskError::InvalidParameter)?;
    require(rates.initial_short.cap >= rates.maintenance_short.cap, RiskError::InvalidParameter)
}

/// A smallest bonus under the feeds on the board, which were listed under another.
///
/// # Errors
/// `AddOnBelowBonus`, `BasisBelowBonus`.
pub fn validate_bonus_min(board: &RiskBoard, bonus_min: u32) -> RiskResult<()> {
    for row in board.rows.iter().take(usize::from(board.row_count)) {
        require(row.maintenance_add_on >= bonus_min, RiskError::AddOnBelowBonus)?;
        validate_basis(row, bonus_min)?;
    }
    Ok(())
}

/// Counts one more bank or perp market on a feed.
///
/// # Errors
/// `FeedNotListed`; those of [`validate_basis`].
pub fn count_on(board: &mut RiskBoard, feed: u8) -> RiskResult<()> {
    let bonus_min = board.rules.bonus_min;
    board.sequence = board.sequence.wrapping_add(1);
    let listed = feed < board.row_count;
    let row = board.rows.get_mut(usize::from(feed)).filter(|_| listed).ok_or(RiskError::FeedNotListed)?;
    row.banks = row.banks.saturating_add(1).min(2);
    validate_basis(row, bonus_min)
}

/// Basis of a feed with several banks or perps: a loan in one and collateral in another, or a perp, are matched, and what a
/// liquidation costs of them must be less than what it frees. Net long that is `basis ≥ i·(1 − r)`, net short `basis ≥ i·(1 + r)/(1 + i)`; both hold
/// where `basis ≥ i_min·(1 + r)`, with the largest r a listing allows.
///
/// # Errors
/// `BasisBelowBonus`.
pub fn validate_basis(row: &RiskRow, bonus_min: u32) -> RiskResult<()> {
    if row.banks < 2 {
        return Ok(());
    }
    let rate = Ratio::from_bits(row.maintenance_long.max(row.maintenance_short));
    let most = rate.add(Ratio::from_bits(row.maintenance_add_on))?.add(Ratio::from_bits(row.impact_cap))?;
    let needed = Ratio::ONE.add(most)?.mul_up(Ratio::from_bits(bonus_min))?;
    require(Ratio::from_bits(row.basis) >= needed, RiskError::BasisBelowBonus)
}

/// κ of a class whose feeds are on the board: none may come to need its whole value as margin.
///
/// # Errors
/// `InvalidParameter`, `MarginTooHigh`.
pub fn validate_kappa(board: &RiskBoard, class: u8, kappa: u32) -> RiskResult<()> {
    require(usize::from(class) < CLASSES, RiskError::InvalidParameter)?;
    for row in board.rows.iter().take(usize::from(board.row_count)).filter(|row| row.class == class) {
        let levels = [
            (row.maintenance_long.max(row.maintenance_short), row.maintenance_add_on),
            (row.initial_long.max(row.initial_short), row.initial_add_on),
        ];
        for (rate, add_on) in levels {
            let most = most_margin(Ratio::from_bits(rate), add_on, row.impact_cap, row.basis, kappa)?;
            require(most < Ratio::ONE, RiskError::MarginTooHigh)?;
        }
    }
    Ok(())
}

/// `m̄ = (1+κ)·v + max(add_on + 1.5·icap, basis)`: the most R can be of an exposure.
fn most_margin(rate: Ratio, add_on: u32, impact_cap: u32, basis: u32, kappa: u32) -> RiskResult<Ratio> {
    let cap = u64::from(impact_cap);
    let impact = Ratio(cap.saturating_add(cap.div_ceil(2)));
    let unnetted = Ratio::from_bits(add_on).add(impact)?.max(Ratio::from_bits(basis));
    Ok(Ratio::ONE.add(Ratio::from_bits(kappa))?.mul_up(rate)?.add(unnetted)?)
}

fn validate_side(side: &SideRates, add_on: u32) -> RiskResult<()> {
    let ordered = add_on <= side.floor && side.floor <= side.cap && side.k <= MAX_K;
    require(ordered, RiskError::InvalidParameter)
}

/// A bank's interest curve, fee and caps, at the highest price its feed may print in the next while: a thousand times
/// today's (`price`). Listing a bank needs a price for that reason.
///
/// # Errors
/// `CurveNotMonotone`, `InvalidParameter`, `CapTooLarge`, `DecimalsNotSupported`.
pub fn validate_bank(bank: &Bank, price: Price) -> RiskResult<()> {
    validate_curve(bank)?;
    let scale = Decimals::new(bank.decimals).ok_or(RiskError::DecimalsNotSupported)?;
    let bounded =
        bank.interest_fee <= (u32::MAX >> 1) && bank.max_utilisation <= Ratio::ONE.0 && bank.flash_fee <= MAX_FLASH_FEE;
    require(bounded, RiskError::InvalidParameter)?;
    // cap · 1000 · price < 2^42 USD
    let most = Usd::from_dollars(1 << 42)?;
    let limit = Usd(most.0.checked_div(1_000).unwrap_or(0));
    for cap in [bank.deposit_cap, bank.borrow_cap] {
        let value = price.value_up(scale.units_up(cap)?).map_err(|_| RiskError::CapTooLarge)?;
        require(value < limit, RiskError::CapTooLarge)?;
    }
    Ok(())
}

/// The part of a cap that is in force: all of it, or while the bank warms up a tenth that grows evenly to all of it. A
/// listing that turns out bad is then still small.
#[inline]
#[must_use]
pub fn cap_in_force(bank: &Bank, cap: u64, now: Now) -> u64 {
    match u64::try_from(bank.warm_ts.saturating_sub(now.ts)) {
        Ok(left) if left > 0 => warming(bank, cap, left),
        _ => cap,
    }
}

#[cold]
fn warming(bank: &Bank, cap: u64, left: u64) -> u64 {
    let whole = u128::from(bank.warm_up.max(1)).saturating_mul(10);
    let missing = u128::from(left.min(u64::from(bank.warm_up))).saturating_mul(9);
    let withheld = u128::from(cap).checked_mul(missing).map_or(u128::MAX, |product| product.div_ceil(whole));
    cap.saturating_sub(u64::try_from(withheld).unwrap_or(u64::MAX))
}

fn validate_curve(bank: &Bank) -> RiskResult<()> {
    let count = usize::from(bank.curve_points);
    require((2..=CURVE_POINTS).contains(&count), RiskError::CurveNotMonotone)?;
    let points = bank.curve.get(..count).ok_or(RiskError::CurveNotMonotone)?;
    let rising = points.windows(2).all(|pair| match pair {
        [from, to] => from.utilisation < to.utilisation && from.rate <= to.rate,
        _ => false,
    });
    let ends = points.first().is_some_and(|first| first.utilisation == 0)
        && points.last().is_some_and(|last| last.utilisation == Ratio::ONE.0 && last.rate <= MAX_RATE);
    require(rising && ends, RiskError::CurveNotMonotone)
}

/// From which mode to which a bank may go. Wind-down is for good once its index says so.
///
/// # Errors
/// `InvalidModeChange`.
pub fn validate_mode_change(bank: &Bank, to: BankMode) -> RiskResult<()> {
    let worthless = Index::from_words(bank.asset_index) < Index(Index::ONE.0.checked_div(1_000_000).unwrap_or(0));
    require(!worthless || to == BankMode::WindDown, RiskError::InvalidModeChange)
}

/// An owner's deleverage policy. A floor of zero switches it off.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate_policy(policy: &DeleveragePolicy) -> RiskResult<()> {
    let one = Ratio::ONE.0;
    let bounded = policy.floor == 0
        || (policy.floor > one
            && policy.floor <= one.saturating_mul(4)
            && policy.width >= Ratio::from_bps(500).0
            && policy.width <= one);
    require(bounded, RiskError::InvalidParameter)
}
