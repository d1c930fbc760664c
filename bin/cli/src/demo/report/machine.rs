//! What machines did: oracles, checks of invariants, compute units, transactions.

use ballast_risk::invariant::{Violation, INVARIANTS};
use serde::Serialize;

use crate::demo::chain::Chain;
use crate::demo::oracles::OracleCounts;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Oracles {
    pub(in crate::demo) refreshes: u64,
    pub(in crate::demo) judged_by_one_source: u64,
    pub(in crate::demo) judged_by_two: u64,
    pub(in crate::demo) judged_by_three: u64,
    pub(in crate::demo) jumps_held_back: u64,
    pub(in crate::demo) jumps_confirmed: u64,
    pub(in crate::demo) guarded: u64,
    pub(in crate::demo) wild_prints: u64,
    pub(in crate::demo) wild_prints_believed: u64,
    pub(in crate::demo) silences: u64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Invariant {
    pub(in crate::demo) id: String,
    pub(in crate::demo) rule: &'static str,
    pub(in crate::demo) checks: u64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Units {
    pub(in crate::demo) instruction: &'static str,
    pub(in crate::demo) count: usize,
    pub(in crate::demo) min: u64,
    pub(in crate::demo) median: u64,
    pub(in crate::demo) max: u64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Transactions {
    pub(in crate::demo) sent: u64,
    pub(in crate::demo) succeeded: u64,
    pub(in crate::demo) failed: u64,
    pub(in crate::demo) failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Failure {
    pub(in crate::demo) instruction: &'static str,
    pub(in crate::demo) reason: String,
    pub(in crate::demo) count: u64,
}

pub(super) fn oracles(counts: &OracleCounts) -> Oracles {
    Oracles {
        refreshes: counts.refreshes,
        judged_by_one_source: counts.by_sources[1],
        judged_by_two: counts.by_sources[2],
        judged_by_three: counts.by_sources[3],
        jumps_held_back: counts.pending,
        jumps_confirmed: counts.confirmed,
        guarded: counts.guarded,
        wild_prints: counts.wild,
        wild_prints_believed: counts.believed,
        silences: counts.silences,
    }
}

/// The demonstration looks at invariants up to this one; those after it want more than the states it keeps.
pub(super) const LAST_CHECKED: u8 = 15;

pub(super) fn invariants(chain: &Chain) -> Vec<Invariant> {
    let one = |invariant: &Violation| Invariant {
        id: format!("INV-{:02}", invariant.number),
        rule: invariant.rule,
        checks: chain.tally.checks.get(&invariant.number).copied().unwrap_or(0),
    };
    INVARIANTS.iter().filter(|invariant| invariant.number <= LAST_CHECKED).map(one).collect()
}

pub(super) fn units(chain: &Chain) -> Vec<Units> {
    let one = |(instruction, units): (&&'static str, &Vec<u64>)| {
        let mut sorted = units.clone();
        sorted.sort_unstable();
        Units {
            instruction,
            count: sorted.len(),
            min: sorted.first().copied().unwrap_or(0),
            median: sorted.get(sorted.len() / 2).copied().unwrap_or(0),
            max: sorted.last().copied().unwrap_or(0),
        }
    };
    chain.tally.units.iter().map(one).collect()
}

pub(super) fn transactions(chain: &Chain) -> Transactions {
    let succeeded: u64 = chain.tally.units.values().map(|units| units.len() as u64).sum();
    let failed: u64 = chain.tally.failures.values().sum();
    let mut failures: Vec<Failure> = chain
        .tally
        .failures
        .iter()
        .map(|((instruction, reason), count)| Failure { instruction, reason: reason.clone(), count: *count })
        .collect();
    failures.sort_by(|a, b| (b.count, a.instruction, &a.reason).cmp(&(a.count, b.instruction, &b.reason)));
    Transactions { sent: succeeded + failed, succeeded, failed, failures }
}
