use ballast_math::{high, signed_add, signed_sub, wide, MathError, MathResult, Ratio};
use ballast_state::{Bank, LiquidityPool, PerpMarket};

use super::{book, settlement, skew_reserve, VALUE_BITS};
use crate::{interest, Now, RiskResult};

/// F: what the pool's deposit is worth, atoms of the quote token.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn funds(pool: &LiquidityPool, bank: &Bank, now: Now) -> MathResult<u64> {
    interest::project_one(bank, false, now)?.amount_down(pool.shares)
}

/// `budget_m = w_m·(F + Σ spent) − spent_m`, down: what the pool stands for in this market. Paying out of it lowers it and
/// nothing else's. Where the pool lost more than it had (F + Σ spent < 0), every market stands for all of that. What is set aside for
/// settled markets is theirs alone.
///
/// # Errors
/// Overflow.
pub fn budget(market: &PerpMarket, pool: &LiquidityPool, funds: u64) -> MathResult<i64> {
    if market.is_settled() {
        return Ok(market.stake);
    }
    let all = i128::from(funds).wrapping_sub(i128::from(pool.earmarked)).wrapping_add(i128::from(pool.spent));
    let share = match u64::try_from(all) {
        // A weight has 32 bits: a word is left.
        Ok(all) => i128::from(high(wide(all, u64::from(market.terms.weight) << Ratio::BITS))),
        Err(_) if all < 0 => all,
        Err(_) => all.checked_mul(i128::from(market.terms.weight)).ok_or_else(MathError::here)? >> Ratio::BITS,
    };
    i64::try_from(share.wrapping_sub(i128::from(market.spent))).map_err(|_| MathError::here())
}

/// Starts a synced market's day, if it is a new one (ADR 16): of what was spent, only what open claims answer remains. What was
/// received backs the profit that is still owed; what was paid is replaced by the losses that are still due. The rest is the
/// pool's, lost or won.
///
/// # Errors
/// Overflow.
#[inline(never)]
pub fn start_day(market: &mut PerpMarket, pool: &mut LiquidityPool, now: Now) -> MathResult<()> {
    let day = PerpMarket::day(now.ts);
    if market.spent_day == day {
        return Ok(());
    }
    market.spent_day = day;
    if market.is_settled() {
        return Ok(());
    }
    let owed = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
    let owed = i64::try_from(owed >> VALUE_BITS).map_err(|_| MathError::here())?;
    let kept = market.spent.clamp(owed.max(0).saturating_neg(), owed.min(0).saturating_neg());
    let forgotten = kept.checked_sub(market.spent).ok_or_else(MathError::here)?;
    if forgotten != 0 {
        add_spent(market, pool, forgotten)?;
        pool.sequence = pool.sequence.wrapping_add(1);
    }
    Ok(())
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
    market.budget = budget(market, pool, funds(pool, bank, now)?)?;
    if market.is_settled() {
        return settlement::refresh(market);
    }
    let spare = i128::from(market.budget).wrapping_sub(i128::from(market.skew_reserve));
    // Two words less one another, with 32 fraction bits: below 2^98.
    let spare = spare << VALUE_BITS;
    let equity = signed_sub(spare, signed_add(long, short)?)? >> VALUE_BITS;
    market.equity = i64::try_from(equity).map_err(|_| MathError::here())?;
    market.backing = backing(spare, long, short)?.0;
    Ok(())
}

/// Books that the pool paid the market so many atoms, or below zero received them.
///
/// # Errors
/// Overflow.
pub(super) fn add_spent(market: &mut PerpMarket, pool: &mut LiquidityPool, paid: i64) -> MathResult<()> {
    if market.is_settled() {
        return settlement::take(market, pool, paid);
    }
    market.spent = market.spent.checked_add(paid).ok_or_else(MathError::here)?;
    pool.spent = pool.spent.checked_add(paid).ok_or_else(MathError::here)?;
    Ok(())
}
