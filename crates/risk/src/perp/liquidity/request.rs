use ballast_math::checked_add;
use ballast_state::{BalanceSide, Bank, LiquidityPool, LiquidityProvider, MarginAccount};

use super::epoch;
use crate::lending::{self, Amount, Moved};
use crate::{balances, interest, window, Now, RiskError, RiskResult};

/// Asks to enter: deposit shares go from the account's balance in the quote token's bank into escrow. As with a withdrawal,
/// health is the caller's to check afterwards, and with a liability it is an outflow: a claim may go to another account.
///
/// # Errors
/// `BankMismatch`, `RequestsCutOff`, `ClaimPending`, `ZeroAmount`, `WrongSide`, `InsufficientBalance`, `LiquidityCapExceeded`,
/// and with a liability `HourlyOutflowExceeded`, `DailyOutflowExceeded`.
pub fn request_deposit(
    pool: &mut LiquidityPool,
    provider: &mut LiquidityProvider,
    bank: &mut Bank,
    account: &mut MarginAccount,
    amount: Amount,
    now: Now,
) -> RiskResult<Moved> {
    if bank.index != pool.bank {
        return Err(RiskError::BankMismatch);
    }
    epoch::collect(pool, now)?;
    require_claimed(provider.entering, provider.entering_epoch, pool)?;
    let held = balances::shares(account, bank, BalanceSide::Deposit)?;
    let index = interest::project_one(bank, false, now)?;
    let shares = match amount {
        Amount::All => held,
        Amount::Exact(atoms) => index.shares_up(atoms)?,
    };
    lending::require_amount(shares)?;
    let left = held.checked_sub(shares).ok_or(RiskError::InsufficientBalance)?;
    let entering = checked_add(pool.entering, shares)?;
    if index.amount_up(checked_add(pool.shares, entering)?)? > pool.cap {
        return Err(RiskError::LiquidityCapExceeded);
    }
    let atoms = index.amount_down(shares)?;
    if lending::has_liability(account) {
        window::count_outflow(bank, atoms, now)?;
        lending::count_change(bank);
        account.risk_ts = now.ts;
    }
    balances::set_shares(account, bank, BalanceSide::Deposit, left)?;
    account.sequence = account.sequence.wrapping_add(1);
    pool.entering = entering;
    provider.entering = checked_add(provider.entering, shares)?;
    provider.entering_epoch = pool.epoch;
    count(pool, provider);
    Ok(Moved { atoms, shares })
}

/// Asks to leave with so many liquidity shares. They still bear what the pool earns and loses until the strike. Shares that
/// entered in one epoch can ask in the next one: it is whole between their two prices.
///
/// # Errors
/// `RequestsCutOff`, `ClaimPending`, `ZeroAmount`, `InsufficientLiquidityShares`.
pub fn request_withdraw(
    pool: &mut LiquidityPool,
    provider: &mut LiquidityProvider,
    shares: u64,
    now: Now,
) -> RiskResult<()> {
    epoch::collect(pool, now)?;
    require_claimed(provider.leaving, provider.leaving_epoch, pool)?;
    lending::require_amount(shares)?;
    let left = provider.shares.checked_sub(shares).ok_or(RiskError::InsufficientLiquidityShares)?;
    pool.leaving = checked_add(pool.leaving, shares)?;
    provider.leaving = checked_add(provider.leaving, shares)?;
    provider.leaving_epoch = pool.epoch;
    provider.shares = left;
    count(pool, provider);
    Ok(())
}

/// A request of an epoch that was struck is not one of the epoch that collects.
fn require_claimed(requested: u64, number: u64, pool: &LiquidityPool) -> RiskResult<()> {
    if requested > 0 && number != pool.epoch {
        return Err(RiskError::ClaimPending);
    }
    Ok(())
}

pub(super) fn count(pool: &mut LiquidityPool, provider: &mut LiquidityProvider) {
    pool.sequence = pool.sequence.wrapping_add(1);
    provider.sequence = provider.sequence.wrapping_add(1);
}
