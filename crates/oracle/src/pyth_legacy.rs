//! Pyth's first oracle: price accounts aggregated on Solana itself.
//!
//! The layout is that of `SolanaPriceAccount` in `pyth-sdk-solana`, a C struct without Anchor's discriminator:
//!
//! | offset | field |
//! |---:|---|
//! | 0 | magic number, u32 |
//! | 4 | version, u32 |
//! | 8 | account type, u32: 1 mapping, 2 product, 3 price |
//! | 16 | price type, u32: 1 is a price |
//! | 20 | exponent, i32 |
//! | 96 | time of the aggregate, i64 |
//! | 112 | product account |
//! | 200 | time of the previous aggregate with status "trading", i64 |
//! | 208 | aggregate price, i64 |
//! | 216 | aggregate confidence, u64 |
//! | 224 | status, u32 |
//! | 232 | slot of the aggregate, u64 |
//! | 240 | 32 publishers' components, 96 bytes each |
//!
//! The number of quoters is not compared with the minimum (offsets 28, 104): the oracle program did that when it set
//! the status. Corporate actions (offset 228) were never put to use.

use ballast_risk::price::PriceObservation;

use crate::{
    bytes::{array, i32_at, i64_at, tagged, u32_at, u64_at},
    check_feed_id, Key, OracleError,
};

/// First four bytes of every account of the oracle program, little endian.
pub const MAGIC: u32 = 0xa1b2_c3d4;
/// The only version of the format that ever held prices on mainnet.
pub const VERSION: u32 = 2;
/// Length of a price account.
pub const LEN: usize = 3_312;

/// Account type "mapping": the list of products.
pub const TYPE_MAPPING: u32 = 1;
/// Account type "product": what a price is about.
pub const TYPE_PRODUCT: u32 = 2;
/// Account type "price".
pub const TYPE_PRICE: u32 = 3;
/// The one price type that is a price.
pub const PRICE_TYPE_PRICE: u32 = 1;
/// The one status at which the aggregate holds.
pub const STATUS_TRADING: u32 = 1;

pub(crate) const VERSION_AT: usize = 4;
pub(crate) const TYPE_AT: usize = 8;
#[cfg(feature = "fixtures")]
pub(crate) const USED_SIZE: usize = 12;
pub(crate) const PRICE_TYPE: usize = 16;
pub(crate) const EXPONENT: usize = 20;
pub(crate) const TIMESTAMP: usize = 96;
pub(crate) const PRODUCT: usize = 112;
#[cfg(feature = "fixtures")]
pub(crate) const PREVIOUS_PRICE: usize = 184;
#[cfg(feature = "fixtures")]
pub(crate) const PREVIOUS_CONFIDENCE: usize = 192;
pub(crate) const PREVIOUS_TIMESTAMP: usize = 200;
pub(crate) const PRICE: usize = 208;
pub(crate) const CONFIDENCE: usize = 216;
pub(crate) const STATUS: usize = 224;
pub(crate) const SLOT: usize = 232;
#[cfg(feature = "fixtures")]
pub(crate) const COMPONENTS: u32 = 240;

/// Reads the aggregate of a price account that is trading.
///
/// The previous price that the account also carries is not a fallback: when the aggregate is not trading, the answer
/// is that there is no price.
///
/// Accounts from before the format had times hold other things in the two places (a real one is among the fixtures):
/// the publish time is then 0, and a previous time that cannot be one is left out.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::BadVersion`],
/// [`OracleError::WrongPriceType`], [`OracleError::WrongFeedId`] (`feed_id` is the product account),
/// [`OracleError::NotTrading`].
pub fn parse(data: &[u8], feed_id: Option<&Key>) -> Result<PriceObservation, OracleError> {
    let account = price_account(data)?;
    let price_type = u32_at(account, PRICE_TYPE)?;
    if price_type != PRICE_TYPE_PRICE {
        return Err(OracleError::WrongPriceType { price_type });
    }
    check_feed_id(feed_id, &array(account, PRODUCT)?)?;
    let status = u32_at(account, STATUS)?;
    if status != STATUS_TRADING {
        return Err(OracleError::NotTrading { status });
    }
    let publish_time = i64_at(account, TIMESTAMP)?;
    let previous = i64_at(account, PREVIOUS_TIMESTAMP)?;
    Ok(PriceObservation {
        price: i64_at(account, PRICE)?.into(),
        confidence: u64_at(account, CONFIDENCE)?.into(),
        exponent: i32_at(account, EXPONENT)?,
        publish_time,
        previous_publish_time: (previous > 0 && previous <= publish_time).then_some(previous),
        slot: u64_at(account, SLOT)?,
    })
}

/// The product account that a price account belongs to.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::BadVersion`].
pub fn product(data: &[u8]) -> Result<Key, OracleError> {
    array(price_account(data)?, PRODUCT)
}

/// Type and version of an account of the oracle program, if it is one.
pub(crate) fn account_type(data: &[u8]) -> Option<u32> {
    match (u32_at(data, 0), u32_at(data, TYPE_AT)) {
        (Ok(MAGIC), Ok(account_type)) => Some(account_type),
        _ => None,
    }
}

/// What an aggregate's status means.
pub const fn status_name(status: u32) -> &'static str {
    match status {
        0 => "unknown",
        1 => "trading",
        2 => "halted",
        3 => "auction",
        4 => "ignored",
        _ => "not defined",
    }
}

/// The version is looked at before the type and the length: another version may have others.
#[inline(always)]
fn price_account(data: &[u8]) -> Result<&[u8; LEN], OracleError> {
    if u32_at(data, 0)? != MAGIC {
        return Err(OracleError::WrongAccountType);
    }
    let version = u32_at(data, VERSION_AT)?;
    if version != VERSION {
        return Err(OracleError::BadVersion { version });
    }
    if u32_at(data, TYPE_AT)? != TYPE_PRICE {
        return Err(OracleError::WrongAccountType);
    }
    tagged(data, &MAGIC.to_le_bytes())
}
