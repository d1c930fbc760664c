use ballast_math::{div_up, Price};

use super::PriceObservation;
use crate::{RiskError, RiskResult};

/// A reading in the engine's own format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Price, rounded down.
    pub price: Price,
    /// Confidence, rounded up. At most the largest price.
    pub confidence: Price,
    /// Publish time, unix seconds.
    pub publish_ts: i64,
    /// Slot.
    pub slot: u64,
}

/// The observation with 40 fraction bits.
///
/// # Errors
/// `PriceOutOfRange`: zero, negative, or outside [`Price::MIN`] to [`Price::MAX`].
pub fn normalize(observation: &PriceObservation) -> RiskResult<Reading> {
    let mantissa = u128::try_from(observation.price).map_err(|_| RiskError::PriceOutOfRange)?;
    let (numerator, denominator) = scale(mantissa, observation.exponent).ok_or(RiskError::PriceOutOfRange)?;
    let raw = numerator.checked_div(denominator).ok_or(RiskError::PriceOutOfRange)?;
    let price = Price(u64::try_from(raw).map_err(|_| RiskError::PriceOutOfRange)?);
    if price < Price::MIN || price > Price::MAX {
        return Err(RiskError::PriceOutOfRange);
    }
    // A confidence beyond every price says as much as one at the limit: the judge drops both.
    let confidence = scale(observation.confidence, observation.exponent)
        .and_then(|(n, d)| div_up(n, d).ok())
        .and_then(|raw| u64::try_from(raw).ok())
        .map_or(Price::MAX, |raw| Price(raw).min(Price::MAX));
    Ok(Reading { price, confidence, publish_ts: observation.publish_time, slot: observation.slot })
}

/// `mantissa · 10^exponent · 2^40` as a fraction.
fn scale(mantissa: u128, exponent: i32) -> Option<(u128, u128)> {
    let power = 10u128.checked_pow(exponent.unsigned_abs())?;
    let shifted = mantissa.checked_mul(1 << Price::BITS)?;
    if exponent < 0 {
        Some((shifted, power))
    } else {
        Some((shifted.checked_mul(power)?, 1))
    }
}
