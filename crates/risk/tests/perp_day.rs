//! Midnight: what was received goes on backing the profit that is still owed, what was paid waits for the losses that are still
//! due, and the rest is the pool's (ADR 16).
mod support;

use ballast_risk::perp::{self, book, Fill, VALUE_BITS};
use ballast_risk::Now;
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PerpSide, Zeroable};
use proptest::prelude::*;
use support::build::{self, account, after, give, MILLION, NOW, T0};
use support::perps::{market, pool};

/// 150 atoms a lot.
const MARK: u64 = 150 << 32;
/// The last minute of the day of `T0`, and the first second of the next.
const BEFORE: i64 = 86_400 - 60 - T0 % 86_400;
const MIDNIGHT: i64 = 86_400 - T0 % 86_400;

/// Two markets of one pool, and a trader for each side of each.
struct Scene {
    pool: LiquidityPool,
    bank: Bank,
    markets: [PerpMarket; 2],
    traders: [(MarginAccount, PerpPosition); 4],
}

impl Scene {
    fn new(funds: u64, parts: u64) -> Self {
        let (pool, mut bank) = pool(funds);
        let markets = [3, 4].map(|index| {
            let mut market = PerpMarket { index, mark: MARK, spent_day: PerpMarket::day(T0), ..market() };
            // No premium worth an atom.
            market.terms.skew_scale = 1 << 62;
            market.terms.weight = build::bits(1, parts);
            market
        });
        let traders = [3u16, 3, 4, 4].map(|market| {
            let mut trader = account();
            give(&mut bank, &mut trader, BalanceSide::Deposit, 1_000_000 * MILLION);
            bank.vault_balance += 1_000_000 * MILLION;
            (trader, PerpPosition { market, ..PerpPosition::zeroed() })
        });
        Self { pool, bank, markets, traders }
    }

    /// One long and one short of so many lots each.
    fn open(&mut self, at: usize, lots: [i64; 2]) {
        for (side, lots) in lots.into_iter().enumerate() {
            let market = &mut self.markets[at];
            let fill = Fill { lots, price: market.mark, print: market.mark };
            perp::trade(market, &mut self.traders[at * 2 + side].1, fill, u64::MAX).unwrap();
        }
    }

    /// Settles up to the pool's funds, whatever the equity.
    fn settle(&mut self, at: usize, side: usize) -> i64 {
        let most = perp::funds(&self.pool, &self.bank, NOW).unwrap();
        let (trader, position) = &mut self.traders[at * 2 + side];
        if book::size(position, &self.markets[at]).unwrap() == 0 {
            return 0;
        }
        let paid = perp::settle(&mut self.markets[at], position, most).unwrap();
        perp::move_claim(&mut self.markets[at], &mut self.pool, &mut self.bank, trader, paid).unwrap();
        paid
    }

    fn refresh(&mut self, now: Now) {
        for market in &mut self.markets {
            perp::refresh_equity(market, &self.pool, &self.bank, now).unwrap();
        }
    }

    fn start_day(&mut self, at: usize, now: Now) {
        perp::start_day(&mut self.markets[at], &mut self.pool, now).unwrap();
        self.refresh(now);
    }

    /// `F − ΣU − ΣΦ`, up.
    fn net_assets(&self) -> i128 {
        let funds = i128::from(perp::funds(&self.pool, &self.bank, NOW).unwrap());
        let owed = |market: &PerpMarket| {
            let sides = book::owed(&market.long).unwrap() + book::owed(&market.short).unwrap();
            (sides >> VALUE_BITS) + i128::from(market.skew_reserve)
        };
        funds - self.markets.iter().map(owed).sum::<i128>()
    }
}

/// A million of funds, an eighth of it for the market, and 500,000 won by one side from the other.
fn after_a_rise(rise: u64) -> Scene {
    let mut scene = Scene::new(1_000_000 * MILLION, 8);
    let lots = 1_000_000 * 10_000;
    scene.open(0, [lots, -lots]);
    perp::move_mark(&mut scene.markets[0], MARK + rise).unwrap();
    scene.refresh(NOW);
    scene
}

#[test]
fn losses_settled_before_midnight_back_the_profit_after_it() {
    let mut scene = after_a_rise(50 << 32);
    assert_eq!((scene.markets[0].equity, scene.markets[0].backing), (125_000_000_000, 1 << 32));
    assert_eq!(scene.settle(0, 1), -500_000_000_000);
    scene.start_day(0, after(BEFORE));
    assert_eq!((scene.markets[0].equity, scene.markets[0].spent), (125_000_000_000, -500_000_000_000));
    scene.start_day(0, after(MIDNIGHT));
    assert_eq!((scene.markets[0].equity, scene.markets[0].backing), (125_000_000_000, 1 << 32));
    assert_eq!((scene.markets[0].spent, scene.pool.spent), (-500_000_000_000, -500_000_000_000));
    // And when it is paid, nothing is left over.
    assert_eq!(scene.settle(0, 0), 500_000_000_000);
    scene.start_day(0, after(MIDNIGHT + 86_400));
    assert_eq!((scene.markets[0].equity, scene.pool.spent), (125_000_000_000, 0));
}

#[test]
fn profit_paid_before_midnight_is_not_risked_again_before_the_losses_come() {
    let mut scene = after_a_rise(50 << 32);
    assert_eq!(scene.settle(0, 0), 500_000_000_000);
    scene.start_day(0, after(MIDNIGHT));
    assert_eq!((scene.markets[0].equity, scene.markets[0].spent), (125_000_000_000, 500_000_000_000));
}

#[test]
fn what_no_claim_answers_is_the_pools() {
    for (spent, owed, kept) in [
        // Received more than is owed, exactly that, less; with nothing owed; with losses due.
        (-700, 500, -500),
        (-500, 500, -500),
        (-200, 500, -200),
        (-200, 0, 0),
        (-200, -500, 0),
        // Paid more than is due, exactly that, less; with nothing due; with profit owed.
        (700, -500, 500),
        (500, -500, 500),
        (200, -500, 200),
        (200, 0, 0),
        (200, 500, 0),
        (0, 500, 0),
    ] {
        let mut scene = Scene::new(1_000_000, 8);
        scene.markets[0].spent = spent;
        // Another market's stays.
        scene.markets[1].spent = 40;
        scene.pool.spent = spent + 40;
        scene.markets[0].long.offset = ballast_math::signed_to_words(-(i128::from(owed) << VALUE_BITS));
        scene.start_day(0, after(BEFORE));
        assert_eq!(scene.markets[0].spent, spent, "the day has not ended");
        scene.start_day(0, after(MIDNIGHT));
        assert_eq!((scene.markets[0].spent, scene.pool.spent), (kept, kept + 40), "{spent} {owed}");
        assert_eq!(scene.markets[0].spent_day, PerpMarket::day(T0) + 1);
        // Once.
        scene.markets[0].spent = 9_999;
        scene.start_day(0, after(MIDNIGHT + 1));
        assert_eq!(scene.markets[0].spent, 9_999);
    }
}

/// A loss that a loan paid and nobody repays: F + Σ spent is below zero, and no weight makes that smaller.
#[test]
fn a_pool_that_lost_more_than_it_had_backs_only_what_is_left() {
    let mut scene = after_a_rise(150 << 32);
    assert_eq!(scene.settle(0, 1), -1_500_000_000_000);
    // Of 2.5 M of funds 1.2 M are burnt; 1.5 M are owed.
    scene.pool.shares -= 1_200_000 * MILLION;
    scene.bank.asset_shares -= 1_200_000 * MILLION;
    scene.refresh(NOW);
    let market = &scene.markets[0];
    assert_eq!((market.budget, market.equity), (1_300_000_000_000, -200_000_000_000));
    assert_eq!(u128::from(market.backing), (1_300u128 << 32) / 1_500);
}

proptest! {
    #![proptest_config(support::cases(200))]

    /// ΣE_m ≤ net assets at every moment, whichever markets have begun their day; Σ spent is the pool's; a day that starts
    /// with claims that answer what was spent changes nothing.
    #[test]
    fn the_markets_never_stand_for_more_than_there_is(
        steps in prop::collection::vec((0usize..2, 0u8..4, 0usize..2, 1i64..1 << 28, 700u64..1_400), 1..40),
    ) {
        let mut scene = Scene::new(1_000_000 * MILLION, 2);
        let mut now = T0;
        for (at, what, side, lots, thousandths) in steps {
            match what {
                0 => scene.open(at, if side == 0 { [lots, -lots / 2] } else { [-lots, lots] }),
                1 => {
                    let mark = (scene.markets[at].mark / 1_000 * thousandths).clamp(1 << 30, 1 << 46);
                    perp::move_mark(&mut scene.markets[at], mark).unwrap();
                }
                2 => { scene.settle(at, side); }
                _ => {
                    now += 40_000;
                    let spent = scene.markets[at].spent;
                    let owed = [PerpSide::Long, PerpSide::Short].map(|side| book::owed(scene.markets[at].book(side)).unwrap());
                    let owed = (owed[0] + owed[1]) >> VALUE_BITS;
                    scene.refresh(NOW);
                    let equity = scene.markets[at].equity;
                    scene.start_day(at, Now { ts: now, ..NOW });
                    let answered = i128::from(spent) <= (-owed).max(0) && i128::from(spent) >= (-owed).min(0);
                    if answered {
                        prop_assert_eq!((scene.markets[at].spent, scene.markets[at].equity), (spent, equity));
                    }
                }
            }
            scene.refresh(NOW);
            let equities: i128 = scene.markets.iter().map(|market| i128::from(market.equity)).sum();
            prop_assert!(equities <= scene.net_assets(), "{equities} {}", scene.net_assets());
            prop_assert_eq!(scene.markets.iter().map(|market| market.spent).sum::<i64>(), scene.pool.spent);
        }
    }
}
