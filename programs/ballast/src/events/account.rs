//! Margin accounts: opened, closed, and what their owners set.

use anchor_lang::prelude::*;

use super::EventHeader;

/// A margin account was opened.
#[event]
pub struct MarginAccountOpened {
    /// Where and when.
    pub header: EventHeader,
    /// Its owner.
    pub owner: Pubkey,
    /// Its number among the owner's accounts.
    pub sub_account: u16,
}

/// A margin account was closed.
#[event]
pub struct MarginAccountClosed {
    /// Where and when.
    pub header: EventHeader,
    /// Its owner.
    pub owner: Pubkey,
}

/// An owner's deleverage policy was set.
#[event]
pub struct PolicySet {
    /// Where and when.
    pub header: EventHeader,
    /// Floor; zero: off.
    pub floor: u64,
    /// Width above it.
    pub width: u64,
    /// Daily turnover, USD with 20 fraction bits.
    pub daily_turnover: u64,
}

/// A delegate was named or dismissed.
#[event]
pub struct DelegateSet {
    /// Where and when.
    pub header: EventHeader,
    /// The delegate.
    pub delegate: Pubkey,
    /// What it may do.
    pub rights: u32,
}

/// An account has another owner.
#[event]
pub struct MarginAccountTransferred {
    /// Where and when.
    pub header: EventHeader,
    /// Whose it was.
    pub from: Pubkey,
    /// Whose it is.
    pub to: Pubkey,
}

/// An account was brought to another layout version.
#[event]
pub struct AccountMigrated {
    /// Where and when.
    pub header: EventHeader,
    /// The version.
    pub version: u8,
}
