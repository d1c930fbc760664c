//! A market whose pool lacks margin shrinks by the least amount, at the mark, and takes nobody's equity.
mod support;

use ballast_math::Ratio;
use ballast_risk::perp::{self, book, Fill, MarketDeleveraged, GRACE, VALUE_BITS};
use ballast_risk::{perp::liquidity, Now, RiskError, RiskResult};
use ballast_state::{
    Bank, LiquidityPool, MarketMode, PerpMarket, PerpPosition, PerpSide, RiskBoard, RiskRow, Zeroable,
};
use proptest::prelude::*;
use support::build::{after, bits, board, price, settled, sol, usdc, NOW};
use support::perps::{market, pool};

struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    positions: Vec<PerpPosition>,
}

impl Scene {
    /// Positions of so many lots each, opened at 150, of a pool that has half of so many atoms for the market.
    fn new(row: RiskRow, scale: u64, funds: u64, lots: &[i64]) -> Self {
        let board = board(&[usdc(), row]);
        let (mut pool, bank) = pool(funds);
        let mut market = market();
        market.terms.skew_scale = scale;
        perp::sync(&mut market, &mut pool, &bank, &board, NOW).unwrap();
        let mut positions = Vec::new();
        for lots in lots {
            let mut position = PerpPosition { market: market.index, ..PerpPosition::zeroed() };
            let fill = Fill { lots: *lots, price: market.mark, print: market.mark };
            perp::trade(&mut market, &mut position, fill, 0).unwrap();
            positions.push(position);
        }
        let mut scene = Self { board, market, pool, bank, positions };
        scene.move_to(price(150, 1), NOW);
        scene
    }

    fn move_to(&mut self, mid: u64, now: Now) {
        let row = &mut self.board.rows[1];
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now).unwrap();
    }

    fn deleverage(&mut self, now: Now) -> RiskResult<MarketDeleveraged> {
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now)?;
        perp::deleverage(&mut self.market, &self.pool, &self.bank, &self.board, now)
    }

    fn required(&self, skew: i64) -> u64 {
        liquidity::maintenance_requirement(&self.market, skew, &self.board, NOW).unwrap()
    }

    fn claims(&self) -> Vec<i128> {
        self.positions.iter().map(|position| book::claim(position, &self.market).unwrap()).collect()
    }
}

/// No premium worth an atom.
const FLAT: u64 = 1 << 62;

/// The model's cases, to the lot: the rate is its ρ, the target its h*.
#[test]
fn a_side_shrinks_by_what_the_model_says() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("data/perps.json")).unwrap();
    for case in vectors["deleverage"].as_array().unwrap() {
        let of = |key: &str| case[key].as_i64().unwrap();
        let rate = u64::try_from(of("rho_bps")).unwrap();
        let mut row = sol();
        // All of it as the rate, so that no rounding is added to another.
        (row.maintenance_add_on, row.maintenance_long, row.maintenance_short) = (0, rate_down(rate), rate_down(rate));
        let equity = of("E");
        let funds = 1u64 << 50;
        let mut scene = Scene::new(row, FLAT, funds, &[of("oi_long"), -of("oi_short")]);
        let missing = u64::try_from(scene.market.equity - equity.max(0)).unwrap() * 2;
        (scene.pool.shares, scene.bank.asset_shares) = (funds - missing, funds - missing);
        scene.move_to(price(150, 1), NOW);
        assert_eq!(scene.market.equity, equity.max(0));
        scene.board.rules.liquidation_target = (1 << 32) * 11 / 10;
        if equity < 0 {
            scene.market.long.offset = ballast_math::signed_to_words(i128::from(equity) << VALUE_BITS);
        }
        let result = scene.deleverage(NOW);
        if !case["triggers"].as_bool().unwrap() {
            assert_eq!(result, Err(RiskError::MarketHealthy), "{case}");
            continue;
        }
        let done = result.unwrap();
        let wanted = u64::try_from(of("shrink_lots")).unwrap();
        let most = u64::try_from(of("oi_long").max(of("oi_short"))).unwrap();
        // The rate is a binary fraction, a little less than ρ: it may leave a few lots more.
        assert!(done.lots.abs_diff(wanted) <= 2 + (most >> 24), "{case} {done:?}");
        assert_eq!(done.side, if case["side"] == "long" { PerpSide::Long } else { PerpSide::Short });
        let after = i64::try_from(scene.market.book(done.side).position_index).unwrap();
        assert!(after.abs_diff(of("A_after")) <= 1 << 29, "{case} {after}");
    }
}

/// `⌊bps·2³²/10⁴⌋`.
fn rate_down(bps: u64) -> u32 {
    u32::try_from((bps << 32) / 10_000).unwrap()
}

#[test]
fn only_a_market_without_margin_is_deleveraged() {
    // 1,000 SOL of skew: 8 % of 150,000 dollars.
    let mut scene = Scene::new(sol(), FLAT, 2 * 12_000_100_000, &[1_000_000_000]);
    assert_eq!(scene.deleverage(NOW), Err(RiskError::MarketHealthy));
    let mut scene = Scene::new(sol(), FLAT, 2 * 11_999_000_000, &[1_000_000_000]);
    let stale = after(61);
    assert_eq!(scene.deleverage(stale), Err(RiskError::PairPriceStale));
    let done = scene.deleverage(NOW).unwrap();
    assert_eq!((done.skew_before, done.equity_before), (1_000_000_000, 11_999_000_000 - 16));
    // 1/1.05 of it: 952 SOL.
    assert_eq!(done.lots / 1_000_000, 47);
    assert_eq!(scene.deleverage(NOW), Err(RiskError::MarketHealthy));
    // Without a skew nothing shrinks, whatever is missing.
    let mut none = Scene::new(sol(), FLAT, 0, &[5_000_000, -5_000_000]);
    none.market.long.offset = ballast_math::signed_to_words(-(5 << VALUE_BITS));
    assert_eq!(none.deleverage(NOW), Err(RiskError::NothingToDo));
}

/// In doubt a market has to lack margin at the end of the band that favours its pool, too: of 1,000 SOL long the low one, of as many short
/// the high one.
#[test]
fn at_a_price_in_doubt_the_pool_has_the_better_end() {
    // 8 % are needed of longs, 10 % of shorts; a thousand dollars are missing, as much as a dollar of the price is worth.
    for (lots, there) in [(1_000_000_000i64, 11_000_000_000), (-1_000_000_000, 14_000_000_000)] {
        let mut scene = Scene::new(sol(), FLAT, 2 * there, &[lots]);
        let towards = |cents: u64| {
            if lots > 0 {
                (price(15_000 - cents, 100), price(160, 1))
            } else {
                (price(140, 1), price(15_000 + cents, 100))
            }
        };
        scene.board.rows[1].state = ballast_state::PriceState::Guarded.to_byte();
        (scene.board.rows[1].low, scene.board.rows[1].high) = towards(101);
        assert_eq!(scene.deleverage(NOW), Err(RiskError::MarketHealthy), "{lots}");
        (scene.board.rows[1].low, scene.board.rows[1].high) = towards(99);
        assert!(scene.deleverage(NOW).is_ok(), "{lots}");
    }
}

#[test]
fn a_series_keeps_what_the_index_was_at_its_start() {
    let mut scene = Scene::new(sol(), FLAT, 2 * 10_000_000_000, &[1_000_000_000]);
    let one = scene.market.long.position_index;
    scene.deleverage(NOW).unwrap();
    let first = scene.market.long;
    assert_eq!((first.position_index_before, first.deleverage_ts, first.shrink_sequence), (one, NOW.ts, 1));
    // The price rises: within the hour the series goes on.
    scene.move_to(price(160, 1), after(GRACE - 1));
    scene.deleverage(after(GRACE - 1)).unwrap();
    let second = scene.market.long;
    assert!(second.position_index < first.position_index);
    assert_eq!((second.position_index_before, second.deleverage_ts, second.shrink_sequence), (one, NOW.ts, 1));
    // After it a new one starts.
    scene.move_to(price(170, 1), after(GRACE));
    scene.deleverage(after(GRACE)).unwrap();
    let third = scene.market.long;
    assert_eq!(
        (third.position_index_before, third.deleverage_ts, third.shrink_sequence),
        (second.position_index, after(GRACE).ts, 2)
    );
}

#[test]
fn without_equity_the_skew_goes_and_without_another_side_the_market_ends() {
    let mut scene = Scene::new(sol(), FLAT, 0, &[9_000_000, -4_000_000]);
    let done = scene.deleverage(NOW).unwrap();
    assert!((5_000_000..=5_000_003).contains(&done.lots) && !done.ended);
    let mut alone = Scene::new(sol(), FLAT, 0, &[9_000_000]);
    let done = alone.deleverage(NOW).unwrap();
    assert_eq!((done.lots, done.skew_after, done.ended), (9_000_000, 0, true));
    assert_eq!(MarketMode::from_byte(alone.market.mode), MarketMode::WindDown);
}

/// Sizes may get as coarse as the smallest index makes them, and no coarser.
#[test]
fn a_side_may_shrink_to_exactly_the_smallest_index() {
    let ended = |shorts: i64| {
        let mut scene = Scene::new(sol(), FLAT, 0, &[9 << 20, -shorts]);
        // Nine lots at so much become four at the smallest index.
        scene.market.long.base = book::words((4 << 20) * u128::from(book::INDEX_ONE / book::INDEX_MIN));
        scene.market.long.position_index = book::INDEX_MIN / 4 * 9;
        scene.move_to(price(150, 1), NOW);
        let done = scene.deleverage(NOW).unwrap();
        (scene.market.long.position_index >= book::INDEX_MIN, done.ended)
    };
    assert_eq!(ended(4 << 20), (true, false));
    assert_eq!(ended((4 << 20) - 1), (false, true));
}

/// Premium that the larger skew was charged goes back to its side.
#[test]
fn the_premium_of_what_shrinks_is_given_back() {
    // Φ(1,000 SOL) = 150·10¹⁸/(2·10¹²) = 75 dollars.
    let mut scene = Scene::new(sol(), 1_000_000_000_000, 2 * 10_075_000_000, &[1_000_000_000]);
    let before = scene.claims();
    let done = scene.deleverage(NOW).unwrap();
    let kept = done.skew_before - i64::try_from(done.lots).unwrap();
    assert_eq!((kept, done.skew_after), (done.skew_after, kept));
    let reserve = |lots: i64| 150 * i128::from(lots) * i128::from(lots) / 2_000_000_000_000;
    let due = reserve(1_000_000_000) - reserve(kept);
    // The shrink takes up to two lots more than what was paid back for.
    assert!(i128::from(done.returned) <= due && due - i128::from(done.returned) <= 1, "{} {due}", done.returned);
    let gained = (scene.claims()[0] - before[0]) >> VALUE_BITS;
    assert!((i128::from(done.returned) - gained).unsigned_abs() <= 1);
    assert!(done.equity.abs_diff(done.equity_before) <= 1, "E_m does not change");
}

proptest! {
    #![proptest_config(support::cases(300))]

    /// The least amount: what is left needs no more than there is at the target, and one part in a million more would. Every claim
    /// stays or gains its part of the premium; E_m neither falls nor rises by more than rounding; every size falls by one part.
    #[test]
    fn least_shrink_restores_the_pool_and_takes_no_equity(
        longs in prop::collection::vec(1i64..1 << 32, 1..5),
        shorts in prop::collection::vec(1i64..1 << 32, 0..5),
        part in 1u64..1_000,
        scale in prop_oneof![Just(FLAT), (1u64 << 40)..(1 << 46)],
        move_of in 900u64..1_100,
        slope in prop_oneof![Just(0u32), 1u32..bits(5, 100)],
        cap in prop_oneof![Just(bits(1, 100)), Just(bits(20, 100))],
    ) {
        let mut row = settled(sol());
        if slope != 0 {
            (row.impact_slope, row.impact_cap) = (u64::from(slope), cap);
        }
        let lots: Vec<i64> = longs.iter().copied().chain(shorts.iter().map(|lots| -lots)).collect();
        let skew: i64 = lots.iter().sum();
        prop_assume!(skew != 0);
        let mut scene = Scene::new(row, scale, 1 << 50, &lots);
        scene.move_to(price(150, 1) / 1_000 * move_of, NOW);
        // A pool that has a part of what the skew needs.
        let needed = scene.required(skew);
        let owed = i64::try_from(1u64 << 49).unwrap() - scene.market.equity;
        let funds = i128::from(owed) + i128::from(needed / 1_000 * part);
        prop_assume!(funds > 0);
        let funds = u64::try_from(funds * 2).unwrap();
        (scene.pool.shares, scene.bank.asset_shares) = (funds, funds);
        scene.move_to(scene.board.rows[1].mid, NOW);
        let (claims, equity) = (scene.claims(), scene.market.equity);
        prop_assume!(equity < i64::try_from(needed).unwrap());
        let sizes: Vec<i64> = scene.positions.iter().map(|position| book::size(position, &scene.market).unwrap()).collect();

        let done = scene.deleverage(NOW).unwrap();
        prop_assert_eq!((done.skew_before, done.required_before), (skew, needed));
        prop_assert!(done.skew_after.unsigned_abs() < skew.unsigned_abs());
        let target = Ratio(scene.board.rules.liquidation_target);
        let needs = |skew: i64| u64::try_from((u128::from(scene.required(skew)) * u128::from(target.0)) >> 32).unwrap();
        let left = done.skew_after;
        // A side shrinks by two lots and a part in 2²⁴ more than asked at most.
        let interest = longs.iter().sum::<i64>().max(shorts.iter().sum::<i64>());
        let coarse = 4 + (interest >> 22) + (skew.abs() >> 20);
        if equity > 0 {
            prop_assert!(needs(left) <= u64::try_from(equity).unwrap());
            let more = if skew > 0 { left.max(0) + coarse } else { left.min(0) - coarse };
            if more.unsigned_abs() < skew.unsigned_abs() {
                prop_assert!(needs(more) > u64::try_from(equity).unwrap(), "{} {}", left, more);
            }
        } else {
            prop_assert!(left.abs() <= coarse);
        }
        prop_assert!(scene.market.equity >= equity - 1, "{} {}", scene.market.equity, equity);
        for (before, after) in claims.iter().zip(scene.claims()) {
            prop_assert!(after >= before - 1);
        }
        for (lots, position) in sizes.iter().zip(&scene.positions) {
            let size = book::size(position, &scene.market).unwrap();
            if PerpSide::of(*lots) == done.side {
                prop_assert!(size.abs() <= lots.abs() && (size == 0 || size.signum() == lots.signum()));
            } else {
                prop_assert_eq!(size, *lots);
            }
        }
    }
}
