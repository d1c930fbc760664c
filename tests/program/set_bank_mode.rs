//! `set_bank_mode`.

use super::support::*;

#[test]
fn sets_the_mode_and_starts_the_notice_once() {
    let mut world = World::plain();
    let now = world.svm.now();
    for (step, (mode, wound_down)) in
        [(1, 0), (2, now + 2), (2, now + 2), (1, 0), (0, 0), (2, now + 6)].into_iter().enumerate()
    {
        world.svm.advance(1);
        let before = world.bank(COIN);
        let sent = world.set_bank_mode(COIN, mode).expect("set_bank_mode");
        let told = event!(sent, BankConfigured);
        assert_same(&told.header, &header(&world, world.bank_key(COIN), before.sequence + 1));
        assert_eq!((told.bank, told.mode), (COIN, mode));
        let expected = Bank { mode, wind_down_ts: wound_down, sequence: before.sequence + 1, ..before };
        assert_eq!(world.bank(COIN), expected, "step {step}");
    }
}

#[test]
fn refuses_modes_that_are_none() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    for mode in [3, 4, 128, 255] {
        let set = ix::set_bank_mode(&admin.pubkey(), &world.group, COIN, mode);
        world.refuses(&set, &[&admin], "InvalidParameter");
    }
}

/// A bank whose index fell below a millionth stays in wind-down.
#[test]
fn refuses_to_reopen_a_worthless_bank() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let bank = world.bank_key(COIN);
    world.svm.edit::<Bank>(&bank, |bank| bank.asset_index = [18_446_744_073_708, 0]);
    for mode in [0, 1] {
        let set = ix::set_bank_mode(&admin.pubkey(), &world.group, COIN, mode);
        world.refuses(&set, &[&admin], "InvalidModeChange");
    }
    world.set_bank_mode(COIN, 2).expect("wind-down is what it is for");
    world.svm.edit::<Bank>(&bank, |bank| bank.asset_index = [18_446_744_073_709, 0]);
    world.set_bank_mode(COIN, 0).expect("a millionth is enough");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let set = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 1);
    refuses_everyone_but(&mut world, &set, &[Role::Admin, Role::RiskAdmin]);
}

/// From normal to reduce-only, and only that.
#[test]
fn t16_closing_for_new_business_takes_no_time() {
    for by_admin in [false, true] {
        let mut world = World::plain();
        let roles = world.appoint();
        world.lock();
        let admin = world.admin.insecure_clone();
        let key = if by_admin { &admin } else { &roles.risk_admin };
        let group = world.group;
        let set = |mode| ix::set_bank_mode(&key.pubkey(), &group, COIN, mode);
        for mode in [0, 2] {
            world.refuses(&set(mode), &[key], "TimelockRequired");
        }
        // Whatever the price.
        world.svm.advance(31_557_600);
        world.send(set(1), &[key]).expect("set_bank_mode");
        for mode in [0, 1, 2] {
            world.refuses(&set(mode), &[key], "TimelockRequired");
        }
        assert_eq!((world.bank(COIN).mode, world.bank(COIN).wind_down_ts), (1, 0));
    }
}

#[test]
fn waits_for_the_end_of_a_flash_loan() {
    let mut world = World::plain();
    let (admin, bank) = (world.admin.insecure_clone(), world.bank_key(USD));
    let right = ix::set_bank_mode(&admin.pubkey(), &world.group, USD, 1);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&admin], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&admin]).expect("afterwards");
}
