//! Less exposure at a fair mark, nobody's equity taken: below the owner's floor, or out of a bank in wind-down
//! (rules-risk 5).

use ballast_math::{Index, MathError, MathResult, Ratio, Usd};
use ballast_state::{Balance, Bank, BankMode, MarginAccount, RiskBoard, RiskRow};

use crate::health::{decimals, Assessment, Health, Portfolio, Valuation};
use crate::liquidation::{apply, fit, solve, Exchange, Limits, Pair};
use crate::{balances, timer, Now, RiskError, RiskResult};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Part of a balance that a wind-down may take in an hour.
const WIND_DOWN_DIVISOR: u64 = 10;

/// Which rule a deleverage follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The account is below its owner's floor.
    Policy,
    /// A bank of the pair is in wind-down past its notice.
    WindDown,
}

/// What a deleverage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleveraged {
    /// Why.
    pub cause: Cause,
    /// The keeper's fee on the value repaid.
    pub fee: Ratio,
    /// Collateral value per loan value, both at mid: the fee less what the band's sides cost the keeper.
    pub rate: Ratio,
    /// What moved.
    pub exchange: Exchange,
    /// Maintenance health before.
    pub before: Health,
    /// Maintenance health after.
    pub after: Health,
}

/// Deleverages: the keeper repays loan, credited at the low end of its band, and receives collateral, charged at the high
/// end of its band, plus a small fee. Confidence and disagreement only make the bands here: no free option on a lagging
/// print, no toll in a trend.
///
/// Both banks must be accrued to now. The keeper's own health is the caller's to check afterwards.
///
/// # Errors
/// `NoLiability`, `OnlyLiquidation`, `NoPolicy`, `AboveFloor`, `DeleverageTooSoon`, `TurnoverExceeded`, `NotWoundDown`,
/// `WindDownRateExceeded`, `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded`, those of [`Pair::new`] and [`fit`],
/// `LiquidationWouldWorsen`.
#[allow(clippy::too_many_arguments, reason = "two banks, two accounts, their context")]
pub fn deleverage(
    board: &RiskBoard,
    loan_bank: &mut Bank,
    collateral_bank: &mut Bank,
    account: &mut MarginAccount,
    keeper: &mut MarginAccount,
    portfolio: &Portfolio,
    cause: Cause,
    max_repay: u64,
    now: Now,
) -> RiskResult<Deleveraged> {
    if !portfolio.has_liability {
        return Err(RiskError::NoLiability);
    }
    let assessment = Assessment::of(portfolio, board, Valuation::Maintenance, now)?;
    let before = Health::of(&assessment, board)?;
    timer::mark(account, &before, &board.rules, now);
    if before.is_negative() {
        return Err(RiskError::OnlyLiquidation);
    }
    let mut pair = Pair::new(board, portfolio, assessment, loan_bank, collateral_bank, account)?;
    // Whether the account is below its floor depends on all its prices, the pair's among them.
    for exposure in portfolio.exposures() {
        if cause == Cause::Policy || pair.holds(exposure.feed) {
            let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
            crate::price::check_usable(row, now, board.rules.deleverage_max_age)?;
        }
    }

    let fee = match cause {
        Cause::Policy => Ratio::from_bits(board.rules.deleverage_fee),
        Cause::WindDown => wind_down_fee(board, loan_bank, collateral_bank, now)?,
    };
    let rate = exchange_rate(pair.loan_row(), pair.collateral_row(), fee)?;
    let (wanted, mut limits) = match cause {
        Cause::Policy => policy_limits(account, &before, &pair, rate, loan_bank, board, now)?,
        Cause::WindDown => wind_down_limits(account, &pair, loan_bank, collateral_bank, board, now)?,
    };
    limits.max_repay = limits.max_repay.min(max_repay);
    let exchange = fit(&pair, loan_bank, collateral_bank, rate, wanted, &limits)?;

    pair.settle(&exchange, loan_bank, collateral_bank)?;
    let after = pair.health()?;
    if after.value()? <= before.value()? || !before.factor_is_below(&after)? {
        return Err(RiskError::LiquidationWouldWorsen);
    }
    match cause {
        Cause::Policy => {
            let repaid = pair.loan_price().value_up(decimals(loan_bank).units_up(exchange.repaid)?)?;
            account.policy.turnover_used = used_today(account, now).saturating_add(repaid.0);
            account.policy.turnover_day = now.ts.div_euclid(DAY);
            account.policy.last_ts = now.ts;
        }
        Cause::WindDown => {
            count_wound_down(account, loan_bank, exchange.repaid_shares, now)?;
            count_wound_down(account, collateral_bank, exchange.seized_shares, now)?;
        }
    }
    apply(loan_bank, collateral_bank, account, keeper, &exchange, 0)?;
    timer::mark(account, &after, &board.rules, now);
    Ok(Deleveraged { cause, fee, rate, exchange, before, after })
}

/// `(1 + fee) · (loan low / loan mid) · (collateral mid / collateral high)`, down.
fn exchange_rate(loan: &RiskRow, collateral: &RiskRow, fee: Ratio) -> MathResult<Ratio> {
    let credited = ratio_down(loan.fair_low, loan.mid)?;
    let charged = ratio_down(collateral.mid, collateral.fair_high)?;
    Ratio::ONE.add(fee)?.mul_down(credited)?.mul_down(charged)
}

fn ratio_down(n: u64, d: u64) -> MathResult<Ratio> {
    Ratio::quotient_down(n, d)
}

/// A policy restores to at most floor + width, within the owner's daily turnover.
fn policy_limits(
    account: &MarginAccount,
    health: &Health,
    pair: &Pair<'_>,
    rate: Ratio,
    loan_bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<(Usd, Limits)> {
    let policy = &account.policy;
    if policy.floor == 0 {
        return Err(RiskError::NoPolicy);
    }
    if !health.factor_is_below_ratio(Ratio(policy.floor))? {
        return Err(RiskError::AboveFloor);
    }
    if policy.last_ts != 0 && now.seconds_since(policy.last_ts) < u64::from(board.rules.deleverage_interval) {
        return Err(RiskError::DeleverageTooSoon);
    }
    let left = Usd(policy.daily_turnover.saturating_sub(used_today(account, now)));
    let scale = 10u64.checked_pow(u32::from(loan_bank.decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    let max_repay = pair.loan_price().atoms_down(left, scale).unwrap_or(u64::MAX);
    if max_repay == 0 {
        return Err(RiskError::TurnoverExceeded);
    }
    let target = Ratio(policy.floor).add(Ratio(policy.width))?;
    Ok((solve(pair, rate, target)?, Limits { max_repay, max_seize: u64::MAX, dust: Usd::ZERO }))
}

fn used_today(account: &MarginAccount, now: Now) -> u64 {
    if account.policy.turnover_day == now.ts.div_euclid(DAY) {
        account.policy.turnover_used
    } else {
        0
    }
}

/// The fee rises from nothing to its most in the ramp after the notice.
fn wind_down_fee(board: &RiskBoard, loan_bank: &Bank, collateral_bank: &Bank, now: Now) -> RiskResult<Ratio> {
    let since = [loan_bank, collateral_bank]
        .into_iter()
        .filter_map(|bank| past_notice(board, bank, now))
        .max()
        .ok_or(RiskError::NotWoundDown)?;
    let ramp = u64::from(board.rules.wind_down_ramp.max(1));
    let share = Ratio::quotient_down(since.min(ramp), ramp)?;
    Ok(share.mul_down(Ratio::from_bits(board.rules.deleverage_fee))?)
}

/// Seconds since the notice of a bank in wind-down ended; nothing while it runs.
fn past_notice(board: &RiskBoard, bank: &Bank, now: Now) -> Option<u64> {
    if BankMode::from_byte(bank.mode) != BankMode::WindDown {
        return None;
    }
    now.seconds_since(bank.wind_down_ts).checked_sub(u64::from(board.rules.wind_down_notice))
}

/// A wind-down takes what its hourly part allows, whatever the health factor.
fn wind_down_limits(
    account: &MarginAccount,
    pair: &Pair<'_>,
    loan_bank: &Bank,
    collateral_bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<(Usd, Limits)> {
    let dust = Usd(board.rules.dust);
    let mut limits = Limits { max_repay: u64::MAX, max_seize: u64::MAX, dust: Usd::ZERO };
    if past_notice(board, loan_bank, now).is_some() {
        let value = pair.loan_price().value_down(decimals(loan_bank).units_down(pair.debt)?)?;
        if value >= dust {
            let shares = hourly_allowance(account, loan_bank, now)?;
            limits.max_repay = Index::from_words(loan_bank.liability_index).amount_down(shares)?;
        }
    }
    if past_notice(board, collateral_bank, now).is_some() {
        let value = pair.collateral_price().value_down(decimals(collateral_bank).units_down(pair.claim)?)?;
        if value >= dust {
            let shares = hourly_allowance(account, collateral_bank, now)?;
            limits.max_seize = Index::from_words(collateral_bank.asset_index).amount_down(shares)?;
        }
    }
    if limits.max_repay == 0 || limits.max_seize == 0 {
        return Err(RiskError::WindDownRateExceeded);
    }
    Ok((Usd(u64::MAX), limits))
}

/// Shares that may still go this hour: a tenth of what the balance was when the hour began, or one where a tenth is none.
fn hourly_allowance(account: &MarginAccount, bank: &Bank, now: Now) -> RiskResult<u64> {
    let balance = account.balance(bank.index).ok_or(RiskError::NoBalance)?;
    let used = wound_this_hour(balance, now)?;
    let start = ballast_math::checked_add(balance.shares, used)?;
    let allowed = start.checked_div(WIND_DOWN_DIVISOR).unwrap_or(0).max(1);
    Ok(allowed.saturating_sub(used))
}

fn wound_this_hour(balance: &Balance, now: Now) -> RiskResult<u64> {
    Ok(if balance.wound_hour == hour(now)? { balance.wound_down } else { 0 })
}

fn count_wound_down(account: &mut MarginAccount, bank: &Bank, shares: u64, now: Now) -> RiskResult<()> {
    let slot = balances::position(account, bank.index).ok_or(RiskError::NoBalance)?;
    let balance = account.balances.get_mut(slot).ok_or(RiskError::NoBalance)?;
    balance.wound_down = ballast_math::checked_add(wound_this_hour(balance, now)?, shares)?;
    balance.wound_hour = hour(now)?;
    Ok(())
}

fn hour(now: Now) -> RiskResult<u32> {
    u32::try_from(now.ts.div_euclid(HOUR)).map_err(|_| RiskError::Math(MathError::here()))
}
