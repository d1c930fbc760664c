//! Perp markets and positions.

use anchor_lang::prelude::*;
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::Health;
use ballast_risk::perp::{self, book, slots, HedgeClosed, HedgePlan, PositionClosed, PositionPlan};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, RiskBoard};

use super::{EventHeader, HealthPoint, LossShare};
use crate::error::{OrFail, Result};

/// A perp market was listed or configured.
#[event]
pub struct MarketConfigured {
    /// Where and when.
    pub header: EventHeader,
    /// The market's index.
    pub market: u16,
    /// Its mode.
    pub mode: u8,
    /// Until when no order may add risk.
    pub paused_until: i64,
}

impl MarketConfigured {
    pub(crate) fn of(header: EventHeader, market: &PerpMarket) -> Self {
        Self { header, market: market.index, mode: market.mode, paused_until: market.paused_until }
    }
}

/// A perp position after a change. Its size and its claim follow from the indices of its side, and they from
/// [`MarketSynced`], whatever its market does later.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default)]
pub struct PositionPoint {
    /// 1 long, 2 short, 0 none.
    pub side: u8,
    /// Lots held, below zero for shorts.
    pub lots: i64,
    /// Size in units of the side's position index, low word first.
    pub base: [u64; 2],
    /// Offset of the claim, two's complement, low word first.
    pub offset: [u64; 2],
}

impl PositionPoint {
    /// The account's position in a market.
    pub(crate) fn of(account: &MarginAccount, market: &PerpMarket) -> Result<Self> {
        let Some(position) = slots::find(account, market.index) else { return Ok(Self::default()) };
        let lots = book::size(position, market).or_fail()?;
        Ok(Self { side: position.side, lots, base: position.base, offset: position.offset })
    }
}

/// A perp market was brought to the board's prices, by itself or by an instruction that does it first: with it every claim can
/// be recomputed. A side that loses its last base starts anew, at an index of positions of one and an index of PnL of zero.
#[event]
pub struct MarketSynced {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's index.
    pub market: u16,
    /// The mark: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Funding rate in force, 10⁻¹⁸ of the price per second.
    pub funding_rate: i64,
    /// Position index of the longs: lots per unit of base, 52 fraction bits.
    pub long_position_index: u64,
    /// Position index of the shorts.
    pub short_position_index: u64,
    /// PnL index of the longs, two's complement, low word first.
    pub long_index: [u64; 2],
    /// PnL index of the shorts.
    pub short_index: [u64; 2],
    /// Fraction of funding the longs have yet to pay, in 10⁻¹⁸ of a value per lot.
    pub long_carry: u64,
    /// Fraction of funding the shorts have yet to pay.
    pub short_carry: u64,
    /// What the pool has in the market, atoms.
    pub equity: i64,
}

impl MarketSynced {
    pub(crate) fn of(header: EventHeader, market: &PerpMarket, board_sequence: u64) -> Self {
        Self {
            header,
            board_sequence,
            market: market.index,
            mark: market.mark,
            funding_rate: market.funding_rate,
            long_position_index: market.long.position_index,
            short_position_index: market.short.position_index,
            long_index: market.long.pnl_index,
            short_index: market.short.pnl_index,
            long_carry: market.long.carry,
            short_carry: market.short.carry,
            equity: market.equity,
        }
    }
}

/// What a position won or lost was moved between pool and account.
#[event]
pub struct PnlSettled {
    /// Where and when.
    pub header: EventHeader,
    /// The market's index.
    pub market: u16,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// The pool's sequence number.
    pub pool_sequence: u64,
    /// The mark: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Atoms the account received, or below zero paid.
    pub paid: i64,
    /// The position after.
    pub position: PositionPoint,
}

/// Receipt of the deleverage of a market: with the indices of its side every position and its claim can be recomputed.
#[event]
pub struct MarketDeleveraged {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's index.
    pub market: u16,
    /// Its mode after: wind-down, if sizes got too coarse.
    pub mode: u8,
    /// The side that shrank: 1 long, 2 short.
    pub side: u8,
    /// The mark: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Lots taken from the side.
    pub lots: u64,
    /// Lots by which longs were more than shorts before.
    pub skew_before: i64,
    /// The same after.
    pub skew_after: i64,
    /// Premium given back to the side, atoms.
    pub returned: u64,
    /// What the pool had in the market before, atoms.
    pub equity_before: i64,
    /// What it should have had, atoms.
    pub required_before: u64,
    /// What it has after, atoms.
    pub equity: i64,
    /// Position index of the side after: lots per unit of base, 52 fraction bits.
    pub position_index: u64,
    /// The same before the series: for an hour positions older than that are as large for their Maintenance margin, if that is less.
    pub position_index_before: u64,
    /// When the series began, unix seconds.
    pub series_ts: i64,
    /// PnL index of the side after, two's complement, low word first.
    pub pnl_index: [u64; 2],
}

impl MarketDeleveraged {
    pub(crate) fn of(
        header: EventHeader,
        market: &PerpMarket,
        board: &RiskBoard,
        done: &perp::MarketDeleveraged,
    ) -> Self {
        let book = market.book(done.side);
        Self {
            header,
            board_sequence: board.sequence,
            market: market.index,
            mode: market.mode,
            side: done.side.to_byte(),
            mark: market.mark,
            lots: done.lots,
            skew_before: done.skew_before,
            skew_after: done.skew_after,
            returned: done.returned,
            equity_before: done.equity_before,
            required_before: done.required_before,
            equity: done.equity,
            position_index: book.position_index,
            position_index_before: book.position_index_before,
            series_ts: book.deleverage_ts,
            pnl_index: book.pnl_index,
        }
    }
}

/// Receipt of a market's settlement, or of its claims being registered after all: sizes are zero from here on.
#[event]
pub struct MarketSettled {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's index.
    pub market: u16,
    /// The settlement price: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Lots by which longs were more than shorts.
    pub skew: i64,
    /// Premium given back to the larger side, atoms.
    pub returned: u64,
    /// What the pool had in the market; below zero claims are registered.
    pub equity: i64,
    /// What it stands for, atoms.
    pub stake: i64,
    /// What the pool has set aside for all settled markets, atoms.
    pub earmarked: i64,
    /// The pool's sequence number.
    pub pool_sequence: u64,
    /// PnL index of the longs, two's complement, low word first.
    pub long_index: [u64; 2],
    /// PnL index of the shorts.
    pub short_index: [u64; 2],
}

impl MarketSettled {
    pub(crate) fn of(
        header: EventHeader,
        market: &PerpMarket,
        pool: &LiquidityPool,
        board: &RiskBoard,
        done: &perp::MarketSettled,
    ) -> Self {
        Self {
            header,
            board_sequence: board.sequence,
            market: market.index,
            mark: done.mark,
            skew: done.skew,
            returned: done.returned,
            equity: done.equity,
            stake: done.stake,
            earmarked: pool.earmarked,
            pool_sequence: pool.sequence,
            long_index: market.long.pnl_index,
            short_index: market.short.pnl_index,
        }
    }
}

/// A claim was registered with a settled market, or a loss collected.
#[event]
pub struct ClaimRegistered {
    /// Where and when.
    pub header: EventHeader,
    /// Margin account of the keeper.
    pub keeper: Pubkey,
    /// The market's index.
    pub market: u16,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// The claim, atoms; below zero what the account paid.
    pub claim: i64,
    /// What the keeper got, atoms.
    pub keeper_fee: u64,
    /// All claims registered so far, atoms.
    pub registered: u64,
    /// What the pool has set aside for all settled markets, atoms.
    pub earmarked: i64,
    /// The pool's sequence number.
    pub pool_sequence: u64,
    /// The position after.
    pub position: PositionPoint,
}

/// What was left of a registered claim was given up.
#[event]
pub struct ClaimAbandoned {
    /// Where and when.
    pub header: EventHeader,
    /// The market's index.
    pub market: u16,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// The claim as it was registered, atoms.
    pub claim: u64,
    /// What of it was never paid, atoms.
    pub unpaid: u64,
    /// Claims that are left, atoms.
    pub registered: u64,
    /// Paid of them, atoms.
    pub paid: u64,
}

/// Receipt of the part of its claims that a settled market pays.
#[event]
pub struct PayoutUpdated {
    /// Where and when.
    pub header: EventHeader,
    /// The market's index.
    pub market: u16,
    /// The part, 32 fraction bits.
    pub payout: u64,
    /// Claims registered so far, atoms.
    pub registered: u64,
    /// Paid of them so far, atoms.
    pub paid: u64,
    /// What the pool still stands for, atoms.
    pub stake: i64,
    /// What it has set aside for all settled markets, atoms.
    pub earmarked: i64,
    /// Its sequence number.
    pub pool_sequence: u64,
}

impl PayoutUpdated {
    pub(crate) fn of(header: EventHeader, market: &PerpMarket, pool: &LiquidityPool) -> Self {
        Self {
            header,
            market: market.index,
            payout: market.payout,
            registered: market.registered,
            paid: market.registered_paid,
            stake: market.stake,
            earmarked: pool.earmarked,
            pool_sequence: pool.sequence,
        }
    }
}

/// Receipt of the liquidation of a perp position: inputs, price, amounts, health before and after.
#[event]
pub struct PerpLiquidated {
    /// Where and when; the account is the liquidatee's.
    pub header: EventHeader,
    /// Margin account of the liquidator.
    pub liquidator: Pubkey,
    /// The market's index.
    pub market: u16,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// The mark it was closed at: atoms of the quote token per lot, 32 fraction bits.
    pub mark: u64,
    /// Lots bought for the account, or below zero sold.
    pub lots: i64,
    /// The position after.
    pub position: PositionPoint,
    /// Bonus on the value closed.
    pub bonus: u64,
    /// Start of the episode of ill health, unix seconds.
    pub unhealthy_since: i64,
    /// Atoms the pool paid the account, or below zero received.
    pub paid: i64,
    /// Of it, the skew's premium the account paid, or below zero got back.
    pub premium: i64,
    /// Atoms of bonus the account paid.
    pub bonus_paid: u64,
    /// Of them, what went to insurance.
    pub insurance: u64,
    /// Maintenance health before.
    pub before: HealthPoint,
    /// Maintenance health after, before a loss was absorbed.
    pub after: HealthPoint,
    /// Bad debt absorbed at once; zeros if none.
    pub loss: LossShare,
}

impl PerpLiquidated {
    /// Of what the engine did in a market.
    pub(crate) fn of(
        header: EventHeader,
        liquidator: Pubkey,
        (market, position): (&PerpMarket, PositionPoint),
        board: &RiskBoard,
        (plan, closed): (&PositionPlan, &PositionClosed),
        after: &Health,
        loss: Option<Loss>,
    ) -> Self {
        Self {
            header,
            liquidator,
            market: market.index,
            board_sequence: board.sequence,
            market_sequence: market.sequence,
            mark: market.mark,
            lots: plan.lots,
            position,
            bonus: plan.bonus.0,
            unhealthy_since: plan.unhealthy_since,
            paid: closed.paid,
            premium: closed.premium,
            bonus_paid: closed.bonus,
            insurance: closed.insurance,
            before: HealthPoint::from(&plan.before),
            after: HealthPoint::from(after),
            loss: loss.map(LossShare::from).unwrap_or_default(),
        }
    }
}

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
