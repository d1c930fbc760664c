//! Numbers for people: what the rates mean as LTV and liquidation threshold, and at which price an account is liquidatable.
//!
//! Off-chain only by cost, not by nature: no float, no allocation.

use ballast_math::{MathResult, Ratio};
use ballast_state::{RiskBoard, RiskRow};

use crate::health::{assess_maintenance, Portfolio};
use crate::{Now, RiskError, RiskResult};

/// Liquidation threshold of a collateral against a loan: the debt per collateral value at which HF is 1.
/// `(1 − r_long)/(1 + r_short)` at Maintenance, `r = v + add_on`.
///
/// # Errors
/// Arithmetic.
pub fn liquidation_threshold(collateral: &RiskRow, loan: &RiskRow) -> MathResult<Ratio> {
    let long = Ratio::from_bits(collateral.maintenance_long).add(Ratio::from_bits(collateral.maintenance_add_on))?;
    let short = Ratio::from_bits(loan.maintenance_short).add(Ratio::from_bits(loan.maintenance_add_on))?;
    Ratio::ONE.sub(long)?.div_down(Ratio::ONE.add(short)?)
}

/// Loan-to-value of a collateral against a loan: the same at Initial.
///
/// # Errors
/// Arithmetic.
pub fn loan_to_value(collateral: &RiskRow, loan: &RiskRow) -> MathResult<Ratio> {
    let long = Ratio::from_bits(collateral.initial_long).add(Ratio::from_bits(collateral.initial_add_on))?;
    let short = Ratio::from_bits(loan.initial_short).add(Ratio::from_bits(loan.initial_add_on))?;
    Ratio::ONE.sub(long)?.div_down(Ratio::ONE.add(short)?)
}

/// Prices of one feed at which a healthy account would become liquidatable, all else equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiquidationPrices {
    /// The highest price below today's at which H < 0.
    pub below: Option<u64>,
    /// The lowest price above today's at which H < 0.
    pub above: Option<u64>,
}

/// Steps of the outward search, each a 128th of the price: a crossing is bracketed by the first step that finds one.
const STEPS: u32 = 2_048;

/// Where H crosses zero along one feed's price, to one tick of the price format. `held` is the account at other prices than today's:
/// what its perps won or lost, and what of a profit is backed, moves with them. A liquidatable account has no such price.
///
/// # Errors
/// Those of `held`; as [`assess_maintenance`].
pub fn liquidation_prices(
    board: &RiskBoard,
    feed: u8,
    now: Now,
    held: impl Fn(&RiskBoard) -> RiskResult<Portfolio>,
) -> RiskResult<LiquidationPrices> {
    let mut moved = *board;
    let Some(row) = board.row(feed) else { return Ok(LiquidationPrices::default()) };
    let today = held(board)?;
    if !today.has_liability || assess_maintenance(&today, board, now)?.is_negative() {
        return Ok(LiquidationPrices::default());
    }
    let mut unhealthy = |price: u64| -> RiskResult<bool> {
        if let Some(row) = moved.rows.get_mut(usize::from(feed)) {
            row.mid = price;
        }
        Ok(assess_maintenance(&held(&moved)?, &moved, now)?.is_negative())
    };
    Ok(LiquidationPrices {
        below: search(row.mid, Direction::Down, &mut unhealthy)?,
        above: search(row.mid, Direction::Up, &mut unhealthy)?,
    })
}

#[derive(Clone, Copy)]
enum Direction {
    Down,
    Up,
}

fn search(
    from: u64,
    direction: Direction,
    unhealthy: &mut impl FnMut(u64) -> RiskResult<bool>,
) -> RiskResult<Option<u64>> {
    let mut safe = from;
    for _ in 0..STEPS {
        let stride = (safe >> 7).max(1);
        let next = match direction {
            Direction::Down => safe.saturating_sub(stride),
            Direction::Up => safe.saturating_add(stride).min(ballast_math::Price::MAX.0),
        };
        if next == safe {
            return Ok(None);
        }
        match unhealthy(next) {
            Ok(true) => return bisect(safe, next, unhealthy).map(Some),
            Ok(false) => safe = next,
            // Values or marks left their format while health was there: no price on this side is a root.
            Err(RiskError::Math(_) | RiskError::PriceOutOfRange) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The unhealthy price next to a healthy one, between a healthy and an unhealthy price.
fn bisect(
    mut safe: u64,
    mut liquidatable: u64,
    unhealthy: &mut impl FnMut(u64) -> RiskResult<bool>,
) -> RiskResult<u64> {
    while safe.abs_diff(liquidatable) > 1 {
        let middle = safe.midpoint(liquidatable);
        if unhealthy(middle)? {
            liquidatable = middle;
        } else {
            safe = middle;
        }
    }
    Ok(liquidatable)
}
