//! Every error of the program is reached by a test of this folder or its neighbours, or stands here with the reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Errors no instruction can end with today.
const UNREACHED: &[(&str, &str)] = &[
    ("PositionTooLarge", "no cap of a market is larger than what a position can be"),
    ("PoolTooSmall", "a settlement pays no more than the pool has, and shares of that are no more than its own"),
    (
        "PrintWithoutPredecessor",
        "orders fill at updates of Pyth's pull oracle alone, and each of them says when the one before was published",
    ),
];

/// The program's errors, from the IDL.
fn errors() -> BTreeSet<String> {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../idl/ballast.json")).expect("the IDL is JSON");
    let list = idl["errors"].as_array().expect("errors");
    list.iter().map(|error| error["name"].as_str().expect("a name").to_owned()).collect()
}

/// All instructions of the program, from the IDL.
pub(crate) fn instructions() -> BTreeSet<String> {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../idl/ballast.json")).expect("the IDL is JSON");
    let list = idl["instructions"].as_array().expect("instructions");
    list.iter().map(|instruction| instruction["name"].as_str().expect("a name").to_owned()).collect()
}

/// Names and texts of the test files in a folder of `tests` and the folders in it, without this file.
fn sources(folder: &str) -> Vec<(String, String)> {
    sources_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

fn sources_in(folder: &Path) -> Vec<(String, String)> {
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let texts = paths.filter(|path| !path.ends_with("coverage.rs")).flat_map(|path| {
        if path.is_dir() {
            return sources_in(&path);
        }
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        vec![(stem, fs::read_to_string(path).expect("text"))]
    });
    texts.collect()
}

#[test]
fn every_error_is_asserted_somewhere() {
    let texts: String = ["program", "lookalikes", "scenarios", "../crates/testkit/src"]
        .into_iter()
        .flat_map(sources)
        .map(|(_, text)| text)
        .collect();
    let errors = errors();
    let named: BTreeSet<String> =
        errors.iter().filter(|name| texts.contains(&format!("\"{name}\""))).cloned().collect();
    let excused: BTreeSet<String> = UNREACHED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<&String> =
        errors.iter().filter(|name| !named.contains(*name) && !excused.contains(*name)).collect();
    assert!(missing.is_empty(), "no test asserts {missing:?}");
    let stale: Vec<&String> = excused.iter().filter(|name| named.contains(*name) || !errors.contains(*name)).collect();
    assert!(stale.is_empty(), "reached or gone: {stale:?}");
    assert!(UNREACHED.iter().all(|(_, reason)| reason.len() > 20), "a reason for each");
}

#[test]
fn every_instruction_has_its_file() {
    let files: BTreeSet<String> = sources("program").into_iter().map(|(name, _)| name).collect();
    let missing: Vec<String> = instructions().into_iter().filter(|name| !files.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
