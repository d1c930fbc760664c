//! Roles and rules of a group, its timelock, and what waits for it.

use anchor_lang::prelude::*;

use super::EventHeader;

/// A group was created or configured.
#[event]
pub struct GroupConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A risk class was configured.
#[event]
pub struct RiskClassConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The class.
    pub class: u8,
    /// What a hedge inside it may fail by.
    pub kappa: u32,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// New risk was paused in the whole group.
#[event]
pub struct RiskPaused {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Until, unix seconds.
    pub until: i64,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// The timelock was set.
#[event]
pub struct TimelockConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Seconds a change waits.
    pub delay: u32,
    /// Seconds it can be executed then.
    pub expiry: u32,
}

/// A next admin was named.
#[event]
pub struct AdminProposed {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Who.
    pub admin: Pubkey,
}

/// The admin changed.
#[event]
pub struct AdminAccepted {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Who it is.
    pub admin: Pubkey,
}

/// A change was published to wait.
#[event]
pub struct ChangeProposed {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
    /// From then on it can be executed, unix seconds.
    pub ready_ts: i64,
    /// From then on it cannot.
    pub expires_ts: i64,
}

/// A change was executed.
#[event]
pub struct ChangeExecuted {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
}

/// A change was taken back.
#[event]
pub struct ChangeCancelled {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
}
