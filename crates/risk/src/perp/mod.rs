//! Perpetuals: positions as sums, funding, premium, settlement, and what the pool stands for (rules-perps).
//!
//! A position is `(b, c)` on one side of a market; the side has two indices A and K. Its size is `b·A`, its claim on the pool
//! `b·K − c`, and what the pool owes the whole side `B·K − C`: exact to a fraction of an atom, whatever the number of
//! positions. Nothing here ever walks over accounts.
//!
//! Units: sizes in lots; values in atoms of the quote token with [`VALUE_BITS`] fraction bits; marks in such values per lot.

pub mod book;
mod cash;
pub mod claims;
mod deleverage;
mod equity;
pub(crate) mod exposure;
pub mod funding;
mod hedge;

mod liquidate;
pub mod liquidity;
mod mark;
pub mod order;
pub(crate) mod origin;
mod premium;
pub mod rail;
mod settle;
pub mod settlement;
mod shrink;
pub mod slots;
mod sync;
mod terms;
mod trade;

pub use cash::{charge, most_paid, move_claim, pay, releases};
pub use claims::{abandon, register, Abandoned, Registered};
pub use deleverage::{deleverage, MarketDeleveraged, GRACE};
pub use equity::{backing, budget, funds, refresh_equity, start_day};
pub use exposure::{exposure, require_synced};
pub use hedge::{close_hedge, conclude_hedge, plan_hedge, HedgeClosed, HedgePlan};
pub use liquidate::{close_position, conclude_position, plan_position, PositionClosed, PositionPlan};
pub use mark::{mark_of, MAX_LOT_SHIFT};
pub use origin::parts_of;
pub use premium::skew_reserve;
pub use settle::{payable, settle, settle_account};
pub use settlement::{settle_market, update_payout, MarketSettled, RESOLUTION_SECONDS};
pub use shrink::shrink;
pub use sync::{accrue_funding, move_mark, pay_funding, sync, sync_within_day, Synced};
pub use terms::{
    configure, count_on_feed, is_tighter, list, note_terms, require_floors, tighten, validate_lot, validate_terms,
    wind_down, MAX_MARKETS,
};
pub use trade::{exchange, trade, Fill, Traded};

/// Fraction bits of a value.
pub const VALUE_BITS: u32 = 32;
/// Largest mark: 2²⁰ atoms of the quote token per lot.
pub const MAX_MARK: u64 = 1 << 52;
/// Most lots of one side.
pub const MAX_LOTS: u64 = 1 << 48;
