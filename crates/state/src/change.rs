#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Accounts a waiting instruction can name.
pub const CHANGE_ACCOUNTS: usize = 10;
/// Bytes a waiting instruction can have.
pub const CHANGE_BYTES: usize = 640;

/// An instruction that waits for the timelock: published as it will run, byte for byte.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PendingChange {
    /// Layout version.
    pub version: u8,
    /// Bump of the change's address.
    pub bump: u8,
    /// Accounts in use.
    pub account_count: u8,
    /// Zero.
    pub padding: u8,
    /// Bytes of `data` in use.
    pub data_len: u16,
    /// Zero.
    pub padding_2: u16,
    /// The change's number in its group, part of the address.
    pub number: u64,
    /// From then on it can be executed, unix seconds.
    pub ready_ts: i64,
    /// From then on it cannot, unix seconds.
    pub expires_ts: i64,
    /// The group.
    pub group: Pubkey,
    /// Who proposed it, and gets the rent back.
    pub proposer: Pubkey,
    /// The instruction's accounts, in order.
    pub accounts: [Pubkey; CHANGE_ACCOUNTS],
    /// The instruction's data: discriminator and arguments.
    pub data: [u8; CHANGE_BYTES],
}

account!(PendingChange, version 1, 1064 bytes, [232, 183, 176, 196, 15, 195, 115, 147]);
offsets!(PendingChange: number = 8, group = 32, proposer = 64, accounts = 96, data = 416);

impl PendingChange {
    /// The instruction's accounts.
    #[must_use]
    pub fn account_keys(&self) -> &[Pubkey] {
        self.accounts.get(..usize::from(self.account_count)).unwrap_or(&self.accounts)
    }

    /// The instruction's data.
    #[must_use]
    pub fn instruction_data(&self) -> &[u8] {
        self.data.get(..usize::from(self.data_len)).unwrap_or(&self.data)
    }
}
