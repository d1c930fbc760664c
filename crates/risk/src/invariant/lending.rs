//! Deposits, withdrawals, loans and repayments: limits, caps, health, and exits that stay open.

use ballast_math::{Index, Usd};
use ballast_state::{BalanceSide, Bank, BankMode, MarginAccount, OutflowWindow, RiskBoard};

use super::{
    holds, require, value_down, Checked, CAPS_HOLD, EXITS_OPEN, INITIAL_AFTER_RISK, NO_DUST_LOAN,
    NO_RISK_WHILE_STOPPED, OUTFLOW_COUNTED, UTILISATION_BOUND,
};
use crate::health::{self, Portfolio, Valuation};
use crate::{balances, lending, Now, RiskResult};

/// INV-22 of a bank after a borrow or a withdrawal against debt.
///
/// # Errors
/// `UTILISATION_BOUND`.
pub fn check_utilisation(bank: &Bank) -> Checked {
    let bounded = || -> RiskResult<bool> {
        let debts = Index::from_words(bank.liability_index).amount_up(bank.liability_shares)?;
        let claims = Index::from_words(bank.asset_index).amount_down(bank.asset_shares)?;
        let limit = ballast_math::wide(claims, bank.max_utilisation);
        // Utilisation is rounded down to 32 fraction bits: the limit is passed where the next step is.
        let passed = limit.saturating_add(u128::from(claims)) <= u128::from(debts) << 32;
        Ok(debts == 0 || (debts <= claims && !passed))
    };
    holds(bounded(), UTILISATION_BOUND)
}

/// INV-23 between two states of a bank that `atoms` left as an outflow.
///
/// # Errors
/// `OUTFLOW_COUNTED`.
pub fn check_outflow(before: &Bank, after: &Bank, atoms: u64, now: Now) -> Checked {
    let counted = |old: &OutflowWindow, new: &OutflowWindow, seconds: i64| {
        let index = now.ts.div_euclid(seconds);
        let used = if old.index == index { old.used } else { 0 };
        new.index == index && new.used == used.saturating_add(atoms) && new.used <= new.limit
    };
    let both = counted(&before.hourly, &after.hourly, 3_600) && counted(&before.daily, &after.daily, 86_400);
    require(both, OUTFLOW_COUNTED)
}

/// INV-23 between two states of a bank in which nothing flowed out that counts.
///
/// # Errors
/// `OUTFLOW_COUNTED`.
pub fn check_no_outflow(before: &Bank, after: &Bank) -> Checked {
    let same = |old: &OutflowWindow, new: &OutflowWindow| (old.used, old.index) == (new.used, new.index);
    require(same(&before.hourly, &after.hourly) && same(&before.daily, &after.daily), OUTFLOW_COUNTED)
}

/// INV-24 of a bank after a deposit by `account`.
///
/// # Errors
/// `CAPS_HOLD`.
pub fn check_deposit_cap(bank: &Bank, account: &MarginAccount) -> Checked {
    let claims = Index::from_words(bank.asset_index).amount_down(bank.asset_shares);
    let topped_up = bank.deposit_cap_limit.saturating_add(bank.deposit_cap_limit >> 2);
    let most = if lending::has_liability(account) { topped_up } else { bank.deposit_cap };
    require(claims.is_ok_and(|claims| claims <= most), CAPS_HOLD)
}

/// INV-24 of a bank after a borrow.
///
/// # Errors
/// `CAPS_HOLD`.
pub fn check_borrow_cap(bank: &Bank) -> Checked {
    let debts = Index::from_words(bank.liability_index).amount_up(bank.liability_shares);
    require(debts.is_ok_and(|debts| debts <= bank.borrow_cap), CAPS_HOLD)
}

/// INV-25 of what an account holds after a borrow or a withdrawal against debt.
///
/// # Errors
/// `INITIAL_AFTER_RISK`.
pub fn check_initial(portfolio: &Portfolio, board: &RiskBoard, now: Now) -> Checked {
    let initial = health::assess_initial(portfolio, board, Valuation::Initial, now);
    holds(initial.map(|health| !health.is_negative()), INITIAL_AFTER_RISK)
}

/// INV-26 of an account after a borrow from `bank`.
///
/// # Errors
/// `NO_DUST_LOAN`.
pub fn check_loan_size(account: &MarginAccount, bank: &Bank, board: &RiskBoard) -> Checked {
    let large = || -> RiskResult<bool> {
        let shares = balances::shares(account, bank, BalanceSide::Loan)?;
        let debt = Index::from_words(bank.liability_index).amount_up(shares)?;
        Ok(value_down(board, bank, debt)? >= Usd(board.rules.dust))
    };
    holds(large(), NO_DUST_LOAN)
}

/// What adds risk, for the system or for a depositor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewRisk {
    /// A deposit.
    Deposit,
    /// A withdrawal by an account that owes something.
    Withdrawal,
    /// A loan.
    Loan,
}

/// INV-40 of an instruction that succeeded, by the states it started from.
///
/// # Errors
/// `NO_RISK_WHILE_STOPPED`.
pub fn check_risk_allowed(risk: NewRisk, bank: &Bank, account: &MarginAccount, board: &RiskBoard, now: Now) -> Checked {
    let mode = BankMode::from_byte(bank.mode);
    let running = now.ts >= bank.paused_until;
    let group_running = now.ts >= board.risk_paused_until;
    let allowed = match risk {
        NewRisk::Loan => mode == BankMode::Normal && bank.borrowable == 1 && running && group_running,
        NewRisk::Withdrawal => group_running,
        NewRisk::Deposit if lending::has_liability(account) => mode != BankMode::WindDown,
        NewRisk::Deposit => mode == BankMode::Normal && running,
    };
    require(allowed, NO_RISK_WHILE_STOPPED)
}

/// A way out of a bank, by a signer who may take it and whose wallet can hold or pay it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A repayment of so many atoms.
    Repay(u64),
    /// A withdrawal of so many atoms, by an account that owes nothing.
    Withdraw(u64),
}

/// INV-52 of an exit that was refused: the states it started from must say why.
///
/// # Errors
/// `EXITS_OPEN`.
pub fn check_exit(exit: Exit, bank: &Bank, account: &MarginAccount, now: Now) -> Checked {
    let mut bank = *bank;
    let mut refused = || -> RiskResult<bool> {
        crate::interest::accrue(&mut bank, now)?;
        let Some(balance) = account.balance(bank.index) else { return Ok(true) };
        Ok(match exit {
            Exit::Repay(atoms) => {
                let index = Index::from_words(bank.liability_index);
                let fits = balance.is_loan() && atoms <= index.amount_up(balance.shares)?;
                !fits || index.shares_down(atoms)? == 0
            }
            Exit::Withdraw(atoms) => {
                let index = Index::from_words(bank.asset_index);
                // Where lenders lost everything the index may be so small that no number of shares is worth the wish.
                let fits = balance.is_deposit()
                    && atoms > 0
                    && index.shares_up(atoms).is_ok_and(|shares| shares <= balance.shares);
                lending::has_liability(account) || !fits || atoms > bank.vault_balance
            }
        })
    };
    holds(refused(), EXITS_OPEN)
}
