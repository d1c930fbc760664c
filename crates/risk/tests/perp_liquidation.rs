//! Liquidating a perp position against the pool: how much, at which bonus, and what it must not do.
mod support;

use ballast_math::{Index, Ratio};
use ballast_risk::health::{assess_maintenance, Health, Portfolio};
use ballast_risk::perp::{self, book, Fill, PositionClosed, PositionPlan};
use ballast_risk::{bankruptcy, lending, Now, RiskError, RiskResult};
use ballast_state::{Bank, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, RiskBoard, Zeroable};
use proptest::prelude::*;
use support::build::{after, bits, board, btc, price, sol, usdc, MILLION, NOW};
use support::perps::{market, pool};

/// Lots of a SOL.
const SOL: i64 = 1_000_000;

#[derive(Clone)]
struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    trader: MarginAccount,
    liquidator: MarginAccount,
}

impl Scene {
    /// A trader with so many dollars who holds so many SOL since 150.
    fn new(deposit: u64, lots: i64) -> Self {
        Self::with_scale(deposit, lots, market().terms.skew_scale)
    }

    /// The same where so many lots of skew cost as much as the price.
    fn with_scale(deposit: u64, lots: i64, skew_scale: u64) -> Self {
        let (pool, bank) = pool(100_000 * MILLION);
        let mut market = market();
        market.terms.skew_scale = skew_scale;
        let mut scene = Self {
            board: board(&[usdc(), sol()]),
            market,
            pool,
            bank,
            trader: MarginAccount::zeroed(),
            liquidator: MarginAccount::zeroed(),
        };
        scene.move_to(price(150, 1), NOW);
        lending::deposit(&mut scene.bank, &mut scene.trader, deposit, NOW).unwrap();
        let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
        let mark = scene.market.mark;
        let traded =
            perp::trade(&mut scene.market, &mut position, Fill { lots, price: mark, print: mark }, u64::MAX).unwrap();
        scene.trader.perps[0] = position;
        scene.trader.perp_count = 1;
        let paid = traded.paid;
        perp::move_claim(&mut scene.market, &mut scene.pool, &mut scene.bank, &mut scene.trader, paid).unwrap();
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

    /// A position of somebody else.
    fn open_another(&mut self, lots: i64) {
        let mut position = PerpPosition { market: self.market.index, ..PerpPosition::zeroed() };
        let fill = Fill { lots, price: self.market.mark, print: self.market.mark };
        perp::trade(&mut self.market, &mut position, fill, u64::MAX).unwrap();
    }

    fn portfolio(&self, now: Now) -> Portfolio {
        let positions = self.trader.positions().iter();
        let exposure = |position| perp::exposure(position, &self.market, &self.board, now).unwrap();
        let exposures: Vec<_> = positions.map(exposure).collect();
        Portfolio::of_account(&self.trader, &exposures, 0, now, |_| Some(&self.bank)).unwrap()
    }

    fn health(&self, now: Now) -> Health {
        assess_maintenance(&self.portfolio(now), &self.board, now).unwrap()
    }

    fn size(&self) -> i64 {
        self.trader.positions().first().map_or(0, |position| book::size(position, &self.market).unwrap())
    }

    fn plan(&self, most: u64, now: Now) -> RiskResult<PositionPlan> {
        perp::plan_position(&self.board, &self.market, &self.trader, &self.portfolio(now), most, now)
    }

    fn liquidate(&mut self, most: u64, now: Now) -> RiskResult<(PositionPlan, PositionClosed, Health)> {
        let before = self.clone();
        let result = self.try_liquidate(most, now);
        if result.is_err() {
            *self = before;
        }
        result
    }

    fn try_liquidate(&mut self, most: u64, now: Now) -> RiskResult<(PositionPlan, PositionClosed, Health)> {
        let plan = self.plan(most, now)?;
        let closed = perp::close_position(
            &self.board,
            &mut self.market,
            &mut self.pool,
            &mut self.bank,
            &mut self.trader,
            &mut self.liquidator,
            &plan,
            now,
        )?;
        let portfolio = self.portfolio(now);
        let (health, loss) = perp::conclude_position(
            &self.board,
            &mut self.market,
            &mut self.pool,
            &mut self.bank,
            &mut self.trader,
            &portfolio,
            &plan,
            now,
        )?;
        // What closing changed was exchanged in the assessment before it: the sum is that of the whole account.
        assert_eq!(health, assess_maintenance(&portfolio, &self.board, now).unwrap());
        assert_eq!(loss.is_some(), health.assets < health.liabilities && self.trader.perp_count == 0);
        Ok((plan, closed, health))
    }

    /// Deposits less loans, all in one bank: what trader, liquidator, pool and insurance have together.
    fn total(&self) -> i128 {
        let claims = Index::from_words(self.bank.asset_index).exact(self.bank.asset_shares).unwrap();
        let debts = Index::from_words(self.bank.liability_index).exact(self.bank.liability_shares).unwrap();
        i128::try_from(claims).unwrap() - i128::try_from(debts).unwrap() + (i128::from(self.bank.insurance) << 64)
    }
}

/// 20 SOL long from 150 on 400 dollars, at 140: E = 200, R = 10 % of 2,800 and ½ % of the deposits; H < 0.
#[test]
fn a_long_is_closed_as_far_as_the_target_asks() {
    let mut scene = Scene::new(400 * MILLION, 20 * SOL);
    let now = after(20);
    scene.move_to(price(140, 1), now);
    let before = scene.health(now);
    assert!(before.is_negative() && before.assets > before.liabilities);
    let (plan, closed, after) = scene.liquidate(u64::MAX, now).unwrap();
    assert!(plan.lots < 0 && scene.size() == 20 * SOL + plan.lots);
    // What was closed at 140 lost ten dollars a SOL since 150; the rest lost it, too, and pays now.
    assert_eq!(closed.paid + closed.premium, -200 * 1_000_000);
    let value = plan.lots.unsigned_abs() * 140;
    assert_eq!(closed.bonus, plan.bonus.of_down(ballast_math::Usd(value)).unwrap().0);
    assert!((closed.insurance * 5).abs_diff(closed.bonus) <= 5);
    let received = Index::ONE.amount_down(scene.liquidator.active()[0].shares).unwrap();
    assert_eq!(received, closed.bonus - closed.insurance);
    // The target is 1.05, and two steps come within a thousandth of it.
    let factor = after.factor().unwrap();
    assert!(factor.0 <= Ratio::from_bps(10_500).0 && factor.0 >= Ratio::from_bps(10_480).0, "{factor:?}");
    // Healthy again: the episode and its lock are over. A part would have kept them.
    assert_eq!(scene.trader.bonus_lock.ts, 0);
    let mut part = Scene::new(400 * MILLION, 20 * SOL);
    part.move_to(price(140, 1), now);
    let (first, ..) = part.liquidate(1_000_000, now).unwrap();
    assert_eq!((first.lots, part.trader.bonus_lock.bonus), (-SOL, plan.bonus.0));
}

#[test]
fn a_short_is_closed_as_well() {
    let mut scene = Scene::new(400 * MILLION, -20 * SOL);
    let now = after(20);
    scene.move_to(price(161, 1), now);
    let (plan, closed, after) = scene.liquidate(u64::MAX, now).unwrap();
    assert!(plan.lots > 0 && scene.size() == -20 * SOL + plan.lots);
    assert_eq!(closed.paid + closed.premium, -220 * 1_000_000);
    assert!(!after.is_negative());
}

#[test]
fn what_is_left_of_dust_goes_with_the_rest() {
    // A tenth of a SOL: what would be left is under ten dollars.
    let mut scene = Scene::new(2 * MILLION, SOL / 10);
    let now = after(20);
    scene.move_to(price(141, 1), now);
    let (plan, ..) = scene.liquidate(u64::MAX, now).unwrap();
    assert_eq!((plan.lots, scene.trader.perp_count), (-SOL / 10, 0));
    assert_eq!(scene.trader.perps[0], PerpPosition::zeroed());
    // No loan, no position: nothing to be liquidated any more.
    assert_eq!(scene.plan(u64::MAX, now), Err(RiskError::NoPosition));
}

/// The requirement of a large position falls faster than in proportion: the second step closes what the first left.
#[test]
fn with_impact_it_takes_the_second_step() {
    let mut scene = Scene::new(55_000 * MILLION, 2_000 * SOL);
    let now = after(20);
    // Under seven per cent more at the 290,000 dollars it is worth.
    (scene.board.rows[1].impact_slope, scene.board.rows[1].impact_cap) = (1 << 33, bits(20, 100));
    scene.move_to(price(145, 1), now);
    let factor = scene.liquidate(u64::MAX, now).unwrap().2.factor().unwrap();
    // One step alone comes to 1.0448.
    assert!(factor <= Ratio::from_bps(10_500) && factor >= Ratio::from_bps(10_490), "{factor:?}");
}

/// What is left of exactly the limit stays.
#[test]
fn a_rest_of_exactly_dust_is_left() {
    let mut scene = Scene::new(400 * MILLION, 20 * SOL);
    let now = after(20);
    scene.move_to(price(140, 1), now);
    scene.board.rules.dust = 0;
    let usual = scene.plan(u64::MAX, now).unwrap().lots;
    // A millionth of 140 dollars is 146.8 units of value: lots of dust are the smallest number worth as much.
    let left = scene.size() + usual;
    let worth = u64::try_from(left).unwrap() * 140 * (1 << 20) / MILLION;
    scene.board.rules.dust = worth;
    assert_eq!(scene.plan(u64::MAX, now).unwrap().lots, usual);
    scene.board.rules.dust = worth + 1;
    assert_eq!(scene.plan(u64::MAX, now).unwrap().lots, -20 * SOL);
}

/// Premium that comes back pays what is owed first, and a debt counts at the target's multiple: the more is owed, the less of it is
/// an asset. A fortieth of what is closed comes back; from 145 dollars on down the account owes more than it has.
#[test]
fn premium_that_pays_a_debt_passes_no_target() {
    let now = after(20);
    let factor_at = |cents: u64| {
        let mut scene = Scene::with_scale(100 * MILLION, 20 * SOL, 80_000_000_000);
        scene.open_another(1_980 * SOL);
        scene.move_to(price(cents, 100), now);
        let before = scene.health(now);
        assert!(before.assets < before.liabilities);
        let (_, _, after) = scene.liquidate(u64::MAX, now).unwrap();
        (scene.trader.perp_count > 0).then(|| after.factor().unwrap())
    };
    let parts: Vec<Ratio> = (14_000..14_490).rev().map_while(factor_at).collect();
    assert!(parts.len() > 100, "{}", parts.len());
    assert!(parts.iter().all(|factor| *factor <= Ratio::from_bps(10_500)), "{:?}", parts.iter().max());
    assert!(parts[0] >= Ratio::from_bps(10_250), "{:?}", parts[0]);
}

/// Where closing enlarges the skew no premium comes back, whatever the scale; where it shrinks it, the plan is for less.
#[test]
fn premium_that_does_not_come_back_is_not_counted_on() {
    let now = after(20);
    let planned = |others: i64, skew_scale: u64| {
        let mut scene = Scene::new(400 * MILLION, 20 * SOL);
        scene.open_another(others * SOL);
        scene.move_to(price(140, 1), now);
        scene.market.terms.skew_scale = skew_scale;
        scene.plan(u64::MAX, now).unwrap().lots
    };
    assert_eq!(planned(-500, 1 << 34), planned(-500, 1 << 40));
    assert!(planned(500, 1 << 34) > planned(500, 1 << 40), "fewer are sold");
}

#[test]
fn what_must_not_be_liquidated_is_not() {
    let now = after(20);
    let mut scene = Scene::new(400 * MILLION, 20 * SOL);
    assert_eq!(scene.plan(u64::MAX, now), Err(RiskError::AccountHealthy));
    scene.move_to(price(140, 1), now);
    assert_eq!(scene.plan(0, now), Err(RiskError::NothingToDo));
    scene.trader.risk_ts = now.ts;
    assert_eq!(scene.plan(u64::MAX, now), Err(RiskError::AccountCoolingOff));
    scene.trader.risk_ts = 0;
    for row in [0, 1] {
        let stamp = scene.board.rows[row].publish_ts;
        scene.board.rows[row].publish_ts = now.ts - 61;
        assert_eq!(scene.plan(u64::MAX, now), Err(RiskError::PairPriceStale));
        scene.board.rows[row].publish_ts = stamp;
    }
    scene.bank.flash_loaned = 1;
    assert_eq!(scene.liquidate(u64::MAX, now), Err(RiskError::BankInFlashLoan));
    scene.bank.flash_loaned = 0;
    let portfolio = scene.portfolio(now);
    scene.market.index += 1;
    let plan = perp::plan_position(&scene.board, &scene.market, &scene.trader, &portfolio, u64::MAX, now);
    assert_eq!(plan, Err(RiskError::NoPosition));
}

/// A deposit of SOL against a short of it: closing the short would only lay the deposit open.
#[test]
fn half_of_a_hedge_is_not_liquidated() {
    let now = after(20);
    let mut scene = Scene::new(MILLION, -20 * SOL);
    // The hedge pays its basis alone: 2 % of 3,000 dollars.
    let mut portfolio = scene.portfolio(now);
    let tokens = ballast_math::Decimals::new(6).unwrap().units_down(20_000_000).unwrap();
    portfolio.entry(1).unwrap().deposits = tokens;
    let health = assess_maintenance(&portfolio, &scene.board, now).unwrap();
    assert!(!health.is_negative());
    // With a debt that makes it unhealthy the plan takes what basis would be spared; the outcome would be worse.
    let usdc = ballast_math::Decimals::new(6).unwrap().units_up(2_990 * MILLION).unwrap();
    portfolio.entry(0).unwrap().loans = usdc;
    scene.move_to(price(150, 1), now);
    let plan = perp::plan_position(&scene.board, &scene.market, &scene.trader, &portfolio, u64::MAX, now).unwrap();
    let left = 20 * SOL - plan.lots;
    let mut after_it = portfolio;
    let short = ballast_math::Decimals::new(6).unwrap().units_up(left.unsigned_abs()).unwrap();
    after_it.entry(1).unwrap().perp_short = short;
    let outcome = perp::conclude_position(
        &scene.board,
        &mut scene.market,
        &mut scene.pool,
        &mut scene.bank,
        &mut scene.trader,
        &after_it,
        &plan,
        now,
    );
    assert_eq!(outcome.unwrap_err(), RiskError::LiquidationWouldWorsen);
}

/// What else the account holds is not assessed again; the outcome is the whole account's all the same, with feeds in one class and
/// whether any of the position is left or not.
#[test]
fn the_outcome_counts_what_closing_does_not_touch() {
    let now = after(20);
    for (lots, class, most) in [(20 * SOL, 1, u64::MAX), (-20 * SOL, 1, 3_000_000), (20 * SOL, 255, u64::MAX)] {
        let mut scene = Scene::new(400 * MILLION, lots);
        scene.board.rows[2] = btc();
        scene.board.row_count = 3;
        (scene.board.rows[1].class, scene.board.rows[2].class) = (class, class);
        scene.board.class_kappa[1] = 1 << 30;
        scene.move_to(price(if lots > 0 { 135 } else { 165 }, 1), now);
        scene.board.rows[2].publish_ts = now.ts;
        let with_btc = |mut portfolio: Portfolio| {
            portfolio.entry(2).unwrap().loans = ballast_math::Decimals::new(3).unwrap().units_up(2).unwrap();
            portfolio
        };
        let portfolio = with_btc(scene.portfolio(now));
        let plan = perp::plan_position(&scene.board, &scene.market, &scene.trader, &portfolio, most, now).unwrap();
        let Scene { board, market, pool, bank, trader, liquidator } = &mut scene;
        perp::close_position(board, market, pool, bank, trader, liquidator, &plan, now).unwrap();
        let left = with_btc(scene.portfolio(now));
        assert_eq!(scene.size() == 0, plan.lots.unsigned_abs() == lots.unsigned_abs());
        let whole = assess_maintenance(&left, &scene.board, now).unwrap();
        let Scene { board, market, pool, bank, trader, .. } = &mut scene;
        let outcome = perp::conclude_position(board, market, pool, bank, trader, &left, &plan, now);
        assert_eq!(outcome.map(|(health, _)| health), Ok(whole), "{lots} {class}");
    }
}

/// Where the assets do not cover what is owed, others would pay the bonus: it is the smallest, however large the account is.
#[test]
fn without_equity_the_bonus_is_the_smallest() {
    let now = after(20);
    let mut scene = Scene::new(MILLION, 533 * SOL);
    scene.board.rows[2] = btc();
    scene.board.row_count = 3;
    scene.move_to(price(150, 1), now);
    scene.board.rows[2].publish_ts = now.ts;
    let plan_owing = |dollars: u64| {
        let mut portfolio = scene.portfolio(now);
        // Four fifths of a BTC, 80,000 dollars, beside the position of as much.
        portfolio.entry(2).unwrap().deposits = ballast_math::Decimals::new(1).unwrap().units_down(8).unwrap();
        let tokens = ballast_math::Decimals::new(6).unwrap();
        portfolio.entry(0).unwrap().loans = tokens.units_up(dollars * MILLION).unwrap();
        perp::plan_position(&scene.board, &scene.market, &scene.trader, &portfolio, u64::MAX, now).unwrap()
    };
    let smallest = u64::from(scene.board.rules.bonus_min);
    let (some, none) = (plan_owing(79_000), plan_owing(81_000));
    assert!(some.before.assets > some.before.liabilities && some.bonus.0 > smallest, "{some:?}");
    assert!(none.before.assets < none.before.liabilities, "{none:?}");
    assert_eq!(none.bonus.0, smallest);
}

/// A loss beyond all the trader had: insurance pays first, then the pool, and lenders nothing while the pool has it.
#[test]
fn a_traders_bad_debt_is_the_pools() {
    let now = after(20);
    let mut scene = Scene::new(400 * MILLION, 20 * SOL);
    scene.bank.insurance = 5 * MILLION;
    scene.bank.vault_balance += 5 * MILLION;
    scene.move_to(price(120, 1), now);
    let funds = perp::funds(&scene.pool, &scene.bank, now).unwrap();
    let (total, deposit) = (scene.total(), scene.trader.active()[0].shares);
    let (plan, closed, health) = scene.liquidate(u64::MAX, now).unwrap();
    assert_eq!(plan.lots, -20 * SOL);
    assert!(health.assets < health.liabilities);
    // 600 lost of 400: 200 dollars and the bonus of a half per cent are missing.
    assert!(closed.paid + closed.premium == -600_000_000 && scene.trader.balance_count == 0);
    assert_eq!((scene.bank.insurance, scene.bank.perp_loan_shares, scene.bank.liability_shares), (0, 0, 0));
    assert_eq!(scene.bank.asset_index, Index::ONE.to_words());
    let left = perp::funds(&scene.pool, &scene.bank, now).unwrap();
    // It got the loss, and stands for what the deposit did not cover of loss and bonus, less what insurance had.
    let loss = closed.paid.unsigned_abs();
    let owed = loss + closed.bonus - deposit;
    assert_eq!(left, funds + loss - (owed - 5 * MILLION - closed.insurance));
    // Not an atom appears or disappears: the debt and what paid it are gone together.
    assert_eq!(scene.total(), total);
}

#[test]
fn what_the_pool_cannot_pay_lenders_bear() {
    let now = after(20);
    let mut scene = Scene::new(400 * MILLION, 20 * SOL);
    let lender = 1_000 * MILLION;
    let mut other = MarginAccount::zeroed();
    lending::deposit(&mut scene.bank, &mut other, lender, NOW).unwrap();
    scene.move_to(price(120, 1), now);
    // The pool lost what it had elsewhere.
    let index = Index::ONE;
    let gone = scene.pool.shares - index.shares_down(50 * MILLION).unwrap();
    scene.bank.asset_shares -= gone;
    scene.bank.vault_balance -= gone;
    scene.pool.shares -= gone;
    scene.trader.perps[0] = PerpPosition::zeroed();
    scene.trader.perp_count = 0;
    perp::charge(&mut scene.pool, &mut scene.bank, &mut scene.trader, scene.market.index, 600 * MILLION).unwrap();
    let portfolio = scene.portfolio(now);
    let mut copy = scene.clone();
    // A position left is closed first: what it earned pays.
    copy.trader.perp_count = 1;
    let resolve = |scene: &mut Scene, with_pool: bool, with_market: bool| {
        let Scene { board, market, pool, bank, trader, .. } = scene;
        let (pool, mut market) = (with_pool.then_some(pool), [market]);
        let markets = if with_market { &mut market[..] } else { &mut [] };
        bankruptcy::resolve(board, bank, pool, markets, trader, &portfolio, now).map(|(_, loss)| loss)
    };
    assert_eq!(resolve(&mut copy, true, true), Err(RiskError::NotBankrupt));
    assert_eq!(resolve(&mut scene.clone(), false, true), Err(RiskError::PoolMissing));
    assert_eq!(resolve(&mut scene.clone(), true, false), Err(RiskError::MarketMissing));
    scene.pool.shares -= 640 * MILLION;
    scene.bank.asset_shares -= 640 * MILLION;
    let before = scene.market.spent;
    let loss = resolve(&mut scene, true, true).unwrap();
    assert_eq!(loss.deficit, loss.pooled + loss.socialized);
    assert_eq!((scene.pool.shares, loss.insured), (0, 0));
    assert!(loss.pooled > 0 && loss.socialized > 0 && Index::from_words(scene.bank.asset_index) < Index::ONE);
    // What lenders bear the pool did not spend.
    assert_eq!(u64::try_from(scene.market.spent - before), Ok(loss.pooled));
}

proptest! {
    #![proptest_config(support::cases(400))]

    /// Whatever the account and the move: health rises, the health factor rises unless the bonus is the smallest, the target is
    /// not passed, and only a position as small as dust goes whole.
    #[test]
    fn a_liquidation_helps_and_never_passes_its_target(
        deposit in 5u64..5_000,
        sol in prop_oneof![-60i64..=-1, 1i64..=60],
        thousandths in 700u64..1_300,
        most in prop_oneof![Just(u64::MAX), 1u64..60_000_000],
        // A premium of up to a fortieth of the price, which is all that listing allows.
        scale in prop_oneof![Just(market().terms.skew_scale), 2_400_000_000u64..100_000_000_000],
        // What others hold, of what the premium at that scale allows.
        others in prop_oneof![Just(0i64), -1_000i64..1_000],
    ) {
        let mut scene = Scene::with_scale(deposit * MILLION, sol * SOL, scale);
        if others != 0 {
            let lots = i64::try_from(scale).unwrap() / 40 / 1_000 * others;
            scene.open_another(lots.clamp(-(1 << 40), 1 << 40));
        }
        let now = after(20);
        scene.move_to(price(150 * thousandths, 1_000), now);
        let before = scene.health(now);
        let size = scene.size();
        let total = scene.total();
        match scene.liquidate(most, now) {
            Err(error) => prop_assert!(matches!(error, RiskError::AccountHealthy | RiskError::LiquidationWouldWorsen), "{error}"),
            Ok((plan, _, after)) => {
                prop_assert!(before.is_negative());
                prop_assert!(after.value().unwrap() >= before.value().unwrap());
                prop_assert!(size.unsigned_abs() >= plan.lots.unsigned_abs() && (size < 0) != (plan.lots < 0));
                let whole = scene.trader.perp_count == 0;
                let target = Ratio(scene.board.rules.liquidation_target);
                if !whole {
                    let bound = target.of_up(after.burden().unwrap()).unwrap();
                    prop_assert!(after.assets.0 <= bound.0 + 64, "{after:?}");
                }
                prop_assert!(plan.bonus.0 == u64::from(scene.board.rules.bonus_min) || !after.factor_is_below(&before).unwrap());
            }
        }
        let off = scene.total() - total;
        // Shares are burnt up and minted down: the bank keeps less than an atom a movement.
        prop_assert!((-(8i128 << 64)..=0).contains(&off), "{off}");
    }

    /// Twenty small ones pay no more than one.
    #[test]
    fn splitting_earns_nothing(deposit in 100u64..400, thousandths in 860u64..960, parts in 2u64..20) {
        let mut whole = Scene::new(deposit * MILLION, 20 * SOL);
        let now = after(20);
        whole.move_to(price(150 * thousandths, 1_000), now);
        let mut split = whole.clone();
        let Ok((plan, closed, _)) = whole.liquidate(u64::MAX, now) else { return Ok(()) };
        let (mut lots, mut paid) = (0u64, 0u64);
        let part = plan.lots.unsigned_abs() / parts + 1;
        while let Ok((plan, closed, _)) = split.liquidate(part, now) {
            lots += plan.lots.unsigned_abs();
            paid += closed.bonus;
        }
        // Per lot closed, and an atom a part for rounding.
        prop_assert!(u128::from(paid) * u128::from(plan.lots.unsigned_abs()) <= u128::from(closed.bonus + parts) * u128::from(lots.max(1)) + u128::from(lots) * 40);
    }
}
