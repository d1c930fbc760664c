//! Derived addresses.

use ballast_state::seeds::{
    SEED_BANK, SEED_BOARD, SEED_CHANGE, SEED_EPOCH, SEED_FEED, SEED_GROUP, SEED_MARGIN, SEED_MARKET, SEED_ORDERS,
    SEED_POOL, SEED_PROVIDER, SEED_TIMELOCK, SEED_VAULT,
};
use solana_pubkey::Pubkey;

use crate::PROGRAM_ID;

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM_ID).0
}

/// A group of its creator.
#[must_use]
pub fn group(creator: &Pubkey, id: u16) -> Pubkey {
    derive(&[SEED_GROUP, creator.as_ref(), &id.to_le_bytes()])
}

/// A group's board.
#[must_use]
pub fn board(group: &Pubkey) -> Pubkey {
    derive(&[SEED_BOARD, group.as_ref()])
}

/// A group's feed on a row of the board.
#[must_use]
pub fn feed(group: &Pubkey, row: u8) -> Pubkey {
    derive(&[SEED_FEED, group.as_ref(), &[row]])
}

/// A group's bank by its index, as balances name it.
#[must_use]
pub fn bank(group: &Pubkey, index: u16) -> Pubkey {
    derive(&[SEED_BANK, group.as_ref(), &index.to_le_bytes()])
}

/// The vault of a mint in a group.
#[must_use]
pub fn vault(group: &Pubkey, mint: &Pubkey) -> Pubkey {
    derive(&[SEED_VAULT, group.as_ref(), mint.as_ref()])
}

/// A margin account of an owner.
#[must_use]
pub fn margin_account(group: &Pubkey, owner: &Pubkey, sub_account: u16) -> Pubkey {
    derive(&[SEED_MARGIN, group.as_ref(), owner.as_ref(), &sub_account.to_le_bytes()])
}

/// The address that signs the program's event calls.
#[must_use]
pub fn event_authority() -> Pubkey {
    derive(&[b"__event_authority"])
}

/// The address that signs for a group's changes that waited.
#[must_use]
pub fn timelock(group: &Pubkey) -> Pubkey {
    derive(&[SEED_TIMELOCK, group.as_ref()])
}

/// A group's waiting change by its number.
#[must_use]
pub fn change(group: &Pubkey, number: u64) -> Pubkey {
    derive(&[SEED_CHANGE, group.as_ref(), &number.to_le_bytes()])
}

/// The pool that a group's perps are traded against.
#[must_use]
pub fn pool(group: &Pubkey) -> Pubkey {
    derive(&[SEED_POOL, group.as_ref()])
}

/// A group's perp market by its index, as positions name it.
#[must_use]
pub fn market(group: &Pubkey, index: u16) -> Pubkey {
    derive(&[SEED_MARKET, group.as_ref(), &index.to_le_bytes()])
}

/// An owner's liquidity in a pool.
#[must_use]
pub fn provider(pool: &Pubkey, owner: &Pubkey) -> Pubkey {
    derive(&[SEED_PROVIDER, pool.as_ref(), owner.as_ref()])
}

/// A struck epoch of a pool.
#[must_use]
pub fn epoch(pool: &Pubkey, number: u64) -> Pubkey {
    derive(&[SEED_EPOCH, pool.as_ref(), &number.to_le_bytes()])
}

/// A margin account's pending orders.
#[must_use]
pub fn orders(margin_account: &Pubkey) -> Pubkey {
    derive(&[SEED_ORDERS, margin_account.as_ref()])
}
