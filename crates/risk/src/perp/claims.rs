//! Claims with a settled market that cannot pay all: registered, paid in part, and given up (rules-perps 6).

use ballast_math::{
    checked_add, checked_sub, signed_add, signed_from_words, signed_to_words, wide, MathError, MathResult, Ratio,
};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PerpSide, Zeroable};

use super::order::{deposit_of, pay_keeper};
use super::trade::{remove, reset_if_empty};
use super::{book, exposure, move_claim, rail, refresh_equity, settle, settlement, slots, VALUE_BITS};
use crate::error::require;
use crate::{flash, swap, Now, RiskError, RiskResult};

/// A claim that was registered, or a loss that was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The claim, atoms; below zero the loss that the account paid.
    pub claim: i64,
    /// What the keeper got of the account's deposit.
    pub fee: u64,
}

/// Registers the claim of an account with a settled market that cannot pay all, or collects its loss. Anyone may, for the keeper's fee of
/// the market's terms, as far as the account's deposit goes; others than the owner once the market's end spares the position no more.
/// The bank must be accrued to now.
///
/// # Errors
/// `MarketGoesOn`, `NothingToDo` where everyone is paid in full; `BankInFlashLoan`, `NoPosition`, `ClaimRegistered`,
/// `DeleverageGrace`, `TooManyBalances`; arithmetic.
#[allow(clippy::too_many_arguments, reason = "market, pool and bank, two accounts, their context")]
#[inline(never)]
pub fn register(
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &mut Bank,
    account: &mut MarginAccount,
    keeper: &mut MarginAccount,
    by_owner: bool,
    now: Now,
) -> RiskResult<Registered> {
    require(market.is_settled(), RiskError::MarketGoesOn)?;
    require(market.payout < Ratio::ONE.0, RiskError::NothingToDo)?;
    flash::require_none(bank)?;
    let mut position = *slots::find(account, market.index).ok_or(RiskError::NoPosition)?;
    require(!position.is_registered(), RiskError::ClaimRegistered)?;
    // Health would forget what it hedged: for the hour in which the market's end spares it, that is its owner's to do.
    require(by_owner || !exposure::is_spared(&position, market, now), RiskError::DeleverageGrace)?;
    let whole = book::claim(&position, market)? >> VALUE_BITS;
    let claim = i64::try_from(whole).map_err(|_| MathError::here())?;
    if let Ok(atoms @ 1..) = u64::try_from(claim) {
        enter(market, &mut position, claim, atoms)?;
        slots::store(account, position)?;
        rail::limit_held(account);
    } else {
        let paid = settle(market, &mut position, 0)?;
        slots::store(account, position)?;
        move_claim(market, pool, bank, account, paid)?;
    }
    let fee = market.terms.keeper_fee.min(deposit_of(account, bank)?);
    if fee > 0 {
        swap::debit(bank, account, fee)?;
        pay_keeper(bank, keeper, fee)?;
    }
    refresh_equity(market, pool, bank, now)?;
    account.sequence = account.sequence.wrapping_add(1);
    market.sequence = market.sequence.wrapping_add(1);
    Ok(Registered { claim, fee })
}

/// Takes a claim out of its side and adds it to Z. Less than an atom of it is the pool's.
fn enter(market: &mut PerpMarket, position: &mut PerpPosition, claim: i64, atoms: u64) -> RiskResult<()> {
    let side = PerpSide::from_byte(position.side).ok_or(RiskError::NoPosition)?;
    remove(market, side, position)?;
    reset_if_empty(market);
    market.registered = checked_add(market.registered, atoms)?;
    *position = PerpPosition {
        offset: signed_to_words((i128::from(claim) << VALUE_BITS).wrapping_neg()),
        entry_quote: claim,
        market: position.market,
        side: position.side,
        flags: PerpPosition::registered_in(market.generation),
        ..PerpPosition::zeroed()
    };
    Ok(())
}

/// What a registered claim is due now, atoms; nothing for others.
#[inline]
#[must_use]
pub fn due(position: &PerpPosition, market: &PerpMarket) -> Option<u64> {
    // Hardly any is.
    position.is_registered().then(|| due_of_registered(position, market))
}

#[inline(never)]
fn due_of_registered(position: &PerpPosition, market: &PerpMarket) -> u64 {
    let (claim, paid) = standing(position, market);
    let payable = u64::try_from(wide(claim, market.payout) >> Ratio::BITS).unwrap_or(claim).min(claim);
    // Of money that is there: a loss that was counted on may have gone bad.
    let stake = u64::try_from(market.stake).unwrap_or(0);
    payable.saturating_sub(paid).min(stake)
}

/// A registered claim as the market counts it, and what was paid of it, atoms. Of one that was registered before the market was opened
/// again, that is what was left then, and nothing paid.
#[must_use]
pub fn standing(position: &PerpPosition, market: &PerpMarket) -> (u64, u64) {
    let left = signed_from_words(position.offset).unsigned_abs() >> VALUE_BITS;
    let left = u64::try_from(left).unwrap_or(u64::MAX);
    if position.flags != PerpPosition::registered_in(market.generation) {
        return (left, 0);
    }
    let claim = u64::try_from(position.entry_quote).unwrap_or(0);
    (claim, claim.saturating_sub(left))
}

/// Pays what a registered claim is due, at most `most_paid` and what is left of the stake. One that is paid in full gives up its slot, and
/// its place in Z.
pub(super) fn pay(market: &mut PerpMarket, position: &mut PerpPosition, most_paid: u64) -> MathResult<i64> {
    let paid = due(position, market).unwrap_or(0).min(most_paid);
    let atoms = i64::try_from(paid).map_err(|_| MathError::here())?;
    let (claim, _) = standing(position, market);
    if paid > 0 {
        position.entry_quote = i64::try_from(claim).map_err(|_| MathError::here())?;
        position.flags = PerpPosition::registered_in(market.generation);
    }
    market.registered_paid = checked_add(market.registered_paid, paid)?;
    let left = signed_add(signed_from_words(position.offset), i128::from(atoms) << VALUE_BITS)?;
    position.offset = signed_to_words(left);
    if left == 0 {
        forget(market, claim, claim)?;
        *position = PerpPosition { market: position.market, ..PerpPosition::zeroed() };
    }
    Ok(atoms)
}

/// What an account gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// The claim as the market counted it, atoms.
    pub claim: u64,
    /// What of it was never paid, atoms.
    pub unpaid: u64,
}

/// Gives up what is left of a registered claim of which nothing is due, and with it the slot: what comes in later is for the others.
///
/// # Errors
/// `MarketGoesOn`, `NoPosition`; `ClaimPayable` while something may be registered or paid; arithmetic.
#[inline(never)]
pub fn abandon(
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    account: &mut MarginAccount,
    now: Now,
) -> RiskResult<Abandoned> {
    require(market.is_settled(), RiskError::MarketGoesOn)?;
    let position = *slots::find(account, market.index).ok_or(RiskError::NoPosition)?;
    require(settlement::pays(market) && due(&position, market) == Some(0), RiskError::ClaimPayable)?;
    let (claim, paid) = standing(&position, market);
    forget(market, claim, paid)?;
    slots::store(account, PerpPosition { market: position.market, ..PerpPosition::zeroed() })?;
    refresh_equity(market, pool, bank, now)?;
    account.sequence = account.sequence.wrapping_add(1);
    market.sequence = market.sequence.wrapping_add(1);
    Ok(Abandoned { claim, unpaid: checked_sub(claim, paid)? })
}

/// Takes a claim, and what was paid of it, out of what is divided.
fn forget(market: &mut PerpMarket, claim: u64, paid: u64) -> MathResult<()> {
    market.registered = checked_sub(market.registered, claim)?;
    market.registered_paid = checked_sub(market.registered_paid, paid)?;
    Ok(())
}
