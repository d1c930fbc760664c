//! What a file may say, and what is answered to one that says something else.

use ballast_client::presets;
use ballast_migrate::{Deployment, MigrateError};

const LOCALNET: &str = include_str!("../../../migrations/localnet.toml");

/// The error of localnet's file with the first `from` replaced by `to`: line, column and message.
fn refusal(from: &str, to: &str) -> (usize, usize, String) {
    assert!(LOCALNET.contains(from), "{from}");
    let error = Deployment::parse("x.toml", &LOCALNET.replacen(from, to, 1)).unwrap_err();
    let (file, line, column) = error.place.unwrap();
    assert_eq!(file, "x.toml");
    (line, column, error.message)
}

#[test]
fn print() {
    for (from, to) in [
        ("dust = \"10 USD\"", "dust = \"10\""),
        ("dust = \"10 USD\"", "dust = 10"),
        ("dust = \"10 USD\"", "dust = \"10 EUR\""),
        ("dust = \"10 USD\"", "dusk = \"10 USD\""),
        ("dust = \"10 USD\"", ""),
        ("dust = \"10 USD\"", "dust = \"5_000 USD\""),
        ("dust = \"10 USD\"", "dust = "),
        ("symbol = \"SOL\"", "symbol = \"\""),
        ("symbol = \"SOL\"", "symbol = \"SOL\"\nclass = 16"),
        ("symbol = \"SOL\"", "symbol = \"SOL\"\ncolour = 16"),
        ("name = \"USDC\"", "name = \"USDT\""),
        ("feed = \"USDC\"", "feed = true"),
        ("feed = \"USDC\"", "feed = 2"),
        ("decimals = 6", "decimals = 600"),
        ("max_age = \"60 s\"", "max_age = \"60 sec\""),
        ("max_age = \"60 s\"", "max_age = \"2 h\""),
        ("fixed_price = \"1 USD\"\n", ""),
        ("sigma = \"1 %\"", "sigma = \"2_000 %\""),
        ("8 % at 80 %", "8 % of 80 %"),
        ("8 % at 80 %", "1 % at 80 %"),
        ("8 % at 80 %", "8.001 % at 80 %"),
    ] {
        println!("{:?}", refusal(from, to));
    }
    let _ = presets::rules();
    let _: Option<MigrateError> = None;
}

#[test]
fn every_file_is_valid() {
    for (name, text) in [
        ("demo", include_str!("../../../migrations/demo.toml")),
        ("devnet", include_str!("../../../migrations/devnet.toml")),
        ("localnet", LOCALNET),
    ] {
        let deployment = Deployment::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(!deployment.banks.is_empty());
    }
}
