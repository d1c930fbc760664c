//! The accounts of Ballast, byte for byte.
//!
//! The structs *are* the account data after the eight-byte discriminator: the program, the engine, clients and the browser
//! work on them directly and nothing mirrors them. No bare 128-bit integer appears in a layout (its alignment differs
//! between targets); sizes and offsets are asserted at compile time on every target. Each account carries a version and
//! reserved bytes, which are zero until a version gives them a meaning.
#![cfg_attr(not(feature = "anchor"), no_std)]
#![forbid(unsafe_code)]
#![deny(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)]
#![cfg_attr(feature = "anchor", allow(unexpected_cfgs, clippy::indexing_slicing, reason = "Anchor's derive macros"))]

mod bank;
mod board;
mod change;
mod feed;
mod group;
pub mod id;
mod layout;
mod liquidity;
mod margin_account;
pub mod migrate;
mod mint;
mod orders;
mod perp_market;
mod pool;
pub mod seeds;

pub use bank::{Bank, BankMode, CurvePoint, OutflowWindow, CURVE_POINTS};
pub use board::{PriceState, RiskBoard, RiskRow, RiskRules, CLASSES, NO_CLASS, ROWS};
pub use bytemuck::Zeroable;
pub use change::{PendingChange, CHANGE_ACCOUNTS, CHANGE_BYTES};
pub use feed::{
    ClockLag, JudgeRules, OracleSource, PendingPrint, PriceFeed, RateSettings, SideRates, SourcePrint, VolatilityState,
    FIXED_PRICE_EXPONENT, SOURCES,
};
pub use group::Group;
#[cfg(feature = "anchor")]
pub use id::ID;
pub use layout::{Account, LayoutError, DISCRIMINATOR_BYTES};
pub use liquidity::{Epoch, LiquidityProvider};
pub use margin_account::{
    rights, Balance, BalanceSide, BonusLock, DeleveragePolicy, MarginAccount, OpenLiquidation, PerpPosition,
    ReleaseRail, BALANCES, MARKETS, PERPS,
};
pub use mint::{Mint, TransferFee};
pub use orders::{Order, Orders, ORDERS};
pub use perp_market::{MarketMode, MarketTerms, PerpMarket, PerpSide, SideBook};
pub use pool::LiquidityPool;
pub use solana_address::Address as Pubkey;
