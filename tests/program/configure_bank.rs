//! `configure_bank`.

use super::support::*;

fn instruction(world: &World) -> Instruction {
    ix::configure_bank(&world.admin.pubkey(), &world.group, USD, world.markets[0].bank_args.clone())
}

/// Interest up to now is at the old curve; the new rate holds from now on.
#[test]
fn accrues_at_the_old_settings_and_takes_the_new() {
    let (mut world, _, _) = aged();
    world.advance(100);
    let before = world.bank(USD);
    let sent = world
        .configure_bank(USD, |args| {
            args.curve.iter_mut().for_each(|point| point.rate_bps *= 2);
            args.deposit_cap = 7;
            args.borrow_cap = 8;
            args.hourly_limit = 9;
            args.daily_limit = 10;
            args.collateral = false;
            args.borrowable = false;
            args.interest_fee = presets::bps(2_000);
            args.max_utilisation = 11;
        })
        .expect("configure_bank");
    let told = event!(sent, BankConfigured);
    assert_same(&told.header, &header(&world, world.bank_key(USD), before.sequence + 1));
    assert_eq!((told.bank, told.mode, told.paused_until), (USD, 0, 0));
    let after = world.bank(USD);
    assert!(after.liability_index > before.liability_index || after.liability_index[1] > before.liability_index[1]);
    assert_eq!(after.accrued_ts, world.svm.now());
    assert_eq!((after.deposit_cap, after.borrow_cap), (7, 8));
    assert_eq!((after.hourly.limit, after.daily.limit), (9, 10));
    assert_eq!((after.collateral, after.borrowable, after.max_utilisation), (0, 0, 11));
    assert_eq!(after.interest_fee, presets::bps(2_000));
    assert!(after.borrow_rate > before.borrow_rate * 199 / 100);
    assert_eq!((after.asset_shares, after.liability_shares), (before.asset_shares, before.liability_shares));
    world.check_invariants();
}

#[test]
fn refuses_settings_outside_their_bounds() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for (what, change, error) in BANK_OUT_OF_BOUNDS {
        let mut args = presets::bank(1_000, 500);
        change(&mut args);
        eprintln!("{what}");
        let configure = ix::configure_bank(&admin.pubkey(), &world.group, COIN, args);
        world.refuses(&configure, &[&admin], error);
    }
}

#[test]
fn refuses_without_a_good_price() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let configure = instruction(&world);
    let board = world.board_key();
    for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].state = state);
        world.refuses(&configure, &[&admin], error);
    }
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].state = 1);
    world.svm.advance(61);
    world.refuses(&configure, &[&admin], "PriceStale");
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.feed = 40);
    world.refuses(&configure, &[&admin], "FeedNotListed");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = instruction(&world);
    refuses_everyone_but(&mut world, &configure, &[Role::Admin]);
}
