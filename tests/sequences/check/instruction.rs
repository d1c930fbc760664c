//! What holds because of what was done.

use ballast_math::Usd;
use ballast_risk::health::{self, Portfolio};
use ballast_risk::invariant::{self as inv, NewRisk};
use ballast_risk::lending::has_liability;
use ballast_risk::RiskResult;
use ballast_state::MarginAccount;
use ballast_testkit::{Event, Sent};

use super::Check;
use crate::stage::State;
use crate::step::{Do, Step};

impl Check<'_> {
    /// What holds because of what was done.
    pub(super) fn of_instruction(&mut self, step: &Step, sent: &Sent) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        match step.does {
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
            Do::Perp(does) => self.of_perps(step, does, sent),
            Do::Liquidate { taker, from, .. } => {
                self.taker(taker);
                self.liquidations(from, sent);
            }
            Do::EndLiquidation { from, .. } => self.liquidations(from, sent),
            Do::Transfer { slot, to } => self.transferred(slot, to),
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

    fn liquidations(&mut self, from: u8, sent: &Sent) {
        for event in &sent.events {
            if let Event::Liquidated(done) = event {
                self.liquidation(from, done);
            }
        }
    }

    /// What a slot's account holds, its banks projected to the end of the step.
    pub(super) fn portfolio(&mut self, state: &State, slot: u8) -> Option<Portfolio> {
        let account = state.account(slot)?;
        let portfolio = self.holdings(state, account);
        self.computed(portfolio, inv::NAMES_AGREE)
    }

    fn holdings(&self, state: &State, account: &MarginAccount) -> RiskResult<Portfolio> {
        state.holdings(account, self.after.now, |index| state.bank(index), |index| state.standing(index))
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
}
