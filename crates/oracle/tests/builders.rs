//! What the builders make, the adapters read back.

use ballast_oracle::{
    detect, feed_id, fixtures, parse, programs, pyth_legacy::STATUS_TRADING, switchboard_on_demand, switchboard_v2,
    OracleError, PriceObservation, Provider,
};
use proptest::prelude::*;

const FEED: [u8; 32] = [0xab; 32];

#[test]
fn pyth_pull() {
    let data = fixtures::PythPullUpdate {
        feed_id: FEED,
        price: 2_431_000_000,
        confidence: 1_200_000,
        exponent: -8,
        publish_time: 1_667_900_000,
        previous_publish_time: 1_667_899_999,
        posted_slot: 159_000_000,
    }
    .to_bytes();
    assert_eq!(data.len(), 134);
    let owner = programs::PYTH_RECEIVER;
    assert_eq!(detect(&owner, &data), Some(Provider::PythPull));
    assert_eq!(
        parse(Provider::PythPull, &owner, &data, Some(&FEED)),
        Ok(PriceObservation {
            price: 2_431_000_000,
            confidence: 1_200_000,
            exponent: -8,
            publish_time: 1_667_900_000,
            previous_publish_time: Some(1_667_899_999),
            slot: 159_000_000,
        })
    );
}

#[test]
fn pyth_legacy() {
    let price = fixtures::PythLegacyPrice {
        product: FEED,
        price: 2_431_000_000,
        confidence: 1_200_000,
        exponent: -8,
        status: STATUS_TRADING,
        publish_time: 1_667_900_000,
        previous_publish_time: 1_667_899_999,
        slot: 159_000_000,
    };
    let owner = programs::PYTH_ORACLE;
    assert_eq!(price.to_bytes().len(), 3_312);
    assert_eq!(detect(&owner, &price.to_bytes()), Some(Provider::PythLegacy));
    assert_eq!(
        parse(Provider::PythLegacy, &owner, &price.to_bytes(), Some(&FEED)),
        Ok(PriceObservation {
            price: 2_431_000_000,
            confidence: 1_200_000,
            exponent: -8,
            publish_time: 1_667_900_000,
            previous_publish_time: Some(1_667_899_999),
            slot: 159_000_000,
        })
    );
    let halted = fixtures::PythLegacyPrice { status: 2, ..price };
    assert_eq!(
        parse(Provider::PythLegacy, &owner, &halted.to_bytes(), None),
        Err(OracleError::NotTrading { status: 2 })
    );
}

#[test]
fn switchboard_on_demand() {
    let data = fixtures::SwitchboardOnDemandFeed {
        feed_hash: FEED,
        name: "SOL/USD",
        value: 24_310_000_000_000_000_000,
        std_dev: 12_000_000_000_000_000,
        samples: 3,
        publish_time: 1_667_900_000,
        slot: 159_000_000,
    }
    .to_bytes();
    let owner = programs::SWITCHBOARD_ON_DEMAND;
    assert_eq!(data.len(), 3_208);
    assert_eq!(detect(&owner, &data), Some(Provider::SwitchboardOnDemand));
    assert_eq!(switchboard_on_demand::name(&data), Ok(&b"SOL/USD"[..]));
    assert_eq!(
        parse(Provider::SwitchboardOnDemand, &owner, &data, Some(&FEED)),
        Ok(PriceObservation {
            price: 24_310_000_000_000_000_000,
            confidence: 12_000_000_000_000_000,
            exponent: -18,
            publish_time: 1_667_900_000,
            previous_publish_time: None,
            slot: 159_000_000,
        })
    );
}

#[test]
fn switchboard_v2() {
    let data = fixtures::SwitchboardV2Aggregator {
        jobs_checksum: FEED,
        name: "SOL_USD",
        result: (2_431_000_000, 8),
        std_deviation: (12, 3),
        num_success: 3,
        min_oracle_results: 2,
        round_open_time: 1_667_900_000,
        round_open_slot: 159_000_000,
    }
    .to_bytes();
    let owner = programs::SWITCHBOARD_V2;
    assert_eq!(data.len(), 3_851);
    assert_eq!(detect(&owner, &data), Some(Provider::SwitchboardV2));
    assert_eq!(switchboard_v2::name(&data), Ok(&b"SOL_USD"[..]));
    assert_eq!(
        parse(Provider::SwitchboardV2, &owner, &data, Some(&FEED)),
        Ok(PriceObservation {
            price: 2_431_000_000,
            confidence: 1_200_000,
            exponent: -8,
            publish_time: 1_667_900_000,
            previous_publish_time: None,
            slot: 159_000_000,
        })
    );
}

#[test]
fn a_fixed_price_is_as_old_as_the_question() {
    assert_eq!(
        ballast_oracle::fixed::observe(1, 0, 1_667_900_000, 159_000_000),
        PriceObservation {
            price: 1,
            confidence: 0,
            exponent: 0,
            publish_time: 1_667_900_000,
            previous_publish_time: None,
            slot: 159_000_000,
        }
    );
}

#[test]
fn a_long_name_is_cut() {
    let name = "a name of more than thirty-two bytes in all";
    let feed = fixtures::SwitchboardOnDemandFeed {
        feed_hash: FEED,
        name,
        value: 1,
        std_dev: 0,
        samples: u8::MAX,
        publish_time: 1,
        slot: 1,
    };
    let data = feed.to_bytes();
    assert_eq!(switchboard_on_demand::name(&data), Ok(&name.as_bytes()[..32]));
    // More samples than there are places for: the count stands, the array is full, nothing is written past it.
    assert_eq!(feed_id(Provider::SwitchboardOnDemand, &data), Ok(FEED));
    assert_eq!(parse(Provider::SwitchboardOnDemand, &programs::SWITCHBOARD_ON_DEMAND, &data, None).unwrap().price, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pyth_pull_round_trips(feed_id: [u8; 32], price: i64, confidence: u64, exponent: i32, times: (i64, i64), posted_slot: u64) {
        let (publish_time, previous_publish_time) = times;
        let update = fixtures::PythPullUpdate { feed_id, price, confidence, exponent, publish_time, previous_publish_time, posted_slot };
        let expected = PriceObservation {
            price: price.into(),
            confidence: confidence.into(),
            exponent,
            publish_time,
            previous_publish_time: Some(previous_publish_time),
            slot: posted_slot,
        };
        prop_assert_eq!(parse(Provider::PythPull, &programs::PYTH_RECEIVER, &update.to_bytes(), Some(&feed_id)), Ok(expected));
    }

    #[test]
    fn switchboard_on_demand_round_trips(value: i128, std_dev in 0..=i128::MAX, samples in 1..=u8::MAX, publish_time in 1..=i64::MAX, slot in 1..=u64::MAX) {
        let feed = fixtures::SwitchboardOnDemandFeed { feed_hash: FEED, name: "", value, std_dev, samples, publish_time, slot };
        let expected = PriceObservation {
            price: value,
            confidence: std_dev.unsigned_abs(),
            exponent: -18,
            publish_time,
            previous_publish_time: None,
            slot,
        };
        prop_assert_eq!(parse(Provider::SwitchboardOnDemand, &programs::SWITCHBOARD_ON_DEMAND, &feed.to_bytes(), None), Ok(expected));
    }
}
