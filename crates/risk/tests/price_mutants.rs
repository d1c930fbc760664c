//! What no other test of prices would have missed: exact values at the ends of rules, each of which kills a mutant
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_math::Price;
use ballast_risk::price::{aged_band, normalize, refresh, Band, PriceObservation};
use ballast_risk::RiskError;
use ballast_state::{PriceFeed, RiskRow, Zeroable, NO_CLASS};
use support::build::{self, after, bits, price, T0};

/// `mantissa · 10^exponent` dollars, published at `T0 + at`.
fn observation(mantissa: i128, exponent: i32, at: i64) -> PriceObservation {
    PriceObservation {
        price: mantissa,
        confidence: 0,
        exponent,
        publish_time: T0 + at,
        previous_publish_time: None,
        slot: 1,
    }
}

/// Exactly so many steps of 2⁻⁴⁰ dollars, for a digit of 10⁻¹⁹ is far less than one.
fn steps(steps: u64, at: i64) -> PriceObservation {
    let mantissa = (u128::from(steps) * 10u128.pow(19)).div_ceil(1 << Price::BITS);
    observation(i128::try_from(mantissa).unwrap(), -19, at)
}

fn feed() -> PriceFeed {
    let mut feed = PriceFeed { class: NO_CLASS, ..PriceFeed::zeroed() };
    feed.sources[0].provider = 1;
    feed.sources[0].max_age = 60;
    feed.judge.jump_min = bits(3, 100);
    feed
}

#[test]
fn prices_are_of_the_format_from_the_smallest_to_the_largest() {
    let normalized = |raw| normalize(&steps(raw, 0)).map(|reading| reading.price.0);
    for raw in [Price::MIN.0, Price::MIN.0 + 1, Price::MAX.0 - 1, Price::MAX.0] {
        assert_eq!(normalized(raw), Ok(raw));
    }
    for raw in [Price::MIN.0 - 1, Price::MAX.0 + 1, Price::MAX.0 / 2 * 3] {
        assert_eq!(normalized(raw), Err(RiskError::PriceOutOfRange), "{raw}");
    }
}

/// Bits shifted out at the top would leave a price that looks like one.
#[test]
fn a_mantissa_has_as_many_bits_as_the_shift_leaves() {
    // 2⁸⁷ · 10⁻²⁶ is 1.54742504910672534…
    let largest = normalize(&observation(1 << 87, -26, 0)).map(|reading| reading.price.0);
    assert_eq!(largest, Ok(1_701_411_834_604));
    for beyond in [1 << 88, (1 << 88) + (1 << 40), (1 << 90) + 1] {
        assert_eq!(normalize(&observation(beyond, -26, 0)), Err(RiskError::PriceOutOfRange), "{beyond}");
        assert_eq!(normalize(&observation(beyond, 0, 0)), Err(RiskError::PriceOutOfRange), "{beyond}");
    }
}

/// What a source said last goes stale: said again it is not newer. What it says anew and nobody can use is another matter.
#[test]
fn a_print_that_is_known_is_not_newer_even_where_it_is_stale() {
    let (mut feed, mut board) = (feed(), build::board(&[RiskRow { state: 0, ..RiskRow::zeroed() }]));
    let mut one = |at, now| {
        refresh(&mut feed, &mut board, &[Some(observation(100, 0, at)), None, None], after(now))
            .map(|done| done.accepted)
    };
    assert_eq!(one(0, 0), Ok(true));
    assert_eq!(one(0, 61), Err(RiskError::PublishTimeNotNewer));
    assert_eq!(one(-1, 61), Err(RiskError::PublishTimeNotNewer));
    assert_eq!(one(1, 62), Err(RiskError::NoUsableSource));
}

/// e^0.03 has 32 fraction bits here: 4,425,768,523 of them. So many times the price in force is the last that is no jump.
#[test]
fn a_move_of_exactly_the_bound_is_no_jump() {
    let accepted = |raw| {
        let (mut feed, mut board) = (feed(), build::board(&[RiskRow { state: 0, ..RiskRow::zeroed() }]));
        refresh(&mut feed, &mut board, &[Some(observation(100, 0, 0)), None, None], after(0)).unwrap();
        refresh(&mut feed, &mut board, &[Some(steps(raw, 1)), None, None], after(1)).unwrap().accepted
    };
    let (highest, lowest) = (4_425_768_523 * 25_600, 106_701_614_834_311);
    assert_eq!([highest, highest + 1, lowest, lowest - 1].map(accepted), [true, false, true, false]);
}

/// A price without age, or of a feed that does not move, is not a step wider than it was.
#[test]
fn nothing_widens_without_age_or_slope() {
    let row = RiskRow { low: price(149, 1), high: price(151, 1), ..build::row(price(150, 1)) };
    let band = Band { low: Price(row.low), high: Price(row.high) };
    assert_eq!(aged_band(&RiskRow { age_slope: 1 << 20, ..row }, after(0)), Ok(band));
    assert_eq!(aged_band(&row, after(100)), Ok(band));
}
