use crate::{MathError, MathResult};

/// A value in USD, never negative, in units of 2⁻²⁰ USD (about a millionth): up to 1.7·10¹³ USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Usd(pub u64);

impl Usd {
    /// Fraction bits.
    pub const BITS: u32 = 20;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number of dollars.
    ///
    /// # Errors
    /// More than 2⁴⁴ − 1 dollars.
    #[track_caller]
    pub fn from_dollars(dollars: u64) -> MathResult<Self> {
        match dollars.checked_mul(1 << Self::BITS) {
            Some(raw) => Ok(Self(raw)),
            None => Err(MathError::here()),
        }
    }

    /// `self + other`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn add(self, other: Self) -> MathResult<Self> {
        Ok(Self(crate::checked_add(self.0, other.0)?))
    }

    /// `self − other`.
    ///
    /// # Errors
    /// `other > self`.
    #[track_caller]
    #[inline]
    pub fn sub(self, other: Self) -> MathResult<Self> {
        match self.0.checked_sub(other.0) {
            Some(raw) => Ok(Self(raw)),
            None => Err(MathError::here()),
        }
    }

    /// `max(self − other, 0)`: the deficit or surplus that a maximum with zero asks for.
    #[inline]
    #[must_use]
    pub fn excess_over(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self − other` with its sign, in units of 2⁻²⁰ USD.
    ///
    /// # Errors
    /// The difference needs more than 63 bits.
    #[track_caller]
    #[inline]
    pub fn signed_difference(self, other: Self) -> MathResult<i64> {
        let magnitude = self.0.abs_diff(other.0);
        let Ok(magnitude) = i64::try_from(magnitude) else {
            return Err(MathError::here());
        };
        if self.0 >= other.0 {
            Ok(magnitude)
        } else {
            match magnitude.checked_neg() {
                Some(negative) => Ok(negative),
                None => Err(MathError::here()),
            }
        }
    }
}
