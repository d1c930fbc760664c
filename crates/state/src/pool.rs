#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// The money all perp markets of a group are traded against. It is a depositor of the quote token's bank: what is not needed
/// is lent out and earns (rules-perps 5 and 7).
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct LiquidityPool {
    /// Layout version.
    pub version: u8,
    /// Bump of the pool's address.
    pub bump: u8,
    /// Index of the quote token's bank.
    pub bank: u16,
    /// Row of the quote token on the board.
    pub feed: u8,
    /// Decimals of the quote token.
    pub decimals: u8,
    /// Markets listed so far.
    pub market_count: u16,
    /// The group this pool belongs to.
    pub group: Pubkey,
    /// Address of the quote token's bank.
    pub bank_address: Pubkey,
    /// Changes of the pool's books so far.
    pub sequence: u64,
    /// F as deposit shares of the bank.
    pub shares: u64,
    /// Liquidity shares of all providers.
    pub supply: u64,
    /// Σ spent of all markets, atoms.
    pub spent: i64,
    /// Σ of the markets' weights, 32 fraction bits.
    pub weight: u64,
    /// Number of the epoch that collects requests.
    pub epoch: u64,
    /// When its requests are cut off, unix seconds.
    pub epoch_end: i64,
    /// Seconds of an epoch.
    pub epoch_length: u32,
    /// Seconds after the cut-off before marks count for its price.
    pub min_delay: u32,
    /// Of what is withdrawn, what stays with the others, 32 fraction bits.
    pub exit_fee: u32,
    /// Zero.
    pub padding: u32,
    /// Deposit shares that wait to become liquidity in this epoch. Not part of `shares`.
    pub entering: u64,
    /// Liquidity shares that wait to leave in this epoch. Part of `supply`.
    pub leaving: u64,
    /// Deposit shares set aside for requests that were struck and not yet claimed.
    pub claimable: u64,
    /// Most that the funds may be worth after a deposit, atoms.
    pub cap: u64,
    /// Of the funds, what is set aside for settled markets, atoms: the sum of their stakes.
    pub earmarked: i64,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 328],
}

account!(LiquidityPool, version 1, 520 bytes, [66, 38, 17, 64, 188, 80, 68, 129]);
offsets!(LiquidityPool: group = 8, bank_address = 40, sequence = 72, shares = 80, spent = 96, epoch = 112, epoch_length = 128, entering = 144, earmarked = 176, reserved = 184);
