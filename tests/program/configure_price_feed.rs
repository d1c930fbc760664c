//! `configure_price_feed`.

use ballast_client::ballast::types::PriceFeedArgs;
use ballast_oracle::Provider;

use super::support::*;

fn instruction(world: &World, args: PriceFeedArgs) -> Instruction {
    ix::configure_price_feed(&world.admin.pubkey(), &world.group, 1, args)
}

/// The judged price stays, whatever else changes: no account becomes liquidatable by a new source.
#[test]
fn t21_the_price_stays_and_a_new_source_starts_without_a_print() {
    let mut world = World::plain();
    let (feed, board) = (world.feed(1), world.board());
    let mut args = world.markets[1].feed_args.clone();
    args.sources.push(presets::source(Provider::PythLegacy, Pubkey::new_from_array([8; 32]), [0; 32]));
    args.rates.maintenance_long.floor = presets::bps(1_000);
    args.rates.maintenance_long.cap = presets::bps(1_000);
    args.class = 2;
    let sent = world.as_admin(instruction(&world, args.clone())).expect("configure_price_feed");
    let told = event!(sent, PriceFeedConfigured);
    assert_same(&told.header, &header(&world, addresses::feed(&world.group, 1), feed.sequence + 1));
    assert_eq!((told.row, told.board_sequence), (1, board.sequence + 1));
    let after = world.feed(1);
    assert_eq!((after.source_count(), after.class, after.sequence), (2, 2, feed.sequence + 1));
    assert_eq!((after.prints[0], after.prints[1].price), (feed.prints[0], 0));
    assert_eq!(
        (after.accepted_price, after.accepted_ts, after.ema, after.state),
        (feed.accepted_price, feed.accepted_ts, feed.ema, feed.state)
    );
    let (row, before) = (world.board().rows[1], board.rows[1]);
    assert_eq!(
        (row.mid, row.low, row.high, row.publish_ts, row.state),
        (before.mid, before.low, before.high, before.publish_ts, before.state)
    );
    assert_eq!((row.maintenance_long, row.class), (presets::bps(1_000) - presets::bps(625), 2));

    // Another feed id in the first slot: its print is gone.
    args.sources[0].feed_id = [9; 32];
    world.as_admin(instruction(&world, args)).expect("configure_price_feed");
    let after = world.feed(1);
    assert_eq!((after.prints[0].price, after.accepted_price), (0, feed.accepted_price));
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for (what, change, error) in FEED_OUT_OF_BOUNDS {
        let mut args = world.markets[1].feed_args.clone();
        change(&mut args);
        eprintln!("{what}");
        let configure = instruction(&world, args);
        world.refuses(&configure, &[&admin], error);
    }
}

/// Orders fill at the prints of a source that says what came before: a feed of perps keeps one.
#[test]
fn a_feed_of_perps_keeps_its_pull_source() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    let mut args = world.markets[1].feed_args.clone();
    let legacy = presets::source(Provider::PythLegacy, Pubkey::new_from_array([8; 32]), [0; 32]);
    args.sources = vec![legacy];
    let without = instruction(&world, args.clone());
    world.refuses(&without, &[&admin], "NoPullSource");
    args.sources.push(world.markets[1].feed_args.sources[0]);
    world.as_admin(instruction(&world, args.clone())).expect("another one beside it");
    // Another update account will do.
    args.sources[1].feed_id = [9; 32];
    world.as_admin(instruction(&world, args)).expect("another feed id");
    // A feed without perps need not have one.
    let mut dollars = world.markets[0].feed_args.clone();
    dollars.sources = vec![legacy];
    let without = ix::configure_price_feed(&admin.pubkey(), &world.group, 0, dollars);
    world.send(without, &[&admin]).expect("configure_price_feed");
}

/// The premium of a side at its cap stays below a quarter of the smaller floor: 25 of 1,000 lots need a tenth.
#[test]
fn a_feed_of_perps_keeps_the_floors_its_terms_need() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    let quote = world.quote();
    let floors = |world: &World, long: u32, short: u32| {
        let mut args = world.markets[1].feed_args.clone();
        (args.rates.maintenance_long.floor, args.rates.maintenance_short.floor) = (long, short);
        instruction(world, args)
    };
    let terms = |index, cap| {
        let args = MarketArgs { skew_cap: cap, interest_cap: cap, weight: 1 << 30, ..presets::market() };
        pix::configure_perp_market(&admin.pubkey(), quote, index, 1, 0, args)
    };
    // ⌈4 · 2^32 / 100⌉
    assert_eq!((world.feed(1).perps, world.feed(1).perp_floor), (1, 171_798_692));
    world.as_admin(terms(COIN_PERP, 25_000_000_000)).expect("configure_perp_market");
    let (tenth, high) = (429_496_730, presets::bps(1_250));
    assert_eq!(world.feed(1).perp_floor, tenth);
    for (long, short) in [(tenth - 1, high), (high, tenth - 1)] {
        let lower = floors(&world, long, short);
        world.refuses(&lower, &[&admin], "PremiumTooSteep");
    }
    world.as_admin(floors(&world, tenth, tenth)).expect("just enough");
    let larger = terms(COIN_PERP, 25_000_001_000);
    world.refuses(&larger, &[&admin], "PremiumTooSteep");

    // Smaller terms need less, and then the floors may fall.
    world.as_admin(terms(COIN_PERP, 20_000_000_000)).expect("configure_perp_market");
    let lower = 343_597_384;
    assert_eq!(world.feed(1).perp_floor, lower);
    world.as_admin(floors(&world, lower, tenth)).expect("less");

    // A second perp of the feed would hedge the first.
    let lots = (symbol("COIN-2"), LOT_DECIMALS);
    let small = MarketArgs { skew_cap: 1, weight: 1 << 29, ..presets::market() };
    let second = pix::add_perp_market(&admin.pubkey(), quote, 2, 1, lots, small);
    world.refuses(&second, &[&admin], "TooManyMarkets");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = instruction(&world, world.markets[1].feed_args.clone());
    refuses_everyone_but(&mut world, &configure, &[Role::Admin]);
}
