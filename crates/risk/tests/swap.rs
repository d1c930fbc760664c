//! Settlement without tokens: a credit pays the taker's own loan first, a debit takes its own deposit first.
mod support;

use ballast_math::Index;
use ballast_risk::{invariant, swap};
use ballast_state::{BalanceSide, Bank, MarginAccount};
use proptest::prelude::*;
use support::build::{self, account, give};
use support::cases;

/// A bank at an asset index of 1.25 and a liability index of 1.5, with means of others.
fn bank() -> (Bank, MarginAccount) {
    let mut bank = build::bank(0, 0, 6);
    bank.asset_index = Index(5 << 62).to_words();
    bank.liability_index = Index(3 << 63).to_words();
    let mut others = account();
    give(&mut bank, &mut others, BalanceSide::Deposit, 1 << 40);
    (bank, others)
}

/// Signed atoms: a claim down, a debt up.
fn worth(bank: &Bank, user: &MarginAccount) -> i128 {
    user.balance(0).map_or(0, |balance| {
        if balance.is_loan() {
            -i128::from(Index::from_words(bank.liability_index).amount_up(balance.shares).unwrap())
        } else {
            i128::from(Index::from_words(bank.asset_index).amount_down(balance.shares).unwrap())
        }
    })
}

/// Shares of a deposit that somebody else gave up.
fn credit(bank: &mut Bank, user: &mut MarginAccount, shares: u64) {
    bank.asset_shares -= shares;
    swap::credit(bank, user, shares).unwrap();
}

fn balance(user: &MarginAccount) -> Option<(bool, u64)> {
    user.balance(0).map(|balance| (balance.is_loan(), balance.shares))
}

#[test]
fn a_credit_is_a_deposit_or_pays_the_loan_first() {
    let (bank, _) = bank();
    let after = |loan: u64, shares: u64| {
        let (mut bank, mut user) = (bank, account());
        if loan > 0 {
            give(&mut bank, &mut user, BalanceSide::Loan, loan);
        }
        credit(&mut bank, &mut user, shares);
        balance(&user)
    };
    assert_eq!(after(0, 100), Some((false, 100)));
    // 100 shares are 125 atoms: 83 loan shares of 1.5, down.
    assert_eq!(after(300, 100), Some((true, 200 - 83)));
    // A debt of 60 takes 48 shares.
    assert_eq!(after(60, 100), Some((false, 52)));
    // A debt of exactly what is credited leaves nothing.
    assert_eq!(after(150, 120), None);
}

/// Where a share is worth less than an atom, a credit of exactly the debt can still leave a share.
#[test]
fn a_credit_of_the_debt_leaves_the_shares_it_did_not_take() {
    let (mut bank, _) = bank();
    bank.asset_index = Index(Index::ONE.0 >> 1).to_words();
    bank.liability_index = Index::ONE.to_words();
    let mut user = account();
    give(&mut bank, &mut user, BalanceSide::Loan, 1);
    // Three halves of an atom are worth one, which two of them pay.
    credit(&mut bank, &mut user, 3);
    assert_eq!((balance(&user), bank.liability_shares), (Some((false, 1)), 0));
}

#[test]
fn a_debit_takes_the_deposit_first_and_owes_the_rest() {
    let (bank, _) = bank();
    let after = |deposit: u64, atoms: u64| {
        let (mut bank, mut user) = (bank, account());
        if deposit > 0 {
            give(&mut bank, &mut user, BalanceSide::Deposit, deposit);
        }
        swap::debit(&mut bank, &mut user, atoms).unwrap();
        balance(&user)
    };
    // 100 atoms are 67 loan shares of 1.5, up.
    assert_eq!(after(0, 100), Some((true, 67)));
    // 125 atoms are 100 shares; 50 atoms burn 40 of them.
    assert_eq!(after(125, 50), Some((false, 60)));
    assert_eq!(after(125, 125), None);
    // 25 atoms more than there is: 17 loan shares.
    assert_eq!(after(125, 150), Some((true, 17)));
}

proptest! {
    #![proptest_config(cases(500))]

    /// Whatever the account holds: a credit is worth at most what it is, a debit costs at least what it is, both to three
    /// atoms, and the books stay solvent.
    #[test]
    fn t08_settlements_round_against_the_taker(
        steps in prop::collection::vec((any::<bool>(), 1u64..1 << 30), 1..30), asset: u64, liability: u64,
    ) {
        let mut bank = build::bank(0, 0, 6);
        bank.asset_index = Index(Index::ONE.0 + u128::from(asset)).to_words();
        bank.liability_index = Index(Index::ONE.0 + u128::from(liability)).to_words();
        let (mut others, mut user) = (account(), account());
        give(&mut bank, &mut others, BalanceSide::Deposit, 1 << 50);
        let spare = Index::from_words(bank.asset_index);
        for (gets, atoms) in steps {
            let before = worth(&bank, &user);
            let moved = if gets {
                let shares = spare.shares_down(atoms).unwrap();
                others.balances[0].shares -= shares;
                credit(&mut bank, &mut user, shares);
                i128::from(spare.amount_down(shares).unwrap())
            } else {
                swap::debit(&mut bank, &mut user, atoms).unwrap();
                -i128::from(atoms)
            };
            let change = worth(&bank, &user) - before;
            prop_assert!(change <= moved + i128::from(gets), "{change} for {moved}");
            prop_assert!(change >= moved - 4, "{change} for {moved}");
            prop_assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
            prop_assert_eq!(invariant::check_shares(&bank, [&others, &user]), Ok(()));
            prop_assert_eq!(invariant::check_account(&user), Ok(()));
        }
    }
}
