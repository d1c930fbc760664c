//! What a takeover and a write-off have to leave.

use ballast_client::ballast::types::{LossShare, MarketLoss};
use ballast_client::events;
use ballast_math::{Index, Ratio, Usd};
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::{self, Health, Portfolio};
use ballast_risk::invariant::{self as inv, DeleverageContext, LiquidationContext, Takeover};
use ballast_risk::lending::has_liability;
use ballast_risk::liquidation::{self, Exchange, Liquidated, Pair};
use ballast_risk::{balances, interest, perp, RiskResult};
use ballast_state::{BalanceSide, Bank, MarginAccount, PerpMarket};

use super::Check;

impl Check<'_> {
    pub(super) fn taker(&mut self, taker: u8) {
        let (board, now) = (&self.after.board, self.after.now);
        let (Some(held), Some(holds)) = (self.portfolio(self.before, taker), self.portfolio(self.after, taker)) else {
            return;
        };
        let value = health::taker_value(&held, board, now);
        if let Some(value) = self.computed(value, inv::TAKER_SAFE) {
            self.note(inv::check_taker(&holds, value, board, now));
        }
    }

    pub(super) fn liquidation(&mut self, from: u8, done: &events::Liquidated) {
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
            let _ = balances::set_shares(&mut exchanged, &mut pair[0].clone(), BalanceSide::Loan, left);
            self.note(inv::check_loss(
                &loss,
                left,
                &before.banks[usize::from(done.loan_bank)],
                &after.banks[usize::from(done.loan_bank)],
            ));
        }
        let bank = |index| pair.iter().find(|bank| bank.index == index).or_else(|| before.bank(index));
        let remains = before.holdings(&exchanged, now, bank, |index| before.standing(index));
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

    pub(super) fn deleverage(&mut self, from: u8, wind_down: bool, done: &events::Deleveraged) {
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

    pub(super) fn write_off(&mut self, slot: u8, bank: u16, done: &events::BankruptcyResolved) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(old), Some(new)) = (before.bank(bank), after.bank(bank)) else { return };
        let Some(account) = before.account(slot) else { return };
        let shares = account.balance(bank).map_or(0, |loan| loan.shares);
        self.note(inv::check_loss(&loss(&done.loss), shares, old, new));
        // A settled market spends its stake, and no more.
        let ended = |told: &MarketLoss| before.perps.market(told.market).is_none_or(PerpMarket::is_settled);
        if !done.markets.iter().any(ended) {
            let spent = self.spent_on(done);
            if let Some(spent) = self.computed(spent, inv::LOSS_SPENT) {
                self.note(inv::check_loss_spent(done.loss.pooled, account, spent));
            }
        }
        let Some(held) = self.portfolio(before, slot) else { return };
        let maintenance = health::assess_maintenance(&held, &before.board, now);
        if let Some(health) = self.computed(maintenance, inv::NOTHING_LEFT) {
            self.note(inv::check_nothing_left(&health, &held, &before.board, now));
        }
    }
}

impl Check<'_> {
    /// What every market had spent before a write-off and after it. Where a part was told it is that of a day that has begun.
    fn spent_on(&self, done: &events::BankruptcyResolved) -> RiskResult<Vec<(u16, [i64; 2])>> {
        let (before, after) = (&self.before.perps, &self.after.perps);
        let markets = before.markets.iter().zip(&after.markets);
        let spent = markets.map(|(old, new)| {
            let (mut started, mut pool) = (*old, before.pool);
            if done.markets.iter().any(|told| told.market == old.index) {
                perp::start_day(&mut started, &mut pool, self.after.now)?;
            }
            Ok((old.index, [started.spent, new.spent]))
        });
        spent.collect()
    }
}

fn loss(told: &LossShare) -> Loss {
    Loss {
        deficit: told.deficit,
        insured: told.insured,
        pooled: told.pooled,
        socialized: told.socialized,
        index_before: told.index_before,
        index_after: told.index_after,
    }
}

/// By how much a deposit and a loan shrank, in atoms: the loan's up as it was paid, the deposit's down as it was worth.
fn moved(old: &MarginAccount, new: &MarginAccount, loan: &Bank, collateral: &Bank) -> RiskResult<Takeover> {
    let fell = |bank: &Bank| {
        let shares = |account: &MarginAccount| account.balance(bank.index).map_or(0, |balance| balance.shares);
        shares(old).saturating_sub(shares(new))
    };
    Ok(Takeover {
        repaid: Index::from_words(loan.liability_index).amount_up(fell(loan))?,
        seized: Index::from_words(collateral.asset_index).amount_down(fell(collateral))?,
    })
}
