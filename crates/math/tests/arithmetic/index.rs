use ballast_math::Index;
use proptest::prelude::*;

use crate::yardstick::{agrees, any_u64, big, cases, ceil, floor, is_zero, pow2};

#[test]
fn words_are_low_first() {
    assert_eq!(Index::ONE.to_words(), [0, 1]);
    assert_eq!(Index::from_words([7, 9]), Index((9 << 64) | 7));
}

#[test]
fn a_claim_is_down_and_a_debt_up() {
    let index = Index(Index::ONE.0 + 1);
    assert_eq!(index.amount_down(10).unwrap(), 10);
    assert_eq!(index.amount_up(10).unwrap(), 11);
    assert_eq!(index.shares_down(10).unwrap(), 9);
    assert_eq!(index.shares_up(10).unwrap(), 10);
}

#[test]
fn a_zero_index_divides_nothing() {
    assert!(Index(0).shares_down(1).is_err());
    assert!(Index(0).shares_up(1).is_err());
    assert_eq!(Index(0).amount_up(u64::MAX).unwrap(), 0);
}

fn any_index() -> impl Strategy<Value = Index> {
    (any_u64(), any_u64(), 0u32..64).prop_map(|(low, high, shift)| Index::from_words([low, high >> shift]))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn amounts_and_shares_round_as_named(index in any_index(), n in any_u64()) {
        let one = pow2(64);
        let product = big(index.0) * big(n);
        prop_assert!(agrees(index.amount_down(n), &floor(&product, &one), 64));
        prop_assert!(agrees(index.amount_up(n), &ceil(&product, &one), 64));
        prop_assert!(agrees(index.exact(n), &product, 128));
        let (numerator, divisor) = (big(n) << 64, big(index.0));
        if is_zero(&divisor) {
            prop_assert!(index.shares_down(n).is_err() && index.shares_up(n).is_err());
        } else {
            prop_assert!(agrees(index.shares_down(n), &floor(&numerator, &divisor), 64));
            prop_assert!(agrees(index.shares_up(n), &ceil(&numerator, &divisor), 64));
        }
    }

    #[test]
    fn t08_mint_down_and_burn_up_never_gain(index in any_index(), atoms in any_u64()) {
        prop_assume!(index.0 > 0);
        if let Ok(minted) = index.shares_down(atoms) {
            prop_assert!(index.amount_down(minted).unwrap() <= atoms);
        }
        if let Ok(owed) = index.shares_up(atoms) {
            prop_assert!(index.amount_up(owed).map_or(true, |debt| debt >= atoms));
        }
    }
}
