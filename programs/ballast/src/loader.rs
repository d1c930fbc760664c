//! Which account is what: the board, the banks behind an account's balances, and the portfolio they make.

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use ballast_risk::health::{self, Portfolio, Valuation};
use ballast_risk::liquidation::staged;
use ballast_risk::{interest, lending, perp, timer, Now};
use ballast_state::{
    Bank, Group, LiquidityPool, LiquidityProvider, MarginAccount, Orders, PerpMarket, PerpPosition, RiskBoard,
};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, HealthPoint, MarketSynced};
use crate::view::{is, view, view_if, view_mut};

/// The clock.
///
/// # Errors
/// The runtime's.
pub(crate) fn now() -> Result<Now> {
    let clock = Clock::get()?;
    Ok(Now { ts: clock.unix_timestamp, slot: clock.slot })
}

/// The board of a group.
///
/// # Errors
/// As [`view`]; `WrongBoard` if it is another group's.
pub(crate) fn board<'a>(info: &'a AccountInfo<'_>, group: &Pubkey) -> Result<Ref<'a, RiskBoard>> {
    let board = view::<RiskBoard>(info)?;
    ensure!(&board.group == group, BallastError::WrongBoard);
    Ok(board)
}

/// A margin account to be changed, outside of any liquidation that is open in the transaction.
///
/// # Errors
/// As [`view_mut`]; `AccountInTransit`.
#[inline]
pub(crate) fn idle_account<'a>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, MarginAccount>> {
    let account = view_mut::<MarginAccount>(info)?;
    staged::require_none(&account).or_fail()?;
    Ok(account)
}

/// That the account of who takes over is the signer's, and that of who is taken from of the same group.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`.
#[inline(always)]
pub(crate) fn check_parties(signer: &Pubkey, taker: &MarginAccount, account: &MarginAccount) -> Result<()> {
    ensure!(signer == &taker.owner, BallastError::Unauthorised);
    ensure!(account.group == taker.group, BallastError::WrongGroup);
    Ok(())
}

/// A bank of the group to be changed, its interest accrued to now.
///
/// # Errors
/// As [`view_mut`]; `WrongGroup`; the engine's.
#[inline(never)]
pub(crate) fn accrued_bank<'a>(info: &'a AccountInfo<'_>, group: &Pubkey, now: Now) -> Result<RefMut<'a, Bank>> {
    let mut bank = view_mut::<Bank>(info)?;
    ensure!(&bank.group == group, BallastError::WrongGroup);
    interest::accrue(&mut bank, now).or_fail()?;
    Ok(bank)
}

/// A perp market to be changed.
///
/// # Errors
/// As [`view_mut`].
pub(crate) fn any_market<'a>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, PerpMarket>> {
    view_mut::<PerpMarket>(info)
}

/// A perp market of the group to be changed.
///
/// # Errors
/// As [`view_mut`]; `WrongGroup`.
pub(crate) fn market<'a>(info: &'a AccountInfo<'_>, group: &Pubkey) -> Result<RefMut<'a, PerpMarket>> {
    let market = any_market(info)?;
    ensure!(&market.group == group, BallastError::WrongGroup);
    Ok(market)
}

/// Brings a market to the board's prices and to now, and tells the indices its positions have then.
///
/// # Errors
/// Those of [`perp::sync`].
#[inline(never)]
pub(crate) fn sync(
    info: &AccountInfo<'_>,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    perp::sync(market, pool, bank, board, now).or_fail()?;
    tell_synced(info, market, board, now)
}

/// [`sync`] where the pool is not written.
///
/// # Errors
/// Those of [`perp::sync_within_day`].
#[inline(never)]
pub(crate) fn sync_within_day(
    info: &AccountInfo<'_>,
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    perp::sync_within_day(market, pool, bank, board, now).or_fail()?;
    tell_synced(info, market, board, now)
}

/// Tells the indices of a market that was synced.
///
/// # Errors
/// The runtime's.
#[inline(never)]
pub(crate) fn tell_synced(info: &AccountInfo<'_>, market: &PerpMarket, board: &RiskBoard, now: Now) -> Result<()> {
    emit::log(&MarketSynced::of(EventHeader::of_market(*info.key, market, now), market, board.sequence))
}

/// The orders of a margin account to be changed.
///
/// # Errors
/// As [`view_mut`]; `OrdersMismatch`.
pub(crate) fn orders<'a>(info: &'a AccountInfo<'_>, account: &AccountInfo<'_>) -> Result<RefMut<'a, Orders>> {
    let orders = view_mut::<Orders>(info)?;
    ensure!(&orders.margin_account == account.key, BallastError::OrdersMismatch);
    Ok(orders)
}

/// That a pool is the market's, and a bank the pool's.
///
/// # Errors
/// `PoolMismatch`, `BankMismatch`.
#[inline(never)]
pub(crate) fn check_pool(
    market: &PerpMarket,
    pool_info: &AccountInfo<'_>,
    pool: &LiquidityPool,
    bank: &AccountInfo<'_>,
) -> Result<()> {
    ensure!(pool_info.key == &market.pool, BallastError::PoolMismatch);
    ensure!(bank.key == &pool.bank_address, BallastError::BankMismatch);
    Ok(())
}

/// The pool of a bank, if it is among the accounts that follow an instruction's own.
///
/// # Errors
/// As [`view_mut`]; `BankMismatch` if it is another bank's.
pub(crate) fn pool_among<'a>(infos: &'a [AccountInfo<'_>], bank: &Pubkey) -> Result<Option<RefMut<'a, LiquidityPool>>> {
    let Some(info) = infos.iter().find(|info| is::<LiquidityPool>(info)) else { return Ok(None) };
    let pool = view_mut::<LiquidityPool>(info)?;
    ensure!(&pool.bank_address == bank, BallastError::BankMismatch);
    Ok(Some(pool))
}

/// The perp markets among the accounts that follow an instruction's own, to be changed.
///
/// # Errors
/// As [`market`].
pub(crate) fn markets_among<'a>(infos: &'a [AccountInfo<'_>], group: &Pubkey) -> Result<Vec<RefMut<'a, PerpMarket>>> {
    infos.iter().filter(|info| is::<PerpMarket>(info)).map(|info| market(info, group)).collect()
}

/// Number of a group's next change, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_change(group: &AccountInfo<'_>) -> Result<[u8; 8]> {
    Ok(view::<Group>(group)?.change_count.to_le_bytes())
}

/// Row of a group's next feed, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_row(group: &AccountInfo<'_>) -> Result<[u8; 1]> {
    Ok([view::<Group>(group)?.feed_count])
}

/// Index of a group's next bank, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_bank(group: &AccountInfo<'_>) -> Result<[u8; 2]> {
    Ok(view::<Group>(group)?.bank_count.to_le_bytes())
}

/// Index of a group's next perp market, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_market(pool: &AccountInfo<'_>) -> Result<[u8; 2]> {
    Ok(view::<LiquidityPool>(pool)?.market_count.to_le_bytes())
}

/// Number of the epoch a pool collects requests for, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn epoch_number(pool: &AccountInfo<'_>) -> Result<[u8; 8]> {
    Ok(view::<LiquidityPool>(pool)?.epoch.to_le_bytes())
}

/// A provider of a pool to be changed.
///
/// # Errors
/// As [`view_mut`]; `PoolMismatch`.
pub(crate) fn provider<'a>(info: &'a AccountInfo<'_>, pool: &AccountInfo<'_>) -> Result<RefMut<'a, LiquidityProvider>> {
    let provider = view_mut::<LiquidityProvider>(info)?;
    ensure!(&provider.pool == pool.key, BallastError::PoolMismatch);
    Ok(provider)
}

/// Closes an account of this program: its bytes become zero, its rent goes to `receiver`.
///
/// # Errors
/// `DuplicateAccount`.
pub(crate) fn close(account: &AccountInfo<'_>, receiver: &AccountInfo<'_>) -> Result<()> {
    ensure!(account.key != receiver.key, BallastError::DuplicateAccount);
    let held = account.lamports();
    let sum = receiver.lamports().checked_add(held).or_raise(BallastError::Overflow)?;
    **receiver.try_borrow_mut_lamports()? = sum;
    **account.try_borrow_mut_lamports()? = 0;
    account.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?.fill(0);
    // Lamports that arrive later in the transaction find an empty account, where a new one can be created.
    account.assign(&anchor_lang::system_program::ID);
    account.resize(0)?;
    Ok(())
}

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
    let position = account.positions().iter().find(|position| position.market == market.index);
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
    let board = self::board(board, &account.group)?;
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
