//! Deposits, withdrawals, loans, repayments: what happens to the books (rules-risk 7).
//!
//! Every function wants the bank accrued to `now`, moves shares and totals, and returns what tokens must move. A deposit
//! mints down, a withdrawal burns up, a loan mints up, a repayment burns down: rounding is always against the actor.

use ballast_math::{checked_add, checked_sub, Index, Price, Usd};
use ballast_state::{BalanceSide, Bank, BankMode, MarginAccount};

use crate::health::decimals;
use crate::{balances, flash, interest, limits, window, Now, RiskError, RiskResult};

/// How much an instruction moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many atoms.
    Exact(u64),
    /// The whole balance.
    All,
}

/// What a lending operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Tokens that move between user and vault.
    pub atoms: u64,
    /// Shares minted or burnt.
    pub shares: u64,
}

/// Up to where top-ups may fill a bank. It goes by the cap last set in full power: lowering the cap at once stops no top-up.
fn headroom(bank: &Bank, now: Now) -> u64 {
    let cap = limits::cap_in_force(bank, bank.deposit_cap_limit, now);
    cap.saturating_add(cap.checked_div(TOP_UP_DIVISOR).unwrap_or(0))
}

/// Above the deposit cap, accounts with a liability may still top up, all together by this part of the cap. Bounded for the
/// bank, not for the account: any number of accounts share it.
const TOP_UP_DIVISOR: u64 = 4;

/// True if the account owes anything or may come to: it has a loan, a perp position or a pending order.
#[must_use]
pub fn has_liability(account: &MarginAccount) -> bool {
    account.perp_count > 0 || account.order_count > 0 || account.active().iter().any(ballast_state::Balance::is_loan)
}

/// Books a deposit of `atoms`.
///
/// A deposit into an account with a liability is a top-up: a pause and reduce-only mode do not stop it, and it may use the
/// headroom above the cap.
///
/// # Errors
/// `ZeroAmount`, `BankReduceOnly`, `BankPaused`, `WrongSide`, `TooManyBalances`, `ZeroShares`, `DepositCapExceeded`.
pub fn deposit(bank: &mut Bank, account: &mut MarginAccount, atoms: u64, now: Now) -> RiskResult<Moved> {
    require_amount(atoms)?;
    match BankMode::from_byte(bank.mode) {
        BankMode::Normal => {}
        BankMode::ReduceOnly if has_liability(account) => {}
        BankMode::ReduceOnly | BankMode::WindDown => return Err(RiskError::BankReduceOnly),
    }
    if now.ts < bank.paused_until && !has_liability(account) {
        return Err(RiskError::BankPaused);
    }
    let held = balances::shares(account, bank, BalanceSide::Deposit)?;
    let index = Index::from_words(bank.asset_index);
    let shares = require_shares(index.shares_down(atoms)?)?;
    bank.asset_shares = checked_add(bank.asset_shares, shares)?;
    let claims = index.amount_down(bank.asset_shares)?;
    let cap = limits::cap_in_force(bank, bank.deposit_cap, now);
    if claims > cap && !(has_liability(account) && claims <= headroom(bank, now)) {
        return Err(RiskError::DepositCapExceeded);
    }
    balances::set_shares(account, bank, BalanceSide::Deposit, checked_add(held, shares)?)?;
    bank.vault_balance = checked_add(bank.vault_balance, atoms)?;
    finish(bank, account, Moved { atoms, shares })
}

/// Books a withdrawal. With a liability it is an outflow, counted and limited; without one nothing but the vault limits it.
/// Health is the caller's to check afterwards.
///
/// # Errors
/// `ZeroAmount`, `NoBalance`, `WrongSide`, `ZeroShares`, `InsufficientBalance`, `InsufficientLiquidity`, and with a liability
/// `UtilisationTooHigh`, `HourlyOutflowExceeded`, `DailyOutflowExceeded`.
pub fn withdraw(bank: &mut Bank, account: &mut MarginAccount, amount: Amount, now: Now) -> RiskResult<Moved> {
    let held = require_balance(balances::shares(account, bank, BalanceSide::Deposit)?)?;
    let index = Index::from_words(bank.asset_index);
    let moved = match amount {
        Amount::All => Moved { atoms: index.amount_down(held)?, shares: held },
        Amount::Exact(atoms) => {
            require_amount(atoms)?;
            Moved { atoms, shares: require_shares(index.shares_up(atoms)?)? }
        }
    };
    let left = held.checked_sub(moved.shares).ok_or(RiskError::InsufficientBalance)?;
    balances::set_shares(account, bank, BalanceSide::Deposit, left)?;
    bank.asset_shares = checked_sub(bank.asset_shares, moved.shares)?;
    take_from_vault(bank, moved.atoms)?;
    if has_liability(account) {
        require_utilisation(bank)?;
        window::count_outflow(bank, moved.atoms, now)?;
        account.risk_ts = now.ts;
    }
    finish(bank, account, moved)
}

/// Books a loan of `atoms`. Health is the caller's to check afterwards.
///
/// `price` and `dust` say what a loan must be worth at least: a smaller one could not be liquidated at a profit.
///
/// # Errors
/// `ZeroAmount`, `BankReduceOnly`, `BankPaused`, `NotBorrowable`, `WrongSide`, `TooManyBalances`, `BorrowCapExceeded`,
/// `LoanTooSmall`, `InsufficientLiquidity`, `UtilisationTooHigh`, `HourlyOutflowExceeded`, `DailyOutflowExceeded`.
pub fn borrow(
    bank: &mut Bank,
    account: &mut MarginAccount,
    atoms: u64,
    price: Price,
    dust: Usd,
    now: Now,
) -> RiskResult<Moved> {
    require_amount(atoms)?;
    require_lending(bank, now)?;
    let index = Index::from_words(bank.liability_index);
    let shares = require_shares(index.shares_up(atoms)?)?;
    let held = checked_add(balances::shares(account, bank, BalanceSide::Loan)?, shares)?;
    if price.value_down(decimals(bank).units_down(index.amount_up(held)?)?)? < dust {
        return Err(RiskError::LoanTooSmall);
    }
    bank.liability_shares = checked_add(bank.liability_shares, shares)?;
    if index.amount_up(bank.liability_shares)? > limits::cap_in_force(bank, bank.borrow_cap, now) {
        return Err(RiskError::BorrowCapExceeded);
    }
    balances::set_shares(account, bank, BalanceSide::Loan, held)?;
    take_from_vault(bank, atoms)?;
    require_utilisation(bank)?;
    window::count_outflow(bank, atoms, now)?;
    account.risk_ts = now.ts;
    finish(bank, account, Moved { atoms, shares })
}

/// Books a repayment. Nothing stops it.
///
/// # Errors
/// `ZeroAmount`, `NoBalance`, `WrongSide`, `ZeroShares`, `InsufficientBalance` (more than the debt).
pub fn repay(bank: &mut Bank, account: &mut MarginAccount, amount: Amount) -> RiskResult<Moved> {
    let held = require_balance(balances::shares(account, bank, BalanceSide::Loan)?)?;
    let index = Index::from_words(bank.liability_index);
    let debt = index.amount_up(held)?;
    let moved = match amount {
        Amount::All => Moved { atoms: debt, shares: held },
        Amount::Exact(atoms) => {
            require_amount(atoms)?;
            if atoms > debt {
                return Err(RiskError::InsufficientBalance);
            }
            // The debt was rounded up: all of it may buy a share more than there is.
            Moved { atoms, shares: require_shares(index.shares_down(atoms)?.min(held))? }
        }
    };
    balances::set_shares(account, bank, BalanceSide::Loan, checked_sub(held, moved.shares)?)?;
    bank.liability_shares = checked_sub(bank.liability_shares, moved.shares)?;
    bank.vault_balance = checked_add(bank.vault_balance, moved.atoms)?;
    finish(bank, account, moved)
}

/// Books a gift of `atoms` to the insurance fund.
///
/// # Errors
/// `ZeroAmount`, `BankInFlashLoan`.
pub fn deposit_insurance(bank: &mut Bank, atoms: u64) -> RiskResult<()> {
    require_amount(atoms)?;
    flash::require_none(bank)?;
    bank.insurance = checked_add(bank.insurance, atoms)?;
    bank.vault_balance = checked_add(bank.vault_balance, atoms)?;
    count_change(bank);
    Ok(())
}

/// Takes fees out of the books: all that the vault can pay, and says how much.
///
/// # Errors
/// `ZeroAmount` if there is nothing to collect; `BankInFlashLoan`.
pub fn collect_fees(bank: &mut Bank) -> RiskResult<u64> {
    flash::require_none(bank)?;
    let atoms = bank.fees.min(bank.vault_balance);
    require_amount(atoms)?;
    bank.fees = checked_sub(bank.fees, atoms)?;
    take_from_vault(bank, atoms)?;
    count_change(bank);
    Ok(atoms)
}

/// Counts a change of the bank's books or settings.
pub fn count_change(bank: &mut Bank) {
    // Wrapping after 2^64 changes would be harmless: the number only tells two states apart.
    bank.sequence = bank.sequence.wrapping_add(1);
}

pub(crate) fn finish(bank: &mut Bank, account: &mut MarginAccount, moved: Moved) -> RiskResult<Moved> {
    interest::update_rate(bank)?;
    count_change(bank);
    account.sequence = account.sequence.wrapping_add(1);
    Ok(moved)
}

pub(crate) fn take_from_vault(bank: &mut Bank, atoms: u64) -> RiskResult<()> {
    bank.vault_balance = bank.vault_balance.checked_sub(atoms).ok_or(RiskError::InsufficientLiquidity)?;
    Ok(())
}

fn require_utilisation(bank: &Bank) -> RiskResult<()> {
    let lent = interest::Lent::of(bank)?;
    // A limit of one is a limit, too: what insurance and fees hold is not lent out.
    if lent.is_beyond_claims() || lent.utilisation()?.0 > bank.max_utilisation {
        return Err(RiskError::UtilisationTooHigh);
    }
    Ok(())
}

pub(crate) fn require_amount(atoms: u64) -> RiskResult<()> {
    if atoms == 0 {
        return Err(RiskError::ZeroAmount);
    }
    Ok(())
}

/// The bank hands tokens out to be paid back.
pub(crate) fn require_lending(bank: &Bank, now: Now) -> RiskResult<()> {
    if BankMode::from_byte(bank.mode) != BankMode::Normal {
        return Err(RiskError::BankReduceOnly);
    }
    if now.ts < bank.paused_until {
        return Err(RiskError::BankPaused);
    }
    if bank.borrowable == 0 {
        return Err(RiskError::NotBorrowable);
    }
    Ok(())
}

pub(crate) fn require_shares(shares: u64) -> RiskResult<u64> {
    if shares == 0 {
        return Err(RiskError::ZeroShares);
    }
    Ok(shares)
}

fn require_balance(shares: u64) -> RiskResult<u64> {
    if shares == 0 {
        return Err(RiskError::NoBalance);
    }
    Ok(shares)
}
