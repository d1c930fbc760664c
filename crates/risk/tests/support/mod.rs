//! What the tests of the engine share. Every test binary uses its part of it.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod build;
pub(crate) mod exact;
pub(crate) mod orders;
pub(crate) mod perps;
pub(crate) mod providers;
pub(crate) mod random;
pub(crate) mod rational;
pub(crate) mod world;

use proptest::test_runner::{Config, RngSeed};

/// The same cases on every machine.
pub(crate) fn cases(count: u32) -> Config {
    Config {
        cases: count,
        rng_seed: RngSeed::Fixed(20_251_010),
        failure_persistence: None,
        max_global_rejects: count.saturating_mul(50),
        ..Config::default()
    }
}
