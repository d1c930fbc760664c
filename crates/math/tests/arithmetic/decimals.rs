use ballast_math::{Decimals, Units, MAX_DECIMALS};
use proptest::prelude::*;

use crate::yardstick::{any_u64, big, cases, ceil, floor, pow2};

#[test]
fn constants_of_six_decimals() {
    // 2^(63 + 20) / 10^6
    assert_eq!(Decimals::new(6), Some(Decimals { reciprocal: 9_671_406_556_917_033_397, shift: 20 }));
}

#[test]
fn no_decimals_is_exact() {
    let whole = Decimals::new(0).unwrap();
    assert_eq!(whole, Decimals { reciprocal: 1 << 63, shift: 0 });
    assert_eq!(whole.units_down(7).unwrap(), Units(7 << 64));
    assert_eq!(whole.units_up(7).unwrap(), Units(7 << 64));
    assert_eq!(whole.units_up(u64::MAX).unwrap(), Units(u128::from(u64::MAX) << 64));
}

#[test]
fn eighteen_decimals_are_the_most() {
    assert_eq!(MAX_DECIMALS, 18);
    assert!(Decimals::new(18).is_some());
    assert_eq!(Decimals::new(19), None);
    assert_eq!(Decimals::new(u8::MAX), None);
}

#[test]
fn corrupt_constants_do_not_panic() {
    for shift in 0..=u8::MAX {
        for reciprocal in [0, 1 << 63, u64::MAX] {
            let corrupt = Decimals { reciprocal, shift };
            assert!(corrupt.units_down(u64::MAX).is_ok());
            assert!(corrupt.units_up(u64::MAX).is_ok() || shift > 0);
        }
    }
    assert!(Decimals { reciprocal: u64::MAX, shift: 4 }.units_up(1).is_err());
}

#[test]
fn every_reciprocal_is_the_floor_and_normalised() {
    for decimals in 0..=MAX_DECIMALS {
        let Decimals { reciprocal, shift } = Decimals::new(decimals).unwrap();
        let scale = big(10u8).pow(u32::from(decimals));
        assert_eq!(big(reciprocal), floor(&pow2(63 + u32::from(shift)), &scale), "{decimals}");
        assert!(reciprocal >= 1 << 63, "{decimals}");
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// Stated: the relative error is below 2⁻⁶³, and the rounding goes where the name says.
    #[test]
    fn units_bracket_the_quotient(atoms in any_u64(), decimals in 0u8..=MAX_DECIMALS) {
        let constants = Decimals::new(decimals).unwrap();
        let scale = big(10u8).pow(u32::from(decimals));
        let exact = big(atoms) << 64;
        let down = big(constants.units_down(atoms).unwrap().0);
        let up = big(constants.units_up(atoms).unwrap().0);
        prop_assert!(down <= floor(&exact, &scale));
        prop_assert!(up >= ceil(&exact, &scale));
        let slack = (&exact >> 63u8) + &scale;
        prop_assert!(&down * &scale + &slack >= exact);
        prop_assert!(&up * &scale <= exact + slack);
    }
}
