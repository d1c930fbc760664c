//! A liquidator: sees unhealthy accounts, decides with the engine on the host, acts a fixed delay later through the public
//! instruction, and sells what it seized elsewhere, to have the stablecoin for the next one.

use ballast_client::events::Event;
use ballast_client::instructions::{self as ix, Takeover};
use ballast_math::Usd;
use ballast_risk::health::{assess_initial, Valuation};
use ballast_risk::invariant::{self, LiquidationContext};
use ballast_risk::lending::{self, Amount};
use ballast_risk::RiskError;
use ballast_state::MarginAccount;

use super::chain::{claim, debt, By, Chain, Stop, Touched};
use super::journal::Journal;
use super::takeover::{legs, Context, Deal};

/// What selling or buying elsewhere costs, basis points of the value.
pub(super) const VENUE_BPS: u64 = 10;
/// Seconds until the proceeds of a sale can be deposited again.
const SETTLED_AFTER: i64 = 180;
/// Accounts a liquidator looks at, and takes on, in one round.
const LOOKS: usize = 24;
const TAKES: usize = 6;
/// Least profit worth a transaction: two cents, 2⁻²⁰ USD.
const WORTH: u64 = 20_972;
/// Steps of the search for the amount that own margin allows.
const STEPS: u32 = 14;

/// One liquidator.
#[derive(Debug)]
pub(super) struct Liquidator {
    /// Its member number.
    pub(super) member: usize,
    /// Seconds from seeing a price to acting on it.
    pub(super) delay: i64,
    /// Capital it began with.
    pub(super) capital: Usd,
    /// What it looks for.
    pub(super) appetite: Appetite,
    pub(super) desk: Desk,
    plans: Vec<(usize, Deal)>,
}

/// What a liquidator looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Appetite {
    /// Profit after all costs, a few accounts at a time.
    Profit,
    /// Whatever is left, at once and at any profit.
    Everything,
}

impl Liquidator {
    pub(super) fn new(member: usize, delay: i64, capital: Usd, appetite: Appetite) -> Self {
        Self { member, delay, capital, appetite, desk: Desk::default(), plans: Vec::new() }
    }

    /// Accounts it looks at, and takes on, in one round, and the least profit it takes.
    fn limits(&self) -> (usize, usize, u64) {
        match self.appetite {
            Appetite::Profit => (LOOKS, TAKES, WORTH),
            Appetite::Everything => (usize::MAX, usize::MAX, 0),
        }
    }

    /// Chooses among `unhealthy` what to take on, the most profitable first.
    pub(super) fn decide(&mut self, chain: &Chain, unhealthy: &[usize]) -> Result<(), Stop> {
        self.plans.clear();
        let mut banks = chain.accrued()?;
        let mut own = chain.members[self.member].state;
        let (looks, takes, worth) = self.limits();
        let mut offers: Vec<(u64, usize)> = Vec::new();
        for &account in unhealthy.iter().filter(|account| **account != self.member).take(looks) {
            let context = Context { banks: &banks, board: &chain.board, now: chain.now() };
            if let Some((profit, _)) = best(chain, &context, &chain.members[account].state, &own, worth) {
                offers.push((profit, account));
            }
        }
        offers.sort_by(|a, b| (b.0, a.1).cmp(&(a.0, b.1)));
        for (_, account) in offers.into_iter().take(takes) {
            // Anew: what was taken on before binds margin.
            let context = Context { banks: &banks, board: &chain.board, now: chain.now() };
            let state = chain.members[account].state;
            let Some((_, deal)) = best(chain, &context, &state, &own, worth) else { continue };
            let Ok(outcome) = context.liquidate(&deal, state, own) else { continue };
            own = outcome.taker;
            banks[usize::from(deal.loan)] = outcome.loan_bank;
            banks[usize::from(deal.collateral)] = outcome.collateral_bank;
            self.plans.push((account, deal));
        }
        Ok(())
    }

    /// Sends what was decided. Somebody may have been quicker.
    pub(super) fn act(&mut self, chain: &mut Chain, journal: &mut Journal) -> Result<(), Stop> {
        for (account, deal) in std::mem::take(&mut self.plans) {
            let (from, to) = (chain.members[account].state, chain.members[self.member].state);
            let context = Context::of(chain);
            let expected = context.liquidate(&deal, from, to);
            let bounds = context.bounds(&deal, &from);
            let takeover = takeover(chain, self.member, account, &deal);
            let instruction = ix::liquidate(&takeover, deal.max_repay);
            let touched = Touched {
                banks: &[deal.loan, deal.collateral],
                members: &[account, self.member],
                ..Touched::default()
            };
            let sent = chain.submit("liquidate", instruction, By::Member(self.member), touched)?;
            let at = chain.now().ts;
            let differs = Stop::Differs { after: "liquidate", at };
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
                Event::Liquidated(receipt) => Some(receipt),
                _ => None,
            });
            let (true, Some(receipt), Ok(bounds)) = (same, receipt, bounds) else { return Err(differs) };
            chain.tally.recomputed += 1;

            let done = &expected.done;
            let context = LiquidationContext {
                board: &chain.board,
                loan_bank: &expected.loan_bank,
                collateral_bank: &expected.collateral_bank,
                lock: from.bonus_lock,
                factor_threshold: bounds.factor,
                dust_closed: done.exchange.repaid_shares == bounds.shares.0
                    || done.exchange.seized_shares == bounds.shares.1,
                now: chain.now(),
            };
            invariant::check_liquidation(done, &context).map_err(|violation| Stop::Broken {
                violation,
                after: "liquidate",
                at,
            })?;
            chain.tally.checked(&[7, 8, 9, 10, 12]);
            journal.liquidated(chain, receipt, account, self.member);
        }
        Ok(())
    }
}

/// The most profitable deal with an account, and its profit in 2⁻²⁰ USD after all costs. Where any profit will do, what the
/// venue costs does not count.
fn best(
    chain: &Chain,
    context: &Context<'_>,
    account: &MarginAccount,
    own: &MarginAccount,
    worth: u64,
) -> Option<(u64, Deal)> {
    let (loans, deposits) = legs(chain, account, context.banks);
    let mut best: Option<(u64, Deal)> = None;
    for &loan in loans.iter().take(2) {
        for &collateral in deposits.iter().take(3) {
            let most = spendable(own, context, loan);
            let offer = affordable(context, Deal { loan, collateral, max_repay: most }, account, own);
            let Some((deal, profit)) =
                offer.and_then(|deal| Some((deal, profit(chain, context, &deal, account, own, worth)?)))
            else {
                continue;
            };
            if profit >= worth && best.is_none_or(|(most, _)| profit > most) {
                best = Some((profit, deal));
            }
        }
    }
    best
}

/// Most of a loan that a taker repays: of the stablecoin what it has, less what insurance gets of the bonus, so that it
/// never borrows to buy; of anything else as much as its margin allows.
pub(super) fn spendable(own: &MarginAccount, context: &Context<'_>, loan: u16) -> u64 {
    if loan == 0 {
        claim(own, &context.banks[0]) / 100 * 97
    } else {
        u64::MAX
    }
}

/// The deal with the largest amount up to the given one that own margin allows.
fn affordable(context: &Context<'_>, deal: Deal, account: &MarginAccount, own: &MarginAccount) -> Option<Deal> {
    match context.liquidate(&deal, *account, *own) {
        Ok(_) => return Some(deal),
        Err(RiskError::InsufficientHealth) => {}
        Err(_) => return None,
    }
    let (mut fits, mut fails) = (0, debt(account, &context.banks[usize::from(deal.loan)]).min(deal.max_repay));
    for _ in 0..STEPS {
        let max_repay = u64::midpoint(fits, fails);
        match context.liquidate(&Deal { max_repay, ..deal }, *account, *own) {
            Ok(_) => fits = max_repay,
            Err(_) => fails = max_repay,
        }
    }
    (fits > 0).then_some(Deal { max_repay: fits, ..deal })
}

fn profit(
    chain: &Chain,
    context: &Context<'_>,
    deal: &Deal,
    account: &MarginAccount,
    own: &MarginAccount,
    worth: u64,
) -> Option<u64> {
    let done = context.liquidate(deal, *account, *own).ok()?.done;
    let gained = chain.value(deal.collateral, done.exchange.seized);
    let paid = chain.value(deal.loan, done.exchange.repaid.saturating_add(done.insurance));
    if worth == 0 {
        return Some(gained.excess_over(paid).0);
    }
    let traded = if deal.collateral == 0 { paid } else { gained };
    gained.0.checked_sub(paid.0)?.checked_sub(traded.0 / 10_000 * VENUE_BPS)
}

/// The accounts and banks of a takeover by `taker`.
pub(super) fn takeover<'a>(chain: &'a Chain, taker: usize, account: usize, deal: &Deal) -> Takeover<'a> {
    let (to, from) = (&chain.members[taker], &chain.members[account]);
    Takeover {
        authority: to.owner(),
        taker: to.account,
        taker_state: &to.state,
        account: from.account,
        account_state: &from.state,
        loan_bank: deal.loan,
        collateral_bank: deal.collateral,
    }
}

/// A taker's trade with the world outside: it sells what it seized, one print after it has it, and has the proceeds some
/// minutes later.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// Proceeds under way: when they arrive, and how much of the stablecoin.
    settling: Vec<(i64, u64)>,
}

impl Desk {
    /// The stablecoin under way.
    pub(super) fn under_way(&self) -> u64 {
        self.settling.iter().map(|(_, coins)| coins).sum()
    }

    /// Deposits proceeds that arrived, sells what lies in the wallet since the last time, buys back what is owed, and takes
    /// seized collateral into the wallet, as far as the bank can pay it out. True while anything is left to do.
    pub(super) fn work(&mut self, chain: &mut Chain, member: usize) -> Result<bool, Stop> {
        let now = chain.now().ts;
        let arrived: u64 = self.settling.iter().filter(|(at, _)| *at <= now).map(|(_, coins)| coins).sum();
        self.settling.retain(|(at, _)| *at > now);
        bank_coins(chain, member, arrived)?;
        let mut busy = false;
        for bank in 1..u16::try_from(chain.banks.len()).unwrap_or(u16::MAX) {
            let sold = chain.take(member, bank);
            let coins = chain.atoms(0, less_cost(chain.value(bank, sold)));
            if coins > 0 {
                self.settling.push((now + SETTLED_AFTER, coins));
            }
            busy |= buy_back(chain, member, bank)?;
            let held = chain.claim(member, bank);
            if held > 0 {
                busy = true;
                let amount = withdrawable(chain, member, bank, held)?;
                if amount > 0 {
                    chain.withdraw(member, bank, (amount < held).then_some(amount))?;
                }
            }
        }
        Ok(busy || !self.settling.is_empty())
    }
}

/// Buys what is owed in a bank for the stablecoin, as much as own health lets go, and repays. True if something was owed.
fn buy_back(chain: &mut Chain, member: usize, bank: u16) -> Result<bool, Stop> {
    let owed = debt(&chain.members[member].state, &chain.accrued()?[usize::from(bank)]);
    if owed == 0 {
        return Ok(false);
    }
    let cost = chain.value(bank, owed);
    let wanted = chain.atoms(0, Usd(cost.0 + cost.0 / 10_000 * VENUE_BPS)) + 1;
    let coins = withdrawable(chain, member, 0, wanted)?;
    if coins > 0 && chain.withdraw(member, 0, Some(coins))? {
        chain.take(member, 0);
        let bought = if coins == wanted { owed } else { chain.atoms(bank, less_cost(chain.value(0, coins))).min(owed) };
        chain.give(member, bank, bought);
        chain.repay(member, bank, (bought < owed).then_some(bought))?;
        chain.take(member, bank);
    }
    Ok(true)
}

/// Brings the stablecoin into the margin account: loan first.
fn bank_coins(chain: &mut Chain, member: usize, coins: u64) -> Result<(), Stop> {
    let owed = debt(&chain.members[member].state, &chain.accrued()?[0]);
    let back = coins.min(owed);
    if back > 0 {
        chain.give(member, 0, back);
        chain.repay(member, 0, (back < owed).then_some(back))?;
        chain.take(member, 0);
    }
    if coins > back {
        chain.deposit(member, 0, coins - back)?;
    }
    Ok(())
}

/// The most up to `wanted` atoms that the vault and own Initial health let go.
fn withdrawable(chain: &Chain, member: usize, bank: u16, wanted: u64) -> Result<u64, Stop> {
    let banks = chain.accrued()?;
    let state = chain.members[member].state;
    let slot = usize::from(bank);
    let goes = |atoms: u64| {
        let (mut account, mut banks) = (state, banks.clone());
        let taken = lending::withdraw(&mut banks[slot], &mut account, Amount::Exact(atoms), chain.now());
        let healthy = || {
            let portfolio = chain.portfolio(&account, &banks)?;
            assess_initial(&portfolio, &chain.board, Valuation::Initial, chain.now())
        };
        taken.is_ok() && (!lending::has_liability(&account) || healthy().is_ok_and(|health| !health.is_negative()))
    };
    let most = wanted.min(claim(&state, &banks[slot])).min(banks[slot].vault_balance);
    if most == 0 || goes(most) {
        return Ok(most);
    }
    let (mut fits, mut fails) = (0, most);
    for _ in 0..STEPS {
        let middle = u64::midpoint(fits, fails);
        if goes(middle) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    Ok(fits)
}

fn less_cost(value: Usd) -> Usd {
    Usd(value.0 - value.0 / 10_000 * VENUE_BPS)
}
