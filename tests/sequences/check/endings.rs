//! Markets that are deleveraged, settled and resolved.

use ballast_math::{Ratio, Usd};
use ballast_risk::health;
use ballast_risk::invariant as inv;
use ballast_risk::perp::{self, book, claims, slots};
use ballast_risk::RiskResult;
use ballast_state::{MarketMode, PerpMarket, PerpPosition, PerpSide};

use super::Check;
use crate::stage::QUOTE;
use crate::step::{Do, OfPerps};

impl Check<'_> {
    /// The markets have together no more than the pool: each at its own mark, its budget of this moment.
    pub(super) fn equities(&mut self) {
        let (perps, now) = (&self.after.perps, self.after.now);
        let Some(bank) = self.after.bank(QUOTE) else { return };
        let fresh = |market: &PerpMarket| -> RiskResult<PerpMarket> {
            let mut market = *market;
            perp::refresh_equity(&mut market, &perps.pool, bank, now)?;
            Ok(market)
        };
        let markets = perps.markets.iter().map(fresh).collect::<RiskResult<Vec<_>>>();
        if let Some(markets) = self.computed(markets, inv::STAKES_ADD_UP) {
            self.note(inv::check_equities(&perps.pool, bank, &markets, now));
        }
    }

    /// True if a market ended for what it is: a deleverage left its sizes too coarse, or it was settled.
    pub(super) fn is_ended(&self, old: &PerpMarket, new: &PerpMarket) -> bool {
        let market = new.index;
        let coarse = [&new.long, &new.short].iter().any(|side| side.position_index < book::INDEX_MIN);
        let mode = match MarketMode::from_byte(new.mode) {
            MarketMode::WindDown if coarse => OfPerps::DeleverageMarket { market },
            MarketMode::Settled => OfPerps::SettleMarket { market },
            _ => return false,
        };
        let mut others = PerpMarket { mode: old.mode, ..*new };
        if new.is_settled() {
            // It gives its part of the pool up.
            others.terms.weight = old.terms.weight;
        }
        self.does(|does| does == Do::Perp(mode)) && inv::check_market_settings(old, &others).is_ok()
    }

    /// What an account has to put up for its perps as a settlement in a market finds them; nothing where that is not known.
    pub(super) fn puts_up(&self, slot: u8, market: &PerpMarket) -> Usd {
        let (before, now) = (self.before, self.after.now);
        let Some(account) = before.account(slot) else { return Usd::ZERO };
        let standing = |index| if index == market.index { Ok(*market) } else { before.standing(index) };
        let held = before.holdings(account, now, |index| before.bank(index), standing);
        let posted = held.and_then(|held| health::initial_requirement_of_perps(&held, &before.board, now));
        posted.unwrap_or(Usd::ZERO)
    }

    /// INV-80, and INV-81 of everybody in the market where a series began.
    pub(super) fn market_deleveraged(&mut self, index: u16) {
        let (before, after, now) = (self.before, self.after, self.after.now);
        let (Some(was), Some(is)) = (self.synced(index), after.perps.market(index)) else { return };
        if before.accounts != after.accounts {
            self.note(Err(inv::SHRINK_FAIR));
        }
        self.note(inv::check_shrink(&was, is, &before.board, before.accounts.iter().flatten(), now));
        let Some(side) = self.computed(book::skew(&was).map(PerpSide::of).map_err(Into::into), inv::SHRINK_FAIR) else {
            return;
        };
        if now.ts < was.book(side).deleverage_ts.saturating_add(perp::GRACE) {
            return;
        }
        for account in before.accounts.iter().flatten() {
            if slots::find(account, index).is_none_or(|position| position.side != side.to_byte()) {
                continue;
            }
            let held = |market: &PerpMarket| {
                let standing = |other| if other == index { Ok(*market) } else { before.synced(other, now) };
                before.holdings(account, now, |bank| before.bank(bank), standing)
            };
            if let (Ok(old), Ok(new)) = (held(&was), held(is)) {
                self.note(inv::check_shrink_spares(account, &old, &new, &before.board, now));
            }
        }
    }
}

/// The most that is paid of a position's claim where `most` is what the market and the rail let out.
pub(super) fn most_due(market: &PerpMarket, position: &PerpPosition, most: u64) -> u64 {
    match claims::due(position, market) {
        Some(due) => most.min(due).min(u64::try_from(market.stake).unwrap_or(0)),
        None if market.is_settled() && market.payout < Ratio::ONE.0 => 0,
        None => most,
    }
}
