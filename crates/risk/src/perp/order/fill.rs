use ballast_math::{signed_add, signed_mul, Usd};
use ballast_state::{MarginAccount, Order, Orders, PerpMarket, RiskBoard};

use super::super::cash::{owe_pool, release_traded};
use super::super::{
    book, charge, liquidity, mark_of, most_paid, move_mark, rail, refresh_equity, require_synced, slots, trade, Fill,
    Traded, VALUE_BITS,
};
use super::fees::{deposit_of, fill_fee, pay_keeper};
use super::place::{reduction, require_open};
use super::{cancel, caps, reserve, Books, Cap, Prices, Print, Rejection};
use crate::health::Health;
use crate::liquidation::staged;
use crate::{swap, Now, RiskError, RiskResult};

/// A keeper's offer to fill an order at a print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The order.
    pub id: u64,
    /// Which of the feed's sources published the print. Always the same one of a feed: with two there would be a choice.
    pub source: usize,
    /// The print.
    pub print: Print,
}

/// What a fill did. Prices are marks; amounts atoms of the quote token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// What a lot cost without premium: an end of the print's band.
    pub price: u64,
    /// The print's mark, of which premium and fee are computed.
    pub print: u64,
    /// Sizes, premium, and what the pool paid of the claim.
    pub traded: Traded,
    /// Fee to the pool.
    pub fee: u64,
}

/// Why an order that met its print did not fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// The price was worse than its limit.
    LimitMissed,
    /// Maintenance health at the print would be negative.
    Unhealthy,
    /// A cap would be exceeded.
    Cap(Cap),
    /// It may only reduce, and nothing is held on the other side.
    NothingToReduce,
    /// The pool lacks Initial margin for the skew it would leave.
    PoolMargin,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It filled.
    Filled(Filled),
    /// It did not. For a missed limit or failing health its owner pays the keeper, as far as its deposit goes.
    Killed(Kill),
    /// It could not fill at its print, by no fault of its owner: it ended without a fee.
    Void(Rejection),
}

/// Fills an order at its print or ends it: all of it or nothing. The market must be synced and the bank accrued. `saved` is room
/// for a copy of the books, whatever it holds. `maintenance` says the trader's health after the fill with the feed at the
/// print's price ([`assess_maintenance_at`](crate::health::assess_maintenance_at)): for as long the market stands at it, too. Returns how the order ended, and the
/// atoms its keeper got.
///
/// # Errors
/// `NoOrder`, `MarketMismatch`, `FeedMismatch`, `NoUsableSource` for a source the feed does not have, `OrderExpired`,
/// `AccountInTransit`, `MarketNotSynced`, those of [`Print::require_first`]; `PriceOutOfRange`, `TooManyBalances`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "prices, books and their copy, two accounts' parts, what is offered")]
pub fn fill<'a>(
    prices: Prices<'_>,
    books: &mut Books<'a>,
    saved: &mut Books<'_>,
    orders: &mut Orders,
    keeper: &mut MarginAccount,
    offer: &Offer,
    now: Now,
    maintenance: impl FnOnce(&Books<'a>) -> RiskResult<Health>,
) -> RiskResult<(Outcome, u64)> {
    let order = *reserve::find(orders, offer.id)?;
    require_fillable(prices, books, &order, offer, now)?;
    if let Some(rejection) = rejection(prices, books.market, &order, offer, now)? {
        reserve::release(orders, order.id, books.account, books.market)?;
        return Ok((Outcome::Void(rejection), 0));
    }
    books.copy_to(saved);
    let (outcome, fee) = match attempt(prices.board, books, &order, &offer.print, now)? {
        Ok(filled) if is_safe(books, filled.print, maintenance)? => (Outcome::Filled(filled), order.keeper_fee),
        attempted => {
            saved.copy_to(books);
            let kill = attempted.err().unwrap_or(Kill::Unhealthy);
            let fee = fee_of_kill(&order, kill, deposit_of(books.account, books.bank)?);
            swap::debit(books.bank, books.account, fee)?;
            (Outcome::Killed(kill), fee)
        }
    };
    if fee > 0 {
        pay_keeper(books.bank, keeper, fee)?;
    }
    reserve::release(orders, order.id, books.account, books.market)?;
    Ok((outcome, fee))
}

/// What an order that ends pays its keeper: what was set aside for it when its account was healthy, and no more than the deposit
/// holds. Nothing where health was not looked at, or it would be a way out for those who owe; and nothing for a cap that
/// others may have used up.
fn fee_of_kill(order: &Order, kill: Kill, deposit: u64) -> u64 {
    match kill {
        Kill::LimitMissed | Kill::Unhealthy if order.reduce_only == 0 => order.keeper_fee.min(deposit),
        _ => 0,
    }
}

fn require_fillable(prices: Prices<'_>, books: &Books<'_>, order: &Order, offer: &Offer, now: Now) -> RiskResult<()> {
    staged::require_none(books.account)?;
    if order.market != books.market.index {
        return Err(RiskError::MarketMismatch);
    }
    if prices.feed.row != books.market.feed {
        return Err(RiskError::FeedMismatch);
    }
    require_synced(books.market, prices.board)?;
    if cancel::has_expired(order, now) {
        return Err(RiskError::OrderExpired);
    }
    offer.print.require_first(order, prices.feed)
}

fn rejection(
    prices: Prices<'_>,
    market: &PerpMarket,
    order: &Order,
    offer: &Offer,
    now: Now,
) -> RiskResult<Option<Rejection>> {
    let used = prices.feed.sources.get(..prices.feed.source_count());
    let source = used.and_then(|used| used.get(offer.source)).ok_or(RiskError::NoUsableSource)?;
    if order.reduce_only == 0 && require_open(market, prices.board, now).is_err() {
        return Ok(Some(Rejection::Closed));
    }
    offer.print.judge(prices.feed, source)
}

/// Trades and pays, or says why not: then the books are to be thrown away.
fn attempt(
    board: &RiskBoard,
    books: &mut Books<'_>,
    order: &Order,
    print: &Print,
    now: Now,
) -> RiskResult<Result<Filled, Kill>> {
    let Books { market, pool, bank, account } = books;
    let held = slots::held(account, market)?;
    let lots = if order.reduce_only == 0 { order.lots } else { reduction(held, order.lots) };
    if lots == 0 {
        return Ok(Err(Kill::NothingToReduce));
    }
    if let Some(cap) = caps::exceeded(market, held, lots, caps::added(held, lots)?)? {
        return Ok(Err(Kill::Cap(cap)));
    }
    // It was set aside from the start, and nobody can take the order back any more.
    let requirement = if order.reduce_only == 0 { Usd(order.requirement) } else { Usd::ZERO };
    rail::post(account, requirement, now);
    let fill = price(market, lots, print)?;
    let most = most_paid(market, pool, bank, account, board, now)?;
    // Placement kept a slot.
    let traded = trade(market, slots::find_or_open(account, market.index)?, fill, most)?;
    slots::prune(account, market.index);
    if misses(order.limit, fill, traded.premium)? {
        return Ok(Err(Kill::LimitMissed));
    }
    release_traded(market, pool, bank, account, &traded, requirement, board, now)?;
    let fee = fill_fee(market, lots, fill.print)?;
    charge(pool, bank, account, market.index, fee)?;
    owe_pool(bank, account, market.index, order.keeper_fee)?;
    refresh_equity(market, pool, bank, now)?;
    // What only makes a position smaller is an exit, whatever it does to the skew (ADR 18).
    if caps::added(held, lots)? > 0 && !pool_has_margin(market, lots, board, now)? {
        return Ok(Err(Kill::PoolMargin));
    }
    if order.reduce_only == 0 {
        account.risk_ts = now.ts;
    }
    Ok(Ok(Filled { price: fill.price, print: fill.print, traded, fee }))
}

/// A fill that makes the skew larger needs the pool's Initial margin for it (rules-perps 5).
fn pool_has_margin(market: &PerpMarket, lots: i64, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    let skew = book::skew(market)?;
    if skew.unsigned_abs() <= skew.wrapping_sub(lots).unsigned_abs() {
        return Ok(true);
    }
    // At prices no new risk may rest on, there is none.
    let required = liquidity::requirement(market, skew, board, now);
    Ok(required.is_ok_and(|required| i128::from(market.equity) >= i128::from(required)))
}

/// Health is not negative at the print, in a market that is brought there and back.
fn is_safe<'a>(
    books: &mut Books<'a>,
    print: u64,
    maintenance: impl FnOnce(&Books<'a>) -> RiskResult<Health>,
) -> RiskResult<bool> {
    let mark = books.market.mark;
    move_mark(books.market, print)?;
    let health = maintenance(books)?;
    move_mark(books.market, mark)?;
    Ok(!health.is_negative())
}

/// A buyer pays the high end of the print's band, a seller gets the low one (rules-perps 3).
fn price(market: &PerpMarket, lots: i64, print: &Print) -> RiskResult<Fill> {
    let mark = |price: u64| mark_of(market, price, market.quote_mid);
    let (price, confidence) = (print.price.0, print.confidence.0);
    let end = if lots > 0 { price.saturating_add(confidence) } else { price.saturating_sub(confidence) };
    Ok(Fill { lots, price: mark(end)?, print: mark(price)? })
}

/// True if a lot cost more, or brought less, than the limit, premium included.
fn misses(limit: u64, fill: Fill, premium: i64) -> RiskResult<bool> {
    let beyond = i128::from(fill.price).wrapping_sub(i128::from(limit));
    let cost = signed_add(signed_mul(i128::from(fill.lots), beyond)?, i128::from(premium) << VALUE_BITS)?;
    Ok(limit != 0 && cost > 0)
}
