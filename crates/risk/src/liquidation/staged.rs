//! A liquidation in several instructions of one transaction: begin, seize and repay in any order and number, end
//! (rules-risk 4). In between the liquidator may use what it seized in any other program.
//!
//! `begin` decides what [`liquidate`](super::liquidate) would decide and writes it into the account; `end` holds the outcome
//! against it at the prices of `begin`: the board and the banks must not have moved otherwise.

use ballast_math::{checked_add, checked_sub, Index, Ratio, Usd};
use ballast_state::{BalanceSide, Bank, MarginAccount, OpenLiquidation, Pubkey, RiskBoard, Zeroable};

use super::size::Fitter;
use super::{check_outcome, conclude, is_within_target, open, plan, Exchange, Liquidated};
use crate::health::{Assessment, Health, Portfolio, Valuation};
use crate::lending::{self, Amount, Moved};
use crate::{balances, bankruptcy, Now, RiskError, RiskResult};

/// Opens a liquidation. Both banks must be accrued to now; `others` is the sum of the sequence numbers of the account's other
/// banks.
///
/// # Errors
/// `AccountInTransit`; as [`liquidate`](super::liquidate), but for what only its outcome shows.
#[allow(clippy::too_many_arguments, reason = "two banks, an account, their context, who and how much")]
pub fn begin(
    board: &RiskBoard,
    loan_bank: &mut Bank,
    collateral_bank: &mut Bank,
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    others: u64,
    liquidator: Pubkey,
    max_repay: u64,
    now: Now,
) -> RiskResult<Health> {
    require_none(account)?;
    let pair = open(board, loan_bank, collateral_bank, account, portfolio, now)?;
    let plan = plan(&pair, board, loan_bank, collateral_bank, account, max_repay, now)?;
    for bank in [&mut *loan_bank, &mut *collateral_bank] {
        lending::count_change(bank);
    }
    let share = Ratio::from_bits(board.rules.insurance_share);
    account.liquidation = OpenLiquidation {
        liquidator,
        board_sequence: board.sequence,
        loan_sequence: loan_bank.sequence,
        collateral_sequence: collateral_bank.sequence,
        others_sequence: others,
        bonus: plan.bonus.0,
        insurance_rate: share.mul_up(plan.bonus)?.0,
        insurance: 0,
        assets: plan.before.assets.0,
        liabilities: plan.before.liabilities.0,
        requirement: plan.before.requirement.0,
        loan_shares: pair.loan_shares,
        collateral_shares: pair.collateral_shares,
        most_repaid: plan.exchange.repaid_shares,
        most_seized: plan.exchange.seized_shares,
        loan_bank: loan_bank.index,
        collateral_bank: collateral_bank.index,
        minimal: u8::from(plan.minimal),
        padding: [0; 3],
    };
    account.flags |= MarginAccount::IN_LIQUIDATION;
    account.sequence = account.sequence.wrapping_add(1);
    Ok(plan.before)
}

/// Takes collateral out, up to what the whole repayment will pay for. "All" is that.
///
/// # Errors
/// `NoOpenLiquidation`, `BankMismatch`, `StateMoved`, `SeizedTooMuch`, `ZeroAmount`, `ZeroShares`, `InsufficientLiquidity`.
pub fn seize(bank: &mut Bank, account: &mut MarginAccount, amount: Amount) -> RiskResult<Moved> {
    let opened = opened(account)?;
    if bank.index != opened.collateral_bank {
        return Err(RiskError::BankMismatch);
    }
    require_same(bank.sequence, opened.collateral_sequence)?;
    let held = balances::shares(account, bank, BalanceSide::Deposit)?;
    let seized = checked_sub(opened.collateral_shares, held)?;
    let left = opened.most_seized.saturating_sub(seized);
    let index = Index::from_words(bank.asset_index);
    let moved = match amount {
        Amount::All => Moved { atoms: index.amount_down(left)?, shares: left },
        Amount::Exact(atoms) => Moved { atoms, shares: index.shares_up(atoms)? },
    };
    lending::require_amount(moved.atoms)?;
    lending::require_shares(moved.shares)?;
    let rest = if moved.shares <= left { held.checked_sub(moved.shares) } else { None };
    balances::set_shares(account, bank, BalanceSide::Deposit, rest.ok_or(RiskError::SeizedTooMuch)?)?;
    bank.asset_shares = checked_sub(bank.asset_shares, moved.shares)?;
    lending::take_from_vault(bank, moved.atoms)?;
    lending::finish(bank, account, moved)?;
    account.liquidation.collateral_sequence = bank.sequence;
    Ok(moved)
}

/// Repays the loan, up to what was planned ("all" is that), and pays insurance its part of the bonus on top: the atoms that
/// move are both.
///
/// # Errors
/// `NoOpenLiquidation`, `BankMismatch`, `StateMoved`, `RepaidTooMuch`; those of [`lending::repay`].
pub fn repay(bank: &mut Bank, account: &mut MarginAccount, amount: Amount) -> RiskResult<Moved> {
    let opened = opened(account)?;
    if bank.index != opened.loan_bank {
        return Err(RiskError::BankMismatch);
    }
    require_same(bank.sequence, opened.loan_sequence)?;
    let held = balances::shares(account, bank, BalanceSide::Loan)?;
    let left = opened.most_repaid.saturating_sub(checked_sub(opened.loan_shares, held)?);
    let amount = match amount {
        Amount::All => Amount::Exact(Index::from_words(bank.liability_index).amount_up(left)?),
        exact @ Amount::Exact(_) => exact,
    };
    let moved = lending::repay(bank, account, amount)?;
    if moved.shares > left {
        return Err(RiskError::RepaidTooMuch);
    }
    let insurance = Ratio(opened.insurance_rate).of_up(Usd(moved.atoms))?.0;
    bank.insurance = checked_add(bank.insurance, insurance)?;
    bank.vault_balance = checked_add(bank.vault_balance, insurance)?;
    account.liquidation.loan_sequence = bank.sequence;
    account.liquidation.insurance = checked_add(opened.insurance, insurance)?;
    Ok(Moved { atoms: checked_add(moved.atoms, insurance)?, shares: moved.shares })
}

/// Closes a liquidation: what was seized is paid for, the account is not worse off and not past its target.
///
/// # Errors
/// `NoOpenLiquidation`, `BankMismatch`, `StateMoved`, `NothingToDo`, `SeizedTooMuch`, `LiquidationWouldWorsen`,
/// `TargetExceeded`.
pub fn end(
    board: &RiskBoard,
    loan_bank: &mut Bank,
    collateral_bank: &Bank,
    account: &mut MarginAccount,
    portfolio: &Portfolio,
    others: u64,
    now: Now,
) -> RiskResult<Liquidated> {
    let opened = opened(account)?;
    if (loan_bank.index, collateral_bank.index) != (opened.loan_bank, opened.collateral_bank) {
        return Err(RiskError::BankMismatch);
    }
    require_same(board.sequence, opened.board_sequence)?;
    require_same(loan_bank.sequence, opened.loan_sequence)?;
    require_same(collateral_bank.sequence, opened.collateral_sequence)?;
    require_same(others, opened.others_sequence)?;

    let loan_left = balances::shares(account, loan_bank, BalanceSide::Loan)?;
    let collateral_left = balances::shares(account, collateral_bank, BalanceSide::Deposit)?;
    let bonus = Ratio(opened.bonus);
    let fitter = Fitter::new(
        board,
        loan_bank,
        collateral_bank,
        [opened.loan_shares, opened.collateral_shares],
        Ratio::ONE.add(bonus)?,
    )?;
    let repaid_shares = checked_sub(opened.loan_shares, loan_left)?;
    let seized_shares = checked_sub(opened.collateral_shares, collateral_left)?;
    if repaid_shares == 0 && seized_shares == 0 {
        return Err(RiskError::NothingToDo);
    }
    if !fitter.is_paid(repaid_shares, seized_shares)? {
        return Err(RiskError::SeizedTooMuch);
    }
    let exchange = Exchange {
        repaid: Index::from_words(loan_bank.liability_index).amount_up(repaid_shares)?,
        repaid_shares,
        seized: Index::from_words(collateral_bank.asset_index).amount_down(seized_shares)?,
        seized_shares,
    };

    let before = Health {
        assets: Usd(opened.assets),
        liabilities: Usd(opened.liabilities),
        requirement: Usd(opened.requirement),
    };
    // As at the beginning, whatever spares the account: or a smaller requirement would stand beside a larger one.
    let after = Health::of(&Assessment::of(portfolio, board, Valuation::Maintenance, now)?, board)?;
    check_outcome(&before, &after, opened.minimal != 0)?;
    let target = Ratio(board.rules.liquidation_target);
    let closed_whole = loan_left == 0 || collateral_left == 0;
    if !closed_whole && !is_within_target(&before, &after, target, board, loan_bank, collateral_bank)? {
        return Err(RiskError::TargetExceeded);
    }

    account.flags &= !MarginAccount::IN_LIQUIDATION;
    account.liquidation = OpenLiquidation::zeroed();
    account.sequence = account.sequence.wrapping_add(1);
    let unhealthy_since = account.unhealthy_since;
    let loss = conclude(
        board,
        loan_bank,
        account,
        bonus,
        &after,
        || bankruptcy::seizable(portfolio.exposures(), board, now),
        now,
    )?;
    Ok(Liquidated { bonus, unhealthy_since, exchange, insurance: opened.insurance, before, after, loss })
}

/// Refuses an account with an open liquidation: only [`seize`], [`repay`] and [`end`] may touch it.
///
/// # Errors
/// `AccountInTransit`.
#[inline]
pub fn require_none(account: &MarginAccount) -> RiskResult<()> {
    if account.flags == 0 {
        Ok(())
    } else {
        Err(RiskError::AccountInTransit)
    }
}

fn opened(account: &MarginAccount) -> RiskResult<OpenLiquidation> {
    if account.flags & MarginAccount::IN_LIQUIDATION == 0 {
        return Err(RiskError::NoOpenLiquidation);
    }
    Ok(account.liquidation)
}

fn require_same(found: u64, left: u64) -> RiskResult<()> {
    if found == left {
        Ok(())
    } else {
        Err(RiskError::StateMoved)
    }
}
