#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Balances an account can hold.
pub const BALANCES: usize = 16;
/// Perp positions an account can hold.
pub const PERPS: usize = 8;
/// Perp markets a pool can have.
pub const MARKETS: usize = 24;

/// What an owner can let a delegate do. None of it moves tokens to anyone but the owner; repaying needs no right.
pub mod rights {
    /// Deposit the delegate's own tokens.
    pub const DEPOSIT: u32 = 1;
    /// Withdraw to a token account of the owner, and place orders that make a perp position smaller.
    pub const REDUCE: u32 = 2;
    /// Borrow to a token account of the owner, and place orders of perps.
    pub const TRADE: u32 = 4;
    /// All there are.
    pub const ALL: u32 = DEPOSIT | REDUCE | TRADE;
}

/// Which side of a bank a balance is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BalanceSide {
    /// A claim on the bank.
    Deposit = 1,
    /// A debt to it.
    Loan = 2,
}

/// Shares of one bank: a deposit or a loan, never both.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Balance {
    /// The bank's index in the group.
    pub bank: u16,
    /// The bank's feed: its row on the board.
    pub feed: u8,
    /// A [`BalanceSide`].
    pub side: u8,
    /// Hour (unix seconds / 3600) of `wound_down`.
    pub wound_hour: u32,
    /// Shares, never zero.
    pub shares: u64,
    /// Shares that a bank's wind-down took in hour `wound_hour`.
    pub wound_down: u64,
    /// Of a loan, the shares that losses of perps opened: owed to the pool rather than to lenders. Repaid last.
    pub perp_shares: u64,
}

const _: () = assert!(core::mem::size_of::<Balance>() == 32);

/// A position in one perp market: size `b·A`, claim `b·K − c` through the indices of its side (rules-perps 1).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct PerpPosition {
    /// Size in units of the side's position index, low word first.
    pub base: [u64; 2],
    /// Claim offset, two's complement, low word first. Without base it is a claim alone, which settlement pays.
    pub offset: [u64; 2],
    /// What the position cost at its fills, atoms of the quote token; below zero for shorts. For display.
    pub entry_quote: i64,
    /// The market's index in the group.
    pub market: u16,
    /// A [`PerpSide`](crate::PerpSide); zero: no position.
    pub side: u8,
    /// Bit 0: the claim is registered with a market that could not pay all; `entry_quote` is what it was then, in atoms. The other
    /// bits: the market's generation then.
    pub flags: u8,
    /// Shrinks of the side seen so far.
    pub shrink_sequence: u32,
}

const _: () = assert!(core::mem::size_of::<PerpPosition>() == 48);

/// The bonus an episode of ill health has reached.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct BonusLock {
    /// When it was paid, unix seconds. Zero: no liquidation in this episode.
    pub ts: i64,
    /// The bonus, 32 fraction bits.
    pub bonus: u64,
}

/// When keepers may deleverage the account, set by its owner.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct DeleveragePolicy {
    /// Health factor under which a keeper may act, 32 fraction bits, above 1. Zero: never.
    pub floor: u64,
    /// How far above the floor it may restore, 32 fraction bits.
    pub width: u64,
    /// Most that may be moved in a UTC day, USD with 20 fraction bits.
    pub daily_turnover: u64,
    /// Moved on day `turnover_day`, USD with 20 fraction bits.
    pub turnover_used: u64,
    /// Day of `turnover_used`: unix seconds / 86,400.
    pub turnover_day: i64,
    /// Last deleverage, unix seconds.
    pub last_ts: i64,
}

/// What an account may take of its perps' profits in a day (rules-perps 9, ADR 18).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ReleaseRail {
    /// Day of `released`: unix seconds / 86,400.
    pub day: i64,
    /// Largest Initial requirement met on that day, or put up before it for what is still held; USD with 20 fraction bits.
    pub posted: u64,
    /// What was put up for what is held now: with it the next day begins. USD with 20 fraction bits.
    pub held: u64,
    /// Profit paid on that day less losses since, USD with 20 fraction bits.
    pub released: u64,
}

/// A liquidation in several instructions of one transaction, while it is open (rules-risk 4).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OpenLiquidation {
    /// Who began it and may seize.
    pub liquidator: Pubkey,
    /// Sequence number of the board when it began.
    pub board_sequence: u64,
    /// Sequence number of the loan's bank after the last step.
    pub loan_sequence: u64,
    /// Sequence number of the collateral's bank after the last step.
    pub collateral_sequence: u64,
    /// Sum of the sequence numbers of the account's other banks when it began, wrapping: they only rise.
    pub others_sequence: u64,
    /// The bonus, 32 fraction bits.
    pub bonus: u64,
    /// What a repayment pays to insurance besides, 32 fraction bits.
    pub insurance_rate: u64,
    /// Paid to insurance so far, atoms of the loan.
    pub insurance: u64,
    /// Assets when it began, Maintenance, USD with 20 fraction bits.
    pub assets: u64,
    /// Liabilities when it began.
    pub liabilities: u64,
    /// Requirement when it began.
    pub requirement: u64,
    /// Shares of the loan when it began.
    pub loan_shares: u64,
    /// Shares of the collateral when it began.
    pub collateral_shares: u64,
    /// Most loan shares that may be repaid.
    pub most_repaid: u64,
    /// Most deposit shares that may be seized.
    pub most_seized: u64,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
    /// 1: the bonus is the smallest there is, and the health factor may fall.
    pub minimal: u8,
    /// Zero.
    pub padding: [u8; 3],
}

const _: () = assert!(core::mem::size_of::<OpenLiquidation>() == 152);

/// A trader's cross-margin account.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MarginAccount {
    /// Layout version.
    pub version: u8,
    /// Bump of the account's address.
    pub bump: u8,
    /// Sub-account number, part of the address.
    pub sub_account: u16,
    /// Balances in use: the leading slots, sorted by feed and then by bank.
    pub balance_count: u8,
    /// Perp positions in use.
    pub perp_count: u8,
    /// Transient flags, [`MarginAccount::IN_LIQUIDATION`]; zero outside a transaction.
    pub flags: u16,
    /// The group this account belongs to.
    pub group: Pubkey,
    /// Who may withdraw.
    pub owner: Pubkey,
    /// Who may act with limited rights. Zero: none.
    pub delegate: Pubkey,
    /// Rights of the delegate: bits of [`rights`].
    pub delegate_rights: u32,
    /// Zero.
    pub padding: u32,
    /// Actions so far.
    pub sequence: u64,
    /// Start of the episode of ill health, unix seconds. Zero: none.
    pub unhealthy_since: i64,
    /// Last time the account was seen in ill health.
    pub unhealthy_seen: i64,
    /// Bonus of the episode.
    pub bonus_lock: BonusLock,
    /// Last action that added risk, unix seconds.
    pub risk_ts: i64,
    /// The owner's deleverage policy.
    pub policy: DeleveragePolicy,
    /// The balances.
    pub balances: [Balance; BALANCES],
    /// The perp positions, dense, in the order they were opened.
    pub perps: [PerpPosition; PERPS],
    /// The open liquidation; zero outside a transaction.
    pub liquidation: OpenLiquidation,
    /// Set aside for pending orders, requirement and fees, USD with 20 fraction bits.
    pub order_requirement: u64,
    /// Orders pending.
    pub order_count: u32,
    /// Zero.
    pub padding_2: u32,
    /// What may be taken of profits today.
    pub rail: ReleaseRail,
    /// Shares of the loan in the quote token that losses in each market opened, by the market's index. Together the balance's
    /// `perp_shares`, or more: what was repaid since the last loss is still in them, and is every market's alike.
    pub loss_shares: [u64; MARKETS],
    /// By the slot of a perp position, what of `rail.held` was put up for it, USD with 20 fraction bits. Together as much, or more.
    pub put_up: [u64; PERPS],
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 96],
}

account!(MarginAccount, version 1, 1664 bytes, [133, 220, 173, 213, 179, 211, 43, 238]);
offsets!(MarginAccount: group = 8, owner = 40, sequence = 112, unhealthy_since = 120, policy = 160, balances = 208, perps = 720, liquidation = 1104, order_requirement = 1256, rail = 1272, loss_shares = 1304, put_up = 1496, reserved = 1560);

impl MarginAccount {
    /// Flag of an account with an open liquidation.
    pub const IN_LIQUIDATION: u16 = 1;

    /// The balances in use.
    #[inline]
    #[must_use]
    pub fn active(&self) -> &[Balance] {
        self.balances.get(..usize::from(self.balance_count)).unwrap_or(&self.balances)
    }

    /// The perp positions in use.
    #[inline]
    #[must_use]
    pub fn positions(&self) -> &[PerpPosition] {
        self.perps.get(..usize::from(self.perp_count)).unwrap_or(&self.perps)
    }

    /// The balance in a bank.
    #[inline]
    #[must_use]
    pub fn balance(&self, bank: u16) -> Option<&Balance> {
        self.active().iter().find(|balance| balance.bank == bank)
    }
}

impl PerpPosition {
    /// Flag of a claim that is registered.
    pub const REGISTERED: u8 = 1;

    /// The flags of a claim that is registered with a market of this generation.
    #[inline]
    #[must_use]
    pub const fn registered_in(generation: u8) -> u8 {
        (generation << 1) | Self::REGISTERED
    }

    /// True once the claim is registered.
    #[inline]
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        self.flags & Self::REGISTERED != 0
    }
}

impl Balance {
    /// True for a claim, false for a debt.
    #[inline]
    #[must_use]
    pub fn is_deposit(&self) -> bool {
        self.side == 1
    }

    /// True for a debt, false for a claim.
    #[inline]
    #[must_use]
    pub fn is_loan(&self) -> bool {
        self.side == 2
    }
}
