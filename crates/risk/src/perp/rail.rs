//! The rail on which profits of perps leave: in a day no more than the account had to put up (rules-perps 9, ADR 18).

use ballast_math::{MathResult, Price, Usd};
use ballast_state::{MarginAccount, PerpMarket, RiskBoard, RiskRow};

use super::{book, slots, VALUE_BITS};
use crate::health::{assess_initial, initial_requirement_of_perps, Portfolio, Valuation};
use crate::{Now, RiskError, RiskResult};

/// What the account may still be paid of its profits today, USD.
#[must_use]
pub fn room(account: &MarginAccount, now: Now) -> Usd {
    let rail = &account.rail;
    let released = if rail.day == PerpMarket::day(now.ts) { rail.released } else { 0 };
    Usd(rail.posted.saturating_sub(released))
}

/// True if the account's claim in a market is more than may leave by what it is known to have put up.
///
/// # Errors
/// `FeedNotListed`; arithmetic.
pub fn holds_back(account: &MarginAccount, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    let Some(position) = slots::find(account, market.index) else { return Ok(false) };
    let Ok(atoms) = u64::try_from(book::claim(position, market)? >> VALUE_BITS) else { return Ok(false) };
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let value = Price(quote.mid).value_up(super::exposure::quote(market).units_up(atoms)?)?;
    Ok(value > room(account, now))
}

/// Notes an Initial requirement the account meets. What it was paid today it has not brought.
pub(super) fn post(account: &mut MarginAccount, requirement: Usd, now: Now) {
    begin_day(account, now);
    let rail = &mut account.rail;
    rail.posted = rail.posted.max(requirement.0.saturating_sub(rail.released));
}

/// Assesses what an account has to put up for its perps now, whatever the age of prices, and if it does, notes it: the Initial requirement it
/// has, without what is set aside for orders, and no more than its perps alone would have.
///
/// # Errors
/// As [`assess_initial`].
pub fn post_now(account: &mut MarginAccount, portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<()> {
    let initial = assess_initial(portfolio, board, Valuation::InitialUnchecked, now)?;
    if initial.is_negative() {
        // A price that was pumped would let out what nobody put up.
        return Ok(());
    }
    let posted = initial.requirement.excess_over(portfolio.reserved);
    post(account, posted.min(initial_requirement_of_perps(portfolio, board, now)?), now);
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

/// Starts the account's day, if it is a new one, before what is done on it: a position that this closes was held until then. What was
/// posted stays posted while perps are held: nobody has to act each day to be paid.
pub(super) fn begin_day(account: &mut MarginAccount, now: Now) {
    let day = PerpMarket::day(now.ts);
    if account.rail.day == day {
        return;
    }
    account.rail.day = day;
    account.rail.released = 0;
    if account.perp_count == 0 {
        account.rail.posted = 0;
    }
}
