use crate::ops::{from_words, high, low, to_words, wide};
use crate::{MathError, MathResult};

/// Atoms per share of one side of a bank, with 64 fraction bits. Starts at [`Index::ONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Index(pub u128);

impl Index {
    /// One atom per share.
    pub const ONE: Self = Self(1 << 64);

    /// From its stored words, low word first.
    #[inline]
    #[must_use]
    pub fn from_words(words: [u64; 2]) -> Self {
        Self(from_words(words))
    }

    /// Stored form, low word first.
    #[inline]
    #[must_use]
    pub fn to_words(self) -> [u64; 2] {
        to_words(self.0)
    }

    /// `⌊shares · index⌋`: what a claim is worth.
    ///
    /// # Errors
    /// More than 2⁶⁴ − 1 atoms.
    #[track_caller]
    #[inline]
    pub fn amount_down(self, shares: u64) -> MathResult<u64> {
        // Word by word: two 64-bit products instead of one of 192 bits.
        let whole = high(self.0).checked_mul(shares);
        match whole.and_then(|whole| whole.checked_add(high(wide(low(self.0), shares)))) {
            Some(atoms) => Ok(atoms),
            None => Err(MathError::here()),
        }
    }

    /// `⌈shares · index⌉`: what a debt is.
    ///
    /// # Errors
    /// More than 2⁶⁴ − 1 atoms.
    #[track_caller]
    #[inline(never)]
    pub fn amount_up(self, shares: u64) -> MathResult<u64> {
        let fraction = wide(low(self.0), shares);
        let up = u64::from(low(fraction) != 0);
        // The high word of a product of two words is never the largest: the carry fits.
        let fraction = high(fraction).wrapping_add(up);
        match high(self.0).checked_mul(shares).and_then(|whole| whole.checked_add(fraction)) {
            Some(atoms) => Ok(atoms),
            None => Err(MathError::here()),
        }
    }

    /// `shares · index` with its 64 fraction bits.
    ///
    /// # Errors
    /// 2⁶⁴ atoms or more.
    #[track_caller]
    #[inline(never)]
    pub fn exact(self, shares: u64) -> MathResult<u128> {
        let whole = wide(high(self.0), shares);
        match u64::try_from(whole) {
            Ok(whole) => crate::checked_add_wide(u128::from(whole) << 64, wide(low(self.0), shares)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌊atoms / index⌋`: shares minted by a deposit, burnt by a repayment.
    ///
    /// # Errors
    /// The index is zero, or more than 2⁶⁴ − 1 shares.
    #[track_caller]
    #[inline(never)]
    pub fn shares_down(self, atoms: u64) -> MathResult<u64> {
        match (u128::from(atoms) << 64).checked_div(self.0).map(u64::try_from) {
            Some(Ok(shares)) => Ok(shares),
            _ => Err(MathError::here()),
        }
    }

    /// `⌈atoms / index⌉`: shares burnt by a withdrawal, minted by a loan.
    ///
    /// # Errors
    /// The index is zero, or more than 2⁶⁴ − 1 shares.
    #[track_caller]
    #[inline(never)]
    pub fn shares_up(self, atoms: u64) -> MathResult<u64> {
        match u64::try_from(crate::div_up(u128::from(atoms) << 64, self.0)?) {
            Ok(shares) => Ok(shares),
            Err(_) => Err(MathError::here()),
        }
    }
}
