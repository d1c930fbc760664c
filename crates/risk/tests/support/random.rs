//! Random boards, portfolios and groups, all of them within the listing rules.

use ballast_math::{Index, Price, Units, Usd};
use ballast_risk::health::{Exposure, PerpExposure, Portfolio};
use ballast_state::{BalanceSide, RiskBoard, RiskRow, NO_CLASS};
use proptest::prelude::*;

use super::build::{self, bits};
use super::world::World;

/// Two classes and none.
fn any_class() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(NO_CLASS), 2 => Just(0u8), 1 => Just(1u8)]
}

/// From a thousandth of a dollar to a hundred thousand.
fn any_price() -> impl Strategy<Value = u64> {
    (1_000u64..10_000, 0u32..8).prop_map(|(mantissa, power)| build::price(mantissa * 10u64.pow(power), 1_000_000))
}

/// `Y / √depth` as a row stores it; zero: no impact.
fn any_slope() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0u64),
        (1u64..5_000, 4u32..9).prop_map(|(bps, power)| {
            let depth = build::dollars(10u64.pow(power)).0;
            (u64::from(bits(bps, 10_000)) << 24) / depth.isqrt()
        })
    ]
}

/// A feed whose rates pass the listing check with every κ: `2·max(v) + max(add_on + 1.5·icap, basis) < 1`.
pub(crate) fn any_row() -> impl Strategy<Value = RiskRow> {
    // In a third of the cases Initial asks little more than Maintenance: then the 5/4 rule binds.
    let more = || prop_oneof![1 => 0u64..50, 2 => 0u64..1_500];
    let rates = ([0u64..1_500, 0u64..1_500], [more(), more()], 60u64..500, 0u64..300);
    let others = (any_class(), any_slope(), 0u64..1_000, 0u64..500);
    let width = || prop_oneof![1 => Just(0u64), 2 => 0u64..500, 1 => 500u64..2_000];
    let band = [width(), width()];
    (any_price(), rates, others, band).prop_map(|(mid, rates, others, [below, above])| {
        let ([long, short], [more_long, more_short], add_on, more_add_on) = rates;
        let (class, impact_slope, cap, basis) = others;
        let maintenance = [long, short, add_on];
        let initial = [long + more_long, short + more_short, add_on + more_add_on];
        let low = mid - mid / 10_000 * below;
        let high = mid + mid / 10_000 * above;
        build::settled(RiskRow {
            low,
            high,
            class,
            impact_slope,
            impact_cap: bits(cap, 10_000),
            basis: bits(basis, 10_000),
            ..build::rated(mid, maintenance, initial)
        })
    })
}

pub(crate) fn any_board(feeds: usize) -> impl Strategy<Value = RiskBoard> {
    (prop::collection::vec(any_row(), feeds), [any::<u32>(), any::<u32>()]).prop_map(|(rows, kappa)| {
        let mut board = build::board(&rows);
        board.class_kappa[..2].copy_from_slice(&kappa);
        board
    })
}

/// A value in USD: nothing, or of any size up to a hundred million dollars.
fn any_value() -> impl Strategy<Value = Usd> {
    prop_oneof![
        2 => Just(Usd::ZERO),
        3 => (1_000u64..10_000, 0u32..6).prop_map(|(m, power)| Usd((m * 10u64.pow(power)) << 17)),
    ]
}

/// A board and a portfolio on it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) board: RiskBoard,
    pub(crate) portfolio: Portfolio,
}

/// Only what is in use: a failing case should fit a screen.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f)?;
        for (at, row) in self.board.rows[..usize::from(self.board.row_count)].iter().enumerate() {
            build::describe_row(f, at, row)?;
        }
        writeln!(f, "kappa {:?}", &self.board.class_kappa[..2])?;
        let Portfolio { quote, profit, loss, .. } = self.portfolio;
        for exposure in self.portfolio.exposures() {
            writeln!(f, "{exposure:?}")?;
        }
        writeln!(f, "quote {quote} {profit:?} {loss:?}")
    }
}

/// What a portfolio holds of a feed: values of deposits, loans, longs and shorts.
type Values = [Usd; 4];

/// A board and a portfolio on it, with perps if `perps`.
pub(crate) fn any_portfolio(perps: bool) -> impl Strategy<Value = Case> {
    (2usize..=5)
        .prop_flat_map(move |feeds| {
            let values = prop::collection::vec([any_value(), any_value(), any_value(), any_value()], feeds);
            (any_board(feeds), values, any_value(), any_value(), any::<bool>())
        })
        .prop_map(move |(board, values, profit, loss, with_perps)| {
            let perps = perps && with_perps;
            let order: Vec<usize> = (0..values.len()).collect();
            let portfolio = portfolio_of(&board, &values, perps.then_some((profit, loss)), &order);
            Case { board, portfolio }
        })
}

fn portfolio_of(board: &RiskBoard, values: &[Values], pnl: Option<(Usd, Usd)>, order: &[usize]) -> Portfolio {
    let mut portfolio = Portfolio::new(0);
    for &feed in order {
        let row = &board.rows[feed];
        let units = |value: Usd| Price(row.mid).units_down(value).unwrap();
        let feed = u8::try_from(feed).unwrap();
        let [deposits, loans, longs, shorts] = values[usize::from(feed)].map(units);
        let entry = portfolio.entry(feed).unwrap();
        entry.deposits = deposits;
        entry.loans = loans;
        portfolio.has_liability |= loans != Units::ZERO;
        // No market trades the quote against itself.
        if pnl.is_some() && feed != portfolio.quote && (longs.0 | shorts.0) != 0 {
            let perp = PerpExposure { feed, long: longs, short: shorts, ..PerpExposure::default() };
            portfolio.add_perp(&perp).unwrap();
        }
    }
    if let Some((profit, loss)) = pnl {
        let units = |value: Usd| Price(board.rows[0].mid).units_down(Usd(value.0 / 100)).unwrap();
        let (profit, loss) = (units(profit), units(loss));
        let settled = PerpExposure { profit, loss, released: profit, ..PerpExposure::default() };
        portfolio.add_perp(&settled).unwrap();
    }
    portfolio
}

/// The same portfolio with its feeds in another order.
pub(crate) fn reordered(portfolio: &Portfolio, rotation: usize) -> Portfolio {
    let mut exposures = portfolio.exposures().to_vec();
    let length = exposures.len().max(1);
    exposures.rotate_left(rotation % length);
    exposures.reverse();
    let mut other = Portfolio::new(portfolio.quote);
    for exposure in exposures {
        if (exposure.perp_long.0 | exposure.perp_short.0) != 0 {
            let Exposure { feed, perp_long: long, perp_short: short, .. } = exposure;
            other.add_perp(&PerpExposure { feed, long, short, ..PerpExposure::default() }).unwrap();
        }
        let entry = other.entry(exposure.feed).unwrap();
        (entry.deposits, entry.loans) = (exposure.deposits, exposure.loans);
    }
    if portfolio.has_perps() {
        let Portfolio { quote: feed, profit, loss, .. } = *portfolio;
        let (long, short) = (Units::ZERO, Units::ZERO);
        other
            .add_perp(&PerpExposure { feed, long, short, profit, loss, released: profit, ..PerpExposure::default() })
            .unwrap();
    }
    other.has_liability = portfolio.has_liability;
    other
}

/// A borrower (account 0) near or below health, a taker (account 1) with means, and their group.
///
/// Account 0 has one to three loans and one to three deposits, in one bank a feed or two; indices have moved.
pub(crate) fn any_borrower() -> impl Strategy<Value = World> {
    let feeds = prop::collection::vec((any_row(), prop_oneof![Just(0u8), Just(2u8), Just(6u8), Just(9u8)]), 2..=4);
    let balances = prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 1u64..100, 0u64..3), 2..=6);
    (feeds, [any::<u32>(), any::<u32>()], balances, 700u64..1_250, 3u32..7, 0u64..1 << 33).prop_map(
        |(feeds, kappa, balances, leverage, power, growth)| {
            let mut rows: Vec<RiskRow> = feeds.iter().map(|(row, _)| *row).collect();
            for row in &mut rows {
                // A pair inside one feed pays for its bonus out of the basis.
                row.basis = row.basis.max(bits(1, 100));
            }
            let mut board = build::board(&rows);
            board.class_kappa[..2].copy_from_slice(&kappa);
            // Two banks for every feed, with different decimals: a pair can share a feed.
            let mut banks = Vec::new();
            for (feed, (_, decimals)) in feeds.iter().enumerate() {
                for decimals in [*decimals, 6] {
                    let mut bank =
                        build::bank(u16::try_from(banks.len()).unwrap(), u8::try_from(feed).unwrap(), decimals);
                    bank.asset_index = Index(Index::ONE.0 + (u128::from(growth) << 30)).to_words();
                    bank.liability_index = Index(Index::ONE.0 + (u128::from(growth) << 31)).to_words();
                    banks.push(bank);
                }
            }
            let mut world = World::new(board, banks, 2);
            fill(&mut world, &balances, leverage, 10u64.pow(power));
            world
        },
    )
}

/// Deposits worth `scale` dollars in all, loans worth `leverage` thousandths of it.
fn fill(world: &mut World, balances: &[(prop::sample::Index, bool, u64, u64)], leverage: u64, scale: u64) {
    let mut chosen: Vec<(usize, bool, u64)> = Vec::new();
    for (at, (bank, loan, weight, second)) in balances.iter().enumerate() {
        // The first is a deposit and the second a loan, whatever was drawn.
        let loan = if at < 2 { at == 1 } else { *loan };
        let feeds = world.banks.len() / 2;
        let feed = bank.index(feeds);
        // An atom worth more than a dollar makes every rounding a matter of dollars: the feed's other bank has six decimals.
        let coarse = worth_more_than_a_dollar(world, 2 * feed);
        let bank = 2 * feed + usize::from(*second == 0 || coarse);
        if !chosen.iter().any(|(taken, ..)| *taken == bank) {
            chosen.push((bank, loan, *weight));
        }
    }
    let total = |side: bool| chosen.iter().filter(|(_, loan, _)| *loan == side).map(|(.., w)| w).sum::<u64>().max(1);
    let (deposits, loans) = (total(false), total(true));
    for (bank, loan, weight) in chosen {
        let value = if loan { scale * leverage / 1_000 * weight / loans } else { scale * weight / deposits };
        let unit = 10u64.pow(u32::from(world.banks[bank].decimals));
        let atoms = world.mid(bank).atoms_down(build::dollars(value), unit).unwrap_or(0);
        if atoms == 0 || atoms > 1 << 58 {
            continue;
        }
        let side = if loan { BalanceSide::Loan } else { BalanceSide::Deposit };
        world.give(0, bank, side, atoms);
        if loan {
            // The taker can pay from deposits in half of the loan banks, and borrows in the others.
            if weight % 2 == 0 {
                world.give(1, bank, BalanceSide::Deposit, atoms);
            }
        }
    }
}

fn worth_more_than_a_dollar(world: &World, bank: usize) -> bool {
    let unit = 10u64.pow(u32::from(world.banks[bank].decimals));
    world.mid(bank).0 / unit > Price::ONE.0
}
