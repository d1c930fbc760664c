//! Against what is right in `switchboard-solana`: its decimal. And a watch on what is wrong: its account struct.

use ballast_oracle::{fixtures::SwitchboardV2Aggregator, switchboard_v2::parse};
use core::mem::{offset_of, size_of};
use proptest::prelude::*;
use switchboard_solana::{rust_decimal::Decimal, AggregatorAccountData, AnchorDeserialize, SwitchboardDecimal};

use crate::load::{account, Account};

const REAL: [(&str, &str); 3] = [
    ("klend-switchboard-2bpwkRWDEXHWYNBDddKssz6te82zCqwLR8qhR2acUtep", "614.48449757"),
    ("klend-switchboard-kUSDH-USDC_orca", "1.00976662"),
    ("solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR", "81.29742876"),
];

/// Offsets on chain, behind the discriminator.
const LATEST_CONFIRMED_ROUND: usize = 333;
const RESULT: usize = 8 + LATEST_CONFIRMED_ROUND + 25;
const STD_DEVIATION: usize = RESULT + 20;

fn decimal(data: &[u8], at: usize) -> SwitchboardDecimal {
    SwitchboardDecimal::deserialize(&mut &data[at..at + 20]).unwrap()
}

#[test]
fn real_accounts() {
    for (name, shown) in REAL {
        let Account { owner, data } = account(name);
        assert_eq!(owner, switchboard_solana::ID.to_bytes());
        let ours = parse(&data, None).unwrap();
        let theirs: Decimal = decimal(&data, RESULT).try_into().unwrap();
        assert_eq!(theirs.to_string(), shown);
        assert_eq!((ours.price, -ours.exponent), (theirs.mantissa(), i32::try_from(theirs.scale()).unwrap()), "{name}");
        // Their conversion rounds down, ours up.
        let deviation = decimal(&data, STD_DEVIATION);
        let down = deviation.scale_to(theirs.scale());
        let exact = SwitchboardDecimal::new(down, theirs.scale()).scale_to(deviation.scale) == { deviation.mantissa };
        assert_eq!(ours.confidence, (down + i128::from(!exact)).unsigned_abs(), "{name}");
    }
}

/// The struct is packed without a declared order, so the compiler may reorder its fields, and does. If this test
/// fails, a release or a compiler has put them where the chain has them: then the struct can be trusted, compare it
/// with ours here, and only then think of using it.
#[test]
fn the_account_struct_still_reads_garbage() {
    let name = offset_of!(AggregatorAccountData, name);
    let round = offset_of!(AggregatorAccountData, latest_confirmed_round);
    assert_ne!((name, round), (0, LATEST_CONFIRMED_ROUND));
    // The size is right, which is why nothing else notices.
    assert_eq!(8 + size_of::<AggregatorAccountData>(), ballast_oracle::switchboard_v2::LEN);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn built_accounts(result in (any::<i64>(), 0..=28_u32), std_deviation in (0..=i64::MAX, 0..=9_u32), time: i64, slot in 1..=u64::MAX) {
        let data = SwitchboardV2Aggregator {
            jobs_checksum: [1; 32],
            name: "X",
            result: (result.0.into(), result.1),
            std_deviation: (std_deviation.0.into(), std_deviation.1),
            num_success: 2,
            min_oracle_results: 2,
            round_open_time: time,
            round_open_slot: slot,
        }
        .to_bytes();
        let ours = parse(&data, None);
        let theirs: Decimal = decimal(&data, RESULT).try_into().unwrap();
        let deviation = decimal(&data, STD_DEVIATION);
        // A deviation that does not fit 128 bits at the result's scale is refused.
        let factor = 10_i128.pow(result.1.saturating_sub(std_deviation.1));
        let Some(_) = i128::from(std_deviation.0).checked_mul(factor) else {
            return Ok(());
        };
        let ours = ours.unwrap();
        prop_assert_eq!((ours.price, ours.exponent.unsigned_abs()), (theirs.mantissa(), theirs.scale()));
        // Their conversion rounds down, ours up.
        let down = deviation.scale_to(result.1);
        let lost = 10_i128.pow(std_deviation.1.saturating_sub(result.1));
        let exact = std_deviation.1 <= result.1 || down * lost == i128::from(std_deviation.0);
        prop_assert_eq!(ours.confidence, (down + i128::from(!exact)).unsigned_abs());
        prop_assert_eq!((ours.publish_time, ours.slot), (time, slot));
    }
}
