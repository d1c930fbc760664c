//! Exits that were refused.

use ballast_risk::invariant::{self as inv, Exit};

use super::Check;
use crate::step::Do;

impl Check<'_> {
    /// Exits that were refused must have had a reason in the states.
    pub(super) fn of_refusal(&mut self) {
        // Of several steps any can be the one that was refused.
        let [step] = self.steps else { return };
        let before = self.before;
        match step.does {
            Do::Repay { slot, bank, atoms: Some(atoms) }
                if before.sending(bank, atoms).is_some_and(|sent| sent <= before.wallet(step.by, bank)) =>
            {
                self.exit(slot, bank, Exit::Repay(atoms));
            }
            Do::Withdraw { slot, bank, atoms: Some(atoms), .. } if step.by == before.owner(slot) => {
                self.exit(slot, bank, Exit::Withdraw(atoms));
            }
            _ => {}
        }
    }

    fn exit(&mut self, slot: u8, bank: u16, exit: Exit) {
        if let (Some(account), Some(bank)) = (self.before.account(slot), self.before.bank(bank)) {
            self.note(inv::check_exit(exit, bank, account, self.after.now));
        }
    }
}
