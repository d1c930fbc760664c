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
    let power = power_of_ten(observation.exponent.unsigned_abs()).ok_or(RiskError::PriceOutOfRange)?;
    let scale = |mantissa| scale(mantissa, observation.exponent, power);
    let (numerator, denominator) = scale(mantissa).ok_or(RiskError::PriceOutOfRange)?;
    let raw = numerator.checked_div(denominator).ok_or(RiskError::PriceOutOfRange)?;
    let price = Price(u64::try_from(raw).map_err(|_| RiskError::PriceOutOfRange)?);
    if price < Price::MIN || price > Price::MAX {
        return Err(RiskError::PriceOutOfRange);
    }
    // A confidence beyond every price says as much as one at the limit: the judge drops both.
    let confidence = scale(observation.confidence)
        .and_then(|(n, d)| div_up(n, d).ok())
        .and_then(|raw| u64::try_from(raw).ok())
        .map_or(Price::MAX, |raw| Price(raw).min(Price::MAX));
    Ok(Reading { price, confidence, publish_ts: observation.publish_time, slot: observation.slot })
}

/// `mantissa · 10^exponent · 2^40` as a fraction; `power` is `10^|exponent|`.
fn scale(mantissa: u128, exponent: i32, power: u128) -> Option<(u128, u128)> {
    // A shift that loses nothing.
    if mantissa.leading_zeros() < Price::BITS {
        return None;
    }
    let shifted = mantissa << Price::BITS;
    if exponent < 0 {
        Some((shifted, power))
    } else {
        Some((shifted.checked_mul(power)?, 1))
    }
}

/// Powers that providers use, without multiplying: 10⁰ to 10¹⁹.
const POWERS: [u64; 20] = {
    let mut powers = [0; 20];
    let mut left: &mut [u64] = &mut powers;
    let mut power = 1u64;
    while let Some((first, rest)) = left.split_first_mut() {
        *first = power;
        power = power.saturating_mul(10);
        left = rest;
    }
    powers
};

fn power_of_ten(exponent: u32) -> Option<u128> {
    match usize::try_from(exponent).ok().and_then(|index| POWERS.get(index)) {
        Some(power) => Some(u128::from(*power)),
        None => 10u128.checked_pow(exponent),
    }
}
