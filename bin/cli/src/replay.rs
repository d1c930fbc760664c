//! `ballast replay`: what the deleverage of a market does, replayed on the host with the engine alone.
//!
//! Venue (a market and its accounts) → one of three scenes → report → text, SVG, HTML. Everything that is computed of
//! Ballast is `ballast-risk`; docs/deleverage.md holds what is printed here.

mod compare;
mod hyperliquid;
mod picture;
mod pump;
mod report;
mod venue;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::report::Report;
use crate::demo::{print, write};

/// Replays what the deleverage of a market is for: a real cascade, a pumped index, one book under six rules.
///
/// When the pool of a perp market has too little margin for what it holds against its traders, anyone may deleverage the market:
/// the larger side shrinks by the least amount that restores the pool, every position by the same part, at the mark. These replays
/// run that engine on the host, without a chain, and print tables in Markdown; docs/deleverage.md explains them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub(crate) struct Replay {
    #[command(subcommand)]
    scene: Scene,
}

#[derive(Debug, Subcommand)]
enum Scene {
    /// The 16 waves of 10 October 2025 at Hyperliquid, each as the shortfall of a market.
    ///
    /// What each wave needed, what it took from winners, and what would be closed and taken here if a pool lacked as much: the least
    /// that restores it, found apart from the engine, beside what the engine closes.
    Hyperliquid(Output),
    /// An index pumped 25-fold in ten minutes, the attacker on both sides of the market.
    ///
    /// For several budgets of the pool and deposits of the attacker: what the pool loses in the day, what the attacker has on paper
    /// and what is paid out, when deleverage begins; and the same without it.
    Pump(Output),
    /// One book and one fall under six rules: here, ranked queues, random, keeper-chosen, haircuts.
    ///
    /// 400 accounts, a quarter of them hedged, drawn by the seed; the price falls by 16 %; who is liquidated is liquidated by the
    /// engine. Then each rule on its own copy: what is closed beyond need, whose equity is taken, whose hedge is broken.
    Compare(Compare),
}

/// Where else the report goes.
#[derive(Debug, Args)]
struct Output {
    /// Write the chart here.
    #[arg(long, value_name = "PATH")]
    svg: Option<PathBuf>,

    /// Write a page with chart and tables here.
    #[arg(long, value_name = "PATH")]
    html: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Compare {
    /// Seed of the book, and of the random rule.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    output: Output,
}

const EXAMPLES: &str = "\
Examples:
  ballast replay hyperliquid
  ballast replay pump --svg pump.svg
  ballast replay compare --seed 7 --html compare.html

The same arguments give the same report, byte for byte.

Exit status: 0 after a replay; 1 if something could not be written; 2 for wrong arguments.";

impl Replay {
    pub(crate) fn run(&self) -> ExitCode {
        let (report, output) = match &self.scene {
            Scene::Hyperliquid(output) => (hyperliquid::report(), output),
            Scene::Pump(output) => (pump::report(), output),
            Scene::Compare(compare) => (compare::report(compare.seed), &compare.output),
        };
        match report.and_then(|report| output.take(&report)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("ballast: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

impl Output {
    fn take(&self, report: &Report) -> Result<(), String> {
        if let Some(path) = &self.svg {
            write(path, &report.picture.file())?;
        }
        if let Some(path) = &self.html {
            write(path, &report.html())?;
        }
        print(&report.text())
    }
}
