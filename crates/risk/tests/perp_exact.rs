//! Exact values of the small formulas of perps, at the ends of their ranges.
mod support;

use ballast_risk::perp::{self, book, funding, MAX_LOTS};
use ballast_risk::RiskError;
use ballast_state::{MarketTerms, PerpPosition, PerpSide, SideBook, Zeroable};
use support::build::after;
use support::orders::{Exchange, FUNDS, SOL};

/// Longs pay where there are more of them, shorts where there are more of those.
#[test]
fn the_rate_moves_with_the_skew_and_no_faster_than_at_the_scale() {
    let terms = MarketTerms { skew_scale: 1_000, funding_velocity: 70, ..MarketTerms::zeroed() };
    let cases = [(0, 0), (1, 0), (15, 1), (500, 35), (1_000, 70), (1_001, 70), (i64::MAX, 70)];
    for (skew, velocity) in cases {
        assert_eq!(funding::velocity(skew, &terms), Ok(velocity), "{skew}");
        assert_eq!(funding::velocity(-skew, &terms), Ok(-velocity), "{skew}");
    }
}

#[test]
fn bases_beyond_a_word_keep_both() {
    let number = (3 << 64) + 5;
    assert_eq!((book::unsigned([5, 3]), book::words(number)), (number, [5, 3]));
    // 2⁶⁴ at the smallest index are 2⁴⁰ lots.
    let side = SideBook { base: [0, 1], position_index: book::INDEX_MIN, ..SideBook::zeroed() };
    assert_eq!(book::open_interest(&side), Ok(1 << 40));
}

/// An interval is split where the sign changes, and nowhere else.
#[test]
fn funding_is_split_at_a_change_of_sign_only() {
    let parts = |rate, velocity, seconds| {
        let funding::Parts { first, second, rate } = funding::parts(rate, velocity, 1_000, seconds).unwrap();
        (first, second, rate)
    };
    // 15, 20, 25, 30
    assert_eq!(parts(10, 5, 4), (0, 90, 30));
    assert_eq!(parts(-10, -5, 4), (0, -90, -30));
    // 5, 0, −5, −10
    assert_eq!(parts(10, -5, 4), (5, -15, -10));
    assert_eq!(parts(-10, 5, 4), (-5, 15, 10));
    assert_eq!(parts(10, -5, 1), (5, 0, 5));
    assert_eq!(parts(7, 0, 3), (0, 21, 7));
    assert_eq!(parts(-7, 0, 3), (0, -21, -7));
    assert_eq!(parts(0, -5, 2), (0, -15, -10));
}

/// What is added adds, what is closed takes its part away, a flip starts anew: the same on both sides.
#[test]
fn the_entry_cost_follows_every_trade() {
    for side in [1, -1] {
        let mut exchange = Exchange::new(1);
        let trades = [
            (10, 15_000, 1_500),
            (10, 16_000, 3_100),
            (-5, 17_000, 2_325),
            (-20, 14_000, -700),
            (-5, 13_000, -1_350),
            (4, 12_000, -810),
            (6, 12_000, 0),
        ];
        for (at, (lots, cents, entry)) in (0..).step_by(2).zip(trades) {
            exchange.trade(0, side * lots * SOL, cents, at);
            let position = exchange.traders[0].account.perps[0];
            assert_eq!(position.entry_quote, side * entry * 1_000_000, "{side} {lots}");
        }
    }
}

#[test]
fn a_position_may_be_of_the_most_lots() {
    let most = i64::try_from(MAX_LOTS).unwrap();
    let after = |lots| {
        let mut position = PerpPosition::zeroed();
        perp::exchange(&mut support::perps::market(), &mut position, lots, u64::MAX, |_, _| Ok(0))
            .map(|done| done.after)
    };
    for side in [1, -1] {
        assert_eq!(after(side * most), Ok(side * most));
        assert_eq!(after(side * (most + 1)), Err(RiskError::PositionTooLarge));
    }
}

/// A market that owes more than it has pays nothing; one that has exactly as much pays.
#[test]
fn profits_are_paid_down_to_an_equity_of_zero() {
    let mut exchange = Exchange::new(1);
    let most = |exchange: &Exchange| {
        let Exchange { market, pool, bank, board, .. } = exchange;
        perp::most_paid(market, pool, bank, &support::perps::unrailed(), board, after(0)).unwrap()
    };
    for (equity, paid) in [(i64::MIN, 0), (-1, 0), (0, exchange.pool.shares), (1, exchange.pool.shares)] {
        exchange.market.equity = equity;
        assert_eq!(most(&exchange), paid, "{equity}");
    }
}

/// The last atom of a deposit pays without a loan; one more opens one.
#[test]
fn a_charge_of_all_there_is_opens_no_loan() {
    for (beyond, loan) in [(0, None), (1, Some(1))] {
        let Exchange { mut pool, mut bank, mut traders, .. } = Exchange::new(1);
        let account = &mut traders[0].account;
        perp::charge(&mut pool, &mut bank, account, 0, FUNDS + beyond).unwrap();
        assert_eq!(account.balance(0).map(|balance| balance.perp_shares), loan);
        assert_eq!(bank.perp_loan_shares, beyond);
    }
}

/// Beyond a word the part is taken down and the whole up: never more than is there.
#[test]
fn backing_of_sums_beyond_a_word_is_down() {
    let backing = |spare, long, short| perp::backing(spare, long, short).unwrap().0;
    assert_eq!(backing(1 << 61, 1 << 62, 0), 1 << 31);
    assert_eq!(backing(1 << 80, 1 << 81, 0), (1 << 31) - 1);
    assert_eq!(backing(0, 1 << 81, -(1 << 80)), (1 << 31) - 1);
    assert_eq!(backing(1 << 80, 1 << 80, 0), 1 << 32);
}

/// A side without size has no index to move: whoever opens it starts from nothing.
#[test]
fn nobody_pays_no_funding() {
    for payer in [PerpSide::Long, PerpSide::Short] {
        let mut market = support::perps::market();
        perp::pay_funding(&mut market, payer, 1_000).unwrap();
        assert_eq!(market, support::perps::market());
    }
}
