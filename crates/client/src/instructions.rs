//! Instructions, ready to sign.

use anchor_lang::{InstructionData, ToAccountMetas};
use ballast_state::{Bank, MarginAccount};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::ballast::client::{accounts, args};
use crate::ballast::types::{BankArgs, ConfigureGroupArgs, PriceFeedArgs, RulesArgs};
use crate::view::{banks_to_follow, markets_to_follow};
use crate::{addresses, PROGRAM_ID};

pub(crate) const SYSTEM_PROGRAM: Pubkey = anchor_lang::solana_program::system_program::ID;
const INSTRUCTIONS_SYSVAR: Pubkey = Pubkey::from_str_const("Sysvar1nstructions1111111111111111111111111");

pub(crate) fn build(accounts: &impl ToAccountMetas, data: &impl InstructionData) -> Instruction {
    Instruction { program_id: PROGRAM_ID, accounts: accounts.to_account_metas(None), data: data.data() }
}

pub(crate) fn followed_by(mut instruction: Instruction, group: &Pubkey, banks: &[u16]) -> Instruction {
    instruction
        .accounts
        .extend(banks.iter().map(|index| AccountMeta::new_readonly(addresses::bank(group, *index), false)));
    instruction
}

/// Appends the banks and markets that the health of accounts rests on, but for the banks that are `named`.
fn followed_by_holdings(
    instruction: Instruction,
    group: &Pubkey,
    accounts: &[&MarginAccount],
    named: &[u16],
) -> Instruction {
    let (banks, markets) = (banks_to_follow(accounts, named), markets_to_follow(accounts));
    let mut instruction = followed_by(instruction, group, &banks);
    let markets = markets.iter().map(|index| AccountMeta::new_readonly(addresses::market(group, *index), false));
    instruction.accounts.extend(markets);
    instruction
}

/// `create_group`.
#[must_use]
pub fn create_group(creator: &Pubkey, id: u16, rules: RulesArgs) -> Instruction {
    let group = addresses::group(creator, id);
    let accounts = accounts::CreateGroup {
        creator: *creator,
        group,
        board: addresses::board(&group),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::CreateGroup { id, rules })
}

/// `configure_group`.
#[must_use]
pub fn configure_group(authority: &Pubkey, group: &Pubkey, args: ConfigureGroupArgs) -> Instruction {
    let accounts = accounts::ConfigureGroup { authority: *authority, group: *group, board: addresses::board(group) };
    build(&accounts, &args::ConfigureGroup { args })
}

/// `configure_risk_class`.
#[must_use]
pub fn configure_risk_class(authority: &Pubkey, group: &Pubkey, class: u8, kappa: u32) -> Instruction {
    let accounts =
        accounts::ConfigureRiskClass { authority: *authority, group: *group, board: addresses::board(group) };
    build(&accounts, &args::ConfigureRiskClass { class, kappa })
}

/// `pause_risk`.
#[must_use]
pub fn pause_risk(authority: &Pubkey, group: &Pubkey, seconds: u32) -> Instruction {
    let accounts = accounts::PauseRisk { authority: *authority, group: *group, board: addresses::board(group) };
    build(&accounts, &args::PauseRisk { seconds })
}

/// `add_price_feed`, on row `row`, which must be the board's next.
#[must_use]
pub fn add_price_feed(authority: &Pubkey, group: &Pubkey, row: u8, args: PriceFeedArgs) -> Instruction {
    let accounts = accounts::AddPriceFeed {
        authority: *authority,
        payer: *authority,
        group: *group,
        board: addresses::board(group),
        feed: addresses::feed(group, row),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::AddPriceFeed { args })
}

/// `configure_price_feed`.
#[must_use]
pub fn configure_price_feed(authority: &Pubkey, group: &Pubkey, row: u8, args: PriceFeedArgs) -> Instruction {
    let accounts = accounts::ConfigurePriceFeed {
        authority: *authority,
        group: *group,
        board: addresses::board(group),
        feed: addresses::feed(group, row),
    };
    build(&accounts, &args::ConfigurePriceFeed { args })
}

/// `refresh_price_feed` from the accounts of the feed's sources, in order.
#[must_use]
pub fn refresh_price_feed(group: &Pubkey, row: u8, sources: &[Pubkey]) -> Instruction {
    let accounts = accounts::RefreshPriceFeed { feed: addresses::feed(group, row), board: addresses::board(group) };
    let mut instruction = build(&accounts, &args::RefreshPriceFeed {});
    instruction.accounts.extend(sources.iter().map(|key| AccountMeta::new_readonly(*key, false)));
    instruction
}

/// `add_bank`, with index `index`, which must be the group's next.
#[must_use]
pub fn add_bank(
    authority: &Pubkey,
    group: &Pubkey,
    index: u16,
    mint: &Pubkey,
    token_program: &Pubkey,
    feed: u8,
    args: BankArgs,
) -> Instruction {
    let accounts = accounts::AddBank {
        authority: *authority,
        payer: *authority,
        group: *group,
        board: addresses::board(group),
        mint: *mint,
        bank: addresses::bank(group, index),
        vault: addresses::vault(group, mint),
        token_program: *token_program,
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::AddBank { feed, args })
}

/// `configure_bank`.
#[must_use]
pub fn configure_bank(authority: &Pubkey, group: &Pubkey, index: u16, args: BankArgs) -> Instruction {
    let accounts = accounts::ConfigureBank {
        authority: *authority,
        group: *group,
        board: addresses::board(group),
        bank: addresses::bank(group, index),
    };
    build(&accounts, &args::ConfigureBank { args })
}

/// `set_bank_mode`.
#[must_use]
pub fn set_bank_mode(authority: &Pubkey, group: &Pubkey, index: u16, mode: u8) -> Instruction {
    let accounts = accounts::SetBankMode { authority: *authority, group: *group, bank: addresses::bank(group, index) };
    build(&accounts, &args::SetBankMode { mode })
}

/// `pause_bank`.
#[must_use]
pub fn pause_bank(authority: &Pubkey, group: &Pubkey, index: u16, seconds: u32) -> Instruction {
    let accounts = accounts::PauseBank { authority: *authority, group: *group, bank: addresses::bank(group, index) };
    build(&accounts, &args::PauseBank { seconds })
}

/// `open_margin_account`.
#[must_use]
pub fn open_margin_account(payer: &Pubkey, owner: &Pubkey, group: &Pubkey, sub_account: u16) -> Instruction {
    let accounts = accounts::OpenMarginAccount {
        payer: *payer,
        owner: *owner,
        group: *group,
        margin_account: addresses::margin_account(group, owner, sub_account),
        system_program: SYSTEM_PROGRAM,
    };
    build(&accounts, &args::OpenMarginAccount { sub_account })
}

/// `close_margin_account`.
#[must_use]
pub fn close_margin_account(owner: &Pubkey, receiver: &Pubkey, margin_account: &Pubkey) -> Instruction {
    let accounts = accounts::CloseMarginAccount { owner: *owner, receiver: *receiver, margin_account: *margin_account };
    build(&accounts, &args::CloseMarginAccount {})
}

/// `set_policy`.
#[must_use]
pub fn set_policy(owner: &Pubkey, margin_account: &Pubkey, floor: u64, width: u64, daily_turnover: u64) -> Instruction {
    let accounts = accounts::SetPolicy { owner: *owner, margin_account: *margin_account };
    build(&accounts, &args::SetPolicy { floor, width, daily_turnover })
}

/// A user's side of an instruction that moves tokens.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Signs.
    pub authority: Pubkey,
    /// The margin account.
    pub margin_account: Pubkey,
    /// The token account.
    pub tokens: Pubkey,
}

/// `deposit`.
#[must_use]
pub fn deposit(user: &User, bank: &Bank, amount: u64) -> Instruction {
    let accounts = accounts::Deposit {
        authority: user.authority,
        margin_account: user.margin_account,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        source: user.tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    build(&accounts, &args::Deposit { amount })
}

/// `repay`; no amount means all.
#[must_use]
pub fn repay(user: &User, bank: &Bank, amount: Option<u64>) -> Instruction {
    let accounts = accounts::Repay {
        authority: user.authority,
        margin_account: user.margin_account,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        source: user.tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    build(&accounts, &args::Repay { amount })
}

/// `withdraw`; no amount means all. `account` is the state of the margin account: its balances say which banks follow.
#[must_use]
pub fn withdraw(user: &User, account: &MarginAccount, bank: &Bank, amount: Option<u64>) -> Instruction {
    let accounts = accounts::Withdraw {
        authority: user.authority,
        margin_account: user.margin_account,
        board: addresses::board(&bank.group),
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        destination: user.tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    followed_by_holdings(build(&accounts, &args::Withdraw { amount }), &bank.group, &[account], &[bank.index])
}

/// `borrow`. `account` is the state of the margin account: its balances say which banks follow.
#[must_use]
pub fn borrow(user: &User, account: &MarginAccount, bank: &Bank, amount: u64) -> Instruction {
    let accounts = accounts::Borrow {
        authority: user.authority,
        margin_account: user.margin_account,
        board: addresses::board(&bank.group),
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        destination: user.tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    followed_by_holdings(build(&accounts, &args::Borrow { amount }), &bank.group, &[account], &[bank.index])
}

/// Who takes over what from whom.
#[derive(Clone, Copy, Debug)]
pub struct Takeover<'a> {
    /// Owns the taker's margin account and signs.
    pub authority: Pubkey,
    /// The taker's margin account.
    pub taker: Pubkey,
    /// Its state.
    pub taker_state: &'a MarginAccount,
    /// The account taken from.
    pub account: Pubkey,
    /// Its state.
    pub account_state: &'a MarginAccount,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
}

impl Takeover<'_> {
    fn group(&self) -> &Pubkey {
        &self.account_state.group
    }

    fn follow(&self, instruction: Instruction) -> Instruction {
        let pair = [self.loan_bank, self.collateral_bank];
        followed_by_holdings(instruction, self.group(), &[self.account_state, self.taker_state], &pair)
    }
}

/// `liquidate`.
#[must_use]
pub fn liquidate(takeover: &Takeover<'_>, max_repay: u64) -> Instruction {
    let group = takeover.group();
    let accounts = accounts::Liquidate {
        authority: takeover.authority,
        liquidator: takeover.taker,
        liquidatee: takeover.account,
        board: addresses::board(group),
        loan_bank: addresses::bank(group, takeover.loan_bank),
        collateral_bank: addresses::bank(group, takeover.collateral_bank),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    takeover.follow(build(&accounts, &args::Liquidate { max_repay }))
}

/// `deleverage`; `wind_down` says whether for a bank in wind-down instead of the owner's floor.
#[must_use]
pub fn deleverage(takeover: &Takeover<'_>, max_repay: u64, wind_down: bool) -> Instruction {
    let group = takeover.group();
    let accounts = accounts::Deleverage {
        authority: takeover.authority,
        keeper: takeover.taker,
        margin_account: takeover.account,
        board: addresses::board(group),
        loan_bank: addresses::bank(group, takeover.loan_bank),
        collateral_bank: addresses::bank(group, takeover.collateral_bank),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    takeover.follow(build(&accounts, &args::Deleverage { max_repay, wind_down }))
}

/// `resolve_bankruptcy` of the account's loan in `bank`; where losses of perps opened part of it, with the pool and their markets.
#[must_use]
pub fn resolve_bankruptcy(margin_account: &Pubkey, account: &MarginAccount, bank: u16) -> Instruction {
    let group = &account.group;
    let accounts = accounts::ResolveBankruptcy {
        margin_account: *margin_account,
        board: addresses::board(group),
        bank: addresses::bank(group, bank),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    let mut instruction =
        followed_by_holdings(build(&accounts, &args::ResolveBankruptcy {}), group, &[account], &[bank]);
    if account.balance(bank).is_some_and(|balance| balance.perp_shares > 0) {
        // The markets of positions are there; while there are any, nothing is written off.
        let positions = account.positions();
        let lost_in = (0u16..)
            .zip(&account.loss_shares)
            .filter(|(index, shares)| **shares > 0 && positions.iter().all(|position| position.market != *index));
        let markets = lost_in.map(|(index, _)| addresses::market(group, index));
        let writable = std::iter::once(addresses::pool(group)).chain(markets);
        instruction.accounts.extend(writable.map(|key| AccountMeta::new(key, false)));
    }
    instruction
}

/// `mark`.
#[must_use]
pub fn mark(margin_account: &Pubkey, account: &MarginAccount) -> Instruction {
    let accounts = accounts::Mark { margin_account: *margin_account, board: addresses::board(&account.group) };
    followed_by_holdings(build(&accounts, &args::Mark {}), &account.group, &[account], &[])
}

/// `deposit_insurance`.
#[must_use]
pub fn deposit_insurance(authority: &Pubkey, tokens: &Pubkey, bank: &Bank, amount: u64) -> Instruction {
    let accounts = accounts::DepositInsurance {
        authority: *authority,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        source: *tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    build(&accounts, &args::DepositInsurance { amount })
}

/// `collect_fees` to a token account of the group's fee recipient.
#[must_use]
pub fn collect_fees(destination: &Pubkey, bank: &Bank) -> Instruction {
    let accounts = accounts::CollectFees {
        group: bank.group,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        destination: *destination,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    build(&accounts, &args::CollectFees {})
}

/// A liquidation in several instructions of one transaction.
#[derive(Clone, Copy, Debug)]
pub struct StagedLiquidation<'a> {
    /// Begins, seizes, repays, ends.
    pub authority: Pubkey,
    /// The account liquidated.
    pub account: Pubkey,
    /// Its state.
    pub account_state: &'a MarginAccount,
    /// Bank of the loan.
    pub loan_bank: u16,
    /// Bank of the collateral.
    pub collateral_bank: u16,
}

impl StagedLiquidation<'_> {
    fn follow(&self, instruction: Instruction) -> Instruction {
        followed_by_holdings(
            instruction,
            &self.account_state.group,
            &[self.account_state],
            &[self.loan_bank, self.collateral_bank],
        )
    }
}

/// `begin_liquidation`. The same transaction must end it.
#[must_use]
pub fn begin_liquidation(staged: &StagedLiquidation<'_>, max_repay: u64) -> Instruction {
    let group = &staged.account_state.group;
    let accounts = accounts::BeginLiquidation {
        authority: staged.authority,
        margin_account: staged.account,
        board: addresses::board(group),
        loan_bank: addresses::bank(group, staged.loan_bank),
        collateral_bank: addresses::bank(group, staged.collateral_bank),
        instructions: INSTRUCTIONS_SYSVAR,
    };
    staged.follow(build(&accounts, &args::BeginLiquidation { max_repay }))
}

/// `end_liquidation`.
#[must_use]
pub fn end_liquidation(staged: &StagedLiquidation<'_>) -> Instruction {
    let group = &staged.account_state.group;
    let accounts = accounts::EndLiquidation {
        authority: staged.authority,
        margin_account: staged.account,
        board: addresses::board(group),
        loan_bank: addresses::bank(group, staged.loan_bank),
        collateral_bank: addresses::bank(group, staged.collateral_bank),
        event_authority: addresses::event_authority(),
        program: PROGRAM_ID,
    };
    staged.follow(build(&accounts, &args::EndLiquidation {}))
}

/// `seize`, of the account `user` names to its token account; no amount means all the liquidation allows.
#[must_use]
pub fn seize(user: &User, bank: &Bank, amount: Option<u64>) -> Instruction {
    let accounts = accounts::Seize {
        authority: user.authority,
        margin_account: user.margin_account,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        destination: user.tokens,
        mint: bank.mint,
        token_program: bank.token_program,
    };
    build(&accounts, &args::Seize { amount })
}

/// `begin_flash_loan`. The same transaction must end it.
#[must_use]
pub fn begin_flash_loan(authority: &Pubkey, tokens: &Pubkey, bank: &Bank, amount: u64) -> Instruction {
    let accounts = accounts::BeginFlashLoan {
        authority: *authority,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        tokens: *tokens,
        mint: bank.mint,
        token_program: bank.token_program,
        instructions: INSTRUCTIONS_SYSVAR,
    };
    build(&accounts, &args::BeginFlashLoan { amount })
}

/// `end_flash_loan`.
#[must_use]
pub fn end_flash_loan(authority: &Pubkey, tokens: &Pubkey, bank: &Bank) -> Instruction {
    let accounts = accounts::EndFlashLoan {
        authority: *authority,
        bank: addresses::bank(&bank.group, bank.index),
        vault: bank.vault,
        tokens: *tokens,
        mint: bank.mint,
        token_program: bank.token_program,
        instructions: INSTRUCTIONS_SYSVAR,
    };
    build(&accounts, &args::EndFlashLoan {})
}

/// `set_delegate`; rights are bits of [`ballast_state::rights`].
#[must_use]
pub fn set_delegate(owner: &Pubkey, margin_account: &Pubkey, delegate: Pubkey, rights: u32) -> Instruction {
    let accounts = accounts::SetDelegate { owner: *owner, margin_account: *margin_account };
    build(&accounts, &args::SetDelegate { delegate, rights })
}

/// `transfer_margin_account`.
#[must_use]
pub fn transfer_margin_account(owner: &Pubkey, new_owner: &Pubkey, margin_account: &Pubkey) -> Instruction {
    let accounts =
        accounts::TransferMarginAccount { owner: *owner, new_owner: *new_owner, margin_account: *margin_account };
    build(&accounts, &args::TransferMarginAccount {})
}

/// `migrate_account`.
#[must_use]
pub fn migrate_account(account: &Pubkey) -> Instruction {
    build(&accounts::MigrateAccount { account: *account }, &args::MigrateAccount {})
}

/// `configure_timelock`.
#[must_use]
pub fn configure_timelock(authority: &Pubkey, group: &Pubkey, delay: u32, expiry: u32) -> Instruction {
    let accounts =
        accounts::ConfigureTimelock { authority: *authority, group: *group, timelock: addresses::timelock(group) };
    build(&accounts, &args::ConfigureTimelock { delay, expiry })
}

/// `propose_admin`.
#[must_use]
pub fn propose_admin(authority: &Pubkey, group: &Pubkey, admin: Pubkey) -> Instruction {
    build(&accounts::ProposeAdmin { authority: *authority, group: *group }, &args::ProposeAdmin { admin })
}

/// `accept_admin`, by the one proposed.
#[must_use]
pub fn accept_admin(authority: &Pubkey, group: &Pubkey) -> Instruction {
    build(&accounts::AcceptAdmin { authority: *authority, group: *group }, &args::AcceptAdmin {})
}

/// `propose_change` number `number`: `change` as its authority would send it, whose place the timelock takes.
#[must_use]
pub fn propose_change(authority: &Pubkey, group: &Pubkey, number: u64, change: &Instruction) -> Instruction {
    let accounts = accounts::ProposeChange {
        authority: *authority,
        group: *group,
        change: addresses::change(group, number),
        system_program: SYSTEM_PROGRAM,
    };
    let mut instruction = build(&accounts, &args::ProposeChange { data: change.data.clone() });
    let keys = waiting(group, change).into_iter().map(|meta| AccountMeta::new_readonly(meta.pubkey, false));
    instruction.accounts.extend(keys);
    instruction
}

/// `execute_change` number `number`, proposed by `proposer`.
#[must_use]
pub fn execute_change(
    authority: &Pubkey,
    group: &Pubkey,
    number: u64,
    proposer: &Pubkey,
    change: &Instruction,
) -> Instruction {
    let accounts = accounts::ExecuteChange {
        authority: *authority,
        group: *group,
        change: addresses::change(group, number),
        proposer: *proposer,
        program: PROGRAM_ID,
    };
    let mut instruction = build(&accounts, &args::ExecuteChange {});
    instruction.accounts.extend(waiting(group, change));
    instruction
}

/// `cancel_change` number `number`, proposed by `proposer`.
#[must_use]
pub fn cancel_change(authority: &Pubkey, group: &Pubkey, number: u64, proposer: &Pubkey) -> Instruction {
    let accounts = accounts::CancelChange {
        authority: *authority,
        group: *group,
        change: addresses::change(group, number),
        proposer: *proposer,
    };
    build(&accounts, &args::CancelChange {})
}

/// Accounts of a change with the timelock as its authority.
fn waiting(group: &Pubkey, change: &Instruction) -> Vec<AccountMeta> {
    let mut accounts = change.accounts.clone();
    if let Some(authority) = accounts.first_mut() {
        *authority = AccountMeta::new_readonly(addresses::timelock(group), false);
    }
    accounts
}
