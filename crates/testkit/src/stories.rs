//! How a world stands when a story begins.

use crate::plain::{COIN, DOLLAR, ONE_COIN, USD};
use crate::{Trader, World};

/// The plain world with a lender of 100,000 USD, and a trader with 100 coins (3,200 USD).
///
/// # Panics
/// If set-up fails.
#[must_use]
pub fn lent() -> (World, Trader, Trader) {
    let mut world = World::plain();
    let lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    (world, lender, trader)
}

/// As [`lent`], and the trader owes 2,048 USD.
///
/// # Panics
/// If set-up fails.
#[must_use]
pub fn indebted() -> (World, Trader, Trader) {
    let (mut world, lender, trader) = lent();
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    (world, lender, trader)
}

/// As [`indebted`], and coins have fallen to 24 USD: 2,400 USD of assets, of which 2,048 are owed and 428 required. With a
/// liquidator that has 10,000 USD and a coin.
///
/// # Panics
/// If set-up fails.
#[must_use]
pub fn unhealthy() -> (World, Trader, Trader, Trader) {
    let (mut world, lender, trader) = indebted();
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR), (COIN, ONE_COIN)]);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    (world, lender, trader, liquidator)
}

/// A world with interest in which a lender and a borrower of dollars waited a year: both indices are above one.
///
/// # Panics
/// If set-up fails.
#[must_use]
pub fn aged() -> (World, Trader, Trader) {
    let mut world = World::standard();
    let lender = world.trader_with(&[(0, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(1, 10_000 * ONE_COIN)]);
    world.borrow(&trader, 0, 50_000 * DOLLAR).expect("borrow");
    world.advance(31_557_600);
    (world, lender, trader)
}
