//! Margin rates: from volatility and settings to what the board's row holds (rules-risk 1).

use ballast_math::{div_up, root_down, MathError, MathResult, Ratio, Usd};
use ballast_state::{PriceFeed, RiskRow, SideRates};

use crate::RiskResult;

/// √(1 hour / year), 32 fraction bits: the Maintenance horizon.
pub const ROOT_HOUR: Ratio = Ratio(45_873_209);
/// √(24 hours / year): the Initial horizon.
pub const ROOT_DAY: Ratio = Ratio(224_731_913);
/// √(1 second / year), 64 fraction bits: how an uncertainty grows with age.
const ROOT_SECOND_Q64: u64 = 3_283_732_255_308_937;

/// `v = clamp(k·σ·√T + add_on, floor, cap) − add_on`. Equal floor and cap make it static.
///
/// # Errors
/// Overflow; `floor < add_on`, which listing excludes.
pub fn side_rate(side: &SideRates, sigma: Ratio, root_time: Ratio, add_on: Ratio) -> MathResult<Ratio> {
    let (floor, cap) = (Ratio::from_bits(side.floor), Ratio::from_bits(side.cap));
    let measured = Ratio(side.k).mul_up(sigma.mul_up(root_time)?)?.add(add_on)?;
    // Not `clamp`, which panics if the bounds cross.
    measured.min(cap).max(floor).sub(add_on)
}

/// Writes the rates a feed's settings and volatility give into its row.
///
/// # Errors
/// Overflow, or a rate of one or more: both excluded by listing.
pub fn write_row(feed: &PriceFeed, row: &mut RiskRow) -> RiskResult<()> {
    let settings = &feed.rates;
    let sigma = Ratio(settings.sigma);
    let maintenance = Ratio::from_bits(settings.maintenance_add_on);
    let initial = Ratio::from_bits(settings.initial_add_on);
    row.maintenance_long = stored(side_rate(&settings.maintenance_long, sigma, ROOT_HOUR, maintenance)?)?;
    row.maintenance_short = stored(side_rate(&settings.maintenance_short, sigma, ROOT_HOUR, maintenance)?)?;
    row.initial_long = stored(side_rate(&settings.initial_long, sigma, ROOT_DAY, initial)?)?;
    row.initial_short = stored(side_rate(&settings.initial_short, sigma, ROOT_DAY, initial)?)?;
    row.maintenance_add_on = settings.maintenance_add_on;
    row.initial_add_on = settings.initial_add_on;
    row.basis = settings.basis;
    row.impact_cap = settings.impact_cap;
    row.impact_slope = impact_slope(Ratio::from_bits(settings.impact_factor), Usd(settings.depth))?;
    row.age_slope = stored(age_slope(Ratio(settings.initial_long.k), sigma)?)?;
    row.class = feed.class;
    row.lead = lead(row)?;
    Ok(())
}

/// The part `q` of mid from which on Initial surely asks 5/4 of Maintenance for a net exposure of this feed alone.
///
/// With bases `r = v + add_on` and impacts `imp_I ≥ √q·imp_M`, that is `q·r_I − 5/4·r_M ≥ imp_M·(5/4 − q^1.5)`. For
/// `q ≥ 17/20` the bracket is under 1/2 and `imp_M ≤ icap`, so `q = (5/4·r_M + icap/2) / r_I` will do.
fn lead(row: &RiskRow) -> MathResult<u32> {
    const LEAST: Ratio = Ratio::from_bps(8_500);
    let sides = [(row.maintenance_long, row.initial_long), (row.maintenance_short, row.initial_short)];
    let mut lead = LEAST;
    for (maintenance, initial) in sides {
        let maintenance = Ratio::from_bits(maintenance).add(Ratio::from_bits(row.maintenance_add_on))?;
        let initial = Ratio::from_bits(initial).add(Ratio::from_bits(row.initial_add_on))?;
        let needed =
            maintenance.add(Ratio(maintenance.0.div_ceil(4)))?.add(Ratio(u64::from(row.impact_cap.div_ceil(2))))?;
        lead = lead.max(if initial == Ratio::ZERO { Ratio::ONE } else { needed.div_up(initial)? });
    }
    Ok(u32::try_from(lead.0).unwrap_or(RiskRow::NEVER_LEADS))
}

/// `k·σ·√(1 s / year)`.
fn age_slope(k: Ratio, sigma: Ratio) -> MathResult<Ratio> {
    let scaled = k.mul_up(sigma)?;
    let raw = div_up(ballast_math::wide(scaled.0, ROOT_SECOND_Q64), 1 << 64)?;
    u64::try_from(raw).map(Ratio).map_err(|_| MathError::here())
}

/// `Y / √depth` with 32 + 24 fraction bits, up. Zero depth means no impact.
fn impact_slope(factor: Ratio, depth: Usd) -> MathResult<u64> {
    if depth == Usd::ZERO {
        return Ok(0);
    }
    let half = depth.0.leading_zeros() >> 1;
    let root = root_down(depth.0.checked_shl(half << 1).ok_or_else(MathError::here)?);
    let bits = half.checked_add(24).ok_or_else(MathError::here)?;
    let numerator = u128::from(factor.0).checked_shl(bits).ok_or_else(MathError::here)?;
    u64::try_from(div_up(numerator, u128::from(root))?).map_err(|_| MathError::here())
}

fn stored(rate: Ratio) -> MathResult<u32> {
    u32::try_from(rate.0).map_err(|_| MathError::here())
}
