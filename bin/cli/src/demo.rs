//! `ballast demo`: a crash, replayed against the real program.
//!
//! Tape (prices) → market (everybody in place) → replay (prints and actions in order of time) → report (numbers) → text,
//! JSON, HTML. Everything that decides anything is `ballast-risk`, on the chain and, with the same code, in the bots.

mod chain;
pub(crate) mod chart;
mod events;
mod html;
mod journal;
mod json;
mod keeper;
mod liquidator;
mod market;
mod oracles;
mod owners;
mod perps;
mod population;
mod prices;
mod progress;
pub(crate) mod random;
mod replay;
mod report;
mod svg;
mod takeover;
mod tape;
mod text;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::perps::PoolSize;
use self::prices::Series;
use self::progress::Progress;
use self::replay::Replay;
use self::report::{Before, Report};
use self::tape::Tape;
use crate::utc;

/// Lines of the report in the picture for the README.
const PICTURED: usize = 51;

/// Replays a market crash against the real program on an embedded chain, and reports who bore what.
///
/// The compiled program runs in an embedded Solana runtime. Oracle accounts in the formats of Pyth and Switchboard carry
/// the prices of a real crash, minute by minute. Borrowers, lenders, traders of perps, liquidators and keepers use public
/// instructions only and decide with the program's own risk engine. After every step the invariants are checked; one that does not
/// hold ends the run with an error.
#[derive(Debug, Args)]
#[command(after_help = SHORT, after_long_help = LONG)]
pub(crate) struct Demo {
    /// Crash to replay: a name of --list, with or without the month in front.
    #[arg(long, value_name = "NAME")]
    event: Option<String>,

    /// List the crashes that come with the program.
    #[arg(long)]
    list: bool,

    /// Prices of an asset: CSV with the columns timestamp_utc,open,high,low,close. May be repeated. Without --event only
    /// these assets are listed; with it they replace or join the event's.
    #[arg(long, value_name = "SYMBOL=FILE", value_parser = symbol_and_file)]
    prices: Vec<(String, PathBuf)>,

    /// Replay from this time on, as 2022-11-08 or 2022-11-08T13:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,

    /// Replay up to this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,

    /// Borrowers.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    accounts: u32,

    /// Seed of everything drawn by chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Liquidity that perps are traded against. With a small pool `--event 2025-10-10` deleverages markets.
    #[arg(long, value_name = "SIZE", value_enum, default_value_t = PoolSize::Ample)]
    perp_pool: PoolSize,

    /// Print one JSON document instead of the report.
    #[arg(long)]
    json: bool,

    /// Write the report with charts here [default: target/ballast-demo.html, with --json nowhere].
    #[arg(long, value_name = "PATH")]
    html: Option<PathBuf>,

    /// No progress, and instead of the report only its verdict.
    #[arg(long, short)]
    quiet: bool,

    /// Write a picture of the report's first lines.
    #[arg(long, value_name = "PATH", hide = true)]
    svg: Option<PathBuf>,
}

const SHORT: &str = "\
Examples:
  ballast demo                                  FTX, November 2022
  ballast demo --event luna --accounts 2000
  ballast demo --event 2025-10-10 --perp-pool small   a cascade that deleverages markets
  ballast demo --prices SOL=sol.csv --prices BTC=btc.csv --json

`ballast demo --help` also says who takes part.";

const LONG: &str = "\
Who takes part (docs/demonstration.md has it in full):
  Borrowers  Collateral from $250 to $5,000,000, half of them under $8,000, a tenth above $80,000. 72 % hold one of
             SOL, ETH, BTC (45:30:25) against a USDC loan, 12 % hold USDC and are short, 10 % hold several assets, 6 %
             borrow one asset against another. 30 % use 85 to 99 % of what Initial health lets them borrow, 45 % use 50
             to 85 %, 25 % use 15 to 50 %. A fifth set a deleverage floor of 1.03 to 1.12. A quarter look every 1 to 12
             hours and repay from a reserve when their health factor is under 1.12; a tenth borrow more when it is above
             1.50; the rest are absent.
  Lenders    One for every 15 borrowers, 8 to 60. Loans are at most 75 % of deposits at the start. A fifth of them leave
             with half of everything when an asset has lost 30 %.
  Insurance  1 % of each bank's loans, at least $1,000, and then a fifth of every bonus.
  Liquidators  Six, with 6 % of all loans together, 2 to 18 seconds slow, the quick ones the smallest. They sell what they
             seize for 10 bp, one print later, and have the proceeds three minutes after that. Two deleveragers with 2 % each.
             If accounts are still unhealthy half an hour after the last bar, a latecomer with enough capital comes.
  Perps      Where SOL, ETH or BTC is replayed: one trader for every four borrowers, 48 % long, 24 % short, 28 % short what they
             hold. They open, close and come back by orders, which keepers fill at the print they met. Providers of liquidity
             bring 60 % of what traders brought (--perp-pool small: 10 %); every six hours some come back for more or leave
             with a quarter. Keepers settle claims of $100 every hour and deleverage a market as soon as its pool lacks
             margin; liquidators also close positions.
  Oracles    SOL: Pyth pull, Switchboard On-Demand and legacy Pyth. ETH and others: Pyth pull and Switchboard On-Demand.
             BTC and USDC: Pyth pull. Each print is off by up to a basis point; one in 6,000 is wild (5 to 40 % off), one in
             10,000 begins half an hour of silence.

Examples:
  ballast demo                                  FTX, November 2022
  ballast demo --event luna --accounts 2000
  ballast demo --event 2025-10-10               the cascade of perps
  ballast demo --event 2025-10-10 --perp-pool small   the same, and markets are deleveraged
  ballast demo --event 2022-05-luna-listed      Terra's LUNA as collateral
  ballast demo --prices SOL=sol.csv --prices BTC=btc.csv --json
  ballast demo --prices ETH=eth-5m.csv --from 2024-08-04 --to 2024-08-07T12:00Z

The same arguments give the same report, byte for byte.

Exit status: 0 after a run, whatever became of the borrowers; 1 if something could not be read or an invariant did not
hold; 2 for wrong arguments.";

impl Demo {
    pub(crate) fn run(&self) -> ExitCode {
        let done = if self.list { self.list() } else { self.replay() };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("ballast: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn list(&self) -> Result<(), String> {
        let mut table =
            format!("{:<24} {:<23} {:<20} {:>10}  {}\n", "NAME", "WINDOW (UTC)", "ASSETS", "WORST FALL", "WHAT");
        for event in events::EVENTS {
            let tape = Tape::new(Some(event), Vec::new(), None, None)?;
            let assets: Vec<&str> = tape.paths[1..].iter().map(|path| path.symbol.as_str()).collect();
            let (fall, which) =
                tape.paths[1..].iter().map(|path| (path.drawdown_bps, path.symbol.as_str())).max().unwrap_or_default();
            let window = format!("{} – {}", utc::day(tape.from), utc::day(tape.to - 1));
            let mark = if event.name == events::DEFAULT { " (default)" } else { "" };
            table.push_str(&format!(
                "{:<24} {window:<23} {:<20} {:>10}  {}{mark}\n",
                event.name,
                assets.join(" "),
                format!("{which} −{} %", (fall + 50) / 100),
                event.title
            ));
        }
        print(&table)
    }

    fn replay(&self) -> Result<(), String> {
        let tape = self.tape()?;
        let mut progress = Progress::new(!self.quiet && io::stderr().is_terminal());
        let accounts = usize::try_from(self.accounts).unwrap_or(0);
        let market = market::open(&tape, accounts, self.seed, self.perp_pool, &mut |what, done, all| {
            progress.set_up(what, done, all);
        })
        .map_err(|stop| stop.to_string())?;
        let before = Before::of(&market.chain).map_err(|stop| stop.to_string())?;
        let mut replay = Replay::new(&tape, market, self.seed);
        let ran = replay.run(&mut |at, journal| progress.hour(&tape, at, journal));
        progress.clear();
        ran.map_err(|stop| stop.to_string())?;
        let report = Report::of(&tape, &replay, before, self.seed, self.perp_pool).map_err(|stop| stop.to_string())?;
        self.show(&report)
    }

    fn tape(&self) -> Result<Tape, String> {
        let mut given: Vec<Series> = Vec::new();
        for (symbol, file) in &self.prices {
            if given.iter().any(|series| series.symbol == *symbol) {
                return Err(format!("--prices names {symbol} twice"));
            }
            // A name must not drive the terminal.
            let name = file.display().to_string().replace(char::is_control, "?");
            let bytes = fs::read(file).map_err(|error| format!("{name}: {error}"))?;
            let text = String::from_utf8(bytes).map_err(|_| format!("{name}: not a text file"))?;
            given.push(Series::parse(symbol, &name, &text)?);
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            if from >= to {
                return Err("--from must lie before --to".to_owned());
            }
        }
        let name = match &self.event {
            Some(name) => Some(name.as_str()),
            None if given.is_empty() => Some(events::DEFAULT),
            None => None,
        };
        let event = match name {
            Some(name) => Some(
                events::find(name)
                    .ok_or_else(|| format!("there is no event {name:?}: `ballast demo --list` shows them"))?,
            ),
            None => None,
        };
        if event.is_none() && given.iter().all(|series| series.symbol == tape::QUOTE) {
            return Err(format!("--prices must name an asset besides {}", tape::QUOTE));
        }
        Tape::new(event, given, self.from, self.to)
    }

    fn show(&self, report: &Report) -> Result<(), String> {
        let text = text::render(report);
        let html = match &self.html {
            Some(path) => Some(path.as_path()),
            None if self.json => None,
            None => Some(Path::new("target/ballast-demo.html")),
        };
        if let Some(path) = html {
            write(path, &html::render(report))?;
        }
        if let Some(path) = &self.svg {
            write(path, &svg::render(&text, PICTURED))?;
        }
        if self.json {
            return print(&json::render(report));
        }
        if self.quiet {
            return print(&format!("{}\n", report.verdict.text));
        }
        if io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            print(&text::coloured(&text))?;
        } else {
            print(&text)?;
        }
        if let Some(path) = html {
            eprintln!("Charts: {}", path.display());
        }
        Ok(())
    }
}

/// Writes a file, with the folder it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes to standard output. A reader that closed the pipe has seen enough.
pub(crate) fn print(text: &str) -> Result<(), String> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

fn symbol_and_file(argument: &str) -> Result<(String, PathBuf), String> {
    let (symbol, file) = argument.split_once('=').ok_or("it must be SYMBOL=FILE")?;
    let symbol = symbol.to_ascii_uppercase();
    if symbol.is_empty() || symbol.len() > 16 || !symbol.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("a symbol has 1 to 16 letters and digits".to_owned());
    }
    if file.is_empty() {
        return Err("the file is missing".to_owned());
    }
    Ok((symbol, PathBuf::from(file)))
}

fn time(argument: &str) -> Result<i64, String> {
    utc::parse(argument).ok_or_else(|| "it must be a UTC time like 2022-11-08 or 2022-11-08T13:00Z".to_owned())
}
