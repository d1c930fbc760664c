use ballast_state::{LiquidityPool, MarginAccount, MarketMode, Order, Orders, PerpMarket, RiskBoard, BALANCES, PERPS};

use super::super::{require_synced, slots};
use super::{caps, requirement, reserve, time, Prices};
use crate::error::require;
use crate::liquidation::staged;
use crate::{Now, RiskError, RiskResult};

/// Shortest life of an order, seconds, where the market allows that much: one that only its owner could fill in time would be a
/// look at the print for free.
const MIN_LIFE: u32 = 10;

/// What a trader asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Lots to buy, or below zero to sell.
    pub lots: i64,
    /// Worst price, premium included, as a mark. Zero: any.
    pub limit: u64,
    /// True if it may only make the position smaller: of more lots than are held, those held.
    pub reduce_only: bool,
    /// Seconds after t* in which it may be filled.
    pub life: u32,
}

/// Books an order. One that closes no more than is held is taken as reduce-only: it sets aside fees alone, so it must never
/// open anything. The market must be synced.
///
/// Initial health is the caller's to check afterwards, unless the order is reduce-only.
///
/// # Errors
/// `AccountInTransit`, `FeedMismatch`, `MarketNotSynced`, `ZeroAmount`, `WouldNotReduce`, `OrderTooSmall`,
/// `OrderLifeOutOfRange`, `AccountCapExceeded`, `InterestCapExceeded`, `SkewCapExceeded`, `TooManyOrders`, `TooManyPositions`,
/// `TooManyBalances`; for what may add risk `RiskPaused`, `MarketPaused`, `MarketReduceOnly`, `PriceUnset`, `PriceStale`,
/// `PricePending`, `PriceGuarded`; arithmetic.
pub fn place(
    prices: Prices<'_>,
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    account: &mut MarginAccount,
    orders: &mut Orders,
    request: Request,
    now: Now,
) -> RiskResult<Order> {
    staged::require_none(account)?;
    require(prices.feed.row == market.feed, RiskError::FeedMismatch)?;
    require_synced(market, prices.board)?;
    let held = slots::held(account, market)?;
    let lots = lots_of(&request, held)?;
    require(lots.unsigned_abs() >= market.terms.order_min || lots == held.wrapping_neg(), RiskError::OrderTooSmall)?;
    let longest = market.terms.order_life;
    require((MIN_LIFE.min(longest)..=longest).contains(&request.life), RiskError::OrderLifeOutOfRange)?;
    let reduce_only = caps::added(held, lots)? == 0;
    if !reduce_only {
        require_open(market, prices.board, now)?;
    }
    require_room(account, orders, market, pool)?;

    let eligible_ts = time::eligible_ts(market, prices.feed, now);
    let keeper_fee = market.terms.keeper_fee;
    let order = Order {
        id: orders.next_id.max(1),
        lots,
        limit: request.limit,
        eligible_ts,
        expiry_ts: eligible_ts.saturating_add(i64::from(request.life)),
        placed_ts: now.ts,
        requirement: requirement(market, prices.board, lots, reduce_only, keeper_fee, now)?.0,
        keeper_fee,
        market: market.index,
        reduce_only: u8::from(reduce_only),
        padding: [0; 5],
    };
    require_caps(market, orders, &order, held)?;
    let slot = orders.slots.iter_mut().find(|slot| slot.id == 0).ok_or(RiskError::TooManyOrders)?;
    *slot = order;
    orders.next_id = order.id.wrapping_add(1);
    reserve::hold(&order, account, market)?;
    Ok(order)
}

/// Refuses what may add risk while the group or the market takes none.
pub(super) fn require_open(market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<()> {
    require(now.ts >= board.risk_paused_until, RiskError::RiskPaused)?;
    require(now.ts >= market.paused_until, RiskError::MarketPaused)?;
    require(MarketMode::from_byte(market.mode) == MarketMode::Normal, RiskError::MarketReduceOnly)
}

/// What is asked for, of a reduction at most what is held.
fn lots_of(request: &Request, held: i64) -> RiskResult<i64> {
    require(request.lots != 0, RiskError::ZeroAmount)?;
    if !request.reduce_only {
        return Ok(request.lots);
    }
    match reduction(held, request.lots) {
        0 => Err(RiskError::WouldNotReduce),
        lots => Ok(lots),
    }
}

/// The part of a trade that makes what is held smaller.
pub(super) fn reduction(held: i64, lots: i64) -> i64 {
    if !caps::is_opposite(held, lots) {
        0
    } else if lots.unsigned_abs() > held.unsigned_abs() {
        held.wrapping_neg()
    } else {
        lots
    }
}

/// The caps hold if every pending order of this side fills, of all accounts and of this one.
fn require_caps(market: &PerpMarket, orders: &Orders, order: &Order, held: i64) -> RiskResult<()> {
    let side = order.side();
    let same = |other: &&Order| other.id != 0 && other.market == order.market && other.side() == side;
    let adding = orders.slots.iter().filter(same).filter(|other| other.pending_lots() > 0);
    let mine = adding.fold(held, |sum, other| sum.saturating_add(other.lots));
    let growth = match order.pending_lots() {
        0 => 0,
        lots => market.book(side).pending_lots.saturating_add(lots),
    };
    match caps::exceeded(market, if growth == 0 { held } else { mine }, order.lots, growth)? {
        Some(cap) => Err(cap.into()),
        None => Ok(()),
    }
}

/// A fill needs a slot for the position and one for what is owed or earned. Pending orders keep theirs: whoever fills first
/// must not decide which of them can.
fn require_room(account: &MarginAccount, orders: &Orders, market: &PerpMarket, pool: &LiquidityPool) -> RiskResult<()> {
    let opens = |index: u16| slots::find(account, index).is_none();
    if opens(market.index) {
        let pending = |order: &Order| order.pending_lots() > 0 && order.market != market.index && opens(order.market);
        let markets = orders.slots.iter().enumerate().filter(|(at, order)| {
            let mut earlier = orders.slots.iter().take(*at);
            pending(order) && !earlier.any(|other| pending(other) && other.market == order.market)
        });
        let used = usize::from(account.perp_count).saturating_add(markets.count());
        require(used < PERPS, RiskError::TooManyPositions)?;
    }
    let balance = account.balance(pool.bank).is_some() || usize::from(account.balance_count) < BALANCES;
    require(balance, RiskError::TooManyBalances)
}
