//! Seeds of the program's derived addresses.

/// `[SEED_GROUP, creator, id]`, id u16 little endian.
pub const SEED_GROUP: &[u8] = b"group";
/// `[SEED_BOARD, group]`.
pub const SEED_BOARD: &[u8] = b"board";
/// `[SEED_FEED, group, row]`, row u8.
pub const SEED_FEED: &[u8] = b"feed";
/// `[SEED_BANK, group, index]`, index u16 little endian.
pub const SEED_BANK: &[u8] = b"bank";
/// `[SEED_VAULT, group, mint]`: one vault, hence one bank, for a mint in a group.
pub const SEED_VAULT: &[u8] = b"vault";
/// `[SEED_MARGIN, group, owner, sub_account]`, sub-account number u16 little endian.
pub const SEED_MARGIN: &[u8] = b"margin";
/// `[SEED_TIMELOCK, group]`: signs for changes that waited.
pub const SEED_TIMELOCK: &[u8] = b"timelock";
/// `[SEED_CHANGE, group, number]`, number u64 little endian.
pub const SEED_CHANGE: &[u8] = b"change";
/// `[SEED_POOL, group]`: one pool, hence one quote token, in a group.
pub const SEED_POOL: &[u8] = b"pool";
/// `[SEED_MARKET, group, index]`, index u16 little endian.
pub const SEED_MARKET: &[u8] = b"market";
/// `[SEED_ORDERS, margin account]`.
pub const SEED_ORDERS: &[u8] = b"orders";
/// `[SEED_PROVIDER, pool, owner]`.
pub const SEED_PROVIDER: &[u8] = b"provider";
/// `[SEED_EPOCH, pool, number]`, number u64 little endian.
pub const SEED_EPOCH: &[u8] = b"epoch";
