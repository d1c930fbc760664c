//! What moved in and out of a bank's funds, as far as the steps and their events tell.

use std::collections::{BTreeMap, BTreeSet};

use ballast_math::{Ratio, Usd};
use ballast_testkit::{Event, Failed, Sent};

use crate::stage::{State, QUOTE};
use crate::step::{Do, How, Step};

/// Atoms by bank.
#[derive(Default)]
pub(super) struct Told {
    /// Fees paid out.
    pub(super) collected: BTreeMap<u16, u64>,
    /// Fees of flash loans.
    pub(super) earned: BTreeMap<u16, u64>,
    /// To insurance.
    pub(super) given: BTreeMap<u16, u64>,
    /// From insurance.
    pub(super) covered: BTreeMap<u16, u64>,
    /// Banks with a debt written off, in an instruction that moves no tokens.
    pub(super) written_off: BTreeSet<u16>,
    /// To the vault, past the program.
    pub(super) donated: BTreeMap<u16, u64>,
}

impl Told {
    pub(super) fn of(steps: &[Step], before: &State, after: &State, outcome: Option<&Result<Sent, Failed>>) -> Self {
        let mut told = Self::default();
        let Some(Ok(sent)) = outcome else { return told };
        let done = steps.iter().filter(|step| step.how != How::Proposed);
        done.for_each(|step| told.step(step, before, after));
        for event in &sent.events {
            match event {
                Event::Liquidated(done) => {
                    add(&mut told.given, done.loan_bank, done.insurance);
                    add(&mut told.covered, done.loan_bank, done.loss.insured);
                    if done.loss.deficit > 0 {
                        told.written_off.insert(done.loan_bank);
                    }
                }
                Event::PerpLiquidated(done) => {
                    add(&mut told.given, QUOTE, done.insurance);
                    add(&mut told.covered, QUOTE, done.loss.insured);
                }
                Event::BankruptcyResolved(done) => add(&mut told.covered, done.bank, done.loss.insured),
                _ => {}
            }
        }
        told
    }

    fn step(&mut self, step: &Step, before: &State, after: &State) {
        match step.does {
            Do::Insure { bank, atoms } => add(&mut self.given, bank, before.arriving(bank, atoms)),
            Do::Donate { bank, atoms } => add(&mut self.donated, bank, before.arriving(bank, atoms)),
            Do::CollectFees { bank } => {
                let held = |state: &State| state.vaults.get(usize::from(bank)).copied().unwrap_or(0);
                add(&mut self.collected, bank, held(before).saturating_sub(held(after)));
            }
            Do::BeginFlashLoan { bank, atoms } => {
                let rate = before.bank(bank).map_or(Ratio::ZERO, |bank| Ratio::from_bits(bank.flash_fee));
                add(&mut self.earned, bank, rate.of_up(Usd(atoms)).map_or(0, |fee| fee.0));
            }
            _ => {}
        }
    }
}

fn add(funds: &mut BTreeMap<u16, u64>, bank: u16, atoms: u64) {
    let fund = funds.entry(bank).or_default();
    *fund = fund.saturating_add(atoms);
}
