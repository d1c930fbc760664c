//! Reading dumped accounts.

use std::{
    fs::File,
    io::{self, Read},
};

use base64::{
    alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    Engine as _,
};
use serde_json::Value;

use super::address::Address;

/// No account is larger than 10 MiB, nor its dump than twice that.
const MAX_FILE: u64 = 32 << 20;

/// An account as it was dumped.
#[derive(Debug)]
pub(crate) struct Dump {
    pub(crate) file: String,
    pub(crate) account: Option<Address>,
    pub(crate) owner: Address,
    pub(crate) data: Vec<u8>,
    /// Length that the dump states for the data, if it does.
    pub(crate) space: Option<u64>,
}

/// A file that is no dumped account.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) file: String,
    pub(crate) error: String,
}

/// Reads every file; one that fails does not keep the others from being read.
pub(crate) fn read_all(files: &[String]) -> (Vec<Dump>, Vec<Failure>) {
    let (mut dumps, mut failures) = (Vec::new(), Vec::new());
    let mut stdin_is_read = false;
    for file in files {
        let text = match file.as_str() {
            "-" if std::mem::replace(&mut stdin_is_read, true) => Err(String::from("standard input was read already")),
            "-" => read_limited(io::stdin().lock()),
            path => File::open(path).map_err(|error| plain(&error)).and_then(read_limited),
        };
        match text.and_then(|text| parse(file, &text)) {
            Ok(accounts) => dumps.extend(accounts),
            Err(error) => failures.push(Failure { file: file.clone(), error }),
        }
    }
    (dumps, failures)
}

fn read_limited(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = reader.take(MAX_FILE + 1).read_to_end(&mut text).map_err(|error| plain(&error))?;
    if read as u64 > MAX_FILE {
        return Err(format!("larger than {} MiB: not a dumped account", MAX_FILE >> 20));
    }
    Ok(text)
}

/// What the system says, without the number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// The account in `text`, or the accounts if it is a list.
fn parse(file: &str, text: &[u8]) -> Result<Vec<Dump>, String> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Err(String::from("empty"));
    }
    let json: Value = serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
    match &json {
        Value::Array(accounts) if accounts.is_empty() => Err(String::from("an empty list")),
        Value::Array(accounts) => accounts.iter().map(|account| parse_one(file, account)).collect(),
        account => parse_one(file, account).map(|dump| vec![dump]),
    }
}

/// `{pubkey, account: {data, owner, …}}`, `{data, owner, …}`, or the answer of the RPC method `getAccountInfo`.
fn parse_one(file: &str, json: &Value) -> Result<Dump, String> {
    let json = json.get("result").unwrap_or(json);
    let json = json.get("value").unwrap_or(json);
    let account = json.get("account").unwrap_or(json);
    if account.is_null() {
        return Err(String::from("no account: it does not exist where it was looked for"));
    }
    if !account.is_object() {
        return Err(String::from("not an account: expected an object with `data` and `owner`"));
    }
    let pubkey = match json.get("pubkey") {
        None | Some(Value::Null) => None,
        Some(value) => Some(parse_address("pubkey", value)?),
    };
    Ok(Dump {
        file: file.to_owned(),
        account: pubkey,
        owner: parse_address("owner", account.get("owner").ok_or("not an account: no `owner`")?)?,
        data: parse_data(account.get("data").ok_or("not an account: no `data`")?)?,
        space: account.get("space").and_then(Value::as_u64),
    })
}

fn parse_address(field: &str, value: &Value) -> Result<Address, String> {
    value
        .as_str()
        .filter(|text| text.len() < 64) // hex is for feed ids
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("`{field}` is not an address"))
}

/// `["…", "base64"]`, or the text alone.
fn parse_data(value: &Value) -> Result<Vec<u8>, String> {
    let (text, encoding) = match value {
        Value::String(text) => (text.as_str(), "base64"),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(text), Value::String(encoding)] => (text.as_str(), encoding.as_str()),
            _ => return Err(String::from("`data` is not [\"…\", \"base64\"]")),
        },
        Value::Object(_) => return Err(String::from("`data` was parsed by the node: dump it with `--output json`")),
        _ => return Err(String::from("`data` is not [\"…\", \"base64\"]")),
    };
    if encoding != "base64" {
        return Err(format!("`data` is encoded as {encoding:?}, not as base64"));
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(text.trim())
        .map_err(|error| format!("`data` is not base64: {}", error.to_string().to_lowercase()))
}
