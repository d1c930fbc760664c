//! Stories that once broke an invariant, as they were printed.
#![allow(clippy::unreadable_literal, reason = "as they were printed")]

use crate::play::replay;
use crate::step::{by, Do::*};

/// The way of a printed story: a loan, and a price that moves.
#[test]
fn a_printed_story_can_be_told_again() {
    replay(&[
        by(0, Deposit { slot: 0, bank: 0, atoms: 1000000000 }),
        by(3, Deposit { slot: 3, bank: 1, atoms: 100000000000 }),
        by(3, Borrow { slot: 3, bank: 0, atoms: 500000000 }),
        by(0, Wait { seconds: 30 }),
        by(0, Print { row: 1, source: 0, price: 3100000000, confidence: 5, age: 0 }),
        by(4, Withdraw { slot: 3, bank: 1, atoms: Some(1) }),
        by(3, Repay { slot: 3, bank: 0, atoms: None }),
    ]);
}
