use ballast_math::{Price, Ratio, Units};
use ballast_state::{RiskBoard, RiskRow};

use crate::health::{impact, rates_of, Assessment, Exposure, Valuation};
use crate::RiskResult;

/// Which side of a feed's exposure gets smaller.
#[derive(Clone, Copy)]
pub(crate) enum Leg {
    /// What is owed or short.
    Loan,
    /// What is held or long.
    Collateral,
}

/// From which side a relief is estimated.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// R falls by at least this.
    Lower,
    /// R falls by at most this.
    Upper,
}

/// What netting inside the feed's class does to a relief.
#[derive(Clone, Copy)]
pub(crate) struct Hedge {
    /// The class holds both signs.
    hedged: bool,
    /// κ of the class where it does.
    kappa: Ratio,
}

impl Hedge {
    /// Of a class in an account.
    pub(crate) fn of(assessment: &Assessment, class: u8, board: &RiskBoard) -> Self {
        let hedged = assessment.is_hedged(class);
        let kappa = if hedged { Ratio::from_bits(board.kappa(class)) } else { Ratio::ZERO };
        Self { hedged, kappa }
    }

    /// κ of the class where it holds both signs, else zero.
    pub(crate) fn kappa(self) -> Ratio {
        self.kappa
    }
}

/// By how much R falls per USD by which a leg gets smaller (rules-risk 2).
///
/// # Errors
/// Arithmetic.
pub(crate) fn relief(row: &RiskRow, exposure: &Exposure, hedge: Hedge, leg: Leg, bound: Bound) -> RiskResult<Ratio> {
    let long = exposure.deposits.add(exposure.perp_long)?;
    let short = exposure.loans.add(exposure.perp_short)?;
    let (opens, size) = match leg {
        Leg::Loan => (short > long, short.excess_over(long)),
        Leg::Collateral => (long > short, long.excess_over(short)),
    };
    let basis = Ratio::from_bits(row.basis);
    if !opens {
        // Matched inside the feed: reducing this leg leaves no less net exposure, only less to match.
        return Ok(match bound {
            Bound::Lower => Ratio::ZERO,
            Bound::Upper => basis,
        });
    }
    let rates = rates_of(row, Valuation::Maintenance);
    let rate = match leg {
        Leg::Loan => rates.short,
        Leg::Collateral => rates.long,
    };
    let impact = impact(row, Price(row.mid).value_up(size)?);
    Ok(match bound {
        Bound::Lower => {
            let unnetted = rates.add_on.add(impact)?;
            if hedge.hedged {
                unnetted
            } else {
                unnetted.add(rate)?
            }
        }
        Bound::Upper => {
            // 1.5·impact: the slope of N·√N.
            let slope = impact.add(Ratio(impact.0.div_ceil(2)))?;
            let unnetted = rates.add_on.add(slope)?;
            // Where something is matched, less of it may be what goes first.
            let unnetted = if long.min(short) == Units::ZERO { unnetted } else { unnetted.max(basis) };
            unnetted.add(rate.mul_up(Ratio::ONE.add(hedge.kappa)?)?)?
        }
    })
}
