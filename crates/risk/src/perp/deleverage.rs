use ballast_math::{
    checked_sub, signed_add, signed_from_words, signed_mul, signed_to_words, MathError, MathResult, Price, Product,
    Ratio, Usd,
};
use ballast_state::{Bank, LiquidityPool, MarketMode, PerpMarket, PerpSide, RiskBoard, RiskRow};

use super::liquidity::maintenance_requirement;
use super::{book, exposure, mark_of, refresh_equity, require_synced, settlement, shrink, skew_reserve, VALUE_BITS};
use crate::health::{impact, rates_of, Valuation};
use crate::price::{self, End};
use crate::{Now, RiskError, RiskResult};

/// Seconds from the first deleverage of a series in which it makes no account liquidatable; the next one after them starts a new
/// series.
pub const GRACE: i64 = 3_600;

/// What the deleverage of a market did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketDeleveraged {
    /// The side that shrank.
    pub side: PerpSide,
    /// Lots taken from it.
    pub lots: u64,
    /// Skew before.
    pub skew_before: i64,
    /// Skew after.
    pub skew_after: i64,
    /// Premium given back to the side, atoms of the quote token.
    pub returned: u64,
    /// E_m before.
    pub equity_before: i64,
    /// R_m at Maintenance before, atoms.
    pub required_before: u64,
    /// E_m after.
    pub equity: i64,
    /// True if sizes got too coarse: the market winds down.
    pub ended: bool,
}

/// Deleverages a market whose pool lacks margin for its skew (rules-perps 5): the larger side shrinks by the least amount that
/// restores the pool, at the mark, every position by the same part. No equity falls: what the shrunk part earned is in its claim, and
/// the premium that the larger skew was charged goes back to the side. Constant work, whatever the number of accounts. The market must
/// be synced.
///
/// # Errors
/// `MarketNotSynced`; `PairPriceStale`; `MarketHealthy` while E_m covers R_m; `NothingToDo` without a skew; arithmetic.
#[inline(never)]
pub fn deleverage(
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<MarketDeleveraged> {
    require_synced(market, board)?;
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        price::check_fresh(row, now, board.rules.liquidate_max_age).map_err(|_| RiskError::PairPriceStale)?;
    }
    let skew = book::skew(market)?;
    let (equity_before, required_before) = (market.equity, maintenance_requirement(market, skew, board, now)?);
    let lacks = equity_before < i64::try_from(required_before).unwrap_or(i64::MAX);
    if !lacks || !lacks_beyond_doubt(market, board, skew, required_before, now)? {
        return Err(RiskError::MarketHealthy);
    }
    // Without equity the sides meet as far as an index lets them; the market is settled then.
    if skew == 0 || (equity_before < 0 && settlement::is_flat(market)?) {
        return Err(RiskError::NothingToDo);
    }
    let side = PerpSide::of(skew);
    let kept = kept(market, board, skew, Ratio(board.rules.liquidation_target), now)?;
    let terms = market.terms;
    // The reserve of a skew is that of its mirror image.
    let reserve = |skew: i64| skew_reserve(market.mark, skew, &terms);
    let returned = checked_sub(reserve(skew)?, reserve(kept)?)?;
    let book = market.book_mut(side);
    begin_series(book, now);
    give_back(book, returned)?;
    let lots = shrink(book, checked_sub(skew.unsigned_abs(), kept.unsigned_abs())?)?;
    let ended = book.position_index < book::INDEX_MIN;
    if ended && MarketMode::from_byte(market.mode) != MarketMode::WindDown {
        market.mode = MarketMode::WindDown.to_byte();
        market.settlement_ts = now.ts;
    }
    refresh_equity(market, pool, bank, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    Ok(MarketDeleveraged {
        side,
        lots,
        skew_before: skew,
        skew_after: book::skew(market)?,
        returned,
        equity_before,
        required_before,
        equity: market.equity,
        ended,
    })
}

/// Where a price is in doubt, the market must lack margin also at the end of the band that favours its pool: what is closed at a price
/// that was none is not given back.
fn lacks_beyond_doubt(market: &PerpMarket, board: &RiskBoard, skew: i64, required: u64, now: Now) -> RiskResult<bool> {
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    if ![row, quote].iter().any(|row| price::is_uncertain(row, now, &board.rules)) {
        return Ok(true);
    }
    let (band, quotes) = (price::aged_band(row, now)?, price::aged_band(quote, now)?);
    // The pool is short of what its traders are long.
    let favourable = if skew > 0 {
        mark_of(market, band.low.0, quotes.high.0)?
    } else {
        mark_of(market, band.high.0, quotes.low.0)?
    };
    let moved = i128::from(market.mark).wrapping_sub(i128::from(favourable));
    let gained = signed_mul(i128::from(skew), moved)? >> VALUE_BITS;
    Ok(signed_add(i128::from(market.equity), gained)? < i128::from(required))
}

/// The first deleverage of a series keeps what the index was, and makes the positions there are the ones it was felt by.
pub(super) fn begin_series(book: &mut ballast_state::SideBook, now: Now) {
    if now.ts < book.deleverage_ts.saturating_add(GRACE) {
        return;
    }
    book.position_index_before = book.position_index;
    book.deleverage_ts = now.ts;
    book.shrink_sequence = book.shrink_sequence.wrapping_add(1);
}

/// `K += ⌊atoms·2³²·2⁵² / B⌋`: the same for each unit of base.
pub(super) fn give_back(book: &mut ballast_state::SideBook, atoms: u64) -> MathResult<()> {
    let value = u128::from(atoms) << VALUE_BITS;
    let per_base = Product::of(value, u128::from(book::INDEX_ONE)).div_down(book::unsigned(book.base))?;
    let per_base = i128::try_from(per_base).map_err(|_| MathError::here())?;
    book.pnl_index = signed_to_words(signed_add(signed_from_words(book.pnl_index), per_base)?);
    Ok(())
}

/// n': the most lots of skew whose requirement, `target` times, the market's equity covers.
///
/// Newton's steps in USD, `N ← N − (N·(a + imp) − E/h) / (a + slope of N·imp / N)`, then the requirement itself has the last word.
fn kept(market: &PerpMarket, board: &RiskBoard, skew: i64, target: Ratio, now: Now) -> RiskResult<i64> {
    let Ok(equity) = u64::try_from(market.equity) else { return Ok(0) };
    let row = board.row(market.feed).ok_or(RiskError::FeedNotListed)?;
    let quote = board.row(market.quote_feed).ok_or(RiskError::FeedNotListed)?;
    let most = skew.unsigned_abs();
    let mid = Price(row.mid);
    let scale = 10u64.checked_pow(u32::from(market.lot_decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    // At the end at which the requirement becomes atoms.
    let means = price::aged_end(quote, End::Low, now)?.value_down(exposure::quote(market).units_down(equity)?)?;
    let means = Ratio::ONE.div_down(target)?.of_down(means)?;
    let size = root(row, skew, means, mid.value_up(exposure::lots(market).units_up(most)?)?)?;
    let mut lots = mid.atoms_up(size, scale).unwrap_or(u64::MAX).min(most);
    loop {
        let signed = i64::try_from(lots).map_err(|_| MathError::here())?;
        let at = if skew > 0 { signed } else { signed.wrapping_neg() };
        let required = maintenance_requirement(market, at, board, now)?;
        let required = target.of_up(Usd(required))?.0;
        if required <= equity {
            return Ok(signed);
        }
        // Too much by so much of the whole: at least a lot less. R is convex, so this ends below.
        let excess = ballast_math::mul_div_up(lots, required.saturating_sub(equity), required.max(1))?;
        lots = lots.saturating_sub(excess.max(1));
    }
}

/// `N·(v + add_on + imp(N)) = means`, from above or a unit or so below.
fn root(row: &RiskRow, skew: i64, means: Usd, start: Usd) -> RiskResult<Usd> {
    let rates = rates_of(row, Valuation::Maintenance);
    // The pool is short of what its traders are long.
    let rate = rates.add_on.add(if skew > 0 { rates.short } else { rates.long })?;
    let cap = Ratio::from_bits(row.impact_cap);
    let mut size = start;
    for _ in 0..8 {
        let impact = impact(row, size);
        let required = rate.add(impact)?.of_up(size)?;
        let steeper = if impact < cap { Ratio(impact.0.div_ceil(2)) } else { Ratio::ZERO };
        let slope = rate.add(impact)?.add(steeper)?;
        let part = |value: Usd| -> RiskResult<Usd> { Ok(Ratio::ONE.div_down(slope)?.of_down(value)?) };
        size = if required > means {
            size.excess_over(part(required.excess_over(means))?)
        } else {
            size.add(part(means.excess_over(required))?)?.min(start)
        };
    }
    Ok(size)
}
