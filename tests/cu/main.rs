//! Compute units, transaction size and program size, measured on the ELF and compared with `docs/compute-units.json`.
//!
//! `BALLAST_BLESS=1 cargo test -p ballast-tests --test cu` writes the file anew; the diff shows what rose.

mod measure;
mod perps;

use std::collections::BTreeMap;
use std::path::PathBuf;

fn snapshot_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/compute-units.json")
}

#[test]
fn compute_units_are_as_committed() {
    let measured = measure::all();
    let path = snapshot_path();
    if std::env::var_os("BALLAST_BLESS").is_some() {
        let json = serde_json::to_string_pretty(&measured).expect("a map of numbers");
        std::fs::write(&path, json + "\n").expect("docs can be written");
    }
    let committed: BTreeMap<String, u64> =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("docs/compute-units.json"))
            .expect("a map of numbers");
    assert_eq!(measured, committed, "bless with BALLAST_BLESS=1 if the change is meant");
}
