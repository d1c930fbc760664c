//! The end of a market: one price for all, and a part of each claim where the pool's stake cannot pay all.
mod support;

use ballast_math::Ratio;
use ballast_risk::perp::{
    self, book, claims, liquidity, settlement, slots, Fill, MarketSettled, Registered, RESOLUTION_SECONDS, VALUE_BITS,
};
use ballast_risk::{Now, RiskError, RiskResult};
use ballast_state::{
    BalanceSide, Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, PerpPosition, PriceFeed, PriceState,
    RiskBoard, Zeroable,
};
use proptest::prelude::*;
use support::build::{after, board, give, price, sol, usdc, MILLION, NOW};
use support::perps::{market, pool, unrailed};

/// A SOL in lots.
const SOL: i64 = 1_000_000;
const DEPOSIT: u64 = 50_000 * MILLION;
const NOTICE: i64 = 7 * 86_400;

#[derive(Clone)]
struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    traders: Vec<MarginAccount>,
    keeper: MarginAccount,
    feed: PriceFeed,
}

impl Scene {
    /// Traders with deposits and positions of so many lots, opened at 150 dollars without premium. Half of the funds are the market's.
    fn new(funds: u64, lots: &[i64]) -> Self {
        let board = board(&[usdc(), sol()]);
        let (pool, bank) = pool(funds);
        let mut market = market();
        // No premium worth an atom.
        market.terms.skew_scale = u64::MAX;
        let keeper = MarginAccount::zeroed();
        let feed = PriceFeed { row: 1, perps: 1, perp_floor: 7, ..PriceFeed::zeroed() };
        let mut scene = Self { board, market, pool, bank, traders: Vec::new(), keeper, feed };
        scene.pool.weight = u64::from(scene.market.terms.weight) + 5;
        scene.move_to(150, NOW).unwrap();
        for lots in lots {
            let mut trader = unrailed();
            give(&mut scene.bank, &mut trader, BalanceSide::Deposit, DEPOSIT);
            let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
            let mark = scene.market.mark;
            perp::trade(&mut scene.market, &mut position, Fill { lots: *lots, price: mark, print: mark }, 0).unwrap();
            slots::store(&mut trader, position).unwrap();
            scene.traders.push(trader);
        }
        scene.move_to(150, NOW).unwrap();
        scene
    }

    fn move_to(&mut self, dollars: u64, now: Now) -> RiskResult<()> {
        let row = &mut self.board.rows[1];
        let mid = price(dollars, 1);
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now).map(|_| ())
    }

    fn settle_market(&mut self, now: Now) -> RiskResult<MarketSettled> {
        perp::settle_market(&mut self.market, &mut self.feed, &mut self.pool, &self.bank, &self.board, now)
    }

    fn register(&mut self, trader: usize, now: Now) -> RiskResult<Registered> {
        self.register_by(true, trader, now)
    }

    fn register_by(&mut self, owner: bool, trader: usize, now: Now) -> RiskResult<Registered> {
        let Self { market, pool, bank, traders, keeper, .. } = self;
        perp::register(market, pool, bank, &mut traders[trader], keeper, owner, now)
    }

    fn update_payout(&mut self, now: Now) -> RiskResult<Ratio> {
        perp::update_payout(&mut self.market, &mut self.pool, &self.bank, now)
    }

    fn settle(&mut self, trader: usize, now: Now) -> RiskResult<i64> {
        let Self { board, market, pool, bank, traders, .. } = self;
        perp::settle_account(market, pool, bank, &mut traders[trader], board, true, now)
    }

    /// Atoms of a trader's deposit, or below zero of its loan. The bank's indices are one.
    fn cash(&self, trader: usize) -> i64 {
        let Some(balance) = self.traders[trader].balance(0) else { return 0 };
        let atoms = i64::try_from(balance.shares).unwrap();
        if balance.is_loan() {
            -atoms
        } else {
            atoms
        }
    }

    fn claim(&self, trader: usize) -> i64 {
        let position = slots::find(&self.traders[trader], self.market.index);
        let claim = position.map_or(0, |position| book::claim(position, &self.market).unwrap());
        i64::try_from(claim >> VALUE_BITS).unwrap()
    }
}

/// Longs of 3,000 SOL against shorts of as many, and at 250 dollars longs are owed more than there is.
fn insolvent() -> Scene {
    let mut scene = Scene::new(100_000 * MILLION, &[2_000 * SOL, 1_000 * SOL, -3_000 * SOL]);
    // What the shorts lose comes in only in part: they settled early, at 150. Two thirds of it went elsewhere.
    scene.market.short.offset = ballast_math::signed_to_words(-((200_000 * i128::from(MILLION)) << VALUE_BITS));
    let mut short = *slots::find(&scene.traders[2], 3).unwrap();
    short.offset = scene.market.short.offset;
    slots::store(&mut scene.traders[2], short).unwrap();
    scene.move_to(250, NOW).unwrap();
    scene
}

/// The same market, settled, its claims registered and its loss collected.
fn registered() -> Scene {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    scene
}

#[test]
fn a_market_is_wound_down_after_its_notice() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL, -1_000 * SOL]);
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketGoesOn));
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    assert_eq!(perp::wind_down(&mut scene.market, &scene.board, NOW), Err(RiskError::InvalidModeChange));
    assert_eq!((scene.market.mode, scene.market.settlement_ts), (MarketMode::WindDown.to_byte(), NOW.ts + NOTICE));
    let (early, due) = (after(NOTICE - 1), after(NOTICE));
    scene.move_to(160, early).unwrap();
    assert_eq!(scene.settle_market(early), Err(RiskError::MarketGoesOn));
    scene.move_to(160, due).unwrap();
    for (state, refused) in
        [(PriceState::Guarded, RiskError::PriceGuarded), (PriceState::PendingJump, RiskError::PricePending)]
    {
        scene.board.rows[1].state = state.to_byte();
        assert_eq!(scene.settle_market(due), Err(refused));
    }
    scene.board.rows[1].state = PriceState::Normal.to_byte();
    assert_eq!(scene.settle_market(after(NOTICE + 61)), Err(RiskError::PriceStale));
    scene.board.rows[1].is_away = 1;
    assert_eq!(scene.settle_market(due), Err(RiskError::PriceAway));
    scene.board.rows[1].is_away = 0;
    let claims = [scene.claim(0), scene.claim(1)];
    let done = scene.settle_market(due).unwrap();
    assert_eq!((done.mark, done.skew, done.returned), (160 << 32, 1_000 * SOL, 4));
    // The premium comes back to who was charged it, down.
    let claims = [claims[0] + 3, claims[1]];
    assert_eq!((scene.claim(0), scene.claim(1)), (claims[0], claims[1]));
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    assert_eq!(scene.settle_market(due), Err(RiskError::MarketEnded));
    assert_eq!(scene.register(0, due), Err(RiskError::NothingToDo));

    // Sizes are gone: no price moves anything any more, whatever becomes of it.
    assert_eq!(slots::held(&scene.traders[0], &scene.market), Ok(0));
    scene.move_to(900, due).unwrap();
    scene.board.rows[1].state = PriceState::Guarded.to_byte();
    assert_eq!((scene.claim(0), scene.claim(1)), (claims[0], claims[1]));
    // Of the stake no more is set aside than who won gets.
    assert_eq!((scene.pool.earmarked, scene.market.stake), (claims[0] + 1, claims[0] + 1), "up");
    assert_eq!(scene.settle(0, due), Ok(claims[0]));
    assert_eq!(scene.settle(1, due), Ok(claims[1]));
    assert_eq!((scene.traders[0].perp_count, scene.traders[1].perp_count), (0, 0));
    // What losers paid and no claim needs is the pool's.
    assert_eq!((scene.pool.earmarked, scene.market.stake), (0, 0));
    // The feed and the market's part of the pool are free for another one.
    assert_eq!((scene.pool.weight, scene.market.terms.weight), (5, 0));
    assert_eq!((scene.feed.perps, scene.feed.perp_floor, scene.feed.sequence), (0, 0, 1));
}

#[test]
fn what_the_skew_was_charged_goes_back_at_the_end() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL]);
    scene.market.terms.skew_scale = 1 << 40;
    scene.move_to(150, NOW).unwrap();
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    // 150·(2·10⁹)² / 2⁴¹
    let reserve = (150 * 4_000_000_000_000_000_000u128) >> 41;
    let done = scene.settle_market(NOW).unwrap();
    assert_eq!((u128::from(done.returned), scene.market.skew_reserve), (reserve, 0));
    // Down, to an atom: the same for each unit of base.
    assert_eq!(scene.claim(0), i64::try_from(reserve).unwrap() - 1);
}

#[test]
fn a_market_that_owes_more_than_it_has_pays_one_part_of_every_claim() {
    let mut scene = insolvent();
    // Longs are owed 300,000, shorts owe 100,000; the budget is 50,000.
    assert_eq!((scene.market.budget, scene.market.equity), (50_000_000_000, -150_000_000_000));
    let done = scene.settle_market(NOW).unwrap();
    assert_eq!((done.skew, done.stake, done.equity), (0, 50_000_000_000, -150_000_000_000));
    assert_eq!((scene.pool.earmarked, scene.market.payout), (50_000_000_000, 0));
    // Half of each, as far as is known: 150,000 of 300,000, down.
    assert_eq!(scene.market.backing, Ratio::ONE.0 / 2 - 1);

    // Nothing is paid and nothing computed before claims are known; registered or not, health counts the part that is backed.
    let mut registers = scene.clone();
    let credit = |scene: &Scene| scene.exposure(0, NOW).profit;
    let unregistered = credit(&scene);
    registers.register(0, NOW).unwrap();
    assert!(
        unregistered.0.abs_diff(100_000 << 64) < 1 << 50 && credit(&registers).0.abs_diff(unregistered.0) < 1 << 50
    );
    assert_eq!(registers.exposure(0, NOW).released, ballast_math::Units::ZERO);
    assert_eq!(scene.settle(0, NOW), Ok(0), "a claim without size, and nothing of it paid");
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    assert_eq!(scene.update_payout(NOW), Err(RiskError::PayoutUnknown));
    let first = scene.register(0, NOW).unwrap();
    assert_eq!((first.claim, first.fee), (200_000_000_000, 1_000));
    assert_eq!(scene.register(0, NOW), Err(RiskError::ClaimRegistered));
    assert_eq!(scene.cash_of_keeper(), 1_000);
    assert_eq!(scene.register(1, NOW).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.market.registered, 300_000_000_000);
    // The loser's money is collected: all of its deposit, and the rest as a loan.
    assert_eq!(scene.register(2, NOW).unwrap().claim, -100_000_000_000);
    assert_eq!(scene.cash(2), -50_000_000_000);
    assert_eq!((scene.pool.earmarked, scene.market.stake), (150_000_000_000, 150_000_000_000));
    assert_eq!((scene.market.long.positions, scene.market.short.positions), (0, 0));

    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 / 2)));
    assert_eq!(scene.update_payout(NOW), Err(RiskError::NothingToDo));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(100_000_000_000), Ok(50_000_000_000)));
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    assert_eq!((scene.pool.earmarked, scene.market.stake, scene.market.registered_paid), (0, 0, 150_000_000_000));
    // What is not paid stays a claim, and is worth nothing.
    assert_eq!(scene.claim(0), 100_000_000_000);
    let exposure =
        perp::exposure(slots::find(&scene.traders[0], 3).unwrap(), &scene.market, &scene.board, NOW).unwrap();
    assert_eq!((exposure.profit.0, exposure.released.0), (0, 0));
    // The pool lost its stake in the market and nothing else.
    assert_eq!(scene.pool.shares, 50_000_000_000);

    // Recoveries go to those who were cut first, to all of them alike.
    scene.recover(30_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 6 / 10)));
    // Down: the part has 32 bits.
    assert_eq!((scene.settle(1, NOW), scene.settle(0, NOW)), (Ok(9_999_999_986), Ok(19_999_999_972)));
    scene.recover(500_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio::ONE));
    assert_eq!((scene.settle(1, NOW), scene.settle(0, NOW)), (Ok(40_000_000_014), Ok(80_000_000_028)));
    assert_eq!((scene.traders[0].perp_count, scene.traders[1].perp_count), (0, 0));
}

impl Scene {
    fn cash_of_keeper(&self) -> u64 {
        self.keeper.balance(0).map_or(0, |balance| balance.shares)
    }

    /// Money that comes in for the market.
    fn recover(&mut self, atoms: i64) {
        self.pool.shares += atoms.unsigned_abs();
        self.bank.asset_shares += atoms.unsigned_abs();
        self.market.stake += atoms;
        self.pool.earmarked += atoms;
    }
}

#[test]
fn those_who_do_not_register_in_time_keep_their_part() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    scene.register(0, NOW).unwrap();
    let late = after(RESOLUTION_SECONDS);
    assert_eq!(scene.update_payout(after(RESOLUTION_SECONDS - 1)), Err(RiskError::PayoutUnknown));
    // Of 50,000 in hand the other long, with a third of all claims, is sure of its half: 50,000. Nothing is left to tell.
    assert_eq!(scene.update_payout(late), Ok(Ratio(1)));
    assert_eq!(scene.settle(0, late), Ok(46));
    // The loser pays late: what is there is divided again.
    scene.register(2, late).unwrap();
    let part = scene.update_payout(late).unwrap();
    assert!(part.0.abs_diff(Ratio::ONE.0 / 2) <= 2, "{part:?}");
    assert_eq!(scene.register(1, late).unwrap().claim, 100_000_000_000);
    let paid = [scene.settle(0, late).unwrap() + 46, scene.settle(1, late).unwrap()];
    assert!(paid[0].abs_diff(100_000_000_000) <= 100 && paid[1].abs_diff(50_000_000_000) <= 100, "{paid:?}");
    assert!(scene.market.stake >= 0);
}

#[test]
fn nobody_registers_and_nothing_is_promised_beyond_the_backing() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let late = after(RESOLUTION_SECONDS);
    assert_eq!(scene.update_payout(late), Ok(Ratio(Ratio::ONE.0 / 2 - 1)));
    // Of claims that are not registered nothing is paid.
    assert_eq!(scene.settle(0, late), Ok(0));
    scene.register(0, late).unwrap();
    // A claim of 200,000 is due half, of which the pool has 50,000 in hand.
    assert_eq!(scene.settle(0, late), Ok(50_000_000_000));
    assert_eq!(scene.settle(0, late), Err(RiskError::NothingToSettle));
    scene.register(2, late).unwrap();
    assert_eq!(scene.settle(0, late), Ok(49_999_999_953));
}

#[test]
fn a_settled_market_whose_losers_do_not_pay_is_resolved_after_all() {
    let mut scene = Scene::new(1_000 * MILLION, &[1_000 * SOL, -1_000 * SOL]);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.move_to(240, NOW).unwrap();
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    // The short pays half of its 90,000, and what it owes goes bad: so much comes off the stake.
    assert_eq!(scene.settle(1, NOW), Ok(-89_999_999_996));
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketEnded));
    scene.recover(-40_000_000_000);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle(0, NOW), Ok(0));
    let done = scene.settle_market(after(5)).unwrap();
    assert_eq!((done.skew, scene.market.payout, scene.market.settlement_ts), (0, 0, NOW.ts + 5));
    scene.register(0, after(5)).unwrap();
    let part = scene.update_payout(after(5)).unwrap();
    assert!(part < Ratio::ONE);
    let paid = scene.settle(0, after(5)).unwrap();
    assert!(paid <= done.stake && done.stake - paid < 30, "{paid} {done:?}");
}

/// Liquidity is worth what claims leave of it, and no more of it leaves than they spare.
#[test]
fn what_is_set_aside_is_not_the_providers() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let net = |scene: &Scene| {
        let mut liabilities = liquidity::Liabilities::default();
        liabilities.add(&scene.market, &scene.board, NOW).unwrap();
        liabilities.net_assets(scene.pool.shares).unwrap()
    };
    // Whatever it owes, it costs its stake; what it is still owed is counted in.
    assert_eq!((net(&scene).low, net(&scene).high), (50_000_000_000, 50_000_000_000));
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    scene.update_payout(NOW).unwrap();
    assert_eq!((net(&scene).low, net(&scene).high), (50_000_000_000, 50_000_000_000));
    assert!(settlement::is_final(&scene.market));
    assert_eq!(scene.market.equity, 0);
    // A day's end forgets nothing of it.
    let before = (scene.market, scene.pool);
    perp::start_day(&mut scene.market, &mut scene.pool, after(86_400)).unwrap();
    assert_eq!((scene.market.stake, scene.pool), (before.0.stake, before.1));
    // The budget of another market is its part of what is not set aside.
    let mut other = market();
    other.index = 4;
    let free = scene.pool.shares - scene.pool.earmarked.unsigned_abs();
    assert_eq!(perp::budget(&other, &scene.pool, scene.pool.shares), Ok(i64::try_from(free / 2).unwrap()));
}

/// A hedge that ends with its market is spared for an hour, as one that a deleverage shrank.
#[test]
fn a_settlement_makes_nobody_liquidatable_for_an_hour() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[100 * SOL, -100 * SOL]);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.settle_market(NOW).unwrap();
    let spared = |scene: &Scene, at: i64| {
        let position = slots::find(&scene.traders[1], 3).unwrap();
        perp::exposure(position, &scene.market, &scene.board, after(at)).unwrap().shrunk
    };
    assert!(spared(&scene, perp::GRACE - 1).0.abs_diff(100 << 64) < 100);
    assert_eq!(spared(&scene, perp::GRACE), ballast_math::Units::ZERO);
}

impl Scene {
    fn settle_by_others(&mut self, trader: usize, now: Now) -> RiskResult<i64> {
        let Self { board, market, pool, bank, traders, .. } = self;
        perp::settle_account(market, pool, bank, &mut traders[trader], board, false, now)
    }

    fn exposure(&self, trader: usize, now: Now) -> ballast_risk::health::PerpExposure {
        let position = slots::find(&self.traders[trader], self.market.index).unwrap();
        perp::exposure(position, &self.market, &self.board, now).unwrap()
    }
}

/// What a market's end took from a position spares it for an hour: others collect what it lost, and leave that.
#[test]
fn nobody_ends_the_grace_of_others() {
    let mut scene = insolvent();
    scene.settle_market(NOW).unwrap();
    let (last, over) = (after(perp::GRACE - 1), after(perp::GRACE));
    let spared = |scene: &Scene, trader: usize| scene.exposure(trader, last).shrunk;
    for trader in 0..3 {
        assert_eq!(scene.register_by(false, trader, last), Err(RiskError::DeleverageGrace));
    }
    for winner in 0..2 {
        assert_eq!(scene.settle_by_others(winner, last), Err(RiskError::NothingToSettle));
    }
    // What is left of the loser's is nothing but that it is spared: it holds up no write-off.
    let before = spared(&scene, 2);
    assert_eq!(scene.settle_by_others(2, last), Ok(-100_000_000_000));
    assert!(before.0.abs_diff(3_000 << 64) < 1 << 60 && spared(&scene, 2) == before);
    assert!(scene.exposure(2, last).is_void && !scene.exposure(1, last).is_void);
    assert_eq!(scene.settle_by_others(2, last), Err(RiskError::NothingToSettle));
    // Its owner may end it.
    assert_eq!(scene.clone().register_by(true, 1, last).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.settle(0, last), Ok(0));
    assert_eq!(spared(&scene, 0), ballast_math::Units::ZERO);
    assert_eq!(scene.register_by(false, 0, last).unwrap().claim, 200_000_000_000);
    assert_eq!(scene.register_by(false, 1, over).unwrap().claim, 100_000_000_000);
    assert_eq!(scene.settle_by_others(2, over), Ok(0));
    assert_eq!(scene.traders[2].perp_count, 0);
}

/// A market that goes on spares what it shrank as well, though nothing be left of it.
#[test]
fn nobody_ends_the_grace_of_a_market_that_goes_on() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL]);
    scene.move_to(200, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    assert_eq!((scene.market.long.position_index, scene.market.is_settled()), (0, false));
    assert_eq!(scene.settle_by_others(0, NOW), Err(RiskError::NothingToSettle));
    assert!(scene.exposure(0, NOW).shrunk.0.abs_diff(3_000 << 64) < 1 << 60);
    assert_eq!(scene.settle(0, NOW), Ok(0));
    assert_eq!(scene.exposure(0, NOW).shrunk, ballast_math::Units::ZERO);
    // Of what has a size only the claim is moved, spared or not.
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    let spared = scene.exposure(0, NOW).shrunk;
    assert!(scene.settle_by_others(0, NOW).unwrap() > 0 && spared != ballast_math::Units::ZERO);
    assert_eq!(scene.exposure(0, NOW).shrunk, spared);
}

/// What a shrink left less than a lot of needs nothing, and may win a little yet: that leaves at the pace it was put up for.
#[test]
fn what_is_left_of_a_spared_position_keeps_its_pace() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[SOL, -SOL]);
    let put_up = 30 << 20;
    (scene.traders[0].rail.held, scene.traders[0].put_up[0]) = (put_up, put_up);
    scene.move_to(160, NOW).unwrap();
    let long = &mut scene.market.long;
    (long.position_index_before, long.position_index, long.deleverage_ts) = (long.position_index, 1, NOW.ts);
    long.shrink_sequence += 1;
    scene.move_to(160, NOW).unwrap();
    assert!(scene.settle_by_others(0, NOW).unwrap() > 9_000_000);
    let trader = &scene.traders[0];
    assert_eq!((slots::held(trader, &scene.market), trader.perp_count), (Ok(0), 1));
    assert_eq!((trader.rail.held, trader.put_up[0]), (put_up, put_up));
}

/// Who came within a series feels nothing of it, and is spared by the market's end as anybody, of what it had.
#[test]
fn the_end_spares_who_came_within_a_series() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    let mut late = unrailed();
    let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    perp::trade(&mut scene.market, &mut position, Fill { lots: 50 * SOL, price: mark, print: mark }, 0).unwrap();
    slots::store(&mut late, position).unwrap();
    scene.traders.push(late);
    assert_eq!(scene.exposure(2, NOW).shrunk, ballast_math::Units::ZERO);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.settle_market(NOW).unwrap();
    let shrunk = |trader: usize, at: i64| scene.exposure(trader, after(at)).shrunk;
    for (trader, sol) in [(0, 3_000), (1, 100), (2, 50u128)] {
        assert!(shrunk(trader, perp::GRACE - 1).0.abs_diff(sol << 64) < 1 << 60, "{trader}");
        assert_eq!(shrunk(trader, perp::GRACE), ballast_math::Units::ZERO);
    }
}

/// A series that runs when the market ends goes on for an hour from then, with the sizes of its beginning.
#[test]
fn a_series_goes_on_from_the_end_of_its_market() {
    let mut scene = Scene::new(100_000 * MILLION, &[3_000 * SOL, -100 * SOL]);
    scene.move_to(165, NOW).unwrap();
    perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    let end = perp::GRACE - 10;
    scene.move_to(165, after(end)).unwrap();
    scene.settle_market(after(end)).unwrap();
    let position = slots::find(&scene.traders[0], 3).unwrap();
    let shrunk = |at: i64| perp::exposure(position, &scene.market, &scene.board, after(at)).unwrap().shrunk;
    assert!(shrunk(end + perp::GRACE - 1).0.abs_diff(3_000 << 64) < 1 << 60);
    assert_eq!(shrunk(end + perp::GRACE), ballast_math::Units::ZERO);
}

/// A claim whose money comes back once somebody opens the market again is not void until then.
#[test]
fn a_claim_is_not_void_before_its_market_is_opened_again() {
    let mut scene = registered();
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    scene.recover(-scene.market.stake);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    let position = *slots::find(&scene.traders[1], 3).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(0));
    assert!(!perp::exposure(&position, &scene.market, &scene.board, NOW).unwrap().is_void);
    // Nor can it be given up, and health counts nothing that is not there.
    let Scene { market, pool, bank, traders, .. } = &mut scene.clone();
    assert_eq!(perp::abandon(market, pool, bank, &mut traders[1], NOW), Err(RiskError::ClaimPayable));
    assert_eq!((scene.market.backing, scene.exposure(1, NOW).profit.0), (0, 0));
    scene.settle_market(NOW).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(100_000_000_000));
}

/// Claims that were paid in full have no part in what a market that was opened again divides: what is promised to the others is there.
#[test]
fn who_was_paid_in_full_takes_no_part_any_more() {
    let mut scene = registered();
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.settle(0, NOW), Ok(200_000_000_000));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (100_000_000_000, 0));
    scene.recover(30_000_000_000 - scene.market.stake);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    scene.market.returned = 0;
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 3 / 10)));
    // Down: the part has 32 bits.
    assert_eq!(scene.settle(1, NOW), Ok(29_999_999_981));
}

/// Of a market that is opened again what is left of claims is divided as if it were all: nobody is promised what others had before.
#[test]
fn what_is_left_of_claims_is_divided_anew() {
    let mut scene = registered();
    scene.update_payout(NOW).unwrap();
    assert_eq!(scene.settle(0, NOW), Ok(100_000_000_000));
    scene.recover(500_000_000_000);
    scene.update_payout(NOW).unwrap();
    scene.recover(30_000_000_000 - scene.market.stake);
    scene.market.returned = 0;
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    scene.settle_market(NOW).unwrap();
    let market = &scene.market;
    assert_eq!((market.registered, market.registered_paid, market.generation), (200_000_000_000, 0, 1));
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 15 / 100)));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(14_999_999_990), Ok(14_999_999_990)));
    assert_eq!(claims::standing(&scene.traders[0].perps[0], &scene.market), (100_000_000_000, 14_999_999_990));
    // The next time that is all.
    scene.recover(170_000_000_020);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio::ONE));
    assert_eq!((scene.settle(0, NOW), scene.settle(1, NOW)), (Ok(85_000_000_010), Ok(85_000_000_010)));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (0, 0));
}

/// A registered claim leaves as it would have from its position, and lets nothing else out.
#[test]
fn a_registered_claim_is_railed_by_itself() {
    let mut scene = insolvent();
    let put_up = 40_000 << 20;
    for trader in &mut scene.traders {
        (trader.rail.posted, trader.rail.held, trader.put_up[0]) = (put_up, put_up, put_up);
    }
    scene.settle_market(NOW).unwrap();
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    assert_eq!((scene.traders[0].rail.held, scene.traders[0].put_up[0]), (0, put_up));
    scene.update_payout(NOW).unwrap();
    let next = after(86_400);
    // Nobody has to give what else the account holds.
    assert_eq!(perp::rail::holds_back(&scene.traders[0], &scene.market, &scene.board, next), Ok(false));
    assert_eq!(scene.settle(0, NOW), Ok(40_000_000_000));
    assert_eq!(scene.settle(0, NOW), Err(RiskError::NothingToSettle));
    // The next day as much again, and nothing beside it.
    assert_eq!(perp::rail::room(&scene.traders[0], next), ballast_math::Usd::ZERO);
    assert_eq!(scene.settle(0, next), Ok(40_000_000_000));
    assert_eq!(perp::rail::room(&scene.traders[0], next), ballast_math::Usd::ZERO);
    assert_eq!(scene.settle(0, after(2 * 86_400)), Ok(20_000_000_000));
    assert_eq!(perp::rail::room(&scene.traders[0], after(2 * 86_400)), ballast_math::Usd::ZERO);
}

/// Who was paid its part may give up the rest, and its slot: what comes in later is divided among the others.
#[test]
fn a_claim_that_is_due_nothing_can_be_given_up() {
    let mut scene = insolvent();
    let abandon = |scene: &mut Scene, trader: usize| {
        let Scene { market, pool, bank, traders, .. } = scene;
        perp::abandon(market, pool, bank, &mut traders[trader], NOW)
    };
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::MarketGoesOn));
    scene.settle_market(NOW).unwrap();
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable), "it is not registered");
    for trader in 0..3 {
        scene.register(trader, NOW).unwrap();
    }
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable), "what is paid is not known");
    assert_eq!(abandon(&mut scene, 2), Err(RiskError::NoPosition));
    scene.update_payout(NOW).unwrap();
    assert_eq!(abandon(&mut scene, 0), Err(RiskError::ClaimPayable));
    scene.settle(0, NOW).unwrap();
    let sequences = (scene.market.sequence, scene.traders[0].sequence);
    let given = perp::Abandoned { claim: 200_000_000_000, unpaid: 100_000_000_000 };
    assert_eq!(abandon(&mut scene, 0), Ok(given));
    assert_eq!((scene.market.sequence, scene.traders[0].sequence), (sequences.0 + 1, sequences.1 + 1));
    assert_eq!((scene.traders[0].perp_count, scene.traders[0].put_up[0]), (0, 0));
    assert_eq!((scene.market.registered, scene.market.registered_paid), (100_000_000_000, 0));
    assert_eq!(scene.market.equity, 0);
    // The other is due its half still, and then all that comes in.
    assert_eq!(scene.settle(1, NOW), Ok(50_000_000_000));
    scene.recover(30_000_000_000);
    assert_eq!(scene.update_payout(NOW), Ok(Ratio(Ratio::ONE.0 * 8 / 10)));
    assert_eq!(scene.settle(1, NOW), Ok(29_999_999_981));
}

/// What a market overspent is no reason to end it: the next day forgets it.
#[test]
fn a_market_that_owes_nobody_goes_on() {
    let mut scene = Scene::new(100_000 * MILLION, &[]);
    (scene.market.spent, scene.pool.spent) = (200_000_000_000, 200_000_000_000);
    scene.move_to(150, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle_market(NOW), Err(RiskError::MarketGoesOn));
}

/// A loss that was counted as money goes bad after half of the claims were paid: the other half is due what is there, and an account
/// with nothing else can be written off.
#[test]
fn nothing_is_due_of_money_that_is_gone() {
    let mut scene = registered();
    scene.update_payout(NOW).unwrap();
    scene.settle(0, NOW).unwrap();
    scene.recover(-scene.market.stake);
    let position = *slots::find(&scene.traders[1], 3).unwrap();
    assert_eq!(claims::due(&position, &scene.market), Some(0));
    let exposure = perp::exposure(&position, &scene.market, &scene.board, NOW).unwrap();
    assert!(exposure.is_void && exposure.profit.0 == 0);
    assert_eq!(scene.settle(1, NOW), Err(RiskError::NothingToSettle));
}

/// What went back to the pool, since losers of a side were counted on, comes back when they do not pay: nobody is cut while the market
/// stood for more.
#[test]
fn what_was_given_back_comes_back() {
    let mut scene = Scene::new(1_000_000 * MILLION, &[2_000 * SOL]);
    scene.move_to(180, NOW).unwrap();
    // A long that came late, and will have lost.
    let mut late = unrailed();
    let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
    let mark = scene.market.mark;
    perp::trade(&mut scene.market, &mut position, Fill { lots: 1_500 * SOL, price: mark, print: mark }, 0).unwrap();
    slots::store(&mut late, position).unwrap();
    scene.traders.push(late);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.move_to(160, NOW).unwrap();
    let done = scene.settle_market(NOW).unwrap();
    // 20,000 won, 30,000 lost: nothing needs to be set aside.
    assert!(done.equity > 0 && scene.market.stake == 0 && scene.market.returned > 400_000_000_000);
    // The loser cannot pay, and its loan goes bad.
    scene.settle(1, NOW).unwrap();
    let collected = scene.market.returned;
    scene.recover(-30_000_000_000);
    perp::refresh_equity(&mut scene.market, &scene.pool, &scene.bank, NOW).unwrap();
    assert!(scene.market.equity < 0);
    assert_eq!(scene.settle(0, NOW), Ok(0), "nothing yet");
    scene.settle_market(NOW).unwrap();
    assert_eq!(scene.market.payout, Ratio::ONE.0);
    assert!(collected - scene.market.returned > 19_000_000_000);
    let claim = scene.claim(0);
    assert_eq!(scene.settle(0, NOW), Ok(claim));
    assert!(claim > 19_999_000_000);
}

proptest! {
    #![proptest_config(support::cases(200))]

    /// Whatever was traded, who settled before, and in which order claims are registered: every claim gets the same part, nobody more
    /// than that, all together no more than the pool stood for and what losers paid; and the order makes no difference.
    #[test]
    fn every_claim_gets_the_same_part(
        longs in prop::collection::vec(1i64..3_000, 1..5),
        shorts in prop::collection::vec(1i64..3_000, 1..5),
        funds in 1u64..400_000,
        early in prop::collection::vec(any::<bool>(), 8),
        then in 100u64..220,
        last in 50u64..400,
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let lots: Vec<i64> = longs.iter().map(|lots| lots * SOL).chain(shorts.iter().map(|lots| -lots * SOL)).collect();
        let mut scene = Scene::new(funds * MILLION, &lots);
        scene.move_to(then, NOW).unwrap();
        for trader in (0..lots.len()).filter(|trader| early[*trader]) {
            let _ = scene.settle(trader, NOW);
        }
        scene.move_to(last, NOW).unwrap();
        while perp::deleverage(&mut scene.market, &scene.pool, &scene.bank, &scene.board, NOW).is_ok() {}
        prop_assume!(scene.market.equity < 0);
        let claims: Vec<i64> = (0..lots.len()).map(|trader| scene.claim(trader)).collect();
        let budget = scene.market.budget.max(0);
        scene.settle_market(NOW).unwrap();
        // A pool that paid more than its part, and owes nobody.
        prop_assume!(scene.market.payout == 0);

        let resolve = |order: &[usize]| {
            let mut scene = scene.clone();
            for trader in order.iter().copied().filter(|trader| *trader < lots.len()) {
                if slots::find(&scene.traders[trader], 3).is_some() {
                    let done = scene.register(trader, NOW).unwrap();
                    assert!(done.claim.abs_diff(claims[trader]) <= 1);
                }
            }
            assert_eq!(scene.pool.earmarked, scene.market.stake);
            let money = scene.market.stake;
            let part = scene.update_payout(NOW).unwrap();
            let paid: Vec<i64> = order.iter().filter(|trader| **trader < lots.len())
                .map(|trader| (*trader, scene.settle(*trader, NOW).unwrap_or(0)))
                .fold(vec![0; lots.len()], |mut all, (trader, paid)| { all[trader] = paid; all });
            (part, paid, money)
        };
        let sorted: Vec<usize> = (0..lots.len()).collect();
        let (part, paid, money) = resolve(&sorted);
        prop_assert_eq!(&resolve(&order), &(part, paid.clone(), money));
        let won: i64 = claims.iter().map(|claim| claim.max(&0)).sum();
        let collected: i64 = claims.iter().map(|claim| (-claim).max(0)).sum();
        prop_assert!(money <= budget + collected && money >= budget + collected - 8);
        prop_assert!(paid.iter().sum::<i64>() <= money);
        for (claim, paid) in claims.iter().zip(&paid) {
            let due = (u128::from(claim.max(&0).unsigned_abs()) * u128::from(part.0)) >> 32;
            prop_assert!(i64::try_from(due).unwrap() - paid <= 1 && *paid <= i64::try_from(due).unwrap());
        }
        prop_assert!(money - paid.iter().sum::<i64>() <= 8 + (won >> 31), "{} {:?}", money, paid);
    }
}
