//! Accrual: exact to its stated error, indifferent to who cranks and how often, never printing money.
mod support;

use ballast_math::{exp_m1_up, Index, Ratio};
use ballast_risk::interest::{accrue, curve_rate, project, project_one, update_rate, utilisation, write_slopes};
use ballast_risk::{invariant, Now, RiskError};
use ballast_state::{BalanceSide, Bank, CurvePoint};
use num_bigint::BigInt;
use num_traits::Signed;
use proptest::prelude::*;
use support::build::{self, account, after, bank, give, with_interest, MILLION, NOW};
use support::cases;
use support::rational::{int, pow2, q, Q};

/// A bank with loans at up to 300 % a year.
fn lent(percent: u64, deposits: u64, loans: u64, growth: u64) -> Bank {
    let mut bank = with_interest(bank(0, 0, 6), percent);
    bank.asset_index = Index(Index::ONE.0 + u128::from(growth)).to_words();
    bank.liability_index = Index(Index::ONE.0 + (u128::from(growth) << 1)).to_words();
    let (mut lender, mut borrower) = (account(), account());
    give(&mut bank, &mut lender, BalanceSide::Deposit, deposits.max(loans));
    give(&mut bank, &mut borrower, BalanceSide::Loan, loans);
    update_rate(&mut bank).unwrap();
    bank
}

fn any_bank() -> impl Strategy<Value = Bank> {
    (1u64..300, 1u64..1 << 50, 1u64..1 << 50, any::<u64>())
        .prop_map(|(percent, deposits, loans, growth)| lent(percent, deposits, loans.min(deposits), growth))
}

fn accrued(bank: &Bank, now: Now) -> Bank {
    let mut bank = *bank;
    accrue(&mut bank, now).unwrap();
    bank
}

/// All that depositors and fees own, in 2⁻⁶⁴ atoms.
fn owned(bank: &Bank) -> Q {
    let claims = int(Index::from_words(bank.asset_index).exact(bank.asset_shares).unwrap());
    claims + int(bank.fees) * int(pow2(64)) + int(bank.fees_fraction)
}

fn owed(bank: &Bank) -> Q {
    int(Index::from_words(bank.liability_index).exact(bank.liability_shares).unwrap())
}

proptest! {
    #![proptest_config(cases(400))]

    /// V11: what lenders and fees gain is what borrowers owe more, to the last 2⁻⁶⁴ of an atom.
    #[test]
    fn v11_credits_equal_charges_exactly(bank in any_bank(), seconds in 1i64..40_000_000) {
        let later = accrued(&bank, after(seconds));
        prop_assert_eq!(owned(&later) - owned(&bank), owed(&later) - owed(&bank));
        prop_assert_eq!(invariant::check_bank(&later, later.vault_balance), Ok(()));
        prop_assert_eq!(invariant::check_indices(&bank, &later), Ok(()));
    }

    /// f(a+b) against f(a)·f(b): each accrual is above the exact growth by at most 2⁻⁵⁷ of the index and two steps.
    #[test]
    fn accruing_twice_is_accruing_once_within_the_stated_error(
        bank in any_bank(), first in 1i64..4_000_000, second in 1i64..4_000_000,
    ) {
        let once = accrued(&bank, after(first + second));
        let twice = accrued(&accrued(&bank, after(first)), after(first + second));
        let index = |bank: &Bank| int(Index::from_words(bank.liability_index).0);
        let distance = (index(&once) - index(&twice)).abs();
        prop_assert!(distance <= index(&once) * q(1, 1u64 << 56) + int(8), "{distance}");
        // Lenders: the same error through the lend ratio, and one step down for each accrual.
        let asset = |bank: &Bank| int(Index::from_words(bank.asset_index).0);
        let lenders = (asset(&once) - asset(&twice)).abs();
        let ratio = int(Index::from_words(bank.lend_ratio).0) / int(pow2(64));
        prop_assert!(lenders <= (index(&once) * q(1, 1u64 << 56) + int(8)) * ratio + int(4), "{lenders}");
    }

    /// V10: a crank every second, or at any other rhythm, loses the fees nothing.
    #[test]
    fn v10_cranking_never_loses_fees(bank in any_bank(), steps in prop::collection::vec(1i64..30, 1..120)) {
        let mut cranked = bank;
        let mut now = NOW;
        for step in steps {
            now = after(now.ts - build::T0 + step);
            accrue(&mut cranked, now).unwrap();
        }
        let once = accrued(&bank, now);
        let fees = |bank: &Bank| int(bank.fees) * int(pow2(64)) + int(bank.fees_fraction);
        // Rounding is to the borrower's disadvantage and to the fees' advantage: at most 2^-56 of debts is lost to error.
        prop_assert!(fees(&cranked) + owed(&once) * q(1, 1u64 << 56) >= fees(&once));
        prop_assert_eq!(invariant::check_bank(&cranked, cranked.vault_balance), Ok(()));
    }

    /// The growth factor is e^(rate·t), never below.
    #[test]
    fn the_index_grows_by_the_exponential(bank in any_bank(), seconds in 1i64..2_000_000) {
        let before = int(Index::from_words(bank.liability_index).0);
        let later = int(Index::from_words(accrued(&bank, after(seconds)).liability_index).0);
        // Two Taylor polynomials enclose e^x for x < 1/5.
        let x = q(bank.borrow_rate, pow2(64)) * int(seconds);
        prop_assume!(x < q(1, 5));
        let mut term = int(1);
        let mut sum = int(1);
        for n in 1..12 {
            term = &term * &x / int(n);
            sum += &term;
        }
        prop_assert!(later >= &before * &sum);
        prop_assert!(later <= &before * (&sum + &term) * (int(1) + q(1, BigInt::from(1) << 57)) + int(8));
    }

    /// To the last bit: the index rises by its product with the growth, rounded up, which a bank pays its lenders from.
    #[test]
    fn the_rise_of_an_index_is_rounded_up(bank in any_bank(), seconds in 1i64..2_000_000) {
        let index = Index::from_words(bank.liability_index).0;
        prop_assume!(bank.borrow_rate > 0);
        let growth = exp_m1_up(u128::from(bank.borrow_rate) * u128::try_from(seconds).unwrap()).unwrap();
        let exact = int(index) * q(growth, pow2(64));
        let rise = int(Index::from_words(accrued(&bank, after(seconds)).liability_index).0 - index);
        prop_assert!(rise > exact && rise <= exact + int(1));
    }

    #[test]
    fn projection_is_what_accrual_writes(bank in any_bank(), seconds in 0i64..40_000_000) {
        let ahead = project(&bank, after(seconds)).unwrap();
        let later = accrued(&bank, after(seconds));
        prop_assert_eq!(ahead.asset.to_words(), later.asset_index);
        prop_assert_eq!(ahead.liability.to_words(), later.liability_index);
        prop_assert_eq!(project_one(&bank, true, after(seconds)).unwrap(), ahead.liability);
        prop_assert_eq!(project_one(&bank, false, after(seconds)).unwrap(), ahead.asset);
    }

    #[test]
    fn the_curve_is_linear_between_corners(at in 0u64..=1 << 32, kink in 1u64..1 << 32, low: u32, rise: u32) {
        let mut bank = bank(0, 0, 6);
        let (low, high) = (u64::from(low), u64::from(low) + u64::from(rise) * 100);
        bank.curve_points = 3;
        bank.curve[0] = CurvePoint { utilisation: 0, rate: 5, slope: 0 };
        bank.curve[1] = CurvePoint { utilisation: kink, rate: 5 + low, slope: 0 };
        bank.curve[2] = CurvePoint { utilisation: 1 << 32, rate: 5 + high, slope: 0 };
        write_slopes(&mut bank).unwrap();
        let (from, to, low, high) =
            if at <= kink { (0, kink, 5, 5 + low) } else { (kink, 1 << 32, 5 + low, 5 + high) };
        let exact = int(low) + int(high - low) * q(at - from, to - from);
        let got = int(curve_rate(&bank, Ratio(at)).unwrap());
        // The slope is rounded down, and the product once more.
        prop_assert!(got <= exact && got > &exact - int(2), "{got} {exact}");
    }
}

#[test]
fn a_year_at_ten_percent() {
    // 10 % of a rate, compounded: e^0.1 = 1.105170918…
    let mut bank = lent(10, 1_000 * MILLION, 1_000 * MILLION, 0);
    bank.interest_fee = build::bits(10, 100);
    update_rate(&mut bank).unwrap();
    let later = accrued(&bank, after(31_557_600));
    let debts = Index::from_words(later.liability_index).amount_up(later.liability_shares).unwrap();
    let claims = Index::from_words(later.asset_index).amount_down(later.asset_shares).unwrap();
    assert_eq!(debts, 1_105_170_919);
    assert_eq!(claims, 1_094_653_826);
    assert_eq!(later.fees, 10_517_091);
}

#[test]
fn v09_an_idle_bank_charges_nothing_and_time_never_runs_back() {
    let idle = with_interest(bank(0, 0, 6), 300);
    let later = accrued(&idle, after(1_000_000));
    assert_eq!((later.asset_index, later.liability_index, later.fees), (idle.asset_index, idle.liability_index, 0));
    assert_eq!(later.accrued_ts, build::T0 + 1_000_000);
    let bank = lent(300, 1 << 40, 1 << 39, 0);
    assert_eq!(accrued(&bank, Now { ts: build::T0 - 1, slot: 0 }), bank);
    assert_eq!(accrued(&bank, Now { ts: i64::MIN, slot: 0 }), bank);
}

/// Each on its own: no time, no rate, no loans. Rounding up must not make a step of nothing.
#[test]
fn without_time_rate_or_loans_the_indices_stand() {
    let lent = lent(100, 1_000 * MILLION, 500 * MILLION, 12_345);
    let free = Bank { borrow_rate: 0, ..lent };
    let unlent = Bank { liability_shares: 0, ..lent };
    for (bank, now) in [(lent, NOW), (free, after(1_000)), (unlent, after(1_000))] {
        let ahead = project(&bank, now).unwrap();
        assert_eq!((ahead.asset.to_words(), ahead.liability.to_words()), (bank.asset_index, bank.liability_index));
        assert_eq!(
            [true, false].map(|is_loan| project_one(&bank, is_loan, now).unwrap()),
            [ahead.liability, ahead.asset]
        );
        assert_eq!(accrued(&bank, now), Bank { accrued_ts: now.ts, ..bank });
    }
}

#[test]
fn no_idle_time_freezes_a_bank() {
    let bank = lent(300, 1 << 30, 1 << 29, 0);
    let later = accrued(&bank, Now { ts: i64::MAX, slot: 0 });
    // e^16 is the most one accrual adds.
    assert_eq!(Index::from_words(later.liability_index).0 >> 64, 8_886_110);
    assert_eq!(invariant::check_bank(&later, later.vault_balance), Ok(()));
}

#[test]
fn debts_beyond_the_format_are_an_error_not_a_wrap() {
    let mut bank = lent(300, 1 << 60, 1 << 60, 0);
    assert!(matches!(accrue(&mut bank, Now { ts: i64::MAX, slot: 0 }), Err(RiskError::Math(_))));
}

#[test]
fn utilisation_beyond_one_is_one() {
    let mut bank = lent(100, 1_000, 900, 0);
    assert_eq!(utilisation(&bank).unwrap(), Ratio(u64::try_from((900u128 << 32) / 1_000).unwrap()));
    bank.liability_shares = 2_000;
    assert_eq!(utilisation(&bank).unwrap(), Ratio::ONE);
    bank.asset_shares = 0;
    assert_eq!(utilisation(&bank).unwrap(), Ratio::ONE);
    bank.liability_shares = 0;
    assert_eq!(utilisation(&bank).unwrap(), Ratio::ZERO);
}

#[test]
fn without_lenders_all_interest_is_fees() {
    let mut bank = lent(100, 1_000 * MILLION, 900 * MILLION, 0);
    bank.asset_shares = 0;
    update_rate(&mut bank).unwrap();
    assert_eq!(bank.lend_ratio, [0, 0]);
    let later = accrued(&bank, after(31_557_600));
    // 900 · (e − 1)
    assert_eq!(later.fees, 1_546_453_645);
    assert_eq!(later.asset_index, bank.asset_index);
}

#[test]
fn a_cranked_accrual_keeps_the_rate() {
    let bank = lent(100, 1_000 * MILLION, 500 * MILLION, 0);
    let later = accrued(&bank, after(31_557_600));
    assert_eq!((later.borrow_rate, later.lend_ratio), (bank.borrow_rate, bank.lend_ratio));
}
