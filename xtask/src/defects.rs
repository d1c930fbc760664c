//! `cargo xtask defects`: plants one defect after the other into a copy of the program, and lets the random sequences find it.

mod list;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::workspace::{cargo, clean, files, output, root, target};
use crate::Result;

use list::{Defect, DEFECTS};

/// Instructions in which a defect has to be found.
const STEPS: &str = "400000";

/// Plants those of the given invariants, or all.
pub(crate) fn run(numbers: &[&str]) -> Result {
    let chosen: Vec<u8> = numbers.iter().map(|number| number.parse()).collect::<std::result::Result<_, _>>()?;
    let Some(toolchain) = crate::elf::toolchain() else {
        return Err("there is no SBF toolchain here (cargo xtask help says where it is looked for)".into());
    };
    let copy = Copy::new()?;
    // The engine on the host stays as it is: only the program is planted with.
    let sequences = test_binary(&copy.tree.with_file_name("sequences"))?;
    let mut missed = 0;
    println!("| invariant | planted defect | instructions until it was found | steps it was shortened to |\n|---|---|--:|--:|");
    for defect in DEFECTS.iter().filter(|defect| chosen.is_empty() || chosen.contains(&defect.invariant)) {
        let found = copy
            .with(defect, |tree| build(&toolchain, tree))
            .and_then(|elf| search(&sequences, defect.invariant, &elf));
        let row = match found {
            Ok(Some((after, shortest))) => format!("{after} | {shortest}"),
            Ok(None) => "never | –".to_owned(),
            Err(error) => format!("{error} | –"),
        };
        missed += usize::from(row.ends_with('–'));
        println!("| INV-{:02} | {} | {row} |", defect.invariant, defect.says);
    }
    if missed > 0 {
        return Err(format!("{missed} defects were not caught").into());
    }
    Ok(())
}

/// The tracked files of the repository, in a folder of their own.
struct Copy {
    tree: PathBuf,
}

impl Copy {
    fn new() -> Result<Self> {
        let tree = target()?.join("defects/tree");
        let names = output(Command::new("git").current_dir(root()).args(["ls-files", "-z"]))?;
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            let from = root().join(name);
            // A link to a folder has no bytes of its own.
            let Ok(bytes) = fs::read(&from) else { continue };
            place(&tree.join(name), &bytes)?;
        }
        // What an earlier copy left and is no more.
        for left in [files(&tree.join("crates"))?, files(&tree.join("programs"))?].concat() {
            let name = left.strip_prefix(&tree)?.to_string_lossy().into_owned();
            if !root().join(name).is_file() {
                fs::remove_file(left)?;
            }
        }
        Ok(Self { tree })
    }

    /// Runs `act` on the copy with a defect in it.
    fn with<R>(&self, defect: &Defect, act: impl FnOnce(&Path) -> Result<R>) -> Result<R> {
        for (name, from, to) in defect.edits {
            let path = self.tree.join(name);
            let text = fs::read_to_string(&path)?;
            let times = text.matches(from).count();
            if times != 1 {
                return Err(format!("INV-{:02}: {name} has {times} times {from:?}", defect.invariant).into());
            }
            place(&path, text.replacen(from, to, 1).as_bytes())?;
        }
        let done = act(&self.tree);
        for (name, _, _) in defect.edits {
            place(&self.tree.join(name), &fs::read(root().join(name))?)?;
        }
        done
    }
}

/// Writes a file that is not so already: what does not change need not be compiled again.
fn place(path: &Path, bytes: &[u8]) -> Result {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, bytes)?)
}

/// The planted program.
fn build(toolchain: &Path, tree: &Path) -> Result<PathBuf> {
    let mut build = Command::new(toolchain.join("sbf-build"));
    clean(&mut build);
    build.current_dir(tree).env_remove("SBF_VERSION").env_remove("CARGO_TARGET_DIR");
    let built = build.args(["--quiet", "--locked", "--package", "ballast"]).output()?;
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into());
    }
    Ok(tree.join("target/deploy/ballast.so"))
}

/// The random sequences as they are now, at `path`: sources may change while they run.
fn test_binary(path: &Path) -> Result<PathBuf> {
    // Of the whole workspace: alone it would have other features, and be compiled from the runtime up.
    let arguments = ["test", "--workspace", "--test", "sequences", "--no-run", "--message-format", "json"];
    let messages = output(cargo().args(arguments))?;
    let mut built = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.to_owned())
    });
    fs::copy(built.next_back().ok_or("cargo names no test")?, path)?;
    Ok(path.to_path_buf())
}

/// After how many instructions the sequences find it, and to how many steps they shorten it.
fn search(sequences: &Path, invariant: u8, elf: &Path) -> Result<Option<(u64, usize)>> {
    let Output { stdout, stderr, .. } = Command::new(sequences)
        .args(["random", "--nocapture"])
        .env("BALLAST_ELF", elf)
        .env("BALLAST_INVARIANT", invariant.to_string())
        .env("BALLAST_STEPS", STEPS)
        .output()?;
    let text = String::from_utf8_lossy(&stdout);
    let after = text.lines().find_map(|line| {
        let (_, count) = line.split_once(&format!("INV-{invariant:02} ("))?.1.rsplit_once("after ")?;
        count.split(' ').next()?.parse().ok()
    });
    if after.is_none() && !text.contains("test result: ok") {
        return Err(format!("INV-{invariant:02}: {text}{}", String::from_utf8_lossy(&stderr)).into());
    }
    Ok(after.map(|after| (after, text.matches("        by(").count())))
}
