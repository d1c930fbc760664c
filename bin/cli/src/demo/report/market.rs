//! Prices and the books of the banks.

use ballast_math::Index;
use ballast_risk::interest;
use ballast_risk::price::YEAR_SECONDS;
use ballast_state::Bank;
use serde::Serialize;

use super::figures::{cents, ratio, rounded, usd};
use crate::demo::chain::{Chain, Stop};
use crate::demo::journal::Journal;
use crate::demo::market::tokens;
use crate::demo::oracles::providers;
use crate::demo::tape::{Path, Tape};
use crate::utc;

/// Points of a path in the text's sparkline.
const SPARK: usize = 32;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct PricePart {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) sources: Vec<&'static str>,
    pub(in crate::demo) start: f64,
    pub(in crate::demo) low: f64,
    pub(in crate::demo) low_at: String,
    pub(in crate::demo) high: f64,
    pub(in crate::demo) end: f64,
    pub(in crate::demo) change_percent: f64,
    pub(in crate::demo) drawdown_percent: f64,
    pub(in crate::demo) worst_bar_percent: f64,
    pub(in crate::demo) worst_bar_at: String,
    #[serde(skip)]
    pub(in crate::demo) spark: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct BankPart {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) before: Books,
    pub(in crate::demo) after: Books,
    /// Interest that borrowers paid, of it to depositors and to fees; tokens, and USD at the last price.
    pub(in crate::demo) interest_paid: f64,
    pub(in crate::demo) interest_earned: f64,
    pub(in crate::demo) interest_paid_usd: f64,
    pub(in crate::demo) interest_earned_usd: f64,
    pub(in crate::demo) fees_usd: f64,
    /// Insurance that went in with bonuses and out with losses, tokens.
    pub(in crate::demo) insurance_in: f64,
    pub(in crate::demo) insurance_out: f64,
    /// Loss of a deposit through bad debt, percent.
    pub(in crate::demo) haircut_percent: f64,
    pub(in crate::demo) mode: &'static str,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Books {
    pub(in crate::demo) deposits_usd: f64,
    pub(in crate::demo) loans_usd: f64,
    pub(in crate::demo) insurance_usd: f64,
    pub(in crate::demo) utilisation_percent: f64,
    /// A year's borrow rate, percent.
    pub(in crate::demo) borrow_rate_percent: f64,
}

pub(super) fn prices(tape: &Tape) -> Vec<PricePart> {
    let part = |path: &Path| {
        let (start, end) = (path.at(tape.from), path.at(tape.to));
        let spark = (0..SPARK as i64).map(|i| usd(path.at(tape.from + (tape.to - tape.from) * i / (SPARK as i64 - 1))));
        PricePart {
            symbol: path.symbol.clone(),
            sources: providers(&path.symbol).iter().map(|provider| provider.id()).collect(),
            start: usd(start),
            low: usd(path.low.1),
            low_at: utc::minute(path.low.0),
            high: usd(path.high.1),
            end: usd(end),
            change_percent: rounded((usd(end) / usd(start) - 1.0) * 100.0, 2),
            drawdown_percent: path.drawdown_bps as f64 / 100.0,
            worst_bar_percent: path.worst_bar.1 as f64 / 100.0,
            worst_bar_at: utc::minute(path.worst_bar.0),
            spark: spark.collect(),
        }
    };
    tape.paths.iter().map(part).collect()
}

pub(super) fn books(chain: &Chain, bank: &Bank) -> Books {
    let deposits = Index::from_words(bank.asset_index).amount_down(bank.asset_shares).unwrap_or(0);
    let loans = Index::from_words(bank.liability_index).amount_up(bank.liability_shares).unwrap_or(0);
    // Rates have 64 fraction bits per second.
    let rate = bank.borrow_rate as f64 / 2f64.powi(64) * YEAR_SECONDS as f64;
    Books {
        deposits_usd: cents(chain.value(bank.index, deposits)),
        loans_usd: cents(chain.value(bank.index, loans)),
        insurance_usd: cents(chain.value(bank.index, bank.insurance)),
        utilisation_percent: rounded(interest::utilisation(bank).map_or(0.0, |u| ratio(u.0)) * 100.0, 2),
        borrow_rate_percent: rounded(rate * 100.0, 2),
    }
}

pub(super) fn bank_parts(
    chain: &Chain,
    banks: &[Bank],
    journal: &Journal,
    books_before: Vec<Books>,
    before: &[Bank],
    symbols: &[String],
) -> Result<Vec<BankPart>, Stop> {
    let mut parts = Vec::new();
    for ((bank, books_before), before) in banks.iter().zip(books_before).zip(before) {
        let index = usize::from(bank.index);
        // What accrued since the bank last moved counts as well.
        let mut interest = chain.interest[index];
        interest.count(&chain.banks[index], chain.now())?;
        let atoms = |exact: u128| u64::try_from(exact >> 64).unwrap_or(u64::MAX);
        let (paid, earned) = (atoms(interest.paid), atoms(interest.earned));
        let out: u64 = journal.losses.iter().filter(|loss| loss.bank == bank.index).map(|loss| loss.insured).sum();
        let into = (bank.insurance + out).saturating_sub(before.insurance);
        let value = |atoms: u64| cents(chain.value(bank.index, atoms));
        parts.push(BankPart {
            symbol: symbols[index].clone(),
            before: books_before,
            after: books(chain, bank),
            interest_paid: tokens(paid, bank.decimals),
            interest_earned: tokens(earned, bank.decimals),
            interest_paid_usd: value(paid),
            interest_earned_usd: value(earned),
            fees_usd: value(paid.saturating_sub(earned)),
            insurance_in: tokens(into, bank.decimals),
            insurance_out: tokens(out, bank.decimals),
            haircut_percent: haircut(journal, bank.index),
            mode: match bank.mode {
                0 => "normal",
                1 => "reduce-only",
                _ => "wind-down",
            },
        });
    }
    Ok(parts)
}

/// What a deposit lost by bad debt, percent: the product of all haircuts.
pub(super) fn haircut(journal: &Journal, bank: u16) -> f64 {
    let kept: f64 = journal.losses.iter().filter(|loss| loss.bank == bank).map(|loss| loss.kept).product();
    rounded((1.0 - kept) * 100.0, 6)
}
