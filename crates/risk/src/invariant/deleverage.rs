//! Deleverage and wind-down: what they may take, and at what price.

use ballast_math::{Price, Ratio, Usd};
use ballast_state::{Balance, Bank, BankMode, MarginAccount, RiskBoard};

use super::{
    holds, value_down, value_up, Checked, DELEVERAGE_HELPS, FEE_BOUNDED, PACE_KEPT, WIND_DOWN_PACE, WITHIN_POLICY,
};
use crate::health::{decimals, Health};
use crate::liquidation::is_within_target;
use crate::{Now, RiskError, RiskResult};

/// Atoms that changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// Loan repaid.
    pub repaid: u64,
    /// Collateral handed over.
    pub seized: u64,
}

/// What a deleverage ran on.
#[derive(Clone, Copy, Debug)]
pub struct DeleverageContext<'a> {
    /// The board.
    pub board: &'a RiskBoard,
    /// Bank of the loan, after.
    pub loan_bank: &'a Bank,
    /// Bank of the collateral, after.
    pub collateral_bank: &'a Bank,
    /// The account before.
    pub before: &'a MarginAccount,
    /// The account after.
    pub after: &'a MarginAccount,
    /// When it ran.
    pub now: Now,
}

/// INV-33 of an account's Maintenance health before and after.
///
/// # Errors
/// `DELEVERAGE_HELPS`.
pub fn check_deleverage(before: &Health, after: &Health) -> Checked {
    let helped = || -> RiskResult<bool> {
        Ok(after.value()? > before.value()? && (after.burden()? == Usd::ZERO || before.factor_is_below(after)?))
    };
    holds(helped(), DELEVERAGE_HELPS)
}

/// INV-34 of a deleverage by policy and the health around it.
///
/// # Errors
/// `WITHIN_POLICY`.
pub fn check_policy(before: &Health, after: &Health, context: &DeleverageContext<'_>) -> Checked {
    let policy = &context.before.policy;
    let within = || -> RiskResult<bool> {
        let target = Ratio(policy.floor).add(Ratio(policy.width))?;
        Ok(policy.floor > 0
            && !before.is_negative()
            && before.factor_is_below_ratio(Ratio(policy.floor))?
            && is_within_target(before, after, target, context.board, context.loan_bank, context.collateral_bank)?)
    };
    holds(within(), WITHIN_POLICY)
}

/// INV-35: collateral at its high end is worth at most the loan at its low end and the fee.
///
/// # Errors
/// `FEE_BOUNDED`.
pub fn check_fee(moved: Takeover, context: &DeleverageContext<'_>) -> Checked {
    let bounded = || -> RiskResult<bool> {
        let (loan_bank, collateral_bank) = (context.loan_bank, context.collateral_bank);
        let loan = context.board.row(loan_bank.feed).ok_or(RiskError::FeedNotListed)?;
        let collateral = context.board.row(collateral_bank.feed).ok_or(RiskError::FeedNotListed)?;
        let charged = Price(collateral.fair_high).value_down(decimals(collateral_bank).units_down(moved.seized)?)?;
        let credited = Price(loan.fair_low).value_up(decimals(loan_bank).units_up(moved.repaid)?)?;
        let fee = Ratio::from_bits(context.board.rules.deleverage_fee);
        Ok(charged <= Ratio::ONE.add(fee)?.of_up(credited)?)
    };
    holds(bounded(), FEE_BOUNDED)
}

/// INV-36 of a deleverage by policy that repaid so many atoms.
///
/// # Errors
/// `PACE_KEPT`.
pub fn check_pace(repaid: u64, context: &DeleverageContext<'_>) -> Checked {
    /// What the rounding of a value there and back can add, in units of 2⁻²⁰ USD.
    const ROUNDING: u64 = 2;
    let (old, new, now) = (&context.before.policy, &context.after.policy, context.now);
    let day = now.ts.div_euclid(86_400);
    let kept = || -> RiskResult<bool> {
        let used = if old.turnover_day == day { old.turnover_used } else { 0 };
        let moved = value_up(context.board, context.loan_bank, repaid)?;
        let waited =
            old.last_ts == 0 || now.seconds_since(old.last_ts) >= u64::from(context.board.rules.deleverage_interval);
        Ok(waited
            && (new.last_ts, new.turnover_day) == (now.ts, day)
            && new.turnover_used == used.saturating_add(moved.0)
            && new.turnover_used <= old.daily_turnover.saturating_add(ROUNDING))
    };
    holds(kept(), PACE_KEPT)
}

/// INV-37 of the account's balance in one bank of a wind-down's pair.
///
/// # Errors
/// `WIND_DOWN_PACE`.
pub fn check_wind_down_pace(bank: &Bank, context: &DeleverageContext<'_>) -> Checked {
    let (Some(old), now) = (context.before.balance(bank.index), context.now) else { return Err(WIND_DOWN_PACE) };
    let new = context.after.balance(bank.index);
    let notice = u64::from(context.board.rules.wind_down_notice);
    let running =
        BankMode::from_byte(bank.mode) == BankMode::WindDown && now.seconds_since(bank.wind_down_ts) >= notice;
    let kept = || -> RiskResult<bool> {
        let hour = u32::try_from(now.ts.div_euclid(3_600)).unwrap_or(u32::MAX);
        let used = if old.wound_hour == hour { old.wound_down } else { 0 };
        let moved = old.shares.saturating_sub(new.map_or(0, |balance| balance.shares));
        let counted =
            new.is_none_or(|balance| balance.wound_hour == hour && balance.wound_down == used.saturating_add(moved));
        let most = ballast_math::wide(used.saturating_add(moved), 10);
        let within = most <= u128::from(old.shares.saturating_add(used)) || is_dust(old, bank, context.board)?;
        Ok(counted && (!running || within))
    };
    holds(kept(), WIND_DOWN_PACE)
}

fn is_dust(balance: &Balance, bank: &Bank, board: &RiskBoard) -> RiskResult<bool> {
    let index = if balance.is_loan() { bank.liability_index } else { bank.asset_index };
    let index = ballast_math::Index::from_words(index);
    let atoms = if balance.is_loan() { index.amount_up(balance.shares)? } else { index.amount_down(balance.shares)? };
    Ok(value_down(board, bank, atoms)? < Usd(board.rules.dust))
}
