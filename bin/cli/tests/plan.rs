//! `ballast plan`, run as a person runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ballast_client::instructions as ix;
use ballast_migrate::Deployment;
use ballast_testkit::World;
use base64::{engine::general_purpose::STANDARD, Engine as _};
use serde_json::json;
use solana_signer::Signer;

fn localnet() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/localnet.toml").display().to_string()
}

fn plan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ballast")).arg("plan").args(args).output().unwrap()
}

/// What it prints, of a run that succeeds.
fn printed(args: &[&str]) -> String {
    let output = plan(args);
    assert_eq!((output.status.code(), String::from_utf8(output.stderr)), (Some(0), Ok(String::new())));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line of a run that fails.
fn refusal(args: &[&str]) -> String {
    let output = plan(args);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    line.trim_end().to_owned()
}

/// An empty folder of its own for every `name`.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    folder
}

/// Steps of a plan, without their differences.
fn steps(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("       ")).collect()
}

#[test]
fn from_nothing() {
    let text = printed(&[&localnet()]);
    let mint = |bank: usize| Deployment::parse("", &fs::read_to_string(localnet()).unwrap()).unwrap().banks[bank].mint;
    assert_eq!(
        steps(&text),
        [
            "group F61ScoXiwwAjnVLzQ74jhmFD2C3kCCN3jjUbB3uC6jB1: 5 to do, 2 of them not yet",
            "  1. create_group: group",
            "  2. add_price_feed: feed 0 USDC",
            "  3. add_price_feed: feed 1 SOL",
            "  4. add_bank: bank 0 USDC (not yet: refresh the feed on row 0 first: the feed has no price yet)",
            "  5. add_bank: bank 1 SOL (not yet: refresh the feed on row 1 first: the feed has no price yet)",
        ]
    );
    assert!(text.contains("\n       dust: 10 USD\n"));
    assert!(text.contains(&format!("\n       mint: {}\n", mint(1))));
}

/// The group of a test world is localnet's: dumped, only feeds and banks are missing.
#[test]
fn from_dumps() {
    let world = World::empty();
    let folder = folder("dumps");
    for key in printed(&[&localnet(), "--addresses"]).lines() {
        let dump = world.svm.account(&key.parse().unwrap()).map_or_else(String::new, |account| {
            let data = [STANDARD.encode(&account.data), "base64".to_owned()];
            json!({ "pubkey": key, "account": { "data": data, "owner": account.owner.to_string() } }).to_string()
        });
        fs::write(folder.join(key).with_extension("json"), dump).unwrap();
    }
    let folder = folder.display().to_string();
    let text = printed(&[&localnet(), "--accounts", &folder]);
    assert_eq!(steps(&text).len(), 1 + 4);
    let (first, second) =
        (printed(&[&localnet(), "--addresses"]), printed(&[&localnet(), "--addresses", "--accounts", &folder]));
    assert_eq!(first, second);
    assert_eq!(steps(&text)[1], "  1. add_price_feed: feed 0 USDC");

    let changed = fs::read_to_string(localnet()).unwrap().replace("dust = \"10 USD\"", "dust = \"20 USD\"");
    let file = format!("{folder}/changed.toml");
    fs::write(&file, changed).unwrap();
    let text = printed(&[&file, "--accounts", &folder]);
    assert!(
        text.contains("  1. configure_group: group\n       rules.dust: 10 USD → 20 USD\n  2. add_price_feed"),
        "{text}"
    );
}

/// Which changes wait, the dump of the group tells.
#[test]
fn from_dumps_of_a_group_with_a_timelock() {
    let mut world = World::empty();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, 0, 2);
    let propose = ix::propose_change(&world.admin.pubkey(), &world.group, 0, &change);
    world.as_admin(propose).unwrap();
    let folder = folder("timelock");
    let account = world.svm.account(&world.group).unwrap();
    let dump = json!({ "pubkey": world.group.to_string(), "owner": account.owner.to_string(), "data": [STANDARD.encode(&account.data), "base64"] });
    fs::write(folder.join("group.json"), dump.to_string()).unwrap();
    let text = printed(&[&localnet(), "--addresses", "--accounts", &folder.display().to_string()]);
    assert_eq!(text, printed(&[&localnet(), "--addresses"]) + &format!("{}\n", world.change_key(0)));
}

#[test]
fn one_line_says_what_is_wrong() {
    let folder = folder("wrong");
    let file = folder.join("bad.toml").display().to_string();
    let text = fs::read_to_string(localnet()).unwrap();
    fs::write(&file, text.replace("dust = \"10 USD\"", "dust = \"10\"")).unwrap();
    assert_eq!(
        refusal(&[&file]),
        format!("ballast: {file}:19:8: \"10\" has no unit: expected dollars such as \"10 USD\"")
    );
    fs::write(&file, [0xff, 0xfe]).unwrap();
    assert_eq!(refusal(&[&file]), format!("ballast: {file}: stream did not contain valid utf-8"));
    let absent = folder.join("absent").display().to_string();
    assert_eq!(refusal(&[&absent]), format!("ballast: {absent}: no such file or directory"));
    assert_eq!(refusal(&[&localnet(), "--accounts", &absent]), format!("ballast: {absent}: no such file or directory"));
    let dump = folder.join("a.json").display().to_string();
    fs::write(&dump, "{}").unwrap();
    let here = folder.display().to_string();
    assert_eq!(refusal(&[&localnet(), "--accounts", &here]), format!("ballast: {dump}: not an account: no `owner`"));
    fs::write(&dump, json!({ "owner": "11111111111111111111111111111111", "data": "" }).to_string()).unwrap();
    assert_eq!(
        refusal(&[&localnet(), "--accounts", &here]),
        format!("ballast: {dump}: no `pubkey`: whose account is it?")
    );
}
