//! Markets whose pool cannot pay: prices that run against it, what deleverages leave, and how markets end.

use super::{Life, Scene};
use crate::stage::{OWNERS, QUOTE, SLOTS};
use crate::step::{Do, OfMarket, OfPerps};

/// Seconds after which the part that is paid is computed without the claims that are not registered.
const RESOLUTION: u32 = 86_400;

impl Life<'_> {
    fn skew(&self, market: u16) -> i64 {
        let market = self.play.stage.state.perps.market(market);
        market.and_then(|market| ballast_risk::perp::book::skew(market).ok()).unwrap_or(0)
    }

    /// The market with the largest skew, in dollars, of those that go on.
    fn skewed(&mut self) -> u16 {
        let any = self.perp_market();
        let markets = self.play.stage.state.perps.markets.iter().filter(|market| !market.is_settled());
        let worth = |index: u16, mark: u64| u128::from(self.skew(index).unsigned_abs()) * u128::from(mark);
        let largest = markets.max_by_key(|market| worth(market.index, market.mark)).map(|market| market.index);
        largest.filter(|_| !self.dice.one_in(4)).unwrap_or(any)
    }

    /// Prices run against a pool that has little, and keepers deleverage as long as it lacks margin.
    pub(super) fn run_on_pool(&mut self) -> Scene {
        let market = self.skewed();
        if self.dice.one_in(2) {
            self.leave_pool()?;
        }
        let hedges = self.dice.one_in(3);
        if hedges {
            self.hedge(market)?;
        }
        // A hedge sells: it is felt where there is more of that.
        let sells = if self.dice.one_in(3) { self.dice.one_in(2) } else { hedges || self.skew(market) < 0 };
        for _ in 0..1 + self.dice.below(3) {
            if let Some((slot, id)) = self.place_side(market, sells)? {
                self.meet(slot, market, id)?;
            }
        }
        for _ in 0..1 + self.dice.below(3) {
            let most = self.dice.pick(&[100, 250, 450, 600]).unwrap_or(100);
            self.run(market, most)?;
            self.deleverage_market(market)?;
            if self.dice.one_in(3) {
                let seconds = self.dice.pick(&[60, 600, 3_600]).unwrap_or(60);
                self.freshen(seconds)?;
            }
            if self.dice.one_in(2) {
                self.perp_patrol()?;
            }
        }
        self.perp_trade_in(market)
    }

    /// Somebody deposits what a market is about, sells as much of it there, and borrows dollars on both.
    fn hedge(&mut self, market: u16) -> Scene {
        let row = self.row_of(market);
        let Some(bank) = self.play.stage.state.banks.iter().find(|bank| bank.feed == row).map(|bank| bank.index) else {
            return Ok(());
        };
        let slot = self.borrower();
        let owner = self.owner(slot);
        self.open_orders(slot)?;
        let dollars = 2_000 + self.dice.below(20_000);
        let atoms = self.worth(bank, dollars);
        self.act(owner, Do::Deposit { slot, bank, atoms })?;
        self.freshen(1)?;
        let lots = -self.lots(market, dollars);
        if let Some(id) = self.place(slot, market, lots, false)? {
            self.meet_first(slot, market, id)?;
        }
        self.borrow_most(slot, QUOTE)
    }

    /// A feed runs by up to so many thousandths against the pool of its market; a second print confirms it.
    fn run(&mut self, market: u16, most: u64) -> Scene {
        let row = self.row_of(market);
        let old = self.market_price(row);
        let first = self.play.stage.first_prices.get(usize::from(row)).copied().unwrap_or(old);
        let part = i64::try_from(10 + self.dice.below(most)).unwrap_or(10);
        let up = self.skew(market) > 0;
        let price = if up { old / (1_000 - part) * 1_000 } else { old / 1_000 * (1_000 - part) };
        let price = if price > first.saturating_mul(8) || price < first / 12 { first } else { price };
        self.act(0, Do::Wait { seconds: 1 })?;
        self.print(row, price)?;
        self.freshen(11)
    }

    fn deleverage_market(&mut self, market: u16) -> Scene {
        let by = self.anybody();
        if self.perp(by, OfPerps::DeleverageMarket { market })? && self.dice.one_in(3) {
            self.perp(by, OfPerps::DeleverageMarket { market })?;
        }
        Ok(())
    }

    /// Providers ask to leave with most of what they have, and the epoch is struck.
    fn leave_pool(&mut self) -> Scene {
        self.freshen(1)?;
        for who in 0..OWNERS {
            let state = &self.play.stage.state;
            let provider = state.perps.providers.get(usize::from(who)).copied().flatten();
            let shares = provider.map_or(0, |provider| provider.shares);
            let kept = 20 + self.dice.below(40);
            if shares > 1_000 {
                self.perp(who, OfPerps::RemoveLiquidity { shares: shares / 100 * (100 - kept) })?;
            }
        }
        if self.dice.one_in(3) {
            let who = self.anybody();
            self.perp(who, OfPerps::RemoveLiquidity { shares: u64::MAX })?;
        }
        let epoch = self.play.stage.state.perps.pool.epoch;
        self.end_epoch(0)?;
        let slot = self.somebody_with_dollars();
        let who = self.owner(slot);
        self.perp(who, OfPerps::Claim { slot, epoch })?;
        Ok(())
    }

    /// A market ends, by administration or because it owes more than it has: at most one of those that a life began with goes on alone.
    pub(super) fn end_market(&mut self) -> Scene {
        let going_on = self.play.stage.state.perps.markets.iter().filter(|market| !market.is_settled()).count();
        if going_on < 2 {
            return self.run_on_pool();
        }
        let market = self.skewed();
        if self.dice.one_in(3) {
            self.wind_down_market(market)?;
        } else {
            self.exhaust(market)?;
        }
        self.resolve_market(market)
    }

    /// Administration says that a market ends, and it does after the notice.
    fn wind_down_market(&mut self, market: u16) -> Scene {
        self.freshen(1)?;
        self.change(Do::Perp(OfPerps::ConfigureMarket { market, sets: OfMarket::Mode(2) }))?;
        self.perp_trade_in(market)?;
        let by = self.anybody();
        self.perp(by, OfPerps::SettleMarket { market })?;
        self.freshen(1)?;
        self.perp(by, OfPerps::SettleMarket { market })?;
        let seconds = self.play.stage.state.board.rules.wind_down_notice;
        self.act(0, Do::Wait { seconds })?;
        if self.dice.one_in(2) {
            self.perp(by, OfPerps::SettleMarket { market })?;
        }
        self.freshen(1)
    }

    /// One side trades, then its price runs until the market owes more than it has and has no skew left.
    fn exhaust(&mut self, market: u16) -> Scene {
        if !self.dice.one_in(3) {
            self.leave_pool()?;
        }
        let sells = self.skew(market) < 0;
        for side in [sells, sells, !sells] {
            if let Some((slot, id)) = self.place_side(market, side)? {
                self.meet(slot, market, id)?;
            }
        }
        for _ in 0..3 {
            self.run(market, 600)?;
            let equity = self.play.stage.state.perps.market(market).map_or(0, |market| market.equity);
            self.deleverage_market(market)?;
            if equity < 0 && !self.dice.one_in(3) {
                break;
            }
        }
        let by = self.anybody();
        self.perp(by, OfPerps::SettleMarket { market })?;
        // The average follows.
        for _ in 0..3 {
            self.freshen(1_200)?;
        }
        Ok(())
    }

    /// A market is settled, claims are registered, and what can be paid of them is.
    fn resolve_market(&mut self, market: u16) -> Scene {
        let by = self.anybody();
        if self.dice.one_in(4) {
            self.deleverage_market(market)?;
        }
        for _ in 0..3 {
            if self.perp(by, OfPerps::SettleMarket { market })? {
                break;
            }
            self.freshen(1_200)?;
        }
        for round in 0..2 {
            // For an hour owners alone may.
            if self.dice.one_in(2) {
                self.freshen(3_600)?;
            }
            self.claim_from(market, round)?;
            if self.dice.one_in(2) {
                // A price that moves nothing any more.
                self.run(market, 300)?;
                self.perp(by, OfPerps::Sync { market })?;
            }
            self.perp(by, OfPerps::UpdatePayout { market })?;
            let settled = self.play.stage.state.perps.market(market).is_some_and(ballast_state::PerpMarket::is_settled);
            if settled && round == 0 && self.dice.one_in(2) {
                self.act(0, Do::Wait { seconds: RESOLUTION })?;
                self.freshen(1)?;
                self.perp(by, OfPerps::UpdatePayout { market })?;
            }
            self.pay_from(market)?;
        }
        if self.dice.one_in(2) {
            self.perp(by, OfPerps::SettleMarket { market })?;
        }
        Ok(())
    }

    /// Keepers register what accounts have in a market: most of them in the first round, all in the second.
    fn claim_from(&mut self, market: u16, round: u8) -> Scene {
        for slot in 0..SLOTS {
            let holds = self.held(slot).iter().any(|(held, _)| *held == market);
            if holds && (round > 0 || !self.dice.one_in(3)) {
                let keeper = if self.dice.one_in(12) { slot } else { 1 + u8::from(self.dice.one_in(2)) };
                let by = if self.dice.one_in(12) { self.anybody() } else { self.owner(keeper) };
                self.perp(by, OfPerps::Register { keeper, slot, market })?;
            }
        }
        Ok(())
    }

    /// Whoever holds something in a market settles it; what a loss leaves of an account is written off.
    fn pay_from(&mut self, market: u16) -> Scene {
        for slot in 0..SLOTS {
            if self.held(slot).iter().all(|(held, _)| *held != market) {
                continue;
            }
            let by = if self.dice.one_in(2) { self.owner(slot) } else { self.anybody() };
            self.perp(by, OfPerps::Settle { slot, market })?;
            if self.health(slot).and_then(|health| health.equity().ok()).is_some_and(|equity| equity < 0) {
                self.act(by, Do::Resolve { slot, bank: QUOTE })?;
            }
            if self.dice.one_in(4) {
                let by = if self.dice.one_in(8) { self.anybody() } else { self.owner(slot) };
                self.perp(by, OfPerps::Abandon { slot, market })?;
            }
        }
        Ok(())
    }
}
