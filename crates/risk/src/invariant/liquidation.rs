//! Liquidation: when, how much, at what bonus, and how its taker is left.

use ballast_math::{Price, Ratio};
use ballast_state::{Bank, BonusLock, MarginAccount, PerpMarket, RiskBoard};

use super::{
    holds, require, value_down, value_up, Checked, BONUS_BOUNDED, FACTOR_RISES, HEALTH_RISES, NO_OVERSHOOT,
    ONLY_UNHEALTHY, PAID_IN_FULL, SPARED, TAKER_SAFE,
};
use crate::health::{self, Assessment, Health, Portfolio, Valuation};
use crate::liquidation::{is_within_target, Liquidated};
use crate::perp::exposure::quote;
use crate::{Now, RiskError, RiskResult};

/// What a check of a liquidation needs besides its outcome.
#[derive(Clone, Copy, Debug)]
pub struct LiquidationContext<'a> {
    /// The board it ran on.
    pub board: &'a RiskBoard,
    /// Bank of the loan.
    pub loan_bank: &'a Bank,
    /// Bank of the collateral.
    pub collateral_bank: &'a Bank,
    /// The bonus lock before it.
    pub lock: BonusLock,
    /// T: the bonus below which the health factor rises.
    pub factor_threshold: Ratio,
    /// True if a balance was closed whole: then the target may be passed.
    pub dust_closed: bool,
    /// When it ran.
    pub now: Now,
}

/// INV-7 to INV-10 and INV-12 of a liquidation.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_liquidation(done: &Liquidated, context: &LiquidationContext<'_>) -> Checked {
    let rules = &context.board.rules;
    let (Ok(before), Ok(after)) = (done.before.value(), done.after.value()) else { return Err(HEALTH_RISES) };
    require(after >= before, HEALTH_RISES)?;
    let minimum = u64::from(rules.bonus_min);
    if context.factor_threshold.0 > minimum {
        require(!done.after.factor_is_below(&done.before).unwrap_or(true), FACTOR_RISES)?;
    }
    if !context.dust_closed {
        let (loan, collateral) = (context.loan_bank, context.collateral_bank);
        holds(
            is_within_target(
                &done.before,
                &done.after,
                Ratio(rules.liquidation_target),
                context.board,
                loan,
                collateral,
            ),
            NO_OVERSHOOT,
        )?;
    }
    check_bonus(done.bonus, &context.lock, context.board, context.now)?;
    holds(is_paid_in_full(done, context), PAID_IN_FULL)
}

fn check_bonus(bonus: Ratio, lock: &BonusLock, board: &RiskBoard, now: Now) -> Checked {
    let rules = &board.rules;
    let minimum = u64::from(rules.bonus_min);
    let bounded = bonus.0 >= minimum && bonus.0 <= u64::from(rules.bonus_max);
    let growth = u64::from(rules.bonus_growth).saturating_mul(now.seconds_since(lock.ts));
    let locked = lock.ts == 0 || bonus.0 <= lock.bonus.saturating_add(growth).max(minimum);
    require(bounded && locked, BONUS_BOUNDED)
}

/// The value handed over, down, is at most the value repaid, up, and the bonus.
fn is_paid_in_full(done: &Liquidated, context: &LiquidationContext<'_>) -> RiskResult<bool> {
    let seized = value_down(context.board, context.collateral_bank, done.exchange.seized)?;
    let repaid = value_up(context.board, context.loan_bank, done.exchange.repaid)?;
    Ok(seized <= Ratio::ONE.add(done.bonus)?.of_up(repaid)?)
}

/// INV-30 of what a liquidatee held before, its timer apart.
///
/// # Errors
/// `ONLY_UNHEALTHY`.
pub fn check_unhealthy(before: &Portfolio, board: &RiskBoard, now: Now) -> Checked {
    let negative = |valuation| -> RiskResult<bool> {
        Ok(Health::of(&Assessment::of(before, board, valuation, now)?, board)?.is_negative())
    };
    let both = || Ok(negative(Valuation::Maintenance)? && negative(Valuation::Favourable)?);
    require(before.has_liability, ONLY_UNHEALTHY)?;
    holds(both(), ONLY_UNHEALTHY)
}

/// INV-31 of a liquidatee and its Maintenance health before.
///
/// # Errors
/// `SPARED`.
pub fn check_not_spared(account: &MarginAccount, health: &Health, board: &RiskBoard, now: Now) -> Checked {
    let cooling = account.risk_ts != 0 && now.seconds_since(account.risk_ts) < u64::from(board.rules.cool_off);
    let deep = || -> RiskResult<bool> {
        // E < R/2 as 2A < 2L + R, which rounds nothing.
        let burden = health.liabilities.add(health.liabilities)?.add(health.requirement)?;
        Ok(health.assets.add(health.assets)? < burden)
    };
    if !cooling && now.ts >= board.grace_until {
        return Ok(());
    }
    holds(deep(), SPARED)
}

/// INV-29 of what a taker holds after a takeover; `before` is its Initial health before, nothing without a liability.
///
/// # Errors
/// `TAKER_SAFE`.
pub fn check_taker(after: &Portfolio, before: Option<i64>, board: &RiskBoard, now: Now) -> Checked {
    let safe = || -> RiskResult<bool> {
        let value = health::taker_value(after, board, now)?;
        Ok(value.is_none_or(|value| value >= 0 || before.is_some_and(|before| value >= before)))
    };
    holds(safe(), TAKER_SAFE)
}

/// What a liquidation of a perp position did.
#[derive(Clone, Copy, Debug)]
pub struct PositionLiquidation {
    /// Maintenance health before.
    pub before: Health,
    /// After, and before a loss was absorbed.
    pub after: Health,
    /// The bonus.
    pub bonus: Ratio,
    /// The bonus lock before it.
    pub lock: BonusLock,
    /// True if the position was closed whole, or by the one lot that is the least: then the target may be passed.
    pub closed: bool,
    /// True if less than dust was left to seize: then what hedges a debt nothing covers is closed all the same.
    pub nothing_left: bool,
}

/// INV-7 to INV-10 of the liquidation of a position in a perp market.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_position_liquidation(
    done: &PositionLiquidation,
    market: &PerpMarket,
    board: &RiskBoard,
    now: Now,
) -> Checked {
    let rules = &board.rules;
    let (Ok(before), Ok(after)) = (done.before.value(), done.after.value()) else { return Err(HEALTH_RISES) };
    let insolvent = done.before.assets < done.before.liabilities;
    if !(insolvent && done.nothing_left) {
        require(after >= before, HEALTH_RISES)?;
        // At the smallest bonus it may be too much for the factor to rise.
        if done.bonus.0 > u64::from(rules.bonus_min) {
            require(!done.after.factor_is_below(&done.before).unwrap_or(true), FACTOR_RISES)?;
        }
    }
    if !done.closed {
        holds(is_in_target(&done.after, market, board), NO_OVERSHOOT)?;
    }
    check_bonus(done.bonus, &done.lock, board, now)
}

/// HF at the target at most, but for what rounding bonus and premium to atoms of the quote token can leave: two of them.
fn is_in_target(after: &Health, market: &PerpMarket, board: &RiskBoard) -> RiskResult<bool> {
    let row = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let atoms = quote(market).units_up(2)?;
    let target = Ratio(board.rules.liquidation_target).of_up(after.burden()?)?;
    Ok(after.assets <= target.add(Price(row.mid).value_up(atoms)?)?)
}
