//! Which invariants a transaction has to leave, and with what they are asked.

mod authority;
mod changes;
mod endings;
mod exits;
mod instruction;
mod perps;
mod takeover;
mod told;

use std::collections::BTreeMap;

use ballast_client::addresses;
use ballast_risk::invariant::{self as inv, Checked, Violation};
use ballast_risk::lending::has_liability;
use ballast_risk::{interest, Now, RiskResult};
use ballast_state::{Bank, MarginAccount};
use ballast_testkit::{Failed, Sent};

use crate::stage::{State, QUOTE};
use crate::step::{Do, How, OfPerps, Step};
use told::Told;

/// Everything the steps of a transaction broke.
pub(crate) fn broken(
    steps: &[Step],
    before: &State,
    after: &State,
    outcome: Option<&Result<Sent, Failed>>,
) -> Vec<Violation> {
    let mut check = Check { steps, before, after, found: Vec::new() };
    check.always(&Told::of(steps, before, after, outcome));
    match outcome {
        Some(Ok(sent)) => check.done().for_each(|step| check.of_instruction(step, sent)),
        Some(Err(_)) => check.of_refusal(),
        None => {}
    }
    check.found
}

struct Check<'a> {
    steps: &'a [Step],
    before: &'a State,
    after: &'a State,
    found: Vec<Violation>,
}

impl<'a> Check<'a> {
    /// Steps that are done, not proposed.
    fn done(&self) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(|step| step.how != How::Proposed)
    }

    /// True if one of the steps is such a one.
    fn does(&self, what: impl Fn(Do) -> bool) -> bool {
        self.done().any(|step| what(step.does))
    }

    fn note(&mut self, checked: Checked) {
        if let Err(violation) = checked {
            if !self.found.contains(&violation) {
                self.found.push(violation);
            }
        }
    }

    /// What cannot be computed from states that must be computable breaks the invariant it was for.
    fn computed<T>(&mut self, value: RiskResult<T>, otherwise: Violation) -> Option<T> {
        if value.is_err() {
            self.note(Err(otherwise));
        }
        value.ok()
    }

    /// What holds whatever the step is.
    fn always(&mut self, told: &Told) {
        let (before, after) = (self.before, self.after);
        let shares_moved =
            before.accounts != after.accounts || before.banks != after.banks || before.perps != after.perps;
        for (index, bank) in (0u16..).zip(&after.banks) {
            let slot = usize::from(index);
            self.note(inv::check_bank(bank, after.vaults[slot]));
            if shares_moved {
                let accounts = after.accounts.iter().flatten();
                self.note(if index == QUOTE {
                    inv::check_quote_shares(bank, &after.perps.pool, accounts)
                } else {
                    inv::check_shares(bank, accounts)
                });
            }
            self.note(inv::check_curve(bank));
            if bank.flash_loaned != 0 {
                self.note(Err(inv::FLAGS_CLEAR));
            }
            self.note(inv::check_bank_names(bank, index, &after.board));
            let Some(old) = before.bank(index) else {
                if bank.vault != addresses::vault(&bank.group, &bank.mint) {
                    self.note(Err(inv::NAMES_AGREE));
                }
                continue;
            };
            let donated = told.donated.get(&index).copied().unwrap_or(0);
            let moved = [before.vaults[slot], after.vaults[slot].saturating_sub(donated)];
            self.note(inv::check_vault_change(old, bank, moved));
            self.note(inv::check_tokens(before.tokens(slot), after.tokens(slot)));
            if old != bank {
                self.between_banks(old, bank, told);
            }
        }
        for slot in 0..u8::try_from(after.accounts.len()).unwrap_or(0) {
            if let Some(account) = after.account(slot).filter(|account| before.account(slot) != Some(account)) {
                self.account(slot, account);
            }
        }
        self.perps();
        self.board_and_feeds();
        self.group_settings();
        self.changes();
        self.note(inv::check_sequence(before.group.sequence, after.group.sequence, before.group != after.group));
    }

    fn between_banks(&mut self, old: &Bank, new: &Bank, told: &Told) {
        let of = |funds: &BTreeMap<u16, u64>| funds.get(&new.index).copied().unwrap_or(0);
        self.note(inv::check_indices(old, new));
        self.note(inv::check_index_causes(old, new));
        self.note(inv::check_growth(old, new));
        self.note(inv::check_surplus(old, new));
        // Interest apart, fees come from flash loans.
        let by_interest = Bank { fees: new.fees.saturating_sub(of(&told.earned)), ..*new };
        self.note(inv::check_fees(old, &by_interest, of(&told.collected)));
        self.note(inv::check_insurance(old, new, of(&told.given), of(&told.covered)));
        self.note(inv::check_sequence(old.sequence, new.sequence, !only_accrued(old, new)));
        self.bank_settings(old, new);
        let counts = |does| match does {
            Do::Borrow { bank, .. } => bank == new.index,
            Do::Withdraw { slot, bank, .. } => bank == new.index && self.after.account(slot).is_some_and(has_liability),
            Do::Perp(OfPerps::AddLiquidity { slot, .. }) => {
                new.index == QUOTE && self.after.account(slot).is_some_and(has_liability)
            }
            _ => false,
        };
        if !self.does(counts) {
            self.note(inv::check_no_outflow(old, new));
        }
        // Only what moves a bank's own tokens recomputes its rate: a write-off and the house's money do not.
        let of_the_house = |does| matches!(does, Do::Insure { .. } | Do::CollectFees { .. } | Do::EndFlashLoan { .. });
        let same_rate = told.written_off.contains(&new.index) || self.does(of_the_house);
        if old.vault_balance != new.vault_balance && !same_rate {
            self.note(inv::check_rate(new));
        } else if (old.asset_shares, old.liability_shares) != (new.asset_shares, new.liability_shares) {
            self.note(inv::check_lend_ratio(new));
        }
    }

    fn account(&mut self, slot: u8, account: &MarginAccount) {
        self.note(inv::check_account(account));
        self.note(inv::check_flags(account));
        self.note(inv::check_account_names(account, &self.after.board, |index| self.after.bank(index)));
        self.positions(slot, account);
        let Some(old) = self.before.account(slot) else { return };
        self.note(inv::check_sequence(old.sequence, account.sequence, true));
        self.of_others(slot, old, account);
    }

    fn board_and_feeds(&mut self) {
        let (before, after) = (self.before, self.after);
        let (old, new) = (&before.board, &after.board);
        if old != new {
            self.note(inv::check_board(old, new));
            if self.does(|does| matches!(does, Do::Print { .. })) {
                self.note(inv::check_grace(old, new, after.now));
            }
            self.board_settings(old, new);
        }
        self.note(inv::check_sequence(old.sequence, new.sequence, old != new));
        for (row, feed) in (0u8..).zip(&after.feeds) {
            let Some(old) = before.feeds.get(usize::from(row)).filter(|old| *old != feed) else { continue };
            self.note(inv::check_feed_names(feed, row, new));
            self.note(inv::check_rates(feed, new));
            self.note(inv::check_row(feed, new));
            self.note(inv::check_jump(old, feed));
            self.note(inv::check_sequence(old.sequence, feed.sequence, true));
            if !self.has_full_power() {
                self.note(inv::check_feed_settings(old, feed));
            }
        }
    }
}

/// True if all that changed is what time did: an instruction of perps may accrue the bank and leave it at that.
fn only_accrued(old: &Bank, new: &Bank) -> bool {
    let mut accrued = *old;
    let moment = Now { ts: new.accrued_ts, slot: 0 };
    interest::accrue(&mut accrued, moment).is_ok() && accrued == *new
}
