//! A deleverage makes no account liquidatable for an hour, and nothing else of it is forgiven.
mod support;

use ballast_risk::health::{assess_initial, assess_maintenance, assess_maintenance_at, Portfolio, Valuation};
use ballast_risk::perp::{self, book, slots, Fill, GRACE};
use ballast_risk::{liquidation, Now, RiskError};
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, RiskBoard, Zeroable};
use proptest::prelude::*;
use support::build::{self, after, bits, board, give, price, sol, usdc, MILLION, NOW};
use support::perps::{market, pool, unrailed};

const SOL: i64 = 1_000_000;

/// A hedger who lent out 70 % of what its SOL is worth, as the model has it, in a market whose shorts are too many for its pool.
struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    banks: [Bank; 2],
    hedger: MarginAccount,
}

impl Scene {
    /// 100 SOL and a short of as many against a loan of so many dollars, among shorts of so many SOL in all.
    fn new(loan: u64, shorts: i64) -> Self {
        let mut sol = sol();
        // ρ = 7.8 %, 1.6 % on what is matched.
        (sol.maintenance_add_on, sol.maintenance_long, sol.maintenance_short) = (0, bits(78, 1_000), bits(78, 1_000));
        sol.basis = bits(16, 1_000);
        let board = board(&[usdc(), sol]);
        let (pool, usd) = pool(1 << 50);
        let mut banks = [usd, build::bank(1, 1, 9)];
        let mut market = market();
        market.terms.skew_scale = u64::MAX;
        let mut hedger = unrailed();
        give(&mut banks[1], &mut hedger, BalanceSide::Deposit, 100_000_000_000);
        give(&mut banks[0], &mut hedger, BalanceSide::Loan, loan * MILLION);
        let mut scene = Self { board, market, pool, banks, hedger };
        scene.sync(NOW);
        scene.hedger.perps[0] = scene.open(-100 * SOL);
        scene.hedger.perp_count = 1;
        scene.open((100 - shorts) * SOL);
        scene.sync(NOW);
        scene
    }

    fn open(&mut self, lots: i64) -> PerpPosition {
        let mut position = PerpPosition { market: self.market.index, ..PerpPosition::zeroed() };
        let mark = self.market.mark;
        perp::trade(&mut self.market, &mut position, Fill { lots, price: mark, print: mark }, 0).unwrap();
        position
    }

    fn sync(&mut self, now: Now) {
        for row in &mut self.board.rows[..2] {
            row.publish_ts = now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.banks[0], &self.board, now).unwrap();
    }

    /// Leaves the pool so much of its Maintenance margin, in thousandths, and deleverages.
    fn shrink_to(&mut self, thousandths: u64, now: Now) {
        let skew = book::skew(&self.market).unwrap();
        let required = perp::liquidity::maintenance_requirement(&self.market, skew, &self.board, now).unwrap();
        let funds = required * thousandths / 1_000 * 2;
        self.banks[0].asset_shares = self.banks[0].asset_shares - self.pool.shares + funds;
        self.pool.shares = funds;
        self.sync(now);
        perp::deleverage(&mut self.market, &self.pool, &self.banks[0], &self.board, now).unwrap();
    }

    fn portfolio(&self, now: Now) -> Portfolio {
        let exposures: Vec<_> = self
            .hedger
            .positions()
            .iter()
            .map(|position| perp::exposure(position, &self.market, &self.board, now).unwrap())
            .collect();
        Portfolio::of_account(&self.hedger, &exposures, 0, now, |index| self.banks.get(usize::from(index))).unwrap()
    }

    fn eligible(&self, now: Now) -> Result<(), RiskError> {
        liquidation::eligible(&self.hedger, &self.portfolio(now), &self.board, now).map(|_| ())
    }
}

#[test]
fn a_hedger_is_spared_for_an_hour() {
    // 15,000 of assets, a loan of 14,400, basis of 240 on the hedge: healthy, but not with 60 % of the hedge gone.
    let mut scene = Scene::new(14_400, 1_000);
    assert_eq!(scene.eligible(NOW), Err(RiskError::AccountHealthy));
    let before = assess_maintenance(&scene.portfolio(NOW), &scene.board, NOW).unwrap();
    scene.shrink_to(420, NOW);
    let held = slots::held(&scene.hedger, &scene.market).unwrap();
    assert!((-42 * SOL..-39 * SOL).contains(&held), "{held}");
    let portfolio = scene.portfolio(NOW);
    assert!(portfolio.is_spared());
    let spared = assess_maintenance(&portfolio, &scene.board, NOW).unwrap();
    assert!(!spared.is_negative() && spared.requirement.0.abs_diff(before.requirement.0) <= 4, "{spared:?} {before:?}");
    assert_eq!((spared.assets, spared.liabilities), (before.assets, before.liabilities), "equity is what it was");
    // At a print as well; Initial asks for what it is now.
    let at = assess_maintenance_at(&portfolio, &scene.board, 1, ballast_math::Price(price(150, 1)), NOW).unwrap();
    assert_eq!(at, spared);
    let initial = assess_initial(&portfolio, &scene.board, Valuation::Initial, NOW).unwrap();
    assert!(initial.requirement > before.requirement);
    // It is unhealthy as it stands, and spared; when the hour is over it is not.
    assert_eq!(scene.eligible(after(GRACE - 1)), Err(RiskError::DeleverageGrace));
    scene.sync(after(GRACE));
    assert_eq!(scene.eligible(after(GRACE)), Ok(()));
}

#[test]
fn a_position_opened_after_the_shrink_is_not_spared() {
    let mut scene = Scene::new(14_400, 1_000);
    scene.shrink_to(420, NOW);
    // The hedger trades: from now on its position is what it is.
    let mut position = scene.hedger.perps[0];
    let fill = Fill { lots: -1, price: scene.market.mark, print: scene.market.mark };
    perp::trade(&mut scene.market, &mut position, fill, 0).unwrap();
    scene.hedger.perps[0] = position;
    assert!(!scene.portfolio(NOW).is_spared());
    assert_eq!(scene.eligible(NOW), Ok(()));
}

#[test]
fn who_would_be_unhealthy_anyway_is_not_spared() {
    let mut scene = Scene::new(14_800, 1_000);
    assert_eq!(scene.eligible(NOW), Ok(()));
    scene.shrink_to(420, NOW);
    assert!(scene.portfolio(NOW).is_spared());
    assert_eq!(scene.eligible(NOW), Ok(()));
}

#[test]
fn a_longs_hedge_is_spared_as_well() {
    let mut scene = Scene::new(0, 1_000);
    scene.hedger = unrailed();
    // 100 SOL owed, hedged by a long, and dollars for a little more than that.
    give(&mut scene.banks[0], &mut scene.hedger, BalanceSide::Deposit, 15_400 * MILLION);
    give(&mut scene.banks[1], &mut scene.hedger, BalanceSide::Loan, 100_000_000_000);
    scene.open(3_000 * SOL);
    scene.hedger.perps[0] = scene.open(100 * SOL);
    scene.hedger.perp_count = 1;
    scene.sync(NOW);
    assert_eq!(scene.eligible(NOW), Err(RiskError::AccountHealthy));
    scene.shrink_to(420, NOW);
    assert_eq!(scene.eligible(NOW), Err(RiskError::DeleverageGrace));
    scene.sync(after(GRACE));
    assert_eq!(scene.eligible(after(GRACE)), Ok(()));
}

proptest! {
    #![proptest_config(support::cases(300))]

    /// The first shrink of a series makes no account liquidatable before the hour is over, whoever holds what; and it takes no equity.
    #[test]
    fn the_first_shrink_makes_nobody_liquidatable(
        loan in 0u64..15_500,
        shorts in 200i64..5_000,
        thousandths in 0u64..950,
        wait in 0i64..GRACE,
        class in any::<bool>(),
    ) {
        let mut scene = Scene::new(loan, shorts);
        if class {
            scene.board.rows[1].class = 2;
        }
        let was = scene.eligible(NOW);
        let before = assess_maintenance(&scene.portfolio(NOW), &scene.board, NOW).unwrap();
        scene.shrink_to(thousandths, NOW);
        let health = assess_maintenance(&scene.portfolio(NOW), &scene.board, NOW).unwrap();
        prop_assert!(health.equity().unwrap() >= before.equity().unwrap() - 2);
        if was == Err(RiskError::AccountHealthy) {
            prop_assert!(!health.is_negative());
            let now = after(wait);
            for row in &mut scene.board.rows[..2] {
                row.publish_ts = now.ts;
            }
            // Funding apart, which a rate of zero leaves out.
            prop_assert!(matches!(
                scene.eligible(now),
                Err(RiskError::AccountHealthy | RiskError::DeleverageGrace | RiskError::NoLiability)
            ));
        }
    }
}
