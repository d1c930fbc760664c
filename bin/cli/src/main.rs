//! The command `ballast`.

mod demo;
mod oracle;
mod plan;
mod replay;

use std::process::ExitCode;

use ballast_migrate::utc;
use clap::{Parser, Subcommand};

/// Ballast: lending and perpetuals on one margin account.
#[derive(Debug, Parser)]
#[command(name = "ballast", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Oracle(oracle::Oracle),
    Plan(plan::Plan),
    Replay(replay::Replay),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Oracle(oracle) => oracle.run(),
        Command::Plan(plan) => plan.run(),
        Command::Replay(replay) => replay.run(),
    }
}
