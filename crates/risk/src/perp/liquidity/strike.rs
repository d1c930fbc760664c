use core::ops::DerefMut;

use ballast_math::{checked_add, checked_sub, mul_div_down, mul_div_up, Ratio};
use ballast_state::{Account, Bank, Epoch, LiquidityPool, PerpMarket, RiskBoard};

use super::assets::has_size;
use super::{epoch, liquidity_of, requirement, value_of, Liabilities, NetAssets};
use crate::perp::{book, funds, refresh_equity, settlement, start_day, sync};
use crate::{interest, price, Now, RiskError, RiskResult};

/// Makes the price of the epoch that ended, and gives its requests what they get (rules-perps 7). Anyone may call it, in the
/// minute from `min_delay` after the end, with all of the pool's markets in the order of their indices: those with
/// positions are synced, at prices published after the delay. `epoch` is a new account.
///
/// Who enters pays the high net assets, who leaves gets the low ones less the exit fee. Exits are paid as far as every market
/// keeps its Initial requirement and the loans that losses of perps opened stay covered; the rest waits in the next epoch.
///
/// # Errors
/// `StrikeTooEarly`, `MarketMissing`, `MarkTooOld`, `FeedNotListed`, `PriceUnset`, `PriceStale`, `PricePending`,
/// `PriceGuarded`, `PriceOutOfRange`; arithmetic.
pub fn strike<M: DerefMut<Target = PerpMarket>>(
    pool: &mut LiquidityPool,
    epoch: &mut Epoch,
    bank: &Bank,
    markets: &mut [M],
    board: &RiskBoard,
    now: Now,
) -> RiskResult<()> {
    let end = epoch::next_end(pool, now)?;
    let first = epoch::first_strike(end, pool);
    if now.ts < first {
        return Err(RiskError::StrikeTooEarly);
    }
    let assets = measure(pool, bank, markets, board, first, now)?;
    let supply = pool.supply;
    epoch.version = Epoch::VERSION;
    epoch.number = pool.epoch;
    epoch.struck_ts = now.ts;
    (epoch.assets_low, epoch.assets_high) = (assets.low, assets.high);
    (epoch.supply, epoch.entering, epoch.leaving) = (supply, pool.entering, pool.leaving);

    epoch.minted = enter(pool, bank, assets.high, now)?;
    let most = most_withdrawn(pool, bank, markets, board, now)?;
    (epoch.burnt, epoch.paid) = leave(pool, bank, supply, assets.low, most, now)?;
    pool.epoch = pool.epoch.wrapping_add(1);
    pool.epoch_end = end.saturating_add(i64::from(pool.epoch_length));
    pool.sequence = pool.sequence.wrapping_add(1);
    // The budgets follow the funds.
    for market in markets {
        refresh_equity(market, pool, bank, now)?;
    }
    Ok(())
}

/// Syncs all markets and says what the pool is worth.
fn measure<M: DerefMut<Target = PerpMarket>>(
    pool: &mut LiquidityPool,
    bank: &Bank,
    markets: &mut [M],
    board: &RiskBoard,
    first: i64,
    now: Now,
) -> RiskResult<NetAssets> {
    // Rising indices: none twice.
    let in_order = markets.windows(2).all(|pair| matches!(pair, [one, next] if one.index < next.index));
    if !in_order || markets.len() != usize::from(pool.market_count) {
        return Err(RiskError::MarketMissing);
    }
    let mut liabilities = Liabilities::default();
    for market in markets {
        if has_size(market) {
            require_marks(market, board, first, now)?;
            sync(market, pool, bank, board, now)?;
        } else {
            // Its feed may be dead, but what it spent on an earlier day is no longer its own.
            start_day(market, pool, now)?;
            market.sequence = market.sequence.wrapping_add(1);
        }
        liabilities.add(market, board, now)?;
    }
    Ok(liabilities.net_assets(funds(pool, bank, now)?)?)
}

/// Prices new risk may rest on, published at `first` or later.
fn require_marks(market: &PerpMarket, board: &RiskBoard, first: i64, now: Now) -> RiskResult<()> {
    for feed in [market.feed, market.quote_feed] {
        let row = board.row(feed).ok_or(RiskError::FeedNotListed)?;
        price::check_usable(row, now, board.rules.borrow_max_age)?;
        if row.fixed == 0 && row.publish_ts < first {
            return Err(RiskError::MarkTooOld);
        }
    }
    Ok(())
}

/// What waits to enter becomes funds, or where it has no price it is set aside to be given back. Returns the shares minted.
fn enter(pool: &mut LiquidityPool, bank: &Bank, assets: i64, now: Now) -> RiskResult<u64> {
    let entering = core::mem::take(&mut pool.entering);
    let atoms = interest::project_one(bank, false, now)?.amount_down(entering)?;
    let minted = liquidity_of(atoms, pool.supply, assets).filter(|minted| pool.supply.checked_add(*minted).is_some());
    let Some(minted) = minted else {
        pool.claimable = checked_add(pool.claimable, entering)?;
        return Ok(0);
    };
    pool.shares = checked_add(pool.shares, entering)?;
    pool.supply = checked_add(pool.supply, minted)?;
    Ok(minted)
}

/// Pays what waits to leave, at most `most` atoms. Returns the liquidity shares burnt and the deposit shares set aside for them.
fn leave(
    pool: &mut LiquidityPool,
    bank: &Bank,
    supply: u64,
    assets: i64,
    most: u64,
    now: Now,
) -> RiskResult<(u64, u64)> {
    let exit_fee = u64::from(pool.exit_fee);
    let due = |shares: u64| {
        let value = value_of(shares, supply, assets)?;
        checked_sub(value, mul_div_up(value, exit_fee, Ratio::ONE.0)?)
    };
    let all = due(pool.leaving)?;
    let (burnt, atoms) = if all == 0 {
        (0, 0)
    } else if all <= most {
        (pool.leaving, all)
    } else {
        let burnt = mul_div_down(pool.leaving, most, all)?;
        (burnt, due(burnt)?.min(most))
    };
    let paid = interest::project_one(bank, false, now)?.shares_down(atoms)?;
    pool.shares = checked_sub(pool.shares, paid)?;
    pool.claimable = checked_add(pool.claimable, paid)?;
    pool.supply = checked_sub(pool.supply, burnt)?;
    pool.leaving = checked_sub(pool.leaving, burnt)?;
    Ok((burnt, paid))
}

/// The most that may leave, atoms: what the loans of losing traders do not need, and no more than any market can spare.
fn most_withdrawn<M: DerefMut<Target = PerpMarket>>(
    pool: &LiquidityPool,
    bank: &Bank,
    markets: &mut [M],
    board: &RiskBoard,
    now: Now,
) -> RiskResult<u64> {
    if pool.leaving == 0 {
        return Ok(0);
    }
    let tagged = interest::project_one(bank, true, now)?.amount_up(bank.perp_loan_shares)?;
    let mut most = funds(pool, bank, now)?.saturating_sub(tagged);
    most = most.saturating_sub(u64::try_from(pool.earmarked).unwrap_or(0));
    for market in markets {
        refresh_equity(market, pool, bank, now)?;
        most = most.min(spare(market, board, now)?);
    }
    Ok(most)
}

/// Funds that a market can do without: `⌊(E_m − R_m) / w_m⌋`, as its budget falls by its weight of what leaves.
fn spare(market: &PerpMarket, board: &RiskBoard, now: Now) -> RiskResult<u64> {
    if settlement::is_final(market) {
        // What it still pays is in the price of liquidity, and nothing more becomes of it.
        return Ok(u64::MAX);
    }
    let required = requirement(market, book::skew(market)?, board, now)?;
    let spare = i128::from(market.equity).wrapping_sub(i128::from(required));
    let Ok(spare) = u64::try_from(spare) else { return Ok(0) };
    let funds = (u128::from(spare) << Ratio::BITS).checked_div(u128::from(market.terms.weight));
    Ok(funds.and_then(|funds| u64::try_from(funds).ok()).unwrap_or(u64::MAX))
}
