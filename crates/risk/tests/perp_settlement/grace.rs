//! What a market's end takes from positions spares them for an hour.

use crate::scene::*;
use crate::support::build::{after, MILLION, NOW};
use crate::support::perps::unrailed;
use ballast_risk::perp::{self, slots, Fill};
use ballast_risk::RiskError;
use ballast_state::{PerpPosition, Zeroable};

/// A hedge that ends with its market is spared for an hour, as one that a deleverage shrank.
#[test]
fn a_settlement_makes_nobody_liquidatable_for_an_hour() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[100 * SOL, -100 * SOL]);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.settle_market(NOW).unwrap();
    let spared = |scene: &Scene, at: i64| {
        let position = slots::find(&scene.traders[1], 3).unwrap();
        perp::exposure(position, &scene.market, &scene.board, after(at)).unwrap().shrunk
    };
    assert!(spared(&scene, perp::GRACE - 1).0.abs_diff(100 << 64) < 100);
    assert_eq!(spared(&scene, perp::GRACE), ballast_math::Units::ZERO);
}

/// What a market's end took from a position spares it for an hour: others collect what it lost, and leave that.
#[test]
fn nobody_ends_the_grace_of_others() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let (last, over) = (after(perp::GRACE - 1), after(perp::GRACE));
    let spared = |scene: &Scene, trader: usize| scene.exposure(trader, last).shrunk;
    for trader in 0..3 {
        assert_eq!(scene.register_by(false, trader, last), Err(RiskError::DeleverageGrace));
    }
    for winner in 0..2 {
        assert_eq!(scene.settle_by_others(winner, last), Err(RiskError::NothingToSettle));
    }
    // What is left of the loser's is nothing but that it is spared: it holds up no write-off.
    let before = spared(&scene, 2);
    assert_eq!(scene.settle_by_others(2, last), Ok(-100_000_000_000));
    assert!(before.0.abs_diff(3_000 << 64) < 1 << 60 && spared(&scene, 2) == before);
    assert!(scene.exposure(2, last).is_void && !scene.exposure(1, last).is_void);
    assert_eq!(scene.settle_by_others(2, last), Err(RiskError::NothingToSettle));
    // Its owner may end it.
    assert_eq!(scene.clone().register_by(true, 1, last).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.settle(0, last), Ok(0));
    assert_eq!(spared(&scene, 0), ballast_math::Units::ZERO);
    assert_eq!(scene.register_by(false, 0, last).unwrap().claim, 200_000_000_000);
    assert_eq!(scene.register_by(false, 1, over).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.settle_by_others(2, over), Ok(0));
    assert_eq!(scene.traders[2].perp_count, 0);
}

/// A market that goes on spares what it shrank as well, though nothing be left of it.
#[test]
fn nobody_ends_the_grace_of_a_market_that_goes_on() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL]);
    scene.move_to(200, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    assert_eq!((scene.market.long.position_index, scene.market.is_settled()), (0, false));
    assert_eq!(scene.settle_by_others(0, NOW), Err(RiskError::NothingToSettle));
    assert!(scene.exposure(0, NOW).shrunk.0.abs_diff(3_000 << 64) < 1 << 60);
    assert_eq!(scene.settle(0, NOW), Ok(0));
    assert_eq!(scene.exposure(0, NOW).shrunk, ballast_math::Units::ZERO);
    // Of what has a size only the claim is moved, spared or not.
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    let spared = scene.exposure(0, NOW).shrunk;
    assert!(scene.settle_by_others(0, NOW).unwrap() > 0 && spared != ballast_math::Units::ZERO);
    assert_eq!(scene.exposure(0, NOW).shrunk, spared);
}

/// What a shrink left less than a lot of needs nothing, and may win a little yet: that leaves at the pace it was put up for.
#[test]
fn what_is_left_of_a_spared_position_keeps_its_pace() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[SOL, -SOL]);
    let put_up = 30 << 20;
    (scene.traders[0].rail.held, scene.traders[0].put_up[0]) = (put_up, put_up);
    scene.move_to(160, NOW).unwrap();
    let long = &mut scene.market.long;
    (long.position_index_before, long.position_index, long.deleverage_ts) = (long.position_index, 1, NOW.ts);
    long.shrink_sequence += 1;
    scene.move_to(160, NOW).unwrap();
    assert!(scene.settle_by_others(0, NOW).unwrap() > 9_000_000);
    let trader = &scene.traders[0];
    assert_eq!((slots::held(trader, &scene.market), trader.perp_count), (Ok(0), 1));
    assert_eq!((trader.rail.held, trader.put_up[0]), (put_up, put_up));
}

/// Who came within a series feels nothing of it, and is spared by the market's end as anybody, of what it had.
#[test]
fn the_end_spares_who_came_within_a_series() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    let mut late = unrailed();
    let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    perp::trade(&mut scene.market, &mut position, Fill { lots: 50 * SOL, price: mark, print: mark }, 0).unwrap();
    slots::store(&mut late, position).unwrap();
    scene.traders.push(late);
    assert_eq!(scene.exposure(2, NOW).shrunk, ballast_math::Units::ZERO);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.settle_market(NOW).unwrap();
    let shrunk = |trader: usize, at: i64| scene.exposure(trader, after(at)).shrunk;
    for (trader, sol) in [(0, 3_000), (1, 100), (2, 50u128)] {
        assert!(shrunk(trader, perp::GRACE - 1).0.abs_diff(sol << 64) < 1 << 60, "{trader}");
        assert_eq!(shrunk(trader, perp::GRACE), ballast_math::Units::ZERO);
    }
}

/// A series that runs when the market ends goes on for an hour from then, with the sizes of its beginning.
#[test]
fn a_series_goes_on_from_the_end_of_its_market() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    let end = perp::GRACE - 10;
    scene.move_to(165, after(end)).unwrap();
    scene.settle_market(after(end)).unwrap();
    let position = slots::find(&scene.traders[0], 3).unwrap();
    let shrunk = |at: i64| perp::exposure(position, &scene.market, &scene.board, after(at)).unwrap().shrunk;
    assert!(shrunk(end + perp::GRACE - 1).0.abs_diff(3_000 << 64) < 1 << 60);
    assert_eq!(shrunk(end + perp::GRACE), ballast_math::Units::ZERO);
}
