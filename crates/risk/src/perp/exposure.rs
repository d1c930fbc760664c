use ballast_math::{wide, Decimals, MathError, MathResult, Ratio, Units};
use ballast_state::{PerpMarket, PerpPosition, RiskBoard};

use super::{book, VALUE_BITS};
use crate::health::PerpExposure;
use crate::{RiskError, RiskResult};

/// The market's books stand at the board's prices.
///
/// # Errors
/// `MarketNotSynced`, `FeedNotListed`.
pub fn require_synced(market: &PerpMarket, board: &RiskBoard) -> RiskResult<()> {
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    if (row.mid, quote.mid) != (market.mid, market.quote_mid) {
        return Err(RiskError::MarketNotSynced);
    }
    Ok(())
}

/// A position as health takes it: its size in units of the underlying, what it lost in full, and what it won as far as the
/// pool backs it.
///
/// # Errors
/// `MarketMismatch` if the market is not the position's; arithmetic.
pub fn exposure(position: &PerpPosition, market: &PerpMarket) -> RiskResult<PerpExposure> {
    if position.market != market.index {
        return Err(RiskError::MarketMismatch);
    }
    let size = book::size(position, market)?;
    let (long, short) = units(size, market)?;
    let quote = quote(market);
    let whole = book::claim(position, market)? >> VALUE_BITS;
    let atoms = u64::try_from(whole.unsigned_abs()).map_err(|_| MathError::here())?;
    let (profit, loss) = if whole >= 0 {
        (quote.units_down(backed(atoms, market.backing)?)?, Units::ZERO)
    } else {
        (Units::ZERO, quote.units_up(atoms)?)
    };
    Ok(PerpExposure { feed: market.feed, long, short, profit, loss })
}

/// Lots in units of the underlying, long and short.
pub(super) fn units(size: i64, market: &PerpMarket) -> MathResult<(Units, Units)> {
    let lots = Decimals { reciprocal: market.lot_reciprocal, shift: market.lot_shift };
    if size >= 0 {
        Ok((lots.units_down(size.unsigned_abs())?, Units::ZERO))
    } else {
        Ok((Units::ZERO, lots.units_up(size.unsigned_abs())?))
    }
}

/// The quote token's conversion between atoms and whole tokens.
pub(super) fn quote(market: &PerpMarket) -> Decimals {
    Decimals { reciprocal: market.quote_reciprocal, shift: market.quote_shift }
}

/// What a profit counts for: its backed part, down.
fn backed(atoms: u64, backing: u64) -> MathResult<u64> {
    u64::try_from(wide(atoms, backing) >> Ratio::BITS).map_err(|_| MathError::here())
}
