use ballast_math::{Price, Units, Usd};
use ballast_risk::health::{
    assess_initial, assess_maintenance, Assessment, Exposure, Health, PerpExposure, Portfolio, Valuation,
};
use ballast_risk::price::aged_band;
use ballast_risk::views;
use ballast_state::{PriceState, RiskBoard, NO_CLASS};

use crate::case;
use crate::source::Source;

/// What roundings of the sums may differ by between two portfolios, in 2⁻²⁰ USD.
const ROUNDING: i128 = 48;

/// Any portfolio on any board: netting never costs, order does not matter, deposits and repayments never hurt, Initial asks
/// 5/4 of Maintenance.
pub fn health(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let mut board = case::board(source, case::NOW);
    if source.flag() {
        for row in &mut board.rows {
            (row.state, row.publish_ts) = (PriceState::Normal.to_byte(), case::NOW.ts);
        }
    }
    let portfolio = portfolio(source, &board);
    let maintenance = assess_maintenance(&portfolio, &board, case::NOW).expect("balances of listed feeds have a value");
    check_netting(&portfolio, &board);
    check_order(source, &portfolio, &board);
    check_initial(&portfolio, &board, &maintenance);
    check_more(source, &portfolio, &board);
    let _ = maintenance.factor();
    if source.one_in(16) {
        check_views(source, &portfolio, &board, &maintenance);
    }
    portfolio.has_liability && maintenance.assets > Usd::ZERO
}

/// Whole tokens worth up to a hundred million dollars.
fn units(source: &mut Source<'_>, board: &RiskBoard, feed: u8) -> Units {
    let value = Usd(source.sized(47));
    Price(board.rows[usize::from(feed)].mid).units_down(value).expect("no price is below a millionth")
}

fn portfolio(source: &mut Source<'_>, board: &RiskBoard) -> Portfolio {
    let mut portfolio = Portfolio::new(0);
    let perps = source.one_in(3);
    for _ in 0..source.between(1, 6) {
        let feed = u8::try_from(source.index(board.row_count.into())).expect("five at most");
        let kind = source.index(if perps { 4 } else { 2 });
        let amount = units(source, board, feed);
        match kind {
            0 => {
                let entry = portfolio.entry(feed).expect("five at most");
                entry.deposits = entry.deposits.add(amount).expect("six at most");
            }
            1 => {
                let entry = portfolio.entry(feed).expect("five at most");
                entry.loans = entry.loans.add(amount).expect("six at most");
                portfolio.has_liability = true;
            }
            // No market trades the quote against itself.
            _ => {
                let size = if feed == 0 { Units::ZERO } else { amount };
                let (long, short) = if kind == 2 { (size, Units::ZERO) } else { (Units::ZERO, size) };
                let (profit, loss) = (units(source, board, 0), units(source, board, 0));
                let (profit, loss) = (Units(profit.0 >> 8), Units(loss.0 >> 8));
                portfolio
                    .add_perp(&PerpExposure {
                        feed,
                        long,
                        short,
                        profit,
                        loss,
                        released: profit,
                        ..PerpExposure::default()
                    })
                    .expect("six at most");
            }
        }
    }
    portfolio
}

fn requirement(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation) -> i128 {
    let assessment = Assessment::of(portfolio, board, valuation, case::NOW).expect("listed");
    Health::of(&assessment, board).expect("in range").requirement.0.into()
}

fn check_netting(portfolio: &Portfolio, board: &RiskBoard) {
    let mut alone = *board;
    for row in &mut alone.rows {
        row.class = NO_CLASS;
    }
    for valuation in [Valuation::Maintenance, Valuation::Favourable, Valuation::InitialUnchecked] {
        let (netted, sum) = (requirement(portfolio, board, valuation), requirement(portfolio, &alone, valuation));
        assert!(netted <= sum + ROUNDING, "{valuation:?}: netted {netted}, alone {sum}");
    }
}

/// The same portfolio from another end.
fn reordered(source: &mut Source<'_>, portfolio: &Portfolio) -> Portfolio {
    let mut exposures = portfolio.exposures().to_vec();
    exposures.reverse();
    let turn = source.index(exposures.len());
    exposures.rotate_left(turn);
    let mut other = Portfolio::new(portfolio.quote);
    // All of the profit is released, with whatever position.
    let (mut profit, mut loss) = (portfolio.profit, portfolio.loss);
    for Exposure { feed, deposits, loans, perp_long: long, perp_short: short } in exposures {
        if portfolio.has_perps() {
            let perp = PerpExposure { feed, long, short, profit, loss, released: profit, ..PerpExposure::default() };
            other.add_perp(&perp).expect("as many feeds");
            (profit, loss) = (Units::ZERO, Units::ZERO);
        }
        let entry = other.entry(feed).expect("as many feeds");
        (entry.deposits, entry.loans) = (deposits, loans);
    }
    other.has_liability = portfolio.has_liability;
    other
}

fn check_order(source: &mut Source<'_>, portfolio: &Portfolio, board: &RiskBoard) {
    let other = reordered(source, portfolio);
    for valuation in [Valuation::Maintenance, Valuation::Favourable, Valuation::Initial, Valuation::InitialUnchecked] {
        let [one, two] = [portfolio, &other].map(|portfolio| {
            let health = Assessment::of(portfolio, board, valuation, case::NOW);
            health.map(|assessment| Health::of(&assessment, board).expect("in range"))
        });
        // Which price is refused first depends on the order, whether one is does not.
        assert!(one == two || (one.is_err() && two.is_err()), "{valuation:?}");
    }
}

fn check_initial(portfolio: &Portfolio, board: &RiskBoard, maintenance: &Health) {
    let initial = assess_initial(portfolio, board, Valuation::InitialUnchecked, case::NOW).expect("listed");
    let (asked, least) = (i128::from(initial.requirement.0) * 4, i128::from(maintenance.requirement.0) * 5);
    assert!(asked + ROUNDING >= least, "Initial {asked}/4, Maintenance {least}/5");
    // Prices against the owner.
    let equity = |health: &Health| i128::from(health.assets.0) - i128::from(health.liabilities.0);
    assert!(equity(&initial) <= equity(maintenance) + ROUNDING);
    if let Ok(checked) = assess_initial(portfolio, board, Valuation::Initial, case::NOW) {
        assert_eq!(checked, initial);
    }
    let favourable = Assessment::of(portfolio, board, Valuation::Favourable, case::NOW).expect("listed");
    let favourable = Health::of(&favourable, board).expect("in range");
    assert!(equity(&favourable) + ROUNDING >= equity(maintenance));
}

/// A deposit more, or a loan less.
fn check_more(source: &mut Source<'_>, portfolio: &Portfolio, board: &RiskBoard) {
    let mut more = *portfolio;
    let feed = u8::try_from(source.index(board.row_count.into())).expect("five at most");
    let amount = units(source, board, feed);
    let entry = more.entry(feed).expect("five at most");
    if source.flag() {
        entry.deposits = entry.deposits.add(amount).expect("seven at most");
    } else {
        entry.loans = entry.loans.excess_over(amount);
    }
    for valuation in [Valuation::Maintenance, Valuation::InitialUnchecked] {
        if valuation != Valuation::Maintenance && !adds_at_initial(board, feed) {
            continue;
        }
        let value = |portfolio: &Portfolio| {
            let health = assess_initial_or_maintenance(portfolio, board, valuation);
            i128::from(health.assets.0) - i128::from(health.liabilities.0) - i128::from(health.requirement.0)
        };
        // Ratios are rounded up to 2⁻³²: so much of every size may be the difference.
        let gross = more.exposures().iter().map(|exposure| {
            let units = exposure.deposits.0 + exposure.loans.0 + exposure.perp_long.0 + exposure.perp_short.0;
            Price(board.rows[usize::from(exposure.feed)].high).value_up(Units(units)).map_or(u64::MAX, |usd| usd.0)
        });
        let slack = ROUNDING + (gross.map(i128::from).sum::<i128>() >> 29);
        let (old, new) = (value(portfolio), value(&more));
        assert!(new + slack >= old, "{valuation:?}: {old} fell to {new}, slack {slack}");
    }
}

/// True if a unit of the feed surely adds more at Initial than the 5/4 rule can ask for it: `5/4·m̄·mid < low`, `m̄` at
/// Maintenance. Listing asks for `m̄ < 1` only, so where margin is large or the band is low a deposit may count for less
/// than nothing.
fn adds_at_initial(board: &RiskBoard, feed: u8) -> bool {
    let row = &board.rows[usize::from(feed)];
    let rate = u128::from(row.maintenance_long.max(row.maintenance_short));
    let netted = (rate * ((1 << 32) + u128::from(board.kappa(row.class)))) >> 32;
    let impact = u128::from(row.impact_cap) * 3 / 2;
    let most = netted + (u128::from(row.maintenance_add_on) + impact).max(row.basis.into()) + 4;
    let low = aged_band(row, case::NOW).expect("a band widens, it does not fail").low;
    5 * most * u128::from(row.mid) < (4 * u128::from(low.0)) << 32
}

fn assess_initial_or_maintenance(portfolio: &Portfolio, board: &RiskBoard, valuation: Valuation) -> Health {
    if valuation == Valuation::Maintenance {
        assess_maintenance(portfolio, board, case::NOW).expect("listed")
    } else {
        assess_initial(portfolio, board, valuation, case::NOW).expect("listed")
    }
}

/// A liquidation price is the nearest unhealthy one: a step before it the account is healthy.
fn check_views(source: &mut Source<'_>, portfolio: &Portfolio, board: &RiskBoard, maintenance: &Health) {
    let feed = u8::try_from(source.index(board.row_count.into())).expect("five at most");
    let Ok(prices) = views::liquidation_prices(board, feed, case::NOW, |_| Ok(*portfolio)) else { return };
    let negative = |mid: u64| {
        let mut moved = *board;
        moved.rows[usize::from(feed)].mid = mid;
        assess_maintenance(portfolio, &moved, case::NOW).expect("listed").is_negative()
    };
    let mid = board.rows[usize::from(feed)].mid;
    if maintenance.is_negative() || !portfolio.has_liability {
        assert_eq!(prices, views::LiquidationPrices::default());
    }
    if let Some(below) = prices.below {
        assert!(below < mid && negative(below) && !negative(below + 1));
    }
    if let Some(above) = prices.above {
        assert!(above > mid && negative(above) && !negative(above - 1));
    }
}
