//! A price that the configuration states.
//!
//! For tests, and for stablecoins under the listing rules. It is always as old as the question, and has no uncertainty
//! of its own: what makes it safe is how a feed may be listed with it, not this module.

use ballast_risk::price::PriceObservation;

/// `mantissa · 10^exponent` USD per whole token, observed at `now` (unix seconds) in `slot`.
pub const fn observe(mantissa: i128, exponent: i32, now: i64, slot: u64) -> PriceObservation {
    PriceObservation { price: mantissa, confidence: 0, exponent, publish_time: now, previous_publish_time: None, slot }
}
