//! Markets whose pool cannot pay: deleverage, settlement, and what is paid of claims.

use ballast_math::{checked_add, high, signed_add, wide, MathResult, Price, Ratio, Usd};
use ballast_state::{Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, PerpPosition, PerpSide, RiskBoard};

use super::{holds, require, Checked, CLAIMS_ALIKE, SHRINK_FAIR, SHRINK_SPARES, STAKES_ADD_UP};
use crate::health::Portfolio;
use crate::perp::{self, book, liquidity, slots, VALUE_BITS};
use crate::{liquidation, Now, RiskError, RiskResult};

/// Of so many atoms a requirement may be rounded up.
const ATOMS: u64 = 4;

/// INV-80 of a market that was synced, then deleveraged, and of all accounts of its group, none of which changed.
///
/// # Errors
/// `SHRINK_FAIR`.
pub fn check_shrink<'a>(
    before: &PerpMarket,
    after: &PerpMarket,
    board: &RiskBoard,
    accounts: impl IntoIterator<Item = &'a MarginAccount>,
    now: Now,
) -> Checked {
    let fair = || -> RiskResult<bool> {
        for account in accounts {
            let Some(position) = slots::find(account, before.index) else { continue };
            if book::claim(position, after)? < book::claim(position, before)? {
                return Ok(false);
            }
        }
        // Φ is of whole atoms at either skew.
        let keeps_equity = after.equity >= before.equity.saturating_sub(1);
        Ok(keeps_equity && is_one_part(before, after)? && is_least(before, after, board, now)?)
    };
    holds(fair(), SHRINK_FAIR)
}

/// Only the larger side's index moved: what is the same for all of its positions.
fn is_one_part(before: &PerpMarket, after: &PerpMarket) -> RiskResult<bool> {
    let side = PerpSide::of(book::skew(before)?);
    let other = if side == PerpSide::Long { PerpSide::Short } else { PerpSide::Long };
    let (old, new) = (before.book(side), after.book(side));
    let sums = |book: &ballast_state::SideBook| (book.base, book.offset, book.positions, book.pending_lots, book.carry);
    Ok(before.book(other) == after.book(other) && sums(old) == sums(new) && new.position_index < old.position_index)
}

/// Enough went that the equity there was covers what is left at the target, and no more than that takes.
fn is_least(before: &PerpMarket, after: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<bool> {
    let (skew, left) = (book::skew(before)?, book::skew(after)?);
    let required = |skew: i64| liquidity::maintenance_requirement(before, skew, board, now);
    if i128::from(before.equity) >= i128::from(required(skew)?) {
        return Ok(false);
    }
    let interest = book::open_interest(&before.long)?.max(book::open_interest(&before.short)?);
    // A shrink takes 2 + OI/2²⁴ lots more than asked at most, and Newton's steps end a few lots below the root, or units of USD.
    let row = board.row(before.feed).ok_or(RiskError::FeedNotListed)?;
    let scale = 10u64.checked_pow(u32::from(before.lot_decimals)).ok_or(RiskError::DecimalsNotSupported)?;
    let units = Price(row.mid).atoms_up(Usd(1 << 8), scale).unwrap_or(u64::MAX);
    let slack = (interest >> 22).saturating_add(skew.unsigned_abs() >> 20).saturating_add(units).saturating_add(4);
    let slack = i64::try_from(slack).unwrap_or(i64::MAX);
    let Some(equity) = u64::try_from(before.equity).ok().filter(|equity| *equity > 0) else {
        return Ok(left.unsigned_abs() <= slack.unsigned_abs());
    };
    let target = Ratio(board.rules.liquidation_target);
    let covered = |skew: i64, spare: u64| -> RiskResult<bool> {
        Ok(target.of_up(Usd(required(skew)?))?.0.saturating_add(spare) <= equity)
    };
    let more = if skew > 0 { left.max(0).saturating_add(slack) } else { left.min(0).saturating_sub(slack) };
    let enough = left.unsigned_abs() <= slack.unsigned_abs() || covered(left, 0)?;
    Ok(enough && (more.unsigned_abs() >= skew.unsigned_abs() || !covered(more, ATOMS)?))
}

/// INV-81 of an account between the first shrink of a series: what it holds before and after, at one moment. Where another series
/// spares it already, the account may have been healthy by positions as they are in one market and as they were in another.
///
/// # Errors
/// `SHRINK_SPARES`.
pub fn check_shrink_spares(
    account: &MarginAccount,
    before: &Portfolio,
    after: &Portfolio,
    board: &RiskBoard,
    now: Now,
) -> Checked {
    let liquidatable = |portfolio: &Portfolio| liquidation::eligible(account, portfolio, board, now).is_ok();
    require(before.is_spared() || liquidatable(before) || !liquidatable(after), SHRINK_SPARES)
}

/// INV-84 of a pool and all of its markets.
///
/// # Errors
/// `STAKES_ADD_UP`.
pub fn check_stakes<'a>(pool: &LiquidityPool, markets: impl IntoIterator<Item = &'a PerpMarket>) -> Checked {
    let mut staked = 0i128;
    for market in markets {
        let plain = (market.stake, market.registered, market.registered_paid, market.payout) == (0, 0, 0, 0);
        require(if market.is_settled() { market.spent == 0 } else { plain }, STAKES_ADD_UP)?;
        staked = staked.saturating_add(i128::from(market.stake));
    }
    require(staked == i128::from(pool.earmarked), STAKES_ADD_UP)
}

/// INV-84 of a pool, its bank and all of its markets, each with its equity as of `now`, one of which goes on: that one answers for
/// what the pool lost beside its markets.
///
/// # Errors
/// `STAKES_ADD_UP`.
pub fn check_equities<'a>(
    pool: &LiquidityPool,
    bank: &Bank,
    markets: impl IntoIterator<Item = &'a PerpMarket>,
    now: Now,
) -> Checked {
    let covered = || -> RiskResult<bool> {
        let (mut equity, mut owed, mut goes_on) = (0i128, 0i128, false);
        for market in markets {
            // What a settled market lacks its claims do without.
            let lacks = market.is_settled() && market.payout < ballast_math::Ratio::ONE.0;
            equity = signed_add(equity, i128::from(if lacks { market.equity.max(0) } else { market.equity }))?;
            owed = signed_add(owed, owed_of(market)?)?;
            goes_on = goes_on || !market.is_settled();
        }
        let net = i128::from(perp::funds(pool, bank, now)?).wrapping_sub(owed >> VALUE_BITS);
        Ok(!goes_on || equity <= net)
    };
    holds(covered(), STAKES_ADD_UP)
}

/// What the pool owes a market's positions and has to keep for its skew, a value.
pub(super) fn owed_of(market: &PerpMarket) -> RiskResult<i128> {
    if market.is_settled() {
        // Of claims it cannot pay, a settled market costs the pool its stake.
        let sides = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
        let left = market.registered.saturating_sub(market.registered_paid);
        let all = signed_add(sides, i128::from(left) << VALUE_BITS)?;
        let most = i128::from(market.stake) << VALUE_BITS;
        return Ok(if market.payout < ballast_math::Ratio::ONE.0 { all.min(most) } else { all });
    }
    let sides = signed_add(book::owed(&market.long)?, book::owed(&market.short)?)?;
    let reserve = perp::skew_reserve(market.mark, book::skew(market)?, &market.terms)?;
    Ok(signed_add(sides, i128::from(reserve) << VALUE_BITS)?)
}

/// INV-85 of one market over all accounts of its group: without sizes once it is settled, and what is registered and paid is what
/// accounts have registered and were paid.
///
/// # Errors
/// `CLAIMS_ALIKE`.
pub fn check_registered<'a>(market: &PerpMarket, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    let added = || -> RiskResult<bool> {
        let (mut claims, mut paid) = (0u64, 0u64);
        for position in accounts.into_iter().filter_map(|account| slots::find(account, market.index)) {
            if position.is_registered() {
                let (claim, rest) = registered(position, market);
                if rest == 0 || rest > claim {
                    return Ok(false);
                }
                claims = checked_add(claims, claim)?;
                paid = checked_add(paid, claim.saturating_sub(rest))?;
            }
        }
        let sized =
            market.is_settled() && (book::open_interest(&market.long)?, book::open_interest(&market.short)?) != (0, 0);
        Ok(!sized && (market.registered, market.registered_paid) == (claims, paid))
    };
    holds(added(), CLAIMS_ALIKE)
}

/// A registered claim, and what of it is not paid, atoms.
fn registered(position: &PerpPosition, market: &PerpMarket) -> (u64, u64) {
    let (claim, paid) = perp::claims::standing(position, market);
    (claim, claim.saturating_sub(paid))
}

/// INV-85 of an account between two states of a settled market: of a registered claim no more than its part was paid, and a claim is
/// registered whole. `abandons`: its owner gave it up, of which nothing was due.
///
/// # Errors
/// `CLAIMS_ALIKE`.
pub fn check_part(market: &PerpMarket, before: &MarginAccount, after: &MarginAccount, abandons: bool) -> Checked {
    let [old, new] = [before, after].map(|account| slots::find(account, market.index).copied());
    let alike = || -> RiskResult<bool> {
        let Some(old) = old else { return Ok(new.is_none_or(|new| !new.is_registered())) };
        if !old.is_registered() {
            let Some(new) = new.filter(PerpPosition::is_registered) else { return Ok(true) };
            let (claim, left) = registered(&new, market);
            let whole = book::claim(&old, market)? >> VALUE_BITS;
            return Ok(claim == left && i128::from(claim) == whole);
        }
        let (claim, left) = registered(&old, market);
        if abandons && new.is_none() {
            return Ok(perp::claims::due(&old, market) == Some(0));
        }
        let rest = new.map_or(0, |new| registered(&new, market).1);
        let kept = new.is_none_or(|new| new.is_registered() && registered(&new, market).0 == claim);
        let paid = claim.saturating_sub(rest);
        Ok(kept && (rest == left || (rest < left && paid <= due(claim, market.payout)?)))
    };
    holds(alike(), CLAIMS_ALIKE)
}

/// The part of a claim that is paid, down.
fn due(claim: u64, payout: u64) -> MathResult<u64> {
    Ok(high(wide(claim, payout.min(Ratio::ONE.0)) << Ratio::BITS))
}

/// INV-85 between two states of a market: one that is settled stays so, whatever prices do its claims stand, and the part it pays never
/// falls, unless it could pay all and cannot any more. `reopened`: an instruction said that.
///
/// # Errors
/// `CLAIMS_ALIKE`.
pub fn check_payout(before: &PerpMarket, after: &PerpMarket, reopened: bool) -> Checked {
    if MarketMode::from_byte(before.mode) != MarketMode::Settled {
        return Ok(());
    }
    let stands = |old: &ballast_state::SideBook, new: &ballast_state::SideBook| {
        (old.pnl_index, old.position_index) == (new.pnl_index, new.position_index) || new.base == [0, 0]
    };
    let still = after.is_settled() && stands(&before.long, &after.long) && stands(&before.short, &after.short);
    let resolved = reopened && before.payout >= Ratio::ONE.0 && after.payout == 0 && after.equity < 0;
    require(still && (after.payout >= before.payout || resolved), CLAIMS_ALIKE)
}
