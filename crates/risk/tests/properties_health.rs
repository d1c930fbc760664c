//! What health promises (rules-risk 1): the monotonicities, netting that never costs more, PnL that settles for nothing.
//!
//! Each holds exactly in rationals; the engine may be off by the roundings of its sums, which the slack names.
mod support;

use ballast_math::{Price, Units, Usd};
use ballast_risk::health::{
    assess_initial, assess_maintenance, check_taker, taker_value, Assessment, Health, PerpExposure, Portfolio,
    Valuation,
};
use ballast_risk::RiskError;
use ballast_state::{BalanceSide, PriceState, RiskBoard, RiskRow, NO_CLASS};
use proptest::prelude::*;
use support::build::{self, after, bits, NOW};
use support::exact::{formula, unnetted, Holdings, Level};
use support::random::Case;
use support::rational::{int, max, of_bits, of_ratio, q, steps, Q};
use support::world::World;
use support::{cases, random};

/// Steps of 2⁻²⁰ USD by which roundings may differ between two portfolios.
const ROUNDING: i64 = 32;

/// H at both levels; the price of an Initial assessment must not matter for the comparison.
fn values(portfolio: &Portfolio, board: &RiskBoard) -> [i64; 2] {
    let maintenance = assess_maintenance(portfolio, board, NOW).unwrap();
    let initial = assess_initial(portfolio, board, Valuation::Initial, NOW).unwrap();
    [maintenance.value().unwrap(), initial.value().unwrap()]
}

/// Ratios of impact are rounded up to 2⁻³²: so much of the size may be the difference.
fn impact_slack(portfolio: &Portfolio, board: &RiskBoard) -> i64 {
    let gross = Holdings::of(portfolio).gross(board) * int(1 << 20) * q(1, 1u64 << 30);
    i64::try_from(gross.ceil().to_integer()).unwrap()
}

fn units(board: &RiskBoard, feed: usize, dollars: u64) -> Units {
    Price(board.rows[feed].mid).units_down(build::dollars(dollars)).unwrap()
}

/// m̄ of a feed at Maintenance: the largest part of a value that margin can ask.
fn most(board: &RiskBoard) -> Q {
    let row_most = |row: &RiskRow| {
        let rate = of_bits(row.maintenance_long.max(row.maintenance_short));
        let unnetted = of_bits(row.maintenance_add_on) + of_bits(row.impact_cap) * q(3, 2);
        (int(1) + of_bits(board.kappa(row.class))) * rate + max(unnetted, of_bits(row.basis))
    };
    let rows = &board.rows[..usize::from(board.row_count)];
    rows.iter().map(row_most).fold(int(0), max)
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn a_deposit_and_a_repayment_never_lower_health(
        Case { board, portfolio } in random::any_portfolio(true),
        feed in any::<prop::sample::Index>(),
        dollars in 1u64..10_000_000,
        repay: bool,
    ) {
        let feed = feed.index(usize::from(board.row_count));
        let amount = units(&board, feed, dollars);
        let before = values(&portfolio, &board);
        let mut more = portfolio;
        let entry = more.entry(u8::try_from(feed).unwrap()).unwrap();
        if repay {
            entry.loans = entry.loans.excess_over(amount);
        } else {
            entry.deposits = entry.deposits.add(amount).unwrap();
        }
        let slack = ROUNDING + impact_slack(&more, &board);
        for (old, new) in before.into_iter().zip(values(&more, &board)) {
            prop_assert!(new + slack >= old, "{old} {new}");
        }
    }

    #[test]
    fn a_deposit_never_lowers_the_factor_while_it_is_no_mere_display(
        Case { board, portfolio } in random::any_portfolio(false),
        feed in any::<prop::sample::Index>(),
        dollars in 1u64..10_000_000,
    ) {
        let feed = feed.index(usize::from(board.row_count));
        let before = assess_maintenance(&portfolio, &board, NOW).unwrap();
        let Some(factor) = before.factor() else { return Ok(()) };
        prop_assume!(of_ratio(factor) * most(&board) < q(999, 1_000));
        prop_assume!(before.assets > build::dollars(100));
        let mut more = portfolio;
        let entry = more.entry(u8::try_from(feed).unwrap()).unwrap();
        entry.deposits = entry.deposits.add(units(&board, feed, dollars)).unwrap();
        let later = assess_maintenance(&more, &board, NOW).unwrap();
        // A part of 2^-26 covers the roundings of sums over a hundred dollars.
        let slack = of_ratio(factor) * q(1, 1 << 26) + q(1, 1 << 26);
        prop_assert!(of_ratio(later.factor().unwrap()) + slack >= of_ratio(factor), "{factor:?} {later:?}");
    }

    #[test]
    fn v31_netting_never_asks_more_than_feeds_alone(Case { board, portfolio } in random::any_portfolio(true)) {
        let alone = unnetted(&board);
        for valuation in [Valuation::Maintenance, Valuation::Initial] {
            let requirement = |board: &RiskBoard| {
                let assessment = Assessment::of(&portfolio, board, valuation, NOW).unwrap();
                i64::try_from(Health::of(&assessment, board).unwrap().requirement.0).unwrap()
            };
            prop_assert!(requirement(&board) <= requirement(&alone) + ROUNDING);
        }
    }

    /// V32: a hedge is never free: the add-on and impact of both sides and the basis of what is matched stay.
    #[test]
    fn v32_a_hedge_keeps_its_add_ons_and_basis(Case { board, portfolio } in random::any_portfolio(true)) {
        let mut floor = board;
        for row in &mut floor.rows {
            (row.maintenance_long, row.maintenance_short, row.class) = (0, 0, NO_CLASS);
        }
        let whole = assess_maintenance(&portfolio, &board, NOW).unwrap().requirement;
        let least = assess_maintenance(&portfolio, &floor, NOW).unwrap().requirement;
        prop_assert!(whole.0 + 32 >= least.0);
    }

    #[test]
    fn settling_pnl_does_not_change_health(
        Case { board, portfolio } in random::any_portfolio(true),
        share in 0u64..=16,
        profit: bool,
    ) {
        prop_assume!(portfolio.has_perps());
        // A part of the PnL becomes deposit or loan of the quote; a profit on one position, a loss on another.
        let perp = |profit: Units, loss: Units, settled: Units| {
            let mut p = Portfolio::new(portfolio.quote);
            for exposure in portfolio.exposures() {
                let (long, short) = (exposure.perp_long, exposure.perp_short);
                p.add_perp(&PerpExposure { feed: exposure.feed, long, short, ..PerpExposure::default() }).unwrap();
                let entry = p.entry(exposure.feed).unwrap();
                (entry.deposits, entry.loans) = (exposure.deposits, exposure.loans);
            }
            let (long, short) = (Units::ZERO, Units::ZERO);
            p.add_perp(&PerpExposure { feed: p.quote, long, short, profit, loss, released: profit, ..PerpExposure::default() }).unwrap();
            let entry = p.entry(portfolio.quote).unwrap();
            if settled != Units::ZERO {
                // Settled shares: against a loan first, else a deposit; a loss out of the deposit first, else a loan.
                if profit != portfolio.profit {
                    let left = settled.excess_over(entry.loans);
                    entry.loans = entry.loans.excess_over(settled);
                    entry.deposits = entry.deposits.add(left).unwrap();
                } else {
                    let left = settled.excess_over(entry.deposits);
                    entry.deposits = entry.deposits.excess_over(settled);
                    entry.loans = entry.loans.add(left).unwrap();
                }
            }
            p
        };
        let mut zero_basis = board;
        // Inside the quote's feed matched deposits and loans pay basis, which settling may end; the rule is of one balance.
        zero_basis.rows[0].basis = 0;
        let part = |units: Units| Units(units.0 / 16 * u128::from(share));
        let settled = if profit { part(portfolio.profit) } else { part(portfolio.loss) };
        let before = perp(portfolio.profit, portfolio.loss, Units::ZERO);
        let later = if profit {
            perp(portfolio.profit.excess_over(settled), portfolio.loss, settled)
        } else {
            perp(portfolio.profit, portfolio.loss.excess_over(settled), settled)
        };
        prop_assume!(settled != Units::ZERO);
        let [old, new] = [&before, &later].map(|p| values(p, &zero_basis));
        prop_assert!((old[0] - new[0]).abs() <= 4, "{old:?} {new:?}");
        prop_assert!((old[1] - new[1]).abs() <= 4, "{old:?} {new:?}");
    }

    #[test]
    fn initial_asks_at_least_five_quarters_of_maintenance(Case { board, portfolio } in random::any_portfolio(true)) {
        let maintenance = assess_maintenance(&portfolio, &board, NOW).unwrap();
        let initial = assess_initial(&portfolio, &board, Valuation::Initial, NOW).unwrap();
        prop_assert!(4 * u128::from(initial.requirement.0) + 32 >= 5 * u128::from(maintenance.requirement.0));
    }

    /// Alone in their feeds, with Initial rates from Maintenance's to far above, priced at mid and below: the shortcut that
    /// spares Maintenance is right wherever it is taken.
    #[test]
    fn the_five_quarters_hold_where_every_feed_is_alone(
        Case { mut board, portfolio } in random::any_portfolio(false),
        narrow: bool,
        level: bool,
    ) {
        let mut alone = portfolio;
        for at in 0..usize::from(board.row_count) {
            let entry = alone.entry(u8::try_from(at).unwrap()).unwrap();
            if entry.deposits >= entry.loans { entry.loans = Units::ZERO } else { entry.deposits = Units::ZERO }
            let row = &mut board.rows[at];
            row.class = NO_CLASS;
            if narrow {
                (row.low, row.high) = (row.mid, row.mid);
            }
            if level {
                row.initial_long = row.maintenance_long;
                row.initial_short = row.maintenance_short;
                row.initial_add_on = row.maintenance_add_on;
            }
            *row = build::settled(*row);
        }
        let maintenance = assess_maintenance(&alone, &board, NOW).unwrap();
        let initial = assess_initial(&alone, &board, Valuation::Initial, NOW).unwrap();
        prop_assert!(4 * u128::from(initial.requirement.0) >= 5 * u128::from(maintenance.requirement.0));
    }

    /// `of_account` sees every claim down and every debt up, whatever the indices and decimals.
    #[test]
    fn a_portfolio_is_its_account_in_whole_tokens(world in random::any_borrower()) {
        let portfolio = world.portfolio(0, NOW).unwrap();
        let mut exact = Holdings::default();
        for balance in world.accounts[0].active() {
            let bank = &world.banks[usize::from(balance.bank)];
            let scale = int(10u64.pow(u32::from(bank.decimals))) * int(1u128 << 64);
            let index = if balance.is_loan() { bank.liability_index } else { bank.asset_index };
            let units = int(ballast_math::Index::from_words(index).0) * int(balance.shares) / scale;
            let holding = exact.feeds.entry(balance.feed).or_default();
            if balance.is_loan() { holding.loans += units } else { holding.deposits += units }
        }
        let health = formula(&exact, &world.board, Level::Maintenance);
        let got = assess_maintenance(&portfolio, &world.board, NOW).unwrap();
        // An atom of each balance, at most a dollar by construction, is all that rounding takes.
        let slack = int(16) + steps(64);
        prop_assert!(support::rational::of_value(got.equity().unwrap()) <= health.equity() + steps(8));
        prop_assert!(support::rational::of_value(got.equity().unwrap()) >= health.equity() - slack);
    }
}

#[test]
fn a_reduction_may_raise_the_requirement() {
    // Closing one leg of a class hedge: rules-risk 1 says it needs Initial health afterwards.
    let mut board = build::board(&[
        RiskRow { class: 0, ..build::sol() },
        RiskRow { class: 0, ..build::rated(build::price(168, 1), [800, 600, 400], [2_200, 1_800, 500]) },
    ]);
    board.class_kappa[0] = bits(1, 4);
    let mut hedged = Portfolio::new(0);
    hedged.entry(0).unwrap().loans = Units(100 << 64);
    hedged.entry(1).unwrap().deposits = Units(100 << 64);
    let mut open = hedged;
    open.entry(0).unwrap().loans = Units(10 << 64);
    let requirement = |p: &Portfolio| assess_maintenance(p, &board, NOW).unwrap().requirement;
    assert!(requirement(&open) > requirement(&hedged));
}

#[test]
fn inv_a_factor_is_none_without_anything_to_cover() {
    let board = build::board(&[build::row(Price::ONE.0)]);
    let mut portfolio = Portfolio::new(0);
    portfolio.entry(0).unwrap().deposits = Units(100 << 64);
    let health = assess_maintenance(&portfolio, &board, NOW).unwrap();
    assert_eq!((health.factor(), health.is_negative(), health.value().unwrap()), (None, false, 100 << 20));
}

#[test]
fn deep_is_below_half_the_requirement_exactly() {
    let health = |assets, liabilities, requirement| Health {
        assets: Usd(assets),
        liabilities: Usd(liabilities),
        requirement: Usd(requirement),
    };
    assert!(!health(150, 100, 100).is_deep());
    assert!(health(149, 100, 100).is_deep());
    assert!(!health(151, 100, 101).is_deep());
    assert!(health(150, 100, 101).is_deep());
    assert!(health(0, u64::MAX, u64::MAX).is_deep());
    assert!(health(u64::MAX, u64::MAX, 1).is_negative());
    assert!(health(u64::MAX, 0, 0).value().is_err());
    assert!(!health(100, 60, 40).is_negative());
    assert!(health(100, 60, 41).is_negative());
}

/// A deposit of `bank` 0 not accepted as collateral counts for nothing, and hedges nothing.
#[test]
fn a_deposit_that_is_no_collateral_counts_for_nothing() {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 1, 9)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 1);
    world.banks[2].collateral = 0;
    world.give(0, 0, BalanceSide::Deposit, 1_000_000_000);
    world.give(0, 1, BalanceSide::Loan, 1_000_000_000);
    let before = world.maintenance(0, NOW).unwrap();
    world.give(0, 2, BalanceSide::Deposit, 5_000_000_000);
    assert_eq!(world.maintenance(0, NOW).unwrap(), before);
}

#[test]
fn initial_refuses_what_it_cannot_trust_and_maintenance_does_not() {
    let mut world = World::new(build::board(&[build::usdc()]), vec![build::bank(0, 0, 6)], 1);
    world.give(0, 0, BalanceSide::Deposit, 1_000_000);
    let cases = [
        (PriceState::Unset, RiskError::PriceUnset),
        (PriceState::PendingJump, RiskError::PricePending),
        (PriceState::Guarded, RiskError::PriceGuarded),
    ];
    for (state, refusal) in cases {
        world.board.rows[0].state = state.to_byte();
        assert_eq!(world.initial(0, NOW), Err(refusal));
        assert!(world.maintenance(0, NOW).is_ok());
    }
    world.board.rows[0].state = PriceState::Normal.to_byte();
    assert!(world.initial(0, after(60)).is_ok());
    assert_eq!(world.initial(0, after(61)), Err(RiskError::PriceStale));
    assert!(world.maintenance(0, after(1_000_000)).is_ok());
    world.board.rows[0].fixed = 1;
    assert!(world.initial(0, after(1_000_000)).is_ok());
}

#[test]
fn unlisted_feeds_and_foreign_banks_are_refused() {
    let mut world = World::new(build::board(&[build::usdc()]), vec![build::bank(0, 0, 6)], 1);
    world.give(0, 0, BalanceSide::Deposit, 1_000_000);
    let mut unlisted = world.clone();
    unlisted.board.row_count = 0;
    assert_eq!(unlisted.maintenance(0, NOW), Err(RiskError::FeedNotListed));
    let mut foreign = world.clone();
    foreign.banks[0].index = 7;
    assert_eq!(foreign.maintenance(0, NOW), Err(RiskError::BankMismatch));
    let mut moved = world.clone();
    moved.banks[0].feed = 3;
    assert_eq!(moved.maintenance(0, NOW), Err(RiskError::BankMismatch));
    world.banks.clear();
    assert_eq!(world.maintenance(0, NOW), Err(RiskError::BankMismatch));
    let mut full = Portfolio::new(0);
    for feed in 0..25 {
        assert!(full.entry(feed).is_ok());
    }
    assert_eq!(full.entry(25).err(), Some(RiskError::TooManyBalances));
}

/// Different underlyings were netted as if they were one. Here a long of SOL and a short of BTC of the same value, 15,000 USD,
/// net nothing where they share no class, and where they do, what the class says a hedge may fail by is charged; and add-ons
/// never net. (Rates 8, 6 and 2 % of SOL, 4, 3 and 1 % of BTC.)
#[test]
fn v31_feeds_net_in_their_class_and_at_its_rate_only() {
    let mut board = build::board(&[build::usdc(), build::sol(), build::btc()]);
    let mut portfolio = Portfolio::new(0);
    portfolio.entry(1).unwrap().deposits = Units(100 << 64);
    portfolio.entry(2).unwrap().loans = Units((15 << 64) / 100);
    portfolio.has_liability = true;
    let mut asks = |classes: [u8; 2], kappa: u32, dollars: u64, cents: u64| {
        (board.rows[1].class, board.rows[2].class) = (classes[0], classes[1]);
        board.class_kappa[3] = kappa;
        let requirement = assess_maintenance(&portfolio, &board, NOW).unwrap().requirement;
        let exact = build::dollars(dollars).0 + (cents << 20) / 100;
        assert!(requirement.0.abs_diff(exact) < 40, "{classes:?} {kappa}: {requirement:?}");
    };
    // 15,000 · (8 + 2) % + 15,000 · (3 + 1) %.
    asks([NO_CLASS, NO_CLASS], 0, 2_100, 0);
    asks([3, 4], 0, 2_100, 0);
    // All up costs 15,000 · (8 − 4) % … and the hedge may fail by κ of the smaller side, 450; add-ons 300 + 150.
    asks([3, 3], 0, 1_050, 0);
    asks([3, 3], 1 << 30, 1_162, 50);
    asks([3, 3], u32::MAX, 1_500, 0);
}

/// A hedge cost nothing to hold. Here a deposit and a loan of one underlying, in two banks, match exactly and are charged the
/// basis all the same: 2 % of 15,000 USD.
#[test]
fn v32_a_matched_pair_is_charged_its_basis() {
    let board = build::board(&[build::usdc(), build::sol()]);
    let mut portfolio = Portfolio::new(0);
    let entry = portfolio.entry(1).unwrap();
    (entry.deposits, entry.loans) = (Units(100 << 64), Units(100 << 64));
    portfolio.has_liability = true;
    let health = assess_maintenance(&portfolio, &board, NOW).unwrap();
    assert_eq!((health.assets, health.liabilities), (Usd(0), Usd(0)));
    assert!(health.requirement.0.abs_diff(build::dollars(300).0) < 8, "{health:?}");
}

/// V08: health sees interest of banks that nobody touched.
#[test]
fn v08_health_projects_untouched_banks() {
    let banks = vec![build::bank(0, 0, 6), build::with_interest(build::bank(1, 1, 9), 300)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 1);
    world.give(0, 0, BalanceSide::Deposit, 1_000_000_000);
    world.give(0, 1, BalanceSide::Loan, 5_000_000_000);
    let now = world.maintenance(0, NOW).unwrap();
    let later = world.maintenance(0, after(31_557_600 / 100)).unwrap();
    // e^(3/100) of 750 USD.
    assert_eq!(now.liabilities, Usd(build::dollars(750).0 + 1));
    assert_eq!(later.liabilities.0 >> 20, 772);
}

/// T02: a profit counts only as far as it is given as backed, and the index price of a perp is mid by mid.
#[test]
fn t02_profit_counts_as_given() {
    let mut board = build::board(&[build::usdc(), build::sol()]);
    board.rows[0].mid = build::price(2, 1);
    let perp = PerpExposure { feed: 1, long: Units(1 << 64), profit: Units(50 << 64), ..PerpExposure::default() };
    let mut portfolio = Portfolio::new(0);
    portfolio.add_perp(&perp).unwrap();
    let health = assess_maintenance(&portfolio, &board, NOW).unwrap();
    assert_eq!(health.assets, build::dollars(100));
    // R: 10 % of one SOL and 0.5 % of the claim, each rate stored up.
    assert_eq!(health.requirement.0.abs_diff((15 << 20) + (1 << 19)), 2);
}

/// A taker must end with Initial health of zero or more, or no worse than it began; what it did not take must be priced.
#[test]
fn a_taker_ends_healthy_or_no_worse() {
    let board = build::board(&[build::usdc(), build::sol(), build::btc()]);
    let portfolio = |deposit: u64, loan: u64| {
        let mut portfolio = Portfolio::new(0);
        portfolio.entry(0).unwrap().loans = Units(u128::from(loan) << 64);
        portfolio.entry(1).unwrap().deposits = Units(u128::from(deposit) << 64);
        portfolio.has_liability = loan > 0;
        portfolio
    };
    let check = |p: &Portfolio, before, board: &RiskBoard| check_taker(p, board, [0, 1], before, NOW);
    // 100 SOL: 15,000 less 25 %, against 1.01 a dollar.
    assert_eq!(check(&portfolio(100, 11_138), None, &board), Ok(()));
    assert_eq!(check(&portfolio(100, 11_139), None, &board), Err(RiskError::InsufficientHealth));
    let value = taker_value(&portfolio(100, 12_000), &board, NOW).unwrap().unwrap();
    assert_eq!(check(&portfolio(100, 12_000), Some(value), &board), Ok(()));
    assert_eq!(check(&portfolio(100, 12_000), Some(value + 1), &board), Err(RiskError::InsufficientHealth));
    assert_eq!(check(&portfolio(100, 0), Some(i64::MAX), &board), Ok(()), "who owes nothing passes");
    assert_eq!(taker_value(&portfolio(100, 0), &board, NOW), Ok(None));
    // Guarded prices of the pair pass; of another feed they do not.
    let mut guarded = board;
    guarded.rows[0].state = PriceState::Guarded.to_byte();
    guarded.rows[1].state = PriceState::PendingJump.to_byte();
    assert_eq!(check(&portfolio(100, 11_138), None, &guarded), Ok(()));
    guarded.rows[2].state = PriceState::Guarded.to_byte();
    let mut third = portfolio(100, 11_000);
    third.entry(2).unwrap().deposits = Units(1 << 64);
    assert_eq!(check(&third, None, &guarded), Err(RiskError::PriceGuarded));
}
