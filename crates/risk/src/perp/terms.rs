use ballast_math::Ratio;
use ballast_state::{LiquidityPool, MarketMode, MarketTerms, PerpMarket, PriceFeed, RiskBoard};

use super::{MAX_LOTS, MAX_LOT_SHIFT};
use crate::error::require;
use crate::{Now, RiskError, RiskResult};

/// Largest funding limit: 2⁴⁰ · 10⁻¹⁸ of the price per second, about ten per cent a day. No time without a sync then makes
/// funding overflow.
const MAX_FUNDING: u64 = 1 << 40;
/// Largest skew scale, in lots.
const MAX_SCALE: u64 = 1 << 62;
/// Marks a market may be listed at: a quarter of an atom to 1,024 atoms a lot. The price can then fall and rise a thousandfold
/// before lots are too coarse or marks too large.
const LISTED_MARKS: core::ops::RangeInclusive<u64> = 1 << 30..=1 << 42;
/// Most markets of a pool: an epoch is struck with all of them in one transaction, and so many fit into a packet. As many as an
/// account can tell apart.
pub const MAX_MARKETS: u16 = 24;
/// Most that a side may be worth at its cap, 2⁵² atoms: a thousand times that still fits an equity.
const MAX_SIDE: u128 = 1 << 84;

/// Terms of a market on a feed (rules-perps 3, 4, 9).
///
/// # Errors
/// `InvalidParameter`; `PremiumTooSteep`.
pub fn validate_terms(terms: &MarketTerms, feed: &PriceFeed) -> RiskResult<()> {
    let bounded = (1..=MAX_SCALE).contains(&terms.skew_scale)
        && terms.funding_limit <= MAX_FUNDING
        && terms.funding_velocity <= terms.funding_limit
        && terms.interest_cap <= MAX_LOTS
        && terms.skew_cap <= terms.interest_cap
        && terms.account_cap <= terms.interest_cap
        && terms.order_min > 0
        && u64::from(terms.fill_fee) <= Ratio::from_bps(100).0
        && terms.weight > 0
        && (2..=60).contains(&terms.min_delay)
        && (1..=60).contains(&terms.order_life);
    require(bounded, RiskError::InvalidParameter)?;
    require(demanded_floor(terms, terms.interest_cap) <= u128::from(smallest_floor(feed)), RiskError::PremiumTooSteep)
}

/// The floor that terms need with a side of so many lots: `side / scale ≤ floor / 4`, up. However skewed the market is, nobody pays
/// more premium for closing than a quarter of the smallest margin (ADR 17): liquidations ignore the cap of the skew, only the size
/// of a side bounds it.
fn demanded_floor(terms: &MarketTerms, side: u64) -> u128 {
    let premium = u128::from(side) << Ratio::BITS.saturating_add(2);
    ballast_math::div_up(premium, u128::from(terms.skew_scale)).unwrap_or(u128::MAX)
}

/// The larger of a side's cap and of what is open, which a cap lowered meanwhile does not close.
fn largest_side(market: &PerpMarket, terms: &MarketTerms) -> RiskResult<u64> {
    let open = super::book::open_interest(&market.long)?.max(super::book::open_interest(&market.short)?);
    Ok(open.max(terms.interest_cap))
}

fn smallest_floor(feed: &PriceFeed) -> u32 {
    feed.rates.maintenance_long.floor.min(feed.rates.maintenance_short.floor)
}

/// Counts a market that was listed on its feed. There is one at most: a long in one and a short in another would hedge each other,
/// and could not be liquidated leg by leg.
///
/// # Errors
/// `TooManyMarkets`; as [`note_terms`].
pub fn count_on_feed(feed: &mut PriceFeed, market: &PerpMarket) -> RiskResult<()> {
    require(feed.perps == 0, RiskError::TooManyMarkets)?;
    feed.perps = 1;
    note_terms(feed, market)
}

/// Notes on its feed which floor a market's terms need.
///
/// # Errors
/// `PremiumTooSteep` for terms no feed allows.
pub fn note_terms(feed: &mut PriceFeed, market: &PerpMarket) -> RiskResult<()> {
    let demanded = demanded_floor(&market.terms, largest_side(market, &market.terms)?);
    let demanded = u32::try_from(demanded).map_err(|_| RiskError::PremiumTooSteep)?;
    feed.perp_floor = demanded;
    Ok(())
}

/// That a feed's settings still allow the terms of the markets on it.
///
/// # Errors
/// `PremiumTooSteep`.
pub fn require_floors(feed: &PriceFeed) -> RiskResult<()> {
    require(feed.perp_floor <= smallest_floor(feed), RiskError::PremiumTooSteep)
}

/// What only listing decides: lots of a size that fits the mark.
///
/// # Errors
/// `DecimalsNotSupported`; `LotOutOfRange` at this mark.
pub fn validate_lot(market: &PerpMarket) -> RiskResult<()> {
    let shift = market.quote_decimals.saturating_sub(market.lot_decimals);
    require(shift <= MAX_LOT_SHIFT, RiskError::DecimalsNotSupported)?;
    require(LISTED_MARKS.contains(&market.mark), RiskError::LotOutOfRange)
}

/// That a side at its cap cannot be worth more, at a thousand times the mark, than the pool's books hold.
fn validate_cap(terms: &MarketTerms, mark: u64) -> RiskResult<()> {
    require(ballast_math::wide(terms.interest_cap, mark) <= MAX_SIDE, RiskError::CapTooLarge)
}

/// Takes a new market into its pool. It has its mark.
///
/// # Errors
/// Those of [`configure`]; `TooManyMarkets`.
pub fn list(market: &mut PerpMarket, pool: &mut LiquidityPool, feed: &PriceFeed, terms: MarketTerms) -> RiskResult<()> {
    market.long.position_index = super::book::INDEX_ONE;
    market.short.position_index = super::book::INDEX_ONE;
    require(pool.market_count < MAX_MARKETS, RiskError::TooManyMarkets)?;
    pool.market_count = pool.market_count.saturating_add(1);
    configure(market, pool, feed, terms, MarketMode::Normal.to_byte())
}

/// Gives a market new terms and a mode. It must be synced; its equity is to be refreshed after.
///
/// # Errors
/// Those of [`validate_terms`]; `CapTooLarge`; `WeightsTooLarge`; `InvalidModeChange` for an unknown mode, and out of or into wind-down.
pub fn configure(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    feed: &PriceFeed,
    terms: MarketTerms,
    mode: u8,
) -> RiskResult<()> {
    validate_terms(&terms, feed)?;
    validate_cap(&terms, market.mark)?;
    let demanded = demanded_floor(&terms, largest_side(market, &terms)?);
    require(demanded <= u128::from(smallest_floor(feed)), RiskError::PremiumTooSteep)?;
    // The skew there is was paid for at the old scale.
    let rescales = terms.skew_scale != market.terms.skew_scale && super::book::skew(market)? != 0;
    require(!rescales, RiskError::InvalidParameter)?;
    require_going_on(market, mode)?;
    let others = pool.weight.saturating_sub(u64::from(market.terms.weight));
    pool.weight = others.saturating_add(u64::from(terms.weight));
    require(pool.weight <= Ratio::ONE.0, RiskError::WeightsTooLarge)?;
    pool.sequence = pool.sequence.wrapping_add(1);
    // A rate beyond its limit comes back inside at once.
    let limit = i64::try_from(terms.funding_limit).unwrap_or(i64::MAX);
    market.funding_rate = market.funding_rate.clamp(limit.wrapping_neg(), limit);
    market.mode = mode;
    market.terms = terms;
    market.sequence = market.sequence.wrapping_add(1);
    Ok(())
}

/// True if new terms and mode can only lower risk: caps no larger, the mode no freer, and nothing else touched. Not the weight:
/// a smaller budget backs less of what positions won.
#[must_use]
pub fn is_tighter(market: &PerpMarket, terms: &MarketTerms, mode: u8) -> bool {
    let before = &market.terms;
    let others = MarketTerms {
        interest_cap: before.interest_cap,
        skew_cap: before.skew_cap,
        account_cap: before.account_cap,
        ..*terms
    };
    terms.interest_cap <= before.interest_cap
        && terms.skew_cap <= before.skew_cap
        && terms.account_cap <= before.account_cap
        && mode >= market.mode
        && (mode == market.mode || !ends(mode))
        && others == *before
}

/// Gives a market terms and a mode that [`is_tighter`] found so. They need no sync, no price and no feed: caps and mode change
/// neither funding nor what the pool stands for, and what allowed the terms before allows these.
///
/// # Errors
/// `InvalidParameter` for caps of skew or account beyond that of a side; `InvalidModeChange`.
pub fn tighten(market: &mut PerpMarket, terms: MarketTerms, mode: u8) -> RiskResult<()> {
    require(terms.skew_cap.max(terms.account_cap) <= terms.interest_cap, RiskError::InvalidParameter)?;
    require_going_on(market, mode)?;
    market.mode = mode;
    market.terms = terms;
    market.sequence = market.sequence.wrapping_add(1);
    Ok(())
}

/// Nothing brings a market back that ends.
fn require_going_on(market: &PerpMarket, mode: u8) -> RiskResult<()> {
    require(!ends(mode) && !ends(market.mode), RiskError::InvalidModeChange)
}

fn ends(mode: u8) -> bool {
    matches!(MarketMode::from_byte(mode), MarketMode::WindDown | MarketMode::Settled)
}

/// Ends a market: from the notice on it can be settled at its mark, by anyone. Until then it is reduce-only.
///
/// # Errors
/// `InvalidModeChange` if it ends already.
pub fn wind_down(market: &mut PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<()> {
    require(!ends(market.mode), RiskError::InvalidModeChange)?;
    market.mode = MarketMode::WindDown.to_byte();
    market.settlement_ts = now.ts.saturating_add(i64::from(board.rules.wind_down_notice));
    market.sequence = market.sequence.wrapping_add(1);
    Ok(())
}
