//! Exact rationals from the engine's fixed-point numbers.

use ballast_math::{Price, Ratio, Units, Usd};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

pub(crate) type Q = num_rational::BigRational;

pub(crate) fn q(n: impl Into<BigInt>, d: impl Into<BigInt>) -> Q {
    Q::new(n.into(), d.into())
}

pub(crate) fn int(n: impl Into<BigInt>) -> Q {
    Q::from_integer(n.into())
}

pub(crate) fn pow2(bits: u32) -> BigInt {
    BigInt::from(1) << bits
}

pub(crate) fn of_ratio(ratio: Ratio) -> Q {
    q(ratio.0, pow2(Ratio::BITS))
}

pub(crate) fn of_bits(bits: u32) -> Q {
    q(bits, pow2(Ratio::BITS))
}

pub(crate) fn of_price(price: u64) -> Q {
    q(price, pow2(Price::BITS))
}

pub(crate) fn of_usd(usd: Usd) -> Q {
    q(usd.0, pow2(Usd::BITS))
}

/// A signed value as `Health::value` gives it.
pub(crate) fn of_value(value: i64) -> Q {
    q(value, pow2(Usd::BITS))
}

pub(crate) fn of_units(units: Units) -> Q {
    q(units.0, pow2(64))
}

/// `n` steps of 2⁻²⁰ USD.
pub(crate) fn steps(n: u64) -> Q {
    q(n, pow2(Usd::BITS))
}

pub(crate) fn positive(x: &Q) -> Q {
    if x.is_negative() {
        Q::zero()
    } else {
        x.clone()
    }
}

pub(crate) fn min(a: Q, b: Q) -> Q {
    if a < b {
        a
    } else {
        b
    }
}

pub(crate) fn max(a: Q, b: Q) -> Q {
    if a > b {
        a
    } else {
        b
    }
}

/// `⌊√x⌋` to `bits` fraction bits.
pub(crate) fn sqrt_down(x: &Q, bits: u32) -> Q {
    let scaled = (x.numer() << (2 * bits)) / x.denom();
    q(scaled.sqrt(), pow2(bits))
}

/// `n/d`, or a decimal such as `0.75`.
pub(crate) fn parse(text: &str) -> Q {
    if let Some((n, d)) = text.split_once('/') {
        return q(n.parse::<BigInt>().unwrap(), d.parse::<BigInt>().unwrap());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().unwrap();
    q(digits, BigInt::from(10).pow(u32::try_from(fraction.len()).unwrap()))
}

/// `⌈x · 2^bits⌉` as a stored number.
pub(crate) fn stored_up(x: &Q, bits: u32) -> u64 {
    u64::try_from((x * int(pow2(bits))).ceil().to_integer()).unwrap()
}

/// `⌊x · 2^bits⌋` as a stored number.
pub(crate) fn stored_down(x: &Q, bits: u32) -> u64 {
    u64::try_from((x * int(pow2(bits))).floor().to_integer()).unwrap()
}

/// `exact ≤ got ≤ exact + slack`.
pub(crate) fn is_up(got: &Q, exact: &Q, slack: &Q) -> bool {
    got >= exact && *got <= exact + slack
}

/// `exact − slack ≤ got ≤ exact`.
pub(crate) fn is_down(got: &Q, exact: &Q, slack: &Q) -> bool {
    got <= exact && *got >= exact - slack
}

/// `|a − b| ≤ slack`.
pub(crate) fn is_near(a: &Q, b: &Q, slack: &Q) -> bool {
    (a - b).abs() <= *slack
}
