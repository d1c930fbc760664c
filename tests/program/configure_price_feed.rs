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

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = instruction(&world, world.markets[1].feed_args.clone());
    refuses_everyone_but(&mut world, &configure, &[Role::Admin]);
}
