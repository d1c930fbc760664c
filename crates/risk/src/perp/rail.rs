//! The rail on which profits of perps leave: in a day no more than the account had to put up (rules-perps 9, ADR 18).

use ballast_math::{mul_div_down, MathResult, Price, Usd};
use ballast_state::{MarginAccount, PerpMarket, PerpPosition, ReleaseRail, RiskBoard, RiskRow};

use super::{book, claims, slots, Traded, VALUE_BITS};
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

/// True if the account's claim in a market is more than may leave by what it is known to have put up. A registered claim has a rail of its
/// own, which nothing that is put up now would raise.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn holds_back(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    let is_registered = slots::find(account, market.index).is_some_and(PerpPosition::is_registered);
    Ok(!is_registered && waiting(account, market, board)? > room(account, now))
}

/// What the account won in a market and was not paid, at the quote token's judged price, up.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub(super) fn waiting(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard) -> RiskResult<Usd> {
    let Some(position) = slots::find(account, market.index) else { return Ok(Usd::ZERO) };
    let atoms = match claims::due(position, market) {
        Some(due) => due,
        None => u64::try_from(book::claim(position, market)? >> VALUE_BITS).unwrap_or(0),
    };
    worth(market, atoms, board)
}

/// Atoms of the quote token at its judged price, up.
fn worth(market: &PerpMarket, atoms: u64, board: &RiskBoard) -> RiskResult<Usd> {
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    Ok(Price(quote.mid).value_up(super::exposure::quote(market).units_up(atoms)?)?)
}

/// Notes for today an Initial requirement the account meets, or what an order that fills had set aside: what it was paid today it has not
/// brought.
pub(super) fn post(account: &mut MarginAccount, requirement: Usd, now: Now) {
    begin_day(account, now);
    let rail = &mut account.rail;
    rail.posted = rail.posted.max(requirement.0.saturating_sub(rail.released));
}

/// Notes that a position went from so many lots to so many, by an order that had set so much aside. What was put up for lots that are no
/// longer held counts for the rest of the day alone, or as far as something waits, until that is paid.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub(super) fn resize(
    account: &mut MarginAccount,
    market: &PerpMarket,
    traded: &Traded,
    requirement: Usd,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<()> {
    // A slot that was given up took its part with it.
    let Some((slot, old)) = put_up_for(account, market) else { return Ok(()) };
    let (was, is) = (traded.before.unsigned_abs(), traded.after.unsigned_abs());
    let is_turned = (traded.before < 0) != (traded.after < 0);
    let new = if is < was && (!is_turned || is == 0) {
        mul_div_down(old, is, was)?
    } else if is_turned || was == 0 {
        // Of an order that turns a position, the part that opened.
        mul_div_down(requirement.0, is, was.saturating_add(is))?
    } else {
        // No more than all of it needs: what was put up for lots that were closed since must not count twice.
        let needed = alone(account, market, board, now)?.0;
        old.max(old.saturating_add(requirement.0).min(needed))
    };
    let left = waiting(account, market, board)?.0;
    let new = new.max(left.min(old));
    put_up(account, slot, new);
    if new > old {
        account.rail.held = account.rail.held.max(new);
    }
    limit_held(account);
    Ok(())
}

/// After a settlement no more is put up for a position than it needs now, or what of it still waits: a shrink takes sizes, prices fall, and
/// what waited is paid.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub(super) fn trim(account: &mut MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<()> {
    let Some((slot, old)) = put_up_for(account, market) else { return Ok(()) };
    let Some(position) = account.positions().get(slot) else { return Ok(()) };
    // Of a registered claim, and of less than a lot that is spared, what it was put up for is gone: it keeps its pace.
    let is_left = position.base != [0, 0] && book::size(position, market)? == 0;
    if old == 0 || is_left || position.is_registered() {
        return Ok(());
    }
    let left = waiting(account, market, board)?;
    let most = if left.0 >= old { left } else { left.max(alone(account, market, board, now)?) };
    put_up(account, slot, old.min(most.0));
    limit_held(account);
    Ok(())
}

/// Notes for today what a registered claim is due, as far as its position had put that up: it needs nothing any more.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub(super) fn post_due(
    account: &mut MarginAccount,
    market: &PerpMarket,
    due: u64,
    board: &RiskBoard,
) -> RiskResult<()> {
    let Some((_, put_up)) = put_up_for(account, market) else { return Ok(()) };
    let due = worth(market, due, board)?;
    let rail = &mut account.rail;
    rail.posted = rail.posted.max(put_up.min(rail.released.saturating_add(due.0)));
    Ok(())
}

/// The slot of the account's position in a market, and what was put up for it.
fn put_up_for(account: &MarginAccount, market: &PerpMarket) -> Option<(usize, u64)> {
    let slot = slots::slot_of(account, market.index)?;
    Some((slot, *account.put_up.get(slot)?))
}

fn put_up(account: &mut MarginAccount, slot: usize, value: u64) {
    if let Some(put_up) = account.put_up.get_mut(slot) {
        *put_up = value;
    }
}

/// Of what was put up, no more is held than for the positions there are.
pub(super) fn limit_held(account: &mut MarginAccount) {
    account.rail.held = account.rail.held.min(put_up_for_all(account));
}

/// What was put up for all positions, each for itself, but for registered claims; USD with 20 fraction bits.
#[must_use]
pub fn put_up_for_all(account: &MarginAccount) -> u64 {
    let positions = account.positions().iter().zip(&account.put_up);
    let counting = positions.filter(|(position, _)| !position.is_registered());
    counting.fold(0, |sum, (_, put_up)| sum.saturating_add(*put_up))
}

/// Assesses what an account has to put up for its perps now, whatever the age of prices, and if it does, without what it won and was not
/// paid, notes it for today: the Initial requirement it has, without what is set aside for orders, and no more than its perps alone would
/// have. What is there for a moment is put up for no other day.
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
    let required = initial.requirement.excess_over(portfolio.reserved);
    let required = required.min(initial_requirement_of_perps(portfolio, board, now)?);
    post(account, required, now);
    Ok(())
}

/// What the account's position in a market would need if it held nothing else, whatever the age of prices.
fn alone(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<Usd> {
    let size = slots::held(account, market)?;
    if size == 0 {
        return Ok(Usd::ZERO);
    }
    let (long, short) = super::exposure::units(size, market)?;
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
