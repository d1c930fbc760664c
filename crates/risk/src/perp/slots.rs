//! The positions of an account: dense, in the order they were opened, one for a market.

use ballast_math::MathResult;
use ballast_state::{MarginAccount, PerpMarket, PerpPosition, Zeroable};

use super::{book, rail};
use crate::{RiskError, RiskResult};

/// The account's position in a market.
#[must_use]
pub fn find(account: &MarginAccount, market: u16) -> Option<&PerpPosition> {
    account.positions().iter().find(|position| position.market == market)
}

/// The slot of the account's position in a market.
#[must_use]
pub fn slot_of(account: &MarginAccount, market: u16) -> Option<usize> {
    account.positions().iter().position(|position| position.market == market)
}

/// Lots the account holds in a market, below zero for shorts.
///
/// # Errors
/// Overflow.
pub fn held(account: &MarginAccount, market: &PerpMarket) -> MathResult<i64> {
    find(account, market.index).map_or(Ok(0), |position| book::size(position, market))
}

/// The account's position in a market, opened without size if there is none. One that stays so has to be [`prune`]d.
///
/// # Errors
/// `TooManyPositions` if a slot is needed and none is free.
pub fn find_or_open(account: &mut MarginAccount, market: u16) -> RiskResult<&mut PerpPosition> {
    let found = slot_of(account, market);
    let slot = found.unwrap_or_else(|| usize::from(account.perp_count));
    let position = account.perps.get_mut(slot).ok_or(RiskError::TooManyPositions)?;
    if found.is_none() {
        *position = PerpPosition { market, ..PerpPosition::zeroed() };
        account.perp_count = account.perp_count.saturating_add(1);
    }
    Ok(position)
}

/// Stores a position in its market's slot, or gives the slot up where nothing is left of it.
///
/// # Errors
/// `TooManyPositions` if a slot is needed and none is free.
pub fn store(account: &mut MarginAccount, position: PerpPosition) -> RiskResult<()> {
    *find_or_open(account, position.market)? = position;
    prune(account, position.market);
    Ok(())
}

/// Gives up the slot of a position that has neither size nor claim, and what was put up for it.
pub fn prune(account: &mut MarginAccount, market: u16) {
    let empty = |position: &PerpPosition| position.market == market && position.side == 0;
    let Some(slot) = account.positions().iter().position(empty) else { return };
    let count = usize::from(account.perp_count);
    close_up(&mut account.perps, slot, count, PerpPosition::zeroed());
    close_up(&mut account.put_up, slot, count, 0);
    account.perp_count = account.perp_count.saturating_sub(1);
    rail::limit_held(account);
}

/// Takes a slot out of those in use: the ones after it move up, and the last is `nothing`.
fn close_up<T>(slots: &mut [T], slot: usize, count: usize, nothing: T) {
    let Some(range) = slots.get_mut(slot..count) else { return };
    range.rotate_left(1);
    if let Some(last) = range.last_mut() {
        *last = nothing;
    }
}
