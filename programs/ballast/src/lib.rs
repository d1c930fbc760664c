//! Ballast on chain: thin handlers around the engine of `ballast-risk`. One file, one instruction.
//!
//! Every handler has the same rhythm: validate accounts → accrue interest → call the engine → move tokens → compare vault
//! and books → emit what happened. Decisions are the engine's; this crate knows accounts, authority and tokens.
#![deny(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::panic,
    clippy::unwrap_used
)]
#![allow(
    missing_debug_implementations,
    clippy::diverging_sub_expression,
    reason = "Anchor's accounts structs and macros"
)]

use anchor_lang::prelude::*;

pub mod args;
mod create;
mod emit;
#[cfg(all(target_os = "solana", not(feature = "cpi")))]
mod entry;
pub mod error;
pub mod events;
mod holdings;
pub mod instructions;
mod introspect;
mod invoke;
mod loader;
mod mint;
mod roles;
#[cfg(all(target_os = "solana", not(feature = "cpi")))]
mod security_txt;
mod token;
mod view;

pub use args::*;
pub use instructions::*;

use error::Result;

declare_id!("BaLxYiznsyLU9Aq9WucZteWDQ8SvsGtRX7yHPe8jzNkw");

// The engine's crates know the address as bytes; both are one address.
const _: () = assert!(matches!(ID_CONST.to_bytes(), ballast_state::id::PROGRAM_ID));

/// Lending and perpetuals on one margin account.
#[program]
pub mod ballast {
    use super::*;

    // Each instruction costs those after it three units: what runs often comes first.

    /// Takes new prices into a feed and its row. Anyone may call it; the sources' accounts follow in order.
    pub fn refresh_price_feed<'info>(ctx: Context<'info, RefreshPriceFeed<'info>>) -> Result<()> {
        refresh_price_feed::handle(ctx)
    }

    /// Places an order on a perp market; anyone may fill it at the one print that covers its moment.
    pub fn place_order<'info>(ctx: Context<'info, PlaceOrder<'info>>, args: OrderArgs) -> Result<()> {
        place_order::handle(ctx, &args)
    }

    /// Fills an order at its print, or ends it there. Anyone may; the trader pays the keeper.
    pub fn fill_order<'info>(ctx: Context<'info, FillOrder<'info>>, id: u64) -> Result<()> {
        fill_order::handle(ctx, id)
    }

    /// Takes an order back before its print, or clears an expired one away.
    pub fn cancel_order(ctx: Context<CancelOrder>, id: u64) -> Result<()> {
        cancel_order::handle(ctx, id)
    }

    /// Deposits tokens.
    pub fn deposit(ctx: Context<Deposit>, amount: u64) -> Result<()> {
        deposit::handle(ctx, amount)
    }

    /// Withdraws tokens; no amount means all. The banks of the other balances and the markets follow.
    pub fn withdraw<'info>(ctx: Context<'info, Withdraw<'info>>, amount: Option<u64>) -> Result<()> {
        withdraw::handle(ctx, amount)
    }

    /// Borrows tokens. The banks of the other balances and the markets follow.
    pub fn borrow<'info>(ctx: Context<'info, Withdraw<'info>>, amount: u64) -> Result<()> {
        borrow::handle(ctx, amount)
    }

    /// Repays a loan, anyone's; no amount means all.
    pub fn repay(ctx: Context<Deposit>, amount: Option<u64>) -> Result<()> {
        repay::handle(ctx, amount)
    }

    /// Takes over part of an unhealthy account's loan and collateral, with a bonus. The banks of the liquidatee's other
    /// balances and the markets follow, then those of the liquidator's.
    pub fn liquidate<'info>(ctx: Context<'info, Liquidate<'info>>, max_repay: u64) -> Result<()> {
        liquidate::handle(ctx, max_repay)
    }

    /// Closes part of an unhealthy account's perp position against the pool, for a bonus. Anyone may.
    pub fn liquidate_perp<'info>(ctx: Context<'info, LiquidatePerp<'info>>, max_lots: u64) -> Result<()> {
        liquidate_perp::handle(ctx, max_lots)
    }

    /// Repays part of an unhealthy account's loan for collateral, and closes the position that hedges one of them. Anyone may.
    pub fn liquidate_hedge<'info>(ctx: Context<'info, LiquidateHedge<'info>>, max_repay: u64) -> Result<()> {
        liquidate_hedge::handle(ctx, max_repay)
    }

    /// Opens a liquidation in several instructions of this transaction: `seize` and `repay` follow, in any order and number,
    /// then `end_liquidation`. The banks of the account's other balances and the markets follow.
    pub fn begin_liquidation<'info>(ctx: Context<'info, BeginLiquidation<'info>>, max_repay: u64) -> Result<()> {
        begin_liquidation::handle(ctx, max_repay)
    }

    /// Takes collateral out of an account with an open liquidation; no amount means all it allows.
    pub fn seize(ctx: Context<Seize>, amount: Option<u64>) -> Result<()> {
        seize::handle(ctx, amount)
    }

    /// Closes a liquidation: what was seized must be paid for. The banks of the account's other balances and the
    /// markets follow.
    pub fn end_liquidation<'info>(ctx: Context<'info, EndLiquidation<'info>>) -> Result<()> {
        end_liquidation::handle(ctx)
    }

    /// Takes over part of a loan and collateral at a fair mark: from an account below its owner's floor, or out of a bank in
    /// wind-down. The banks of the account's other balances and the markets follow, then those of the keeper's.
    pub fn deleverage<'info>(ctx: Context<'info, Deleverage<'info>>, max_repay: u64, wind_down: bool) -> Result<()> {
        deleverage::handle(ctx, max_repay, wind_down)
    }

    /// Looks at an account's health and sets its timer. Anyone may. The banks of its balances and the markets follow.
    pub fn mark<'info>(ctx: Context<'info, Mark<'info>>) -> Result<()> {
        mark::handle(ctx)
    }

    /// Moves what a position won or lost between pool and account. Anyone may. The account's other banks and markets may follow:
    /// then profit is paid up to what it has to put up now.
    pub fn settle_pnl<'info>(ctx: Context<'info, SettlePnl<'info>>) -> Result<()> {
        settle_pnl::handle(ctx)
    }

    /// Brings a perp market to the board's prices and to now. Anyone may.
    pub fn sync_market(ctx: Context<SyncMarket>) -> Result<()> {
        sync_market::handle(ctx)
    }

    /// Shrinks the larger side of a perp market whose pool lacks margin for its skew. Anyone may.
    pub fn deleverage_market(ctx: Context<DeleverageMarket>) -> Result<()> {
        deleverage_market::handle(ctx)
    }

    /// Lends tokens until `end_flash_loan`, later in this transaction.
    pub fn begin_flash_loan(ctx: Context<FlashLoan>, amount: u64) -> Result<()> {
        begin_flash_loan::handle(ctx, amount)
    }

    /// Takes a flash loan and its fee back.
    pub fn end_flash_loan(ctx: Context<FlashLoan>) -> Result<()> {
        end_flash_loan::handle(ctx)
    }

    /// Writes off the loan of an account with nothing left to seize: insurance first, then all lenders of the bank. The banks
    /// of the account's other balances follow, and the pool where losses of perps opened the loan.
    pub fn resolve_bankruptcy<'info>(ctx: Context<'info, ResolveBankruptcy<'info>>) -> Result<()> {
        resolve_bankruptcy::handle(ctx)
    }

    /// Creates a group with its board. The creator holds every role.
    pub fn create_group(ctx: Context<CreateGroup>, id: u16, rules: RulesArgs) -> Result<()> {
        create_group::handle(ctx, id, &rules)
    }

    /// Changes roles and group-wide rules.
    pub fn configure_group(ctx: Context<ConfigureGroup>, args: ConfigureGroupArgs) -> Result<()> {
        configure_group::handle(ctx, &args)
    }

    /// Sets what a hedge inside a risk class may fail by.
    pub fn configure_risk_class(ctx: Context<ConfigureGroup>, class: u8, kappa: u32) -> Result<()> {
        configure_risk_class::handle(ctx, class, kappa)
    }

    /// Lists a price feed on the board's next row.
    pub fn add_price_feed(ctx: Context<AddPriceFeed>, args: PriceFeedArgs) -> Result<()> {
        add_price_feed::handle(ctx, &args)
    }

    /// Changes a feed's sources, judge rules, class and margin rates.
    pub fn configure_price_feed(ctx: Context<ConfigurePriceFeed>, args: PriceFeedArgs) -> Result<()> {
        configure_price_feed::handle(ctx, &args)
    }

    /// Lists a bank for a mint.
    pub fn add_bank(ctx: Context<AddBank>, feed: u8, args: BankArgs) -> Result<()> {
        add_bank::handle(ctx, feed, &args)
    }

    /// Changes a bank's curve, fee, caps, windows and what it accepts.
    pub fn configure_bank(ctx: Context<ConfigureBank>, args: BankArgs) -> Result<()> {
        configure_bank::handle(ctx, &args)
    }

    /// Sets a bank's mode: 0 normal, 1 reduce-only, 2 wind-down.
    pub fn set_bank_mode(ctx: Context<ChangeBank>, mode: u8) -> Result<()> {
        set_bank_mode::handle(ctx, mode)
    }

    /// Stops deposits and borrows of a bank for a limited time. Exits go on. Zero ends a pause.
    pub fn pause_bank(ctx: Context<ChangeBank>, seconds: u32) -> Result<()> {
        pause_bank::handle(ctx, seconds)
    }

    /// Stops new risk in the whole group for a limited time. Exits go on. Zero ends a pause.
    pub fn pause_risk(ctx: Context<ConfigureGroup>, seconds: u32) -> Result<()> {
        pause_risk::handle(ctx, seconds)
    }

    /// Creates the pool that perps are traded against.
    pub fn create_pool(ctx: Context<CreatePool>, args: PoolArgs) -> Result<()> {
        create_pool::handle(ctx, &args)
    }

    /// Changes the pool's epochs, exit fee and cap.
    pub fn configure_pool(ctx: Context<ConfigurePool>, args: PoolArgs) -> Result<()> {
        configure_pool::handle(ctx, &args)
    }

    /// Lists a perp market on a feed; a lot is 10 to the minus `lot_decimals` of the underlying.
    pub fn add_perp_market(
        ctx: Context<AddPerpMarket>,
        symbol: [u8; 16],
        lot_decimals: u8,
        args: MarketArgs,
    ) -> Result<()> {
        add_perp_market::handle(ctx, symbol, lot_decimals, &args)
    }

    /// Changes a perp market's terms and mode: 0 normal, 1 reduce-only, 2 wind-down, which leaves its terms.
    pub fn configure_perp_market(ctx: Context<ConfigurePerpMarket>, mode: u8, args: MarketArgs) -> Result<()> {
        configure_perp_market::handle(ctx, mode, &args)
    }

    /// Stops orders that may add risk in a perp market for a limited time. Exits go on. Zero ends a pause.
    pub fn pause_perp_market(ctx: Context<PausePerpMarket>, seconds: u32) -> Result<()> {
        pause_perp_market::handle(ctx, seconds)
    }

    /// Ends a perp market at one price for all: in wind-down after its notice, or when it owes more than it has. Anyone may.
    pub fn settle_market(ctx: Context<SettleMarket>) -> Result<()> {
        settle_market::handle(ctx)
    }

    /// Registers a claim with a settled market that cannot pay all, or collects a loss. Anyone may, for a fee.
    pub fn register_claim(ctx: Context<RegisterClaim>) -> Result<()> {
        register_claim::handle(ctx)
    }

    /// Gives up what is left of a registered claim of which nothing is due, and its slot. Its owner alone may.
    pub fn abandon_claim(ctx: Context<AbandonClaim>) -> Result<()> {
        abandon_claim::handle(ctx)
    }

    /// Computes which part of its registered claims a settled market pays. Anyone may.
    pub fn update_payout(ctx: Context<UpdatePayout>) -> Result<()> {
        update_payout::handle(ctx)
    }

    /// Opens the signer's account of liquidity in a pool.
    pub fn open_liquidity_provider(ctx: Context<OpenLiquidityProvider>) -> Result<()> {
        open_liquidity_provider::handle(ctx)
    }

    /// Asks to put a deposit into the pool at the price of the epoch's end. Without an amount: all of it.
    pub fn request_add_liquidity<'info>(
        ctx: Context<'info, RequestAddLiquidity<'info>>,
        amount: Option<u64>,
    ) -> Result<()> {
        request_add_liquidity::handle(ctx, amount)
    }

    /// Asks to leave the pool at the price of the epoch's end.
    pub fn request_remove_liquidity(ctx: Context<RequestRemoveLiquidity>, shares: u64) -> Result<()> {
        request_remove_liquidity::handle(ctx, shares)
    }

    /// Makes the one price of an epoch that ended. Anyone may.
    pub fn strike_epoch<'info>(ctx: Context<'info, StrikeEpoch<'info>>) -> Result<()> {
        strike_epoch::handle(ctx)
    }

    /// Gives a provider what its requests of a struck epoch came to.
    pub fn claim_liquidity(ctx: Context<ClaimLiquidity>) -> Result<()> {
        claim_liquidity::handle(ctx)
    }

    /// Closes the signer's account of liquidity, with nothing in it, and returns its rent to who paid it.
    pub fn close_liquidity_provider(ctx: Context<CloseLiquidityProvider>) -> Result<()> {
        close_liquidity_provider::handle(ctx)
    }

    /// Closes a struck epoch of which everything was claimed, and returns its rent to who paid it. Anyone may.
    pub fn close_epoch(ctx: Context<CloseEpoch>) -> Result<()> {
        close_epoch::handle(ctx)
    }

    /// Opens the account of a margin account's pending orders.
    pub fn open_orders(ctx: Context<OpenOrders>) -> Result<()> {
        open_orders::handle(ctx)
    }

    /// Closes the account of a margin account's orders, none of them pending, and returns its rent to who paid it.
    pub fn close_orders(ctx: Context<CloseOrders>) -> Result<()> {
        close_orders::handle(ctx)
    }

    /// Opens a margin account of the signer.
    pub fn open_margin_account(ctx: Context<OpenMarginAccount>, sub_account: u16) -> Result<()> {
        open_margin_account::handle(ctx, sub_account)
    }

    /// Closes an empty margin account and returns its rent.
    pub fn close_margin_account(ctx: Context<CloseMarginAccount>) -> Result<()> {
        close_margin_account::handle(ctx)
    }

    /// Sets when keepers may deleverage the account. A floor of zero switches it off.
    pub fn set_policy(ctx: Context<SetPolicy>, floor: u64, width: u64, daily_turnover: u64) -> Result<()> {
        set_policy::handle(ctx, floor, width, daily_turnover)
    }

    /// Gives tokens to a bank's insurance fund.
    pub fn deposit_insurance(ctx: Context<DepositInsurance>, amount: u64) -> Result<()> {
        deposit_insurance::handle(ctx, amount)
    }

    /// Moves a bank's fees to a token account of the group's fee recipient. Anyone may.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        collect_fees::handle(ctx)
    }

    /// Lets a delegate act on an account. Rights: 1 deposit, 2 withdraw to the owner, 4 borrow to the owner.
    pub fn set_delegate(ctx: Context<SetPolicy>, delegate: Pubkey, rights: u32) -> Result<()> {
        set_delegate::handle(ctx, delegate, rights)
    }

    /// Gives a margin account, with all it holds and owes, to another owner, who signs, too.
    pub fn transfer_margin_account(ctx: Context<TransferMarginAccount>) -> Result<()> {
        transfer_margin_account::handle(ctx)
    }

    /// Brings an account of an older layout version to this one. Anyone may.
    pub fn migrate_account(ctx: Context<MigrateAccount>) -> Result<()> {
        migrate_account::handle(ctx)
    }

    /// Sets how long changes that can add risk wait, and how long they can be executed then, in seconds.
    pub fn configure_timelock(ctx: Context<ConfigureTimelock>, delay: u32, expiry: u32) -> Result<()> {
        configure_timelock::handle(ctx, delay, expiry)
    }

    /// Names the next admin.
    pub fn propose_admin(ctx: Context<ChangeAdmin>, admin: Pubkey) -> Result<()> {
        propose_admin::handle(ctx, admin)
    }

    /// Makes the proposed admin the admin.
    pub fn accept_admin(ctx: Context<ChangeAdmin>) -> Result<()> {
        accept_admin::handle(ctx)
    }

    /// Publishes an instruction, its data as given and its accounts as they follow, to run once the timelock lets it.
    pub fn propose_change<'info>(ctx: Context<'info, ProposeChange<'info>>, data: Vec<u8>) -> Result<()> {
        propose_change::handle(ctx, &data)
    }

    /// Runs a change that has waited. The accounts of its instruction follow.
    pub fn execute_change<'info>(ctx: Context<'info, ExecuteChange<'info>>) -> Result<()> {
        execute_change::handle(ctx)
    }

    /// Takes a waiting change back.
    pub fn cancel_change(ctx: Context<CancelChange>) -> Result<()> {
        cancel_change::handle(ctx)
    }
}
