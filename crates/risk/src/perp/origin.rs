//! Which market's losses opened a loan that is the pool's.

use ballast_math::{checked_add, checked_sub, mul_div_down, MathError, MathResult};
use ballast_state::{LiquidityPool, MarginAccount, PerpMarket, MARKETS};

use super::equity::{add_spent, start_day};
use crate::{Now, RiskError, RiskResult};

/// Notes that losses in a market opened so many shares of the account's loan, on top of `owed` that losses had opened before.
///
/// # Errors
/// `TooManyMarkets`; overflow.
#[inline(never)]
pub(super) fn note(account: &mut MarginAccount, market: u16, owed: u64, opened: u64) -> RiskResult<()> {
    divide(&mut account.loss_shares, owed)?;
    let part = account.loss_shares.get_mut(usize::from(market)).ok_or(RiskError::TooManyMarkets)?;
    *part = checked_add(*part, opened)?;
    Ok(())
}

/// True if losses in no other market opened any of the account's loan in a bank.
pub(super) fn is_only(account: &MarginAccount, bank: u16, market: u16) -> bool {
    let others = || (0u16..).zip(&account.loss_shares).any(|(index, shares)| index != market && *shares > 0);
    !(account.balance(bank).is_some_and(|loan| loan.perp_shares > 0) && others())
}

/// What of a loss each market has to bear whose losses opened so many shares of the loan: to the atom.
///
/// # Errors
/// Overflow.
pub fn parts_of(loss: u64, loss_shares: &[u64; MARKETS]) -> MathResult<[u64; MARKETS]> {
    let mut parts = *loss_shares;
    divide(&mut parts, loss)?;
    Ok(parts)
}

/// Books what the pool lost with an account's loan as spent in the markets whose losses opened it, each on its own day. It needs
/// no price: the markets' books stay at the prices they stand at. A settled market has no more to spend than its stake; beyond that
/// the loss is the whole pool's.
///
/// # Errors
/// `MarketMissing` without one of the markets; overflow.
#[inline(never)]
pub(crate) fn spend(
    account: &MarginAccount,
    lost: u64,
    pool: &mut LiquidityPool,
    markets: &mut [&mut PerpMarket],
    now: Now,
) -> RiskResult<()> {
    let mut parts = parts_of(lost, &account.loss_shares)?;
    for market in markets {
        let Some(part) = parts.get_mut(usize::from(market.index)).filter(|part| **part > 0) else { continue };
        start_day(market, pool, now)?;
        let spent = i64::try_from(core::mem::take(part)).map_err(|_| MathError::here())?;
        let spent = if market.is_settled() { spent.min(market.stake.max(0)) } else { spent };
        add_spent(market, pool, spent)?;
    }
    if parts == [0; MARKETS] {
        Ok(())
    } else {
        Err(RiskError::MarketMissing)
    }
}

/// Puts `whole` in the place of what the parts add up to, each to within one of its share of it. Parts of nothing stay.
fn divide(parts: &mut [u64; MARKETS], whole: u64) -> MathResult<()> {
    let mut all = 0u64;
    for part in parts.iter() {
        all = checked_add(all, *part)?;
    }
    if all == whole {
        return Ok(());
    }
    // Of the parts up to each: that rounds no difference away.
    let (mut seen, mut given) = (0u64, 0u64);
    for part in parts.iter_mut().filter(|part| **part > 0) {
        seen = checked_add(seen, *part)?;
        let due = mul_div_down(whole, seen, all)?;
        *part = checked_sub(due, given)?;
        given = due;
    }
    Ok(())
}
