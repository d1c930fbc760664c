//! Keepers: deleverage accounts below their owner's floor, start the timer of unhealthy ones, and write off what nobody
//! will pay. Anyone could.

use ballast_client::events::Event;
use ballast_client::instructions as ix;
use ballast_math::Usd;
use ballast_state::MarginAccount;

use super::chain::{By, Chain, Stop, Touched};
use super::journal::Journal;
use super::liquidator::{spendable, takeover, Desk};
use super::takeover::{legs, Context, Deal};

/// Most deleverages a keeper sends in one round.
const TAKES: usize = 6;

/// One deleverager.
#[derive(Debug)]
pub(super) struct Keeper {
    /// Its member number.
    pub(super) member: usize,
    /// Seconds from seeing a price to acting on it.
    pub(super) delay: i64,
    /// Capital it began with.
    pub(super) capital: Usd,
    /// What a deleverage may cost it, basis points: the spread of a moving market can eat the fee.
    pub(super) cost_bps: u64,
    pub(super) desk: Desk,
    plans: Vec<(usize, Deal)>,
}

impl Keeper {
    pub(super) fn new(member: usize, delay: i64, capital: Usd, cost_bps: u64) -> Self {
        Self { member, delay, capital, cost_bps, desk: Desk::default(), plans: Vec::new() }
    }

    /// Chooses among accounts below their floor.
    pub(super) fn decide(&mut self, chain: &Chain, below: &[usize]) -> Result<(), Stop> {
        self.plans.clear();
        let mut banks = chain.accrued()?;
        let mut own = chain.members[self.member].state;
        for &account in below {
            if self.plans.len() == TAKES {
                break;
            }
            let state = chain.members[account].state;
            let context = Context { banks: &banks, board: &chain.board, now: chain.now() };
            let Some(deal) = self.deal(chain, &context, &state, &own) else { continue };
            let Ok(outcome) = context.deleverage(&deal, state, own) else { continue };
            own = outcome.taker;
            banks[usize::from(deal.loan)] = outcome.loan_bank;
            banks[usize::from(deal.collateral)] = outcome.collateral_bank;
            self.plans.push((account, deal));
        }
        Ok(())
    }

    fn deal(&self, chain: &Chain, context: &Context<'_>, account: &MarginAccount, own: &MarginAccount) -> Option<Deal> {
        let (loans, deposits) = legs(chain, account, context.banks);
        let (&loan, &collateral) = (loans.first()?, deposits.first()?);
        let deal = Deal { loan, collateral, max_repay: spendable(own, context, loan) };
        let done = context.deleverage(&deal, *account, *own).ok()?.done;
        let paid = chain.value(loan, done.exchange.repaid);
        let gained = chain.value(collateral, done.exchange.seized);
        // Nothing for less than a hundred dollars.
        let worth = paid >= Usd(100 << Usd::BITS) && gained.0 + paid.0 / 10_000 * self.cost_bps >= paid.0;
        worth.then_some(deal)
    }

    /// Sends what was decided.
    pub(super) fn act(&mut self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        for (account, deal) in std::mem::take(&mut self.plans) {
            let (from, to) = (chain.members[account].state, chain.members[self.member].state);
            let expected = Context::of(chain).deleverage(&deal, from, to);
            let instruction = ix::deleverage(&takeover(chain, self.member, account, &deal), deal.max_repay, false);
            let touched = Touched {
                banks: &[deal.loan, deal.collateral],
                members: &[account, self.member],
                ..Touched::default()
            };
            let sent = chain.submit("deleverage", instruction, By::Member(self.member), touched)?;
            let differs = Stop::Differs { after: "deleverage", at: chain.now().ts };
            let (sent, expected) = match (sent, expected) {
                (Some(sent), Ok(expected)) => (sent, expected),
                (None, Err(_)) => continue,
                _ => return Err(differs),
            };
            let same = chain.banks[usize::from(deal.loan)] == expected.loan_bank
                && chain.banks[usize::from(deal.collateral)] == expected.collateral_bank
                && chain.members[account].state == expected.account
                && chain.members[self.member].state == expected.taker;
            let receipt = sent.events.iter().find_map(|event| match event {
                Event::Deleveraged(receipt) => Some(receipt),
                _ => None,
            });
            let (true, Some(receipt)) = (same, receipt) else { return Err(differs) };
            chain.tally.recomputed += 1;
            journal.deleveraged(chain, receipt, account, self.member);
        }
        Ok(())
    }
}

/// Starts the timer of an account: its bonus rises with the time it waits.
pub(super) fn mark(chain: &mut Chain, journal: &mut Journal, account: usize) -> Result<(), Stop> {
    let who = &chain.members[account];
    let instruction = ix::mark(&who.account, &who.state);
    let touched = Touched { members: &[account], ..Touched::default() };
    journal.marks += u64::from(chain.submit("mark", instruction, By::Anyone, touched)?.is_some());
    Ok(())
}

/// Writes off the loans of an account with nothing left to seize.
pub(super) fn resolve(chain: &mut Chain, journal: &mut Journal, account: usize) -> Result<(), Stop> {
    let loans: Vec<u16> =
        chain.members[account].state.active().iter().filter(|b| b.is_loan()).map(|b| b.bank).collect();
    for bank in loans {
        let who = &chain.members[account];
        let instruction = ix::resolve_bankruptcy(&who.account, &who.state, bank);
        // What losses of perps opened, the pool pays, and their markets spend.
        let of_perps = who.state.balance(bank).is_some_and(|balance| balance.perp_shares > 0);
        let lost_in = (0u16..).zip(&who.state.loss_shares).filter(|(_, shares)| of_perps && **shares > 0);
        let markets: Vec<u16> = lost_in.map(|(index, _)| index).collect();
        let touched =
            Touched { banks: &[bank], members: &[account], pool: of_perps, markets: &markets, ..Touched::default() };
        let Some(sent) = chain.submit("resolve_bankruptcy", instruction, By::Anyone, touched)? else { continue };
        for event in &sent.events {
            if let Event::BankruptcyResolved(receipt) = event {
                journal.bankruptcies += 1;
                journal.lost(chain, bank, &receipt.loss, account);
                if of_perps {
                    journal.perps.resolved(&receipt.loss);
                }
            }
        }
    }
    Ok(())
}
