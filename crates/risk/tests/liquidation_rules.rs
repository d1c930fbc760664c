//! Bonus, timer, lock, cool-off, grace, dust: exact cases of rules-risk 2, 3 and 6.
mod support;

use ballast_math::Ratio;
use ballast_risk::health::Health;
use ballast_risk::lending::Amount;
use ballast_risk::liquidation::{self, staged, Liquidated};
use ballast_risk::{invariant, timer, Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, BonusLock, PriceState, Pubkey, RiskRow};
use support::build::{self, after, bits, dollars, price, MILLION, NOW, T0};
use support::rational::{is_down, of_ratio, q};
use support::world::World;

const SOL: u64 = 1_000_000_000;

/// 100 SOL against USDC: R = 10 % of 15,000 and 0.5 % of the debt.
fn borrower(debt: u64) -> World {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 2, 8)];
    let board = build::board(&[build::usdc(), build::sol(), build::btc()]);
    let mut world = World::new(board, banks, 2);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 0, BalanceSide::Loan, debt * MILLION);
    world
}

fn liquidate(world: &mut World, max_repay: u64, now: Now) -> RiskResult<Liquidated> {
    for row in &mut world.board.rows {
        row.publish_ts = now.ts;
    }
    let done = world.liquidate([0, 1], [0, 1], max_repay, now)?;
    assert_eq!(world.check(), Ok(()));
    Ok(done)
}

#[test]
fn t20_health_of_zero_is_healthy() {
    // H = 15,000 − 1,500 − 1.005·debt: zero at 13,432.8358…
    let mut world = borrower(13_432);
    assert_eq!(liquidate(&mut world, u64::MAX, NOW), Err(RiskError::AccountHealthy));
    assert!(liquidate(&mut borrower(13_433), u64::MAX, NOW).is_ok());
    let mut free = borrower(13_433);
    free.repay(0, 0, ballast_risk::lending::Amount::All, NOW).unwrap();
    assert_eq!(liquidate(&mut free, u64::MAX, NOW), Err(RiskError::NoLiability));
}

/// φ·T1 and T/2 in rationals for the SOL/USDC pair.
fn expected_bonus(debt: u64, waited: u64) -> support::rational::Q {
    use support::rational::{int, max, min};
    let (a, l) = (int(15_000), int(debt));
    let r = int(1_500) + &l * q(1, 200);
    let hf = &a / (&l + r);
    let (gain, relief) = (q(201, 200), q(1, 10));
    let t1 = &gain / (int(1) - &relief) - int(1);
    let t = &hf * gain / (int(1) - &hf * relief) - int(1);
    let phi = min(q(1, 2), q(1, 4) + (int(1) - &hf) * int(2) + q(waited, 240));
    min(q(1, 10), max(q(1, 200), min(phi * t1, t / int(2))))
}

#[test]
fn the_bonus_follows_depth_and_time() {
    for debt in [13_433, 13_600, 14_000, 14_500, 14_800, 15_100] {
        for waited in [0u64, 1, 30, 60, 120, 240, 1_000] {
            let mut world = borrower(debt);
            world.accounts[0].unhealthy_since = T0 - i64::try_from(waited).unwrap();
            world.accounts[0].unhealthy_seen = T0 - i64::try_from(waited.min(60)).unwrap();
            // Beyond E = 0 a whole liquidation is refused by nothing: the bonus is the smallest.
            let done = liquidate(&mut world, 1_000 * MILLION, NOW).unwrap();
            let exact = expected_bonus(debt, waited.min(240));
            // i_min is stored rounded up by under 2^-32, the thresholds are rounded down by a few steps.
            let got = of_ratio(done.bonus);
            assert!(is_down(&got, &(&exact + q(1, 1u64 << 32)), &q(1, 1 << 28)), "{debt} {waited}: {got} {exact}");
        }
    }
}

#[test]
fn an_unseen_account_starts_its_timer_at_the_first_look() {
    let mut world = borrower(13_600);
    let first = liquidate(&mut world, 100 * MILLION, NOW).unwrap();
    assert!(is_down(&of_ratio(first.bonus), &expected_bonus(13_600, 0), &q(1, 1 << 28)));
    assert_eq!(world.accounts[0].unhealthy_since, T0);
    assert_eq!(world.accounts[0].bonus_lock, BonusLock { ts: T0, bonus: first.bonus.0 });
}

fn health(assets: u64, burden: u64) -> Health {
    Health { assets: dollars(assets), liabilities: dollars(burden), requirement: dollars(0) }
}

#[test]
fn the_timer_is_exact() {
    let rules = build::rules();
    let mut account = build::account();
    timer::mark(&mut account, &health(1, 2), &rules, after(0));
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (T0, T0));
    timer::mark(&mut account, &health(1, 2), &rules, after(60));
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (T0, T0 + 60), "seen again after 60 s: one episode");
    timer::mark(&mut account, &health(1, 2), &rules, after(121));
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (T0 + 121, T0 + 121), "61 s unseen: a new one");
    account.bonus_lock = BonusLock { ts: T0, bonus: 1 };
    timer::mark(&mut account, &health(1, 2), &rules, after(1_000));
    assert_eq!(account.bonus_lock, BonusLock { ts: T0, bonus: 1 }, "being unseen does not free the lock");
    timer::mark(&mut account, &health(2, 2), &rules, after(1_001));
    assert_eq!((account.unhealthy_since, account.unhealthy_seen), (0, 0));
    assert_eq!(account.bonus_lock, BonusLock { ts: 0, bonus: 0 }, "health frees it");
    // Times that no clock shows do not panic.
    for ts in [i64::MIN, 0, i64::MAX] {
        timer::mark(&mut account, &health(1, 2), &rules, Now { ts, slot: 0 });
        assert_eq!(account.unhealthy_seen, ts);
    }
}

#[test]
fn inv_10_the_lock_lets_the_bonus_grow_a_basis_point_a_second() {
    let mut world = borrower(13_600);
    let first = liquidate(&mut world, 100 * MILLION, NOW).unwrap();
    let again = liquidate(&mut world.clone(), 100 * MILLION, NOW).unwrap();
    assert!(again.bonus <= first.bonus, "at one time it never rises");
    let growth = u64::from(bits(1, 10_000));
    // The episode has lasted long enough for the full half of T1: only the lock holds it back.
    world.accounts[0].unhealthy_since = T0 - 240;
    for seconds in [1u64, 7, 30] {
        let mut later = world.clone();
        let done = liquidate(&mut later, 100 * MILLION, after(i64::try_from(seconds).unwrap())).unwrap();
        assert_eq!(done.bonus.0, first.bonus.0 + growth * seconds, "{seconds}");
    }
    // A lock from the future (the clock stepped back) pays no more than it held.
    let mut back = world.clone();
    let done = liquidate(&mut back, 100 * MILLION, after(-5)).unwrap();
    assert!(done.bonus <= first.bonus);
}

#[test]
fn inv_10_a_lock_never_pays_less_than_the_smallest_bonus() {
    // The smallest bonus was raised in the middle of an episode.
    let mut world = borrower(14_950);
    world.accounts[0].unhealthy_since = T0;
    world.accounts[0].unhealthy_seen = T0;
    world.accounts[0].bonus_lock = BonusLock { ts: T0, bonus: u64::from(bits(1, 1_000)) };
    let done = liquidate(&mut world, 100 * MILLION, NOW).unwrap();
    assert_eq!(done.bonus.0, u64::from(world.board.rules.bonus_min));
}

#[test]
fn cool_off_is_ten_seconds_and_grace_until_its_end() {
    let mut world = borrower(13_500);
    world.accounts[0].risk_ts = T0;
    assert_eq!(liquidate(&mut world, u64::MAX, after(9)), Err(RiskError::AccountCoolingOff));
    assert!(liquidate(&mut world.clone(), u64::MAX, after(10)).is_ok());
    world.accounts[0].risk_ts = 0;
    world.board.grace_until = T0 + 120;
    assert_eq!(liquidate(&mut world, u64::MAX, after(119)), Err(RiskError::GracePeriod));
    assert!(liquidate(&mut world, u64::MAX, after(120)).is_ok());
}

#[test]
fn t19_the_deep_are_spared_by_nothing() {
    // E < R/2: 15,000 − L < (1,500 + L/200)/2, from 14,214.46… on.
    for (debt, spared) in [(14_214, true), (14_215, false)] {
        let mut world = borrower(debt);
        world.accounts[0].risk_ts = T0;
        world.board.grace_until = T0 + 120;
        assert_eq!(liquidate(&mut world, 100 * MILLION, NOW).is_err(), spared, "{debt}");
    }
}

#[test]
fn t03_a_guarded_or_stale_price_liquidates_only_beyond_doubt() {
    let mut world = borrower(13_500);
    // Band of 149 to 151: at 151 the account is healthy. (A fair band and no age.)
    world.board.rows[1].high = price(151, 1);
    world.board.rows[1].low = price(149, 1);
    world.board.rows[1].state = PriceState::Guarded.to_byte();
    let refused = world.clone().liquidate([0, 1], [0, 1], u64::MAX, NOW);
    assert_eq!(refused, Err(RiskError::HealthyAtFavourablePrice));
    let mut sure = world.clone();
    sure.board.rows[1].high = price(1_501, 10);
    assert!(sure.liquidate([0, 1], [0, 1], u64::MAX, NOW).is_ok(), "t23: a guarded feed is never a stop");
    // Stale: what it cannot be is one of the pair.
    let mut stale = world.clone();
    stale.board.rows[1].state = PriceState::Normal.to_byte();
    stale.board.rows[1].high = price(1_501, 10);
    stale.board.rows[0].publish_ts = T0 + 61;
    assert_eq!(stale.liquidate([0, 1], [0, 1], u64::MAX, after(61)), Err(RiskError::PairPriceStale));
    stale.board.rows[1].publish_ts = T0 + 1;
    assert!(stale.liquidate([0, 1], [0, 1], u64::MAX, after(61)).is_ok());
    // A jump that waits is no doubt.
    let mut pending = world;
    pending.board.rows[1].state = PriceState::PendingJump.to_byte();
    assert!(pending.liquidate([0, 1], [0, 1], u64::MAX, NOW).is_ok());
}

#[test]
fn a_unit_in_a_dead_feed_shields_nobody() {
    let mut world = borrower(14_000);
    world.give(0, 2, BalanceSide::Deposit, 1_000);
    // BTC has not printed for a year; its band is widened by k·σ·√age = 4·0.5 of the price.
    let now = after(31_557_600);
    world.board.rows[0].publish_ts = now.ts;
    world.board.rows[1].publish_ts = now.ts;
    world.board.rows[2].age_slope = 1_529_098; // 2 / √31,557,600
    assert!(world.clone().liquidate([0, 1], [0, 1], u64::MAX, now).is_ok());
    // Nor does one whose band left every price.
    world.board.rows[2].age_slope = u32::MAX;
    assert!(world.clone().liquidate([0, 1], [0, 1], u64::MAX, now).is_ok());
    // With a deposit that could matter the doubt is the owner's.
    world.board.rows[2].age_slope = 1_529_098;
    world.give(0, 2, BalanceSide::Deposit, 10_000_000);
    world.board.rows[2].mid = price(1, 1);
    world.board.rows[2].high = price(100_000, 1);
    let refused = world.liquidate([0, 1], [0, 1], u64::MAX, now);
    assert_eq!(refused, Err(RiskError::HealthyAtFavourablePrice));
}

#[test]
fn t27_a_loan_left_under_ten_dollars_is_closed_whole() {
    // x for the target would leave some dollars: all is closed.
    let mut world = borrower(13_433);
    world.board.rules.dust = dollars(9_000).0;
    let done = liquidate(&mut world, u64::MAX, NOW).unwrap();
    assert_eq!(done.exchange.repaid, 13_433 * MILLION);
    assert!(world.accounts[0].balance(0).is_none());
    // A request for less is a cap: nothing more is closed.
    let mut world = borrower(13_433);
    world.board.rules.dust = dollars(9_000).0;
    let done = liquidate(&mut world, 5_000 * MILLION, NOW).unwrap();
    assert!(done.exchange.repaid <= 5_000 * MILLION);
}

#[test]
fn t27_collateral_left_under_dust_is_closed_whole() {
    let mut world = borrower(14_940);
    world.board.rules.dust = dollars(2_000).0;
    let done = liquidate(&mut world, u64::MAX, NOW).unwrap();
    assert_eq!(done.exchange.seized, 100 * SOL);
    assert!(world.accounts[0].balance(1).is_none());
    // Paid in full: 15,000 / (1 + i), up to the atom.
    let rate = of_ratio(done.bonus) + q(1, 1);
    let due = q(15_000 * MILLION, 1) / rate;
    let paid = q(done.exchange.repaid, 1);
    assert!(paid >= due && paid < due + q(3, 1), "{:?}", done.exchange);
}

/// The ratio of impact is rounded to 2⁻³²: in millions of dollars that is more than all other roundings together, and no
/// overshoot. In one step or several, what was planned is allowed.
#[test]
fn inv_09_the_rounding_of_impact_is_no_overshoot() {
    let lent = build::settled(RiskRow {
        maintenance_add_on: 282_179_350,
        impact_slope: 33_954_698,
        impact_cap: 4_294_967,
        ..build::row(price(1, 1))
    });
    let held = build::settled(RiskRow { maintenance_add_on: 429_496, ..build::row(price(1, 1)) });
    let mut world = World::new(build::board(&[lent, held]), vec![build::bank(0, 0, 6), build::bank(1, 1, 6)], 2);
    let rules = &mut world.board.rules;
    (rules.liquidation_target, rules.dust) = (Ratio::ONE.0 + 1, 1);
    (rules.bonus_min, rules.bonus_max, rules.insurance_share) = (429_496, 429_496, 0);
    world.give(0, 1, BalanceSide::Deposit, 4_179_599 * MILLION);
    world.give(0, 0, BalanceSide::Loan, 3_948_704 * MILLION);
    world.accounts[0].unhealthy_since = T0;
    let opened = world.clone();

    let done = world.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap();
    let (assets, burden) = (done.after.assets.0, done.after.burden().unwrap().0);
    // 181 steps of 2⁻²⁰ USD past the target, of 3.7 million dollars.
    assert_eq!((assets, burden), (3_870_907_317_698, 3_870_907_316_616));
    let context = invariant::LiquidationContext {
        board: &opened.board,
        loan_bank: &opened.banks[0],
        collateral_bank: &opened.banks[1],
        lock: opened.accounts[0].bonus_lock,
        factor_threshold: Ratio::ONE,
        dust_closed: false,
        now: NOW,
    };
    assert_eq!(invariant::check_liquidation(&done, &context), Ok(()));

    let World { board, mut banks, mut accounts, .. } = opened.clone();
    let portfolio = opened.portfolio(0, NOW).unwrap();
    let [loan, collateral] = banks.get_disjoint_mut([0, 1]).unwrap();
    let account = &mut accounts[0];
    let liquidator = Pubkey::default();
    staged::begin(&board, loan, collateral, account, &portfolio, 0, liquidator, u64::MAX, NOW).unwrap();
    staged::seize(collateral, account, Amount::All).unwrap();
    staged::repay(loan, account, Amount::All).unwrap();
    let left = World { banks: vec![*loan, *collateral], accounts: vec![*account], ..opened.clone() };
    let portfolio = left.portfolio(0, NOW).unwrap();
    let staged = staged::end(&board, loan, collateral, account, &portfolio, 0, NOW).unwrap();
    assert_eq!((staged.exchange, staged.after), (done.exchange, done.after));
}

#[test]
fn the_insurance_gets_its_share_of_the_bonus() {
    let mut world = borrower(14_000);
    let done = liquidate(&mut world, u64::MAX, NOW).unwrap();
    let exact = q(done.exchange.repaid, 1) * of_ratio(done.bonus) * q(1, 5);
    let got = q(done.insurance, 1);
    assert!(got <= &exact + q(1, 1) && got >= exact - q(3, 1), "{got}");
    assert_eq!(world.banks[0].insurance, done.insurance);
    // The taker owes repayment and share, and has the collateral.
    assert_eq!(world.accounts[1].balance(0).unwrap().shares, done.exchange.repaid + done.insurance);
    assert_eq!(world.accounts[1].balance(1).unwrap().shares, done.exchange.seized);
}

#[test]
fn t10_in_the_thin_zone_the_smallest_bonus_may_lower_the_factor_but_never_health() {
    // E = 50: T = 50/14,950 is under i_min, so HF falls, and H rises all the same.
    let mut world = borrower(14_950);
    let done = liquidate(&mut world, 1_000 * MILLION, NOW).unwrap();
    assert_eq!(done.bonus.0, u64::from(world.board.rules.bonus_min));
    assert!(done.after.factor_is_below(&done.before).unwrap());
    assert!(done.after.value().unwrap() > done.before.value().unwrap());
}

#[test]
fn v14_a_pair_that_would_worsen_health_is_refused() {
    // Long SOL of one bank against short SOL of another on a feed without basis: the bonus would be all that moves.
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 1, 9)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
    world.board.rows[1].basis = 0;
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 2, BalanceSide::Loan, 101 * SOL);
    assert!(world.maintenance(0, NOW).unwrap().is_negative());
    assert_eq!(world.liquidate([0, 1], [2, 1], SOL, NOW), Err(RiskError::LiquidationWouldWorsen));
    // With a basis above the smallest bonus it helps.
    world.board.rows[1].basis = bits(1, 100);
    assert!(world.liquidate([0, 1], [2, 1], SOL, NOW).is_ok());
}

#[test]
fn t26_liquidation_works_where_nothing_is_left_unlent() {
    let mut world = borrower(14_000);
    // The lender's whole deposit is lent out; the taker has a deposit of its own in the loan bank.
    assert_eq!(world.banks[0].vault_balance, 0);
    for bank in &mut world.banks {
        bank.mode = 2;
        bank.paused_until = i64::MAX;
        bank.borrowable = 0;
        bank.borrow_cap = 0;
        bank.deposit_cap = 0;
        bank.hourly.limit = 0;
        bank.max_utilisation = 0;
    }
    world.board.risk_paused_until = i64::MAX;
    assert!(liquidate(&mut world, u64::MAX, NOW).is_ok(), "t23, t24: no cap, pause or window stops it");
    assert_eq!(world.banks[0].vault_balance, 0, "shares move, tokens do not");
}

#[test]
fn decimals_of_zero_move_whole_tokens() {
    let banks = vec![build::bank(0, 0, 0), build::bank(1, 1, 0)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
    world.give(0, 1, BalanceSide::Deposit, 100);
    world.give(0, 0, BalanceSide::Loan, 14_000);
    let done = world.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap();
    // Seized is worth no more than repaid and bonus, and no more than two whole SOL less.
    let paid = q(done.exchange.repaid, 1) * (of_ratio(done.bonus) + q(1, 1));
    let got = q(done.exchange.seized * 150, 1);
    assert!(got <= paid && got > paid - q(300, 1), "{:?}", done.exchange);
    assert_eq!(world.check(), Ok(()));
}

#[test]
fn a_share_worth_more_than_the_wish_is_repaid_all_the_same() {
    // One share of a loan of a token without decimals: 1.5 tokens of 150 USD, and a wish for less.
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 0)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
    world.give(0, 1, BalanceSide::Loan, 1);
    world.banks[1].liability_index = [1 << 63, 1];
    world.give(0, 0, BalanceSide::Deposit, 324 * MILLION);
    // 2 SOL owed = 300, R = 24 + 1.62: unhealthy by little.
    assert!(world.maintenance(0, NOW).unwrap().is_negative());
    let done = world.liquidate([0, 1], [1, 0], u64::MAX, NOW).unwrap();
    assert_eq!((done.exchange.repaid, done.exchange.repaid_shares), (2, 1));
}

#[test]
fn inv_13_a_liquidation_that_heals_frees_the_lock() {
    let mut world = borrower(14_000);
    let done = liquidate(&mut world, u64::MAX, NOW).unwrap();
    assert!(!done.after.is_negative());
    assert_eq!(world.accounts[0].bonus_lock, BonusLock { ts: 0, bonus: 0 });
    assert_eq!(world.accounts[0].unhealthy_since, 0);
    assert_eq!(done.unhealthy_since, T0);
    assert_eq!(invariant::check_account(&world.accounts[0]), Ok(()));
}

#[test]
fn v33_eligibility_is_recomputed_and_not_stored() {
    let mut world = borrower(13_000);
    world.accounts[0].unhealthy_since = T0 - 1_000;
    world.accounts[0].unhealthy_seen = T0;
    let portfolio = world.portfolio(0, NOW).unwrap();
    let refused = liquidation::eligible(&world.accounts[0], &portfolio, &world.board, NOW);
    assert_eq!(refused.err(), Some(RiskError::AccountHealthy));
    assert_eq!(Ratio(world.board.rules.liquidation_target), Ratio(Ratio::ONE.0 + u64::from(bits(5, 100))));
    assert_eq!(liquidate(&mut world, u64::MAX, NOW), Err(RiskError::AccountHealthy));
}

#[test]
fn a_full_taker_is_refused_and_nothing_moves() {
    let mut world = borrower(14_000);
    for at in 3..18u16 {
        let mut bank = build::bank(at, 0, 6);
        build::give(&mut bank, &mut world.accounts[1], BalanceSide::Deposit, 1);
        world.banks.push(bank);
        world.vaults.push(1);
    }
    let before = world.clone();
    assert_eq!(world.liquidate([0, 1], [0, 1], u64::MAX, NOW), Err(RiskError::TooManyBalances));
    assert_eq!(world.accounts[0], before.accounts[0]);
    assert_eq!(world.banks[0], before.banks[0]);
}
