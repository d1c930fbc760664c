//! Claims with a market that cannot pay all.

use crate::scene::*;
use crate::support::build::{after, NOW};
use ballast_math::Ratio;
use ballast_risk::perp::{self, claims, slots, RESOLUTION_SECONDS};
use ballast_risk::RiskError;

#[test]
fn those_who_do_not_register_in_time_keep_their_part() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    scene.register(0, NOW).unwrap();
    let late = after(RESOLUTION_SECONDS);
    assert_eq!(scene.update_payout(after(RESOLUTION_SECONDS - 1)), Err(RiskError::PayoutUnknown));
    // Of 50,000 in hand the other long, with a third of all claims, is sure of its half: 50,000. Nothing is left to tell.
    assert_eq!(scene.update_payout(late), Ok(Ratio(1)));
    assert_eq!(scene.settle(0, late), Ok(46));
    // The loser pays late: what is there is divided again.
    scene.register(2, late).unwrap();
    let part = scene.update_payout(late).unwrap();
    assert!(part.0.abs_diff(Ratio::ONE.0 / 2) <= 2, "{part:?}");
    assert_eq!(scene.register(1, late).unwrap().claim, 100_000_000_000);
    let paid = [scene.settle(0, late).unwrap() + 46, scene.settle(1, late).unwrap()];
    assert!(paid[0].abs_diff(100_000_000_000) <= 100 && paid[1].abs_diff(50_000_000_000) <= 100, "{paid:?}");
    assert!(scene.market.stake >= 0);
}

#[test]
fn nobody_registers_and_nothing_is_promised_beyond_the_backing() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let late = after(RESOLUTION_SECONDS);
    assert_eq!(scene.update_payout(late), Ok(Ratio(Ratio::ONE.0 / 2 - 1)));
    // Of claims that are not registered nothing is paid.
    assert_eq!(scene.settle(0, late), Ok(0));
    scene.register(0, late).unwrap();
    // A claim of 200,000 is due half, of which the pool has 50,000 in hand.
    assert_eq!(scene.settle(0, late), Ok(50_000_000_000));
    assert_eq!(scene.settle(0, late), Err(RiskError::NothingToSettle));
    scene.register(2, late).unwrap();
    assert_eq!(scene.settle(0, late), Ok(49_999_999_953));
}

/// A claim whose money comes back once somebody opens the market again is not void until then.
#[test]
fn a_claim_is_not_void_before_its_market_is_opened_again() {
    let mut scene = registered();
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    scene.recover(-scene.market.stake);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    let position = *slots::find(&scene.traders[1], 3).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(0));
    assert!(!perp::exposure(&position, &scene.market, &scene.board, NOW).unwrap().is_void);
    // Nor can it be given up, and health counts nothing that is not there.
    let Scene { market, pool, bank, traders, .. } = &mut scene.clone();
    assert_eq!(perp::abandon(market, pool, bank, &mut traders[1], NOW), Err(RiskError::ClaimPayable));
    assert_eq!((scene.market.backing, scene.exposure(1, NOW).profit.0), (0, 0));
    scene.settle_market(NOW).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(100_000_000_000));
}

/// Claims that were paid in full have no part in what a market that was opened again divides: what is promised to the others is there.
#[test]
fn who_was_paid_in_full_takes_no_part_any_more() {
    let mut scene = registered();
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.settle(0, NOW), Ok(200_000_000_000));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (100_000_000_000, 0));
    scene.recover(30_000_000_000 - scene.market.stake);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    scene.market.returned = 0;
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 3 / 10)));
    // Down: the part has 32 bits.
    assert_eq!(scene.settle(1, NOW), Ok(29_999_999_981));
}

/// Of a market that is opened again what is left of claims is divided as if it were all: nobody is promised what others had before.
#[test]
fn what_is_left_of_claims_is_divided_anew() {
    let mut scene = registered();
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.settle(0, NOW), Ok(100_000_000_000));
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    scene.recover(30_000_000_000 - scene.market.stake);
    scene.market.returned = 0;
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    scene.settle_market(NOW).unwrap();
    let market = &scene.market;
    assert_eq!((market.registered, market.registered_paid, market.generation), (200_000_000_000, 0, 1));
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 15 / 100)));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(14_999_999_990), Ok(14_999_999_990)));
    assert_eq!(claims::standing(&scene.traders[0].perps[0], &scene.market), (100_000_000_000, 14_999_999_990));
    // The next time that is all.
    scene.recover(170_000_000_020);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio::ONE));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(85_000_000_010), Ok(85_000_000_010)));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (0, 0));
}

/// A registered claim leaves as it would have from its position, and lets nothing else out.
#[test]
fn a_registered_claim_is_railed_by_itself() {
    let mut scene = insolvent();
    let put_up = 40_000 << 20;
    for trader in &mut scene.traders {
        (trader.rail.posted, trader.rail.held, trader.put_up[0]) = (put_up, put_up, put_up);
    }
    scene.settle_market(NOW).unwrap();
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    assert_eq!((scene.traders[0].rail.held, scene.traders[0].put_up[0]), (0, put_up));
    scene.update_payout(NOW).unwrap();
    let next = after(86_400);
    // Nobody has to give what else the account holds.
    assert_eq!(perp::rail::holds_back(&scene.traders[0], &scene.market, &scene.board, next), Ok(false));
    assert_eq!(scene.settle(0, NOW), Ok(40_000_000_000));
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    // The next day as much again, and nothing beside it.
    assert_eq!(perp::rail::room(&scene.traders[0], next), ballast_math::Usd::ZERO);
    assert_eq!(scene.settle(0, next), Ok(40_000_000_000));
    assert_eq!(perp::rail::room(&scene.traders[0], next), ballast_math::Usd::ZERO);
    assert_eq!(scene.settle(0, after(2 * 86_400)), Ok(20_000_000_000));
    assert_eq!(perp::rail::room(&scene.traders[0], after(2 * 86_400)), ballast_math::Usd::ZERO);
}

/// Who was paid its part may give up the rest, and its slot: what comes in later is divided among the others.
#[test]
fn a_claim_that_is_due_nothing_can_be_given_up() {
    let mut scene = insolvent();
    let abandon = |scene: &mut Scene, trader: usize| {
        let Scene { market, pool, bank, traders, .. } = scene;
        perp::abandon(market, pool, bank, &mut traders[trader], NOW)
    };
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::MarketGoesOn));
    scene.settle_market(NOW).unwrap();
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable), "it is not registered");
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable), "what is paid is not known");
    assert_eq!(abandon(&mut scene, 2), Err(RiskError::NoPosition));
    scene.update_payout(NOW).unwrap();
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable));
    scene.settle(0, NOW).unwrap();
    let sequences = (scene.market.sequence, scene.traders[0].sequence);
    let given = perp::Abandoned { claim: 200_000_000_000, unpaid: 100_000_000_000 };
    assert_eq!(abandon(&mut scene, 0), Ok(given));
    assert_eq!((scene.market.sequence, scene.traders[0].sequence), (sequences.0 + 1, sequences.1 + 1));
    assert_eq!((scene.traders[0].perp_count, scene.traders[0].put_up[0]), (0, 0));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (100_000_000_000, 0));
    assert_eq!(scene.market.equity, 0);
    // The other is due its half still, and then all that comes in.
    assert_eq!(scene.settle(1, NOW), Ok(50_000_000_000));
    scene.recover(30_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 8 / 10)));
    assert_eq!(scene.settle(1, NOW), Ok(29_999_999_981));
}

/// A loss that was counted as money goes bad after half of the claims were paid: the other half is due what is there, and an account
/// with nothing else can be written off.
#[test]
fn nothing_is_due_of_money_that_is_gone() {
    let mut scene = registered();
    scene.update_payout(NOW).unwrap();
    scene.settle(0, NOW).unwrap();
    scene.recover(-scene.market.stake);
    let position = *slots::find(&scene.traders[1], 3).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(0));
    let exposure = perp::exposure(&position, &scene.market, &scene.board, NOW).unwrap();
    assert!(exposure.is_void && exposure.profit.0 == 0);
    assert_eq!(scene.settle(1, NOW), Err(RiskError::NothingToSettle));
}
