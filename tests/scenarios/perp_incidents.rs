//! Incidents of other protocols, tried on perps: prices, and whose loss it is.

use ballast_client::perps as perp_ix;
use ballast_testkit::order;

use super::support::*;

const COINS: u16 = 0;
/// A coin in lots.
const LOTS: i64 = 1_000_000;
const PRICE: i64 = 32_00000000;

fn cast(dollars: u64) -> (World, Trader, Trader) {
    let (mut world, _) = World::perps();
    let trader = world.perp_trader(&[(USD, dollars * DOLLAR)]);
    let keeper = world.trader();
    (world, trader, keeper)
}

fn withdraw(world: &mut World, trader: &Trader, atoms: u64) -> Result<Sent, Failed> {
    let out = ix::withdraw(&trader.user(USD), &world.margin(trader), &world.bank(USD), Some(atoms));
    world.send(out, &[&trader.key])
}

/// The most that may be withdrawn, to a dollar.
fn withdrawable(world: &mut World, trader: &Trader) -> u64 {
    let (mut least, mut most) = (0, 2_000);
    while most - least > 1 {
        let dollars = (least + most) / 2;
        if world.tried(|world| withdraw(world, trader, dollars * DOLLAR).is_ok()) {
            least = dollars;
        } else {
            most = dollars;
        }
    }
    least
}

/// V01, V02: an average was refreshed and then asked in the same instruction, and one began at zero. What a print wins is worth
/// nothing to whoever wants to take it out at that print: the average it is held against is the one before.
#[test]
fn v01_v02_a_print_does_not_lend_against_its_own_profit() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 50 * LOTS, PRICE);
    world.advance(60);
    let before = withdrawable(&mut world, &trader);
    assert!(before > 0 && before < 1_000, "{before}");
    // Fifty dollars won: 2.5 dollars a coin were a jump, one is not.
    world.svm.advance(1);
    world.set_price(COIN, PRICE + 90_000_000).expect("refresh_price_feed");
    world.sync(COINS).expect("sync_market");
    let sent = world.settle_own(&trader, COINS).expect("settle_pnl");
    assert!(event!(sent, PnlSettled).paid > 44 * 1_000_000);
    let after = withdrawable(&mut world, &trader);
    assert!(after <= before, "{after} {before}");
    // A day at that price, and it is.
    world.advance(86_400);
    world.advance(60);
    world.sync(COINS).expect("sync_market");
    assert!(withdrawable(&mut world, &trader) > before);
}

/// V03: an old signed price was stamped as fresh. It moves no mark, and fills no order.
#[test]
fn v03_an_old_print_moves_no_mark_and_fills_no_order() {
    let (mut world, trader, keeper) = cast(1_000);
    let old = world.post(COIN, |update| update.price = PRICE - 50_000_000);
    world.svm.advance(30);
    world.refresh_all();
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    world.svm.set_time(world.pending(&trader, 1).eligible_ts);
    world.refresh_all();
    let fill = world.fill_order(&keeper, &trader, COINS, 1, &old);
    fails(&mut world, "PrintTooEarly", |world| world.send(fill, &[&keeper.key]));
    let (before, row) = (world.market(COINS).mark, world.board().rows[1]);
    let current = world.markets[1].oracle;
    let stale = world.svm.account(&old).expect("an update");
    let fresh = world.svm.account(&current).expect("an update");
    world.svm.put_data(&current, &stale.owner, stale.data);
    fails(&mut world, "PublishTimeNotNewer", |world| world.refresh(COIN));
    world.sync(COINS).expect("sync_market");
    assert_eq!((world.market(COINS).mark, world.board().rows[1]), (before, row));
    world.svm.put_data(&current, &fresh.owner, fresh.data);
    step(&mut world, |world| world.fill(&keeper, &trader, COINS, 1));
}

/// V04: a stamp from the future froze a feed, an equal one was taken twice. Neither fills an order.
#[test]
fn v04_prints_from_the_future_and_of_the_same_second_fill_nothing() {
    let (mut world, trader, keeper) = cast(1_000);
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    world.svm.set_time(eligible);
    world.refresh_all();
    let future = world.post(COIN, |update| {
        (update.previous_publish_time, update.publish_time) = (eligible - 1, eligible + 3_600);
    });
    let twin = world.post(COIN, |update| {
        update.price -= 1_000_000;
        update.previous_publish_time = update.publish_time;
    });
    for (print, error) in [(future, "FeedBehindPrint"), (twin, "PrintCoversNothing")] {
        let fill = world.fill_order(&keeper, &trader, COINS, 1, &print);
        fails(&mut world, error, |world| world.send(fill, &[&keeper.key]));
    }
    step(&mut world, |world| world.fill(&keeper, &trader, COINS, 1));
}

/// V05: a price found valid for one action served another. Of one price, a minute and a second old, an owner may settle a loss and
/// leave; nobody opens, and nobody settles or liquidates another.
#[test]
fn v05_every_action_on_a_position_asks_for_its_own_age() {
    let (mut world, trader, keeper) = cast(1_000);
    world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    world.advance(121);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    world.sync(COINS).expect("sync_market");
    world.svm.advance(61);
    fails(&mut world, "PriceStale", |world| world.place(&trader, COINS, order(LOTS)));
    fails(&mut world, "PairPriceStale", |world| world.settle(&trader, COINS));
    fails(&mut world, "HealthyAtFavourablePrice", |world| world.liquidate_perp(&keeper, &trader, COINS, u64::MAX));
    world.tried(|world| step(world, |world| world.place(&trader, COINS, order(-100 * LOTS))));
    let sent = step(&mut world, |world| world.settle_own(&trader, COINS));
    assert!(event!(sent, PnlSettled).paid <= -800_000_000);
}

/// V06: crossed quotes, or the confidence, were ignored. Both sides pay it: who buys at its high end, who sells at its low one.
#[test]
fn v06_confidence_is_paid_on_either_side() {
    for lots in [10 * LOTS, -10 * LOTS] {
        let (mut world, trader, keeper) = cast(1_000);
        world.place(&trader, COINS, order(lots)).expect("place_order");
        let eligible = world.pending(&trader, 1).eligible_ts;
        world.svm.set_time(eligible);
        world.publish_at(COIN, PRICE, 12_500_000, eligible);
        world.refresh(COIN).expect("refresh_price_feed");
        let funds = world.pool().shares;
        let told = event!(step(&mut world, |world| world.fill(&keeper, &trader, COINS, 1)), OrderFilled);
        // An eighth of a dollar on ten coins, and the premium of ten.
        assert_eq!((told.premium, told.paid), (1_600, -1_250_000 - 1_600));
        // What the fill cost and its fee are the pool's.
        assert_eq!(world.pool().shares, funds + 1_250_000 + 1_600 + 160_000);
    }
}

/// V16: the order of resolution moved a loss to others. Two traders who cannot pay, in either order: the same of it is insurance's,
/// the same the pool's, and nothing the lenders'.
#[test]
fn v16_the_order_of_perp_bankruptcies_moves_no_loss() {
    let (mut world, one, keeper) = cast(400);
    let other = world.perp_trader(&[(USD, 700 * DOLLAR)]);
    world.trade_at(&keeper, &one, COINS, 40 * LOTS, PRICE);
    world.trade_at(&keeper, &other, COINS, 60 * LOTS, PRICE);
    let insurer = keeper_with_money(&mut world);
    world.insure(&insurer, USD, 100 * DOLLAR).expect("deposit_insurance");
    world.advance(121);
    world.svm.advance(1);
    world.crash(COIN, 16_00000000);
    world.sync(COINS).expect("sync_market");
    let run = |world: &mut World, order: [&Trader; 2]| {
        let (mut deficit, mut insured, mut pooled) = (0, 0, 0);
        for trader in order {
            let done =
                event!(step(world, |world| world.liquidate_perp(&keeper, trader, COINS, u64::MAX)), PerpLiquidated);
            assert_eq!(done.loss.socialized, 0);
            (deficit, insured, pooled) =
                (deficit + done.loss.deficit, insured + done.loss.insured, pooled + done.loss.pooled);
        }
        assert!(deficit > 100 * DOLLAR && pooled > 0, "{deficit} {pooled}");
        (deficit, insured, pooled, world.pool().shares, world.bank(USD).insurance)
    };
    let forth = world.tried(|world| run(world, [&one, &other]));
    let back = world.tried(|world| run(world, [&other, &one]));
    // The second's premium depends on who went first, by an atom.
    let close = |a: u64, b: u64| a.abs_diff(b) <= 200_000;
    assert!(close(forth.0, back.0) && close(forth.2, back.2) && close(forth.3, back.3), "{forth:?} {back:?}");
    assert_eq!(forth.4, back.4);
}

fn keeper_with_money(world: &mut World) -> Trader {
    let insurer = world.trader();
    world.mint_to(&insurer, USD, 1_000 * DOLLAR);
    insurer
}

/// V21: an ended market was closed at a live price, a negative one was clipped, a pool could not pay. A print of nothing or less is no
/// price, and what the pool does not stand for stays a claim until it does.
#[test]
fn v21_a_pool_that_cannot_pay_owes_until_it_can() {
    let (mut world, trader, keeper) = cast(60_000);
    world.trade_at(&keeper, &trader, COINS, 4_000 * LOTS, PRICE);
    for price in [0, -1] {
        let print = world.post(COIN, |update| update.price = price);
        let current = world.markets[1].oracle;
        let (bad, good) =
            (world.svm.account(&print).expect("an update"), world.svm.account(&current).expect("an update"));
        world.svm.put_data(&current, &bad.owner, bad.data);
        world.svm.advance(1);
        assert!(world.tried(|world| world.refresh(COIN).is_err()), "{price} is no price");
        world.svm.put_data(&current, &good.owner, good.data);
    }
    let reach = |world: &mut World, price: i64| {
        world.svm.advance(1);
        world.crash(COIN, price);
        world.sync(COINS).expect("sync_market");
    };
    reach(&mut world, 48_00000000);
    fails(&mut world, "NothingToSettle", |world| world.settle_own(&trader, COINS));
    let claim = |world: &World| {
        ballast_risk::perp::book::claim(&world.margin(&trader).perps[0], &world.market(COINS)).expect("a claim") >> 32
    };
    assert!(claim(&world) > 63_000 * i128::from(DOLLAR));
    reach(&mut world, 40_00000000);
    fails(&mut world, "NothingToSettle", |world| world.settle_own(&trader, COINS));
    world.calm(COIN);
    let owed = claim(&world);
    let sent = step(&mut world, |world| world.settle_own(&trader, COINS));
    assert_eq!(i128::from(event!(sent, PnlSettled).paid), owed);
    let settle = perp_ix::settle_pnl(&trader.key.pubkey(), world.quote(), &trader.account, COINS);
    fails(&mut world, "NothingToSettle", |world| world.send(settle, &[&trader.key]));
}
