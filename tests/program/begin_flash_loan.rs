//! `begin_flash_loan`.

use super::support::*;

const VAULT: usize = 2;
const TOKENS: usize = 3;
const INSTRUCTIONS: usize = 6;

/// All of the vault, and back: in between the books hold what is left.
#[test]
fn lends_all_there_is() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let (before, held) = (world.bank(USD), world.vault(USD));
    assert_eq!(held, 97_952 * DOLLAR);
    world.mint_to(&borrower, USD, 1_000 * DOLLAR);
    let transaction = world.flash_loan(&borrower, USD, held);
    let sent = world.svm.send(&transaction, &[&borrower.key]).expect("a flash loan");
    let [Event::FlashLoanBegun(begun), Event::FlashLoanEnded(_)] = sent.events.as_slice() else { panic!("two events") };
    assert_same(&begun.header, &header(&world, world.bank_key(USD), before.sequence + 1));
    assert_same(&begun.movement, &Movement { bank: USD, atoms: held, shares: 0 });
    world.check_invariants();
}

/// The borrower may do anything with it, in any program; what is missing at the end undoes all.
#[test]
fn the_tokens_are_the_borrowers_until_the_end() {
    let (mut world, _, _) = indebted();
    let (borrower, pool) = (world.trader(), world.trader());
    world.mint_to(&borrower, USD, DOLLAR);
    world.mint_to(&pool, COIN, 10 * ONE_COIN);
    let [begin, end] = world.flash_loan(&borrower, USD, 320 * DOLLAR);
    let there = swap(&world, &pool, &borrower, (USD, 320 * DOLLAR), (COIN, 10 * ONE_COIN));
    let back = swap(&world, &pool, &borrower, (COIN, 10 * ONE_COIN), (USD, 320 * DOLLAR));
    let signers = [&borrower.key, &pool.key];
    world.refuses_all(
        &[vec![begin.clone()], there.clone(), vec![end.clone()]].concat(),
        &signers,
        "token::InsufficientFunds",
    );
    world.svm.send(&[vec![begin], there, back, vec![end]].concat(), &signers).expect("there and back");
    world.check_invariants();
}

#[test]
fn refuses_without_its_end() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, 1_000 * DOLLAR);
    let [begin, end] = world.flash_loan(&borrower, USD, DOLLAR);
    let other = world.flash_loan(&borrower, COIN, 1)[1].clone();
    let mut elsewhere = end.clone();
    elsewhere.program_id = spl_token_interface::ID;
    let mut cut = end.clone();
    cut.data.truncate(7);
    let mut moved = end.clone();
    moved.accounts.swap(1, 2);
    let signers = [&borrower.key];
    world.refuses(&begin, &signers, "MissingEnd");
    for other in [other, elsewhere, cut, moved, begin.clone()] {
        world.refuses_all(&[begin.clone(), other], &signers, "MissingEnd");
    }
    world.refuses_all(&[end.clone(), begin.clone()], &signers, "NoFlashLoan");
    world.refuses_all(&[begin.clone(), end.clone(), end.clone()], &signers, "EndNotUnique");
    world.refuses_all(&[begin.clone(), end.clone(), begin.clone(), end.clone()], &signers, "EndNotUnique");
    world.refuses_all(&[begin.clone(), begin, end], &signers, "BankInFlashLoan");
}

/// Of two banks at once, nested or not.
#[test]
fn several_banks_may_lend_at_once() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    for bank in [USD, COIN] {
        world.mint_to(&borrower, bank, ONE_COIN);
    }
    let ([a, b], [c, d]) = (world.flash_loan(&borrower, USD, DOLLAR), world.flash_loan(&borrower, COIN, ONE_COIN));
    for transaction in
        [[a.clone(), c.clone(), d.clone(), b.clone()], [a.clone(), c.clone(), b.clone(), d.clone()], [a, b, c, d]]
    {
        world.svm.send(&transaction, &[&borrower.key]).expect("two flash loans");
    }
    world.check_invariants();
}

#[test]
fn refuses_another_sysvar() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let [mut begin, end] = world.flash_loan(&borrower, USD, DOLLAR);
    begin.accounts[INSTRUCTIONS].pubkey = world.group;
    world.refuses_all(&[begin, end], &[&borrower.key], "WrongSysvar");
}

#[test]
fn refuses_amounts_and_states() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    let held = world.vault(USD);
    let refuses = |world: &mut World, atoms, error| {
        let transaction = world.flash_loan(&borrower, USD, atoms);
        world.refuses_all(&transaction, &[&borrower.key], error);
    };
    refuses(&mut world, 0, "ZeroAmount");
    refuses(&mut world, held + 1, "InsufficientLiquidity");
    // Tokens that nobody booked are not lent.
    let vault = world.bank(USD).vault;
    let (mint, bank) = (world.bank(USD).mint, world.bank_key(USD));
    world.svm.put_tokens(&vault, &mint, &bank, held + DOLLAR);
    refuses(&mut world, held + 1, "InsufficientLiquidity");
    refuses(&mut world, u64::MAX, "InsufficientLiquidity");
    world.configure_bank(USD, |args| args.borrowable = false).expect("configure_bank");
    refuses(&mut world, 1, "NotBorrowable");
    world.configure_bank(USD, |args| args.borrowable = true).expect("configure_bank");
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_bank(&admin, &group, USD, 60)).expect("pause_bank");
    refuses(&mut world, 1, "BankPaused");
    world.as_admin(ix::pause_bank(&admin, &group, USD, 0)).expect("pause_bank");
    for mode in [1, 2] {
        world.set_bank_mode(USD, mode).expect("set_bank_mode");
        refuses(&mut world, 1, "BankReduceOnly");
    }
}

#[test]
fn refuses_frozen_tokens_and_the_vault_itself() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    let [begin, end] = world.flash_loan(&borrower, USD, DOLLAR);
    let vault = begin.accounts[VAULT].pubkey;
    world.refuses_all(&[with(&begin, TOKENS, vault), end.clone()], &[&borrower.key], "DuplicateAccount");
    for tokens in [vault, borrower.tokens[0]] {
        world.svm.set_frozen(&tokens, true);
        world.refuses_all(&[begin.clone(), end.clone()], &[&borrower.key], "token::AccountFrozen");
        world.svm.set_frozen(&tokens, false);
    }
    world.svm.send(&[begin, end], &[&borrower.key]).expect("right in the end");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let transaction = world.flash_loan(&borrower, USD, DOLLAR);
    world.svm.edit::<Bank>(&world.bank_key(USD), |bank| bank.vault_balance += 1);
    world.refuses_all(&transaction, &[&borrower.key], "VaultBelowBooks");
}
