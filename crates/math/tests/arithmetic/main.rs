//! Every rounding of the arithmetic against unbounded integers.
#![allow(clippy::unwrap_used, reason = "tests")]

mod decimals;
mod exp;
mod index;
mod ops;
mod price;
mod ratio;
mod usd;
mod wide;
mod yardstick;
