//! `ballast oracle inspect`, run as a person runs it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use base64::{engine::general_purpose::STANDARD, Engine as _};
use serde_json::{json, Value};

const SOL_PULL: &str = "mrgn-sol_pyth_price_feed";
const BTC_LEGACY: &str = "klend-prices-btc_usd";
const SOL_ON_DEMAND: &str = "mrgn-price_rs-swb_pull_get_price_1";
const SOL_V2: &str = "solend-GvDMxPzN1sCj7L26YDK2HnMRXEQmQ2aemov8YBtPS7vR";
const DEVNET_PRICE: &str = "solend-992moaMQKs32GKZ9dxi8keyM2bUmbrwBZpK4p2K6X5Vs";
const DRIFT_PARTIAL: &str = "drift-liqtests-usdc_oracle_str-5c60d9";

const PYTH_DEVNET: &str = "gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s";
const DRIFT_RECEIVER: &str = "G6EoTTTgpkNBtVXo96EQp2m6uwwVh2Kt6YidjkmQqoha";
const SOL_FEED_ID: &str = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/oracle/tests/fixtures").join(name);
    format!("{}.json", path.display())
}

fn dump(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture(name)).unwrap()).unwrap()
}

/// The dump of a real account after `change` to its bytes.
fn changed(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut dump = dump(name);
    let mut data = STANDARD.decode(dump["account"]["data"][0].as_str().unwrap()).unwrap();
    change(&mut data);
    dump["account"]["data"][0] = json!(STANDARD.encode(&data));
    dump["account"]["space"] = json!(data.len());
    dump
}

/// A file with `text` in it, its own for every `name`.
fn file(name: &str, text: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn inspect(args: &[&str]) -> Output {
    inspect_stdin(args, "")
}

fn inspect_stdin(args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ballast"))
        .args(["oracle", "inspect"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// The document of `--json`, of a run that read every file.
fn json(args: &[&str]) -> Value {
    let output = inspect(&[&["--json"], args].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one account in the document.
fn account(args: &[&str]) -> Value {
    let document = json(args);
    assert_eq!(document["accounts"].as_array().unwrap().len(), 1);
    document["accounts"][0].clone()
}

fn account_of(name: &str, dump: &Value) -> Value {
    account(&[&file(name, dump.to_string())])
}

#[test]
fn every_fixture_has_its_verdict() {
    let expected = [
        (SOL_PULL, "215.68137069"),
        ("solend-5CKzb9j4ChgLUt8Gfm5CNGLN6khXKiqMbnGAW4cgXgxK", "161.97302717"),
        ("mango4-7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE", "140.615937"),
        ("mrgn-price_rs-pyth_pull_get_price", "0.0000348669"),
        ("mango4-Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD", "1.0000075"),
        ("klend-prices-Bt1hEbY62aMriY1SyQqbeZbm8VmSbQVGBFzSzMuVNWzN", "27.91272871"),
        ("klend-prices-E4v1BBgoso9s64TQvmyownAVJbhbEPGyzA3qn4n46qj9", "27.555"),
        ("klend-prices-H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG", "24.95335717"),
        (BTC_LEGACY, "68084.177328"),
        ("klend-prices-stsol-15usd", "15"),
        ("klend-prices-stsol-20usd", "20"),
        ("klend-prices-usdc-1usd", "1"),
        ("klend-prices-usdt_usd", "0.99991817"),
        ("drift-swbod-pull_feed_account_data", "169.35062907"),
        ("mango4-EtbG8PSDCyCSmDH8RE4Nf2qTV9d6P6zShzHY2XWvjFJf", "61200.109991665549598697"),
        (SOL_ON_DEMAND, "155.59404527"),
        ("klend-switchboard-2bpwkRWDEXHWYNBDddKssz6te82zCqwLR8qhR2acUtep", "614.48449757"),
        ("klend-switchboard-kUSDH-USDC_orca", "1.00976662"),
        (SOL_V2, "81.29742876"),
        (DEVNET_PRICE, "WrongOwner"),
        ("solend-J83w4HKfqxwcq3BEMMkPFSppX3gqekLyLJBexebFVkix", "WrongOwner"),
        ("solend-3Mnn2fX6rQyUsyELYms1sBJyChWofzSNRoqYzvgMVz5E", "WrongOwner"),
        ("solend-6MEwdxe4g1NeAF9u6KDG14anJpFsVEa2cvr5H6iriFZ8", "WrongOwner"),
        (DRIFT_PARTIAL, "WrongOwner"),
        ("drift-liqtests-sol_oracle_str-777722", "WrongOwner"),
        ("drift-liqtests-usdc_oracle_str-978b55", "WrongOwner"),
        ("drift-liqtests-sol_oracle_str-184b8c", "WrongOwner"),
        ("drift-liqtests-btc_oracle_str-45f592", "WrongOwner"),
        ("drift-liqtests-perp_market_oracle_str-b145a2", "WrongOwner"),
        ("solend-GcNZRMqGSEyEULZnLDD3ParcHTgFBrNfUdUCDtThP55e", "WrongAccountType"),
        ("mrgn-sol_pyth_oracle-2025-04", "NotTrading"),
    ];
    let files: Vec<String> = expected.iter().map(|(name, _)| fixture(name)).collect();
    let document = json(&files.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(document["failures"], json!([]));
    let accounts = document["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), expected.len());
    for ((name, said), account) in expected.iter().zip(accounts) {
        if account["verdict"] == "ok" {
            assert_eq!(account["price"], *said, "{name}");
            assert_eq!(account["error"], Value::Null);
        } else {
            assert_eq!(account["verdict"], "refused");
            assert_eq!(account["error"]["name"], *said, "{name}");
            for field in ["price", "confidence", "confidence_percent", "publish_time", "slot", "exponent"] {
                assert_eq!(account[field], Value::Null, "{name}");
            }
        }
    }
}

#[test]
fn the_json_of_a_price() {
    let document = json(&["--at", "1735984100", &fixture(SOL_PULL)]);
    assert_eq!(
        document,
        json!({
            "schema": "ballast/oracle-inspect/1",
            "at": 1_735_984_100,
            "accounts": [{
                "file": fixture(SOL_PULL),
                "account": "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE",
                "owner": "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ",
                "owner_name": "Pyth receiver",
                "kind": "Pyth pull price",
                "bytes": 134,
                "provider": "pyth-pull",
                "feed_id": SOL_FEED_ID,
                "name": null,
                "last_update_time": null,
                "verdict": "ok",
                "error": null,
                "price": "215.68137069",
                "confidence": "0.20134469",
                "confidence_percent": "0.0934",
                "price_mantissa": "21568137069",
                "confidence_mantissa": "20134469",
                "exponent": -8,
                "publish_time": 1_735_984_087,
                "publish_time_utc": "2025-01-04T09:48:07Z",
                "previous_publish_time": 1_735_984_087,
                "slot": 311_798_332,
                "age_seconds": 13,
                "notes": [],
            }],
            "failures": [],
        })
    );
}

#[test]
fn the_table() {
    let files = [SOL_PULL, SOL_ON_DEMAND, "mrgn-sol_pyth_oracle-2025-04"].map(fixture);
    let output = inspect(&["--at", "1735984100", &files[0], &files[1], &files[2]]);
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    let expected = format!(
        "\
#  ACCOUNT    PROVIDER                      PRICE  CONFIDENCE  % OF PRICE  PUBLISHED (UTC)            UNIX             AGE       SLOT  VERDICT
1  7UVi…jLiE  Pyth pull              215.68137069  0.20134469      0.0934  2025-01-04 09:48:07  1735984087            13 s  311798332  ok
2  -          Switchboard On-Demand  155.59404527  0.24016179      0.1544  2024-08-09 22:55:15  1723244115  147 d 10:53:05  282612970  ok
3  H6AR…QJEG  Pyth legacy                       -           -           -  -                             -               -          -  refused: NotTrading (1509)

1  account  7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE
   owner    rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ  Pyth receiver
   kind     Pyth pull price, 134 bytes
   feed     ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d
   file     {}

2  account  (address not in the dump)
   owner    SBondMDrcV3K4kxZR1HNVT7osZxAHVHgYXL5Ze1oMUv  Switchboard On-Demand
   kind     Switchboard On-Demand price, 3208 bytes
   jobs     4c935636f2523f6aeeb6dc7b7dab0e86a13ff2c794f7895fc78851d69fdb593b
   name     SOL/USD
   file     {}
   note     the account was last updated 2024-08-09 22:56:30 (1723244190), but its result rests on samples signed up to 75 s before

3  account  H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG
   owner    FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH  Pyth oracle
   kind     Pyth legacy price, 3312 bytes
   product  ALP8SdU9oARYVLgLR7LrqMNCYBnhtnQz1cj6bwgwQmgj
   file     {}
   refused  status 0 (unknown) is not trading
",
        files[0], files[1], files[2]
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn without_a_time_there_is_no_age() {
    let output = inspect(&[&fixture(SOL_PULL)]);
    assert!(!stdout(&output).contains("AGE"));
    assert_eq!(account(&[&fixture(SOL_PULL)])["age_seconds"], Value::Null);
    assert_eq!(account(&["--at", "1735984080", &fixture(SOL_PULL)])["age_seconds"], -7);
    assert!(stdout(&inspect(&["--at", "1735984080", &fixture(SOL_PULL)])).contains("7 s ahead"));
}

#[test]
fn a_bare_account_a_list_and_an_rpc_answer() {
    let full = dump(SOL_PULL);
    let owner = &full["account"]["owner"];
    let text = &full["account"]["data"][0];
    let unpadded = text.as_str().unwrap().trim_end_matches('=');
    for (name, dump) in [
        ("bare.json", full["account"].clone()),
        ("bare_text.json", json!({ "data": text, "owner": owner })),
        ("null_pubkey.json", json!({ "pubkey": null, "account": full["account"] })),
        ("list.json", json!([full])),
        ("rpc.json", json!({ "jsonrpc": "2.0", "id": 1, "result": { "context": {}, "value": full["account"] } })),
        ("unpadded.json", json!({ "data": [unpadded, "base64"], "owner": owner })),
    ] {
        let account = account_of(name, &dump);
        assert_eq!(account["price"], "215.68137069", "{name}");
        let key = if name == "list.json" { full["pubkey"].clone() } else { Value::Null };
        assert_eq!(account["account"], key, "{name}");
    }
    let two = account_count(&json!([full, dump(BTC_LEGACY)]));
    assert_eq!(two, 2);
}

fn account_count(dump: &Value) -> usize {
    json(&[&file("several.json", dump.to_string())])["accounts"].as_array().unwrap().len()
}

#[test]
fn standard_input() {
    let text = dump(SOL_PULL).to_string();
    let output = inspect_stdin(&["--json", "-", &fixture(BTC_LEGACY)], &text);
    assert!(output.status.success());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["accounts"][0]["file"], "-");
    assert_eq!(document["accounts"][0]["price"], "215.68137069");
    assert_eq!(document["accounts"][1]["price"], "68084.177328");

    let twice = inspect_stdin(&["--json", "-", "-"], &text);
    assert_eq!(twice.status.code(), Some(1));
    assert_eq!(stderr(&twice), "ballast: -: standard input was read already\n");

    let with_mark = inspect_stdin(&["--json", "-"], &format!("\u{feff}{text}"));
    assert!(with_mark.status.success());
}

#[test]
fn a_bad_file_is_one_line_and_the_rest_is_printed() {
    let owner = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ";
    for (name, text, error) in [
        ("empty.json", String::new(), "empty"),
        ("blank.json", String::from(" \n"), "empty"),
        ("words.json", String::from("Error: AccountNotFound"), "not JSON: expected value at line 1 column 1"),
        ("cut.json", String::from("{\"pubkey\": \"7UVi"), "not JSON: EOF while parsing a string at line 1 column 16"),
        ("number.json", String::from("5"), "not an account: expected an object with `data` and `owner`"),
        ("null.json", String::from("null"), "no account: it does not exist where it was looked for"),
        ("no_list.json", String::from("[]"), "an empty list"),
        ("object.json", String::from("{}"), "not an account: no `owner`"),
        ("no_data.json", json!({ "owner": owner }).to_string(), "not an account: no `data`"),
        ("owner.json", json!({ "owner": "pyth", "data": "" }).to_string(), "`owner` is not an address"),
        ("owner_hex.json", json!({ "owner": "11".repeat(32), "data": "" }).to_string(), "`owner` is not an address"),
        ("owner_number.json", json!({ "owner": 7, "data": "" }).to_string(), "`owner` is not an address"),
        (
            "pubkey.json",
            json!({ "pubkey": "x", "account": { "owner": owner, "data": "" } }).to_string(),
            "`pubkey` is not an address",
        ),
        (
            "parsed.json",
            json!({ "owner": owner, "data": { "parsed": {} } }).to_string(),
            "`data` was parsed by the node: dump it with `--output json`",
        ),
        (
            "zstd.json",
            json!({ "owner": owner, "data": ["", "base64+zstd"] }).to_string(),
            "`data` is encoded as \"base64+zstd\", not as base64",
        ),
        ("one.json", json!({ "owner": owner, "data": [""] }).to_string(), "`data` is not [\"…\", \"base64\"]"),
        ("true.json", json!({ "owner": owner, "data": true }).to_string(), "`data` is not [\"…\", \"base64\"]"),
        (
            "base64.json",
            json!({ "owner": owner, "data": ["A$==", "base64"] }).to_string(),
            "`data` is not base64: invalid symbol 36, offset 1.",
        ),
    ] {
        let bad = file(name, text);
        let output = inspect(&["--json", &bad, &fixture(SOL_PULL)]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert_eq!(stderr(&output), format!("ballast: {bad}: {error}\n"));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["accounts"][0]["price"], "215.68137069");
        assert_eq!(document["failures"], json!([{ "file": bad, "error": error }]));

        let output = inspect(&[&bad, &fixture(SOL_PULL)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stdout(&output).contains("215.68137069"));
    }
}

#[test]
fn files_that_cannot_be_opened() {
    let output = inspect(&["no/such/file", env!("CARGO_TARGET_TMPDIR")]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let expected = format!(
        "ballast: no/such/file: no such file or directory\nballast: {}: is a directory\n",
        env!("CARGO_TARGET_TMPDIR")
    );
    assert_eq!(stderr(&output), expected);
}

#[test]
fn bytes_that_are_no_text() {
    let bad = file("binary.json", [0xff, 0xfe, 0x00]);
    let output = inspect(&[&bad]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), format!("ballast: {bad}: not JSON: expected value at line 1 column 1\n"));
}

#[test]
fn wrong_arguments() {
    for (args, said) in [
        (&[][..], "required arguments were not provided"),
        (&["--at", "noon", "x"], "invalid value 'noon' for '--at <UNIX>'"),
        (&["--owner", "pyth", "x"], "neither a base58 address nor 64 hex digits"),
        (&["--feed-id", "12", "x"], "neither a base58 address nor 64 hex digits"),
        (&["--yaml", "x"], "unexpected argument '--yaml'"),
    ] {
        let output = inspect(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn help_teaches() {
    let output = inspect(&["--help"]);
    assert!(output.status.success());
    for word in ["Examples:", "solana account", "--output json", "Exit status", "refused", "--feed-id"] {
        assert!(stdout(&output).contains(word), "{word}");
    }
}

#[test]
fn other_owners_on_request() {
    let refused = account(&[&fixture(DEVNET_PRICE)]);
    assert_eq!(refused["owner_name"], "Pyth oracle (devnet)");
    assert_eq!(refused["error"]["code"], 1500);
    let note = format!("accepted with --owner {PYTH_DEVNET}, it would say 0.27293073 ± 0.00083372");
    assert_eq!(refused["notes"], json!([note]));

    let accepted = account(&["--owner", PYTH_DEVNET, &fixture(DEVNET_PRICE)]);
    assert_eq!(accepted["verdict"], "ok");
    assert_eq!(accepted["price"], "0.27293073");

    // Repeated, and without losing the usual ones.
    let both = json(&["--owner", DRIFT_RECEIVER, "--owner", PYTH_DEVNET, &fixture(DEVNET_PRICE), &fixture(SOL_PULL)]);
    assert_eq!(both["accounts"][0]["verdict"], "ok");
    assert_eq!(both["accounts"][1]["verdict"], "ok");
}

#[test]
fn partial_verification_tells_the_signatures() {
    let refused = account(&[&fixture(DRIFT_PARTIAL)]);
    assert_eq!(refused["error"]["name"], "WrongOwner");
    let note = format!(
        "even with --owner {DRIFT_RECEIVER} it would be refused: verified only in part: 3 guardian signatures checked"
    );
    assert_eq!(refused["notes"], json!([note]));

    let behind = account(&["--owner", DRIFT_RECEIVER, &fixture(DRIFT_PARTIAL)]);
    assert_eq!(
        behind["error"],
        json!({
            "code": 1506,
            "name": "PartialVerification",
            "message": "verified only in part: 3 guardian signatures checked",
        })
    );
    // What it is about can be read all the same.
    assert_eq!(behind["feed_id"], "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a");
}

#[test]
fn statuses_have_names() {
    for (status, name) in [(0_u8, "unknown"), (2, "halted"), (3, "auction"), (4, "ignored"), (9, "not defined")] {
        let refused = account_of(&format!("status{status}.json"), &changed(BTC_LEGACY, |data| data[224] = status));
        assert_eq!(refused["error"]["message"], format!("status {status} ({name}) is not trading"));
    }
}

#[test]
fn feeds_can_be_pinned() {
    for (name, id) in [
        (SOL_PULL, SOL_FEED_ID),
        (SOL_PULL, "0xEF0D8B6FDA2CEBA41DA15D4095D1DA392A0D2F8ED0C6C7BC0F4CFAC8C280B56D"),
        ("mrgn-price_rs-swb_pull_get_price_1", "4c935636f2523f6aeeb6dc7b7dab0e86a13ff2c794f7895fc78851d69fdb593b"),
        ("klend-prices-H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG", "ALP8SdU9oARYVLgLR7LrqMNCYBnhtnQz1cj6bwgwQmgj"),
    ] {
        assert_eq!(account(&["--feed-id", id, &fixture(name)])["verdict"], "ok", "{name}");
    }
    let other = account(&["--feed-id", SOL_FEED_ID, &fixture(BTC_LEGACY)]);
    assert_eq!(other["error"]["name"], "WrongFeedId");
}

#[test]
fn accounts_that_are_something_else() {
    for (name, owner, data, kind, error) in [
        ("wallet.json", "11111111111111111111111111111111", "", "empty account", "WrongOwner"),
        (
            "unknown.json",
            "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
            "AAECAwQFBgcICQ==",
            "unknown account",
            "WrongOwner",
        ),
        ("closed.json", "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ", "", "empty account", "Truncated"),
        (
            "twap.json",
            "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ",
            "aMC8SPamDFE=",
            "Pyth TWAP update",
            "WrongAccountType",
        ),
    ] {
        let account = account_of(name, &json!({ "owner": owner, "data": data }));
        assert_eq!(account["kind"], kind);
        assert_eq!(account["error"]["name"], error, "{name}");
        assert_eq!(account["price"], Value::Null);
    }
    // A right format under an owner that nobody knows.
    let mut moved = dump(SOL_PULL);
    moved["account"]["owner"] = json!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    let moved = account_of("moved.json", &moved);
    assert_eq!(moved["owner_name"], Value::Null);
    assert_eq!(moved["provider"], "pyth-pull");
    assert_eq!(moved["error"]["name"], "WrongOwner");
    // Accepting the owner of something that is no price does not make it one.
    let owner = "dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH";
    let prelaunch = account(&["--owner", owner, &fixture("drift-liqtests-perp_market_oracle_str-b145a2")]);
    assert_eq!(prelaunch["kind"], "Drift prelaunch oracle");
    assert_eq!(prelaunch["error"]["name"], "WrongAccountType");
}

#[test]
fn damaged_accounts() {
    for (name, fixture, at, error) in [
        ("tag_pull.json", SOL_PULL, 3, "WrongAccountType"),
        ("tag_legacy.json", BTC_LEGACY, 0, "WrongAccountType"),
        ("tag_on_demand.json", SOL_ON_DEMAND, 7, "WrongAccountType"),
        ("tag_v2.json", SOL_V2, 5, "WrongAccountType"),
        ("version.json", BTC_LEGACY, 4, "BadVersion"),
        ("level.json", SOL_PULL, 40, "PartialVerification"),
    ] {
        let account = account_of(name, &changed(fixture, |data| data[at] ^= 1));
        assert_eq!(account["error"]["name"], error, "{name}");
    }
    for fixture in [SOL_PULL, BTC_LEGACY, SOL_ON_DEMAND, SOL_V2] {
        let mut short = changed(fixture, |data| data.truncate(100));
        assert_eq!(account_of(&format!("short_{fixture}.json"), &short)["error"]["name"], "Truncated");
        short["account"]["space"] = json!(134);
        let account = account_of(&format!("space_{fixture}.json"), &short);
        assert_eq!(account["notes"], json!(["the dump states 134 bytes but holds 100"]));
    }
    let no_result = account_of("no_result.json", &changed(SOL_ON_DEMAND, |data| data[2_368..2_376].fill(0)));
    assert_eq!(no_result["error"]["message"], "the feed has no result yet");
    let few = account_of("few.json", &changed(SOL_ON_DEMAND, |data| data[2_215] = 3));
    assert_eq!(few["error"]["message"], "2 responses where the feed demands 3");
}

#[test]
fn odd_prices_are_shown_with_a_word() {
    let negative = changed(SOL_PULL, |data| data[73..81].copy_from_slice(&(-1_i64).to_le_bytes()));
    let negative = account_of("negative.json", &negative);
    assert_eq!(negative["price"], "-0.00000001");
    assert_eq!(negative["notes"], json!(["the price is not positive: the judge drops it"]));

    let tiny =
        account_of("tiny.json", &changed(SOL_PULL, |data| data[89..93].copy_from_slice(&i32::MIN.to_le_bytes())));
    assert_eq!(tiny["price"], "21568137069e-2147483648");
    assert_eq!(tiny["confidence_percent"], "0.0934");

    let far = changed(SOL_PULL, |data| data[93..101].copy_from_slice(&i64::MAX.to_le_bytes()));
    let far = account_of("far.json", &far);
    assert_eq!(far["publish_time"], i64::MAX);
    assert_eq!(far["publish_time_utc"], Value::Null);

    let old = account(&["--owner", PYTH_DEVNET, &fixture("solend-J83w4HKfqxwcq3BEMMkPFSppX3gqekLyLJBexebFVkix")]);
    assert_eq!(old["price"], "32.1125");
    assert_eq!(old["notes"], json!(["no publish time: the judge takes it for stale"]));
}

#[test]
fn names_cannot_drive_the_terminal() {
    let name = changed(SOL_ON_DEMAND, |data| data[2_180..2_188].copy_from_slice(b"\x1b[31mA\n\xff"));
    let account = account_of("name.json", &name);
    assert_eq!(account["name"], "?[31mA??");
}
