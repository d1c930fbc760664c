//! What an oracle adapter reports: one provider's reading, parsed but not judged.

/// One reading of one oracle account.
///
/// Adapters fill it from bytes and never decide whether it is usable: age, width, agreement and
/// plausibility are the judge's business (`risk::price`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceObservation {
    /// Price mantissa: USD per whole token is `price · 10^exponent`. May be zero or negative; the judge drops those.
    pub price: i128,
    /// Half-width of the provider's own uncertainty, same exponent as `price`.
    pub confidence: u128,
    /// Decimal exponent of `price` and `confidence`.
    pub exponent: i32,
    /// Unix time in seconds at which the provider says the price held.
    pub publish_time: i64,
    /// Publish time of the update before this one, where the provider carries it (Pyth pull).
    pub previous_publish_time: Option<i64>,
    /// Slot the provider attached to the reading.
    pub slot: u64,
}
