use ballast_math::{Ratio, Usd};
use proptest::prelude::*;

use crate::yardstick::{agrees, any_u64, big, cases, ceil, floor};

#[test]
fn constants() {
    assert_eq!(Ratio::from_bps(10_000), Ratio::ONE);
    assert_eq!(Ratio::from_bps(50), Ratio(21_474_836));
    assert_eq!(Ratio::from_bps(u32::MAX), Ratio(1_844_674_406_941_458));
    assert_eq!(Ratio::from_bits(u32::MAX), Ratio(u64::from(u32::MAX)));
}

#[test]
fn bounds() {
    assert!(Ratio(u64::MAX).add(Ratio(1)).is_err());
    assert!(Ratio(1).sub(Ratio(2)).is_err());
    assert_eq!(Ratio(1).excess_over(Ratio(2)), Ratio::ZERO);
    assert_eq!(Ratio(5).excess_over(Ratio(2)), Ratio(3));
    assert!(Ratio::ONE.div_down(Ratio::ZERO).is_err());
    assert!(Ratio::ONE.div_up(Ratio::ZERO).is_err());
    assert!(Ratio::quotient_down(1, 0).is_err());
    assert!(Ratio::quotient_down(u64::MAX, 1).is_err());
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn products_and_quotients_round_as_named(a in any_u64(), b in any_u64()) {
        let one = big(Ratio::ONE.0);
        let product = big(a) * big(b);
        prop_assert!(agrees(Ratio(a).mul_down(Ratio(b)).map(|r| r.0), &floor(&product, &one), 64));
        prop_assert!(agrees(Ratio(a).mul_up(Ratio(b)).map(|r| r.0), &ceil(&product, &one), 64));
        prop_assert!(agrees(Ratio(a).of_down(Usd(b)).map(|r| r.0), &floor(&product, &one), 64));
        prop_assert!(agrees(Ratio(a).of_up(Usd(b)).map(|r| r.0), &ceil(&product, &one), 64));
        if b > 0 {
            let numerator = big(a) << 32;
            prop_assert!(agrees(Ratio(a).div_down(Ratio(b)).map(|r| r.0), &floor(&numerator, &big(b)), 64));
            prop_assert!(agrees(Ratio(a).div_up(Ratio(b)).map(|r| r.0), &ceil(&numerator, &big(b)), 64));
            prop_assert!(agrees(Ratio::quotient_down(a, b).map(|r| r.0), &floor(&numerator, &big(b)), 64));
        }
    }
}
