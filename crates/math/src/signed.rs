use crate::ops::{from_words, high, low, to_words, wide};
use crate::{MathError, MathResult, Product};

/// From its stored words, two's complement, low word first.
#[inline]
#[must_use]
pub fn signed_from_words(words: [u64; 2]) -> i128 {
    from_words(words).cast_signed()
}

/// Stored form, two's complement, low word first.
#[inline]
#[must_use]
pub fn signed_to_words(x: i128) -> [u64; 2] {
    to_words(x.cast_unsigned())
}

/// `a + b`.
///
/// # Errors
/// The sum needs more than 127 bits and a sign.
#[track_caller]
#[inline]
pub fn signed_add(a: i128, b: i128) -> MathResult<i128> {
    match a.checked_add(b) {
        Some(sum) => Ok(sum),
        None => Err(MathError::here()),
    }
}

/// `a − b`.
///
/// # Errors
/// The difference needs more than 127 bits and a sign.
#[track_caller]
#[inline]
pub fn signed_sub(a: i128, b: i128) -> MathResult<i128> {
    match a.checked_sub(b) {
        Some(difference) => Ok(difference),
        None => Err(MathError::here()),
    }
}

/// `a · b`.
///
/// # Errors
/// The product needs more than 127 bits and a sign.
#[track_caller]
#[inline]
pub fn signed_mul(a: i128, b: i128) -> MathResult<i128> {
    match a.checked_mul(b) {
        Some(product) => Ok(product),
        None => Err(MathError::here()),
    }
}

/// The number of this magnitude, below zero if `negative`.
///
/// # Errors
/// It needs more than 127 bits and a sign.
#[track_caller]
#[inline]
pub fn with_sign(magnitude: u128, negative: bool) -> MathResult<i128> {
    let Ok(positive) = i128::try_from(magnitude) else {
        return Err(MathError::here());
    };
    // At most 2^127 − 1: its negative exists.
    Ok(if negative { positive.wrapping_neg() } else { positive })
}

/// `⌊a·b / 2^bits⌋` toward −∞, `bits` from 1 to 127.
///
/// # Errors
/// The result needs more than 127 bits and a sign.
#[track_caller]
#[inline(never)]
pub fn mul_shift_floor(a: u128, b: i128, bits: u32) -> MathResult<i128> {
    // Positions fit a word, whatever their index has come to.
    if high(a) == 0 && bits < u64::BITS {
        return mul_shift_word(low(a), b, bits);
    }
    let product = Product::of(a, b.unsigned_abs());
    if b < 0 {
        with_sign(product.shift_up(bits)?, true)
    } else {
        with_sign(product.shift_down(bits)?, false)
    }
}

/// [`mul_shift_floor`] of a word, `bits` from 1 to 63: a product of three words.
#[track_caller]
#[inline]
fn mul_shift_word(a: u64, b: i128, bits: u32) -> MathResult<i128> {
    let magnitude = b.unsigned_abs();
    let rest = wide(a, low(magnitude));
    // (2^64 − 1)² and a word more are below 2^128.
    let top = wide(a, high(magnitude)).wrapping_add(u128::from(high(rest)));
    let rest = low(rest);
    // `bits` and what is left of a word are below 64; of the top, so many bits have to be free.
    let up = u64::BITS.wrapping_sub(bits) & 63;
    if high(top) >> (bits & 63) != 0 {
        return Err(MathError::here());
    }
    let whole = (top << up) | u128::from(rest >> (bits & 63));
    if b >= 0 {
        return with_sign(whole, false);
    }
    let exact = (rest << up) == 0;
    with_sign(crate::checked_add_wide(whole, u128::from(!exact))?, true)
}
