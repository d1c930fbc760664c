//! Feeds: their settings, and what they judged.

use anchor_lang::prelude::*;

use super::EventHeader;

/// A feed took new prices.
#[event]
pub struct PriceRefreshed {
    /// Where and when; the account is the feed.
    pub header: EventHeader,
    /// Row on the board.
    pub row: u8,
    /// State after (0 unset, 1 normal, 2 pending jump, 3 guarded).
    pub state: u8,
    /// Fresh sources.
    pub sources: u8,
    /// What the sources said.
    pub judged: u64,
    /// Price in force.
    pub mid: u64,
    /// Low end of the Initial band.
    pub low: u64,
    /// High end of the Initial band.
    pub high: u64,
    /// Low end of the band of confidence and disagreement.
    pub fair_low: u64,
    /// High end of the band of confidence and disagreement.
    pub fair_high: u64,
    /// Publish time of the price in force, unix seconds.
    pub publish_ts: i64,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A feed was listed or configured.
#[event]
pub struct PriceFeedConfigured {
    /// Where and when; the account is the feed.
    pub header: EventHeader,
    /// Row on the board.
    pub row: u8,
    /// The board's sequence number after.
    pub board_sequence: u64,
}
