//! `cargo xtask deps`: rules about dependencies that cargo-deny has no words for.

use std::collections::BTreeSet;
use std::fs;

use crate::workspace::{cargo, output, root, target};
use crate::Result;

/// All that the engine may be made of. The last four only run in the compiler.
const ENGINE: [&str; 9] = [
    "ballast-math",
    "ballast-risk",
    "ballast-state",
    "bytemuck",
    "bytemuck_derive",
    "proc-macro2",
    "quote",
    "syn",
    "unicode-ident",
];

/// The engine's key type; no runtime comes with it.
const KEYS: &str = "solana-address";

/// The only versions of solana-program that two old oracle SDKs compile with: the stand-in, and what it stands for.
const SOLANA_PROGRAM: [&str; 2] = ["1.18.99", "2.3.0"];

/// Crates of oracle providers.
const ORACLES: [&str; 4] =
    ["pyth-sdk-solana", "pyth-solana-receiver-sdk", "switchboard-on-demand", "switchboard-solana"];

pub(crate) fn run() -> Result {
    engine_is_small()?;
    integrators_need_no_oracle()?;
    solana_program_is_old()?;
    engine_links_without_std()
}

fn engine_is_small() -> Result {
    let tree = output(
        cargo()
            .args(["tree", "--quiet", "--locked", "--package", "ballast-risk"])
            .args(["--edges", "no-dev", "--prefix", "none"]),
    )?;
    let strangers: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty() && *name != KEYS && !ENGINE.contains(name))
        .collect();
    if strangers.is_empty() {
        println!("deps: the engine depends on nothing unexpected");
        return Ok(());
    }
    Err(format!("ballast-risk must not depend on {strangers:?}").into())
}

/// The example as an integrator builds it, out of the IDL and out of the program's own crate.
fn integrators_need_no_oracle() -> Result {
    for features in ["", "program-crate"] {
        let tree = output(
            cargo()
                .args(["tree", "--quiet", "--locked", "--package", "savings", "--features", features])
                .args(["--edges", "no-dev", "--prefix", "none"]),
        )?;
        let name = |line: &str| line.split(' ').next().map(str::to_owned);
        if let Some(oracle) = tree.lines().filter_map(name).find(|name| ORACLES.contains(&name.as_str())) {
            return Err(format!("savings, features \"{features}\", must not depend on {oracle}").into());
        }
    }
    println!("deps: calling the program takes no oracle provider's crate");
    Ok(())
}

fn solana_program_is_old() -> Result {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let lines: Vec<&str> = lock.lines().collect();
    let versions: Vec<&str> = lines
        .windows(2)
        .filter_map(|pair| match pair {
            ["name = \"solana-program\"", version] => version.strip_prefix("version = \"")?.strip_suffix('"'),
            _ => None,
        })
        .collect();
    if versions == SOLANA_PROGRAM {
        println!("deps: solana-program is {}", versions.join(" and "));
        return Ok(());
    }
    Err(format!("Cargo.lock has solana-program {versions:?} instead of {SOLANA_PROGRAM:?}").into())
}

/// Links the engine into a library that brings its own panic handler: std anywhere below it would bring a second one.
fn engine_links_without_std() -> Result {
    let folder = target()?.join("no-std");
    fs::create_dir_all(&folder)?;
    let risk = root().join("crates/risk");
    let manifest = format!(
        "[package]\nname = \"no-std\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
         [lib]\npath = \"lib.rs\"\ncrate-type = [\"staticlib\"]\n\n\
         [dependencies]\nballast-risk = {{ path = {risk:?} }}\n\n\
         [profile.dev]\npanic = \"abort\"\n\n[workspace]\n"
    );
    let library = "#![no_std]\nextern crate ballast_risk;\n\n\
                   #[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("lib.rs"), library)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    output(
        cargo().current_dir(&folder).args(["build", "--quiet", "--lib"]).env("CARGO_TARGET_DIR", folder.join("target")),
    )?;
    println!("deps: the engine links without std");
    Ok(())
}
