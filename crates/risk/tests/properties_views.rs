//! Displayed numbers are the program's own (T29): the liquidation price is the root of the predicate, to one tick.
mod support;

use ballast_math::{Price, Ratio, Units};
use ballast_risk::health::{assess_maintenance, Portfolio};
use ballast_risk::perp::{self, Fill};
use ballast_risk::views::{liquidation_prices, liquidation_threshold, loan_to_value, LiquidationPrices};
use ballast_state::RiskBoard;
use proptest::prelude::*;
use support::build::{self, price, MILLION, NOW};
use support::perps;
use support::random::Case;
use support::rational::{int, is_near, of_bits, of_price, of_ratio, q};
use support::{cases, random};

fn is_unhealthy(portfolio: &Portfolio, board: &RiskBoard, feed: u8, price: u64) -> bool {
    let mut moved = *board;
    moved.rows[usize::from(feed)].mid = price;
    assess_maintenance(portfolio, &moved, NOW).unwrap().is_negative()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn t29_the_liquidation_price_is_the_root_to_one_tick(
        Case { board, portfolio } in random::any_portfolio(false), feed in any::<prop::sample::Index>(),
    ) {
        let feed = u8::try_from(feed.index(usize::from(board.row_count))).unwrap();
        let found = liquidation_prices(&board, feed, NOW, |_| Ok(portfolio)).unwrap();
        let today = board.rows[usize::from(feed)].mid;
        if !portfolio.has_liability || is_unhealthy(&portfolio, &board, feed, today) {
            prop_assert_eq!(found, LiquidationPrices::default());
            return Ok(());
        }
        if let Some(below) = found.below {
            prop_assert!(below < today);
            prop_assert!(is_unhealthy(&portfolio, &board, feed, below));
            prop_assert!(!is_unhealthy(&portfolio, &board, feed, below + 1));
        }
        if let Some(above) = found.above {
            prop_assert!(above > today);
            prop_assert!(is_unhealthy(&portfolio, &board, feed, above));
            prop_assert!(!is_unhealthy(&portfolio, &board, feed, above - 1));
        }
        // Nothing between today's price and the root, and nothing where there is none, is liquidatable.
        for eighth in 1..8u64 {
            let low = found.below.unwrap_or(0);
            let between = today - (today - low) / 8 * eighth;
            prop_assert!(between <= low || !is_unhealthy(&portfolio, &board, feed, between), "{eighth}/8 below");
            let high = found.above.unwrap_or(today.saturating_mul(2).min(Price::MAX.0));
            let between = today + (high - today) / 8 * eighth;
            prop_assert!(between >= high || !is_unhealthy(&portfolio, &board, feed, between), "{eighth}/8 above");
        }
    }
}

#[test]
fn a_pair_in_closed_form() {
    // 100 SOL against 9,000 USDC: 0.9·100·p = 1.005·9,000, p = 100.5.
    let board = build::board(&[build::usdc(), build::sol()]);
    let mut portfolio = Portfolio::new(0);
    portfolio.entry(1).unwrap().deposits = Units(100 << 64);
    portfolio.entry(0).unwrap().loans = Units(9_000 << 64);
    portfolio.has_liability = true;
    let found = liquidation_prices(&board, 1, NOW, |_| Ok(portfolio)).unwrap();
    assert_eq!(found.above, None);
    assert!(is_near(&of_price(found.below.unwrap()), &q(201, 2), &q(1, 1_000_000)));
    let usdc = liquidation_prices(&board, 0, NOW, |_| Ok(portfolio)).unwrap();
    assert_eq!(usdc.below, None);
    // 13,500 / (9,000 · 1.005)
    assert!(is_near(&of_price(usdc.above.unwrap()), &q(13_500, 9_045), &q(1, 1_000_000)));
    assert_eq!(liquidation_prices(&board, 7, NOW, |_| Ok(portfolio)).unwrap(), LiquidationPrices::default());
}

/// A whale whose assets leave the format of values long before any price would liquidate it: no price, not an error.
#[test]
fn a_whale_has_no_price_above() {
    let board = build::board(&[build::usdc(), build::sol()]);
    let mut portfolio = Portfolio::new(0);
    portfolio.entry(0).unwrap().deposits = Units(50_000_000 << 64);
    portfolio.entry(1).unwrap().loans = Units(1_000 << 64);
    portfolio.has_liability = true;
    let found = liquidation_prices(&board, 0, NOW, |_| Ok(portfolio)).unwrap();
    assert_eq!(found.above, None);
    assert!(found.below.is_some());
    assert!(liquidation_prices(&board, 1, NOW, |_| Ok(portfolio)).unwrap().above.unwrap() > price(40_000, 1));
}

/// The familiar numbers of rules-risk 1.
#[test]
fn ltv_and_lt_against_a_usdc_loan() {
    let usdc = build::rated(Price::ONE.0, [0, 0, 50], [0, 0, 100]);
    let table = [
        // (maintenance long, short, add-on), (initial …), LTV, LT in thousandths
        ([779, 600, 200], [2_237, 1_880, 200], 749, 898),
        ([407, 310, 100], [1_168, 980, 100], 865, 945),
        ([779, 600, 400], [2_237, 1_880, 400], 729, 878),
    ];
    for (maintenance, initial, ltv, lt) in table {
        let row = build::rated(price(150, 1), maintenance, initial);
        let thousandths = |ratio: Ratio| (of_ratio(ratio) * int(1_000) + q(1, 2)).floor().to_integer();
        let long = of_bits(row.maintenance_long) + of_bits(row.maintenance_add_on);
        let exact = (int(1) - long) / (int(1) + of_bits(usdc.maintenance_short) + of_bits(usdc.maintenance_add_on));
        let threshold = liquidation_threshold(&row, &usdc).unwrap();
        assert!(of_ratio(threshold) <= exact && of_ratio(threshold) > exact - q(1, 1u64 << 32));
        assert_eq!(thousandths(threshold), lt.into());
        assert_eq!(thousandths(loan_to_value(&row, &usdc).unwrap()), ltv.into());
    }
}

/// A debt of exactly LT · collateral is at HF = 1, to a cent on ten thousand dollars.
#[test]
fn the_threshold_is_where_health_is_zero() {
    let (usdc, sol) = (build::usdc(), build::sol());
    let board = build::board(&[usdc, sol]);
    let threshold = of_ratio(liquidation_threshold(&sol, &usdc).unwrap());
    let debt = |cents: i64| {
        let value = &threshold * int(15_000) + q(cents, 100);
        let mut portfolio = Portfolio::new(0);
        portfolio.entry(1).unwrap().deposits = Units(100 << 64);
        portfolio.entry(0).unwrap().loans = Units(u128::try_from((value * int(1u128 << 64)).to_integer()).unwrap());
        portfolio.has_liability = true;
        assess_maintenance(&portfolio, &board, NOW).unwrap().is_negative()
    };
    assert!(!debt(-1) && debt(1));
}

/// Twenty SOL long or short since 150, on 400 dollars: what the position wins and loses moves with the price.
#[test]
fn t29_perps_move_with_the_price() {
    let (mut pool, mut bank) = perps::pool(100_000 * MILLION);
    let board = build::board(&[build::usdc(), build::sol()]);
    let mut account = build::account();
    build::give(&mut bank, &mut account, ballast_state::BalanceSide::Deposit, 400 * MILLION);
    let mut market = perps::market();
    perp::sync(&mut market, &mut pool, &bank, &board, NOW).unwrap();
    // Long: 0.995·(20p − 2,600) = 0.1·20p. Short: 0.995·(3,400 − 20p) = 0.08·20p.
    for (sol, exact) in [(20, q(25_870, 179)), (-20, q(33_830, 215))] {
        let (mut market, mut account) = (market, account);
        let fill = Fill { lots: sol * 1_000_000, price: market.mark, print: market.mark };
        let position = perp::slots::find_or_open(&mut account, market.index).unwrap();
        perp::trade(&mut market, position, fill, 0).unwrap();
        let held = |board: &RiskBoard| {
            let (mut market, mut pool) = (market, pool);
            perp::sync(&mut market, &mut pool, &bank, board, NOW)?;
            let exposure = perp::exposure(&account.positions()[0], &market, board, NOW)?;
            Portfolio::of_account(&account, &[exposure], 0, NOW, |_| Some(&bank))
        };
        let negative = |mid: u64| {
            let mut moved = board;
            moved.rows[1].mid = mid;
            assess_maintenance(&held(&moved).unwrap(), &moved, NOW).unwrap().is_negative()
        };
        let found = liquidation_prices(&board, 1, NOW, held).unwrap();
        let (root, before) = if sol > 0 {
            let root = found.below.unwrap();
            (root, root + 1)
        } else {
            assert_eq!(found.below, None);
            let root = found.above.unwrap();
            (root, root - 1)
        };
        assert!(negative(root) && !negative(before));
        if let (true, Some(above)) = (sol > 0, found.above) {
            // What the pool does not back counts for nothing, and the requirement rises: 0.995·50,395 = 2p.
            assert!(negative(above) && !negative(above - 1));
            assert!(is_near(&of_price(above), &int(25_072), &int(1)), "{}", of_price(above));
        }
        assert!(is_near(&of_price(root), &exact, &q(1, 100_000)), "{}", of_price(root));
        // By brute force, every two cents from far on the losing side to as far on the other.
        for cents in (10_000..20_000u64).step_by(2) {
            let mid = price(cents, 100);
            assert_eq!(negative(mid), if sol > 0 { mid <= root } else { mid >= root }, "{cents}");
        }
    }
}
