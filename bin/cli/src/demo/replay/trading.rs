//! When everybody who has to do with perps acts.

use super::{Replay, Task, EPILOGUE, HOUR};
use crate::demo::chain::Stop;
use crate::demo::market::Market;

/// How long before the end of an epoch providers ask, seconds.
const ASKING: i64 = 120;
/// How far sources lag behind the clock, seconds: an epoch is struck at prices published after its delay.
const LAG: i64 = 10;

impl Replay<'_> {
    /// New prices are published and taken in, and markets are looked at. True if a jump waits to be confirmed.
    pub(super) fn refresh(&mut self) -> Result<bool, Stop> {
        let Market { chain, oracles, .. } = &mut self.market;
        oracles.publish(chain, self.tape);
        let waiting = oracles.refresh(chain, self.tape)?;
        self.watch_markets()?;
        Ok(waiting)
    }

    /// A keeper deleverages markets whose pool lacks margin.
    pub(super) fn watch_markets(&mut self) -> Result<(), Stop> {
        let Market { chain, book: Some(book), .. } = &mut self.market else { return Ok(()) };
        book.watch(chain, &mut self.journal)
    }

    /// The first of everything that has to do with perps.
    pub(super) fn schedule_perps(&mut self) {
        if self.market.book.is_some() {
            self.schedule(self.tape.from + 1, Task::Trade);
            self.schedule(self.tape.from + HOUR / 2, Task::Settle);
            self.schedule_epoch();
        }
    }

    /// The end of the pool's epoch: some ask before it, and its price is made after it.
    fn schedule_epoch(&mut self) {
        let Some(pool) = self.market.chain.perps.as_ref().map(|perps| perps.pool) else { return };
        let now = self.market.chain.now().ts;
        // An epoch that could not be struck goes on for as long again.
        let missed = (now - pool.epoch_end).max(0) / i64::from(pool.epoch_length);
        let mut end = pool.epoch_end + missed * i64::from(pool.epoch_length);
        if end + i64::from(pool.min_delay) + LAG <= now {
            end += i64::from(pool.epoch_length);
        }
        if end < self.tape.to {
            self.schedule((end - ASKING).max(now), Task::Ask);
            self.schedule(end + i64::from(pool.min_delay) + LAG, Task::Strike);
        }
    }

    pub(super) fn trading(&mut self, task: Task) -> Result<(), Stop> {
        if matches!(task, Task::Settle | Task::Strike) {
            self.refresh()?;
        }
        let (tape, market, journal) = (self.tape, &mut self.market, &mut self.journal);
        let Market { chain, oracles, book: Some(book), .. } = market else { return Ok(()) };
        let now = chain.now().ts;
        match task {
            Task::Trade => {
                let next = book.trade(chain, journal, tape.to)?;
                let round = now + book.round;
                if let Some(at) = next {
                    self.schedule(at, Task::Fill);
                }
                if round < tape.to {
                    self.schedule(round, Task::Trade);
                }
            }
            Task::Fill => {
                let (traded, again) = book.fill(chain, oracles, journal, tape)?;
                self.watch(&traded);
                self.watch_markets()?;
                if let Some(at) = again {
                    self.schedule(at.max(now + 1), Task::Fill);
                }
            }
            Task::Settle => {
                book.settle(chain, journal)?;
                if now + HOUR < tape.to + EPILOGUE {
                    self.schedule(now + HOUR, Task::Settle);
                }
            }
            Task::Ask => book.ask(chain)?,
            _ => {
                book.strike(chain, journal)?;
                self.schedule_epoch();
            }
        }
        Ok(())
    }
}
