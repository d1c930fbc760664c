//! What is drawn over time.

use serde::Serialize;

use super::figures::{cents, rounded, usd};
use crate::demo::replay::Replay;
use crate::demo::tape::{Path, Tape};

#[derive(Debug, Serialize)]
pub(in crate::demo) struct History {
    pub(in crate::demo) unix: Vec<i64>,
    /// By asset but the stablecoin.
    pub(in crate::demo) prices: Vec<Line>,
    pub(in crate::demo) collateral_usd: Vec<f64>,
    pub(in crate::demo) debt_usd: Vec<f64>,
    pub(in crate::demo) insurance_usd: Vec<f64>,
    pub(in crate::demo) liquidations: Vec<usize>,
    pub(in crate::demo) losses: Vec<usize>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Line {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) values: Vec<f64>,
    /// Collateral of this asset seized up to each moment since the one before.
    pub(in crate::demo) seized_usd: Vec<f64>,
}

pub(super) fn history(tape: &Tape, replay: &Replay<'_>) -> History {
    let samples = &replay.samples;
    let seized = |bank: usize| {
        let mut sums = vec![0.0; samples.len()];
        for one in replay.journal.liquidations.iter().filter(|one| usize::from(one.collateral) == bank) {
            let place = samples.partition_point(|sample| sample.at < one.at).min(samples.len().saturating_sub(1));
            if let Some(sum) = sums.get_mut(place) {
                *sum = rounded(*sum + cents(one.seized), 2);
            }
        }
        sums
    };
    let line = |(bank, path): (usize, &Path)| Line {
        symbol: path.symbol.clone(),
        values: samples.iter().map(|sample| usd(sample.prices[bank])).collect(),
        seized_usd: seized(bank),
    };
    History {
        unix: samples.iter().map(|sample| sample.at).collect(),
        prices: tape.paths.iter().enumerate().skip(1).map(line).collect(),
        collateral_usd: samples.iter().map(|sample| cents(sample.collateral)).collect(),
        debt_usd: samples.iter().map(|sample| cents(sample.debt)).collect(),
        insurance_usd: samples.iter().map(|sample| cents(sample.insurance)).collect(),
        liquidations: samples.iter().map(|sample| sample.liquidations).collect(),
        losses: samples.iter().map(|sample| sample.losses).collect(),
    }
}
