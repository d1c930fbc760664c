//! Word-level building blocks.

use crate::{MathError, MathResult};

/// `a + b`.
///
/// # Errors
/// The sum needs more than 64 bits.
#[track_caller]
#[inline]
pub fn checked_add(a: u64, b: u64) -> MathResult<u64> {
    // As `a.checked_add(b)`, in half the instructions: LLVM's BPF back end makes a carry flag of that, which it has not.
    if b > !a {
        return Err(MathError::here());
    }
    Ok(a.wrapping_add(b))
}

/// `a − b`.
///
/// # Errors
/// `b > a`.
#[track_caller]
#[inline]
pub fn checked_sub(a: u64, b: u64) -> MathResult<u64> {
    match a.checked_sub(b) {
        Some(difference) => Ok(difference),
        None => Err(MathError::here()),
    }
}

/// `a + b` in 128 bits.
///
/// # Errors
/// The sum needs more than 128 bits.
#[track_caller]
#[inline]
pub fn checked_add_wide(a: u128, b: u128) -> MathResult<u128> {
    match a.checked_add(b) {
        Some(sum) => Ok(sum),
        None => Err(MathError::here()),
    }
}

/// `a − b` in 128 bits.
///
/// # Errors
/// `b > a`.
#[track_caller]
#[inline]
pub fn checked_sub_wide(a: u128, b: u128) -> MathResult<u128> {
    match a.checked_sub(b) {
        Some(difference) => Ok(difference),
        None => Err(MathError::here()),
    }
}

/// The exact product.
#[allow(clippy::arithmetic_side_effects, reason = "(2^64 − 1)² < 2^128")]
#[inline]
#[must_use]
pub fn wide(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// The low 64 bits.
#[allow(clippy::as_conversions, reason = "dropping the high word is the meaning")]
#[inline]
#[must_use]
pub const fn low(x: u128) -> u64 {
    x as u64
}

/// The high 64 bits.
#[allow(clippy::as_conversions, reason = "the shifted value has at most 64 bits")]
#[inline]
#[must_use]
pub const fn high(x: u128) -> u64 {
    (x >> 64) as u64
}

/// A number from its stored words, low word first.
#[inline]
#[must_use]
pub fn from_words(words: [u64; 2]) -> u128 {
    let [low, high] = words;
    (u128::from(high) << 64) | u128::from(low)
}

/// Stored form of a number, low word first.
#[inline]
#[must_use]
pub const fn to_words(x: u128) -> [u64; 2] {
    [low(x), high(x)]
}

/// `⌊a·b / 2^64⌋` of a 128-bit `a`.
///
/// # Errors
/// The result needs more than 128 bits.
#[track_caller]
#[inline]
pub fn mul_shift_64(a: u128, b: u64) -> MathResult<u128> {
    checked_add_wide(wide(high(a), b), u128::from(high(wide(low(a), b))))
}

/// `⌊a·b / d⌋`.
///
/// # Errors
/// `d = 0`, or the quotient needs more than 64 bits.
#[track_caller]
#[inline]
pub fn mul_div_down(a: u64, b: u64, d: u64) -> MathResult<u64> {
    match wide(a, b).checked_div(u128::from(d)).map(u64::try_from) {
        Some(Ok(quotient)) => Ok(quotient),
        _ => Err(MathError::here()),
    }
}

/// `⌈a·b / d⌉`.
///
/// # Errors
/// `d = 0`, or the quotient needs more than 64 bits.
#[track_caller]
#[inline]
pub fn mul_div_up(a: u64, b: u64, d: u64) -> MathResult<u64> {
    match u64::try_from(div_up(wide(a, b), u128::from(d))?) {
        Ok(quotient) => Ok(quotient),
        Err(_) => Err(MathError::here()),
    }
}

/// `⌈a / d⌉`.
///
/// # Errors
/// `d = 0`.
#[track_caller]
#[inline]
pub fn div_up(a: u128, d: u128) -> MathResult<u128> {
    if d == 0 {
        return Err(MathError::here());
    }
    Ok(a.div_ceil(d))
}

/// `(root, half)` with `root / 2^half` above `√n` by less than 2⁻³⁰ of it: the root of `n` shifted left by `2·half` bits to
/// use the whole word. Three Newton steps from a line through the root's range; a division is cheap, a bit search is not.
#[allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "n·4^half lies in [2^62, 2^64), every root in [2^31, 2^33): nothing overflows, nothing is zero"
)]
#[inline]
#[must_use]
pub fn scaled_root_up(n: u64) -> (u64, u32) {
    if n == 0 {
        return (0, 0);
    }
    let half = n.leading_zeros() >> 1;
    let n = n << (half << 1);
    // y = n / 2^62 in [1, 4): √y ≈ (y + 2) / 3, at most 6 % off.
    let mut root = ((n >> 31) + (1 << 32)) / 3;
    root = (root + n / root) >> 1;
    root = (root + n / root) >> 1;
    root = (root + n / root) >> 1;
    // Newton's steps come from above; rounding down can take one away.
    (root + 1, half)
}

/// `⌊√n⌋`. As `u64::isqrt`, whose tables are three kilobytes of program.
#[inline(never)]
#[must_use]
pub fn root_down(n: u64) -> u64 {
    let (root, half) = scaled_root_up(n);
    // At most 2^32 · 2⁻³⁰ above the root.
    let mut root = root >> half;
    while wide(root, root) > u128::from(n) {
        root = root.saturating_sub(1);
    }
    root
}
