use ballast_math::{MathError, MathResult};
use ballast_state::{PerpMarket, PerpSide};

use super::super::book;
use crate::RiskError;

/// A cap that an order would exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// Lots of one account.
    Account,
    /// Lots of one side.
    Interest,
    /// Lots by which the sides differ.
    Skew,
}

impl From<Cap> for RiskError {
    fn from(cap: Cap) -> Self {
        match cap {
            Cap::Account => Self::AccountCapExceeded,
            Cap::Interest => Self::InterestCapExceeded,
            Cap::Skew => Self::SkewCapExceeded,
        }
    }
}

/// The cap that `lots` more would exceed, for an account that holds `held` and a side that would grow by `growth`. What does
/// not grow may be beyond its cap.
pub(super) fn exceeded(market: &PerpMarket, held: i64, lots: i64, growth: u64) -> MathResult<Option<Cap>> {
    let terms = &market.terms;
    let after = sum(held, lots)?;
    // What only makes a position smaller is an exit: no cap stops it, whatever it does to the skew.
    if added(held, lots)? == 0 {
        return Ok(None);
    }
    if after.unsigned_abs() > terms.account_cap {
        return Ok(Some(Cap::Account));
    }
    let interest = book::open_interest(market.book(PerpSide::of(lots)))?;
    if growth > 0 && ballast_math::checked_add(interest, growth)? > terms.interest_cap {
        return Ok(Some(Cap::Interest));
    }
    let skew = book::skew(market)?;
    let skew_after = sum(skew, lots)?.unsigned_abs();
    if skew_after > skew.unsigned_abs() && skew_after > terms.skew_cap {
        return Ok(Some(Cap::Skew));
    }
    Ok(None)
}

/// Lots that a trade opens: all of it, or what goes beyond closing what is held.
pub(super) fn added(held: i64, lots: i64) -> MathResult<u64> {
    let closed = if is_opposite(held, lots) { held.unsigned_abs() } else { 0 };
    Ok(lots.unsigned_abs().saturating_sub(closed))
}

/// True if a trade of `lots` would at first make what is held smaller.
pub(super) const fn is_opposite(held: i64, lots: i64) -> bool {
    (held > 0 && lots < 0) || (held < 0 && lots > 0)
}

fn sum(a: i64, b: i64) -> MathResult<i64> {
    a.checked_add(b).ok_or_else(MathError::here)
}
