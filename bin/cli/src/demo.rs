//! `ballast demo`: a crash, replayed against the real program.

mod chain;
mod events;
mod journal;
mod keeper;
mod liquidator;
mod market;
mod oracles;
mod owners;
mod population;
mod prices;
mod random;
mod replay;
mod takeover;
mod tape;

use std::process::ExitCode;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    #[arg(long, default_value = "2022-11-ftx")]
    event: String,
    #[arg(long, default_value_t = 600)]
    accounts: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub(crate) fn run(&self) -> ExitCode {
        let t = std::time::Instant::now();
        let tape = tape::Tape::new(events::find(&self.event), vec![], None, None).unwrap();
        let market = match market::open(&tape, self.accounts, self.seed, &mut |_, _, _| {}) { Ok(m) => m, Err(e) => { eprintln!("{e}"); return ExitCode::FAILURE } };
        eprintln!("set up {:?}", t.elapsed());
        let mut replay = replay::Replay::new(&tape, market, self.seed);
        let r = replay.run(&mut |at, j| { if (at - tape.from) / 3600 % 24 == 0 { eprintln!("{} liq {} del {} loss {} {:?}", crate::utc::minute(at), j.liquidations.len(), j.deleverages.len(), j.losses.len(), t.elapsed()) } });
        eprintln!("{:?} {:?}", r.map_err(|e| e.to_string()), t.elapsed());
        eprintln!("{:?}", replay.market.oracles.counts);
        eprintln!("{:?}", replay.market.chain.tally.failures);
        eprintln!("{:?}", replay.market.chain.tally.checks);
        for (k, v) in &replay.market.chain.tally.units { let mut v = v.clone(); v.sort(); eprintln!("{k:20} {:6} {:6} {:6} {:6}", v.len(), v[0], v[v.len()/2], v[v.len()-1]); }
        eprintln!("marks {} topups {} further {} exits {}", replay.journal.marks, replay.journal.top_ups, replay.journal.further_loans, replay.journal.lender_exits);
        ExitCode::SUCCESS
    }
}
