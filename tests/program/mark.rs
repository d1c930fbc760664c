//! `mark`.

use super::support::*;

#[test]
fn starts_and_ends_an_episode() {
    let (mut world, _, trader, _) = unhealthy();
    let started = world.svm.now();
    let sent = world.mark(&trader).expect("mark");
    let seen = event!(sent, Marked);
    assert_same(&seen.header, &header(&world, trader.account, 3));
    assert_eq!(seen.board_sequence, world.board().sequence);
    assert_same(&seen.health, &health([2_400, 2_048, 428], [-1, 1, 1]));
    assert_eq!(seen.unhealthy_since, started);
    // Seen again within a minute: one episode. After more than a minute unseen: another one.
    world.advance(60);
    world.mark(&trader).expect("mark");
    let account = world.margin(&trader);
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (started, started + 60));
    world.advance(61);
    world.mark(&trader).expect("mark");
    assert_eq!(world.margin(&trader).unhealthy_since, started + 121);
    // Healthy again.
    world.svm.advance(1);
    world.crash(COIN, 32_00000000);
    let sent = world.mark(&trader).expect("mark");
    assert_eq!(event!(sent, Marked).unhealthy_since, 0);
    let account = world.margin(&trader);
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (0, 0));
    world.check_invariants();
}

#[test]
fn an_account_that_owes_nothing_has_no_timer() {
    let (mut world, lender, _) = lent();
    let sent = world.mark(&lender).expect("mark");
    let seen = event!(sent, Marked);
    assert_same(&seen.health, &health([100_000, 0, 6_250], [-1, 0, 0]));
    assert_eq!(seen.unhealthy_since, 0);
}

/// A bank that claims the index of another cannot stand in for it: its feed is not the balance's.
#[test]
fn refuses_a_bank_with_the_right_index_and_the_wrong_feed() {
    let (mut world, _, trader) = indebted();
    let mark = ix::mark(&trader.account, &world.margin(&trader));
    let bank = world.bank_key(COIN);
    world.svm.edit::<Bank>(&bank, |bank| bank.feed = 2);
    let admin = world.admin.insecure_clone();
    world.refuses(&mark, &[&admin], "BankMismatch");
}
