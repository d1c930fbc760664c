//! The banks and markets behind an account's balances and positions, the portfolio they make, and what it has to pass.

use std::cell::Ref;

use anchor_lang::prelude::*;
use ballast_risk::health::{self, Portfolio, Valuation};
use ballast_risk::{lending, perp, timer, Now};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, RiskBoard};

use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::HealthPoint;
use crate::loader;
use crate::view::{is, view, view_if};

/// Banks and perp markets given after an instruction's own accounts: those of the balances and positions, without the ones
/// the instruction names.
///
/// In the order of the balances one comparison finds each; any other order is searched.
pub(crate) struct Holdings<'a> {
    banks: Vec<Ref<'a, Bank>>,
    markets: Vec<Ref<'a, PerpMarket>>,
}

impl<'a> Holdings<'a> {
    /// # Errors
    /// As [`view`]; `WrongGroup`.
    pub(crate) fn load(infos: &'a [AccountInfo<'_>], group: &Pubkey) -> Result<Self> {
        let mut holdings = Self { banks: Vec::with_capacity(infos.len()), markets: Vec::new() };
        for info in infos {
            if let Some(bank) = view_if::<Bank>(info)? {
                ensure!(&bank.group == group, BallastError::WrongGroup);
                holdings.banks.push(bank);
            } else if let Some(market) = view_if::<PerpMarket>(info)? {
                ensure!(&market.group == group, BallastError::WrongGroup);
                holdings.markets.push(market);
            } else if is::<PerpMarket>(info) {
                view::<PerpMarket>(info)?;
            } else if !is::<LiquidityPool>(info) {
                // A pool is `pool_among`'s. Why anything else is none of these, a bank says.
                view::<Bank>(info)?;
            }
        }
        Ok(holdings)
    }

    /// What the account holds, its banks projected to now. `named` are the banks the instruction names.
    ///
    /// # Errors
    /// `MissingAccount`, `MarketNotSynced`; the engine's.
    #[inline(never)]
    pub(crate) fn portfolio(
        &self,
        account: &MarginAccount,
        named: &[&Bank],
        board: &RiskBoard,
        now: Now,
    ) -> Result<Box<Portfolio>> {
        let mut portfolio = self.balances(account, named, None, now)?;
        self.add_positions(&mut portfolio, account, None, board, now)?;
        Ok(portfolio)
    }

    /// [`Holdings::portfolio`] of an instruction that names a market, too.
    ///
    /// # Errors
    /// As [`Holdings::portfolio`].
    #[inline(never)]
    pub(crate) fn portfolio_with(
        &self,
        account: &MarginAccount,
        named: &[&Bank],
        named_market: &PerpMarket,
        board: &RiskBoard,
        now: Now,
    ) -> Result<Box<Portfolio>> {
        let mut portfolio = self.balances(account, named, None, now)?;
        self.add_positions(&mut portfolio, account, Some(named_market.index), board, now)?;
        add_named_position(&mut portfolio, account, named_market, board, now)?;
        Ok(portfolio)
    }

    /// What the account holds without what it has in a named bank and market: what neither a trade there nor its settlement
    /// changes. [`with_named`] adds it.
    ///
    /// # Errors
    /// As [`Holdings::portfolio`].
    #[inline(never)]
    pub(crate) fn others(
        &self,
        account: &MarginAccount,
        named: &Bank,
        named_market: &PerpMarket,
        board: &RiskBoard,
        now: Now,
    ) -> Result<Box<Portfolio>> {
        let mut portfolio = self.balances(account, &[], Some(named.index), now)?;
        self.add_positions(&mut portfolio, account, Some(named_market.index), board, now)?;
        Ok(portfolio)
    }

    /// The account's balances, but for one `left_out`.
    fn balances(
        &self,
        account: &MarginAccount,
        named: &[&Bank],
        left_out: Option<u16>,
        now: Now,
    ) -> Result<Box<Portfolio>> {
        let mut portfolio = Box::new(Portfolio::new(0));
        portfolio.add_rules(account, now);
        let mut next = 0usize;
        for balance in account.active().iter().filter(|balance| left_out != Some(balance.bank)) {
            let expected = self.banks.get(next).filter(|bank| bank.index == balance.bank);
            let bank: &Bank = if let Some(bank) = expected {
                next = next.saturating_add(1);
                bank
            } else if let Some(bank) = named.iter().find(|bank| bank.index == balance.bank) {
                bank
            } else {
                let at = self.banks.iter().position(|bank| bank.index == balance.bank);
                let at = at.or_raise(BallastError::MissingAccount)?;
                next = at.saturating_add(1);
                self.banks.get(at).or_raise(BallastError::MissingAccount)?
            };
            portfolio.add_balance(balance, bank, now).or_fail()?;
        }
        Ok(portfolio)
    }

    /// Adds the account's positions, but for one `left_out`.
    fn add_positions(
        &self,
        portfolio: &mut Portfolio,
        account: &MarginAccount,
        left_out: Option<u16>,
        board: &RiskBoard,
        now: Now,
    ) -> Result<()> {
        let mut next = 0usize;
        for position in account.positions().iter().filter(|position| left_out != Some(position.market)) {
            let at = match self.markets.get(next) {
                Some(market) if market.index == position.market => Some(next),
                _ => self.markets.iter().position(|market| market.index == position.market),
            };
            let at = at.or_raise(BallastError::MissingAccount)?;
            next = at.saturating_add(1);
            let market = self.markets.get(at).or_raise(BallastError::MissingAccount)?;
            add_position(portfolio, position, market, board, now)?;
        }
        Ok(())
    }

    /// Sum of the sequence numbers of the account's banks, without the `named`, and of its perp markets; wrapping.
    ///
    /// # Errors
    /// `MissingAccount`.
    pub(crate) fn sequence_of_others(&self, account: &MarginAccount, named: &[&Bank]) -> Result<u64> {
        let mut sum = 0u64;
        for balance in account.active().iter().filter(|balance| named.iter().all(|bank| bank.index != balance.bank)) {
            let bank = self.banks.iter().find(|bank| bank.index == balance.bank);
            sum = sum.wrapping_add(bank.or_raise(BallastError::MissingAccount)?.sequence);
        }
        for position in account.positions() {
            let market = self.markets.iter().find(|market| market.index == position.market);
            sum = sum.wrapping_add(market.or_raise(BallastError::MissingAccount)?.sequence);
        }
        Ok(sum)
    }

    /// Initial health of the taker of a liquidation or deleverage before it.
    ///
    /// # Errors
    /// `MissingAccount`; the engine's.
    pub(crate) fn taker_value(
        &self,
        taker: &MarginAccount,
        named: &[&Bank],
        board: &RiskBoard,
        now: Now,
    ) -> Result<Option<i64>> {
        if !lending::has_liability(taker) {
            return Ok(None);
        }
        health::taker_value(&*self.portfolio(taker, named, board, now)?, board, now).or_fail()
    }

    /// The taker must be healthy at Initial, or no worse than before.
    ///
    /// # Errors
    /// `MissingAccount`; those of [`health::check_taker`].
    pub(crate) fn check_taker(
        &self,
        taker: &MarginAccount,
        pair: &[&Bank; 2],
        board: &RiskBoard,
        before: Option<i64>,
        now: Now,
    ) -> Result<()> {
        if !lending::has_liability(taker) {
            return Ok(());
        }
        let portfolio = self.portfolio(taker, pair, board, now)?;
        health::check_taker(&portfolio, board, pair.map(|bank| bank.feed), before, now).or_fail()
    }
}

/// What an account holds, from [`Holdings::others`] of it.
///
/// # Errors
/// `MarketNotSynced`; the engine's.
#[inline(never)]
#[allow(clippy::borrowed_box, reason = "copied from heap to heap: a portfolio is half a frame")]
pub(crate) fn with_named(
    others: &Box<Portfolio>,
    account: &MarginAccount,
    named: &Bank,
    named_market: &PerpMarket,
    board: &RiskBoard,
    now: Now,
) -> Result<Box<Portfolio>> {
    let mut portfolio = Box::clone(others);
    if let Some(balance) = account.balance(named.index) {
        portfolio.add_balance(balance, named, now).or_fail()?;
    }
    add_named_position(&mut portfolio, account, named_market, board, now)?;
    Ok(portfolio)
}

/// Adds what an account has in a market that the instruction names.
fn add_named_position(
    portfolio: &mut Portfolio,
    account: &MarginAccount,
    market: &PerpMarket,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    let position = perp::slots::find(account, market.index);
    position.map_or(Ok(()), |position| add_position(portfolio, position, market, board, now))
}

/// Adds a position to a portfolio. Its market must stand at the board's prices.
fn add_position(
    portfolio: &mut Portfolio,
    position: &PerpPosition,
    market: &PerpMarket,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    perp::require_synced(market, board).or_fail()?;
    portfolio.quote = market.quote_feed;
    portfolio.add_perp(&perp::exposure(position, market, board, now).or_fail()?).or_fail()
}

/// What every action that adds risk must pass: new risk is not paused, and Initial health is not negative. Marks the account
/// on the way. Returns the board's sequence number and the health.
///
/// # Errors
/// `WrongBoard`, `MissingAccount`, `RiskPaused`, the price errors, `InsufficientHealth`.
#[inline(never)]
pub(crate) fn check_initial(
    board: &AccountInfo<'_>,
    holdings: &[AccountInfo<'_>],
    account: &mut MarginAccount,
    named: &Bank,
    now: Now,
) -> Result<(u64, HealthPoint)> {
    let board = loader::board(board, &account.group)?;
    let portfolio = Holdings::load(holdings, &account.group)?.portfolio(account, &[named], &board, now)?;
    Ok((board.sequence, require_initial(&portfolio, &board, account, now)?))
}

/// The same of a portfolio that is known.
///
/// # Errors
/// `RiskPaused`, the price errors, `InsufficientHealth`.
#[inline(never)]
pub(crate) fn require_initial(
    portfolio: &Portfolio,
    board: &RiskBoard,
    account: &mut MarginAccount,
    now: Now,
) -> Result<HealthPoint> {
    ensure!(now.ts >= board.risk_paused_until, BallastError::RiskPaused);
    let initial = health::assess_initial(portfolio, board, Valuation::Initial, now).or_fail()?;
    ensure!(!initial.is_negative(), BallastError::InsufficientHealth);
    // Healthy at Initial is healthy at Maintenance: equity there is no less, the requirement four fifths at most.
    timer::mark(account, &initial, &board.rules, now);
    Ok(HealthPoint::from(&initial))
}
