#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// A deployment: one risk domain with its roles and counters. Read by administration only; what a hot path needs of the
/// group stands on the [`RiskBoard`](crate::RiskBoard) and the banks.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Group {
    /// Layout version.
    pub version: u8,
    /// Bump of the group's address.
    pub bump: u8,
    /// Chosen by the creator, distinguishes their groups.
    pub id: u16,
    /// Banks listed so far; the next bank's index.
    pub bank_count: u16,
    /// Price feeds listed so far; the next feed's row.
    pub feed_count: u8,
    /// Bump of the timelock's address.
    pub timelock_bump: u8,
    /// Changes of configuration so far.
    pub sequence: u64,
    /// Who created the group; part of its address.
    pub creator: Pubkey,
    /// May change everything.
    pub admin: Pubkey,
    /// Named by the admin, becomes admin by accepting. Zero: none.
    pub pending_admin: Pubkey,
    /// May change parameters inside bounds.
    pub risk_admin: Pubkey,
    /// May stop new risk for a limited time.
    pub guardian: Pubkey,
    /// May post volatility multipliers.
    pub forecaster: Pubkey,
    /// Owner of the token accounts that receive fees.
    pub fee_recipient: Pubkey,
    /// The group's risk board.
    pub board: Pubkey,
    /// Seconds a change that adds risk waits before it can be executed. Zero while the group is set up.
    pub timelock_delay: u32,
    /// Seconds after which a waiting change expires.
    pub timelock_expiry: u32,
    /// Longest pause the guardian can set, in seconds.
    pub max_pause: u32,
    /// Zero.
    pub padding_2: u32,
    /// Address that signs for changes the timelock let pass. Zero: the group has no timelock yet.
    pub timelock: Pubkey,
    /// Changes proposed so far; the next one's number.
    pub change_count: u64,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 176],
}

account!(Group, version 1, 512 bytes, [209, 249, 208, 63, 182, 89, 186, 254]);
offsets!(Group: sequence = 8, creator = 16, admin = 48, guardian = 144, board = 240, timelock_delay = 272);
