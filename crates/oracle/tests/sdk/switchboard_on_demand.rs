//! Against `switchboard-on-demand`, whose structs are read unaligned: its own `parse` needs addresses that account data
//! does not have.

use ballast_oracle::{
    feed_id,
    fixtures::SwitchboardOnDemandFeed,
    switchboard_on_demand::{last_update_time, name, parse, LEN},
    OracleError, Provider,
};
use core::mem::offset_of;
use proptest::{collection::vec, prelude::*, sample::Index};
use switchboard_on_demand::{CurrentResult, OracleSubmission, PullFeedAccountData};

use crate::load::account;

const REAL: [&str; 3] = [
    "drift-swbod-pull_feed_account_data",
    "mango4-EtbG8PSDCyCSmDH8RE4Nf2qTV9d6P6zShzHY2XWvjFJf",
    "mrgn-price_rs-swb_pull_get_price_1",
];

fn whole(data: &[u8]) -> PullFeedAccountData {
    bytemuck::pod_read_unaligned(&data[8..LEN])
}

fn result(data: &[u8]) -> CurrentResult {
    let at = 8 + offset_of!(PullFeedAccountData, result);
    bytemuck::pod_read_unaligned(&data[at..at + size_of::<CurrentResult>()])
}

/// The rule for the publish time, written again on the crate's structs.
fn publish_time(feed: &PullFeedAccountData) -> i128 {
    let result = &feed.result;
    let oldest = if result.min_slot == 0 { result.slot } else { result.slot.min(result.min_slot) };
    let newest = result.slot.max(result.max_slot);
    let live = feed.submissions.iter().position(OracleSubmission::is_empty).unwrap_or(32);
    let submissions = &feed.submissions[..live];
    let seen =
        submissions.iter().map(|submission| submission.slot.max(submission.landed_at)).max().unwrap_or(0).max(newest);
    let lag = i128::from(seen - oldest);
    let by_slots = i128::from(feed.last_update_timestamp) - (lag + lag % 2) / 2;
    submissions
        .iter()
        .zip(&feed.submission_timestamps)
        .filter(|(submission, time)| (oldest..=newest).contains(&submission.slot) && **time > 0)
        .map(|(_, time)| i128::from(*time))
        .fold(by_slots, i128::min)
}

/// Ours against the crate's structs, whatever the bytes behind the discriminator are.
fn compare(data: &[u8]) {
    let feed = whole(data);
    assert_eq!(feed.result.value, result(data).value);
    let theirs = &feed.result;
    match parse(data, None) {
        Ok(ours) => {
            assert_eq!(ours.price, theirs.value);
            assert_eq!(i128::try_from(ours.confidence), Ok(theirs.std_dev));
            assert_eq!(Some(ours.slot), theirs.result_slot());
            assert_eq!(i128::from(ours.publish_time), publish_time(&feed).max(i64::MIN.into()));
            assert!(ours.publish_time <= feed.last_update_timestamp);
        }
        Err(OracleError::NoResult) => assert_eq!(theirs.result_slot(), None),
        Err(OracleError::TooFewResponses { .. }) => assert!(theirs.num_samples < feed.min_sample_size.max(1)),
        Err(OracleError::NegativeConfidence) => assert!(theirs.std_dev < 0),
        Err(other) => panic!("{other:?}"),
    }
    assert_eq!(feed_id(Provider::SwitchboardOnDemand, data), Ok(feed.feed_hash));
    assert!(feed.name.starts_with(name(data).unwrap()));
    assert_eq!(last_update_time(data), Ok(feed.last_update_timestamp));
}

#[test]
fn real_accounts() {
    for name in REAL {
        let data = account(name).data;
        compare(&data);
        let observation = parse(&data, None).unwrap();
        // The crate's decimals: the same digits, 18 of them behind the point.
        let value = result(&data).value().unwrap();
        assert_eq!((value.mantissa(), value.scale()), (observation.price, 18), "{name}");
        let std_dev = result(&data).std_dev().unwrap();
        assert_eq!(std_dev.mantissa().unsigned_abs(), observation.confidence, "{name}");
    }
}

#[test]
fn the_crate_agrees_which_samples_are_in_the_result() {
    // Real accounts of that age have no slots of landing, from which the crate derives the set; add them.
    let mut data = account("mrgn-price_rs-swb_pull_get_price_1").data;
    for submission in 0..8 {
        let at = 8 + 64 * submission;
        data.copy_within(at + 32..at + 40, at + 40);
    }
    let feed = whole(&data);
    let slots: Vec<u64> = feed.current_result_samples().iter().map(|(_, submission)| submission.slot).collect();
    assert_eq!(slots.iter().min(), Some(&feed.result.min_slot));
    assert_eq!(slots.iter().max(), Some(&feed.result.max_slot));
    assert_eq!(slots.len(), usize::from(feed.result.num_samples));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_accounts(value: i128, std_dev in 0..=i128::MAX, samples in 1..=32_u8, publish_time in 1..=i64::MAX, slot in 1..=u64::MAX) {
        let data = SwitchboardOnDemandFeed { feed_hash: [1; 32], name: "X", value, std_dev, samples, publish_time, slot }.to_bytes();
        compare(&data);
        let feed = whole(&data);
        prop_assert_eq!(feed.last_update_slot(), slot);
        prop_assert_eq!(feed.result_ts(), publish_time);
        prop_assert_eq!(feed.current_result_ts_range(), (publish_time, publish_time));
        prop_assert_eq!(feed.current_result_samples().len(), usize::from(samples));
    }

    #[test]
    fn damaged_accounts(name in prop::sample::select(&REAL[..]), changes in vec((any::<Index>(), any::<u8>()), 1..40), near: bool) {
        let mut data = account(name).data;
        for (at, byte) in changes {
            let at = if near { 2_200 + at.index(200) } else { 8 + at.index(LEN - 8) };
            data[at] = byte;
        }
        compare(&data);
    }

    /// Submissions, landings and times at random, but near each other.
    #[test]
    fn random_submissions(
        submissions in vec((0..200_u64, 0..300_u64, 0..1_000_i64), 0..=32),
        result in (1..200_u64, 0..200_u64, 0..200_u64),
        last_update in 0..2_000_i64,
    ) {
        let mut data = account(REAL[0]).data;
        for at in 0..32 {
            let (signed, landed, time) = submissions.get(at).copied().unwrap_or_default();
            let submission = 8 + 64 * at;
            data[submission + 32..submission + 40].copy_from_slice(&signed.to_le_bytes());
            data[submission + 40..submission + 48].copy_from_slice(&landed.to_le_bytes());
            data[2_952 + 8 * at..2_960 + 8 * at].copy_from_slice(&time.to_le_bytes());
        }
        for (at, slot) in [(2_368, result.0), (2_376, result.1), (2_384, result.2)] {
            data[at..at + 8].copy_from_slice(&slot.to_le_bytes());
        }
        data[2_216..2_224].copy_from_slice(&last_update.to_le_bytes());
        compare(&data);
    }
}
