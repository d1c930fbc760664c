//! Debts that nobody paid, and who bore them.

use std::collections::BTreeMap;

use ballast_math::Usd;
use ballast_state::Bank;
use serde::Serialize;

use super::figures::{cents, rounded};
use super::market::haircut;
use crate::demo::chain::{Chain, Kind};
use crate::demo::journal::{Journal, Loss};
use crate::demo::market::tokens;
use crate::utc;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Losses {
    pub(in crate::demo) count: usize,
    pub(in crate::demo) bad_debt_usd: f64,
    pub(in crate::demo) insured_usd: f64,
    /// By the pool of perps, whose traders owed it.
    pub(in crate::demo) pooled_usd: f64,
    pub(in crate::demo) socialized_usd: f64,
    pub(in crate::demo) banks: Vec<BankLoss>,
    pub(in crate::demo) debtors: Vec<Debtor>,
    pub(in crate::demo) holders: Vec<Holder>,
    /// Lenders, one by one, by number.
    pub(in crate::demo) lenders: Vec<LenderLoss>,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct BankLoss {
    pub(in crate::demo) symbol: String,
    pub(in crate::demo) count: usize,
    pub(in crate::demo) deficit_atoms: u64,
    pub(in crate::demo) insured_atoms: u64,
    pub(in crate::demo) pooled_atoms: u64,
    pub(in crate::demo) socialized_atoms: u64,
    pub(in crate::demo) deficit: f64,
    pub(in crate::demo) insured: f64,
    pub(in crate::demo) pooled: f64,
    pub(in crate::demo) socialized: f64,
    pub(in crate::demo) deficit_usd: f64,
    pub(in crate::demo) insured_usd: f64,
    pub(in crate::demo) pooled_usd: f64,
    pub(in crate::demo) socialized_usd: f64,
    pub(in crate::demo) haircut_percent: f64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Debtor {
    pub(in crate::demo) at: String,
    pub(in crate::demo) account: String,
    pub(in crate::demo) bank: String,
    pub(in crate::demo) deficit: f64,
    pub(in crate::demo) deficit_usd: f64,
}

/// What one kind of depositor bore of one bank's losses.
#[derive(Debug, Serialize)]
pub(in crate::demo) struct Holder {
    pub(in crate::demo) bank: String,
    pub(in crate::demo) kind: &'static str,
    pub(in crate::demo) accounts: usize,
    pub(in crate::demo) tokens: f64,
    pub(in crate::demo) usd: f64,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct LenderLoss {
    pub(in crate::demo) lender: String,
    pub(in crate::demo) bank: String,
    pub(in crate::demo) tokens: f64,
    pub(in crate::demo) usd: f64,
}

pub(super) fn losses(chain: &Chain, journal: &Journal, symbols: &[String], before: &[Bank]) -> Losses {
    let mut banks = Vec::new();
    for bank in before {
        let mine = || journal.losses.iter().filter(|loss| loss.bank == bank.index);
        if mine().next().is_none() {
            continue;
        }
        let sum = |part: fn(&Loss) -> u64| mine().map(part).sum::<u64>();
        let value = |part: fn(&Loss) -> Usd| cents(Usd(mine().map(|loss| part(loss).0).sum()));
        let amount = |atoms: u64| tokens(atoms, bank.decimals);
        let (deficit, insured, pooled) = (sum(|l| l.deficit), sum(|l| l.insured), sum(|l| l.pooled));
        let socialized = sum(|l| l.socialized);
        banks.push(BankLoss {
            symbol: symbols[usize::from(bank.index)].clone(),
            count: mine().count(),
            deficit_atoms: deficit,
            insured_atoms: insured,
            pooled_atoms: pooled,
            socialized_atoms: socialized,
            deficit: amount(deficit),
            insured: amount(insured),
            pooled: amount(pooled),
            socialized: amount(socialized),
            deficit_usd: value(|l| l.value),
            insured_usd: value(|l| l.insured_value),
            pooled_usd: value(|l| l.pooled_value),
            socialized_usd: rounded(value(|l| l.value) - value(|l| l.insured_value) - value(|l| l.pooled_value), 2),
            haircut_percent: haircut(journal, bank.index),
        });
    }
    let total = |part: fn(&BankLoss) -> f64| rounded(banks.iter().map(part).sum(), 2);
    let name = |bank: u16| symbols[usize::from(bank)].clone();
    let mut holders: BTreeMap<(u16, Kind), (usize, u128, Usd)> = BTreeMap::new();
    let mut lenders = Vec::new();
    for (&(bank, member), &(exact, value)) in &journal.borne {
        let kind = chain.members.get(member).map_or(Kind::Pool, |member| member.kind);
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
        pooled_usd: total(|bank| bank.pooled_usd),
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
                    Kind::Trader => "traders of perps",
                    Kind::Provider => "providers of liquidity",
                    Kind::Filler => "keepers of orders",
                    Kind::Pool => "the pool of perps",
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

pub(super) fn exact_tokens(exact: u128, decimals: u8) -> f64 {
    tokens(u64::try_from(exact >> 64).unwrap_or(u64::MAX), decimals)
}
