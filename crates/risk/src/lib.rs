//! The risk engine of Ballast: prices judged, interest, health, liquidation, deleverage, losses.
//!
//! One engine for the program, the bots, the simulator and the browser. It works on the account structs of
//! `ballast-state`, takes time as an argument ([`Now`]), and knows no runtime, no oracle format, no allocator, no float.
//!
//! **Architecture invariant:** nothing outside this crate computes health, interest, liquidation, losses or rounding.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod balances;
pub mod bankruptcy;
pub mod deleverage;
mod error;
pub mod flash;
pub mod health;
pub mod interest;
pub mod invariant;
pub mod lending;
pub mod limits;
pub mod liquidation;
mod now;
pub mod perp;
pub mod price;
pub mod rates;
pub mod swap;
pub mod timer;
pub mod views;
pub mod window;

pub use error::{RiskError, RiskResult};
pub use now::Now;
