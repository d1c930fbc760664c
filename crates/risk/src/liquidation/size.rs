use ballast_math::{Index, Price, Ratio, Usd};
use ballast_state::{Bank, RiskBoard};

use super::pair::Pair;
use crate::health::decimals;
use crate::{RiskError, RiskResult};

/// Loan repaid and collateral handed over for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Loan repaid, atoms: what the taker pays.
    pub repaid: u64,
    /// Loan shares burnt.
    pub repaid_shares: u64,
    /// Collateral handed over, atoms.
    pub seized: u64,
    /// Deposit shares handed over.
    pub seized_shares: u64,
}

/// What bounds an exchange besides the balances.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most atoms of loan.
    pub max_repay: u64,
    /// Most atoms of collateral.
    pub max_seize: u64,
    /// A remainder worth less is closed with the rest. Zero: never.
    pub dust: Usd,
}

/// USD of loan to repay so that HF reaches `target` and never passes it (rules-risk 2). `rate` is collateral value per loan
/// value, 1 + bonus.
///
/// `x = (t·(L+R) − A) / (t·(1 + ρ̄_a + rate·ρ̄_b) − rate)`, two steps, the second from the state the first leaves.
///
/// # Errors
/// Arithmetic.
pub fn solve(pair: &Pair<'_>, rate: Ratio, target: Ratio) -> RiskResult<Usd> {
    let first = step(pair, rate, target)?;
    if first == Usd::ZERO || first.0 == u64::MAX {
        return Ok(first);
    }
    let mut next = pair.fork();
    let repaid = pair.loan_price().units_down(first)?;
    let seized = pair.collateral_price().units_down(rate.of_down(first)?)?;
    next.shift(repaid, seized)?;
    let second = step(&next, rate, target)?;
    Ok(Usd(first.0.saturating_add(second.0)))
}

fn step(pair: &Pair<'_>, rate: Ratio, target: Ratio) -> RiskResult<Usd> {
    let health = pair.health()?;
    let missing = target.of_down(health.burden()?)?.excess_over(health.assets);
    if missing == Usd::ZERO {
        return Ok(Usd::ZERO);
    }
    let reliefs = pair.upper_reliefs()?;
    let per_usd = target.mul_up(Ratio::ONE.add(reliefs.loan)?.add(rate.mul_up(reliefs.collateral)?)?)?;
    Ok(amount_for(missing, per_usd.excess_over(rate)))
}

/// `⌊missing / gain⌋`: so much has to be closed if a dollar of it brings `gain`. Nothing where nothing is missing; where no amount
/// reaches the target, as much as there is.
pub(crate) fn amount_for(missing: Usd, gain: Ratio) -> Usd {
    if gain == Ratio::ZERO {
        return if missing == Usd::ZERO { missing } else { Usd(u64::MAX) };
    }
    let amount = (u128::from(missing.0) << Ratio::BITS).checked_div(u128::from(gain.0)).unwrap_or(0);
    Usd(u64::try_from(amount).unwrap_or(u64::MAX))
}

/// The exchange closest to repaying `wanted` USD that the balances, the limits, dust and share rounding allow. Repayment is
/// rounded up, what is handed over down.
///
/// # Errors
/// `NothingToDo`, `ZeroShares`; arithmetic.
pub fn fit(
    pair: &Pair<'_>,
    loan_bank: &Bank,
    collateral_bank: &Bank,
    rate: Ratio,
    wanted: Usd,
    limits: &Limits,
) -> RiskResult<Exchange> {
    let fitter = Fitter::of(pair, loan_bank, collateral_bank, rate);
    let most = pair.debt.min(limits.max_repay);
    let claim = pair.claim.min(limits.max_seize);
    if wanted == Usd::ZERO || most == 0 || claim == 0 {
        return Err(RiskError::NothingToDo);
    }
    // A wish beyond every amount is a wish for all of it. Below one share it is for one: it may be worth a lot.
    let least = Index::from_words(loan_bank.liability_index).amount_up(1)?.clamp(1, most);
    let mut atoms = pair.loan_price().atoms_down(wanted, scale(loan_bank)?).unwrap_or(u64::MAX).clamp(least, most);
    if most == pair.debt && fitter.loan_value(pair.debt.saturating_sub(atoms))? < limits.dust {
        atoms = pair.debt;
    }
    let exchange = fitter.repay(atoms)?;
    if claim == pair.claim {
        let left = pair.claim.saturating_sub(exchange.seized);
        let is_dust = fitter.collateral_value(left)? < limits.dust;
        // With more than a share left, what was asked for cannot be the price of everything.
        if is_dust || pair.collateral_shares.saturating_sub(exchange.seized_shares) <= 1 {
            let all = fitter.seize_all()?;
            if all.repaid <= most && (is_dust || atoms >= all.repaid) {
                return Ok(all);
            }
        }
    }
    let exchange = if exchange.seized > claim { fitter.seize(claim)? } else { exchange };
    if exchange.repaid_shares == 0 || exchange.seized_shares == 0 {
        return Err(RiskError::ZeroShares);
    }
    Ok(exchange)
}

/// A loan and a collateral at their prices: what the one pays for of the other.
pub(super) struct Fitter<'a> {
    loan_bank: &'a Bank,
    collateral_bank: &'a Bank,
    loan_price: Price,
    collateral_price: Price,
    /// The loan, shares and atoms.
    loan: (u64, u64),
    /// The collateral, shares and atoms.
    collateral: (u64, u64),
    rate: Ratio,
}

impl<'a> Fitter<'a> {
    fn of(pair: &Pair<'_>, loan_bank: &'a Bank, collateral_bank: &'a Bank, rate: Ratio) -> Self {
        Self {
            loan_bank,
            collateral_bank,
            loan_price: pair.loan_price(),
            collateral_price: pair.collateral_price(),
            loan: (pair.loan_shares, pair.debt),
            collateral: (pair.collateral_shares, pair.claim),
            rate,
        }
    }

    /// Of so many shares of loan and of collateral.
    ///
    /// # Errors
    /// `FeedNotListed`; arithmetic.
    pub(super) fn new(
        board: &RiskBoard,
        loan_bank: &'a Bank,
        collateral_bank: &'a Bank,
        [loan, collateral]: [u64; 2],
        rate: Ratio,
    ) -> RiskResult<Self> {
        let price =
            |bank: &Bank| -> RiskResult<Price> { Ok(Price(board.row(bank.feed).ok_or(RiskError::FeedNotListed)?.mid)) };
        Ok(Self {
            loan_bank,
            collateral_bank,
            loan_price: price(loan_bank)?,
            collateral_price: price(collateral_bank)?,
            loan: (loan, Index::from_words(loan_bank.liability_index).amount_up(loan)?),
            collateral: (collateral, Index::from_words(collateral_bank.asset_index).amount_down(collateral)?),
            rate,
        })
    }

    /// True if `repaid` shares of loan pay for `seized` shares of collateral: for what they are worth, or for all of it.
    pub(super) fn is_paid(&self, repaid: u64, seized: u64) -> RiskResult<bool> {
        let atoms = Index::from_words(self.loan_bank.liability_index).amount_up(repaid)?;
        if seized <= self.repay(atoms)?.seized_shares {
            return Ok(true);
        }
        let all = self.priced(self.collateral.1)?;
        Ok(seized == self.collateral.0 && all.repaid <= self.loan.1 && all.repaid_shares <= repaid)
    }
    /// Repays up to `atoms`, in whole loan shares, and hands over what that is worth.
    fn repay(&self, atoms: u64) -> RiskResult<Exchange> {
        let index = Index::from_words(self.loan_bank.liability_index);
        let repaid_shares = if atoms >= self.loan.1 { self.loan.0 } else { index.shares_down(atoms)?.min(self.loan.0) };
        let repaid = index.amount_up(repaid_shares)?;
        let value = self.rate.of_down(self.loan_price.value_down(decimals(self.loan_bank).units_down(repaid)?)?)?;
        let worth = self.collateral_price.atoms_down(value, scale(self.collateral_bank)?)?;
        let asset = Index::from_words(self.collateral_bank.asset_index);
        let seized_shares = asset.shares_down(worth)?.min(self.collateral.0);
        Ok(Exchange { repaid, repaid_shares, seized: asset.amount_down(seized_shares)?, seized_shares })
    }

    /// Hands over all collateral, paid in full, or as far as the loan goes.
    fn seize_all(&self) -> RiskResult<Exchange> {
        let mut exchange = self.priced(self.collateral.1)?;
        exchange.seized_shares = self.collateral.0;
        exchange.seized = self.collateral.1;
        Ok(exchange)
    }

    /// Hands over up to `atoms` of collateral.
    fn seize(&self, atoms: u64) -> RiskResult<Exchange> {
        let value = Ratio::ONE.div_down(self.rate)?.of_down(self.collateral_value(atoms)?)?;
        self.repay(self.loan_price.atoms_down(value, scale(self.loan_bank)?)?)
    }

    /// What repaying for `seized` atoms of collateral takes, up. More than the debt shows as more than the debt.
    fn priced(&self, seized: u64) -> RiskResult<Exchange> {
        let value = self.collateral_price.value_up(decimals(self.collateral_bank).units_up(seized)?)?;
        let due = u64::try_from((u128::from(value.0) << Ratio::BITS).div_ceil(u128::from(self.rate.0.max(1))))
            .map_or(Usd(u64::MAX), Usd);
        let repaid = self.loan_price.atoms_up(due, scale(self.loan_bank)?).unwrap_or(u64::MAX);
        if repaid > self.loan.1 {
            return Ok(Exchange { repaid, ..Exchange::default() });
        }
        let index = Index::from_words(self.loan_bank.liability_index);
        let repaid_shares = index.shares_up(repaid)?.min(self.loan.0);
        Ok(Exchange { repaid: index.amount_up(repaid_shares)?, repaid_shares, ..Exchange::default() })
    }

    fn loan_value(&self, atoms: u64) -> RiskResult<Usd> {
        Ok(self.loan_price.value_down(decimals(self.loan_bank).units_down(atoms)?)?)
    }

    fn collateral_value(&self, atoms: u64) -> RiskResult<Usd> {
        Ok(self.collateral_price.value_down(decimals(self.collateral_bank).units_down(atoms)?)?)
    }
}

/// Atoms of a whole token.
fn scale(bank: &Bank) -> RiskResult<u64> {
    10u64.checked_pow(u32::from(bank.decimals)).ok_or(RiskError::DecimalsNotSupported)
}
