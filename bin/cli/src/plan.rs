//! `ballast plan`: what is missing for a deployment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ballast_migrate::{ChainState, Deployment};
use clap::Args;
use solana_account::Account;
use solana_pubkey::Pubkey;

use crate::oracle::dump;

/// Compares a migration file with the chain and prints what is missing. Sends nothing.
///
/// FILE describes a deployment: its group, risk classes, feeds and banks, with units (migrations/README.md explains it).
/// Every step is one instruction, with the values that it changes: what the chain has → what the file wants. A step that
/// has to wait, for a price, a mint, the timelock or the next admin, says what for.
///
/// The chain is a folder of accounts as `solana account ADDRESS --output json` prints them, one a file; what is not among
/// them does not exist. --addresses lists which accounts to dump; of a group with a timelock it takes a second run with
/// --accounts, as only the group tells which changes may wait.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Plan {
    /// A migration file such as migrations/devnet.toml.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Folder of dumped accounts (*.json). Without it nothing is there yet.
    #[arg(long, value_name = "DIR")]
    accounts: Option<PathBuf>,

    /// Print the addresses of all accounts that the plan looks at, one a line, and nothing else.
    #[arg(long)]
    addresses: bool,
}

const EXAMPLES: &str = "\
Examples:
  ballast plan migrations/localnet.toml
  for key in $(ballast plan migrations/devnet.toml --addresses); do
      solana account $key --url devnet --output json > dumps/$key.json
  done
  ballast plan migrations/devnet.toml --accounts dumps

Exit status: 0 if the plan was made, whatever is in it; 1 if the file or a dump is wrong, or contradicts the other; 2 for
wrong arguments.";

impl Plan {
    pub(crate) fn run(&self) -> ExitCode {
        let said = self.text().and_then(|text| match io::stdout().lock().write_all(text.as_bytes()) {
            // A reader that closed the pipe has seen enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
            _ => Ok(()),
        });
        match said {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("ballast: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn text(&self) -> Result<String, String> {
        // A name must not drive the terminal.
        let name = self.file.display().to_string().replace(char::is_control, "?");
        let text = fs::read_to_string(&self.file).map_err(|error| format!("{name}: {}", dump::plain(&error)))?;
        let deployment = Deployment::parse(&name, &text).map_err(|error| error.to_string())?;
        let chain = self.accounts.as_deref().map_or_else(|| Ok(Dumps::default()), Dumps::read)?;
        if self.addresses {
            let keys = deployment.addresses(&chain).map_err(|error| error.to_string())?;
            return Ok(keys.iter().map(|key| format!("{key}\n")).collect());
        }
        let plan = ballast_migrate::Plan::compare(&deployment, &chain).map_err(|error| error.to_string())?;
        Ok(plan.to_string())
    }
}

/// Accounts from a folder.
#[derive(Debug, Default)]
struct Dumps(BTreeMap<Pubkey, Account>);

impl Dumps {
    fn read(folder: &Path) -> Result<Self, String> {
        let fail = |error: io::Error| format!("{}: {}", folder.display(), dump::plain(&error));
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = entry.path();
            // Where there is no account `solana account` prints nothing.
            let is_empty = entry.metadata().map_err(fail)?.len() == 0;
            if !is_empty && path.extension().is_some_and(|extension| extension == "json") {
                files.push(path.display().to_string());
            }
        }
        let (dumps, failures) = dump::read_all(&files);
        if let Some(failure) = failures.first() {
            return Err(format!("{}: {}", failure.file, failure.error));
        }
        let mut accounts = BTreeMap::new();
        for dump in dumps {
            let key = dump.account.ok_or_else(|| format!("{}: no `pubkey`: whose account is it?", dump.file))?;
            let owner = Pubkey::new_from_array(dump.owner.0);
            accounts.insert(Pubkey::new_from_array(key.0), Account { owner, data: dump.data, ..Account::default() });
        }
        Ok(Self(accounts))
    }
}

impl ChainState for Dumps {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, String> {
        Ok(self.0.get(key).cloned())
    }
}
