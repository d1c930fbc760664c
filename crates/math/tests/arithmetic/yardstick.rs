//! Unbounded integers as the yardstick.

use ballast_math::MathResult;
use num_bigint::{BigInt, BigUint};
use num_traits::Zero;
use proptest::test_runner::{Config, RngSeed};

/// The same cases on every machine.
pub(crate) fn cases(count: u32) -> Config {
    Config { cases: count, rng_seed: RngSeed::Fixed(20_251_010), failure_persistence: None, ..Config::default() }
}

pub(crate) fn big(value: impl Into<BigUint>) -> BigUint {
    value.into()
}

pub(crate) fn pow2(bits: u32) -> BigUint {
    BigUint::from(1u8) << bits
}

pub(crate) fn floor(n: &BigUint, d: &BigUint) -> BigUint {
    n / d
}

pub(crate) fn ceil(n: &BigUint, d: &BigUint) -> BigUint {
    (n + d - 1u8) / d
}

/// The result is the expected number if that fits the format, and an error if it does not.
pub(crate) fn agrees<T: Into<BigUint>>(got: MathResult<T>, expected: &BigUint, limit_bits: u32) -> bool {
    match got {
        Ok(value) => &value.into() == expected,
        Err(_) => expected >= &pow2(limit_bits),
    }
}

/// `lower ≤ x ≤ upper`.
pub(crate) fn between(lower: &BigInt, x: &BigInt, upper: &BigInt) -> bool {
    lower <= x && x <= upper
}

pub(crate) fn is_zero(x: &BigUint) -> bool {
    x.is_zero()
}

/// All magnitudes alike, not only the largest.
pub(crate) fn any_u64() -> impl proptest::strategy::Strategy<Value = u64> {
    use proptest::prelude::*;
    prop_oneof![
        6 => (any::<u64>(), 0u32..64).prop_map(|(x, shift)| x >> shift),
        1 => Just(0u64),
        1 => Just(1u64),
        1 => Just(u64::MAX),
    ]
}
