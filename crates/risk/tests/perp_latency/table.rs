//! Tables as they stand in the document, which is held against them.

use std::fmt::Write as _;

use crate::attack::Ledger;
use crate::support::build::MILLION;

const DOCUMENT: &str = include_str!("../../../../docs/latency.md");

pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(first: &str) -> Self {
        Self(format!("| {first} | fills | edge | gross | spread and fees | net |\n|---|---|--:|--:|--:|--:|--:|\n"))
    }

    pub(crate) fn row(&mut self, first: &str, strategy: &str, ledger: &Ledger) {
        let Ledger { fills, edge, net, .. } = *ledger;
        let [edge, gross, costs, net] = [edge, ledger.gross(), ledger.costs(), net].map(dollars);
        writeln!(self.0, "| {first} | {strategy} | {fills} | {edge} | {gross} | {costs} | {net} |").unwrap();
    }

    /// Prints it; it must be in the document.
    pub(crate) fn publish(&self) {
        println!("{}", self.0);
        assert!(DOCUMENT.contains(&self.0), "docs/latency.md says something else than:\n{}", self.0);
    }
}

/// Whole dollars, to the nearest.
fn dollars(atoms: i64) -> i64 {
    let million = i64::try_from(MILLION).unwrap();
    (atoms + million / 2).div_euclid(million)
}
