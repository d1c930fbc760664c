//! Fixed-point arithmetic of Ballast: checked, integer, rounding named in the function.
//!
//! Formats (all binary fixed point; `Qm.n` has `n` fraction bits):
//!
//! | type | format | meaning |
//! |---|---|---|
//! | [`Price`] | Q24.40 in `u64` | USD per whole token |
//! | [`Usd`] | Q44.20 in `u64` | a non-negative value in USD |
//! | [`Units`] | Q64.64 in `u128` | whole tokens, whatever the mint's decimals |
//! | [`Index`] | Q64.64 in `u128` | atoms per share of a bank |
//! | [`Ratio`] | Q32.32 in `u64` | fractions, bonuses, health factors |
//! | rates per second | Q0.64 in `u64` | interest |
//!
//! Every operation that can leave its format returns [`MathError`], which names the place.
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

mod decimals;
mod error;
mod exp;
mod index;
mod ops;
mod price;
mod ratio;
mod signed;
mod usd;
mod wide;

pub use decimals::{Decimals, MAX_DECIMALS};
pub use error::{MathError, MathResult};
pub use exp::{exp_m1_up, one_minus_exp_neg, LN_2_Q64, MAX_EXPONENT_Q64};
pub use index::Index;
pub use ops::{
    checked_add, checked_add_wide, checked_sub, checked_sub_wide, div_up, from_words, high, low, mul_div_down,
    mul_div_up, mul_shift_64, root_down, scaled_root_up, to_words, wide,
};
pub use price::{Price, Units};
pub use ratio::Ratio;
pub use signed::{mul_shift_floor, signed_add, signed_from_words, signed_mul, signed_sub, signed_to_words, with_sign};
pub use usd::Usd;
pub use wide::Product;
