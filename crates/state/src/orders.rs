#[cfg(feature = "anchor")]
use anchor_lang::prelude::*;
#[cfg(not(feature = "anchor"))]
use bytemuck::{Pod, Zeroable};

use crate::layout::{account, offsets};
use crate::{PerpSide, Pubkey};

/// Orders an account can have pending.
pub const ORDERS: usize = 16;

/// An order that waits for the one print it may fill at (rules-perps 4).
#[cfg_attr(feature = "anchor", zero_copy)]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Order {
    /// Unique in the account. Zero: an empty slot.
    pub id: u64,
    /// Lots to buy, or below zero to sell.
    pub lots: i64,
    /// Worst price it may fill at, as a mark: atoms of the quote token per lot, 32 fraction bits. Zero: any.
    pub limit: u64,
    /// t*: the print that fills it is the first published at this time or later.
    pub eligible_ts: i64,
    /// After it the order is void.
    pub expiry_ts: i64,
    /// When it was placed.
    pub placed_ts: i64,
    /// Set aside for it, Initial requirement and fees, USD with 20 fraction bits.
    pub requirement: u64,
    /// What its keeper gets, atoms of the quote token.
    pub keeper_fee: u64,
    /// The market.
    pub market: u16,
    /// 1: it may only make the position smaller, and fills for no more than is held.
    pub reduce_only: u8,
    /// Zero.
    pub padding: [u8; 5],
}

const _: () = assert!(core::mem::size_of::<Order>() == 72);

impl Order {
    /// The side it adds to.
    #[inline]
    #[must_use]
    pub const fn side(&self) -> PerpSide {
        PerpSide::of(self.lots)
    }

    /// Lots it may add to that side.
    #[inline]
    #[must_use]
    pub const fn pending_lots(&self) -> u64 {
        if self.reduce_only == 0 {
            self.lots.unsigned_abs()
        } else {
            0
        }
    }
}

/// Pending orders of one margin account.
#[cfg_attr(feature = "anchor", account(zero_copy))]
#[cfg_attr(not(feature = "anchor"), derive(Clone, Copy, Pod, Zeroable))]
#[derive(Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Orders {
    /// Layout version.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zero.
    pub padding: [u8; 6],
    /// The margin account.
    pub margin_account: Pubkey,
    /// Id of the next order.
    pub next_id: u64,
    /// The orders; empty slots anywhere.
    pub slots: [Order; ORDERS],
    /// Who paid for the account, and gets that back.
    pub payer: Pubkey,
    /// Zero until a version gives it a meaning.
    pub reserved: [u8; 96],
}

account!(Orders, version 1, 1336 bytes, [3, 215, 50, 3, 146, 247, 45, 36]);
offsets!(Orders: margin_account = 8, next_id = 40, slots = 48, payer = 1200, reserved = 1232);
