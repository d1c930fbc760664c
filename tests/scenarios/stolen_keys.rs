//! A stolen key, held for a day: what it takes, which is nothing, and what it cannot stop.
//!
//! `docs/security.md` states the bounds. Prices stand still where gains are measured: what remains is what the key is worth.
//! Where prices move, gains are the market's, and everything else must hold all the same.

use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use solana_instruction::Instruction;

use super::heist::{Heist, Stolen, BORROWER, LIQUIDATOR};
use super::support::*;
use super::thief::{business, plot, send, Dice};

/// Seconds a thief has the key.
const DAY: i64 = 86_400;
/// What it tries in each life.
const MOVES: usize = 300;
/// Lives of each key.
const LIVES: u64 = 2;

/// A day of a thief's life. With moving prices its gains are not measured. Returns how many of its moves succeeded.
fn day(stolen: Stolen, seed: u64, moving: bool) -> usize {
    let mut heist = Heist::new(stolen);
    let mut dice = Dice(seed);
    let mut succeeded = 0;
    assert!(heist.unhealthy().is_empty());
    for number in 0..MOVES {
        let before = heist.unhealthy();
        let transaction = plot(&mut heist, &mut dice);
        let what = || format!("{stolen:?}, seed {seed}, move {number}");
        if send(&mut heist, &transaction).is_ok() {
            succeeded += 1;
            heist.world.check_invariants();
            // A move may save an account, but not endanger one.
            let endangered = heist.unhealthy().into_iter().find(|user| !before.contains(user));
            assert!(endangered.is_none(), "{}: user {endangered:?} can be liquidated", what());
            if !moving {
                let (gain, loss) = gains(&heist);
                assert!(gain <= 0, "{}: gained {gain}", what());
                assert!(loss >= 0, "{}: users lost {loss}", what());
            }
        }
        if dice.one_in(3) {
            business(&mut heist, &mut dice);
        }
        let left = heist.start.ts + DAY - heist.world.svm.now();
        if left > 400 && dice.one_in(2) {
            heist.world.svm.advance(1 + i64::try_from(dice.below(400)).expect("short"));
            tick(&mut heist.world, moving, &mut dice);
        }
        if number % 40 == 39 {
            heist.assert_exits_are_open();
        }
    }
    // To the last second of the day, and then once more everything it has prepared.
    heist.world.svm.set_time(heist.start.ts + DAY);
    heist.world.refresh_all();
    for (number, change) in heist.proposed.clone() {
        let admin = heist.held().last().expect("a key").pubkey();
        let execute = ix::execute_change(&admin, &heist.world.group, number, &admin, &change);
        assert!(send(&mut heist, &[execute]).is_err(), "{stolen:?}, seed {seed}: change {number} ran");
    }
    heist.assert_nothing_added_risk();
    heist.assert_exits_are_open();
    succeeded
}

/// What the thief has more, and what the users have more, than at the beginning.
fn gains(heist: &Heist) -> (i128, i128) {
    (heist.value(&heist.thieves) - heist.start.thieves, heist.value(&heist.users) - heist.start.users)
}

/// New prints of all prices, by up to a hundredth away from the last if they move.
fn tick(world: &mut World, moving: bool, dice: &mut Dice) {
    for bank in [USD, COIN, GEM] {
        let price = world.markets[usize::from(bank)].price;
        let step = i64::try_from(dice.below(21)).expect("short") - 10;
        let price = if moving && bank != USD { price / 1_000 * (1_000 + step) } else { price };
        world.set_price(bank, price).expect("refresh_price_feed");
    }
}

/// Prices stand still: whatever it does, the thief ends with no more than it had, and the users with no less.
#[test]
fn t01_a_day_with_any_key_takes_nothing() {
    for stolen in Stolen::ALL {
        let succeeded: usize = (1..=LIVES).map(|seed| day(stolen, seed, false)).sum();
        // Else nothing was tried.
        assert!(succeeded > 40, "{stolen:?}: {succeeded}");
    }
}

/// Prices move: no healthy account is made liquidatable but by them, no exit is stopped, no guard is lowered.
#[test]
fn t01_a_day_with_any_key_in_a_moving_market() {
    for stolen in Stolen::ALL {
        for seed in 1..=LIVES {
            day(stolen, 1_000 + seed, true);
        }
    }
}

/// Fake collateral, listed with a cap of a million and lent against: the thief's plan of 1 April 2026.
fn plan(heist: &Heist) -> Vec<Instruction> {
    let (world, admin) = (&heist.world, heist.world.admin.pubkey());
    let group = world.group;
    let mut fake = presets::bank(1_000_000 * DOLLAR, 0);
    fake.warm_up = 7 * 86_400;
    let mut dollars = world.markets[0].bank_args.clone();
    (dollars.hourly_limit, dollars.daily_limit, dollars.max_utilisation) = (u64::MAX, u64::MAX, 1 << 32);
    let mut coins = world.markets[1].feed_args.clone();
    coins.sources = vec![presets::source(Provider::PythLegacy, heist.fake_oracles[0], [0; 32])];
    let mut roles = world.group_args();
    roles.guardian = admin;
    vec![
        ix::add_price_feed(&admin, &group, 3, PLAIN_DOLLAR.feed(vec![presets::fixed(1_000_000)])),
        ix::add_bank(&admin, &group, 3, &heist.fake_mint, &spl_token_interface::ID, 3, fake),
        ix::configure_bank(&admin, &group, USD, dollars),
        ix::configure_price_feed(&admin, &group, 1, coins),
        ix::configure_group(&admin, &group, roles),
        ix::propose_admin(&admin, &group, heist.thieves[0].key.pubkey()),
    ]
}

/// The whole plan with the admin's key: none of it works at once; published it waits two days; the guardian ends it.
#[test]
fn t01_fake_collateral_takes_two_days_and_a_veto_ends_it() {
    let mut heist = Heist::new(Stolen::Admin);
    let plan = plan(&heist);
    for change in &plan {
        fails(&mut heist.world, "TimelockRequired", |world| world.as_admin(change.clone()));
    }
    let numbers: Vec<u64> = plan.iter().map(|change| heist.world.propose(change)).collect();
    for wait in [DAY, DAY - 1] {
        heist.world.advance(wait);
        for (number, change) in numbers.iter().zip(&plan) {
            fails(&mut heist.world, "ChangeNotReady", |world| world.execute(*number, change));
        }
        heist.assert_nothing_added_risk();
        heist.assert_exits_are_open();
    }
    let (admin, group, guardian) = (heist.world.admin.pubkey(), heist.world.group, &heist.roles.guardian);
    for number in &numbers {
        let veto = ix::cancel_change(&guardian.pubkey(), &group, *number, &admin);
        step(&mut heist.world, |world| world.send(veto, &[guardian]));
    }
    for wait in [1, 0, DAY] {
        heist.world.svm.advance(wait);
        for (number, change) in numbers.iter().zip(&plan) {
            fails(&mut heist.world, "WrongProgramOwner", |world| world.execute(*number, change));
        }
    }
    heist.assert_nothing_added_risk();
    assert_eq!((heist.value(&heist.thieves), heist.value(&heist.users)), (heist.start.thieves, heist.start.users));
}

/// If nobody looks for two days, the new collateral is still small: a tenth of its cap on its first day, the rest within its
/// week, in sight of everybody.
#[test]
fn t01_unvetoed_collateral_warms_up() {
    let mut heist = Heist::new(Stolen::Admin);
    let plan = plan(&heist);
    let numbers: Vec<u64> = plan[..2].iter().map(|change| heist.world.propose(change)).collect();
    heist.world.advance(2 * DAY);
    step(&mut heist.world, |world| world.execute(numbers[0], &plan[0]));
    let refresh = ix::refresh_price_feed(&heist.world.group, 3, &[]);
    step(&mut heist.world, |world| world.as_admin(refresh.clone()));
    step(&mut heist.world, |world| world.execute(numbers[1], &plan[1]));
    let (thief, tokens) = (&heist.thieves[0], heist.world.key().pubkey());
    heist.world.svm.put_tokens(&tokens, &heist.fake_mint, &thief.key.pubkey(), u64::MAX / 2);
    let user = ix::User { tokens, ..thief.user(USD) };
    let bank = heist.world.svm.read(&heist.world.bank_key(3));
    let deposit = |atoms| ix::deposit(&user, &bank, atoms);
    for (days, cap) in [(0, 100_000), (1, 228_571), (7, 1_000_000)] {
        heist.world.svm.set_time(bank.warm_ts - 7 * DAY + days * DAY);
        let before = heist.world.svm.clone();
        let over = deposit((cap + 1) * DOLLAR);
        fails(&mut heist.world, "DepositCapExceeded", |world| world.send(over, &[&thief.key]));
        heist.world.send(deposit(cap * DOLLAR), &[&thief.key]).expect("deposit");
        heist.world.svm = before;
    }
}

/// Switching an oracle to one that says a third less: published for two days, the judged price does not move by the switch,
/// and the new source's first print is a jump like any other.
#[test]
fn t21_an_oracle_switch_liquidates_nobody() {
    let mut heist = Heist::new(Stolen::Admin);
    let mut args = heist.world.markets[1].feed_args.clone();
    let (feed_id, lower) = ([9; 32], 22_00000000);
    args.sources = vec![presets::pyth_pull(feed_id)];
    let switch = ix::configure_price_feed(&heist.world.admin.pubkey(), &heist.world.group, 1, args);
    let number = heist.world.propose(&switch);
    heist.world.advance(2 * DAY);
    step(&mut heist.world, |world| world.execute(number, &switch));
    assert!(heist.unhealthy().is_empty());
    let (borrower, liquidator) = (&heist.users[BORROWER], &heist.users[LIQUIDATOR]);
    let world = &mut heist.world;
    fails(world, "AccountHealthy", |world| world.liquidate(liquidator, borrower, USD, COIN, u64::MAX));
    let oracle = world.key().pubkey();
    for seconds in [1, 9] {
        world.svm.advance(seconds);
        world.set_price(USD, 1_00000000).expect("refresh_price_feed");
        let update = PythPullUpdate {
            feed_id,
            price: lower,
            confidence: 0,
            exponent: -8,
            publish_time: world.svm.now(),
            previous_publish_time: world.svm.now() - 1,
            posted_slot: world.svm.clock().slot,
        };
        let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
        world.svm.put_data(&oracle, &owner, update.to_bytes());
        let refresh = ix::refresh_price_feed(&world.group, 1, &[oracle]);
        step(world, |world| world.as_admin(refresh));
        assert_eq!(world.board().rows[1].mid, 32 << 40);
        fails(world, "AccountHealthy", |world| world.liquidate(liquidator, borrower, USD, COIN, u64::MAX));
        // New risk waits meanwhile; leaving does not.
        fails(world, "PricePending", |world| world.borrow(borrower, USD, 10 * DOLLAR));
    }
}
