use ballast_math::{checked_add, checked_sub, mul_div_down};
use ballast_state::{Bank, Epoch, LiquidityPool, LiquidityProvider, MarginAccount};

use super::request::count;
use crate::{interest, lending, swap, RiskError, RiskResult};

/// What a provider got of a struck epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Liquidity shares.
    pub minted: u64,
    /// Liquidity shares that left.
    pub burnt: u64,
    /// Deposit shares, paid or given back.
    pub shares: u64,
}

/// Gives a provider what its requests of a struck epoch came to: its part, down. Liquidity that could not be paid waits in the next
/// epoch. `account` is the owner's choice of its own, and the bank accrued to now.
///
/// # Errors
/// `BankMismatch`, `NothingToClaim`, `TooManyBalances`; arithmetic.
pub fn claim(
    pool: &mut LiquidityPool,
    provider: &mut LiquidityProvider,
    epoch: &mut Epoch,
    bank: &mut Bank,
    account: &mut MarginAccount,
) -> RiskResult<Claimed> {
    if bank.index != pool.bank {
        return Err(RiskError::BankMismatch);
    }
    let mut claimed = Claimed::default();
    let enters = provider.entering > 0 && provider.entering_epoch == epoch.number;
    let leaves = provider.leaving > 0 && provider.leaving_epoch == epoch.number;
    if !(enters || leaves) {
        return Err(RiskError::NothingToClaim);
    }
    if enters {
        let entering = core::mem::take(&mut provider.entering);
        epoch.entering_claimed = checked_add(epoch.entering_claimed, entering)?;
        if epoch.minted == 0 {
            claimed.shares = entering;
        } else {
            claimed.minted = mul_div_down(entering, epoch.minted, epoch.entering)?;
            provider.shares = checked_add(provider.shares, claimed.minted)?;
        }
    }
    if leaves {
        epoch.leaving_claimed = checked_add(epoch.leaving_claimed, provider.leaving)?;
        let rest = checked_sub(epoch.leaving, epoch.burnt)?;
        let rolled = mul_div_down(provider.leaving, rest, epoch.leaving)?;
        let paid = mul_div_down(provider.leaving, epoch.paid, epoch.leaving)?;
        claimed.burnt = checked_sub(provider.leaving, rolled)?;
        claimed.shares = checked_add(claimed.shares, paid)?;
        provider.leaving = rolled;
        provider.leaving_epoch = epoch.number.wrapping_add(1);
    }
    if claimed.shares > 0 {
        pool.claimable = checked_sub(pool.claimable, claimed.shares)?;
        // Shares of the same bank: what pays a loan of the account is burnt, all else stays a deposit.
        bank.asset_shares = checked_sub(bank.asset_shares, claimed.shares)?;
        swap::credit(bank, account, claimed.shares)?;
        interest::update_lend_ratio(bank)?;
        lending::count_change(bank);
        account.sequence = account.sequence.wrapping_add(1);
    }
    count(pool, provider);
    Ok(claimed)
}

/// True once nobody can claim of an epoch any more. What waited from an epoch before was rounded down for each who waits, so that
/// requests can come to some shares less than an epoch counts: then this never is.
#[must_use]
pub fn is_claimed(epoch: &Epoch) -> bool {
    (epoch.entering_claimed, epoch.leaving_claimed) == (epoch.entering, epoch.leaving)
}
