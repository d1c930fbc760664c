use ballast_math::Price;
use ballast_risk::price::{aged_band, refresh, PriceObservation, Refreshed};
use ballast_risk::{invariant, limits, Now};
use ballast_state::{OracleSource, PriceFeed, PriceState, RiskBoard, RiskRules, Zeroable, SOURCES};

use crate::case::{self, after};
use crate::source::Source;
use crate::world::hold;

/// A feed of one to three sources through up to sixteen refreshes with any observations.
pub fn judge(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut feed = feed(source);
    assert_eq!(limits::validate_feed(&feed), Ok(()));
    let rules = RiskRules { halt_gap: 300, halt_grace: 120, ..RiskRules::zeroed() };
    let mut board = RiskBoard { version: 1, row_count: 1, rules, ..RiskBoard::zeroed() };
    let mut now = case::NOW;
    let start = case::price(source);
    let mut accepted = false;
    for _ in 0..16 {
        if source.is_empty() {
            break;
        }
        now = after(now, if source.flag() { source.up_to(90) } else { source.sized(24) });
        let observations = [(); SOURCES].map(|()| observation(source, start, now));
        // A transaction: what an error leaves is not kept.
        let (mut next, mut next_board) = (feed, board);
        if let Ok(refreshed) = refresh(&mut next, &mut next_board, &observations, now) {
            check(&feed, &next, &refreshed, now);
            check_row(&board, &next_board, &next, &refreshed, now);
            accepted |= refreshed.accepted;
            (feed, board) = (next, next_board);
        }
    }
    accepted
}

fn feed(source: &mut Source<'_>) -> PriceFeed {
    let mut feed = PriceFeed { version: 1, class: ballast_state::NO_CLASS, ..PriceFeed::zeroed() };
    for at in 0..usize::try_from(source.between(1, 3)).expect("three at most") {
        feed.sources[at] = OracleSource {
            provider: 1,
            feed_id: [u8::try_from(at).expect("three at most"); 32],
            max_age: u32::try_from(source.between(1, 3_600)).expect("an hour at most"),
            max_confidence: u32::try_from(source.up_to(ballast_math::Ratio::from_bps(2_000).0)).expect("a fifth"),
            ..OracleSource::zeroed()
        };
    }
    feed.judge = case::judge_rules(source);
    feed.rates.sigma = source.up_to(10 << 32);
    feed
}

/// Nothing, a price near `start`, or any numbers at all.
fn observation(source: &mut Source<'_>, start: Price, now: Now) -> Option<PriceObservation> {
    let kind = source.index(8);
    let ago = if source.flag() { source.up_to(20) } else { source.sized(32) };
    let ago = i64::try_from(ago).expect("a century at most");
    let publish_time = if source.one_in(8) { now.ts + ago } else { now.ts - ago };
    let (price, confidence, exponent) = match kind {
        0 => return None,
        // Within two per cent of the start, or within a factor of two: so many thousandths of a step of 2⁻⁴⁰.
        1..=4 => {
            let percent = if kind < 4 { source.between(980, 1_020) } else { source.between(500, 2_000) };
            let price = i128::from(start.0) * i128::from(percent);
            // 2⁻⁴⁰ in decimals is 9.09·10⁻¹³.
            let scaled = price / 1_000_000_000 * 909_494_702;
            (scaled, u128::from(source.part(u64::try_from(scaled >> 7).unwrap_or(u64::MAX))), -15)
        }
        5 => (i128::from(source.sized(64)), source.sized(64).into(), -8),
        6 => (i128::from(source.u64().cast_signed()), source.sized(64).into(), -i32::from(source.u8())),
        _ => (i128::from_le_bytes(source.array()), u128::from_le_bytes(source.array()), source.u32().cast_signed()),
    };
    Some(PriceObservation { price, confidence, exponent, publish_time, previous_publish_time: None, slot: now.slot })
}

/// What is judged comes from the sources, and no time goes back.
fn check(before: &PriceFeed, after: &PriceFeed, refreshed: &Refreshed, now: Now) {
    let judged = refreshed.judged;
    let prints = || after.prints.iter().filter(|print| print.price != 0);
    let lowest = prints().map(|print| print.price).min().expect("one was judged");
    let highest = prints().map(|print| print.price).max().expect("one was judged");
    assert!((lowest..=highest).contains(&judged.price.0), "a judged price lies between its sources");
    assert!(judged.low <= judged.price && judged.price <= judged.high);
    assert!((1..=after.source_count()).contains(&judged.count));
    assert!(!judged.agree || judged.count > 1);
    assert!(judged.publish_ts <= now.ts, "nothing from the future");
    assert!(prints().any(|print| print.publish_ts.min(now.ts) == judged.publish_ts));
    for (old, new) in before.prints.iter().zip(&after.prints) {
        assert!(new.publish_ts >= old.publish_ts, "a source only moves forward");
        assert!(new == old || new.publish_ts > old.publish_ts);
    }
    assert!(after.accepted_ts >= before.accepted_ts && after.ema_ts >= before.ema_ts);
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    let disagreement = judged.count > 1 && !judged.agree;
    if refreshed.accepted {
        let (least, most) = (before.ema.min(after.accepted_price), before.ema.max(after.accepted_price));
        let averaged = before.ema != 0 && before.judge.ema_seconds != 0;
        assert!(if averaged { (least..=most).contains(&after.ema) } else { after.ema == after.accepted_price });
        let waiting = before.pending.price;
        let (least, most) = if waiting == 0 { (lowest, highest) } else { (lowest.min(waiting), highest.max(waiting)) };
        assert!((least..=most).contains(&after.accepted_price), "from the sources, or what waited for them");
        assert_eq!(after.pending.price, 0);
        let state = if disagreement { PriceState::Guarded } else { PriceState::Normal };
        assert_eq!(refreshed.state, state);
    } else {
        let state = if disagreement { PriceState::Guarded } else { PriceState::PendingJump };
        assert_eq!(refreshed.state, state);
        assert_eq!((after.accepted_price, after.accepted_ts), (before.accepted_price, before.accepted_ts));
        assert!(before.accepted_price != 0 && after.pending.price != 0 && !judged.agree);
    }
    assert_eq!(after.state, refreshed.state.to_byte());
}

/// The row says what the feed does, in bands that hold it and widen with age.
fn check_row(before: &RiskBoard, after: &RiskBoard, feed: &PriceFeed, refreshed: &Refreshed, now: Now) {
    hold(invariant::check_board(before, after));
    let (old, row) = (&before.rows[0], &after.rows[0]);
    assert_eq!((row.mid, row.publish_ts, row.state), (feed.accepted_price, feed.accepted_ts, feed.state));
    if refreshed.accepted {
        assert!(row.low <= refreshed.judged.low.0 && refreshed.judged.high.0 <= row.high);
    } else {
        let judged = &refreshed.judged;
        let guarded = refreshed.state == PriceState::Guarded;
        let low = if guarded { old.low.min(judged.low.0) } else { old.low };
        let high = if guarded { old.high.max(judged.high.0) } else { old.high };
        assert_eq!((row.low, row.fair_low, row.fair_high, row.high), (low, old.fair_low, old.fair_high, high));
    }
    assert_eq!((after.refreshed_ts, after.sequence), (now.ts, before.sequence.wrapping_add(1)));
    assert!(
        after.grace_until >= before.grace_until && after.grace_until <= now.ts + 120.max(before.grace_until - now.ts)
    );

    let mut last = None;
    for seconds in [0, 1, 59, 64, 3_600, 1 << 33] {
        let band = aged_band(&ballast_state::RiskRow { age_slope: 1 << 20, ..*row }, case::after(now, seconds))
            .expect("a band widens, it does not fail");
        assert!(band.low.0 <= row.low && band.high.0 >= row.high);
        if let Some(last) = last.replace(band) {
            let last: ballast_risk::price::Band = last;
            assert!(band.low <= last.low && band.high >= last.high);
        }
    }
}
