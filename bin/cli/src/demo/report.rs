//! The numbers of a run: everything that text, JSON and HTML show, computed once. Floats are for showing; no decision was
//! made with one.

mod figures;
mod health;
mod history;
mod liquidations;
mod losses;
mod machine;
mod market;
mod perps;
mod shrinks;
mod takers;

use ballast_math::Usd;
use ballast_risk::health::Health;
use ballast_state::Bank;
use serde::Serialize;

use self::figures::cents;
pub(super) use self::figures::{dollars, thousands};
use self::health::{bins, position, HealthPart};
use self::history::{history, History};
use self::liquidations::{liquidations, Liquidations};
use self::losses::{losses, Losses};
use self::machine::{invariants, oracles, transactions, units, Invariant, Oracles, Transactions, Units};
use self::market::{bank_parts, books, prices, BankPart, Books, PricePart};
pub(super) use self::perps::{MarketPart, PerpsPart};
pub(super) use self::shrinks::{ShrinkSeries, ShrinkStep};
use self::takers::{deleverages, takers, Deleverages, Taker};
use super::chain::{Chain, Stop};
use super::perps::PoolSize;
use super::replay::{Healths, Replay};
use super::tape::Tape;
use crate::utc;

/// Version of the JSON's shape: changes only when a field changes its meaning or goes away.
const SCHEMA: u32 = 1;

/// All numbers of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) schema: u32,
    pub(super) event: EventPart,
    pub(super) options: Options,
    pub(super) program: Program,
    pub(super) verdict: Verdict,
    pub(super) prices: Vec<PricePart>,
    pub(super) banks: Vec<BankPart>,
    pub(super) liquidations: Liquidations,
    pub(super) health: HealthPart,
    pub(super) liquidators: Vec<Taker>,
    pub(super) deleverages: Deleverages,
    pub(super) losses: Losses,
    /// Nothing where no perp is listed.
    pub(super) perps: Option<PerpsPart>,
    pub(super) behaviour: Behaviour,
    pub(super) oracles: Oracles,
    pub(super) invariants: Vec<Invariant>,
    pub(super) takeovers_recomputed: u64,
    pub(super) compute_units: Vec<Units>,
    pub(super) transactions: Transactions,
    pub(super) history: History,
}

#[derive(Debug, Serialize)]
pub(super) struct EventPart {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) from_unix: i64,
    pub(super) to_unix: i64,
    pub(super) bars: usize,
    pub(super) bar_seconds: i64,
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Options {
    pub(super) accounts: usize,
    pub(super) seed: u64,
    /// `ample` or `small`.
    pub(super) perp_pool: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Program {
    pub(super) elf_bytes: usize,
    pub(super) committed: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// Every bank can pay every claim once its loans are repaid, and nobody is left that owes more than he has.
    pub(super) solvent: bool,
    /// Nobody but borrowers lost anything.
    pub(super) whole: bool,
    /// Accounts that still owe more than they have, and by how much.
    pub(super) under_water: usize,
    pub(super) under_water_usd: f64,
    pub(super) text: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Behaviour {
    pub(super) top_ups: u64,
    pub(super) further_loans: u64,
    pub(super) lender_exits: u64,
    pub(super) marks: u64,
    pub(super) bankruptcies_resolved_alone: u64,
}

/// What was true before the first print.
#[derive(Debug)]
pub(super) struct Before {
    healths: Healths,
    banks: Vec<Bank>,
    books: Vec<Books>,
    policies: usize,
}

impl Before {
    /// Of a market that was just opened.
    pub(super) fn of(chain: &Chain) -> Result<Self, Stop> {
        let policies = chain.members.iter().filter(|member| member.state.policy.floor != 0).count();
        let books = chain.banks.iter().map(|bank| books(chain, bank)).collect();
        Ok(Self { healths: Replay::healths(chain)?, banks: chain.banks.clone(), books, policies })
    }
}

impl Report {
    /// The report of a replay that ran to its end.
    pub(super) fn of(
        tape: &Tape,
        replay: &Replay<'_>,
        before: Before,
        seed: u64,
        pool: PoolSize,
    ) -> Result<Self, Stop> {
        let chain = &replay.market.chain;
        let journal = &replay.journal;
        let borrowers = replay.market.borrowers.len();
        let banks = chain.accrued()?;
        let after = Replay::healths(chain)?;
        let symbols: Vec<String> = tape.paths.iter().map(|path| path.symbol.clone()).collect();
        let losses = losses(chain, journal, &symbols, &before.banks);
        let perps = PerpsPart::of(replay)?;
        Ok(Self {
            schema: SCHEMA,
            event: EventPart {
                name: tape.name.clone(),
                title: tape.title.clone(),
                from: utc::iso8601(tape.from).unwrap_or_default(),
                to: utc::iso8601(tape.to).unwrap_or_default(),
                from_unix: tape.from,
                to_unix: tape.to,
                bars: tape.bars,
                bar_seconds: tape.spacing,
                notes: tape.notes.clone(),
            },
            options: Options { accounts: borrowers, seed, perp_pool: pool.name() },
            program: program(),
            verdict: verdict(&losses, &after, perps.as_ref().map_or(0.0, |perps| perps.unbacked_usd)),
            prices: prices(tape),
            banks: bank_parts(chain, &banks, journal, before.books, &before.banks, &symbols)?,
            liquidations: liquidations(tape, journal, &symbols),
            health: HealthPart {
                bins: bins(&before.healths[..borrowers], &after[..borrowers]),
                before: position(&before.healths[..borrowers]),
                after: position(&after[..borrowers]),
            },
            liquidators: takers(chain, replay, &banks),
            deleverages: deleverages(chain, journal, before.policies),
            losses,
            perps,
            behaviour: Behaviour {
                top_ups: journal.top_ups,
                further_loans: journal.further_loans,
                lender_exits: journal.lender_exits,
                marks: journal.marks,
                bankruptcies_resolved_alone: journal.bankruptcies,
            },
            oracles: oracles(&replay.market.oracles.counts),
            invariants: invariants(chain),
            takeovers_recomputed: chain.tally.recomputed,
            compute_units: units(chain),
            transactions: transactions(chain),
            history: history(tape, replay),
        })
    }
}

fn program() -> Program {
    let given = std::env::var_os("BALLAST_ELF").and_then(|path| std::fs::metadata(path).ok());
    Program {
        elf_bytes: given.as_ref().map_or(ballast_testkit::ELF.len(), |meta| usize::try_from(meta.len()).unwrap_or(0)),
        committed: given.is_none(),
    }
}

fn verdict(losses: &Losses, after: &[Option<Health>], unbacked: f64) -> Verdict {
    let gap = |health: &Health| health.liabilities.excess_over(health.assets);
    let gaps: Vec<Usd> = after.iter().flatten().map(gap).filter(|gap| *gap > Usd::ZERO).collect();
    let open = Usd(gaps.iter().map(|gap| gap.0).sum());
    let whole = losses.socialized_usd == 0.0 && losses.pooled_usd == 0.0 && unbacked == 0.0 && gaps.is_empty();
    let pooled = match losses.banks.iter().map(|bank| bank.pooled_atoms).sum::<u64>() {
        0 => String::new(),
        _ => format!(" the pool of perps {},", dollars(losses.pooled_usd)),
    };
    let mut text = if losses.count == 0 {
        "No debt was left unpaid: no lender lost anything, no insurance was used.".to_owned()
    } else if losses.banks.iter().all(|bank| bank.socialized_atoms == 0) && pooled.is_empty() {
        format!("Bad debt of {} was paid by insurance: no lender lost anything.", dollars(losses.bad_debt_usd))
    } else {
        format!(
            "Bad debt of {}: insurance paid {},{pooled} depositors bore {}, each in proportion.",
            dollars(losses.bad_debt_usd),
            dollars(losses.insured_usd),
            dollars(losses.socialized_usd)
        )
    };
    if unbacked > 0.0 {
        text.push_str(&format!(" The pool of perps lacks {} of what it owes to traders.", dollars(unbacked)));
    }
    if !gaps.is_empty() {
        text.push_str(&format!(
            " {} account{} still owe{} {} more than their collateral is worth.",
            gaps.len(),
            if gaps.len() == 1 { "" } else { "s" },
            if gaps.len() == 1 { "s" } else { "" },
            dollars(cents(open))
        ));
    }
    Verdict { solvent: gaps.is_empty(), whole, under_water: gaps.len(), under_water_usd: cents(open), text }
}

impl Verdict {
    /// One or two words.
    pub(super) const fn word(&self) -> &'static str {
        match (self.solvent, self.whole) {
            (true, true) => "SOLVENT",
            (true, false) => "LOSSES BORNE",
            (false, _) => "UNDER WATER",
        }
    }
}
