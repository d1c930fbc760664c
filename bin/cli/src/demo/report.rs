//! The numbers of a run: everything that text, JSON and HTML show, computed once. Floats are for showing; no decision was
//! made with one.

use std::collections::BTreeMap;

use ballast_math::{Index, Ratio, Usd};
use ballast_risk::health::Health;
use ballast_risk::interest;
use ballast_risk::invariant::INVARIANTS;
use ballast_risk::price::YEAR_SECONDS;
use ballast_state::Bank;
use serde::Serialize;

use super::chain::{claim, debt, Chain, Kind, Stop};
use super::journal::Journal;
use super::liquidator::Appetite;
use super::market::tokens;
use super::oracles::{providers, OracleCounts};
use super::prices::SCALE;
use super::replay::{Healths, Replay};
use super::tape::Tape;
use crate::utc;

/// Version of the JSON's shape: changes only when a field changes its meaning or goes away.
const SCHEMA: u32 = 1;
/// Points of a path in the text's sparkline.
const SPARK: usize = 32;
/// Upper ends of the health factor's bins, hundredths; what is above the last is one more.
const BINS: [u32; 9] = [100, 105, 110, 120, 135, 150, 200, 300, 500];

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
pub(super) struct PricePart {
    pub(super) symbol: String,
    pub(super) sources: Vec<&'static str>,
    pub(super) start: f64,
    pub(super) low: f64,
    pub(super) low_at: String,
    pub(super) high: f64,
    pub(super) end: f64,
    pub(super) change_percent: f64,
    pub(super) drawdown_percent: f64,
    pub(super) worst_bar_percent: f64,
    pub(super) worst_bar_at: String,
    #[serde(skip)]
    pub(super) spark: Vec<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct BankPart {
    pub(super) symbol: String,
    pub(super) before: Books,
    pub(super) after: Books,
    /// Interest that borrowers paid, of it to depositors and to fees; tokens, and USD at the last price.
    pub(super) interest_paid: f64,
    pub(super) interest_earned: f64,
    pub(super) interest_paid_usd: f64,
    pub(super) interest_earned_usd: f64,
    pub(super) fees_usd: f64,
    /// Insurance that went in with bonuses and out with losses, tokens.
    pub(super) insurance_in: f64,
    pub(super) insurance_out: f64,
    /// Loss of a deposit through bad debt, percent.
    pub(super) haircut_percent: f64,
    pub(super) mode: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Books {
    pub(super) deposits_usd: f64,
    pub(super) loans_usd: f64,
    pub(super) insurance_usd: f64,
    pub(super) utilisation_percent: f64,
    /// A year's borrow rate, percent.
    pub(super) borrow_rate_percent: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Liquidations {
    pub(super) count: usize,
    pub(super) accounts: usize,
    pub(super) repaid_usd: f64,
    pub(super) seized_usd: f64,
    /// Collateral seized beyond the loan repaid: what liquidatees paid.
    pub(super) bonus_usd: f64,
    /// Of it to insurance, the rest to liquidators.
    pub(super) to_insurance_usd: f64,
    pub(super) mean_bonus_percent: f64,
    pub(super) largest: Option<Largest>,
    pub(super) by_collateral: Vec<ByAsset>,
    pub(super) by_loan: Vec<ByAsset>,
    pub(super) by_period: Vec<Period>,
    pub(super) period_seconds: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct Largest {
    pub(super) at: String,
    pub(super) repaid_usd: f64,
    pub(super) loan: String,
    pub(super) collateral: String,
    pub(super) bonus_percent: f64,
    pub(super) factor_before: f64,
    pub(super) factor_after: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct ByAsset {
    pub(super) symbol: String,
    pub(super) count: usize,
    pub(super) usd: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Period {
    pub(super) from: String,
    pub(super) liquidations: usize,
    pub(super) liquidated_usd: f64,
    pub(super) deleverages: usize,
    pub(super) bad_debt_usd: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct HealthPart {
    pub(super) bins: Vec<Bin>,
    pub(super) before: Position,
    pub(super) after: Position,
}

#[derive(Debug, Serialize)]
pub(super) struct Bin {
    pub(super) label: String,
    pub(super) before: usize,
    pub(super) after: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Position {
    pub(super) with_debt: usize,
    pub(super) median_factor: f64,
    pub(super) lowest_factor: f64,
    pub(super) collateral_usd: f64,
    pub(super) debt_usd: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Taker {
    pub(super) name: String,
    pub(super) delay_seconds: i64,
    pub(super) capital_usd: f64,
    pub(super) liquidations: usize,
    pub(super) deleverages: usize,
    pub(super) taken_usd: f64,
    pub(super) end_usd: f64,
    pub(super) profit_usd: f64,
    /// Came after the last bar for what the others could not do.
    pub(super) latecomer: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Deleverages {
    pub(super) count: usize,
    pub(super) accounts: usize,
    pub(super) policies: usize,
    pub(super) repaid_usd: f64,
    /// What owners paid (positive) or gained (negative) against the mid price.
    pub(super) cost_usd: f64,
    /// Accounts with a policy that were liquidated all the same.
    pub(super) liquidated: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Losses {
    pub(super) count: usize,
    pub(super) bad_debt_usd: f64,
    pub(super) insured_usd: f64,
    pub(super) socialized_usd: f64,
    pub(super) banks: Vec<BankLoss>,
    pub(super) debtors: Vec<Debtor>,
    pub(super) holders: Vec<Holder>,
    /// Lenders, one by one, by number.
    pub(super) lenders: Vec<LenderLoss>,
}

#[derive(Debug, Serialize)]
pub(super) struct BankLoss {
    pub(super) symbol: String,
    pub(super) count: usize,
    pub(super) deficit_atoms: u64,
    pub(super) insured_atoms: u64,
    pub(super) socialized_atoms: u64,
    pub(super) deficit: f64,
    pub(super) insured: f64,
    pub(super) socialized: f64,
    pub(super) deficit_usd: f64,
    pub(super) insured_usd: f64,
    pub(super) socialized_usd: f64,
    pub(super) haircut_percent: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Debtor {
    pub(super) at: String,
    pub(super) account: String,
    pub(super) bank: String,
    pub(super) deficit: f64,
    pub(super) deficit_usd: f64,
}

/// What one kind of depositor bore of one bank's losses.
#[derive(Debug, Serialize)]
pub(super) struct Holder {
    pub(super) bank: String,
    pub(super) kind: &'static str,
    pub(super) accounts: usize,
    pub(super) tokens: f64,
    pub(super) usd: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct LenderLoss {
    pub(super) lender: String,
    pub(super) bank: String,
    pub(super) tokens: f64,
    pub(super) usd: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Behaviour {
    pub(super) top_ups: u64,
    pub(super) further_loans: u64,
    pub(super) lender_exits: u64,
    pub(super) marks: u64,
    pub(super) bankruptcies_resolved_alone: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Oracles {
    pub(super) refreshes: u64,
    pub(super) judged_by_one_source: u64,
    pub(super) judged_by_two: u64,
    pub(super) judged_by_three: u64,
    pub(super) jumps_held_back: u64,
    pub(super) jumps_confirmed: u64,
    pub(super) guarded: u64,
    pub(super) wild_prints: u64,
    pub(super) wild_prints_believed: u64,
    pub(super) silences: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Invariant {
    pub(super) id: String,
    pub(super) rule: &'static str,
    pub(super) checks: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Units {
    pub(super) instruction: &'static str,
    pub(super) count: usize,
    pub(super) min: u64,
    pub(super) median: u64,
    pub(super) max: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Transactions {
    pub(super) sent: u64,
    pub(super) succeeded: u64,
    pub(super) failed: u64,
    pub(super) failures: Vec<Failure>,
}

#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub(super) instruction: &'static str,
    pub(super) reason: String,
    pub(super) count: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct History {
    pub(super) unix: Vec<i64>,
    /// By asset but the stablecoin.
    pub(super) prices: Vec<Line>,
    pub(super) collateral_usd: Vec<f64>,
    pub(super) debt_usd: Vec<f64>,
    pub(super) insurance_usd: Vec<f64>,
    pub(super) liquidations: Vec<usize>,
    pub(super) losses: Vec<usize>,
}

#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) symbol: String,
    pub(super) values: Vec<f64>,
    /// Collateral of this asset seized up to each moment since the one before.
    pub(super) seized_usd: Vec<f64>,
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
    pub(super) fn of(tape: &Tape, replay: &Replay<'_>, before: Before, seed: u64) -> Result<Self, Stop> {
        let chain = &replay.market.chain;
        let journal = &replay.journal;
        let borrowers = replay.market.borrowers.len();
        let banks = chain.accrued()?;
        let after = Replay::healths(chain)?;
        let symbol = |bank: u16| tape.paths[usize::from(bank)].symbol.clone();
        let symbols: Vec<String> = tape.paths.iter().map(|path| path.symbol.clone()).collect();
        let period = period_seconds(tape);
        let losses = losses(chain, journal, &symbols, &before.banks);
        let sum: Usd = Usd(journal.liquidations.iter().map(|l| l.repaid.0).sum());
        let seized = Usd(journal.liquidations.iter().map(|l| l.seized.0).sum());
        let bonus = cents(seized) - cents(sum);
        let largest = journal.liquidations.iter().max_by_key(|l| (l.repaid, std::cmp::Reverse(l.at)));
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
            options: Options { accounts: borrowers, seed },
            program: program(),
            verdict: verdict(&losses, &after),
            prices: prices(tape),
            banks: bank_parts(chain, &banks, journal, before.books, &before.banks, &symbols)?,
            liquidations: Liquidations {
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
                by_collateral: by_asset(&symbols, journal.liquidations.iter().map(|l| (l.collateral, l.seized))),
                by_loan: by_asset(&symbols, journal.liquidations.iter().map(|l| (l.loan, l.repaid))),
                by_period: periods(tape, journal, period),
                period_seconds: period,
            },
            health: HealthPart {
                bins: bins(&before.healths[..borrowers], &after[..borrowers]),
                before: position(&before.healths[..borrowers]),
                after: position(&after[..borrowers]),
            },
            liquidators: takers(chain, replay, &banks),
            deleverages: Deleverages {
                count: journal.deleverages.len(),
                accounts: distinct(journal.deleverages.iter().map(|d| d.account)),
                policies: before.policies,
                repaid_usd: cents(Usd(journal.deleverages.iter().map(|d| d.repaid.0).sum())),
                cost_usd: rounded(journal.deleverages.iter().map(|d| cents(d.seized) - cents(d.repaid)).sum(), 2),
                liquidated: distinct(
                    journal
                        .liquidations
                        .iter()
                        .map(|l| l.account)
                        .filter(|account| chain.members[*account].state.policy.floor != 0),
                ),
            },
            losses,
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

fn verdict(losses: &Losses, after: &[Option<Health>]) -> Verdict {
    let gap = |health: &Health| health.liabilities.excess_over(health.assets);
    let gaps: Vec<Usd> = after.iter().flatten().map(gap).filter(|gap| *gap > Usd::ZERO).collect();
    let open = Usd(gaps.iter().map(|gap| gap.0).sum());
    let whole = losses.socialized_usd == 0.0 && gaps.is_empty();
    let mut text = if losses.count == 0 {
        "No debt was left unpaid: no lender lost anything, no insurance was used.".to_owned()
    } else if losses.banks.iter().all(|bank| bank.socialized_atoms == 0) {
        format!("Bad debt of {} was paid by insurance: no lender lost anything.", dollars(losses.bad_debt_usd))
    } else {
        format!(
            "Bad debt of {}: insurance paid {}, depositors bore {}, each in proportion.",
            dollars(losses.bad_debt_usd),
            dollars(losses.insured_usd),
            dollars(losses.socialized_usd)
        )
    };
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

fn prices(tape: &Tape) -> Vec<PricePart> {
    let part = |path: &super::tape::Path| {
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

fn books(chain: &Chain, bank: &Bank) -> Books {
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

fn bank_parts(
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
fn haircut(journal: &Journal, bank: u16) -> f64 {
    let kept: f64 = journal.losses.iter().filter(|loss| loss.bank == bank).map(|loss| loss.kept).product();
    rounded((1.0 - kept) * 100.0, 6)
}

fn losses(chain: &Chain, journal: &Journal, symbols: &[String], before: &[Bank]) -> Losses {
    let mut banks = Vec::new();
    for bank in before {
        let mine = || journal.losses.iter().filter(|loss| loss.bank == bank.index);
        if mine().next().is_none() {
            continue;
        }
        let sum = |part: fn(&super::journal::Loss) -> u64| mine().map(part).sum::<u64>();
        let value = |part: fn(&super::journal::Loss) -> Usd| cents(Usd(mine().map(|loss| part(loss).0).sum()));
        let amount = |atoms: u64| tokens(atoms, bank.decimals);
        let (deficit, insured) = (sum(|l| l.deficit), sum(|l| l.insured));
        let socialized = sum(|l| l.socialized);
        banks.push(BankLoss {
            symbol: symbols[usize::from(bank.index)].clone(),
            count: mine().count(),
            deficit_atoms: deficit,
            insured_atoms: insured,
            socialized_atoms: socialized,
            deficit: amount(deficit),
            insured: amount(insured),
            socialized: amount(socialized),
            deficit_usd: value(|l| l.value),
            insured_usd: value(|l| l.insured_value),
            socialized_usd: rounded(value(|l| l.value) - value(|l| l.insured_value), 2),
            haircut_percent: haircut(journal, bank.index),
        });
    }
    let total = |part: fn(&BankLoss) -> f64| rounded(banks.iter().map(part).sum(), 2);
    let name = |bank: u16| symbols[usize::from(bank)].clone();
    let mut holders: BTreeMap<(u16, Kind), (usize, u128, Usd)> = BTreeMap::new();
    let mut lenders = Vec::new();
    for (&(bank, member), &(exact, value)) in &journal.borne {
        let kind = chain.members[member].kind;
        let entry = holders.entry((bank, kind)).or_default();
        entry.0 += 1;
        entry.1 += exact;
        entry.2 = Usd(entry.2 .0 + value.0);
        if kind == Kind::Lender {
            lenders.push(LenderLoss {
                lender: chain.members[member].account.to_string(),
                bank: name(bank),
                tokens: exact_tokens(exact, before[usize::from(bank)].decimals),
                usd: cents(value),
            });
        }
    }
    Losses {
        count: journal.losses.len(),
        bad_debt_usd: total(|bank| bank.deficit_usd),
        insured_usd: total(|bank| bank.insured_usd),
        socialized_usd: total(|bank| bank.socialized_usd),
        debtors: journal
            .losses
            .iter()
            .map(|loss| Debtor {
                at: utc::iso8601(loss.at).unwrap_or_default(),
                account: chain.members[loss.account].account.to_string(),
                bank: name(loss.bank),
                deficit: tokens(loss.deficit, before[usize::from(loss.bank)].decimals),
                deficit_usd: cents(loss.value),
            })
            .collect(),
        holders: holders
            .into_iter()
            .map(|((bank, kind), (accounts, exact, value))| Holder {
                bank: name(bank),
                kind: match kind {
                    Kind::Borrower => "borrowers' collateral",
                    Kind::Lender => "lenders",
                    Kind::Liquidator => "liquidators",
                    Kind::Keeper => "deleveragers",
                },
                accounts,
                tokens: exact_tokens(exact, before[usize::from(bank)].decimals),
                usd: cents(value),
            })
            .collect(),
        banks,
        lenders,
    }
}

fn exact_tokens(exact: u128, decimals: u8) -> f64 {
    tokens(u64::try_from(exact >> 64).unwrap_or(u64::MAX), decimals)
}

fn takers(chain: &Chain, replay: &Replay<'_>, banks: &[Bank]) -> Vec<Taker> {
    let market = &replay.market;
    let liquidators = market.liquidators.iter().enumerate().map(|(number, one)| {
        let late = one.appetite == Appetite::Everything;
        let name = if late { "latecomer".to_owned() } else { format!("liquidator {}", number + 1) };
        (name, late, one.member, one.delay, one.capital, one.desk.under_way())
    });
    let keepers = market.keepers.iter().enumerate().map(|(number, one)| {
        (format!("deleverager {}", number + 1), false, one.member, one.delay, one.capital, one.desk.under_way())
    });
    let mut takers = Vec::new();
    for (name, latecomer, member, delay, capital, under_way) in liquidators.chain(keepers) {
        let state = &chain.members[member].state;
        let (mut has, mut owes) = (chain.value(0, under_way).0, 0u64);
        for bank in banks {
            has += chain.value(bank.index, claim(state, bank) + chain.wallet(member, bank.index)).0;
            owes += chain.value(bank.index, debt(state, bank)).0;
        }
        let end = cents(Usd(has)) - cents(Usd(owes));
        let taken = || replay.journal.liquidations.iter().filter(move |l| l.taker == member);
        let relieved = || replay.journal.deleverages.iter().filter(move |d| d.taker == member);
        let volume = taken().map(|l| l.repaid.0).sum::<u64>() + relieved().map(|d| d.repaid.0).sum::<u64>();
        takers.push(Taker {
            name,
            delay_seconds: delay,
            capital_usd: cents(capital),
            liquidations: taken().count(),
            deleverages: relieved().count(),
            taken_usd: cents(Usd(volume)),
            end_usd: rounded(end, 2),
            profit_usd: rounded(end - cents(capital), 2),
            latecomer,
        });
    }
    takers
}

fn by_asset(symbols: &[String], parts: impl Iterator<Item = (u16, Usd)> + Clone) -> Vec<ByAsset> {
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
fn period_seconds(tape: &Tape) -> i64 {
    let window = tape.to - tape.from;
    match window {
        ..=10_800 => 300,
        10_801..=172_800 => 3_600,
        _ => 86_400 * (window / (86_400 * 40)).max(1),
    }
}

fn periods(tape: &Tape, journal: &Journal, length: i64) -> Vec<Period> {
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

fn bins(before: &[Option<Health>], after: &[Option<Health>]) -> Vec<Bin> {
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

fn position(healths: &[Option<Health>]) -> Position {
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

fn oracles(counts: &OracleCounts) -> Oracles {
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
const LAST_CHECKED: u8 = 15;

fn invariants(chain: &Chain) -> Vec<Invariant> {
    let one = |invariant: &ballast_risk::invariant::Violation| Invariant {
        id: format!("INV-{:02}", invariant.number),
        rule: invariant.rule,
        checks: chain.tally.checks.get(&invariant.number).copied().unwrap_or(0),
    };
    INVARIANTS.iter().filter(|invariant| invariant.number <= LAST_CHECKED).map(one).collect()
}

fn units(chain: &Chain) -> Vec<Units> {
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

fn transactions(chain: &Chain) -> Transactions {
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

fn history(tape: &Tape, replay: &Replay<'_>) -> History {
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
    let line = |(bank, path): (usize, &super::tape::Path)| Line {
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

fn distinct(members: impl Iterator<Item = usize>) -> usize {
    members.collect::<std::collections::BTreeSet<_>>().len()
}

/// USD of a price on the tape.
fn usd(price: u64) -> f64 {
    price as f64 / SCALE as f64
}

/// A value in USD, to the cent.
pub(super) fn cents(value: Usd) -> f64 {
    rounded(value.0 as f64 / (1u64 << Usd::BITS) as f64, 2)
}

/// A number with 32 fraction bits.
fn ratio(raw: u64) -> f64 {
    raw as f64 / Ratio::ONE.0 as f64
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    // No minus in front of nothing.
    if rounded == 0.0 {
        0.0
    } else {
        rounded
    }
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

/// `$1,234,567`, with cents below a hundred dollars, in billions above.
pub(super) fn dollars(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    let value = value.abs();
    if value < 99.995 && value != 0.0 {
        return format!("{sign}${value:.2}");
    }
    if value >= 1e9 {
        return format!("{sign}${:.3} bn", value / 1e9);
    }
    format!("{sign}${}", thousands(format!("{value:.0}").parse().unwrap_or(0)))
}

/// `1,234,567`.
pub(super) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!((dollars(1_234_567.4), dollars(1_426_438_173.2)), ("$1,234,567".into(), "$1.426 bn".into()));
        assert_eq!(
            (dollars(0.0), dollars(12.345), dollars(-1_000.0)),
            ("$0".into(), "$12.35".into(), "−$1,000".into())
        );
        assert_eq!(rounded(-0.000_1, 2).to_bits(), 0.0f64.to_bits());
        assert_eq!(cents(Usd(3 << 19)), 1.5);
    }

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
