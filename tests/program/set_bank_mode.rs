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
    refuses_everyone_but(&mut world, &set, &[Role::Admin]);
}
