//! Orders of perps, from placement to their end.

use anchor_lang::prelude::*;
use ballast_risk::perp::order::{Cap, Kill, Outcome, Rejection};
use ballast_state::{Order, PerpMarket};

use super::{EventHeader, PositionPoint};

/// The account of a margin account's orders was opened.
#[event]
pub struct OrdersOpened {
    /// Where and when.
    pub header: EventHeader,
    /// Its address.
    pub orders: Pubkey,
}

/// The account of a margin account's orders was closed.
#[event]
pub struct OrdersClosed {
    /// Where and when.
    pub header: EventHeader,
    /// Its address.
    pub orders: Pubkey,
}

/// An order was placed.
#[event]
pub struct OrderPlaced {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Number of the order in its account.
    pub id: u64,
    /// The market's index.
    pub market: u16,
    /// Lots to buy, or below zero to sell.
    pub lots: i64,
    /// Worst price, premium included: atoms of the quote token per lot, 32 fraction bits. Zero: any.
    pub limit: u64,
    /// It may only make the position smaller.
    pub reduce_only: bool,
    /// The first print published then or later fills it.
    pub eligible_ts: i64,
    /// After it the order is void.
    pub expiry_ts: i64,
    /// Set aside for it, USD with 20 fraction bits.
    pub requirement: u64,
    /// What its keeper gets, atoms.
    pub keeper_fee: u64,
}

impl OrderPlaced {
    pub(crate) fn of(header: EventHeader, order: &Order, board_sequence: u64) -> Self {
        Self {
            header,
            board_sequence,
            id: order.id,
            market: order.market,
            lots: order.lots,
            limit: order.limit,
            reduce_only: order.reduce_only != 0,
            eligible_ts: order.eligible_ts,
            expiry_ts: order.expiry_ts,
            requirement: order.requirement,
            keeper_fee: order.keeper_fee,
        }
    }
}

/// An order was taken back, or cleared away after its expiry.
#[event]
pub struct OrderCancelled {
    /// Where and when.
    pub header: EventHeader,
    /// Number of the order in its account.
    pub id: u64,
    /// The market's index.
    pub market: u16,
}

/// An order met its print: it filled, or ended.
#[event]
pub struct OrderFilled {
    /// Where and when.
    pub header: EventHeader,
    /// Margin account of the keeper.
    pub keeper: Pubkey,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// The market's sequence number.
    pub market_sequence: u64,
    /// Number of the order in its account.
    pub id: u64,
    /// The market's index.
    pub market: u16,
    /// 0: filled. 1 to 7: ended for the limit, health, the cap of the side, of the skew, of the account, because nothing was to be
    /// reduced, or because the pool lacks margin for the skew; the first two at the keeper's fee, unless it could only reduce. 10 to 13: void without a fee, since sources disagreed, the print was too wide or a jump,
    /// or new risk was closed.
    pub outcome: u8,
    /// Lots bought, or below zero sold.
    pub lots: i64,
    /// The position after.
    pub position: PositionPoint,
    /// What a lot cost before premium, atoms of the quote token with 32 fraction bits.
    pub price: u64,
    /// The print's mark.
    pub print: u64,
    /// Premium paid, or below zero received, atoms.
    pub premium: i64,
    /// Atoms the pool paid the trader, or below zero received, premium included.
    pub paid: i64,
    /// Fee to the pool, atoms.
    pub fee: u64,
    /// What the keeper got, atoms.
    pub keeper_fee: u64,
}

impl OrderFilled {
    pub(crate) fn of(
        header: EventHeader,
        keeper: Pubkey,
        id: u64,
        (market, position): (&PerpMarket, PositionPoint),
        (outcome, keeper_fee): (&Outcome, u64),
        board_sequence: u64,
    ) -> Self {
        let ended = Self {
            header,
            keeper,
            board_sequence,
            market_sequence: market.sequence,
            id,
            market: market.index,
            outcome: outcome_code(outcome),
            lots: 0,
            position,
            price: 0,
            print: 0,
            premium: 0,
            paid: 0,
            fee: 0,
            keeper_fee,
        };
        let Outcome::Filled(filled) = outcome else { return ended };
        let traded = &filled.traded;
        Self {
            lots: traded.after.saturating_sub(traded.before),
            price: filled.price,
            print: filled.print,
            premium: traded.premium,
            paid: traded.paid,
            fee: filled.fee,
            ..ended
        }
    }
}

/// How an order ended, as [`OrderFilled`] says it.
const fn outcome_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Filled(_) => 0,
        Outcome::Killed(Kill::LimitMissed) => 1,
        Outcome::Killed(Kill::Unhealthy) => 2,
        Outcome::Killed(Kill::Cap(Cap::Interest)) => 3,
        Outcome::Killed(Kill::Cap(Cap::Skew)) => 4,
        Outcome::Killed(Kill::Cap(Cap::Account)) => 5,
        Outcome::Killed(Kill::NothingToReduce) => 6,
        Outcome::Killed(Kill::PoolMargin) => 7,
        Outcome::Void(Rejection::Guarded) => 10,
        Outcome::Void(Rejection::TooWide) => 11,
        Outcome::Void(Rejection::Jump) => 12,
        Outcome::Void(Rejection::Closed) => 13,
    }
}
