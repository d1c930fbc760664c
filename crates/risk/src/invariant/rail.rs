//! How profits of perps leave.

use ballast_math::{Price, Usd};
use ballast_state::{MarginAccount, PerpMarket, PerpPosition, RiskBoard};

use super::{holds, require, Checked, PROFIT_RAILED};
use crate::perp;
use crate::{Now, RiskError, RiskResult};

/// Atoms and USD round against each other by so many units at most.
const ROUNDING: u64 = 2;

/// INV-83 of an account: what was released is within what was posted, and what the next day begins with was put up for positions there are.
///
/// # Errors
/// `PROFIT_RAILED`.
pub fn check_rail(account: &MarginAccount) -> Checked {
    let rail = &account.rail;
    let is_held = rail.held <= perp::rail::put_up_for_all(account);
    let of_none = account.put_up.iter().skip(account.positions().len()).any(|put_up| *put_up != 0);
    require(rail.released <= rail.posted.saturating_add(ROUNDING) && is_held && !of_none, PROFIT_RAILED)
}

/// INV-83 of an account that a synced market paid so many atoms of what its position won, or below zero took what it lost. `puts_up`:
/// what it may have posted by that.
///
/// # Errors
/// `PROFIT_RAILED`.
pub fn check_released(
    [before, after]: [&MarginAccount; 2],
    market: &PerpMarket,
    paid: i64,
    puts_up: Usd,
    board: &RiskBoard,
    now: Now,
) -> Checked {
    let railed = || -> RiskResult<bool> {
        if paid > 0 && !perp::releases(market, board, now)? {
            return Ok(false);
        }
        let ((posted, released), new) = (of_day(before, now), after.rail);
        if new.day != PerpMarket::day(now.ts) {
            // Nothing was to be counted.
            return Ok(paid == 0 && new == before.rail);
        }
        let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
        let tokens = perp::exposure::quote(market);
        let value = Price(quote.mid).value_up(tokens.units_up(paid.unsigned_abs())?)?.0;
        let counted = if paid >= 0 { released.saturating_add(value) } else { released.saturating_sub(value) };
        // A registered claim may be paid what was put up for its position.
        let slot = perp::slots::slot_of(before, market.index);
        let registered = slot.filter(|slot| before.positions().get(*slot).is_some_and(PerpPosition::is_registered));
        let of_claim = registered.and_then(|slot| before.put_up.get(slot)).copied().unwrap_or(0);
        let most = posted.max(puts_up.0).max(of_claim);
        Ok(new.released.abs_diff(counted) <= ROUNDING && (posted..=most).contains(&new.posted))
    };
    holds(railed(), PROFIT_RAILED)
}

/// What an account has posted and what was released, as a day finds it.
fn of_day(account: &MarginAccount, now: Now) -> (u64, u64) {
    let rail = &account.rail;
    if rail.day == PerpMarket::day(now.ts) {
        return (rail.posted, rail.released);
    }
    (rail.held, 0)
}
