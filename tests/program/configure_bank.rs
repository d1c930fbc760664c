//! `configure_bank`.

use ballast_client::ballast::types::BankArgs;

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
    let roles = world.appoint();
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
    // To lower risk no price is asked for: it has to work where prices fail.
    let lower = with(&configure, 0, roles.risk_admin.pubkey());
    for state in [0, 2, 3] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].state = state);
        world.send(lower.clone(), &[&roles.risk_admin]).expect("configure_bank");
    }
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.feed = 40);
    world.refuses(&configure, &[&admin], "FeedNotListed");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let configure = instruction(&world);
    // The settings there are lower nothing, but raise nothing either.
    refuses_everyone_but(&mut world, &configure, &[Role::Admin, Role::RiskAdmin]);
}

/// One setting of a bank, changed.
type Setting = (&'static str, fn(&mut BankArgs));

/// What the risk admin, and the admin of a group with a timelock, may do at once.
const TIGHTER: [Setting; 6] = [
    ("a lower deposit cap", |args| args.deposit_cap = 0),
    ("a lower borrow cap", |args| args.borrow_cap = 0),
    ("no loans", |args| args.borrowable = false),
    ("a lower utilisation", |args| args.max_utilisation = 0),
    ("a lower hourly limit", |args| args.hourly_limit = 0),
    ("a lower daily limit", |args| args.daily_limit = 0),
];

/// What waits: each is a step beyond.
const LOOSER: [Setting; 16] = [
    ("a higher deposit cap", |args| args.deposit_cap += 1),
    ("a higher borrow cap", |args| args.borrow_cap += 1),
    ("a higher utilisation", |args| args.max_utilisation += 1),
    ("a higher hourly limit", |args| args.hourly_limit += 1),
    ("a higher daily limit", |args| args.daily_limit += 1),
    ("collateral that counts no more", |args| args.collateral = false),
    ("a higher fee", |args| args.interest_fee += 1),
    ("a lower fee", |args| args.interest_fee -= 1),
    ("a higher fee of flash loans", |args| args.flash_fee += 1),
    ("a lower fee of flash loans", |args| args.flash_fee -= 1),
    ("another warm-up", |args| args.warm_up += 1),
    ("a higher rate", |args| args.curve[1].rate_bps += 1),
    ("a lower rate", |args| args.curve[1].rate_bps -= 1),
    ("another corner", |args| args.curve[1].utilisation_bps += 1),
    ("a corner more", |args| args.curve.insert(1, super::bounds::point(100, 200))),
    ("a corner less", |args| args.curve.retain(|point| point.utilisation_bps != 8_000)),
];

/// A plain world with limits and a rate, every role with a key of its own, and a timelock.
fn limited() -> (World, Keypair) {
    let mut world = World::plain();
    world
        .configure_bank(COIN, |args| {
            (args.hourly_limit, args.daily_limit) = (1_000, 2_000);
            args.curve = presets::bank(0, 0).curve;
        })
        .expect("configure_bank");
    let roles = world.appoint();
    world.lock();
    (world, roles.risk_admin)
}

#[test]
fn what_lowers_risk_comes_at_once_and_nothing_else() {
    let (mut world, risk_admin) = limited();
    let admin = world.admin.insecure_clone();
    let (group, settings) = (world.group, world.markets[1].bank_args.clone());
    let set = |key: &Keypair, args: BankArgs| ix::configure_bank(&key.pubkey(), &group, COIN, args);
    for key in [&admin, &risk_admin] {
        for (what, change) in LOOSER {
            eprintln!("{what}");
            let mut args = settings.clone();
            change(&mut args);
            world.refuses(&set(key, args.clone()), &[key], "TimelockRequired");
            // Not together with something tighter either.
            args.borrowable = false;
            world.refuses(&set(key, args), &[key], "TimelockRequired");
        }
    }
    for (what, change) in TIGHTER {
        for key in [&admin, &risk_admin] {
            let before = world.svm.clone();
            let mut args = settings.clone();
            change(&mut args);
            world.send(set(key, args), &[key]).unwrap_or_else(|failed| panic!("{what}: {}", failed.name()));
            world.svm = before;
        }
    }
}

/// Caps can be taken down and up again to what was last set in full power, and no further. Loans and limits only down.
#[test]
fn the_risk_admin_moves_caps_below_what_was_published() {
    let (mut world, risk_admin) = limited();
    let (group, settings) = (world.group, world.markets[1].bank_args.clone());
    let set = |args: &BankArgs| ix::configure_bank(&risk_admin.pubkey(), &group, COIN, args.clone());
    let mut args = settings.clone();
    (args.deposit_cap, args.borrow_cap) = (0, 0);
    world.send(set(&args), &[&risk_admin]).expect("down");
    (args.deposit_cap, args.borrow_cap) = (settings.deposit_cap, settings.borrow_cap);
    world.send(set(&args), &[&risk_admin]).expect("up again");
    args.borrowable = false;
    args.hourly_limit = 0;
    world.send(set(&args), &[&risk_admin]).expect("down");
    let bank = world.bank(COIN);
    assert_eq!((bank.deposit_cap_limit, bank.borrow_cap_limit), (settings.deposit_cap, settings.borrow_cap));
    world.refuses(&set(&settings), &[&risk_admin], "TimelockRequired");

    // Lower caps through the timelock lower what the risk admin may set.
    args.deposit_cap = 1_000;
    let lower = ix::configure_bank(&world.admin.pubkey(), &group, COIN, args.clone());
    let number = world.propose(&lower);
    world.advance(i64::from(DELAY));
    world.execute(number, &lower).expect("execute_change");
    assert_eq!(world.bank(COIN).deposit_cap_limit, 1_000);
    args.deposit_cap = 1_001;
    world.refuses(&set(&args), &[&risk_admin], "TimelockRequired");
}

/// Half of the time, half of what is missing of the caps; a change of the warm-up begins it anew.
#[test]
fn caps_grow_while_a_bank_warms_up() {
    let mut world = World::plain();
    let trader = world.trader();
    let grow = |args: &mut BankArgs| (args.deposit_cap, args.warm_up) = (1_000, 100);
    world.configure_bank(COIN, grow).expect("configure_bank");
    assert_eq!((world.bank(COIN).warm_ts, world.bank(COIN).warm_up), (world.svm.now() + 100, 100));
    for (second, cap) in [(0, 100), (1, 109), (50, 550), (99, 991), (100, 1_000), (200, 1_000)] {
        world.svm.set_time(world.bank(COIN).warm_ts - 100 + second);
        let before = world.svm.clone();
        world.mint_to(&trader, COIN, 1_001);
        let deposit = |world: &World, atoms| ix::deposit(&trader.user(COIN), &world.bank(COIN), atoms);
        let over = deposit(&world, cap + 1);
        world.refuses(&over, &[&trader.key], "DepositCapExceeded");
        world.send(deposit(&world, cap), &[&trader.key]).expect("deposit");
        world.svm = before;
    }
    // The same settings again do not begin it anew, but others do.
    world.refresh_all();
    world.configure_bank(COIN, |_| ()).expect("configure_bank");
    assert!(world.bank(COIN).warm_ts < world.svm.now());
    world.configure_bank(COIN, |args| args.warm_up = 101).expect("configure_bank");
    assert_eq!(world.bank(COIN).warm_ts, world.svm.now() + 101);
    let admin = world.admin.insecure_clone();
    let mut args = world.markets[1].bank_args.clone();
    args.warm_up = 90 * 86_400 + 1;
    let configure = ix::configure_bank(&admin.pubkey(), &world.group, COIN, args);
    world.refuses(&configure, &[&admin], "InvalidParameter");
}

#[test]
fn waits_for_the_end_of_a_flash_loan() {
    let mut world = World::plain();
    let (admin, bank) = (world.admin.insecure_clone(), world.bank_key(USD));
    let right = instruction(&world);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&admin], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&admin]).expect("afterwards");
}
