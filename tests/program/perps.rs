//! What the tests of perps' orders share.

use ballast_client::ballast::types::MarketArgs;
pub(crate) use ballast_client::ballast::types::OrderArgs;
pub(crate) use ballast_client::perps as perp_ix;
pub(crate) use ballast_state::{Order, PerpMarket};
pub(crate) use ballast_testkit::order;

use super::support::*;

/// Markets of [`World::perps`]: coins at 32 atoms of a dollar a lot, gems at 1,024.
pub(crate) const COINS: u16 = 0;
pub(crate) const GEMS: u16 = 1;
/// A coin in lots.
pub(crate) const LOTS: i64 = 1_000_000;

/// What a coin costs, 10⁻⁸ USD.
pub(crate) const PRICE: i64 = 32_00000000;
/// The mark at it.
pub(crate) const MARK: u64 = 32 << 32;

/// Fee of a fill of ten coins: five basis points of 320 dollars.
pub(crate) const FEE: u64 = 160_000;
/// A keeper's.
pub(crate) const KEEPER_FEE: u64 = 10_000;
/// Premium of ten coins in an empty market: 32 · (10⁷)² / (2 · 10¹²).
pub(crate) const PREMIUM: u64 = 1_600;

/// A trader with 1,000 dollars, and a keeper with nothing.
pub(crate) fn cast() -> (World, Trader, Trader) {
    let (mut world, _) = World::perps();
    let trader = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    let keeper = world.trader();
    (world, trader, keeper)
}

/// [`cast`], with an order for ten coins whose moment has come: the feed prints the price it had.
pub(crate) fn due() -> (World, Trader, Trader) {
    let (mut world, trader, keeper) = cast();
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    world.svm.set_time(eligible);
    world.refresh_all();
    (world, trader, keeper)
}

/// Gives a market other terms.
pub(crate) fn configure(world: &mut World, market: u16, mode: u8, change: impl FnOnce(&mut MarketArgs)) {
    let (mut args, row) = (presets::market(), world.market(market).feed);
    change(&mut args);
    let configure = perp_ix::configure_perp_market(&world.admin.pubkey(), world.quote(), market, row, mode, args);
    world.as_admin(configure).expect("configure_perp_market");
}

/// Atoms of a trader's deposit of dollars, or below zero of its loan: a share of these worlds is an atom.
pub(crate) fn dollars(world: &World, trader: &Trader) -> i64 {
    let balance = world.margin(trader).balance(USD).copied();
    balance.map_or(0, |balance| {
        let atoms = i64::try_from(balance.shares).expect("few");
        if balance.is_loan() {
            -atoms
        } else {
            atoms
        }
    })
}

/// A group with a pool and a market of its own.
pub(crate) fn another_group(world: &mut World) -> (perp_ix::Market, Trader) {
    world.elsewhere(1, |world| {
        world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        world.list(&MarketSpec::plain(PLAIN, 9, PRICE));
        world.create_pool(presets::pool());
        world.list_perp(COIN, ballast_testkit::LOT_DECIMALS, presets::market());
        (world.perp(COINS), world.trader())
    })
}
