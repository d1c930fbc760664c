use ballast_math::{Index, Price, Ratio, Units, Usd};
use ballast_state::{BalanceSide, Bank, MarginAccount, RiskBoard, RiskRow};

use super::relief::{relief, Bound, Hedge, Leg};
use super::size::Exchange;
use crate::health::{decimals, Assessment, Exposure, Health, Portfolio};
use crate::{balances, bankruptcy, price, Now, RiskError, RiskResult};

/// A loan and a collateral of one account, with what changing them does to its health.
#[derive(Debug)]
pub struct Pair<'a> {
    board: &'a RiskBoard,
    portfolio: &'a Portfolio,
    /// Assessment at Maintenance with the exposures below.
    assessment: Assessment,
    loan_row: &'a RiskRow,
    collateral_row: &'a RiskRow,
    /// Exposure to the loan's feed; to both where they share one.
    loan: Exposure,
    /// Exposure to the collateral's feed; unused where both share one.
    collateral: Exposure,
    /// The loan, shares.
    pub loan_shares: u64,
    /// The loan, atoms.
    pub debt: u64,
    /// The collateral, shares.
    pub collateral_shares: u64,
    /// The collateral, atoms.
    pub claim: u64,
}

/// By how much R falls per USD of loan repaid and of collateral seized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reliefs {
    /// Per USD of loan.
    pub loan: Ratio,
    /// Per USD of collateral.
    pub collateral: Ratio,
}

impl<'a> Pair<'a> {
    /// The account's loan in one bank and its deposit in the other, both banks accrued to now.
    ///
    /// # Errors
    /// `SamePair`, `NoBalance`, `WrongSide`, `NotCollateral`, `FeedNotListed`.
    pub fn new(
        board: &'a RiskBoard,
        portfolio: &'a Portfolio,
        assessment: Assessment,
        loan_bank: &Bank,
        collateral_bank: &Bank,
        account: &MarginAccount,
    ) -> RiskResult<Self> {
        if loan_bank.index == collateral_bank.index {
            return Err(RiskError::SamePair);
        }
        if collateral_bank.collateral == 0 {
            return Err(RiskError::NotCollateral);
        }
        let loan_shares = balances::shares(account, loan_bank, BalanceSide::Loan)?;
        let collateral_shares = balances::shares(account, collateral_bank, BalanceSide::Deposit)?;
        if loan_shares == 0 || collateral_shares == 0 {
            return Err(RiskError::NoBalance);
        }
        Ok(Self {
            board,
            portfolio,
            assessment,
            loan_row: board.row(loan_bank.feed).ok_or(RiskError::FeedNotListed)?,
            collateral_row: board.row(collateral_bank.feed).ok_or(RiskError::FeedNotListed)?,
            loan: portfolio.exposure(loan_bank.feed),
            collateral: portfolio.exposure(collateral_bank.feed),
            loan_shares,
            debt: Index::from_words(loan_bank.liability_index).amount_up(loan_shares)?,
            collateral_shares,
            claim: Index::from_words(collateral_bank.asset_index).amount_down(collateral_shares)?,
        })
    }

    /// Both prices must be there and no older than `max_age`.
    ///
    /// # Errors
    /// `PairPriceStale`.
    pub fn check_prices(&self, max_age: u32, now: Now) -> RiskResult<()> {
        for row in [self.loan_row, self.collateral_row] {
            price::check_fresh(row, now, max_age).map_err(|_| RiskError::PairPriceStale)?;
        }
        Ok(())
    }

    /// True if the feed is one of the pair's.
    #[must_use]
    pub fn holds(&self, feed: u8) -> bool {
        feed == self.loan.feed || feed == self.collateral.feed
    }

    /// What the account's health is made of.
    pub(crate) fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// The loan's feed and its row.
    pub(crate) fn loan_leg(&self) -> (u8, &RiskRow) {
        (self.loan.feed, self.loan_row)
    }

    /// The collateral's feed and its row.
    pub(crate) fn collateral_leg(&self) -> (u8, &RiskRow) {
        (self.collateral.feed, self.collateral_row)
    }

    /// Board row of the loan's feed.
    #[must_use]
    pub fn loan_row(&self) -> &RiskRow {
        self.loan_row
    }

    /// Board row of the collateral's feed.
    #[must_use]
    pub fn collateral_row(&self) -> &RiskRow {
        self.collateral_row
    }

    /// Judged price of the loan's token.
    #[must_use]
    pub fn loan_price(&self) -> Price {
        Price(self.loan_row.mid)
    }

    /// Judged price of the collateral's token.
    #[must_use]
    pub fn collateral_price(&self) -> Price {
        Price(self.collateral_row.mid)
    }

    /// Health with the pair as it stands.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn health(&self) -> RiskResult<Health> {
        Ok(Health::of(&self.assessment, self.board)?)
    }

    /// What could still be seized.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn seizable(&self, now: Now) -> RiskResult<Usd> {
        bankruptcy::seizable(self.portfolio.exposures().iter().map(|listed| self.current(listed)), self.board, now)
    }

    /// Lower reliefs: what R falls by at least.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn lower_reliefs(&self) -> RiskResult<Reliefs> {
        let (loan, collateral) = (&self.loan, self.collateral());
        Ok(Reliefs {
            loan: self.relief(self.loan_row, loan, Leg::Loan, Bound::Lower)?,
            collateral: self.relief(self.collateral_row, collateral, Leg::Collateral, Bound::Lower)?,
        })
    }

    /// Upper reliefs: what R falls by at most.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn upper_reliefs(&self) -> RiskResult<Reliefs> {
        let (loan, collateral) = (&self.loan, self.collateral());
        Ok(Reliefs {
            loan: self.relief(self.loan_row, loan, Leg::Loan, Bound::Upper)?,
            collateral: self.relief(self.collateral_row, collateral, Leg::Collateral, Bound::Upper)?,
        })
    }

    /// The pair after repaying and seizing so much more.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn shift(&mut self, repaid: Units, seized: Units) -> RiskResult<()> {
        let mut loan = self.loan;
        loan.loans = loan.loans.excess_over(repaid);
        if self.is_one_feed() {
            loan.deposits = loan.deposits.excess_over(seized);
        } else {
            let mut collateral = self.collateral;
            collateral.deposits = collateral.deposits.excess_over(seized);
            self.assessment.replace(self.portfolio, &self.collateral, &collateral, self.board)?;
            self.collateral = collateral;
        }
        self.assessment.replace(self.portfolio, &self.loan, &loan, self.board)?;
        self.loan = loan;
        Ok(())
    }

    /// The pair after an exchange, exactly as the balances will read.
    ///
    /// # Errors
    /// Arithmetic.
    pub fn settle(&mut self, exchange: &Exchange, loan_bank: &Bank, collateral_bank: &Bank) -> RiskResult<()> {
        let debt_left = Index::from_words(loan_bank.liability_index)
            .amount_up(ballast_math::checked_sub(self.loan_shares, exchange.repaid_shares)?)?;
        let claim_left = Index::from_words(collateral_bank.asset_index)
            .amount_down(ballast_math::checked_sub(self.collateral_shares, exchange.seized_shares)?)?;
        let (of_loan, of_collateral) = (decimals(loan_bank), decimals(collateral_bank));
        let repaid = of_loan.units_up(self.debt)?.excess_over(of_loan.units_up(debt_left)?);
        let seized = of_collateral.units_down(self.claim)?.excess_over(of_collateral.units_down(claim_left)?);
        self.shift(repaid, seized)
    }

    /// A copy that can be shifted without touching this one.
    pub(super) fn fork(&self) -> Self {
        Self { ..*self }
    }

    fn is_one_feed(&self) -> bool {
        self.loan.feed == self.collateral.feed
    }

    fn collateral(&self) -> &Exposure {
        if self.is_one_feed() {
            &self.loan
        } else {
            &self.collateral
        }
    }

    fn current<'b>(&'b self, listed: &'b Exposure) -> &'b Exposure {
        if listed.feed == self.loan.feed {
            &self.loan
        } else if listed.feed == self.collateral.feed {
            &self.collateral
        } else {
            listed
        }
    }

    fn relief(&self, row: &RiskRow, exposure: &Exposure, leg: Leg, bound: Bound) -> RiskResult<Ratio> {
        let hedge = Hedge::of(&self.assessment, row.class, self.board);
        relief(row, exposure, hedge, leg, bound)
    }
}
