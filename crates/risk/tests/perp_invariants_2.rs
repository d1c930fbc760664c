//! The invariants of markets whose pool cannot pay, from INV-80 on: each holds where nothing is wrong, and notices the smallest thing
//! that is.

mod support;

use ballast_math::{signed_from_words, signed_to_words, Usd};
use ballast_risk::health::Portfolio;
use ballast_risk::invariant::{self as inv, Checked};
use ballast_risk::perp::order::Outcome;
use ballast_risk::perp::{self, slots, Fill, GRACE, VALUE_BITS};
use ballast_risk::{liquidation, Now, RiskError};
use ballast_state::{
    BalanceSide, Bank, LiquidityPool, MarginAccount, MarketMode, PerpMarket, PerpPosition, PriceState, RiskBoard,
    Zeroable,
};
use support::build::{after, bits, board, give, price, sol, usdc, MILLION, NOW, T0};
use support::orders::{unlimited, Exchange, SOL};
use support::perps::{market, pool, unrailed};

#[track_caller]
fn holds(checked: Checked) {
    assert_eq!(checked, Ok(()));
}

#[track_caller]
fn breaks(number: u8, checked: Checked) {
    assert_eq!(checked.unwrap_err().number, number);
}

fn changed<T: Copy>(value: &T, change: impl FnOnce(&mut T)) -> T {
    let mut value = *value;
    change(&mut value);
    value
}

/// A market, half of whose pool's funds are its own, and traders with 50,000 dollars.
#[derive(Clone)]
struct Scene {
    board: RiskBoard,
    market: PerpMarket,
    pool: LiquidityPool,
    bank: Bank,
    traders: Vec<MarginAccount>,
}

impl Scene {
    /// Traders with so many SOL each, opened at 150 dollars, at a premium.
    fn new(funds: u64, sol_held: &[i64]) -> Self {
        let board = board(&[usdc(), sol()]);
        let (pool, bank) = pool(funds * MILLION);
        let mut market = market();
        market.terms.skew_scale = 1 << 42;
        let mut scene = Self { board, market, pool, bank, traders: Vec::new() };
        scene.move_to(150, NOW);
        for held in sol_held {
            let mut trader = unrailed();
            give(&mut scene.bank, &mut trader, BalanceSide::Deposit, 50_000 * MILLION);
            let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
            let mark = scene.market.mark;
            perp::trade(&mut scene.market, &mut position, Fill { lots: held * SOL, price: mark, print: mark }, 0)
                .unwrap();
            slots::store(&mut trader, position).unwrap();
            scene.traders.push(trader);
        }
        scene.move_to(150, NOW);
        scene
    }

    fn move_to(&mut self, dollars: u64, now: Now) {
        let row = &mut self.board.rows[1];
        let mid = price(dollars, 1);
        (row.mid, row.low, row.high, row.fair_low, row.fair_high) = (mid, mid, mid, mid, mid);
        for row in &mut self.board.rows[..2] {
            row.publish_ts = now.ts;
        }
        perp::sync(&mut self.market, &mut self.pool, &self.bank, &self.board, now).unwrap();
    }

    fn deleverage(&mut self, now: Now) {
        perp::deleverage(&mut self.market, &self.pool, &self.bank, &self.board, now).unwrap();
    }

    fn settle_market(&mut self, now: Now) {
        perp::settle_market(
            &mut self.market,
            &mut ballast_state::PriceFeed::zeroed(),
            &mut self.pool,
            &self.bank,
            &self.board,
            now,
        )
        .unwrap();
    }

    fn register(&mut self, trader: usize, now: Now) {
        let Self { market, pool, bank, traders, .. } = self;
        perp::register(market, pool, bank, &mut traders[trader], &mut MarginAccount::zeroed(), true, now).unwrap();
    }

    fn settle(&mut self, trader: usize, now: Now) -> Result<i64, RiskError> {
        let Self { board, market, pool, bank, traders, .. } = self;
        perp::settle_account(market, pool, bank, &mut traders[trader], board, true, now)
    }
}

/// Longs of 3,000 SOL against shorts of 1,000, and at 190 dollars a pool that has too little for them.
fn overloaded() -> Scene {
    let mut scene = Scene::new(200_000, &[2_000, 1_000, -1_000]);
    scene.move_to(190, NOW);
    scene
}

#[test]
fn inv_80_a_deleverage_of_a_market() {
    let mut scene = overloaded();
    let before = scene.market;
    scene.deleverage(NOW);
    let after = scene.market;
    let check =
        |before: &PerpMarket, after: &PerpMarket| inv::check_shrink(before, after, &scene.board, &scene.traders, NOW);
    holds(check(&before, &after));
    // Nothing was missing, or nothing shrank.
    breaks(80, check(&changed(&before, |market| market.equity = i64::MAX), &after));
    breaks(80, check(&before, &before));
    // A claim, two atoms of equity, a lot of the other side, what is the same for all.
    let raised = signed_from_words(after.long.pnl_index);
    let lowered = signed_to_words(signed_from_words(before.long.pnl_index) - 1);
    breaks(80, check(&before, &changed(&after, |market| market.long.pnl_index = lowered)));
    assert!(raised > signed_from_words(before.long.pnl_index), "premium is given back");
    breaks(80, check(&before, &changed(&after, |market| market.equity = before.equity - 2)));
    breaks(80, check(&before, &changed(&after, |market| market.short.position_index -= 1)));
    breaks(80, check(&before, &changed(&after, |market| market.long.base[0] -= 1)));
    breaks(80, check(&before, &changed(&after, |market| market.long.offset[0] ^= 1)));
    // A lot in ten thousand too many, and too few.
    let index = after.long.position_index;
    breaks(80, check(&before, &changed(&after, |market| market.long.position_index = index - index / 10_000)));
    breaks(80, check(&before, &changed(&after, |market| market.long.position_index = index + index / 10_000)));

    // Without equity the skew goes, all of it.
    let mut scene = overloaded();
    scene.move_to(250, NOW);
    let before = scene.market;
    assert!(before.equity < 0);
    scene.deleverage(NOW);
    holds(inv::check_shrink(&before, &scene.market, &scene.board, &scene.traders, NOW));
    let index = scene.market.long.position_index;
    let less = changed(&scene.market, |market| market.long.position_index = index + index / 10_000);
    breaks(80, inv::check_shrink(&before, &less, &scene.board, &scene.traders, NOW));
}

#[test]
fn inv_81_nobody_becomes_liquidatable() {
    // 100 SOL and a short of as many against a loan of 14,400 dollars, among too many shorts.
    let mut row = sol();
    (row.maintenance_add_on, row.maintenance_long, row.maintenance_short) = (0, bits(78, 1_000), bits(78, 1_000));
    row.basis = bits(16, 1_000);
    let mut scene = Scene::new(0, &[-1_000, 100]);
    scene.board.rows[1] = changed(&scene.board.rows[1], |old| {
        (old.maintenance_add_on, old.maintenance_long) = (row.maintenance_add_on, row.maintenance_long);
        (old.maintenance_short, old.basis) = (row.maintenance_short, row.basis);
    });
    let mut sols = support::build::bank(1, 1, 9);
    let hedger = {
        let mut hedger = unrailed();
        give(&mut sols, &mut hedger, BalanceSide::Deposit, 100_000_000_000);
        give(&mut scene.bank, &mut hedger, BalanceSide::Loan, 14_400 * MILLION);
        let mut position = PerpPosition { market: scene.market.index, ..PerpPosition::zeroed() };
        let mark = scene.market.mark;
        perp::trade(&mut scene.market, &mut position, Fill { lots: -100 * SOL, price: mark, print: mark }, 0).unwrap();
        slots::store(&mut hedger, position).unwrap();
        hedger
    };
    // 42 % of what the skew needs.
    let required = |scene: &Scene| {
        let skew = perp::book::skew(&scene.market).unwrap();
        perp::liquidity::maintenance_requirement(&scene.market, skew, &scene.board, NOW).unwrap()
    };
    let reserve = scene.market.skew_reserve;
    scene.pool.shares = (required(&scene) / 100 * 42 + reserve) * 2;
    scene.bank.asset_shares += scene.pool.shares;
    scene.move_to(150, NOW);
    let held_by = |account: &MarginAccount, market: &PerpMarket, now: Now| {
        let exposure = perp::exposure(&account.perps[0], market, &scene.board, now).unwrap();
        let bank = |index| Some(if index == 1 { &sols } else { &scene.bank });
        Portfolio::of_account(account, &[exposure], 0, now, bank).unwrap()
    };
    let held = |market: &PerpMarket, now: Now| held_by(&hedger, market, now);
    let old = scene.market;
    let mut new = old;
    perp::deleverage(&mut new, &scene.pool, &scene.bank, &scene.board, NOW).unwrap();
    let check =
        |before: &Portfolio, after: &Portfolio| inv::check_shrink_spares(&hedger, before, after, &scene.board, NOW);
    holds(check(&held(&old, NOW), &held(&new, NOW)));
    // A shrink that is not told spares nobody.
    let untold = changed(&new, |market| market.short.shrink_sequence = old.short.shrink_sequence);
    breaks(81, check(&held(&old, NOW), &held(&untold, NOW)));
    // Who was liquidatable before may be after, and who was spared before may be no more.
    holds(check(&held(&untold, NOW), &held(&untold, NOW)));
    assert!(held(&new, NOW).is_spared() && !held(&new, after(GRACE)).is_spared());
    holds(check(&held(&new, NOW), &held(&untold, NOW)));

    // Unhealthy by 40 dollars, in a grace that spares all but the deeply unhealthy: with its hedge gone it would be among them.
    let poorer = changed(&hedger, |account| account.balances[0].shares += 400 * MILLION);
    let graced = changed(&scene.board, |board| board.grace_until = NOW.ts + 60);
    let (old, new) = (held_by(&poorer, &old, NOW), held_by(&poorer, &new, NOW));
    holds(inv::check_shrink_spares(&poorer, &old, &new, &graced, NOW));
    assert_eq!(liquidation::eligible(&poorer, &old, &graced, NOW).unwrap_err(), RiskError::GracePeriod);
    assert_eq!(liquidation::eligible(&poorer, &new, &graced, NOW).unwrap_err(), RiskError::GracePeriod);
    assert!(liquidation::eligible(&poorer, &new, &scene.board, NOW).is_ok());
}

#[test]
fn inv_82_a_fill_that_enlarges_the_skew() {
    let mut exchange = Exchange::new(1);
    let before = exchange.market;
    assert!(matches!(exchange.trade(0, 10 * SOL, 15_000, 0), Outcome::Filled(_)));
    let (market, board, now) = (exchange.market, exchange.board, after(2));
    let needed = perp::liquidity::requirement(&market, 10 * SOL, &board, now).unwrap();
    let with = |equity: i64| changed(&market, |market| market.equity = equity);
    let check = |after: &PerpMarket, held| inv::check_fill_backed(&before, after, held, &board, now);
    let needed = i64::try_from(needed).unwrap();
    holds(check(&with(needed), [0, 10 * SOL]));
    breaks(82, check(&with(needed - 1), [0, 10 * SOL]));
    // What only closes, and what leaves no larger skew, needs none.
    holds(check(&with(needed - 1), [-15 * SOL, -5 * SOL]));
    breaks(82, check(&with(needed - 1), [-5 * SOL, 5 * SOL]));
    holds(inv::check_fill_backed(&market, &with(needed - 1), [0, 10 * SOL], &board, now));
    // At prices no new risk may rest on there is no margin.
    let mut guarded = board;
    guarded.rows[1].state = PriceState::Guarded.to_byte();
    breaks(82, inv::check_fill_backed(&before, &with(i64::MAX), [0, 10 * SOL], &guarded, now));
}

#[test]
fn inv_83_profits_leave_on_a_rail() {
    let mut exchange = Exchange::new(1);
    let order = exchange.place(0, unlimited(10 * SOL), after(0)).unwrap();
    exchange.refresh(15_000, 0, after(2)).unwrap();
    let opened = exchange.traders[0].account;
    exchange.fill(0, order.id, support::orders::print(15_000, 0, 2), after(2)).unwrap();
    let filled = exchange.traders[0].account;
    let (market, board) = (exchange.market, exchange.board);
    let check = |before: &MarginAccount, after: &MarginAccount, paid: i64, puts_up: u64| {
        inv::check_released([before, after], &market, paid, Usd(puts_up), &board, support::build::after(2))
    };
    holds(check(&opened, &filled, 0, order.requirement));
    breaks(83, check(&opened, &filled, 0, order.requirement - 1));
    holds(inv::check_rail(&filled));

    // At 155 dollars fifty are won and paid.
    exchange.refresh(15_500, 0, after(50)).unwrap();
    let (was, now) = (exchange.market, after(50));
    let Exchange { board, market, pool, bank, traders, .. } = &mut exchange;
    let account = &mut traders[0].account;
    let before = *account;
    let paid = perp::settle_account(market, pool, bank, account, board, true, now).unwrap();
    assert!(paid > 49 * 1_000_000);
    let (after, board) = (*account, *board);
    let check = |after: &MarginAccount, paid: i64, board: &RiskBoard| {
        inv::check_released([&before, after], &was, paid, Usd::ZERO, board, now)
    };
    holds(check(&after, paid, &board));
    // An atom is about a unit of USD, and two units may be rounded away.
    breaks(83, check(&after, paid + 4, &board));
    breaks(83, check(&changed(&after, |account| account.rail.released -= 3), paid, &board));
    breaks(83, check(&changed(&after, |account| account.rail.posted += 1), paid, &board));
    breaks(83, check(&changed(&after, |account| account.rail.posted -= 1), paid, &board));
    breaks(83, check(&changed(&after, |account| account.rail.day -= 1), paid, &board));
    breaks(83, check(&after, paid, &changed(&board, |board| board.rows[1].is_away = 1)));
    breaks(83, inv::check_rail(&changed(&after, |account| account.rail.posted = account.rail.released - 3)));
    // What is held was put up for positions there are.
    holds(inv::check_rail(&after));
    breaks(83, inv::check_rail(&changed(&after, |account| account.rail.held += 1)));
    breaks(83, inv::check_rail(&changed(&after, |account| account.put_up[1] = 1)));
    breaks(83, inv::check_rail(&changed(&after, |account| account.perp_count = 0)));
    // A loss makes room, and a new day begins with what was posted while perps are held.
    let less = changed(&after, |account| account.rail.released -= 20 << 20);
    holds(inv::check_released([&after, &less], &was, -20 * 1_000_000, Usd::ZERO, &board, now));
    let tomorrow = changed(&after, |account| account.rail.released = 0);
    let later = changed(&tomorrow, |account| account.rail.day += 1);
    let next = Now { ts: T0 + 86_400, ..now };
    holds(inv::check_released([&after, &later], &was, 0, Usd::ZERO, &board, next));
    let flat = changed(&after, |account| account.rail.held = 0);
    breaks(83, inv::check_released([&flat, &later], &was, 0, Usd::ZERO, &board, next));
    breaks(83, inv::check_released([&after, &tomorrow], &was, 0, Usd::ZERO, &board, next));
}

/// The last position goes on a new day: what was posted for it counts until it is gone.
#[test]
fn a_position_that_goes_was_held_until_then() {
    let mut scene = Scene::new(10_000_000, &[100, -100]);
    perp::wind_down(&mut scene.market, &scene.board, NOW).unwrap();
    scene.market.settlement_ts = NOW.ts;
    scene.move_to(160, NOW);
    scene.settle_market(NOW);
    (scene.traders[0].rail.posted, scene.traders[0].rail.held, scene.traders[0].put_up) =
        (1 << 40, 1 << 40, [1 << 40, 0, 0, 0, 0, 0, 0, 0]);
    let next = Now { ts: NOW.ts + 86_400, ..NOW };
    let (before, was) = (scene.traders[0], scene.market);
    let paid = scene.settle(0, next).unwrap();
    let account = scene.traders[0];
    assert_eq!((account.perp_count, account.rail.posted), (0, 1 << 40));
    assert!(account.rail.released > 900 << 20);
    holds(inv::check_rail(&account));
    holds(inv::check_released([&before, &account], &was, paid, Usd::ZERO, &scene.board, next));
}

/// Longs of 3,000 SOL against shorts of as many, at 250 dollars, whose losses went elsewhere for the most part.
fn insolvent() -> Scene {
    let mut scene = Scene::new(100_000, &[2_000, 1_000, -3_000]);
    let mut short = *slots::find(&scene.traders[2], 3).unwrap();
    let gone = (200_000 * i128::from(MILLION)) << VALUE_BITS;
    short.offset = signed_to_words(signed_from_words(short.offset) - gone);
    scene.market.short.offset = signed_to_words(signed_from_words(scene.market.short.offset) - gone);
    slots::store(&mut scene.traders[2], short).unwrap();
    scene.move_to(250, NOW);
    scene
}

#[test]
fn inv_84_what_is_set_aside() {
    let mut scene = insolvent();
    let mut other = market();
    other.index = 4;
    let all = |scene: &Scene| [scene.market, other];
    holds(inv::check_stakes(&scene.pool, &all(&scene)));
    for change in [
        (|market| market.stake = 1) as fn(&mut PerpMarket),
        |market| market.registered = 1,
        |market| market.registered_paid = 1,
        |market| market.payout = 1,
    ] {
        breaks(84, inv::check_stakes(&scene.pool, [&changed(&scene.market, change)]));
    }
    scene.settle_market(NOW);
    assert!(scene.market.stake > 0);
    holds(inv::check_stakes(&scene.pool, &all(&scene)));
    breaks(84, inv::check_stakes(&changed(&scene.pool, |pool| pool.earmarked -= 1), &all(&scene)));
    breaks(84, inv::check_stakes(&scene.pool, [&changed(&scene.market, |market| market.spent = 1)]));

    let Scene { pool, bank, market, .. } = &scene;
    perp::refresh_equity(&mut other, pool, bank, NOW).unwrap();
    let equities = |other: &PerpMarket| inv::check_equities(pool, bank, [market, other], NOW);
    holds(equities(&other));
    // The other market's half of the rest leaves the pool's half.
    let spare = i64::try_from(pool.shares).unwrap() - pool.earmarked - other.equity;
    holds(equities(&changed(&other, |market| market.equity += spare)));
    breaks(84, equities(&changed(&other, |market| market.equity += spare + 1)));
    // Who has nobody that goes on answers for nothing.
    holds(inv::check_equities(pool, bank, [&changed(market, |market| market.equity = i64::MAX)], NOW));
}

#[test]
fn inv_85_claims_of_a_settled_market() {
    let mut scene = insolvent();
    holds(inv::check_registered(&scene.market, &scene.traders));
    breaks(85, inv::check_registered(&changed(&scene.market, |market| market.registered = 1), &scene.traders));
    scene.settle_market(NOW);
    let settled = scene.clone();
    breaks(
        85,
        inv::check_registered(&changed(&scene.market, |market| market.long.position_index = 1 << 52), &scene.traders),
    );
    scene.register(0, NOW);
    let one = scene.clone();
    holds(inv::check_registered(&one.market, &one.traders));
    breaks(85, inv::check_registered(&one.market, &one.traders[1..]));
    for change in [
        |market: &mut PerpMarket| market.registered_paid = 1,
        |market: &mut PerpMarket| {
            market.registered += 1;
            market.registered_paid += 1;
        },
    ] {
        breaks(85, inv::check_registered(&changed(&one.market, change), &one.traders));
    }
    let part =
        |before: &Scene, after: &MarginAccount| inv::check_part(&before.market, &before.traders[0], after, false);
    holds(part(&settled, &one.traders[0]));
    let entered = |change: fn(&mut PerpPosition)| changed(&one.traders[0], |account| change(&mut account.perps[0]));
    breaks(85, part(&settled, &entered(|position| position.entry_quote -= 1)));
    breaks(85, part(&settled, &entered(|position| position.offset = [0, 0])));

    scene.register(1, NOW);
    scene.register(2, NOW);
    let registered = scene.clone();
    perp::update_payout(&mut scene.market, &mut scene.pool, &scene.bank, NOW).unwrap();
    let known = scene.clone();
    let paid = scene.settle(0, NOW).unwrap();
    assert!(paid > 0);
    holds(part(&known, &scene.traders[0]));
    // Before the part is known nothing is paid, and never an atom more than it.
    breaks(85, part(&registered, &scene.traders[0]));
    let more = |atoms: i128| {
        changed(&scene.traders[0], |account| {
            let offset = &mut account.perps[0].offset;
            *offset = signed_to_words(signed_from_words(*offset) + (atoms << VALUE_BITS));
        })
    };
    breaks(85, part(&known, &more(1)));
    holds(part(&known, &known.traders[0]));
    breaks(85, part(&known, &changed(&known.traders[0], |account| account.perp_count = 0)));
    // Nor may what is left grow.
    breaks(85, inv::check_part(&scene.market, &scene.traders[0], &known.traders[0], false));
    // Given up is only what is due nothing.
    let gone = changed(&scene.traders[0], |account| account.perp_count = 0);
    holds(inv::check_part(&scene.market, &scene.traders[0], &gone, true));
    breaks(85, inv::check_part(&scene.market, &scene.traders[0], &gone, false));
    breaks(85, inv::check_part(&known.market, &known.traders[0], &gone, true));
    breaks(85, inv::check_part(&scene.market, &scene.traders[0], &known.traders[0], true));

    let (old, new) = (known.market, scene.market);
    holds(inv::check_payout(&old, &new, false));
    holds(inv::check_payout(&overloaded().market, &old, false));
    for change in
        [(|market| market.payout -= 1) as fn(&mut PerpMarket), |market| market.mode = MarketMode::WindDown.to_byte()]
    {
        breaks(85, inv::check_payout(&old, &changed(&new, change), true));
    }
    // While there are claims their index stands still.
    let (old, new) = (settled.market, changed(&settled.market, |market| market.long.pnl_index[0] ^= 1));
    breaks(85, inv::check_payout(&old, &new, false));
    // One that could pay all and cannot any more is resolved after all.
    let full = changed(&known.market, |market| market.payout = 1 << 32);
    let short = changed(&known.market, |market| (market.payout, market.equity) = (0, -1));
    holds(inv::check_payout(&full, &short, true));
    breaks(85, inv::check_payout(&full, &short, false));
    breaks(85, inv::check_payout(&full, &changed(&short, |market| market.equity = 0), true));
}

/// The pool's margin is counted at the low end of the quote token's band: the least shrink is the least there.
#[test]
fn a_wide_quote_shrinks_no_more() {
    let mut scene = overloaded();
    (scene.board.rows[1].impact_slope, scene.board.rows[1].impact_cap) = (1 << 28, bits(20, 100));
    scene.board.rows[0].low = scene.board.rows[0].mid / 1_000 * 990;
    let before = scene.market;
    scene.deleverage(NOW);
    holds(inv::check_shrink(&before, &scene.market, &scene.board, &scene.traders, NOW));
}
