//! Liquidity providers, and who lists and configures perp markets.

use super::{Life, Scene};
use crate::stage::QUOTE;
use crate::step::{Do, OfMarket, OfPerps, RISK_ADMIN};

impl Life<'_> {
    /// Accounts of orders and of liquidity, and the first money of the pool.
    pub(super) fn found_pool(&mut self) -> Scene {
        for slot in 3..crate::stage::OWNERS {
            self.perp(slot, OfPerps::OpenOrders { slot })?;
        }
        for who in 0..3 {
            self.perp(who, OfPerps::OpenProvider)?;
        }
        let dollars = 20_000 + self.dice.below(100_000);
        let atoms = Some(self.worth(QUOTE, dollars));
        self.perp(0, OfPerps::AddLiquidity { slot: 0, atoms })?;
        let epoch = self.play.stage.state.perps.pool.epoch;
        self.end_epoch(0)?;
        self.perp(0, OfPerps::Claim { slot: 0, epoch })?;
        Ok(())
    }

    /// Time passes to the end of an epoch, and somebody strikes it, so many seconds late.
    pub(super) fn end_epoch(&mut self, late: u32) -> Scene {
        let state = &self.play.stage.state;
        let pool = &state.perps.pool;
        let end = ballast_risk::perp::liquidity::next_end(pool, state.now).unwrap_or(pool.epoch_end);
        let seconds = u32::try_from(end + i64::from(pool.min_delay) - state.now.ts).unwrap_or(0) + late;
        if self.dice.one_in(8) && seconds > 20 {
            self.act(0, Do::Wait { seconds: seconds - 10 })?;
            // Too early, and requests come too late.
            self.perp(0, OfPerps::Strike)?;
            self.perp(1, OfPerps::RemoveLiquidity { shares: 1_000 })?;
            self.act(0, Do::Wait { seconds: 10 })?;
        } else {
            self.act(0, Do::Wait { seconds })?;
        }
        if self.dice.one_in(10) {
            // At marks from before.
            self.perp(2, OfPerps::Strike)?;
        }
        self.freshen(0)?;
        let by = self.anybody();
        self.perp(by, OfPerps::Strike)?;
        Ok(())
    }

    /// Somebody enters or leaves the pool, or both; the epoch ends, and what came of it is claimed.
    pub(super) fn provide(&mut self) -> Scene {
        let mut asked = Vec::new();
        self.freshen(1)?;
        for _ in 0..1 + self.dice.below(2) {
            let slot = self.somebody_with_dollars();
            let who = self.owner(slot);
            let state = &self.play.stage.state;
            let known = state.perps.providers.get(usize::from(who)).copied().flatten();
            if known.is_none() {
                self.perp(who, OfPerps::OpenProvider)?;
            }
            let provider = known.unwrap_or(ballast_state::Zeroable::zeroed());
            for epoch in [provider.entering_epoch, provider.leaving_epoch] {
                let waits = provider.entering > 0 || provider.leaving > 0;
                if waits && epoch < self.play.stage.state.perps.pool.epoch && !self.dice.one_in(6) {
                    self.perp(who, OfPerps::Claim { slot, epoch })?;
                }
            }
            if self.dice.one_in(2) || (provider.shares == 0 && !self.dice.one_in(8)) {
                let dollars = if self.dice.one_in(30) { 3_000_000 } else { 1 + self.dice.below(20_000) };
                let atoms = if self.dice.one_in(12) { None } else { Some(self.worth(QUOTE, dollars)) };
                self.perp(who, OfPerps::AddLiquidity { slot, atoms })?;
            } else {
                let part = 1 + self.dice.below(4);
                let shares = (provider.shares / 4).saturating_mul(part) + self.dice.below(2);
                self.perp(who, OfPerps::RemoveLiquidity { shares })?;
            }
            asked.push((slot, who));
        }
        let epoch = self.play.stage.state.perps.pool.epoch;
        let late = if self.dice.one_in(10) { 61 } else { self.dice.small(20) };
        self.end_epoch(late)?;
        for (slot, who) in asked {
            if !self.dice.one_in(6) {
                self.perp(who, OfPerps::Claim { slot, epoch })?;
            }
        }
        Ok(())
    }

    /// Administration changes a market, mostly back to what it was at listing.
    pub(super) fn administer_perps(&mut self) -> Scene {
        self.freshen(1)?;
        let market = self.perp_market();
        let (by, sets) = (self.admin(), self.of_market(market));
        let by = self.dice.pick(&[by, by, RISK_ADMIN]).unwrap_or(by);
        let configure = |sets| Do::Perp(OfPerps::ConfigureMarket { market, sets });
        if self.dice.one_in(4) {
            // More than a fee may be, or than a pool has.
            let most = self.dice.pick(&[OfMarket::FillFee(200), OfMarket::Weight(10_000)]).unwrap_or(sets);
            self.act(self.admin(), configure(most))?;
        }
        if by == RISK_ADMIN {
            self.act(by, configure(sets))?;
        } else {
            self.change(configure(sets))?;
        }
        if self.dice.one_in(3) && self.play.stage.state.perps.markets.len() < 5 {
            let (row, decimals) = (self.row(), self.dice.pick(&[3, 6, 7, 9]).unwrap_or(6));
            let (admin, anybody) = (self.admin(), self.anybody());
            let by = if self.dice.one_in(3) { anybody } else { admin };
            let add = OfPerps::AddMarket { row, decimals };
            if self.dice.one_in(2) {
                self.change(Do::Perp(add))?;
            } else {
                self.perp(by, add)?;
            }
        }
        for _ in 0..2 {
            self.perp_trade_in(market)?;
        }
        if self.dice.one_in(2) {
            self.overtaken(market)?;
        }
        for sets in [
            OfMarket::Mode(0),
            OfMarket::InterestCap(10_000_000_000),
            OfMarket::SkewCap(4_000_000_000),
            OfMarket::AccountCap(2_000_000_000),
        ] {
            if !self.dice.one_in(8) {
                self.change(configure(sets))?;
            }
        }
        Ok(())
    }

    /// An order is placed, and before its print comes the caps fall, or its market closes.
    fn overtaken(&mut self, market: u16) -> Scene {
        let Some((slot, id)) = self.place_some(market)? else { return Ok(()) };
        let state = &self.play.stage.state;
        let (Some(order), Some(book)) = (state.perps.order(slot, id), state.perps.market(market)) else {
            return Ok(());
        };
        let open = ballast_risk::perp::book::open_interest(book.book(order.side())).unwrap_or(0);
        let held: i64 = self.held(slot).into_iter().filter(|(of, _)| *of == market).map(|(_, lots)| lots).sum();
        let after = held.saturating_add(order.lots).unsigned_abs();
        let all: &[OfMarket] = match self.dice.below(12) {
            0..=2 => &[OfMarket::AccountCap(after), OfMarket::SkewCap(0), OfMarket::InterestCap(open.max(after))],
            3..=5 => &[OfMarket::SkewCap(1)],
            6 => &[OfMarket::AccountCap(1)],
            _ => &[OfMarket::Mode(1)],
        };
        // At once, and as tightening: that waits for no timelock.
        for sets in all {
            self.act(self.admin(), Do::Perp(OfPerps::ConfigureMarket { market, sets: *sets }))?;
        }
        if self.dice.one_in(4) {
            return self.meet(slot, market, id);
        }
        self.meet_first(slot, market, id)
    }

    fn of_market(&mut self, market: u16) -> OfMarket {
        let book = self.play.stage.state.perps.market(market);
        let open = |side: &ballast_state::SideBook| ballast_risk::perp::book::open_interest(side).unwrap_or(0);
        let (long, short) = book.map_or((0, 0), |market| (open(&market.long), open(&market.short)));
        let near = self.dice.below(200_000_000);
        match self.dice.below(14) {
            0 | 1 => OfMarket::Mode(1),
            2 => OfMarket::Mode(2),
            3 | 4 => OfMarket::InterestCap((long.max(short) + near).max(4_000_000_000)),
            5 => OfMarket::SkewCap(9_000_000_000 + near),
            6 => OfMarket::SkewCap(long.abs_diff(short) / 2 + near),
            7 | 8 => OfMarket::AccountCap(near),
            9 => OfMarket::Scale(self.dice.pick(&[0, 400_000_000_000, 2_000_000_000_000]).unwrap_or(0)),
            10 => OfMarket::Weight(if self.dice.one_in(3) { 10_000 } else { self.dice.small(6_000) }),
            11 if self.dice.one_in(2) => OfMarket::FillFee(self.dice.small(250)),
            11 => OfMarket::KeeperFee(self.dice.below(100_000)),
            12 => OfMarket::FundingLimit(self.dice.pick(&[0, 1_000_000_000, 1 << 40]).unwrap_or(0)),
            _ => OfMarket::OrderLife(self.dice.pick(&[0, 5, 60, 61]).unwrap_or(60)),
        }
    }
}
