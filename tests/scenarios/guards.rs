//! The guards of prices and timers, and what they cost: a recorded crash with them and without.

use super::support::*;

/// Hourly bars of SOL around 10 October 2025.
const BARS: &str = include_str!("../../bin/cli/data/2025-10-cascade/SOL.csv");
/// Hours replayed: from 18:00 on, into the hour in which the price fell from 196.85 to 141.28 and came back to 190.70.
const HOURS: [&str; 4] = ["2025-10-10T18", "2025-10-10T19", "2025-10-10T20", "2025-10-10T21"];
/// Seconds between two prints.
const EVERY: i64 = 15;
/// One print in so many is wrong: by a quarter, in turns too low and too high.
const WRONG: usize = 97;
/// No print from 21:22 to 21:39, a minute before the bottom: congestion through most of the fall.
const SILENT: std::ops::Range<i64> = (3 * 3_600 + 1_320)..(3 * 3_600 + 2_340);
/// Borrowers, from 60 % to 95 % of what Initial health lets them owe at the start.
const BORROWERS: u64 = 36;

/// What a replay came to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Borrowers of whom anything was liquidated.
    liquidated: usize,
    /// Of these, borrowers of whom some was liquidated while they were healthy at the market's own price.
    wrongly: usize,
    /// Their part of what was repaid, whole USD.
    wrongly_repaid: u64,
    /// Debt that nobody paid, whole USD: insurance's and lenders'.
    bad_debt: u64,
}

/// Price in 10⁻⁸ USD at second `at` of the replay: through open, the nearer extreme, the other, and close of each bar.
pub(crate) fn market(bars: &[[f64; 4]], at: i64) -> i64 {
    let hour = usize::try_from(at / 3_600).expect("in range").min(bars.len() - 1);
    let [open, high, low, close] = bars[hour];
    let corners = if close >= open { [open, low, high, close] } else { [open, high, low, close] };
    let along = (at - i64::try_from(hour).expect("few") * 3_600).min(3_599);
    let leg = usize::try_from(along / 1_200).expect("three legs");
    let part = (along % 1_200) as f64 / 1_200.0;
    ((corners[leg] + (corners[leg + 1] - corners[leg]) * part) * 1e8).round() as i64
}

pub(crate) fn bars() -> Vec<[f64; 4]> {
    let lines = BARS.lines().filter(|line| HOURS.iter().any(|hour| line.starts_with(hour)));
    let bar = |line: &str| {
        let mut numbers = line.split(',').skip(1).map(|number| number.parse::<f64>().expect("a number"));
        [(); 4].map(|()| numbers.next().expect("four prices"))
    };
    lines.map(bar).collect()
}

/// Replays the crash with one source. Whoever is liquidatable at a print is liquidated at once by someone with enough capital.
fn replay(guarded: bool) -> Outcome {
    let bars = bars();
    let mut world = World::empty();
    world.list(&MarketSpec::new(ballast_testkit::listing("USDC").0, 6, 1_00000000));
    let mut spec = MarketSpec::new(ballast_testkit::listing("SOL").0, 9, market(&bars, 0));
    if !guarded {
        // As wide and as quick as settings can be.
        spec.feed.judge.jump_min = "50 %".parse().expect("a rate");
        spec.feed.judge.jump_confirm = "1 s".parse().expect("seconds");
    }
    world.list(&spec);
    if !guarded {
        world.configure_rules(|rules| (rules.cool_off, rules.halt_grace) = (0, 0)).expect("configure_group");
    }
    let _lender = world.trader_with(&[(USD, 2_000_000 * DOLLAR)]);
    let liquidator = world.trader_with(&[(USD, 2_000_000 * DOLLAR)]);
    let mut borrowers = Vec::new();
    for index in 0..BORROWERS {
        let borrower = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
        // 20,955 USD of collateral, of which Initial lends 15,690.
        world.borrow(&borrower, USD, 15_600 * (60 + index) / 100 * DOLLAR).expect("borrow");
        borrowers.push(borrower);
    }
    let start = world.svm.now();
    let mut outcome = Outcome { liquidated: 0, wrongly: 0, wrongly_repaid: 0, bad_debt: 0 };
    let (mut touched, mut wronged) = (vec![false; borrowers.len()], vec![false; borrowers.len()]);
    let (mut repaid_wrongly, mut bad) = (0, 0);
    for step in 1..4 * 3_600 / EVERY {
        let at = step * EVERY;
        world.svm.set_time(start + at);
        if SILENT.contains(&at) {
            continue;
        }
        let fair = market(&bars, at);
        let index = usize::try_from(step).expect("few");
        let printed = match index % WRONG {
            0 if (index / WRONG).is_multiple_of(2) => fair / 4 * 5,
            0 => fair / 4 * 3,
            _ => fair,
        };
        world.set_price(USD, 1_00000000).expect("refresh_price_feed");
        world.set_price(COIN, printed).expect("refresh_price_feed");
        for (index, borrower) in borrowers.iter().enumerate() {
            while world.margin(borrower).balance(USD).is_some() && world.health(borrower).is_negative() {
                let healthy = is_healthy_at(&world, borrower, fair);
                let Ok(sent) = world.liquidate(&liquidator, borrower, USD, COIN, u64::MAX) else { break };
                let done = event!(sent, Liquidated);
                touched[index] = true;
                bad += done.loss.deficit;
                if healthy {
                    wronged[index] = true;
                    repaid_wrongly += done.repaid;
                }
            }
        }
    }
    world.check_invariants();
    let count = |list: &[bool]| list.iter().filter(|one| **one).count();
    (outcome.liquidated, outcome.wrongly) = (count(&touched), count(&wronged));
    (outcome.wrongly_repaid, outcome.bad_debt) = (repaid_wrongly / DOLLAR, bad / DOLLAR);
    outcome
}

/// Health at the market's price instead of the board's.
fn is_healthy_at(world: &World, trader: &Trader, fair: i64) -> bool {
    let mut board = world.board();
    board.rows[1].mid = u64::try_from((i128::from(fair) << 40) / 100_000_000).expect("a price");
    let health = ballast_risk::health::assess_maintenance(&world.portfolio(trader), &board, world.now());
    !health.expect("health").is_negative()
}

/// In the fall of 10 October 2025 guards of another protocol spared half of the accounts at risk, for a small loss to all.
/// The same hours here, from one source with a wrong print in ninety-seven and seventeen minutes of silence in the fall: with
/// jump confirmation, cool-off and grace, and with all three as far off as settings allow. Both numbers of both runs: what
/// guards save owners from, and what they cost lenders.
#[test]
fn t19_guards_spare_owners_and_say_what_it_costs() {
    let (with, without) = (replay(true), replay(false));
    eprintln!("with guards: {with:?}\nwithout: {without:?}");
    assert_eq!(with, Outcome { liquidated: 13, wrongly: 0, wrongly_repaid: 0, bad_debt: 885 });
    assert_eq!(without, Outcome { liquidated: 14, wrongly: 12, wrongly_repaid: 119_885, bad_debt: 0 });
}
