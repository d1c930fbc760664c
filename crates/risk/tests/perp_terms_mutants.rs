//! What no other test of markets' terms would have missed: exact cases, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_risk::perp::{self, MAX_MARKETS};
use ballast_risk::RiskError;
use ballast_state::{MarketTerms, PerpMarket, PriceFeed, Zeroable};
use support::build::bits;
use support::perps::{market, pool};

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
fn a_feed_has_one_market_and_knows_the_floor_it_needs() {
    let mut feed = feed();
    let market = PerpMarket { terms: terms(), ..market() };
    assert_eq!(perp::count_on_feed(&mut feed, &market), Ok(()));
    // 4 · 20,000 / 1,000,000, up
    assert_eq!((feed.perps, feed.perp_floor), (1, bits(8, 100)));
    assert_eq!(perp::count_on_feed(&mut feed, &market), Err(RiskError::TooManyMarkets));
}

#[test]
fn a_feed_keeps_the_floor_its_market_needs() {
    let with = |perp_floor| perp::require_floors(&PriceFeed { perp_floor, ..feed() });
    assert_eq!([0, bits(8, 100)].map(with), [Ok(()); 2]);
    assert_eq!(with(bits(8, 100) + 1), Err(RiskError::PremiumTooSteep));
}

#[test]
fn a_pool_has_as_many_markets_as_fit_a_packet() {
    let (mut pool, _) = pool(0);
    pool.market_count = MAX_MARKETS - 1;
    let mut list = || {
        let mut new = PerpMarket { terms: MarketTerms::zeroed(), ..market() };
        perp::list(&mut new, &mut pool, &feed(), MarketTerms { weight: 1, ..terms() })
    };
    assert_eq!([list(), list()], [Ok(()), Err(RiskError::TooManyMarkets)]);
    assert_eq!(MAX_MARKETS, 24);
}

#[test]
fn no_cap_is_beyond_that_of_a_side() {
    let tighten = |skew_cap, account_cap| {
        let mut market = PerpMarket { terms: terms(), ..market() };
        let terms = MarketTerms { interest_cap: 100, skew_cap, account_cap, ..terms() };
        perp::tighten(&mut market, terms, 1).map(|()| (market.terms == terms, market.mode))
    };
    assert_eq!(tighten(100, 100), Ok((true, 1)));
    assert_eq!(tighten(101, 100), Err(RiskError::InvalidParameter));
    assert_eq!(tighten(100, 101), Err(RiskError::InvalidParameter));
}
