//! The end of a market: one price for all, and where the pool's stake cannot pay all claims, a part of each (rules-perps 6).
//!
//! Settling a market sets both position indices to zero: sizes are gone, what positions won and lost at the mark stands. Where the
//! market's equity is not negative, everyone is paid as ever. Where it is, claims are registered first and losses collected; then
//! one ratio is paid of every claim, and what comes in later raises it for all of them alike.

use ballast_math::{
    checked_add, checked_sub, signed_add, signed_sub, signed_to_words, wide, MathError, MathResult, Ratio,
};
use ballast_state::{
    Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, PerpPosition, PerpSide, PriceFeed, RiskBoard, Zeroable,
};

use super::deleverage::{begin_series, give_back};
use super::order::{deposit_of, pay_keeper};
use super::trade::{remove, reset_if_empty};
use super::{
    backing, book, exposure, move_claim, refresh_equity, require_synced, settle, skew_reserve, slots, VALUE_BITS,
};
use crate::error::require;
use crate::{flash, price, swap, Now, RiskError, RiskResult};

/// Seconds in which claims are registered before the part that is paid is computed without those that were not.
pub const RESOLUTION_SECONDS: i64 = 86_400;

/// A market that was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketSettled {
    /// The settlement price, a mark.
    pub mark: u64,
    /// Skew that was closed at it.
    pub skew: i64,
    /// Premium given back to its side, atoms.
    pub returned: u64,
    /// E_m then: below zero claims are registered.
    pub equity: i64,
    /// What the pool stands for, atoms.
    pub stake: i64,
}

/// A claim that was registered, or a loss that was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The claim, atoms; below zero the loss that the account paid.
    pub claim: i64,
    /// What the keeper got of the account's deposit.
    pub fee: u64,
}

/// True if nothing that `deleverage` could take would bring the sides nearer to each other.
///
/// # Errors
/// Overflow.
pub fn is_flat(market: &PerpMarket) -> MathResult<bool> {
    let interest = book::open_interest(&market.long)?.max(book::open_interest(&market.short)?);
    // A shrink takes 2 + OI/2²⁴ lots more than asked at most.
    Ok(book::skew(market)?.unsigned_abs() <= (interest >> 23).saturating_add(4))
}

/// True once it is known which part of its claims a settled market pays.
#[must_use]
pub fn is_final(market: &PerpMarket) -> bool {
    market.is_settled() && market.payout > 0
}

/// Settles a market at its mark: one in wind-down once its time has come, and any that owes more than it has once its skew is gone.
/// What the skew was charged goes back to its side; feed and weight are free for another market. The market must be synced.
///
/// # Errors
/// `MarketNotSynced`; `MarketEnded`, `MarketGoesOn`; `PriceStale`, `PricePending`, `PriceGuarded`, `PriceAway`; arithmetic.
#[inline(never)]
pub fn settle_market(
    market: &mut PerpMarket,
    feed: &mut PriceFeed,
    pool: &mut LiquidityPool,
    bank: &Bank,
    board: &RiskBoard,
    now: Now,
) -> RiskResult<MarketSettled> {
    if market.is_settled() {
        return reopen(market, pool, bank, now);
    }
    require_synced(market, board)?;
    let is_due = MarketMode::from_byte(market.mode) == MarketMode::WindDown && now.ts >= market.settlement_ts;
    // Only for claims there is something to divide: what a market overspent a new day forgets.
    let lacks = market.equity < 0 && winnings(market)? > 0 && is_flat(market)?;
    require(is_due || lacks, RiskError::MarketGoesOn)?;
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        price::check_usable(row, now, board.rules.liquidate_max_age)?;
        require(row.is_away == 0, RiskError::PriceAway)?;
    }
    let skew = book::skew(market)?;
    let returned = if skew == 0 { 0 } else { skew_reserve(market.mark, skew, &market.terms)? };
    if returned > 0 {
        give_back(market.book_mut(PerpSide::of(skew)), returned)?;
    }
    // What is left of the budget is set aside; the rest of the pool goes on without this market.
    market.stake = market.budget.max(0);
    pool.earmarked = pool.earmarked.checked_add(market.stake).ok_or_else(MathError::here)?;
    pool.spent = pool.spent.checked_sub(market.spent).ok_or_else(MathError::here)?;
    market.spent = 0;
    market.mode = MarketMode::Settled.to_byte();
    market.settlement_ts = now.ts;
    market.funding_rate = 0;
    (feed.perps, feed.perp_floor) = (0, 0);
    feed.sequence = feed.sequence.wrapping_add(1);
    pool.weight = pool.weight.saturating_sub(u64::from(market.terms.weight));
    market.terms.weight = 0;
    for side in [&mut market.long, &mut market.short] {
        // Hedges end with it: for an hour nobody is liquidatable by that.
        begin_series(side, now);
        side.deleverage_ts = now.ts;
        if side.base != [0, 0] {
            side.position_index = 0;
        }
    }
    refresh_equity(market, pool, bank, now)?;
    let equity = market.equity;
    if equity >= 0 {
        conclude(market, pool, bank, Ratio::ONE.0, now)?;
    }
    pool.sequence = pool.sequence.wrapping_add(1);
    market.sequence = market.sequence.wrapping_add(1);
    Ok(MarketSettled { mark: market.mark, skew, returned, equity, stake: market.stake })
}

/// A settled market that could pay all, and cannot any more since losses were not paid. What it gave back to the pool comes back; where that
/// is not enough, its claims are registered after all.
fn reopen(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, now: Now) -> RiskResult<MarketSettled> {
    refresh_equity(market, pool, bank, now)?;
    require(market.payout >= Ratio::ONE.0 && market.equity < 0, RiskError::MarketEnded)?;
    // What went back to the pool while nobody needed it.
    let back = market.equity.unsigned_abs().min(market.returned);
    market.returned = market.returned.saturating_sub(back);
    take(market, pool, i64::try_from(back).map_err(|_| MathError::here())?.wrapping_neg())?;
    if market.equity.unsigned_abs() > back {
        market.payout = 0;
        market.settlement_ts = now.ts;
    }
    pool.sequence = pool.sequence.wrapping_add(1);
    refresh_equity(market, pool, bank, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    Ok(MarketSettled { mark: market.mark, skew: 0, returned: 0, equity: market.equity, stake: market.stake })
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
    require_unspared(market, &position, by_owner, now)?;
    let whole = book::claim(&position, market)? >> VALUE_BITS;
    let claim = i64::try_from(whole).map_err(|_| MathError::here())?;
    if let Ok(atoms @ 1..) = u64::try_from(claim) {
        enter(market, &mut position, claim, atoms)?;
        slots::store(account, position)?;
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

/// Settling a position of a settled market takes its size from it, and health then forgets what it hedged: for the hour in which the
/// market's end spares it, that is its owner's to do.
pub(super) fn require_unspared(
    market: &PerpMarket,
    position: &PerpPosition,
    by_owner: bool,
    now: Now,
) -> RiskResult<()> {
    let spared = market.is_settled() && !by_owner && exposure::is_spared(position, market, now);
    require(!spared, RiskError::DeleverageGrace)
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
        flags: PerpPosition::REGISTERED,
        ..PerpPosition::zeroed()
    };
    Ok(())
}

/// Computes the part that is paid of each claim, once all are registered or the time for it has passed; it never falls.
/// `h = (stake + paid − h_m·U⁺) / Z`, down: those that were not registered keep their part of the money.
///
/// # Errors
/// `MarketGoesOn`, `PayoutUnknown`, `NothingToDo` if it is no larger than before; arithmetic.
#[inline(never)]
pub fn update_payout(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, now: Now) -> RiskResult<Ratio> {
    require(market.is_settled(), RiskError::MarketGoesOn)?;
    require(market.payout < Ratio::ONE.0, RiskError::NothingToDo)?;
    let waiting = market.long.positions.saturating_add(market.short.positions);
    let timely = now.ts < market.settlement_ts.saturating_add(RESOLUTION_SECONDS);
    require(waiting == 0 || !timely, RiskError::PayoutUnknown)?;
    let backed = backed(market)?;
    let reserved = part_of(winnings(market)?, backed.0)?;
    let stake = u64::try_from(market.stake).unwrap_or(0);
    let money = checked_add(stake, market.registered_paid)?.saturating_sub(reserved);
    let payout = if money >= market.registered { Ratio::ONE } else { Ratio::quotient_down(money, market.registered)? };
    // Those who come later get no less. Zero stands for a part that is unknown.
    let payout = if waiting == 0 { payout } else { payout.min(backed) }.0.max(1);
    require(payout > market.payout, RiskError::NothingToDo)?;
    conclude(market, pool, bank, payout, now)?;
    market.sequence = market.sequence.wrapping_add(1);
    pool.sequence = pool.sequence.wrapping_add(1);
    Ok(Ratio(payout))
}

/// Says which part is paid. Where that is all, what no claim will need goes back to the pool.
fn conclude(market: &mut PerpMarket, pool: &mut LiquidityPool, bank: &Bank, payout: u64, now: Now) -> RiskResult<()> {
    market.payout = payout;
    give_up_surplus(market, pool)?;
    refresh_equity(market, pool, bank, now)
}

/// Gives back to the pool what no claim needs of the stake of a settled market that pays all.
///
/// # Errors
/// Overflow.
pub(super) fn give_up_surplus(market: &mut PerpMarket, pool: &mut LiquidityPool) -> MathResult<()> {
    if !market.is_settled() || market.payout < Ratio::ONE.0 {
        return Ok(());
    }
    let needed = checked_add(payable(market)?, winnings(market)?)?;
    let needed = i64::try_from(needed).map_err(|_| MathError::here())?;
    let surplus = market.stake.saturating_sub(needed).max(0);
    market.returned = checked_add(market.returned, surplus.unsigned_abs())?;
    take(market, pool, surplus)
}

/// Books what a settled market paid, or below zero received: out of its stake, or into it.
pub(super) fn take(market: &mut PerpMarket, pool: &mut LiquidityPool, paid: i64) -> MathResult<()> {
    market.stake = market.stake.checked_sub(paid).ok_or_else(MathError::here)?;
    pool.earmarked = pool.earmarked.checked_sub(paid).ok_or_else(MathError::here)?;
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
    let claim = u64::try_from(position.entry_quote).unwrap_or(0);
    let payable = u64::try_from(wide(claim, market.payout) >> Ratio::BITS).unwrap_or(claim).min(claim);
    // Of money that is there: a loss that was counted on may have gone bad.
    let stake = u64::try_from(market.stake).unwrap_or(0);
    payable.saturating_sub(paid_of(position, claim)).min(stake)
}

/// What was paid of a registered claim.
fn paid_of(position: &PerpPosition, claim: u64) -> u64 {
    let left = ballast_math::signed_from_words(position.offset).unsigned_abs() >> VALUE_BITS;
    claim.saturating_sub(u64::try_from(left).unwrap_or(claim))
}

/// Pays what a registered claim is due, at most `most_paid` and what is left of the stake. One that is paid in full gives up its slot, and
/// its place in Z: where the market is opened again, it has no part in what is divided then.
pub(super) fn pay(market: &mut PerpMarket, position: &mut PerpPosition, most_paid: u64) -> MathResult<i64> {
    let paid = due(position, market).unwrap_or(0).min(most_paid);
    let atoms = i64::try_from(paid).map_err(|_| MathError::here())?;
    market.registered_paid = checked_add(market.registered_paid, paid)?;
    let left = signed_add(ballast_math::signed_from_words(position.offset), i128::from(atoms) << VALUE_BITS)?;
    position.offset = signed_to_words(left);
    if left == 0 {
        let claim = u64::try_from(position.entry_quote).unwrap_or(0);
        market.registered = checked_sub(market.registered, claim)?;
        market.registered_paid = checked_sub(market.registered_paid, claim)?;
        *position = PerpPosition { market: position.market, ..PerpPosition::zeroed() };
    }
    Ok(atoms)
}

/// E_m and h_m of a settled market, whose stake is its budget.
pub(super) fn refresh(market: &mut PerpMarket) -> RiskResult<()> {
    market.backing = if market.payout == 0 { backed(market)?.0 } else { market.payout };
    let equity = signed_sub(i128::from(market.stake) << VALUE_BITS, owed(market)?)? >> VALUE_BITS;
    market.equity = i64::try_from(equity).map_err(|_| MathError::here())?;
    Ok(())
}

/// h_m: the part of all claims, registered or not, that is backed by the stake and by what sides that lost still owe.
fn backed(market: &PerpMarket) -> MathResult<Ratio> {
    let (long, short) = (book::owed(&market.long)?, book::owed(&market.short)?);
    let profit = signed_add(signed_add(long.max(0), short.max(0))?, unpaid(market))?;
    backing(i128::from(market.stake) << VALUE_BITS, profit, signed_add(long.min(0), short.min(0))?)
}

/// What the pool owes a settled market, a value: what its sides are owed and registered claims are not yet paid, and once it is known
/// that only a part is paid, no more than the stake.
///
/// # Errors
/// Overflow.
pub fn owed(market: &PerpMarket) -> MathResult<i128> {
    let sides = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
    let all = signed_add(sides, unpaid(market))?;
    let in_part = market.payout > 0 && market.payout < Ratio::ONE.0;
    Ok(if in_part { all.min(i128::from(market.stake) << VALUE_BITS) } else { all })
}

/// What a settled market will have cost the pool: what it owes, and where it cannot pay all, its stake.
///
/// # Errors
/// Overflow.
pub fn cost(market: &PerpMarket) -> MathResult<i128> {
    let owed = owed(market)?;
    Ok(if market.payout < Ratio::ONE.0 { owed.min(i128::from(market.stake) << VALUE_BITS) } else { owed })
}

/// What of registered claims was not paid, a value.
fn unpaid(market: &PerpMarket) -> i128 {
    i128::from(market.registered.saturating_sub(market.registered_paid)) << VALUE_BITS
}

/// What registered claims are still due together, atoms, up.
fn payable(market: &PerpMarket) -> MathResult<u64> {
    Ok(part_of(market.registered, market.payout)?.saturating_sub(market.registered_paid))
}

/// What sides that won are owed and have not registered, atoms, up.
fn winnings(market: &PerpMarket) -> MathResult<u64> {
    let won = signed_add(book::owed(&market.long)?.max(0), book::owed(&market.short)?.max(0))?;
    let atoms = won.unsigned_abs().div_ceil(1 << VALUE_BITS);
    u64::try_from(atoms).map_err(|_| MathError::here())
}

/// A part of atoms, up.
fn part_of(atoms: u64, part: u64) -> MathResult<u64> {
    let bits = u128::from(u32::MAX);
    u64::try_from(wide(atoms, part).saturating_add(bits) >> Ratio::BITS).map_err(|_| MathError::here())
}
