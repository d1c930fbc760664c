//! The exponential against its series in unbounded integers.

use ballast_math::{exp_m1_up, one_minus_exp_neg, LN_2_Q64, MAX_EXPONENT_Q64};
use num_bigint::BigInt;
use proptest::prelude::*;

use crate::yardstick::{between, cases};

/// Fraction bits of the yardstick.
const FINE: u32 = 256;

/// `e^x` of an `x` with 64 fraction bits, with [`FINE`] fraction bits; off by less than 2¹² steps.
fn exp_exact(x: u128) -> BigInt {
    // e^x = (e^(x/64))^64: the series of x/64 ≤ 1/4 converges in a few dozen terms.
    let halvings = 6u32;
    let wide = FINE + 64;
    let x = (BigInt::from(x) << (wide - 64)) >> halvings;
    let mut term = BigInt::from(1) << wide;
    let mut sum = term.clone();
    for n in 1..80u32 {
        term = (&term * &x) >> wide;
        term /= n;
        sum += &term;
    }
    for _ in 0..halvings {
        sum = (&sum * &sum) >> wide;
    }
    sum >> (wide - FINE)
}

fn to_fine(q64: u128) -> BigInt {
    BigInt::from(q64) << (FINE - 64)
}

/// Never below; above by at most 6 steps where small, by 2⁻⁵⁸ of e^x otherwise.
fn is_within_bound(x: u128) -> bool {
    let exact = exp_exact(x);
    let slack = BigInt::from(1) << 12;
    let lower = &exact - to_fine(1 << 64) - &slack;
    let bound = if x < 1 << 44 { to_fine(6) } else { &exact >> 58u32 };
    between(&lower, &to_fine(exp_m1_up(x).unwrap()), &(&lower + bound + &slack + &slack))
}

#[test]
fn known_values() {
    assert_eq!(exp_m1_up(0), Ok(0));
    assert_eq!(exp_m1_up(1), Ok(4));
    // ⌊(e − 1) · 2^64⌋, and the value is above it by at most 2^-58 · e.
    let e = exp_m1_up(1 << 64).unwrap();
    assert!((31_696_705_136_089_705_067..=31_696_705_136_089_705_240).contains(&e), "{e}");
}

/// To the last bit, on both sides of the seam: three terms and their roundings below 2⁻²⁰, the series from there on.
#[test]
fn three_terms_serve_below_two_to_the_minus_twenty() {
    assert_eq!(exp_m1_up((1 << 44) - 1), Ok(17_592_194_433_027));
    assert_eq!(exp_m1_up(1 << 44), Ok(17_592_194_433_031));
}

#[test]
fn ln_2_is_rounded_down() {
    // e^(⌊ln 2⌋) is below 2 by less than two steps of 2^-64.
    let two = BigInt::from(2) << FINE;
    let distance = two - exp_exact(u128::from(LN_2_Q64));
    assert!(between(&BigInt::from(0), &distance, &to_fine(2)), "{distance}");
}

#[test]
fn the_largest_exponent_is_sixteen() {
    assert!(exp_m1_up(MAX_EXPONENT_Q64).is_ok());
    assert!(exp_m1_up(MAX_EXPONENT_Q64 + 1).is_err());
    assert!(exp_m1_up(u128::MAX).is_err());
}

#[test]
fn the_seams_hold_the_bound() {
    let ln_2 = u128::from(LN_2_Q64);
    let seams = [1 << 44, ln_2, 2 * ln_2, 7 * ln_2, 23 * ln_2, 1 << 64, MAX_EXPONENT_Q64];
    for seam in seams {
        for x in [seam - 2, seam - 1, seam, (seam + 1).min(MAX_EXPONENT_Q64)] {
            assert!(is_within_bound(x), "{x}");
        }
    }
}

#[test]
fn weights_run_from_nothing_to_almost_one() {
    assert_eq!(one_minus_exp_neg(0).unwrap().0, 0);
    // 1 − 1/e = 0.632120558828557678…, within 2^-31.
    let weight = one_minus_exp_neg(1 << 64).unwrap().0;
    assert!(weight.abs_diff(2_714_937_127) <= 2, "{weight}");
    let last = one_minus_exp_neg(u128::MAX).unwrap().0;
    assert!((4_294_966_800..=1 << 32).contains(&last), "{last}");
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn exp_is_never_below_and_within_its_bound(x in any::<u128>(), shift in 59u32..128) {
        prop_assert!(is_within_bound((x >> shift).min(MAX_EXPONENT_Q64)));
    }

    #[test]
    fn exp_rises(x in 0u128..MAX_EXPONENT_Q64, step in 1u128..1 << 50) {
        let later = (x + step).min(MAX_EXPONENT_Q64);
        // Two steps of error at most on either side of the seam; over any larger distance it rises.
        let slack = (exp_m1_up(later).unwrap() >> 58) + 8;
        prop_assert!(exp_m1_up(later).unwrap() + slack >= exp_m1_up(x).unwrap());
    }

    #[test]
    fn weights_are_within_their_bound(x in 0u128..MAX_EXPONENT_Q64) {
        let exact = exp_exact(x);
        let one = BigInt::from(1) << FINE;
        let weight = ((&exact - &one) << FINE) / &exact;
        let got = BigInt::from(one_minus_exp_neg(x).unwrap().0) << (FINE - 32);
        let slack = BigInt::from(1) << (FINE - 31);
        prop_assert!(between(&(&weight - &slack), &got, &(&weight + &slack)));
    }
}
