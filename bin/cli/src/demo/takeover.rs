//! What a liquidation or deleverage would do: the program's handler, line for line, on copies. Bots decide with it, and
//! what the chain did is compared with it.

use ballast_math::{Ratio, Usd};
use ballast_risk::deleverage::{self, Cause, Deleveraged};
use ballast_risk::health::{self, Assessment, Valuation};
use ballast_risk::liquidation::{self, Liquidated, Pair};
use ballast_risk::{interest, Now, RiskResult};
use ballast_state::{Bank, MarginAccount, RiskBoard};

use super::chain::Chain;
use ballast_risk::health::Portfolio;

/// The two sides of a takeover and what they trade.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deal {
    /// Bank of the loan.
    pub(super) loan: u16,
    /// Bank of the collateral.
    pub(super) collateral: u16,
    /// Most atoms of loan.
    pub(super) max_repay: u64,
}

/// Everything after a takeover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome<T> {
    /// What it did.
    pub(super) done: T,
    pub(super) loan_bank: Bank,
    pub(super) collateral_bank: Bank,
    /// The account taken from.
    pub(super) account: MarginAccount,
    /// The account that took.
    pub(super) taker: MarginAccount,
}

/// What surrounds a takeover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) banks: &'a [Bank],
    pub(super) board: &'a RiskBoard,
    pub(super) now: Now,
}

/// What [`ballast_risk::invariant::check_liquidation`] asks for besides the liquidation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// T: below it the health factor must rise.
    pub(super) factor: Ratio,
    /// Shares of the loan and of the collateral before.
    pub(super) shares: (u64, u64),
}

impl<'a> Context<'a> {
    /// As the chain stands.
    pub(super) fn of(chain: &'a Chain) -> Self {
        Self { banks: &chain.banks, board: &chain.board, now: chain.now() }
    }

    fn portfolio(&self, account: &MarginAccount, pair: [&Bank; 2]) -> RiskResult<Portfolio> {
        Portfolio::of_account(account, &[], 0, self.now, |index| {
            pair.into_iter().find(|bank| bank.index == index).or_else(|| self.banks.get(usize::from(index)))
        })
    }

    fn pair(&self, deal: &Deal) -> RiskResult<[Bank; 2]> {
        let mut pair = [self.banks[usize::from(deal.loan)], self.banks[usize::from(deal.collateral)]];
        for bank in &mut pair {
            interest::accrue(bank, self.now)?;
        }
        Ok(pair)
    }

    /// Liquidates on copies.
    pub(super) fn liquidate(
        &self,
        deal: &Deal,
        account: MarginAccount,
        taker: MarginAccount,
    ) -> RiskResult<Outcome<Liquidated>> {
        self.take(deal, account, taker, |loan, collateral, account, taker, portfolio| {
            let most = deal.max_repay;
            liquidation::liquidate(self.board, loan, collateral, account, taker, portfolio, most, self.now)
        })
    }

    /// Deleverages on copies, below the owner's floor.
    pub(super) fn deleverage(
        &self,
        deal: &Deal,
        account: MarginAccount,
        taker: MarginAccount,
    ) -> RiskResult<Outcome<Deleveraged>> {
        self.take(deal, account, taker, |loan, collateral, account, taker, portfolio| {
            let (cause, most) = (Cause::Policy, deal.max_repay);
            deleverage::deleverage(self.board, loan, collateral, account, taker, portfolio, cause, most, self.now)
        })
    }

    /// What the program does around the engine: both banks accrued, the taker's health before and after.
    fn take<T>(
        &self,
        deal: &Deal,
        mut account: MarginAccount,
        mut taker: MarginAccount,
        act: impl FnOnce(&mut Bank, &mut Bank, &mut MarginAccount, &mut MarginAccount, &Portfolio) -> RiskResult<T>,
    ) -> RiskResult<Outcome<T>> {
        let [mut loan_bank, mut collateral_bank] = self.pair(deal)?;
        let pair = [&loan_bank, &collateral_bank];
        let portfolio = self.portfolio(&account, pair)?;
        let before = health::taker_value(&self.portfolio(&taker, pair)?, self.board, self.now)?;
        let done = act(&mut loan_bank, &mut collateral_bank, &mut account, &mut taker, &portfolio)?;
        self.check_taker(&taker, [&loan_bank, &collateral_bank], before)?;
        Ok(Outcome { done, loan_bank, collateral_bank, account, taker })
    }

    fn check_taker(&self, taker: &MarginAccount, pair: [&Bank; 2], before: Option<i64>) -> RiskResult<()> {
        let portfolio = self.portfolio(taker, pair)?;
        health::check_taker(&portfolio, self.board, pair.map(|bank| bank.feed), before, self.now)
    }

    /// What a liquidation of this account must keep to.
    pub(super) fn bounds(&self, deal: &Deal, account: &MarginAccount) -> RiskResult<Bounds> {
        let [loan_bank, collateral_bank] = self.pair(deal)?;
        let portfolio = self.portfolio(account, [&loan_bank, &collateral_bank])?;
        let assessment = Assessment::of(&portfolio, self.board, Valuation::Maintenance, self.now)?;
        let health = health::Health::of(&assessment, self.board)?;
        let pair = Pair::new(self.board, &portfolio, assessment, &loan_bank, &collateral_bank, account)?;
        let factor = liquidation::thresholds(&pair, &health)?.factor;
        Ok(Bounds { factor, shares: (pair.loan_shares, pair.collateral_shares) })
    }
}

/// The largest loans and deposits of an account, at judged prices, the most valuable first.
pub(super) fn legs(chain: &Chain, account: &MarginAccount, banks: &[Bank]) -> (Vec<u16>, Vec<u16>) {
    let mut loans: Vec<(Usd, u16)> = Vec::new();
    let mut deposits: Vec<(Usd, u16)> = Vec::new();
    for balance in account.active() {
        let bank = &banks[usize::from(balance.bank)];
        if balance.is_loan() {
            loans.push((chain.value(balance.bank, super::chain::debt(account, bank)), balance.bank));
        } else {
            deposits.push((chain.value(balance.bank, super::chain::claim(account, bank)), balance.bank));
        }
    }
    let ordered = |mut legs: Vec<(Usd, u16)>| {
        legs.sort_by(|a, b| b.cmp(a));
        legs.into_iter().map(|leg| leg.1).collect()
    };
    (ordered(loans), ordered(deposits))
}
