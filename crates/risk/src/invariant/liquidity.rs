//! The pool: its money, its providers and its epochs.

use ballast_math::{mul_div_down, signed_add, MathResult};
use ballast_state::{Bank, Epoch, LiquidityPool, LiquidityProvider, MarginAccount, PerpMarket};

use super::{
    bank::add_up, endings::owed_of, holds, require, Checked, EPOCHS_STAY, EPOCH_PRICED, LIQUIDITY_ADDS_UP,
    LOANS_TAGGED, LOSS_SPENT, ORIGINS_KNOWN, SHARES_ADD_UP, SPENT_ADDS_UP,
};
use crate::perp::liquidity::STRIKE_SECONDS;
use crate::perp::VALUE_BITS;
use crate::{interest, Now, RiskResult};

/// INV-3 of the bank a pool has its funds in, over all accounts of its group: what it holds, what waits to enter and what was
/// struck are deposits as all others.
///
/// # Errors
/// `SHARES_ADD_UP`.
pub fn check_quote_shares<'a>(
    bank: &Bank,
    pool: &LiquidityPool,
    accounts: impl IntoIterator<Item = &'a MarginAccount>,
) -> Checked {
    let own = [pool.shares, pool.entering, pool.claimable].map(u128::from).iter().sum();
    require(bank.index == pool.bank && bank.quote == 1, SHARES_ADD_UP)?;
    add_up(bank, own, accounts)
}

/// INV-58 of one bank over all accounts of its group.
///
/// # Errors
/// `LOANS_TAGGED`.
pub fn check_tagged<'a>(bank: &Bank, accounts: impl IntoIterator<Item = &'a MarginAccount>) -> Checked {
    let mut tagged = 0u128;
    for balance in accounts.into_iter().filter_map(|account| account.balance(bank.index)) {
        let most = if balance.is_loan() { balance.shares } else { 0 };
        require(balance.perp_shares <= most, LOANS_TAGGED)?;
        tagged = tagged.saturating_add(u128::from(balance.perp_shares));
    }
    require(tagged == u128::from(bank.perp_loan_shares), LOANS_TAGGED)
}

/// INV-76 of an account and the bank its losses are settled in. Repayments are taken off what is known only with the next loss.
///
/// # Errors
/// `ORIGINS_KNOWN`.
pub fn check_origins(account: &MarginAccount, bank: u16) -> Checked {
    let opened = account.balance(bank).map_or(0, |balance| balance.perp_shares);
    require(sum(&account.loss_shares) >= u128::from(opened), ORIGINS_KNOWN)
}

/// INV-77 of what the pool lost with the loan of an account, as that was before. Of every market what it had spent before, once
/// its day had begun, and after.
///
/// # Errors
/// `LOSS_SPENT`.
pub fn check_loss_spent(
    lost: u64,
    account: &MarginAccount,
    spent: impl IntoIterator<Item = (u16, [i64; 2])>,
) -> Checked {
    let (all, mut booked) = (sum(&account.loss_shares), 0u128);
    for (market, [before, after]) in spent {
        let part = after.checked_sub(before).and_then(|part| u64::try_from(part).ok()).ok_or(LOSS_SPENT)?;
        let shares = account.loss_shares.get(usize::from(market)).copied().ok_or(LOSS_SPENT)?;
        // By less than an atom.
        let due = u128::from(lost).saturating_mul(u128::from(shares));
        require(u128::from(part).saturating_mul(all).abs_diff(due) < all.max(1), LOSS_SPENT)?;
        booked = booked.saturating_add(u128::from(part));
    }
    require(booked == u128::from(lost), LOSS_SPENT)
}

fn sum(shares: &[u64]) -> u128 {
    shares.iter().map(|shares| u128::from(*shares)).sum()
}

/// INV-67 of a pool and all of its markets.
///
/// # Errors
/// `SPENT_ADDS_UP`.
pub fn check_spent<'a>(pool: &LiquidityPool, markets: impl IntoIterator<Item = &'a PerpMarket>) -> Checked {
    let sum: i128 = markets.into_iter().map(|market| i128::from(market.spent)).sum();
    require(sum == i128::from(pool.spent), SPENT_ADDS_UP)
}

/// What the providers of a pool have, once all that was struck is claimed.
#[derive(Clone, Copy, Default)]
struct Entitled {
    liquidity: u64,
    entering: u64,
    leaving: u64,
    deposits: u64,
}

/// INV-64 of a pool, all of its providers, and its struck epochs by number. Every claim may leave less than one share of each kind
/// to nobody: `claims` of them at most.
///
/// # Errors
/// `LIQUIDITY_ADDS_UP`.
pub fn check_liquidity<'a>(
    pool: &LiquidityPool,
    providers: impl IntoIterator<Item = &'a LiquidityProvider>,
    epoch: impl Fn(u64) -> Option<&'a Epoch>,
    claims: u64,
) -> Checked {
    let mut all = Entitled::default();
    for provider in providers {
        let add = || -> MathResult<Option<Entitled>> {
            let Some(one) = entitled(pool, provider, &epoch)? else { return Ok(None) };
            let sum = ballast_math::checked_add;
            Ok(Some(Entitled {
                liquidity: sum(all.liquidity, one.liquidity)?,
                entering: sum(all.entering, one.entering)?,
                leaving: sum(all.leaving, one.leaving)?,
                deposits: sum(all.deposits, one.deposits)?,
            }))
        };
        all = add().ok().flatten().ok_or(LIQUIDITY_ADDS_UP)?;
    }
    let covers = |has: u64, owes: u64| has.checked_sub(owes).is_some_and(|dust| dust <= claims);
    require(
        pool.entering == all.entering
            && covers(pool.supply, all.liquidity)
            && covers(pool.leaving, all.leaving)
            && covers(pool.claimable, all.deposits),
        LIQUIDITY_ADDS_UP,
    )
}

/// Nothing if an epoch is missing that was struck.
fn entitled<'a>(
    pool: &LiquidityPool,
    provider: &LiquidityProvider,
    epoch: impl Fn(u64) -> Option<&'a Epoch>,
) -> MathResult<Option<Entitled>> {
    let mut all = Entitled { liquidity: provider.shares, ..Entitled::default() };
    if provider.entering_epoch == pool.epoch {
        all.entering = provider.entering;
    } else if provider.entering > 0 {
        let Some(struck) = epoch(provider.entering_epoch) else { return Ok(None) };
        match struck.minted {
            0 => all.deposits = provider.entering,
            minted => {
                let share = mul_div_down(provider.entering, minted, struck.entering)?;
                all.liquidity = ballast_math::checked_add(all.liquidity, share)?;
            }
        }
    }
    let (mut leaving, mut number) = (provider.leaving, provider.leaving_epoch);
    // What could not be paid waits in one epoch after the other.
    while leaving > 0 && number < pool.epoch {
        let Some(struck) = epoch(number) else { return Ok(None) };
        let paid = mul_div_down(leaving, struck.paid, struck.leaving)?;
        all.deposits = ballast_math::checked_add(all.deposits, paid)?;
        leaving = mul_div_down(leaving, struck.leaving.saturating_sub(struck.burnt), struck.leaving)?;
        number = number.saturating_add(1);
    }
    all.leaving = leaving;
    all.liquidity = ballast_math::checked_add(all.liquidity, leaving)?;
    Ok(Some(all))
}

/// INV-65 between two states of a pool, one strike apart.
///
/// # Errors
/// `EPOCHS_STAY`.
pub fn check_strike(before: &LiquidityPool, after: &LiquidityPool, epoch: &Epoch) -> Checked {
    let number = epoch.number == before.epoch && before.epoch.checked_add(1) == Some(after.epoch);
    let ended = after.epoch_end.saturating_sub(i64::from(after.epoch_length));
    let opens = ended.saturating_add(i64::from(after.min_delay));
    let in_time = ended >= before.epoch_end
        && (opens..=opens.saturating_add(i64::from(STRIKE_SECONDS))).contains(&epoch.struck_ts);
    let asked = (epoch.supply, epoch.entering, epoch.leaving) == (before.supply, before.entering, before.leaving);
    let (entered, returned) = if epoch.minted > 0 { (epoch.entering, 0) } else { (0, epoch.entering) };
    let sum = |start: u64, more: u64, less: u64| start.checked_add(more).and_then(|sum| sum.checked_sub(less));
    let booked = after.entering == 0
        && Some(after.supply) == sum(before.supply, epoch.minted, epoch.burnt)
        && Some(after.leaving) == sum(before.leaving, 0, epoch.burnt)
        && Some(after.shares) == sum(before.shares, entered, epoch.paid)
        && Some(after.claimable) == sum(before.claimable, epoch.paid, 0).and_then(|sum| sum.checked_add(returned));
    require(number && in_time && asked && booked, EPOCHS_STAY)
}

/// INV-65 of an epoch after its strike: nothing of it changes but what was claimed, which grows to what was asked.
///
/// # Errors
/// `EPOCHS_STAY`.
pub fn check_epoch_stays(before: &Epoch, after: &Epoch) -> Checked {
    let claimed = Epoch { entering_claimed: after.entering_claimed, leaving_claimed: after.leaving_claimed, ..*before };
    let grows = (before.entering_claimed..=before.entering).contains(&after.entering_claimed)
        && (before.leaving_claimed..=before.leaving).contains(&after.leaving_claimed);
    require(claimed == *after && grows, EPOCHS_STAY)
}

/// INV-66 of a struck epoch, given the pool as it was, its bank, and its markets as the strike left them.
///
/// # Errors
/// `EPOCH_PRICED`.
pub fn check_epoch_price<'a>(
    epoch: &Epoch,
    before: &LiquidityPool,
    bank: &Bank,
    markets: impl IntoIterator<Item = &'a PerpMarket>,
    now: Now,
) -> Checked {
    let priced = || -> RiskResult<bool> {
        let (mut owed, mut rounding) = (0i128, 1i128);
        for market in markets {
            owed = signed_add(owed, owed_of(market)?)?;
            // A reserve is of whole atoms at every mark.
            rounding = rounding.saturating_add(1);
        }
        let funds = interest::project_one(bank, false, now)?.amount_down(before.shares)?;
        let assets = i128::from(funds).saturating_sub(owed >> VALUE_BITS);
        let [low, high] = [epoch.assets_low, epoch.assets_high].map(i128::from);
        Ok(low <= assets.saturating_add(rounding) && assets <= high.saturating_add(rounding))
    };
    holds(priced(), EPOCH_PRICED)
}
