//! Which invariants a step has to leave, and with what they are asked.

mod takeover;

use std::collections::BTreeMap;

use ballast_client::addresses;
use ballast_math::Usd;
use ballast_risk::health::{self, Portfolio};
use ballast_risk::invariant::{self as inv, Checked, Exit, NewRisk, Violation};
use ballast_risk::lending::has_liability;
use ballast_risk::{Now, RiskResult};
use ballast_state::{Bank, MarginAccount};
use ballast_testkit::{Event, Failed, Sent};

use crate::stage::{owner_of, State};
use crate::step::{Do, Step, ADMIN};

/// Everything a step broke.
pub(crate) fn broken(
    step: Step,
    before: &State,
    after: &State,
    outcome: Option<&Result<Sent, Failed>>,
) -> Vec<Violation> {
    let mut check = Check { step, before, after, found: Vec::new() };
    check.always(Told::of(outcome));
    match outcome {
        Some(Ok(sent)) => check.of_instruction(sent),
        Some(Err(_)) => check.of_refusal(),
        None => {}
    }
    check.found
}

/// What the events of a step say moved in and out of funds, by bank.
#[derive(Default)]
struct Told {
    collected: BTreeMap<u16, u64>,
    given: BTreeMap<u16, u64>,
    covered: BTreeMap<u16, u64>,
}

impl Told {
    fn of(outcome: Option<&Result<Sent, Failed>>) -> Self {
        let mut told = Self::default();
        let Some(Ok(sent)) = outcome else { return told };
        for event in &sent.events {
            match event {
                Event::Liquidated(done) => {
                    told.given.insert(done.loan_bank, done.insurance);
                    told.covered.insert(done.loan_bank, done.loss.insured);
                }
                Event::BankruptcyResolved(done) => {
                    told.covered.insert(done.bank, done.loss.insured);
                }
                _ => {}
            }
        }
        told
    }
}

struct Check<'a> {
    step: Step,
    before: &'a State,
    after: &'a State,
    found: Vec<Violation>,
}

impl Check<'_> {
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

    fn is_administration(&self) -> bool {
        self.step.by == ADMIN
    }

    /// What holds whatever the step is.
    fn always(&mut self, mut told: Told) {
        let (before, after) = (self.before, self.after);
        match self.step.does {
            Do::Insure { bank, atoms } if after != before => {
                told.given.insert(bank, atoms);
            }
            Do::CollectFees { bank } => {
                let held = |state: &State| state.vaults.get(usize::from(bank)).copied().unwrap_or(0);
                let paid = held(before).saturating_sub(held(after));
                told.collected.insert(bank, paid);
            }
            _ => {}
        }
        let shares_moved = before.accounts != after.accounts || before.banks != after.banks;
        for (index, bank) in (0u16..).zip(&after.banks) {
            let slot = usize::from(index);
            self.note(inv::check_bank(bank, after.vaults[slot]));
            if shares_moved {
                self.note(inv::check_shares(bank, after.accounts.iter().flatten()));
            }
            self.note(inv::check_curve(bank));
            self.note(inv::check_bank_names(bank, index, &after.board));
            let Some(old) = before.bank(index) else {
                if bank.vault != addresses::vault(&bank.group, &bank.mint) {
                    self.note(Err(inv::NAMES_AGREE));
                }
                continue;
            };
            if !matches!(self.step.does, Do::Donate { bank, .. } if bank == index) {
                self.note(inv::check_vault_change(old, bank, [before.vaults[slot], after.vaults[slot]]));
            }
            self.note(inv::check_tokens(before.tokens(slot), after.tokens(slot)));
            if old != bank {
                self.between_banks(old, bank, &told);
            }
        }
        for slot in 0..u8::try_from(after.accounts.len()).unwrap_or(0) {
            if let Some(account) = after.account(slot).filter(|account| before.account(slot) != Some(account)) {
                self.account(slot, account);
            }
        }
        self.board_and_feeds();
        if !self.is_administration() {
            self.note(inv::check_group_settings(&before.group, &after.group));
        }
        self.note(inv::check_sequence(before.group.sequence, after.group.sequence, before.group != after.group));
    }

    fn between_banks(&mut self, old: &Bank, new: &Bank, told: &Told) {
        let of = |funds: &BTreeMap<u16, u64>| funds.get(&new.index).copied().unwrap_or(0);
        self.note(inv::check_indices(old, new));
        self.note(inv::check_index_causes(old, new));
        self.note(inv::check_growth(old, new));
        self.note(inv::check_surplus(old, new));
        self.note(inv::check_fees(old, new, of(&told.collected)));
        self.note(inv::check_insurance(old, new, of(&told.given), of(&told.covered)));
        self.note(inv::check_sequence(old.sequence, new.sequence, true));
        if !self.is_administration() {
            self.note(inv::check_bank_settings(old, new));
        }
        let counts = match self.step.does {
            Do::Borrow { .. } => true,
            Do::Withdraw { slot, .. } => self.after.account(slot).is_some_and(has_liability),
            _ => false,
        };
        if !counts {
            self.note(inv::check_no_outflow(old, new));
        }
        if old.vault_balance != new.vault_balance
            && !matches!(self.step.does, Do::Insure { .. } | Do::CollectFees { .. })
        {
            self.note(inv::check_rate(new));
        } else if (old.asset_shares, old.liability_shares) != (new.asset_shares, new.liability_shares) {
            self.note(inv::check_lend_ratio(new));
        }
    }

    fn account(&mut self, slot: u8, account: &MarginAccount) {
        self.note(inv::check_account(account));
        self.note(inv::check_flags(account));
        self.note(inv::check_account_names(account, &self.after.board, |index| self.after.bank(index)));
        let Some(old) = self.before.account(slot) else { return };
        self.note(inv::check_sequence(old.sequence, account.sequence, true));
        let taken = matches!(self.step.does, Do::Liquidate { from, .. } | Do::Deleverage { from, .. } if from == slot);
        if !taken && self.step.by != owner_of(slot) {
            self.note(inv::check_not_taken(old, account));
        }
    }

    fn board_and_feeds(&mut self) {
        let (before, after) = (self.before, self.after);
        let (old, new) = (&before.board, &after.board);
        if old != new {
            self.note(inv::check_board(old, new));
            if matches!(self.step.does, Do::Print { .. }) {
                self.note(inv::check_grace(old, new, after.now));
            }
            if !self.is_administration() {
                self.note(inv::check_board_settings(old, new));
            }
        }
        self.note(inv::check_sequence(old.sequence, new.sequence, old != new));
        for (row, feed) in (0u8..).zip(&after.feeds) {
            let Some(old) = before.feeds.get(usize::from(row)).filter(|old| *old != feed) else { continue };
            self.note(inv::check_feed_names(feed, row, new));
            self.note(inv::check_rates(feed, new));
            self.note(inv::check_row(feed, new));
            self.note(inv::check_jump(old, feed));
            self.note(inv::check_sequence(old.sequence, feed.sequence, true));
            if !self.is_administration() {
                self.note(inv::check_feed_settings(old, feed));
            }
        }
    }

    /// What holds because of what was done.
    fn of_instruction(&mut self, sent: &Sent) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        match self.step.does {
            Do::Deposit { slot, bank, .. } => {
                let (Some(old), Some(new)) = (before.bank(bank), after.bank(bank)) else { return };
                let Some(account) = before.account(slot) else { return };
                self.note(inv::check_deposit_cap(new, account));
                self.note(inv::check_risk_allowed(NewRisk::Deposit, old, account, &before.board, now));
            }
            Do::Withdraw { slot, bank, .. } => {
                let Some(account) = after.account(slot).filter(|account| has_liability(account)) else { return };
                self.new_risk(NewRisk::Withdrawal, slot, bank, account, sent);
            }
            Do::Borrow { slot, bank, .. } => {
                let (Some(account), Some(new)) = (after.account(slot), after.bank(bank)) else { return };
                self.note(inv::check_borrow_cap(new));
                self.note(inv::check_loan_size(account, new, &after.board));
                self.new_risk(NewRisk::Loan, slot, bank, account, sent);
            }
            Do::Liquidate { taker, from, .. } => {
                self.taker(taker);
                for event in &sent.events {
                    if let Event::Liquidated(done) = event {
                        self.liquidation(from, done);
                    }
                }
            }
            Do::Deleverage { taker, from, wind_down, .. } => {
                self.taker(taker);
                for event in &sent.events {
                    if let Event::Deleveraged(done) = event {
                        self.deleverage(from, wind_down, done);
                    }
                }
            }
            Do::Resolve { slot, bank } => {
                for event in &sent.events {
                    if let Event::BankruptcyResolved(done) = event {
                        self.write_off(slot, bank, done);
                    }
                }
            }
            Do::Mark { slot } => {
                let (Some(account), Some(portfolio)) = (after.account(slot), self.portfolio(before, slot)) else {
                    return;
                };
                let maintenance = health::assess_maintenance(&portfolio, &before.board, now);
                let Some(health) = self.computed(maintenance, inv::TIMER_TRUE) else { return };
                if portfolio.has_liability {
                    self.note(inv::check_timer(account, &health, now));
                }
                for event in &sent.events {
                    if let Event::Marked(marked) = event {
                        self.note(inv::check_netting(&portfolio, Usd(marked.health.requirement), &before.board));
                    }
                }
            }
            _ => {}
        }
    }

    /// What a slot's account holds, its banks projected to the end of the step.
    fn portfolio(&mut self, state: &State, slot: u8) -> Option<Portfolio> {
        let account = state.account(slot)?;
        let portfolio = self.holdings(state, account);
        self.computed(portfolio, inv::NAMES_AGREE)
    }

    fn holdings(&self, state: &State, account: &MarginAccount) -> RiskResult<Portfolio> {
        Portfolio::of_account(account, &[], 0, self.after.now, |index| state.bank(index))
    }

    fn new_risk(&mut self, risk: NewRisk, slot: u8, bank: u16, account: &MarginAccount, sent: &Sent) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.bank(bank), after.bank(bank)) else { return };
        self.note(inv::check_utilisation(new));
        self.note(inv::check_risk_allowed(risk, old, account, &before.board, now));
        let (atoms, shown) = sent.events.iter().fold((0, None), |last, event| match event {
            Event::Borrowed(done) => (done.movement.atoms, Some(done.health)),
            Event::Withdrawn(done) => (done.movement.atoms, Some(done.health)),
            _ => last,
        });
        self.note(inv::check_outflow(old, new, atoms, now));
        let Some(portfolio) = self.portfolio(after, slot) else { return };
        self.note(inv::check_initial(&portfolio, &after.board, now));
        let maintenance = health::assess_maintenance(&portfolio, &after.board, now);
        if let (Some(health), Some(shown)) = (self.computed(maintenance, inv::INITIAL_COVERS), shown) {
            self.note(inv::check_levels(Usd(shown.requirement), health.requirement));
        }
    }

    /// Exits that were refused must have had a reason in the states.
    fn of_refusal(&mut self) {
        let (before, now) = (self.before, self.after.now);
        let wallet = |bank: u16| {
            let owner = before.wallets.get(usize::from(self.step.by.min(crate::stage::OWNERS)));
            owner.and_then(|wallets| wallets.get(usize::from(bank))).copied().unwrap_or(0)
        };
        match self.step.does {
            Do::Repay { slot, bank, atoms: Some(atoms) } if atoms <= wallet(bank) => {
                self.exit(slot, bank, Exit::Repay(atoms), now);
            }
            Do::Withdraw { slot, bank, atoms: Some(atoms) } if self.step.by == owner_of(slot) => {
                self.exit(slot, bank, Exit::Withdraw(atoms), now);
            }
            _ => {}
        }
    }

    fn exit(&mut self, slot: u8, bank: u16, exit: Exit, now: Now) {
        if let (Some(account), Some(bank)) = (self.before.account(slot), self.before.bank(bank)) {
            self.note(inv::check_exit(exit, bank, account, now));
        }
    }
}
