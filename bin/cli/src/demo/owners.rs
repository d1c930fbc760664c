//! What owners and lenders do between the crashes: repay when they look and see low health, borrow more when they feel
//! rich, leave when it gets too hot.

use ballast_math::{Ratio, Usd};

use super::chain::{claim, debt, Chain, Kind, Stop};
use super::journal::Journal;
use super::population::{Borrower, Habit};

/// Attentive owners act below this health factor.
const WORRIED_BPS: u32 = 11_200;
/// Bold owners act above this one.
const RICH_BPS: u32 = 15_000;
/// One lender in so many leaves with half of everything when an asset has lost `SCARED` of its highest price.
const NERVOUS: usize = 5;
const SCARED_BPS: u64 = 3_000;

/// Owners and lenders with what they have left.
#[derive(Debug)]
pub(super) struct Owners {
    /// What is left of each borrower's reserve.
    reserves: Vec<Usd>,
    /// Highest judged price of each bank's token so far.
    peaks: Vec<u64>,
    lenders_left: bool,
}

impl Owners {
    /// Reserves are parts of the loans at the start.
    pub(super) fn new(chain: &Chain, borrowers: &[Borrower]) -> Self {
        let reserve = |(member, borrower): (usize, &Borrower)| match borrower.habit {
            Habit::Attentive { reserve, .. } => Usd(owed(chain, member).0 / 100 * reserve),
            _ => Usd::ZERO,
        };
        Self {
            reserves: borrowers.iter().enumerate().map(reserve).collect(),
            peaks: vec![0; chain.banks.len()],
            lenders_left: false,
        }
    }

    /// What they do at hour `hour` of the replay. Returns the members that changed.
    pub(super) fn act(
        &mut self,
        chain: &mut Chain,
        journal: &mut Journal,
        borrowers: &[Borrower],
        hour: i64,
    ) -> Result<Vec<usize>, Stop> {
        let mut changed = Vec::new();
        for (member, borrower) in borrowers.iter().enumerate() {
            let acted = match borrower.habit {
                Habit::Attentive { hours, .. } if hour % hours == 0 => self.top_up(chain, journal, member)?,
                Habit::Bold if hour % 24 == 12 => lever_up(chain, journal, member)?,
                _ => false,
            };
            if acted {
                changed.push(member);
            }
        }
        self.lenders(chain, journal)?;
        Ok(changed)
    }

    /// Repays half of the reserve, or the whole loan.
    fn top_up(&mut self, chain: &mut Chain, journal: &mut Journal, member: usize) -> Result<bool, Stop> {
        let reserve = self.reserves[member];
        if reserve < Usd(20 << Usd::BITS) {
            return Ok(false);
        }
        let banks = chain.accrued()?;
        let state = chain.members[member].state;
        let Some(loan) = state.active().iter().find(|balance| balance.is_loan()).map(|balance| balance.bank) else {
            return Ok(false);
        };
        let health = chain.health(&state, &banks)?;
        if health.factor().is_none_or(|factor| factor >= Ratio::from_bps(WORRIED_BPS)) {
            return Ok(false);
        }
        let due = debt(&state, &banks[usize::from(loan)]);
        let wanted = chain.atoms(loan, Usd(reserve.0 / 2)).min(due);
        if wanted == 0 {
            return Ok(false);
        }
        let paid = chain.value(loan, wanted);
        chain.give(member, loan, wanted);
        let repaid = chain.repay(member, loan, (wanted < due).then_some(wanted))?;
        chain.take(member, loan);
        if repaid {
            self.reserves[member] = Usd(reserve.0.saturating_sub(paid.0));
            journal.top_ups += 1;
        }
        Ok(repaid)
    }

    fn lenders(&mut self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        let mut scared = false;
        for bank in 0..chain.banks.len() {
            let price = chain.price(u16::try_from(bank).unwrap_or(0)).0;
            self.peaks[bank] = self.peaks[bank].max(price);
            scared |= price < self.peaks[bank] / 10_000 * (10_000 - SCARED_BPS);
        }
        if !scared || self.lenders_left {
            return Ok(());
        }
        self.lenders_left = true;
        let lenders: Vec<usize> =
            (0..chain.members.len()).filter(|&member| chain.members[member].kind == Kind::Lender).collect();
        for member in lenders.into_iter().step_by(NERVOUS) {
            for bank in 0..chain.banks.len() {
                let half = claim(&chain.members[member].state, &chain.banks[bank]) / 2;
                let bank = u16::try_from(bank).unwrap_or(0);
                if half > 0 && chain.withdraw(member, bank, Some(half))? {
                    chain.take(member, bank);
                    journal.lender_exits += 1;
                }
            }
        }
        Ok(())
    }
}

/// Borrows a tenth more of what is owed already.
fn lever_up(chain: &mut Chain, journal: &mut Journal, member: usize) -> Result<bool, Stop> {
    let banks = chain.accrued()?;
    let state = chain.members[member].state;
    let Some(loan) = state.active().iter().find(|balance| balance.is_loan()).map(|balance| balance.bank) else {
        return Ok(false);
    };
    if chain.health(&state, &banks)?.factor().is_none_or(|factor| factor < Ratio::from_bps(RICH_BPS)) {
        return Ok(false);
    }
    let atoms = debt(&state, &banks[usize::from(loan)]) / 10;
    let borrowed = atoms > 0 && chain.borrow(member, loan, atoms)?;
    if borrowed {
        chain.take(member, loan);
        journal.further_loans += 1;
    }
    Ok(borrowed)
}

/// What a member owes in all, at judged prices.
fn owed(chain: &Chain, member: usize) -> Usd {
    let state = &chain.members[member].state;
    let loans = state.active().iter().filter(|balance| balance.is_loan());
    let value = |bank: u16| chain.value(bank, debt(state, &chain.banks[usize::from(bank)])).0;
    Usd(loans.map(|balance| value(balance.bank)).sum())
}
