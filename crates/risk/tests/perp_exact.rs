//! Exact values of the small formulas of perps, at the ends of their ranges.
mod support;

use ballast_risk::perp::{book, funding};
use ballast_state::{MarketTerms, SideBook, Zeroable};

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
