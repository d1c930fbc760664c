//! Who publishes a price, and the numbers under which accounts store that.

use core::fmt;

use crate::{programs, Key};

/// A source of prices. The numbers are stored in accounts and never change; 0 means "none" there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Pyth's pull oracle: `PriceUpdateV2` accounts of the receiver program.
    PythPull,
    /// Switchboard On-Demand: `PullFeedAccountData`.
    SwitchboardOnDemand,
    /// Pyth's first oracle program: price accounts that the publishers wrote on Solana itself.
    PythLegacy,
    /// Switchboard V2: `AggregatorAccountData`.
    SwitchboardV2,
    /// A price that the configuration states: for tests, and for stablecoins under the listing rules.
    Fixed,
}

impl Provider {
    /// Every provider, in the order of their numbers.
    pub const ALL: [Self; 5] =
        [Self::PythPull, Self::SwitchboardOnDemand, Self::PythLegacy, Self::SwitchboardV2, Self::Fixed];

    /// The provider stored as `number`; `None` for 0 and for numbers not given out.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::PythPull),
            2 => Some(Self::SwitchboardOnDemand),
            3 => Some(Self::PythLegacy),
            4 => Some(Self::SwitchboardV2),
            5 => Some(Self::Fixed),
            _ => None,
        }
    }

    /// The number under which accounts store this provider.
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::PythPull => 1,
            Self::SwitchboardOnDemand => 2,
            Self::PythLegacy => 3,
            Self::SwitchboardV2 => 4,
            Self::Fixed => 5,
        }
    }

    /// The provider's name in machine-readable output.
    pub const fn id(self) -> &'static str {
        match self {
            Self::PythPull => "pyth-pull",
            Self::SwitchboardOnDemand => "switchboard-on-demand",
            Self::PythLegacy => "pyth-legacy",
            Self::SwitchboardV2 => "switchboard-v2",
            Self::Fixed => "fixed",
        }
    }

    /// The programs that write this provider's accounts on mainnet. Empty for [`Provider::Fixed`].
    pub const fn default_owners(self) -> &'static [Key] {
        match self {
            Self::PythPull => &[programs::PYTH_RECEIVER],
            Self::SwitchboardOnDemand => &[programs::SWITCHBOARD_ON_DEMAND],
            Self::PythLegacy => &[programs::PYTH_ORACLE],
            Self::SwitchboardV2 => &[programs::SWITCHBOARD_V2],
            Self::Fixed => &[],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::PythPull => "Pyth pull",
            Self::SwitchboardOnDemand => "Switchboard On-Demand",
            Self::PythLegacy => "Pyth legacy",
            Self::SwitchboardV2 => "Switchboard V2",
            Self::Fixed => "fixed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_round_trip() {
        let numbers: Vec<u8> = Provider::ALL.iter().map(|provider| provider.to_u8()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        for number in 0..=u8::MAX {
            let provider = Provider::from_u8(number);
            assert_eq!(provider.is_some(), (1..=5).contains(&number));
            assert_eq!(provider.map_or(number, Provider::to_u8), number);
        }
    }

    #[test]
    fn every_account_provider_has_one_owner_of_its_own() {
        let owners: Vec<&Key> = Provider::ALL.iter().flat_map(|provider| provider.default_owners()).collect();
        assert_eq!(owners.len(), 4);
        for (index, owner) in owners.iter().enumerate() {
            assert!(!owners[index + 1..].contains(owner));
        }
        assert!(Provider::Fixed.default_owners().is_empty());
    }
}
