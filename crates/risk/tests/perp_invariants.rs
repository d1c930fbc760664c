//! Every invariant of perps, from INV-55 on, holds where nothing is wrong, and notices the smallest thing that is.

mod support;

use ballast_math::{Ratio, Usd};
use ballast_risk::health::{assess_maintenance, Health};
use ballast_risk::invariant::{self as inv, Checked, FillPaid, PositionLiquidation};
use ballast_risk::perp::order::{By, Outcome};
use ballast_risk::perp::{self, book, slots};
use ballast_risk::price::clock_lag;
use ballast_state::{BonusLock, Epoch, LiquidityPool, MarginAccount, MarketMode, PerpMarket};
use support::build::{after, MILLION, T0};
use support::orders::{print, unlimited, Exchange, SOL};
use support::providers::World;

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

/// Two longs and a short, ten seconds on.
fn traded() -> Exchange {
    let mut exchange = Exchange::new(3);
    for (trader, lots) in [(0, 10 * SOL), (1, 7 * SOL + 1), (2, -4 * SOL)] {
        exchange.trade(trader, lots, 15_000, i64::try_from(3 * trader).unwrap());
    }
    exchange.refresh(15_100, 0, after(20)).unwrap();
    exchange
}

fn accounts(exchange: &Exchange) -> Vec<MarginAccount> {
    exchange.traders.iter().map(|trader| trader.account).collect()
}

#[test]
fn inv_55_56_57_sums() {
    let exchange = traded();
    let (market, all) = (exchange.market, accounts(&exchange));
    for check in [inv::check_positions, inv::check_claims, inv::check_sizes] {
        holds(check(&market, all.iter().collect::<Vec<_>>()));
    }
    let positions = |market: &PerpMarket| inv::check_positions(market, &all);
    breaks(55, positions(&changed(&market, |market| market.long.base[0] += 1)));
    breaks(55, positions(&changed(&market, |market| market.short.offset[0] ^= 1)));
    breaks(55, positions(&changed(&market, |market| market.long.positions += 1)));
    breaks(55, inv::check_positions(&market, &all[1..]));
    // Two longs round away less than one together; the only short nothing.
    let owes = |side: fn(&mut PerpMarket) -> &mut [u64; 2], more: i128| {
        changed(&market, |market| {
            let offset = side(market);
            *offset = ballast_math::signed_to_words(ballast_math::signed_from_words(*offset) - more);
        })
    };
    breaks(56, inv::check_claims(&owes(|market| &mut market.long.offset, 2), &all));
    breaks(56, inv::check_claims(&owes(|market| &mut market.long.offset, -1), &all));
    breaks(56, inv::check_claims(&owes(|market| &mut market.short.offset, 1), &all));
    breaks(57, inv::check_sizes(&changed(&market, |market| market.long.base[0] += 2), &all));
    breaks(57, inv::check_sizes(&changed(&market, |market| market.short.base[0] -= 1), &all));

    holds(inv::check_position_slots(&all[0]));
    breaks(55, inv::check_position_slots(&changed(&all[0], |account| account.perps[0].side = 0)));
    breaks(55, inv::check_position_slots(&changed(&all[0], |account| account.perp_count = 0)));
    let twice = changed(&all[0], |account| {
        account.perps[1] = account.perps[0];
        account.perp_count = 2;
    });
    breaks(55, inv::check_position_slots(&twice));
}

#[test]
fn inv_3_58_67_money() {
    let mut exchange = traded();
    let sums = |exchange: &Exchange, pool: &LiquidityPool| {
        let all = [accounts(exchange), vec![exchange.keeper]].concat();
        let bank = changed(&exchange.bank, |bank| bank.quote = 1);
        inv::check_quote_shares(&bank, pool, &all)
    };
    holds(sums(&exchange, &exchange.pool));
    for change in [
        (|pool| pool.shares += 1) as fn(&mut LiquidityPool),
        |pool| pool.entering += 1,
        |pool| pool.claimable += 1,
        |pool| pool.bank = 9,
    ] {
        breaks(3, sums(&exchange, &changed(&exchange.pool, change)));
    }

    holds(inv::check_spent(&exchange.pool, [&exchange.market]));
    assert!(exchange.pool.spent < 0);
    breaks(67, inv::check_spent(&changed(&exchange.pool, |pool| pool.spent += 1), [&exchange.market]));
    breaks(67, inv::check_spent(&exchange.pool, [&exchange.market; 2]));

    // A loss of a hundred and ten thousand opens a loan.
    exchange.trade(0, 1_500 * SOL, 15_000, 30);
    exchange.refresh(7_600, 0, after(60)).unwrap();
    exchange.refresh(7_600, 0, after(75)).unwrap();
    let Exchange { board, market, pool, bank, traders, .. } = &mut exchange;
    perp::settle_account(market, pool, bank, &mut traders[0].account, board, true, after(75)).unwrap();
    let (bank, all) = (exchange.bank, accounts(&exchange));
    assert!(bank.perp_loan_shares > 0);
    holds(inv::check_tagged(&bank, &all));
    breaks(58, inv::check_tagged(&changed(&bank, |bank| bank.perp_loan_shares -= 1), &all));
    breaks(58, inv::check_tagged(&bank, &all[1..]));
    let mut more = all;
    more[0].balances[0].perp_shares = more[0].balances[0].shares + 1;
    breaks(
        58,
        inv::check_tagged(&changed(&bank, |bank| bank.perp_loan_shares = more[0].balances[0].perp_shares), &more),
    );
}

#[test]
fn inv_59_60_61_62_markets() {
    let Exchange { market, pool, bank, board, .. } = traded();
    let now = after(20);
    let equity = |market: &PerpMarket| inv::check_equity(market, &pool, &bank, now);
    holds(equity(&market));
    breaks(59, equity(&changed(&market, |market| market.equity += 1)));
    breaks(59, equity(&changed(&market, |market| market.skew_reserve += 1)));
    breaks(59, equity(&changed(&market, |market| market.budget -= 1)));
    breaks(59, equity(&changed(&market, |market| market.backing -= 1)));
    let synced = |market: &PerpMarket| inv::check_synced(market, &board, now);
    holds(synced(&market));
    breaks(60, synced(&changed(&market, |market| market.mark += 1)));
    breaks(60, synced(&changed(&market, |market| market.mid += 1)));
    breaks(60, synced(&changed(&market, |market| market.synced_ts -= 1)));
    holds(inv::check_market(&market));
    let limit = i64::try_from(market.terms.funding_limit).unwrap();
    breaks(61, inv::check_market(&changed(&market, |market| market.funding_rate = -limit - 1)));
    breaks(61, inv::check_market(&changed(&market, |market| market.short.carry = 1_000_000_000_000_000_000)));
    let coarse = changed(&market, |market| market.long.position_index = book::INDEX_MIN - 1);
    breaks(62, inv::check_market(&coarse));
    holds(inv::check_market(&changed(&coarse, |market| market.mode = MarketMode::WindDown.to_byte())));
    breaks(62, inv::check_market(&changed(&market, |market| market.long.position_index = book::INDEX_ONE + 1)));
    breaks(62, inv::check_market(&changed(&market, |market| market.short.base = [0, 0])));
}

#[test]
fn inv_63_69_70_an_order_that_waits() {
    let mut exchange = Exchange::new(2);
    let order = exchange.place(0, unlimited(3 * SOL), after(0)).unwrap();
    exchange.place(0, unlimited(-SOL), after(1)).unwrap();
    let support::orders::Trader { account, orders } = &exchange.traders[0];
    holds(inv::check_orders(account, Some(orders)));
    holds(inv::check_orders(&exchange.traders[1].account, None));
    breaks(63, inv::check_orders(account, None));
    breaks(63, inv::check_orders(&changed(account, |account| account.order_requirement += 1), Some(orders)));
    breaks(63, inv::check_orders(&changed(account, |account| account.order_count -= 1), Some(orders)));
    breaks(63, inv::check_orders(account, Some(&changed(orders, |orders| orders.next_id = 2))));
    breaks(63, inv::check_orders(account, Some(&changed(orders, |orders| orders.slots[1].id = 1))));
    holds(inv::check_pending(&exchange.market, [orders]));
    breaks(63, inv::check_pending(&exchange.market, [orders; 2]));
    breaks(63, inv::check_pending(&changed(&exchange.market, |market| market.short.pending_lots -= 1), [orders]));

    let placed = |change: fn(&mut ballast_state::Order)| {
        let order = changed(&order, change);
        inv::check_placed(&order, &exchange.market, &exchange.feed, &exchange.board, after(0))
    };
    holds(placed(|_| {}));
    breaks(63, placed(|order| order.requirement -= 1));
    breaks(69, placed(|order| order.eligible_ts -= 1));
    breaks(69, placed(|order| order.expiry_ts += 1));
    breaks(69, placed(|order| order.placed_ts -= 1));

    // t* is two seconds on.
    assert_eq!((order.eligible_ts, order.expiry_ts), (T0 + 2, T0 + 62));
    let lag = clock_lag(&exchange.feed, after(1));
    holds(inv::check_cancelled(&order, true, lag, after(1)));
    breaks(70, inv::check_cancelled(&order, true, lag, after(2)));
    breaks(70, inv::check_cancelled(&order, true, lag + 1, after(1)));
    breaks(70, inv::check_cancelled(&order, false, lag, after(1)));
    breaks(70, inv::check_cancelled(&order, false, lag, after(62)));
    holds(inv::check_cancelled(&order, false, lag, after(63)));
    assert!(exchange.cancel(0, order.id, By::Owner, after(1)).is_ok());
}

#[test]
fn inv_40_68_69_75_a_fill() {
    let mut exchange = Exchange::new(1);
    let order = exchange
        .place(0, ballast_risk::perp::order::Request { limit: 152 << 32, ..unlimited(3 * SOL) }, after(0))
        .unwrap();
    exchange.refresh(15_100, 50, after(2)).unwrap();
    let (before, print, now) = (exchange.market, print(15_100, 50, 2), after(2));
    let Outcome::Filled(filled) = exchange.fill(0, order.id, print, now).unwrap() else { panic!("it fills") };
    let market = exchange.market;

    holds(inv::check_print(&order, &print, now));
    breaks(69, inv::check_print(&order, &print, after(63)));
    breaks(69, inv::check_print(&order, &changed(&print, |print| print.publish_ts = T0 + 1), now));
    breaks(69, inv::check_print(&order, &changed(&print, |print| print.prev_publish_ts = Some(T0 + 2)), now));
    breaks(69, inv::check_print(&order, &changed(&print, |print| print.prev_publish_ts = None), now));

    let paid = FillPaid { lots: 3 * SOL, price: filled.price, premium: filled.traded.premium };
    assert_eq!((paid.price, paid.premium), ((151 << 32) + (1 << 31), 618));
    let fair = |paid: &FillPaid| inv::check_fill_price(&order, &print, [&before, &market], paid);
    holds(fair(&paid));
    breaks(69, fair(&FillPaid { price: paid.price - 1, ..paid }));
    breaks(69, fair(&FillPaid { premium: paid.premium - 1, ..paid }));
    breaks(69, fair(&FillPaid { lots: 3 * SOL - 1, ..paid }));
    // A reduction may find less to reduce, and never takes more.
    let reduction = |lots: i64| {
        let order = changed(&order, |order| (order.lots, order.reduce_only) = (lots, 1));
        inv::check_fill_price(&order, &print, [&before, &market], &paid)
    };
    holds(reduction(4 * SOL));
    breaks(69, reduction(3 * SOL - 1));
    breaks(69, reduction(-4 * SOL));
    // The premium of three millions of lots is 618 atoms: one lot in five thousand costs an atom more.
    let limited = |limit: u64| {
        let order = changed(&order, |order| order.limit = limit);
        inv::check_fill_price(&order, &print, [&before, &market], &paid)
    };
    holds(limited(paid.price + (1 << 32) / 4_000));
    breaks(69, limited(paid.price + (1 << 32) / 6_000));

    let caps = |change: fn(&mut PerpMarket)| inv::check_fill_caps(&before, &changed(&market, change), [0, 3 * SOL]);
    holds(caps(|market| {
        (market.terms.account_cap, market.terms.interest_cap, market.terms.skew_cap) =
            (3_000_000, 3_000_000, 3_000_000);
    }));
    breaks(68, caps(|market| market.terms.account_cap = 2_999_999));
    breaks(68, caps(|market| market.terms.interest_cap = 2_999_999));
    breaks(68, caps(|market| market.terms.skew_cap = 2_999_999));
    // An exit is not capped.
    let closed = changed(&market, |market| market.terms.account_cap = 0);
    holds(inv::check_fill_caps(&market, &closed, [3 * SOL, SOL]));
    breaks(68, inv::check_fill_caps(&market, &closed, [3 * SOL, -SOL]));

    let board = exchange.board;
    holds(inv::check_order_allowed(&market, &board, now));
    breaks(40, inv::check_order_allowed(&changed(&market, |market| market.mode = 1), &board, now));
    breaks(40, inv::check_order_allowed(&changed(&market, |market| market.paused_until = T0 + 3), &board, now));
    let stopped = changed(&board, |board| board.risk_paused_until = T0 + 3);
    breaks(40, inv::check_order_allowed(&market, &stopped, now));

    let portfolio = exchange.portfolio(0, now).unwrap();
    holds(inv::check_fill_health(&portfolio, &board, 1, &print, now));
    let poor = changed(&portfolio, |portfolio| portfolio.loss = ballast_math::Units(portfolio.exposure(0).deposits.0));
    breaks(75, inv::check_fill_health(&poor, &board, 1, &print, now));
}

#[test]
fn inv_64_65_66_epochs() {
    let mut world = World::funded(10_000 * MILLION, 3);
    world.trade(0, 10 * SOL);
    world.deposit(1, 1_000 * MILLION).unwrap();
    world.withdraw(0, 3_333 * MILLION).unwrap();
    let liquidity = |world: &World, pool: &LiquidityPool| {
        let providers: Vec<_> = world.providers.iter().map(|(provider, _)| *provider).collect();
        let found = |number| world.epochs.iter().find(|epoch| epoch.number == number);
        inv::check_liquidity(pool, &providers, found, 1)
    };
    holds(liquidity(&world, &world.pool));
    let (before, bank) = (world.pool, world.bank);
    let epoch = world.strike().unwrap();
    holds(liquidity(&world, &world.pool));
    for change in [
        (|pool| pool.supply += 2) as fn(&mut LiquidityPool),
        |pool| pool.supply -= 1,
        |pool| pool.entering += 1,
        |pool| pool.leaving += 2,
        |pool| pool.claimable -= 1,
        |pool| pool.claimable += 2,
    ] {
        breaks(64, liquidity(&world, &changed(&world.pool, change)));
    }

    let strike = |change: fn(&mut Epoch)| inv::check_strike(&before, &world.pool, &changed(&epoch, change));
    holds(strike(|_| {}));
    breaks(65, strike(|epoch| epoch.number += 1));
    breaks(65, strike(|epoch| epoch.struck_ts -= 1));
    breaks(65, strike(|epoch| epoch.struck_ts += 61));
    breaks(65, strike(|epoch| epoch.minted += 1));
    breaks(65, strike(|epoch| epoch.paid -= 1));
    breaks(65, strike(|epoch| epoch.burnt -= 1));
    breaks(65, strike(|epoch| epoch.entering -= 1));
    breaks(65, inv::check_strike(&before, &changed(&world.pool, |pool| pool.entering = 1), &epoch));

    let price = |low: i64, high: i64| {
        let epoch = changed(&epoch, |epoch| (epoch.assets_low, epoch.assets_high) = (low, high));
        inv::check_epoch_price(&epoch, &before, &bank, &world.markets, world.now)
    };
    let (low, high) = (epoch.assets_low, epoch.assets_high);
    holds(price(low, high));
    // An atom for the sum, one for the reserve of the market.
    breaks(66, price(high + 3, high + 3));
    breaks(66, price(low - 3, low - 3));
    for who in 0..2 {
        world.claim(who).unwrap();
        holds(liquidity(&world, &world.pool));
    }
}

#[test]
fn inv_32_71_72_73_74_positions() {
    let exchange = traded();
    let account = exchange.traders[0].account;
    for (lots, left) in [(-4, 6), (-10, 0)] {
        holds(inv::check_position_closed(10, lots, left));
        holds(inv::check_position_closed(-10, -lots, -left));
    }
    for (lots, left) in [(1, 11), (-11, -1), (-4, 5), (0, 10)] {
        breaks(71, inv::check_position_closed(10, lots, left));
    }

    let one = 1i128 << 32;
    holds(inv::check_settled([7 * one + 5, 5], 7, u64::MAX, true));
    holds(inv::check_settled([7 * one + 5, 4 * one + 5], 3, 3, true));
    holds(inv::check_settled([-7 * one + 5, 5], -7, 0, true));
    holds(inv::check_settled([7 * one + 5, 0], 7, u64::MAX, false));
    breaks(72, inv::check_settled([7 * one + 5, 5], 7, 6, true));
    breaks(72, inv::check_settled([7 * one + 5, 0], 7, u64::MAX, true));
    breaks(72, inv::check_settled([7 * one + 5, one + 5], 7, u64::MAX, true));
    breaks(72, inv::check_settled([-7 * one, 0], -6, u64::MAX, true));

    let moved = changed(&account, |account| account.perps[0].offset[0] ^= 1);
    holds(inv::check_positions_still(&account, &account, &[]));
    breaks(73, inv::check_positions_still(&account, &moved, &[9]));
    holds(inv::check_positions_still(&account, &moved, &[exchange.market.index]));
    let index = exchange.market.index;
    holds(inv::check_other_holdings(&account, &moved, index, 0));
    breaks(32, inv::check_other_holdings(&account, &moved, 9, 0));
    let richer = changed(&account, |account| account.balances[0].shares += 1);
    holds(inv::check_other_holdings(&account, &richer, index, 0));
    breaks(32, inv::check_other_holdings(&account, &richer, index, 9));

    // Thirteen SOL of skew, a dollar up, an hour of funding.
    let before = exchange.market;
    let mut market = before;
    perp::accrue_funding(&mut market, after(3_620)).unwrap();
    perp::move_mark(&mut market, 152 << 32).unwrap();
    holds(inv::check_funding(&before, &market));
    let owes = |more: i128| {
        changed(&market, |market| {
            let offset = ballast_math::signed_from_words(market.long.offset) - more;
            market.long.offset = ballast_math::signed_to_words(offset);
        })
    };
    let owed = |market: &PerpMarket| book::owed(&market.long).unwrap() + book::owed(&market.short).unwrap();
    let funding = owed(&before) + i128::from(book::skew(&before).unwrap()) * i128::from(market.mark - before.mark)
        - owed(&market);
    assert!(funding > 0);
    // As much as was taken, and two on either side, may come back.
    holds(inv::check_funding(&before, &owes(funding + 4)));
    breaks(74, inv::check_funding(&before, &owes(funding + 5)));
    // Nor may it take more than the limit for an hour allows.
    breaks(74, inv::check_funding(&before, &owes(-(1 << 60))));
}

#[test]
fn inv_7_8_9_10_the_liquidation_of_a_position() {
    let mut exchange = Exchange::new(1);
    exchange.trade(0, 2_400 * SOL, 15_000, 0);
    exchange.refresh(11_500, 0, after(60)).unwrap();
    let now = after(60);
    let at =
        |exchange: &Exchange| assess_maintenance(&exchange.portfolio(0, now).unwrap(), &exchange.board, now).unwrap();
    let before = at(&exchange);
    assert!(before.is_negative());
    let portfolio = exchange.portfolio(0, now).unwrap();
    let Exchange { board, market, pool, bank, traders, keeper, .. } = &mut exchange;
    let account = &mut traders[0].account;
    let plan = perp::plan_position(board, market, account, &portfolio, u64::MAX, now).unwrap();
    let size = slots::held(account, market).unwrap();
    perp::close_position(board, market, pool, bank, account, keeper, &plan, now).unwrap();
    holds(inv::check_position_closed(size, plan.lots, slots::held(account, market).unwrap()));
    let (after_health, board, market) = (at(&exchange), exchange.board, exchange.market);
    let lock = BonusLock { ts: 0, bonus: 0 };
    let done = PositionLiquidation {
        before,
        after: after_health,
        bonus: plan.bonus,
        lock,
        closed: false,
        nothing_left: false,
    };
    let check = |done: &PositionLiquidation| inv::check_position_liquidation(done, &market, &board, now);
    holds(check(&done));
    breaks(7, check(&PositionLiquidation { before: after_health, after: before, ..done }));
    breaks(7, check(&PositionLiquidation { before: after_health, after: before, nothing_left: true, ..done }));
    let ruined = Health { assets: Usd(0), liabilities: Usd(100), requirement: Usd(10) };
    let worse =
        PositionLiquidation { before: ruined, after: Health { requirement: Usd(20), ..ruined }, closed: true, ..done };
    breaks(7, check(&worse));
    holds(check(&PositionLiquidation { nothing_left: true, ..worse }));
    let most = Ratio(u64::from(board.rules.bonus_max) + 1);
    breaks(10, check(&PositionLiquidation { bonus: most, ..done }));
    let locked = BonusLock { ts: now.ts, bonus: u64::from(board.rules.bonus_min) };
    let above = Ratio(u64::from(board.rules.bonus_min) + 1);
    breaks(10, check(&PositionLiquidation { bonus: above, lock: locked, ..done }));
    let free = changed(&after_health, |health| health.requirement = Usd(1));
    breaks(9, check(&PositionLiquidation { after: free, ..done }));
    holds(check(&PositionLiquidation { after: free, closed: true, ..done }));
    // Ten short before and nine after, of a tenth of the assets.
    let health = |assets, liabilities, requirement| Health {
        assets: Usd(assets),
        liabilities: Usd(liabilities),
        requirement: Usd(requirement),
    };
    let (before, after) = (health(100, 90, 20), health(10, 9, 10));
    let worse = PositionLiquidation { before, after, bonus: above, ..done };
    breaks(8, check(&worse));
    // The smallest bonus may do that.
    holds(check(&PositionLiquidation { bonus: Ratio(u64::from(board.rules.bonus_min)), ..worse }));
}

#[test]
fn names_of_a_market_agree() {
    let Exchange { market, pool, board, .. } = traded();
    let pool = changed(&pool, |pool| pool.market_count = 4);
    holds(inv::check_market_names(&market, 3, &pool, &board));
    breaks(48, inv::check_market_names(&market, 2, &pool, &board));
    breaks(48, inv::check_market_names(&market, 3, &changed(&pool, |pool| pool.market_count = 3), &board));
    breaks(48, inv::check_market_names(&changed(&market, |market| market.feed = 0), 3, &pool, &board));
    holds(inv::check_market_settings(&market, &changed(&market, |market| market.equity += 1)));
    breaks(46, inv::check_market_settings(&market, &changed(&market, |market| market.terms.fill_fee += 1)));
    breaks(46, inv::check_market_settings(&market, &changed(&market, |market| market.mode = 1)));
    breaks(46, inv::check_market_settings(&market, &changed(&market, |market| market.paused_until = 1)));
    holds(inv::check_pool_settings(&pool, &changed(&pool, |pool| pool.shares += 1)));
    breaks(46, inv::check_pool_settings(&pool, &changed(&pool, |pool| pool.cap += 1)));
    breaks(46, inv::check_pool_settings(&pool, &changed(&pool, |pool| pool.weight += 1)));
}

#[test]
fn inv_76_77_bad_debt() {
    let mut exchange = traded();
    let Exchange { market, pool, bank, traders, .. } = &mut exchange;
    perp::move_claim(market, pool, bank, &mut traders[0].account, -200_000_000_000).unwrap();
    let account = traders[0].account;
    let opened = account.balance(bank.index).unwrap().perp_shares;
    assert!(opened > 0);
    holds(inv::check_origins(&account, bank.index));
    let knows = |shares: u64| changed(&account, |account| account.loss_shares[3] = shares);
    // What was repaid since may still be in it.
    holds(inv::check_origins(&knows(opened + 1), bank.index));
    breaks(76, inv::check_origins(&knows(opened - 1), bank.index));
    holds(inv::check_origins(&knows(0), bank.index + 1));

    let two = changed(&account, |account| account.loss_shares[..2].copy_from_slice(&[1, 3]));
    let two = changed(&two, |account| account.loss_shares[3] = 0);
    let spent =
        |lost: u64, parts: [i64; 3]| inv::check_loss_spent(lost, &two, (0u16..).zip(parts.map(|part| [-7, part - 7])));
    holds(spent(100, [25, 75, 0]));
    // Less than an atom is rounding.
    holds(spent(101, [25, 76, 0]));
    holds(spent(101, [26, 75, 0]));
    holds(spent(0, [0; 3]));
    breaks(77, spent(100, [24, 76, 0]));
    breaks(77, spent(100, [25, 74, 0]));
    breaks(77, spent(100, [25, 74, 1]));
    breaks(77, spent(100, [0; 3]));
    breaks(77, spent(0, [0, 0, -1]));
}
