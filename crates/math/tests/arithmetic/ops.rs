use ballast_math::{
    checked_add, checked_add_wide, checked_sub, checked_sub_wide, div_up, high, low, mul_div_down, mul_div_up,
    mul_shift_64, root_down, scaled_root_up, wide, MathError,
};
use proptest::prelude::*;

use crate::yardstick::{agrees, any_u64, big, cases, ceil, floor, pow2};

#[test]
fn errors_name_the_line_of_the_caller_and_compare_equal() {
    let error = mul_div_down(1, 1, 0).unwrap_err();
    assert_eq!(error.line(), line!() - 1);
    assert!(error.file().ends_with("ops.rs"));
    assert_eq!(error, MathError::here());
    assert!(error.to_string().starts_with("arithmetic left its range at"), "{error}");
}

#[test]
fn bounds() {
    assert_eq!(checked_add(u64::MAX, 0), Ok(u64::MAX));
    assert!(checked_add(u64::MAX, 1).is_err());
    assert!(checked_sub(0, 1).is_err());
    assert!(checked_add_wide(u128::MAX, 1).is_err());
    assert!(checked_sub_wide(0, 1).is_err());
    assert!(div_up(1, 0).is_err());
    assert!(mul_div_up(1, 1, 0).is_err());
    assert_eq!(div_up(u128::MAX, 1), Ok(u128::MAX));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn words_and_products(a in any_u64(), b in any_u64(), d in any_u64()) {
        prop_assert_eq!(big(wide(a, b)), big(a) * big(b));
        prop_assert_eq!((u128::from(high(wide(a, b))) << 64) | u128::from(low(wide(a, b))), wide(a, b));
        if d > 0 {
            prop_assert!(agrees(mul_div_down(a, b, d), &floor(&(big(a) * big(b)), &big(d)), 64));
            prop_assert!(agrees(mul_div_up(a, b, d), &ceil(&(big(a) * big(b)), &big(d)), 64));
        }
    }

    #[test]
    fn mul_shift_is_the_floor(a in any::<u128>(), shift in 0u32..128, b in any_u64()) {
        let a = a >> shift;
        prop_assert!(agrees(mul_shift_64(a, b), &floor(&(big(a) * big(b)), &pow2(64)), 128));
    }

    #[test]
    fn scaled_roots_are_above_by_less_than_their_bound(n in any_u64(), square in 1u64..1 << 32) {
        for n in [n, square * square, square * square - 1] {
            let (root, half) = scaled_root_up(n);
            // root / 2^half > √n, and less than (1 + 2^-30)·√n.
            let (square, scaled) = (big(root) * big(root), big(n) << (2 * half));
            prop_assert!(n == 0 || square > scaled);
            prop_assert!(square <= &scaled + (&scaled >> 29u8));
        }
    }

    #[test]
    fn roots_are_those_of_the_standard_library(n in any_u64(), square in 0u64..1 << 32) {
        for n in [n, square * square, (square * square).saturating_sub(1), u64::MAX] {
            prop_assert_eq!(root_down(n), n.isqrt());
        }
    }
}
