//! Prices and time.

use super::{Life, Scene};
use crate::stage::TWO_SOURCES;
use crate::step::Do;

impl Life<'_> {
    pub(super) fn print(&mut self, row: u8, price: i64) -> Scene {
        let state = &self.play.stage.state;
        if state.now.ts <= state.feeds[usize::from(row)].accepted_ts && !self.dice.one_in(20) {
            self.act(0, Do::Wait { seconds: 1 })?;
        }
        let confidence = self.dice.pick(&[0, 1, 5, 20, 50, 150]).unwrap_or(5);
        let age = if self.dice.one_in(20) { 3 } else { 0 };
        if row != TWO_SOURCES || !self.dice.one_in(12) {
            self.act(0, Do::Print { row, source: 0, price, confidence, age })?;
        }
        if row == TWO_SOURCES && !self.dice.one_in(6) {
            // Mostly they agree.
            let apart = self.dice.pick(&[0, 0, 2, 5, 10, 40]).unwrap_or(0);
            let price =
                if self.dice.one_in(2) { price / 1_000 * (1_000 + apart) } else { price / 1_000 * (1_000 - apart) };
            self.act(0, Do::Print { row, source: 1, price, confidence, age })?;
        }
        Ok(())
    }

    /// Time passes, and what is older than a few seconds then is printed again.
    pub(super) fn freshen(&mut self, seconds: u32) -> Scene {
        self.act(0, Do::Wait { seconds })?;
        let state = &self.play.stage.state;
        let pending = |feed: &ballast_state::PriceFeed| feed.pending.price != 0;
        let old = |feed: &&ballast_state::PriceFeed| pending(feed) || state.now.seconds_since(feed.accepted_ts) > 9;
        let rows: Vec<u8> = state.feeds.iter().filter(old).map(|feed| feed.row).collect();
        for row in rows {
            let price = self.market_price(row);
            self.print(row, price)?;
        }
        Ok(())
    }

    /// Prices move by up to a few percent, with little time between.
    pub(super) fn walk(&mut self) -> Scene {
        for _ in 0..1 + self.dice.below(4) {
            let seconds = 1 + self.dice.small(12);
            self.act(0, Do::Wait { seconds })?;
            let row = self.row();
            let moved = self.market_price(row) / 1_000 * (970 + i64::try_from(self.dice.below(61)).unwrap_or(30));
            self.print(row, moved)?;
            if self.dice.one_in(2) {
                self.take_over()?;
            }
        }
        Ok(())
    }

    /// A market falls or rises by 5 to 75 %; mostly a second print confirms it, and keepers look at everybody.
    pub(super) fn crash(&mut self) -> Scene {
        let row = if self.dice.one_in(12) { 0 } else { 1 + u8::try_from(self.dice.below(4)).unwrap_or(0) };
        let first = self.play.stage.first_prices[usize::from(row)];
        let old = self.market_price(row);
        // Towards where it began, so that nothing drifts away.
        let falls = i128::from(old) * 100 > i128::from(first) * 80;
        let most = if self.dice.one_in(4) { 650 } else { 250 };
        let part = i64::try_from(100 + self.dice.below(most)).unwrap_or(100);
        let price = if falls { old / 1_000 * (1_000 - part) } else { old / (1_000 - part) * 1_000 };
        self.act(0, Do::Wait { seconds: 1 })?;
        self.print(row, price)?;
        if self.dice.one_in(6) {
            // A print that was wrong: the next ones do not follow it.
            self.act(0, Do::Wait { seconds: 3 })?;
            return self.print(row, old);
        }
        let wait = self.dice.pick(&[4, 10, 11, 11, 11]).unwrap_or(11);
        self.freshen(wait)?;
        if self.dice.one_in(4) {
            // Fresh no more when keepers come.
            self.act(0, Do::Wait { seconds: 61 })?;
            self.print(row, price)?;
        }
        self.patrol()
    }

    /// A price goes back to where it began: a jump, confirmed.
    pub(super) fn back(&mut self, row: u8) -> Scene {
        let first = self.play.stage.first_prices[usize::from(row)];
        self.print(row, first)?;
        self.freshen(11)
    }

    pub(super) fn wait(&mut self) -> Scene {
        let seconds = self.dice.pick(&[1, 9, 30, 61, 301, 3_600, 86_400, 2_592_000]).unwrap_or(1);
        self.act(0, Do::Wait { seconds })?;
        if self.dice.one_in(2) {
            self.freshen(1)?;
        }
        Ok(())
    }

    /// No refresh for longer than a halt; then the market is elsewhere.
    pub(super) fn halt(&mut self) -> Scene {
        let seconds = 301 + self.dice.small(1_000);
        self.act(0, Do::Wait { seconds })?;
        let row = 1 + u8::try_from(self.dice.below(4)).unwrap_or(0);
        let price = self.market_price(row) / 100 * (80 + i64::try_from(self.dice.below(25)).unwrap_or(0));
        self.print(row, price)?;
        self.freshen(11)?;
        self.patrol()?;
        self.freshen(121)?;
        self.patrol()
    }
}
