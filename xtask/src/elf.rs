//! `cargo xtask elf`: the committed programs, reproducible byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{json, Value};

use crate::workspace::{cargo, clean, files, output, root, settle, sha256, target};
use crate::{Mode, Result};

const BUILD: &str = "artifacts/build.json";

/// A program: its package, which is the name of its file, too, and what of the repository is in it.
struct Program {
    package: &'static str,
    /// Our packages, by folder: manifest and sources.
    folders: &'static [&'static str],
    /// Other files that are compiled in.
    files: &'static [&'static str],
    /// Packages whose versions a reader of `build.json` looks for first.
    noted: &'static [&'static str],
}

/// One after the other: built together, each would get the features that the other one asks for.
const PROGRAMS: [Program; 2] = [
    Program {
        package: "ballast",
        folders: &[
            "crates/compat/solana-program-1",
            "crates/math",
            "crates/oracle",
            "crates/risk",
            "crates/state",
            "programs/ballast",
        ],
        files: &[],
        noted: &[
            "anchor-lang",
            "anchor-spl",
            "pyth-sdk-solana",
            "pyth-solana-receiver-sdk",
            "switchboard-on-demand",
            "switchboard-solana",
        ],
    },
    Program {
        package: "savings",
        folders: &["examples/savings"],
        files: &["idl/ballast.json"],
        noted: &["anchor-lang"],
    },
];

pub(crate) fn run(mode: Mode) -> Result {
    let mut inputs = Vec::new();
    for program in &PROGRAMS {
        inputs.push((program, Inputs::read(program)?));
    }
    let committed = committed();
    let Some(toolchain) = Toolchain::find() else {
        println!("elf: skipped, there is no SBF toolchain here (cargo xtask help says where it is looked for)");
        for (program, inputs) in inputs {
            let unchanged = inputs.made(&committed, program);
            println!(
                "elf: {}: {}",
                program.package,
                if unchanged { "sources are unchanged" } else { "SOURCES CHANGED" }
            );
        }
        return Ok(());
    };

    let mut programs = serde_json::Map::new();
    for (program, inputs) in inputs {
        let elf = build(&toolchain, program, mode)?;
        match mode {
            Mode::Write => {
                programs.insert(program.package.into(), json!({ "elf": elf, "inputs": inputs.record(program) }));
            }
            Mode::Check if inputs.made(&committed, program) => {
                println!("elf: {}: the committed bytes are what this builds", program.package);
            }
            Mode::Check => {
                let package = program.package;
                return Err(
                    format!("{BUILD} is about other sources of {package}: run `cargo xtask elf` and commit").into()
                );
            }
        }
    }
    if mode == Mode::Write {
        let compiler = toolchain.versions()?;
        let record = json!({ "command": "cargo xtask elf", "compiler": compiler, "programs": programs });
        settle(mode, BUILD, format!("{}\n", serde_json::to_string_pretty(&record)?).as_bytes())?;
    }
    Ok(())
}

/// Builds the program as SBPF v3, beside what is committed: `BALLAST_ELF` makes the tests run it.
pub(crate) fn run_v3() -> Result {
    let elf = target()?.join("sbpf-v3/ballast.so");
    let Some(toolchain) = Toolchain::find() else {
        // An older one would be tested for this one.
        if elf.is_file() {
            fs::remove_file(elf)?;
        }
        println!("elf: skipped, there is no SBF toolchain here (cargo xtask help says where it is looked for)");
        return Ok(());
    };
    let bytes = compile(&toolchain, "ballast", Some("3"))?;
    // The version is the flags of the ELF's header.
    if bytes.get(48..52) != Some(&[3, 0, 0, 0]) {
        return Err("the toolchain made no SBPF v3".into());
    }
    if let Some(folder) = elf.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&elf, &bytes)?;
    println!("elf: {}", elf.display());
    Ok(())
}

/// Builds a program and settles its files. Returns what there is to say about the ELF.
fn build(toolchain: &Toolchain, program: &Program, mode: Mode) -> Result<Value> {
    let package = program.package;
    let elf = compile(toolchain, package, None)?;
    let hash = sha256(&elf);
    println!("elf: {package}: sha256 {hash}");
    settle(mode, &format!("artifacts/{package}.so"), &elf)?;
    settle(mode, &format!("artifacts/{package}.so.sha256"), format!("{hash}  {package}.so\n").as_bytes())?;
    Ok(json!({ "bytes": elf.len(), "sbpf": "v0", "sha256": hash }))
}

/// A program's ELF, in the toolchain's own version of SBPF or in another one.
fn compile(toolchain: &Toolchain, package: &str, version: Option<&str>) -> Result<Vec<u8>> {
    toolchain.nameless_runtime()?;
    let mut build = Command::new(toolchain.folder.join("sbf-build"));
    clean(&mut build);
    build.env_remove("SBF_VERSION").envs(version.map(|version| ("SBF_VERSION", version)));
    output(build.args(["--quiet", "--locked", "--package", package]))?;
    let deploy = target()?.join("deploy");
    let elf = fs::read(deploy.join(format!("{package}.so")))?;
    println!("elf: {package}: {} bytes, {}", elf.len(), deepest_frame(&deploy.join(format!("{package}.map")))?);
    Ok(elf)
}

/// The committed record of how the ELFs were made; nothing if it cannot be read.
fn committed() -> Value {
    fs::read(root().join(BUILD)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Everything in the repository and the registry that decides the bytes.
struct Inputs {
    sources: String,
    packages: Vec<String>,
    profile: String,
}

impl Inputs {
    fn read(program: &Program) -> Result<Self> {
        let root = root();
        let mut read: Vec<PathBuf> = Vec::new();
        for folder in program.folders {
            read.push(root.join(folder).join("Cargo.toml"));
            read.extend(files(&root.join(folder).join("src"))?);
        }
        read.extend(program.files.iter().map(|file| root.join(file)));
        let mut sources = String::new();
        for file in read {
            let name = file.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
            sources += &format!("{} {name}\n", sha256(&fs::read(&file)?));
        }

        // Name, version and features of each package; without folders of this machine.
        let tree = output(cargo().args(["tree", "--quiet", "--locked", "--package", program.package]).args([
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
        let others: Vec<String> = PROGRAMS
            .iter()
            .filter(|other| other.package != program.package)
            .map(|other| format!("[profile.release.package.{}]", other.package))
            .collect();
        let mut profile = String::new();
        let mut inside = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                inside = line.starts_with("[profile.release") && !others.iter().any(|other| other == line);
            }
            if inside && !line.is_empty() && !line.starts_with('#') {
                profile += line;
                profile.push('\n');
            }
        }
        Ok(Self { sources, packages, profile })
    }

    fn record(&self, program: &Program) -> Value {
        let noted: BTreeMap<&str, &str> = self
            .packages
            .iter()
            .filter_map(|package| {
                let mut words = package.split(' ');
                let (name, version) = (words.next()?, words.next()?);
                // Of two versions in the tree the later one is ours.
                program.noted.contains(&name).then_some((name, version.trim_start_matches('v')))
            })
            .collect();
        json!({
            "packages": noted,
            "packages_sha256": sha256(self.packages.join("\n").as_bytes()),
            "profile": self.profile.lines().collect::<Vec<_>>(),
            "sources_sha256": sha256(self.sources.as_bytes()),
        })
    }

    /// Whether the committed ELF of the program was made of these.
    fn made(&self, committed: &Value, program: &Program) -> bool {
        committed["programs"][program.package]["inputs"] == self.record(program)
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

    /// Compiles the runtime again, once: `setup.sh` leaves the name of its own folder in it, for the places of its panics, and a
    /// program would be different bytes wherever the toolchain stands.
    fn nameless_runtime(&self) -> Result {
        let (runtime, stamp) = (self.home.join("lib/runtime.bc"), self.home.join("ballast-runtime"));
        let made = |runtime: &Path| Ok::<_, std::io::Error>(sha256(&fs::read(runtime)?));
        if fs::read_to_string(&stamp).ok() == Some(made(&runtime)?) {
            return Ok(());
        }
        let fresh = self.home.join(format!("ballast-runtime-{}.bc", std::process::id()));
        let mut rustc = Command::new(self.home.join("bin/rustc"));
        clean(&mut rustc);
        rustc
            .args([
                "--target",
                "sbf-solana-solana",
                "--edition",
                "2024",
                "--crate-name",
                "sbf_rt",
                "--crate-type",
                "lib",
            ])
            .args(["--emit", "llvm-bc", "-Copt-level=3", "-Ccodegen-units=1"])
            .arg(format!("--remap-path-prefix={}=/toolchain", self.folder.display()))
            .arg(self.folder.join("rt/src/lib.rs"))
            .arg("-o")
            .arg(&fresh);
        output(&mut rustc)?;
        let hash = made(&fresh)?;
        fs::rename(&fresh, &runtime)?;
        fs::write(&stamp, hash)?;
        Ok(())
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
