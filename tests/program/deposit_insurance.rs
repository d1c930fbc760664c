//! `deposit_insurance`.

use super::support::*;

const BANK: usize = 1;
const AT: TransferAt = TransferAt { vault: 2, user: 3, mint: 4, token_program: 5, user_pays: true };

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
fn refuses_wrong_accounts() {
    let (mut world, giver, give) = ready();
    let signers = [&giver.key];
    world.refuses_lookalikes(&give, &signers, &[BANK]);
    let other_bank = world.elsewhere(1, |world| {
        world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        world.bank_key(0)
    });
    for (other, error) in [
        (world.board_key(), "WrongAccountType"),
        (giver.account, "WrongAccountType"),
        (world.bank_key(COIN), "WrongVault"),
        // Its vault is another: nobody can give to one group what goes to another.
        (other_bank, "WrongVault"),
    ] {
        world.refuses_forgery(&give, &signers, BANK, Forgery::Other(other), error);
    }
    refuses_wrong_transfer(&mut world, &give, &signers, &AT);
    let admin = world.admin.insecure_clone();
    world.refuses(&unsigned(&give, 0), &[&admin], "anchor::AccountNotSigner");
    for index in [BANK, AT.vault, AT.user] {
        world.refuses(&read_only(&give, index), &signers, "anchor::ConstraintMut");
    }
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
