//! Stories that once broke an invariant, as they were printed.
#![allow(unused_imports, clippy::unreadable_literal, reason = "as they were printed")]

use crate::play::replay;
use crate::step::{by, join, propose, Do::*, OfBank::*, OfFeed::*, OfRules::*};
use crate::step::{ADMIN, GUARDIAN, HEIR, NOBODY, RISK_ADMIN};

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
        by(ADMIN, AddBank { row: 4, decimals: 13, fee: 0 }),
        by(ADMIN, AddBank { row: 3, decimals: 8, fee: 0 }),
        by(ADMIN, AddBank { row: 0, decimals: 11, fee: 0 }),
        by(1, Deposit { slot: 1, bank: 8, atoms: 103007548475558 }),
        by(ADMIN, ConfigureBank { bank: 8, sets: MaxUtilisation(10000) }),
        by(3, Deposit { slot: 11, bank: 1, atoms: 79577471560 }),
        by(3, Borrow { slot: 11, bank: 8, atoms: 103007548475558, to: 3 }),
        by(0, Print { row: 1, source: 0, price: 3141, confidence: 150, age: 0 }),
        by(0, Wait { seconds: 11 }),
        by(0, Print { row: 1, source: 0, price: 3141, confidence: 5, age: 0 }),
        by(2, Liquidate { taker: 2, from: 11, loan: 8, collateral: 1, most: 18446744073709551615 }),
        by(1, Withdraw { slot: 1, bank: 8, atoms: Some(59140642799451), to: 1 }),
    ]);
}

/// INV-18: debts grow by r·Δt at least and by r·Δt + (r·Δt)² at most.
///
/// A second at a rate so small that the exponential's last bits count: the predicate did not know them.
#[test]
fn inv_18_seed_9095() {
    replay(&[
        by(3, Deposit { slot: 3, bank: 3, atoms: 1103 }),
        by(0, Wait { seconds: 1 }),
        by(0, Print { row: 0, source: 0, price: 93696749, confidence: 1, age: 0 }),
        by(7, Deposit { slot: 7, bank: 5, atoms: 769290298440 }),
        by(0, Wait { seconds: 10 }),
        by(0, Print { row: 0, source: 0, price: 92759040, confidence: 20, age: 0 }),
        by(ADMIN, ConfigureBank { bank: 3, sets: Curve([(0, 42), (264, 42), (10000, 6674)]) }),
        by(7, Borrow { slot: 7, bank: 3, atoms: 1, to: 7 }),
        by(0, Wait { seconds: 1 }),
        by(5, Deposit { slot: 5, bank: 3, atoms: 3 }),
    ]);
}

/// INV-01: claims + fees + insurance ≤ vault books + debts, in every bank.
///
/// Lenders and fees of bank 7 lose everything, and a fraction of an atom of fees stays owed.
#[test]
fn inv_01_seed_9167() {
    replay(&[
        by(0, Deposit { slot: 0, bank: 0, atoms: 25003086881 }),
        by(2, Open { slot: 10 }),
        by(0, Wait { seconds: 160114 }),
        by(0, Print { row: 0, source: 0, price: 87509484, confidence: 1, age: 0 }),
        by(0, Print { row: 4, source: 0, price: 88256658116, confidence: 50, age: 0 }),
        by(ADMIN, AddBank { row: 4, decimals: 9, fee: 0 }),
        by(1, Deposit { slot: 1, bank: 6, atoms: 442601168 }),
        by(0, Wait { seconds: 1 }),
        by(0, Print { row: 4, source: 0, price: 74725554870, confidence: 1, age: 0 }),
        by(0, Wait { seconds: 11 }),
        by(0, Print { row: 0, source: 0, price: 87670908, confidence: 20, age: 0 }),
        by(0, Print { row: 4, source: 0, price: 74725554870, confidence: 50, age: 0 }),
        by(ADMIN, AddBank { row: 0, decimals: 11, fee: 0 }),
        by(1, Deposit { slot: 1, bank: 7, atoms: 114062922674417 }),
        by(ADMIN, ConfigureBank { bank: 7, sets: MaxUtilisation(10000) }),
        by(2, Deposit { slot: 10, bank: 4, atoms: 13382302770982 }),
        by(2, Borrow { slot: 10, bank: 7, atoms: 114062922674417, to: 2 }),
        by(0, Wait { seconds: 648000 }),
        by(0, Print { row: 4, source: 0, price: 123580245789, confidence: 5, age: 0 }),
        by(0, Wait { seconds: 2592000 }),
        by(0, Print { row: 4, source: 0, price: 123580245789, confidence: 0, age: 0 }),
        by(0, Wait { seconds: 1 }),
        by(0, Print { row: 0, source: 0, price: 86793300, confidence: 150, age: 0 }),
        by(2, Borrow { slot: 10, bank: 0, atoms: 15000563844, to: 2 }),
        by(0, Print { row: 4, source: 0, price: 93439293770, confidence: 0, age: 0 }),
        by(0, Wait { seconds: 11 }),
        by(0, Print { row: 4, source: 0, price: 93439293770, confidence: 150, age: 0 }),
        by(1, Liquidate { taker: 1, from: 10, loan: 0, collateral: 4, most: 18446744073709551615 }),
        by(1, Resolve { slot: 10, bank: 7 }),
    ]);
}

/// INV-24: a deposit leaves claims within the cap, a top-up within 5/4 of what was last set in full power; a loan leaves debts within the cap.
///
/// The risk admin lowered the cap; top-ups go by the one last set in full power, which the check did not know.
#[test]
fn inv_24_seed_15() {
    replay(&[
        by(0, Deposit { slot: 0, bank: 4, atoms: 10125000091153 }),
        by(5, Deposit { slot: 5, bank: 2, atoms: 48650390 }),
        by(5, Borrow { slot: 5, bank: 4, atoms: 8270378824, to: 5 }),
        by(RISK_ADMIN, ConfigureBank { bank: 2, sets: DepositCap(672391350) }),
        by(5, Deposit { slot: 5, bank: 2, atoms: 1484161348 }),
    ]);
}

/// INV-50: after tokens or shares moved, the rate is the curve's and the lend ratio the books'.
///
/// The end of a liquidation in stages wrote off what was left: it moves no tokens, so it keeps the rate that the repayment set.
#[test]
fn inv_50_seed_3() {
    replay(&[
        by(ADMIN, AddBank { row: 1, decimals: 7, fee: 0 }),
        by(0, Deposit { slot: 0, bank: 6, atoms: 15915494312 }),
        by(0, Wait { seconds: 357295 }),
        by(0, Print { row: 1, source: 0, price: 1739189304, confidence: 5, age: 0 }),
        by(0, Wait { seconds: 1 }),
        by(0, Print { row: 1, source: 0, price: 1739189304, confidence: 150, age: 0 }),
        by(0, Print { row: 3, source: 0, price: 1548128296284, confidence: 50, age: 0 }),
        by(3, Deposit { slot: 3, bank: 3, atoms: 141 }),
        by(0, Wait { seconds: 1 }),
        by(3, Borrow { slot: 3, bank: 6, atoms: 5828251482, to: 3 }),
        by(3, Borrow { slot: 3, bank: 6, atoms: 1844095185, to: 3 }),
        by(0, Print { row: 1, source: 0, price: 3089146000, confidence: 50, age: 0 }),
        by(0, Wait { seconds: 15 }),
        by(0, Print { row: 1, source: 0, price: 3089146000, confidence: 50, age: 0 }),
        by(0, Print { row: 3, source: 0, price: 1548128296284, confidence: 50, age: 0 }),
        join(1, BeginLiquidation { from: 3, loan: 6, collateral: 3, most: 18446744073709551615 }),
        join(1, Seize { from: 3, bank: 3, atoms: None }),
        join(1, Repay { slot: 3, bank: 6, atoms: None }),
        by(1, EndLiquidation { from: 3, loan: 6, collateral: 3 }),
    ]);
}
