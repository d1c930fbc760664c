use ballast_math::{signed_add, signed_sub, MathError, MathResult, Ratio};
use ballast_state::{Bank, LiquidityPool, PerpMarket};

use super::{book, skew_reserve, VALUE_BITS};
use crate::{interest, Now, RiskResult};

/// F: what the pool's deposit is worth, atoms of the quote token.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn funds(pool: &LiquidityPool, bank: &Bank, now: Now) -> MathResult<u64> {
    interest::project_one(bank, false, now)?.amount_down(pool.shares)
}

/// What was spent on the day of `now`: a new day starts at nothing.
#[inline]
#[must_use]
pub fn spent_today(spent: i64, day: i64, now: Now) -> i64 {
    if PerpMarket::day(now.ts) == day {
        spent
    } else {
        0
    }
}

/// `budget_m = w_m·(F + Σ spent) − spent_m`, down: what the pool stands for in this market on a day. Paying out of it lowers it
/// and nothing else's.
///
/// # Errors
/// Overflow.
pub fn budget(market: &PerpMarket, pool: &LiquidityPool, funds: u64, now: Now) -> MathResult<i64> {
    let all = i128::from(funds).wrapping_add(i128::from(spent_today(pool.spent, pool.spent_day, now)));
    let share = all.checked_mul(i128::from(market.terms.weight)).ok_or_else(MathError::here)? >> Ratio::BITS;
    let left = signed_sub(share, i128::from(spent_today(market.spent, market.spent_day, now)))?;
    i64::try_from(left).map_err(|_| MathError::here())
}

/// h_m: the part of all unrealised profit that is certainly backed, down (rules-perps 6). `spare` is the budget less the skew
/// reserve; all three in one unit.
///
/// # Errors
/// Overflow.
pub fn backing(spare: i128, long: i128, short: i128) -> MathResult<Ratio> {
    let profit = long.max(0).checked_add(short.max(0)).ok_or_else(MathError::here)?;
    let loss = long.min(0).checked_add(short.min(0)).ok_or_else(MathError::here)?;
    let backed = signed_sub(spare, loss)?;
    if backed >= profit {
        return Ok(Ratio::ONE);
    }
    if backed <= 0 {
        return Ok(Ratio::ZERO);
    }
    let (mut part, mut whole) = (backed.unsigned_abs(), profit.unsigned_abs());
    // Both to 64 bits: the part down, the whole up.
    let excess = 128u32.saturating_sub(whole.leading_zeros()).saturating_sub(63);
    if excess > 0 {
        part = part.checked_shr(excess).unwrap_or(0);
        whole = whole.checked_shr(excess).unwrap_or(0).saturating_add(1);
    }
    match (u64::try_from(part), u64::try_from(whole)) {
        (Ok(part), Ok(whole)) => Ratio::quotient_down(part, whole),
        _ => Err(MathError::here()),
    }
}

/// Recomputes what the market's mark, skew and the pool's funds decide: Φ, budget_m, E_m and h_m.
///
/// # Errors
/// Arithmetic.
#[inline(never)]
pub fn refresh_equity(market: &mut PerpMarket, pool: &LiquidityPool, bank: &Bank, now: Now) -> RiskResult<()> {
    let (long, short) = (book::owed(&market.long)?, book::owed(&market.short)?);
    market.skew_reserve = skew_reserve(market.mark, book::skew(market)?, &market.terms)?;
    market.budget = budget(market, pool, funds(pool, bank, now)?, now)?;
    let spare = i128::from(market.budget).wrapping_sub(i128::from(market.skew_reserve));
    let spare = spare.checked_mul(1 << VALUE_BITS).ok_or_else(MathError::here)?;
    let equity = signed_sub(spare, signed_add(long, short)?)? >> VALUE_BITS;
    market.equity = i64::try_from(equity).map_err(|_| MathError::here())?;
    market.backing = backing(spare, long, short)?.0;
    Ok(())
}

/// Books that the pool paid the market so many atoms, or below zero received them.
///
/// # Errors
/// Overflow.
pub fn count_spent(market: &mut PerpMarket, pool: &mut LiquidityPool, paid: i64, now: Now) -> MathResult<()> {
    let day = PerpMarket::day(now.ts);
    let sum = |spent: i64, of: i64| spent_today(spent, of, now).checked_add(paid).ok_or_else(MathError::here);
    (market.spent, market.spent_day) = (sum(market.spent, market.spent_day)?, day);
    (pool.spent, pool.spent_day) = (sum(pool.spent, pool.spent_day)?, day);
    Ok(())
}
