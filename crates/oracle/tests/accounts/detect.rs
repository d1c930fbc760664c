//! What an account is, for people.

use ballast_oracle::{
    detect, identify, programs, switchboard_on_demand, switchboard_v2, AccountKind,
    Provider::{PythLegacy, PythPull, SwitchboardOnDemand, SwitchboardV2},
};

use crate::load::{account, key};

#[test]
fn price_accounts_by_their_format() {
    for (name, provider) in [
        ("mrgn-sol_pyth_price_feed", PythPull),
        ("klend-prices-btc_usd", PythLegacy),
        ("solend-J83w4HKfqxwcq3BEMMkPFSppX3gqekLyLJBexebFVkix", PythLegacy),
        ("drift-swbod-pull_feed_account_data", SwitchboardOnDemand),
        ("klend-switchboard-kUSDH-USDC_orca", SwitchboardV2),
        // The format decides, whoever owns it.
        ("drift-liqtests-sol_oracle_str-184b8c", PythPull),
    ] {
        let dump = account(name);
        assert_eq!(identify(&dump.data), AccountKind::Price(provider));
        assert_eq!(detect(&dump.owner, &dump.data), Some(provider));
        assert_eq!(detect(&[7; 32], &dump.data), Some(provider));
    }
}

#[test]
fn other_kinds_of_account_have_names() {
    for (name, kind, shown, provider) in [
        (
            "solend-3Mnn2fX6rQyUsyELYms1sBJyChWofzSNRoqYzvgMVz5E",
            AccountKind::PythProduct,
            "Pyth product account",
            Some(PythLegacy),
        ),
        (
            "solend-GcNZRMqGSEyEULZnLDD3ParcHTgFBrNfUdUCDtThP55e",
            AccountKind::SwitchboardOracle,
            "Switchboard oracle account",
            Some(SwitchboardOnDemand),
        ),
        (
            "drift-liqtests-perp_market_oracle_str-b145a2",
            AccountKind::DriftPrelaunchOracle,
            "Drift prelaunch oracle",
            None,
        ),
    ] {
        let dump = account(name);
        assert_eq!(identify(&dump.data), kind);
        assert_eq!(kind.to_string(), shown);
        assert_eq!(detect(&dump.owner, &dump.data), provider);
    }
}

#[test]
fn damaged_accounts_belong_to_their_owners_provider() {
    let mut dump = account("mrgn-sol_pyth_price_feed");
    dump.data[0] ^= 1;
    assert_eq!(identify(&dump.data), AccountKind::Unknown);
    assert_eq!(detect(&dump.owner, &dump.data), Some(PythPull));
    assert_eq!(detect(&programs::PYTH_ORACLE_DEVNET, &[]), Some(PythLegacy));
    assert_eq!(detect(&programs::SYSTEM, &[]), None);
    assert_eq!(identify(&[]), AccountKind::Empty);
}

#[test]
fn types_of_the_first_pyth_oracle() {
    let mut dump = account("klend-prices-btc_usd");
    for (number, kind) in
        [(1, AccountKind::PythMapping), (2, AccountKind::PythProduct), (4, AccountKind::PythOther { account_type: 4 })]
    {
        dump.data[8] = number;
        assert_eq!(identify(&dump.data), kind);
    }
}

#[test]
fn known_programs() {
    for (index, program) in programs::KNOWN.iter().enumerate() {
        assert!(programs::KNOWN[index + 1..].iter().all(|other| other.id != program.id && other.name != program.name));
        assert_eq!(programs::find(&program.id), Some(program));
    }
    assert_eq!(programs::find(&[7; 32]), None);
    assert_eq!(
        programs::find(&key("gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s")).unwrap().name,
        "Pyth oracle (devnet)"
    );
    assert_eq!(programs::SYSTEM, key("11111111111111111111111111111111"));
}

#[test]
fn names_end_at_their_first_zero() {
    let name = |dump: &str| switchboard_on_demand::name(&account(dump).data).map(<[u8]>::to_vec);
    assert_eq!(name("drift-swbod-pull_feed_account_data").unwrap(), b"SOL/USD Pyth");
    assert_eq!(name("mango4-EtbG8PSDCyCSmDH8RE4Nf2qTV9d6P6zShzHY2XWvjFJf").unwrap(), b"BTC Price Feed");
    let aggregator = account("klend-switchboard-kUSDH-USDC_orca");
    assert_eq!(switchboard_v2::name(&aggregator.data).unwrap(), b"kUSDH-USDC_Orca/USD");
    let mut full = account("drift-swbod-pull_feed_account_data").data;
    full[2_180..2_212].fill(b'x');
    assert_eq!(switchboard_on_demand::name(&full).unwrap(), [b'x'; 32]);
}
