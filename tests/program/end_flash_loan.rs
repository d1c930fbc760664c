//! `end_flash_loan`.

use super::support::*;

const AUTHORITY: usize = 0;
const VAULT: usize = 2;
const TOKENS: usize = 3;

/// `⌈atoms · 5 bp⌉`, the rate down to 32 bits.
fn fee(atoms: u64) -> u64 {
    u64::try_from((u128::from(atoms) * 2_147_483).div_ceil(1 << 32)).expect("a fee")
}

/// Loan and fee come back. The fee is the bank's, and lenders' claims are what they were.
#[test]
fn takes_loan_and_fee_back() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    let (before, lent) = (world.bank(USD), 1_000 * DOLLAR);
    let transaction = world.flash_loan(&borrower, USD, lent);
    let sent = world.svm.send(&transaction, &[&borrower.key]).expect("a flash loan");
    let [_, Event::FlashLoanEnded(ended)] = sent.events.as_slice() else { panic!("two events") };
    assert_same(&ended.header, &header(&world, world.bank_key(USD), before.sequence + 2));
    // 50 cents.
    assert_eq!(fee(lent), 500_000);
    assert_same(&ended.movement, &Movement { bank: USD, atoms: lent + 500_000, shares: 0 });
    assert_eq!(
        world.bank(USD),
        Bank {
            vault_balance: before.vault_balance + 500_000,
            fees: 500_000,
            accrued_ts: world.svm.now(),
            sequence: before.sequence + 2,
            ..before
        }
    );
    assert_eq!(world.vault(USD), before.vault_balance + 500_000);
    assert_eq!(world.svm.tokens(&borrower.tokens[0]), 500_000);
    world.check_invariants();
}

/// The fee is up: an atom costs an atom. Without a fee nothing is added.
#[test]
fn the_fee_rounds_up() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    for (atoms, expected) in [(1, 1), (1_999, 1), (2_000, 1), (2_001, 2)] {
        assert_eq!(fee(atoms), expected, "{atoms}");
        let held = world.svm.tokens(&borrower.tokens[0]);
        let transaction = world.flash_loan(&borrower, USD, atoms);
        world.svm.send(&transaction, &[&borrower.key]).expect("a flash loan");
        assert_eq!(world.svm.tokens(&borrower.tokens[0]), held - expected);
    }
    world.configure_bank(USD, |args| args.flash_fee = 0).expect("configure_bank");
    let fees = world.bank(USD).fees;
    let transaction = world.flash_loan(&borrower, USD, 1_000 * DOLLAR);
    world.svm.send(&transaction, &[&borrower.key]).expect("a flash loan");
    assert_eq!(world.bank(USD).fees, fees);
    world.check_invariants();
}

/// Anyone may bring the tokens back, with its own.
#[test]
fn anyone_may_pay() {
    let (mut world, _, _) = indebted();
    let (borrower, other) = (world.trader(), world.trader());
    world.mint_to(&other, USD, 2_000 * DOLLAR);
    let begin = world.flash_loan(&borrower, USD, 1_000 * DOLLAR)[0].clone();
    let end = world.flash_loan(&other, USD, 1_000 * DOLLAR)[1].clone();
    let stolen = with(&end, AUTHORITY, borrower.key.pubkey());
    world.refuses_all(&[begin.clone(), stolen], &[&borrower.key], "token::OwnerMismatch");
    world.svm.send(&[begin, end], &[&borrower.key, &other.key]).expect("a flash loan");
    assert_eq!(world.svm.tokens(&borrower.tokens[0]), 1_000 * DOLLAR);
    assert_eq!(world.svm.tokens(&other.tokens[0]), 1_000 * DOLLAR - 500_000);
    world.check_invariants();
}

#[test]
fn refuses_where_nothing_is_lent() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let [begin, end] = world.flash_loan(&borrower, USD, DOLLAR);
    world.refuses(&end, &[&borrower.key], "NoFlashLoan");
    let mut other = world.flash_loan(&borrower, COIN, 1)[1].clone();
    world.refuses(&other, &[&borrower.key], "NoFlashLoan");
    other.accounts.swap(1, 2);
    world.refuses_all(&[begin, other, end], &[&borrower.key], "WrongProgramOwner");
}

/// An atom less than loan and fee.
#[test]
fn refuses_less_than_all() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let transaction = world.flash_loan(&borrower, USD, 1_000 * DOLLAR);
    world.mint_to(&borrower, USD, 499_999);
    world.refuses_all(&transaction, &[&borrower.key], "token::InsufficientFunds");
    world.mint_to(&borrower, USD, 1);
    world.svm.send(&transaction, &[&borrower.key]).expect("a flash loan");
    assert_eq!(world.svm.tokens(&borrower.tokens[0]), 0);
}

/// Giving the tokens to the vault is no repayment: a donation is nobody's.
#[test]
fn a_donation_is_no_repayment() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    let [begin, end] = world.flash_loan(&borrower, USD, 1_000 * DOLLAR);
    let mut vault = world.trader();
    vault.tokens[0] = world.bank(USD).vault;
    let give = swap(&world, &vault, &borrower, (USD, 1_000 * DOLLAR), (USD, 0))[0].clone();
    world.refuses_all(&[begin, give, end], &[&borrower.key], "token::InsufficientFunds");
}

#[test]
fn refuses_the_vault_itself() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    let [begin, end] = world.flash_loan(&borrower, USD, DOLLAR);
    let vault = end.accounts[VAULT].pubkey;
    world.refuses_all(&[begin, with(&end, TOKENS, vault)], &[&borrower.key], "DuplicateAccount");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, _) = indebted();
    let borrower = world.trader();
    world.mint_to(&borrower, USD, DOLLAR);
    let bank = world.bank_key(USD);
    let end = world.flash_loan(&borrower, USD, DOLLAR)[1].clone();
    world.svm.edit::<Bank>(&bank, |bank| {
        bank.flash_loaned = 1;
        bank.vault_balance += 1;
    });
    world.refuses(&end, &[&borrower.key], "VaultBelowBooks");
}
