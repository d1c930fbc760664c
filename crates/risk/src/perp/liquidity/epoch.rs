use ballast_math::{MathError, MathResult, Ratio};
use ballast_state::LiquidityPool;

use crate::{Now, RiskError, RiskResult};

/// Seconds in which an epoch can be struck, from `min_delay` after its end.
pub const STRIKE_SECONDS: u32 = 60;

/// Bounds of what a pool's configuration sets: an epoch has time for requests after the last one was struck; the delay is longer
/// than the chain's clock lags behind prints, so that nobody knows the price at the cut-off; and at most a twentieth of what is
/// withdrawn stays.
///
/// # Errors
/// `InvalidParameter`.
pub fn validate(pool: &LiquidityPool) -> RiskResult<()> {
    let struck = pool.min_delay.saturating_add(STRIKE_SECONDS);
    let bounded = (30..=600).contains(&pool.min_delay)
        && pool.epoch_length >= struck.saturating_mul(2)
        && u64::from(pool.exit_fee) <= Ratio::from_bps(500).0;
    if bounded {
        Ok(())
    } else {
        Err(RiskError::InvalidParameter)
    }
}

/// When the epoch that collects requests ends. One that was not struck in time goes on until an end that can still be struck:
/// its requests stay in it.
///
/// # Errors
/// An epoch of no length, which configuration excludes; overflow.
pub fn next_end(pool: &LiquidityPool, now: Now) -> MathResult<i64> {
    let late = now.seconds_since(first_strike(pool.epoch_end, pool).saturating_add(i64::from(STRIKE_SECONDS)));
    let missed = ballast_math::div_up(u128::from(late), u128::from(pool.epoch_length))?;
    let added = missed.checked_mul(u128::from(pool.epoch_length)).and_then(|seconds| i64::try_from(seconds).ok());
    added.and_then(|added| pool.epoch_end.checked_add(added)).ok_or_else(MathError::here)
}

/// From when an epoch with this end can be struck, and how old its marks may be at most.
pub(super) fn first_strike(end: i64, pool: &LiquidityPool) -> i64 {
    end.saturating_add(i64::from(pool.min_delay))
}

/// [`next_end`] of an epoch that takes requests.
///
/// # Errors
/// `RequestsCutOff` between an epoch's end and its strike.
pub fn collecting_end(pool: &LiquidityPool, now: Now) -> RiskResult<i64> {
    let end = next_end(pool, now)?;
    if now.ts >= end {
        return Err(RiskError::RequestsCutOff);
    }
    Ok(end)
}

/// Brings the pool to `now`, in time for a request.
///
/// # Errors
/// As [`collecting_end`].
pub(super) fn collect(pool: &mut LiquidityPool, now: Now) -> RiskResult<()> {
    pool.epoch_end = collecting_end(pool, now)?;
    Ok(())
}

/// True if new settings can only lower risk: the cap no larger, and nothing else touched.
#[must_use]
pub fn is_tighter(before: &LiquidityPool, after: &LiquidityPool) -> bool {
    let others = |pool: &LiquidityPool| (pool.epoch_length, pool.min_delay, pool.exit_fee);
    after.cap <= before.cap && others(after) == others(before)
}
