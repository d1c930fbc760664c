//! Programs that own price accounts, or are mistaken for those that do.

use five8_const::decode_32_const as key;

use crate::{Key, Provider};

/// Pyth's receiver, which writes `PriceUpdateV2` accounts (also those of the push oracle). One id on all clusters.
pub const PYTH_RECEIVER: Key = key("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// The receiver that Pyth's SDK selects by its feature `pro-compatible`. Not accepted by default.
pub const PYTH_RECEIVER_PRO: Key = key("rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp");
/// Pyth's first oracle program, mainnet.
pub const PYTH_ORACLE: Key = key("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// Pyth's first oracle program, devnet.
pub const PYTH_ORACLE_DEVNET: Key = key("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s");
/// Pyth's first oracle program, testnet.
pub const PYTH_ORACLE_TESTNET: Key = key("8tfDNiaEyrV6Q1U4DEXrEigs9DoDtkugzFbybENEbCDz");
/// Pyth Lazer (Pyth Pro): signed messages, no price accounts.
pub const PYTH_LAZER: Key = key("pytd2yyk641x7ak7mkaasSJVXh6YYZnC7wTmtgAyxPt");
/// Switchboard On-Demand, mainnet.
pub const SWITCHBOARD_ON_DEMAND: Key = key("SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv");
/// Switchboard On-Demand, devnet.
pub const SWITCHBOARD_ON_DEMAND_DEVNET: Key = key("Aio4gaXjXzJNVLtzwtNVmSqGKpANtXhybbkhtAC94ji2");
/// Switchboard On-Demand's quotes: signed prices inside a transaction, no feeds.
pub const SWITCHBOARD_QUOTE: Key = key("orac1eFjzWL5R3RbbdMV68K9H6TaCVVcL6LjvQQWAbz");
/// Switchboard V2, mainnet. Devnet came to use the same id, so the owner does not tell a devnet aggregator from a
/// mainnet one: its address must.
pub const SWITCHBOARD_V2: Key = key("SW1TCH7qEPTdLsDHRgPuMQjbQxKdH2aBStViMFnt64f");
/// Switchboard V2, the id that only devnet had.
pub const SWITCHBOARD_V2_DEVNET: Key = key("2TfB33aLaneQb5TNVwyDz3jSZXS6jdW2ARw1Dgf84XCG");
/// Switchboard's first version: another format.
pub const SWITCHBOARD_V1: Key = key("DtmE9D2CSB4L5D6A15mraeEjrGMm6auWVzgaD8hK2tZM");
/// Switchboard V2's attestation program: no price accounts.
pub const SWITCHBOARD_ATTESTATION: Key = key("sbattyXrzedoNATfc4L31wC9Mhxsi1BmFhTiN8gDshx");
/// Drift's own deployment of Pyth's receiver. It writes `PriceUpdateV2` accounts, mostly verified in part only.
pub const DRIFT_RECEIVER: Key = key("G6EoTTTgpkNBtVXo96EQp2m6uwwVh2Kt6YidjkmQqoha");
/// Drift.
pub const DRIFT: Key = key("dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH");
/// Kamino's price aggregator.
pub const SCOPE: Key = key("HFn8GnPADiny6XqUoWE8uRPPxb29ikn4yTuPa9MF2fWJ");
/// Chainlink's store of aggregated rounds.
pub const CHAINLINK_STORE: Key = key("HEvSKofvBgfaexv23kMabbYqxasxU3mQ4ibBMEmJWHny");
/// The system program: the account is a wallet, or was never created.
pub const SYSTEM: Key = [0; 32];

/// A program worth naming in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownProgram {
    /// Its address.
    pub id: Key,
    /// Its name, with the cluster or deployment where that is the point.
    pub name: &'static str,
    /// The provider whose accounts it writes, whether or not it is accepted by default.
    pub provider: Option<Provider>,
}

/// Every program that this crate can name.
pub const KNOWN: [KnownProgram; 18] = [
    known(PYTH_RECEIVER, "Pyth receiver", Some(Provider::PythPull)),
    known(PYTH_RECEIVER_PRO, "Pyth receiver (Pro-compatible)", Some(Provider::PythPull)),
    known(PYTH_ORACLE, "Pyth oracle", Some(Provider::PythLegacy)),
    known(PYTH_ORACLE_DEVNET, "Pyth oracle (devnet)", Some(Provider::PythLegacy)),
    known(PYTH_ORACLE_TESTNET, "Pyth oracle (testnet)", Some(Provider::PythLegacy)),
    known(PYTH_LAZER, "Pyth Lazer", None),
    known(SWITCHBOARD_ON_DEMAND, "Switchboard On-Demand", Some(Provider::SwitchboardOnDemand)),
    known(SWITCHBOARD_ON_DEMAND_DEVNET, "Switchboard On-Demand (devnet)", Some(Provider::SwitchboardOnDemand)),
    known(SWITCHBOARD_QUOTE, "Switchboard quotes", None),
    known(SWITCHBOARD_V2, "Switchboard V2", Some(Provider::SwitchboardV2)),
    known(SWITCHBOARD_V2_DEVNET, "Switchboard V2 (devnet)", Some(Provider::SwitchboardV2)),
    known(SWITCHBOARD_V1, "Switchboard V1", None),
    known(SWITCHBOARD_ATTESTATION, "Switchboard attestation", None),
    known(DRIFT_RECEIVER, "Drift's fork of the Pyth receiver", Some(Provider::PythPull)),
    known(DRIFT, "Drift", None),
    known(SCOPE, "Scope (Kamino)", None),
    known(CHAINLINK_STORE, "Chainlink store", None),
    known(SYSTEM, "system program", None),
];

const fn known(id: Key, name: &'static str, provider: Option<Provider>) -> KnownProgram {
    KnownProgram { id, name, provider }
}

/// The known program at `id`.
pub fn find(id: &Key) -> Option<&'static KnownProgram> {
    KNOWN.iter().find(|program| program.id == *id)
}
