#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Long or short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PerpSide {
    /// Gains when the price rises.
    Long = 1,
    /// Gains when the price falls.
    Short = 2,
}

impl PerpSide {
    /// From its stored byte; nothing for zero, the byte of an empty slot, and for unknown bytes.
    #[inline]
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Long),
            2 => Some(Self::Short),
            _ => None,
        }
    }

    /// The stored byte.
    #[inline]
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Long => 1,
            Self::Short => 2,
        }
    }

    /// The side a signed number of lots is on.
    #[inline]
    #[must_use]
    pub const fn of(lots: i64) -> Self {
        if lots < 0 {
            Self::Short
        } else {
            Self::Long
        }
    }
}

/// What a market lets its traders do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MarketMode {
    /// Everything.
    Normal = 0,
    /// Only what makes a position smaller.
    ReduceOnly = 1,
    /// As reduce-only, and the market ends: from its time on it can be settled at its mark.
    WindDown = 2,
    /// It has its settlement price: sizes are gone, what positions won and lost at it stands.
    Settled = 3,
}

impl MarketMode {
    /// From its stored byte; unknown bytes are the most careful mode.
    #[inline]
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Normal,
            1 => Self::ReduceOnly,
            2 => Self::WindDown,
            _ => Self::Settled,
        }
    }

    /// The stored byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::ReduceOnly => 1,
            Self::WindDown => 2,
            Self::Settled => 3,
        }
    }
}

/// All positions of one side of a market, as sums: what the pool owes them is `B·K − C`, whatever their number
/// (rules-perps 1). Values have 32 fraction bits of an atom of the quote token.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct SideBook {
    /// A: lots per unit of base, 52 fraction bits. One without positions; falls when the side is deleveraged.
    pub position_index: u64,
    /// A before the last series of deleverages.
    pub position_index_before: u64,
    /// K: value per unit of base, scaled as A; two's complement, low word first.
    pub pnl_index: [u64; 2],
    /// B: base of all positions, low word first.
    pub base: [u64; 2],
    /// C: offsets of all positions, two's complement, low word first.
    pub offset: [u64; 2],
    /// Fraction of funding this side has yet to pay, in 10⁻¹⁸ of a value per lot.
    pub carry: u64,
    /// First deleverage of the last series, unix seconds. Zero: never.
    pub deleverage_ts: i64,
    /// Lots that pending orders may add to the side.
    pub pending_lots: u64,
    /// Positions, and claims without size.
    pub positions: u32,
    /// Deleverages of the side so far.
    pub shrink_sequence: u32,
}

const _: () = assert!(core::mem::size_of::<SideBook>() == 96);

/// Terms of a market, set by configuration. Ratios have 32 fraction bits.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MarketTerms {
    /// Skew at which premium reaches half of the price and funding its full velocity, in lots. Never zero.
    pub skew_scale: u64,
    /// Largest funding rate either way, 10⁻¹⁸ of the price per second.
    pub funding_limit: u64,
    /// By how much the funding rate changes in a second at full skew, 10⁻¹⁸ per second.
    pub funding_velocity: u64,
    /// Most lots either side may hold.
    pub interest_cap: u64,
    /// Most lots by which the sides may differ.
    pub skew_cap: u64,
    /// Most lots of one account.
    pub account_cap: u64,
    /// Fewest lots of an order that does not close a position.
    pub order_min: u64,
    /// What the keeper of an order gets, atoms of the quote token.
    pub keeper_fee: u64,
    /// Fee of a fill, on its value at the print.
    pub fill_fee: u32,
    /// The market's part of the pool's funds. All markets' together: one at most.
    pub weight: u32,
    /// Seconds between an order and the first print it may fill at.
    pub min_delay: u32,
    /// Seconds after that in which it may still be filled.
    pub order_life: u32,
}

const _: () = assert!(core::mem::size_of::<MarketTerms>() == 80);

/// A perpetual on one underlying, traded against the pool (rules-perps).
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PerpMarket {
    /// Layout version.
    pub version: u8,
    /// Bump of the market's address.
    pub bump: u8,
    /// Unique in the group; positions name the market by it.
    pub index: u16,
    /// Row of the underlying on the board.
    pub feed: u8,
    /// Row of the quote token.
    pub quote_feed: u8,
    /// A [`MarketMode`].
    pub mode: u8,
    /// A lot is 10 to the minus this of the underlying.
    pub lot_decimals: u8,
    /// Decimals of the quote token.
    pub quote_decimals: u8,
    /// Shift of the lot's decimal reciprocal.
    pub lot_shift: u8,
    /// Shift of the quote token's decimal reciprocal.
    pub quote_shift: u8,
    /// How often the market was opened again after it could pay all: claims registered before count for what was left of them then.
    pub generation: u8,
    /// Zero.
    pub padding: [u8; 4],
    /// The group this market belongs to.
    pub group: Pubkey,
    /// The pool it is traded against.
    pub pool: Pubkey,
    /// Name of the market, ASCII, zero-padded.
    pub symbol: [u8; 16],
    /// Changes of the market's books or terms so far.
    pub sequence: u64,
    /// `⌊2^(63 + shift) / 10^lot_decimals⌋`.
    pub lot_reciprocal: u64,
    /// `⌊2^(63 + shift) / 10^quote_decimals⌋`.
    pub quote_reciprocal: u64,
    /// P: the mark, atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Judged price of the underlying at which the books stand, 40 fraction bits.
    pub mid: u64,
    /// Judged price of the quote token at which the books stand.
    pub quote_mid: u64,
    /// Unix seconds to which funding is accrued.
    pub synced_ts: i64,
    /// Funding rate in force, 10⁻¹⁸ of the price per second; positive: longs pay.
    pub funding_rate: i64,
    /// The longs.
    pub long: SideBook,
    /// The shorts.
    pub short: SideBook,
    /// Φ: what the pool owes for the skew it took premium for, atoms.
    pub skew_reserve: u64,
    /// budget_m: what the pool stands for in this market, atoms.
    pub budget: i64,
    /// E_m: budget less what the pool owes both sides and the skew reserve, atoms.
    pub equity: i64,
    /// h_m: the part of unrealised profit that is backed, 32 fraction bits.
    pub backing: u64,
    /// spent_m: what the pool paid the market on day `spent_day`, less what it received; and of earlier days what open claims
    /// answer. Atoms.
    pub spent: i64,
    /// Day of `spent`: unix seconds / 86,400.
    pub spent_day: i64,
    /// Until then no order may add risk.
    pub paused_until: i64,
    /// Terms.
    pub terms: MarketTerms,
    /// In wind-down, from when the market can be settled; then, when it was. Unix seconds.
    pub settlement_ts: i64,
    /// Once settled, what the pool still stands for, atoms: what is paid comes off it, what is received adds to it. Below zero while winners were
    /// paid before losers paid.
    pub stake: i64,
    /// Z: claims registered and not yet paid in full, atoms as they were at that time.
    pub registered: u64,
    /// Paid of them, atoms.
    pub registered_paid: u64,
    /// h: the part of each claim that is paid, 32 fraction bits. One, if the market could pay all; zero until it is known.
    pub payout: u64,
    /// Of the stake, what went back to the pool since no claim needed it, atoms. It comes back if one does.
    pub returned: u64,
    /// A of longs and shorts when the market was settled.
    pub end_indices: [u64; 2],
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 272],
}

account!(PerpMarket, version 1, 832 bytes, [10, 223, 12, 44, 107, 245, 55, 247]);
offsets!(PerpMarket: group = 16, pool = 48, sequence = 96, mark = 120, funding_rate = 152, long = 160, short = 256, skew_reserve = 352, terms = 408, settlement_ts = 488, returned = 528, end_indices = 536, reserved = 552);

impl PerpMarket {
    /// Day number of a time.
    #[inline]
    #[must_use]
    pub const fn day(ts: i64) -> i64 {
        // Unsigned where it can be: the runtime has no signed division.
        if ts >= 0 {
            ts.cast_unsigned().wrapping_div(86_400).cast_signed()
        } else {
            ts.div_euclid(86_400)
        }
    }

    /// True once the market has its settlement price.
    #[inline]
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(MarketMode::from_byte(self.mode), MarketMode::Settled)
    }

    /// The book of a side.
    #[inline]
    #[must_use]
    pub const fn book(&self, side: PerpSide) -> &SideBook {
        match side {
            PerpSide::Long => &self.long,
            PerpSide::Short => &self.short,
        }
    }

    /// A of a side when the market was settled.
    #[inline]
    #[must_use]
    pub const fn end_index(&self, side: PerpSide) -> u64 {
        let [long, short] = self.end_indices;
        match side {
            PerpSide::Long => long,
            PerpSide::Short => short,
        }
    }

    /// The book of a side, to be changed.
    #[inline]
    pub const fn book_mut(&mut self, side: PerpSide) -> &mut SideBook {
        match side {
            PerpSide::Long => &mut self.long,
            PerpSide::Short => &mut self.short,
        }
    }
}
