use crate::ops::{high, low, wide};
use crate::{MathError, MathResult};

/// The exact product of two 128-bit numbers: what a size times an index needs before it is scaled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    high: u128,
    low: u128,
}

impl Product {
    /// `a · b`.
    #[allow(clippy::arithmetic_side_effects, reason = "sums of halves: a product of 128-bit numbers has 256 bits")]
    #[inline(never)]
    #[must_use]
    pub fn of(a: u128, b: u128) -> Self {
        let (a1, a0, b1, b0) = (high(a), low(a), high(b), low(b));
        // Sizes fit a word, and most indices do.
        if a1 | b1 == 0 {
            return Self { high: 0, low: wide(a0, b0) };
        }
        let (p00, p01, p10) = (wide(a0, b0), wide(a0, b1), wide(a1, b0));
        let middle = u128::from(high(p00)) + u128::from(low(p01)) + u128::from(low(p10));
        Self {
            high: wide(a1, b1) + u128::from(high(p01)) + u128::from(high(p10)) + u128::from(high(middle)),
            low: (u128::from(low(middle)) << 64) | u128::from(low(p00)),
        }
    }

    /// `⌊self / 2^bits⌋`, `bits` from 1 to 127.
    ///
    /// # Errors
    /// More than 128 bits are left.
    #[track_caller]
    #[inline(never)]
    pub fn shift_down(self, bits: u32) -> MathResult<u128> {
        let (Some(carried), Some(rest)) =
            (128u32.checked_sub(bits).and_then(|up| self.high.checked_shl(up)), self.low.checked_shr(bits))
        else {
            return Err(MathError::here());
        };
        // What lies above the bits that are shifted out has to be all there is of the high word.
        if self.high.checked_shr(bits) != Some(0) {
            return Err(MathError::here());
        }
        Ok(carried | rest)
    }

    /// `⌈self / 2^bits⌉`, `bits` from 1 to 127.
    ///
    /// # Errors
    /// More than 128 bits are left.
    #[track_caller]
    #[inline(never)]
    pub fn shift_up(self, bits: u32) -> MathResult<u128> {
        let Some(mask) = 1u128.checked_shl(bits).and_then(|next| next.checked_sub(1)) else {
            return Err(MathError::here());
        };
        crate::checked_add_wide(self.shift_down(bits)?, u128::from(self.low & mask != 0))
    }

    /// `⌊self / d⌋`.
    ///
    /// # Errors
    /// `d = 0`, or the quotient needs more than 128 bits.
    #[track_caller]
    pub fn div_down(self, d: u128) -> MathResult<u128> {
        if self.high >= d {
            return Err(MathError::here());
        }
        match self.low.checked_div(d) {
            Some(quotient) if self.high == 0 => Ok(quotient),
            _ => Ok(self.long_division(d)),
        }
    }

    /// Knuth's algorithm D with two digits of 64 bits each, for `high < d`.
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "high < d: d is not zero, and what is shifted out of it is nothing"
    )]
    fn long_division(self, d: u128) -> u128 {
        let shift = d.leading_zeros();
        let d = d << shift;
        let carried = if shift == 0 { 0 } else { self.low >> (128 - shift) };
        let (top, rest) = ((self.high << shift) | carried, self.low << shift);
        let (first, remainder) = digit(top, high(rest), d);
        let (second, _) = digit(remainder, low(rest), d);
        (u128::from(first) << 64) | u128::from(second)
    }
}

/// `(⌊n / d⌋, n mod d)` for `n = remainder·2^64 + next`, `remainder < d` and `d` with its top bit set.
#[allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "the top bit of d is set; the estimate is at most two too large and never falls below the digit"
)]
fn digit(remainder: u128, next: u64, d: u128) -> (u64, u128) {
    let top = u128::from(high(d));
    let mut estimate = remainder / top;
    let mut rest = remainder - estimate * top;
    while estimate > u128::from(u64::MAX) || estimate * u128::from(low(d)) > ((rest << 64) | u128::from(next)) {
        estimate -= 1;
        rest += top;
        if rest > u128::from(u64::MAX) {
            break;
        }
    }
    let n = (u128::from(low(remainder)) << 64) | u128::from(next);
    // The true difference lies below d: computed modulo 2^128 it is exact.
    (low(estimate), n.wrapping_sub(estimate.wrapping_mul(d)))
}
