//! Liquidations: sums, the largest, by asset and over time.

use ballast_math::Usd;
use serde::Serialize;

use super::figures::{cents, distinct, ratio, rounded};
use crate::demo::journal::Journal;
use crate::demo::tape::Tape;
use crate::utc;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Liquidations {
    pub(in crate::demo) count: usize,
    pub(in crate::demo) accounts: usize,
    pub(in crate::demo) repaid_usd: f64,
    pub(in crate::demo) seized_usd: f64,
    /// Collateral seized beyond the loan repaid: what liquidatees paid.
    pub(in crate::demo) bonus_usd: f64,
    /// Of it to insurance, the rest to liquidators.
    pub(in crate::demo) to_insurance_usd: f64,
    pub(in crate::demo) mean_bonus_percent: f64,
    pub(in crate::demo) largest: Option<Largest>,
    pub(in crate::demo) by_collateral: Vec<ByAsset>,
    pub(in crate::demo) by_loan: Vec<ByAsset>,
    pub(in crate::demo) by_period: Vec<Period>,
    pub(in crate::demo) period_seconds: i64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Largest {
    pub(in crate::demo) at: String,
    pub(in crate::demo) repaid_usd: f64,
    pub(in crate::demo) loan: String,
    pub(in crate::demo) collateral: String,
    pub(in crate::demo) bonus_percent: f64,
    pub(in crate::demo) factor_before: f64,
    pub(in crate::demo) factor_after: f64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct ByAsset {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) count: usize,
    pub(in crate::demo) usd: f64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Period {
    pub(in crate::demo) from: String,
    pub(in crate::demo) liquidations: usize,
    pub(in crate::demo) liquidated_usd: f64,
    pub(in crate::demo) deleverages: usize,
    pub(in crate::demo) bad_debt_usd: f64,
}

pub(super) fn by_asset(symbols: &[String], parts: impl Iterator<Item = (u16, Usd)> + Clone) -> Vec<ByAsset> {
    let one = |(index, symbol): (usize, &String)| {
        let mine = parts.clone().filter(move |(bank, _)| usize::from(*bank) == index);
        ByAsset {
            symbol: symbol.clone(),
            count: mine.clone().count(),
            usd: cents(Usd(mine.map(|(_, value)| value.0).sum())),
        }
    };
    symbols.iter().enumerate().map(one).filter(|asset| asset.count > 0).collect()
}

/// Length of a piece of the timeline: days, or hours where the window is short, or as many days as make about forty pieces.
pub(super) fn period_seconds(tape: &Tape) -> i64 {
    let window = tape.to - tape.from;
    match window {
        ..=10_800 => 300,
        10_801..=172_800 => 3_600,
        _ => 86_400 * (window / (86_400 * 40)).max(1),
    }
}

pub(super) fn periods(tape: &Tape, journal: &Journal, length: i64) -> Vec<Period> {
    let first = tape.from.div_euclid(length) * length;
    let many = (tape.to - first + length - 1) / length;
    let empty = |index: i64| Period {
        from: utc::minute((first + index * length).max(tape.from)),
        liquidations: 0,
        liquidated_usd: 0.0,
        deleverages: 0,
        bad_debt_usd: 0.0,
    };
    let mut periods: Vec<Period> = (0..many).map(empty).collect();
    // What the epilogue does belongs to the last piece.
    let place = |at: i64| usize::try_from(((at - first) / length).min(many - 1)).unwrap_or(0);
    for one in &journal.liquidations {
        let period = &mut periods[place(one.at)];
        period.liquidations += 1;
        period.liquidated_usd += cents(one.repaid);
    }
    for one in &journal.deleverages {
        periods[place(one.at)].deleverages += 1;
    }
    for one in &journal.losses {
        periods[place(one.at)].bad_debt_usd += cents(one.value);
    }
    for period in &mut periods {
        period.liquidated_usd = rounded(period.liquidated_usd, 2);
        period.bad_debt_usd = rounded(period.bad_debt_usd, 2);
    }
    periods
}

/// All of a journal.
pub(super) fn liquidations(tape: &Tape, journal: &Journal, symbols: &[String]) -> Liquidations {
    let symbol = |bank: u16| symbols[usize::from(bank)].clone();
    let period = period_seconds(tape);
    let sum: Usd = Usd(journal.liquidations.iter().map(|l| l.repaid.0).sum());
    let seized = Usd(journal.liquidations.iter().map(|l| l.seized.0).sum());
    let bonus = cents(seized) - cents(sum);
    let largest = journal.liquidations.iter().max_by_key(|l| (l.repaid, std::cmp::Reverse(l.at)));
    Liquidations {
        count: journal.liquidations.len(),
        accounts: distinct(journal.liquidations.iter().map(|l| l.account)),
        repaid_usd: cents(sum),
        seized_usd: cents(seized),
        bonus_usd: rounded(bonus, 2),
        to_insurance_usd: cents(Usd(journal.liquidations.iter().map(|l| l.insurance.0).sum())),
        mean_bonus_percent: if sum.0 == 0 { 0.0 } else { rounded(bonus / cents(sum) * 100.0, 3) },
        largest: largest.map(|l| Largest {
            at: utc::iso8601(l.at).unwrap_or_default(),
            repaid_usd: cents(l.repaid),
            loan: symbol(l.loan),
            collateral: symbol(l.collateral),
            bonus_percent: rounded(ratio(l.bonus) * 100.0, 3),
            factor_before: rounded(ratio(l.factor.0), 4),
            factor_after: rounded(ratio(l.factor.1), 4),
        }),
        by_collateral: by_asset(symbols, journal.liquidations.iter().map(|l| (l.collateral, l.seized))),
        by_loan: by_asset(symbols, journal.liquidations.iter().map(|l| (l.loan, l.repaid))),
        by_period: periods(tape, journal, period),
        period_seconds: period,
    }
}
