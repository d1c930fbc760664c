//! Perps: orders that are placed and met by their print, positions that win and lose, and who liquidates them.

use super::{Life, Scene};
use crate::play::Stop;
use crate::stage::{OWNERS, QUOTE, SLOTS, TWO_SOURCES};
use crate::step::{Do, OfPerps};

impl Life<'_> {
    pub(super) fn perp(&mut self, who: u8, does: OfPerps) -> Result<bool, Stop> {
        self.try_to(who, Do::Perp(does))
    }

    pub(super) fn perp_market(&mut self) -> u16 {
        let count = self.play.stage.state.perps.markets.len() as u64;
        u16::try_from(self.dice.below(count)).unwrap_or(0)
    }

    pub(super) fn row_of(&self, market: u16) -> u8 {
        self.play.stage.state.perps.market(market).map_or(0, |market| market.feed)
    }

    /// So many dollars in lots, at the published price.
    pub(super) fn lots(&self, market: u16, dollars: u64) -> i64 {
        let decimals = self.play.stage.state.perps.market(market).map_or(0, |market| market.lot_decimals);
        let price = self.market_price(self.row_of(market)).unsigned_abs().max(1);
        let lots = u128::from(dollars) * 10u128.pow(u32::from(decimals) + 8) / u128::from(price);
        i64::try_from(lots).unwrap_or(i64::MAX / 8)
    }

    /// Markets an account has a position in, and those positions' lots.
    pub(super) fn held(&self, slot: u8) -> Vec<(u16, i64)> {
        let state = &self.play.stage.state;
        let positions = state.account(slot).into_iter().flat_map(ballast_state::MarginAccount::positions);
        let size = |position: &ballast_state::PerpPosition| {
            let market = state.perps.market(position.market)?;
            Some((position.market, ballast_risk::perp::book::size(position, market).ok()?))
        };
        positions.filter_map(size).collect()
    }

    /// Some account with a position, and the market and lots of it.
    pub(super) fn holder(&mut self) -> Option<(u8, u16, i64)> {
        let all: Vec<(u8, u16, i64)> = (0..SLOTS)
            .flat_map(|slot| self.held(slot).into_iter().map(move |(market, lots)| (slot, market, lots)))
            .collect();
        self.dice.pick(&all)
    }

    /// One scene of perps.
    pub(super) fn perps(&mut self) -> Scene {
        match self.dice.below(29) {
            0..=9 => self.trade(),
            10..=12 => self.close_position(),
            13..=15 => self.settle(),
            16..=18 => self.perp_crash(),
            19 | 20 => self.provide(),
            21 => self.await_funding(),
            22..=24 => self.administer_perps(),
            25 | 26 => self.run_on_pool(),
            27 => self.end_market(),
            _ => self.perp_nonsense(),
        }
    }

    /// Somebody buys or sells, and the order meets its print.
    fn trade(&mut self) -> Scene {
        let market = self.perp_market();
        self.perp_trade_in(market)
    }

    pub(super) fn perp_trade_in(&mut self, market: u16) -> Scene {
        if let Some((slot, id)) = self.place_some(market)? {
            self.meet(slot, market, id)?;
        }
        Ok(())
    }

    /// Somebody with means, or who gets some, places an order as large as it can bear. Returns whose and its number.
    pub(super) fn place_some(&mut self, market: u16) -> Result<Option<(u8, u64)>, Stop> {
        let sells = self.dice.one_in(2);
        self.place_side(market, sells)
    }

    /// The same, on one side.
    pub(super) fn place_side(&mut self, market: u16, sells: bool) -> Result<Option<(u8, u64)>, Stop> {
        let slot = self.borrower();
        let owner = self.owner(slot);
        self.open_orders(slot)?;
        if self.equity(slot) < 500 {
            let bank = if self.dice.one_in(2) { QUOTE } else { self.bank() };
            let dollars = 500 + self.dice.below(20_000);
            let atoms = self.worth(bank, dollars);
            self.act(owner, Do::Deposit { slot, bank, atoms })?;
        }
        self.freshen(1)?;
        let dollars = self.equity(slot).min(30_000) * (1 + self.dice.below(16)) / 4 + 2 + self.dice.below(50);
        let mut lots = self.lots(market, dollars);
        if sells {
            lots = -lots;
        }
        let state = &self.play.stage.state;
        let open = state.perps.market(market).is_some_and(|market| market.mode == 0);
        // Smaller ones where size may be the reason.
        let tries = if open && state.now.ts >= state.board.risk_paused_until { 6 } else { 1 };
        for _ in 0..tries {
            if let Some(id) = self.place(slot, market, lots, false)? {
                return Ok(Some((slot, id)));
            }
            lots /= 2;
        }
        Ok(None)
    }

    /// An account of orders where there is none yet.
    pub(super) fn open_orders(&mut self, slot: u8) -> Scene {
        if self.play.stage.state.perps.orders(slot).is_none() {
            let payer = self.anybody();
            self.perp(payer, OfPerps::OpenOrders { slot })?;
        }
        Ok(())
    }

    /// Places an order, mostly at any price. Returns its number.
    pub(super) fn place(&mut self, slot: u8, market: u16, lots: i64, reduce: bool) -> Result<Option<u64>, Stop> {
        let state = &self.play.stage.state;
        let Some(id) = state.perps.orders(slot).map(|orders| orders.next_id) else { return Ok(None) };
        let mark = state.perps.market(market).map_or(0, |market| market.mark);
        let owner = self.owner(slot);
        let limit = if self.dice.one_in(4) { mark / 1_000 * (985 + self.dice.below(30)) } else { 0 };
        let life = if self.dice.one_in(40) { 5 } else { self.dice.pick(&[60, 60, 30, 10]).unwrap_or(60) };
        let placed = self.perp(owner, OfPerps::Place { slot, market, lots, limit, reduce, life })?;
        Ok(placed.then_some(id))
    }

    /// An order meets its print: mostly the first one there can be, at a price nearby; sometimes one too early, too late, a
    /// jump, or after the owner changed its mind.
    pub(super) fn meet(&mut self, slot: u8, market: u16, id: u64) -> Scene {
        let state = &self.play.stage.state;
        let Some(order) = state.perps.order(slot, id).copied() else { return Ok(()) };
        let ahead = u32::try_from(order.eligible_ts - state.now.ts).unwrap_or(0);
        let (owner, row) = (self.owner(slot), self.row_of(market));
        let back = OfPerps::TakeBack { slot, market, id };
        match self.dice.below(24) {
            0 | 1 => {
                // Taken back in time.
                self.perp(owner, back)?;
            }
            2 => {
                // A print that is too early, and somebody else's attempt to take it back.
                self.act(0, Do::Wait { seconds: ahead.saturating_sub(1).max(1) })?;
                self.step_price(row, 5)?;
                self.fill(slot, market, id)?;
                let who = self.anybody();
                self.perp(who, back)?;
            }
            3 => {
                // Nobody comes: it expires, and whoever likes clears it away.
                let late = u32::try_from(order.expiry_ts - order.eligible_ts).unwrap_or(0);
                self.act(0, Do::Wait { seconds: ahead + late + 1 })?;
                self.step_price(row, 5)?;
                self.fill(slot, market, id)?;
                let who = self.anybody();
                self.perp(who, back)?;
                return Ok(());
            }
            4 => {
                // Two prints after its moment: it is bound to the first.
                self.act(0, Do::Wait { seconds: ahead })?;
                self.step_price(row, 5)?;
                self.act(0, Do::Wait { seconds: 1 })?;
                self.step_price(row, 5)?;
                self.fill(slot, market, id)?;
                self.perp(owner, back)?;
                return self.fill_at(slot, market, id, true);
            }
            5 => {
                // What an order may rest on goes away before it fills.
                for bank in self.balances(slot, false) {
                    let atoms = Some(self.worth(bank, 50));
                    self.act(owner, Do::Withdraw { slot, bank, atoms, to: owner })?;
                }
            }
            6 => self.undermine(slot, row)?,
            _ => {}
        }
        let wait = ahead + if self.dice.one_in(3) { self.dice.small(4) } else { 0 };
        self.act(0, Do::Wait { seconds: wait })?;
        let moved = self.dice.pick(&[1, 5, 5, 5, 20, 20, 90, 300]).unwrap_or(5);
        let old = self.market_price(row);
        self.step_price(row, moved)?;
        if self.dice.one_in(24) {
            // The same second once more: nothing that could be the first after anything.
            self.step_price(row, 1)?;
        }
        self.sync_others(slot, market)?;
        self.fill(slot, market, id)?;
        if self.play.stage.state.perps.order(slot, id).is_some() && !self.dice.one_in(4) {
            // The feed has not taken it yet: the next print confirms the jump or goes back, and the order's stays what it was.
            let price = if self.dice.one_in(2) { old } else { self.market_price(row) };
            self.act(0, Do::Wait { seconds: 11 })?;
            self.act(0, Do::Print { row, source: 0, price, confidence: 5, age: 0 })?;
            if row == TWO_SOURCES {
                self.act(0, Do::Print { row, source: 1, price, confidence: 5, age: 0 })?;
            }
            self.sync_others(slot, market)?;
            self.fill_at(slot, market, id, true)?;
        }
        if self.dice.one_in(8) {
            self.perp(owner, back)?;
        }
        Ok(())
    }

    /// What an order rests on falls before its print, where that is of another feed, and its owner owes as much as it can.
    fn undermine(&mut self, slot: u8, row: u8) -> Scene {
        self.borrow_most(slot, QUOTE)?;
        let feed = |bank| self.play.stage.state.bank(bank).map(|bank| bank.feed).filter(|feed| *feed != row);
        let Some(feed) = self.balances(slot, false).into_iter().find_map(feed) else { return Ok(()) };
        let price = self.market_price(feed) / 4 * 3;
        for wait in [11, 1] {
            self.act(0, Do::Print { row: feed, source: 0, price, confidence: 5, age: 0 })?;
            self.act(0, Do::Wait { seconds: wait })?;
        }
        Ok(())
    }

    /// An order meets the first print there can be, nearby.
    pub(super) fn meet_first(&mut self, slot: u8, market: u16, id: u64) -> Scene {
        let state = &self.play.stage.state;
        let Some(order) = state.perps.order(slot, id) else { return Ok(()) };
        let seconds = u32::try_from(order.eligible_ts - state.now.ts).unwrap_or(0);
        self.act(0, Do::Wait { seconds })?;
        self.step_price(self.row_of(market), 1)?;
        self.sync_others(slot, market)?;
        self.fill(slot, market, id)
    }

    fn fill(&mut self, slot: u8, market: u16, id: u64) -> Scene {
        self.fill_at(slot, market, id, false)
    }

    fn fill_at(&mut self, slot: u8, market: u16, id: u64, kept: bool) -> Scene {
        let keeper = if self.dice.one_in(6) { self.slot() } else { 1 + u8::from(self.dice.one_in(2)) };
        let by = self.owner(keeper);
        self.perp(by, OfPerps::Fill { keeper, slot, market, id, kept })?;
        Ok(())
    }

    /// A feed prints a price up to so many thousandths away.
    fn step_price(&mut self, row: u8, thousandths: u64) -> Scene {
        let span = i64::try_from(self.dice.below(2 * thousandths + 1)).unwrap_or(0);
        let part = 1_000 + span - i64::try_from(thousandths).unwrap_or(0);
        let price = self.market_price(row) / 1_000 * part;
        let confidence = self.dice.pick(&[0, 1, 5, 20, 150, 300]).unwrap_or(5);
        self.act(0, Do::Print { row, source: 0, price, confidence, age: 0 })?;
        if row == TWO_SOURCES {
            // Mostly they agree.
            let price = if self.dice.one_in(8) { price / 1_000 * 1_040 } else { price };
            self.act(0, Do::Print { row, source: 1, price, confidence: 5, age: 0 })?;
        }
        Ok(())
    }

    /// Brings an account's markets but one to the board's prices.
    pub(super) fn sync_others(&mut self, slot: u8, market: u16) -> Scene {
        let state = &self.play.stage.state;
        let stale: Vec<u16> = self
            .held(slot)
            .into_iter()
            .map(|(market, _)| market)
            .filter(|other| *other != market && state.standing(*other).is_err())
            .collect();
        for market in stale {
            self.perp(0, OfPerps::Sync { market })?;
        }
        Ok(())
    }

    /// A position is made smaller, closed, or turned round.
    fn close_position(&mut self) -> Scene {
        let Some((slot, market, held)) = self.holder() else { return self.trade() };
        self.open_orders(slot)?;
        self.freshen(1)?;
        let (lots, reduce) = match self.dice.below(8) {
            0 => (-held / 2, true),
            1 => (held, true),
            2 => (-held.saturating_mul(2), false),
            3 => (-held / 3, false),
            4 => (-held / 2, false),
            _ => (-held, true),
        };
        let Some(id) = self.place(slot, market, lots, reduce)? else { return Ok(()) };
        let second = if self.dice.one_in(2) { self.place(slot, market, -held, true)? } else { None };
        self.meet(slot, market, id)?;
        match second {
            Some(second) => self.fill(slot, market, second),
            None => Ok(()),
        }
    }

    /// Owners and others settle what positions won or lost.
    fn settle(&mut self) -> Scene {
        for _ in 0..3 {
            let Some((slot, market, _)) = self.holder() else { return self.trade() };
            let row = self.row_of(market);
            let seconds = self.dice.pick(&[1, 2, 5, 61]).unwrap_or(1);
            self.act(0, Do::Wait { seconds })?;
            if !self.dice.one_in(3) {
                self.step_price(row, 30)?;
            }
            let by = if self.dice.one_in(2) { self.owner(slot) } else { self.anybody() };
            self.perp(by, OfPerps::Settle { slot, market })?;
            if self.dice.one_in(6) {
                self.perp(by, OfPerps::Settle { slot, market })?;
            }
            if self.dice.one_in(4) {
                self.perp(by, OfPerps::Sync { market })?;
            }
        }
        Ok(())
    }

    /// Funding runs for hours or days.
    fn await_funding(&mut self) -> Scene {
        let seconds = self.dice.pick(&[600, 3_600, 7_200, 43_200]).unwrap_or(600);
        self.act(0, Do::Wait { seconds })?;
        for market in 0..u16::try_from(self.play.stage.state.perps.markets.len()).unwrap_or(0) {
            self.perp(0, OfPerps::Sync { market })?;
        }
        self.freshen(1)?;
        self.perp_patrol()
    }

    /// The feed of a market moves far, a second print confirms it, and keepers come.
    fn perp_crash(&mut self) -> Scene {
        let Some((_, market, held)) = self.holder() else { return self.trade() };
        let row = self.row_of(market);
        let old = self.market_price(row);
        let first = self.play.stage.first_prices.get(usize::from(row)).copied().unwrap_or(old);
        let part = i64::try_from(30 + self.dice.below(300)).unwrap_or(30);
        // Against the position, unless that leads too far away.
        let down = if self.dice.one_in(5) { held < 0 } else { held > 0 };
        let price = if down { old / 1_000 * (1_000 - part) } else { old / (1_000 - part) * 1_000 };
        let price = if price > first.saturating_mul(4) || price < first / 6 { first } else { price };
        self.act(0, Do::Wait { seconds: 1 })?;
        self.print(row, price)?;
        let wait = self.dice.pick(&[4, 11, 11, 11]).unwrap_or(11);
        self.freshen(wait)?;
        self.perp_patrol()
    }

    /// Keepers look at all positions.
    pub(super) fn perp_patrol(&mut self) -> Scene {
        for from in 0..SLOTS {
            for (market, _) in self.held(from) {
                self.keep_position(from, market)?;
            }
        }
        Ok(())
    }

    /// A keeper looks at a position, and takes what it may.
    fn keep_position(&mut self, from: u8, market: u16) -> Scene {
        let needy = self.health(from).is_some_and(|health| health.is_negative());
        if !needy && !self.dice.one_in(20) {
            return Ok(());
        }
        if !self.dice.one_in(12) {
            self.sync_others(from, market)?;
        }
        if self.dice.one_in(16) {
            // Nobody refreshed for a while.
            self.act(0, Do::Wait { seconds: 61 })?;
        }
        let most = match self.dice.below(8) {
            0 => self.dice.below(3),
            1 | 2 => {
                let dollars = 1 + self.dice.below(3_000);
                self.lots(market, dollars).unsigned_abs()
            }
            _ => u64::MAX,
        };
        let taker = if self.dice.one_in(8) { self.slot() } else { 1 + u8::from(self.dice.one_in(2)) };
        let by = self.owner(taker);
        if self.dice.one_in(3) {
            self.perp(by, OfPerps::DeleverageMarket { market })?;
        }
        self.perp(by, OfPerps::LiquidatePerp { taker, from, market, most })?;
        let equity = self.health(from).and_then(|health| health.equity().ok()).unwrap_or(0);
        if equity < 0 {
            // What is left of it: claims, the other collateral, the debt.
            self.perp(by, OfPerps::Settle { slot: from, market })?;
            if self.held(from).is_empty() {
                self.act(by, Do::Resolve { slot: from, bank: QUOTE })?;
            }
        }
        Ok(())
    }

    /// What nobody should do.
    fn perp_nonsense(&mut self) -> Scene {
        let (slot, other, market, who) = (self.slot(), self.slot(), self.perp_market(), self.anybody());
        let id = self.play.stage.state.perps.orders(slot).map_or(1, |orders| orders.next_id);
        let owner = self.owner(slot);
        let dollars = 1 + self.dice.below(3_000);
        let lots = self.lots(market, dollars);
        let any = |lots: i64, life: u32| OfPerps::Place { slot, market, lots, limit: 0, reduce: false, life };
        let (who, does) = match self.dice.below(27) {
            0 => (owner, any(0, 60)),
            1 => (owner, any(9, 60)),
            2 => (owner, any(lots, 61)),
            3 => (owner, any(lots, 0)),
            4 => (owner, any(i64::MAX, 60)),
            5 => (who, any(lots, 60)),
            6 => (owner, OfPerps::Place { slot, market, lots, limit: 0, reduce: true, life: 60 }),
            7 => (owner, OfPerps::TakeBack { slot, market, id }),
            8 => (who, OfPerps::Fill { keeper: other, slot, market, id, kept: false }),
            9 => (who, OfPerps::Fill { keeper: slot, slot, market, id: id.saturating_sub(1), kept: false }),
            10 => (who, OfPerps::Settle { slot, market }),
            11 => (owner, OfPerps::LiquidatePerp { taker: slot, from: slot, market, most: 1 }),
            12 => (who, OfPerps::LiquidatePerp { taker: other, from: slot, market, most: u64::MAX }),
            13 => (who, OfPerps::Strike),
            14 => (who, OfPerps::OpenProvider),
            15 => (who, OfPerps::RemoveLiquidity { shares: self.dice.pick(&[0, 1, u64::MAX]).unwrap_or(0) }),
            16 => {
                (who, OfPerps::AddLiquidity { slot, atoms: Some(self.dice.pick(&[0, 1, u64::MAX / 2]).unwrap_or(0)) })
            }
            17 => (who, OfPerps::Claim { slot, epoch: self.play.stage.state.perps.pool.epoch.saturating_sub(1) }),
            18 => (who, OfPerps::OpenOrders { slot }),
            19 => (who, OfPerps::AddMarket { row: self.row(), decimals: 6 }),
            20 => return self.crowd(slot, market),
            21 => (who, OfPerps::DeleverageMarket { market }),
            22 => (who, OfPerps::SettleMarket { market }),
            23 => (who, OfPerps::UpdatePayout { market }),
            24 => (who, OfPerps::Register { keeper: other, slot, market }),
            25 => (owner, OfPerps::Abandon { slot, market }),
            _ => (who, OfPerps::Sync { market: market + u16::from(self.dice.one_in(4)) }),
        };
        self.perp(who, does)?;
        Ok(())
    }

    /// More orders than there is room for, all of which are taken back.
    fn crowd(&mut self, slot: u8, market: u16) -> Scene {
        self.open_orders(slot)?;
        self.freshen(1)?;
        let lots = self.lots(market, 11).max(10_000);
        let owner = self.owner(slot);
        for at in 0..18 {
            let lots = if at % 2 == 0 { lots } else { -lots };
            let place = OfPerps::Place { slot, market, lots, limit: 0, reduce: false, life: 30 };
            if !self.perp(owner, place)? && at < 4 {
                break;
            }
        }
        // Of another market.
        let ids: Vec<(u16, u64)> =
            self.play.stage.state.perps.pending(slot).map(|order| (order.market, order.id)).collect();
        for (at, (market, id)) in ids.into_iter().enumerate() {
            let market = if at == 0 { (market + 1) % 3 } else { market };
            self.perp(owner, OfPerps::TakeBack { slot, market, id })?;
        }
        Ok(())
    }

    /// An account of the first ones with dollars on deposit.
    pub(super) fn somebody_with_dollars(&mut self) -> u8 {
        let with: Vec<u8> = (0..OWNERS).filter(|slot| self.balances(*slot, false).contains(&QUOTE)).collect();
        self.dice.pick(&with).unwrap_or(0)
    }
}
