//! Reading the account dumps in `tests/fixtures`.

use base64::{engine::general_purpose::STANDARD, Engine as _};
use std::{fs, path::PathBuf};

/// A dumped account.
pub(crate) struct Account {
    pub(crate) owner: [u8; 32],
    pub(crate) data: Vec<u8>,
}

/// Where the dumps are.
pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The account in `tests/fixtures/<name>.json`.
pub(crate) fn account(name: &str) -> Account {
    let text = fs::read_to_string(directory().join(format!("{name}.json"))).unwrap();
    let dump: serde_json::Value = serde_json::from_str(&text).unwrap();
    let account = &dump["account"];
    assert_eq!(account["data"][1], "base64");
    Account {
        owner: key(account["owner"].as_str().unwrap()),
        data: STANDARD.decode(account["data"][0].as_str().unwrap()).unwrap(),
    }
}

/// A base58 address.
pub(crate) fn key(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    five8::decode_32(text, &mut bytes).unwrap();
    bytes
}
