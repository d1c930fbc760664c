//! Orders: what they set aside, when they end, and at which price.

use ballast_math::{signed_add, signed_mul};
use ballast_state::{MarginAccount, MarketMode, Order, Orders, PerpMarket, PerpSide, PriceFeed, RiskBoard};

use super::{
    holds, require, Checked, FILL_AT_PRINT, FILL_BACKED, FILL_CAPPED, FILL_SAFE, NO_RISK_WHILE_STOPPED,
    ORDERS_RESERVED, ORDER_BINDING,
};
use crate::health::{self, Portfolio};
use crate::perp::order::Print;
use crate::perp::{self, book, VALUE_BITS};
use crate::{Now, RiskResult};

/// INV-63 of an account and its orders; none where it has no account of them.
///
/// # Errors
/// `ORDERS_RESERVED`.
pub fn check_orders(account: &MarginAccount, orders: Option<&Orders>) -> Checked {
    let (mut requirement, mut count, mut last) = (0u128, 0u32, true);
    for order in pending(orders) {
        requirement = requirement.saturating_add(u128::from(order.requirement));
        count = count.saturating_add(1);
        let same = pending(orders).filter(|other| other.id == order.id).count();
        last = last && same == 1 && orders.is_some_and(|orders| order.id < orders.next_id);
    }
    let counted = (u128::from(account.order_requirement), account.order_count) == (requirement, count);
    require(counted && last, ORDERS_RESERVED)
}

/// INV-63 of a market and all orders of its group.
///
/// # Errors
/// `ORDERS_RESERVED`.
pub fn check_pending<'a>(market: &PerpMarket, orders: impl IntoIterator<Item = &'a Orders>) -> Checked {
    let (mut long, mut short) = (0u64, 0u64);
    for order in orders.into_iter().flat_map(|orders| pending(Some(orders))) {
        if order.market == market.index {
            let sum = if order.side() == PerpSide::Long { &mut long } else { &mut short };
            *sum = sum.saturating_add(order.pending_lots());
        }
    }
    require((long, short) == (market.long.pending_lots, market.short.pending_lots), ORDERS_RESERVED)
}

fn pending(orders: Option<&Orders>) -> impl Iterator<Item = &Order> {
    orders.into_iter().flat_map(|orders| &orders.slots).filter(|order| order.id != 0)
}

/// INV-68 of a fill between two states of its market, by an account that held `held[0]` lots and holds `held[1]`.
///
/// # Errors
/// `FILL_CAPPED`.
pub fn check_fill_caps(before: &PerpMarket, after: &PerpMarket, held: [i64; 2]) -> Checked {
    if closes(held) {
        return Ok(());
    }
    let [_, to] = held;
    let within = || -> RiskResult<bool> {
        let side = PerpSide::of(to);
        let [interest, was] = [after, before].map(|market| book::open_interest(market.book(side)));
        let [skew, skew_before] = [book::skew(after)?.unsigned_abs(), book::skew(before)?.unsigned_abs()];
        let terms = &after.terms;
        Ok(to.unsigned_abs() <= terms.account_cap
            && (interest? <= terms.interest_cap || interest? <= was?)
            && (skew <= terms.skew_cap || skew <= skew_before))
    };
    holds(within(), FILL_CAPPED)
}

/// True if a position of `from` lots that has `to` only got smaller.
fn closes([from, to]: [i64; 2]) -> bool {
    to == 0 || ((from > 0) == (to > 0) && to.unsigned_abs() <= from.unsigned_abs())
}

/// INV-82 of a fill between two states of its market, the first synced, by an account that held `held[0]` lots and holds `held[1]`.
///
/// # Errors
/// `FILL_BACKED`.
pub fn check_fill_backed(
    before: &PerpMarket,
    after: &PerpMarket,
    held: [i64; 2],
    board: &RiskBoard,
    now: Now,
) -> Checked {
    let backed = || -> RiskResult<bool> {
        let [was, skew] = [book::skew(before)?, book::skew(after)?];
        if closes(held) || skew.unsigned_abs() <= was.unsigned_abs() {
            return Ok(true);
        }
        let required = perp::liquidity::requirement(after, skew, board, now)?;
        Ok(i128::from(after.equity) >= i128::from(required))
    };
    holds(backed(), FILL_BACKED)
}

/// INV-63 and INV-69 of an order that was just placed, in the market it was placed in: it sets aside what its lots may need, and its
/// moment lies ahead of every print there is.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_placed(order: &Order, market: &PerpMarket, feed: &PriceFeed, board: &RiskBoard, now: Now) -> Checked {
    let delay = i64::from(market.terms.min_delay);
    let ahead = order.eligible_ts >= now.ts.max(feed.accepted_ts).saturating_add(delay);
    let lives = i64::from(market.terms.order_life);
    let bounded = (order.eligible_ts..=order.eligible_ts.saturating_add(lives)).contains(&order.expiry_ts);
    require(ahead && bounded && order.placed_ts == now.ts, FILL_AT_PRINT)?;
    let reduces = order.reduce_only != 0;
    let least = perp::order::requirement(market, board, order.lots, reduces, order.keeper_fee, now);
    holds(least.map(|least| order.requirement >= least.0), ORDERS_RESERVED)
}

/// INV-40 of a market in which an order that may add risk was placed, or filled.
///
/// # Errors
/// `NO_RISK_WHILE_STOPPED`.
pub fn check_order_allowed(market: &PerpMarket, board: &RiskBoard, now: Now) -> Checked {
    let running = now.ts >= market.paused_until && now.ts >= board.risk_paused_until;
    require(running && MarketMode::from_byte(market.mode) == MarketMode::Normal, NO_RISK_WHILE_STOPPED)
}

/// INV-75 of what a trader holds after a fill, its market at the print's mark.
///
/// # Errors
/// `FILL_SAFE`.
pub fn check_fill_health(portfolio: &Portfolio, board: &RiskBoard, feed: u8, print: &Print, now: Now) -> Checked {
    let health = health::assess_maintenance_at(portfolio, board, feed, print.price, now);
    holds(health.map(|health| !health.is_negative()), FILL_SAFE)
}

/// INV-69 of an order that ended at a print, whatever came of it.
///
/// # Errors
/// `FILL_AT_PRINT`.
pub fn check_print(order: &Order, print: &Print, now: Now) -> Checked {
    let first = print.prev_publish_ts.is_some_and(|previous| previous < order.eligible_ts);
    let in_time = now.ts <= order.expiry_ts && order.placed_ts < order.eligible_ts;
    require(first && in_time && order.eligible_ts <= print.publish_ts, FILL_AT_PRINT)
}

/// What a fill cost: lots bought or below zero sold, what a lot cost, and the premium, atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillPaid {
    /// Lots.
    pub lots: i64,
    /// A mark.
    pub price: u64,
    /// Atoms.
    pub premium: i64,
}

/// INV-69 of an order that filled: at the end of the print's band that is against it, with the premium of the skew it changed,
/// and no worse than its limit.
///
/// # Errors
/// `FILL_AT_PRINT`.
pub fn check_fill_price(order: &Order, print: &Print, markets: [&PerpMarket; 2], paid: &FillPaid) -> Checked {
    let fair = || -> RiskResult<bool> {
        let [before, after] = markets;
        let mark = |price: u64| perp::mark_of(after, price, after.quote_mid);
        let (mid, width) = (print.price.0, print.confidence.0);
        let end = if paid.lots > 0 { mid.saturating_add(width) } else { mid.saturating_sub(width) };
        let reserve = |skew: i64| perp::skew_reserve(mark(mid)?, skew, &after.terms).map_err(crate::RiskError::from);
        let grown = i128::from(reserve(book::skew(after)?)?).wrapping_sub(i128::from(reserve(book::skew(before)?)?));
        let beyond = i128::from(paid.price).wrapping_sub(i128::from(order.limit));
        let excess = signed_add(signed_mul(i128::from(paid.lots), beyond)?, i128::from(paid.premium) << VALUE_BITS)?;
        let asked = (paid.lots > 0) == (order.lots > 0) && paid.lots.unsigned_abs() <= order.lots.unsigned_abs();
        let whole = order.reduce_only != 0 || paid.lots == order.lots;
        Ok(asked
            && whole
            && paid.price == mark(end)?
            && i128::from(paid.premium) == grown
            && (order.limit == 0 || excess <= 0))
    };
    holds(fair(), FILL_AT_PRINT)
}

/// INV-70 of an order that was taken back. `lag`: by how much prints may be ahead of the clock.
///
/// # Errors
/// `ORDER_BINDING`.
pub fn check_cancelled(order: &Order, by_owner: bool, lag: u32, now: Now) -> Checked {
    let ahead = now.ts.saturating_add(i64::from(lag)) < order.eligible_ts;
    require(now.ts > order.expiry_ts || (by_owner && ahead), ORDER_BINDING)
}
