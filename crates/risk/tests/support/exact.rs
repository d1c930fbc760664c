//! The formulas of health in rationals, written from the rules and not from the engine: the yardstick.

use std::collections::BTreeMap;

use ballast_risk::health::Portfolio;
use ballast_state::{RiskBoard, RiskRow, NO_CLASS};
use num_traits::{Signed, Zero};

use super::rational::{int, max, min, of_bits, of_price, of_units, positive, pow2, q, sqrt_down, Q};

/// What an account holds of one feed, signed units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holding {
    pub(crate) deposits: Q,
    pub(crate) loans: Q,
    pub(crate) perp_long: Q,
    pub(crate) perp_short: Q,
}

/// Holdings by feed, and perp PnL at mid in quote units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdings {
    pub(crate) feeds: BTreeMap<u8, Holding>,
    pub(crate) pnl: Q,
    pub(crate) quote: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct ExactHealth {
    pub(crate) assets: Q,
    pub(crate) liabilities: Q,
    pub(crate) requirement: Q,
}

impl ExactHealth {
    pub(crate) fn equity(&self) -> Q {
        &self.assets - &self.liabilities
    }

    pub(crate) fn value(&self) -> Q {
        self.equity() - &self.requirement
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Maintenance,
    Initial,
}

impl Holdings {
    pub(crate) fn of(portfolio: &Portfolio) -> Self {
        let feeds = portfolio.exposures().iter().map(|e| {
            let holding = Holding {
                deposits: of_units(e.deposits),
                loans: of_units(e.loans),
                perp_long: of_units(e.perp_long),
                perp_short: of_units(e.perp_short),
            };
            (e.feed, holding)
        });
        Self {
            feeds: feeds.collect(),
            pnl: of_units(portfolio.profit) - of_units(portfolio.loss),
            quote: portfolio.quote,
        }
    }

    /// Gross value at mid: what relative errors are relative to.
    pub(crate) fn gross(&self, board: &RiskBoard) -> Q {
        self.feeds.iter().fold(self.pnl.abs(), |sum, (feed, h)| {
            let units = &h.deposits + &h.loans + &h.perp_long + &h.perp_short;
            sum + units * of_price(board.row(*feed).unwrap().high)
        })
    }
}

/// `min(icap, Y·√(N / depth))`, its root down to 96 fraction bits.
pub(crate) fn impact(row: &RiskRow, size: &Q) -> Q {
    let slope = q(row.impact_slope, pow2(56));
    min(of_bits(row.impact_cap), slope * sqrt_down(&(size * int(pow2(20))), 96))
}

/// The formula at one level, without the 5/4 rule. Prices of age zero.
pub(crate) fn formula(holdings: &Holdings, board: &RiskBoard, level: Level) -> ExactHealth {
    let mut result = ExactHealth { assets: Q::zero(), liabilities: Q::zero(), requirement: Q::zero() };
    // Per class: Σ vL·X, −Σ vS·X, Σ_{X>0} vL·X, Σ_{X<0} vS·|X|.
    let mut classes: BTreeMap<(u8, u8), [Q; 4]> = BTreeMap::new();
    let at = |row: &RiskRow, long: bool| match (level, long) {
        (Level::Maintenance, _) => of_price(row.mid),
        (Level::Initial, true) => of_price(row.low),
        (Level::Initial, false) => of_price(row.high),
    };
    // Profit and loss of perps at the prices that count, in quote units.
    let quote_mid = of_price(board.row(holdings.quote).unwrap().mid);
    let moved = holdings.feeds.iter().fold(Q::zero(), |sum, (feed, h)| {
        let row = board.row(*feed).unwrap();
        let perp = &h.perp_long - &h.perp_short;
        let net = &h.deposits - &h.loans + &perp;
        sum + perp * (at(row, !net.is_negative()) - of_price(row.mid)) / &quote_mid
    });
    for (feed, h) in &holdings.feeds {
        let row = board.row(*feed).unwrap();
        let mut own = &h.deposits - &h.loans;
        let mut net = &own + &h.perp_long - &h.perp_short;
        if *feed == holdings.quote {
            net += &holdings.pnl;
            own += &holdings.pnl + &moved;
        }
        let price = at(row, !net.is_negative());
        // The quote's equity has its own sign once PnL is counted at the band.
        let own_price = if *feed == holdings.quote { at(row, !own.is_negative()) } else { price.clone() };
        result.assets += positive(&own) * &own_price;
        result.liabilities += positive(&-own) * &own_price;

        let (long_rate, short_rate, add_on) = match level {
            Level::Maintenance => (row.maintenance_long, row.maintenance_short, row.maintenance_add_on),
            Level::Initial => (row.initial_long, row.initial_short, row.initial_add_on),
        };
        let exposure = net * &price;
        let size = exposure.abs();
        result.requirement += (of_bits(add_on) + impact(row, &size)) * &size;
        let matched = min(&h.deposits + &h.perp_long, &h.loans + &h.perp_short);
        result.requirement += of_bits(row.basis) * matched * &price;

        let key = if row.class == NO_CLASS { (1, *feed) } else { (0, row.class) };
        let [down, up, long_loss, short_loss] = classes.entry(key).or_default();
        *down += of_bits(long_rate) * &exposure;
        *up -= of_bits(short_rate) * &exposure;
        if exposure.is_positive() {
            *long_loss += of_bits(long_rate) * &exposure;
        } else {
            *short_loss += of_bits(short_rate) * size;
        }
    }
    for ((alone, class), [down, up, long_loss, short_loss]) in classes {
        let kappa = if alone == 1 { Q::zero() } else { of_bits(board.kappa(class)) };
        result.requirement += max(Q::zero(), max(down, up)) + kappa * min(long_loss, short_loss);
    }
    result
}

/// Health at Initial: the formula, and at least 5/4 of Maintenance.
pub(crate) fn initial(holdings: &Holdings, board: &RiskBoard) -> ExactHealth {
    let mut health = formula(holdings, board, Level::Initial);
    let maintenance = formula(holdings, board, Level::Maintenance);
    health.requirement = max(health.requirement, maintenance.requirement * q(5, 4));
    health
}

/// The same feeds with nothing netted across them: every feed alone.
pub(crate) fn unnetted(board: &RiskBoard) -> RiskBoard {
    let mut alone = *board;
    for row in &mut alone.rows {
        row.class = NO_CLASS;
    }
    alone
}
