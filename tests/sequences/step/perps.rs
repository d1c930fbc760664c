//! What can happen to perps and to the pool they are traded against.

use super::{By, RISK_ADMIN};

/// Markets are named by index, orders by their number in their account, prices of limits as marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfPerps {
    OpenOrders {
        slot: u8,
    },
    /// Below zero: sells.
    Place {
        slot: u8,
        market: u16,
        lots: i64,
        limit: u64,
        reduce: bool,
        life: u32,
    },
    /// Of the account's orders, whoever's market it is said to be of.
    TakeBack {
        slot: u8,
        market: u16,
        id: u64,
    },
    /// At the last print of the market's feed, or at the one before it.
    Fill {
        keeper: u8,
        slot: u8,
        market: u16,
        id: u64,
        kept: bool,
    },
    Sync {
        market: u16,
    },
    Settle {
        slot: u8,
        market: u16,
    },
    LiquidatePerp {
        taker: u8,
        from: u8,
        market: u16,
        most: u64,
    },
    OpenProvider,
    /// No amount: all of the deposit.
    AddLiquidity {
        slot: u8,
        atoms: Option<u64>,
    },
    RemoveLiquidity {
        shares: u64,
    },
    /// The epoch that the pool is in.
    Strike,
    Claim {
        slot: u8,
        epoch: u64,
    },
    /// Lists another market on a feed, with lots of so many decimals.
    AddMarket {
        row: u8,
        decimals: u8,
    },
    ConfigureMarket {
        market: u16,
        sets: OfMarket,
    },
    DeleverageMarket {
        market: u16,
    },
    SettleMarket {
        market: u16,
    },
    /// For the fee of the keeper's account.
    Register {
        keeper: u8,
        slot: u8,
        market: u16,
    },
    UpdatePayout {
        market: u16,
    },
    Abandon {
        slot: u8,
        market: u16,
    },
}

/// One setting of a perp market. Ratios in basis points, sizes in lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfMarket {
    Mode(u8),
    InterestCap(u64),
    SkewCap(u64),
    AccountCap(u64),
    Scale(u64),
    Weight(u32),
    FillFee(u32),
    KeeperFee(u64),
    FundingLimit(u64),
    OrderLife(u32),
}

impl OfPerps {
    /// Whose margin account an order, a settlement, a registration or a liquidation changes, and in which market.
    pub(crate) const fn moves(&self) -> Option<(u8, u16)> {
        match *self {
            Self::Fill { slot, market, .. }
            | Self::Settle { slot, market }
            | Self::Register { slot, market, .. }
            | Self::Abandon { slot, market } => Some((slot, market)),
            Self::LiquidatePerp { from, market, .. } => Some((from, market)),
            _ => None,
        }
    }

    /// The market whose books the instruction brings to its moment.
    pub(crate) const fn syncs(&self) -> Option<u16> {
        match *self {
            Self::Place { market, .. }
            | Self::Fill { market, .. }
            | Self::Sync { market }
            | Self::Settle { market, .. }
            | Self::LiquidatePerp { market, .. }
            | Self::ConfigureMarket { market, .. }
            | Self::DeleverageMarket { market }
            | Self::SettleMarket { market } => Some(market),
            _ => None,
        }
    }

    /// The instruction's name, for counting.
    pub(crate) const fn name(&self, by: By) -> &'static str {
        match *self {
            Self::OpenOrders { .. } => "open_orders",
            Self::Place { .. } if by.delegate => "place_order by delegate",
            Self::Place { reduce: true, .. } => "place_order to reduce",
            Self::Place { .. } => "place_order",
            Self::TakeBack { .. } if by.owner => "cancel_order",
            Self::TakeBack { .. } => "cancel_order by anyone",
            Self::Fill { .. } => "fill_order",
            Self::Sync { .. } => "sync_market",
            Self::Settle { .. } if by.owner => "settle_pnl",
            Self::Settle { .. } => "settle_pnl by anyone",
            Self::LiquidatePerp { .. } => "liquidate_perp",
            Self::OpenProvider => "open_liquidity_provider",
            Self::AddLiquidity { .. } => "request_add_liquidity",
            Self::RemoveLiquidity { .. } => "request_remove_liquidity",
            Self::Strike => "strike_epoch",
            Self::Claim { .. } => "claim_liquidity",
            Self::AddMarket { .. } => "add_perp_market",
            Self::ConfigureMarket { .. } if by.person == RISK_ADMIN => "configure_perp_market by risk admin",
            Self::ConfigureMarket { .. } => "configure_perp_market",
            Self::DeleverageMarket { .. } => "deleverage_market",
            Self::SettleMarket { .. } => "settle_market",
            Self::Register { .. } => "register_claim",
            Self::UpdatePayout { .. } => "update_payout",
            Self::Abandon { .. } => "abandon_claim",
        }
    }

    /// The margin account it is about, if it is about one.
    pub(crate) const fn slot(&self) -> Option<u8> {
        match *self {
            Self::Place { slot, .. } | Self::TakeBack { slot, .. } | Self::Settle { slot, .. } => Some(slot),
            _ => None,
        }
    }

    /// The same with its amount halved.
    pub(crate) fn halved(self) -> Option<Self> {
        let half = |atoms: u64| (atoms > 1 && atoms != u64::MAX).then_some(atoms / 2);
        Some(match self {
            Self::Place { slot, market, lots, limit, reduce, life } if lots.unsigned_abs() > 1 => {
                Self::Place { slot, market, lots: lots / 2, limit, reduce, life }
            }
            Self::LiquidatePerp { taker, from, market, most } => {
                Self::LiquidatePerp { taker, from, market, most: half(most)? }
            }
            Self::AddLiquidity { slot, atoms: Some(atoms) } => Self::AddLiquidity { slot, atoms: Some(half(atoms)?) },
            Self::RemoveLiquidity { shares } => Self::RemoveLiquidity { shares: half(shares)? },
            _ => return None,
        })
    }
}
