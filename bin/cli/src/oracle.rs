//! `ballast oracle`: what price accounts say.
//!
//! Dump → inspection → table or JSON. Everything that decides anything is `ballast-oracle`, the same code that the
//! program runs; here is only reading files and printing.

mod address;
mod decimal;
pub(crate) mod dump;
mod inspection;
mod json;
mod table;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use self::{address::Address, dump::Failure, inspection::Inspection};

/// Price accounts of Pyth and Switchboard.
#[derive(Debug, Args)]
pub(crate) struct Oracle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(Inspect),
}

/// Shows what dumped price accounts say, as the Ballast program would read them.
///
/// Each FILE is an account as `solana account ADDRESS --output json` prints it; `-` is standard input. Recognised are
/// Pyth pull (PriceUpdateV2), legacy Pyth, Switchboard On-Demand and Switchboard V2 accounts.
///
/// The verdict is "ok" when the account is what it seems to be and its provider stands behind the price: right owner
/// program, right type, fully verified, trading, enough responses. Otherwise it is "refused" with the reason. Whether
/// an "ok" price is fresh and narrow enough to lend against is judged elsewhere; use --at to see its age.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
struct Inspect {
    /// Dumped accounts, or `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,

    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,

    /// Show every price's age at this time, in unix seconds.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    at: Option<i64>,

    /// Accept accounts of this program too, whatever provider they look like (devnet, a fork). May be repeated.
    #[arg(long = "owner", value_name = "PROGRAM_ID")]
    owners: Vec<Address>,

    /// Refuse accounts about anything else: 64 hex digits or an address. For Pyth pull this is the feed id, for
    /// legacy Pyth the product account, for Switchboard the hash of the feed's jobs.
    #[arg(long, value_name = "ID")]
    feed_id: Option<Address>,
}

const EXAMPLES: &str = "\
Examples:
  solana account 7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE --output json > sol.json
  ballast oracle inspect sol.json
  ballast oracle inspect --at $(date +%s) --json dumps/*.json
  solana account ADDRESS --url devnet --output json | \\
      ballast oracle inspect --owner gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s -

Exit status: 0 if every file was an account, refused or not; 1 if one could not be read; 2 for wrong arguments.";

impl Oracle {
    pub(crate) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Inspect(inspect) => inspect.run(),
        }
    }
}

impl Inspect {
    fn run(&self) -> ExitCode {
        let (dumps, failures) = dump::read_all(&self.files);
        let inspections: Vec<Inspection> =
            dumps.into_iter().map(|dump| Inspection::of(dump, &self.owners, self.feed_id.as_ref())).collect();

        let output = if self.json {
            json::render(&inspections, &failures, self.at)
        } else {
            table::render(&inspections, self.at)
        };
        let written = io::stdout().lock().write_all(output.as_bytes());
        for Failure { file, error } in &failures {
            eprintln!("ballast: {file}: {error}");
        }
        // A reader that closed the pipe has seen enough.
        let lost = written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe);
        if failures.is_empty() && !lost {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
