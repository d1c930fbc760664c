//! One thing wrong at a time with an account that is otherwise real.

use ballast_oracle::{
    parse, parse_owned_by, programs, OracleError,
    Provider::{self, PythLegacy, PythPull, SwitchboardOnDemand, SwitchboardV2},
};

use crate::load::{account, Account};

const GOOD: [(Provider, &str); 4] = [
    (PythPull, "mrgn-sol_pyth_price_feed"),
    (PythLegacy, "klend-prices-btc_usd"),
    (SwitchboardOnDemand, "mrgn-price_rs-swb_pull_get_price_1"),
    (SwitchboardV2, "solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR"),
];

/// What the account gives after `change`.
fn changed(provider: Provider, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), OracleError> {
    let Account { owner, mut data } = account(name);
    assert!(parse(provider, &owner, &data, None).is_ok());
    change(&mut data);
    parse(provider, &owner, &data, None).map(|_| ())
}

fn write(data: &mut [u8], offset: usize, bytes: &[u8]) {
    data[offset..offset + bytes.len()].copy_from_slice(bytes);
}

#[test]
fn foreign_owners() {
    for (provider, name) in GOOD {
        let dump = account(name);
        for program in &programs::KNOWN {
            let accepted = provider.default_owners().contains(&program.id);
            let expected = if accepted { Ok(()) } else { Err(OracleError::WrongOwner) };
            let parsed = parse(provider, &program.id, &dump.data, None).map(|_| ());
            assert_eq!(parsed, expected, "{name} owned by {}", program.name);
        }
        for byte in 0..32 {
            let mut owner = dump.owner;
            owner[byte] ^= 0x80;
            assert_eq!(parse(provider, &owner, &dump.data, None), Err(OracleError::WrongOwner));
        }
        let nobody = parse_owned_by(provider, &[], &dump.owner, &dump.data, None);
        assert_eq!(nobody, Err(OracleError::WrongOwner));
    }
}

#[test]
fn the_owner_is_looked_at_before_the_bytes() {
    for (provider, _) in GOOD {
        assert_eq!(parse(provider, &[7; 32], &[], None), Err(OracleError::WrongOwner));
    }
}

#[test]
fn an_owner_can_be_added() {
    let dump = account("mrgn-sol_pyth_price_feed");
    let moved = [7; 32];
    let owners = [programs::PYTH_RECEIVER, moved];
    for owner in owners {
        assert!(parse_owned_by(PythPull, &owners, &owner, &dump.data, None).is_ok());
    }
}

#[test]
fn truncated_at_every_length() {
    for (provider, name) in GOOD {
        let dump = account(name);
        for len in 0..dump.data.len() {
            let parsed = parse(provider, &dump.owner, &dump.data[..len], None);
            assert_eq!(parsed, Err(OracleError::Truncated), "{name} cut to {len}");
            let about = ballast_oracle::feed_id(provider, &dump.data[..len]);
            assert_eq!(about, Err(OracleError::Truncated), "{name} cut to {len}");
        }
    }
}

#[test]
fn longer_is_fine() {
    for (provider, name) in GOOD {
        assert_eq!(changed(provider, name, |data| data.extend([0xee; 64])), Ok(()));
    }
}

#[test]
fn every_corruption_of_a_discriminator() {
    for (provider, name) in GOOD {
        let tag = if provider == PythLegacy { 4 } else { 8 };
        let mut dump = account(name);
        for at in 0..tag {
            let right = dump.data[at];
            for wrong in (0..=u8::MAX).filter(|&byte| byte != right) {
                dump.data[at] = wrong;
                let parsed = parse(provider, &dump.owner, &dump.data, None);
                assert_eq!(parsed, Err(OracleError::WrongAccountType), "{name}, byte {at} = {wrong}");
            }
            dump.data[at] = right;
        }
    }
}

#[test]
fn one_providers_account_is_anothers_wrong_type() {
    for (provider, _) in GOOD {
        for (other, name) in GOOD {
            if other != provider {
                let dump = account(name);
                let parsed = parse_owned_by(provider, &[dump.owner], &dump.owner, &dump.data, None);
                assert_eq!(parsed, Err(OracleError::WrongAccountType), "{name} as {provider}");
            }
        }
    }
}

#[test]
fn a_fixed_price_has_no_account() {
    assert_eq!(parse(Provider::Fixed, &[7; 32], &[], None), Err(OracleError::NoAccount));
    for (_, name) in GOOD {
        let dump = account(name);
        let parsed = parse_owned_by(Provider::Fixed, &[dump.owner], &dump.owner, &dump.data, None);
        assert_eq!(parsed, Err(OracleError::NoAccount));
        assert_eq!(ballast_oracle::feed_id(Provider::Fixed, &dump.data), Err(OracleError::NoAccount));
    }
}

#[test]
fn pyth_pull_verification() {
    let name = "mrgn-sol_pyth_price_feed";
    for level in 2..=u8::MAX {
        let refused = changed(PythPull, name, |data| data[40] = level);
        assert_eq!(refused, Err(OracleError::BadVerificationLevel { tag: level }));
    }
    // As the receiver writes it: the count of signatures pushes everything behind it by one byte.
    for signatures in 0..=u8::MAX {
        let refused = changed(PythPull, name, |data| {
            data.pop();
            data[40] = 0;
            data.insert(41, signatures);
        });
        assert_eq!(refused, Err(OracleError::PartialVerification { signatures }));
    }
}

#[test]
fn pyth_legacy_header() {
    let name = "klend-prices-btc_usd";
    for version in [0, 1, 3, u32::MAX] {
        let refused = changed(PythLegacy, name, |data| write(data, 4, &version.to_le_bytes()));
        assert_eq!(refused, Err(OracleError::BadVersion { version }));
    }
    for account_type in [0_u32, 1, 2, 4, 5, 0x0300_0000, u32::MAX] {
        let refused = changed(PythLegacy, name, |data| write(data, 8, &account_type.to_le_bytes()));
        assert_eq!(refused, Err(OracleError::WrongAccountType));
    }
    for price_type in [0, 2, 0x0100_0000, u32::MAX] {
        let refused = changed(PythLegacy, name, |data| write(data, 16, &price_type.to_le_bytes()));
        assert_eq!(refused, Err(OracleError::WrongPriceType { price_type }));
    }
}

#[test]
fn pyth_legacy_status() {
    for status in [0, 2, 3, 4, 5, 0x101, u32::MAX] {
        let refused = changed(PythLegacy, "klend-prices-btc_usd", |data| write(data, 224, &status.to_le_bytes()));
        assert_eq!(refused, Err(OracleError::NotTrading { status }));
    }
}

#[test]
fn pyth_legacy_previous_time_that_cannot_be_one() {
    let Account { owner, mut data } = account("klend-prices-btc_usd");
    let publish_time = 1_718_285_577;
    for (previous, reported) in [
        (publish_time, Some(publish_time)),
        (1, Some(1)),
        (publish_time + 1, None),
        (0, None),
        (-1, None),
        (i64::MIN, None),
        (i64::MAX, None),
    ] {
        write(&mut data, 200, &i64::to_le_bytes(previous));
        let observation = parse(PythLegacy, &owner, &data, None).unwrap();
        assert_eq!(observation.previous_publish_time, reported);
        assert_eq!(observation.publish_time, publish_time);
    }
}

#[test]
fn switchboard_on_demand_result() {
    let name = "mrgn-price_rs-swb_pull_get_price_1";
    let change = |offset, bytes: &[u8]| changed(SwitchboardOnDemand, name, |data| write(data, offset, bytes));
    assert_eq!(change(2_368, &[0; 8]), Err(OracleError::NoResult));
    assert_eq!(change(2_360, &[0]), Err(OracleError::TooFewResponses { actual: 0, required: 1 }));
    assert_eq!(change(2_215, &[3]), Err(OracleError::TooFewResponses { actual: 2, required: 3 }));
    assert_eq!(change(2_215, &[2]), Ok(()));
    // A minimum of 0 still means that somebody answered.
    let nobody = changed(SwitchboardOnDemand, name, |data| {
        data[2_215] = 0;
        data[2_360] = 0;
    });
    assert_eq!(nobody, Err(OracleError::TooFewResponses { actual: 0, required: 1 }));
    assert_eq!(change(2_280, &(-1_i128).to_le_bytes()), Err(OracleError::NegativeConfidence));
}

#[test]
fn switchboard_v2_round() {
    let by_round = "solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR";
    let sliding = "klend-switchboard-kUSDH-USDC_orca";
    let change = |name, offset, bytes: &[u8]| changed(SwitchboardV2, name, |data| write(data, offset, bytes));
    for name in [by_round, sliding] {
        assert_eq!(change(name, 350, &[0; 8]), Err(OracleError::NoResult));
        assert_eq!(change(name, 386, &(-1_i128).to_le_bytes()), Err(OracleError::NegativeConfidence));
        assert_eq!(change(name, 382, &29_u32.to_le_bytes()), Err(OracleError::BadScale { scale: 29 }));
        assert_eq!(change(name, 402, &u32::MAX.to_le_bytes()), Err(OracleError::BadScale { scale: u32::MAX }));
    }
    // Three oracles answered where two must; with sliding resolution one is enough, whatever the minimum says.
    assert_eq!(change(by_round, 236, &3_u32.to_le_bytes()), Ok(()));
    assert_eq!(
        change(by_round, 236, &4_u32.to_le_bytes()),
        Err(OracleError::TooFewResponses { actual: 3, required: 4 })
    );
    assert_eq!(change(sliding, 236, &9_u32.to_le_bytes()), Ok(()));
    assert_eq!(
        change(sliding, 341, &0_u32.to_le_bytes()),
        Err(OracleError::TooFewResponses { actual: 0, required: 1 })
    );
}

#[test]
fn switchboard_v2_deviation_is_brought_to_the_results_scale() {
    let Account { owner, mut data } = account("solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR");
    let mut with = |mantissa: i128, scale: u32| {
        write(&mut data, 386, &mantissa.to_le_bytes());
        write(&mut data, 402, &scale.to_le_bytes());
        parse(SwitchboardV2, &owner, &data, None).map(|observation| observation.confidence)
    };
    assert_eq!(with(123, 8), Ok(123));
    assert_eq!(with(123, 6), Ok(12_300));
    assert_eq!(with(12_300, 10), Ok(123));
    assert_eq!(with(12_301, 10), Ok(124));
    assert_eq!(with(1, 28), Ok(1));
    assert_eq!(with(0, 28), Ok(0));
    assert_eq!(with(i128::MAX, 8), Ok(i128::MAX.unsigned_abs()));
    assert_eq!(with(i128::MAX, 7), Err(OracleError::BadScale { scale: 7 }));
}

#[test]
fn zero_and_negative_prices_are_reported_for_the_judge_to_drop() {
    for (provider, offset) in [(PythPull, 73), (PythLegacy, 208), (SwitchboardOnDemand, 2_264), (SwitchboardV2, 366)] {
        let name = GOOD.iter().find(|(good, _)| *good == provider).unwrap().1;
        let width = if offset == 73 || offset == 208 { 8 } else { 16 };
        for price in [0_i128, -1] {
            let Account { owner, mut data } = account(name);
            write(&mut data, offset, &price.to_le_bytes()[..width]);
            assert_eq!(parse(provider, &owner, &data, None).unwrap().price, price, "{name}");
        }
    }
}

#[test]
fn codes_are_stable() {
    let errors = [
        (OracleError::WrongOwner, 1500, "WrongOwner"),
        (OracleError::NoAccount, 1501, "NoAccount"),
        (OracleError::Truncated, 1502, "Truncated"),
        (OracleError::WrongAccountType, 1503, "WrongAccountType"),
        (OracleError::BadVersion { version: 1 }, 1504, "BadVersion"),
        (OracleError::WrongFeedId, 1505, "WrongFeedId"),
        (OracleError::PartialVerification { signatures: 1 }, 1506, "PartialVerification"),
        (OracleError::BadVerificationLevel { tag: 2 }, 1507, "BadVerificationLevel"),
        (OracleError::WrongPriceType { price_type: 0 }, 1508, "WrongPriceType"),
        (OracleError::NotTrading { status: 0 }, 1509, "NotTrading"),
        (OracleError::NoResult, 1510, "NoResult"),
        (OracleError::TooFewResponses { actual: 0, required: 1 }, 1511, "TooFewResponses"),
        (OracleError::NegativeConfidence, 1512, "NegativeConfidence"),
        (OracleError::BadScale { scale: 29 }, 1513, "BadScale"),
    ];
    for (error, code, name) in errors {
        assert_eq!((error.code(), error.name()), (code, name));
        assert!(!error.to_string().is_empty());
    }
}
