//! Who may do what: settings, and accounts of others.

use ballast_risk::invariant as inv;
use ballast_risk::limits;
use ballast_state::{rights, Bank, BankMode, Group, MarginAccount, RiskBoard};
use solana_pubkey::Pubkey;

use super::Check;
use crate::step::{Do, How};

impl Check<'_> {
    /// True if the transaction was signed with this key.
    pub(super) fn signed_by(&self, key: &Pubkey) -> bool {
        self.steps.iter().any(|step| self.before.person(key) == step.by)
    }

    /// The admin of a group without a timelock, or a change that waited.
    pub(super) fn has_full_power(&self) -> bool {
        let executes = self.does(|does| matches!(does, Do::Execute { .. }));
        executes || (self.before.group.timelock_delay == 0 && self.signed_by(&self.before.group.admin))
    }

    /// True if somebody signed who may pause.
    fn may_pause(&self) -> bool {
        self.signed_by(&self.before.group.admin) || self.signed_by(&self.before.group.guardian)
    }

    /// A pause that somebody who may set it has set: not longer than allowed; the guardian's not at once again, and nobody but
    /// the guardian ends one early past the timelock.
    fn is_pause(&self, old: i64, new: i64) -> bool {
        let (group, now) = (&self.before.group, self.after.now.ts);
        let guardian = self.signed_by(&group.guardian);
        let rested = old == 0 || now >= old.saturating_add(group.max_pause.into());
        let bounded = new >= now && new <= now.saturating_add(group.max_pause.into());
        bounded && (guardian || new >= old || self.has_full_power()) && (!guardian || new == now || rested)
    }

    pub(super) fn bank_settings(&mut self, old: &Bank, new: &Bank) {
        if self.has_full_power() {
            return;
        }
        let this = |bank| bank == new.index;
        let mut allowed = *new;
        if self.does(|does| matches!(does, Do::PauseBank { bank, .. } if this(bank)))
            && self.may_pause()
            && self.is_pause(old.paused_until, new.paused_until)
        {
            allowed.paused_until = old.paused_until;
        }
        let group = &self.before.group;
        if self.signed_by(&group.risk_admin) || self.signed_by(&group.admin) {
            let configures = self.does(|does| matches!(does, Do::ConfigureBank { bank, .. } if this(bank)));
            if configures && limits::is_tighter(old, new) {
                allowed = with_limits_of(&allowed, old);
            }
            let closes = [old.mode, new.mode].map(BankMode::from_byte) == [BankMode::Normal, BankMode::ReduceOnly];
            if closes && self.does(|does| matches!(does, Do::SetMode { bank, .. } if this(bank))) {
                allowed.mode = old.mode;
            }
        }
        self.note(inv::check_bank_settings(old, &allowed));
    }

    pub(super) fn board_settings(&mut self, old: &RiskBoard, new: &RiskBoard) {
        if self.has_full_power() {
            return;
        }
        let mut allowed = *new;
        if self.does(|does| matches!(does, Do::PauseRisk { .. }))
            && self.may_pause()
            && self.is_pause(old.risk_paused_until, new.risk_paused_until)
        {
            allowed.risk_paused_until = old.risk_paused_until;
        }
        self.note(inv::check_board_settings(old, &allowed));
    }

    pub(super) fn group_settings(&mut self) {
        let (old, new) = (&self.before.group, &self.after.group);
        if self.has_full_power() || old == new {
            return;
        }
        // What remains when everything is taken away that somebody who signed may change. That the sequence tells of it is
        // another invariant.
        let mut allowed = Group { sequence: old.sequence, ..*new };
        let admin = self.signed_by(&old.admin);
        if self.steps.iter().any(|step| step.how == How::Proposed) && admin {
            allowed.change_count = old.change_count;
        }
        if self.does(|does| matches!(does, Do::ConfigureTimelock { .. }))
            && admin
            && new.timelock_delay >= old.timelock_delay
            && new.timelock_expiry <= old.timelock_expiry
        {
            (allowed.timelock_delay, allowed.timelock_expiry) = (old.timelock_delay, old.timelock_expiry);
        }
        if self.does(|does| does == Do::AcceptAdmin)
            && self.signed_by(&old.pending_admin)
            && (new.admin, new.pending_admin) == (old.pending_admin, Pubkey::default())
        {
            (allowed.admin, allowed.pending_admin) = (old.admin, old.pending_admin);
        }
        self.note(inv::check_group_settings(old, &allowed));
    }

    /// What may happen to an account without its owner: a takeover, and what its delegate has the right to.
    pub(super) fn of_others(&mut self, slot: u8, old: &MarginAccount, new: &MarginAccount) {
        if self.signed_by(&old.owner) {
            return;
        }
        if words_of_owner(old) != words_of_owner(new) {
            self.note(Err(inv::NOT_TAKEN));
        }
        let taken = |does| match does {
            Do::Liquidate { from, .. } | Do::Deleverage { from, .. } | Do::EndLiquidation { from, .. } => from == slot,
            // What its position won or lost, at an order its owner placed or at what the market says.
            Do::Perp(does) => does.moves().is_some_and(|(of, _)| of == slot),
            _ => false,
        };
        if !self.does(taken) && !self.is_delegated(slot, old) {
            self.note(inv::check_not_taken(old, new));
        }
    }

    /// A delegate with the right to it moved tokens, and nobody but the owner got any.
    fn is_delegated(&self, slot: u8, account: &MarginAccount) -> bool {
        let owner = self.before.owner(slot);
        let right = |does| match does {
            Do::Withdraw { slot: of, bank, .. } if of == slot => Some((bank, rights::REDUCE)),
            Do::Borrow { slot: of, bank, .. } if of == slot => Some((bank, rights::TRADE)),
            _ => None,
        };
        let Some((bank, right)) = self.done().find_map(|step| right(step.does)) else { return false };
        let others_got = (0..=crate::stage::OWNERS)
            .filter(|who| *who != owner)
            .any(|who| self.after.wallet(who, bank) > self.before.wallet(who, bank));
        self.signed_by(&account.delegate) && account.delegate_rights & right != 0 && !others_got
    }

    /// An account that changed hands is what it was, but for what its owner had said.
    pub(super) fn transferred(&mut self, slot: u8, to: u8) {
        let (Some(old), Some(new)) = (self.before.account(slot), self.after.account(slot)) else { return };
        let clear = (new.delegate, new.delegate_rights, new.policy.floor) == (Pubkey::default(), 0, 0);
        let same = (old.balances, old.unhealthy_since, old.risk_ts) == (new.balances, new.unhealthy_since, new.risk_ts);
        if !clear || !same || self.after.owner(slot) != to {
            self.note(Err(inv::NOT_TAKEN));
        }
    }
}

/// What only an owner says about an account.
fn words_of_owner(account: &MarginAccount) -> (Pubkey, Pubkey, u32, [u64; 3]) {
    let policy = &account.policy;
    (account.owner, account.delegate, account.delegate_rights, [policy.floor, policy.width, policy.daily_turnover])
}

/// A bank with the limits of another.
fn with_limits_of(bank: &Bank, of: &Bank) -> Bank {
    let mut limited = Bank {
        deposit_cap: of.deposit_cap,
        borrow_cap: of.borrow_cap,
        max_utilisation: of.max_utilisation,
        borrowable: of.borrowable,
        ..*bank
    };
    limited.hourly.limit = of.hourly.limit;
    limited.daily.limit = of.daily.limit;
    limited
}
