use crate::ops::{div_up, wide};
use crate::{MathError, MathResult, Usd};

/// A dimensionless non-negative number with 32 fraction bits: 2⁻³² steps up to 4.29·10⁹.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Ratio(pub u64);

impl Ratio {
    /// Fraction bits.
    pub const BITS: u32 = 32;
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(1 << Self::BITS);

    /// The stored form of rates below one.
    #[inline]
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Self(u64::from(bits))
    }

    /// `⌊bps / 10⁴⌋` in 2⁻³².
    #[must_use]
    pub const fn from_bps(bps: u32) -> Self {
        #[allow(
            clippy::arithmetic_side_effects,
            clippy::as_conversions,
            clippy::integer_division,
            reason = "a 32-bit number shifted by 32 fits 64 bits; usable in constants"
        )]
        Self(((bps as u64) << Self::BITS) / 10_000)
    }

    /// `⌊n / d⌋` in 2⁻³².
    ///
    /// # Errors
    /// `d = 0`, or the quotient is 2³² or more.
    #[track_caller]
    #[inline(never)]
    pub fn quotient_down(n: u64, d: u64) -> MathResult<Self> {
        match (u128::from(n) << Self::BITS).checked_div(u128::from(d)).map(u64::try_from) {
            Some(Ok(raw)) => Ok(Self(raw)),
            _ => Err(MathError::here()),
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

    /// `max(self − other, 0)`.
    #[inline]
    #[must_use]
    pub fn excess_over(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `⌊self · other⌋`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn mul_down(self, other: Self) -> MathResult<Self> {
        match u64::try_from(wide(self.0, other.0) >> Self::BITS) {
            Ok(raw) => Ok(Self(raw)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌈self · other⌉`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn mul_up(self, other: Self) -> MathResult<Self> {
        match u64::try_from(shift_up(wide(self.0, other.0), Self::BITS)?) {
            Ok(raw) => Ok(Self(raw)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌊self / other⌋`.
    ///
    /// # Errors
    /// Division by zero or overflow.
    #[track_caller]
    #[inline]
    pub fn div_down(self, other: Self) -> MathResult<Self> {
        Self::quotient_down(self.0, other.0)
    }

    /// `⌈self / other⌉`.
    ///
    /// # Errors
    /// Division by zero or overflow.
    #[track_caller]
    #[inline(never)]
    pub fn div_up(self, other: Self) -> MathResult<Self> {
        match u64::try_from(div_up(u128::from(self.0) << Self::BITS, u128::from(other.0))?) {
            Ok(raw) => Ok(Self(raw)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌊value · self⌋`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn of_down(self, value: Usd) -> MathResult<Usd> {
        match u64::try_from(wide(value.0, self.0) >> Self::BITS) {
            Ok(raw) => Ok(Usd(raw)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌈value · self⌉`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn of_up(self, value: Usd) -> MathResult<Usd> {
        match u64::try_from(shift_up(wide(value.0, self.0), Self::BITS)?) {
            Ok(raw) => Ok(Usd(raw)),
            Err(_) => Err(MathError::here()),
        }
    }
}

/// `⌈x / 2^bits⌉`.
#[track_caller]
#[inline]
pub(crate) fn shift_up(x: u128, bits: u32) -> MathResult<u128> {
    let Some(mask) = 1u128.checked_shl(bits).and_then(|one| one.checked_sub(1)) else {
        return Err(MathError::here());
    };
    match x.checked_add(mask) {
        Some(sum) => Ok(sum >> bits),
        None => Err(MathError::here()),
    }
}
