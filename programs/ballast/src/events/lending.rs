//! Banks: what users moved in and out of them, and their settings.

use anchor_lang::prelude::*;

use super::{EventHeader, HealthPoint, Movement};

/// A deposit was made.
#[event]
pub struct Deposited {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
}

/// A withdrawal was made.
#[event]
pub struct Withdrawn {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
    /// The board's sequence number; zero where no price was needed.
    pub board_sequence: u64,
    /// Initial health after; zeros where the account owes nothing.
    pub health: HealthPoint,
}

/// A loan was taken.
#[event]
pub struct Borrowed {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Initial health after.
    pub health: HealthPoint,
}

/// A loan was repaid.
#[event]
pub struct Repaid {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
}

/// A bank was listed or configured, its mode or pause included.
#[event]
pub struct BankConfigured {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// The bank's index.
    pub bank: u16,
    /// Mode after.
    pub mode: u8,
    /// Pause in force until, unix seconds.
    pub paused_until: i64,
    /// The board's sequence number after; zero unless the bank was listed, which counts on the board.
    pub board_sequence: u64,
}

/// Tokens were given to a bank's insurance fund.
#[event]
pub struct InsuranceDeposited {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// Tokens given.
    pub atoms: u64,
    /// The fund after.
    pub insurance: u64,
}

/// Fees left a bank.
#[event]
pub struct FeesCollected {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// Tokens collected.
    pub atoms: u64,
    /// Fees left.
    pub fees: u64,
}

/// A flash loan was taken.
#[event]
pub struct FlashLoanBegun {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// What moved; no shares.
    pub movement: Movement,
}

/// A flash loan came back.
#[event]
pub struct FlashLoanEnded {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// What moved, the fee included; no shares.
    pub movement: Movement,
}
