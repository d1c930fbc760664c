//! What no other test of health would have missed: exact values, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)). Rates are powers of two, so that nothing is rounded.
mod support;

use ballast_math::{Ratio, Units, Usd};
use ballast_risk::health::{
    assess_initial, assess_maintenance, check_taker, Assessment, Exposure, Health, PerpExposure, Portfolio, Valuation,
};
use ballast_risk::views::{liquidation_prices, LiquidationPrices};
use ballast_risk::RiskError;
use ballast_state::{PriceState, RiskRow};
use support::build::{self, bits, dollars, price, settled, NOW};

fn tokens(n: u128) -> Units {
    Units(n << 64)
}

fn sixteenths(n: u64) -> Usd {
    Usd(dollars(n).0 / 16)
}

/// Deposits and loans by feed.
fn holding(held: &[(u8, u128, u128)]) -> Portfolio {
    let mut portfolio = Portfolio::new(0);
    for &(feed, deposits, loans) in held {
        let entry = portfolio.entry(feed).unwrap();
        (entry.deposits, entry.loans) = (tokens(deposits), tokens(loans));
    }
    portfolio
}

fn perp(feed: u8, long: u128, short: u128) -> PerpExposure {
    PerpExposure { feed, long: tokens(long), short: tokens(short), ..PerpExposure::default() }
}

/// A token at a hundred dollars: 1/16 at Maintenance, 3/16 at Initial.
fn token() -> RiskRow {
    RiskRow {
        maintenance_long: bits(1, 16),
        maintenance_short: bits(1, 16),
        initial_long: bits(3, 16),
        initial_short: bits(3, 16),
        ..build::row(price(100, 1))
    }
}

/// What is matched costs the same basis at both levels: 5/4 of Maintenance is more than Initial says.
#[test]
fn initial_is_five_quarters_where_basis_is_most_of_it() {
    let board = build::board(&[settled(RiskRow { basis: bits(1, 8), ..token() })]);
    let portfolio = holding(&[(0, 10, 9)]);
    // 100/16 + 900/8 = 118.75
    assert_eq!(assess_maintenance(&portfolio, &board, NOW).unwrap().requirement, sixteenths(1_900));
    let initial = assess_initial(&portfolio, &board, Valuation::Initial, NOW).unwrap();
    assert_eq!(initial.requirement, sixteenths(2_375));
}

/// The low end of a wide band leaves little for a rate to be of.
#[test]
fn initial_is_five_quarters_where_the_band_is_wide() {
    let board = build::board(&[settled(RiskRow { low: price(40, 1), ..token() })]);
    let initial = assess_initial(&holding(&[(0, 10, 0)]), &board, Valuation::Initial, NOW).unwrap();
    // 1000/16 · 5/4, and not 400 · 3/16
    assert_eq!((initial.assets, initial.requirement), (dollars(400), sixteenths(1_250)));
}

/// Doubt about one price gives nobody the favour of another's band.
#[test]
fn only_doubtful_feeds_are_at_their_favourable_end() {
    let band = RiskRow { low: price(90, 1), high: price(110, 1), ..token() };
    let guarded = RiskRow { state: PriceState::Guarded.to_byte(), ..band };
    let board = build::board(&[band, guarded]);
    let favourable = |held| Assessment::of(&holding(held), &board, Valuation::Favourable, NOW).unwrap();
    let long_of_sure = favourable(&[(0, 10, 0), (1, 0, 5)]);
    assert_eq!((long_of_sure.assets, long_of_sure.liabilities), (dollars(1_000), dollars(450)));
    let short_of_sure = favourable(&[(0, 0, 5), (1, 10, 0)]);
    assert_eq!((short_of_sure.assets, short_of_sure.liabilities), (dollars(1_100), dollars(500)));
}

/// A side is there whichever of the two rates of its feed are zero, and where they are the same.
#[test]
fn a_class_is_hedged_with_both_signs_in_it() {
    let [zero, rate] = [0, bits(1, 16)];
    for rates in [[rate, rate], [rate, zero], [zero, rate]] {
        let row = RiskRow { class: 3, maintenance_long: rates[0], maintenance_short: rates[1], ..token() };
        let board = build::board(&[row, row]);
        let hedged = |held| Assessment::of(&holding(held), &board, Valuation::Maintenance, NOW).unwrap().is_hedged(3);
        assert!(hedged(&[(0, 10, 0), (1, 0, 10)]), "{rates:?}");
        assert!(!hedged(&[(0, 10, 0), (1, 10, 0)]), "{rates:?}");
        assert!(!hedged(&[(0, 0, 10), (1, 0, 10)]), "{rates:?}");
    }
}

/// Perps that cancel each other are matched: they cost basis.
#[test]
fn as_much_long_as_short_is_matched() {
    let board = build::board(&[build::row(price(1, 1)), RiskRow { basis: bits(1, 8), ..token() }]);
    let mut portfolio = holding(&[]);
    portfolio.add_perp(&perp(1, 10, 10)).unwrap();
    assert_eq!(assess_maintenance(&portfolio, &board, NOW).unwrap().requirement, dollars(125));
}

/// A perp on the quote token counts at the end that is against what is held of it in all: net long at the low one, where the
/// perp has lost.
#[test]
fn perps_on_the_quote_move_by_the_sign_of_all_that_is_held() {
    let quote = RiskRow { low: price(3, 4), high: price(5, 4), ..build::row(price(1, 1)) };
    let board = build::board(&[quote]);
    let equity = |deposits, loans, long, short| {
        let mut portfolio = holding(&[(0, deposits, loans)]);
        portfolio.add_perp(&perp(0, long, short)).unwrap();
        let assessment = Assessment::of(&portfolio, &board, Valuation::Initial, NOW).unwrap();
        (assessment.assets, assessment.liabilities)
    };
    // (1000 − 100/4) · 3/4, (1000 + 100/4) · 3/4: what is lost is a step more
    assert_eq!(equity(1_000, 0, 100, 0), (Usd(sixteenths(11_700).0 - 1), Usd::ZERO));
    assert_eq!(equity(1_000, 0, 0, 100), (sixteenths(12_300), Usd::ZERO));
    // (1000 + 100/4) · 5/4, (1000 − 100/4) · 5/4
    assert_eq!(equity(0, 1_000, 0, 100), (Usd::ZERO, Usd(sixteenths(20_500).0 + 1)));
    assert_eq!(equity(0, 1_000, 100, 0), (Usd::ZERO, sixteenths(19_500)));
}

/// A feed without depth has no impact, whatever its cap: not a step of it.
#[test]
fn without_depth_there_is_no_impact() {
    let board = build::board(&[RiskRow { impact_cap: bits(1, 8), ..token() }]);
    assert_eq!(assess_maintenance(&holding(&[(0, 10, 0)]), &board, NOW).unwrap().requirement, sixteenths(1_000));
}

#[test]
fn nothing_of_a_feed_is_nothing_of_that_feed() {
    assert_eq!(holding(&[]).exposure(3), Exposure { feed: 3, ..Exposure::default() });
}

#[test]
fn a_factor_is_not_below_itself() {
    let health = Health { assets: Usd(3), liabilities: Usd(1), requirement: Usd(1) };
    let twice = Health { assets: Usd(6), liabilities: Usd(2), requirement: Usd(2) };
    let less = Health { assets: Usd(5), ..twice };
    let below = |other| [health.factor_is_below(other), other.factor_is_below(&health)].map(Result::unwrap);
    assert_eq!([&health, &twice, &less].map(below), [[false, false], [false, false], [false, true]]);
    let bound = Ratio(Ratio::ONE.0 / 2 * 3);
    let below = |bound| health.factor_is_below_ratio(bound).unwrap();
    assert_eq!([Ratio(bound.0 - 1), bound, Ratio(bound.0 + 1)].map(below), [false, false, true]);
}

/// A taker may end with an Initial health of exactly zero.
#[test]
fn health_of_zero_is_enough_for_a_taker() {
    let board = build::board(&[build::row(price(1, 1)), token()]);
    let taker = |deposits| {
        let mut portfolio = holding(&[(0, deposits, 0), (1, 0, 16)]);
        portfolio.has_liability = true;
        check_taker(&portfolio, &board, [0, 1], None, NOW)
    };
    // 1600 · (1 + 3/16)
    assert_eq!(taker(1_900), Ok(()));
    assert_eq!(taker(1_899), Err(RiskError::InsufficientHealth));
}

/// The search goes outward by small steps: it finds the price at which a short falls, though its value is beyond the format at
/// others.
#[test]
fn a_liquidation_price_is_found_below_what_cannot_be_computed() {
    let board = build::board(&[build::row(price(1, 1)), build::row(price(100, 1))]);
    let mut portfolio = holding(&[(0, 400_000_000_000, 0), (1, 0, 2_000_000_000)]);
    portfolio.has_liability = true;
    let found = liquidation_prices(&board, 1, NOW, |_| Ok(portfolio)).unwrap();
    assert_eq!(found, LiquidationPrices { below: None, above: Some(price(200, 1) + 1) });
}
