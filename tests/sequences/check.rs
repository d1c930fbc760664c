//! Which invariants a step has to leave, and with what they are asked.

use std::collections::BTreeMap;

use ballast_math::{Index, Ratio, Usd};
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::{self, Health, Portfolio};
use ballast_risk::invariant::{self as inv, Checked, DeleverageContext, Exit, LiquidationContext, NewRisk, Violation};
use ballast_risk::lending::has_liability;
use ballast_risk::liquidation::{self, Exchange, Liquidated, Pair};
use ballast_risk::{interest, Now, RiskResult};
use ballast_state::{BalanceSide, Bank, MarginAccount};
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
            let Some(old) = before.bank(index) else { continue };
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

    fn taker(&mut self, taker: u8) {
        let (board, now) = (&self.after.board, self.after.now);
        let (Some(held), Some(holds)) = (self.portfolio(self.before, taker), self.portfolio(self.after, taker)) else {
            return;
        };
        let value = health::taker_value(&held, board, now);
        if let Some(value) = self.computed(value, inv::TAKER_SAFE) {
            self.note(inv::check_taker(&holds, value, board, now));
        }
    }

    fn liquidation(&mut self, from: u8, done: &ballast_client::events::Liquidated) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.account(from), after.account(from)) else { return };
        let Some(held) = self.portfolio(before, from) else { return };
        let board = &before.board;
        self.note(inv::check_unhealthy(&held, board, now));
        self.note(inv::check_rest_untouched(old, new, [done.loan_bank, done.collateral_bank]));
        self.note(inv::check_netting(&held, Usd(done.before.requirement), board));
        let maintenance = health::assess_maintenance(&held, board, now);
        let Some(was) = self.computed(maintenance, inv::HEALTH_RISES) else { return };
        self.note(inv::check_not_spared(old, &was, board, now));

        let Some(pair) = self.banks_of_pair(done.loan_bank, done.collateral_bank) else { return };
        let Some(factor_threshold) = self.factor_threshold(old, &held, &was, &pair) else { return };
        // The account as it was after the exchange and before a loss took its loan.
        let mut exchanged = *new;
        let loan_shares = old.balance(done.loan_bank).map_or(0, |loan| loan.shares);
        let loss = loss(&done.loss);
        if loss.deficit > 0 {
            let left = loan_shares.saturating_sub(done.repaid_shares);
            let _ = ballast_risk::balances::set_shares(&mut exchanged, &pair[0], BalanceSide::Loan, left);
            self.note(inv::check_loss(
                &loss,
                left,
                &before.banks[usize::from(done.loan_bank)],
                &after.banks[usize::from(done.loan_bank)],
            ));
        }
        let remains = Portfolio::of_account(&exchanged, &[], 0, now, |index| {
            pair.iter().find(|bank| bank.index == index).or_else(|| before.bank(index))
        });
        let Some(remains) = self.computed(remains, inv::HEALTH_RISES) else { return };
        let maintenance = health::assess_maintenance(&remains, board, now);
        let Some(is) = self.computed(maintenance, inv::HEALTH_RISES) else { return };
        if loss.deficit > 0 {
            self.note(inv::check_nothing_left(&is, &remains, board, now));
        } else if has_liability(new) {
            self.note(inv::check_timer(new, &is, now));
        }
        let closed = |bank: u16| exchanged.balance(bank).is_none();
        let liquidated = Liquidated {
            bonus: Ratio(done.bonus),
            unhealthy_since: done.unhealthy_since,
            exchange: Exchange {
                repaid: done.repaid,
                repaid_shares: done.repaid_shares,
                seized: done.seized,
                seized_shares: done.seized_shares,
            },
            insurance: done.insurance,
            before: was,
            after: is,
            loss: (loss.deficit > 0).then_some(loss),
        };
        // The lock that the bonus had to keep: one of an episode that still lasts.
        let context = LiquidationContext {
            board,
            loan_bank: &pair[0],
            collateral_bank: &pair[1],
            lock: old.bonus_lock,
            factor_threshold,
            dust_closed: closed(done.loan_bank) || closed(done.collateral_bank),
            now,
        };
        self.note(inv::check_liquidation(&liquidated, &context));
    }

    /// The banks of a pair as they were, accrued to the end of the step.
    fn banks_of_pair(&self, loan: u16, collateral: u16) -> Option<[Bank; 2]> {
        let mut pair = [*self.before.bank(loan)?, *self.before.bank(collateral)?];
        for bank in &mut pair {
            interest::accrue(bank, self.after.now).ok()?;
        }
        Some(pair)
    }

    /// T of the pair.
    fn factor_threshold(
        &mut self,
        account: &MarginAccount,
        held: &Portfolio,
        health: &Health,
        banks: &[Bank; 2],
    ) -> Option<Ratio> {
        let board = &self.before.board;
        let threshold = || {
            let assessment = health::Assessment::of(held, board, health::Valuation::Maintenance, self.after.now)?;
            let pair = Pair::new(board, held, assessment, &banks[0], &banks[1], account)?;
            Ok(liquidation::thresholds(&pair, health)?.factor)
        };
        let threshold = threshold();
        self.computed(threshold, inv::FACTOR_RISES)
    }

    fn deleverage(&mut self, from: u8, wind_down: bool, done: &ballast_client::events::Deleveraged) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.account(from), after.account(from)) else { return };
        let (Some(held), Some(holds)) = (self.portfolio(before, from), self.portfolio(after, from)) else { return };
        let (Some(loan_bank), Some(collateral_bank)) = (after.bank(done.loan_bank), after.bank(done.collateral_bank))
        else {
            return;
        };
        let board = &before.board;
        self.note(inv::check_rest_untouched(old, new, [done.loan_bank, done.collateral_bank]));
        let healths = (health::assess_maintenance(&held, board, now), health::assess_maintenance(&holds, board, now));
        let (Ok(was), Ok(is)) = healths else { return self.note(Err(inv::DELEVERAGE_HELPS)) };
        self.note(inv::check_deleverage(&was, &is));
        if has_liability(new) {
            self.note(inv::check_timer(new, &is, now));
        }
        let context = DeleverageContext { board, loan_bank, collateral_bank, before: old, after: new, now };
        // What really moved, whatever the receipt says.
        let moved = moved(old, new, loan_bank, collateral_bank);
        let Some(moved) = self.computed(moved, inv::FEE_BOUNDED) else { return };
        self.note(inv::check_fee(moved, &context));
        if wind_down {
            self.note(inv::check_wind_down_pace(loan_bank, &context));
            self.note(inv::check_wind_down_pace(collateral_bank, &context));
        } else {
            self.note(inv::check_policy(&was, &is, &context));
            self.note(inv::check_pace(done.repaid, &context));
        }
    }

    fn write_off(&mut self, slot: u8, bank: u16, done: &ballast_client::events::BankruptcyResolved) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.bank(bank), after.bank(bank)) else { return };
        let Some(account) = before.account(slot) else { return };
        let shares = account.balance(bank).map_or(0, |loan| loan.shares);
        self.note(inv::check_loss(&loss(&done.loss), shares, old, new));
        let Some(held) = self.portfolio(before, slot) else { return };
        let maintenance = health::assess_maintenance(&held, &before.board, now);
        if let Some(health) = self.computed(maintenance, inv::NOTHING_LEFT) {
            self.note(inv::check_nothing_left(&health, &held, &before.board, now));
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

fn loss(told: &ballast_client::ballast::types::LossShare) -> Loss {
    Loss {
        deficit: told.deficit,
        insured: told.insured,
        socialized: told.socialized,
        index_before: told.index_before,
        index_after: told.index_after,
    }
}

/// By how much a deposit and a loan shrank, in atoms: the loan's up as it was paid, the deposit's down as it was worth.
fn moved(old: &MarginAccount, new: &MarginAccount, loan: &Bank, collateral: &Bank) -> RiskResult<inv::Takeover> {
    let fell = |bank: &Bank| {
        let shares = |account: &MarginAccount| account.balance(bank.index).map_or(0, |balance| balance.shares);
        shares(old).saturating_sub(shares(new))
    };
    Ok(inv::Takeover {
        repaid: Index::from_words(loan.liability_index).amount_up(fell(loan))?,
        seized: Index::from_words(collateral.asset_index).amount_down(fell(collateral))?,
    })
}
