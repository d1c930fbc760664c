//! Liquidations in stages: begin, seize, repay and end in one transaction, mostly as they should be.

use super::{Life, Scene};
use crate::step::{Do, OfPerps};

impl Life<'_> {
    /// A keeper liquidates in stages; now and then with something wrong in it.
    pub(super) fn stages(&mut self, from: u8, loan: u16, collateral: u16) -> Scene {
        let keeper = if self.dice.one_in(5) { self.anybody() } else { 1 + u8::from(self.dice.one_in(2)) };
        let most = self.most(loan);
        let mut steps = vec![
            (keeper, Do::BeginLiquidation { from, loan, collateral, most }),
            (keeper, Do::Seize { from, bank: collateral, atoms: None }),
            (keeper, Do::Repay { slot: from, bank: loan, atoms: None }),
            (keeper, Do::EndLiquidation { from, loan, collateral }),
        ];
        match self.dice.below(6) {
            0 | 1 => self.vary(&mut steps, from, loan, collateral),
            2 | 3 => self.disturb(&mut steps, from, loan),
            _ => {}
        }
        // What came before it failed: once more, as it should be.
        self.try_together(&steps).map(|_| ())
    }

    /// Other amounts, another order, parts left out or doubled.
    fn vary(&mut self, steps: &mut Vec<(u8, Do)>, from: u8, loan: u16, collateral: u16) {
        let (seized, repaid) = (self.some_atoms(collateral), self.some_atoms(loan));
        let at = usize::try_from(self.dice.below(4)).unwrap_or(0);
        match self.dice.below(8) {
            0 => steps.swap(1, 2),
            1 => steps[1].1 = Do::Seize { from, bank: collateral, atoms: Some(seized) },
            2 => steps[2].1 = Do::Repay { slot: from, bank: loan, atoms: Some(repaid) },
            3 => {
                // In two parts each.
                steps.insert(1, (steps[0].0, Do::Seize { from, bank: collateral, atoms: Some(1 + seized / 64) }));
                steps.insert(1, (steps[0].0, Do::Repay { slot: from, bank: loan, atoms: Some(1 + repaid / 64) }));
            }
            4 => steps.truncate(3),
            5 => steps.insert(at, steps[at]),
            _ => {
                steps.remove(at);
            }
        }
    }

    /// What may not stand between begin and end, and what may.
    fn disturb(&mut self, steps: &mut Vec<(u8, Do)>, from: u8, loan: u16) {
        let keeper = steps[0].0;
        // Mostly right before the end, which is what has to see it.
        let at = if self.dice.one_in(2) { 3 } else { 1 + usize::try_from(self.dice.below(3)).unwrap_or(0) };
        let (other, bank, row, who) = (self.borrower(), self.bank(), self.row(), self.anybody());
        let (pair, any) = (self.pair(other), self.some_atoms(bank));
        let owner = self.owner(from);
        let perp = self.perp_market();
        let between = match self.dice.below(21) {
            0 => {
                // Of another account.
                let place = if self.dice.one_in(2) { 3 } else { 1 };
                steps[place].1 = match steps[place].1 {
                    Do::EndLiquidation { loan, collateral, .. } => Do::EndLiquidation { from: other, loan, collateral },
                    Do::Seize { bank, atoms, .. } => Do::Seize { from: other, bank, atoms },
                    same => same,
                };
                return;
            }
            1 | 14 | 15 => {
                // Seized, or ended, by somebody else, who signs too.
                steps[if self.dice.one_in(2) { 1 } else { 3 }].0 = who;
                return;
            }
            2 => {
                // With tokens lent for it.
                let atoms = self.worth(loan, 1_000);
                steps.insert(0, (keeper, Do::BeginFlashLoan { bank: loan, atoms }));
                return steps.push((keeper, Do::EndFlashLoan { bank: loan }));
            }
            3 => {
                // Lent inside it.
                steps.insert(at, (keeper, Do::EndFlashLoan { bank }));
                Do::BeginFlashLoan { bank, atoms: any }
            }
            4 | 16 | 17 => Do::Print { row, source: 0, price: self.market_price(row), confidence: 5, age: 0 },
            5 | 18 => Do::Mark { slot: from },
            6 => Do::Deposit { slot: 1, bank: loan, atoms: 1 + any / 64 },
            7 => Do::Insure { bank, atoms: 1 + any / 64 },
            8 => Do::Donate { bank: loan, atoms: 1 + any / 64 },
            9 => Do::Liquidate { taker: 1, from, loan, collateral: pair.1, most: u64::MAX },
            10 => {
                // The owner helps.
                steps.insert(at, (owner, Do::Deposit { slot: from, bank, atoms: 1 + any / 64 }));
                return;
            }
            11 => Do::Perp(OfPerps::Settle { slot: from, market: perp }),
            12 | 19 | 20 => Do::Perp(OfPerps::LiquidatePerp { taker: 1, from, market: perp, most: u64::MAX }),
            _ => Do::BeginLiquidation { from: other, loan: pair.0, collateral: pair.1, most: u64::MAX },
        };
        steps.insert(at, (keeper, between));
    }
}
