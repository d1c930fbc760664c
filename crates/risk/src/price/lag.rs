use ballast_state::{ClockLag, PriceFeed};

use crate::Now;

/// By how many seconds a print may lead the chain's clock: the most any did at a refresh of this hour or the last, and never
/// more than the judge lets pass.
#[must_use]
pub fn clock_lag(feed: &PriceFeed, now: Now) -> u32 {
    let ClockLag { seconds, seconds_before, .. } = at_hour(feed.clock_lag, hour(now));
    u32::from(seconds.max(seconds_before)).min(feed.judge.max_future)
}

/// Notes that a print taken now was published so many seconds ahead of the clock.
pub(super) fn note(feed: &mut PriceFeed, ahead: i64, now: Now) {
    let lag = at_hour(feed.clock_lag, hour(now));
    // A print behind the clock leads by nothing; one that leads by more than the judge allows is not taken.
    let seconds = u16::try_from(ahead.max(0)).unwrap_or(u16::MAX).max(lag.seconds);
    feed.clock_lag = ClockLag { seconds, ..lag };
}

/// The record as a later hour reads it.
fn at_hour(lag: ClockLag, hour: u32) -> ClockLag {
    match hour.checked_sub(lag.hour) {
        Some(0) => lag,
        Some(1) => ClockLag { hour, seconds: 0, seconds_before: lag.seconds },
        _ => ClockLag { hour, seconds: 0, seconds_before: 0 },
    }
}

fn hour(now: Now) -> u32 {
    u32::try_from(now.ts.div_euclid(3_600)).unwrap_or(0)
}
