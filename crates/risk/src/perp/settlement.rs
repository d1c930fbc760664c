//! The end of a market: one price for all, and where the pool's stake cannot pay all claims, a part of each (rules-perps 6).
//!
//! Settling a market sets both position indices to zero: sizes are gone, what positions won and lost at the mark stands. Where the
//! market's equity is not negative, everyone is paid as ever. Where it is, claims are registered first and losses collected; then
//! one ratio is paid of every claim, and what comes in later raises it for all of them alike.

use ballast_math::{checked_add, checked_sub, signed_add, signed_sub, wide, MathError, MathResult, Ratio};
use ballast_state::{Bank, LiquidityPool, MarketMode, PerpMarket, PerpSide, PriceFeed, RiskBoard};

use super::deleverage::{begin_series, give_back};
use super::{backing, book, refresh_equity, require_synced, skew_reserve, VALUE_BITS};
use crate::error::require;
use crate::{price, Now, RiskError, RiskResult};

/// Seconds in which claims are registered before the part that is paid is computed without those that were not.
pub const RESOLUTION_SECONDS: i64 = 86_400;

/// A market that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketSettled {
    /// The settlement price, a mark.
    pub mark: u64,
    /// Skew that was closed at it.
    pub skew: i64,
    /// Premium given back to its side, atoms.
    pub returned: u64,
    /// E_m then: below zero claims are registered.
    pub equity: i64,
    /// What the pool stands for, atoms.
    pub stake: i64,
}

/// True if nothing that `deleverage` could take would bring the sides nearer to each other.
///
/// # Errors
/// Overflow.
pub fn is_flat(market: &PerpMarket) -> MathResult<bool> {
    let interest = book::open_interest(&market.long)?.max(book::open_interest(&market.short)?);
    // A shrink takes 2 + OI/2²⁴ lots more than asked at most.
    Ok(book::skew(market)?.unsigned_abs() <= (interest >> 23).saturating_add(4))
}

/// True once it is known which part of its claims a settled market pays.
#[must_use]
pub fn is_final(market: &PerpMarket) -> bool {
    market.is_settled() && market.payout > 0
}

/// True of a settled market whose claims are worth what they are due: the part it pays is known, and it can pay it.
#[must_use]
pub fn pays(market: &PerpMarket) -> bool {
    is_final(market) && !reopens(market)
}

/// True of a settled market that could pay all and cannot any more: [`settle_market`] opens it again.
#[must_use]
pub fn reopens(market: &PerpMarket) -> bool {
    market.is_settled() && market.payout >= Ratio::ONE.0 && market.equity < 0
}

/// Settles a market at its mark: one in wind-down once its time has come, and any that owes more than it has once its skew is gone.
/// What the skew was charged goes back to its side; feed and weight are free for another market. The market must be synced.
///
/// # Errors
/// `MarketNotSynced`; `MarketEnded`, `MarketGoesOn`; `PriceStale`, `PricePending`, `PriceGuarded`, `PriceAway`; arithmetic.
#[inline(never)]
pub fn settle_market(
    market: &mut PerpMarket,
    feed: &mut PriceFeed,
    pool: &mut LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<MarketSettled> {
    if market.is_settled() {
        return reopen(market, pool, bank, now);
    }
    require_synced(market, board)?;
    let is_due = MarketMode::from_byte(market.mode) == MarketMode::WindDown && now.ts >= market.settlement_ts;
    // Only for claims there is something to divide: what a market overspent a new day forgets.
    let lacks = market.equity < 0 && winnings(market)? > 0 && is_flat(market)?;
    require(is_due || lacks, RiskError::MarketGoesOn)?;
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        price::check_usable(row, now, board.rules.liquidate_max_age)?;
        require(row.is_away == 0, RiskError::PriceAway)?;
    }
    let skew = book::skew(market)?;
    let returned = if skew == 0 { 0 } else { skew_reserve(market.mark, skew, &market.terms)? };
    if returned > 0 {
        give_back(market.book_mut(PerpSide::of(skew)), returned)?;
    }
    // What is left of the budget is set aside; the rest of the pool goes on without this market.
    market.stake = market.budget.max(0);
    pool.earmarked = pool.earmarked.checked_add(market.stake).ok_or_else(MathError::here)?;
    pool.spent = pool.spent.checked_sub(market.spent).ok_or_else(MathError::here)?;
    market.spent = 0;
    market.mode = MarketMode::Settled.to_byte();
    market.settlement_ts = now.ts;
    market.funding_rate = 0;
    (feed.perps, feed.perp_floor) = (0, 0);
    feed.sequence = feed.sequence.wrapping_add(1);
    pool.weight = pool.weight.saturating_sub(u64::from(market.terms.weight));
    market.terms.weight = 0;
    market.end_indices = [market.long.position_index, market.short.position_index];
    for side in [&mut market.long, &mut market.short] {
        // Hedges end with it: for an hour nobody is liquidatable by that.
        begin_series(side, now);
        side.deleverage_ts = now.ts;
        if side.base != [0, 0] {
            side.position_index = 0;
        }
    }
    refresh_equity(market, pool, bank, now)?;
    let equity = market.equity;
    if equity >= 0 {
        conclude(market, pool, bank, Ratio::ONE.0, now)?;
    }
    pool.sequence = pool.sequence.wrapping_add(1);
    market.sequence = market.sequence.wrapping_add(1);
    Ok(MarketSettled { mark: market.mark, skew, returned, equity, stake: market.stake })
}

/// A settled market that could pay all, and cannot any more since losses were not paid. What it gave back to the pool comes back; where that
/// is not enough, its claims are registered after all.
fn reopen(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, now: Now) -> RiskResult<MarketSettled> {
    refresh_equity(market, pool, bank, now)?;
    require(reopens(market), RiskError::MarketEnded)?;
    // What went back to the pool while nobody needed it.
    let back = market.equity.unsigned_abs().min(market.returned);
    market.returned = market.returned.saturating_sub(back);
    take(market, pool, i64::try_from(back).map_err(|_| MathError::here())?.wrapping_neg())?;
    if market.equity.unsigned_abs() > back {
        // What is left of claims is divided as if it were all: who was paid more than others has had it.
        market.registered = checked_sub(market.registered, market.registered_paid)?;
        market.registered_paid = 0;
        market.generation = market.generation.wrapping_add(1) & (u8::MAX >> 1);
        market.payout = 0;
        market.settlement_ts = now.ts;
    }
    pool.sequence = pool.sequence.wrapping_add(1);
    refresh_equity(market, pool, bank, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    Ok(MarketSettled { mark: market.mark, skew: 0, returned: 0, equity: market.equity, stake: market.stake })
}

/// Computes the part that is paid of each claim, once all are registered or the time for it has passed; it never falls.
/// `h = (stake + paid − h_m·U⁺) / Z`, down: those that were not registered keep their part of the money.
///
/// # Errors
/// `MarketGoesOn`, `PayoutUnknown`, `NothingToDo` if it is no larger than before; arithmetic.
#[inline(never)]
pub fn update_payout(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, now: Now) -> RiskResult<Ratio> {
    require(market.is_settled(), RiskError::MarketGoesOn)?;
    require(market.payout < Ratio::ONE.0, RiskError::NothingToDo)?;
    let waiting = market.long.positions.saturating_add(market.short.positions);
    let timely = now.ts < market.settlement_ts.saturating_add(RESOLUTION_SECONDS);
    require(waiting == 0 || !timely, RiskError::PayoutUnknown)?;
    let backed = backed(market)?;
    let reserved = part_of(winnings(market)?, backed.0)?;
    let stake = u64::try_from(market.stake).unwrap_or(0);
    let money = checked_add(stake, market.registered_paid)?.saturating_sub(reserved);
    let payout = if money >= market.registered { Ratio::ONE } else { Ratio::quotient_down(money, market.registered)? };
    // Those who come later get no less. Zero stands for a part that is unknown.
    let payout = if waiting == 0 { payout } else { payout.min(backed) }.0.max(1);
    require(payout > market.payout, RiskError::NothingToDo)?;
    conclude(market, pool, bank, payout, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    pool.sequence = pool.sequence.wrapping_add(1);
    Ok(Ratio(payout))
}

/// Says which part is paid. Where that is all, what no claim will need goes back to the pool.
fn conclude(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, payout: u64, now: Now) -> RiskResult<()> {
    market.payout = payout;
    give_up_surplus(market, pool)?;
    refresh_equity(market, pool, bank, now)
}

/// Gives back to the pool what no claim needs of the stake of a settled market that pays all.
///
/// # Errors
/// Overflow.
pub(super) fn give_up_surplus(market: &mut PerpMarket, pool: &mut LiquidityPool) -> MathResult<()> {
    if !market.is_settled() || market.payout < Ratio::ONE.0 {
        return Ok(());
    }
    let needed = checked_add(payable(market)?, winnings(market)?)?;
    let needed = i64::try_from(needed).map_err(|_| MathError::here())?;
    let surplus = market.stake.saturating_sub(needed).max(0);
    market.returned = checked_add(market.returned, surplus.unsigned_abs())?;
    take(market, pool, surplus)
}

/// Books what a settled market paid, or below zero received: out of its stake, or into it.
pub(super) fn take(market: &mut PerpMarket, pool: &mut LiquidityPool, paid: i64) -> MathResult<()> {
    market.stake = market.stake.checked_sub(paid).ok_or_else(MathError::here)?;
    pool.earmarked = pool.earmarked.checked_sub(paid).ok_or_else(MathError::here)?;
    Ok(())
}

/// E_m and h_m of a settled market, whose stake is its budget.
pub(super) fn refresh(market: &mut PerpMarket) -> RiskResult<()> {
    let equity = signed_sub(i128::from(market.stake) << VALUE_BITS, owed(market)?)? >> VALUE_BITS;
    market.equity = i64::try_from(equity).map_err(|_| MathError::here())?;
    market.backing = if market.payout == 0 || reopens(market) { backed(market)?.0 } else { market.payout };
    Ok(())
}

/// h_m: the part of all claims, registered or not, that is backed by the stake and by what sides that lost still owe.
fn backed(market: &PerpMarket) -> MathResult<Ratio> {
    let (long, short) = (book::owed(&market.long)?, book::owed(&market.short)?);
    let profit = signed_add(signed_add(long.max(0), short.max(0))?, unpaid(market))?;
    backing(i128::from(market.stake) << VALUE_BITS, profit, signed_add(long.min(0), short.min(0))?)
}

/// What the pool owes a settled market, a value: what its sides are owed and registered claims are not yet paid, and once it is known
/// that only a part is paid, no more than the stake.
///
/// # Errors
/// Overflow.
pub fn owed(market: &PerpMarket) -> MathResult<i128> {
    let sides = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
    let all = signed_add(sides, unpaid(market))?;
    let in_part = market.payout > 0 && market.payout < Ratio::ONE.0;
    Ok(if in_part { all.min(i128::from(market.stake) << VALUE_BITS) } else { all })
}

/// What a settled market will have cost the pool: what it owes, and where it cannot pay all, its stake.
///
/// # Errors
/// Overflow.
pub fn cost(market: &PerpMarket) -> MathResult<i128> {
    let owed = owed(market)?;
    Ok(if market.payout < Ratio::ONE.0 { owed.min(i128::from(market.stake) << VALUE_BITS) } else { owed })
}

/// What of registered claims was not paid, a value.
fn unpaid(market: &PerpMarket) -> i128 {
    i128::from(market.registered.saturating_sub(market.registered_paid)) << VALUE_BITS
}

/// What registered claims are still due together, atoms, up.
fn payable(market: &PerpMarket) -> MathResult<u64> {
    Ok(part_of(market.registered, market.payout)?.saturating_sub(market.registered_paid))
}

/// What sides that won are owed and have not registered, atoms, up.
fn winnings(market: &PerpMarket) -> MathResult<u64> {
    let won = signed_add(book::owed(&market.long)?.max(0), book::owed(&market.short)?.max(0))?;
    let atoms = won.unsigned_abs().div_ceil(1 << VALUE_BITS);
    u64::try_from(atoms).map_err(|_| MathError::here())
}

/// A part of atoms, up.
fn part_of(atoms: u64, part: u64) -> MathResult<u64> {
    let bits = u128::from(u32::MAX);
    u64::try_from(wide(atoms, part).saturating_add(bits) >> Ratio::BITS).map_err(|_| MathError::here())
}
