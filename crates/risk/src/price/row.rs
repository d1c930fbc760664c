use ballast_math::{root_down, wide, MathResult, Price, Ratio};
use ballast_state::{PriceState, RiskRow, RiskRules};

use crate::{Now, RiskError, RiskResult};

/// Seconds of a year, as volatilities mean it: 365.25 days.
pub const YEAR_SECONDS: u64 = 31_557_600;

/// A price range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Low end.
    pub low: Price,
    /// High end.
    pub high: Price,
}

/// An end of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lower.
    Low,
    /// The higher.
    High,
}

impl End {
    /// The end that is against the owner of a net long or net short exposure.
    #[inline]
    #[must_use]
    pub const fn of_protocol(long: bool) -> Self {
        if long {
            Self::Low
        } else {
            Self::High
        }
    }

    /// The end that favours the owner.
    #[inline]
    #[must_use]
    pub const fn of_owner(long: bool) -> Self {
        Self::of_protocol(!long)
    }
}

/// The row's Initial band, widened by `k·σ·√age`.
///
/// # Errors
/// Arithmetic.
pub fn aged_band(row: &RiskRow, now: Now) -> MathResult<Band> {
    Ok(Band { low: aged_end(row, End::Low, now)?, high: aged_end(row, End::High, now)? })
}

/// One end of [`aged_band`].
///
/// # Errors
/// Arithmetic.
#[inline]
pub fn aged_end(row: &RiskRow, end: End, now: Now) -> MathResult<Price> {
    let price = match end {
        End::Low => Price(row.low),
        End::High => Price(row.high),
    };
    let age = age(row, now);
    if age == 0 || row.age_slope == 0 {
        return Ok(price);
    }
    let widening = widening(row.age_slope, age);
    match end {
        End::Low => price.scale_down(Ratio::ONE.excess_over(widening)),
        // A dead feed's band ends at the largest price, or where it was beyond that: it must widen, not fail.
        End::High => {
            let most = Price::MAX.max(price);
            Ok(price.scale_up(Ratio::ONE.add(widening)?).unwrap_or(most).min(most))
        }
    }
}

/// `slope·√age`, up: 32 + 16 fraction bits make a word.
#[inline]
fn widening(slope: u32, age: u64) -> Ratio {
    // A slope and a root below 2^32 each, √(2^32 − 1) with 16 fraction bits: neither product nor sum leaves 64 bits.
    let product = u64::from(slope).wrapping_mul(root_q16(age));
    Ratio((product >> 16).wrapping_add(1))
}

/// Refuses a price that is missing or older than `max_age` seconds.
///
/// # Errors
/// `PriceUnset`, `PriceStale`.
pub fn check_fresh(row: &RiskRow, now: Now, max_age: u32) -> RiskResult<()> {
    if PriceState::from_byte(row.state) == PriceState::Unset {
        return Err(RiskError::PriceUnset);
    }
    if is_stale(row, now, max_age) {
        return Err(RiskError::PriceStale);
    }
    Ok(())
}

/// Refuses a price that new risk must not rest on.
///
/// # Errors
/// `PriceUnset`, `PricePending`, `PriceGuarded`, `PriceStale`.
#[inline]
pub fn check_usable(row: &RiskRow, now: Now, max_age: u32) -> RiskResult<()> {
    match PriceState::from_byte(row.state) {
        PriceState::Normal => {}
        PriceState::Unset => return Err(RiskError::PriceUnset),
        PriceState::PendingJump => return Err(RiskError::PricePending),
        PriceState::Guarded => return Err(RiskError::PriceGuarded),
    }
    if is_stale(row, now, max_age) {
        return Err(RiskError::PriceStale);
    }
    Ok(())
}

/// True if the price is older than `max_age` seconds. A fixed price never is.
#[inline]
#[must_use]
pub fn is_stale(row: &RiskRow, now: Now, max_age: u32) -> bool {
    age(row, now) > u64::from(max_age)
}

/// True if a liquidation must give the owner the benefit of the doubt: the feed is guarded or stale.
#[inline]
#[must_use]
pub fn is_uncertain(row: &RiskRow, now: Now, rules: &RiskRules) -> bool {
    PriceState::from_byte(row.state) == PriceState::Guarded || is_stale(row, now, rules.liquidate_max_age)
}

fn age(row: &RiskRow, now: Now) -> u64 {
    if row.fixed != 0 {
        return 0;
    }
    now.seconds_since(row.publish_ts)
}

/// Square roots of 0 to 63 with 16 fraction bits: ages are mostly below a minute.
const ROOTS: [u64; 64] = {
    let mut roots = [0; 64];
    let mut left: &mut [u64] = &mut roots;
    let mut n = 0u64;
    while let Some((first, rest)) = left.split_first_mut() {
        *first = (n << 32).isqrt();
        n = n.saturating_add(1);
        left = rest;
    }
    roots
};

/// `√seconds`, down, exact to 16 fraction bits. Ages from 2³² seconds count as that.
#[must_use]
pub fn sqrt_seconds(seconds: u64) -> Ratio {
    Ratio(root_q16(seconds) << 16)
}

#[inline]
fn root_q16(seconds: u64) -> u64 {
    let table = usize::try_from(seconds).ok().and_then(|index| ROOTS.get(index));
    table.copied().unwrap_or_else(|| root_down(seconds.min(u64::from(u32::MAX)) << 32))
}

/// `σ·√(seconds / year)`, down.
///
/// # Errors
/// Arithmetic.
pub(super) fn deviation(sigma: Ratio, seconds: u64) -> MathResult<Ratio> {
    // ⌊2^32 / √year⌋ would keep 20 bits: 2^48 / √year keeps 36.
    const INVERSE_ROOT_YEAR_Q48: u64 = 50_105_777_821;
    let root = sqrt_seconds(seconds);
    let per_year =
        u64::try_from(wide(root.0, INVERSE_ROOT_YEAR_Q48) >> 48).map_err(|_| ballast_math::MathError::here())?;
    sigma.mul_down(Ratio(per_year))
}
