//! Interest: the curve, accrual, and the projection that health reads (rules-risk 7).
//!
//! The liability index grows by `e^(rate·Δt)`, rounded up. Lenders get what `lend_ratio` gives them of that growth, rounded
//! down; the rest is fees. The rate is fixed between instructions that move tokens, so cranking changes nothing.

use ballast_math::{
    checked_add, checked_add_wide, checked_sub_wide, exp_m1_up, high, low, mul_shift_64, wide, Index, MathError,
    MathResult, Ratio, MAX_EXPONENT_Q64,
};
use ballast_state::Bank;

use crate::price::YEAR_SECONDS;
use crate::{Now, RiskResult};

/// Both indices of a bank at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    /// Atoms per deposit share.
    pub asset: Index,
    /// Atoms per loan share.
    pub liability: Index,
}

/// The indices of `bank` as [`accrue`] would write them, without writing. An interval's exponent is limited to
/// [`MAX_EXPONENT_Q64`], so that no idle time can freeze a bank.
///
/// # Errors
/// An index leaves its range.
#[inline]
pub fn project(bank: &Bank, now: Now) -> MathResult<Indices> {
    let asset = Index::from_words(bank.asset_index);
    let liability = Index::from_words(bank.liability_index);
    let Some(rise) = liability_rise(bank, liability, now)? else {
        return Ok(Indices { asset, liability });
    };
    let lenders = asset_rise(bank, rise)?;
    Ok(Indices {
        asset: Index(checked_add_wide(asset.0, lenders)?),
        liability: Index(checked_add_wide(liability.0, rise)?),
    })
}

/// One index of [`project`] alone: of loans or of deposits.
///
/// # Errors
/// As [`project`].
#[inline]
pub fn project_one(bank: &Bank, is_loan: bool, now: Now) -> MathResult<Index> {
    let liability = Index::from_words(bank.liability_index);
    let rise = liability_rise(bank, liability, now)?;
    let (index, rise) = if is_loan {
        (liability, rise)
    } else {
        let lenders = rise.map(|rise| asset_rise(bank, rise)).transpose()?;
        (Index::from_words(bank.asset_index), lenders)
    };
    rise.map_or(Ok(index), |rise| Ok(Index(checked_add_wide(index.0, rise)?)))
}

/// By how much the liability index rises until `now`; nothing if it stands.
#[inline]
fn liability_rise(bank: &Bank, index: Index, now: Now) -> MathResult<Option<u128>> {
    // A bank that lends nothing is spared the time.
    if bank.liability_shares == 0 || bank.borrow_rate == 0 {
        return Ok(None);
    }
    let elapsed = now.seconds_since(bank.accrued_ts);
    if elapsed == 0 {
        return Ok(None);
    }
    let growth = exp_m1_up(wide(bank.borrow_rate, elapsed).min(MAX_EXPONENT_Q64))?;
    mul_q64(index.0, growth, Rounding::Up).map(Some)
}

/// What lenders get of a rise of the liability index.
#[inline]
fn asset_rise(bank: &Bank, rise: u128) -> MathResult<u128> {
    mul_q64(rise, Index::from_words(bank.lend_ratio).0, Rounding::Down)
}

/// Brings the bank's indices and fees to `now`.
///
/// # Errors
/// An index or the fees leave their range.
pub fn accrue(bank: &mut Bank, now: Now) -> RiskResult<()> {
    if now.ts <= bank.accrued_ts {
        return Ok(());
    }
    let liability = Index::from_words(bank.liability_index);
    if let Some(rise) = liability_rise(bank, liability, now)? {
        let lenders = asset_rise(bank, rise)?;
        let debts = Index(rise).exact(bank.liability_shares)?;
        let claims = Index(lenders).exact(bank.asset_shares)?;
        let fees = checked_add_wide(checked_sub_wide(debts, claims)?, u128::from(bank.fees_fraction))?;
        bank.fees = checked_add(bank.fees, high(fees))?;
        bank.fees_fraction = low(fees);
        let asset = Index::from_words(bank.asset_index);
        bank.liability_index = Index(checked_add_wide(liability.0, rise)?).to_words();
        bank.asset_index = Index(checked_add_wide(asset.0, lenders)?).to_words();
    }
    bank.accrued_ts = now.ts;
    Ok(())
}

/// Recomputes rate and lend ratio after the books moved. The bank must be accrued to now.
///
/// # Errors
/// The books leave their range.
pub fn update_rate(bank: &mut Bank) -> RiskResult<()> {
    bank.borrow_rate = curve_rate(bank, utilisation(bank)?)?;
    update_lend_ratio(bank)
}

/// Recomputes the lend ratio alone, after shares moved but no tokens. The rate stays: only tokens move it.
///
/// # Errors
/// The books leave their range.
pub fn update_lend_ratio(bank: &mut Bank) -> RiskResult<()> {
    bank.lend_ratio = lend_ratio(bank)?;
    Ok(())
}

/// Writes into each corner the slope of the line to the next, rounded down. For whoever sets a curve.
///
/// # Errors
/// A rise too steep to store.
pub fn write_slopes(bank: &mut Bank) -> MathResult<()> {
    let points = bank.curve;
    let last = usize::from(bank.curve_points).saturating_sub(1);
    for (slot, pair) in bank.curve.iter_mut().zip(points.windows(2)).take(last) {
        let [from, to] = pair else { continue };
        let run = ballast_math::checked_sub(to.utilisation, from.utilisation)?;
        let rise = ballast_math::checked_sub(to.rate, from.rate)?;
        slot.slope = ballast_math::mul_div_down(rise, 1 << 32, run)?;
    }
    Ok(())
}

/// Debts by claims, with 32 fraction bits; above one is one; nothing lent is zero.
///
/// # Errors
/// The books leave their range.
pub fn utilisation(bank: &Bank) -> MathResult<Ratio> {
    // Every movement of tokens asks: a bank that lends nothing is spared the sums.
    if bank.liability_shares == 0 {
        return Ok(Ratio::ZERO);
    }
    Lent::of(bank)?.utilisation()
}

/// What a bank is owed and owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lent {
    debts: u64,
    claims: u64,
}

impl Lent {
    #[inline]
    pub(crate) fn of(bank: &Bank) -> MathResult<Self> {
        Ok(Self {
            debts: Index::from_words(bank.liability_index).amount_up(bank.liability_shares)?,
            claims: Index::from_words(bank.asset_index).amount_down(bank.asset_shares)?,
        })
    }

    /// True if more is lent than lenders brought: part of it is insurance's or fees'.
    #[inline]
    pub(crate) fn is_beyond_claims(self) -> bool {
        self.debts > self.claims
    }

    #[inline]
    pub(crate) fn utilisation(self) -> MathResult<Ratio> {
        if self.debts == 0 {
            return Ok(Ratio::ZERO);
        }
        if self.debts >= self.claims {
            return Ok(Ratio::ONE);
        }
        Ratio::quotient_down(self.debts, self.claims)
    }
}

/// A yearly rate in basis points as a rate per second, 64 fraction bits, down; nothing beyond what a rate can hold.
#[must_use]
pub fn rate_per_second(bps: u32) -> Option<u64> {
    let yearly = u128::from(bps).checked_shl(64)?.checked_div(10_000)?;
    u64::try_from(yearly.checked_div(u128::from(YEAR_SECONDS))?).ok()
}

/// The curve's rate per second at a utilisation, linear between its points, rounded down.
///
/// # Errors
/// The curve is malformed, which listing excludes.
pub fn curve_rate(bank: &Bank, utilisation: Ratio) -> MathResult<u64> {
    let points = bank.curve.get(..usize::from(bank.curve_points)).unwrap_or(&bank.curve);
    let mut previous: Option<&ballast_state::CurvePoint> = None;
    for point in points {
        if utilisation.0 <= point.utilisation {
            let Some(from) = previous else { return Ok(point.rate) };
            let along = ballast_math::checked_sub(utilisation.0, from.utilisation)?;
            let rise = u64::try_from(wide(from.slope, along) >> 32).map_err(|_| MathError::here())?;
            // The slope was rounded down; a corner is a corner all the same.
            return Ok(checked_add(from.rate, rise)?.min(point.rate));
        }
        previous = Some(point);
    }
    Ok(previous.map_or(0, |last| last.rate))
}

/// `loan shares · (1 − fee) / deposit shares`, 64 + 64 bits, down. Zero without deposits: all interest is then fees.
fn lend_ratio(bank: &Bank) -> MathResult<[u64; 2]> {
    if bank.asset_shares == 0 {
        return Ok([0, 0]);
    }
    let kept = Ratio::ONE.excess_over(Ratio::from_bits(bank.interest_fee));
    // loan shares · kept < 2^96: shifting by the 32 bits that are missing to 64 keeps it in range.
    let numerator = wide(bank.liability_shares, kept.0);
    let Some(ratio) = (numerator << 32).checked_div(u128::from(bank.asset_shares)) else {
        return Err(MathError::here());
    };
    Ok(Index(ratio).to_words())
}

enum Rounding {
    Up,
    Down,
}

/// `a·b / 2^64` of two numbers with 64 fraction bits.
#[track_caller]
#[inline]
fn mul_q64(a: u128, b: u128, rounding: Rounding) -> MathResult<u128> {
    let fraction = mul_shift_64(a, low(b))?;
    let product = match high(b) {
        0 => fraction,
        whole => match a.checked_mul(u128::from(whole)) {
            Some(product) => checked_add_wide(product, fraction)?,
            None => return Err(MathError::here()),
        },
    };
    match rounding {
        Rounding::Down => Ok(product),
        // One step covers the bits dropped; the result may be a step above the exact ceiling.
        Rounding::Up => checked_add_wide(product, 1),
    }
}
