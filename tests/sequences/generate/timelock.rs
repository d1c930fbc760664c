//! Changes that wait.

use super::{Life, Scene};
use crate::step::{Do, GUARDIAN, RISK_ADMIN};

/// A day, the shortest that changes wait and that they live.
const DAY: u32 = 86_400;

impl Life<'_> {
    fn is_locked(&self) -> bool {
        self.play.stage.state.group.timelock_delay > 0
    }

    /// Administration changes something: at once where it may, now and then through the timelock.
    pub(super) fn change(&mut self, does: Do) -> Scene {
        let admin = self.admin();
        if !self.is_locked() || !self.dice.one_in(3) {
            return self.act(admin, does);
        }
        let number = self.number();
        if self.propose(admin, does)? {
            self.ripen()?;
            self.act(self.admin(), Do::Execute { number, proposer: admin, mixed: false })?;
        }
        Ok(())
    }

    /// Number of the next change.
    fn number(&self) -> u64 {
        self.play.stage.state.group.change_count
    }

    /// Time passes until what was proposed last can be executed; settings want a price then.
    fn ripen(&mut self) -> Scene {
        let seconds = self.play.stage.state.group.timelock_delay;
        self.act(0, Do::Wait { seconds })?;
        self.freshen(1)
    }

    /// The group gets a timelock, late in some lives; then changes are proposed and executed early, in time, late and twice,
    /// with the right accounts and others, and vetoed.
    pub(super) fn timelock(&mut self) -> Scene {
        if !self.is_locked() || self.dice.one_in(4) {
            let (delay, expiry) = (DAY + self.dice.small(DAY), DAY + self.dice.small(DAY));
            if self.is_locked() || self.dice.one_in(2) {
                let admin = self.admin();
                let by = self.dice.pick(&[admin, admin, RISK_ADMIN]).unwrap_or(admin);
                self.act(by, Do::ConfigureTimelock { delay, expiry })?;
            }
        }
        let admin = self.admin();
        let number = self.number();
        let does = self.some_change();
        if !self.propose(admin, does)? {
            return Ok(());
        }
        let execute = Do::Execute { number, proposer: admin, mixed: false };
        if self.dice.one_in(3) {
            self.act(admin, execute)?;
        }
        if self.dice.one_in(3) {
            self.veto(number, admin)?;
            return self.veto(number, admin);
        }
        self.ripen()?;
        if self.dice.one_in(3) {
            let seconds = self.play.stage.state.group.timelock_expiry;
            self.act(0, Do::Wait { seconds })?;
            self.freshen(1)?;
        }
        if self.dice.one_in(4) {
            let who = self.anybody();
            let proposer = if self.dice.one_in(2) { who } else { admin };
            self.act(admin, Do::Execute { number, proposer, mixed: proposer == admin })?;
            self.act(who, execute)?;
        }
        self.act(admin, execute)?;
        if self.dice.one_in(3) {
            self.act(admin, execute)?;
        }
        self.veto(number, admin)
    }

    /// Somebody takes a change back, who may or may not.
    fn veto(&mut self, number: u64, proposer: u8) -> Scene {
        let who = self.anybody();
        let by = self.dice.pick(&[GUARDIAN, proposer, who]).unwrap_or(GUARDIAN);
        let proposer = if self.dice.one_in(2) { who } else { proposer };
        self.act(by, Do::Cancel { number, proposer })
    }

    fn some_change(&mut self) -> Do {
        let (bank, row) = (self.bank(), self.row());
        match self.dice.below(9) {
            0..=2 => Do::ConfigureBank { bank, sets: self.of_bank(bank) },
            3 => Do::ConfigureFeed { row, sets: self.of_feed() },
            4 => Do::SetMode { bank, mode: 0 },
            5 => Do::ConfigureClass { class: 1, kappa: self.dice.small(5_000) },
            6 => Do::ConfigureTimelock { delay: DAY + self.dice.small(DAY), expiry: 2 * DAY },
            // Does not wait for a timelock.
            _ => Do::PauseBank { bank, seconds: 60 },
        }
    }
}
