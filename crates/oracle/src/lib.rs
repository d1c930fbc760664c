//! Price accounts of Pyth and Switchboard, parsed into [`PriceObservation`]s.
//!
//! **Adapters parse, never judge.** An adapter answers "what does this account say?" and refuses what says
//! nothing trustworthy by the provider's own rules: a foreign owner, another kind of account, another feed, an
//! update not fully verified, an aggregate that is not trading. Whether a price is fresh, narrow or plausible enough
//! is decided in `ballast_risk::price`.
//!
//! # Bytes, not SDKs
//!
//! Every format is read at fixed offsets from the raw account: no allocation, no unsafe code, no panic on any bytes,
//! the same on host, chain and browser. [`parse`] sits on the hot path of `refresh_price_feed`. Measured on the compiled
//! ELF (`opt-level = "s"`, owner and feed id checked), in compute units: Pyth pull 117, legacy Pyth 145, Switchboard
//! On-Demand 342 with 3 submissions and 976 with all 32, Switchboard V2 184, or 855 if the deviation has to be rescaled.
//! The providers' own decoders take 1,100 to 2,200.
//!
//! Those crates sit behind features of their names, all off by default, where they are used for what they are good
//! for: their constants and layouts are compared with ours at compile time, and their decoders are the yardstick in
//! this crate's tests.
//!
//! # Identity
//!
//! The owner program decides who wrote the bytes; the list of accepted owners is the caller's ([`parse_owned_by`]),
//! because providers move. What an account is *about* differs by provider:
//!
//! | Provider | What the caller pins |
//! |---|---|
//! | Pyth pull | the feed id. Anybody can create such an account for any feed, so the address says nothing and a caller that moves money MUST pass the feed id |
//! | Switchboard On-Demand, Switchboard V2 | the account's address; a feed id, if given, pins the hash of the feed's jobs as well, which the feed's authority could otherwise change |
//! | legacy Pyth | the account's address; a feed id, if given, pins the product account |

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

#[cfg(feature = "fixtures")]
extern crate alloc;

mod bytes;
mod error;
pub mod fixed;
#[cfg(feature = "fixtures")]
pub mod fixtures;
mod kind;
pub mod programs;
mod provider;
pub mod pyth_legacy;
pub mod pyth_pull;
mod sdk;
pub mod switchboard_on_demand;
pub mod switchboard_v2;

pub use ballast_risk::price::PriceObservation;
pub use error::OracleError;
pub use kind::{detect, identify, AccountKind};
pub use provider::Provider;

/// A 32-byte address or identifier.
pub type Key = [u8; 32];

/// Parses a price account owned by one of the provider's mainnet programs.
///
/// See [`parse_owned_by`]; the accepted owners are [`Provider::default_owners`], which leave out devnet, testnet and
/// other people's deployments.
///
/// ```
/// use ballast_oracle::{parse, OracleError, Provider};
///
/// let wallet = [0; 32]; // an account of the system program
/// assert_eq!(parse(Provider::PythPull, &wallet, b"no price", None), Err(OracleError::WrongOwner));
/// ```
///
/// # Errors
///
/// As [`parse_owned_by`].
pub fn parse(
    provider: Provider,
    owner: &Key,
    data: &[u8],
    feed_id: Option<&Key>,
) -> Result<PriceObservation, OracleError> {
    parse_owned_by(provider, provider.default_owners(), owner, data, feed_id)
}

/// Parses a price account owned by one of `owners`.
///
/// 1. The owner is on the list: nothing in a foreign account's bytes can be believed.
/// 2. The bytes are that provider's price account, long enough and of a known version.
/// 3. The account is about `feed_id`, if one is given (the [crate documentation](crate) says what that is for each
///    provider, and when it is needed).
/// 4. The provider itself stands behind the value: fully verified, trading, enough responses.
///
/// # Errors
///
/// [`OracleError::WrongOwner`] first, then what the adapter of the provider says;
/// [`OracleError::NoAccount`] for [`Provider::Fixed`], whose price is configuration ([`fixed`]).
pub fn parse_owned_by(
    provider: Provider,
    owners: &[Key],
    owner: &Key,
    data: &[u8],
    feed_id: Option<&Key>,
) -> Result<PriceObservation, OracleError> {
    if provider == Provider::Fixed {
        return Err(OracleError::NoAccount);
    }
    if !owners.contains(owner) {
        return Err(OracleError::WrongOwner);
    }
    match provider {
        Provider::PythPull => pyth_pull::parse(data, feed_id),
        Provider::SwitchboardOnDemand => switchboard_on_demand::parse(data, feed_id),
        Provider::PythLegacy => pyth_legacy::parse(data, feed_id),
        Provider::SwitchboardV2 => switchboard_v2::parse(data, feed_id),
        Provider::Fixed => Err(OracleError::NoAccount),
    }
}

/// What the account says it is about: the identifier that `feed_id` is compared with.
///
/// # Errors
///
/// [`OracleError::Truncated`], [`OracleError::WrongAccountType`] or what else keeps the field from being found;
/// [`OracleError::NoAccount`] for [`Provider::Fixed`].
pub fn feed_id(provider: Provider, data: &[u8]) -> Result<Key, OracleError> {
    match provider {
        Provider::PythPull => pyth_pull::feed_id(data),
        Provider::SwitchboardOnDemand => switchboard_on_demand::feed_hash(data),
        Provider::PythLegacy => pyth_legacy::product(data),
        Provider::SwitchboardV2 => switchboard_v2::jobs_checksum(data),
        Provider::Fixed => Err(OracleError::NoAccount),
    }
}

/// `Ok` if the account is about what the caller expects, or the caller expects nothing in particular.
fn check_feed_id(expected: Option<&Key>, actual: &Key) -> Result<(), OracleError> {
    match expected {
        Some(expected) if expected != actual => Err(OracleError::WrongFeedId),
        _ => Ok(()),
    }
}
