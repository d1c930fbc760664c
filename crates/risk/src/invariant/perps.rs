//! Perp markets: their sums over positions, what a sync stores, and what may happen to a position.

use ballast_math::{signed_add, signed_from_words, signed_mul, signed_sub, MathError};
use ballast_state::{
    Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, PerpPosition, PerpSide, RiskBoard, SideBook,
};

use super::{
    holds, require, Checked, CLAIMS_COVERED, CLAIM_PAID_ONCE, EQUITY_TRUE, FUNDING_BOUNDED, INDEX_FINE, MARKET_SYNCED,
    POOL_TAKES_FUNDING, POSITIONS_ADD_UP, POSITIONS_STILL, POSITION_CLOSED, REST_UNTOUCHED, SIZES_FIT,
};
use crate::perp::{self, book, funding, VALUE_BITS};
use crate::{Now, RiskResult};

/// Sums over the positions of one side.
#[derive(Clone, Copy, Default)]
struct Sums {
    base: u128,
    offset: i128,
    claims: i128,
    lots: u128,
    count: u32,
}

impl Sums {
    /// Over the positions of a market, longs and shorts.
    fn of<'a>(market: &PerpMarket, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> RiskResult<[Self; 2]> {
        let (mut long, mut short) = (Self::default(), Self::default());
        let positions = accounts.into_iter().flat_map(MarginAccount::positions);
        // A registered claim is no longer its side's.
        let mine = |position: &&PerpPosition| position.market == market.index && !position.is_registered();
        for position in positions.filter(mine) {
            let sums = if position.side == PerpSide::Short.to_byte() { &mut short } else { &mut long };
            sums.base = ballast_math::checked_add_wide(sums.base, book::unsigned(position.base))?;
            sums.offset = signed_add(sums.offset, signed_from_words(position.offset))?;
            sums.claims = signed_add(sums.claims, book::claim(position, market)?)?;
            let lots = u128::from(book::size(position, market)?.unsigned_abs());
            sums.lots = ballast_math::checked_add_wide(sums.lots, lots)?;
            sums.count = sums.count.saturating_add(1);
        }
        Ok([long, short])
    }

    /// True if a sum over the side is that over its positions, of which every one may have rounded away less than one.
    fn covers(&self, side: i128, positions: i128) -> bool {
        let most = i128::from(self.count.saturating_sub(1));
        (0..=most).contains(&side.saturating_sub(positions))
    }
}

/// Compares both sides of a market with what their positions add up to.
fn both<'a>(
    market: &PerpMarket,
    accounts: impl IntoIterator<Item = &'a MarginAccount>,
    agree: impl Fn(&SideBook, &Sums) -> RiskResult<bool>,
) -> RiskResult<bool> {
    let [long, short] = Sums::of(market, accounts)?;
    Ok(agree(&market.long, &long)? && agree(&market.short, &short)?)
}

/// INV-55 of one market over all accounts of its group.
///
/// # Errors
/// `POSITIONS_ADD_UP`.
pub fn check_positions<'a>(market: &PerpMarket, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    let agree = |side: &SideBook, sums: &Sums| {
        let stored = (book::unsigned(side.base), signed_from_words(side.offset), side.positions);
        Ok((sums.base, sums.offset, sums.count) == stored)
    };
    holds(both(market, accounts, agree), POSITIONS_ADD_UP)
}

/// INV-56 of one market over all accounts of its group.
///
/// # Errors
/// `CLAIMS_COVERED`.
pub fn check_claims<'a>(market: &PerpMarket, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    let agree = |side: &SideBook, sums: &Sums| Ok(sums.covers(book::owed(side)?, sums.claims));
    holds(both(market, accounts, agree), CLAIMS_COVERED)
}

/// INV-57 of one market over all accounts of its group.
///
/// # Errors
/// `SIZES_FIT`.
pub fn check_sizes<'a>(market: &PerpMarket, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    let agree = |side: &SideBook, sums: &Sums| {
        let lots = i128::try_from(sums.lots).map_err(|_| MathError::here())?;
        Ok(sums.covers(i128::from(book::open_interest(side)?), lots))
    };
    holds(both(market, accounts, agree), SIZES_FIT)
}

/// INV-55 of one account: its positions are dense, one for a market, each with a side.
///
/// # Errors
/// `POSITIONS_ADD_UP`.
pub fn check_position_slots(account: &MarginAccount) -> Checked {
    let used = account.positions();
    let alone = |at: usize, market: u16| used.iter().skip(at.saturating_add(1)).all(|other| other.market != market);
    let sided =
        used.iter().enumerate().all(|(at, one)| PerpSide::from_byte(one.side).is_some() && alone(at, one.market));
    let empty = account.perps.iter().skip(used.len()).all(|one| (one.side, one.base) == (0, [0, 0]));
    require(sided && empty, POSITIONS_ADD_UP)
}

/// INV-61 and INV-62 of one market.
///
/// # Errors
/// The invariant that does not hold.
pub fn check_market(market: &PerpMarket) -> Checked {
    let sides = [&market.long, &market.short];
    let carried = sides.iter().all(|side| u128::from(side.carry) < funding::RATE_ONE);
    require(carried && market.funding_rate.unsigned_abs() <= market.terms.funding_limit, FUNDING_BOUNDED)?;
    let ends = matches!(MarketMode::from_byte(market.mode), MarketMode::WindDown | MarketMode::Settled);
    let fine = sides.iter().all(|side| {
        let bounded = side.position_index <= book::INDEX_ONE && (ends || side.position_index >= book::INDEX_MIN);
        let fresh = (side.position_index, side.pnl_index) == (book::INDEX_ONE, [0, 0]);
        bounded && (side.base != [0, 0] || fresh)
    });
    require(fine, INDEX_FINE)
}

/// INV-59 of a market whose equity was just refreshed.
///
/// # Errors
/// `EQUITY_TRUE`.
pub fn check_equity(market: &PerpMarket, pool: &LiquidityPool, bank: &Bank, now: Now) -> Checked {
    let mut fresh = *market;
    holds(perp::refresh_equity(&mut fresh, pool, bank, now).map(|()| fresh == *market), EQUITY_TRUE)
}

/// INV-60 of a market that was just synced.
///
/// # Errors
/// `MARKET_SYNCED`.
pub fn check_synced(market: &PerpMarket, board: &RiskBoard, now: Now) -> Checked {
    let stands = || -> RiskResult<bool> {
        perp::require_synced(market, board)?;
        if market.is_settled() {
            return Ok(market.synced_ts == now.ts);
        }
        Ok(market.synced_ts == now.ts && perp::mark_of(market, market.mid, market.quote_mid)? == market.mark)
    };
    holds(stands(), MARKET_SYNCED)
}

/// INV-74 between two states of a market that a sync alone changed.
///
/// # Errors
/// `POOL_TAKES_FUNDING`.
pub fn check_funding(before: &PerpMarket, after: &PerpMarket) -> Checked {
    let taken = || -> RiskResult<bool> {
        let owed = |market: &PerpMarket| signed_add(book::owed(&market.long)?, book::owed(&market.short)?);
        let moved = i128::from(after.mark).wrapping_sub(i128::from(before.mark));
        let by_skew = signed_mul(i128::from(book::skew(before)?), moved)?;
        // What the pool owes more than the skew's move: below zero it took funding.
        let paid = signed_sub(signed_sub(owed(after)?, owed(before)?)?, by_skew)?;
        let slack = signed_add(rounding(&before.long, moved)?, rounding(&before.short, moved)?)?;
        Ok(paid <= slack && signed_sub(signed_mul(paid, -1)?, slack)? <= most_funding(before, after)?)
    };
    holds(taken(), POOL_TAKES_FUNDING)
}

/// By how much a side's sum may move beside its lots: less than one for its fraction of a lot, and one of rounding.
fn rounding(side: &SideBook, moved: i128) -> Result<i128, MathError> {
    let fraction = if side.position_index == book::INDEX_ONE {
        0
    } else {
        i128::try_from(moved.unsigned_abs()).unwrap_or(i128::MAX)
    };
    signed_add(fraction, 2)
}

/// The most that all lots can pay at the largest rate, and what was carried.
fn most_funding(before: &PerpMarket, after: &PerpMarket) -> RiskResult<i128> {
    let seconds = u128::try_from(after.synced_ts.saturating_sub(before.synced_ts)).unwrap_or(0);
    let rate = ballast_math::wide(before.mark, before.terms.funding_limit);
    let product = rate.checked_mul(seconds).ok_or_else(MathError::here)?;
    let per_lot = product.checked_div(funding::RATE_ONE).unwrap_or(0).saturating_add(2);
    // And on either side what is less than a lot.
    let lots = u128::from(book::open_interest(&before.long)?)
        .saturating_add(u128::from(book::open_interest(&before.short)?))
        .saturating_add(2);
    let most = per_lot.checked_mul(lots).and_then(|most| i128::try_from(most).ok()).ok_or_else(MathError::here)?;
    Ok(most)
}

/// INV-71 of a position of so many lots that a liquidation left with `after`.
///
/// # Errors
/// `POSITION_CLOSED`.
pub fn check_position_closed(before: i64, lots: i64, after: i64) -> Checked {
    let against = (before > 0 && lots < 0) || (before < 0 && lots > 0);
    require(
        against && lots.unsigned_abs() <= before.unsigned_abs() && before.checked_add(lots) == Some(after),
        POSITION_CLOSED,
    )
}

/// INV-32 of an account whose position in `market` was liquidated: nothing but it and the balance in `bank` changed.
///
/// # Errors
/// `REST_UNTOUCHED`.
pub fn check_other_holdings(before: &MarginAccount, after: &MarginAccount, market: u16, bank: u16) -> Checked {
    let balances =
        |account: &MarginAccount| account.balances.into_iter().filter(move |one| one.shares != 0 && one.bank != bank);
    let positions =
        |account: &MarginAccount| account.perps.into_iter().filter(move |one| one.side != 0 && one.market != market);
    let same = balances(before).eq(balances(after)) && positions(before).eq(positions(after));
    require(same, REST_UNTOUCHED)
}

/// INV-72 of a settlement that paid so many atoms, or below zero took them, of a claim in a synced market. `most` is what might be
/// paid; `whole` says that the position had a whole lot, so that it stays.
///
/// # Errors
/// `CLAIM_PAID_ONCE`.
pub fn check_settled(claims: [i128; 2], paid: i64, most: u64, whole: bool) -> Checked {
    let once = || -> RiskResult<bool> {
        let [before, after] = claims;
        let due = (before >> VALUE_BITS).min(i128::from(most));
        let left = signed_sub(before, i128::from(paid) << VALUE_BITS)?;
        // Without a lot what is less than an atom is given up.
        let kept = if whole || left >> VALUE_BITS != 0 { after == left } else { after == 0 };
        Ok(i128::from(paid) == due && kept)
    };
    holds(once(), CLAIM_PAID_ONCE)
}

/// INV-73 of an account: positions but those in `moved` are what they were.
///
/// # Errors
/// `POSITIONS_STILL`.
pub fn check_positions_still(before: &MarginAccount, after: &MarginAccount, moved: &[u16]) -> Checked {
    let others =
        |account: &MarginAccount| account.perps.into_iter().filter(|one| one.side != 0 && !moved.contains(&one.market));
    require(others(before).eq(others(after)), POSITIONS_STILL)
}
