//! One line on standard error while a run goes on, if a person can see it.

use std::io::{self, Write};

use super::journal::Journal;
use super::tape::Tape;
use crate::utc;

const WIDTH: usize = 24;

/// The line.
#[derive(Debug)]
pub(super) struct Progress {
    shown: bool,
    last: usize,
}

impl Progress {
    pub(super) fn new(shown: bool) -> Self {
        Self { shown, last: usize::MAX }
    }

    /// While everybody comes in.
    pub(super) fn set_up(&mut self, what: &str, done: usize, all: usize) {
        self.draw(done * 1_000 / all.max(1), &format!("{what}: {done} of {all}"));
    }

    /// After an hour of the replay.
    pub(super) fn hour(&mut self, tape: &Tape, at: i64, journal: &Journal) {
        let part = (at - tape.from).max(0) * 1_000 / (tape.to - tape.from).max(1);
        let text = format!(
            "{}  {} liquidations, {} deleverages, {} losses",
            utc::minute(at),
            journal.liquidations.len(),
            journal.deleverages.len(),
            journal.losses.len()
        );
        self.draw(usize::try_from(part).unwrap_or(0), &text);
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }

    fn draw(&mut self, thousandths: usize, text: &str) {
        if !self.shown || thousandths == self.last {
            return;
        }
        self.last = thousandths;
        let full = (thousandths * WIDTH / 1_000).min(WIDTH);
        eprint!("\r\x1b[K[{}{}] {text}", "#".repeat(full), " ".repeat(WIDTH - full));
        let _ = io::stderr().flush();
    }
}
