//! Chores of the repository, run as `cargo xtask <command>`.

mod defects;
mod deps;
mod elf;
mod idl;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command> [--check]

  elf    build the programs, write artifacts/*.so, their sha256 and how they were made
  elf --v3
         build the program as SBPF v3, write target/sbpf-v3/ballast.so
  idl    generate idl/ballast.json from the program
  deps   check what the engine depends on, and that it links without std
  defects [n ...]
         plant a defect for each invariant n, or for all, into a copy of the program,
         and let the random sequences find it: a minute or two each

--check   change nothing, fail if the committed files are not what would be written

`elf` and `defects` need sbf-build: the one that BALLAST_SBF_BUILD names, or of $PATH, or in
../shared/toolchain. Where there is none it says so and succeeds.";

/// Failures are for people: one sentence.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whether to write the committed files or to compare with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Write,
    Check,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["elf"] => elf::run(Mode::Write),
        ["elf", "--check"] => elf::run(Mode::Check),
        ["elf", "--v3"] => elf::run_v3(),
        ["idl"] => idl::run(Mode::Write),
        ["idl", "--check"] => idl::run(Mode::Check),
        ["defects", numbers @ ..] => defects::run(numbers),
        ["deps"] | ["deps", "--check"] => deps::run(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
