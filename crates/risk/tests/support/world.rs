//! A group of banks and accounts on which everything can happen, in whole transactions: an error changes nothing.

use ballast_math::Price;
use ballast_risk::bankruptcy::{self, Loss};
use ballast_risk::deleverage::{self, Cause, Deleveraged};
use ballast_risk::health::{assess_initial, assess_maintenance, Health, PerpExposure, Portfolio, Valuation};
use ballast_risk::lending::{self, Amount, Moved};
use ballast_risk::liquidation::{self, staged, Liquidated};
use ballast_risk::{flash, invariant};
use ballast_risk::{interest, Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, Bank, MarginAccount, Pubkey, RiskBoard};

use super::build;

/// Who liquidates in stages.
pub(crate) const LIQUIDATOR: Pubkey = Pubkey::new_from_array([9; 32]);

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) board: RiskBoard,
    pub(crate) banks: Vec<Bank>,
    pub(crate) accounts: Vec<MarginAccount>,
    /// Tokens in each vault.
    pub(crate) vaults: Vec<u64>,
    pub(crate) quote: u8,
}

/// Only what is in use: a failing case should fit a screen.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f)?;
        for (at, row) in self.board.rows[..usize::from(self.board.row_count)].iter().enumerate() {
            build::describe_row(f, at, row)?;
        }
        writeln!(f, "kappa {:?}", &self.board.class_kappa[..2])?;
        for bank in self.banks.iter().filter(|b| b.asset_shares | b.liability_shares != 0) {
            let [asset, liability] = [bank.asset_index, bank.liability_index];
            writeln!(f, "bank {} decimals {} asset {asset:?} liability {liability:?}", bank.index, bank.decimals)?;
        }
        for (at, account) in self.accounts.iter().enumerate() {
            for balance in account.active() {
                let side = if balance.is_loan() { "owes" } else { "has" };
                writeln!(f, "account {at} {side} {} shares of bank {}", balance.shares, balance.bank)?;
            }
        }
        Ok(())
    }
}

impl World {
    /// Banks as given, `accounts` empty accounts and one more behind them: the lender.
    pub(crate) fn new(board: RiskBoard, banks: Vec<Bank>, accounts: usize) -> Self {
        let vaults = banks.iter().map(|bank| bank.vault_balance).collect();
        Self { board, banks, accounts: vec![build::account(); accounts + 1], vaults, quote: 0 }
    }

    /// The account that supplies what loans need.
    pub(crate) fn lender(&self) -> usize {
        self.accounts.len() - 1
    }

    /// Puts a balance into an account. What a loan takes from the vault, the lender deposits first.
    pub(crate) fn give(&mut self, account: usize, bank: usize, side: BalanceSide, atoms: u64) {
        let missing = atoms.saturating_sub(self.banks[bank].vault_balance);
        if side == BalanceSide::Loan && missing > 0 {
            let lender = self.lender();
            build::give(&mut self.banks[bank], &mut self.accounts[lender], BalanceSide::Deposit, missing);
        }
        build::give(&mut self.banks[bank], &mut self.accounts[account], side, atoms);
        self.vaults[bank] = self.banks[bank].vault_balance;
        interest::update_rate(&mut self.banks[bank]).unwrap();
    }

    pub(crate) fn portfolio(&self, account: usize, now: Now) -> RiskResult<Portfolio> {
        self.portfolio_with(account, &[], now)
    }

    pub(crate) fn portfolio_with(&self, account: usize, perps: &[PerpExposure], now: Now) -> RiskResult<Portfolio> {
        Portfolio::of_account(&self.accounts[account], perps, self.quote, now, |index| {
            self.banks.get(usize::from(index))
        })
    }

    pub(crate) fn maintenance(&self, account: usize, now: Now) -> RiskResult<Health> {
        assess_maintenance(&self.portfolio(account, now)?, &self.board, now)
    }

    pub(crate) fn initial(&self, account: usize, now: Now) -> RiskResult<Health> {
        let portfolio = self.portfolio(account, now)?;
        assess_initial(&portfolio, &self.board, Valuation::Initial, now)
    }

    /// Everything or nothing, as a transaction.
    fn atomic<T>(&mut self, change: impl FnOnce(&mut Self) -> RiskResult<T>) -> RiskResult<T> {
        let mut next = self.clone();
        let result = change(&mut next)?;
        *self = next;
        Ok(result)
    }

    pub(crate) fn accrue(&mut self, bank: usize, now: Now) -> RiskResult<()> {
        interest::accrue(&mut self.banks[bank], now)
    }

    pub(crate) fn deposit(&mut self, account: usize, bank: usize, atoms: u64, now: Now) -> RiskResult<Moved> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let moved = lending::deposit(&mut world.banks[bank], &mut world.accounts[account], atoms, now)?;
            world.vaults[bank] = world.vaults[bank].checked_add(moved.atoms).ok_or(RiskError::InvalidParameter)?;
            Ok(moved)
        })
    }

    pub(crate) fn withdraw(&mut self, account: usize, bank: usize, amount: Amount, now: Now) -> RiskResult<Moved> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let moved = lending::withdraw(&mut world.banks[bank], &mut world.accounts[account], amount, now)?;
            world.vaults[bank] -= moved.atoms;
            world.require_health(account, now)?;
            Ok(moved)
        })
    }

    pub(crate) fn borrow(&mut self, account: usize, bank: usize, atoms: u64, now: Now) -> RiskResult<Moved> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let (mid, dust) = (world.mid(bank), ballast_math::Usd(world.board.rules.dust));
            let moved = lending::borrow(&mut world.banks[bank], &mut world.accounts[account], atoms, mid, dust, now)?;
            world.vaults[bank] -= moved.atoms;
            world.require_health(account, now)?;
            Ok(moved)
        })
    }

    pub(crate) fn repay(&mut self, account: usize, bank: usize, amount: Amount, now: Now) -> RiskResult<Moved> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let (bank_state, account) = (&mut world.banks[bank], &mut world.accounts[account]);
            let moved = if account.flags == 0 {
                lending::repay(bank_state, account, amount)?
            } else {
                staged::repay(bank_state, account, amount)?
            };
            world.vaults[bank] += moved.atoms;
            Ok(moved)
        })
    }

    /// Opens a liquidation of the account.
    pub(crate) fn begin(
        &mut self,
        account: usize,
        [loan, collateral]: [usize; 2],
        max_repay: u64,
        now: Now,
    ) -> RiskResult<Health> {
        self.atomic(|world| {
            world.accrue(loan, now)?;
            world.accrue(collateral, now)?;
            let portfolio = world.portfolio(account, now)?;
            let (board, others) = (world.board, world.sequence_of_others(account, [loan, collateral]));
            let [loan, collateral] =
                world.banks.get_disjoint_mut([loan, collateral]).map_err(|_| RiskError::SamePair)?;
            let account = &mut world.accounts[account];
            staged::begin(&board, loan, collateral, account, &portfolio, others, LIQUIDATOR, max_repay, now)
        })
    }

    /// Takes collateral out of an account with an open liquidation.
    pub(crate) fn seize(&mut self, account: usize, bank: usize, amount: Amount) -> RiskResult<Moved> {
        self.atomic(|world| {
            let moved = staged::seize(&mut world.banks[bank], &mut world.accounts[account], amount)?;
            world.vaults[bank] -= moved.atoms;
            Ok(moved)
        })
    }

    /// Closes a liquidation.
    pub(crate) fn end(&mut self, account: usize, [loan, collateral]: [usize; 2], now: Now) -> RiskResult<Liquidated> {
        self.atomic(|world| {
            let portfolio = world.portfolio(account, now)?;
            let (board, others) = (world.board, world.sequence_of_others(account, [loan, collateral]));
            let [loan, collateral] =
                world.banks.get_disjoint_mut([loan, collateral]).map_err(|_| RiskError::SamePair)?;
            staged::end(&board, loan, collateral, &mut world.accounts[account], &portfolio, others, now)
        })
    }

    fn sequence_of_others(&self, account: usize, pair: [usize; 2]) -> u64 {
        let banks = self.accounts[account].active().iter().map(|balance| usize::from(balance.bank));
        banks.filter(|bank| !pair.contains(bank)).fold(0, |sum, bank| sum.wrapping_add(self.banks[bank].sequence))
    }

    /// Lends atoms until they come back with a fee.
    pub(crate) fn begin_flash(&mut self, bank: usize, atoms: u64, now: Now) -> RiskResult<Moved> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let moved = flash::begin(&mut world.banks[bank], atoms, now)?;
            world.vaults[bank] -= moved.atoms;
            Ok(moved)
        })
    }

    pub(crate) fn end_flash(&mut self, bank: usize) -> RiskResult<Moved> {
        self.atomic(|world| {
            let moved = flash::end(&mut world.banks[bank])?;
            world.vaults[bank] += moved.atoms;
            Ok(moved)
        })
    }

    fn require_health(&self, account: usize, now: Now) -> RiskResult<()> {
        if lending::has_liability(&self.accounts[account]) && self.initial(account, now)?.is_negative() {
            return Err(RiskError::InsufficientHealth);
        }
        Ok(())
    }

    pub(crate) fn mid(&self, bank: usize) -> Price {
        Price(self.board.rows[usize::from(self.banks[bank].feed)].mid)
    }

    pub(crate) fn liquidate(
        &mut self,
        [from, to]: [usize; 2],
        [loan, collateral]: [usize; 2],
        max_repay: u64,
        now: Now,
    ) -> RiskResult<Liquidated> {
        self.liquidate_with(&[], [from, to], [loan, collateral], max_repay, now)
    }

    pub(crate) fn liquidate_with(
        &mut self,
        perps: &[PerpExposure],
        [from, to]: [usize; 2],
        [loan, collateral]: [usize; 2],
        max_repay: u64,
        now: Now,
    ) -> RiskResult<Liquidated> {
        self.atomic(|world| {
            world.accrue(loan, now)?;
            world.accrue(collateral, now)?;
            let portfolio = world.portfolio_with(from, perps, now)?;
            let board = world.board;
            let [loan, collateral] =
                world.banks.get_disjoint_mut([loan, collateral]).map_err(|_| RiskError::SamePair)?;
            let [from, to] = world.accounts.get_disjoint_mut([from, to]).map_err(|_| RiskError::SelfLiquidation)?;
            liquidation::liquidate(&board, loan, collateral, from, to, &portfolio, max_repay, now)
        })
    }

    pub(crate) fn deleverage(
        &mut self,
        [from, to]: [usize; 2],
        [loan, collateral]: [usize; 2],
        cause: Cause,
        max_repay: u64,
        now: Now,
    ) -> RiskResult<Deleveraged> {
        self.atomic(|world| {
            world.accrue(loan, now)?;
            world.accrue(collateral, now)?;
            let portfolio = world.portfolio(from, now)?;
            let board = world.board;
            let [loan, collateral] =
                world.banks.get_disjoint_mut([loan, collateral]).map_err(|_| RiskError::SamePair)?;
            let [from, to] = world.accounts.get_disjoint_mut([from, to]).map_err(|_| RiskError::SelfLiquidation)?;
            deleverage::deleverage(&board, loan, collateral, from, to, &portfolio, cause, max_repay, now)
        })
    }

    pub(crate) fn resolve(&mut self, account: usize, bank: usize, now: Now) -> RiskResult<Loss> {
        self.atomic(|world| {
            world.accrue(bank, now)?;
            let portfolio = world.portfolio(account, now)?;
            let board = world.board;
            bankruptcy::resolve(
                &board,
                &mut world.banks[bank],
                None,
                &mut [],
                &mut world.accounts[account],
                &portfolio,
                now,
            )
            .map(|(_, loss)| loss)
        })
    }

    /// Every invariant of banks and accounts.
    pub(crate) fn check(&self) -> invariant::Checked {
        for (bank, vault) in self.banks.iter().zip(&self.vaults) {
            invariant::check_bank(bank, *vault)?;
            invariant::check_shares(bank, &self.accounts)?;
        }
        self.accounts.iter().try_for_each(invariant::check_account)
    }

    /// What of a bank's books changed between two states must never do.
    pub(crate) fn check_since(&self, before: &Self) -> invariant::Checked {
        before.banks.iter().zip(&self.banks).try_for_each(|(old, new)| invariant::check_indices(old, new))
    }
}
