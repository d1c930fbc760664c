//! A market that is deleveraged, ends, and pays what it can.

use ballast_math::Ratio;
use ballast_risk::perp::{self, claims, slots};
use ballast_risk::{invariant, RiskError, RiskResult};
use ballast_state::{MarginAccount, MarketMode, PerpMarket, PriceFeed, Zeroable};

use crate::case::after;
use crate::market::{Exchange, KEEPER, TRADERS};
use crate::source::Source;
use crate::world::hold;

/// What the program refuses in a market that has ended.
pub(crate) fn require_going_on(market: &PerpMarket) -> RiskResult<()> {
    if market.is_settled() {
        return Err(RiskError::MarketEnded);
    }
    Ok(())
}

/// The most that is paid of an account's claim where `most` is what the market and the rail let out.
pub(crate) fn most_due(market: &PerpMarket, account: &MarginAccount, most: u64) -> u64 {
    let due = slots::find(account, market.index).and_then(|position| claims::due(position, market));
    match due {
        Some(due) => most.min(due).min(u64::try_from(market.stake).unwrap_or(0)),
        None if market.is_settled() && market.payout < Ratio::ONE.0 => 0,
        None => most,
    }
}

/// The market is deleveraged, if its pool lacks margin.
pub(crate) fn deleverage(exchange: &mut Exchange) -> RiskResult<()> {
    exchange.atomic(|next| {
        next.sync()?;
        let before = next.market;
        let Exchange { board, market, pool, bank, accounts, now } = next;
        perp::deleverage(market, pool, bank, board, *now)?;
        hold(invariant::check_shrink(&before, market, board, accounts.iter(), *now));
        next.check_fresh();
        Ok(())
    })
}

/// The market is settled, in wind-down or since it owes more than it has, or its claims are registered after all.
pub(crate) fn end(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let winds_down = source.flag();
    exchange.atomic(|next| {
        next.sync()?;
        let Exchange { board, market, pool, bank, now, .. } = next;
        if winds_down && !market.is_settled() {
            (market.mode, market.settlement_ts) = (MarketMode::WindDown.to_byte(), now.ts);
        }
        let before = *market;
        perp::settle_market(market, &mut PriceFeed::zeroed(), pool, bank, board, *now)?;
        hold(invariant::check_payout(&before, market, true));
        next.check_fresh();
        Ok(())
    })
}

/// A claim is registered, or a loss collected, for the keeper's fee.
pub(crate) fn register(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let (trader, by_owner) = (source.index(TRADERS), source.flag());
    exchange.atomic(|next| {
        let (was, before) = (next.market, next.accounts[trader]);
        ballast_risk::interest::accrue(&mut next.bank, next.now)?;
        let Exchange { market, pool, bank, accounts, now, .. } = next;
        let [account, keeper] = accounts.get_disjoint_mut([trader, KEEPER]).expect("two of them");
        perp::register(market, pool, bank, account, keeper, by_owner, *now)?;
        hold(invariant::check_part(&was, &before, account, false));
        hold(invariant::check_payout(&was, market, false));
        hold(invariant::check_equity(market, pool, bank, *now));
        Ok(())
    })
}

/// The part that is paid is computed, at once or after the time that claims may be registered in.
pub(crate) fn update_payout(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let late = source.flag();
    exchange.atomic(|next| {
        if late {
            next.now = after(next.now, perp::RESOLUTION_SECONDS.unsigned_abs());
            next.sync()?;
        }
        let was = next.market;
        let Exchange { market, pool, bank, now, .. } = next;
        perp::update_payout(market, pool, bank, *now)?;
        hold(invariant::check_payout(&was, market, false));
        hold(invariant::check_equity(market, pool, bank, *now));
        Ok(())
    })
}

/// What is left of a claim is given up.
pub(crate) fn abandon(exchange: &mut Exchange, source: &mut Source<'_>) -> RiskResult<()> {
    let trader = source.index(TRADERS);
    exchange.atomic(|next| {
        let (was, before) = (next.market, next.accounts[trader]);
        let Exchange { market, pool, bank, accounts, now, .. } = next;
        perp::abandon(market, pool, bank, &mut accounts[trader], *now)?;
        hold(invariant::check_part(&was, &before, &accounts[trader], true));
        hold(invariant::check_payout(&was, market, false));
        hold(invariant::check_equity(market, pool, bank, *now));
        Ok(())
    })
}
