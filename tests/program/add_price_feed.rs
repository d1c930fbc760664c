//! `add_price_feed`.

use ballast_client::ballast::types::PriceFeedArgs;
use ballast_migrate::FeedPlan;
use ballast_oracle::Provider;
use ballast_state::PriceFeed;

use super::support::*;

fn args() -> PriceFeedArgs {
    let sources = vec![presets::pyth_pull([7; 32])];
    PriceFeedArgs { sources, ..PriceFeedArgs::from(&FeedPlan::from(PLAIN)) }
}

fn instruction(world: &World, row: u8, args: PriceFeedArgs) -> Instruction {
    ix::add_price_feed(&world.admin.pubkey(), &world.group, row, args)
}

#[test]
fn lists_a_feed_without_a_price() {
    let mut world = World::plain();
    let (group, board) = (world.svm.read::<Group>(&world.group), world.board());
    let key = addresses::feed(&world.group, 3);
    let sent = world.as_admin(instruction(&world, 3, args())).expect("add_price_feed");
    let told = event!(sent, PriceFeedConfigured);
    assert_same(&told.header, &header(&world, key, 1));
    assert_eq!((told.row, told.board_sequence), (3, board.sequence + 1));

    let feed: PriceFeed = world.svm.read(&key);
    assert_eq!((feed.version, feed.row, feed.class, feed.state), (1, 3, 255, 0));
    assert_eq!((&feed.symbol[..5], feed.group, feed.sequence), (&b"COIN\0"[..], world.group, 1));
    assert_eq!((feed.source_count(), feed.sources[0].feed_id), (1, [7; 32]));
    assert_eq!(feed.sources[0].provider, Provider::PythPull.to_u8());
    assert_eq!((feed.accepted_price, feed.ema, feed.prints[0].price), (0, 0, 0));
    let rates = feed.rates;
    assert_eq!((rates.sigma, rates.depth, rates.basis), (1 << 31, 0, 1 << 28));
    let after = world.board();
    let row = after.rows[3];
    assert_eq!((after.row_count, row.state, row.mid, row.publish_ts), (4, 0, 0, 0));
    // 1/8 and 1/4, of which 1/16 is the add-on.
    assert_eq!((row.maintenance_long, row.maintenance_short, row.maintenance_add_on), (1 << 28, 1 << 28, 1 << 28));
    assert_eq!((row.initial_long, row.initial_short, row.initial_add_on), (3 << 28, 3 << 28, 1 << 28));
    assert_eq!(after.rows[..3], board.rows[..3]);
    let group_after: Group = world.svm.read(&world.group);
    assert_eq!((group_after.feed_count, group_after.sequence), (4, group.sequence + 1));
}

/// Rates from volatility where floor and cap differ: `k·σ·√T + add_on`.
#[test]
fn rates_follow_volatility_between_floor_and_cap() {
    let mut world = World::plain();
    let mut args = args();
    args.rates.maintenance_long.floor = presets::bps(625);
    args.rates.maintenance_long.cap = presets::bps(2_500);
    world.as_admin(instruction(&world, 3, args)).expect("add_price_feed");
    let rate = f64::from(world.board().rows[3].maintenance_long) / f64::from(2).powi(32);
    // 8.1 · 0.5 · √(1 h / 365.25 d)
    let expected = 8.1 * 0.5 * (1.0f64 / 8_766.0).sqrt();
    assert!((rate - expected).abs() < 1e-8, "{rate} {expected}");
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for (what, change, error) in FEED_OUT_OF_BOUNDS {
        let mut args = args();
        change(&mut args);
        eprintln!("{what}");
        let add = instruction(&world, 3, args);
        world.refuses(&add, &[&admin], error);
    }
}

#[test]
fn refuses_a_sixty_fifth_feed() {
    let mut world = World::empty();
    for row in 0..64 {
        world.as_admin(instruction(&world, row, args())).expect("add_price_feed");
    }
    let admin = world.admin.insecure_clone();
    let add = instruction(&world, 64, args());
    world.refuses(&add, &[&admin], "TooManyFeeds");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let add = instruction(&world, 3, args());
    refuses_everyone_but(&mut world, &add, &[Role::Admin]);
}
