//! The timer of ill health and the times in which an account is left alone (rules-risk 3 and 6).

use ballast_state::Zeroable;

use ballast_state::{BonusLock, MarginAccount, RiskBoard, RiskRules};

use crate::health::Health;
use crate::{Now, RiskError, RiskResult};

/// Records what a Maintenance evaluation saw. Runs inside every one of them; anyone may cause one.
pub fn mark(account: &mut MarginAccount, health: &Health, rules: &RiskRules, now: Now) {
    if health.is_negative() {
        let gap = now.seconds_since(account.unhealthy_seen);
        if account.unhealthy_since == 0 || gap > u64::from(rules.episode_gap) {
            // The lock stays: leaving an account unseen for a minute must not buy a fresh bonus.
            account.unhealthy_since = now.ts;
        }
        account.unhealthy_seen = now.ts;
    } else {
        account.unhealthy_since = 0;
        account.unhealthy_seen = 0;
        account.bonus_lock = BonusLock::zeroed();
    }
}

/// Refuses while the account is in its cool-off or prices are in their grace, unless it is deeply unhealthy.
///
/// # Errors
/// `AccountCoolingOff`, `GracePeriod`.
pub fn check_not_spared(account: &MarginAccount, board: &RiskBoard, health: &Health, now: Now) -> RiskResult<()> {
    if health.is_deep() {
        return Ok(());
    }
    if account.risk_ts != 0 && now.seconds_since(account.risk_ts) < u64::from(board.rules.cool_off) {
        return Err(RiskError::AccountCoolingOff);
    }
    if now.ts < board.grace_until {
        return Err(RiskError::GracePeriod);
    }
    Ok(())
}
