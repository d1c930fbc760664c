use ballast_math::{wide, MathError, MathResult, Price, Ratio, Usd};
use ballast_state::{Bank, BonusLock, LiquidityPool, MarginAccount, PerpMarket, RiskBoard, RiskRow};

use super::cash::{owe_pool, release_traded};
use super::{book, most_paid, origin, rail, refresh_equity, slots, trade, Fill, Traded, VALUE_BITS};
use crate::bankruptcy::{self, Loss};
use crate::health::{rates_of, Assessment, Change, Exposure, Health, Portfolio, Valuation};
use crate::liquidation::{amount_for, bonus, check_outcome, eligible, relief, Bound, Hedge, Leg, Thresholds};
use crate::{flash, price, swap, timer, Now, RiskError, RiskResult};

/// How much of a position is liquidated, at which bonus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionPlan {
    /// Lots that close it, bought or below zero sold.
    pub lots: i64,
    /// The bonus on the value closed.
    pub bonus: Ratio,
    /// Start of the episode of ill health the bonus was computed with.
    pub unhealthy_since: i64,
    /// The bonus is the smallest there is, and too much for the health factor to rise.
    minimal: bool,
    /// Maintenance health before.
    pub before: Health,
    /// The account without what closing changes: its exposures to the position's feed and to the quote token.
    others: Assessment,
    /// The two, or one where they are the same.
    feeds: (u8, Option<u8>),
}

/// What the liquidation of a position moved, atoms of the quote token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionClosed {
    /// Claim settled: to the account, or below zero from it.
    pub paid: i64,
    /// Premium booked to the account.
    pub premium: i64,
    /// Bonus the account paid, insurance's share included.
    pub bonus: u64,
    /// Of it, what went to the bank's insurance.
    pub insurance: u64,
}

/// Plans the liquidation of an account's position in a synced market: as many lots as bring the health factor to its target,
/// `max_lots` at most (rules-perps 10).
///
/// `x = (t·(L+R) − A) / (t·(ρ̄ + i·ρ̄_q) − i + d)`, two steps. Closing x dollars takes i·x from the assets, which spares ρ_q of
/// it, gives d·x of the skew's premium back at most, and takes ρ·x from the requirement. Where D is owed the premium may pay that,
/// which counts t times: then x is the larger of what t·d in place of d gives, and (t−1)·D less than missing.
///
/// # Errors
/// Those of [`eligible`]; `NoPosition`, `NothingToDo`, `PairPriceStale`; arithmetic.
pub fn plan_position(
    board: &RiskBoard,
    market: &PerpMarket,
    account: &MarginAccount,
    portfolio: &Portfolio,
    max_lots: u64,
    now: Now,
) -> RiskResult<PositionPlan> {
    let size = book::size(slots::find(account, market.index).ok_or(RiskError::NoPosition)?, market)?;
    let assessment = eligible(account, portfolio, board, now)?;
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    for row in [row, quote] {
        price::check_fresh(row, now, board.rules.liquidate_max_age).map_err(|_| RiskError::PairPriceStale)?;
    }
    let leg = if size > 0 { Leg::Collateral } else { Leg::Loan };
    let feeds = (market.feed, Some(market.quote_feed).filter(|quote| *quote != market.feed));
    let mut others = assessment;
    change_feeds(&mut others, portfolio, feeds, board, Change::Take)?;
    let before = Health::of(&assessment, board)?;
    let mut closing = Closing {
        board,
        portfolio,
        assessment,
        exposure: portfolio.exposure(market.feed),
        leg,
        of_quote: most_spared(quote, &assessment, board)?,
        discount: most_discount(market, size)?,
        spared: Usd::ZERO,
    };
    let lower = closing.relief(Bound::Lower)?;
    let factor = before.factor().unwrap_or(Ratio::ONE).min(Ratio::ONE);
    // Without equity a bonus is paid by others: it is the smallest.
    let solvent = before.assets > before.liabilities;
    let thresholds = Thresholds { health: lower, factor: if solvent { factor.mul_down(lower)? } else { Ratio::ZERO } };
    let bonus = bonus(&thresholds, &before, account, board, now)?;
    let wanted = closing.solve(bonus, Ratio(board.rules.liquidation_target))?;

    let most = size.unsigned_abs().min(max_lots);
    if most == 0 || wanted == Usd::ZERO {
        return Err(RiskError::NothingToDo);
    }
    Ok(PositionPlan {
        lots: lots_worth(board, market, Price(row.mid), (size, most), wanted)?,
        bonus,
        unhealthy_since: account.unhealthy_since,
        minimal: bonus.0 == u64::from(board.rules.bonus_min) && bonus >= thresholds.factor,
        before,
        others,
        feeds,
    })
}

/// Closes what was planned against the pool, at the mark: no inventory is needed. The account pays the premium of the skew it
/// leaves and the bonus, from its deposit or by a loan that is marked as the pool's. The bank must be accrued to now.
///
/// # Errors
/// `BankInFlashLoan`, `NoPosition`, `TooManyBalances`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "market, pool and bank, two accounts, their context")]
pub fn close_position(
    board: &RiskBoard,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    liquidator: &mut MarginAccount,
    plan: &PositionPlan,
    now: Now,
) -> RiskResult<PositionClosed> {
    let traded = close(board, market, pool, bank, account, plan.lots, now)?;
    let bonus = bonus_atoms(market.mark, plan)?;
    let insurance = Ratio::from_bits(board.rules.insurance_share).of_down(Usd(bonus))?.0;
    owe_pool(bank, account, market.index, bonus)?;
    bank.insurance = ballast_math::checked_add(bank.insurance, insurance)?;
    let index = ballast_math::Index::from_words(bank.asset_index);
    swap::credit(bank, liquidator, index.shares_down(bonus.saturating_sub(insurance))?)?;
    crate::interest::update_lend_ratio(bank)?;
    refresh_equity(market, pool, bank, now)?;
    liquidator.sequence = liquidator.sequence.wrapping_add(1);
    Ok(PositionClosed { paid: traded.paid, premium: traded.premium, bonus, insurance })
}

/// Trades lots of a position at the mark and settles what that leaves to pay.
///
/// # Errors
/// `BankInFlashLoan`, `NoPosition`, `TooManyBalances`; arithmetic.
#[inline(never)]
pub(super) fn close(
    board: &RiskBoard,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    lots: i64,
    now: Now,
) -> RiskResult<Traded> {
    flash::require_none(bank)?;
    let mut position = *slots::find(account, market.index).ok_or(RiskError::NoPosition)?;
    rail::begin_day(account, now);
    let most = most_paid(market, pool, bank, account, board, now)?;
    let traded = trade(market, &mut position, Fill { lots, price: market.mark, print: market.mark }, most)?;
    slots::store(account, position)?;
    release_traded(market, pool, bank, account, &traded, Usd::ZERO, board, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    account.sequence = account.sequence.wrapping_add(1);
    Ok(traded)
}

/// Lots of a position of `held` lots that are worth `wanted`, and those that close it: one at least, `most` at most, and all of it
/// where what is left would be worth too little to be liquidated later.
pub(super) fn lots_worth(
    board: &RiskBoard,
    market: &PerpMarket,
    mid: Price,
    (held, most): (i64, u64),
    wanted: Usd,
) -> RiskResult<i64> {
    let scale = 10u64.checked_pow(u32::from(market.lot_decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    let size = held.unsigned_abs();
    let lots = mid.atoms_down(wanted, scale).unwrap_or(u64::MAX).clamp(1, most);
    let dust = mid.atoms_up(Usd(board.rules.dust), scale).unwrap_or(u64::MAX);
    let lots = if most == size && size.saturating_sub(lots) < dust { size } else { lots };
    let lots = i64::try_from(lots).map_err(|_| MathError::here())?;
    Ok(if held > 0 { lots.wrapping_neg() } else { lots })
}

/// Checks what a liquidation left: `portfolio` is the account after it, which differs from the one planned with in the position's
/// feed and in the quote token alone. Locks the episode's bonus, sets the timer, and writes off at once what nothing is left to
/// pay for; where losses in other markets opened part of that, `resolve_bankruptcy` has to, which can name them.
///
/// # Errors
/// `LiquidationWouldWorsen`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "market, pool and bank, an account, their context")]
pub fn conclude_position(
    board: &RiskBoard,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    plan: &PositionPlan,
    now: Now,
) -> RiskResult<(Health, Option<Loss>)> {
    let mut assessment = plan.others;
    change_feeds(&mut assessment, portfolio, plan.feeds, board, Change::Add)?;
    let after = Health::of(&assessment, board)?;
    let nothing_left = bankruptcy::seizable(portfolio.exposures(), board, now)? < Usd(board.rules.dust);
    // Who owes more than there is, and holds nothing but positions that hedge each other or a loan, is closed leg by leg all the
    // same: there is no equity to protect, and until the last one is closed nothing can be written off.
    if !(nothing_left && plan.before.assets < plan.before.liabilities) {
        check_outcome(&plan.before, &after, plan.minimal)?;
    }
    account.bonus_lock = BonusLock { ts: now.ts, bonus: plan.bonus.0 };
    let bankrupt = after.assets < after.liabilities && account.perp_count == 0 && nothing_left;
    let loss = if bankrupt && origin::is_only(account, bank.index, market.index) {
        bankruptcy::absorb(bank, account, Some(pool), &mut [market], now)?
    } else {
        None
    };
    timer::mark(account, &after, &board.rules, now);
    Ok((after, loss))
}

/// Takes what closing changes out of an assessment, or puts it in.
fn change_feeds(
    assessment: &mut Assessment,
    portfolio: &Portfolio,
    (feed, quote): (u8, Option<u8>),
    board: &RiskBoard,
    change: Change,
) -> RiskResult<()> {
    assessment.change_feed(portfolio, feed, board, change)?;
    quote.map_or(Ok(()), |quote| assessment.change_feed(portfolio, quote, board, change))
}

/// The bonus on what was closed, atoms of the quote token, down.
fn bonus_atoms(mark: u64, plan: &PositionPlan) -> MathResult<u64> {
    let value = wide(plan.lots.unsigned_abs(), mark) >> VALUE_BITS;
    let value = u64::try_from(value).map_err(|_| MathError::here())?;
    Ok(plan.bonus.of_down(Usd(value))?.0)
}

/// What R falls by at most per USD of quote token less: its deposit, or what a position won in it.
fn most_spared(row: &RiskRow, assessment: &Assessment, board: &RiskBoard) -> RiskResult<Ratio> {
    let rates = rates_of(row, Valuation::Maintenance);
    let netted = rates.long.mul_up(Ratio::ONE.add(Hedge::of(assessment, row.class, board).kappa())?)?;
    // 1.5·impact is the slope of N·√N.
    let impact = Ratio(u64::from(row.impact_cap).saturating_mul(3).div_ceil(2));
    Ok(rates.add_on.add(impact)?.max(Ratio::from_bits(row.basis)).add(netted)?)
}

/// `|s| / scale` where closing makes the skew smaller: no step of the premium is steeper.
pub(super) fn most_discount(market: &PerpMarket, size: i64) -> RiskResult<Ratio> {
    let skew = book::skew(market)?;
    if skew == 0 || (skew < 0) != (size < 0) {
        return Ok(Ratio::ZERO);
    }
    Ok(Ratio::quotient_down(skew.unsigned_abs(), market.terms.skew_scale)?.add(Ratio(1))?)
}

/// A position on its way to be closed, with what that does to the account's health.
#[derive(Clone, Copy)]
struct Closing<'a> {
    board: &'a RiskBoard,
    portfolio: &'a Portfolio,
    assessment: Assessment,
    exposure: Exposure,
    leg: Leg,
    /// ρ̄_q: what R falls by at most per USD of the quote token paid away.
    of_quote: Ratio,
    /// d: premium given back per USD closed, at most.
    discount: Ratio,
    /// What paying the bonus so far spared of the requirement, at most.
    spared: Usd,
}

impl Closing<'_> {
    fn health(&self) -> RiskResult<Health> {
        Ok(Health::of(&self.assessment, self.board)?)
    }

    fn relief(&self, bound: Bound) -> RiskResult<Ratio> {
        let row = self.board.row(self.exposure.feed).ok_or(RiskError::FeedNotListed)?;
        relief(row, &self.exposure, Hedge::of(&self.assessment, row.class, self.board), self.leg, bound)
    }

    /// USD to close so that HF reaches `target` and never passes it.
    fn solve(&mut self, bonus: Ratio, target: Ratio) -> RiskResult<Usd> {
        let first = self.step(bonus, target)?;
        if first == Usd::ZERO || first.0 == u64::MAX {
            return Ok(first);
        }
        self.shift(bonus, first)?;
        Ok(Usd(first.0.saturating_add(self.step(bonus, target)?.0)))
    }

    fn step(&self, bonus: Ratio, target: Ratio) -> RiskResult<Usd> {
        let health = self.health()?;
        let burden = health.burden()?.excess_over(self.spared);
        let missing = target.of_down(burden)?.excess_over(health.assets);
        let spared = self.relief(Bound::Upper)?.add(bonus.mul_up(self.of_quote)?)?;
        let freed = target.mul_up(spared)?;
        let debt = health.liabilities;
        if debt == Usd::ZERO || self.discount == Ratio::ZERO {
            return Ok(amount_for(missing, freed.add(self.discount)?.excess_over(bonus)));
        }
        let all_paid = missing.excess_over(target.excess_over(Ratio::ONE).of_up(debt)?);
        let all_paid = amount_for(all_paid, freed.add(self.discount)?.excess_over(bonus));
        let all_pays = amount_for(missing, freed.add(target.mul_up(self.discount)?)?.excess_over(bonus));
        Ok(all_paid.max(all_pays))
    }

    /// The account after so many USD more are closed. What the bonus takes is taken from the assets, whatever it opens: that
    /// leaves the higher health factor of the two. Likewise the premium gives back what it can at most, to what is owed first.
    fn shift(&mut self, bonus: Ratio, closed: Usd) -> RiskResult<()> {
        let row = self.board.row(self.exposure.feed).ok_or(RiskError::FeedNotListed)?;
        let units = Price(row.mid).units_down(closed)?;
        let mut next = self.exposure;
        match self.leg {
            Leg::Collateral => next.perp_long = next.perp_long.excess_over(units),
            Leg::Loan => next.perp_short = next.perp_short.excess_over(units),
        }
        self.assessment.replace(self.portfolio, &self.exposure, &next, self.board)?;
        self.exposure = next;
        let paid = bonus.of_down(closed)?;
        let returned = self.discount.of_up(closed)?;
        let repaid = returned.min(self.assessment.liabilities);
        self.assessment.liabilities = self.assessment.liabilities.excess_over(repaid);
        self.assessment.assets = self.assessment.assets.add(returned.excess_over(repaid))?.excess_over(paid);
        self.spared = self.of_quote.of_up(paid)?;
        Ok(())
    }
}
