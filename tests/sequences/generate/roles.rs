//! Who administers: the admin and the heir, the guardian, the risk admin.

use super::{Life, Scene};
use crate::step::{Do, OfBank, ADMIN, GUARDIAN, HEIR, RISK_ADMIN};

impl Life<'_> {
    pub(super) fn admin(&self) -> u8 {
        self.play.stage.state.admin()
    }

    /// Who pauses.
    pub(super) fn pauser(&mut self) -> u8 {
        if self.dice.one_in(2) {
            GUARDIAN
        } else {
            self.admin()
        }
    }

    /// What roles do with their powers, and what goes beyond them.
    pub(super) fn govern(&mut self) -> Scene {
        match self.dice.below(12) {
            0 | 1 => self.hand_over(),
            2 => self.guard(),
            3 | 4 => self.limit(),
            5 => {
                let (bank, old) = (self.bank(), self.dice.one_in(2));
                self.act(0, Do::Migrate { bank, old })
            }
            _ => self.timelock(),
        }
    }

    /// Administration passes to the heir, or back.
    fn hand_over(&mut self) -> Scene {
        let who = if self.admin() == ADMIN { HEIR } else { ADMIN };
        self.change(Do::ProposeAdmin { who })?;
        let by = self.dice.pick(&[who, who, who, RISK_ADMIN, 3]).unwrap_or(who);
        self.act(by, Do::AcceptAdmin)
    }

    /// The guardian pauses, again and again, and ends a pause early.
    fn guard(&mut self) -> Scene {
        let bank = self.bank();
        for _ in 0..2 {
            let seconds = self.dice.small(400);
            self.act(GUARDIAN, Do::PauseBank { bank, seconds })?;
            self.act(GUARDIAN, Do::PauseRisk { seconds })?;
            self.act(0, Do::Wait { seconds: 1 + seconds / 2 })?;
        }
        let by = self.pauser();
        self.act(by, Do::PauseBank { bank, seconds: 0 })?;
        self.act(by, Do::PauseRisk { seconds: 0 })
    }

    /// The risk admin moves caps up and down inside their limits, closes a bank, and tries what it may not.
    fn limit(&mut self) -> Scene {
        let bank = self.bank();
        let limit = self.play.stage.state.bank(bank).map_or(0, |bank| bank.deposit_cap_limit);
        for cap in [limit / 3, limit / 3 * 2, limit, limit.saturating_add(1)] {
            if self.dice.one_in(2) {
                self.act(RISK_ADMIN, Do::ConfigureBank { bank, sets: OfBank::DepositCap(cap) })?;
            }
        }
        let sets = self.of_bank(bank);
        self.act(RISK_ADMIN, Do::ConfigureBank { bank, sets })?;
        if !self.dice.one_in(4) {
            let mode = self.dice.pick(&[1, 1, 0, 2]).unwrap_or(1);
            self.act(RISK_ADMIN, Do::SetMode { bank, mode })?;
            self.lend()?;
            self.change(Do::SetMode { bank, mode: 0 })?;
        }
        self.freshen(1)?;
        self.restore(bank)
    }
}
