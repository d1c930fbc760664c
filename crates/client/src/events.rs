//! Events: ordinary ones from the log, receipts from the calls the program makes to itself.

use anchor_lang::prelude::borsh::BorshDeserialize;
use anchor_lang::{Discriminator, Event as AnchorEvent};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;

pub use crate::ballast::events::*;

/// First eight bytes of a call that carries an event.
pub const EVENT_CALL_TAG: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

macro_rules! events {
    ($($name:ident),+ $(,)?) => {
        /// An event of the program.
        #[allow(missing_docs, reason = "named after the events, which the IDL documents")]
        #[derive(Clone)]
        #[allow(missing_debug_implementations, reason = "the generated events have none")]
        pub enum Event {
            $($name($name),)+
        }

        impl Event {
            /// The event in discriminator and body.
            #[must_use]
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let (tag, body) = bytes.split_first_chunk::<8>()?;
                $(if tag == $name::DISCRIMINATOR {
                    return $name::try_from_slice(body).ok().map(Self::$name);
                })+
                None
            }

            /// The event's name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }
        }

        /// Names of all.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        // Every name above is an event.
        const _: fn() = || {
            fn is_event<T: AnchorEvent>() {}
            $(is_event::<$name>();)+
        };
    };
}
events!(
    AccountMigrated,
    AdminAccepted,
    AdminProposed,
    BankConfigured,
    BankruptcyResolved,
    Borrowed,
    ChangeCancelled,
    ChangeExecuted,
    ChangeProposed,
    ClaimAbandoned,
    ClaimRegistered,
    DelegateSet,
    Deleveraged,
    Deposited,
    EpochClosed,
    EpochStruck,
    FeesCollected,
    FlashLoanBegun,
    FlashLoanEnded,
    GroupConfigured,
    HedgeLiquidated,
    InsuranceDeposited,
    Liquidated,
    LiquidationBegun,
    LiquidityClaimed,
    LiquidityProviderClosed,
    LiquidityProviderOpened,
    LiquidityRequested,
    MarginAccountClosed,
    MarginAccountOpened,
    MarginAccountTransferred,
    Marked,
    MarketConfigured,
    MarketDeleveraged,
    MarketSettled,
    MarketSynced,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    OrdersClosed,
    OrdersOpened,
    PayoutUpdated,
    PerpLiquidated,
    PnlSettled,
    PolicySet,
    PoolConfigured,
    PriceFeedConfigured,
    PriceRefreshed,
    Repaid,
    RiskClassConfigured,
    RiskPaused,
    Seized,
    TimelockConfigured,
    Withdrawn,
);

/// The event in a log line, if it is one.
#[must_use]
pub fn from_log(line: &str) -> Option<Event> {
    let encoded = line.strip_prefix("Program data: ")?;
    Event::from_bytes(&STANDARD.decode(encoded).ok()?)
}

/// The event in the data of an inner instruction to the program, if it is one.
#[must_use]
pub fn from_call(data: &[u8]) -> Option<Event> {
    Event::from_bytes(data.strip_prefix(&EVENT_CALL_TAG)?)
}

#[cfg(test)]
mod tests {
    use super::NAMES;

    #[test]
    fn knows_every_event_of_the_idl() {
        let idl = include_str!("../../../idl/ballast.json");
        let (_, events) = idl.split_once("\"events\": [").expect("events");
        let (events, _) = events.split_once("\n  ],").expect("the end of the list");
        let mut named: Vec<&str> =
            events.split("\"name\": \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        named.sort_unstable();
        assert_eq!(named, NAMES);
    }
}
