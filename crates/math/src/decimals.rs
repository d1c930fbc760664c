use crate::ops::{low, wide};
use crate::price::Units;
use crate::{MathError, MathResult};

/// Most decimals a listed mint may have.
pub const MAX_DECIMALS: u8 = 18;

/// Conversion between atoms of a mint and whole tokens, by a stored reciprocal instead of a division.
///
/// `10^−d = reciprocal · 2^−(63 + shift)` with the reciprocal normalised to 64 bits, so the relative error is below
/// 2⁻⁶³: smaller than one step of [`Usd`](crate::Usd) for any value that fits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimals {
    /// `⌊2^(63 + shift) / 10^d⌋`, at least 2⁶³.
    pub reciprocal: u64,
    /// Bits of `10^d − 1`.
    pub shift: u8,
}

impl Decimals {
    /// The constants of a mint with `decimals` decimals, or nothing above [`MAX_DECIMALS`].
    #[must_use]
    pub fn new(decimals: u8) -> Option<Self> {
        if decimals > MAX_DECIMALS {
            return None;
        }
        let scale = 10u64.checked_pow(u32::from(decimals))?;
        let shift = 64u32.checked_sub(scale.checked_sub(1)?.leading_zeros())?;
        let numerator = 1u128.checked_shl(63u32.checked_add(shift)?)?;
        let reciprocal = u64::try_from(numerator.checked_div(u128::from(scale))?).ok()?;
        Some(Self { reciprocal, shift: u8::try_from(shift).ok()? })
    }

    /// Whole tokens in `atoms`, rounded down to 2⁻⁶⁴ token.
    ///
    /// # Errors
    /// None; a corrupt shift gives a wrong number.
    #[track_caller]
    #[inline]
    pub fn units_down(self, atoms: u64) -> MathResult<Units> {
        let product = wide(atoms, self.reciprocal);
        match self.shift.checked_sub(1) {
            // No decimals: reciprocal = 2^63.
            None => Ok(Units(product << 1)),
            // Below 64 by construction; saying so spares the general shift.
            Some(shift) => Ok(Units(product >> (shift & 63))),
        }
    }

    /// Whole tokens in `atoms`, rounded up.
    ///
    /// # Errors
    /// None for constants made by [`Decimals::new`].
    #[track_caller]
    #[inline(never)]
    pub fn units_up(self, atoms: u64) -> MathResult<Units> {
        match self.shift.checked_sub(1) {
            None => self.units_down(atoms),
            Some(shift) => {
                let Some(reciprocal) = self.reciprocal.checked_add(1) else {
                    return Err(MathError::here());
                };
                // Below 64 by construction, as above; a bit is what rounding up comes to at most.
                let (product, shift) = (wide(atoms, reciprocal), shift & 63);
                let exact = low(product) & (1u64 << shift).wrapping_sub(1) == 0;
                Ok(Units((product >> shift).wrapping_add(u128::from(!exact))))
            }
        }
    }
}
