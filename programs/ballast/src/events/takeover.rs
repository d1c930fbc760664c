//! What happens to accounts in ill health: liquidation, deleverage, bankruptcy.

use anchor_lang::prelude::*;
use ballast_risk::bankruptcy::Loss;
use ballast_risk::{liquidation, perp};
use ballast_state::{Bank, MarginAccount, PerpMarket, RiskBoard};

use super::{EventHeader, HealthPoint, Movement};
use crate::error::{OrFail, Result};

/// What became of a debt that nobody paid.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default)]
pub struct LossShare {
    /// The debt, atoms.
    pub deficit: u64,
    /// Paid by insurance.
    pub insured: u64,
    /// Paid by the pool of perps.
    pub pooled: u64,
    /// Borne by lenders.
    pub socialized: u64,
    /// Asset index before, 64 + 64 bits, low word first.
    pub index_before: [u64; 2],
    /// Asset index after.
    pub index_after: [u64; 2],
}

impl From<Loss> for LossShare {
    fn from(loss: Loss) -> Self {
        Self {
            deficit: loss.deficit,
            insured: loss.insured,
            pooled: loss.pooled,
            socialized: loss.socialized,
            index_before: loss.index_before,
            index_after: loss.index_after,
        }
    }
}

/// What the pool lost in a market with a loan that losses there opened.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct MarketLoss {
    /// The market's index.
    pub market: u16,
    /// The market's sequence number.
    pub sequence: u64,
    /// Atoms the pool lost, which the market spent: a settled one as far as its stake went.
    pub atoms: u64,
}

impl MarketLoss {
    /// Of the markets whose losses opened an account's loan, of which the pool lost so many atoms.
    pub(crate) fn all(account: &MarginAccount, pooled: u64, markets: &[&mut PerpMarket]) -> Result<Vec<Self>> {
        let parts = perp::parts_of(pooled, &account.loss_shares).or_fail()?;
        let part = |market: &PerpMarket| parts.get(usize::from(market.index)).copied().unwrap_or(0);
        let of =
            |market: &&mut PerpMarket| Self { market: market.index, sequence: market.sequence, atoms: part(market) };
        Ok(markets.iter().map(of).filter(|loss| loss.atoms > 0).collect())
    }
}

/// Receipt of a liquidation: inputs, prices, amounts, health before and after.
#[event]
pub struct Liquidated {
    /// Where and when; the account is the liquidatee's.
    pub header: EventHeader,
    /// Margin account of the liquidator; where it was done in several instructions, its signer.
    pub liquidator: Pubkey,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Judged price of the loan's token.
    pub loan_price: u64,
    /// Judged price of the collateral's token.
    pub collateral_price: u64,
    /// Most the liquidator wanted to repay, atoms.
    pub max_repay: u64,
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
    /// Maintenance health before.
    pub before: HealthPoint,
    /// Maintenance health after, before a loss was absorbed.
    pub after: HealthPoint,
    /// Bad debt absorbed at once; zeros if none.
    pub loss: LossShare,
}

impl Liquidated {
    /// Of what the engine did to `pair`, the banks of loan and collateral.
    pub(crate) fn of(
        header: EventHeader,
        liquidator: Pubkey,
        board: &RiskBoard,
        pair: [&Bank; 2],
        max_repay: u64,
        done: &liquidation::Liquidated,
    ) -> Self {
        let [loan_bank, collateral_bank] = pair;
        let [loan_price, collateral_price] = pair.map(|bank| board.row(bank.feed).map_or(0, |row| row.mid));
        Self {
            header,
            liquidator,
            loan_bank: loan_bank.index,
            collateral_bank: collateral_bank.index,
            board_sequence: board.sequence,
            loan_price,
            collateral_price,
            max_repay,
            bonus: done.bonus.0,
            unhealthy_since: done.unhealthy_since,
            repaid: done.exchange.repaid,
            repaid_shares: done.exchange.repaid_shares,
            seized: done.exchange.seized,
            seized_shares: done.exchange.seized_shares,
            insurance: done.insurance,
            before: HealthPoint::from(&done.before),
            after: HealthPoint::from(&done.after),
            loss: done.loss.map(LossShare::from).unwrap_or_default(),
        }
    }
}

/// Receipt of a deleverage.
#[event]
pub struct Deleveraged {
    /// Where and when; the account is the deleveraged one.
    pub header: EventHeader,
    /// Margin account of the keeper.
    pub keeper: Pubkey,
    /// 0: the owner's policy. 1: a bank in wind-down.
    pub cause: u8,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Judged price of the loan's token.
    pub loan_price: u64,
    /// Judged price of the collateral's token.
    pub collateral_price: u64,
    /// The keeper's fee.
    pub fee: u64,
    /// Collateral value per loan value, both at mid.
    pub rate: u64,
    /// Loan repaid, atoms.
    pub repaid: u64,
    /// Loan shares burnt.
    pub repaid_shares: u64,
    /// Collateral moved, atoms.
    pub seized: u64,
    /// Deposit shares moved.
    pub seized_shares: u64,
    /// Maintenance health before.
    pub before: HealthPoint,
    /// Maintenance health after.
    pub after: HealthPoint,
}

/// Receipt of a bankruptcy.
#[event]
pub struct BankruptcyResolved {
    /// Where and when; the account is the bankrupt one.
    pub header: EventHeader,
    /// Bank of the loan.
    pub bank: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Maintenance health before.
    pub before: HealthPoint,
    /// Who bore what.
    pub loss: LossShare,
    /// What the pool bore, by market.
    pub markets: Vec<MarketLoss>,
}

/// An account's health was looked at and its timer set.
#[event]
pub struct Marked {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Maintenance health.
    pub health: HealthPoint,
    /// Start of the episode of ill health, unix seconds; zero if healthy.
    pub unhealthy_since: i64,
}

/// A liquidation in several instructions was begun.
#[event]
pub struct LiquidationBegun {
    /// Where and when; the account is the liquidatee's.
    pub header: EventHeader,
    /// Who may seize.
    pub liquidator: Pubkey,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Bonus.
    pub bonus: u64,
    /// Most loan shares that may be repaid.
    pub most_repaid: u64,
    /// Most deposit shares that may be seized.
    pub most_seized: u64,
    /// Maintenance health.
    pub before: HealthPoint,
}

/// Collateral was taken out of an account with an open liquidation.
#[event]
pub struct Seized {
    /// Where and when; the account is the liquidatee's.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
}
