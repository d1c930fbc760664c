//! Instructions of perps and of the pool they are traded against, ready to sign.

use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::ballast::client::{accounts, args};
use crate::ballast::types::{MarketArgs, OrderArgs, PoolArgs};
use crate::instructions::{build, followed_by, SYSTEM_PROGRAM};
use crate::{addresses, PROGRAM_ID};

/// Where a market's money is: its pool, and the pool's bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The group.
    pub group: Pubkey,
    /// Index of the quote token's bank.
    pub bank: u16,
}

impl Quote {
    fn pool(&self) -> Pubkey {
        addresses::pool(&self.group)
    }

    fn bank(&self) -> Pubkey {
        addresses::bank(&self.group, self.bank)
    }

    fn board(&self) -> Pubkey {
        addresses::board(&self.group)
    }

    fn market(&self, index: u16) -> Pubkey {
        addresses::market(&self.group, index)
    }
}

/// Banks and markets that follow an instruction which looks at an account's health.
#[derive(Clone, Copy, Debug, Default)]
pub struct Follow<'a> {
    /// Indices of banks.
    pub banks: &'a [u16],
    /// Indices of markets.
    pub markets: &'a [u16],
}

/// Appends them to an instruction.
#[must_use]
pub fn followed(instruction: Instruction, group: &Pubkey, follow: Follow<'_>) -> Instruction {
    let mut instruction = followed_by(instruction, group, follow.banks);
    let markets = follow.markets.iter().map(|index| AccountMeta::new_readonly(addresses::market(group, *index), false));
    instruction.accounts.extend(markets);
    instruction
}

/// `create_pool`.
#[must_use]
pub fn create_pool(authority: &Pubkey, quote: Quote, args: PoolArgs) -> Instruction {
    let accounts = accounts::CreatePool {
        authority: *authority,
        payer: *authority,
        group: quote.group,
        bank: quote.bank(),
        pool: quote.pool(),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::CreatePool { args })
}

/// `configure_pool`.
#[must_use]
pub fn configure_pool(authority: &Pubkey, quote: Quote, args: PoolArgs) -> Instruction {
    let accounts = accounts::ConfigurePool { authority: *authority, group: quote.group, pool: quote.pool() };
    build(&accounts, &args::ConfigurePool { args })
}

/// `add_perp_market` on the feed of a row, with index `index`, which must be the pool's next.
#[must_use]
pub fn add_perp_market(
    authority: &Pubkey,
    quote: Quote,
    index: u16,
    row: u8,
    (symbol, lot_decimals): ([u8; 16], u8),
    args: MarketArgs,
) -> Instruction {
    let accounts = accounts::AddPerpMarket {
        authority: *authority,
        payer: *authority,
        group: quote.group,
        board: quote.board(),
        feed: addresses::feed(&quote.group, row),
        pool: quote.pool(),
        bank: quote.bank(),
        market: quote.market(index),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::AddPerpMarket { symbol, lot_decimals, args })
}

/// `configure_perp_market`.
#[must_use]
pub fn configure_perp_market(
    authority: &Pubkey,
    quote: Quote,
    index: u16,
    row: u8,
    mode: u8,
    args: MarketArgs,
) -> Instruction {
    let accounts = accounts::ConfigurePerpMarket {
        authority: *authority,
        group: quote.group,
        board: quote.board(),
        feed: addresses::feed(&quote.group, row),
        pool: quote.pool(),
        bank: quote.bank(),
        market: quote.market(index),
    };
    build(&accounts, &args::ConfigurePerpMarket { mode, args })
}

/// `pause_perp_market`; zero seconds end a pause.
#[must_use]
pub fn pause_perp_market(authority: &Pubkey, group: &Pubkey, index: u16, seconds: u32) -> Instruction {
    let accounts =
        accounts::PausePerpMarket { authority: *authority, group: *group, market: addresses::market(group, index) };
    build(&accounts, &args::PausePerpMarket { seconds })
}

/// `sync_market`.
#[must_use]
pub fn sync_market(quote: Quote, index: u16) -> Instruction {
    let accounts = accounts::SyncMarket {
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        board: quote.board(),
    };
    build(&accounts, &args::SyncMarket {})
}

/// `settle_pnl` of an account's position.
#[must_use]
pub fn settle_pnl(authority: &Pubkey, quote: Quote, margin_account: &Pubkey, index: u16) -> Instruction {
    let accounts = accounts::SettlePnl {
        authority: *authority,
        margin_account: *margin_account,
        board: quote.board(),
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
    };
    build(&accounts, &args::SettlePnl {})
}

/// `settle_pnl` of an account's position, with what the account else holds: as much profit is paid as it has to put up now.
#[must_use]
pub fn settle_pnl_posting(
    authority: &Pubkey,
    quote: Quote,
    margin_account: &Pubkey,
    index: u16,
    follow: Follow<'_>,
) -> Instruction {
    followed(settle_pnl(authority, quote, margin_account, index), &quote.group, follow)
}

/// `deleverage_market`.
#[must_use]
pub fn deleverage_market(quote: Quote, index: u16) -> Instruction {
    let accounts = accounts::DeleverageMarket {
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        board: quote.board(),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    build(&accounts, &args::DeleverageMarket {})
}

/// `settle_market`, whose underlying is at `row` of the board.
#[must_use]
pub fn settle_market(quote: Quote, index: u16, row: u8) -> Instruction {
    let accounts = accounts::SettleMarket {
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        board: quote.board(),
        feed: addresses::feed(&quote.group, row),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    build(&accounts, &args::SettleMarket {})
}

/// `register_claim` of an account with a settled market, for the fee of `keeper`.
#[must_use]
pub fn register_claim(
    (authority, keeper): (&Pubkey, &Pubkey),
    quote: Quote,
    margin_account: &Pubkey,
    index: u16,
) -> Instruction {
    let accounts = accounts::RegisterClaim {
        authority: *authority,
        keeper: *keeper,
        margin_account: *margin_account,
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
    };
    build(&accounts, &args::RegisterClaim {})
}

/// `abandon_claim`: what is left of an account's claim with a settled market, when nothing of it is due.
#[must_use]
pub fn abandon_claim(owner: &Pubkey, quote: Quote, margin_account: &Pubkey, index: u16) -> Instruction {
    let accounts = accounts::AbandonClaim {
        owner: *owner,
        margin_account: *margin_account,
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
    };
    build(&accounts, &args::AbandonClaim {})
}

/// `update_payout` of a settled market.
#[must_use]
pub fn update_payout(quote: Quote, index: u16) -> Instruction {
    let accounts = accounts::UpdatePayout {
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    build(&accounts, &args::UpdatePayout {})
}

/// `liquidate_perp` of at most `max_lots`; what the liquidatee else holds follows.
#[must_use]
pub fn liquidate_perp(
    (authority, liquidator): (&Pubkey, &Pubkey),
    quote: Quote,
    liquidatee: &Pubkey,
    index: u16,
    max_lots: u64,
    follow: Follow<'_>,
) -> Instruction {
    let accounts = accounts::LiquidatePerp {
        authority: *authority,
        liquidator: *liquidator,
        liquidatee: *liquidatee,
        board: quote.board(),
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    followed(build(&accounts, &args::LiquidatePerp { max_lots }), &quote.group, follow)
}

/// `liquidate_hedge` of at most `max_repay` atoms of the loan; what both accounts else hold follows.
#[must_use]
pub fn liquidate_hedge(
    (authority, liquidator): (&Pubkey, &Pubkey),
    quote: Quote,
    liquidatee: &Pubkey,
    [loan_bank, collateral_bank]: [u16; 2],
    index: u16,
    max_repay: u64,
    follow: Follow<'_>,
) -> Instruction {
    let accounts = accounts::LiquidateHedge {
        authority: *authority,
        liquidator: *liquidator,
        liquidatee: *liquidatee,
        board: quote.board(),
        loan_bank: addresses::bank(&quote.group, loan_bank),
        collateral_bank: addresses::bank(&quote.group, collateral_bank),
        market: quote.market(index),
        pool: quote.pool(),
        bank: quote.bank(),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    followed(build(&accounts, &args::LiquidateHedge { max_repay }), &quote.group, follow)
}

/// `open_liquidity_provider`.
#[must_use]
pub fn open_liquidity_provider(owner: &Pubkey, quote: Quote) -> Instruction {
    let accounts = accounts::OpenLiquidityProvider {
        owner: *owner,
        payer: *owner,
        pool: quote.pool(),
        provider: addresses::provider(&quote.pool(), owner),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::OpenLiquidityProvider {})
}

/// `request_add_liquidity` from an account's deposit; what the account else holds follows where it owes something.
#[must_use]
pub fn request_add_liquidity(
    owner: &Pubkey,
    quote: Quote,
    margin_account: &Pubkey,
    amount: Option<u64>,
    follow: Follow<'_>,
) -> Instruction {
    let accounts = accounts::RequestAddLiquidity {
        owner: *owner,
        margin_account: *margin_account,
        provider: addresses::provider(&quote.pool(), owner),
        pool: quote.pool(),
        bank: quote.bank(),
        board: quote.board(),
    };
    followed(build(&accounts, &args::RequestAddLiquidity { amount }), &quote.group, follow)
}

/// `request_remove_liquidity`.
#[must_use]
pub fn request_remove_liquidity(owner: &Pubkey, quote: Quote, shares: u64) -> Instruction {
    let accounts = accounts::RequestRemoveLiquidity {
        owner: *owner,
        provider: addresses::provider(&quote.pool(), owner),
        pool: quote.pool(),
    };
    build(&accounts, &args::RequestRemoveLiquidity { shares })
}

/// `strike_epoch` number `epoch`, with all of the pool's markets, `0` to `markets − 1`.
#[must_use]
pub fn strike_epoch(payer: &Pubkey, quote: Quote, epoch: u64, markets: u16) -> Instruction {
    let accounts = accounts::StrikeEpoch {
        payer: *payer,
        pool: quote.pool(),
        bank: quote.bank(),
        board: quote.board(),
        epoch: addresses::epoch(&quote.pool(), epoch),
        system_program: SYSTEM_PROGRAM,
    };
    let mut instruction = build(&accounts, &args::StrikeEpoch {});
    instruction.accounts.extend((0..markets).map(|index| AccountMeta::new(quote.market(index), false)));
    instruction
}

/// `claim_liquidity` of an owner from a struck epoch, into one of its accounts.
#[must_use]
pub fn claim_liquidity(owner: &Pubkey, quote: Quote, margin_account: &Pubkey, epoch: u64) -> Instruction {
    let accounts = accounts::ClaimLiquidity {
        owner: *owner,
        margin_account: *margin_account,
        provider: addresses::provider(&quote.pool(), owner),
        epoch: addresses::epoch(&quote.pool(), epoch),
        pool: quote.pool(),
        bank: quote.bank(),
    };
    build(&accounts, &args::ClaimLiquidity {})
}

/// `close_liquidity_provider`; `payer` is who paid for the account.
#[must_use]
pub fn close_liquidity_provider(owner: &Pubkey, quote: Quote, payer: &Pubkey) -> Instruction {
    let accounts = accounts::CloseLiquidityProvider {
        owner: *owner,
        payer: *payer,
        pool: quote.pool(),
        provider: addresses::provider(&quote.pool(), owner),
    };
    build(&accounts, &args::CloseLiquidityProvider {})
}

/// `close_epoch` of a struck epoch; `payer` is who paid for the account.
#[must_use]
pub fn close_epoch(quote: Quote, epoch: u64, payer: &Pubkey) -> Instruction {
    let accounts =
        accounts::CloseEpoch { payer: *payer, pool: quote.pool(), epoch: addresses::epoch(&quote.pool(), epoch) };
    build(&accounts, &args::CloseEpoch {})
}

/// `open_orders` of a margin account.
#[must_use]
pub fn open_orders(payer: &Pubkey, margin_account: &Pubkey) -> Instruction {
    let accounts = accounts::OpenOrders {
        payer: *payer,
        margin_account: *margin_account,
        orders: addresses::orders(margin_account),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::OpenOrders {})
}

/// `close_orders` of a margin account; `payer` is who paid for the account.
#[must_use]
pub fn close_orders(owner: &Pubkey, margin_account: &Pubkey, payer: &Pubkey) -> Instruction {
    let accounts = accounts::CloseOrders {
        owner: *owner,
        payer: *payer,
        margin_account: *margin_account,
        orders: addresses::orders(margin_account),
    };
    build(&accounts, &args::CloseOrders {})
}

/// A market of a pool with the row of its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Where its money is.
    pub quote: Quote,
    /// Its index.
    pub index: u16,
    /// Row of the underlying.
    pub row: u8,
}

/// `place_order`; what the account else holds follows where the order may add risk.
#[must_use]
pub fn place_order(
    authority: &Pubkey,
    market: Market,
    margin_account: &Pubkey,
    args: OrderArgs,
    follow: Follow<'_>,
) -> Instruction {
    let quote = market.quote;
    let accounts = accounts::PlaceOrder {
        authority: *authority,
        margin_account: *margin_account,
        orders: addresses::orders(margin_account),
        board: quote.board(),
        feed: addresses::feed(&quote.group, market.row),
        market: quote.market(market.index),
        pool: quote.pool(),
        bank: quote.bank(),
    };
    followed(build(&accounts, &args::PlaceOrder { args }), &quote.group, follow)
}

/// `cancel_order`.
#[must_use]
pub fn cancel_order(authority: &Pubkey, market: Market, margin_account: &Pubkey, id: u64) -> Instruction {
    let accounts = accounts::CancelOrder {
        authority: *authority,
        margin_account: *margin_account,
        orders: addresses::orders(margin_account),
        feed: addresses::feed(&market.quote.group, market.row),
        market: market.quote.market(market.index),
    };
    build(&accounts, &args::CancelOrder { id })
}

/// `fill_order` at the print in an account, for the fee of `keeper`, a margin account of the authority; what the trader else
/// holds follows.
#[must_use]
pub fn fill_order(
    (authority, keeper): (&Pubkey, &Pubkey),
    market: Market,
    margin_account: &Pubkey,
    id: u64,
    print: &Pubkey,
    follow: Follow<'_>,
) -> Instruction {
    let quote = market.quote;
    let accounts = accounts::FillOrder {
        authority: *authority,
        keeper: *keeper,
        margin_account: *margin_account,
        orders: addresses::orders(margin_account),
        board: quote.board(),
        feed: addresses::feed(&quote.group, market.row),
        market: quote.market(market.index),
        pool: quote.pool(),
        bank: quote.bank(),
        print: *print,
    };
    followed(build(&accounts, &args::FillOrder { id }), &quote.group, follow)
}
