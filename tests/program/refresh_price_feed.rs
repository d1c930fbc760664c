//! `refresh_price_feed`.

use ballast_oracle::fixtures::{PythLegacyPrice, PythPullUpdate, SwitchboardOnDemandFeed};
use ballast_oracle::Provider;
use ballast_state::PriceState;

use super::support::*;

/// Where a Pyth pull update says how it was verified.
const VERIFICATION: usize = 40;

fn owner(provider: Provider) -> Pubkey {
    Pubkey::new_from_array(provider.default_owners()[0])
}

fn instruction(world: &World) -> Instruction {
    let market = &world.markets[usize::from(COIN)];
    ix::refresh_price_feed(&world.group, market.row, &[market.oracle])
}

/// Publishes an update of the coin's feed with these numbers.
fn post(world: &mut World, change: impl FnOnce(&mut PythPullUpdate)) {
    let market = world.markets[usize::from(COIN)].clone();
    let now = world.svm.now();
    let mut update = PythPullUpdate {
        feed_id: market.feed_id,
        price: 32_50000000,
        confidence: 0,
        exponent: -8,
        publish_time: now,
        previous_publish_time: now - 1,
        posted_slot: world.svm.clock().slot,
    };
    change(&mut update);
    world.svm.put_data(&market.oracle, &owner(Provider::PythPull), update.to_bytes());
}

/// The coin's feed with three sources: Pyth pull, Switchboard On-Demand, legacy Pyth.
fn three_sources() -> (World, [Pubkey; 3]) {
    let mut world = World::plain();
    let accounts = [world.markets[1].oracle, Pubkey::new_from_array([8; 32]), Pubkey::new_from_array([9; 32])];
    world
        .configure_feed(COIN, |args| {
            args.sources.push(presets::source(Provider::SwitchboardOnDemand, accounts[1], [0; 32]));
            args.sources.push(presets::source(Provider::PythLegacy, accounts[2], [0; 32]));
        })
        .expect("configure_price_feed");
    world.svm.advance(10);
    (world, accounts)
}

/// Prices in cents; nothing: the source stays silent.
fn post_three(world: &mut World, cents: [Option<i64>; 3]) {
    let (now, slot) = (world.svm.now(), world.svm.clock().slot);
    if let Some(cents) = cents[0] {
        post(world, |update| update.price = cents * 1_000_000);
    }
    if let Some(cents) = cents[1] {
        let feed = SwitchboardOnDemandFeed {
            feed_hash: [0; 32],
            name: "COIN/USD",
            value: i128::from(cents) * 10_000_000_000_000_000,
            std_dev: 0,
            samples: 3,
            publish_time: now,
            slot,
        };
        let key = Pubkey::new_from_array([8; 32]);
        world.svm.put_data(&key, &owner(Provider::SwitchboardOnDemand), feed.to_bytes());
    }
    if let Some(cents) = cents[2] {
        let price = PythLegacyPrice {
            product: [0; 32],
            price: cents * 1_000_000,
            confidence: 0,
            exponent: -8,
            status: 1,
            publish_time: now,
            previous_publish_time: now - 1,
            slot,
        };
        let key = Pubkey::new_from_array([9; 32]);
        world.svm.put_data(&key, &owner(Provider::PythLegacy), price.to_bytes());
    }
}

#[test]
fn takes_a_newer_price_and_tells_the_band() {
    let mut world = World::plain();
    world.svm.advance(600);
    let (feed_before, board_before) = (world.feed(1), world.board());
    post(&mut world, |update| update.confidence = 6_250_000);
    let refresh = instruction(&world);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");

    let seen = event!(sent, PriceRefreshed);
    let feed = world.feed(1);
    assert_same(&seen.header, &header(&world, addresses::feed(&world.group, 1), feed_before.sequence + 1));
    assert_eq!((seen.row, seen.state, seen.sources), (1, PriceState::Normal.to_byte(), 1));
    // 32.5 ± 0.0625; the average was 32, and is the low end of the Initial band.
    let (mid, width, average) = ((65 << 40) / 2, (1 << 40) / 16, 32 << 40);
    assert_eq!((seen.judged, seen.mid), (mid, mid));
    assert_eq!((seen.fair_low, seen.fair_high), (mid - width, mid + width));
    assert_eq!((seen.low, seen.high), (average, mid + width));
    assert_eq!((seen.publish_ts, seen.board_sequence), (world.svm.now(), board_before.sequence + 1));

    let row = world.board().rows[1];
    assert_eq!(
        (row.mid, row.low, row.high, row.fair_low, row.fair_high),
        (seen.mid, seen.low, seen.high, seen.fair_low, seen.fair_high)
    );
    assert_eq!((row.publish_ts, row.state), (world.svm.now(), 1));
    assert_eq!(world.board().refreshed_ts, world.svm.now());
    assert_eq!((feed.accepted_price, feed.accepted_ts), (mid, world.svm.now()));
    assert_eq!((feed.prints[0].price, feed.prints[0].confidence), (mid, width));
    // One time constant: 32 + 0.5 · (1 − 1/e).
    let moved = (feed.ema - average) as f64 / (1u64 << 40) as f64;
    assert!((moved - 0.5 * (1.0 - (-1.0f64).exp())).abs() < 1e-9, "{moved}");
    // Other rows are as they were.
    assert_eq!(world.board().rows[0], board_before.rows[0]);
    world.check_invariants();
}

#[test]
fn anyone_may() {
    let mut world = World::plain();
    world.svm.advance(1);
    post(&mut world, |_| {});
    let stranger = world.svm.rich_keypair();
    let refresh = instruction(&world);
    world.send(refresh, &[&stranger]).expect("refresh_price_feed");
}

#[test]
fn three_sources_give_the_median() {
    let (mut world, sources) = three_sources();
    post_three(&mut world, [Some(3_210), Some(3_190), Some(3_200)]);
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.sources, seen.state, seen.mid), (3, 1, 32 << 40));
    // All fresh sources are in the band.
    assert_eq!(seen.fair_low >> 30, (3_190u64 << 10) / 100);
    assert_eq!(seen.fair_high >> 30, (3_210u64 << 10) / 100);
}

#[test]
fn t04_one_source_that_moves_alone_is_outvoted() {
    let (mut world, sources) = three_sources();
    post_three(&mut world, [Some(6_400), Some(3_200), Some(3_200)]);
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.sources, seen.state, seen.mid), (3, 1, 32 << 40));
    assert_eq!((seen.low, seen.high), (32 << 40, 64 << 40));
}

#[test]
fn t04_sources_that_disagree_guard_the_feed() {
    let (mut world, sources) = three_sources();
    post_three(&mut world, [Some(3_200), Some(3_280), Some(3_120)]);
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.sources, seen.state, seen.mid), (3, PriceState::Guarded.to_byte(), 32 << 40));
}

/// What a source's account does not say counts as nothing: the others go on.
#[test]
fn a_dead_source_does_not_stop_the_others() {
    let (mut world, sources) = three_sources();
    post_three(&mut world, [Some(3_210), Some(3_200), None]);
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    let sent = world.as_admin(refresh.clone()).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.sources, seen.mid), (2, (3_205 << 40) / 100));
    let mut missing = refresh;
    missing.accounts.pop();
    let admin = world.admin.insecure_clone();
    world.refuses(&missing, &[&admin], "MissingAccount");
}

#[test]
fn a_jump_waits_for_a_second_print() {
    let mut world = World::plain();
    world.svm.advance(60);
    let sent = world.set_price(COIN, 24_00000000).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.state, seen.judged, seen.mid), (PriceState::PendingJump.to_byte(), 24 << 40, 32 << 40));
    world.svm.advance(9);
    let sent = world.set_price(COIN, 24_00000000).expect("refresh_price_feed");
    assert_eq!(event!(sent, PriceRefreshed).state, 2);
    world.svm.advance(1);
    // Of the two, the one nearer to what was.
    let sent = world.set_price(COIN, 23_00000000).expect("refresh_price_feed");
    let seen = event!(sent, PriceRefreshed);
    assert_eq!((seen.state, seen.mid), (1, 24 << 40));
}

/// A fixed price needs no account and is never stale.
#[test]
fn a_fixed_price_needs_no_account() {
    let mut world = World::plain();
    world.configure_feed(USD, |args| args.sources = vec![presets::fixed(1_000_000)]).expect("configure_price_feed");
    world.svm.advance(1);
    let refresh = ix::refresh_price_feed(&world.group, 0, &[]);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");
    assert_eq!(event!(sent, PriceRefreshed).mid, 1 << 40);
    assert_eq!(world.board().rows[0].fixed, 1);
}

#[test]
fn v04_refuses_what_is_not_newer() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let refresh = instruction(&world);
    // The print of the listing again: equal, then older.
    world.refuses(&refresh, &[&admin], "PublishTimeNotNewer");
    world.svm.advance(10);
    let now = world.svm.now();
    post(&mut world, |update| update.publish_time = now - 11);
    world.refuses(&refresh, &[&admin], "PublishTimeNotNewer");
    post(&mut world, |update| update.publish_time = now - 9);
    world.send(refresh.clone(), &[&admin]).expect("refresh_price_feed");
    world.refuses(&refresh, &[&admin], "PublishTimeNotNewer");
}

/// Stale, from the future, zero, negative, overflowing, below and above every price, too wide.
#[test]
fn t03_v04_refuses_unusable_prices() {
    let mut world = World::plain();
    world.svm.advance(120);
    let admin = world.admin.insecure_clone();
    let refresh = instruction(&world);
    let now = world.svm.now();
    type Change = fn(&mut PythPullUpdate);
    let unusable: &[(&str, Change, &str)] = &[
        ("stale", |update| update.publish_time -= 61, STALE),
        ("ancient", |update| update.publish_time = i64::MIN, "PublishTimeNotNewer"),
        ("from the future", |update| update.publish_time += 6, STALE),
        ("from the end of time", |update| update.publish_time = i64::MAX, STALE),
        ("zero", |update| update.price = 0, OUT_OF_RANGE),
        ("negative", |update| update.price = -1, OUT_OF_RANGE),
        ("most negative", |update| update.price = i64::MIN, OUT_OF_RANGE),
        ("overflowing", |update| (update.price, update.exponent) = (i64::MAX, 38), OUT_OF_RANGE),
        ("beyond any power", |update| update.exponent = i32::MAX, OUT_OF_RANGE),
        ("vanishing", |update| update.exponent = i32::MIN, OUT_OF_RANGE),
        ("too small", |update| (update.price, update.exponent) = (99, -8), OUT_OF_RANGE),
        ("too large", |update| (update.price, update.exponent) = (10_000_001, 0), OUT_OF_RANGE),
        ("too wide", |update| update.confidence = 65_000_001, STALE),
        ("widest", |update| update.confidence = u64::MAX, STALE),
    ];
    for (what, change, error) in unusable {
        post(&mut world, *change);
        eprintln!("{what}");
        world.refuses(&refresh, &[&admin], error);
    }
    // At the bounds: 60 seconds old, 2 % wide.
    post(&mut world, |update| (update.publish_time, update.confidence) = (now - 60, 64_000_000));
    world.send(refresh.clone(), &[&admin]).expect("refresh_price_feed");
    post(&mut world, |update| update.publish_time = now + 5);
    world.send(refresh, &[&admin]).expect("refresh_price_feed");
}

/// What the judge says of a print that is too old, too new or too wide.
const STALE: &str = "NoUsableSource";
/// What it says of a price outside its range.
const OUT_OF_RANGE: &str = "PriceOutOfRange";

#[test]
fn t06_refuses_broken_oracle_accounts() {
    let mut world = World::plain();
    world.svm.advance(10);
    post(&mut world, |_| {});
    let refresh = instruction(&world);
    let admin = world.admin.insecure_clone();
    let signers = [&admin];
    post(&mut world, |update| update.feed_id[5] = 0);
    world.refuses(&refresh, &signers, "OracleWrongFeed");

    let oracle = world.markets[1].oracle;
    let receiver = owner(Provider::PythPull);
    let broken = |world: &mut World, change: fn(&mut Vec<u8>), error: &str| {
        post(world, |_| {});
        let mut data = world.svm.account(&oracle).expect("an update").data;
        change(&mut data);
        world.svm.put_data(&oracle, &receiver, data);
        world.refuses(&refresh, &signers, error);
    };
    broken(&mut world, |data| data[0] ^= 1, "OracleWrongType");
    broken(&mut world, |data| data[7] ^= 128, "OracleWrongType");
    broken(&mut world, |data| data.truncate(100), "OracleNoResult");
    broken(&mut world, Vec::clear, "OracleNoResult");
    broken(&mut world, |data| data[VERIFICATION] = 2, "OracleNoResult");
    // Partial: five signatures, then the message.
    broken(
        &mut world,
        |data| {
            data[VERIFICATION] = 0;
            data.insert(VERIFICATION + 1, 5);
            data.truncate(134);
        },
        "OraclePartialVerification",
    );
    post(&mut world, |_| {});
    world.send(refresh, &signers).expect("right in the end");
}

#[test]
fn refuses_a_source_that_is_not_trading() {
    let mut world = World::plain();
    let named = Pubkey::new_from_array([8; 32]);
    let source = presets::source(Provider::PythLegacy, named, [0; 32]);
    world.configure_feed(COIN, |args| args.sources = vec![source]).expect("configure_price_feed");
    world.svm.advance(10);
    let price = PythLegacyPrice {
        product: [0; 32],
        price: 32_00000000,
        confidence: 0,
        exponent: -8,
        status: 2,
        publish_time: world.svm.now(),
        previous_publish_time: 0,
        slot: world.svm.clock().slot,
    };
    world.svm.put_data(&named, &owner(Provider::PythLegacy), price.to_bytes());
    let admin = world.admin.insecure_clone();
    let refresh = ix::refresh_price_feed(&world.group, 1, &[named]);
    world.refuses(&refresh, &[&admin], "OracleNotTrading");
    world.svm.put_data(&named, &owner(Provider::PythLegacy), PythLegacyPrice { status: 1, ..price }.to_bytes());
    world.send(refresh, &[&admin]).expect("refresh_price_feed");
}
