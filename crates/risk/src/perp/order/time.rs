use ballast_state::{PerpMarket, PriceFeed};

use crate::{price, Now};

/// t* of an order placed now: later than the clock, than every print the feed has taken, and than any that may be published
/// already while the clock lags.
#[must_use]
pub fn eligible_ts(market: &PerpMarket, feed: &PriceFeed, now: Now) -> i64 {
    // Not the accepted time alone: it counts a stamp ahead of the clock as the clock's.
    let prints = feed.prints.iter().take(feed.source_count());
    let published = prints.map(|print| print.publish_ts).fold(feed.accepted_ts, i64::max);
    now.ts
        .max(published)
        .saturating_add(i64::from(market.terms.min_delay))
        .saturating_add(i64::from(price::clock_lag(feed, now)))
}
