//! What the documentation of an instruction's handler says of its errors.

use std::fs;
use std::path::Path;

/// Errors of every account of the program, told once, where accounts are read.
const OF_EVERY_ACCOUNT: &[&str] = &["WrongProgramOwner", "WrongAccountType", "WrongAccountVersion", "DuplicateAccount"];

/// Whether the documentation tells that an instruction may fail with this error. Anchor, the token
/// program and the runtime have documentation of their own; why an oracle account cannot be read is told in one sentence.
pub(crate) fn tells(instruction: &str, error: &str) -> bool {
    if error.contains("::") || error.starts_with("Oracle") || OF_EVERY_ACCOUNT.contains(&error) {
        return true;
    }
    let (handler, quoted) = (handler(instruction), format!("`{error}`"));
    handler.lines().any(|line| line.starts_with("///") && line.contains(&quoted))
}

fn handler(instruction: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/ballast/src/instructions");
    fs::read_to_string(folder.join(instruction).with_extension("rs")).expect("one file, one instruction")
}
