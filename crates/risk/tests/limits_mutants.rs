//! What no other test of listing bounds would have missed: sums that are the bound itself
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_math::Price;
use ballast_risk::limits::{validate_bank, validate_kappa, validate_rates};
use ballast_risk::RiskError;
use ballast_state::{RateSettings, RiskRow, SideRates, Zeroable};
use support::build::{self, bits, price};

/// 1/2 of rate and 1/2 of basis: margin of a whole value.
#[test]
fn margin_of_exactly_everything_is_too_high() {
    let validate = |basis| {
        let side = SideRates { k: 0, floor: bits(3, 4), cap: bits(3, 4) };
        let rates = RateSettings {
            maintenance_long: side,
            maintenance_short: side,
            initial_long: side,
            initial_short: side,
            maintenance_add_on: bits(1, 4),
            initial_add_on: bits(1, 4),
            basis,
            ..RateSettings::zeroed()
        };
        validate_rates(&rates, 0, bits(1, 100))
    };
    assert_eq!(validate(bits(1, 2)), Err(RiskError::MarginTooHigh));
    assert_eq!(validate(bits(1, 2) - 1), Ok(()));
}

/// (1 + 1/2) · 1/2 + 1/4
#[test]
fn kappa_of_exactly_everything_is_too_high() {
    let row = RiskRow { class: 3, maintenance_long: bits(1, 2), basis: bits(1, 4), ..build::row(price(1, 1)) };
    let board = build::board(&[row]);
    assert_eq!(validate_kappa(&board, 3, bits(1, 2)), Err(RiskError::MarginTooHigh));
    // Half a step less is rounded up.
    assert_eq!(validate_kappa(&board, 3, bits(1, 2) - 2), Ok(()));
}

/// 2²⁰ tokens at as many steps as the limit, a thousandth of 2⁴² dollars, has.
#[test]
fn a_cap_of_exactly_the_limit_is_too_large() {
    let mut bank = build::bank(0, 0, 0);
    (bank.deposit_cap, bank.borrow_cap) = (1 << 20, 1 << 20);
    let limit = (1 << 62) / 1_000;
    assert_eq!(validate_bank(&bank, Price(limit)), Err(RiskError::CapTooLarge));
    assert_eq!(validate_bank(&bank, Price(limit - 1)), Ok(()));
}
