//! Borrowers by health factor.

use ballast_math::{Ratio, Usd};
use ballast_risk::health::Health;
use serde::Serialize;

use super::figures::{cents, ratio, rounded};

/// Upper ends of the health factor's bins, hundredths; what is above the last is one more.
const BINS: [u32; 9] = [100, 105, 110, 120, 135, 150, 200, 300, 500];

#[derive(Debug, Serialize)]
pub(in crate::demo) struct HealthPart {
    pub(in crate::demo) bins: Vec<Bin>,
    pub(in crate::demo) before: Position,
    pub(in crate::demo) after: Position,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Bin {
    pub(in crate::demo) label: String,
    pub(in crate::demo) before: usize,
    pub(in crate::demo) after: usize,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Position {
    pub(in crate::demo) with_debt: usize,
    pub(in crate::demo) median_factor: f64,
    pub(in crate::demo) lowest_factor: f64,
    pub(in crate::demo) collateral_usd: f64,
    pub(in crate::demo) debt_usd: f64,
}

pub(super) fn bins(before: &[Option<Health>], after: &[Option<Health>]) -> Vec<Bin> {
    let bound = |bin: usize| Ratio::from_bps(BINS[bin] * 100);
    let place = |health: &Option<Health>| match health.and_then(|health| health.factor()) {
        None => BINS.len() + 1,
        Some(factor) => (0..BINS.len()).find(|bin| factor < bound(*bin)).unwrap_or(BINS.len()),
    };
    let shown = |n: u32| format!("{}.{:02}", n / 100, n % 100);
    let label = |bin: usize| match bin {
        0 => format!("below {}", shown(BINS[0])),
        bin if bin < BINS.len() => format!("{} – {}", shown(BINS[bin - 1]), shown(BINS[bin])),
        bin if bin == BINS.len() => format!("{} and more", shown(BINS[bin - 1])),
        _ => "no debt".to_owned(),
    };
    let count = |healths: &[Option<Health>], bin: usize| healths.iter().filter(|health| place(health) == bin).count();
    (0..BINS.len() + 2)
        .map(|bin| Bin { label: label(bin), before: count(before, bin), after: count(after, bin) })
        .collect()
}

pub(super) fn position(healths: &[Option<Health>]) -> Position {
    let mut factors: Vec<u64> = healths.iter().flatten().filter_map(Health::factor).map(|factor| factor.0).collect();
    factors.sort_unstable();
    let shown = |factor: Option<&u64>| rounded(factor.map_or(0.0, |factor| ratio(*factor)), 4);
    Position {
        with_debt: factors.len(),
        median_factor: shown(factors.get(factors.len() / 2)),
        lowest_factor: shown(factors.first()),
        collateral_usd: cents(Usd(healths.iter().flatten().map(|health| health.assets.0).sum())),
        debt_usd: cents(Usd(healths.iter().flatten().map(|health| health.liabilities.0).sum())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_everybody() {
        let health = |assets, liabilities| {
            Some(Health { assets: Usd(assets), liabilities: Usd(liabilities), requirement: Usd::ZERO })
        };
        let healths = vec![None, health(99, 100), health(100, 100), health(900, 100)];
        let bins = bins(&healths, &healths);
        let counts: Vec<usize> = bins.iter().map(|bin| bin.before).collect();
        assert_eq!(counts, [1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((bins[0].label.as_str(), bins[1].label.as_str()), ("below 1.00", "1.00 – 1.05"));
    }
}
