//! `deposit_insurance`.

use super::support::*;

const SOURCE: usize = 3;

fn ready() -> (World, Trader, Instruction) {
    let (mut world, giver, _) = indebted();
    world.mint_to(&giver, USD, 100 * DOLLAR);
    let give = ix::deposit_insurance(&giver.key.pubkey(), &giver.tokens[0], &world.bank(USD), 40 * DOLLAR);
    (world, giver, give)
}

#[test]
fn adds_to_the_fund() {
    let (mut world, giver, give) = ready();
    let before = world.bank(USD);
    let sent = world.send(give.clone(), &[&giver.key]).expect("deposit_insurance");
    let given = event!(sent, InsuranceDeposited);
    assert_same(&given.header, &header(&world, world.bank_key(USD), before.sequence + 1));
    assert_eq!((given.atoms, given.insurance), (40 * DOLLAR, 40 * DOLLAR));
    assert_eq!(
        world.bank(USD),
        Bank {
            insurance: 40 * DOLLAR,
            vault_balance: before.vault_balance + 40 * DOLLAR,
            sequence: before.sequence + 1,
            ..before
        }
    );
    assert_eq!(world.svm.tokens(&giver.tokens[0]), 60 * DOLLAR);
    assert_eq!(world.vault(USD), before.vault_balance + 40 * DOLLAR);
    let sent = world.send(give, &[&giver.key]).expect("deposit_insurance");
    assert_eq!(event!(sent, InsuranceDeposited).insurance, 80 * DOLLAR);
    world.check_invariants();
}

/// Nothing stops it: not a pause, not wind-down.
#[test]
fn works_in_every_mode() {
    let (mut world, giver, give) = ready();
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_bank(&admin, &group, USD, 100)).expect("pause_bank");
    world.set_bank_mode(USD, 2).expect("set_bank_mode");
    world.send(give, &[&giver.key]).expect("deposit_insurance");
}

#[test]
fn refuses_frozen_and_empty_tokens() {
    let (mut world, giver, give) = ready();
    refuses_while_frozen(&mut world, &give, &[&giver.key], SOURCE);
    refuses_without_tokens(&mut world, &give, &giver, USD);
}

#[test]
fn refuses_amounts() {
    let (mut world, giver, _) = ready();
    for (atoms, error) in [(0, "ZeroAmount"), (100 * DOLLAR + 1, "token::InsufficientFunds"), (u64::MAX, "Overflow")] {
        let give = ix::deposit_insurance(&giver.key.pubkey(), &giver.tokens[0], &world.bank(USD), atoms);
        world.refuses(&give, &[&giver.key], error);
    }
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, giver, give) = ready();
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.vault_balance += 1);
    world.refuses(&give, &[&giver.key], "VaultBelowBooks");
}
