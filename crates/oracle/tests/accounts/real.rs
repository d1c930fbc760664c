//! Every dumped account decodes to exactly what its bytes say, or is refused for exactly what is wrong with it.
//!
//! The integers below were read from the bytes by a separate script; `printed` are the rounded figures that came with
//! the dumps (`tests/fixtures/SOURCES.md`).

use ballast_oracle::{
    parse, parse_owned_by, programs, OracleError, PriceObservation,
    Provider::{self, PythLegacy, PythPull, SwitchboardOnDemand, SwitchboardV2},
};
use std::{collections::BTreeSet, fs};

use crate::load::{account, directory};

/// An account that is a price.
struct Price {
    name: &'static str,
    provider: Provider,
    owners: &'static [[u8; 32]],
    /// Price and confidence.
    mantissas: (i128, u128),
    exponent: i32,
    /// Publish time and the one before.
    times: (i64, Option<i64>),
    slot: u64,
    /// Price and confidence, rounded. No confidence: the source states none.
    printed: (&'static str, Option<&'static str>),
}

/// An account that is none.
struct Refused {
    name: &'static str,
    provider: Provider,
    /// By the provider's own owners.
    error: OracleError,
    /// With the account's owner accepted.
    behind: OracleError,
}

const PULL: &[[u8; 32]] = PythPull.default_owners();
const LEGACY: &[[u8; 32]] = PythLegacy.default_owners();
const DEVNET: &[[u8; 32]] = &[programs::PYTH_ORACLE_DEVNET];
const ON_DEMAND: &[[u8; 32]] = SwitchboardOnDemand.default_owners();
const V2: &[[u8; 32]] = SwitchboardV2.default_owners();

#[rustfmt::skip]
const PRICES: [Price; 21] = [
    Price { name: "solend-5CKzb9j4ChgLUt8Gfm5CNGLN6khXKiqMbnGAW4cgXgxK", provider: PythPull, owners: PULL,
        mantissas: (16_197_302_717, 57_359_974), exponent: -8, times: (1_719_290_233, Some(1_719_290_232)),
        slot: 273_859_327, printed: ("161.97303", Some("0.574")) },
    Price { name: "mango4-7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE", provider: PythPull, owners: PULL,
        mantissas: (14_061_593_700, 13_793_699), exponent: -8, times: (1_720_533_480, Some(1_720_533_480)),
        slot: 276_582_011, printed: ("140.61594", Some("0.138")) },
    Price { name: "mrgn-sol_pyth_price_feed", provider: PythPull, owners: PULL,
        mantissas: (21_568_137_069, 20_134_469), exponent: -8, times: (1_735_984_087, Some(1_735_984_087)),
        slot: 311_798_332, printed: ("215.68137", Some("0.201")) },
    Price { name: "mrgn-price_rs-pyth_pull_get_price", provider: PythPull, owners: PULL,
        mantissas: (348_669, 357), exponent: -10, times: (1_753_267_241, Some(1_753_267_241)),
        slot: 355_193_688, printed: ("0.0000348669", Some("0.0000000357")) },
    Price { name: "mango4-Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD", provider: PythLegacy, owners: LEGACY,
        mantissas: (100_000_750, 24_249), exponent: -8, times: (1_701_981_042, Some(1_701_981_041)),
        slot: 234_590_446, printed: ("1.0000075", Some("0.000242")) },
    Price { name: "klend-prices-Bt1hEbY62aMriY1SyQqbeZbm8VmSbQVGBFzSzMuVNWzN", provider: PythLegacy, owners: LEGACY,
        mantissas: (2_791_272_871, 6_628_368), exponent: -8, times: (1_690_737_987, Some(1_690_737_987)),
        slot: 208_451_689, printed: ("27.912729", Some("0.0663")) },
    Price { name: "klend-prices-E4v1BBgoso9s64TQvmyownAVJbhbEPGyzA3qn4n46qj9", provider: PythLegacy, owners: LEGACY,
        mantissas: (2_755_500_000, 10_722_000), exponent: -8, times: (1_690_795_691, Some(1_690_795_691)),
        slot: 208_584_371, printed: ("27.555", Some("0.107")) },
    Price { name: "klend-prices-H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG", provider: PythLegacy, owners: LEGACY,
        mantissas: (2_495_335_717, 2_126_633), exponent: -8, times: (1_690_737_765, Some(1_690_737_765)),
        slot: 208_451_177, printed: ("24.953357", Some("0.0213")) },
    Price { name: "klend-prices-btc_usd", provider: PythLegacy, owners: LEGACY,
        mantissas: (6_808_417_732_800, 10_143_756_338), exponent: -8, times: (1_718_285_577, Some(1_718_285_575)),
        slot: 271_606_873, printed: ("68084.177", Some("101")) },
    Price { name: "klend-prices-stsol-15usd", provider: PythLegacy, owners: LEGACY,
        mantissas: (1_500_000_000, 0), exponent: -8, times: (1_692_617_656, Some(1_692_617_653)),
        slot: 212_746_161, printed: ("15", Some("0")) },
    Price { name: "klend-prices-stsol-20usd", provider: PythLegacy, owners: LEGACY,
        mantissas: (2_000_000_000, 6_639_655), exponent: -8, times: (1_691_711_531, Some(1_691_711_530)),
        slot: 210_677_745, printed: ("20", Some("0.0664")) },
    Price { name: "klend-prices-usdc-1usd", provider: PythLegacy, owners: LEGACY,
        mantissas: (100_000_000, 71_317), exponent: -8, times: (1_691_069_431, Some(1_691_069_431)),
        slot: 209_207_289, printed: ("1", Some("0.000713")) },
    Price { name: "klend-prices-usdt_usd", provider: PythLegacy, owners: LEGACY,
        mantissas: (99_991_817, 27_317), exponent: -8, times: (1_718_285_698, Some(1_718_285_697)),
        slot: 271_607_131, printed: ("0.99991817", Some("0.000273")) },
    Price { name: "solend-992moaMQKs32GKZ9dxi8keyM2bUmbrwBZpK4p2K6X5Vs", provider: PythLegacy, owners: DEVNET,
        mantissas: (27_293_073, 83_372), exponent: -8, times: (1_669_049_331, Some(1_669_049_331)),
        slot: 177_088_061, printed: ("0.27293073", Some("0.000834")) },
    // From before the format had times: 0, and where the previous time is today another number that cannot be one.
    Price { name: "solend-J83w4HKfqxwcq3BEMMkPFSppX3gqekLyLJBexebFVkix", provider: PythLegacy, owners: DEVNET,
        mantissas: (32_112_500_000, 30_000_000), exponent: -9, times: (0, None),
        slot: 64_338_668, printed: ("32.1125", Some("0.03")) },
    Price { name: "drift-swbod-pull_feed_account_data", provider: SwitchboardOnDemand, owners: ON_DEMAND,
        mantissas: (169_350_629_070_000_000_000, 0), exponent: -18, times: (1_721_424_896, None),
        slot: 278_512_404, printed: ("169.35063", None) },
    Price { name: "mango4-EtbG8PSDCyCSmDH8RE4Nf2qTV9d6P6zShzHY2XWvjFJf", provider: SwitchboardOnDemand, owners: ON_DEMAND,
        mantissas: (61_200_109_991_665_549_598_697, 0), exponent: -18, times: (1_719_316_602, None),
        slot: 308_096_492, printed: ("61200.11", None) },
    // Updated at 1723244190; of the two samples in the result one was signed 150 slots before the other.
    Price { name: "mrgn-price_rs-swb_pull_get_price_1", provider: SwitchboardOnDemand, owners: ON_DEMAND,
        mantissas: (155_594_045_270_000_000_000, 240_161_790_000_000_000), exponent: -18, times: (1_723_244_190 - 75, None),
        slot: 282_612_970, printed: ("155.59405", None) },
    Price { name: "klend-switchboard-2bpwkRWDEXHWYNBDddKssz6te82zCqwLR8qhR2acUtep", provider: SwitchboardV2, owners: V2,
        mantissas: (61_448_449_757, 0), exponent: -8, times: (1_691_584_110, None),
        slot: 210_386_332, printed: ("614.48449757", None) },
    Price { name: "klend-switchboard-kUSDH-USDC_orca", provider: SwitchboardV2, owners: V2,
        mantissas: (100_976_662, 0), exponent: -8, times: (1_692_609_559, None),
        slot: 212_727_701, printed: ("1.00976662", None) },
    // The deviation has 28 decimals, 72919338998649734057505491: brought to 8, rounded up.
    Price { name: "solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR", provider: SwitchboardV2, owners: V2,
        mantissas: (8_129_742_876, 729_194), exponent: -8, times: (1_646_686_511, None),
        slot: 123_929_314, printed: ("81.29742876", None) },
];

const WRONG_TYPE: OracleError = OracleError::WrongAccountType;
const WRONG_OWNER: OracleError = OracleError::WrongOwner;

const fn partial(signatures: u8) -> OracleError {
    OracleError::PartialVerification { signatures }
}

#[rustfmt::skip]
const REFUSED: [Refused; 10] = [
    Refused { name: "solend-3Mnn2fX6rQyUsyELYms1sBJyChWofzSNRoqYzvgMVz5E", provider: PythLegacy, error: WRONG_OWNER, behind: WRONG_TYPE },
    Refused { name: "solend-6MEwdxe4g1NeAF9u6KDG14anJpFsVEa2cvr5H6iriFZ8", provider: PythLegacy, error: WRONG_OWNER, behind: WRONG_TYPE },
    Refused { name: "solend-GcNZRMqGSEyEULZnLDD3ParcHTgFBrNfUdUCDtThP55e", provider: SwitchboardOnDemand, error: WRONG_TYPE, behind: WRONG_TYPE },
    Refused { name: "mrgn-sol_pyth_oracle-2025-04", provider: PythLegacy,
        error: OracleError::NotTrading { status: 0 }, behind: OracleError::NotTrading { status: 0 } },
    Refused { name: "drift-liqtests-perp_market_oracle_str-b145a2", provider: PythPull, error: WRONG_OWNER, behind: WRONG_TYPE },
    Refused { name: "drift-liqtests-usdc_oracle_str-5c60d9", provider: PythPull, error: WRONG_OWNER, behind: partial(3) },
    Refused { name: "drift-liqtests-sol_oracle_str-777722", provider: PythPull, error: WRONG_OWNER, behind: partial(2) },
    Refused { name: "drift-liqtests-usdc_oracle_str-978b55", provider: PythPull, error: WRONG_OWNER, behind: partial(2) },
    Refused { name: "drift-liqtests-sol_oracle_str-184b8c", provider: PythPull, error: WRONG_OWNER, behind: partial(2) },
    Refused { name: "drift-liqtests-btc_oracle_str-45f592", provider: PythPull, error: WRONG_OWNER, behind: partial(2) },
];

#[test]
fn every_dump_is_accounted_for() {
    let dumped: BTreeSet<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    let tested: BTreeSet<String> = PRICES
        .iter()
        .map(|price| price.name)
        .chain(REFUSED.iter().map(|refused| refused.name))
        .map(|name| format!("{name}.json"))
        .collect();
    assert_eq!(tested, dumped);
    assert_eq!(tested.len(), PRICES.len() + REFUSED.len());
}

#[test]
fn prices_decode_to_what_the_bytes_say() {
    for real in &PRICES {
        let dump = account(real.name);
        let expected = PriceObservation {
            price: real.mantissas.0,
            confidence: real.mantissas.1,
            exponent: real.exponent,
            publish_time: real.times.0,
            previous_publish_time: real.times.1,
            slot: real.slot,
        };
        let parsed = parse_owned_by(real.provider, real.owners, &dump.owner, &dump.data, None);
        assert_eq!(parsed, Ok(expected), "{}", real.name);

        let default = parse(real.provider, &dump.owner, &dump.data, None);
        let mainnet = real.owners == real.provider.default_owners();
        assert_eq!(default.is_ok(), mainnet, "{}", real.name);
        if !mainnet {
            assert_eq!(default, Err(OracleError::WrongOwner), "{}", real.name);
        }
    }
}

#[test]
fn prices_agree_with_the_figures_that_came_with_the_dumps() {
    for real in &PRICES {
        let (price, confidence) = real.printed;
        assert!(rounds_to(real.mantissas.0, real.exponent, price), "{}", real.name);
        if let Some(confidence) = confidence {
            let mantissa = i128::try_from(real.mantissas.1).unwrap();
            assert!(rounds_to(mantissa, real.exponent, confidence), "{}", real.name);
        }
    }
}

#[test]
fn everything_else_is_refused_for_what_is_wrong_with_it() {
    for refused in &REFUSED {
        let dump = account(refused.name);
        let by_default = parse(refused.provider, &dump.owner, &dump.data, None);
        assert_eq!(by_default, Err(refused.error), "{}", refused.name);
        let accepted = parse_owned_by(refused.provider, &[dump.owner], &dump.owner, &dump.data, None);
        assert_eq!(accepted, Err(refused.behind), "{}", refused.name);
    }
}

#[test]
fn an_account_of_no_provider_is_a_wrong_type_to_all_of_them() {
    let dump = account("drift-liqtests-perp_market_oracle_str-b145a2");
    for provider in [PythPull, PythLegacy, SwitchboardOnDemand, SwitchboardV2] {
        assert_eq!(parse(provider, &dump.owner, &dump.data, None), Err(WRONG_OWNER));
        let accepted = parse_owned_by(provider, &[programs::DRIFT], &dump.owner, &dump.data, None);
        assert_eq!(accepted, Err(WRONG_TYPE));
    }
}

#[test]
fn the_feed_is_pinned_when_asked_for() {
    let others = [[0; 32], [0xff; 32]];
    for real in &PRICES {
        let dump = account(real.name);
        let about = ballast_oracle::feed_id(real.provider, &dump.data).unwrap();
        let parse =
            |feed_id: &[u8; 32]| parse_owned_by(real.provider, real.owners, &dump.owner, &dump.data, Some(feed_id));
        assert!(parse(&about).is_ok(), "{}", real.name);
        for other in &others {
            assert_eq!(parse(other), Err(OracleError::WrongFeedId), "{}", real.name);
        }
        for byte in 0..32 {
            let mut other = about;
            other[byte] ^= 1;
            assert_eq!(parse(&other), Err(OracleError::WrongFeedId), "{}", real.name);
        }
    }
}

#[test]
fn feed_ids_are_those_that_the_providers_publish() {
    let about = |name: &str, provider| ballast_oracle::feed_id(provider, &account(name).data).unwrap().to_vec();
    let sol = hex("ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d");
    assert_eq!(about("mrgn-sol_pyth_price_feed", PythPull), sol);
    // One byte further in an update that is verified in part.
    assert_eq!(about("drift-liqtests-sol_oracle_str-184b8c", PythPull), sol);
    assert_eq!(
        about("mrgn-price_rs-swb_pull_get_price_1", SwitchboardOnDemand),
        hex("4c935636f2523f6aeeb6dc7b7dab0e86a13ff2c794f7895fc78851d69fdb593b")
    );
    assert_eq!(
        about("klend-prices-H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG", PythLegacy),
        hex("8ab03cff1844ab975dcdd1683020c0599fc5392b6f2e12d5dd615bcc2c2e6d08")
    );
    assert_eq!(
        about("solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR", SwitchboardV2),
        hex("d363805d0c8c55bf3a1a8ebef848d82d5e270199c89b5c7d9fed81471a09d7a4")
    );
}

/// `mantissa · 10^exponent` is `printed` to within half a unit of its last digit.
fn rounds_to(mantissa: i128, exponent: i32, printed: &str) -> bool {
    let (whole, fraction) = printed.split_once('.').unwrap_or((printed, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let decimals = exponent.unsigned_abs();
    let printed_decimals = u32::try_from(fraction.len()).unwrap();
    let common = decimals.max(printed_decimals);
    let exact = mantissa * 10_i128.pow(common - decimals);
    let unit = 10_i128.pow(common - printed_decimals);
    (exact - digits * unit).abs() * 2 <= unit
}

/// Bytes from lower-case hex.
fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
