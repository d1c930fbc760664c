use crate::ops::{high, low, wide};
use crate::ratio::shift_up;
use crate::{MathError, MathResult, Ratio, Usd};

/// Whole tokens with 64 fraction bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Units(pub u128);

impl Units {
    /// No tokens.
    pub const ZERO: Self = Self(0);

    /// `self + other`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn add(self, other: Self) -> MathResult<Self> {
        match self.0.checked_add(other.0) {
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
}

/// USD per whole token with 40 fraction bits: steps of 10⁻¹², up to 16,777,216 USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Price(pub u64);

impl Price {
    /// Fraction bits.
    pub const BITS: u32 = 40;
    /// One dollar.
    pub const ONE: Self = Self(1 << Self::BITS);
    /// Smallest price a feed may print: 10⁻⁶ USD, where a step is still a millionth of it.
    pub const MIN: Self = Self(1_099_511);
    /// Largest price a feed may print: 10⁷ USD.
    pub const MAX: Self = Self(10_000_000 << Self::BITS);

    /// Bits to drop from (Q64.64 · Q24.40) >> 64 to get Q44.20.
    const TO_USD: u32 = 20;

    /// `⌊units · price⌋`.
    ///
    /// # Errors
    /// The value does not fit [`Usd`].
    #[track_caller]
    #[inline(never)]
    pub fn value_down(self, units: Units) -> MathResult<Usd> {
        let whole = wide(high(units.0), self.0);
        let fraction = u128::from(high(wide(low(units.0), self.0)));
        match whole.checked_add(fraction).map(|q40| u64::try_from(q40 >> Self::TO_USD)) {
            Some(Ok(raw)) => Ok(Usd(raw)),
            _ => Err(MathError::here()),
        }
    }

    /// `⌈units · price⌉`.
    ///
    /// # Errors
    /// The value does not fit [`Usd`].
    #[track_caller]
    #[inline(never)]
    pub fn value_up(self, units: Units) -> MathResult<Usd> {
        Ok(self.value(units)?.1)
    }

    /// `⌊units · price⌋` and `⌈units · price⌉` from one product.
    ///
    /// # Errors
    /// The value does not fit [`Usd`].
    #[track_caller]
    #[inline]
    pub fn value(self, units: Units) -> MathResult<(Usd, Usd)> {
        let fraction = wide(low(units.0), self.0);
        let whole = wide(high(units.0), self.0);
        let Some(q40) = whole.checked_add(u128::from(high(fraction))) else {
            return Err(MathError::here());
        };
        let exact = low(fraction) == 0 && low(q40) & ((1 << Self::TO_USD) - 1) == 0;
        match u64::try_from(q40 >> Self::TO_USD) {
            Ok(down) if exact => Ok((Usd(down), Usd(down))),
            Ok(down) => match down.checked_add(1) {
                Some(up) => Ok((Usd(down), Usd(up))),
                None => Err(MathError::here()),
            },
            Err(_) => Err(MathError::here()),
        }
    }

    /// Atoms of a mint with `scale = 10^decimals` that are worth `value`, rounded down.
    ///
    /// # Errors
    /// The price is zero, or the amount needs more than 64 bits.
    #[track_caller]
    #[inline(never)]
    pub fn atoms_down(self, value: Usd, scale: u64) -> MathResult<u64> {
        let (quotient, remainder) = self.split(value, scale)?;
        if remainder == 0 {
            return Ok(quotient);
        }
        let step = u128::from(remainder).checked_shl(Self::TO_USD).and_then(|r| r.checked_div(u128::from(self.0)));
        match step.map(u64::try_from) {
            Some(Ok(rest)) => crate::checked_add(quotient, rest),
            _ => Err(MathError::here()),
        }
    }

    /// Atoms of a mint with `scale = 10^decimals` that are worth at least `value`.
    ///
    /// # Errors
    /// The price is zero, or the amount needs more than 64 bits.
    #[track_caller]
    #[inline(never)]
    pub fn atoms_up(self, value: Usd, scale: u64) -> MathResult<u64> {
        let (quotient, remainder) = self.split(value, scale)?;
        let step = crate::div_up(u128::from(remainder) << Self::TO_USD, u128::from(self.0))?;
        match u64::try_from(step) {
            Ok(rest) => crate::checked_add(quotient, rest),
            Err(_) => Err(MathError::here()),
        }
    }

    /// Whole tokens worth `value`, rounded down.
    ///
    /// # Errors
    /// The price is zero, or the result needs more than 128 bits.
    #[track_caller]
    #[inline(never)]
    pub fn units_down(self, value: Usd) -> MathResult<Units> {
        // value · 2^84 / price in two steps, since value · 2^84 may need 148 bits.
        let price = u128::from(self.0);
        let numerator = u128::from(value.0) << 60;
        let (Some(quotient), Some(remainder)) = (numerator.checked_div(price), numerator.checked_rem(price)) else {
            return Err(MathError::here());
        };
        let rest = (remainder << 24).checked_div(price).unwrap_or(0);
        match quotient.checked_mul(1 << 24).and_then(|whole| whole.checked_add(rest)) {
            Some(raw) => Ok(Units(raw)),
            None => Err(MathError::here()),
        }
    }

    /// Whole tokens worth `value`, rounded up.
    ///
    /// # Errors
    /// As [`Price::units_down`].
    #[track_caller]
    #[inline(never)]
    pub fn units_up(self, value: Usd) -> MathResult<Units> {
        self.units_down(value)?.add(Units(1))
    }

    /// `(⌊value·scale / price⌋ · 2^20, value·scale mod price)`: the product with 2^20 would need 143 bits.
    #[track_caller]
    fn split(self, value: Usd, scale: u64) -> MathResult<(u64, u64)> {
        let product = wide(value.0, scale);
        let price = u128::from(self.0);
        let (Some(quotient), Some(remainder)) = (product.checked_div(price), product.checked_rem(price)) else {
            return Err(MathError::here());
        };
        match (u64::try_from(quotient).map(|q| q.checked_mul(1 << Self::TO_USD)), u64::try_from(remainder)) {
            (Ok(Some(q)), Ok(r)) => Ok((q, r)),
            _ => Err(MathError::here()),
        }
    }

    /// `⌊price · ratio⌋`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn scale_down(self, ratio: Ratio) -> MathResult<Self> {
        match u64::try_from(wide(self.0, ratio.0) >> Ratio::BITS) {
            Ok(raw) => Ok(Self(raw)),
            Err(_) => Err(MathError::here()),
        }
    }

    /// `⌈price · ratio⌉`.
    ///
    /// # Errors
    /// Overflow.
    #[track_caller]
    #[inline]
    pub fn scale_up(self, ratio: Ratio) -> MathResult<Self> {
        match u64::try_from(shift_up(wide(self.0, ratio.0), Ratio::BITS)?) {
            Ok(raw) => Ok(Self(raw)),
            Err(_) => Err(MathError::here()),
        }
    }
}
