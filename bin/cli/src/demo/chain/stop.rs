//! Why a run ends early.

use std::fmt;

use ballast_migrate::MigrateError;
use ballast_risk::invariant::Violation;
use ballast_risk::RiskError;
use solana_pubkey::Pubkey;

use crate::utc;

/// Why a run ends early.
#[derive(Debug)]
pub(in crate::demo) enum Stop {
    /// An invariant does not hold.
    Broken {
        /// Which.
        violation: Violation,
        /// After which instruction.
        after: &'static str,
        /// When, unix seconds.
        at: i64,
    },
    /// The chain did something else than the engine on the host.
    Differs {
        /// In which instruction.
        after: &'static str,
        /// When, unix seconds.
        at: i64,
    },
    /// The deleverage of a market took equity from somebody.
    Taken {
        /// The margin account.
        account: Pubkey,
        /// When, unix seconds.
        at: i64,
    },
    /// The engine refused what it must not refuse.
    Engine(RiskError),
    /// An instruction of the set-up failed.
    SetUp(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { violation, after, at } => {
                let when = utc::human(*at).unwrap_or_default();
                write!(f, "INV-{:02} broken after {after} at {when}: {}", violation.number, violation.rule)
            }
            Self::Differs { after, at } => {
                let when = utc::human(*at).unwrap_or_default();
                write!(f, "the program's {after} at {when} differs from the engine on the host")
            }
            Self::Taken { account, at } => {
                let when = utc::human(*at).unwrap_or_default();
                write!(f, "the deleverage of a market at {when} took equity from {account}")
            }
            Self::Engine(error) => write!(f, "the engine stopped: {error}"),
            Self::SetUp(error) => f.write_str(error),
        }
    }
}

impl From<RiskError> for Stop {
    fn from(error: RiskError) -> Self {
        Self::Engine(error)
    }
}

impl From<MigrateError> for Stop {
    fn from(error: MigrateError) -> Self {
        Self::SetUp(error.to_string())
    }
}
