//! The position list of an account: dense, one position a market.

use ballast_state::{MarginAccount, PerpPosition, Zeroable};

use crate::{RiskError, RiskResult};

/// Index of the slot that holds the account's position in a market.
#[must_use]
pub fn find(account: &MarginAccount, market: u16) -> Option<usize> {
    account.positions().iter().position(|position| position.market == market)
}

/// Stores a position in its slot, or where it is empty now, gives the slot to the last one.
///
/// # Errors
/// `NoPosition` if there is no such slot in use.
pub fn store(account: &mut MarginAccount, slot: usize, position: PerpPosition) -> RiskResult<()> {
    let last = usize::from(account.perp_count).checked_sub(1).ok_or(RiskError::NoPosition)?;
    let kept = if position.side == 0 {
        account.perp_count = account.perp_count.saturating_sub(1);
        core::mem::replace(account.perps.get_mut(last).ok_or(RiskError::NoPosition)?, PerpPosition::zeroed())
    } else {
        position
    };
    if position.side != 0 || slot != last {
        *account.perps.get_mut(slot).ok_or(RiskError::NoPosition)? = kept;
    }
    Ok(())
}
