//! Events: what happened, with the state after it. Past tense, a common header, amounts in atoms, prices with 40 fraction
//! bits, values in USD with 20, ratios with 32.
//!
//! The board's sequence number names all prices and rates at once: every change of the board is an event with its number.

use anchor_lang::prelude::*;
use ballast_risk::bankruptcy::Loss;
use ballast_risk::health::Health;
use ballast_risk::lending::Moved;
use ballast_risk::liquidation;
use ballast_risk::perp::order::{Cap, Kill, Outcome, Rejection};
use ballast_risk::perp::{HedgeClosed, HedgePlan, PositionClosed, PositionPlan};
use ballast_risk::Now;
use ballast_state::{
    Bank, Epoch, Group, LiquidityPool, LiquidityProvider, MarginAccount, Order, PerpMarket, PriceFeed, RiskBoard,
};

use crate::error::Result;

/// Where and when.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct EventHeader {
    /// The group.
    pub group: Pubkey,
    /// The margin account, bank or feed that changed.
    pub account: Pubkey,
    /// Slot.
    pub slot: u64,
    /// Sequence number of the changed account after the change.
    pub sequence: u64,
}

impl EventHeader {
    pub(crate) fn of_account(key: Pubkey, account: &MarginAccount, now: Now) -> Self {
        Self { group: account.group, account: key, slot: now.slot, sequence: account.sequence }
    }

    pub(crate) fn of_bank(key: Pubkey, bank: &Bank, now: Now) -> Self {
        Self { group: bank.group, account: key, slot: now.slot, sequence: bank.sequence }
    }

    pub(crate) fn of_pool(key: Pubkey, pool: &LiquidityPool, now: Now) -> Self {
        Self { group: pool.group, account: key, slot: now.slot, sequence: pool.sequence }
    }

    pub(crate) fn of_provider(key: Pubkey, pool: &LiquidityPool, provider: &LiquidityProvider, now: Now) -> Self {
        Self { group: pool.group, account: key, slot: now.slot, sequence: provider.sequence }
    }

    pub(crate) fn of_market(key: Pubkey, market: &PerpMarket, now: Now) -> Self {
        Self { group: market.group, account: key, slot: now.slot, sequence: market.sequence }
    }

    pub(crate) fn of_feed(key: Pubkey, feed: &PriceFeed, now: Now) -> Self {
        Self { group: feed.group, account: key, slot: now.slot, sequence: feed.sequence }
    }

    /// A change of the group itself; its own clock reading, since administration has no use for it.
    pub(crate) fn of_group(key: Pubkey, group: &Group) -> Result<Self> {
        Ok(Self { group: key, account: key, slot: Clock::get()?.slot, sequence: group.sequence })
    }
}

/// Assets, liabilities and requirement at one level.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default)]
pub struct HealthPoint {
    /// Assets, USD with 20 fraction bits.
    pub assets: u64,
    /// Liabilities.
    pub liabilities: u64,
    /// Requirement.
    pub requirement: u64,
}

impl From<&Health> for HealthPoint {
    fn from(health: &Health) -> Self {
        Self { assets: health.assets.0, liabilities: health.liabilities.0, requirement: health.requirement.0 }
    }
}

/// A movement between a user's tokens and a bank.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct Movement {
    /// The bank's index.
    pub bank: u16,
    /// Tokens moved.
    pub atoms: u64,
    /// Shares minted or burnt.
    pub shares: u64,
}

impl Movement {
    pub(crate) fn of(bank: &Bank, moved: Moved) -> Self {
        Self { bank: bank.index, atoms: moved.atoms, shares: moved.shares }
    }
}

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

/// A deposit was made.
#[event]
pub struct Deposited {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
}

/// A withdrawal was made.
#[event]
pub struct Withdrawn {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
    /// The board's sequence number; zero where no price was needed.
    pub board_sequence: u64,
    /// Initial health after; zeros where the account owes nothing.
    pub health: HealthPoint,
}

/// A loan was taken.
#[event]
pub struct Borrowed {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Initial health after.
    pub health: HealthPoint,
}

/// A loan was repaid.
#[event]
pub struct Repaid {
    /// Where and when.
    pub header: EventHeader,
    /// What moved.
    pub movement: Movement,
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

/// A feed took new prices.
#[event]
pub struct PriceRefreshed {
    /// Where and when; the account is the feed.
    pub header: EventHeader,
    /// Row on the board.
    pub row: u8,
    /// State after (0 unset, 1 normal, 2 pending jump, 3 guarded).
    pub state: u8,
    /// Fresh sources.
    pub sources: u8,
    /// What the sources said.
    pub judged: u64,
    /// Price in force.
    pub mid: u64,
    /// Low end of the Initial band.
    pub low: u64,
    /// High end of the Initial band.
    pub high: u64,
    /// Low end of the band of confidence and disagreement.
    pub fair_low: u64,
    /// High end of the band of confidence and disagreement.
    pub fair_high: u64,
    /// Publish time of the price in force, unix seconds.
    pub publish_ts: i64,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A group was created or configured.
#[event]
pub struct GroupConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A risk class was configured.
#[event]
pub struct RiskClassConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The class.
    pub class: u8,
    /// What a hedge inside it may fail by.
    pub kappa: u32,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A feed was listed or configured.
#[event]
pub struct PriceFeedConfigured {
    /// Where and when; the account is the feed.
    pub header: EventHeader,
    /// Row on the board.
    pub row: u8,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A bank was listed or configured, its mode or pause included.
#[event]
pub struct BankConfigured {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// The bank's index.
    pub bank: u16,
    /// Mode after.
    pub mode: u8,
    /// Pause in force until, unix seconds.
    pub paused_until: i64,
    /// The board's sequence number after; zero unless the bank was listed, which counts on the board.
    pub board_sequence: u64,
}

/// New risk was paused in the whole group.
#[event]
pub struct RiskPaused {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Until, unix seconds.
    pub until: i64,
    /// The board's sequence number after.
    pub board_sequence: u64,
}

/// A margin account was opened.
#[event]
pub struct MarginAccountOpened {
    /// Where and when.
    pub header: EventHeader,
    /// Its owner.
    pub owner: Pubkey,
    /// Its number among the owner's accounts.
    pub sub_account: u16,
}

/// A margin account was closed.
#[event]
pub struct MarginAccountClosed {
    /// Where and when.
    pub header: EventHeader,
    /// Its owner.
    pub owner: Pubkey,
}

/// An owner's deleverage policy was set.
#[event]
pub struct PolicySet {
    /// Where and when.
    pub header: EventHeader,
    /// Floor; zero: off.
    pub floor: u64,
    /// Width above it.
    pub width: u64,
    /// Daily turnover, USD with 20 fraction bits.
    pub daily_turnover: u64,
}

/// Tokens were given to a bank's insurance fund.
#[event]
pub struct InsuranceDeposited {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// Tokens given.
    pub atoms: u64,
    /// The fund after.
    pub insurance: u64,
}

/// Fees left a bank.
#[event]
pub struct FeesCollected {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// Tokens collected.
    pub atoms: u64,
    /// Fees left.
    pub fees: u64,
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

/// A flash loan was taken.
#[event]
pub struct FlashLoanBegun {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// What moved; no shares.
    pub movement: Movement,
}

/// A flash loan came back.
#[event]
pub struct FlashLoanEnded {
    /// Where and when; the account is the bank.
    pub header: EventHeader,
    /// What moved, the fee included; no shares.
    pub movement: Movement,
}

/// A delegate was named or dismissed.
#[event]
pub struct DelegateSet {
    /// Where and when.
    pub header: EventHeader,
    /// The delegate.
    pub delegate: Pubkey,
    /// What it may do.
    pub rights: u32,
}

/// An account has another owner.
#[event]
pub struct MarginAccountTransferred {
    /// Where and when.
    pub header: EventHeader,
    /// Whose it was.
    pub from: Pubkey,
    /// Whose it is.
    pub to: Pubkey,
}

/// An account was brought to another layout version.
#[event]
pub struct AccountMigrated {
    /// Where and when.
    pub header: EventHeader,
    /// The version.
    pub version: u8,
}

/// The timelock was set.
#[event]
pub struct TimelockConfigured {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Seconds a change waits.
    pub delay: u32,
    /// Seconds it can be executed then.
    pub expiry: u32,
}

/// A next admin was named.
#[event]
pub struct AdminProposed {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Who.
    pub admin: Pubkey,
}

/// The admin changed.
#[event]
pub struct AdminAccepted {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// Who it is.
    pub admin: Pubkey,
}

/// A change was published to wait.
#[event]
pub struct ChangeProposed {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
    /// From then on it can be executed, unix seconds.
    pub ready_ts: i64,
    /// From then on it cannot.
    pub expires_ts: i64,
}

/// A change was executed.
#[event]
pub struct ChangeExecuted {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
}

/// A change was taken back.
#[event]
pub struct ChangeCancelled {
    /// Where and when; the account is the group.
    pub header: EventHeader,
    /// The change's number.
    pub number: u64,
}

/// The pool of liquidity was created or configured.
#[event]
pub struct PoolConfigured {
    /// Where and when.
    pub header: EventHeader,
}

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

/// A perp market was brought to the board's prices: with it every claim can be recomputed.
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
    /// PnL index of the longs, two's complement, low word first.
    pub long_index: [u64; 2],
    /// PnL index of the shorts.
    pub short_index: [u64; 2],
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
            long_index: market.long.pnl_index,
            short_index: market.short.pnl_index,
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
    /// Atoms the account received, or below zero paid.
    pub paid: i64,
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
        market: &PerpMarket,
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
        (loan_bank, collateral_bank, market): (&Bank, &Bank, &PerpMarket),
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
            paid: closed.paid,
            premium: closed.premium,
            before: HealthPoint::from(&plan.before),
            after: HealthPoint::from(after),
        }
    }
}

/// An account of liquidity was opened.
#[event]
pub struct LiquidityProviderOpened {
    /// Where and when.
    pub header: EventHeader,
    /// Whose liquidity it will be.
    pub owner: Pubkey,
}

/// A provider asked to enter or to leave.
#[event]
pub struct LiquidityRequested {
    /// Where and when: of the margin account whose deposit enters, or of the provider that leaves.
    pub header: EventHeader,
    /// The provider.
    pub provider: Pubkey,
    /// Number of the epoch it will be struck in.
    pub epoch: u64,
    /// Deposit shares that ask to enter.
    pub entering: u64,
    /// Liquidity shares that ask to leave.
    pub leaving: u64,
}

/// An epoch got its price.
#[event]
pub struct EpochStruck {
    /// Where and when.
    pub header: EventHeader,
    /// The board's sequence number.
    pub board_sequence: u64,
    /// Number of the epoch.
    pub epoch: u64,
    /// Net assets at the ends against the pool, atoms: the price of those who left.
    pub assets_low: i64,
    /// Net assets at the other ends: the price of those who entered.
    pub assets_high: i64,
    /// Liquidity shares before.
    pub supply: u64,
    /// Deposit shares that asked to enter.
    pub entering: u64,
    /// Liquidity shares they became.
    pub minted: u64,
    /// Liquidity shares that asked to leave.
    pub leaving: u64,
    /// Of them, those that left.
    pub burnt: u64,
    /// Deposit shares they became.
    pub paid: u64,
}

impl EpochStruck {
    pub(crate) fn of(header: EventHeader, epoch: &Epoch, board_sequence: u64) -> Self {
        Self {
            header,
            board_sequence,
            epoch: epoch.number,
            assets_low: epoch.assets_low,
            assets_high: epoch.assets_high,
            supply: epoch.supply,
            entering: epoch.entering,
            minted: epoch.minted,
            leaving: epoch.leaving,
            burnt: epoch.burnt,
            paid: epoch.paid,
        }
    }
}

/// A provider got what its requests came to.
#[event]
pub struct LiquidityClaimed {
    /// Where and when; the margin account is one of the owner's.
    pub header: EventHeader,
    /// The provider.
    pub provider: Pubkey,
    /// Number of the struck epoch.
    pub epoch: u64,
    /// Liquidity shares it got.
    pub minted: u64,
    /// Liquidity shares that left.
    pub burnt: u64,
    /// Deposit shares the account got.
    pub deposit_shares: u64,
}

/// The account of a margin account's orders was opened.
#[event]
pub struct OrdersOpened {
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
    /// 0: filled. 1 to 6: ended for the limit, health, the cap of the side, of the skew, of the account, or because nothing was to be
    /// reduced; the first two at the keeper's fee, unless it could only reduce. 10 to 13: void without a fee, since sources disagreed, the print was too wide or a jump,
    /// or new risk was closed.
    pub outcome: u8,
    /// Lots bought, or below zero sold.
    pub lots: i64,
    /// Lots held after.
    pub position: i64,
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
}

impl OrderFilled {
    pub(crate) fn of(
        header: EventHeader,
        keeper: Pubkey,
        id: u64,
        (market, position): (&PerpMarket, i64),
        outcome: &Outcome,
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
        Outcome::Void(Rejection::Guarded) => 10,
        Outcome::Void(Rejection::TooWide) => 11,
        Outcome::Void(Rejection::Jump) => 12,
        Outcome::Void(Rejection::Closed) => 13,
    }
}
