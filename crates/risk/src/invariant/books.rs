//! A bank's books between two states: whatever moved has a cause.

use ballast_math::{checked_add_wide, mul_shift_64, wide, Index, MathResult};
use ballast_state::Bank;

use super::{
    holds, require, Checked, FEES_CAUSES, GROWTH_BOUNDED, INDEX_CAUSES, INSURANCE_CAUSES, SURPLUS_KEPT,
    TOKENS_CONSERVED, VAULT_CHANGE_BOOKED, WHOLE_ATOMS,
};
use crate::{interest, Now, RiskResult};

/// INV-16 between two states of a bank and its vault's tokens, where no stranger gave tokens.
///
/// # Errors
/// `VAULT_CHANGE_BOOKED`.
pub fn check_vault_change(before: &Bank, after: &Bank, tokens: [u64; 2]) -> Checked {
    let [had, has] = tokens.map(i128::from);
    let booked = i128::from(after.vault_balance).saturating_sub(i128::from(before.vault_balance));
    require(has.saturating_sub(had) == booked, VAULT_CHANGE_BOOKED)
}

/// INV-45 between two sums over the vault and all wallets of a mint.
///
/// # Errors
/// `TOKENS_CONSERVED`.
pub fn check_tokens(before: u128, after: u128) -> Checked {
    require(before == after, TOKENS_CONSERVED)
}

/// INV-17 between two states of a bank.
///
/// # Errors
/// `INDEX_CAUSES`.
pub fn check_index_causes(before: &Bank, after: &Bank) -> Checked {
    let caused = || -> RiskResult<bool> {
        let accrued = interest::project(before, moment(after))?;
        let lost = after.socialized_loss > before.socialized_loss;
        let asset = Index::from_words(after.asset_index);
        Ok(after.accrued_ts >= before.accrued_ts
            && Index::from_words(after.liability_index) == accrued.liability
            && if lost { asset <= accrued.asset } else { asset == accrued.asset })
    };
    holds(caused(), INDEX_CAUSES)
}

/// INV-18 between two states of a bank, by a bound that knows no exponential. Growth beyond 100 % is not looked at.
///
/// # Errors
/// `GROWTH_BOUNDED`.
pub fn check_growth(before: &Bank, after: &Bank) -> Checked {
    let bounded = || -> RiskResult<bool> {
        let index = Index::from_words(before.liability_index).0;
        let rise = Index::from_words(after.liability_index).0.saturating_sub(index);
        let elapsed = moment(after).seconds_since(before.accrued_ts);
        let exponent = wide(before.borrow_rate, elapsed);
        if before.liability_shares == 0 {
            return Ok(rise == 0);
        }
        let Ok(exponent) = u64::try_from(exponent) else { return Ok(true) };
        let linear = mul_shift_64(index, exponent)?;
        let square = mul_shift_64(linear, exponent)?;
        // The exponential's own error (six units, or 2⁻⁵⁸ of e^x where x is above 2⁻²⁰), and some steps of rounding.
        let slack = checked_add_wide(checked_add_wide(linear >> 37, mul_shift_64(index, 6)?)?, 4)?;
        Ok(rise >= linear && rise <= checked_add_wide(checked_add_wide(linear, square)?, slack)?)
    };
    holds(bounded(), GROWTH_BOUNDED)
}

/// INV-19 between two states of a bank. A bank whose lenders lost everything is left out: there the loss itself is what
/// nobody bears.
///
/// # Errors
/// `SURPLUS_KEPT`.
pub fn check_surplus(before: &Bank, after: &Bank) -> Checked {
    let lost = after.socialized_loss > before.socialized_loss;
    if lost && (after.asset_shares == 0 || Index::from_words(after.asset_index).0 < WHOLE_ATOMS) {
        return Ok(());
    }
    let kept = || -> RiskResult<bool> {
        let had = checked_add_wide(held(before)?, owed(after)?)?;
        let has = checked_add_wide(held(after)?, owed(before)?)?;
        // What halving thrice drops of the terms.
        Ok(checked_add_wide(has, 4)? >= had)
    };
    holds(kept(), SURPLUS_KEPT)
}

/// What a bank holds and is owed, in eighths of 2⁻⁶⁴ atom: so that sums of sums stay in range.
fn held(bank: &Bank) -> MathResult<u128> {
    let debts = Index::from_words(bank.liability_index).exact(bank.liability_shares)?;
    checked_add_wide(debts >> 3, u128::from(bank.vault_balance) << 61)
}

/// What a bank owes, in the same unit.
fn owed(bank: &Bank) -> MathResult<u128> {
    let claims = Index::from_words(bank.asset_index).exact(bank.asset_shares)? >> 3;
    let fees = checked_add_wide(u128::from(bank.fees) << 61, u128::from(bank.fees_fraction >> 3))?;
    checked_add_wide(checked_add_wide(claims, fees)?, u128::from(bank.insurance) << 61)
}

/// INV-20 between two states of a bank; `collected` atoms of fees were paid out.
///
/// # Errors
/// `FEES_CAUSES`.
pub fn check_fees(before: &Bank, after: &Bank, collected: u64) -> Checked {
    let caused = || -> RiskResult<bool> {
        let mut accrued = *before;
        interest::accrue(&mut accrued, moment(after))?;
        let expected = accrued.fees.saturating_sub(collected);
        let beyond = after.socialized_loss > before.socialized_loss || after.liability_shares < before.liability_shares;
        let wiped = Index::from_words(after.asset_index).amount_down(after.asset_shares)? == 0 && beyond;
        let same = (after.fees, after.fees_fraction) == (expected, accrued.fees_fraction);
        Ok(same || (wiped && after.fees <= expected && after.fees_fraction <= accrued.fees_fraction))
    };
    holds(caused(), FEES_CAUSES)
}

/// INV-21 between two states of a bank; `given` atoms came as a gift or out of a bonus, `covered` paid for a loss.
///
/// # Errors
/// `INSURANCE_CAUSES`.
pub fn check_insurance(before: &Bank, after: &Bank, given: u64, covered: u64) -> Checked {
    let expected = before.insurance.checked_add(given).and_then(|sum| sum.checked_sub(covered));
    require(expected == Some(after.insurance), INSURANCE_CAUSES)
}

/// The moment a bank is accrued to.
fn moment(bank: &Bank) -> Now {
    Now { ts: bank.accrued_ts, slot: 0 }
}
