//! `collect_fees`.

use super::support::*;

const DESTINATION: usize = 3;

/// A year of interest on 50,000 USD, and the fee recipient's account.
fn ready() -> (World, Pubkey, Instruction) {
    let (mut world, _, _) = aged();
    let destination = world.key().pubkey();
    let (mint, admin) = (world.bank(USD).mint, world.admin.pubkey());
    world.svm.put_tokens(&destination, &mint, &admin, 0);
    let collect = ix::collect_fees(&destination, &world.bank(USD));
    (world, destination, collect)
}

#[test]
fn moves_all_fees() {
    let (mut world, destination, collect) = ready();
    let before = world.bank(USD);
    let stranger = world.svm.rich_keypair();
    let sent = world.send(collect.clone(), &[&stranger]).expect("collect_fees");
    let collected = event!(sent, FeesCollected);
    assert_same(&collected.header, &header(&world, world.bank_key(USD), before.sequence + 1));
    // A tenth of the interest of 5.75 % (utilisation 0.5): 50,000 · (e^0.0575 − 1) / 10.
    let interest = 50_000.0 * (0.0575f64.exp_m1()) / 10.0;
    assert!((collected.atoms as f64 / 1e6 - interest).abs() < 1e-3, "{} {interest}", collected.atoms);
    assert_eq!(collected.fees, 0);
    let after = world.bank(USD);
    assert_eq!((after.fees, after.vault_balance), (0, before.vault_balance - collected.atoms));
    assert_eq!(after.borrow_rate, before.borrow_rate);
    assert_eq!(world.svm.tokens(&destination), collected.atoms);
    assert_eq!(world.vault(USD), after.vault_balance);
    world.check_invariants();
    world.refuses(&collect, &[&stranger], "ZeroAmount");
}

#[test]
fn pays_what_the_vault_can() {
    let (mut world, destination, collect) = ready();
    world.svm.edit::<Bank>(&world.bank_key(USD), |bank| bank.vault_balance = 1_000);
    let admin = world.admin.insecure_clone();
    let sent = world.send(collect, &[&admin]).expect("collect_fees");
    let collected = event!(sent, FeesCollected);
    assert_eq!(collected.atoms, 1_000);
    assert_eq!(collected.fees, world.bank(USD).fees);
    assert!(collected.fees > 0);
    assert_eq!(world.svm.tokens(&destination), 1_000);
}

#[test]
fn refuses_a_frozen_destination() {
    let (mut world, _, collect) = ready();
    let admin = world.admin.insecure_clone();
    refuses_while_frozen(&mut world, &collect, &[&admin], DESTINATION);
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, collect) = ready();
    let admin = world.admin.insecure_clone();
    world.svm.edit::<Bank>(&world.bank_key(USD), |bank| bank.vault_balance += 1);
    world.refuses(&collect, &[&admin], "VaultBelowBooks");
}
