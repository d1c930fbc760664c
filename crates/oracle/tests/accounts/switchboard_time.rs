//! Switchboard On-Demand: a result never looks younger than the oldest sample in it.

use ballast_oracle::switchboard_on_demand::{last_update_time, parse};

use crate::load::account;

const LAST_UPDATE: i64 = 1_723_244_190;
/// Newest of the eight submissions, and the newer of the two in the result.
const NEWEST: u64 = 282_612_970;

const LAST_UPDATE_AT: usize = 2_216;
const SLOT: usize = 2_368;
const MIN_SLOT: usize = 2_376;
const MAX_SLOT: usize = 2_384;

/// A real feed: eight submissions over 1,700 slots, without slots of landing or times of signing.
struct Feed(Vec<u8>);

impl Feed {
    fn real() -> Self {
        Self(account("mrgn-price_rs-swb_pull_get_price_1").data)
    }

    fn with(mut self, offset: usize, value: u64) -> Self {
        self.0[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// The result rests on samples signed in these slots.
    fn result(self, slot: u64, oldest: u64, newest: u64) -> Self {
        self.with(SLOT, slot).with(MIN_SLOT, oldest).with(MAX_SLOT, newest)
    }

    fn signed_at(self, submission: usize, time: i64) -> Self {
        self.with(2_952 + 8 * submission, u64::from_le_bytes(time.to_le_bytes()))
    }

    fn signed_in_slot(self, submission: usize, slot: u64) -> Self {
        self.with(8 + 64 * submission + 32, slot)
    }

    fn landed_in_slot(self, submission: usize, slot: u64) -> Self {
        self.with(8 + 64 * submission + 40, slot)
    }

    fn publish_time(&self) -> i64 {
        parse(&self.0, None).unwrap().publish_time
    }
}

#[test]
fn signed_together_and_landed_at_once_is_the_update_time() {
    let feed = Feed::real().result(NEWEST, NEWEST, NEWEST);
    assert_eq!(feed.publish_time(), LAST_UPDATE);
    assert_eq!(last_update_time(&feed.0), Ok(LAST_UPDATE));
}

#[test]
fn every_two_slots_behind_are_a_second() {
    for (behind, seconds) in [(1, 1), (2, 1), (3, 2), (150, 75), (512, 256)] {
        let feed = Feed::real().result(NEWEST - behind, NEWEST - behind, NEWEST - behind);
        assert_eq!(feed.publish_time(), LAST_UPDATE - seconds, "{behind} slots");
    }
}

#[test]
fn the_oldest_sample_dates_the_result() {
    let feed = Feed::real().result(NEWEST, NEWEST - 150, NEWEST);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 75);
    // Even if the account should claim otherwise of the sample that became the value.
    let feed = Feed::real().result(NEWEST - 150, NEWEST, NEWEST);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 75);
}

#[test]
fn landing_another_submission_does_not_freshen_an_old_result() {
    let old = Feed::real().result(NEWEST, NEWEST, NEWEST);
    let old_time = old.publish_time();
    // 100 slots and 40 seconds later somebody lands one more submission; the result stays.
    let signed = old
        .signed_in_slot(2, NEWEST + 95)
        .landed_in_slot(2, NEWEST + 100)
        .with(LAST_UPDATE_AT, LAST_UPDATE.unsigned_abs() + 40);
    assert!(signed.publish_time() <= old_time);
    assert_eq!(signed.publish_time(), LAST_UPDATE + 40 - 50);
}

#[test]
fn landing_late_does_not_freshen_either() {
    let feed = Feed::real().result(NEWEST, NEWEST, NEWEST).landed_in_slot(5, NEWEST + 60);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 30);
}

#[test]
fn times_of_signing_bind_when_there_are_any() {
    // The two samples in the result are those at 5 and 7.
    let feed = || Feed::real().result(NEWEST, NEWEST - 150, NEWEST);
    assert_eq!(feed().signed_at(5, LAST_UPDATE - 100).publish_time(), LAST_UPDATE - 100);
    assert_eq!(feed().signed_at(7, LAST_UPDATE - 300).publish_time(), LAST_UPDATE - 300);
    let both = feed().signed_at(5, LAST_UPDATE - 100).signed_at(7, LAST_UPDATE - 300);
    assert_eq!(both.publish_time(), LAST_UPDATE - 300);
    // They only ever make it older.
    assert_eq!(feed().signed_at(5, LAST_UPDATE + 500).publish_time(), LAST_UPDATE - 75);
}

#[test]
fn times_of_samples_outside_of_the_result_do_not_count() {
    // The first submission was signed 444 slots before the newest.
    let feed = Feed::real().result(NEWEST, NEWEST - 150, NEWEST).signed_at(0, 1_000);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 75);
    // Nor does what stands behind the last submission.
    let feed = Feed::real()
        .result(NEWEST, NEWEST - 150, NEWEST)
        .signed_at(8, 1_000)
        .signed_at(31, 1_000)
        .signed_in_slot(31, NEWEST);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 75);
}

#[test]
fn zero_and_negative_times_of_signing_are_absent() {
    let feed = Feed::real().result(NEWEST, NEWEST, NEWEST).signed_at(5, -5).signed_at(7, 0);
    assert_eq!(feed.publish_time(), LAST_UPDATE);
}

#[test]
fn without_an_oldest_slot_the_values_own_stands_for_it() {
    let feed = Feed::real().result(NEWEST - 10, 0, 0);
    assert_eq!(feed.publish_time(), LAST_UPDATE - 5);
}

#[test]
fn impossible_slots_are_far_in_the_past_and_never_in_the_future() {
    let feed = Feed::real().result(1, 1, u64::MAX);
    assert!(feed.publish_time() < -1_000_000_000_000);
    let feed = Feed::real().result(u64::MAX, u64::MAX, u64::MAX);
    assert_eq!(feed.publish_time(), LAST_UPDATE);
    let feed = Feed::real()
        .result(NEWEST, 1, NEWEST)
        .landed_in_slot(0, u64::MAX)
        .with(LAST_UPDATE_AT, i64::MIN.unsigned_abs());
    assert_eq!(feed.publish_time(), i64::MIN);
}
