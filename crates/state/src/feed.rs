#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Oracle sources a feed can have.
pub const SOURCES: usize = 3;

/// Decimal exponent of [`OracleSource::fixed_price`].
pub const FIXED_PRICE_EXPONENT: i32 = -6;

/// Where one price comes from.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OracleSource {
    /// The oracle's account. Zero for Pyth pull: any account of the receiver with the right feed id will do. For a fixed
    /// price: unused.
    pub account: Pubkey,
    /// Program that must own the account.
    pub owner: Pubkey,
    /// The provider's feed id, where it has one (Pyth pull).
    pub feed_id: [u8; 32],
    /// A fixed price in millionths of a USD; zero for real sources.
    pub fixed_price: u64,
    /// Oldest publish time the judge accepts from this source, seconds.
    pub max_age: u32,
    /// Widest confidence, as a fraction of the price with 32 fraction bits.
    pub max_confidence: u32,
    /// The provider's number in the oracle crate; zero: no source in this slot.
    pub provider: u8,
    /// Zero.
    pub padding: [u8; 7],
}

/// Last print taken from a source. A source only moves forward.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct SourcePrint {
    /// Price, 40 fraction bits. Zero: none yet.
    pub price: u64,
    /// Half-width of the source's uncertainty, 40 fraction bits.
    pub confidence: u64,
    /// Publish time, unix seconds.
    pub publish_ts: i64,
    /// Slot the source attached.
    pub slot: u64,
}

/// How observations become a band.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct JudgeRules {
    /// Two sources agree within this fraction of the lower price, 32 fraction bits.
    pub max_deviation: u32,
    /// Smallest move that counts as a jump, 32 fraction bits.
    pub jump_min: u32,
    /// Seconds before a later print can confirm a jump.
    pub jump_confirm: u32,
    /// Seconds a publish time may lie ahead of the clock.
    pub max_future: u32,
    /// Time constant of the EMA, seconds. Zero: no EMA.
    pub ema_seconds: u32,
    /// Zero.
    pub padding: u32,
}

/// Margin rate of one side at one level: `clamp(k·σ·√T + add_on, floor, cap) − add_on`.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct SideRates {
    /// Standard deviations covered, 32 fraction bits.
    pub k: u64,
    /// Smallest rate with add-on, 32 fraction bits. Equal to the cap: a static rate.
    pub floor: u32,
    /// Largest rate with add-on.
    pub cap: u32,
}

/// From which numbers the row's rates are made.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct RateSettings {
    /// Annual volatility, 32 fraction bits: set by configuration until the feed measures its own.
    pub sigma: u64,
    /// Maintenance, net long.
    pub maintenance_long: SideRates,
    /// Maintenance, net short.
    pub maintenance_short: SideRates,
    /// Initial, net long.
    pub initial_long: SideRates,
    /// Initial, net short.
    pub initial_short: SideRates,
    /// Size at which impact reaches `impact_factor`, USD with 20 fraction bits. Zero: no impact.
    pub depth: u64,
    /// Maintenance add-on, 32 fraction bits.
    pub maintenance_add_on: u32,
    /// Initial add-on.
    pub initial_add_on: u32,
    /// Charged on exposure matched inside the feed.
    pub basis: u32,
    /// Impact at a size of `depth` (the Y of the square-root law).
    pub impact_factor: u32,
    /// Most that impact can add.
    pub impact_cap: u32,
    /// Zero.
    pub padding: u32,
}

/// A print beyond the jump bound that waits for a second one.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PendingPrint {
    /// Price, 40 fraction bits. Zero: nothing pending.
    pub price: u64,
    /// Publish time of the print, unix seconds.
    pub publish_ts: i64,
}

/// By how much publish times ran ahead of the clock: the largest lead seen in an hour and in the one before it.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ClockLag {
    /// The hour: unix seconds / 3,600.
    pub hour: u32,
    /// Largest lead in it, seconds.
    pub seconds: u16,
    /// Largest lead in the hour before.
    pub seconds_before: u16,
}

/// Room for measured volatility (two variance clocks, range estimator, stress anchor, forecast, rails).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct VolatilityState {
    /// Zero until a version gives it a meaning.
    pub reserved: [u64; 48],
}

/// One underlying: its oracle sources and rules, what was judged of them, and the settings of its margin rates.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PriceFeed {
    /// Layout version.
    pub version: u8,
    /// Bump of the feed's address.
    pub bump: u8,
    /// Row on the board.
    pub row: u8,
    /// Risk class, below [`CLASSES`](crate::CLASSES), or [`NO_CLASS`](crate::NO_CLASS).
    pub class: u8,
    /// A [`PriceState`](crate::PriceState): what the last refresh said.
    pub state: u8,
    /// Perp markets on the feed.
    pub perps: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// The group this feed belongs to.
    pub group: Pubkey,
    /// Name of the underlying, ASCII, zero-padded.
    pub symbol: [u8; 16],
    /// Refreshes and changes so far.
    pub sequence: u64,
    /// Sources; empty slots at the end.
    pub sources: [OracleSource; SOURCES],
    /// Last print of each source.
    pub prints: [SourcePrint; SOURCES],
    /// How they are judged.
    pub judge: JudgeRules,
    /// Margin rates.
    pub rates: RateSettings,
    /// Accepted price, 40 fraction bits. Zero: none yet.
    pub accepted_price: u64,
    /// Publish time of the accepted price, unix seconds.
    pub accepted_ts: i64,
    /// Jump under way.
    pub pending: PendingPrint,
    /// Exponential average of accepted prices, 40 fraction bits. Zero: none yet.
    pub ema: u64,
    /// Publish time of the last price in the average.
    pub ema_ts: i64,
    /// Volatility.
    pub volatility: VolatilityState,
    /// How far the sources ran ahead of the clock.
    pub clock_lag: ClockLag,
    /// The smallest Maintenance floor that the terms of its perp markets allow, 32 fraction bits.
    pub perp_floor: u32,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 180],
}

account!(PriceFeed, version 1, 1280 bytes, [189, 103, 252, 23, 152, 35, 243, 156]);
offsets!(PriceFeed: group = 8, symbol = 40, sources = 64, prints = 424, judge = 520, rates = 544, accepted_price = 648, volatility = 696, clock_lag = 1080, perp_floor = 1088, reserved = 1092);

impl PriceFeed {
    /// Sources in use: the leading slots with a provider.
    #[must_use]
    pub fn source_count(&self) -> usize {
        self.sources.iter().take_while(|source| source.provider != 0).count()
    }
}
