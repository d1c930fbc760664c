//! Against `pyth-solana-receiver-sdk`.

use anchor_lang::AccountDeserialize;
use ballast_oracle::{feed_id, fixtures::PythPullUpdate, pyth_pull::parse, OracleError, PriceObservation, Provider};
use proptest::{collection::vec, prelude::*, sample::Index};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};

use crate::load::account;

/// What the provider's crate reads; `Err` as ours would say it.
fn reference(data: &[u8]) -> Option<Result<PriceObservation, OracleError>> {
    let update = PriceUpdateV2::try_deserialize(&mut &*data).ok()?;
    if let VerificationLevel::Partial { num_signatures } = update.verification_level {
        return Some(Err(OracleError::PartialVerification { signatures: num_signatures }));
    }
    // By the crate's own accessor, which also looks at the feed.
    let price = update.get_price_unchecked(&update.price_message.feed_id).ok()?;
    Some(Ok(PriceObservation {
        price: price.price.into(),
        confidence: price.conf.into(),
        exponent: price.exponent,
        publish_time: price.publish_time,
        previous_publish_time: Some(update.price_message.prev_publish_time),
        slot: update.posted_slot,
    }))
}

const REAL: [&str; 9] = [
    "solend-5CKzb9j4ChgLUt8Gfm5CNGLN6khXKiqMbnGAW4cgXgxK",
    "mango4-7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE",
    "mrgn-sol_pyth_price_feed",
    "mrgn-price_rs-pyth_pull_get_price",
    "drift-liqtests-usdc_oracle_str-5c60d9",
    "drift-liqtests-sol_oracle_str-777722",
    "drift-liqtests-usdc_oracle_str-978b55",
    "drift-liqtests-sol_oracle_str-184b8c",
    "drift-liqtests-btc_oracle_str-45f592",
];

#[test]
fn real_accounts() {
    for name in REAL {
        let data = account(name).data;
        assert_eq!(Some(parse(&data, None)), reference(&data), "{name}");
        let update = PriceUpdateV2::try_deserialize(&mut &data[..]).unwrap();
        assert_eq!(feed_id(Provider::PythPull, &data), Ok(update.price_message.feed_id), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_accounts(feed_id: [u8; 32], price: i64, confidence: u64, exponent: i32, times: (i64, i64), posted_slot: u64) {
        let (publish_time, previous_publish_time) = times;
        let data = PythPullUpdate { feed_id, price, confidence, exponent, publish_time, previous_publish_time, posted_slot }.to_bytes();
        prop_assert!(parse(&data, Some(&feed_id)).is_ok());
        prop_assert_eq!(Some(parse(&data, None)), reference(&data));
    }

    /// Where the crate refuses, so do we; where it reads, we read the same. It also reads an account that lacks the
    /// last byte, which the receiver never makes.
    #[test]
    fn damaged_accounts(name in prop::sample::select(&REAL[..]), changes in vec((any::<Index>(), any::<u8>()), 1..8), cut in 0..3_usize) {
        let mut data = account(name).data;
        for (at, byte) in changes {
            let at = at.index(data.len());
            data[at] = byte;
        }
        data.truncate(data.len() - cut);
        match (parse(&data, None), reference(&data)) {
            (Err(OracleError::Truncated), _) => prop_assert!(cut > 0),
            (ours, Some(theirs)) => prop_assert_eq!(ours, theirs),
            (ours, None) => prop_assert!(ours.is_err()),
        }
    }
}
