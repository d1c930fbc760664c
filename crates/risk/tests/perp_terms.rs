//! What terms a market may be listed with.
mod support;

use ballast_risk::perp::{self, validate_lot, validate_terms};
use ballast_risk::RiskError;
use ballast_state::{MarketMode, MarketTerms, PerpMarket, PriceFeed, Zeroable};
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
    check(|terms| (terms.interest_cap, terms.skew_scale) = (1 << 48, 1 << 62), Ok(()));
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
fn a_side_at_its_cap_keeps_the_premium_within_a_quarter_of_the_smallest_margin() {
    let check = |cap: u64, expected| {
        let terms = MarketTerms { interest_cap: cap, ..terms() };
        assert_eq!(validate_terms(&terms, &feed()), expected, "{cap}");
    };
    check(20_000, Ok(()));
    check(20_001, Err(RiskError::PremiumTooSteep));
    let mut feed = feed();
    feed.rates.maintenance_long.floor = bits(4, 100);
    assert_eq!(validate_terms(&terms(), &feed), Err(RiskError::PremiumTooSteep));
}

#[test]
fn a_lot_fits_its_mark() {
    let at = |mark: u64| validate_lot(&PerpMarket { mark, ..market() });
    assert_eq!(at(1 << 30), Ok(()));
    assert_eq!(at((1 << 30) - 1), Err(RiskError::LotOutOfRange));
    assert_eq!(at(1 << 42), Ok(()));
    assert_eq!(at((1 << 42) + 1), Err(RiskError::LotOutOfRange));
    let decimals = |quote_decimals, lot_decimals| {
        validate_lot(&PerpMarket { mark: 1 << 32, quote_decimals, lot_decimals, ..market() })
    };
    assert_eq!(decimals(9, 0), Ok(()));
    assert_eq!(decimals(0, 18), Ok(()));
    assert_eq!(decimals(10, 0), Err(RiskError::DecimalsNotSupported));
}

#[test]
fn weights_of_all_markets_are_one_at_most() {
    let (mut pool, _) = pool(0);
    let weighing = |weight: u32| MarketTerms { weight, ..terms() };
    let new = PerpMarket { terms: MarketTerms::zeroed(), ..market() };
    let (mut first, mut second) = (new, new);
    perp::list(&mut first, &mut pool, &feed(), weighing(u32::MAX)).unwrap();
    assert_eq!((pool.market_count, pool.weight), (1, u64::from(u32::MAX)));
    perp::list(&mut second, &mut pool, &feed(), weighing(1)).unwrap();
    assert_eq!((pool.market_count, pool.weight), (2, 1 << 32));
    let before = pool;
    let more = perp::configure(&mut second, &mut pool, &feed(), weighing(2), MarketMode::Normal.to_byte());
    assert_eq!(more, Err(RiskError::WeightsTooLarge));
    pool = before;
    perp::configure(&mut first, &mut pool, &feed(), weighing(u32::MAX - 1), 0).unwrap();
    perp::configure(&mut second, &mut pool, &feed(), weighing(2), 0).unwrap();
    assert_eq!(pool.weight, 1 << 32);
    pool.market_count = u16::MAX;
    assert_eq!(perp::list(&mut { new }, &mut pool, &feed(), weighing(1)), Err(RiskError::TooManyMarkets));
}

/// A side at its cap, a thousand times dearer, still fits the books.
#[test]
fn a_cap_is_bounded_by_what_a_side_is_worth() {
    let (mut pool, _) = pool(0);
    let at = |mark: u64, interest_cap: u64, pool: &mut _| {
        let terms = MarketTerms { interest_cap, skew_scale: 1 << 62, ..terms() };
        perp::list(&mut PerpMarket { mark, ..market() }, pool, &feed(), MarketTerms { weight: 1, ..terms })
    };
    assert_eq!(at(1 << 42, 1 << 42, &mut pool), Ok(()));
    assert_eq!(at(1 << 42, (1 << 42) + 1, &mut pool), Err(RiskError::CapTooLarge));
    assert_eq!(at(1 << 36, 1 << 48, &mut pool), Ok(()));
}

#[test]
fn modes_change_between_normal_and_reduce_only() {
    let (mut pool, _) = pool(0);
    let mut market = market();
    perp::list(&mut market, &mut pool, &feed(), terms()).unwrap();
    perp::configure(&mut market, &mut pool, &feed(), terms(), 1).unwrap();
    assert_eq!(MarketMode::from_byte(market.mode), MarketMode::ReduceOnly);
    for mode in [2, 3, 255] {
        let refused = perp::configure(&mut market, &mut pool, &feed(), terms(), mode);
        assert_eq!(refused, Err(RiskError::InvalidModeChange), "{mode}");
    }
    market.mode = 2;
    assert_eq!(perp::configure(&mut market, &mut pool, &feed(), terms(), 0), Err(RiskError::InvalidModeChange));
}

/// What the skew there is was paid for must be what its end gives back.
#[test]
fn the_scale_stands_while_there_is_a_skew() {
    let (mut pool, _) = pool(0);
    let mut market = PerpMarket { terms: MarketTerms::zeroed(), ..market() };
    perp::list(&mut market, &mut pool, &feed(), terms()).unwrap();
    let doubled = MarketTerms { skew_scale: 2_000_000, ..terms() };
    market.long.base = [1, 0];
    let refused = perp::configure(&mut market, &mut pool, &feed(), doubled, 0);
    assert_eq!(refused, Err(RiskError::InvalidParameter));
    market.short.base = [1, 0];
    assert_eq!(perp::configure(&mut market, &mut pool, &feed(), doubled, 0), Ok(()));
}

/// A cap below what is open does not make room for a steeper premium on it.
#[test]
fn what_is_open_bounds_the_premium_as_its_cap_does() {
    let (mut pool, _) = pool(0);
    let mut market = PerpMarket { terms: MarketTerms::zeroed(), ..market() };
    perp::list(&mut market, &mut pool, &feed(), terms()).unwrap();
    (market.long.base, market.short.base) = ([20_000, 0], [20_000, 0]);
    let lower = MarketTerms { interest_cap: 10, skew_cap: 10, account_cap: 10, ..terms() };
    assert_eq!(perp::configure(&mut market, &mut pool, &feed(), lower, 0), Ok(()));
    let steeper = MarketTerms { skew_scale: 999_000, ..lower };
    let refused = perp::configure(&mut market, &mut pool, &feed(), steeper, 0);
    assert_eq!(refused, Err(RiskError::PremiumTooSteep));
    (market.long.base, market.short.base) = ([19_000, 0], [19_000, 0]);
    assert_eq!(perp::configure(&mut market, &mut pool, &feed(), steeper, 0), Ok(()));
}

#[test]
fn a_funding_rate_comes_back_inside_a_lower_limit() {
    let (mut pool, _) = pool(0);
    for (rate, left) in [(1_000, 100), (-1_000, -100), (50, 50)] {
        let mut market = market();
        market.funding_rate = rate;
        let lower = MarketTerms { funding_limit: 100, funding_velocity: 1, weight: 1, ..terms() };
        perp::configure(&mut market, &mut pool, &feed(), lower, 0).unwrap();
        assert_eq!(market.funding_rate, left);
    }
}

#[test]
fn tighter_terms_lower_caps_and_nothing_else() {
    let market = PerpMarket { terms: terms(), ..market() };
    let tighter = |change: fn(&mut MarketTerms), mode: u8| {
        let mut terms = terms();
        change(&mut terms);
        perp::is_tighter(&market, &terms, mode)
    };
    assert!(tighter(|_| {}, 0) && tighter(|_| {}, 1));
    assert!(tighter(|terms| terms.interest_cap -= 1, 0) && !tighter(|terms| terms.interest_cap += 1, 0));
    assert!(tighter(|terms| terms.skew_cap -= 1, 0) && !tighter(|terms| terms.skew_cap += 1, 0));
    assert!(tighter(|terms| terms.account_cap -= 1, 0) && !tighter(|terms| terms.account_cap += 1, 0));
    assert!(!tighter(|terms| terms.weight -= 1, 0) && !tighter(|terms| terms.weight += 1, 0));
    assert!(!tighter(|terms| terms.skew_scale += 1, 0) && !tighter(|terms| terms.funding_limit -= 1, 0));
    assert!(!tighter(|terms| terms.fill_fee -= 1, 0) && !tighter(|terms| terms.min_delay += 1, 0));
    assert!(!perp::is_tighter(&PerpMarket { mode: 1, ..market }, &terms(), 0));
}
