//! What traders cannot pay counts in the markets they lost it in.
mod support;

use ballast_math::Usd;
use ballast_risk::bankruptcy::{self, Loss};
use ballast_risk::health::Portfolio;
use ballast_risk::lending::{self, Amount};
use ballast_risk::perp::{self, slots, Fill, VALUE_BITS};
use ballast_risk::{invariant, Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, RiskBoard, MARKETS};
use proptest::prelude::*;
use support::build::{account, after, bits, board, give, price, sol, usdc, MILLION, NOW, T0};
use support::perps::{market, pool};

/// A day.
const DAY: i64 = 86_400;

/// A pool of a million dollars with markets 0 to 3, a fifth of it each, and a debtor without a deposit.
#[derive(Clone)]
struct Scene {
    board: RiskBoard,
    markets: Vec<PerpMarket>,
    pool: LiquidityPool,
    bank: Bank,
    debtor: MarginAccount,
}

impl Scene {
    fn new() -> Self {
        let (mut pool, mut bank) = pool(1_000_000 * MILLION);
        give(&mut bank, &mut account(), BalanceSide::Deposit, 1_000_000 * MILLION);
        let board = board(&[usdc(), sol()]);
        let synced = |index| {
            let mut market = PerpMarket { index, ..market() };
            (market.terms.weight, market.spent_day) = (bits(1, 5), PerpMarket::day(T0));
            perp::sync(&mut market, &mut pool, &bank, &board, NOW).unwrap();
            market
        };
        let markets = (0..4).map(synced).collect();
        Self { board, markets, pool, bank, debtor: account() }
    }

    fn lose(&mut self, market: usize, dollars: u64) {
        let Self { markets, pool, bank, debtor, .. } = self;
        let paid = i64::try_from(dollars * MILLION).unwrap();
        perp::move_claim(&mut markets[market], pool, bank, debtor, -paid).unwrap();
    }

    fn resolve(&mut self, given: &[usize], now: Now) -> RiskResult<Loss> {
        let Self { board, markets, pool, bank, debtor } = self;
        let portfolio = Portfolio::of_account(debtor, &[], 0, now, |_| Some(&*bank)).unwrap();
        let in_reach = markets.iter_mut().filter(|market| given.contains(&usize::from(market.index)));
        let mut markets: Vec<&mut PerpMarket> = in_reach.collect();
        bankruptcy::resolve(board, bank, Some(pool), &mut markets, debtor, &portfolio, now).map(|(_, loss)| loss)
    }

    fn refresh(&mut self) {
        for market in &mut self.markets {
            perp::refresh_equity(market, &self.pool, &self.bank, NOW).unwrap();
        }
    }

    fn spent(&self) -> Vec<i64> {
        self.markets.iter().map(|market| market.spent).collect()
    }

    fn noted(&self) -> &[u64] {
        &self.debtor.loss_shares[..4]
    }
}

#[test]
fn a_loan_knows_the_markets_it_comes_from() {
    let mut scene = Scene::new();
    give(&mut scene.bank, &mut scene.debtor, BalanceSide::Deposit, 30 * MILLION);
    // What the deposit pays is no loan.
    scene.lose(1, 130);
    scene.lose(2, 300);
    assert_eq!(scene.noted(), [0, 100 * MILLION, 300 * MILLION, 0]);
    // Half is repaid: the next loss takes half of either off.
    lending::repay(&mut scene.bank, &mut scene.debtor, Amount::Exact(200 * MILLION)).unwrap();
    assert_eq!(scene.noted(), [0, 100 * MILLION, 300 * MILLION, 0]);
    scene.lose(3, 50);
    assert_eq!(scene.noted(), [0, 50 * MILLION, 150 * MILLION, 50 * MILLION]);
    // Nothing is left of what was repaid whole.
    lending::repay(&mut scene.bank, &mut scene.debtor, Amount::All).unwrap();
    scene.lose(0, 7);
    assert_eq!(scene.noted(), [7 * MILLION, 0, 0, 0]);
    // A loan of its own is nobody's loss, and is repaid first.
    let (bank, debtor) = (&mut scene.bank, &mut scene.debtor);
    lending::borrow(bank, debtor, 20 * MILLION, ballast_math::Price::ONE, Usd::ZERO, NOW).unwrap();
    lending::repay(bank, debtor, Amount::Exact(20 * MILLION)).unwrap();
    scene.lose(1, 1);
    assert_eq!(scene.noted(), [7 * MILLION, MILLION, 0, 0]);
    invariant::check_origins(&scene.debtor, 0).unwrap();
}

#[test]
fn a_loss_is_divided_to_the_atom() {
    let divided = |loss, shares: [u64; 4]| {
        let mut all = [0; MARKETS];
        all[20..].copy_from_slice(&shares);
        let parts = perp::parts_of(loss, &all).unwrap();
        assert_eq!(parts[..20], [0; 20]);
        [parts[20], parts[21], parts[22], parts[23]]
    };
    assert_eq!(divided(480, [100, 300, 0, 100]), [96, 288, 0, 96]);
    assert_eq!(divided(1, [1, 1, 1, 0]), [0, 0, 1, 0]);
    assert_eq!(divided(2, [1, 1, 1, 0]), [0, 1, 1, 0]);
    assert_eq!(divided(u64::MAX, [u64::MAX - 1, 0, 0, 1]), [u64::MAX - 1, 0, 0, 1]);
    assert_eq!(divided(0, [7, 0, 0, 1]), [0; 4]);
    assert_eq!(divided(9, [0; 4]), [0; 4], "of a loan that knows of no market nobody bears anything");
}

#[test]
fn what_the_pool_loses_is_spent_where_it_was_lost() {
    let mut scene = Scene::new();
    for (market, dollars) in [(1, 100), (2, 300), (3, 100)] {
        scene.lose(market, dollars);
    }
    scene.bank.insurance = 20 * MILLION;
    scene.bank.vault_balance += 20 * MILLION;
    // The markets' feed died long ago: nothing here asks for it.
    (scene.board.rows[1].publish_ts, scene.board.rows[1].state) = (0, 0);
    scene.refresh();
    for given in [&[][..], &[1, 2], &[0, 2, 3]] {
        assert_eq!(scene.clone().resolve(given, NOW), Err(RiskError::MarketMissing));
    }
    let before = scene.clone();
    let loss = scene.resolve(&[1, 2, 3], NOW).unwrap();
    assert_eq!((loss.insured, loss.pooled, loss.socialized), (20 * MILLION, 480 * MILLION, 0));
    assert_eq!(scene.spent(), [0, -4_000_000, -12_000_000, -4_000_000]);
    assert_eq!(scene.pool.spent, -20_000_000);
    invariant::check_spent(&scene.pool, &scene.markets).unwrap();
    let spent = (0..).zip(before.spent().into_iter().zip(scene.spent()));
    let spent = spent.map(|(market, (before, after))| (market, [before, after]));
    assert_eq!(invariant::check_loss_spent(loss.pooled, &before.debtor, spent), Ok(()));
    for (old, new) in before.markets.iter().zip(&scene.markets) {
        invariant::check_equity(new, &scene.pool, &scene.bank, NOW).unwrap();
        // F + Σ spent is what it was: the other market's budget is, too.
        assert_eq!(old.equity - new.equity, new.spent - old.spent);
        assert_eq!(new.sequence - old.sequence, u64::from(new.index > 0));
    }
}

/// The day is begun first: what no claim answers is forgotten, and only then the loss is spent, on this day.
#[test]
fn a_loss_is_of_the_day_it_is_written_off() {
    let mut scene = Scene::new();
    scene.lose(1, 500);
    // Of what was received 300 dollars are still owed.
    scene.markets[1].long.offset = ballast_math::signed_to_words(-(300_000_000 << VALUE_BITS));
    let mut same_day = scene.clone();
    same_day.resolve(&[1], after(DAY - 1)).unwrap();
    assert_eq!(same_day.spent(), [0, 0, 0, 0]);
    scene.resolve(&[1], after(DAY)).unwrap();
    assert_eq!((scene.spent(), scene.pool.spent), (vec![0, 200_000_000, 0, 0], 200_000_000));
    assert_eq!(scene.markets[1].spent_day, PerpMarket::day(T0) + 1);
    // Neither mark nor funding moved.
    assert_eq!((scene.markets[1].mark, scene.markets[1].synced_ts), (same_day.markets[1].mark, T0));
}

/// A market that ended stands for its stake alone.
#[test]
fn a_settled_market_spends_its_stake() {
    let mut scene = Scene::new();
    scene.lose(1, 100);
    scene.lose(2, 100);
    for (stake, left) in [(250, 150), (40, 0), (0, 0), (-7, -7)] {
        let mut ended = scene.clone();
        ended.markets[1].mode = MarketMode::Settled.to_byte();
        let million = i64::try_from(MILLION).unwrap();
        (ended.markets[1].stake, ended.pool.earmarked) = (stake * million, stake * million);
        ended.resolve(&[1, 2], NOW).unwrap();
        assert_eq!((ended.markets[1].stake, ended.pool.earmarked), (left * million, left * million));
        assert_eq!(ended.spent(), [0, -100 * million, 0, 0]);
    }
}

/// A market where one account is long of what another is short of, both somebody's who brings little.
struct Duel {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    sides: [MarginAccount; 2],
    keeper: MarginAccount,
    now: Now,
}

impl Duel {
    fn new(funds: u64) -> Self {
        let (pool, bank) = pool(funds);
        let mut market = market();
        (market.terms.weight, market.spent_day) = (bits(1, 8), PerpMarket::day(T0));
        let (board, sides, keeper) = (board(&[usdc(), sol()]), [account(); 2], account());
        let mut duel = Self { board, market, pool, bank, sides, keeper, now: NOW };
        duel.step_to(price(150, 1));
        duel
    }

    fn step_to(&mut self, mid: u64) {
        self.now = after(self.now.ts - T0 + 20);
        let row = &mut self.board.rows[1];
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = self.now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, self.now).unwrap();
    }

    /// So many lots more on either side, on a deposit of a part of what they are worth.
    fn open(&mut self, lots: i64, thousandths: u64) {
        let Self { board, market, pool, bank, sides, now, .. } = self;
        let worth = (u128::from(lots.unsigned_abs()) * u128::from(market.mark)) >> VALUE_BITS;
        let deposit = u64::try_from(worth).unwrap() / 1_000 * thousandths;
        for (account, lots) in sides.iter_mut().zip([lots, -lots]) {
            // A debtor trades no more.
            if account.active().iter().any(ballast_state::Balance::is_loan) {
                continue;
            }
            lending::deposit(bank, account, deposit, *now).unwrap();
            // The rail is another bound: here it lets everything out.
            account.rail.posted = u64::MAX;
            let most = perp::most_paid(market, pool, bank, account, board, *now).unwrap();
            let position = slots::find_or_open(account, market.index).unwrap();
            let fill = Fill { lots, price: market.mark, print: market.mark };
            let paid = perp::trade(market, position, fill, most).unwrap().paid;
            slots::prune(account, market.index);
            perp::move_claim(market, pool, bank, account, paid).unwrap();
        }
        self.refresh();
    }

    fn refresh(&mut self) {
        perp::refresh_equity(&mut self.market, &self.pool, &self.bank, self.now).unwrap();
    }

    fn portfolio(&self, who: usize) -> Portfolio {
        let account = &self.sides[who];
        let positions = account.positions().iter();
        let exposures: Vec<_> =
            positions.map(|position| perp::exposure(position, &self.market, &self.board, self.now).unwrap()).collect();
        Portfolio::of_account(account, &exposures, 0, self.now, |_| Some(&self.bank)).unwrap()
    }

    /// Liquidates until nothing is left to do, and writes off what is left.
    fn liquidate(&mut self, who: usize) {
        for _ in 0..20 {
            let portfolio = self.portfolio(who);
            let Self { board, market, pool, bank, sides, keeper, now } = self;
            let account = &mut sides[who];
            let Ok(plan) = perp::plan_position(board, market, account, &portfolio, u64::MAX, *now) else { break };
            let kept = (*market, *pool, *bank, *account, *keeper);
            perp::close_position(board, market, pool, bank, account, keeper, &plan, *now).unwrap();
            let left = self.portfolio(who);
            let Self { board, market, pool, bank, sides, keeper, now } = self;
            let account = &mut sides[who];
            if perp::conclude_position(board, market, pool, bank, account, &left, &plan, *now).is_err() {
                (*market, *pool, *bank, *account, *keeper) = kept;
                break;
            }
        }
        invariant::check_equity(&self.market, &self.pool, &self.bank, self.now).unwrap();
    }

    fn settle(&mut self, who: usize) {
        let Self { board, market, pool, bank, sides, now, .. } = self;
        match perp::settle_account(market, pool, bank, &mut sides[who], board, true, *now) {
            Ok(_) | Err(RiskError::NoPosition | RiskError::NothingToSettle) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// What the pool has, less what it owes and backs.
    fn left(&self) -> i128 {
        let owed: i128 =
            [&self.market.long, &self.market.short].iter().map(|book| perp::book::owed(book).unwrap()).sum();
        let backed = i128::from(self.market.budget.max(0));
        let funds = perp::funds(&self.pool, &self.bank, self.now).unwrap();
        i128::from(funds) - (owed >> VALUE_BITS).clamp(0, backed)
    }
}

proptest! {
    #![proptest_config(support::cases(300))]

    /// Somebody is on both sides, with less than the jumps of the price need, and takes out what can be taken: who lost goes
    /// bankrupt, who won is paid. Where after every step the losers are liquidated and the market is deleveraged before anybody is
    /// paid, the pool loses the day's budget at most.
    #[test]
    fn t17_bad_debt_is_within_the_days_budget(
        funds in 10_000u64..1_000_000,
        steps in prop::collection::vec((600u64..1_800, 1i64..4_000, 60u64..400, any::<bool>()), 1..12),
    ) {
        let funds = funds * MILLION;
        let mut duel = Duel::new(funds);
        let budget = i128::from(duel.market.budget);
        prop_assert_eq!(budget, i128::from(funds / 8));
        for (at, (thousandths, sol, deposit, long_first)) in steps.iter().enumerate() {
            duel.open(sol * 1_000_000, *deposit);
            let mid = (duel.board.rows[1].mid / 1_000 * thousandths).clamp(price(1, 1), price(20_000, 1));
            duel.step_to(mid);
            (0..2).for_each(|who| duel.liquidate(who));
            let Duel { board, market, pool, bank, now, .. } = &mut duel;
            match perp::deleverage(market, pool, bank, board, *now) {
                Ok(_) | Err(RiskError::MarketHealthy | RiskError::NothingToDo) => {}
                Err(error) => panic!("{error}"),
            }
            for who in if *long_first { [0, 1] } else { [1, 0] } {
                duel.settle(who);
            }
            let lost = i128::from(funds) - duel.left();
            let rounding = 20 * i128::try_from(at + 1).unwrap();
            prop_assert!(lost <= budget + rounding, "{lost} of {budget} in step {at}");
            prop_assert_eq!(duel.pool.spent, duel.market.spent);
        }
    }
}
