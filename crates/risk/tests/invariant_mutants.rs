//! What no other test of the invariants would have missed: each of their conditions alone
//! ([docs/mutants.md](../../../docs/mutants.md)).
mod support;

use ballast_math::Index;
use ballast_risk::invariant::{self as inv, Checked};
use ballast_state::{
    Balance, BalanceSide, Bank, CurvePoint, MarginAccount, OracleSource, PendingPrint, PriceFeed, RiskBoard, RiskRow,
    Zeroable,
};
use support::build::{self, account, after, bank, bits, board, give, price, with_interest, MILLION, T0};

fn holds(checked: Checked) {
    assert_eq!(checked, Ok(()));
}

#[track_caller]
fn breaks(number: u8, checked: Checked) {
    assert_eq!(checked.unwrap_err().number, number);
}

fn changed<T: Copy>(of: &T, change: impl FnOnce(&mut T)) -> T {
    let mut of = *of;
    change(&mut of);
    of
}

/// Balances of 7 shares in banks 0 and 1.
fn holder() -> MarginAccount {
    let balance = |bank| Balance { bank, side: 1, shares: 7, ..Balance::zeroed() };
    let mut account = account();
    account.balances[..2].copy_from_slice(&[balance(0), balance(1)]);
    account.balance_count = 2;
    account
}

#[test]
fn inv_05_06_of_each_slot() {
    let holder = holder();
    holds(inv::check_account(&holder));
    breaks(5, inv::check_account(&changed(&holder, |account| account.balances[1].bank = 0)));
    for side in [0, 3] {
        breaks(6, inv::check_account(&changed(&holder, |account| account.balances[1].side = side)));
    }
    breaks(6, inv::check_account(&changed(&holder, |account| account.balances[1].shares = 0)));
    breaks(6, inv::check_account(&changed(&holder, |account| account.balance_count = 1)));
}

#[test]
fn inv_01_11_of_the_smallest_indices() {
    let owing = |index: u128, shares: u64, vault: u64| {
        let bank = Bank { asset_shares: shares, vault_balance: vault, ..bank(0, 0, 6) };
        inv::check_bank(&Bank { asset_index: Index(index).to_words(), ..bank }, vault)
    };
    breaks(11, owing(0, 0, 0));
    holds(owing(1, 1, 0));
    // Below 2³² an atom begun is owed to nobody; from there on it is owed.
    holds(owing(1 << 31, 3 << 32, 1));
    breaks(1, owing(1 << 31, 3 << 32, 0));
    holds(owing(1 << 32, 3 << 31, 2));
    breaks(1, owing(1 << 32, 3 << 31, 1));
}

#[test]
fn inv_03_of_both_sides() {
    let (mut bank, mut lender, mut borrower) = (bank(0, 0, 6), account(), account());
    give(&mut bank, &mut lender, BalanceSide::Deposit, 10);
    give(&mut bank, &mut borrower, BalanceSide::Loan, 4);
    let accounts = [lender, borrower];
    holds(inv::check_shares(&bank, &accounts));
    breaks(3, inv::check_shares(&changed(&bank, |bank| bank.asset_shares += 1), &accounts));
    breaks(3, inv::check_shares(&changed(&bank, |bank| bank.liability_shares += 1), &accounts));
}

#[test]
fn inv_47_a_curve_rises_at_every_corner() {
    let mut bank = bank(0, 0, 6);
    bank.curve_points = 3;
    bank.curve[1] = CurvePoint { utilisation: 1, rate: 0, slope: 0 };
    bank.curve[2] = CurvePoint { utilisation: 1 << 32, rate: 0, slope: 0 };
    holds(inv::check_curve(&bank));
    bank.curve[1].utilisation = 0;
    breaks(47, inv::check_curve(&bank));
}

#[test]
fn inv_14_15_of_each_end() {
    let row = RiskRow { low: 1, fair_low: 2, mid: 3, fair_high: 4, high: 5, ..build::row(3) };
    let check = |change: fn(&mut RiskRow)| inv::check_board(&board(&[row]), &board(&[changed(&row, change)]));
    holds(check(|_| {}));
    breaks(14, check(|row| row.publish_ts -= 1));
    breaks(15, check(|row| row.low = 3));
    breaks(15, check(|row| (row.low, row.fair_low) = (4, 4)));
    breaks(15, check(|row| (row.high, row.fair_high) = (2, 2)));
    breaks(15, check(|row| row.high = 3));
}

/// A feed at a hundred dollars, that jumps by more than 3 %.
fn feed() -> PriceFeed {
    let mut feed = PriceFeed { accepted_price: price(100, 1), accepted_ts: T0, ..PriceFeed::zeroed() };
    feed.sources[0] = OracleSource { provider: 1, ..OracleSource::zeroed() };
    (feed.judge.jump_min, feed.judge.jump_confirm) = (bits(3, 100), 10);
    feed
}

#[test]
fn inv_53_on_both_sides() {
    let feed = feed();
    let accepts = |dollars, seconds| {
        changed(&feed, |feed| (feed.accepted_price, feed.accepted_ts) = (price(dollars, 1), T0 + seconds))
    };
    breaks(53, inv::check_jump(&feed, &accepts(90, 11)));
    breaks(53, inv::check_jump(&feed, &accepts(110, 11)));
    holds(inv::check_jump(&changed(&feed, |feed| feed.accepted_price = 0), &accepts(90, 11)));
    holds(inv::check_jump(&changed(&feed, |feed| feed.sources[1] = feed.sources[0]), &accepts(90, 11)));
    let waiting = changed(&feed, |feed| feed.pending = PendingPrint { price: price(90, 1), publish_ts: T0 + 1 });
    for (dollars, seconds, ok) in [(90, 11, true), (95, 11, true), (89, 11, false), (90, 10, false), (110, 11, false)] {
        assert_eq!(inv::check_jump(&waiting, &accepts(dollars, seconds)).is_ok(), ok, "{dollars} {seconds}");
    }
    // 8 · 0.9 · √(a day / a year) = 0.3767: e^ of it is 1.4575.
    let volatile = changed(&feed, |feed| feed.rates.sigma = u64::from(bits(9, 10)));
    holds(inv::check_jump(&volatile, &accepts(145, 86_400)));
    breaks(53, inv::check_jump(&volatile, &accepts(146, 86_400)));
}

#[test]
fn inv_17_a_loss_lowers_the_index_and_nothing_else_does() {
    let mut old = with_interest(bank(0, 0, 6), 10);
    give(&mut old, &mut account(), BalanceSide::Deposit, 1_000 * MILLION);
    let lower = changed(&old, |bank| bank.asset_index = [u64::MAX, 0]);
    let higher = changed(&old, |bank| bank.asset_index = [1, 1]);
    let lost = |bank: &Bank| changed(bank, |bank| bank.socialized_loss = 1);
    holds(inv::check_index_causes(&old, &lost(&lower)));
    breaks(17, inv::check_index_causes(&old, &lower));
    breaks(17, inv::check_index_causes(&old, &lost(&higher)));
    breaks(17, inv::check_index_causes(&lost(&old), &lost(&lower)));
}
