#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::Pubkey;

/// Points of an interest curve.
pub const CURVE_POINTS: usize = 6;

/// What a bank lets its users do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BankMode {
    /// Everything.
    Normal = 0,
    /// No deposit and no borrow; every exit.
    ReduceOnly = 1,
    /// As reduce-only, and after a notice anyone may deleverage what is left.
    WindDown = 2,
}

impl BankMode {
    /// From its stored byte; unknown bytes are the most careful mode.
    #[inline]
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Normal,
            1 => Self::ReduceOnly,
            _ => Self::WindDown,
        }
    }

    /// The stored byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::ReduceOnly => 1,
            Self::WindDown => 2,
        }
    }
}

/// A corner of the interest curve. Between corners the rate is linear.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct CurvePoint {
    /// Utilisation, 32 fraction bits. Strictly rising; the last one is 1.
    pub utilisation: u64,
    /// Borrow rate per second there, 64 fraction bits. Never falling.
    pub rate: u64,
    /// Rise of the rate per utilisation up to the next corner, 64 fraction bits.
    pub slope: u64,
}

/// What left a bank in the current hour or day.
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct OutflowWindow {
    /// Most that may leave in one window, atoms. `u64::MAX`: no limit.
    pub limit: u64,
    /// What left in window `index`, atoms.
    pub used: u64,
    /// Number of the window: unix seconds by its length.
    pub index: i64,
}

/// One token's lending pool: a vault, the books of it, and the rules of lending.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Bank {
    /// Layout version.
    pub version: u8,
    /// Bump of the bank's address.
    pub bump: u8,
    /// Unique in the group; balances name the bank by it.
    pub index: u16,
    /// Row of the bank's price feed on the board.
    pub feed: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// A [`BankMode`].
    pub mode: u8,
    /// 1: deposits count as collateral.
    pub collateral: u8,
    /// 1: the bank lends.
    pub borrowable: u8,
    /// Shift of the decimal reciprocal.
    pub decimal_shift: u8,
    /// Curve points in use.
    pub curve_points: u8,
    /// Bump of the vault's address.
    pub vault_bump: u8,
    /// 1: transfers of the token may cost a fee.
    pub transfer_fee: u8,
    /// 1: perps settle in the token. Set when the pool is created.
    pub quote: u8,
    /// Zero.
    pub padding: [u8; 2],
    /// The group this bank belongs to.
    pub group: Pubkey,
    /// Its token.
    pub mint: Pubkey,
    /// Token account that holds everything; its authority is the bank.
    pub vault: Pubkey,
    /// Token program of the mint.
    pub token_program: Pubkey,
    /// Changes of the bank's books or settings so far.
    pub sequence: u64,
    /// `⌊2^(63 + shift) / 10^decimals⌋`.
    pub decimal_reciprocal: u64,
    /// Atoms per deposit share, 64 + 64 bits, low word first.
    pub asset_index: [u64; 2],
    /// Atoms per loan share, 64 + 64 bits, low word first.
    pub liability_index: [u64; 2],
    /// All deposit shares.
    pub asset_shares: u64,
    /// All loan shares.
    pub liability_shares: u64,
    /// Atoms that should be in the vault at least: tokens in less tokens out, donations not counted.
    pub vault_balance: u64,
    /// Insurance fund, atoms. Claims on the vault like deposits, after them.
    pub insurance: u64,
    /// Fees not yet collected, atoms.
    pub fees: u64,
    /// Fraction of an atom of fees, 64 bits.
    pub fees_fraction: u64,
    /// Borrow rate per second in force, 64 fraction bits.
    pub borrow_rate: u64,
    /// Asset index growth per liability index growth: `loan shares · (1 − fee) / deposit shares`, 64 + 64 bits, rounded down.
    pub lend_ratio: [u64; 2],
    /// Unix seconds to which the indices are accrued.
    pub accrued_ts: i64,
    /// Losses lenders bore so far, atoms.
    pub socialized_loss: u64,
    /// Most that all deposits may be worth, atoms.
    pub deposit_cap: u64,
    /// Most that all loans may be worth, atoms.
    pub borrow_cap: u64,
    /// Largest utilisation a borrow or a withdrawal against debt may leave, 32 fraction bits.
    pub max_utilisation: u64,
    /// Part of interest that becomes fees, 32 fraction bits.
    pub interest_fee: u32,
    /// Zero.
    pub padding_2: u32,
    /// Hourly outflow.
    pub hourly: OutflowWindow,
    /// Daily outflow.
    pub daily: OutflowWindow,
    /// Interest curve.
    pub curve: [CurvePoint; CURVE_POINTS],
    /// When wind-down was announced, unix seconds. Zero: never.
    pub wind_down_ts: i64,
    /// Until then no deposit and no borrow. Exits are not affected.
    pub paused_until: i64,
    /// Atoms out in a flash loan; zero outside a transaction.
    pub flash_loaned: u64,
    /// Most the risk admin may set as deposit cap: what was last set with the timelock's delay.
    pub deposit_cap_limit: u64,
    /// Most the risk admin may set as borrow cap.
    pub borrow_cap_limit: u64,
    /// When the caps are in force in full, unix seconds. Before, they grow from a tenth.
    pub warm_ts: i64,
    /// Seconds the growth takes. Zero: none.
    pub warm_up: u32,
    /// Fee of a flash loan, 32 fraction bits.
    pub flash_fee: u32,
    /// Loan shares of all accounts that losses of perps opened: what the pool stands for before lenders do.
    pub perp_loan_shares: u64,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 352],
}

account!(Bank, version 2, 928 bytes, [142, 49, 166, 242, 50, 66, 97, 188]);
offsets!(Bank: group = 16, mint = 48, vault = 80, sequence = 144, asset_index = 160, asset_shares = 192, borrow_rate = 240, deposit_cap = 280, hourly = 312, curve = 360, wind_down_ts = 504, flash_loaned = 520);
