//! Losses: of what, and borne by whom.

use ballast_math::{Index, Price, Usd};
use ballast_state::{Bank, RiskBoard};

use super::{holds, Checked, LOSS_BORNE, NOTHING_LEFT};
use crate::bankruptcy::Loss;
use crate::health::{Health, Portfolio};
use crate::{interest, price, Now, RiskError, RiskResult};

/// INV-38 of the loss of `shares` of loan between two states of a bank.
///
/// # Errors
/// `LOSS_BORNE`.
pub fn check_loss(loss: &Loss, shares: u64, before: &Bank, after: &Bank) -> Checked {
    let borne = || -> RiskResult<bool> {
        let moment = Now { ts: after.accrued_ts, slot: 0 };
        let debt = interest::project(before, moment)?.liability.amount_up(shares)?;
        let socialized = after.socialized_loss.saturating_sub(before.socialized_loss);
        let all = socialized == loss.socialized;
        // What lenders cannot bear is counted as far as they can.
        let wiped = Index::from_words(after.asset_index).amount_down(after.asset_shares)? == 0;
        Ok(loss.deficit == debt
            && loss.insured.checked_add(loss.pooled).and_then(|paid| paid.checked_add(loss.socialized)) == Some(debt)
            && (loss.socialized == 0 || after.insurance == 0)
            && (all || (wiped && socialized < loss.socialized))
            && loss.index_after == after.asset_index)
    };
    holds(borne(), LOSS_BORNE)
}

/// INV-39 of an account whose loan is written off: its Maintenance health, and the collateral it has left.
///
/// # Errors
/// `NOTHING_LEFT`.
pub fn check_nothing_left(health: &Health, left: &Portfolio, board: &RiskBoard, now: Now) -> Checked {
    let nothing = || -> RiskResult<bool> {
        for exposure in left.exposures() {
            let row = board.row(exposure.feed).ok_or(RiskError::FeedNotListed)?;
            let doubtful = price::is_uncertain(row, now, &board.rules);
            let best = if doubtful { price::aged_band(row, now)?.high } else { Price(row.mid) };
            if best.value_down(exposure.deposits)? >= Usd(board.rules.dust) {
                return Ok(false);
            }
        }
        Ok(health.assets < health.liabilities && !left.has_live_perps)
    };
    holds(nothing(), NOTHING_LEFT)
}
