//! Outflow windows: how much may leave a bank in an hour and in a day (rules-risk 7).
//!
//! They count borrows and the withdrawals of accounts with liabilities. A withdrawal without debt is neither blocked nor
//! counted: a window must never become an exit lock.

use ballast_state::{Bank, OutflowWindow};

use crate::{Now, RiskError, RiskResult};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Counts `atoms` that leave the bank.
///
/// # Errors
/// `HourlyOutflowExceeded`, `DailyOutflowExceeded`.
pub fn count_outflow(bank: &mut Bank, atoms: u64, now: Now) -> RiskResult<()> {
    count(&mut bank.hourly, HOUR, atoms, now, RiskError::HourlyOutflowExceeded)?;
    count(&mut bank.daily, DAY, atoms, now, RiskError::DailyOutflowExceeded)
}

fn count(window: &mut OutflowWindow, seconds: i64, atoms: u64, now: Now, exceeded: RiskError) -> RiskResult<()> {
    let index = now.ts.div_euclid(seconds);
    let used = if window.index == index { window.used } else { 0 };
    // Saturating: without a limit nothing may fail, however much went round.
    let used = used.saturating_add(atoms);
    if used > window.limit {
        return Err(exceeded);
    }
    window.index = index;
    window.used = used;
    Ok(())
}
