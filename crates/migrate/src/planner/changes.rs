//! What waits for the timelock.

use ballast_client::{changes, instructions as ix};
use ballast_state::PendingChange;
use solana_instruction::Instruction;

use super::Planner;
use crate::chain::ChainState;
use crate::plan::{Difference, Wait};

impl<C: ChainState> Planner<'_, C> {
    /// Adds what may add risk: at once where there is no timelock; else it is proposed and, when its time has come, executed.
    /// `wait` is for what the instruction itself needs, so a proposal goes ahead of it.
    pub(super) fn add_change(
        &mut self,
        name: &'static str,
        about: impl Into<String>,
        differences: Vec<Difference>,
        change: Instruction,
        wait: Option<Wait>,
    ) {
        if !self.has_timelock() {
            return self.add(name, about, differences, wait.map_or(Ok(change), Err));
        }
        let (admin, group) = (self.group.admin, self.key);
        let about = format!("{name}, {}", about.into());
        let (proposed, others): (Vec<_>, Vec<_>) = self.changes.drain(..).partition(|it| is_of(it, &change));
        self.changes = others;
        let reached = |ts: i64| self.now.is_some_and(|now| now.ts >= ts);
        if let Some(it) = proposed.iter().find(|it| !reached(it.expires_ts)) {
            let wait = if reached(it.ready_ts) { wait } else { Some(Wait::Until(it.ready_ts)) };
            let execute = ix::execute_change(&admin, &group, it.number, &it.proposer, &change);
            return self.add("execute_change", about, differences, wait.map_or(Ok(execute), Err));
        }
        for it in &proposed {
            let cancel = ix::cancel_change(&admin, &group, it.number, &it.proposer);
            self.add("cancel_change", format!("{about}: expired"), Vec::new(), Ok(cancel));
        }
        let propose = ix::propose_change(&admin, &group, self.next_change, &change);
        self.next_change += 1;
        self.add("propose_change", about, differences, Ok(propose));
    }

    /// Takes back what waits and is not wanted: the file was edited, or somebody else proposed it. Who is to be admin is nobody's
    /// but the chain's where the file does not say it.
    pub(super) fn unwanted_changes(&mut self) {
        let says_admin = self.wanted.group.admin.is_some();
        for it in std::mem::take(&mut self.changes) {
            let name = changes::name(it.instruction_data()).unwrap_or("unknown");
            if says_admin || name != "propose_admin" {
                let cancel = ix::cancel_change(&self.group.admin, &self.key, it.number, &it.proposer);
                let about = format!("change {}, {name}: the file does not want it", it.number);
                self.add("cancel_change", about, Vec::new(), Ok(cancel));
            }
        }
    }
}

/// True if a change that was proposed is this instruction, with the timelock as its authority.
fn is_of(change: &PendingChange, instruction: &Instruction) -> bool {
    let keys = change.account_keys().iter().skip(1);
    change.instruction_data() == instruction.data
        && keys.eq(instruction.accounts.iter().skip(1).map(|meta| &meta.pubkey))
}
