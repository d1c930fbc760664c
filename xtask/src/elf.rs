//! `cargo xtask elf`: the committed program, reproducible byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{json, Value};

use crate::workspace::{cargo, clean, files, output, root, settle, sha256, target};
use crate::{Mode, Result};

const ELF: &str = "artifacts/ballast.so";
const SHA256: &str = "artifacts/ballast.so.sha256";
const BUILD: &str = "artifacts/build.json";

/// Our packages in the program.
const SOURCES: [&str; 6] = [
    "crates/compat/solana-program-1",
    "crates/math",
    "crates/oracle",
    "crates/risk",
    "crates/state",
    "programs/ballast",
];

/// Packages whose versions a reader of `build.json` looks for first.
const NOTED: [&str; 6] = [
    "anchor-lang",
    "anchor-spl",
    "pyth-sdk-solana",
    "pyth-solana-receiver-sdk",
    "switchboard-on-demand",
    "switchboard-solana",
];

pub(crate) fn run(mode: Mode) -> Result {
    let inputs = Inputs::read()?;
    let Some(toolchain) = Toolchain::find() else {
        println!("elf: skipped, there is no SBF toolchain here (cargo xtask help says where it is looked for)");
        println!(
            "elf: {}",
            if inputs.made_the_committed_elf() { "its sources are unchanged" } else { "SOURCES CHANGED" }
        );
        return Ok(());
    };

    let mut build = Command::new(toolchain.folder.join("sbf-build"));
    clean(&mut build);
    output(build.env_remove("SBF_VERSION").args(["--quiet", "--locked", "--package", "ballast"]))?;
    let deploy = target()?.join("deploy");
    let elf = fs::read(deploy.join("ballast.so"))?;
    println!("elf: {} bytes, {}", elf.len(), deepest_frame(&deploy.join("ballast.map"))?);

    let hash = sha256(&elf);
    settle(mode, ELF, &elf)?;
    settle(mode, SHA256, format!("{hash}  ballast.so\n").as_bytes())?;
    match mode {
        Mode::Write => {
            let record = json!({
                "command": "cargo xtask elf",
                "compiler": toolchain.versions()?,
                "elf": { "bytes": elf.len(), "sbpf": "v0", "sha256": hash },
                "inputs": inputs.record(),
            });
            settle(mode, BUILD, format!("{}\n", serde_json::to_string_pretty(&record)?).as_bytes())?;
            println!("elf: written, sha256 {hash}");
        }
        Mode::Check if inputs.made_the_committed_elf() => println!("elf: the committed bytes are what this builds"),
        Mode::Check => return Err(format!("{BUILD} is about other sources: run `cargo xtask elf` and commit").into()),
    }
    Ok(())
}

/// Everything in the repository and the registry that decides the bytes.
struct Inputs {
    sources: String,
    packages: Vec<String>,
    profile: String,
}

impl Inputs {
    fn read() -> Result<Self> {
        let root = root();
        let mut sources = String::new();
        for package in SOURCES {
            let folder = root.join(package);
            for file in std::iter::once(folder.join("Cargo.toml")).chain(files(&folder.join("src"))?) {
                let name = file.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
                sources += &format!("{} {name}\n", sha256(&fs::read(&file)?));
            }
        }

        // Name, version and features of each package; without folders of this machine.
        let tree = output(cargo().args(["tree", "--quiet", "--locked", "--package", "ballast"]).args([
            "--edges",
            "normal,build",
            "--target",
            "all",
            "--no-dedupe",
            "--prefix",
            "none",
            "--format",
            "{p}|{f}",
        ]))?;
        let mut packages: Vec<String> = tree
            .lines()
            .filter_map(|line| {
                let (package, features) = line.split_once('|')?;
                let name = package.split(" (").next()?;
                Some(format!("{name} {features}"))
            })
            .collect();
        packages.sort();
        packages.dedup();

        let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
        let mut profile = String::new();
        let mut inside = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                inside = line.starts_with("[profile.release");
            }
            if inside && !line.is_empty() && !line.starts_with('#') {
                profile += line;
                profile.push('\n');
            }
        }
        Ok(Self { sources, packages, profile })
    }

    fn record(&self) -> Value {
        let noted: BTreeMap<&str, &str> = self
            .packages
            .iter()
            .filter_map(|package| {
                let mut words = package.split(' ');
                let (name, version) = (words.next()?, words.next()?);
                // Of two versions in the tree the later one is ours.
                NOTED.contains(&name).then_some((name, version.trim_start_matches('v')))
            })
            .collect();
        json!({
            "packages": noted,
            "packages_sha256": sha256(self.packages.join("\n").as_bytes()),
            "profile": self.profile.lines().collect::<Vec<_>>(),
            "sources_sha256": sha256(self.sources.as_bytes()),
        })
    }

    fn made_the_committed_elf(&self) -> bool {
        fs::read(root().join(BUILD))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .is_some_and(|build| build.get("inputs") == Some(&self.record()))
    }
}

/// The folder of `sbf-build`, if there is an installed toolchain.
pub(crate) fn toolchain() -> Option<PathBuf> {
    Toolchain::find().map(|toolchain| toolchain.folder)
}

/// The compiler: a folder with `sbf-build`, and what its `setup.sh` installed.
struct Toolchain {
    folder: PathBuf,
    home: PathBuf,
}

impl Toolchain {
    fn find() -> Option<Self> {
        let named = std::env::var_os("BALLAST_SBF_BUILD").map(PathBuf::from);
        let search = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&search).map(|folder| folder.join("sbf-build"));
        let beside = root().join("../shared/toolchain/sbf-build");
        let script = named.into_iter().chain(on_path).chain([beside]).find(|path| path.is_file())?;
        let home = match (std::env::var_os("SBF_HOME"), std::env::var_os("HOME")) {
            (Some(home), _) => PathBuf::from(home),
            (None, Some(home)) => Path::new(&home).join(".cache/sbf-toolchain"),
            (None, None) => return None,
        };
        let installed = home.join("bin/rustc").is_file() && home.join("lib/runtime.bc").is_file();
        let folder = script.canonicalize().ok()?.parent()?.to_path_buf();
        installed.then_some(Self { folder, home })
    }

    fn versions(&self) -> Result<Value> {
        let rustc = output(Command::new(self.home.join("bin/rustc")).arg("--version"))?;
        let mut debian: BTreeMap<String, String> = BTreeMap::new();
        for package in ["llvm-22", "llvm-22-dev"] {
            let version = output(Command::new("dpkg-query").args(["--show", "--showformat", "${Version}", package]));
            debian.insert(package.into(), version?);
        }
        for deb in files(&self.home.join("debs"))? {
            let name = deb.file_name().unwrap_or_default().to_string_lossy().replace("%3a", ":");
            let mut parts = name.split('_');
            if let (Some(package), Some(version)) = (parts.next(), parts.next()) {
                debian.insert(package.into(), version.into());
            }
        }
        let mut sources = String::new();
        for file in files(&self.folder)? {
            let name = file.strip_prefix(&self.folder)?.to_string_lossy().into_owned();
            sources += &format!("{} {name}\n", sha256(&fs::read(&file)?));
        }
        Ok(json!({
            "debian": debian,
            "rustc": rustc.trim(),
            "toolchain_sha256": sha256(sources.as_bytes()),
        }))
    }
}

/// The linker's map has address, size, frame and name of every function.
fn deepest_frame(map: &Path) -> Result<String> {
    let map = fs::read_to_string(map)?;
    let deepest = map
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, _, frame, name] = words.as_slice() else { return None };
            Some((frame.parse::<u32>().ok()?, *name))
        })
        .max();
    Ok(deepest.map_or_else(String::new, |(frame, name)| format!("deepest frame {frame} of 4096 bytes: {name}")))
}
