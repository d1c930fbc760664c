use ballast_state::{MarginAccount, Order, Orders, PerpMarket};

use super::reserve;
use crate::{Now, RiskError, RiskResult};

/// Who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Who may place orders for the account.
    Owner,
    /// Anyone.
    Anyone,
}

/// Takes an order back: its owner while its print cannot have been published, and anyone once it has expired. All that was set
/// aside is free again.
///
/// # Errors
/// `NoOrder`, `MarketMismatch`; `OrderBinding` for an owner who may know the print; `OrderNotExpired` for anyone else.
pub fn cancel(
    account: &mut MarginAccount,
    orders: &mut Orders,
    market: &mut PerpMarket,
    id: u64,
    by: By,
    clock_lag: u32,
    now: Now,
) -> RiskResult<Order> {
    let order = *reserve::find(orders, id)?;
    let is_ahead = now.ts.saturating_add(i64::from(clock_lag)) < order.eligible_ts;
    match by {
        _ if has_expired(&order, now) => {}
        By::Owner if is_ahead => {}
        By::Owner => return Err(RiskError::OrderBinding),
        By::Anyone => return Err(RiskError::OrderNotExpired),
    }
    reserve::release(orders, id, account, market)
}

pub(super) const fn has_expired(order: &Order, now: Now) -> bool {
    now.ts > order.expiry_ts
}
