//! Switchboard On-Demand: `PullFeedAccountData`.
//!
//! The layout is that of `PullFeedAccountData`, `OracleSubmission` and `CurrentResult` in `switchboard-on-demand`,
//! a C struct behind Anchor's discriminator. Numbers are integers with 18 decimals.
//!
//! | offset | field |
//! |---:|---|
//! | 0 | discriminator |
//! | 8 | 32 submissions of 64 bytes: oracle, slot of signing u64 (at 32), slot of landing u64 (at 40), value i128 |
//! | 2120 | hash of the feed's jobs |
//! | 2180 | name, 32 bytes |
//! | 2215 | minimum number of samples, u8 |
//! | 2216 | time of the last update of the account, i64 |
//! | 2264 | result: median i128 |
//! | 2280 | result: standard deviation, i128 |
//! | 2360 | result: number of samples, u8 |
//! | 2368 | result: slot at which the value was signed, u64 |
//! | 2376 | result: slot of the oldest sample considered, u64 |
//! | 2384 | result: slot of the newest sample considered, u64 |
//! | 2952 | 32 times of signing, one a submission, i64; zero in accounts from before the format had them |
//!
//! # When was this price true?
//!
//! The account's own update time does not say. Anybody can land one oracle's submission, which moves that time to now
//! while the result may still rest on older samples; a reader who takes the one for the age of the other can be sold
//! an old price as a new one (reported against other protocols on live feeds). The slots are honest but are no times.
//! So the publish time is the **earliest** that the account supports:
//!
//! - the update time, less half a second for every slot between the newest slot that the account mentions (a sample
//!   signed or landed) and the oldest sample in the result. Slots take 0.4 s by design and somewhat more in practice;
//!   0.5 s errs to the old side;
//! - the earliest time of signing among the samples that the result considered, where the account has them. This also
//!   covers a halted cluster, where few slots take long.
//!
//! A feed whose oracles sign together and land at once loses a few seconds by this, never more than they took. The
//! slot reported is the one at which the value was signed.
//!
//! # How sure is it?
//!
//! The confidence is the standard deviation of the samples, Switchboard's nearest to Pyth's. With one sample it is 0,
//! which means "nobody to disagree": a feed that lists one oracle is a weak source, and listing has to know that.

use ballast_risk::price::PriceObservation;

use crate::{
    bytes::{array, i128_at, i64_at, tagged, text, u64_at, u8_at},
    check_feed_id, Key, OracleError,
};

/// Anchor's discriminator of `PullFeedAccountData`.
pub const DISCRIMINATOR: [u8; 8] = [0xc4, 0x1b, 0x6c, 0xc4, 0x0a, 0xd7, 0xdb, 0x28];
/// Length of a feed account.
pub const LEN: usize = 3_208;
/// Every number of the program has 18 decimals.
pub const EXPONENT: i32 = -18;

pub(crate) const SUBMISSIONS: usize = 8;
pub(crate) const SUBMISSIONS_END: usize = 2_056;
#[cfg(feature = "fixtures")]
pub(crate) const MAX_SUBMISSIONS: usize = 32;
pub(crate) const SUBMISSION_LEN: usize = 64;
pub(crate) const SUBMISSION_SLOT: usize = 32;
pub(crate) const SUBMISSION_LANDED_AT: usize = 40;
#[cfg(feature = "fixtures")]
pub(crate) const SUBMISSION_VALUE: usize = 48;
pub(crate) const FEED_HASH: usize = 2_120;
pub(crate) const NAME: usize = 2_180;
pub(crate) const NAME_END: usize = 2_212;
pub(crate) const MIN_SAMPLE_SIZE: usize = 2_215;
pub(crate) const LAST_UPDATE: usize = 2_216;
pub(crate) const VALUE: usize = 2_264;
pub(crate) const STD_DEV: usize = 2_280;
#[cfg(feature = "fixtures")]
pub(crate) const MEAN: usize = 2_296;
#[cfg(feature = "fixtures")]
pub(crate) const RANGE: usize = 2_312;
#[cfg(feature = "fixtures")]
pub(crate) const MIN_VALUE: usize = 2_328;
#[cfg(feature = "fixtures")]
pub(crate) const MAX_VALUE: usize = 2_344;
pub(crate) const NUM_SAMPLES: usize = 2_360;
pub(crate) const SLOT: usize = 2_368;
pub(crate) const MIN_SLOT: usize = 2_376;
pub(crate) const MAX_SLOT: usize = 2_384;
pub(crate) const TIMES: usize = 2_952;
const TIME_LEN: usize = 8;

/// Reads the feed's current result.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`], [`OracleError::WrongFeedId`] (`feed_id` is the hash
/// of the jobs), [`OracleError::NoResult`], [`OracleError::TooFewResponses`], [`OracleError::NegativeConfidence`].
pub fn parse(data: &[u8], feed_id: Option<&Key>) -> Result<PriceObservation, OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    check_feed_id(feed_id, &array(account, FEED_HASH)?)?;

    let slot = u64_at(account, SLOT)?;
    if slot == 0 {
        return Err(OracleError::NoResult);
    }
    let samples = u8_at(account, NUM_SAMPLES)?;
    let required = u8_at(account, MIN_SAMPLE_SIZE)?.max(1);
    if samples < required {
        return Err(OracleError::TooFewResponses { actual: samples.into(), required: required.into() });
    }
    let confidence = u128::try_from(i128_at(account, STD_DEV)?).map_err(|_| OracleError::NegativeConfidence)?;

    Ok(PriceObservation {
        price: i128_at(account, VALUE)?,
        confidence,
        exponent: EXPONENT,
        publish_time: publish_time(account, slot)?,
        previous_publish_time: None,
        slot,
    })
}

/// The hash of the jobs that the feed's oracles run.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`].
pub fn feed_hash(data: &[u8]) -> Result<Key, OracleError> {
    array(tagged::<8, LEN>(data, &DISCRIMINATOR)?, FEED_HASH)
}

/// The feed's name up to its first zero byte, as its creator wrote it: bytes, not necessarily text.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`].
pub fn name(data: &[u8]) -> Result<&[u8], OracleError> {
    let account: &[u8; LEN] = tagged(data, &DISCRIMINATOR)?;
    account.get(NAME..NAME_END).map(text).ok_or(OracleError::Truncated)
}

/// Time of the last update of the account, whatever the result rests on. For display: it does not date the price.
///
/// # Errors
///
/// [`OracleError::WrongAccountType`], [`OracleError::Truncated`].
pub fn last_update_time(data: &[u8]) -> Result<i64, OracleError> {
    i64_at(tagged::<8, LEN>(data, &DISCRIMINATOR)?, LAST_UPDATE)
}

/// The earliest time at which the result may have been true; see the module's documentation.
///
/// Saturating: whatever does not fit is far in the past, which is where an impossible lag belongs.
#[inline(always)]
fn publish_time(account: &[u8; LEN], slot: u64) -> Result<i64, OracleError> {
    // Accounts of the first program versions may lack the two; the slot of the value then stands for them.
    let oldest = match u64_at(account, MIN_SLOT)? {
        0 => slot,
        min_slot => min_slot.min(slot),
    };
    let newest = u64_at(account, MAX_SLOT)?.max(slot);
    let samples = Samples::scan(account, oldest, newest)?;

    let lag_slots = samples.newest_slot.saturating_sub(oldest);
    let lag_seconds = i64::try_from(lag_slots.div_ceil(2)).unwrap_or(i64::MAX);
    Ok(i64_at(account, LAST_UPDATE)?.saturating_sub(lag_seconds).min(samples.earliest_signing))
}

/// What the submissions say about time.
struct Samples {
    /// Newest slot in which a submission was signed or landed, or the result's newest.
    newest_slot: u64,
    /// Earliest time of signing among those in the result; `i64::MAX` if the account has none.
    earliest_signing: i64,
}

impl Samples {
    /// One pass over the submissions, which fill the array from its start; the first empty one ends it.
    #[inline(always)]
    fn scan(account: &[u8; LEN], oldest: u64, newest: u64) -> Result<Self, OracleError> {
        let submissions = account.get(SUBMISSIONS..SUBMISSIONS_END).unwrap_or_default();
        let times = account.get(TIMES..).unwrap_or_default();
        let mut samples = Self { newest_slot: newest, earliest_signing: i64::MAX };
        for (submission, time) in submissions.chunks_exact(SUBMISSION_LEN).zip(times.chunks_exact(TIME_LEN)) {
            let signed = u64_at(submission, SUBMISSION_SLOT)?;
            if signed == 0 {
                break;
            }
            let landed = u64_at(submission, SUBMISSION_LANDED_AT)?;
            samples.newest_slot = samples.newest_slot.max(signed).max(landed);
            let time = i64_at(time, 0)?;
            if time > 0 && (oldest..=newest).contains(&signed) {
                samples.earliest_signing = samples.earliest_signing.min(time);
            }
        }
        Ok(samples)
    }
}
