use ballast_math::{
    mul_shift_floor, signed_add, signed_from_words, signed_mul, signed_sub, signed_to_words, with_sign, Product,
};
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::yardstick::{agrees, big, cases, ceil, floor, pow2};

/// Numbers of every length, and those around powers of two where digits carry.
fn any_u128() -> impl Strategy<Value = u128> {
    prop_oneof![
        (any::<u128>(), 0u32..128).prop_map(|(x, shift)| x >> shift),
        (0u32..128, -2i128..=2).prop_map(|(bits, off)| (1u128 << bits).wrapping_add_signed(off)),
    ]
}

fn any_i128() -> impl Strategy<Value = i128> {
    prop_oneof![(any::<i128>(), 0u32..128).prop_map(|(x, shift)| x >> shift), Just(i128::MIN), Just(i128::MAX)]
}

/// True if the result is the exact number, or an error where that does not fit 127 bits and a sign.
fn agrees_signed<E>(result: Result<i128, E>, exact: &BigInt) -> bool {
    match (result, i128::try_from(exact)) {
        (Ok(result), Ok(exact)) => result == exact,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

#[test]
fn ends_of_the_range() {
    assert!(Product::of(1, 1).div_down(0).is_err());
    assert!(Product::of(0, 0).div_down(0).is_err());
    assert_eq!(Product::of(u128::MAX, u128::MAX).div_down(u128::MAX), Ok(u128::MAX));
    assert!(Product::of(u128::MAX, u128::MAX).div_down(u128::MAX - 1).is_err());
    assert_eq!(Product::of(1 << 127, 1 << 127).shift_down(127), Ok(1 << 127));
    assert!(Product::of(1 << 127, 1 << 127).shift_down(126).is_err());
    assert!(with_sign(1 << 127, true).is_err());
    assert_eq!(mul_shift_floor(1, -1, 52), Ok(-1));
    assert_eq!(mul_shift_floor(1, 1, 52), Ok(0));
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn quotients_are_the_floor(a in any_u128(), b in any_u128(), d in any_u128()) {
        let product = Product::of(a, b);
        if d > 0 {
            prop_assert!(agrees(product.div_down(d), &floor(&(big(a) * big(b)), &big(d)), 128));
        }
    }

    /// Quotients that fit, with divisors of two digits: the estimate of a digit is corrected here.
    #[test]
    fn long_divisions_are_the_floor(a in any_u128(), b in any_u128(), shift in 0u32..64) {
        let d = (a | (1 << 127)) >> shift;
        prop_assert!(agrees(Product::of(a, b).div_down(d), &floor(&(big(a) * big(b)), &big(d)), 128));
    }

    #[test]
    fn shifts_are_floor_and_ceiling(a in any_u128(), b in any_u128(), bits in 1u32..128) {
        let product = Product::of(a, b);
        prop_assert!(agrees(product.shift_down(bits), &floor(&(big(a) * big(b)), &pow2(bits)), 128));
        if product.shift_down(bits).is_ok() {
            prop_assert!(agrees(product.shift_up(bits), &ceil(&(big(a) * big(b)), &pow2(bits)), 128));
        }
    }

    #[test]
    fn signed_products_round_toward_minus_infinity(a in any_u128(), b in any_i128(), bits in 1u32..128) {
        let exact = BigInt::from(a) * BigInt::from(b);
        // An arithmetic shift of a BigInt is the floor.
        let floor = exact >> bits;
        let result = mul_shift_floor(a, b, bits);
        // The magnitude of the smallest number of the format is not represented.
        prop_assert!(agrees_signed(result, &floor) || floor == BigInt::from(i128::MIN));
    }

    #[test]
    fn signed_sums_and_words(a in any_i128(), b in any_i128()) {
        prop_assert!(agrees_signed(signed_add(a, b), &(BigInt::from(a) + b)));
        prop_assert!(agrees_signed(signed_sub(a, b), &(BigInt::from(a) - b)));
        prop_assert!(agrees_signed(signed_mul(a, b), &(BigInt::from(a) * b)));
        prop_assert_eq!(signed_from_words(signed_to_words(a)), a);
    }
}
