//! Shares round against whoever acts, and every refusal of lending.
mod support;

use ballast_math::{Index, Price, Ratio};
use ballast_risk::lending::{self, Amount};
use ballast_risk::{balances, invariant, RiskError};
use ballast_state::{BalanceSide, Bank, BankMode, MarginAccount};
use proptest::prelude::*;
use support::build::{self, account, after, bank, dollars, give, with_interest, MILLION, NOW};
use support::cases;

const ONE: Price = Price::ONE;

/// A bank whose indices have moved, with a lender's money in it.
fn moved_bank(asset: u64, liability: u64) -> (Bank, MarginAccount) {
    let mut bank = bank(0, 0, 6);
    bank.asset_index = Index(Index::ONE.0 + u128::from(asset)).to_words();
    bank.liability_index = Index(Index::ONE.0 + (u128::from(liability) << 2)).to_words();
    let mut lender = account();
    give(&mut bank, &mut lender, BalanceSide::Deposit, 1 << 50);
    (bank, lender)
}

#[derive(Clone, Copy, Debug)]
enum Move {
    In(u64),
    Out(u64),
    All,
}

fn any_moves() -> impl Strategy<Value = Vec<Move>> {
    let atoms = || (1u64..1 << 40, 0u32..40).prop_map(|(x, shift)| (x >> shift).max(1));
    let any_move = prop_oneof![3 => atoms().prop_map(Move::In), 2 => atoms().prop_map(Move::Out), 1 => Just(Move::All)];
    prop::collection::vec(any_move, 1..40)
}

proptest! {
    #![proptest_config(cases(500))]

    /// Deposits and withdrawals of any length and order: out is never more than in.
    #[test]
    fn t08_deposits_and_withdrawals_never_gain(moves in any_moves(), asset: u64, liability: u64) {
        let (mut bank, _) = moved_bank(asset, liability);
        let mut user = account();
        let (mut paid_in, mut taken) = (0u128, 0u128);
        for step in moves.into_iter().chain([Move::All]) {
            match step {
                Move::In(atoms) => {
                    if let Ok(moved) = lending::deposit(&mut bank, &mut user, atoms, NOW) {
                        paid_in += u128::from(moved.atoms);
                    }
                }
                Move::Out(atoms) => {
                    if let Ok(moved) = lending::withdraw(&mut bank, &mut user, Amount::Exact(atoms), NOW) {
                        taken += u128::from(moved.atoms);
                    }
                }
                Move::All => {
                    if let Ok(moved) = lending::withdraw(&mut bank, &mut user, Amount::All, NOW) {
                        taken += u128::from(moved.atoms);
                    }
                }
            }
            prop_assert!(taken <= paid_in);
            prop_assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
        }
        prop_assert_eq!(user.balance_count, 0);
    }

    /// Loans and repayments of any length and order: repaid is never less than borrowed once nothing is owed.
    #[test]
    fn t08_loans_and_repayments_never_gain(moves in any_moves(), asset: u64, liability: u64) {
        let (mut bank, _) = moved_bank(asset, liability);
        let mut user = account();
        let (mut borrowed, mut repaid) = (0u128, 0u128);
        for step in moves.into_iter().chain([Move::All]) {
            match step {
                Move::Out(atoms) => {
                    if let Ok(moved) = lending::borrow(&mut bank, &mut user, atoms, ONE, dollars(0), NOW) {
                        borrowed += u128::from(moved.atoms);
                    }
                }
                Move::In(atoms) => {
                    if let Ok(moved) = lending::repay(&mut bank, &mut user, Amount::Exact(atoms)) {
                        repaid += u128::from(moved.atoms);
                    }
                }
                Move::All => {
                    if let Ok(moved) = lending::repay(&mut bank, &mut user, Amount::All) {
                        repaid += u128::from(moved.atoms);
                    }
                }
            }
            let owed = user.balance(0).map_or(0, |b| Index::from_words(bank.liability_index).amount_up(b.shares).unwrap());
            prop_assert!(repaid + u128::from(owed) >= borrowed);
            prop_assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
        }
        prop_assert_eq!(user.balance_count, 0);
        prop_assert!(repaid >= borrowed);
    }

    /// With accrual between, a lender gains what borrowers paid and no more, and an idle round trip gains nothing.
    #[test]
    fn t08_round_trips_with_accrual_gain_interest_only(
        waits in prop::collection::vec(0i64..40_000, 1..12), asset: u64, liability: u64, atoms in 1u64..1 << 40,
    ) {
        let (bank, _) = moved_bank(asset, liability);
        let mut bank = with_interest(bank, 100);
        let mut borrower = account();
        lending::borrow(&mut bank, &mut borrower, 1 << 49, ONE, dollars(0), NOW).unwrap();
        let mut user = account();
        let mut now = NOW;
        let (mut paid_in, mut taken) = (0u128, 0u128);
        for wait in waits {
            let before = Index::from_words(bank.asset_index);
            if lending::deposit(&mut bank, &mut user, atoms, now).is_err() {
                continue;
            }
            now = after(now.ts - build::T0 + wait);
            ballast_risk::interest::accrue(&mut bank, now).unwrap();
            let earned = Index::from_words(bank.asset_index);
            let moved = lending::withdraw(&mut bank, &mut user, Amount::All, now).unwrap();
            paid_in += u128::from(atoms);
            taken += u128::from(moved.atoms);
            // Out ≤ in · index growth.
            prop_assert!(wait > 0 || moved.atoms <= atoms);
            let grown = earned.amount_up(before.shares_down(atoms).unwrap()).unwrap();
            prop_assert!(moved.atoms <= grown);
            prop_assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
        }
        prop_assert!(taken <= paid_in * 3);
    }

    /// A deposit of any size after a first deposit of any size and any donation: what is lost is under one share.
    #[test]
    fn t09_first_depositor_and_donation_cost_the_next_less_than_a_share(
        first in 1u64..1 << 40, donation: u64, atoms in 1u64..1 << 50,
    ) {
        let mut bank = bank(0, 0, 6);
        let (mut attacker, mut victim) = (account(), account());
        lending::deposit(&mut bank, &mut attacker, first, NOW).unwrap();
        // A donation reaches the vault, not the books.
        let vault = bank.vault_balance.saturating_add(donation);
        prop_assert_eq!(invariant::check_bank(&bank, vault), Ok(()));
        if first > 1 {
            lending::withdraw(&mut bank, &mut attacker, Amount::Exact(first - 1), NOW).unwrap();
        }
        lending::deposit(&mut bank, &mut victim, atoms, NOW).unwrap();
        prop_assert_eq!(lending::withdraw(&mut bank, &mut victim, Amount::All, NOW).unwrap().atoms, atoms);
    }
}

#[test]
fn t09_an_index_moved_by_a_sole_lenders_interest_costs_at_most_one_share() {
    // One atom lent to all: the bank's insurance was borrowed, the lenders left, and one share earns all interest.
    let mut bank = with_interest(bank(0, 0, 6), 300);
    let mut lender = account();
    let mut borrower = account();
    give(&mut bank, &mut lender, BalanceSide::Deposit, 1_000 * MILLION);
    lending::deposit_insurance(&mut bank, 1_000 * MILLION).unwrap();
    lending::borrow(&mut bank, &mut borrower, 1_000 * MILLION, ONE, dollars(0), NOW).unwrap();
    lending::withdraw(&mut bank, &mut lender, Amount::Exact(1_000 * MILLION - 1), NOW).unwrap();
    ballast_risk::interest::accrue(&mut bank, after(86_400)).unwrap();
    let share = Index::from_words(bank.asset_index).amount_up(1).unwrap();
    assert!(share > 7 * MILLION, "a share is worth a day's interest on all loans: {share}");
    let mut victim = account();
    // Less than a share is refused, more loses less than a share, to nobody.
    assert_eq!(lending::deposit(&mut bank, &mut victim, share - 1, after(86_400)), Err(RiskError::ZeroShares));
    let paid = 10 * share - 7;
    lending::deposit(&mut bank, &mut victim, paid, after(86_400)).unwrap();
    let back = lending::withdraw(&mut bank, &mut victim, Amount::All, after(86_400)).unwrap().atoms;
    assert!(back + share > paid && back <= paid, "{back} of {paid}");
    assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
}

fn funded() -> (Bank, MarginAccount) {
    let mut bank = bank(0, 0, 6);
    let mut lender = account();
    lending::deposit(&mut bank, &mut lender, 1_000 * MILLION, NOW).unwrap();
    (bank, lender)
}

fn borrow(bank: &mut Bank, user: &mut MarginAccount, atoms: u64) -> Result<lending::Moved, RiskError> {
    lending::borrow(bank, user, atoms, ONE, dollars(10), NOW)
}

#[test]
fn exact_amounts_of_a_round() {
    let (mut bank, mut lender) = funded();
    bank.liability_index = Index(3 << 63).to_words();
    bank.asset_index = Index(5 << 62).to_words();
    let mut user = account();
    // 100 / 1.5 = 66.67 shares up, owed 100.5 up.
    let moved = borrow(&mut bank, &mut user, 100 * MILLION + 1).unwrap();
    assert_eq!((moved.atoms, moved.shares), (100_000_001, 66_666_668));
    assert_eq!(bank.vault_balance, 900 * MILLION - 1);
    let all = lending::repay(&mut bank, &mut user, Amount::All).unwrap();
    assert_eq!((all.atoms, all.shares), (100_000_002, 66_666_668));
    // 7 / 1.25 = 5.6 shares down; 7 atoms burn 6.
    let mut other = account();
    assert_eq!(lending::deposit(&mut bank, &mut other, 7, NOW).unwrap().shares, 5);
    assert_eq!(lending::withdraw(&mut bank, &mut lender, Amount::Exact(7), NOW).unwrap().shares, 6);
    assert_eq!(lending::withdraw(&mut bank, &mut other, Amount::All, NOW).unwrap().atoms, 6);
}

#[test]
fn zero_amounts_are_refused() {
    let (mut bank, mut user) = funded();
    assert_eq!(lending::deposit(&mut bank, &mut user, 0, NOW), Err(RiskError::ZeroAmount));
    assert_eq!(lending::withdraw(&mut bank, &mut user, Amount::Exact(0), NOW), Err(RiskError::ZeroAmount));
    assert_eq!(lending::deposit_insurance(&mut bank, 0), Err(RiskError::ZeroAmount));
    assert_eq!(lending::collect_fees(&mut bank), Err(RiskError::ZeroAmount));
    let mut borrower = account();
    assert_eq!(borrow(&mut bank, &mut borrower, 0), Err(RiskError::ZeroAmount));
    borrow(&mut bank, &mut borrower, 20 * MILLION).unwrap();
    assert_eq!(lending::repay(&mut bank, &mut borrower, Amount::Exact(0)), Err(RiskError::ZeroAmount));
}

#[test]
fn nothing_to_take_and_the_wrong_side_are_refused() {
    let (mut bank, mut lender) = funded();
    let mut nobody = account();
    assert_eq!(lending::withdraw(&mut bank, &mut nobody, Amount::All, NOW), Err(RiskError::NoBalance));
    assert_eq!(lending::repay(&mut bank, &mut nobody, Amount::All), Err(RiskError::NoBalance));
    assert_eq!(lending::repay(&mut bank, &mut lender, Amount::All), Err(RiskError::WrongSide));
    assert_eq!(borrow(&mut bank, &mut lender, 20 * MILLION), Err(RiskError::WrongSide));
    borrow(&mut bank, &mut nobody, 20 * MILLION).unwrap();
    assert_eq!(lending::deposit(&mut bank, &mut nobody, 1, NOW), Err(RiskError::WrongSide));
    assert_eq!(lending::withdraw(&mut bank, &mut nobody, Amount::All, NOW), Err(RiskError::WrongSide));
}

#[test]
fn amounts_beyond_balance_and_vault_are_refused() {
    let (mut bank, mut lender) = funded();
    let over = Amount::Exact(1_000 * MILLION + 1);
    assert_eq!(lending::withdraw(&mut bank, &mut lender, over, NOW), Err(RiskError::InsufficientBalance));
    let mut borrower = account();
    borrow(&mut bank, &mut borrower, 1_000 * MILLION).unwrap();
    assert_eq!(
        lending::repay(&mut bank, &mut borrower, Amount::Exact(1_000 * MILLION + 1)),
        Err(RiskError::InsufficientBalance)
    );
    assert_eq!(lending::withdraw(&mut bank, &mut lender, Amount::Exact(1), NOW), Err(RiskError::InsufficientLiquidity));
    let mut late = account();
    assert_eq!(borrow(&mut bank, &mut late, 20 * MILLION), Err(RiskError::InsufficientLiquidity));
}

#[test]
fn an_amount_under_one_share_is_refused() {
    let (mut bank, _) = funded();
    bank.asset_index = Index(3 << 64).to_words();
    bank.liability_index = Index(3 << 64).to_words();
    let mut user = account();
    assert_eq!(lending::deposit(&mut bank, &mut user, 2, NOW), Err(RiskError::ZeroShares));
    assert_eq!(lending::deposit(&mut bank, &mut user, 3, NOW).map(|moved| moved.shares), Ok(1));
    let mut borrower = account();
    borrow(&mut bank, &mut borrower, 30 * MILLION).unwrap();
    assert_eq!(lending::repay(&mut bank, &mut borrower, Amount::Exact(2)), Err(RiskError::ZeroShares));
}

#[test]
fn modes_and_pauses_stop_new_risk_and_no_exit() {
    let (bank, _) = funded();
    for mode in [BankMode::ReduceOnly, BankMode::WindDown] {
        let (mut bank, mut user) = (bank, account());
        borrow(&mut bank, &mut user, 20 * MILLION).unwrap();
        bank.mode = mode.to_byte();
        let (mut stranger, mut lender) = (account(), account());
        assert_eq!(lending::deposit(&mut bank, &mut stranger, MILLION, NOW), Err(RiskError::BankReduceOnly));
        assert_eq!(borrow(&mut bank, &mut stranger, 20 * MILLION), Err(RiskError::BankReduceOnly));
        give(&mut bank, &mut lender, BalanceSide::Deposit, MILLION);
        assert!(lending::withdraw(&mut bank, &mut lender, Amount::All, NOW).is_ok());
        assert!(lending::repay(&mut bank, &mut user, Amount::All).is_ok());
    }
    let (mut bank, mut user) = (bank, account());
    bank.paused_until = build::T0 + 1;
    assert_eq!(lending::deposit(&mut bank, &mut user, MILLION, NOW), Err(RiskError::BankPaused));
    assert_eq!(borrow(&mut bank, &mut user, 20 * MILLION), Err(RiskError::BankPaused));
    assert!(lending::deposit(&mut bank, &mut user, MILLION, after(1)).is_ok());
    assert!(lending::withdraw(&mut bank, &mut user, Amount::All, NOW).is_ok(), "t24: a pause is no exit lock");
}

#[test]
fn t23_a_top_up_passes_pause_reduce_only_and_the_cap_by_a_quarter() {
    let (mut other, _) = funded();
    let mut debtor = account();
    borrow(&mut other, &mut debtor, 20 * MILLION).unwrap();
    let mut bank = bank(1, 1, 6);
    bank.mode = BankMode::ReduceOnly.to_byte();
    bank.paused_until = i64::MAX;
    // Without the timelock the cap may only be lowered; the headroom stays.
    (bank.deposit_cap, bank.deposit_cap_limit) = (0, 100 * MILLION);
    lending::deposit(&mut bank, &mut debtor, 125 * MILLION, NOW).unwrap();
    assert_eq!(lending::deposit(&mut bank, &mut debtor, 1, NOW), Err(RiskError::DepositCapExceeded));
    bank.mode = BankMode::WindDown.to_byte();
    assert_eq!(lending::deposit(&mut bank, &mut debtor, 1, NOW), Err(RiskError::BankReduceOnly));
}

#[test]
fn caps_are_exact() {
    let (mut bank, _) = funded();
    bank.deposit_cap = 1_100 * MILLION;
    let mut user = account();
    assert!(lending::deposit(&mut bank.clone(), &mut user.clone(), 100 * MILLION, NOW).is_ok());
    assert_eq!(lending::deposit(&mut bank, &mut user, 100 * MILLION + 1, NOW), Err(RiskError::DepositCapExceeded));
    let (mut bank, _) = funded();
    bank.borrow_cap = 100 * MILLION;
    let mut user = account();
    assert!(borrow(&mut bank.clone(), &mut user.clone(), 100 * MILLION).is_ok());
    assert_eq!(borrow(&mut bank, &mut user, 100 * MILLION + 1), Err(RiskError::BorrowCapExceeded));
}

#[test]
fn a_loan_is_worth_ten_dollars_at_least() {
    let (mut bank, _) = funded();
    let mut user = account();
    assert_eq!(borrow(&mut bank.clone(), &mut user.clone(), 10 * MILLION - 1), Err(RiskError::LoanTooSmall));
    // An atom of margin: units are rounded down to the valuation of the debt.
    borrow(&mut bank, &mut user, 10 * MILLION + 1).unwrap();
    // More of an existing loan counts with it.
    assert!(borrow(&mut bank, &mut user, 1).is_ok());
    bank.borrowable = 0;
    assert_eq!(borrow(&mut bank, &mut user, MILLION), Err(RiskError::NotBorrowable));
}

#[test]
fn the_utilisation_limit_is_exact_and_holds_at_one() {
    let (mut bank, _) = funded();
    bank.max_utilisation = Ratio::ONE.0 / 2;
    let mut user = account();
    assert!(borrow(&mut bank.clone(), &mut user.clone(), 500 * MILLION).is_ok());
    assert_eq!(borrow(&mut bank, &mut user, 500 * MILLION + 1), Err(RiskError::UtilisationTooHigh));
    // A limit of one: what insurance holds is in the vault, but nobody's to borrow.
    let (mut bank, mut lender) = funded();
    lending::deposit_insurance(&mut bank, 1_000 * MILLION).unwrap();
    let mut user = account();
    borrow(&mut bank, &mut user, 1_000 * MILLION).unwrap();
    assert_eq!(borrow(&mut bank.clone(), &mut user, 20 * MILLION), Err(RiskError::UtilisationTooHigh));
    // t25: a lender without debt leaves all the same.
    assert!(lending::withdraw(&mut bank, &mut lender, Amount::All, NOW).is_ok());
    assert_eq!(invariant::check_bank(&bank, bank.vault_balance), Ok(()));
}

#[test]
fn t24_windows_count_loans_and_indebted_withdrawals_only() {
    let (mut bank, mut lender) = funded();
    (bank.hourly.limit, bank.daily.limit) = (100 * MILLION, 150 * MILLION);
    let mut user = account();
    borrow(&mut bank, &mut user, 100 * MILLION).unwrap();
    assert_eq!(borrow(&mut bank.clone(), &mut user.clone(), 1), Err(RiskError::HourlyOutflowExceeded));
    let next_hour = after(3_600);
    let again = |atoms| lending::borrow(&mut bank.clone(), &mut user.clone(), atoms, ONE, dollars(10), next_hour);
    assert!(again(50 * MILLION).is_ok());
    assert_eq!(again(50 * MILLION + 1), Err(RiskError::DailyOutflowExceeded));
    // The last second of the hour is of the hour; a day later both start anew.
    let last = after(3_599);
    let refused = lending::borrow(&mut bank.clone(), &mut user.clone(), 1, ONE, dollars(10), last);
    assert_eq!(refused, Err(RiskError::HourlyOutflowExceeded));
    assert!(
        lending::borrow(&mut bank.clone(), &mut user.clone(), 100 * MILLION, ONE, dollars(10), after(86_400)).is_ok()
    );
    // A lender without debt is neither stopped nor counted.
    let used = bank.hourly.used;
    lending::withdraw(&mut bank, &mut lender, Amount::Exact(600 * MILLION), NOW).unwrap();
    assert_eq!(bank.hourly.used, used);
    // One with debt is both.
    let mut other = build::bank(1, 1, 6);
    other.hourly.limit = 10;
    give(&mut other, &mut user, BalanceSide::Deposit, 20);
    assert!(lending::withdraw(&mut other.clone(), &mut user.clone(), Amount::Exact(10), NOW).is_ok());
    let refused = lending::withdraw(&mut other, &mut user, Amount::Exact(11), NOW);
    assert_eq!(refused, Err(RiskError::HourlyOutflowExceeded));
}

#[test]
fn without_a_limit_no_amount_fills_a_window() {
    let (mut bank, _) = funded();
    let mut user = account();
    bank.hourly.used = u64::MAX;
    bank.hourly.index = build::T0 / 3_600;
    assert!(borrow(&mut bank, &mut user, 20 * MILLION).is_ok());
}

#[test]
fn risk_time_is_marked_by_loans_and_indebted_withdrawals() {
    let (mut bank, _) = funded();
    let mut user = account();
    let mut other = build::bank(1, 1, 6);
    lending::deposit(&mut other, &mut user, MILLION, NOW).unwrap();
    lending::withdraw(&mut other, &mut user, Amount::Exact(10), after(1)).unwrap();
    assert_eq!(user.risk_ts, 0);
    lending::borrow(&mut bank, &mut user, 20 * MILLION, ONE, dollars(10), after(2)).unwrap();
    assert_eq!(user.risk_ts, build::T0 + 2);
    lending::withdraw(&mut other, &mut user, Amount::Exact(10), after(3)).unwrap();
    assert_eq!(user.risk_ts, build::T0 + 3);
    lending::repay(&mut bank, &mut user, Amount::Exact(10)).unwrap();
    lending::deposit(&mut other, &mut user, 10, after(4)).unwrap();
    assert_eq!(user.risk_ts, build::T0 + 3);
}

#[test]
fn fees_are_collected_as_far_as_the_vault_reaches() {
    let (mut bank, _) = funded();
    bank.fees = 2_000 * MILLION;
    assert_eq!(lending::collect_fees(&mut bank), Ok(1_000 * MILLION));
    assert_eq!((bank.fees, bank.vault_balance), (1_000 * MILLION, 0));
}

#[test]
fn inv_05_sixteen_balances_are_the_most_and_stay_sorted() {
    let mut user = account();
    let mut banks: Vec<Bank> = (0..17u16).map(|at| bank(at, u8::try_from((at * 7) % 17).unwrap(), 6)).collect();
    for bank in &mut banks[..16] {
        lending::deposit(bank, &mut user, 1, NOW).unwrap();
        assert_eq!(invariant::check_account(&user), Ok(()));
    }
    assert_eq!(lending::deposit(&mut banks[16], &mut user, 1, NOW), Err(RiskError::TooManyBalances));
    for at in [3, 15, 0, 8] {
        lending::withdraw(&mut banks[at], &mut user, Amount::All, NOW).unwrap();
        assert_eq!(invariant::check_account(&user), Ok(()));
        assert_eq!(balances::position(&user, banks[at].index), None);
    }
    assert_eq!(user.balance_count, 12);
    lending::deposit(&mut banks[16], &mut user, 1, NOW).unwrap();
    assert_eq!(invariant::check_account(&user), Ok(()));
}
