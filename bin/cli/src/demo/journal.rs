//! What happened, as the program's receipts tell it.

use ballast_client::ballast::events::{Deleveraged, Liquidated};
use ballast_client::ballast::types::{HealthPoint, LossShare};
use ballast_math::{Index, Price, Usd};
use ballast_risk::health::Health;
use std::collections::BTreeMap;

use super::chain::Chain;
use super::perps::Ledger;

/// One liquidation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Liquidation {
    /// Unix seconds.
    pub(super) at: i64,
    /// Member taken from.
    pub(super) account: usize,
    /// Member that took.
    pub(super) taker: usize,
    pub(super) loan: u16,
    pub(super) collateral: u16,
    /// Loan repaid.
    pub(super) repaid: Usd,
    /// Collateral seized.
    pub(super) seized: Usd,
    /// Paid to insurance.
    pub(super) insurance: Usd,
    /// Bonus, 32 fraction bits.
    pub(super) bonus: u64,
    /// Health factor before and after, 32 fraction bits.
    pub(super) factor: (u64, u64),
}

/// One deleverage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deleverage {
    pub(super) at: i64,
    pub(super) account: usize,
    pub(super) taker: usize,
    pub(super) repaid: Usd,
    pub(super) seized: Usd,
}

/// One debt that nobody paid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    pub(super) at: i64,
    /// Member that owed it.
    pub(super) account: usize,
    pub(super) bank: u16,
    /// The debt, atoms.
    pub(super) deficit: u64,
    /// Paid by insurance, atoms.
    pub(super) insured: u64,
    /// Paid by the pool of perps, atoms.
    pub(super) pooled: u64,
    /// Borne by depositors, atoms.
    pub(super) socialized: u64,
    /// The debt, and what insurance and the pool paid of it, at the price of the moment.
    pub(super) value: Usd,
    pub(super) insured_value: Usd,
    pub(super) pooled_value: Usd,
    /// Part of a deposit that was left.
    pub(super) kept: f64,
}

/// The pool of perps among those who bear losses: no member has this number.
pub(super) const POOL: usize = usize::MAX;

/// All of it, in order.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) liquidations: Vec<Liquidation>,
    pub(super) deleverages: Vec<Deleverage>,
    pub(super) losses: Vec<Loss>,
    /// What each member bore of the losses of each bank, 2⁻⁶⁴ atoms and value at the prices of the moments.
    pub(super) borne: BTreeMap<(u16, usize), (u128, Usd)>,
    /// Marks sent.
    pub(super) marks: u64,
    /// Bankruptcies resolved on their own.
    pub(super) bankruptcies: u64,
    /// Repayments and further loans of owners, withdrawals of lenders.
    pub(super) top_ups: u64,
    pub(super) further_loans: u64,
    pub(super) lender_exits: u64,
    /// What became of perps.
    pub(super) perps: Ledger,
}

impl Journal {
    /// Takes down a liquidation.
    pub(super) fn liquidated(&mut self, chain: &Chain, event: &Liquidated, account: usize, taker: usize) {
        let loan_price = Price(event.loan_price);
        self.liquidations.push(Liquidation {
            at: chain.now().ts,
            account,
            taker,
            loan: event.loan_bank,
            collateral: event.collateral_bank,
            repaid: chain.value_at(event.loan_bank, event.repaid, loan_price),
            seized: chain.value_at(event.collateral_bank, event.seized, Price(event.collateral_price)),
            insurance: chain.value_at(event.loan_bank, event.insurance, loan_price),
            bonus: event.bonus,
            factor: (factor(&event.before), factor(&event.after)),
        });
        if event.loss.deficit > 0 {
            self.lost(chain, event.loan_bank, &event.loss, account);
        }
    }

    /// Takes down a deleverage.
    pub(super) fn deleveraged(&mut self, chain: &Chain, event: &Deleveraged, account: usize, taker: usize) {
        self.deleverages.push(Deleverage {
            at: chain.now().ts,
            account,
            taker,
            repaid: chain.value_at(event.loan_bank, event.repaid, Price(event.loan_price)),
            seized: chain.value_at(event.collateral_bank, event.seized, Price(event.collateral_price)),
        });
    }

    /// Takes down a loss and who bears it: everybody with a deposit in the bank, by shares.
    pub(super) fn lost(&mut self, chain: &Chain, bank: u16, loss: &LossShare, account: usize) {
        self.losses.push(Loss {
            at: chain.now().ts,
            account,
            bank,
            deficit: loss.deficit,
            insured: loss.insured,
            pooled: loss.pooled,
            socialized: loss.socialized,
            value: chain.value(bank, loss.deficit),
            insured_value: chain.value(bank, loss.insured),
            pooled_value: chain.value(bank, loss.pooled),
            kept: part(loss.index_after, loss.index_before),
        });
        let cut = Index::from_words(loss.index_before).0.saturating_sub(Index::from_words(loss.index_after).0);
        if cut == 0 {
            return;
        }
        let deposits = chain.members.iter().enumerate().filter_map(|(member, holder)| {
            let deposit = holder.state.balance(bank).filter(|balance| balance.is_deposit())?;
            Some((member, deposit.shares))
        });
        let pool = chain.perps.iter().filter(|perps| perps.quote.bank == bank).map(|perps| {
            let pool = &perps.pool;
            (POOL, pool.shares + pool.entering + pool.claimable)
        });
        for (member, shares) in deposits.chain(pool) {
            if shares > 0 {
                let part = cut.saturating_mul(u128::from(shares));
                let entry = self.borne.entry((bank, member)).or_default();
                entry.0 = entry.0.saturating_add(part);
                let value = chain.value(bank, u64::try_from(part >> 64).unwrap_or(u64::MAX));
                entry.1 = Usd(entry.1 .0.saturating_add(value.0));
            }
        }
    }
}

/// One index by another.
fn part(after: [u64; 2], before: [u64; 2]) -> f64 {
    Index::from_words(after).0 as f64 / (Index::from_words(before).0 as f64).max(1.0)
}

/// Health factor of a receipt, 32 fraction bits.
fn factor(point: &HealthPoint) -> u64 {
    let health =
        Health { assets: Usd(point.assets), liabilities: Usd(point.liabilities), requirement: Usd(point.requirement) };
    health.factor().map_or(u64::MAX, |factor| factor.0)
}
