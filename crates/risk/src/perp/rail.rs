//! The rail on which profits of perps leave: in a day no more than the account had to put up (rules-perps 9, ADR 18).

use ballast_math::{mul_div_down, MathResult, Price, Usd};
use ballast_state::{MarginAccount, PerpMarket, ReleaseRail, RiskBoard, RiskRow};

use super::{book, slots, Traded, VALUE_BITS};
use crate::health::{
    assess_initial, initial_requirement_of_perps, requirement_alone, PerpExposure, Portfolio, Valuation,
};
use crate::{Now, RiskError, RiskResult};

/// What the account may still be paid of its profits today, USD.
#[must_use]
pub fn room(account: &MarginAccount, now: Now) -> Usd {
    let rail = &account.rail;
    if rail.day == PerpMarket::day(now.ts) {
        Usd(rail.posted.saturating_sub(rail.released))
    } else {
        Usd(rail.held)
    }
}

/// True if the account's claim in a market is more than may leave by what it is known to have put up.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn holds_back(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    Ok(waiting(account, market, board)? > room(account, now))
}

/// What the account won in a market and was not paid, at the quote token's judged price, up.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub(super) fn waiting(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard) -> RiskResult<Usd> {
    let Some(position) = slots::find(account, market.index) else { return Ok(Usd::ZERO) };
    let Ok(atoms) = u64::try_from(book::claim(position, market)? >> VALUE_BITS) else { return Ok(Usd::ZERO) };
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    Ok(Price(quote.mid).value_up(super::exposure::quote(market).units_up(atoms)?)?)
}

/// Notes for today an Initial requirement the account meets, or what an order that fills had set aside, and says how much of it that is:
/// what it was paid today it has not brought.
pub(super) fn post(account: &mut MarginAccount, requirement: Usd, now: Now) -> u64 {
    begin_day(account, now);
    let rail = &mut account.rail;
    let brought = requirement.0.saturating_sub(rail.released);
    rail.posted = rail.posted.max(brought);
    brought
}

/// Notes that a position went from so many lots to so many, by an order that brought so much, and that so much of its claim still waits.
/// What was put up for lots that are no longer held counts for the rest of the day alone, or as far as something waits, until that is
/// paid.
///
/// # Errors
/// Overflow.
pub(super) fn resize(
    account: &mut MarginAccount,
    market: u16,
    traded: &Traded,
    brought: u64,
    left: Usd,
) -> MathResult<()> {
    // A slot that was given up took its part with it.
    let slot = slots::slot_of(account, market);
    let Some(put_up) = slot.and_then(|slot| account.put_up.get_mut(slot)) else { return Ok(()) };
    let (was, is) = (traded.before.unsigned_abs(), traded.after.unsigned_abs());
    let is_turned = (traded.before < 0) != (traded.after < 0);
    let (kept, added) = if is < was && (!is_turned || is == 0) {
        (mul_div_down(*put_up, is, was)?, 0)
    } else if is_turned || was == 0 {
        // Of an order that turns a position, the part that opened.
        (0, mul_div_down(brought, is, was.saturating_add(is))?)
    } else {
        (*put_up, brought)
    };
    // No sum: what was put up for lots that were closed since must not count twice. A settlement that needs more notes all of it.
    *put_up = kept.max(added).max(left.0.min(*put_up));
    account.rail.held = account.rail.held.max(added);
    limit_held(account);
    Ok(())
}

/// Of what was put up, no more is held than for the positions there are.
pub(super) fn limit_held(account: &mut MarginAccount) {
    account.rail.held = account.rail.held.min(put_up_for_all(account));
}

/// What was put up for all positions, each for itself, USD with 20 fraction bits.
#[must_use]
pub fn put_up_for_all(account: &MarginAccount) -> u64 {
    account.put_up.iter().fold(0, |sum, put_up| sum.saturating_add(*put_up))
}

/// Assesses what an account has to put up for its perps now, whatever the age of prices, and if it does, without what it won and was not
/// paid, notes it: the Initial requirement it has, without what is set aside for orders, and no more than its perps alone would have. For
/// the next day it is put up by the market's position, as far as that needs it.
///
/// # Errors
/// As [`assess_initial`].
pub fn post_now(
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    market: &PerpMarket,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<()> {
    let initial = assess_initial(portfolio, board, Valuation::InitialUnchecked, now)?;
    let quote = board.row(portfolio.quote).ok_or(RiskError::FeedNotListed)?;
    let won = Price(quote.mid).value_up(portfolio.initial_profit(board)?)?;
    // A price that was pumped would let out what nobody put up.
    if initial.assets < initial.burden()?.add(won)? {
        return Ok(());
    }
    let posted = initial.requirement.excess_over(portfolio.reserved);
    let posted = post(account, posted.min(initial_requirement_of_perps(portfolio, board, now)?), now);
    let alone = alone(account, market, board, now)?;
    let slot = slots::slot_of(account, market.index);
    if let Some(put_up) = slot.and_then(|slot| account.put_up.get_mut(slot)) {
        *put_up = (*put_up).max(posted.min(alone.0));
    }
    account.rail.held = account.rail.held.max(posted);
    limit_held(account);
    Ok(())
}

/// What the account's position in a market would need if it held nothing else, whatever the age of prices.
fn alone(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<Usd> {
    let (long, short) = super::exposure::units(slots::held(account, market)?, market)?;
    let alone = PerpExposure { feed: market.feed, long, short, ..PerpExposure::default() };
    requirement_alone(&alone, board, Valuation::InitialUnchecked, now)
}

/// Counts what was paid at the quote token's judged price, up; a loss makes room again, down.
///
/// # Errors
/// Overflow.
pub(super) fn count(account: &mut MarginAccount, paid: i64, market: &PerpMarket, quote: &RiskRow) -> MathResult<()> {
    let (decimals, price) = (super::exposure::quote(market), Price(quote.mid));
    let rail = &mut account.rail;
    rail.released = if paid > 0 {
        rail.released.saturating_add(price.value_up(decimals.units_up(paid.unsigned_abs())?)?.0)
    } else {
        rail.released.saturating_sub(price.value_down(decimals.units_down(paid.unsigned_abs())?)?.0)
    };
    Ok(())
}

/// Starts the account's day, if it is a new one, before what is done on it, with what is put up for what it holds: nobody has to act each
/// day to be paid.
pub(super) fn begin_day(account: &mut MarginAccount, now: Now) {
    let day = PerpMarket::day(now.ts);
    if account.rail.day == day {
        return;
    }
    let held = account.rail.held;
    account.rail = ReleaseRail { day, posted: held, held, released: 0 };
}
