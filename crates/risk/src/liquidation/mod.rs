//! Liquidation: eligible → plan → apply → post-check (rules-risk 2 and 3).

mod bonus;
mod pair;
mod relief;
mod size;
pub mod staged;

pub use bonus::{bonus, thresholds, Thresholds};
pub use pair::{Pair, Reliefs};
pub use size::{fit, solve, Exchange, Limits};

pub(crate) use relief::{relief, Bound, Hedge, Leg};
pub(crate) use size::amount_for;

use ballast_math::{checked_add, checked_sub, Index, Price, Ratio, Usd};
use ballast_state::{Bank, BonusLock, MarginAccount, RiskBoard};

use crate::bankruptcy::{self, Loss};
use crate::health::{self, decimals, Assessment, Health, Portfolio, Valuation};
use crate::price::{self};
use crate::{swap, timer, Now, RiskError, RiskResult};

/// What a liquidation did: enough to recompute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidated {
    /// The bonus on the value repaid.
    pub bonus: Ratio,
    /// Start of the episode of ill health the bonus was computed with.
    pub unhealthy_since: i64,
    /// What moved.
    pub exchange: Exchange,
    /// Of what the liquidator paid, this went to the loan bank's insurance, atoms.
    pub insurance: u64,
    /// Maintenance health before.
    pub before: Health,
    /// Maintenance health after, before any loss was absorbed.
    pub after: Health,
    /// Bad debt absorbed in the same step.
    pub loss: Option<Loss>,
}

/// Maintenance assessment of an account that may be liquidated now.
///
/// # Errors
/// `NoLiability`, `AccountHealthy`, `DeleverageGrace`, `HealthyAtFavourablePrice`, `AccountCoolingOff`, `GracePeriod`.
#[inline(never)]
pub fn eligible(account: &MarginAccount, portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<Assessment> {
    if !portfolio.has_liability {
        return Err(RiskError::NoLiability);
    }
    let assessment = Assessment::of(portfolio, board, Valuation::Maintenance, now)?;
    let health = Health::of(&assessment, board)?;
    if !health.is_negative() {
        return Err(RiskError::AccountHealthy);
    }
    // What a deleverage took makes an account neither unhealthy nor deeply so.
    let spared = health::spare(health, portfolio, board, Valuation::Maintenance, now)?;
    if !spared.is_negative() {
        return Err(RiskError::DeleverageGrace);
    }
    check_beyond_doubt(portfolio, board, now)?;
    timer::check_not_spared(account, board, &spared, now)?;
    Ok(assessment)
}

/// With a stale or guarded price in it, an account must be unhealthy even where that price favours its owner.
///
/// # Errors
/// `HealthyAtFavourablePrice`.
#[inline(never)]
pub(crate) fn check_beyond_doubt(portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<()> {
    let doubtful = |feed: u8| board.row(feed).is_some_and(|row| price::is_uncertain(row, now, &board.rules));
    if portfolio.exposures().iter().any(|exposure| doubtful(exposure.feed))
        && !health::spared(portfolio, board, Valuation::Favourable, now)?.is_negative()
    {
        return Err(RiskError::HealthyAtFavourablePrice);
    }
    Ok(())
}

/// Liquidates: the liquidator takes over part of a loan and receives collateral worth the bonus more.
///
/// Both banks must be accrued to now; `portfolio` holds the liquidatee's exposures. `max_repay` limits the atoms repaid. The
/// liquidator's own health is the caller's to check afterwards.
///
/// # Errors
/// Those of [`eligible`]; `SamePair`, `NoBalance`, `WrongSide`, `NotCollateral`, `PairPriceStale`, `ZeroShares`,
/// `NothingToDo`, `TooManyBalances`, `LiquidationWouldWorsen`.
#[allow(clippy::too_many_arguments, reason = "two banks, two accounts, their context")]
pub fn liquidate(
    board: &RiskBoard,
    loan_bank: &mut Bank,
    collateral_bank: &mut Bank,
    liquidatee: &mut MarginAccount,
    liquidator: &mut MarginAccount,
    portfolio: &Portfolio,
    max_repay: u64,
    now: Now,
) -> RiskResult<Liquidated> {
    let mut pair = open(board, loan_bank, collateral_bank, liquidatee, portfolio, now)?;
    let Plan { bonus, minimal, exchange, before } =
        plan(&pair, board, loan_bank, collateral_bank, liquidatee, max_repay, now)?;

    pair.settle(&exchange, loan_bank, collateral_bank)?;
    let after = pair.health()?;
    check_outcome(&before, &after, minimal)?;

    let share = Ratio::from_bits(board.rules.insurance_share).mul_down(bonus)?;
    let insurance = share.of_down(Usd(exchange.repaid))?.0;
    apply(loan_bank, collateral_bank, liquidatee, liquidator, &exchange, insurance)?;
    let unhealthy_since = liquidatee.unhealthy_since;
    let loss = conclude(board, loan_bank, liquidatee, bonus, &after, || pair.seizable(now), now)?;
    Ok(Liquidated { bonus, unhealthy_since, exchange, insurance, before, after, loss })
}

/// How much is liquidated, at which bonus.
struct Plan {
    bonus: Ratio,
    /// The bonus is the smallest there is, and too much for the health factor to rise.
    minimal: bool,
    exchange: Exchange,
    before: Health,
}

fn plan(
    pair: &Pair<'_>,
    board: &RiskBoard,
    loan_bank: &Bank,
    collateral_bank: &Bank,
    liquidatee: &MarginAccount,
    max_repay: u64,
    now: Now,
) -> RiskResult<Plan> {
    let before = pair.health()?;
    let thresholds = thresholds(pair, &before)?;
    let bonus = bonus(&thresholds, &before, liquidatee, board, now)?;
    let rate = Ratio::ONE.add(bonus)?;
    let wanted = solve(pair, rate, Ratio(board.rules.liquidation_target))?;
    let limits = Limits { max_repay, max_seize: u64::MAX, dust: Usd(board.rules.dust) };
    let exchange = fit(pair, loan_bank, collateral_bank, rate, wanted, &limits)?;
    let minimal = bonus.0 == u64::from(board.rules.bonus_min) && bonus >= thresholds.factor;
    Ok(Plan { bonus, minimal, exchange, before })
}

/// Health must not fall, nor the health factor unless the bonus is `minimal`.
///
/// # Errors
/// `LiquidationWouldWorsen`.
pub(crate) fn check_outcome(before: &Health, after: &Health, minimal: bool) -> RiskResult<()> {
    let worse = after.value()? < before.value()?;
    if worse || (!minimal && after.factor_is_below(before)?) {
        return Err(RiskError::LiquidationWouldWorsen);
    }
    Ok(())
}

/// Locks the episode's bonus, writes off at once what nothing is left to pay for, and sets the timer.
fn conclude(
    board: &RiskBoard,
    loan_bank: &mut Bank,
    liquidatee: &mut MarginAccount,
    bonus: Ratio,
    after: &Health,
    seizable: impl FnOnce() -> RiskResult<Usd>,
    now: Now,
) -> RiskResult<Option<Loss>> {
    liquidatee.bonus_lock = BonusLock { ts: now.ts, bonus: bonus.0 };
    // Dust left does not veto the write-off, but an account whose dust covers its loans has nothing to write off. A perp
    // position is closed first: what it earned pays.
    let bankrupt =
        after.assets < after.liabilities && liquidatee.perp_count == 0 && seizable()? < Usd(board.rules.dust);
    // A loan that is in part the pool's waits for `resolve_bankruptcy`, which is given the pool.
    let of_pool = liquidatee.balance(loan_bank.index).is_some_and(|loan| loan.perp_shares > 0);
    let loss = if bankrupt && !of_pool { bankruptcy::absorb(loan_bank, liquidatee, None, &mut [], now)? } else { None };
    timer::mark(liquidatee, after, &board.rules, now);
    Ok(loss)
}

/// `A ≤ t·(L + R)`, but for what indivisible units are worth: a share of the loan is the least that can be repaid, and an
/// atom and a share of collateral are what rounding leaves. And for the rounding of impact: the ratio is known to 2⁻³², so
/// that R of the pair fell by so much of its size `before` more or less than the exact ratio says.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn is_within_target(
    before: &Health,
    after: &Health,
    target: Ratio,
    board: &RiskBoard,
    loan_bank: &Bank,
    collateral_bank: &Bank,
) -> RiskResult<bool> {
    /// What the rounding of the sums on both sides can add, in units of 2⁻²⁰ USD.
    const ROUNDING: Usd = Usd(64);
    let share_and = |atoms: u64, bank: &Bank, index: [u64; 2]| -> RiskResult<Usd> {
        let row = board.row(bank.feed).ok_or(RiskError::FeedNotListed)?;
        let atoms = checked_add(Index::from_words(index).amount_up(1)?, atoms)?;
        Ok(Price(row.mid).value_up(decimals(bank).units_up(atoms)?)?)
    };
    let loan = share_and(0, loan_bank, loan_bank.liability_index)?;
    let collateral = share_and(1, collateral_bank, collateral_bank.asset_index)?;
    // The sizes of the pair are together at most A + L, which is less than twice L + R of an unhealthy account.
    let impact = Usd(before.burden()?.0 >> 31);
    let rounding = ROUNDING.add(target.of_up(impact)?)?;
    let bound = target.of_up(after.burden()?)?.add(collateral)?.add(loan)?.add(loan)?.add(rounding)?;
    Ok(after.assets <= bound)
}

/// The pair of an account that may be liquidated now, its timer set.
///
/// On its own for the size of its stack frame: an assessment fills a sixth of one.
#[inline(never)]
pub(crate) fn open<'a>(
    board: &'a RiskBoard,
    loan_bank: &Bank,
    collateral_bank: &Bank,
    liquidatee: &mut MarginAccount,
    portfolio: &'a Portfolio,
    now: Now,
) -> RiskResult<Pair<'a>> {
    let assessment = eligible(liquidatee, portfolio, board, now)?;
    timer::mark(liquidatee, &Health::of(&assessment, board)?, &board.rules, now);
    let pair = Pair::new(board, portfolio, assessment, loan_bank, collateral_bank, liquidatee)?;
    pair.check_prices(board.rules.liquidate_max_age, now)?;
    Ok(pair)
}

/// Moves loan and collateral from one account to the other, and `extra` atoms from the taker to insurance.
///
/// # Errors
/// `TooManyBalances`; arithmetic.
pub(crate) fn apply(
    loan_bank: &mut Bank,
    collateral_bank: &mut Bank,
    from: &mut MarginAccount,
    to: &mut MarginAccount,
    exchange: &Exchange,
    extra: u64,
) -> RiskResult<()> {
    use ballast_state::BalanceSide::{Deposit, Loan};

    use crate::balances::{set_shares, shares};

    let debt = shares(from, loan_bank, Loan)?;
    set_shares(from, loan_bank, Loan, checked_sub(debt, exchange.repaid_shares)?)?;
    loan_bank.liability_shares = checked_sub(loan_bank.liability_shares, exchange.repaid_shares)?;
    let claim = shares(from, collateral_bank, Deposit)?;
    set_shares(from, collateral_bank, Deposit, checked_sub(claim, exchange.seized_shares)?)?;
    collateral_bank.asset_shares = checked_sub(collateral_bank.asset_shares, exchange.seized_shares)?;

    loan_bank.insurance = checked_add(loan_bank.insurance, extra)?;
    swap::debit(loan_bank, to, checked_add(exchange.repaid, extra)?)?;
    swap::credit(collateral_bank, to, exchange.seized_shares)?;
    for bank in [loan_bank, collateral_bank] {
        crate::interest::update_lend_ratio(bank)?;
        crate::lending::count_change(bank);
    }
    from.sequence = from.sequence.wrapping_add(1);
    to.sequence = to.sequence.wrapping_add(1);
    Ok(())
}
