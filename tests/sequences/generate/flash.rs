//! Flash loans: begun and ended in one transaction, mostly as they should be.

use super::{Life, Scene};
use crate::stage::QUOTE;
use crate::step::{Do, OfPerps};

impl Life<'_> {
    /// Somebody borrows for the length of a transaction and does something with it.
    pub(super) fn flash(&mut self) -> Scene {
        let (who, bank, second) = (self.anybody(), self.bank(), self.bank());
        let atoms = if self.dice.one_in(12) { self.some_atoms(bank) } else { self.part_of_vault(bank) };
        let other = self.part_of_vault(second);
        let (begin, end) = (Do::BeginFlashLoan { bank, atoms }, Do::EndFlashLoan { bank });
        let steps = match self.dice.below(16) {
            0..=2 => vec![begin, end],
            3 => vec![begin],
            4 => vec![begin, end, end],
            5 => vec![begin, begin, end],
            // Of two banks: one in the other, and one across the other.
            6 | 7 => {
                vec![begin, Do::BeginFlashLoan { bank: second, atoms: other }, Do::EndFlashLoan { bank: second }, end]
            }
            8 => vec![begin, Do::BeginFlashLoan { bank: second, atoms: other }, end, Do::EndFlashLoan { bank: second }],
            9 => vec![begin, Do::EndFlashLoan { bank: second }],
            10 => vec![begin, self.nothing_left(who, bank, atoms), end],
            11 => vec![begin, Do::Spend { bank, atoms: atoms / 2, to: 0 }, end],
            12 => vec![begin, Do::Donate { bank, atoms: atoms / 64 }, end],
            _ => vec![begin, self.meanwhile(who, bank, atoms), end],
        };
        let steps: Vec<(u8, Do)> = steps.into_iter().map(|does| (who, does)).collect();
        self.try_together(&steps).map(|_| ())
    }

    /// Something up to what a bank has to lend, and now and then all of it or a little more.
    fn part_of_vault(&mut self, bank: u16) -> u64 {
        let held = self.play.stage.state.bank(bank).map_or(0, |bank| bank.vault_balance);
        match self.dice.below(12) {
            0 => held,
            1 => held.saturating_add(1),
            2 => 1,
            _ => self.dice.below(1 << 16).saturating_mul(held >> 16).max(1),
        }
    }

    /// All that somebody has then goes away: too little to pay back with.
    fn nothing_left(&self, who: u8, bank: u16, atoms: u64) -> Do {
        let state = &self.play.stage.state;
        let all = state.wallet(who, bank).saturating_add(state.arriving(bank, atoms));
        let to = if who == 0 { 1 } else { 0 };
        Do::Spend { bank, atoms: all, to }
    }

    /// What the program does with the bank while its tokens are out.
    fn meanwhile(&mut self, who: u8, bank: u16, atoms: u64) -> Do {
        let own = (0..crate::stage::SLOTS).find(|slot| self.owner(*slot) == who).unwrap_or(who);
        let little = 1 + atoms / 64;
        if bank == QUOTE && self.dice.one_in(2) {
            let holder = self.holder();
            return Do::Perp(match (self.dice.below(3), holder) {
                (0, Some((slot, market, _))) => OfPerps::Settle { slot, market },
                (1, _) => OfPerps::AddLiquidity { slot: own, atoms: Some(little) },
                _ => OfPerps::Claim { slot: own, epoch: 1 },
            });
        }
        match self.dice.below(7) {
            0 | 1 => Do::Deposit { slot: own, bank, atoms: little },
            2 => Do::Withdraw { slot: own, bank, atoms: Some(little), to: who },
            3 => Do::Borrow { slot: own, bank, atoms: little, to: who },
            4 => Do::Repay { slot: own, bank, atoms: Some(little) },
            5 => Do::CollectFees { bank },
            _ => Do::Insure { bank, atoms: little },
        }
    }
}
