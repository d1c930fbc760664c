//! What the fuzzers run: each target makes a case of any bytes, runs parsers or engine on it, and panics where something
//! that must hold does not.
//!
//! The targets are ordinary functions: the programs in `fuzz/` run them under libFuzzer, which looks for new inputs by
//! coverage; this crate's test runs them on stable over the committed corpus and mutations of it. They return true if the
//! case came to what the target is about, rather than being refused at once.

mod case;
mod endings;
mod exchange;
mod health;
mod judge;
mod layouts;
mod lending;
mod market;
mod oracle;
mod orders;
mod perps;
mod source;
mod world;

pub use exchange::{bankruptcy, deleverage, liquidation, margin, staged};
pub use health::health;
pub use judge::judge;
pub use layouts::{corrupt, layouts};
pub use lending::{accrual, flash_loan, lending, parameters};
pub use oracle::oracle;
pub use orders::orders;
pub use perps::perps;

/// A target with the name of its corpus.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets.
pub const TARGETS: &[Target] = &[
    ("accrual", accrual),
    ("bankruptcy", bankruptcy),
    ("corrupt", corrupt),
    ("deleverage", deleverage),
    ("flash_loan", flash_loan),
    ("health", health),
    ("judge", judge),
    ("layouts", layouts),
    ("lending", lending),
    ("liquidation", liquidation),
    ("margin", margin),
    ("oracle", oracle),
    ("orders", orders),
    ("parameters", parameters),
    ("perps", perps),
    ("staged", staged),
];
