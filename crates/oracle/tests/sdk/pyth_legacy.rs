//! Against `pyth-sdk-solana`.
//!
//! That crate casts bytes to a struct with Rust enums in it, so it is only ever given bytes whose enums are valid, and
//! at an address aligned for it.

use ballast_oracle::{
    feed_id,
    fixtures::PythLegacyPrice,
    pyth_legacy::{parse, LEN},
    OracleError, PriceObservation, Provider,
};
use proptest::{collection::vec, prelude::*, sample::Index};
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};

use crate::load::account;

/// Calls `read` with a copy of `data` at an address that is a multiple of eight.
fn aligned<T>(data: &[u8], read: impl FnOnce(&[u8]) -> T) -> T {
    let mut words = vec![0_u64; data.len().div_ceil(8)];
    let bytes = bytemuck::cast_slice_mut(&mut words);
    bytes[..data.len()].copy_from_slice(data);
    read(&bytes[..data.len()])
}

/// What the provider's crate reads; `None` where it refuses.
fn reference(data: &[u8]) -> Option<Result<PriceObservation, OracleError>> {
    aligned(data, |data| {
        let account: &SolanaPriceAccount = load_price_account(data).ok()?;
        if account.agg.status != PriceStatus::Trading {
            return Some(Err(OracleError::NotTrading { status: u32::from(account.agg.status as u8) }));
        }
        let price = account.to_price_feed(&Default::default()).get_price_unchecked();
        let previous = account.prev_timestamp;
        Some(Ok(PriceObservation {
            price: price.price.into(),
            confidence: price.conf.into(),
            exponent: price.expo,
            publish_time: price.publish_time,
            previous_publish_time: Some(previous).filter(|&previous| previous > 0 && previous <= price.publish_time),
            slot: account.agg.pub_slot,
        }))
    })
}

const REAL: [&str; 12] = [
    "solend-J83w4HKfqxwcq3BEMMkPFSppX3gqekLyLJBexebFVkix",
    "solend-992moaMQKs32GKZ9dxi8keyM2bUmbrwBZpK4p2K6X5Vs",
    "mango4-Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD",
    "klend-prices-Bt1hEbY62aMriY1SyQqbeZbm8VmSbQVGBFzSzMuVNWzN",
    "klend-prices-E4v1BBgoso9s64TQvmyownAVJbhbEPGyzA3qn4n46qj9",
    "klend-prices-H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG",
    "klend-prices-btc_usd",
    "klend-prices-stsol-15usd",
    "klend-prices-stsol-20usd",
    "klend-prices-usdc-1usd",
    "klend-prices-usdt_usd",
    "mrgn-sol_pyth_oracle-2025-04",
];

#[test]
fn real_accounts() {
    for name in REAL {
        let data = account(name).data;
        assert_eq!(Some(parse(&data, None)), reference(&data), "{name}");
        let product = aligned(&data, |data| load_price_account::<32, ()>(data).unwrap().prod.to_bytes());
        assert_eq!(feed_id(Provider::PythLegacy, &data), Ok(product), "{name}");
    }
}

#[test]
fn product_accounts_are_refused_by_both() {
    let data = account("solend-3Mnn2fX6rQyUsyELYms1sBJyChWofzSNRoqYzvgMVz5E").data;
    assert_eq!(reference(&data), None);
    assert_eq!(parse(&data, None), Err(OracleError::WrongAccountType));
}

#[test]
fn cut_accounts_are_refused_by_both() {
    let data = account("klend-prices-btc_usd").data;
    for len in (0..LEN).step_by(97) {
        assert_eq!(reference(&data[..len]), None);
        assert_eq!(parse(&data[..len], None), Err(OracleError::Truncated));
    }
}

/// Places that are Rust enums in the crate's struct: price type, and status and corporate action of the aggregate and
/// of 32 publishers' two prices.
fn is_enum(at: usize) -> bool {
    let in_component = at.checked_sub(240).map(|at| at % 96);
    (16..20).contains(&at)
        || (224..232).contains(&at)
        || in_component.is_some_and(|at| (48..56).contains(&at) || (80..88).contains(&at))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_accounts(product: [u8; 32], price: i64, confidence: u64, exponent: i32, status in 0..5_u32, times: (i64, i64), slot: u64) {
        let (publish_time, previous_publish_time) = times;
        let data = PythLegacyPrice { product, price, confidence, exponent, status, publish_time, previous_publish_time, slot }.to_bytes();
        prop_assert_eq!(Some(parse(&data, None)), reference(&data));
    }

    #[test]
    fn damaged_accounts(name in prop::sample::select(&REAL[..]), changes in vec((any::<Index>(), any::<u8>()), 1..8), near: bool) {
        let mut data = account(name).data;
        for (at, byte) in changes {
            // Half of the cases damage the part that is read.
            let at = at.index(if near { 240 } else { data.len() });
            if !is_enum(at) {
                data[at] = byte;
            }
        }
        match reference(&data) {
            Some(theirs) => prop_assert_eq!(parse(&data, None), theirs),
            None => prop_assert!(parse(&data, None).is_err()),
        }
    }
}
