//! The rail on which profits of perps leave: in a day no more than the account had to put up (rules-perps 9, ADR 18).

use ballast_math::{mul_div_down, MathResult, Price, Usd};
use ballast_state::{MarginAccount, PerpMarket, ReleaseRail, RiskBoard, RiskRow};

use super::{book, slots, Traded, VALUE_BITS};
use crate::health::{assess_initial, initial_requirement_of_perps, Portfolio, Valuation};
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

/// Notes an Initial requirement the account meets, and says how much of it that is: what it was paid today it has not brought.
fn post(account: &mut MarginAccount, requirement: Usd, now: Now) -> u64 {
    begin_day(account, now);
    let rail = &mut account.rail;
    let brought = requirement.0.saturating_sub(rail.released);
    rail.posted = rail.posted.max(brought);
    brought
}

/// Notes what an order that fills had set aside: its owner could not take it back any more.
pub(super) fn post_order(account: &mut MarginAccount, requirement: Usd, now: Now) {
    let brought = post(account, requirement, now);
    // No sum: what was put up for lots that were closed since must not count twice. A settlement that needs more notes all of it.
    account.rail.held = account.rail.held.max(brought);
}

/// Notes that a position went from so many lots to so many, so much of its claim still waiting. What was put up for lots that are no
/// longer held counts for the rest of the day alone, or as far as something waits, until that is paid.
///
/// # Errors
/// Overflow.
pub(super) fn resize(account: &mut MarginAccount, traded: &Traded, left: Usd) -> MathResult<()> {
    // Where more is held elsewhere, how much of it this was is not known.
    let alone = account.perp_count <= 1;
    let (was, is) = (traded.before.unsigned_abs(), traded.after.unsigned_abs());
    let turned = (traded.before < 0) != (traded.after < 0) && traded.after != 0;
    if alone && is < was && !turned {
        let kept = mul_div_down(account.rail.held, is, was)?;
        account.rail.held = kept.max(left.0.min(account.rail.held));
    }
    Ok(())
}

/// Assesses what an account has to put up for its perps now, whatever the age of prices, and if it does, without what it won and was not
/// paid, notes it: the Initial requirement it has, without what is set aside for orders, and no more than its perps alone would have.
///
/// # Errors
/// As [`assess_initial`].
pub fn post_now(account: &mut MarginAccount, portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<()> {
    let initial = assess_initial(portfolio, board, Valuation::InitialUnchecked, now)?;
    let quote = board.row(portfolio.quote).ok_or(RiskError::FeedNotListed)?;
    let won = Price(quote.mid).value_up(portfolio.initial_profit(board)?)?;
    // A price that was pumped would let out what nobody put up.
    if initial.assets < initial.burden()?.add(won)? {
        return Ok(());
    }
    let posted = initial.requirement.excess_over(portfolio.reserved);
    let posted = post(account, posted.min(initial_requirement_of_perps(portfolio, board, now)?), now);
    account.rail.held = account.rail.held.max(posted);
    Ok(())
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
    let held = if account.perp_count == 0 { 0 } else { account.rail.held };
    account.rail = ReleaseRail { day, posted: held, held, released: 0 };
}
