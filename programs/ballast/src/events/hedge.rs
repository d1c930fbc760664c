//! Hedges.

use anchor_lang::prelude::*;
use ballast_risk::health::Health;
use ballast_risk::perp::{HedgeClosed, HedgePlan};
use ballast_state::{Bank, PerpMarket, RiskBoard};

use super::{EventHeader, HealthPoint, PositionPoint};

/// Receipt of a hedge's liquidation.
#[event]
pub struct HedgeLiquidated {
    /// Where and when; the account is the liquidatee's.
    pub header: EventHeader,
    /// Margin account of the liquidator.
    pub liquidator: Pubkey,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
    /// The market's index.
    pub market: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// Judged price of the loan's token.
    pub loan_price: u64,
    /// Judged price of the collateral's token.
    pub collateral_price: u64,
    /// The mark the position was closed at: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Bonus.
    pub bonus: u64,
    /// Start of the episode of ill health, unix seconds.
    pub unhealthy_since: i64,
    /// Loan repaid, atoms.
    pub repaid: u64,
    /// Loan shares burnt.
    pub repaid_shares: u64,
    /// Collateral seized, atoms.
    pub seized: u64,
    /// Deposit shares moved.
    pub seized_shares: u64,
    /// Paid by the liquidator to insurance, atoms of the loan.
    pub insurance: u64,
    /// Lots bought for the account, or below zero sold.
    pub lots: i64,
    /// The position after.
    pub position: PositionPoint,
    /// Atoms of the quote token the pool paid the account, or below zero received.
    pub paid: i64,
    /// Of it, the skew's premium the account paid, or below zero got back.
    pub premium: i64,
    /// Maintenance health before.
    pub before: HealthPoint,
    /// Maintenance health after.
    pub after: HealthPoint,
}

impl HedgeLiquidated {
    /// Of what the engine did to a pair of banks and in a market.
    pub(crate) fn of(
        header: EventHeader,
        liquidator: Pubkey,
        board: &RiskBoard,
        (loan_bank, collateral_bank): (&Bank, &Bank),
        (market, position): (&PerpMarket, PositionPoint),
        (plan, closed): (&HedgePlan, &HedgeClosed),
        after: &Health,
    ) -> Self {
        let [loan_price, collateral_price] =
            [loan_bank, collateral_bank].map(|bank| board.row(bank.feed).map_or(0, |row| row.mid));
        Self {
            header,
            liquidator,
            loan_bank: loan_bank.index,
            collateral_bank: collateral_bank.index,
            market: market.index,
            board_sequence: board.sequence,
            market_sequence: market.sequence,
            loan_price,
            collateral_price,
            mark: market.mark,
            bonus: plan.bonus.0,
            unhealthy_since: plan.unhealthy_since,
            repaid: plan.exchange.repaid,
            repaid_shares: plan.exchange.repaid_shares,
            seized: plan.exchange.seized,
            seized_shares: plan.exchange.seized_shares,
            insurance: closed.insurance,
            lots: plan.lots,
            position,
            paid: closed.paid,
            premium: closed.premium,
            before: HealthPoint::from(&plan.before),
            after: HealthPoint::from(after),
        }
    }
}
