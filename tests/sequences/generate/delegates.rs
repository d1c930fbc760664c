//! Delegates, and accounts that change hands.

use super::{Life, Scene};
use crate::step::{Do, NOBODY};

impl Life<'_> {
    /// An owner gives rights to somebody, who uses what it has and tries what it has not.
    pub(super) fn delegate(&mut self) -> Scene {
        let slot = self.slot();
        let owner = self.owner(slot);
        let to = if self.dice.one_in(10) { NOBODY } else { self.anybody() };
        if self.play.stage.state.delegate(slot) == NOBODY || self.dice.one_in(3) {
            let rights = if self.dice.one_in(3) { 7 } else { self.dice.small(9) };
            self.act(owner, Do::SetDelegate { slot, to, rights })?;
        }
        for _ in 0..2 + self.dice.below(3) {
            self.as_delegate(slot)?;
        }
        if self.dice.one_in(4) {
            return self.give_away(slot);
        }
        Ok(())
    }

    fn as_delegate(&mut self, slot: u8) -> Scene {
        let state = &self.play.stage.state;
        let (owner, delegate) = (self.owner(slot), state.delegate(slot));
        if delegate == NOBODY {
            return Ok(());
        }
        let (bank, (_, held)) = (self.bank(), self.pair(slot));
        let to = if self.dice.one_in(4) { self.anybody() } else { owner };
        let dollars = 1 + self.dice.below(400);
        let (atoms, of_held) = (self.worth(bank, dollars), self.worth(held, dollars));
        let does = match self.dice.below(12) {
            0..=2 => Do::Deposit { slot, bank, atoms },
            3..=6 => Do::Withdraw { slot, bank: held, atoms: Some(of_held), to },
            7..=9 => {
                self.freshen(1)?;
                Do::Borrow { slot, bank, atoms, to }
            }
            10 => Do::SetDelegate { slot, to: delegate, rights: 7 },
            _ => {
                self.dice.pick(&[Do::Transfer { slot, to: delegate }, Do::Close { slot }]).unwrap_or(Do::Close { slot })
            }
        };
        self.act(delegate, does)
    }

    /// An account goes to somebody else, mostly back to where it came from later on.
    fn give_away(&mut self, slot: u8) -> Scene {
        let owner = self.owner(slot);
        let opener = crate::stage::opener_of(slot);
        // The first three are who lends and takes over.
        let to = if owner == opener && slot > 2 { self.anybody() } else { opener };
        self.act(owner, Do::Transfer { slot, to })?;
        // It is not the old owner's any more.
        let (_, held) = self.pair(slot);
        self.act(owner, Do::Withdraw { slot, bank: held, atoms: Some(1_000), to: owner })
    }
}
