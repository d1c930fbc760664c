//! `collect_fees`.

use super::support::*;

const GROUP: usize = 0;
const BANK: usize = 1;
const VAULT: usize = 2;
const DESTINATION: usize = 3;
const MINT: usize = 4;
const TOKEN_PROGRAM: usize = 5;

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
fn refuses_wrong_accounts() {
    let (mut world, destination, collect) = ready();
    let admin = world.admin.insecure_clone();
    let signers = [&admin];
    world.refuses_lookalikes(&collect, &signers, &[BANK]);
    refuses_anchor_lookalikes(&mut world, &collect, &signers, &[GROUP]);
    let (other_group, other_bank) = world.elsewhere(1, |world| {
        world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        (world.group, world.bank_key(0))
    });
    let (board, stranger) = (world.board_key(), world.key().pubkey());
    let (mint, other_mint) = (world.bank(USD).mint, world.bank(COIN).mint);
    let (strangers, of_another_mint) = (world.key().pubkey(), world.key().pubkey());
    world.svm.put_tokens(&strangers, &mint, &stranger, 0);
    world.svm.put_tokens(&of_another_mint, &other_mint, &admin.pubkey(), 0);
    for (index, other, error) in [
        (GROUP, board, "anchor::AccountDiscriminatorMismatch"),
        (GROUP, other_group, "WrongGroup"),
        (BANK, board, "WrongAccountType"),
        (BANK, other_bank, "WrongGroup"),
        (BANK, world.bank_key(COIN), "WrongVault"),
        (VAULT, world.bank(COIN).vault, "WrongVault"),
        (VAULT, destination, "WrongVault"),
        (DESTINATION, strangers, "WrongFeeRecipient"),
        (DESTINATION, world.bank(USD).vault, "WrongFeeRecipient"),
        (DESTINATION, of_another_mint, "token::MintMismatch"),
        (DESTINATION, board, "WrongTokenAccount"),
        (MINT, other_mint, "WrongMint"),
        (TOKEN_PROGRAM, spl_token_2022(), "WrongTokenAccount"),
    ] {
        world.refuses_forgery(&collect, &signers, index, Forgery::Other(other), error);
    }
    for (index, error) in [(VAULT, "WrongVault"), (MINT, "WrongMint"), (TOKEN_PROGRAM, "WrongTokenAccount")] {
        for forgery in [Forgery::Empty, Forgery::Foreign, Forgery::Zeroed] {
            world.refuses_forgery(&collect, &signers, index, forgery, error);
        }
    }
    for forgery in [Forgery::Empty, Forgery::Foreign, Forgery::Zeroed] {
        world.refuses_forgery(&collect, &signers, DESTINATION, forgery, "WrongTokenAccount");
    }
    world.svm.set_frozen(&destination, true);
    world.refuses(&collect, &signers, "token::AccountFrozen");
    world.svm.set_frozen(&destination, false);
    for index in [BANK, VAULT, DESTINATION] {
        world.refuses(&read_only(&collect, index), &signers, "anchor::ConstraintMut");
    }
    world.send(collect, &signers).expect("right in the end");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, collect) = ready();
    let admin = world.admin.insecure_clone();
    world.svm.edit::<Bank>(&world.bank_key(USD), |bank| bank.vault_balance += 1);
    world.refuses(&collect, &[&admin], "VaultBelowBooks");
}
