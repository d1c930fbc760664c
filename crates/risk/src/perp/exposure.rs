use ballast_math::{wide, Decimals, MathError, MathResult, Ratio, Units};
use ballast_state::{PerpMarket, PerpPosition, PerpSide, RiskBoard};

use super::{book, claims, releases, settlement, GRACE, VALUE_BITS};
use crate::health::PerpExposure;
use crate::{Now, RiskError, RiskResult};

/// The market's books stand at the board's prices, or at its settlement price for good.
///
/// # Errors
/// `MarketNotSynced`, `FeedNotListed`.
pub fn require_synced(market: &PerpMarket, board: &RiskBoard) -> RiskResult<()> {
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    if !market.is_settled() && (row.mid, quote.mid) != (market.mid, market.quote_mid) {
        return Err(RiskError::MarketNotSynced);
    }
    Ok(())
}

/// A position as health takes it: its size in units of the underlying, what it lost in full, and what it won as far as the
/// pool backs it; at Initial only while the market pays profits at all.
///
/// # Errors
/// `MarketMismatch` if the market is not the position's; `FeedNotListed`; arithmetic.
pub fn exposure(position: &PerpPosition, market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<PerpExposure> {
    if position.market != market.index {
        return Err(RiskError::MarketMismatch);
    }
    let size = book::size(position, market)?;
    let (long, short) = units(size, market)?;
    let quote = quote(market);
    // Nothing can be due while it is not known what is paid, and before a market that could pay all is opened again.
    let due = claims::due(position, market).filter(|_| settlement::pays(market));
    let whole = book::claim(position, market)? >> VALUE_BITS;
    let atoms = u64::try_from(whole.unsigned_abs()).map_err(|_| MathError::here())?;
    let (profit, loss) = if whole >= 0 {
        let backed = match due {
            Some(due) => due,
            None => backed(atoms, market.backing)?,
        };
        (quote.units_down(backed)?, Units::ZERO)
    } else {
        (Units::ZERO, quote.units_up(atoms)?)
    };
    let released = if profit != Units::ZERO && releases(market, board, now)? { profit } else { Units::ZERO };
    let shrunk = match grace(position, market, now) {
        Some(index) => units_of_shrunk(position, index, market, size)?,
        None => Units::ZERO,
    };
    let is_void = due == Some(0) || (due.is_none() && size == 0 && whole == 0);
    let is_shrunk_long = position.side == PerpSide::Long.to_byte();
    Ok(PerpExposure { feed: market.feed, long, short, profit, loss, released, shrunk, is_shrunk_long, is_void })
}

/// A before what a deleverage of the market took within the last hour from a position that it spares, or its end (rules-perps 5).
#[inline]
fn grace(position: &PerpPosition, market: &PerpMarket, now: Now) -> Option<u64> {
    let side = PerpSide::from_byte(position.side)?;
    let book = market.book(side);
    if position.base == [0, 0] || now.ts >= book.deleverage_ts.saturating_add(GRACE) {
        return None;
    }
    if position.shrink_sequence != book.shrink_sequence {
        return Some(book.position_index_before);
    }
    // One that came within a series feels nothing of it, but the end of the market.
    market.is_settled().then(|| market.end_index(side))
}

/// True while a shrink or the end of its market spares a position (rules-perps 5).
pub(super) fn is_spared(position: &PerpPosition, market: &PerpMarket, now: Now) -> bool {
    grace(position, market, now).is_some()
}

/// What was taken of a position since its side had an index.
#[inline(never)]
fn units_of_shrunk(position: &PerpPosition, index: u64, market: &PerpMarket, size: i64) -> MathResult<Units> {
    let before = book::lots_at(book::unsigned(position.base), index)?;
    let taken = before.saturating_sub(size.unsigned_abs());
    lots(market).units_up(taken)
}

/// Lots in units of the underlying, long and short.
pub(super) fn units(size: i64, market: &PerpMarket) -> MathResult<(Units, Units)> {
    let lots = lots(market);
    if size >= 0 {
        Ok((lots.units_down(size.unsigned_abs())?, Units::ZERO))
    } else {
        Ok((Units::ZERO, lots.units_up(size.unsigned_abs())?))
    }
}

/// The conversion between lots and whole tokens of the underlying.
pub(super) fn lots(market: &PerpMarket) -> Decimals {
    Decimals { reciprocal: market.lot_reciprocal, shift: market.lot_shift }
}

/// The quote token's conversion between atoms and whole tokens.
pub(crate) fn quote(market: &PerpMarket) -> Decimals {
    Decimals { reciprocal: market.quote_reciprocal, shift: market.quote_shift }
}

/// What a profit counts for: its backed part, down.
fn backed(atoms: u64, backing: u64) -> MathResult<u64> {
    u64::try_from(wide(atoms, backing) >> Ratio::BITS).map_err(|_| MathError::here())
}
