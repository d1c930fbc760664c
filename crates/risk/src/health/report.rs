use ballast_math::{MathResult, Price, Ratio, Usd};
use ballast_state::RiskBoard;

use super::assessment::{Assessment, Valuation};
use super::portfolio::{PerpExposure, Portfolio};
use crate::{price, Now, RiskError, RiskResult};

/// An account's health at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Assets at the level's prices, down.
    pub assets: Usd,
    /// Liabilities at the level's prices, up.
    pub liabilities: Usd,
    /// Requirement, up.
    pub requirement: Usd,
}

impl Health {
    /// From an assessment.
    ///
    /// # Errors
    /// Arithmetic.
    #[inline]
    pub fn of(assessment: &Assessment, board: &RiskBoard) -> MathResult<Self> {
        Ok(Self {
            assets: assessment.assets,
            liabilities: assessment.liabilities,
            requirement: assessment.requirement(board)?,
        })
    }

    /// L + R: what the assets must cover.
    ///
    /// # Errors
    /// Overflow.
    #[inline]
    pub fn burden(&self) -> MathResult<Usd> {
        self.liabilities.add(self.requirement)
    }

    /// Equity E = A − L, signed, in 2⁻²⁰ USD.
    ///
    /// # Errors
    /// Overflow.
    pub fn equity(&self) -> MathResult<i64> {
        self.assets.signed_difference(self.liabilities)
    }

    /// Health H = E − R, signed, in 2⁻²⁰ USD.
    ///
    /// # Errors
    /// Overflow.
    pub fn value(&self) -> MathResult<i64> {
        self.assets.signed_difference(self.burden()?)
    }

    /// `H < 0`. A burden too large to add up is larger than any assets.
    #[inline]
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.burden().map_or(true, |burden| self.assets < burden)
    }

    /// `E < R/2`: so deep that neither cool-off nor grace protects the account.
    #[must_use]
    pub fn is_deep(&self) -> bool {
        let half = Usd(self.requirement.0.div_ceil(2));
        self.liabilities.add(half).map_or(true, |bound| self.assets < bound)
    }

    /// Health factor A / (L + R), down, for display and for targets; none without anything to cover.
    #[must_use]
    pub fn factor(&self) -> Option<Ratio> {
        let burden = self.burden().ok()?;
        if burden == Usd::ZERO {
            return None;
        }
        Some(Ratio::quotient_down(self.assets.0, burden.0).unwrap_or(Ratio(u64::MAX)))
    }

    /// True if this health factor is lower than `other`'s, compared exactly.
    ///
    /// # Errors
    /// Overflow.
    pub fn factor_is_below(&self, other: &Self) -> MathResult<bool> {
        Ok(ballast_math::wide(self.assets.0, other.burden()?.0) < ballast_math::wide(other.assets.0, self.burden()?.0))
    }

    /// True if the health factor is below `bound`, compared exactly.
    ///
    /// # Errors
    /// Overflow.
    pub fn factor_is_below_ratio(&self, bound: Ratio) -> MathResult<bool> {
        Ok((u128::from(self.assets.0) << Ratio::BITS) < ballast_math::wide(bound.0, self.burden()?.0))
    }
}

/// Health at Maintenance. While a deleverage of a market spares positions of the account, its requirement is the smaller of what
/// it is and what it was with the sizes before (rules-perps 5).
///
/// # Errors
/// As [`Assessment::of`].
pub fn assess_maintenance(portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<Health> {
    spared(portfolio, board, Valuation::Maintenance, now)
}

/// The same with the price of one feed replaced by a print's, in a portfolio whose perps are at that print.
///
/// # Errors
/// As [`Assessment::of`].
pub fn assess_maintenance_at(
    portfolio: &Portfolio,
    board: &RiskBoard,
    feed: u8,
    price: Price,
    now: Now,
) -> RiskResult<Health> {
    spared(portfolio, board, Valuation::MaintenanceAt(feed, price), now)
}

/// Health with the smaller requirement, as positions are and as they were before what shrunk them.
pub(crate) fn spared(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation, now: Now) -> RiskResult<Health> {
    let health = Health::of(&Assessment::of(portfolio, board, valuation, now)?, board)?;
    spare(health, portfolio, board, valuation, now)
}

/// [`spared`] where the health as positions are is known.
pub(crate) fn spare(
    health: Health,
    portfolio: &Portfolio,
    board: &RiskBoard,
    valuation: Valuation,
    now: Now,
) -> RiskResult<Health> {
    if !portfolio.is_spared() || !health.is_negative() {
        return Ok(health);
    }
    let before = Health::of(&Assessment::before_shrinks(portfolio, board, valuation, now)?, board)?;
    // The one of both that is better: off mid a size also decides what the way to that price brings.
    let is_better = before.value().unwrap_or(i64::MIN) > health.value().unwrap_or(i64::MIN);
    Ok(if is_better { before } else { health })
}

/// Health at Initial, whose requirement is at least 5/4 of Maintenance. Maintenance is computed only where that is not sure
/// anyway (`RiskRow::lead`). What pending orders set aside is required besides.
///
/// # Errors
/// As [`Assessment::of`].
pub fn assess_initial(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation, now: Now) -> RiskResult<Health> {
    let assessment = Assessment::of(portfolio, board, valuation, now)?;
    let mut initial = Health::of(&assessment, board)?;
    if !assessment.leads {
        let maintenance = assess_maintenance(portfolio, board, now)?.requirement;
        initial.requirement = initial.requirement.max(five_quarters(maintenance)?);
    }
    initial.requirement = initial.requirement.add(portfolio.reserved)?;
    Ok(initial)
}

/// Initial requirement of one perp exposure that won and lost nothing, and of nothing else, as [`assess_initial`] has it of a
/// portfolio of that.
///
/// # Errors
/// As [`Assessment::of`] at Initial.
pub fn initial_requirement_alone(perp: &PerpExposure, quote: u8, board: &RiskBoard, now: Now) -> RiskResult<Usd> {
    let initial = Assessment::required_alone(perp, board, Valuation::Initial, now)?;
    // Nothing is held of the quote token, but its price has to be there.
    let quote = board.row(quote).ok_or(RiskError::FeedNotListed)?;
    price::check_usable(quote, now, board.rules.borrow_max_age)?;
    Ok(initial.max(five_quarters(requirement_alone(perp, board, Valuation::Maintenance, now)?)?))
}

/// The requirement of such a position at a valuation that takes prices of any age.
///
/// # Errors
/// As [`Assessment::of`].
pub fn requirement_alone(perp: &PerpExposure, board: &RiskBoard, valuation: Valuation, now: Now) -> RiskResult<Usd> {
    Assessment::required_alone(perp, board, valuation, now)
}

/// Initial requirement that a portfolio's perps alone would have, netted among themselves, whatever the age of prices.
///
/// # Errors
/// As [`Assessment::of`].
pub fn initial_requirement_of_perps(portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<Usd> {
    Assessment::required_of_perps(portfolio, board, Valuation::InitialUnchecked, now)
}

/// The least that Initial asks for, by the requirement at Maintenance.
fn five_quarters(maintenance: Usd) -> MathResult<Usd> {
    maintenance.add(Usd(maintenance.0.div_ceil(4)))
}

/// Initial health of the taker of a liquidation or deleverage before it, for [`check_taker`]. None without a liability.
///
/// # Errors
/// Arithmetic.
pub fn taker_value(portfolio: &Portfolio, board: &RiskBoard, now: Now) -> RiskResult<Option<i64>> {
    if !portfolio.has_liability {
        return Ok(None);
    }
    let initial = assess_initial(portfolio, board, Valuation::InitialUnchecked, now)?;
    Ok(Some(initial.value()?))
}

/// Lets a taker have what it took: without a liability, or not worse off than `before`, or with Initial health of at least
/// zero. Prices of the pair (`pair`) may be guarded or pending; those of everything else it holds must be usable.
///
/// # Errors
/// `InsufficientHealth`; the price errors of [`price::check_usable`].
pub fn check_taker(
    portfolio: &Portfolio,
    board: &RiskBoard,
    pair: [u8; 2],
    before: Option<i64>,
    now: Now,
) -> RiskResult<()> {
    let Some(value) = taker_value(portfolio, board, now)? else { return Ok(()) };
    if before.is_some_and(|before| value >= before) {
        return Ok(());
    }
    for exposure in portfolio.exposures().iter().filter(|exposure| !pair.contains(&exposure.feed)) {
        let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
        price::check_usable(row, now, board.rules.borrow_max_age)?;
    }
    if value < 0 {
        return Err(RiskError::InsufficientHealth);
    }
    Ok(())
}
