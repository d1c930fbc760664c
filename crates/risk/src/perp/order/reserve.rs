use ballast_math::{checked_add, checked_sub, Usd};
use ballast_state::{MarginAccount, Order, Orders, PerpMarket, RiskBoard, Zeroable};

use super::super::{book, exposure, skew_reserve};
use super::fees::fill_fee;
use crate::health::{initial_requirement_alone, PerpExposure};
use crate::price::{self, End};
use crate::{Now, RiskError, RiskResult};

/// What an order sets aside, up: fees, and unless it only reduces the Initial requirement of its lots alone and the premium at
/// the current skew. The market must be synced.
///
/// # Errors
/// `FeedNotListed`; unless it only reduces also `PriceUnset`, `PriceStale`, `PricePending`, `PriceGuarded`; arithmetic.
pub fn requirement(
    market: &PerpMarket,
    board: &RiskBoard,
    lots: i64,
    reduce_only: bool,
    keeper_fee: u64,
    now: Now,
) -> RiskResult<Usd> {
    let fees = checked_add(fill_fee(market, lots, market.mark)?, keeper_fee)?;
    if reduce_only {
        return worth(market, board, fees, now);
    }
    let skew = book::skew(market)?;
    let reserve = |skew| skew_reserve(market.mark, skew, &market.terms);
    let premium = reserve(skew.saturating_add(lots))?.saturating_sub(reserve(skew)?);
    // It nets with nothing.
    let (long, short) = exposure::units(lots, market)?;
    let alone = PerpExposure { feed: market.feed, long, short, ..PerpExposure::default() };
    let initial = initial_requirement_alone(&alone, market.quote_feed, board, now)?;
    initial.add(worth(market, board, checked_add(fees, premium)?, now)?).map_err(Into::into)
}

/// Atoms of the quote token as a debt, up.
fn worth(market: &PerpMarket, board: &RiskBoard, atoms: u64, now: Now) -> RiskResult<Usd> {
    let row = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let price = price::aged_end(row, End::High, now)?;
    Ok(price.value_up(exposure::quote(market).units_up(atoms)?)?)
}

/// The order of this id.
pub(super) fn find(orders: &mut Orders, id: u64) -> RiskResult<&mut Order> {
    orders.slots.iter_mut().find(|order| order.id == id && id != 0).ok_or(RiskError::NoOrder)
}

/// Counts what an order sets aside.
pub(super) fn hold(order: &Order, account: &mut MarginAccount, market: &mut PerpMarket) -> RiskResult<()> {
    account.order_requirement = checked_add(account.order_requirement, order.requirement)?;
    account.order_count = account.order_count.saturating_add(1);
    let pending = &mut market.book_mut(order.side()).pending_lots;
    *pending = checked_add(*pending, order.pending_lots())?;
    count_change(account, market);
    Ok(())
}

/// Ends an order, and gives back exactly what it set aside.
pub(super) fn release(
    orders: &mut Orders,
    id: u64,
    account: &mut MarginAccount,
    market: &mut PerpMarket,
) -> RiskResult<Order> {
    let slot = find(orders, id)?;
    if slot.market != market.index {
        return Err(RiskError::MarketMismatch);
    }
    let order = core::mem::replace(slot, Order::zeroed());
    account.order_requirement = checked_sub(account.order_requirement, order.requirement)?;
    account.order_count = account.order_count.checked_sub(1).ok_or(RiskError::NoOrder)?;
    let pending = &mut market.book_mut(order.side()).pending_lots;
    *pending = checked_sub(*pending, order.pending_lots())?;
    count_change(account, market);
    Ok(order)
}

fn count_change(account: &mut MarginAccount, market: &mut PerpMarket) {
    account.sequence = account.sequence.wrapping_add(1);
    market.sequence = market.sequence.wrapping_add(1);
}
