use ballast_math::Ratio;
use ballast_state::{MarginAccount, RiskBoard};

use super::pair::{Pair, Reliefs};
use crate::health::Health;
use crate::{Now, RiskResult};

/// Bonuses up to which a liquidation helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// T1: below it health H rises.
    pub health: Ratio,
    /// T: below it the health factor rises.
    pub factor: Ratio,
}

/// `T1 = (1+ρ_a)/(1−ρ_b) − 1` and `T = HF·(1+ρ_a)/(1−HF·ρ_b) − 1`, down, with lower reliefs; zero where negative.
///
/// # Errors
/// Arithmetic.
pub fn thresholds(pair: &Pair<'_>, health: &Health) -> RiskResult<Thresholds> {
    let reliefs = pair.lower_reliefs()?;
    Thresholds::of(&reliefs, health)
}

impl Thresholds {
    /// [`thresholds`] of any two reliefs.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn of(reliefs: &Reliefs, health: &Health) -> RiskResult<Self> {
        let factor = health.factor().unwrap_or(Ratio::ONE).min(Ratio::ONE);
        let gain = Ratio::ONE.add(reliefs.loan)?;
        let at = |factor: Ratio| -> RiskResult<Ratio> {
            let cost = Ratio::ONE.sub(factor.mul_down(reliefs.collateral)?)?;
            Ok(factor.mul_down(gain)?.div_down(cost)?.excess_over(Ratio::ONE))
        };
        Ok(Self { health: at(Ratio::ONE)?, factor: at(factor)? })
    }
}

/// The bonus of a liquidation now (rules-risk 3).
///
/// `φ = min(1/2, 1/4 + 2·(1 − HF) + τ/ramp)`, `i = min(i_max, max(i_min, min(φ·T1, T/2)))`, and inside an episode no more
/// than the last bonus and what time added to it.
///
/// # Errors
/// Arithmetic.
pub fn bonus(
    thresholds: &Thresholds,
    health: &Health,
    account: &MarginAccount,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<Ratio> {
    const HALF: Ratio = Ratio(Ratio::ONE.0 >> 1);
    const QUARTER: Ratio = Ratio(Ratio::ONE.0 >> 2);

    let rules = &board.rules;
    let depth = Ratio::ONE.excess_over(health.factor().unwrap_or(Ratio::ONE));
    let waited = now.seconds_since(account.unhealthy_since);
    let waited = Ratio::quotient_down(waited.min(u64::from(rules.bonus_ramp)), u64::from(rules.bonus_ramp.max(1)))?;
    let share = QUARTER.add(depth)?.add(depth)?.add(waited)?.min(HALF);
    let minimum = Ratio::from_bits(rules.bonus_min);
    let earned = share.mul_down(thresholds.health)?.min(Ratio(thresholds.factor.0 >> 1));
    let bonus = earned.max(minimum).min(Ratio::from_bits(rules.bonus_max));
    if account.bonus_lock.ts == 0 {
        return Ok(bonus);
    }
    let since = now.seconds_since(account.bonus_lock.ts);
    let growth = u64::from(rules.bonus_growth).saturating_mul(since);
    // A lock from before the smallest bonus was raised must not pay less than it.
    Ok(bonus.min(Ratio(account.bonus_lock.bonus.saturating_add(growth))).max(minimum))
}
