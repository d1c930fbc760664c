//! A group in which everything can happen, in whole transactions: an error changes nothing.

use ballast_math::{Index, Price, Usd};
use ballast_risk::health::{assess_initial, assess_maintenance, Health, Portfolio, Valuation};
use ballast_risk::lending::{self, Moved};
use ballast_risk::{interest, invariant, Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, Bank, MarginAccount, RiskBoard};

use crate::case;
use crate::source::Source;

/// Whose balances a case is about.
pub(crate) const BORROWER: usize = 0;
/// Who takes over what the borrower loses.
pub(crate) const TAKER: usize = 1;
/// Who supplied what loans took out.
pub(crate) const LENDER: usize = 2;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) board: RiskBoard,
    pub(crate) banks: Vec<Bank>,
    pub(crate) accounts: Vec<MarginAccount>,
    /// Tokens in each vault.
    pub(crate) vaults: Vec<u64>,
    pub(crate) now: Now,
}

impl World {
    /// A board, its banks, a borrower with deposits and loans of one to a hundred million dollars, and a taker. Balances are
    /// drawn first: a short input has few of them, under plain parameters.
    pub(crate) fn of(source: &mut Source<'_>) -> Self {
        let scale = 10u64.pow(u32::try_from(source.up_to(8)).expect("eight at most"));
        // A quarter of what liquidation looks at is far from its edge.
        let leverage = if source.one_in(4) { source.up_to(1_300) } else { 1_100 - source.up_to(600) };
        let mut gifts = Vec::new();
        for at in 0..source.between(2, 6) {
            // The first is a deposit and the second a loan, whatever was drawn.
            let loan = source.flag();
            let loan = if at < 2 { at == 1 } else { loan };
            let whole = if loan { scale * leverage / 1_000 } else { scale };
            let bank = source.index(10) + usize::try_from(at).expect("six at most");
            gifts.push((BORROWER, bank, loan, source.most_of(whole)));
            if source.flag() {
                gifts.push((TAKER, bank, false, source.part(2 * scale)));
            }
        }
        let mut world = Self::empty(source);
        for (account, bank, loan, dollars) in gifts {
            let bank = bank % world.banks.len();
            world.give(account, bank, loan, dollars);
        }
        let rules = world.board.rules;
        case::set_timers(source, &mut world.accounts[BORROWER], &rules, world.now);
        world.settle();
        world
    }

    /// A board and its banks, nothing in them.
    pub(crate) fn empty(source: &mut Source<'_>) -> Self {
        let now = case::NOW;
        let board = case::board(source, now);
        let mut banks = Vec::new();
        for feed in 0..board.row_count {
            for _ in 0..board.rows[usize::from(feed)].banks {
                let index = u16::try_from(banks.len()).expect("ten at most");
                banks.push(case::bank(source, index, feed, now));
            }
        }
        let vaults = vec![0; banks.len()];
        Self { board, banks, accounts: vec![case::account(); 3], vaults, now }
    }

    /// Puts so many dollars' worth into an account. What a loan takes from the vault, the lender deposits first.
    pub(crate) fn give(&mut self, account: usize, bank: usize, loan: bool, dollars: u64) {
        let unit = 10u64.pow(self.banks[bank].decimals.into());
        let value = Usd::from_dollars(dollars).expect("a hundred million at most");
        let Ok(atoms) = self.mid(bank).atoms_down(value, unit) else { return };
        let side = if loan { BalanceSide::Loan } else { BalanceSide::Deposit };
        let bank = &mut self.banks[bank];
        if loan {
            let missing = atoms.saturating_sub(bank.vault_balance);
            case::give(bank, &mut self.accounts[LENDER], BalanceSide::Deposit, missing);
        }
        case::give(bank, &mut self.accounts[account], side, atoms);
    }

    /// Rates for the books as they are, and tokens as the books say.
    pub(crate) fn settle(&mut self) {
        for (bank, vault) in self.banks.iter_mut().zip(&mut self.vaults) {
            interest::update_rate(bank).expect("books in range");
            *vault = bank.vault_balance;
        }
    }

    pub(crate) fn mid(&self, bank: usize) -> Price {
        Price(self.board.rows[usize::from(self.banks[bank].feed)].mid)
    }

    pub(crate) fn portfolio(&self, account: usize) -> RiskResult<Portfolio> {
        Portfolio::of_account(&self.accounts[account], &[], 0, self.now, |index| self.banks.get(usize::from(index)))
    }

    pub(crate) fn maintenance(&self, account: usize) -> RiskResult<Health> {
        assess_maintenance(&self.portfolio(account)?, &self.board, self.now)
    }

    pub(crate) fn require_health(&self, account: usize) -> RiskResult<()> {
        if lending::has_liability(&self.accounts[account]) {
            let portfolio = self.portfolio(account)?;
            if assess_initial(&portfolio, &self.board, Valuation::Initial, self.now)?.is_negative() {
                return Err(RiskError::InsufficientHealth);
            }
        }
        Ok(())
    }

    /// A loan of the borrower and a deposit, as banks.
    pub(crate) fn pair(&self, source: &mut Source<'_>) -> Option<[usize; 2]> {
        let active = self.accounts[BORROWER].active();
        let banks = |loan: bool| {
            let side = active.iter().filter(move |balance| balance.is_loan() == loan);
            side.map(|balance| usize::from(balance.bank)).collect::<Vec<_>>()
        };
        let (loans, deposits) = (banks(true), banks(false));
        if loans.is_empty() || deposits.is_empty() {
            return None;
        }
        Some([source.pick(&loans), source.pick(&deposits)])
    }

    /// Some of a debt or claim in atoms: all of it, more than it, one, or a part.
    pub(crate) fn amount(&self, source: &mut Source<'_>, account: usize, bank: usize) -> u64 {
        let shares = self.accounts[account].balance(self.banks[bank].index).map_or(0, |balance| balance.shares);
        let index = Index::from_words(self.banks[bank].liability_index);
        let whole = index.amount_up(shares).unwrap_or(u64::MAX);
        match source.index(4) {
            0 => u64::MAX,
            1 => source.sized(64),
            _ => source.part(whole),
        }
    }

    /// Everything or nothing, as a transaction: the banks named are accrued first.
    pub(crate) fn atomic<T>(
        &mut self,
        banks: &[usize],
        change: impl FnOnce(&mut Self) -> RiskResult<T>,
    ) -> RiskResult<T> {
        let mut next = self.clone();
        for bank in banks {
            let bank = &mut next.banks[*bank];
            interest::accrue(bank, next.now)?;
            // Centuries of interest can make more atoms of claims than there can be: no rule is about that.
            interest::utilisation(bank)?;
        }
        let result = change(&mut next)?;
        next.check();
        next.check_since(self);
        *self = next;
        Ok(result)
    }

    /// Tokens into a vault.
    pub(crate) fn pay_in(&mut self, bank: usize, moved: Moved) -> RiskResult<Moved> {
        let vault = &mut self.vaults[bank];
        *vault = vault.checked_add(moved.atoms).ok_or(RiskError::InvalidParameter)?;
        Ok(moved)
    }

    /// Tokens out of a vault, which must have them.
    pub(crate) fn pay_out(&mut self, bank: usize, moved: Moved) -> Moved {
        let vault = &mut self.vaults[bank];
        *vault = vault.checked_sub(moved.atoms).expect("no vault pays what it has not");
        moved
    }

    /// Invariants of banks and accounts.
    pub(crate) fn check(&self) {
        for (bank, vault) in self.banks.iter().zip(&self.vaults) {
            // Tokens in a flash loan are owed to the bank, whether the vault has them or not.
            let whole = Bank { vault_balance: bank.vault_balance.saturating_add(bank.flash_loaned), ..*bank };
            hold(invariant::check_bank(&whole, vault.saturating_add(bank.flash_loaned)));
            hold(invariant::check_shares(bank, &self.accounts));
        }
        for account in &self.accounts {
            hold(invariant::check_account(account));
        }
    }

    /// Invariants of what changed.
    pub(crate) fn check_since(&self, before: &Self) {
        for (old, new) in before.banks.iter().zip(&self.banks) {
            hold(invariant::check_indices(old, new));
        }
    }
}

/// Panics with the number of the invariant that does not hold.
#[track_caller]
pub(crate) fn hold(checked: invariant::Checked) {
    if let Err(violation) = checked {
        panic!("INV-{:02}: {}", violation.number, violation.rule);
    }
}
