//! Pyth's pull oracle: `PriceUpdateV2`, written by the receiver program.
//!
//! The layout is that of `PriceUpdateV2` and `PriceFeedMessage` in `pyth-solana-receiver-sdk` and `pythnet-sdk`:
//! borsh behind Anchor's discriminator, so the message starts one byte later in a partially verified update than in a
//! full one. Only full ones are read, which fixes every offset:
//!
//! | offset | field |
//! |---:|---|
//! | 0 | discriminator |
//! | 8 | write authority |
//! | 40 | verification level: 1 is full; 0 is partial, followed by a count of signatures |
//! | 41 | feed id |
//! | 73 | price, i64 |
//! | 81 | confidence, u64 |
//! | 89 | exponent, i32 |
//! | 93 | publish time, i64 |
//! | 101 | previous publish time, i64 |
//! | 109 | EMA price and confidence, 16 bytes (not read: Ballast keeps its own average) |
//! | 125 | slot of posting, u64 |
//! | 133 | one byte left over |

use ballast_risk::price::PriceObservation;

use crate::{
    bytes::{array, i32_at, i64_at, tagged, u64_at, u8_at},
    check_feed_id, Key, OracleError,
};

/// Anchor's discriminator of `PriceUpdateV2`.
pub const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Length of every account that the receiver creates.
pub const LEN: usize = 134;

pub(crate) const VERIFICATION: usize = 40;
pub(crate) const MESSAGE_FULL: usize = 41;
const MESSAGE_PARTIAL: usize = 42;
pub(crate) const PRICE: usize = 73;
pub(crate) const CONFIDENCE: usize = 81;
pub(crate) const EXPONENT: usize = 89;
pub(crate) const PUBLISH_TIME: usize = 93;
pub(crate) const PREVIOUS_PUBLISH_TIME: usize = 101;
#[cfg(feature = "fixtures")]
pub(crate) const EMA_PRICE: usize = 109;
#[cfg(feature = "fixtures")]
pub(crate) const EMA_CONFIDENCE: usize = 117;
pub(crate) const POSTED_SLOT: usize = 125;

/// Reads a fully verified price update.
///
/// The previous publish time is passed on as it is; a push account often carries its own publish time there.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::PartialVerification`],
/// [`OracleError::BadVerificationLevel`], [`OracleError::WrongFeedId`].
pub fn parse(data: &[u8], feed_id: Option<&Key>) -> Result<PriceObservation, OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    match verification(account)? {
        Verification::Full => {}
        Verification::Partial { signatures } => return Err(OracleError::PartialVerification { signatures }),
    }
    check_feed_id(feed_id, &array(account, MESSAGE_FULL)?)?;
    Ok(PriceObservation {
        price: i64_at(account, PRICE)?.into(),
        confidence: u64_at(account, CONFIDENCE)?.into(),
        exponent: i32_at(account, EXPONENT)?,
        publish_time: i64_at(account, PUBLISH_TIME)?,
        previous_publish_time: Some(i64_at(account, PREVIOUS_PUBLISH_TIME)?),
        slot: u64_at(account, POSTED_SLOT)?,
    })
}

/// The feed that an update is about, however far it is verified.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::BadVerificationLevel`].
pub fn feed_id(data: &[u8]) -> Result<Key, OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    match verification(account)? {
        Verification::Full => array(account, MESSAGE_FULL),
        Verification::Partial { .. } => array(account, MESSAGE_PARTIAL),
    }
}

/// How many of the guardians' signatures the receiver has checked.
enum Verification {
    Partial { signatures: u8 },
    Full,
}

#[inline(always)]
fn verification(account: &[u8; LEN]) -> Result<Verification, OracleError> {
    match u8_at(account, VERIFICATION)? {
        1 => Ok(Verification::Full),
        0 => Ok(Verification::Partial { signatures: u8_at(account, MESSAGE_FULL)? }),
        tag => Err(OracleError::BadVerificationLevel { tag }),
    }
}
