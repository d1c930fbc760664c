//! Codes are stable, and every error is met by a test.
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ballast_math::MathError;
use ballast_risk::RiskError;

/// Errors that only the program raises: of group, tokens and accounts that the engine does not see.
const PROGRAM_ONLY: &[&str] = &["AccountNotEmpty", "SelfLiquidation", "TooManyFeeds"];

#[test]
fn codes_are_unique_and_in_their_ranges() {
    let codes: BTreeSet<u32> = RiskError::ALL.iter().map(|error| error.code()).collect();
    assert_eq!(codes.len(), RiskError::ALL.len());
    assert!(codes.iter().all(|code| matches!(code / 1_000, 1..=5)));
    assert_eq!(RiskError::PriceUnset.code(), 1_000);
    assert_eq!(RiskError::AccountHealthy.code(), 4_000);
    assert_eq!(RiskError::InvalidParameter.code(), 5_000);
    assert_eq!(RiskError::from(MathError::here()).code(), 9_000);
}

#[test]
fn errors_say_what_they_mean() {
    for error in RiskError::ALL {
        assert_eq!(error.to_string(), error.message());
        assert!(error.message().len() > 10, "{error:?}");
    }
    let error = RiskError::from(MathError::here());
    assert!(error.to_string().contains("errors.rs"), "an arithmetic error says where: {error}");
    assert_eq!(error.message(), "arithmetic left its range");
}

/// The text of the tests in a folder and the folders in it, without this file and what tests stand on.
fn sources(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tests = paths.filter(|path| !path.ends_with("errors.rs") && !path.ends_with("support"));
    let texts = tests.map(|path| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    });
    texts.collect()
}

/// Every variant stands in an assertion of some test of this crate, except those that only the program can raise.
#[test]
fn every_error_is_met_by_a_test() {
    let sources = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")));
    let missing: Vec<String> = RiskError::ALL
        .iter()
        .map(|error| format!("{error:?}"))
        .filter(|name| !PROGRAM_ONLY.contains(&name.as_str()) && !sources.contains(&format!("RiskError::{name}")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
