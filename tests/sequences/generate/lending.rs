//! Owners: deposits, loans, limits, ruin.

use super::{Life, Scene};
use crate::stage::{OWNERS, SLOTS};
use crate::step::{Do, OfBank};

impl Life<'_> {
    /// Deposits, withdrawals, loans and repayments of any size.
    pub(super) fn lend(&mut self) -> Scene {
        let (slot, bank) = (self.slot(), self.bank());
        let owner = self.owner(slot);
        let (owed, held) = self.pair(slot);
        let atoms = self.some_atoms(bank);
        match self.dice.below(12) {
            0..=3 => self.act(owner, Do::Deposit { slot, bank, atoms }),
            4..=6 => {
                let atoms = if self.dice.one_in(4) { None } else { Some(self.some_atoms(held)) };
                self.act(owner, Do::Withdraw { slot, bank: held, atoms, to: owner })
            }
            7 | 8 => self.act(owner, Do::Borrow { slot, bank, atoms, to: owner }),
            _ => {
                let atoms = if self.dice.one_in(4) { None } else { Some(self.some_atoms(owed)) };
                // Anybody may repay for anybody.
                let payer = if self.dice.one_in(4) { self.anybody() } else { owner };
                self.act(payer, Do::Repay { slot, bank: owed, atoms })
            }
        }
    }

    /// A borrower comes to its limit.
    pub(super) fn lever(&mut self) -> Scene {
        let slot = self.borrower();
        let owner = self.owner(slot);
        let (_, collateral) = self.pair(slot);
        let dollars = if self.dice.one_in(6) { 20 + self.dice.below(60) } else { 1_000 + self.dice.below(20_000) };
        let atoms = self.worth(collateral, dollars) + self.dice.below(100);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms })?;
        self.freshen(1)?;
        let (loan, _) = self.pair(slot);
        if loan == collateral {
            return Ok(());
        }
        self.borrow_most(slot, loan)?;
        if self.dice.one_in(3) {
            let dollars = 1 + self.dice.below(200);
            let atoms = Some(self.worth(collateral, dollars));
            self.act(owner, Do::Withdraw { slot, bank: collateral, atoms, to: owner })?;
        }
        if self.dice.one_in(3) {
            self.policy(slot)?;
        }
        Ok(())
    }

    /// Borrows as much as the account can bear, nearly.
    pub(super) fn borrow_most(&mut self, slot: u8, loan: u16) -> Scene {
        let owner = self.owner(slot);
        let dollars = 6 * self.equity(slot).min(30_000);
        let mut atoms = self.worth(loan, dollars) + self.dice.below(100);
        let mut done = 0;
        for _ in 0..10 {
            if self.try_to(owner, Do::Borrow { slot, bank: loan, atoms, to: owner })? {
                done += 1;
                if done == 2 {
                    break;
                }
            }
            atoms = atoms / 16 * 9;
        }
        Ok(())
    }

    /// An account owes in two banks when its one collateral loses most of its worth: the first loan goes with it, the second is
    /// written off on its own.
    pub(super) fn ruin(&mut self) -> Scene {
        let slot = self.borrower();
        let owner = self.owner(slot);
        if !self.balances(slot, true).is_empty() {
            return self.keep(slot);
        }
        for bank in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank, atoms: None, to: owner })?;
        }
        let collateral = 1 + u16::try_from(self.dice.below(4)).unwrap_or(0);
        self.freshen(1)?;
        let dollars = 2_000 + self.dice.below(20_000);
        let atoms = self.worth(collateral, dollars);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms })?;
        self.freshen(1)?;
        let banks: Vec<u16> = (0..self.bank_count()).filter(|bank| *bank != collateral).collect();
        let (Some(first), Some(second)) = (self.dice.pick(&banks), self.dice.pick(&banks)) else { return Ok(()) };
        let share = 50 + self.dice.below(dollars / 4);
        let atoms = self.worth(second, share);
        self.act(owner, Do::Borrow { slot, bank: second, atoms, to: owner })?;
        self.borrow_most(slot, first)?;
        let row = self.play.stage.state.banks[usize::from(collateral)].feed;
        let price = self.market_price(row) / 100 * (15 + i64::try_from(self.dice.below(40)).unwrap_or(0));
        self.freshen(11)?;
        self.print(row, price)?;
        self.freshen(11)?;
        if self.dice.one_in(2) {
            self.stages(slot, first, collateral)?;
        }
        for _ in 0..2 {
            let taker = 1 + u8::from(self.dice.one_in(2));
            let most = if self.dice.one_in(4) { self.most(first) } else { u64::MAX };
            self.act(self.owner(taker), Do::Liquidate { taker, from: slot, loan: first, collateral, most })?;
        }
        if self.dice.one_in(4) {
            // Dust that somebody leaves must not stop it.
            self.act(owner, Do::Deposit { slot, bank: collateral, atoms: 1_000 })?;
        }
        for bank in self.balances(slot, true) {
            self.act(1, Do::Resolve { slot, bank })?;
        }
        self.back(row)
    }

    /// A new bank lends all it has against a collateral that loses everything: its lenders are left with nothing.
    pub(super) fn wipe_out(&mut self, bank: u16) -> Scene {
        let slot = self.borrower();
        let owner = self.owner(slot);
        let atoms = self.worth(bank, 1_000);
        self.act(1, Do::Deposit { slot: 1, bank, atoms })?;
        self.change(Do::ConfigureBank { bank, sets: OfBank::MaxUtilisation(10_000) })?;
        for held in self.balances(slot, true) {
            self.act(owner, Do::Repay { slot, bank: held, atoms: None })?;
        }
        for held in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank: held, atoms: None, to: owner })?;
        }
        let row = self.play.stage.state.banks[usize::from(bank)].feed;
        let Some(collateral) = self.dice.pick(&[1, 2, 4]).filter(|collateral| *collateral != u16::from(row)) else {
            return Ok(());
        };
        let dollars = 10_000;
        let amount = self.worth(collateral, dollars);
        self.act(owner, Do::Deposit { slot, bank: collateral, atoms: amount })?;
        self.freshen(1)?;
        self.act(owner, Do::Borrow { slot, bank, atoms, to: owner })?;
        // Interest: what is owed in the end is more than what lenders brought.
        self.act(0, Do::Wait { seconds: 2_592_000 })?;
        let fallen = self.play.stage.state.banks[usize::from(collateral)].feed;
        let price = self.market_price(fallen) / 1_000_000;
        self.freshen(11)?;
        self.print(fallen, price.max(1))?;
        self.freshen(11)?;
        self.freshen(121)?;
        for _ in 0..2 {
            self.act(2, Do::Liquidate { taker: 2, from: slot, loan: bank, collateral, most: u64::MAX })?;
        }
        self.back(fallen)
    }

    pub(super) fn policy(&mut self, slot: u8) -> Scene {
        let floor = 10_050 + self.dice.small(6_000);
        let width = 500 + self.dice.small(2_000);
        let dollars = self.dice.pick(&[50, 1_000, 100_000]).unwrap_or(0);
        self.act(self.owner(slot), Do::SetPolicy { slot, floor, width, dollars })
    }

    pub(super) fn open_or_close(&mut self) -> Scene {
        let slot = OWNERS + u8::try_from(self.dice.below((SLOTS - OWNERS).into())).unwrap_or(0);
        let owner = self.owner(slot);
        if self.play.stage.state.account(slot).is_none() {
            return self.act(owner, Do::Open { slot });
        }
        for bank in self.balances(slot, true) {
            self.act(owner, Do::Repay { slot, bank, atoms: None })?;
        }
        for bank in self.balances(slot, false) {
            self.act(owner, Do::Withdraw { slot, bank, atoms: None, to: owner })?;
        }
        self.act(owner, Do::Close { slot })
    }
}
