//! Liquidators and deleveragers, and what the latter did.

use ballast_math::Usd;
use ballast_state::Bank;
use serde::Serialize;

use super::figures::{cents, distinct, rounded};
use crate::demo::chain::{claim, debt, Chain};
use crate::demo::journal::Journal;
use crate::demo::liquidator::Appetite;
use crate::demo::replay::Replay;

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Taker {
    pub(in crate::demo) name: String,
    pub(in crate::demo) delay_seconds: i64,
    pub(in crate::demo) capital_usd: f64,
    pub(in crate::demo) liquidations: usize,
    pub(in crate::demo) deleverages: usize,
    pub(in crate::demo) taken_usd: f64,
    pub(in crate::demo) end_usd: f64,
    pub(in crate::demo) profit_usd: f64,
    /// Came after the last bar for what the others could not do.
    pub(in crate::demo) latecomer: bool,
}

#[derive(Debug, Serialize)]
pub(in crate::demo) struct Deleverages {
    pub(in crate::demo) count: usize,
    pub(in crate::demo) accounts: usize,
    pub(in crate::demo) policies: usize,
    pub(in crate::demo) repaid_usd: f64,
    /// What owners paid (positive) or gained (negative) against the mid price.
    pub(in crate::demo) cost_usd: f64,
    /// Accounts with a policy that were liquidated all the same.
    pub(in crate::demo) liquidated: usize,
}

pub(super) fn takers(chain: &Chain, replay: &Replay<'_>, banks: &[Bank]) -> Vec<Taker> {
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

/// All of a journal.
pub(super) fn deleverages(chain: &Chain, journal: &Journal, policies: usize) -> Deleverages {
    Deleverages {
        count: journal.deleverages.len(),
        accounts: distinct(journal.deleverages.iter().map(|d| d.account)),
        policies,
        repaid_usd: cents(Usd(journal.deleverages.iter().map(|d| d.repaid.0).sum())),
        cost_usd: rounded(journal.deleverages.iter().map(|d| cents(d.seized) - cents(d.repaid)).sum(), 2),
        liquidated: distinct(
            journal
                .liquidations
                .iter()
                .map(|l| l.account)
                .filter(|account| chain.members[*account].state.policy.floor != 0),
        ),
    }
}
