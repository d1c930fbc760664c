//! Switchboard V2: `AggregatorAccountData`.
//!
//! The layout is that of the C struct which the chain program wrote behind Anchor's discriminator. The struct of the
//! same name in `switchboard-solana` 0.30 is `repr(packed)` without `repr(C)`, and today's compilers reorder it: it
//! reads other fields than it names, without an error. Hence fixed offsets here, and from that crate only the program
//! id, the discriminator and the decimal type.
//!
//! | offset | field |
//! |---:|---|
//! | 0 | discriminator |
//! | 8 | name, 32 bytes |
//! | 236 | minimum number of oracle results, u32 |
//! | 341 | latest confirmed round: successes u32 |
//! | 350 | – slot of its opening, u64 |
//! | 358 | – time of its opening, i64 |
//! | 366 | – result: mantissa i128, scale u32 |
//! | 386 | – standard deviation: mantissa i128, scale u32 |
//! | 3563 | checksum of the jobs, 32 bytes |
//! | 3712 | resolution mode, u8: 0 by round, 1 sliding |
//!
//! Publish time and slot are those of the round's opening: the oracles answered after it, so the price is never older
//! than what is reported.

use ballast_risk::price::PriceObservation;

use crate::{
    bytes::{array, i128_at, i64_at, tagged, text, u32_at, u64_at, u8_at},
    check_feed_id, Key, OracleError,
};

/// Anchor's discriminator of `AggregatorAccountData`.
pub const DISCRIMINATOR: [u8; 8] = [0xd9, 0xe6, 0x41, 0x65, 0xc9, 0xa2, 0x1b, 0x7d];
/// Length of an aggregator account.
pub const LEN: usize = 3_851;
/// The largest scale of the program's decimal type.
pub const MAX_SCALE: u32 = 28;

pub(crate) const NAME: usize = 8;
pub(crate) const NAME_END: usize = 40;
pub(crate) const MIN_ORACLE_RESULTS: usize = 236;
pub(crate) const NUM_SUCCESS: usize = 341;
pub(crate) const ROUND_OPEN_SLOT: usize = 350;
pub(crate) const ROUND_OPEN_TIME: usize = 358;
pub(crate) const RESULT: usize = 366;
pub(crate) const STD_DEVIATION: usize = 386;
pub(crate) const SCALE: usize = 16;
pub(crate) const JOBS_CHECKSUM: usize = 3_563;
pub(crate) const RESOLUTION_MODE: usize = 3_712;
/// Every response moves the result at once; there is no round to be completed.
pub(crate) const SLIDING: u8 = 1;

/// Reads the latest confirmed round.
///
/// Result and standard deviation come with scales of their own; the observation has the result's, and the deviation is
/// brought to it, rounded up.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::WrongFeedId`] (`feed_id` is the
/// checksum of the jobs), [`OracleError::NoResult`], [`OracleError::TooFewResponses`],
/// [`OracleError::NegativeConfidence`], [`OracleError::BadScale`].
pub fn parse(data: &[u8], feed_id: Option<&Key>) -> Result<PriceObservation, OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    check_feed_id(feed_id, &array(account, JOBS_CHECKSUM)?)?;

    let slot = u64_at(account, ROUND_OPEN_SLOT)?;
    if slot == 0 {
        return Err(OracleError::NoResult);
    }
    check_responses(account)?;

    let result = Decimal::read(account, RESULT)?;
    let deviation = Decimal::read(account, STD_DEVIATION)?;
    Ok(PriceObservation {
        price: result.mantissa,
        confidence: deviation.to_scale_up(result.scale)?,
        exponent: result.exponent()?,
        publish_time: i64_at(account, ROUND_OPEN_TIME)?,
        previous_publish_time: None,
        slot,
    })
}

/// The checksum of the jobs that the aggregator's oracles run.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`].
pub fn jobs_checksum(data: &[u8]) -> Result<Key, OracleError> {
    array(tagged::<8, LEN>(data, &DISCRIMINATOR)?, JOBS_CHECKSUM)
}

/// The aggregator's name up to its first zero byte, as its creator wrote it: bytes, not necessarily text.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`].
pub fn name(data: &[u8]) -> Result<&[u8], OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    account.get(NAME..NAME_END).map(text).ok_or(OracleError::Truncated)
}

/// The round has the responses that the aggregator's configuration demands; at least one where rounds slide.
#[inline(always)]
fn check_responses(account: &[u8; LEN]) -> Result<(), OracleError> {
    let actual = u32_at(account, NUM_SUCCESS)?;
    let required = match u8_at(account, RESOLUTION_MODE)? {
        SLIDING => 1,
        _ => u32_at(account, MIN_ORACLE_RESULTS)?.max(1),
    };
    if actual < required {
        return Err(OracleError::TooFewResponses { actual, required });
    }
    Ok(())
}

/// Switchboard V2's decimal: `mantissa / 10^scale`.
struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    #[inline(always)]
    fn read(account: &[u8; LEN], offset: usize) -> Result<Self, OracleError> {
        let decimal: [u8; 20] = array(account, offset)?;
        let scale = u32_at(&decimal, SCALE)?;
        if scale > MAX_SCALE {
            return Err(OracleError::BadScale { scale });
        }
        Ok(Self { mantissa: i128_at(&decimal, 0)?, scale })
    }

    fn exponent(&self) -> Result<i32, OracleError> {
        i32::try_from(self.scale).ok().and_then(i32::checked_neg).ok_or(OracleError::BadScale { scale: self.scale })
    }

    /// The mantissa at another scale, rounded up.
    fn to_scale_up(&self, scale: u32) -> Result<u128, OracleError> {
        let mantissa = u128::try_from(self.mantissa).map_err(|_| OracleError::NegativeConfidence)?;
        if mantissa == 0 || self.scale == scale {
            return Ok(mantissa);
        }
        let factor = 10_u128.checked_pow(self.scale.abs_diff(scale));
        let converted = if self.scale > scale {
            factor.map(|factor| mantissa.div_ceil(factor))
        } else {
            factor.and_then(|factor| mantissa.checked_mul(factor))
        };
        converted.ok_or(OracleError::BadScale { scale: self.scale })
    }
}
