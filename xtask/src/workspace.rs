//! Paths, commands and hashes that several chores need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::{Mode, Result};

/// The folder of the root manifest.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo in the root, without what the environment would add to a build.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    clean(&mut command);
    command
}

/// Makes a command start in the root with a build environment that is the same everywhere.
pub(crate) fn clean(command: &mut Command) {
    command.current_dir(root());
    for (name, _) in std::env::vars() {
        let compiler = name.contains("RUSTFLAGS") || name.starts_with("CARGO_PROFILE_");
        let ours = name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" || name == "CARGO_MANIFEST_PATH";
        if compiler || ours {
            command.env_remove(name);
        }
    }
}

/// What a command prints, or an error when it fails. Its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(|e| format!("{shown}: {e}"))?;
    if !output.status.success() {
        return Err(format!("failed: {shown}").into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Cargo's target folder.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let folder = metadata.get("target_directory").and_then(|v| v.as_str()).ok_or("cargo metadata names no target")?;
    Ok(folder.into())
}

/// Hex sha256.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All files under `folder`, in a fixed order.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    let mut all = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            all.extend(files(&entry)?);
        } else {
            all.push(entry);
        }
    }
    Ok(all)
}

/// Writes a committed file, or compares it with what would be written.
pub(crate) fn settle(mode: Mode, name: &str, contents: &[u8]) -> Result {
    let path = root().join(name);
    match mode {
        Mode::Write => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, contents).map_err(|e| format!("{name}: {e}"))?;
        }
        Mode::Check => {
            let committed = fs::read(&path).map_err(|e| format!("{name}: {e}"))?;
            if committed != contents {
                return Err(format!("{name} is not what its sources make: regenerate it and commit").into());
            }
        }
    }
    Ok(())
}
