//! What an account is, by its first bytes and its owner: for people, not for the program.

use core::fmt;

use crate::{bytes::array, programs, pyth_legacy, pyth_pull, switchboard_on_demand, switchboard_v2, Key, Provider};

/// What an account is, as far as its first bytes tell.
///
/// [`AccountKind::Price`] says nothing about whether the account can be parsed, let alone trusted.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A price account of the provider's format.
    Price(Provider),
    /// Pyth legacy: what a price is about.
    PythProduct,
    /// Pyth legacy: the list of products.
    PythMapping,
    /// Pyth legacy: another type of account.
    PythOther {
        /// Its type number.
        account_type: u32,
    },
    /// Pyth pull: a time-weighted average, which is no current price.
    PythTwapUpdate,
    /// Pyth Lazer: the list of trusted signers.
    PythLazerStorage,
    /// Switchboard: an oracle's own account.
    SwitchboardOracle,
    /// Switchboard: a queue of oracles.
    SwitchboardQueue,
    /// Switchboard: what one oracle has earned.
    SwitchboardOracleStats,
    /// Switchboard: a random number.
    SwitchboardRandomness,
    /// Switchboard V2: a job definition.
    SwitchboardJob,
    /// Switchboard V2: a crank.
    SwitchboardCrank,
    /// Switchboard V2: the funds of an aggregator.
    SwitchboardLease,
    /// Switchboard V2: the responses of a sliding window.
    SwitchboardSlidingWindow,
    /// Drift: a price that Drift makes itself, before a token trades elsewhere.
    DriftPrelaunchOracle,
    /// Drift: a price copied from Pyth Lazer.
    DriftLazerOracle,
    /// Scope: prices from many sources, copied.
    ScopePrices,
    /// No bytes at all.
    Empty,
    /// Nothing that this crate knows.
    Unknown,
}

/// Anchor discriminators of accounts that are not prices but turn up where prices are expected.
const OTHERS: [([u8; 8], AccountKind); 14] = [
    ([0x68, 0xc0, 0xbc, 0x48, 0xf6, 0xa6, 0x0c, 0x51], AccountKind::PythTwapUpdate),
    ([0xd1, 0x75, 0xff, 0xb9, 0xc4, 0xaf, 0x44, 0x09], AccountKind::PythLazerStorage),
    ([0x80, 0x1e, 0x10, 0xf1, 0xaa, 0x49, 0x37, 0x36], AccountKind::SwitchboardOracle),
    ([0xd9, 0xc2, 0x37, 0x7f, 0xb8, 0x53, 0x8a, 0x01], AccountKind::SwitchboardQueue),
    ([0xa4, 0xcf, 0xc8, 0x33, 0xc7, 0x71, 0x23, 0x6d], AccountKind::SwitchboardQueue),
    ([0xb4, 0x9d, 0xb2, 0xea, 0xf0, 0x1b, 0x98, 0xb3], AccountKind::SwitchboardOracleStats),
    ([0x0a, 0x42, 0xe5, 0x87, 0xdc, 0xef, 0xd9, 0x72], AccountKind::SwitchboardRandomness),
    ([0x7c, 0x45, 0x65, 0xc3, 0xe5, 0xda, 0x90, 0x3f], AccountKind::SwitchboardJob),
    ([0x6f, 0x51, 0x92, 0x49, 0xac, 0xb4, 0x86, 0xd1], AccountKind::SwitchboardCrank),
    ([0x37, 0xfe, 0xd0, 0xfb, 0xa4, 0x2c, 0x96, 0x32], AccountKind::SwitchboardLease),
    ([0x5b, 0x04, 0x53, 0xbb, 0x66, 0xd8, 0x99, 0xfe], AccountKind::SwitchboardSlidingWindow),
    ([0x5c, 0x0e, 0x8b, 0xea, 0x48, 0xf4, 0x44, 0x1a], AccountKind::DriftPrelaunchOracle),
    ([0x9f, 0x07, 0xa1, 0xf9, 0x22, 0x51, 0x79, 0x85], AccountKind::DriftLazerOracle),
    ([0x59, 0x80, 0x76, 0xdd, 0x06, 0x48, 0xb4, 0x92], AccountKind::ScopePrices),
];

/// What the account is by its first bytes, whoever owns it.
pub fn identify(data: &[u8]) -> AccountKind {
    if data.is_empty() {
        return AccountKind::Empty;
    }
    if let Some(account_type) = pyth_legacy::account_type(data) {
        return match account_type {
            pyth_legacy::TYPE_PRICE => AccountKind::Price(Provider::PythLegacy),
            pyth_legacy::TYPE_PRODUCT => AccountKind::PythProduct,
            pyth_legacy::TYPE_MAPPING => AccountKind::PythMapping,
            account_type => AccountKind::PythOther { account_type },
        };
    }
    match array::<8>(data, 0) {
        Ok(pyth_pull::DISCRIMINATOR) => AccountKind::Price(Provider::PythPull),
        Ok(switchboard_on_demand::DISCRIMINATOR) => AccountKind::Price(Provider::SwitchboardOnDemand),
        Ok(switchboard_v2::DISCRIMINATOR) => AccountKind::Price(Provider::SwitchboardV2),
        Ok(discriminator) => {
            OTHERS.iter().find(|(other, _)| *other == discriminator).map_or(AccountKind::Unknown, |(_, kind)| *kind)
        }
        Err(_) => AccountKind::Unknown,
    }
}

/// The provider under which an account is best parsed: the one whose format it has, else the one whose program owns
/// it, so that a damaged or wrong account of a known program is refused for what is wrong with it.
pub fn detect(owner: &Key, data: &[u8]) -> Option<Provider> {
    match identify(data) {
        AccountKind::Price(provider) => Some(provider),
        _ => programs::find(owner).and_then(|program| program.provider),
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(provider) => write!(f, "{provider} price"),
            Self::PythProduct => f.write_str("Pyth product account"),
            Self::PythMapping => f.write_str("Pyth mapping account"),
            Self::PythOther { account_type } => write!(f, "Pyth account of type {account_type}"),
            Self::PythTwapUpdate => f.write_str("Pyth TWAP update"),
            Self::PythLazerStorage => f.write_str("Pyth Lazer storage"),
            Self::SwitchboardOracle => f.write_str("Switchboard oracle account"),
            Self::SwitchboardQueue => f.write_str("Switchboard queue"),
            Self::SwitchboardOracleStats => f.write_str("Switchboard oracle statistics"),
            Self::SwitchboardRandomness => f.write_str("Switchboard randomness account"),
            Self::SwitchboardJob => f.write_str("Switchboard job"),
            Self::SwitchboardCrank => f.write_str("Switchboard crank"),
            Self::SwitchboardLease => f.write_str("Switchboard lease"),
            Self::SwitchboardSlidingWindow => f.write_str("Switchboard sliding window"),
            Self::DriftPrelaunchOracle => f.write_str("Drift prelaunch oracle"),
            Self::DriftLazerOracle => f.write_str("Drift's copy of a Pyth Lazer price"),
            Self::ScopePrices => f.write_str("Scope prices"),
            Self::Empty => f.write_str("empty account"),
            Self::Unknown => f.write_str("unknown account"),
        }
    }
}
