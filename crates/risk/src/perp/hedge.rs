use ballast_math::{Price, Ratio, Units, Usd};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, RiskBoard, RiskRow, NO_CLASS};

use super::liquidate::{close, lots_worth, most_discount};
use super::{book, refresh_equity, slots, Traded};
use crate::health::{decimals, Assessment, Health, Portfolio, Valuation};
use crate::liquidation::{
    self, amount_for, check_outcome, fit, relief, Bound, Exchange, Hedge, Leg, Limits, Pair, Reliefs, Thresholds,
};
use crate::{price, timer, Now, RiskError, RiskResult};

/// How much of a hedge is liquidated: of a loan, of the collateral that is handed over for it, and of the position that one of
/// them is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgePlan {
    /// Loan repaid and collateral handed over for it.
    pub exchange: Exchange,
    /// Lots that close the position's part, bought or below zero sold.
    pub lots: i64,
    /// The bonus on the value repaid: the smallest there is.
    pub bonus: Ratio,
    /// Start of the episode of ill health.
    pub unhealthy_since: i64,
    /// The bonus is too much for the health factor to rise.
    minimal: bool,
    /// Maintenance health before.
    pub before: Health,
}

/// What the liquidation of a hedge moved besides the exchange, atoms of the quote token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HedgeClosed {
    /// Claim settled: to the account, or below zero from it.
    pub paid: i64,
    /// Premium booked to the account.
    pub premium: i64,
    /// Of what the liquidator repaid, this went to the loan bank's insurance on top, atoms of the loan.
    pub insurance: u64,
}

/// Plans the liquidation of both legs of a hedge at once (ADR 17): a position that is short what the collateral is, or long what
/// the loan is, by feed or by class. Closing one leg alone would leave the other naked, and health lower.
///
/// `x = (t·(L+R) − A) / (t·(1 + ρ̄_a + (1+i)·ρ̄_b + h·ρ̄_p) + h·d − (1+i))` dollars of loan, h = 1+i where the position is matched with
/// the collateral and 1 where with the loan; d is what closing gives back of the skew's premium at most, times t where the quote token is
/// owed. The bonus is the smallest:
/// a hedge loses slowly.
///
/// # Errors
/// Those of [`liquidation::eligible`]; `NoPosition`, `NotAHedge`, `SamePair`, `NoBalance`, `WrongSide`, `NotCollateral`,
/// `PairPriceStale`, `NothingToDo`, `ZeroShares`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "market, two banks, an account, their context")]
#[inline(never)]
pub fn plan_hedge(
    board: &RiskBoard,
    market: &PerpMarket,
    loan_bank: &Bank,
    collateral_bank: &Bank,
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    max_repay: u64,
    now: Now,
) -> RiskResult<HedgePlan> {
    let size = book::size(slots::find(account, market.index).ok_or(RiskError::NoPosition)?, market)?;
    let pair = liquidation::open(board, loan_bank, collateral_bank, account, portfolio, now)?;
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        price::check_fresh(row, now, board.rules.liquidate_max_age).map_err(|_| RiskError::PairPriceStale)?;
    }
    let leg = if size > 0 { Leg::Collateral } else { Leg::Loan };
    let (feed, matched) = matched_with(&pair, leg);
    let of_class = matched.class == row.class && row.class != NO_CLASS;
    if size == 0 || !(feed == market.feed || of_class) {
        return Err(RiskError::NotAHedge);
    }

    let before = pair.health()?;
    let bonus = Ratio::from_bits(board.rules.bonus_min);
    let rate = Ratio::ONE.add(bonus)?;
    // The position's own relief, and per dollar of loan.
    let hedge = Hedge::of(pair.assessment(), row.class, board);
    let spared = relief(row, &portfolio.exposure(market.feed), hedge, leg, Bound::Upper)?;
    let closed_per_usd = if matches!(leg, Leg::Loan) { rate } else { Ratio::ONE };
    // What the premium gives back repays what is owed in the quote token: a target above one frees as much more.
    let discount = most_discount(market, size)?;
    let owes_quote = owes(portfolio, market.quote_feed)?;
    let discount = if owes_quote { Ratio(board.rules.liquidation_target).mul_up(discount)? } else { discount };
    let wanted = solve(&pair, rate, closed_per_usd, spared, discount, board)?;
    let limits = Limits { max_repay, max_seize: u64::MAX, dust: Usd(board.rules.dust) };
    let exchange = fit(&pair, loan_bank, collateral_bank, rate, wanted, &limits)?;
    let (bank, atoms) = match leg {
        Leg::Loan => (collateral_bank, exchange.seized),
        Leg::Collateral => (loan_bank, exchange.repaid),
    };
    let closed = Price(matched.mid).value_down(decimals(bank).units_down(atoms)?)?;
    let lots = lots_worth(board, market, Price(row.mid), (size, size.unsigned_abs()), closed)?;
    // The leg that is matched frees nothing for certain: by the rounding of its size it may seem to be the larger one.
    let reliefs = pair.lower_reliefs()?;
    let reliefs = match leg {
        Leg::Loan => Reliefs { collateral: Ratio::ZERO, ..reliefs },
        Leg::Collateral => Reliefs { loan: Ratio::ZERO, ..reliefs },
    };
    let thresholds = Thresholds::of(&reliefs, &before)?;
    Ok(HedgePlan {
        exchange,
        lots,
        bonus,
        unhealthy_since: account.unhealthy_since,
        minimal: bonus >= thresholds.factor,
        before,
    })
}

/// Moves what was planned: the exchange between the accounts, the position's part against the pool at the mark, without inventory.
/// `quote` is the pool's bank where it is neither of the pair. All banks must be accrued to now, and the market synced.
///
/// # Errors
/// `BankMismatch`, `BankInFlashLoan`, `NoPosition`, `TooManyBalances`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "market, pool and three banks, two accounts, their context")]
#[inline(never)]
pub fn close_hedge(
    board: &RiskBoard,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    loan_bank: &mut Bank,
    collateral_bank: &mut Bank,
    quote: Option<&mut Bank>,
    account: &mut MarginAccount,
    liquidator: &mut MarginAccount,
    plan: &HedgePlan,
    now: Now,
) -> RiskResult<HedgeClosed> {
    let share = Ratio::from_bits(board.rules.insurance_share).mul_down(plan.bonus)?;
    let insurance = share.of_down(Usd(plan.exchange.repaid))?.0;
    liquidation::apply(loan_bank, collateral_bank, account, liquidator, &plan.exchange, insurance)?;
    let mut banks = [Some(loan_bank), Some(collateral_bank), quote].into_iter().flatten();
    let bank = banks.find(|bank| bank.index == pool.bank).ok_or(RiskError::BankMismatch)?;
    let Traded { paid, premium, .. } = close(board, market, pool, bank, account, plan.lots, now)?;
    refresh_equity(market, pool, bank, now)?;
    Ok(HedgeClosed { paid, premium, insurance })
}

/// Checks what the liquidation of a hedge left: `portfolio` is the account after it. Sets the timer. The bonus was the smallest there
/// is, which no lock forbids: it locks nothing, or closing dust would keep the bonus of everything else down. Bad debt waits for
/// `resolve_bankruptcy`.
///
/// # Errors
/// `LiquidationWouldWorsen`; arithmetic.
#[inline(never)]
pub fn conclude_hedge(
    board: &RiskBoard,
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    plan: &HedgePlan,
    now: Now,
) -> RiskResult<Health> {
    let after = Health::of(&Assessment::of(portfolio, board, Valuation::Maintenance, now)?, board)?;
    check_outcome(&plan.before, &after, plan.minimal)?;
    timer::mark(account, &after, &board.rules, now);
    Ok(after)
}

/// True if the account owes quote tokens: a loan, or more losses than it has deposits and profits.
fn owes(portfolio: &Portfolio, quote: u8) -> RiskResult<bool> {
    let exposure = portfolio.exposure(quote);
    let has = exposure.deposits.add(portfolio.profit)?;
    Ok(exposure.loans != Units::ZERO || portfolio.loss > has)
}

/// What of the pair a short position is matched with, or a long one: its feed and row.
fn matched_with<'a>(pair: &'a Pair<'_>, leg: Leg) -> (u8, &'a RiskRow) {
    match leg {
        Leg::Loan => pair.collateral_leg(),
        Leg::Collateral => pair.loan_leg(),
    }
}

fn solve(
    pair: &Pair<'_>,
    rate: Ratio,
    closed: Ratio,
    spared: Ratio,
    discount: Ratio,
    board: &RiskBoard,
) -> RiskResult<Usd> {
    let target = Ratio(board.rules.liquidation_target);
    let health = pair.health()?;
    let missing = target.of_down(health.burden()?)?.excess_over(health.assets);
    if missing == Usd::ZERO {
        return Ok(Usd::ZERO);
    }
    let reliefs = pair.upper_reliefs()?;
    let freed = Ratio::ONE.add(reliefs.loan)?.add(rate.mul_up(reliefs.collateral)?)?.add(closed.mul_up(spared)?)?;
    Ok(amount_for(missing, target.mul_up(freed)?.add(closed.mul_up(discount)?)?.excess_over(rate)))
}
