//! Sources that lie, change or are somebody else's, and what age and confidence do to a price.

use ballast_oracle::fixtures::PythLegacyPrice;
use ballast_oracle::Provider;
use ballast_state::PriceState;

use super::support::*;

/// The second source of the coin.
const SECOND: Pubkey = Pubkey::new_from_array([9; 32]);

/// Gives the coin a second source.
fn add_second(world: &mut World) {
    world
        .configure_feed(COIN, |args| args.sources.push(presets::source(Provider::PythLegacy, SECOND, [0; 32])))
        .expect("configure_price_feed");
}

/// Both sources print, in 10⁻⁸ USD, and the dollar with them.
fn print_both(world: &mut World, first: i64, second: i64) -> Result<Sent, Failed> {
    let (now, slot) = (world.svm.now(), world.svm.clock().slot);
    let print = PythLegacyPrice {
        product: [0; 32],
        price: second,
        confidence: 0,
        exponent: -8,
        status: 1,
        publish_time: now,
        previous_publish_time: now - 1,
        slot,
    };
    let owner = Pubkey::new_from_array(Provider::PythLegacy.default_owners()[0]);
    world.svm.put_data(&SECOND, &owner, print.to_bytes());
    world.publish(COIN, first);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    refresh_both(world)
}

fn refresh_both(world: &mut World) -> Result<Sent, Failed> {
    let refresh = ix::refresh_price_feed(&world.group, 1, &[world.markets[1].oracle, SECOND]);
    world.as_admin(refresh)
}

/// A thin pool was the only oracle of a dollar token: who pumped it borrowed against what it said. Here a source that moves
/// alone lifts nobody's limit: inside the deviation the lower print counts, beyond it nothing new is lent.
#[test]
fn t04_a_source_pumped_alone_lends_nothing_more() {
    let (mut world, _, borrower, liquidator) = cast();
    let pumper = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    add_second(&mut world);
    step(&mut world, |world| print_both(world, 32_00000000, 32_00000000));
    // 3,200 · (1 − 1/4) / (1 + 1/8)
    assert_most(&mut world, &pumper, USD, 2_133_333_300, 100);
    world.svm.advance(1);
    step(&mut world, |world| print_both(world, 32_40000000, 32_00000000));
    assert_eq!((world.board().rows[1].mid, world.board().rows[1].low), ((322 << 40) / 10, 32 << 40));
    assert_most(&mut world, &pumper, USD, 2_133_333_300, 100);
    world.svm.advance(1);
    step(&mut world, |world| print_both(world, 64_00000000, 32_00000000));
    let row = world.board().rows[1];
    assert_eq!((row.state, row.mid), (PriceState::Guarded.to_byte(), (322 << 40) / 10));
    fails(&mut world, "PriceGuarded", |world| world.borrow(&pumper, USD, 11 * DOLLAR));
    fails(&mut world, "PriceGuarded", |world| world.withdraw(&borrower, COIN, Some(1)));
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    step(&mut world, |world| world.repay(&borrower, USD, Some(DOLLAR)));
}

/// The borrower at 25.20 USD, 1.3 % above where it would be liquidatable: 2,048 · 17/16 = 7/8 · 100 · 24.8685…
fn near_the_edge() -> (World, Trader, Trader) {
    let (mut world, _, borrower, liquidator) = cast();
    world.crash(COIN, 25_20000000);
    assert!(!world.health(&borrower).is_negative());
    (world, borrower, liquidator)
}

/// A price was capped by a ratio and the time it belongs to; the two were set apart from each other, the price came out
/// 2.85 % too low, and healthy accounts were liquidated. Here settings come whole, no setting is a price, and a source whose
/// settings changed says nothing until it has printed. What it then says wrong costs nobody anything if there is a second
/// source; if there is none, it is 3 % at most.
#[test]
fn t15_settings_out_of_step_liquidate_nobody() {
    let (mut world, borrower, liquidator) = near_the_edge();
    add_second(&mut world);
    let mid = world.board().rows[1].mid;
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    world.svm.advance(1);
    // 25.20 less 2.85 %, whose mean with 25.20 is under the edge.
    step(&mut world, |world| print_both(world, 25_20000000, 24_48180000));
    let row = world.board().rows[1];
    assert_eq!(row.state, PriceState::Guarded.to_byte());
    assert!(row.mid < mid && world.health(&borrower).is_negative());
    fails(&mut world, "HealthyAtFavourablePrice", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));

    // A source alone is believed up to a jump: 24.4818 is none, 24.43 is.
    for (price, believed) in [(24_48180000, true), (24_43000000, false)] {
        let (mut world, borrower, liquidator) = near_the_edge();
        world.configure_feed(COIN, |args| args.sources[0].feed_id = [9; 32]).expect("configure_price_feed");
        world.markets[1].feed_id = [9; 32];
        assert_eq!((world.board().rows[1].mid, world.feed(1).prints[0].price), (mid, 0));
        world.svm.advance(1);
        step(&mut world, |world| world.set_price(COIN, price));
        assert_eq!(world.board().rows[1].mid < mid, believed);
        let liquidated = world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX);
        assert_eq!(liquidated.is_ok(), believed);
    }
}

/// A feed was pointed at another oracle, whose price was lower, and accounts were liquidated in the slot of the switch. Here
/// the judged price stays, and a first print far from it waits like any other jump.
#[test]
fn t21_a_switch_of_source_liquidates_nobody_at_the_switch() {
    for price in [22_00000000, 24_40000000, 12_00000000, 1_00000000] {
        let (mut world, borrower, liquidator) = near_the_edge();
        let mid = world.board().rows[1].mid;
        world.configure_feed(COIN, |args| args.sources[0].feed_id = [9; 32]).expect("configure_price_feed");
        world.markets[1].feed_id = [9; 32];
        let refused = |world: &mut World| {
            assert_eq!(world.board().rows[1].mid, mid);
            fails(world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
        };
        refused(&mut world);
        world.svm.advance(1);
        step(&mut world, |world| world.set_price(COIN, price));
        fails(&mut world, "PricePending", |world| world.borrow(&borrower, USD, 11 * DOLLAR));
        refused(&mut world);
        // Its owner has nine seconds.
        world.svm.advance(9);
        step(&mut world, |world| world.set_price(COIN, price));
        refused(&mut world);
        step(&mut world, |world| world.tried(|world| world.repay(&borrower, USD, Some(1_000 * DOLLAR))));
        world.svm.advance(1);
        step(&mut world, |world| world.set_price(COIN, price));
        assert!(world.board().rows[1].mid < mid);
        step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    }
}

/// An account was known by its key, whose data a program of somebody else could come to write. Here the owner named with the
/// source has to own the account at every read: alone such a source is an error, among others it is silent.
#[test]
fn v34_a_pinned_account_of_another_owner_says_nothing() {
    let (mut world, ..) = cast();
    let stranger = Pubkey::new_from_array([77; 32]);
    add_second(&mut world);
    world.svm.advance(1);
    step(&mut world, |world| print_both(world, 32_00000000, 32_00000000));
    world.svm.advance(1);
    world.publish(COIN, 32_10000000);
    let mut seized = world.svm.account(&SECOND).expect("the second source");
    let written = PythLegacyPrice {
        product: [0; 32],
        price: 32_20000000,
        confidence: 0,
        exponent: -8,
        status: 1,
        publish_time: world.svm.now(),
        previous_publish_time: world.svm.now() - 1,
        slot: world.svm.clock().slot,
    };
    (seized.owner, seized.data) = (stranger, written.to_bytes());
    world.svm.put(&SECOND, seized.clone());
    let before = world.feed(1).prints[1];
    step(&mut world, refresh_both);
    let feed = world.feed(1);
    assert_eq!((feed.prints[1], feed.prints[0].price), (before, (321 << 40) / 10));

    // The same account as the only source.
    world
        .configure_feed(COIN, |args| {
            args.sources.remove(0);
        })
        .expect("configure_price_feed");
    let alone = ix::refresh_price_feed(&world.group, 1, &[SECOND]);
    fails(&mut world, "OracleWrongOwner", |world| world.as_admin(alone.clone()));
    seized.owner = Pubkey::new_from_array(Provider::PythLegacy.default_owners()[0]);
    world.svm.put(&SECOND, seized);
    step(&mut world, |world| world.as_admin(alone));
    assert_eq!(world.board().rows[1].mid, (322 << 40) / 10);
}

/// A price was checked once and then known as good, whatever was done with it. Here every action asks for the age it can
/// bear, of the same row: 10 seconds to deleverage, 20 to borrow (in this group), 60 to liquidate; and what an instruction
/// before it in the transaction was content with counts for nothing.
#[test]
fn v05_every_action_asks_for_its_own_age() {
    let (mut world, _, borrower, keeper) = cast();
    world.configure_rules(|rules| rules.borrow_max_age = 20).expect("configure_group");
    step(&mut world, |world| world.set_policy(&borrower, 20_000, 1_000, 100_000));
    world.refresh_all();
    let at = world.svm.now();
    let deleverage = |world: &mut World| world.deleverage(&keeper, &borrower, USD, COIN, 100 * DOLLAR, false);
    let borrow = |world: &mut World| world.borrow(&borrower, USD, 11 * DOLLAR);
    let withdraw = |world: &mut World| world.withdraw(&borrower, COIN, Some(1));
    let allowed = |world: &mut World, act: &dyn Fn(&mut World) -> Result<Sent, Failed>| {
        world.tried(|world| act(world).unwrap_or_else(|failed| panic!("{}", failed.name())));
    };
    world.svm.set_time(at + 10);
    allowed(&mut world, &deleverage);
    world.svm.set_time(at + 11);
    fails(&mut world, "PriceStale", deleverage);
    allowed(&mut world, &borrow);
    let both = [
        ix::borrow(&borrower.user(USD), &world.margin(&borrower), &world.bank(USD), 11 * DOLLAR),
        ix::deleverage(
            &ix::Takeover {
                authority: keeper.key.pubkey(),
                taker: keeper.account,
                taker_state: &world.margin(&keeper),
                account: borrower.account,
                account_state: &world.margin(&borrower),
                loan_bank: USD,
                collateral_bank: COIN,
            },
            100 * DOLLAR,
            false,
        ),
    ];
    fails(&mut world, "PriceStale", |world| world.svm.send(&both, &[&borrower.key, &keeper.key]));
    world.svm.set_time(at + 20);
    allowed(&mut world, &withdraw);
    world.svm.set_time(at + 21);
    fails(&mut world, "PriceStale", borrow);
    fails(&mut world, "PriceStale", withdraw);
    reprice(&mut world, COIN, 24 << 40);
    let liquidate = |world: &mut World| world.liquidate(&keeper, &borrower, USD, COIN, 100 * DOLLAR);
    world.svm.set_time(at + 60);
    allowed(&mut world, &liquidate);
    world.svm.set_time(at + 61);
    fails(&mut world, "PairPriceStale", liquidate);
    // Those that need no price ask for none.
    step(&mut world, |world| world.repay(&borrower, USD, Some(DOLLAR)));
    step(&mut world, |world| world.deposit(&borrower, COIN, ONE_COIN));
}

/// Bid and ask were taken as they came, crossed or far apart, and a confidence was read and never used. Here collateral is
/// worth its price less the confidence, a loan its price and the confidence, to the dollar's millionth; and a confidence
/// beyond what the source is allowed, or beyond the price itself, drops the print.
#[test]
fn v06_confidence_is_against_who_acts() {
    let (mut world, ..) = cast();
    let long = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let short = world.trader_with(&[(USD, 3_600 * DOLLAR)]);
    // 100 coins at the low end: ·(3/4)/(9/8). 3,600 USD: ·(7/8)/(5/4) at the high end.
    for (bps, of_long, of_short) in
        [(0, 2_133_333_300, 78_749_999_000), (150, 2_101_333_300, 77_586_206_000), (199, 2_090_879_900, 77_213_451_000)]
    {
        world.markets[1].confidence = bps;
        world.advance(1);
        assert_most(&mut world, &long, USD, of_long, 200);
        assert_most(&mut world, &short, COIN, of_short, 4_000);
    }
    let row = world.board().rows[1];
    for confidence in [64_000_001, 32_00000000, 100_00000000, u64::MAX] {
        world.svm.advance(1);
        let now = world.svm.now();
        world.publish_at(COIN, 32_00000000, confidence, now);
        fails(&mut world, "NoUsableSource", |world| world.refresh(COIN));
    }
    assert_eq!(world.board().rows[1], row);
}

/// Collateral was credited at an old price, a debt counted at a lower one than it had by then. Here both ends of the band
/// widen with the square root of the price's age, against who acts, and after a minute there is no price to act on. Health at
/// Maintenance does not see the age: nobody is liquidated by it.
#[test]
fn v07_an_old_price_credits_less_and_charges_more() {
    let (mut world, _, borrower, _) = cast();
    let long = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let short = world.trader_with(&[(USD, 3_600 * DOLLAR)]);
    world.refresh_all();
    let health = world.health(&borrower);
    assert_most(&mut world, &long, USD, 2_133_333_300, 100);
    world.svm.advance(60);
    // 4.75 · 50 % · √(60 s / year) = 0.3274818 %.
    assert_most(&mut world, &long, USD, 2_126_347_000, 200);
    assert_most(&mut world, &short, COIN, 78_492_950_000, 10_000);
    assert_eq!(world.health(&borrower), health);
    world.svm.advance(1);
    fails(&mut world, "PriceStale", |world| world.borrow(&long, USD, 11 * DOLLAR));
    // Each of the two prices alone.
    world.set_price(COIN, 32_00000000).expect("refresh_price_feed");
    fails(&mut world, "PriceStale", |world| world.borrow(&long, USD, 11 * DOLLAR));
    world.svm.advance(1);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    step(&mut world, |world| world.tried(|world| world.borrow(&long, USD, 11 * DOLLAR)));
    world.svm.advance(60);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    fails(&mut world, "PriceStale", |world| world.borrow(&long, USD, 11 * DOLLAR));
}
