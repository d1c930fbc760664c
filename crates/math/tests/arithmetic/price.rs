use ballast_math::{Price, Ratio, Units, Usd};
use proptest::prelude::*;

use crate::yardstick::{agrees, any_u64, big, cases, ceil, floor, pow2};

#[test]
fn a_dollar_and_a_half() {
    let price = Price(Price::ONE.0 + Price::ONE.0 / 2);
    assert_eq!(price.value_down(Units(3 << 63)).unwrap(), Usd(9 << (Usd::BITS - 2)));
    assert_eq!(price.atoms_down(Usd::from_dollars(3).unwrap(), 1_000_000).unwrap(), 2_000_000);
    assert_eq!(price.units_down(Usd::from_dollars(3).unwrap()).unwrap(), Units(2 << 64));
}

#[test]
fn the_smallest_price_keeps_six_digits() {
    // 10^-6 USD to 40 fraction bits: off by less than a millionth of itself.
    let distance = big(Price::MIN.0) * big(1_000_000u32);
    assert!(distance.abs_diff_below(&pow2(40), 1_000_000));
}

#[test]
fn the_largest_price_is_ten_million_dollars() {
    assert_eq!(Price::MAX, Price(10_995_116_277_760_000_000));
}

/// Whole tokens: then the bits under a step of the value decide alone.
#[test]
fn whole_tokens_are_worth_a_step_more_unless_exact() {
    for (price, down, up) in
        [(1, 0, 1), (2, 0, 1), (1 << 19, 0, 1), (1 << 20, 1, 1), ((1 << 20) + 2, 1, 2), (3 << 20, 3, 3)]
    {
        assert_eq!(Price(price).value(Units(1 << 64)).unwrap(), (Usd(down), Usd(up)), "{price}");
    }
}

trait Near {
    fn abs_diff_below(&self, other: &Self, bound: u64) -> bool;
}

impl Near for num_bigint::BigUint {
    fn abs_diff_below(&self, other: &Self, bound: u64) -> bool {
        let (low, high) = if self < other { (self, other) } else { (other, self) };
        high - low < Self::from(bound)
    }
}

#[test]
fn a_price_of_zero_buys_nothing() {
    let zero = Price(0);
    assert!(zero.atoms_down(Usd(1), 1).is_err());
    assert!(zero.atoms_up(Usd(1), 1).is_err());
    assert!(zero.units_down(Usd(1)).is_err());
    assert!(zero.units_up(Usd(1)).is_err());
    assert_eq!(zero.value_up(Units(u128::MAX)).unwrap(), Usd::ZERO);
}

#[test]
fn units_add_and_exceed() {
    assert!(Units(u128::MAX).add(Units(1)).is_err());
    assert_eq!(Units(5).excess_over(Units(7)), Units::ZERO);
    assert_eq!(Units(7).excess_over(Units(5)), Units(2));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn values_round_as_named(price in any_u64(), units in any::<u128>(), shift in 0u32..128) {
        let (price, units) = (Price(price), Units(units >> shift));
        let exact = big(price.0) * big(units.0);
        let unit = pow2(84);
        let down = floor(&exact, &unit);
        prop_assert!(agrees(price.value_down(units).map(|v| v.0), &down, 64));
        match price.value_up(units) {
            Ok(up) => prop_assert_eq!(big(up.0), ceil(&exact, &unit)),
            Err(_) => prop_assert!(ceil(&exact, &unit) >= pow2(64)),
        }
        let both = price.value_down(units).and_then(|down| Ok((down, price.value_up(units)?)));
        prop_assert_eq!(price.value(units), both);
    }

    #[test]
    fn atoms_round_as_named(price in any_u64(), value in any_u64(), decimals in 0u32..=18) {
        prop_assume!(price > 0);
        let (scale, value) = (10u64.pow(decimals), Usd(value));
        let numerator = (big(value.0) * big(scale)) << 20;
        let (down, up) = (floor(&numerator, &big(price)), ceil(&numerator, &big(price)));
        match Price(price).atoms_down(value, scale) {
            Ok(atoms) => prop_assert_eq!(big(atoms), down),
            Err(_) => prop_assert!(down >= pow2(64)),
        }
        match Price(price).atoms_up(value, scale) {
            Ok(atoms) => prop_assert_eq!(big(atoms), up),
            Err(_) => prop_assert!(up >= pow2(64)),
        }
    }

    #[test]
    fn units_of_a_value_round_as_named(price in any_u64(), value in any_u64()) {
        prop_assume!(price > 0);
        let numerator = big(value) << 84;
        let (down, up) = (floor(&numerator, &big(price)), ceil(&numerator, &big(price)));
        match Price(price).units_down(Usd(value)) {
            Ok(units) => prop_assert_eq!(&big(units.0), &down),
            Err(_) => prop_assert!(down >= pow2(128)),
        }
        if let Ok(units) = Price(price).units_up(Usd(value)) {
            prop_assert!(big(units.0) >= up);
            prop_assert!(big(units.0) <= down + 1u8);
        }
    }

    #[test]
    fn scaled_prices_round_as_named(price in any_u64(), ratio in any_u64()) {
        let product = big(price) * big(ratio);
        let one = big(Ratio::ONE.0);
        prop_assert!(agrees(Price(price).scale_down(Ratio(ratio)).map(|p| p.0), &floor(&product, &one), 64));
        prop_assert!(agrees(Price(price).scale_up(Ratio(ratio)).map(|p| p.0), &ceil(&product, &one), 64));
    }
}
