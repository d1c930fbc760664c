//! Health: equity, requirement, and what follows from them (rules-risk 1).
//!
//! Two steps. A [`Portfolio`] is what an account holds, as whole tokens per feed, whatever the order of its slots. An
//! [`Assessment`] is what that is worth and may lose at the board's prices: sums that a changed exposure can be taken out of
//! and put back into exactly, so that a liquidation assesses once and adjusts.

mod assessment;
mod portfolio;
mod report;

pub use assessment::{Assessment, Valuation};
pub use portfolio::{decimals, Exposure, PerpExposure, Portfolio, MAX_FEEDS};
pub use report::{
    assess_initial, assess_maintenance, assess_maintenance_at, check_taker, initial_requirement_alone,
    initial_requirement_of_perps, requirement_alone, taker_value, Health,
};

pub(crate) use assessment::{impact, rates_of, Change};
pub(crate) use report::{spare, spared};
