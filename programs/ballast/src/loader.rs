//! Which account is what: the board, the banks behind an account's balances, and the portfolio they make.

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use ballast_risk::health::{self, Portfolio, Valuation};
use ballast_risk::liquidation::staged;
use ballast_risk::{interest, lending, timer, Now};
use ballast_state::{Bank, Group, MarginAccount, RiskBoard};

use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::HealthPoint;
use crate::view::{view, view_mut};

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

/// Banks given after an instruction's own accounts: those of the balances, without the banks the instruction names.
///
/// In the order of the balances one comparison finds each; any other order is searched.
pub(crate) struct Banks<'a> {
    views: Vec<Ref<'a, Bank>>,
}

impl<'a> Banks<'a> {
    /// # Errors
    /// As [`view`]; `WrongGroup`.
    pub(crate) fn load(infos: &'a [AccountInfo<'_>], group: &Pubkey) -> Result<Self> {
        let mut views = Vec::with_capacity(infos.len());
        for info in infos {
            let bank = view::<Bank>(info)?;
            ensure!(&bank.group == group, BallastError::WrongGroup);
            views.push(bank);
        }
        Ok(Self { views })
    }

    /// What the account holds, its banks projected to now. `named` are the banks the instruction names.
    ///
    /// # Errors
    /// `MissingAccount`; the engine's.
    #[inline(never)]
    pub(crate) fn portfolio(&self, account: &MarginAccount, named: &[&Bank], now: Now) -> Result<Box<Portfolio>> {
        let mut portfolio = Box::new(Portfolio::new(0));
        let mut next = 0usize;
        for balance in account.active() {
            let bank: &Bank = if let Some(bank) = named.iter().find(|bank| bank.index == balance.bank) {
                bank
            } else {
                let at = match self.views.get(next) {
                    Some(bank) if bank.index == balance.bank => Some(next),
                    _ => self.views.iter().position(|bank| bank.index == balance.bank),
                };
                let at = at.or_raise(BallastError::MissingAccount)?;
                next = at.saturating_add(1);
                self.views.get(at).or_raise(BallastError::MissingAccount)?
            };
            portfolio.add_balance(balance, bank, now).or_fail()?;
        }
        Ok(portfolio)
    }

    /// Sum of the sequence numbers of the account's banks, without the `named`; wrapping.
    ///
    /// # Errors
    /// `MissingAccount`.
    pub(crate) fn sequence_of_others(&self, account: &MarginAccount, named: &[&Bank]) -> Result<u64> {
        let mut sum = 0u64;
        for balance in account.active().iter().filter(|balance| named.iter().all(|bank| bank.index != balance.bank)) {
            let bank = self.views.iter().find(|bank| bank.index == balance.bank);
            sum = sum.wrapping_add(bank.or_raise(BallastError::MissingAccount)?.sequence);
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
        health::taker_value(&*self.portfolio(taker, named, now)?, board, now).or_fail()
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
        let portfolio = self.portfolio(taker, pair, now)?;
        health::check_taker(&portfolio, board, pair.map(|bank| bank.feed), before, now).or_fail()
    }
}

/// What every action that adds risk must pass: new risk is not paused, and Initial health is not negative. Marks the account
/// on the way. Returns the board's sequence number and the health.
///
/// # Errors
/// `WrongBoard`, `MissingAccount`, `RiskPaused`, the price errors, `InsufficientHealth`.
#[inline(never)]
pub(crate) fn check_initial(
    board: &AccountInfo<'_>,
    banks: &[AccountInfo<'_>],
    account: &mut MarginAccount,
    named: &Bank,
    now: Now,
) -> Result<(u64, HealthPoint)> {
    let board = self::board(board, &account.group)?;
    ensure!(now.ts >= board.risk_paused_until, BallastError::RiskPaused);
    let portfolio = Banks::load(banks, &account.group)?.portfolio(account, &[named], now)?;
    let initial = health::assess_initial(&portfolio, &board, Valuation::Initial, now).or_fail()?;
    ensure!(!initial.is_negative(), BallastError::InsufficientHealth);
    // Healthy at Initial is healthy at Maintenance: equity there is no less, the requirement four fifths at most.
    timer::mark(account, &initial, &board.rules, now);
    Ok((board.sequence, HealthPoint::from(&initial)))
}
