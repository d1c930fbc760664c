//! The end of a market: one price for all, and a part of each claim where the pool's stake cannot pay all.
mod division;
mod grace;
mod scene;
#[path = "../support/mod.rs"]
mod support;

use ballast_math::Ratio;
use ballast_risk::perp::{self, liquidity, settlement, slots, Fill};
use ballast_risk::RiskError;
use ballast_state::{MarketMode, PerpPosition, PriceState, Zeroable};
use proptest::prelude::*;
use scene::*;
use support::build::{after, MILLION, NOW};
use support::perps::{market, unrailed};

#[test]
fn a_market_is_wound_down_after_its_notice() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL, -1_000 * SOL]);
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketGoesOn));
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    assert_eq!(perp::wind_down(&mut scene.market, &scene.board, NOW), Err(RiskError::InvalidModeChange));
    assert_eq!((scene.market.mode, scene.market.settlement_ts), (MarketMode::WindDown.to_byte(), NOW.ts + NOTICE));
    let (early, due) = (after(NOTICE - 1), after(NOTICE));
    scene.move_to(160, early).unwrap();
    assert_eq!(scene.settle_market(early), Err(RiskError::MarketGoesOn));
    scene.move_to(160, due).unwrap();
    for (state, refused) in
        [(PriceState::Guarded, RiskError::PriceGuarded), (PriceState::PendingJump, RiskError::PricePending)]
    {
        scene.board.rows[1].state = state.to_byte();
        assert_eq!(scene.settle_market(due), Err(refused));
    }
    scene.board.rows[1].state = PriceState::Normal.to_byte();
    assert_eq!(scene.settle_market(after(NOTICE + 61)), Err(RiskError::PriceStale));
    scene.board.rows[1].is_away = 1;
    assert_eq!(scene.settle_market(due), Err(RiskError::PriceAway));
    scene.board.rows[1].is_away = 0;
    let claims = [scene.claim(0), scene.claim(1)];
    let done = scene.settle_market(due).unwrap();
    assert_eq!((done.mark, done.skew, done.returned), (160 << 32, 1_000 * SOL, 4));
    // The premium comes back to who was charged it, down.
    let claims = [claims[0] + 3, claims[1]];
    assert_eq!((scene.claim(0), scene.claim(1)), (claims[0], claims[1]));
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    assert_eq!(scene.settle_market(due), Err(RiskError::MarketEnded));
    assert_eq!(scene.register(0, due), Err(RiskError::NothingToDo));

    // Sizes are gone: no price moves anything any more, whatever becomes of it.
    assert_eq!(slots::held(&scene.traders[0], &scene.market), Ok(0));
    scene.move_to(900, due).unwrap();
    scene.board.rows[1].state = PriceState::Guarded.to_byte();
    assert_eq!((scene.claim(0), scene.claim(1)), (claims[0], claims[1]));
    // Of the stake no more is set aside than who won gets.
    assert_eq!((scene.pool.earmarked, scene.market.stake), (claims[0] + 1, claims[0] + 1), "up");
    assert_eq!(scene.settle(0, due), Ok(claims[0]));
    assert_eq!(scene.settle(1, due), Ok(claims[1]));
    assert_eq!((scene.traders[0].perp_count, scene.traders[1].perp_count), (0, 0));
    // What losers paid and no claim needs is the pool's.
    assert_eq!((scene.pool.earmarked, scene.market.stake), (0, 0));
    // The feed and the market's part of the pool are free for another one.
    assert_eq!((scene.pool.weight, scene.market.terms.weight), (5, 0));
    assert_eq!((scene.feed.perps, scene.feed.perp_floor, scene.feed.sequence), (0, 0, 1));
}

#[test]
fn what_the_skew_was_charged_goes_back_at_the_end() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL]);
    scene.market.terms.skew_scale = 1 << 40;
    scene.move_to(150, NOW).unwrap();
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    // 150·(2·10⁹)² / 2⁴¹
    let reserve = (150 * 4_000_000_000_000_000_000u128) >> 41;
    let done = scene.settle_market(NOW).unwrap();
    assert_eq!((u128::from(done.returned), scene.market.skew_reserve), (reserve, 0));
    // Down, to an atom: the same for each unit of base.
    assert_eq!(scene.claim(0), i64::try_from(reserve).unwrap() - 1);
}

#[test]
fn a_market_that_owes_more_than_it_has_pays_one_part_of_every_claim() {
    let mut scene = insolvent();
    // Longs are owed 300,000, shorts owe 100,000; the budget is 50,000.
    assert_eq!((scene.market.budget, scene.market.equity), (50_000_000_000, -150_000_000_000));
    let done = scene.settle_market(NOW).unwrap();
    assert_eq!((done.skew, done.stake, done.equity), (0, 50_000_000_000, -150_000_000_000));
    assert_eq!((scene.pool.earmarked, scene.market.payout), (50_000_000_000, 0));
    // Half of each, as far as is known: 150,000 of 300,000, down.
    assert_eq!(scene.market.backing, Ratio::ONE.0 / 2 - 1);

    // Nothing is paid and nothing computed before claims are known; registered or not, health counts the part that is backed.
    let mut registers = scene.clone();
    let credit = |scene: &Scene| scene.exposure(0, NOW).profit;
    let unregistered = credit(&scene);
    registers.register(0, NOW).unwrap();
    assert!(
        unregistered.0.abs_diff(100_000 << 64) < 1 << 50 && credit(&registers).0.abs_diff(unregistered.0) < 1 << 50
    );
    assert_eq!(registers.exposure(0, NOW).released, ballast_math::Units::ZERO);
    assert_eq!(scene.settle(0, NOW), Ok(0), "a claim without size, and nothing of it paid");
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    assert_eq!(scene.update_payout(NOW), Err(RiskError::PayoutUnknown));
    let first = scene.register(0, NOW).unwrap();
    assert_eq!((first.claim, first.fee), (200_000_000_000, 1_000));
    assert_eq!(scene.register(0, NOW), Err(RiskError::ClaimRegistered));
    assert_eq!(scene.cash_of_keeper(), 1_000);
    assert_eq!(scene.register(1, NOW).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.market.registered, 300_000_000_000);
    // The loser's money is collected: all of its deposit, and the rest as a loan.
    assert_eq!(scene.register(2, NOW).unwrap().claim, -100_000_000_000);
    assert_eq!(scene.cash(2), -50_000_000_000);
    assert_eq!((scene.pool.earmarked, scene.market.stake), (150_000_000_000, 150_000_000_000));
    assert_eq!((scene.market.long.positions, scene.market.short.positions), (0, 0));

    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 / 2)));
    assert_eq!(scene.update_payout(NOW), Err(RiskError::NothingToDo));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(100_000_000_000), Ok(50_000_000_000)));
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    assert_eq!((scene.pool.earmarked, scene.market.stake, scene.market.registered_paid), (0, 0, 150_000_000_000));
    // What is not paid stays a claim, and is worth nothing.
    assert_eq!(scene.claim(0), 100_000_000_000);
    let exposure =
        perp::exposure(slots::find(&scene.traders[0], 3).unwrap(), &scene.market, &scene.board, NOW).unwrap();
    assert_eq!((exposure.profit.0, exposure.released.0), (0, 0));
    // The pool lost its stake in the market and nothing else.
    assert_eq!(scene.pool.shares, 50_000_000_000);

    // Recoveries go to those who were cut first, to all of them alike.
    scene.recover(30_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 6 / 10)));
    // Down: the part has 32 bits.
    assert_eq!((scene.settle(1, NOW), scene.settle(0, NOW)), (Ok(9_999_999_986), Ok(19_999_999_972)));
    scene.recover(500_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio::ONE));
    assert_eq!((scene.settle(1, NOW), scene.settle(0, NOW)), (Ok(40_000_000_014), Ok(80_000_000_028)));
    assert_eq!((scene.traders[0].perp_count, scene.traders[1].perp_count), (0, 0));
}

#[test]
fn a_settled_market_whose_losers_do_not_pay_is_resolved_after_all() {
    let mut scene = Scene::new(1_000 * MILLION, &[1_000 * SOL, -1_000 * SOL]);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.move_to(240, NOW).unwrap();
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    // The short pays half of its 90,000, and what it owes goes bad: so much comes off the stake.
    assert_eq!(scene.settle(1, NOW), Ok(-89_999_999_996));
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketEnded));
    scene.recover(-40_000_000_000);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle(0, NOW), Ok(0));
    let done = scene.settle_market(after(5)).unwrap();
    assert_eq!((done.skew, scene.market.payout, scene.market.settlement_ts), (0, 0, NOW.ts + 5));
    scene.register(0, after(5)).unwrap();
    let part = scene.update_payout(after(5)).unwrap();
    assert!(part < Ratio::ONE);
    let paid = scene.settle(0, after(5)).unwrap();
    assert!(paid <= done.stake && done.stake - paid < 30, "{paid} {done:?}");
}

/// Liquidity is worth what claims leave of it, and no more of it leaves than they spare.
#[test]
fn what_is_set_aside_is_not_the_providers() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let net = |scene: &Scene| {
        let mut liabilities = liquidity::Liabilities::default();
        liabilities.add(&scene.market, &scene.board, NOW).unwrap();
        liabilities.net_assets(scene.pool.shares).unwrap()
    };
    // Whatever it owes, it costs its stake; what it is still owed is counted in.
    assert_eq!((net(&scene).low, net(&scene).high), (50_000_000_000, 50_000_000_000));
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    scene.update_payout(NOW).unwrap();
    assert_eq!((net(&scene).low, net(&scene).high), (50_000_000_000, 50_000_000_000));
    assert!(settlement::is_final(&scene.market));
    assert_eq!(scene.market.equity, 0);
    // A day's end forgets nothing of it.
    let before = (scene.market, scene.pool);
    perp::start_day(&mut scene.market, &mut scene.pool, after(86_400)).unwrap();
    assert_eq!((scene.market.stake, scene.pool), (before.0.stake, before.1));
    // The budget of another market is its part of what is not set aside.
    let mut other = market();
    other.index = 4;
    let free = scene.pool.shares - scene.pool.earmarked.unsigned_abs();
    assert_eq!(perp::budget(&other, &scene.pool, scene.pool.shares), Ok(i64::try_from(free / 2).unwrap()));
}

/// What a market overspent is no reason to end it: the next day forgets it.
#[test]
fn a_market_that_owes_nobody_goes_on() {
    let mut scene = Scene::new(100_000 * MILLION, &[]);
    (scene.market.spent, scene.pool.spent) = (200_000_000_000, 200_000_000_000);
    scene.move_to(150, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketGoesOn));
}

/// What went back to the pool, since losers of a side were counted on, comes back when they do not pay: nobody is cut while the market
/// stood for more.
#[test]
fn what_was_given_back_comes_back() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL]);
    scene.move_to(180, NOW).unwrap();
    // A long that came late, and will have lost.
    let mut late = unrailed();
    let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    perp::trade(&mut scene.market, &mut position, Fill { lots: 1_500 * SOL, price: mark, print: mark }, 0).unwrap();
    slots::store(&mut late, position).unwrap();
    scene.traders.push(late);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.move_to(160, NOW).unwrap();
    let done = scene.settle_market(NOW).unwrap();
    // 20,000 won, 30,000 lost: nothing needs to be set aside.
    assert!(done.equity > 0 && scene.market.stake == 0 && scene.market.returned > 400_000_000_000);
    // The loser cannot pay, and its loan goes bad.
    scene.settle(1, NOW).unwrap();
    let collected = scene.market.returned;
    scene.recover(-30_000_000_000);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle(0, NOW), Ok(0), "nothing yet");
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    assert!(collected - scene.market.returned > 19_000_000_000);
    let claim = scene.claim(0);
    assert_eq!(scene.settle(0, NOW), Ok(claim));
    assert!(claim > 19_999_000_000);
}

proptest! {
    #![proptest_config(support::cases(200))]

    /// Whatever was traded, who settled before, and in which order claims are registered: every claim gets the same part, nobody more
    /// than that, all together no more than the pool stood for and what losers paid; and the order makes no difference.
    #[test]
    fn every_claim_gets_the_same_part(
        longs in prop::collection::vec(1i64..3_000, 1..5),
        shorts in prop::collection::vec(1i64..3_000, 1..5),
        funds in 1u64..400_000,
        early in prop::collection::vec(any::<bool>(), 8),
        then in 100u64..220,
        last in 50u64..400,
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let lots: Vec<i64> = longs.iter().map(|lots| lots * SOL).chain(shorts.iter().map(|lots| -lots * SOL)).collect();
        let mut scene = Scene::new(funds * MILLION, &lots);
        scene.move_to(then, NOW).unwrap();
        for trader in (0..lots.len()).filter(|trader| early[*trader]) {
            let _ = scene.settle(trader, NOW);
        }
        scene.move_to(last, NOW).unwrap();
        while perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).is_ok() {}
        prop_assume!(scene.market.equity < 0);
        let claims: Vec<i64> = (0..lots.len()).map(|trader| scene.claim(trader)).collect();
        let budget = scene.market.budget.max(0);
        scene.settle_market(NOW).unwrap();
        // A pool that paid more than its part, and owes nobody.
        prop_assume!(scene.market.payout == 0);

        let resolve = |order: &[usize]| {
            let mut scene = scene.clone();
            for trader in order.iter().copied().filter(|trader| *trader < lots.len()) {
                if slots::find(&scene.traders[trader], 3).is_some() {
                    let done = scene.register(trader, NOW).unwrap();
                    assert!(done.claim.abs_diff(claims[trader]) <= 1);
                }
            }
            assert_eq!(scene.pool.earmarked, scene.market.stake);
            let money = scene.market.stake;
            let part = scene.update_payout(NOW).unwrap();
            let paid: Vec<i64> = order.iter().filter(|trader| **trader < lots.len())
                .map(|trader| (*trader, scene.settle(*trader, NOW).unwrap_or(0)))
                .fold(vec![0; lots.len()], |mut all, (trader, paid)| { all[trader] = paid; all });
            (part, paid, money)
        };
        let sorted: Vec<usize> = (0..lots.len()).collect();
        let (part, paid, money) = resolve(&sorted);
        prop_assert_eq!(&resolve(&order), &(part, paid.clone(), money));
        let won: i64 = claims.iter().map(|claim| claim.max(&0)).sum();
        let collected: i64 = claims.iter().map(|claim| (-claim).max(0)).sum();
        prop_assert!(money <= budget + collected && money >= budget + collected - 8);
        prop_assert!(paid.iter().sum::<i64>() <= money);
        for (claim, paid) in claims.iter().zip(&paid) {
            let due = (u128::from(claim.max(&0).unsigned_abs()) * u128::from(part.0)) >> 32;
            prop_assert!(i64::try_from(due).unwrap() - paid <= 1 && *paid <= i64::try_from(due).unwrap());
        }
        prop_assert!(money - paid.iter().sum::<i64>() <= 8 + (won >> 31), "{} {:?}", money, paid);
    }
}
