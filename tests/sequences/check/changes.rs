//! Changes that wait for the timelock.

use std::collections::BTreeSet;

use ballast_client::addresses;
use ballast_risk::invariant as inv;
use ballast_state::PendingChange;

use super::Check;
use crate::step::{Do, How};

impl Check<'_> {
    /// A change appears by a proposal, stays as it is, and goes by an execution in its time or by a veto.
    pub(super) fn changes(&mut self) {
        let (before, after) = (&self.before.changes, &self.after.changes);
        let numbers: BTreeSet<u64> = before.keys().chain(after.keys()).copied().collect();
        for number in numbers {
            let holds = match (before.get(&number), after.get(&number)) {
                (Some(old), Some(new)) => old == new,
                (None, Some(new)) => self.is_proposed(new),
                (Some(old), None) => self.is_over(old),
                (None, None) => true,
            };
            if !holds {
                self.note(Err(inv::SETTINGS_GUARDED));
            }
        }
    }

    fn is_proposed(&self, change: &PendingChange) -> bool {
        let (group, now) = (&self.before.group, self.after.now.ts);
        let by_admin = |by| by == self.before.admin();
        self.steps.iter().any(|step| step.how == How::Proposed && by_admin(step.by))
            && group.timelock_delay > 0
            && change.number == group.change_count
            && change.proposer == group.admin
            && change.ready_ts == now.saturating_add(group.timelock_delay.into())
            && change.expires_ts == change.ready_ts.saturating_add(group.timelock_expiry.into())
            && change.account_keys().first() == Some(&addresses::timelock(&change.group))
    }

    fn is_over(&self, change: &PendingChange) -> bool {
        let now = self.after.now.ts;
        let [admin, guardian] =
            [&self.before.group.admin, &self.before.group.guardian].map(|key| self.before.person(key));
        self.done().any(|step| match step.does {
            Do::Execute { number, mixed, .. } => {
                number == change.number
                    && step.by == admin
                    && (change.ready_ts..change.expires_ts).contains(&now)
                    && !(mixed && change.account_count > 1)
            }
            Do::Cancel { number, .. } => number == change.number && (step.by == admin || step.by == guardian),
            _ => false,
        })
    }
}
