//! Which account is what: the clock, accounts by address and group, and the next of a kind.

use std::cell::{Ref, RefMut};

use anchor_lang::prelude::*;
use ballast_risk::liquidation::staged;
use ballast_risk::{interest, perp, Now};
use ballast_state::{Bank, Group, LiquidityPool, LiquidityProvider, MarginAccount, Orders, PerpMarket, RiskBoard};

use crate::emit;
use crate::error::{ensure, BallastError, OrFail, OrRaise, Result};
use crate::events::{EventHeader, MarketSynced};
use crate::view::{is, view, view_mut};

/// The clock.
///
/// # Errors
/// The runtime's.
pub(crate) fn now() -> Result<Now> {
    let clock = Clock::get()?;
    Ok(Now { ts: clock.unix_timestamp, slot: clock.slot })
}

/// The board of a group.
///
/// # Errors
/// As [`view`]; `WrongBoard` if it is another group's.
pub(crate) fn board<'a>(info: &'a AccountInfo<'_>, group: &Pubkey) -> Result<Ref<'a, RiskBoard>> {
    let board = view::<RiskBoard>(info)?;
    ensure!(&board.group == group, BallastError::WrongBoard);
    Ok(board)
}

/// A margin account to be changed, outside of any liquidation that is open in the transaction.
///
/// # Errors
/// As [`view_mut`]; `AccountInTransit`.
#[inline]
pub(crate) fn idle_account<'a>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, MarginAccount>> {
    let account = view_mut::<MarginAccount>(info)?;
    staged::require_none(&account).or_fail()?;
    Ok(account)
}

/// That the account of who takes over is the signer's, and that of who is taken from of the same group.
///
/// # Errors
/// `Unauthorised`, `WrongGroup`.
#[inline(always)]
pub(crate) fn check_parties(signer: &Pubkey, taker: &MarginAccount, account: &MarginAccount) -> Result<()> {
    ensure!(signer == &taker.owner, BallastError::Unauthorised);
    ensure!(account.group == taker.group, BallastError::WrongGroup);
    Ok(())
}

/// A bank of the group to be changed, its interest accrued to now.
///
/// # Errors
/// As [`view_mut`]; `WrongGroup`; the engine's.
#[inline(never)]
pub(crate) fn accrued_bank<'a>(info: &'a AccountInfo<'_>, group: &Pubkey, now: Now) -> Result<RefMut<'a, Bank>> {
    let mut bank = view_mut::<Bank>(info)?;
    ensure!(&bank.group == group, BallastError::WrongGroup);
    interest::accrue(&mut bank, now).or_fail()?;
    Ok(bank)
}

/// A perp market to be changed.
///
/// # Errors
/// As [`view_mut`].
pub(crate) fn any_market<'a>(info: &'a AccountInfo<'_>) -> Result<RefMut<'a, PerpMarket>> {
    view_mut::<PerpMarket>(info)
}

/// A perp market of the group to be changed.
///
/// # Errors
/// As [`view_mut`]; `WrongGroup`.
pub(crate) fn market<'a>(info: &'a AccountInfo<'_>, group: &Pubkey) -> Result<RefMut<'a, PerpMarket>> {
    let market = any_market(info)?;
    ensure!(&market.group == group, BallastError::WrongGroup);
    Ok(market)
}

/// Brings a market to the board's prices and to now, and tells the indices its positions have then.
///
/// # Errors
/// Those of [`perp::sync`].
#[inline(never)]
pub(crate) fn sync(
    info: &AccountInfo<'_>,
    market: &mut PerpMarket,
    pool: &mut LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    perp::sync(market, pool, bank, board, now).or_fail()?;
    tell_synced(info, market, board, now)
}

/// [`sync`] where the pool is not written.
///
/// # Errors
/// Those of [`perp::sync_within_day`].
#[inline(never)]
pub(crate) fn sync_within_day(
    info: &AccountInfo<'_>,
    market: &mut PerpMarket,
    pool: &LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> Result<()> {
    perp::sync_within_day(market, pool, bank, board, now).or_fail()?;
    tell_synced(info, market, board, now)
}

/// Tells the indices of a market that was synced.
///
/// # Errors
/// The runtime's.
#[inline(never)]
pub(crate) fn tell_synced(info: &AccountInfo<'_>, market: &PerpMarket, board: &RiskBoard, now: Now) -> Result<()> {
    emit::log(&MarketSynced::of(EventHeader::of_market(*info.key, market, now), market, board.sequence))
}

/// The orders of a margin account to be changed.
///
/// # Errors
/// As [`view_mut`]; `OrdersMismatch`.
pub(crate) fn orders<'a>(info: &'a AccountInfo<'_>, account: &AccountInfo<'_>) -> Result<RefMut<'a, Orders>> {
    let orders = view_mut::<Orders>(info)?;
    ensure!(&orders.margin_account == account.key, BallastError::OrdersMismatch);
    Ok(orders)
}

/// That a pool is the market's, and a bank the pool's.
///
/// # Errors
/// `PoolMismatch`, `BankMismatch`.
#[inline(never)]
pub(crate) fn check_pool(
    market: &PerpMarket,
    pool_info: &AccountInfo<'_>,
    pool: &LiquidityPool,
    bank: &AccountInfo<'_>,
) -> Result<()> {
    ensure!(pool_info.key == &market.pool, BallastError::PoolMismatch);
    ensure!(bank.key == &pool.bank_address, BallastError::BankMismatch);
    Ok(())
}

/// The pool of a bank, if it is among the accounts that follow an instruction's own.
///
/// # Errors
/// As [`view_mut`]; `BankMismatch` if it is another bank's.
pub(crate) fn pool_among<'a>(infos: &'a [AccountInfo<'_>], bank: &Pubkey) -> Result<Option<RefMut<'a, LiquidityPool>>> {
    let Some(info) = infos.iter().find(|info| is::<LiquidityPool>(info)) else { return Ok(None) };
    let pool = view_mut::<LiquidityPool>(info)?;
    ensure!(&pool.bank_address == bank, BallastError::BankMismatch);
    Ok(Some(pool))
}

/// The perp markets among the accounts that follow an instruction's own, to be changed.
///
/// # Errors
/// As [`market`].
pub(crate) fn markets_among<'a>(infos: &'a [AccountInfo<'_>], group: &Pubkey) -> Result<Vec<RefMut<'a, PerpMarket>>> {
    infos.iter().filter(|info| is::<PerpMarket>(info)).map(|info| market(info, group)).collect()
}

/// Number of a group's next change, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_change(group: &AccountInfo<'_>) -> Result<[u8; 8]> {
    Ok(view::<Group>(group)?.change_count.to_le_bytes())
}

/// Row of a group's next feed, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_row(group: &AccountInfo<'_>) -> Result<[u8; 1]> {
    Ok([view::<Group>(group)?.feed_count])
}

/// Index of a group's next bank, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_bank(group: &AccountInfo<'_>) -> Result<[u8; 2]> {
    Ok(view::<Group>(group)?.bank_count.to_le_bytes())
}

/// Index of a group's next perp market, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn next_market(pool: &AccountInfo<'_>) -> Result<[u8; 2]> {
    Ok(view::<LiquidityPool>(pool)?.market_count.to_le_bytes())
}

/// Number of the epoch a pool collects requests for, as a seed.
///
/// # Errors
/// As [`view`].
pub(crate) fn epoch_number(pool: &AccountInfo<'_>) -> Result<[u8; 8]> {
    Ok(view::<LiquidityPool>(pool)?.epoch.to_le_bytes())
}

/// A provider of a pool to be changed.
///
/// # Errors
/// As [`view_mut`]; `PoolMismatch`.
pub(crate) fn provider<'a>(info: &'a AccountInfo<'_>, pool: &AccountInfo<'_>) -> Result<RefMut<'a, LiquidityProvider>> {
    let provider = view_mut::<LiquidityProvider>(info)?;
    ensure!(&provider.pool == pool.key, BallastError::PoolMismatch);
    Ok(provider)
}

/// Closes an account of this program: its bytes become zero, its rent goes to `receiver`.
///
/// # Errors
/// `DuplicateAccount`.
pub(crate) fn close(account: &AccountInfo<'_>, receiver: &AccountInfo<'_>) -> Result<()> {
    ensure!(account.key != receiver.key, BallastError::DuplicateAccount);
    let held = account.lamports();
    let sum = receiver.lamports().checked_add(held).or_raise(BallastError::Overflow)?;
    **receiver.try_borrow_mut_lamports()? = sum;
    **account.try_borrow_mut_lamports()? = 0;
    account.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?.fill(0);
    // Lamports that arrive later in the transaction find an empty account, where a new one can be created.
    account.assign(&anchor_lang::system_program::ID);
    account.resize(0)?;
    Ok(())
}
