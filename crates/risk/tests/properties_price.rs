//! The judge: what is fresh, what agrees, what jumps, what an average may know (rules-risk 6).
mod support;

use ballast_math::{Price, Ratio};
use ballast_risk::price::{
    aged_band, check_fresh, check_usable, is_stale, is_uncertain, judge, normalize, refresh, sqrt_seconds,
    PriceObservation, Refreshed, YEAR_SECONDS,
};
use ballast_risk::{invariant, Now, RiskError, RiskResult};
use ballast_state::{JudgeRules, PriceFeed, PriceState, RiskBoard, RiskRow, Zeroable, NO_CLASS};
use proptest::prelude::*;
use support::build::{self, after, bits, price, NOW, T0};
use support::cases;
use support::rational::{int, is_down, is_up, of_bits, of_price, of_ratio, q, sqrt_down};

/// Feed 0 with `sources` sources: 60 s old and 2 % wide at most, agreeing within 1 %.
fn feed(sources: usize) -> PriceFeed {
    let mut feed = PriceFeed { class: NO_CLASS, ..PriceFeed::zeroed() };
    for source in &mut feed.sources[..sources] {
        source.provider = 1;
        source.max_age = 60;
        source.max_confidence = bits(2, 100);
    }
    feed.judge = JudgeRules {
        max_deviation: bits(1, 100),
        jump_min: bits(3, 100),
        jump_confirm: 10,
        max_future: 5,
        ema_seconds: 0,
        padding: 0,
    };
    feed
}

struct Oracle {
    feed: PriceFeed,
    board: RiskBoard,
}

/// `cents` and a confidence in cents, published at `T0 + at`.
fn print(cents: u64, confidence: u64, at: i64) -> Option<PriceObservation> {
    Some(PriceObservation {
        price: i128::from(cents),
        confidence: u128::from(confidence),
        exponent: -2,
        publish_time: T0 + at,
        previous_publish_time: None,
        slot: 1,
    })
}

impl Oracle {
    fn new(sources: usize) -> Self {
        Self { feed: feed(sources), board: build::board(&[RiskRow { state: 0, ..RiskRow::zeroed() }]) }
    }

    /// A refresh is a transaction: an error changes nothing.
    fn refresh(&mut self, prints: [Option<PriceObservation>; 3], now: Now) -> RiskResult<Refreshed> {
        let (mut feed, mut board) = (self.feed, self.board);
        let done = refresh(&mut feed, &mut board, &prints, now)?;
        assert_eq!(invariant::check_board(&self.board, &board), Ok(()));
        assert_eq!(board.rows[0].state, feed.state);
        (self.feed, self.board) = (feed, board);
        Ok(done)
    }

    fn one(&mut self, cents: u64, at: i64) -> RiskResult<Refreshed> {
        self.refresh([print(cents, 0, at), None, None], after(at))
    }

    fn row(&self) -> &RiskRow {
        &self.board.rows[0]
    }
}

#[test]
fn one_source_speaks_for_itself() {
    let mut oracle = Oracle::new(1);
    let done = oracle.one(15_000, 0).unwrap();
    assert!(done.accepted && done.state == PriceState::Normal && done.judged.count == 1 && !done.judged.agree);
    let row = oracle.row();
    assert_eq!((row.mid, row.low, row.high, row.publish_ts), (price(150, 1), price(150, 1), price(150, 1), T0));
    assert_eq!(oracle.feed.sequence, 1);
    assert_eq!(oracle.board.sequence, 1);
}

#[test]
fn two_give_their_mean_and_three_their_median() {
    let mut oracle = Oracle::new(3);
    let done = oracle.refresh([print(15_000, 10, 2), print(15_100, 20, 1), None], after(2)).unwrap();
    assert_eq!(done.judged.price.0, price(150, 1).midpoint(price(151, 1)));
    assert_eq!(done.judged.publish_ts, T0 + 1, "the older of two");
    // The confidence is rounded up.
    assert_eq!((done.judged.low.0, done.judged.high.0), (price(1_499, 10), price(1_512, 10) + 1));
    assert!(done.judged.agree);
    let done = oracle.refresh([print(15_000, 0, 4), print(15_100, 0, 3), print(14_000, 0, 5)], after(5)).unwrap();
    assert_eq!(done.judged.price.0, price(150, 1));
    assert_eq!(done.judged.publish_ts, T0 + 4, "the median's");
    assert_eq!(oracle.row().low, price(140, 1), "t04: the band covers all fresh sources");
}

/// A disagreement that has grown into a jump is still one: the doubt is the owner's, up to the farthest source.
#[test]
fn a_jump_does_not_hide_a_disagreement() {
    let mut oracle = Oracle::new(2);
    oracle.refresh([print(10_000, 0, 0), print(10_200, 0, 0), None], NOW).unwrap();
    assert_eq!((oracle.row().mid, oracle.row().state), (price(101, 1), PriceState::Guarded.to_byte()));
    let done = oracle.refresh([print(10_000, 0, 1), print(11_000, 0, 1), None], after(1)).unwrap();
    assert!(!done.accepted);
    assert_eq!(done.state, PriceState::Guarded);
    let row = oracle.row();
    assert_eq!((row.mid, row.low, row.high), (price(101, 1), price(100, 1), price(110, 1)));
}

/// Of three, the two that were posted late may be the ones that decide: their price is as old as they are.
#[test]
fn v03_a_median_older_than_the_price_in_force_is_refused() {
    let mut oracle = Oracle::new(3);
    oracle.refresh([print(10_000, 0, 50), None, None], after(50)).unwrap();
    let late = oracle.refresh([None, print(10_100, 0, 20), print(10_100, 0, 21)], after(51));
    assert_eq!(late.map(|_| ()), Err(RiskError::PublishTimeNotNewer));
    let done = oracle.refresh([None, print(10_100, 0, 50), print(10_100, 0, 51)], after(51)).unwrap();
    assert_eq!((done.judged.price.0, oracle.row().publish_ts), (price(101, 1), T0 + 50));
}

#[test]
fn t04_one_source_moved_alone_widens_the_band_or_guards_the_feed() {
    let mut oracle = Oracle::new(2);
    oracle.refresh([print(10_000, 0, 0), print(10_000, 0, 0), None], NOW).unwrap();
    // 1 % is agreement, to the step; a cent more is not.
    let mut agreed = Oracle { feed: oracle.feed, board: oracle.board };
    let done = agreed.refresh([print(10_100, 0, 1), print(10_000, 0, 1), None], after(1)).unwrap();
    assert_eq!(done.state, PriceState::Normal);
    assert_eq!((agreed.row().low, agreed.row().high), (price(100, 1), price(101, 1)));
    let done = oracle.refresh([print(10_102, 0, 1), print(10_000, 0, 1), None], after(1)).unwrap();
    assert_eq!((done.state, done.accepted), (PriceState::Guarded, true));
    assert_eq!(check_usable(oracle.row(), after(1), 60), Err(RiskError::PriceGuarded));
    assert!(is_uncertain(oracle.row(), after(1), &oracle.board.rules));
    // Agreement ends it.
    oracle.refresh([print(10_000, 0, 2), None, None], after(2)).unwrap();
    assert_eq!(oracle.row().state, PriceState::Normal.to_byte());
}

#[test]
fn three_that_all_disagree_are_guarded() {
    let mut oracle = Oracle::new(3);
    let done = oracle.refresh([print(10_000, 0, 0), print(10_200, 0, 0), print(10_400, 0, 0)], NOW).unwrap();
    assert_eq!((done.state, done.judged.price.0), (PriceState::Guarded, price(102, 1)));
    let done = oracle.refresh([print(10_200, 0, 1), print(10_250, 0, 1), print(10_900, 0, 1)], after(1)).unwrap();
    assert_eq!((done.state, done.judged.price.0), (PriceState::Normal, price(1_025, 10)));
}

#[test]
fn v04_only_newer_prints_move_a_source() {
    let mut oracle = Oracle::new(1);
    oracle.one(10_000, 0).unwrap();
    assert_eq!(oracle.refresh([print(10_100, 0, 0), None, None], after(1)), Err(RiskError::PublishTimeNotNewer));
    assert_eq!(oracle.refresh([print(10_100, 0, -1), None, None], after(1)), Err(RiskError::PublishTimeNotNewer));
    assert_eq!(oracle.refresh([None, None, None], after(1)), Err(RiskError::PublishTimeNotNewer));
    assert!(oracle.one(10_100, 1).is_ok());
}

#[test]
fn v04_a_future_stamp_is_refused_or_does_not_freeze() {
    let mut oracle = Oracle::new(2);
    let six_ahead = oracle.refresh([print(10_000, 0, 6), None, None], NOW);
    assert_eq!(six_ahead, Err(RiskError::NoUsableSource));
    oracle.refresh([print(10_000, 0, 5), None, None], NOW).unwrap();
    // It holds as of now, and the other source goes on.
    assert_eq!(oracle.row().publish_ts, T0);
    assert_eq!(oracle.refresh([print(10_000, 0, 5), None, None], after(1)), Err(RiskError::PublishTimeNotNewer));
    let done = oracle.refresh([None, print(10_050, 0, 1), None], after(1)).unwrap();
    assert!(done.accepted);
    assert_eq!(oracle.row().publish_ts, T0 + 1);
    assert_eq!(oracle.refresh([print(10_000, 0, i64::MAX - T0), None, None], after(2)), Err(RiskError::NoUsableSource));
    assert!(oracle.refresh([print(10_000, 0, 6), None, None], after(6)).is_ok());
}

#[test]
fn stale_wide_zero_and_negative_prints_are_dropped() {
    let dropped = |observation: Option<PriceObservation>, now: Now| {
        let mut oracle = Oracle::new(2);
        let done = oracle.refresh([observation, print(10_000, 0, 100), None], now).unwrap();
        done.judged.count == 1
    };
    assert!(!dropped(print(10_000, 0, 40), after(100)));
    assert!(dropped(print(10_000, 0, 39), after(100)), "61 s");
    assert!(!dropped(print(10_000, 200, 100), after(100)), "2 %");
    assert!(dropped(print(10_000, 201, 100), after(100)), "t03");
    assert!(dropped(print(540_200, 2_162_300, 100), after(100)), "t03: 5,402 ± 21,623");
    assert!(dropped(print(0, 0, 100), after(100)));
    let negative = print(1, 0, 100).map(|o| PriceObservation { price: -5, ..o });
    assert!(dropped(negative, after(100)));
    // None left is an error of its own.
    let mut oracle = Oracle::new(1);
    oracle.one(10_000, 0).unwrap();
    assert_eq!(judge(&oracle.feed, after(61)), Err(RiskError::NoUsableSource));
}

/// A source that was dropped when it printed comes back with an older print: it does not pass as fresh.
#[test]
fn v03_an_older_price_is_never_restamped_as_fresh() {
    let mut oracle = Oracle::new(2);
    oracle.feed.sources[0].max_age = 20;
    oracle.refresh([print(10_000, 0, 100), None, None], after(100)).unwrap();
    assert_eq!(oracle.row().publish_ts, T0 + 100);
    // Source 0 is stale at 121; source 1 says what held at 90.
    let late = oracle.refresh([None, print(9_900, 0, 90), None], after(121));
    assert_eq!(late, Err(RiskError::PublishTimeNotNewer));
    assert!(oracle.refresh([None, print(9_900, 0, 101), None], after(121)).is_ok());
}

#[test]
fn a_jump_waits_for_a_second_print_ten_seconds_later() {
    let mut oracle = Oracle::new(1);
    oracle.one(10_000, 0).unwrap();
    // 3 % is no jump (e^0.03 = 1.03045), 3.1 % is.
    assert!(Oracle { feed: oracle.feed, board: oracle.board }.one(10_304, 1).unwrap().accepted);
    let done = oracle.one(11_000, 1).unwrap();
    assert_eq!((done.accepted, done.state), (false, PriceState::PendingJump));
    assert_eq!((oracle.row().mid, oracle.row().publish_ts), (price(100, 1), T0), "the accepted price stays and ages");
    assert_eq!(check_usable(oracle.row(), after(1), 60), Err(RiskError::PricePending));
    assert!(!oracle.one(11_500, 10).unwrap().accepted, "nine seconds after the first");
    // Ten seconds after the first: the less extreme of the two.
    let done = oracle.one(11_200, 11).unwrap();
    assert_eq!((done.accepted, oracle.row().mid), (true, price(110, 1)));
    assert_eq!(oracle.feed.pending.price, 0);
}

#[test]
fn a_confirmed_jump_takes_the_less_extreme_print_on_both_sides() {
    let confirmed = |first: u64, second: u64| {
        let mut oracle = Oracle::new(1);
        oracle.one(10_000, 0).unwrap();
        assert!(!oracle.one(first, 1).unwrap().accepted);
        assert!(oracle.one(second, 20).unwrap().accepted);
        oracle.row().mid
    };
    assert_eq!(confirmed(11_000, 13_000), price(110, 1));
    assert_eq!(confirmed(13_000, 11_000), price(110, 1));
    assert_eq!(confirmed(9_000, 7_000), price(90, 1));
    assert_eq!(confirmed(7_000, 9_000), price(90, 1));
}

#[test]
fn t20_one_bad_tick_changes_nothing() {
    let mut oracle = Oracle::new(1);
    oracle.one(10_000, 0).unwrap();
    assert!(!oracle.one(5_000, 1).unwrap().accepted);
    // Back inside the bound: discarded, for good.
    assert!(oracle.one(10_010, 2).unwrap().accepted);
    assert_eq!((oracle.row().mid, oracle.feed.pending.price), (price(1_001, 10), 0));
    assert_eq!(oracle.row().low, price(1_001, 10), "a pending print enters no statistics");
    // Opposite: discarded, and the new one waits from its own time.
    assert!(!oracle.one(5_000, 3).unwrap().accepted);
    assert!(!oracle.one(20_000, 30).unwrap().accepted);
    assert!(!oracle.one(19_000, 39).unwrap().accepted);
    assert!(oracle.one(19_500, 40).unwrap().accepted);
    assert_eq!(oracle.row().mid, price(195, 1));
}

#[test]
fn a_second_source_confirms_a_jump_at_once() {
    let mut oracle = Oracle::new(2);
    oracle.refresh([print(10_000, 0, 0), print(10_000, 0, 0), None], NOW).unwrap();
    let done = oracle.refresh([print(7_000, 0, 1), None, None], after(1)).unwrap();
    assert!(!done.accepted, "one of two is a jump of their mean");
    let done = oracle.refresh([None, print(7_010, 0, 2), None], after(2)).unwrap();
    assert!(done.accepted);
    assert_eq!(oracle.row().mid, price(70, 1).midpoint(price(701, 10)));
}

/// A feed that let a price move only so far at a step refused every print beyond, and stood still while the market went on.
/// Here what is beyond waits, and is never refused for good: of a fall without an end, 5 % every five seconds, the price in
/// force is at every print one of the last twenty seconds.
#[test]
fn v30_a_fall_of_any_speed_is_followed() {
    let mut oracle = Oracle::new(1);
    oracle.one(10_000_000, 0).unwrap();
    let mut printed = vec![10_000_000u64];
    for step in 1..100i64 {
        let next = printed.last().unwrap() * 95 / 100;
        printed.push(next);
        oracle.one(next, step * 5).unwrap();
        let late = printed[printed.len().saturating_sub(5)];
        assert!(oracle.row().mid <= price(late, 100), "{step}");
        assert!(oracle.row().mid >= price(next, 100), "{step}");
    }
    // 0.95^100: all in one step is followed by the second print that says so.
    let mut oracle = Oracle::new(1);
    oracle.one(10_000_000, 0).unwrap();
    let fallen = *printed.last().unwrap();
    assert!(!oracle.one(fallen, 1).unwrap().accepted);
    assert!(oracle.one(fallen, 11).unwrap().accepted);
    assert_eq!(oracle.row().mid, price(fallen, 100));
}

#[test]
fn the_jump_bound_grows_with_the_root_of_time() {
    // σ = 90 %: 8σ√Δt reaches 3 % at 548 s; a day later it is 37.7 %.
    let accepted_at = |seconds: i64, cents: u64| {
        let mut oracle = Oracle::new(1);
        oracle.feed.rates.sigma = u64::from(bits(9, 10));
        oracle.one(10_000, 0).unwrap();
        oracle.one(cents, seconds).unwrap().accepted
    };
    assert!(!accepted_at(540, 10_306));
    assert!(accepted_at(560, 10_306));
    // 8·0.9·√(86,400 s / year) = 0.376735…: e^ of it = 1.45752.
    assert!(accepted_at(86_400, 14_575));
    assert!(!accepted_at(86_400, 14_576));
    assert!(accepted_at(86_400, 6_862));
    assert!(!accepted_at(86_400, 6_860));
}

#[test]
fn v01_v02_the_average_is_what_it_was_before_this_print() {
    let mut oracle = Oracle::new(1);
    oracle.feed.judge.ema_seconds = 100;
    oracle.one(10_000, 0).unwrap();
    assert_eq!(oracle.feed.ema, price(100, 1), "the first value is the first price");
    oracle.one(10_200, 50).unwrap();
    assert_eq!((oracle.row().low, oracle.row().fair_low), (price(100, 1), price(102, 1)));
    // 100 + 2·(1 − e^−0.5) = 100.786939
    assert!(oracle.feed.ema.abs_diff(price(100_786_939, 1_000_000)) < price(1, 1_000_000));
    let average = oracle.feed.ema;
    oracle.one(9_950, 60).unwrap();
    assert_eq!((oracle.row().low, oracle.row().high), (price(9_950, 100), average));
    assert_eq!((oracle.row().fair_low, oracle.row().fair_high), (price(9_950, 100), price(9_950, 100)));
}

#[test]
fn t22_after_a_halt_there_are_two_minutes_of_grace() {
    let mut oracle = Oracle::new(1);
    oracle.board.refreshed_ts = 0;
    oracle.one(10_000, 0).unwrap();
    assert_eq!(oracle.board.grace_until, 0, "the first refresh follows no halt");
    oracle.one(10_000, 300).unwrap();
    assert_eq!(oracle.board.grace_until, 0);
    oracle.one(10_000, 601).unwrap();
    assert_eq!(oracle.board.grace_until, T0 + 601 + 120);
}

#[test]
fn ages_are_exact() {
    let row = build::row(Price::ONE.0);
    let rules = build::rules();
    assert!(!is_stale(&row, after(60), 60) && is_stale(&row, after(61), 60));
    assert!(!is_stale(&row, after(-100), 60), "a stamp ahead has no age");
    assert!(!is_uncertain(&row, after(60), &rules) && is_uncertain(&row, after(61), &rules));
    assert_eq!(check_fresh(&row, after(61), 60), Err(RiskError::PriceStale));
    assert_eq!(check_fresh(&RiskRow { state: 0, ..row }, NOW, 60), Err(RiskError::PriceUnset));
    assert_eq!(check_fresh(&RiskRow { state: 3, ..row }, NOW, 60), Ok(()));
    let fixed = RiskRow { fixed: 1, ..row };
    assert!(!is_stale(&fixed, Now { ts: i64::MAX, slot: 0 }, 0));
    assert!(is_stale(&row, Now { ts: i64::MAX, slot: 0 }, u32::MAX));
}

#[test]
fn an_unlisted_row_takes_no_price() {
    let mut oracle = Oracle::new(1);
    oracle.feed.row = 64;
    assert_eq!(oracle.one(10_000, 0).map(|_| ()), Err(RiskError::FeedNotListed));
    assert_eq!(YEAR_SECONDS, 31_557_600);
}

fn any_prints() -> impl Strategy<Value = Vec<[Option<(u64, u64)>; 3]>> {
    let one = || prop::option::of((5_000u64..20_000, 0u64..400));
    prop::collection::vec([one(), one(), one()], 1..40)
}

proptest! {
    #![proptest_config(cases(400))]

    /// INV-14, INV-15; a price from no source; one pending print never moves the accepted price.
    #[test]
    fn inv_14_15_hold_for_any_prints(rounds in any_prints(), step in 0i64..40, sigma in 0u64..1 << 33) {
        let mut oracle = Oracle::new(3);
        oracle.feed.rates.sigma = sigma;
        oracle.feed.judge.ema_seconds = 600;
        for (round, prints) in rounds.into_iter().enumerate() {
            let at = i64::try_from(round).unwrap() * step;
            let before = *oracle.row();
            let prints = prints.map(|p| p.and_then(|(cents, confidence)| print(cents, confidence, at)));
            let Ok(done) = oracle.refresh(prints, after(at)) else { continue };
            let row = *oracle.row();
            prop_assert!(done.judged.low <= done.judged.price && done.judged.price <= done.judged.high);
            if done.accepted {
                prop_assert_eq!(row.publish_ts, done.judged.publish_ts, "v03: as old as what it rests on");
                let far = |price: u64| price.abs_diff(before.mid);
                prop_assert!(before.mid == 0 || far(row.mid) <= far(done.judged.price.0), "the less extreme");
            } else {
                prop_assert_eq!((row.mid, row.publish_ts), (before.mid, before.publish_ts));
                if done.state == PriceState::Guarded {
                    prop_assert!(row.low <= before.low.min(done.judged.low.0) && row.high >= done.judged.high.0);
                } else {
                    prop_assert_eq!((row.low, row.high), (before.low, before.high));
                    prop_assert_eq!(done.state, PriceState::PendingJump);
                }
            }
        }
    }

    #[test]
    fn normalized_prices_are_exact(mantissa in 1u64.., confidence: u64, exponent in -18i32..=6) {
        let observation = PriceObservation {
            price: i128::from(mantissa), confidence: u128::from(confidence), exponent, publish_time: 7,
            previous_publish_time: None, slot: 9,
        };
        let power = int(10u64).pow(exponent);
        let exact = int(mantissa) * &power;
        let step = of_price(1);
        match normalize(&observation) {
            Ok(reading) => {
                prop_assert!(is_down(&of_price(reading.price.0), &exact, &step));
                let confidence = int(confidence) * power;
                if confidence < of_price(Price::MAX.0) {
                    prop_assert!(is_up(&of_price(reading.confidence.0), &confidence, &step));
                } else {
                    prop_assert_eq!(reading.confidence, Price::MAX);
                }
                prop_assert_eq!((reading.publish_ts, reading.slot), (7, 9));
            }
            Err(error) => {
                prop_assert_eq!(error, RiskError::PriceOutOfRange);
                prop_assert!(exact < of_price(Price::MIN.0) || exact > of_price(Price::MAX.0));
            }
        }
    }

    #[test]
    fn odd_observations_never_panic(price: i128, confidence: u128, exponent: i32, publish_time: i64, now: i64) {
        let observation =
            PriceObservation { price, confidence, exponent, publish_time, previous_publish_time: None, slot: 0 };
        let mut oracle = Oracle::new(1);
        let now = Now { ts: now, slot: 0 };
        match oracle.refresh([Some(observation), None, None], now) {
            Ok(done) => prop_assert!(done.judged.price >= Price::MIN),
            Err(error) => prop_assert!(matches!(
                error,
                RiskError::PublishTimeNotNewer | RiskError::PriceOutOfRange | RiskError::NoUsableSource
            )),
        }
    }

    /// The band of an old price: `low·(1 − k·σ·√age)` down, `high·(1 + k·σ·√age)` up.
    #[test]
    fn aged_bands_are_the_rule(mid in 1u64 << 30..1 << 60, slope in 0u32..1 << 20, age in 0i64..40_000_000) {
        let row = RiskRow { age_slope: slope, ..build::row(mid) };
        let band = aged_band(&row, after(age)).unwrap();
        let widening = of_bits(slope) * sqrt_down(&int(age), 60);
        // The root is known to 16 fraction bits.
        let slack = of_bits(slope) * q(1, 1 << 16) + q(4, 1u64 << 32);
        let (low, high) = (of_price(mid) * (int(1) - &widening), of_price(mid) * (int(1) + &widening));
        let slack = of_price(mid) * slack + of_price(2);
        prop_assert!(of_price(band.low.0) <= support::rational::positive(&(&low + &slack)));
        prop_assert!(of_price(band.low.0) >= low - &slack);
        let most = support::rational::max(of_price(Price::MAX.0), of_price(mid));
        prop_assert!(of_price(band.high.0) <= &high + &slack);
        prop_assert!(of_price(band.high.0) >= support::rational::min(high - slack, most));
    }

    #[test]
    fn roots_of_seconds_are_down_to_sixteen_bits(seconds in 0u64..1 << 32) {
        let exact = sqrt_down(&int(seconds), 60);
        let root = of_ratio(sqrt_seconds(seconds));
        prop_assert!(root <= &exact + q(1, 1u64 << 59) && root > exact - q(1, 1 << 16));
        prop_assert_eq!(sqrt_seconds(u64::MAX), sqrt_seconds(u64::from(u32::MAX)));
        prop_assert_eq!(sqrt_seconds(0), Ratio::ZERO);
    }
}

/// A price near the largest can have a band that ends above it: age never pulls that end back.
#[test]
fn a_band_beyond_the_largest_price_stays_with_age() {
    let row = RiskRow { high: Price::MAX.0 / 5 * 6, age_slope: 1 << 20, ..build::row(Price::MAX.0) };
    for age in [1, 60, 3_600, 1 << 23, 1 << 33] {
        assert_eq!(aged_band(&row, after(age)).unwrap().high, Price(row.high), "{age}");
    }
    let below = RiskRow { high: Price::MAX.0 / 5 * 4, ..row };
    assert_eq!(aged_band(&below, after(1 << 33)).unwrap().high, Price::MAX);
}
