//! The pool that perps are traded against, its providers and its epochs.

use anchor_lang::prelude::*;
use ballast_state::Epoch;

use super::EventHeader;

/// The pool of liquidity was created or configured.
#[event]
pub struct PoolConfigured {
    /// Where and when.
    pub header: EventHeader,
}

/// An account of liquidity was opened.
#[event]
pub struct LiquidityProviderOpened {
    /// Where and when.
    pub header: EventHeader,
    /// Whose liquidity it will be.
    pub owner: Pubkey,
}

/// A provider asked to enter or to leave.
#[event]
pub struct LiquidityRequested {
    /// Where and when: of the margin account whose deposit enters, or of the provider that leaves.
    pub header: EventHeader,
    /// The provider.
    pub provider: Pubkey,
    /// Number of the epoch it will be struck in.
    pub epoch: u64,
    /// Deposit shares that ask to enter.
    pub entering: u64,
    /// Liquidity shares that ask to leave.
    pub leaving: u64,
}

/// An epoch got its price.
#[event]
pub struct EpochStruck {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Number of the epoch.
    pub epoch: u64,
    /// Net assets at the ends against the pool, atoms: the price of those who left.
    pub assets_low: i64,
    /// Net assets at the other ends: the price of those who entered.
    pub assets_high: i64,
    /// Liquidity shares before.
    pub supply: u64,
    /// Deposit shares that asked to enter.
    pub entering: u64,
    /// Liquidity shares they became.
    pub minted: u64,
    /// Liquidity shares that asked to leave.
    pub leaving: u64,
    /// Of them, those that left.
    pub burnt: u64,
    /// Deposit shares they became.
    pub paid: u64,
}

impl EpochStruck {
    pub(crate) fn of(header: EventHeader, epoch: &Epoch, board_sequence: u64) -> Self {
        Self {
            header,
            board_sequence,
            epoch: epoch.number,
            assets_low: epoch.assets_low,
            assets_high: epoch.assets_high,
            supply: epoch.supply,
            entering: epoch.entering,
            minted: epoch.minted,
            leaving: epoch.leaving,
            burnt: epoch.burnt,
            paid: epoch.paid,
        }
    }
}

/// A provider got what its requests came to.
#[event]
pub struct LiquidityClaimed {
    /// Where and when; the margin account is one of the owner's.
    pub header: EventHeader,
    /// The provider.
    pub provider: Pubkey,
    /// Number of the struck epoch.
    pub epoch: u64,
    /// Liquidity shares it got.
    pub minted: u64,
    /// Liquidity shares that left.
    pub burnt: u64,
    /// Deposit shares the account got.
    pub deposit_shares: u64,
}

/// An account of liquidity was closed.
#[event]
pub struct LiquidityProviderClosed {
    /// Where and when.
    pub header: EventHeader,
    /// Whose liquidity it was.
    pub owner: Pubkey,
}

/// The account of a struck epoch was closed.
#[event]
pub struct EpochClosed {
    /// Where and when; the account is the pool.
    pub header: EventHeader,
    /// Number of the epoch.
    pub epoch: u64,
}
