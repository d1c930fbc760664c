//! Events: what happened, with the state after it. Past tense, a common header, amounts in atoms, prices with 40 fraction
//! bits, values in USD with 20, ratios with 32.
//!
//! The board's sequence number names all prices and rates at once: every change of the board is an event with its number.

use anchor_lang::prelude::*;
use ballast_risk::health::Health;
use ballast_risk::lending::Moved;
use ballast_risk::Now;
use ballast_state::{Bank, Group, LiquidityPool, LiquidityProvider, MarginAccount, PerpMarket, PriceFeed};

use crate::error::Result;

mod account;
mod governance;
mod lending;
mod liquidity;
mod order;
mod perp;
mod price;
mod takeover;

pub use account::*;
pub use governance::*;
pub use lending::*;
pub use liquidity::*;
pub use order::*;
pub use perp::*;
pub use price::*;
pub use takeover::*;

/// Where and when.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct EventHeader {
    /// The group.
    pub group: Pubkey,
    /// The margin account, bank or feed that changed.
    pub account: Pubkey,
    /// Slot.
    pub slot: u64,
    /// Sequence number of the changed account after the change.
    pub sequence: u64,
}

impl EventHeader {
    pub(crate) fn of_account(key: Pubkey, account: &MarginAccount, now: Now) -> Self {
        Self { group: account.group, account: key, slot: now.slot, sequence: account.sequence }
    }

    pub(crate) fn of_bank(key: Pubkey, bank: &Bank, now: Now) -> Self {
        Self { group: bank.group, account: key, slot: now.slot, sequence: bank.sequence }
    }

    pub(crate) fn of_pool(key: Pubkey, pool: &LiquidityPool, now: Now) -> Self {
        Self { group: pool.group, account: key, slot: now.slot, sequence: pool.sequence }
    }

    pub(crate) fn of_provider(key: Pubkey, pool: &LiquidityPool, provider: &LiquidityProvider, now: Now) -> Self {
        Self { group: pool.group, account: key, slot: now.slot, sequence: provider.sequence }
    }

    pub(crate) fn of_market(key: Pubkey, market: &PerpMarket, now: Now) -> Self {
        Self { group: market.group, account: key, slot: now.slot, sequence: market.sequence }
    }

    pub(crate) fn of_feed(key: Pubkey, feed: &PriceFeed, now: Now) -> Self {
        Self { group: feed.group, account: key, slot: now.slot, sequence: feed.sequence }
    }

    /// A change of the group itself; its own clock reading, since administration has no use for it.
    pub(crate) fn of_group(key: Pubkey, group: &Group) -> Result<Self> {
        Ok(Self { group: key, account: key, slot: Clock::get()?.slot, sequence: group.sequence })
    }
}

/// Assets, liabilities and requirement at one level.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default)]
pub struct HealthPoint {
    /// Assets, USD with 20 fraction bits.
    pub assets: u64,
    /// Liabilities.
    pub liabilities: u64,
    /// Requirement.
    pub requirement: u64,
}

impl From<&Health> for HealthPoint {
    fn from(health: &Health) -> Self {
        Self { assets: health.assets.0, liabilities: health.liabilities.0, requirement: health.requirement.0 }
    }
}

/// A movement between a user's tokens and a bank.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct Movement {
    /// The bank's index.
    pub bank: u16,
    /// Tokens moved.
    pub atoms: u64,
    /// Shares minted or burnt.
    pub shares: u64,
}

impl Movement {
    pub(crate) fn of(bank: &Bank, moved: Moved) -> Self {
        Self { bank: bank.index, atoms: moved.atoms, shares: moved.shares }
    }
}
