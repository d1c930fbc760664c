//! Keepers: liquidations, deleverages, bankruptcies, wind-downs.

use super::{Life, Scene};
use crate::stage::SLOTS;
use crate::step::Do;

impl Life<'_> {
    pub(super) fn most(&mut self, bank: u16) -> u64 {
        match self.dice.below(8) {
            0 => self.dice.below(3),
            1..=3 => {
                let dollars = 1 + self.dice.below(3_000);
                self.worth(bank, dollars)
            }
            _ => u64::MAX,
        }
    }

    /// A keeper looks at an account and takes what it may.
    pub(super) fn take_over(&mut self) -> Scene {
        let from = self.borrower();
        self.keep(from)
    }

    pub(super) fn keep(&mut self, from: u8) -> Scene {
        let (loan, collateral) = self.pair(from);
        let most = self.most(loan);
        // Mostly one of those with means; now and then one who can hardly bear it.
        let taker = if self.dice.one_in(5) { self.borrower() } else { 1 + u8::from(self.dice.one_in(2)) };
        let by = self.owner(taker);
        let negative = self.health(from).is_some_and(|health| health.is_negative());
        if self.dice.one_in(8) {
            self.act(by, Do::Mark { slot: from })?;
        }
        if negative || self.dice.one_in(10) {
            if self.dice.one_in(2) {
                self.stages(from, loan, collateral)?;
            } else {
                self.act(by, Do::Liquidate { taker, from, loan, collateral, most })?;
            }
        }
        if !negative || self.dice.one_in(6) {
            let wind_down = self.dice.one_in(5);
            self.act(by, Do::Deleverage { taker, from, loan, collateral, most, wind_down })?;
        }
        let equity = self.health(from).and_then(|health| health.equity().ok()).unwrap_or(0);
        if (equity < 0 && self.dice.one_in(2)) || self.dice.one_in(40) {
            let (bank, _) = self.pair(from);
            self.act(by, Do::Resolve { slot: from, bank })?;
        }
        Ok(())
    }

    /// Keepers look at everybody who owes something, twice at those in need.
    pub(super) fn patrol(&mut self) -> Scene {
        for from in 3..SLOTS {
            let owes = !self.balances(from, true).is_empty();
            let needy = |life: &Self| life.health(from).is_some_and(|health| health.is_negative());
            if owes && (needy(self) || self.dice.one_in(3)) {
                self.keep(from)?;
            }
            if owes && needy(self) {
                self.keep(from)?;
            }
        }
        Ok(())
    }

    /// A bank winds down, past its notice, for some hours; then it is open again.
    pub(super) fn wind_down(&mut self) -> Scene {
        let slot = self.borrower();
        let (loan, collateral) = self.pair(slot);
        let bank = if self.dice.one_in(2) { loan } else { collateral };
        self.change(Do::SetMode { bank, mode: 2 })?;
        let seconds = 604_800 + self.dice.small(700_000);
        self.act(0, Do::Wait { seconds })?;
        for _ in 0..3 {
            self.freshen(1_800)?;
            let most = self.most(loan);
            let taker = 1;
            self.act(1, Do::Deleverage { taker, from: slot, loan, collateral, most, wind_down: true })?;
        }
        self.change(Do::SetMode { bank, mode: 0 })
    }
}
