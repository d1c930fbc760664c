//! Profits leave on a rail, and fills need the pool's margin.
mod support;

use ballast_math::{Ratio, Usd};
use ballast_risk::health::{assess_initial, assess_maintenance, initial_requirement_of_perps, Valuation};
use ballast_risk::perp::order::{Kill, Outcome};
use ballast_risk::perp::{self, liquidity, rail, slots};
use ballast_risk::{price, RiskError};
use ballast_state::{PerpPosition, PriceFeed, PriceState, Zeroable};
use proptest::prelude::*;
use support::build::{self, after, board, dollars, sol, usdc, T0};
use support::orders::{feed, observation, print, reducing, unlimited, Exchange, SOL};

const DAY: i64 = 86_400;

impl Exchange {
    /// `settle_pnl` by the owner, with all it holds.
    fn settle(&mut self, at: i64) -> Result<i64, RiskError> {
        let now = after(at);
        let portfolio = self.portfolio(0, now)?;
        let Self { board, market, pool, bank, traders, .. } = self;
        let account = &mut traders[0].account;
        if rail::holds_back(account, market, board, now)? {
            rail::post_now(account, &portfolio, board, now)?;
        }
        perp::settle_account(market, pool, bank, account, board, true, now)
    }

    fn rail(&self) -> (i64, u64, u64) {
        let rail = &self.traders[0].account.rail;
        (rail.day, rail.posted, rail.released)
    }
}

/// A trader long of ten SOL from 150 dollars.
fn long() -> Exchange {
    let mut exchange = Exchange::new(2);
    let outcome = exchange.trade(0, 10 * SOL, 15_000, 0);
    assert!(matches!(outcome, Outcome::Filled(_)));
    exchange
}

#[test]
fn what_a_fill_sets_aside_is_posted_and_what_is_cancelled_is_not() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(1_000 * SOL), after(0)).unwrap();
    exchange.cancel(0, order.id, perp::order::By::Owner, after(0)).ok();
    assert_eq!(exchange.rail(), (0, 0, 0));
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    exchange.refresh(15_000, 0, after(2)).unwrap();
    // A fill that does not come about posts nothing.
    exchange.market.terms.account_cap = 1;
    let mut killed = exchange.clone();
    assert!(matches!(killed.fill(0, order.id, print(15_000, 0, 2), after(2)), Ok(Outcome::Killed(_))));
    assert_eq!(killed.rail(), (0, 0, 0));
    exchange.market.terms.account_cap = u64::MAX;
    exchange.fill(0, order.id, print(15_000, 0, 2), after(2)).unwrap();
    assert_eq!(exchange.rail(), (T0 / DAY, order.requirement, 0));
}

#[test]
fn a_day_pays_no_more_profit_than_was_posted() {
    let mut exchange = long();
    let posted = Usd(exchange.rail().1);
    // About 20 % of 1,500 dollars.
    assert!(posted > dollars(250) && posted < dollars(400), "{posted:?}");
    // At 300 the long has won 1,500 dollars, and posts what it has to there.
    exchange.refresh(20_000, 0, after(50)).unwrap();
    exchange.refresh(30_000, 0, after(100)).unwrap();
    let now = after(100);
    let required = initial_requirement_of_perps(&exchange.portfolio(0, now).unwrap(), &exchange.board, now).unwrap();
    assert!(required > posted);
    let atoms = |value: Usd| i64::try_from((u128::from(value.0) * 1_000_000) >> 20).unwrap();
    assert_eq!(exchange.settle(100), Ok(atoms(required)));
    assert_eq!(exchange.settle(100), Err(RiskError::NothingToSettle));
    assert_eq!(exchange.rail().1, required.0);
    assert_eq!(rail::room(&exchange.traders[0].account, now), Usd::ZERO);
    // The rest is still a claim, worth as much at Maintenance, and nothing at Initial.
    let left = exchange.claimed(0);
    assert!(left > 0);
    let portfolio = exchange.portfolio(0, now).unwrap();
    let at =
        |valuation| ballast_risk::health::Assessment::of(&portfolio, &exchange.board, valuation, now).unwrap().assets;
    let cash = exchange.cash(0);
    let maintenance = assess_maintenance(&portfolio, &exchange.board, now).unwrap();
    assert!(
        maintenance.assets.0.abs_diff(u64::try_from(i128::from(cash + left) * (1 << 20) / 1_000_000).unwrap()) <= 2
    );
    assert!(at(Valuation::Initial).0.abs_diff(u64::try_from(i128::from(cash) * (1 << 20) / 1_000_000).unwrap()) <= 2);
    // What its order put up counts over midnight while the position is held, and what it has to put up then.
    exchange.refresh(30_000, 0, after(DAY)).unwrap();
    assert_eq!(rail::room(&exchange.traders[0].account, after(DAY)), posted);
    let due = left.min(atoms(required));
    assert!(exchange.settle(DAY).unwrap().abs_diff(due) <= 20_000, "but for funding");
}

#[test]
fn who_holds_no_perps_starts_a_day_with_nothing_posted() {
    let mut exchange = Exchange::new(1);
    exchange.traders[0].account.rail.posted = u64::MAX;
    exchange.traders[0].account.rail.day = T0 / DAY - 1;
    exchange.trade(0, SOL, 15_000, 0);
    assert!(exchange.rail().1 < dollars(100).0);
    // The same day goes on.
    exchange.traders[0].account.rail.posted = u64::MAX;
    exchange.refresh(15_000, 0, after(100)).unwrap();
    exchange.trade(0, SOL, 15_000, 100);
    assert_eq!(exchange.rail().1, u64::MAX);
}

/// What is set aside for orders can be taken back, and deposits are not put up for perps: neither is posted.
#[test]
fn what_perps_need_is_posted() {
    let mut exchange = long();
    let now = after(60);
    exchange.refresh(15_000, 0, now).unwrap();
    exchange.place(0, unlimited(100 * SOL), now).unwrap();
    let portfolio = exchange.portfolio(0, now).unwrap();
    let posted = |portfolio: &_| {
        let mut account = exchange.traders[0].account;
        account.rail.posted = 0;
        rail::post_now(&mut account, portfolio, &exchange.board, now).unwrap();
        account.rail.posted
    };
    let alone = initial_requirement_of_perps(&portfolio, &exchange.board, now).unwrap();
    assert_eq!(posted(&portfolio), alone.0);
    assert!(alone > dollars(250) && alone < dollars(400), "{alone:?}");
    // A hedge posts what it needs, which is less than its perps alone would.
    let mut hedged = portfolio;
    hedged.entry(0).unwrap().deposits = ballast_math::Units(20_000 << 64);
    hedged.entry(1).unwrap().loans = ballast_math::Units(10 << 64);
    let required = assess_initial(&hedged, &exchange.board, Valuation::InitialUnchecked, now).unwrap().requirement;
    let needed = required.excess_over(hedged.reserved);
    assert!(needed > Usd::ZERO && needed < alone, "{needed:?}");
    assert_eq!(posted(&hedged), needed.0);
    // What is asked for and not there is not posted.
    hedged.entry(0).unwrap().deposits = ballast_math::Units(2_000 << 64);
    assert!(assess_initial(&hedged, &exchange.board, Valuation::InitialUnchecked, now).unwrap().is_negative());
    assert_eq!(posted(&hedged), 0);
}

/// The next day begins with what is put up for what is held: opening and closing in turns adds nothing to it, a smaller position takes its
/// part away, and none is left of one that is gone.
#[test]
fn a_day_begins_with_what_is_put_up_for_what_is_held() {
    let mut exchange = long();
    let held = |exchange: &Exchange| exchange.traders[0].account.rail.held;
    let (ten, mut at) = (held(&exchange), 0);
    assert_eq!(ten, exchange.rail().1);
    let mut trade = |exchange: &mut Exchange, lots: i64| {
        at += 100;
        exchange.refresh(15_000, 0, after(at)).unwrap();
        assert!(matches!(exchange.trade(0, lots, 15_000, at), Outcome::Filled(_)));
    };
    trade(&mut exchange, -5 * SOL);
    assert!(held(&exchange).abs_diff(ten / 2) <= 1);
    trade(&mut exchange, 5 * SOL);
    // What is added is put up besides, no more than all of it needs.
    assert!(held(&exchange).abs_diff(ten) < ten / 50, "{} {ten}", held(&exchange));
    for lots in [-20, 20, -20, 20] {
        trade(&mut exchange, lots * SOL);
    }
    let turned = held(&exchange);
    assert!(turned.abs_diff(ten) < ten / 10, "half of the last order, of which the other half closed: {turned} {ten}");
    assert_eq!(rail::room(&exchange.traders[0].account, after(DAY)), Usd(turned));
    // As much is put up again; of an order that leaves little, little.
    trade(&mut exchange, 10 * SOL);
    assert!(held(&exchange).abs_diff(2 * turned) < turned / 10, "twice as much");
    trade(&mut exchange, -21 * SOL);
    assert!(held(&exchange) < turned / 8, "{}", held(&exchange));
    // In turns no more than that.
    for _ in 0..3 {
        trade(&mut exchange, -9 * SOL);
        assert!((ten * 3 / 4..ten).contains(&held(&exchange)), "{} {ten}", held(&exchange));
        trade(&mut exchange, 9 * SOL);
    }
    assert!(held(&exchange) < turned / 8, "{}", held(&exchange));
    trade(&mut exchange, SOL);
    assert_eq!((exchange.held(0), held(&exchange)), (0, 0));
}

/// What was put up for a position goes with it, whatever else the account holds: a little left elsewhere keeps none of it.
#[test]
fn what_is_held_is_counted_by_position() {
    let mut exchange = long();
    let account = &mut exchange.traders[0].account;
    let (ten, few) = (account.rail.held, dollars(5).0);
    assert_eq!(account.put_up, [ten, 0, 0, 0, 0, 0, 0, 0]);
    slots::store(account, PerpPosition { market: 9, side: 1, base: [SOL.unsigned_abs(), 0], ..PerpPosition::zeroed() })
        .unwrap();
    account.put_up[1] = few;
    let mut trade = |lots: i64, at: i64| {
        exchange.refresh(15_000, 0, after(at)).unwrap();
        assert!(matches!(exchange.trade(0, lots, 15_000, at), Outcome::Filled(_)));
        let account = &exchange.traders[0].account;
        (account.rail.held, account.put_up)
    };
    let (held, put_up) = trade(-6 * SOL, 100);
    assert_eq!((held, put_up[1]), (put_up[0] + few, few));
    assert!(put_up[0].abs_diff(ten * 4 / 10) <= 1);
    // The last slot takes the place of the one that is gone.
    assert_eq!(trade(-4 * SOL, 200), (few, [few, 0, 0, 0, 0, 0, 0, 0]));
}

/// What a closed position won and was not paid leaves as it would have from an open one: as much a day as was put up for it.
#[test]
fn what_waits_keeps_what_was_put_up_for_it() {
    let mut exchange = long();
    let posted = exchange.rail().1;
    exchange.refresh(20_000, 0, after(50)).unwrap();
    exchange.refresh(30_000, 0, after(100)).unwrap();
    assert!(matches!(exchange.trade(0, -10 * SOL, 30_000, 110), Outcome::Filled(_)));
    let account = &exchange.traders[0].account;
    assert_eq!((exchange.held(0), account.rail.posted, account.rail.held), (0, posted, posted));
    assert!(account.rail.released.abs_diff(posted) <= 2 && exchange.claimed(0) > 1_000_000_000);
    exchange.refresh(30_000, 0, after(DAY)).unwrap();
    let paid = u128::from(exchange.settle(DAY).unwrap().unsigned_abs());
    assert!((paid << 20).abs_diff(u128::from(posted) * 1_000_000) <= 2 * 1_000_000, "{paid} {posted}");
    // Less than that waits in the end, and with it goes what is held.
    for day in 2..9 {
        exchange.refresh(30_000, 0, after(day * DAY)).unwrap();
        exchange.settle(day * DAY).ok();
    }
    let account = &exchange.traders[0].account;
    assert_eq!((account.perp_count, account.rail.held, account.put_up), (0, 0, [0; 8]));
}

/// What was paid on a day is not what is put up for the next: a position opened after that is paid as any other.
#[test]
fn who_was_paid_puts_up_as_much_as_others() {
    let mut exchange = long();
    let ten = exchange.rail().1;
    exchange.traders[0].account.rail.released = 2 * ten;
    exchange.refresh(15_000, 0, after(50)).unwrap();
    exchange.trade(0, -10 * SOL, 15_000, 60);
    exchange.trade(0, 10 * SOL, 15_000, 100);
    let rail = exchange.traders[0].account.rail;
    assert_eq!((rail.posted, rail.released > rail.posted), (ten, true), "nothing for today");
    assert!(rail.held.abs_diff(ten) < ten / 100);
}

/// After a settlement no more is put up than the position needs: a lower price needs less.
#[test]
fn a_settlement_trims_what_is_put_up() {
    let mut exchange = long();
    let ten = exchange.rail().1;
    for (cents, at) in [(12_000, 50), (9_000, 100), (7_500, 150)] {
        exchange.refresh(cents, 0, after(at)).unwrap();
    }
    assert_eq!(exchange.traders[0].account.rail.held, ten);
    assert!(exchange.settle(150).unwrap() < 0);
    let (rail, put_up) = (exchange.traders[0].account.rail, exchange.traders[0].account.put_up[0]);
    assert!(put_up.abs_diff(ten / 2) < ten / 20 && rail.held == put_up, "{put_up} {ten}");
    // An old price says nothing, and stops no exit: the owner settles a loss, and what is put up stays.
    for (slope, old) in [(1 << 28, 4_000), (u32::MAX, 1 << 40)] {
        let mut exchange = long();
        exchange.refresh(14_000, 0, after(50)).unwrap();
        exchange.board.rows[1].age_slope = slope;
        let now = after(old);
        let Exchange { board, market, pool, bank, traders, .. } = &mut exchange;
        perp::sync(market, pool, bank, board, now).unwrap();
        let account = &mut traders[0].account;
        assert!(perp::settle_account(market, pool, bank, account, board, true, now).unwrap() < 0);
        assert_eq!(account.put_up[0], ten);
    }
}

/// What is put up for lots that were closed, since their profit waits, is no more than what they all need when they are bought again.
#[test]
fn no_more_is_put_up_than_all_of_a_position_needs() {
    let mut exchange = long();
    let ten = exchange.rail().1;
    exchange.refresh(20_000, 0, after(50)).unwrap();
    exchange.refresh(30_000, 0, after(100)).unwrap();
    exchange.trade(0, -9 * SOL, 30_000, 110);
    assert_eq!(exchange.traders[0].account.put_up[0], ten, "its profit waits");
    exchange.trade(0, 9 * SOL, 30_000, 120);
    let all = {
        let portfolio = exchange.portfolio(0, after(122)).unwrap();
        initial_requirement_of_perps(&portfolio, &exchange.board, after(122)).unwrap()
    };
    assert_eq!(exchange.traders[0].account.put_up[0], all.0);
    assert!(all.0 > ten * 19 / 10 && all.0 < ten * 21 / 10, "{all:?} {ten}");
}

/// A settlement notes what the account has to put up for today alone: capital that is there for a moment counts for no other day.
#[test]
fn a_settlement_notes_what_is_put_up_today() {
    let mut exchange = long();
    let now = after(60);
    exchange.refresh(15_000, 0, now).unwrap();
    let mut portfolio = exchange.portfolio(0, now).unwrap();
    // Something in another market needs as much again.
    portfolio.entry(1).unwrap().perp_long = ballast_math::Units(20 << 64);
    let account = &mut exchange.traders[0].account;
    let before = *account;
    rail::post_now(account, &portfolio, &exchange.board, now).unwrap();
    assert!(account.rail.posted > before.rail.posted * 19 / 10, "{:?}", account.rail);
    assert_eq!((account.rail.held, account.put_up), (before.rail.held, before.put_up));
}

/// T02: a price far from its average pays nothing out and counts for nothing at Initial, though every print was taken.
#[test]
fn t02_profits_wait_while_the_price_is_away() {
    let mut exchange = long();
    exchange.refresh(16_000, 0, after(50)).unwrap();
    exchange.board.rows[1].is_away = 1;
    assert_eq!(exchange.settle(50), Err(RiskError::NothingToSettle));
    let portfolio = exchange.portfolio(0, after(50)).unwrap();
    let value = |exchange: &Exchange, portfolio: &_| {
        assess_initial(portfolio, &exchange.board, Valuation::Initial, after(50)).unwrap().value().unwrap()
    };
    let away = value(&exchange, &portfolio);
    exchange.board.rows[1].is_away = 0;
    let back = value(&exchange, &exchange.portfolio(0, after(50)).unwrap());
    let profit = i64::try_from(dollars(100).0).unwrap();
    // But for what a claim in dollars needs.
    assert!((back - away).abs_diff(profit) < 2 << 20, "{away} {back}");
    assert!(exchange.settle(50).unwrap().abs_diff(100_000_000) < 20_000);
}

/// |ln(price / average)| > 8σ√1 h, of the average before the price: it cannot vouch for itself.
#[test]
fn a_price_is_away_beyond_eight_deviations_of_an_hour() {
    // σ = 1: 8/√8,766 = 8.54 %.
    let take = |cents: u64, ema_seconds: u32| {
        let mut feed =
            PriceFeed { ema: build::price(100, 1), ema_ts: T0, accepted_price: build::price(100, 1), ..feed() };
        feed.accepted_ts = T0;
        feed.rates.sigma = Ratio::ONE.0;
        feed.judge.ema_seconds = ema_seconds;
        let mut board = board(&[usdc(), sol()]);
        price::refresh(&mut feed, &mut board, &[Some(observation(cents, 0, 1)), None, None], after(1)).unwrap();
        assert_eq!(PriceState::from_byte(board.rows[1].state), PriceState::Normal);
        board.rows[1].is_away
    };
    // e^0.08545 = 1.0892, whatever part of the average the price becomes.
    assert_eq!((take(10_890, 1), take(10_940, 1)), (0, 1));
    assert_eq!((take(10_890, 1_000), take(10_940, 1_000)), (0, 1));
    assert_eq!((take(9_190, 1_000), take(9_140, 1_000)), (0, 1));
    // A feed without an average is never away from it.
    assert_eq!(take(14_000, 0), 0);
}

#[test]
fn a_fill_that_enlarges_the_skew_needs_the_pools_initial_margin() {
    let mut exchange = Exchange::new(2);
    exchange.trade(1, -20 * SOL, 15_000, 0);
    let order = exchange.place(0, unlimited(50 * SOL), after(10)).unwrap();
    exchange.refresh(15_000, 0, after(12)).unwrap();
    // After it longs are 30 more: so much does the pool need, and Φ, which grows by what it takes in.
    let now = after(12);
    let required = liquidity::requirement(&exchange.market, 30 * SOL, &exchange.board, now).unwrap();
    let fill = |equity_after: i64| {
        let mut exchange = exchange.clone();
        let mut probe = exchange.clone();
        probe.fill(0, order.id, print(15_000, 0, 12), now).unwrap();
        // Twice what is missing: the market has half of the pool.
        let surplus = u64::try_from(probe.market.equity - equity_after).unwrap() * 2;
        exchange.pool.shares -= surplus;
        exchange.bank.asset_shares -= surplus;
        let cash = exchange.cash(0);
        let outcome = exchange.fill(0, order.id, print(15_000, 0, 12), now).unwrap();
        (outcome, exchange.market.equity, cash - exchange.cash(0))
    };
    let required = i64::try_from(required).unwrap();
    let (outcome, equity, _) = fill(required);
    assert!(matches!(outcome, Outcome::Filled(_)) && equity == required, "{outcome:?} {equity} {required}");
    // Others may have used it up: nobody pays for that.
    let (outcome, _, paid) = fill(required - 1);
    assert_eq!((outcome, paid), (Outcome::Killed(Kill::PoolMargin), 0));
}

/// What only makes a position smaller is an exit, though the skew grows by it; and what makes the skew smaller needs no margin.
#[test]
fn exits_need_no_margin_of_the_pool() {
    let mut exchange = Exchange::new(2);
    exchange.trade(0, 30 * SOL, 15_000, 0);
    exchange.trade(1, -20 * SOL, 15_000, 10);
    let close = exchange.place(1, reducing(20 * SOL), after(20)).unwrap();
    let oppose = exchange.place(1, unlimited(-5 * SOL), after(20)).unwrap();
    exchange.refresh(15_000, 0, after(22)).unwrap();
    let poor = exchange.pool.shares - 1_000_000_000;
    exchange.pool.shares -= poor;
    exchange.bank.asset_shares -= poor;
    assert!(matches!(exchange.fill(1, oppose.id, print(15_000, 0, 22), after(22)), Ok(Outcome::Filled(_))));
    assert!(matches!(exchange.fill(1, close.id, print(15_000, 0, 22), after(22)), Ok(Outcome::Filled(_))));
    assert_eq!((exchange.held(0), exchange.held(1)), (30 * SOL, -5 * SOL));
}

proptest! {
    #![proptest_config(support::cases(200))]

    /// Whatever the price does and however often an account is settled: a day pays it no more than the most it had to put up, and
    /// what it lost since.
    #[test]
    fn no_day_pays_more_than_was_posted(
        lots in prop_oneof![1i64..200, -200i64..-1],
        moves in prop::collection::vec((5_000u64..60_000, 1i64..30_000), 1..20),
    ) {
        let mut exchange = Exchange::new(1);
        exchange.trade(0, lots * SOL, 15_000, 0);
        let (mut at, mut paid, mut day) = (10, 0u64, T0 / DAY);
        for (cents, wait) in moves {
            at += wait;
            exchange.feed.accepted_price = build::price(cents, 100);
            exchange.feed.pending = Zeroable::zeroed();
            exchange.refresh(cents, 0, after(at)).unwrap();
            if after(at).ts / DAY != day {
                (paid, day) = (0, after(at).ts / DAY);
            }
            match exchange.settle(at) {
                Ok(atoms @ 1..) => paid += atoms.unsigned_abs(),
                Ok(atoms) => paid = paid.saturating_sub(atoms.unsigned_abs()),
                Err(_) => {}
            }
            let most = exchange.rail().1;
            prop_assert!(u128::from(paid) << 20 <= (u128::from(most) + 1) * 1_000_000, "{} {}", paid, most);
        }
    }
}
