#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// One owner's part of a liquidity pool, and what it asked for. A request belongs to an epoch; from when that is struck it is
/// there to be claimed (rules-perps 7).
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct LiquidityProvider {
    /// Layout version.
    pub version: u8,
    /// Bump of the provider's address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The pool.
    pub pool: Pubkey,
    /// Whose liquidity it is.
    pub owner: Pubkey,
    /// Changes so far.
    pub sequence: u64,
    /// Liquidity shares that stay.
    pub shares: u64,
    /// Deposit shares of the pool's bank that ask to enter in epoch `entering_epoch`.
    pub entering: u64,
    /// Number of the epoch of `entering`.
    pub entering_epoch: u64,
    /// Liquidity shares that ask to leave in epoch `leaving_epoch`. Not part of `shares`.
    pub leaving: u64,
    /// Number of the epoch of `leaving`.
    pub leaving_epoch: u64,
    /// Who paid for the account, and gets that back.
    pub payer: Pubkey,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 96],
}

account!(LiquidityProvider, version 1, 256 bytes, [219, 241, 238, 133, 56, 225, 229, 191]);
offsets!(LiquidityProvider: pool = 8, owner = 40, sequence = 72, shares = 80, entering = 88, leaving = 104, payer = 120, reserved = 152);

/// What a struck epoch gave to its requests. Every provider claims by its own request and these numbers alone, which never
/// change; what was claimed is counted, so that the account can be closed when all of it is.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Epoch {
    /// Layout version.
    pub version: u8,
    /// Bump of the epoch's address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The pool.
    pub pool: Pubkey,
    /// Number of the epoch.
    pub number: u64,
    /// When it was struck, unix seconds.
    pub struck_ts: i64,
    /// Net assets of the pool at the ends of the bands that are against it, atoms: the price of those who left.
    pub assets_low: i64,
    /// Net assets at the other ends: the price of those who entered.
    pub assets_high: i64,
    /// Liquidity shares before the strike.
    pub supply: u64,
    /// Deposit shares that asked to enter.
    pub entering: u64,
    /// Liquidity shares they became. Zero: they are given back.
    pub minted: u64,
    /// Liquidity shares that asked to leave.
    pub leaving: u64,
    /// Of them, those that left. The others wait in the next epoch.
    pub burnt: u64,
    /// Deposit shares they became.
    pub paid: u64,
    /// Who paid for the account, and gets that back.
    pub payer: Pubkey,
    /// Of `entering`, what was claimed.
    pub entering_claimed: u64,
    /// Of `leaving`, what was claimed.
    pub leaving_claimed: u64,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 80],
}

account!(Epoch, version 1, 256 bytes, [93, 83, 120, 89, 151, 138, 152, 108]);
offsets!(Epoch: pool = 8, number = 40, struck_ts = 48, assets_low = 56, supply = 72, entering = 80, leaving = 96, paid = 112, payer = 120, entering_claimed = 152, leaving_claimed = 160, reserved = 168);
