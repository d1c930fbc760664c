//! An embedded SVM with the compiled program, and builders for whole markets: what tests and the demonstration share.
//!
//! Everything here goes through public instructions of the ELF; the builders decide nothing.

mod actions;
mod check;
mod forwarder;
mod markets;
mod orders;
mod perps;
mod roles;
mod staged;
mod stories;
mod svm;
mod token_2022;
mod tokens;
mod world;

pub use actions::{plain, PLAIN, PLAIN_DOLLAR};
pub use ballast_client::events::Event;
pub use check::{assert_fails, assert_same};
pub use forwarder::{forward, FORWARDER};
pub use markets::{demo, listing, Underlying};
pub use orders::order;
pub use perps::{symbol, LOT_DECIMALS};
pub use roles::{Roles, DELAY, EXPIRY};
pub use staged::Stages;
pub use stories::{aged, indebted, lent, unhealthy};
pub use svm::{code, error_name, Failed, Sent, Svm, ELF};
pub use token_2022::TOKEN_2022;
pub use world::{Market, MarketSpec, Trader, World, START_TS};
