//! What terms a market may be listed with.
mod support;

use ballast_risk::perp::{validate_lot, validate_terms};
use ballast_risk::RiskError;
use ballast_state::{MarketTerms, PerpMarket, PriceFeed, Zeroable};
use support::build::bits;
use support::perps::market;

/// Eight per cent at least on either side.
fn feed() -> PriceFeed {
    let mut feed = PriceFeed::zeroed();
    feed.rates.maintenance_long.floor = bits(10, 100);
    feed.rates.maintenance_short.floor = bits(8, 100);
    feed
}

fn terms() -> MarketTerms {
    MarketTerms { skew_scale: 1_000_000, interest_cap: 20_000, skew_cap: 20_000, account_cap: 20_000, ..market().terms }
}

#[test]
fn every_bound_is_met_from_both_sides() {
    assert_eq!(validate_terms(&terms(), &feed()), Ok(()));
    let check = |change: fn(&mut MarketTerms), expected: Result<(), RiskError>| {
        let mut terms = terms();
        change(&mut terms);
        assert_eq!(validate_terms(&terms, &feed()), expected, "{terms:?}");
    };
    let refused = Err(RiskError::InvalidParameter);
    check(|terms| terms.skew_scale = 0, refused);
    check(|terms| terms.skew_scale = 1 << 62, Ok(()));
    check(|terms| terms.skew_scale = (1 << 62) + 1, refused);
    check(|terms| terms.funding_limit = 1 << 40, Ok(()));
    check(|terms| terms.funding_limit = (1 << 40) + 1, refused);
    check(|terms| (terms.funding_velocity, terms.funding_limit) = (5, 5), Ok(()));
    check(|terms| (terms.funding_velocity, terms.funding_limit) = (6, 5), refused);
    check(|terms| terms.interest_cap = 1 << 48, Ok(()));
    check(|terms| terms.interest_cap = (1 << 48) + 1, refused);
    check(|terms| terms.interest_cap = 19_999, refused);
    check(|terms| (terms.interest_cap, terms.skew_cap) = (19_999, 19_999), refused);
    check(|terms| terms.order_min = 0, refused);
    check(|terms| terms.fill_fee = 42_949_672, Ok(()));
    check(|terms| terms.fill_fee = 42_949_673, refused);
    check(|terms| terms.weight = 0, refused);
    check(|terms| terms.min_delay = 1, refused);
    check(|terms| (terms.min_delay, terms.order_life) = (60, 60), Ok(()));
    check(|terms| terms.min_delay = 61, refused);
    check(|terms| terms.order_life = 0, refused);
    check(|terms| terms.order_life = 61, refused);
}

/// A quarter of eight per cent: two per cent of the scale. (The floor is stored up.)
#[test]
fn the_skew_cap_keeps_the_premium_within_a_quarter_of_the_smallest_margin() {
    let check = |cap: u64, expected| {
        let terms = MarketTerms { interest_cap: 1 << 40, skew_cap: cap, ..terms() };
        assert_eq!(validate_terms(&terms, &feed()), expected, "{cap}");
    };
    check(20_000, Ok(()));
    check(20_001, Err(RiskError::SkewCapTooLarge));
    let mut feed = feed();
    feed.rates.maintenance_long.floor = bits(4, 100);
    assert_eq!(validate_terms(&terms(), &feed), Err(RiskError::SkewCapTooLarge));
}

#[test]
fn a_lot_fits_its_mark() {
    let at = |mark: u64| validate_lot(&PerpMarket { mark, ..market() });
    assert_eq!(at(1 << 30), Ok(()));
    assert_eq!(at((1 << 30) - 1), Err(RiskError::LotOutOfRange));
    assert_eq!(at(1 << 45), Ok(()));
    assert_eq!(at((1 << 45) + 1), Err(RiskError::LotOutOfRange));
    let decimals = |quote_decimals, lot_decimals| {
        validate_lot(&PerpMarket { mark: 1 << 32, quote_decimals, lot_decimals, ..market() })
    };
    assert_eq!(decimals(9, 0), Ok(()));
    assert_eq!(decimals(0, 18), Ok(()));
    assert_eq!(decimals(10, 0), Err(RiskError::DecimalsNotSupported));
}
