//! Stories that once broke an invariant, as they were printed.
#![allow(unused_imports, clippy::unreadable_literal, reason = "as they were printed")]

use crate::play::replay;
use crate::step::{by, Do::*, OfBank::*, OfFeed::*, OfRules::*, ADMIN};

/// INV-52: nothing refuses a repayment, and nothing but the vault a withdrawal without debt.
///
/// The lenders of bank 8 lost everything, so no number of shares is worth what one of them asks for: the predicate took that
/// for a closed exit.
#[test]
fn inv_52_seed_6() {
    replay(&[
        by(2, Deposit { slot: 2, bank: 0, atoms: 4768 }),
        by(0, Wait { seconds: 1 }),
        by(3, Open { slot: 11 }),
        by(ADMIN, AddBank { row: 4, decimals: 13 }),
        by(ADMIN, AddBank { row: 3, decimals: 8 }),
        by(ADMIN, AddBank { row: 0, decimals: 11 }),
        by(1, Deposit { slot: 1, bank: 8, atoms: 103007548475558 }),
        by(ADMIN, ConfigureBank { bank: 8, sets: MaxUtilisation(10000) }),
        by(3, Deposit { slot: 11, bank: 1, atoms: 79577471560 }),
        by(3, Borrow { slot: 11, bank: 8, atoms: 103007548475558 }),
        by(0, Print { row: 1, source: 0, price: 3141, confidence: 150, age: 0 }),
        by(0, Wait { seconds: 11 }),
        by(0, Print { row: 1, source: 0, price: 3141, confidence: 5, age: 0 }),
        by(2, Liquidate { taker: 2, from: 11, loan: 8, collateral: 1, most: 18446744073709551615 }),
        by(1, Withdraw { slot: 1, bank: 8, atoms: Some(59140642799451) }),
    ]);
}
