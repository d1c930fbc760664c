//! Liquidating both legs of a hedge at once: what leg by leg is refused (ADR 17).
mod support;

use ballast_math::{Index, Ratio};
use ballast_risk::health::{assess_maintenance, Health, PerpExposure, Portfolio};
use ballast_risk::perp::{self, book, Fill, HedgeClosed, HedgePlan};
use ballast_risk::{liquidation, Now, RiskError, RiskResult};
use ballast_state::{
    BalanceSide, Bank, BonusLock, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, PriceState, RiskBoard,
    RiskRow, Zeroable,
};
use proptest::prelude::*;
use support::build::{after, bank, bits, board, btc, give, price, settled, sol, usdc, MILLION, NOW};
use support::perps::{market, unrailed};

/// Lots of a SOL, and its atoms.
const SOL: i64 = 1_000_000;
const ATOMS: u64 = 1_000_000_000;
/// Banks: the quote token, SOL, another dollar, staked SOL, BTC.
const USDC: usize = 0;
const SOLANA: usize = 1;
const USDT: usize = 2;
const STAKED: usize = 3;
const BITCOIN: usize = 4;

#[derive(Clone)]
struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    banks: [Bank; 5],
    trader: MarginAccount,
    liquidator: MarginAccount,
}

impl Scene {
    /// A trader with a deposit, a loan, and a position since 150.
    fn new(deposit: (usize, u64), loan: (usize, u64), lots: i64) -> Self {
        let in_class = |row: RiskRow| settled(RiskRow { class: 2, ..row });
        let mut board = board(&[usdc(), in_class(sol()), usdc(), in_class(sol()), btc()]);
        board.class_kappa[2] = bits(25, 100);
        let mut banks = [bank(0, 0, 6), bank(1, 1, 9), bank(2, 2, 6), bank(3, 3, 9), bank(4, 4, 8)];
        for bank in &mut banks {
            bank.vault_balance = 1 << 50;
        }
        banks[USDC].asset_shares = 1_000_000 * MILLION;
        let pool = LiquidityPool { version: 1, decimals: 6, shares: 1_000_000 * MILLION, ..LiquidityPool::zeroed() };
        let (trader, liquidator) = (unrailed(), MarginAccount::zeroed());
        let mut scene = Self { board, market: market(), pool, banks, trader, liquidator };
        scene.sync(NOW);
        give(&mut scene.banks[deposit.0], &mut scene.trader, BalanceSide::Deposit, deposit.1);
        give(&mut scene.banks[loan.0], &mut scene.trader, BalanceSide::Loan, loan.1);
        let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
        let mark = scene.market.mark;
        perp::trade(&mut scene.market, &mut position, Fill { lots, price: mark, print: mark }, 0).unwrap();
        scene.trader.perps[0] = position;
        scene.trader.perp_count = 1;
        scene
    }

    fn sync(&mut self, now: Now) {
        perp::sync(&mut self.market, &mut self.pool, &self.banks[USDC], &self.board, now).unwrap();
    }

    fn exposures(&self, now: Now) -> Vec<PerpExposure> {
        let exposure = |position| perp::exposure(position, &self.market, &self.board, now).unwrap();
        self.trader.positions().iter().map(exposure).collect()
    }

    fn portfolio(&self, now: Now) -> Portfolio {
        let bank = |index: u16| self.banks.get(usize::from(index));
        Portfolio::of_account(&self.trader, &self.exposures(now), 0, now, bank).unwrap()
    }

    fn health(&self, now: Now) -> Health {
        assess_maintenance(&self.portfolio(now), &self.board, now).unwrap()
    }

    fn held(&self, bank: usize, side: BalanceSide) -> u64 {
        ballast_risk::balances::shares(&self.trader, &self.banks[bank], side).unwrap_or(0)
    }

    fn size(&self) -> i64 {
        self.trader.positions().first().map_or(0, |position| book::size(position, &self.market).unwrap())
    }

    fn liquidate(&mut self, loan: usize, collateral: usize, now: Now) -> RiskResult<(HedgePlan, HedgeClosed, Health)> {
        let before = self.clone();
        let result = self.try_liquidate(loan, collateral, u64::MAX, now);
        if result.is_err() {
            *self = before;
        }
        result
    }

    fn try_liquidate(
        &mut self,
        loan: usize,
        collateral: usize,
        most: u64,
        now: Now,
    ) -> RiskResult<(HedgePlan, HedgeClosed, Health)> {
        let portfolio = self.portfolio(now);
        let [mut of_loan, mut of_collateral] = [loan, collateral].map(|at| self.banks[at]);
        let mut quote = self.banks[USDC];
        let plan = perp::plan_hedge(
            &self.board,
            &self.market,
            &of_loan,
            &of_collateral,
            &mut self.trader,
            &portfolio,
            most,
            now,
        )?;
        let outside = loan != USDC && collateral != USDC;
        let closed = perp::close_hedge(
            &self.board,
            &mut self.market,
            &mut self.pool,
            &mut of_loan,
            &mut of_collateral,
            outside.then_some(&mut quote),
            &mut self.trader,
            &mut self.liquidator,
            &plan,
            now,
        )?;
        if outside {
            self.banks[USDC] = quote;
        }
        (self.banks[loan], self.banks[collateral]) = (of_loan, of_collateral);
        let portfolio = self.portfolio(now);
        let health = perp::conclude_hedge(&self.board, &mut self.trader, &portfolio, &plan, now)?;
        Ok((plan, closed, health))
    }

    /// Leg by leg: the pair alone, and the position alone.
    fn legs(&self, loan: usize, collateral: usize, now: Now) -> [RiskError; 2] {
        let mut copy = self.clone();
        let portfolio = copy.portfolio(now);
        let [mut of_loan, mut of_collateral] = [loan, collateral].map(|at| copy.banks[at]);
        let Self { board, trader, liquidator, .. } = &mut copy;
        let pair = liquidation::liquidate(
            board,
            &mut of_loan,
            &mut of_collateral,
            trader,
            liquidator,
            &portfolio,
            u64::MAX,
            now,
        );
        let mut copy = self.clone();
        let plan =
            perp::plan_position(&copy.board, &copy.market, &copy.trader, &copy.portfolio(now), u64::MAX, now).unwrap();
        let Self { board, market, pool, banks, trader, liquidator } = &mut copy;
        perp::close_position(board, market, pool, &mut banks[USDC], trader, liquidator, &plan, now).unwrap();
        let portfolio = copy.portfolio(now);
        let Self { board, market, pool, banks, trader, .. } = &mut copy;
        let position = perp::conclude_position(board, market, pool, &mut banks[USDC], trader, &portfolio, &plan, now);
        [pair.unwrap_err(), position.unwrap_err()]
    }
}

/// 100 SOL against 14,650 dollars of loan, and short 100 SOL: R = 2 % of 15,000 of basis and 0.5 % of the loan, H = −23.25.
fn short_hedge() -> Scene {
    Scene::new((SOLANA, 100 * ATOMS), (USDC, 14_650 * MILLION), -100 * SOL)
}

#[test]
fn a_hedge_that_no_leg_alone_could_end_is_closed_on_both() {
    let mut scene = short_hedge();
    let before = scene.health(NOW);
    assert!(before.is_negative());
    assert_eq!(scene.legs(USDC, SOLANA, NOW), [RiskError::LiquidationWouldWorsen; 2]);

    let (plan, closed, health) = scene.liquidate(USDC, SOLANA, NOW).unwrap();
    // x = (1.05·15,023.25 − 15,000) / (1.05·(1 + 0.005 + 1.005·(0.02 + 0.08)) + 1.05·1.005·(100·10⁶/2⁴⁰) − 1.005) = 4,968.3 dollars:
    // by the rounding of its size the short is the larger leg, and might free its margin.
    assert_eq!(plan.exchange.repaid / 100_000, 49_682);
    assert_eq!(plan.bonus, Ratio::from_bits(bits(5, 1_000)));
    // What was seized and what was closed are the same SOL, to a lot.
    assert_eq!(plan.lots.unsigned_abs(), plan.exchange.seized / 1_000);
    assert_eq!(scene.size(), -100 * SOL + plan.lots);
    assert_eq!(scene.held(SOLANA, BalanceSide::Deposit), 100 * ATOMS - plan.exchange.seized);
    // Of the bonus a fifth is insurance's.
    assert_eq!(closed.insurance, plan.exchange.repaid / 1_000);
    // Shrinking the skew of 100 SOL gives premium back: Φ(100·10⁶) − Φ(66.72·10⁶), Φ(s) = 150·s²/2⁴¹.
    assert_eq!((closed.premium, closed.paid), (-378_540, 378_540));
    assert!(health.value().unwrap() > before.value().unwrap() && health.factor() > before.factor());
    assert!(health.factor().unwrap() <= Ratio(scene.board.rules.liquidation_target));
    assert!(!health.is_negative());
    assert_eq!(scene.liquidate(USDC, SOLANA, NOW), Err(RiskError::AccountHealthy));

    let mut part = short_hedge();
    let (plan, ..) = part.try_liquidate(USDC, SOLANA, 100 * MILLION, NOW).unwrap();
    assert_eq!((plan.exchange.repaid, plan.exchange.seized, plan.lots), (100 * MILLION, 669_999_993, 669_999));
    assert!(part.health(NOW).is_negative());
    assert_eq!(part.trader.bonus_lock, BonusLock::zeroed(), "the smallest bonus locks nothing");
}

#[test]
fn a_long_hedges_the_loan() {
    // 15,375 dollars against 100 SOL owed and 100 SOL long: R = 300 of basis and 76.88 of the deposit.
    let mut scene = Scene::new((USDC, 15_370 * MILLION), (SOLANA, 100 * ATOMS), 100 * SOL);
    let before = scene.health(NOW);
    assert!(before.is_negative());
    assert_eq!(scene.legs(SOLANA, USDC, NOW), [RiskError::LiquidationWouldWorsen; 2]);
    let (plan, _, health) = scene.liquidate(SOLANA, USDC, NOW).unwrap();
    assert_eq!(plan.lots, -i64::try_from(plan.exchange.repaid / 1_000).unwrap());
    assert!(!health.is_negative() && health.factor().unwrap() <= Ratio(scene.board.rules.liquidation_target));
}

#[test]
fn a_hedge_of_the_class_and_a_loan_in_another_dollar_are_closed_as_well() {
    // Staked SOL moves as SOL does: matched by class, not by feed. The loan is not in the quote token.
    let mut scene = Scene::new((STAKED, 100 * ATOMS), (USDT, 14_150 * MILLION), -100 * SOL);
    assert!(scene.health(NOW).is_negative());
    assert_eq!(scene.legs(USDT, STAKED, NOW), [RiskError::LiquidationWouldWorsen; 2]);
    let quote = scene.banks[USDC];
    let (plan, closed, health) = scene.liquidate(USDT, STAKED, NOW).unwrap();
    assert!(!health.is_negative() && health.factor().unwrap() <= Ratio(scene.board.rules.liquidation_target));
    assert_eq!(scene.held(USDC, BalanceSide::Deposit), closed.paid.unsigned_abs());
    assert_eq!(plan.exchange.repaid, 2_878_713_875);
    assert_eq!(scene.banks[USDC].asset_shares, quote.asset_shares);
    assert_eq!(scene.banks[USDT].insurance, closed.insurance);
    assert_eq!(plan.lots.unsigned_abs(), plan.exchange.seized / 1_000);
}

#[test]
fn what_is_matched_with_neither_is_refused() {
    // Long on top of a deposit; a short against another token; no position; a position without a lot.
    let same = Scene::new((SOLANA, 100 * ATOMS), (USDC, 29_000 * MILLION), 100 * SOL);
    let other = Scene::new((BITCOIN, 15_000_000), (USDC, 14_900 * MILLION), -100 * SOL);
    for (mut scene, collateral) in [(same, SOLANA), (other, BITCOIN)] {
        assert!(scene.health(NOW).is_negative());
        assert_eq!(scene.liquidate(USDC, collateral, NOW), Err(RiskError::NotAHedge));
    }
    let mut none = short_hedge();
    none.trader.perps[0] = PerpPosition::zeroed();
    none.trader.perp_count = 0;
    assert_eq!(none.liquidate(USDC, SOLANA, NOW), Err(RiskError::NoPosition));
    let mut claim = Scene::new((SOLANA, 100 * ATOMS), (USDC, 15_000 * MILLION), -1);
    claim.market.short.position_index = 1;
    assert_eq!(claim.liquidate(USDC, SOLANA, NOW), Err(RiskError::NotAHedge));
}

#[test]
fn it_is_refused_where_a_liquidation_is() {
    let mut healthy = Scene::new((SOLANA, 100 * ATOMS), (USDC, 14_000 * MILLION), -100 * SOL);
    assert_eq!(healthy.liquidate(USDC, SOLANA, NOW), Err(RiskError::AccountHealthy));
    let mut wrong = short_hedge();
    assert_eq!(wrong.liquidate(SOLANA, SOLANA, NOW), Err(RiskError::SamePair));
    assert_eq!(wrong.liquidate(USDT, SOLANA, NOW), Err(RiskError::NoBalance));
    assert_eq!(wrong.liquidate(SOLANA, USDC, NOW), Err(RiskError::WrongSide));
    assert_eq!(wrong.try_liquidate(USDC, SOLANA, 0, NOW), Err(RiskError::NothingToDo));
    let mut stale = Scene::new((STAKED, 100 * ATOMS), (USDT, 15_200 * MILLION), -100 * SOL);
    for (old, expected) in [(0, Err(RiskError::PairPriceStale)), (1, Err(RiskError::PairPriceStale)), (4, Ok(()))] {
        for row in 0..5 {
            stale.board.rows[row].publish_ts = if row == old { NOW.ts } else { after(61).ts };
        }
        assert_eq!(stale.clone().liquidate(USDT, STAKED, after(61)).map(|_| ()), expected, "{old}");
    }
    let mut flash = short_hedge();
    flash.banks[USDC].flash_loaned = 1;
    assert_eq!(flash.liquidate(USDC, SOLANA, NOW), Err(RiskError::BankInFlashLoan));
}

/// A market so skewed that closing costs more premium than the hedge's basis frees waits: nothing makes health lower.
#[test]
fn a_premium_beyond_the_basis_is_refused() {
    let mut scene = short_hedge();
    // The other side by 1,000 SOL: the next SOL bought costs 1,000/(10⁴) of its price.
    let mut others = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    scene.market.terms.skew_scale = 10_000_000_000;
    let fill = Fill { lots: 1_100 * SOL, price: mark, print: mark };
    perp::trade(&mut scene.market, &mut others, fill, 0).unwrap();
    scene.sync(NOW);
    assert_eq!(scene.liquidate(USDC, SOLANA, NOW), Err(RiskError::LiquidationWouldWorsen));
    // A fifth of it costs less than basis and relief of the loan free.
    scene.market.terms.skew_scale = 100_000_000_000;
    scene.sync(NOW);
    assert!(scene.liquidate(USDC, SOLANA, NOW).is_ok());
}

/// Quote tokens are owed, too, where a position lost more than there is: what the premium gives back repays that first.
#[test]
fn losses_are_owed_in_the_quote_token() {
    let plan = |dollars: u64| {
        let mut scene = Scene::new((USDT, 15_250 * MILLION), (SOLANA, 100 * ATOMS), 100 * SOL);
        if dollars > 0 {
            give(&mut scene.banks[USDC], &mut scene.trader, BalanceSide::Deposit, dollars);
        }
        scene.market.terms.skew_scale = 1_000_000_000;
        let mid = price(149, 1);
        let row = &mut scene.board.rows[1];
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        scene.sync(NOW);
        assert!(scene.health(NOW).is_negative());
        scene.liquidate(SOLANA, USDT, NOW).unwrap().0.exchange.repaid
    };
    // Who has more than it lost needs less, and closes more: nothing is planned for a discount that repays.
    assert_eq!((plan(99 * MILLION), plan(101 * MILLION)), (20_345_387_567, 20_689_988_949));
}

/// Of tokens at different prices in one class as many lots are closed as what was seized is worth.
#[test]
fn a_hedge_of_the_class_is_matched_by_value() {
    let mut scene = Scene::new((STAKED, 100 * ATOMS), (USDT, 17_200 * MILLION), -120 * SOL);
    let mid = price(180, 1);
    let row = &mut scene.board.rows[3];
    (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
    assert!(scene.health(NOW).is_negative());
    let (plan, ..) = scene.liquidate(USDT, STAKED, NOW).unwrap();
    let worth = plan.exchange.seized / 1_000 * 180 / 150;
    assert!(plan.lots > 0 && plan.lots.unsigned_abs().abs_diff(worth) <= 2, "{} {worth}", plan.lots);
}

/// Closes the position alone, as `liquidate_perp` does.
fn close_alone(scene: &mut Scene, most: u64) -> RiskResult<Health> {
    let portfolio = scene.portfolio(NOW);
    let plan = perp::plan_position(&scene.board, &scene.market, &scene.trader, &portfolio, most, NOW)?;
    let Scene { board, market, pool, banks, trader, liquidator } = scene;
    perp::close_position(board, market, pool, &mut banks[USDC], trader, liquidator, &plan, NOW)?;
    let portfolio = scene.portfolio(NOW);
    let Scene { board, market, pool, banks, trader, .. } = scene;
    Ok(perp::conclude_position(board, market, pool, &mut banks[USDC], trader, &portfolio, &plan, NOW)?.0)
}

/// An insolvent long against a loan runs out of deposit before the position is gone. Nothing is left to seize and no equity to
/// protect: the rest of the position is closed though health falls, or the loan could never be written off.
#[test]
fn what_is_left_of_an_insolvent_hedge_is_closed_all_the_same() {
    let mut scene = Scene::new((USDC, 14_900 * MILLION), (SOLANA, 100 * ATOMS), 100 * SOL);
    for _ in 0..4 {
        if scene.held(USDC, BalanceSide::Deposit) >= 10 * MILLION {
            scene.liquidate(SOLANA, USDC, NOW).unwrap();
        }
    }
    assert!(scene.held(USDC, BalanceSide::Deposit) < 10 * MILLION, "dust");
    assert!(scene.size() > SOL && scene.held(SOLANA, BalanceSide::Loan) > ATOMS);
    let before = scene.health(NOW);
    assert!(before.assets < before.liabilities);
    let after = close_alone(&mut scene, u64::MAX).unwrap();
    assert!(after.value().unwrap() < before.value().unwrap());
    assert_eq!((scene.size(), scene.trader.perp_count), (0, 0));
}

/// A collateral that is an atom more than the short it is matched with frees no more than one that is as much: the bonus is too
/// much for the factor of an insolvent account to rise, and that is no reason to refuse.
#[test]
fn an_atom_more_than_is_matched_frees_nothing_for_certain() {
    for more in [0, 1] {
        let mut scene = Scene::new((SOLANA, 100 * ATOMS + more), (USDT, 15_100 * MILLION), -100 * SOL);
        let (HedgePlan { before, .. }, _, after) = scene.try_liquidate(USDT, SOLANA, 1_000 * MILLION, NOW).unwrap();
        assert!(before.assets < before.liabilities && after.factor_is_below(&before).unwrap(), "{more}");
    }
}

/// With equity left, nothing to seize is no reason to make health lower: a premium that costs more than it frees is refused.
#[test]
fn an_account_with_equity_is_never_made_worse() {
    // Twice as long as the loan: at 320 the position has won more than the loan is worth.
    let mut scene = Scene::new((USDT, 1), (SOLANA, 100 * ATOMS), 200 * SOL);
    let mid = price(320, 1);
    let row = &mut scene.board.rows[1];
    (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
    scene.sync(NOW);
    let health = scene.health(NOW);
    assert!(health.is_negative() && health.assets > health.liabilities);
    let most = 10 * SOL.unsigned_abs();
    // Others are short of five times as much: selling adds to their skew, at a tenth of the price and more.
    let mut others = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    scene.market.terms.skew_scale = 5_000_000_000;
    perp::trade(&mut scene.market, &mut others, Fill { lots: -1_000 * SOL, price: mark, print: mark }, 0).unwrap();
    scene.sync(NOW);
    assert_eq!(close_alone(&mut scene.clone(), most), Err(RiskError::LiquidationWouldWorsen));
    scene.market.terms.skew_scale = 1 << 62;
    scene.sync(NOW);
    close_alone(&mut scene, most).unwrap();
}

proptest! {
    #![proptest_config(support::cases(400))]

    /// Hedged more, less or exactly, by feed or by class, after any move of the price: health never falls, the target is never
    /// passed but for dust, what one has the other has not, and a price that only moves leaves no hedger stuck.
    #[test]
    fn a_hedges_liquidation_never_makes_health_lower(
        by_class in any::<bool>(),
        of_loan in any::<bool>(),
        other_dollar in any::<bool>(),
        hedged in 20u64..180,
        thousandths in 500u64..1_600,
        worse in 0u64..40,
        most in prop_oneof![Just(u64::MAX), 1_000_000u64..10_000_000_000],
    ) {
        let token = if by_class { STAKED } else { SOLANA };
        let dollar = if other_dollar { USDT } else { USDC };
        let lots = i64::try_from(hedged).unwrap() * SOL;
        let mut scene = if of_loan {
            Scene::new((dollar, 40_000 * MILLION), (token, 100 * ATOMS), lots)
        } else {
            Scene::new((token, 100 * ATOMS), (dollar, MILLION), -lots)
        };
        let mid = price(150, 1) / 1_000 * thousandths;
        for row in [1, 3] {
            let row = &mut scene.board.rows[row];
            (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        }
        scene.sync(NOW);
        // A loan, or less of the deposit, until health is just below zero.
        let health = scene.health(NOW);
        let spare = i64::try_from(health.assets.0).unwrap()
            - i64::try_from(health.liabilities.0).unwrap() - i64::try_from(health.requirement.0).unwrap();
        prop_assume!(spare > 0);
        let atoms = u64::try_from(spare).unwrap() * MILLION / (1 << 20);
        let atoms = atoms * (1_000 + worse) / 1_004;
        if of_loan {
            let held = scene.held(dollar, BalanceSide::Deposit);
            prop_assume!(atoms < held);
            scene.trader = MarginAccount { ..scene.trader };
            let slot = scene.trader.balances.iter_mut().find(|balance| usize::from(balance.bank) == dollar).unwrap();
            slot.shares -= atoms;
            scene.banks[dollar].asset_shares -= atoms;
        } else {
            give(&mut scene.banks[dollar], &mut scene.trader, BalanceSide::Loan, atoms);
        }
        let before = scene.health(NOW);
        prop_assume!(before.is_negative());
        let (loan, collateral) = if of_loan { (token, dollar) } else { (dollar, token) };
        let books = |scene: &Scene| -> Vec<i128> {
            scene.banks.iter().map(|bank| {
                let claims = Index::from_words(bank.asset_index).amount_down(bank.asset_shares).unwrap();
                let debts = Index::from_words(bank.liability_index).amount_up(bank.liability_shares).unwrap();
                i128::from(claims) - i128::from(debts) + i128::from(bank.insurance)
            }).collect()
        };
        let sums = books(&scene);
        let signed = |units: ballast_math::Units| i128::try_from(units.0).unwrap();
        let net = |scene: &Scene| {
            let exposure = scene.portfolio(NOW).exposure(u8::try_from(token).unwrap());
            let perp = scene.portfolio(NOW).exposure(1);
            let long = signed(exposure.deposits) + signed(perp.perp_long);
            long - signed(exposure.loans) - signed(perp.perp_short)
        };
        let (size, naked) = (scene.size(), net(&scene));
        let result = scene.try_liquidate(loan, collateral, most, NOW);
        let exact = hedged == 100;
        match result {
            Ok((plan, _, health)) => {
                prop_assert!(health.value().unwrap() >= before.value().unwrap());
                let dust = scene.held(loan, BalanceSide::Loan) == 0 || scene.held(collateral, BalanceSide::Deposit) == 0
                    || scene.size() == 0;
                let target = Ratio(scene.board.rules.liquidation_target);
                prop_assert!(dust || health.factor().unwrap() <= target, "{:?}", health.factor());
                prop_assert_eq!(books(&scene), sums);
                prop_assert!(plan.lots.unsigned_abs() <= size.unsigned_abs() && (plan.lots < 0) == (size > 0));
                if scene.size() != 0 && !dust {
                    // The account stands as it stood: what left on one side left on the other, to a lot.
                    prop_assert!((net(&scene) - naked).unsigned_abs() <= 1 << 45, "{naked} {}", net(&scene));
                }
            }
            Err(error) => {
                prop_assert!(matches!(error, RiskError::LiquidationWouldWorsen | RiskError::ZeroShares), "{error}");
                prop_assert!(!exact, "an exact hedge is never stuck: {error}");
            }
        }
    }
}

#[test]
fn a_guarded_feed_does_not_stop_it() {
    let mut scene = Scene::new((SOLANA, 100 * ATOMS), (USDC, 14_900 * MILLION), -100 * SOL);
    scene.board.rows[1].state = PriceState::Guarded.to_byte();
    assert!(scene.liquidate(USDC, SOLANA, NOW).is_ok());
}
