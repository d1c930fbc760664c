//! `ballast replay pump`: an index pumped 25-fold in ten minutes, the attacker on both sides of its market.

use ballast_risk::perp::VALUE_BITS;
use ballast_risk::{RiskError, RiskResult};

use super::picture::Picture;
use super::report::{dollars, thousands, Report, Table};
use super::venue::{Margin, Venue, DOLLAR, PRICE, UNIT};

/// Seconds of the pump.
const RISE: u32 = 600;
/// `⌊25^(1/600)·2³²⌋`: what the price is multiplied by in a second.
const STEP: u128 = 4_318_070_824;
/// Dollars the underlying costs before it.
const START: u64 = 100;
const DAY: u32 = 86_400;
const MARGIN: Margin = Margin { maintenance: 800, initial: 2_200 };

/// Dollars that the pool stands for in the market, and that the attacker deposits for each side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) budget: u64,
    pub(super) deposit: u64,
    /// Whether anybody deleverages the market.
    pub(super) deleveraged: bool,
}

/// What a day of it came to, atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// What the pool has less, what it owes counted.
    pub(super) pool_lost: i64,
    /// What the attacker's accounts are worth more, claims counted.
    pub(super) on_paper: i64,
    /// What its accounts had to put up: their Initial requirements.
    pub(super) posted: i64,
    /// What of the profit was paid to them.
    pub(super) paid: i64,
    /// Debts written off.
    pub(super) bad_debt: u64,
    /// Seconds to the first deleverage.
    pub(super) first_deleverage: Option<u32>,
    pub(super) deleverages: u32,
}

/// The attacker: one account long, one short, one that liquidates the others and keeps the bonus.
struct Attack {
    venue: Venue,
    case: Case,
    funds: u64,
    outcome: Outcome,
}

const LONG: usize = 0;
const SHORT: usize = 1;
const TAKER: usize = 2;

impl Case {
    /// Plays the day to midnight: ten minutes of rise, then the price stays. `watch` sees every print and what followed it.
    pub(super) fn play(self, mut watch: impl FnMut(&Venue)) -> RiskResult<Outcome> {
        let mut attack = Attack::open(self)?;
        let price = attack.rise(|attack| {
            watch(&attack.venue);
            Ok(())
        })?;
        for minute in (RISE + 60..DAY).step_by(60) {
            attack.print(price, 60, minute)?;
            watch(&attack.venue);
        }
        attack.outcome()
    }
}

impl Attack {
    fn open(case: Case) -> RiskResult<Self> {
        let funds = 2 * case.budget * DOLLAR;
        let mut venue = Venue::new(MARGIN, START * PRICE, funds)?;
        for deposit in [case.deposit * DOLLAR, case.deposit * DOLLAR, DOLLAR] {
            venue.join(deposit, 0)?;
        }
        // As much as Initial lets them, a millionth less: a rate is rounded up.
        let lots = case.deposit * UNIT / START * 10_000 / u64::from(MARGIN.initial);
        let lots = i64::try_from(lots / 1_000_000 * 999_999).map_err(|_| RiskError::PositionTooLarge)?;
        venue.trade(LONG, lots)?;
        venue.trade(SHORT, -lots)?;
        Ok(Self { venue, case, funds, outcome: Outcome::default() })
    }

    /// A print, and everybody who acts on it: liquidators, keepers, and the attacker who settles what it can.
    fn print(&mut self, price: u64, seconds: u32, at: u32) -> RiskResult<()> {
        self.venue.print(price, seconds)?;
        for who in [LONG, SHORT] {
            let loss = self.venue.liquidate(who, TAKER)?.flatten();
            self.outcome.bad_debt += loss.map_or(0, |loss| loss.deficit);
        }
        if self.case.deleveraged && self.venue.deleverage()?.is_some() {
            self.outcome.first_deleverage.get_or_insert(at);
            self.outcome.deleverages += 1;
        }
        for who in [LONG, SHORT] {
            self.venue.settle(who)?;
        }
        Ok(())
    }

    /// The ten minutes; the price at their end.
    fn rise(&mut self, mut each: impl FnMut(&Self) -> RiskResult<()>) -> RiskResult<u64> {
        let mut price = START * PRICE;
        for second in 1..=RISE {
            price = u64::try_from((u128::from(price) * STEP) >> 32).map_err(|_| RiskError::PriceOutOfRange)?;
            self.print(price, 1, second)?;
            each(self)?;
        }
        Ok(price)
    }

    /// What the pool has less than at the start, what it owes counted; atoms.
    fn pool_lost(&self) -> RiskResult<i64> {
        Ok(signed(self.funds)? - signed(self.venue.funds()?)? + self.owed()?)
    }

    /// What the pool owes the attacker's accounts together, atoms, down.
    fn owed(&self) -> RiskResult<i64> {
        let mut claims = 0;
        for who in [LONG, SHORT] {
            claims += self.venue.claim(who)?;
        }
        i64::try_from(claims >> VALUE_BITS).map_err(|_| RiskError::PositionTooLarge)
    }

    fn outcome(&self) -> RiskResult<Outcome> {
        let mut paid = -signed((2 * self.case.deposit + 1) * DOLLAR)?;
        for who in [LONG, SHORT, TAKER] {
            paid += self.venue.cash(who)?;
        }
        let posted = [LONG, SHORT, TAKER].map(|who| self.venue.posted(who)).iter().sum();
        let (pool_lost, on_paper) = (self.pool_lost()?, paid + self.owed()?);
        Ok(Outcome { pool_lost, on_paper, posted, paid, ..self.outcome })
    }
}

fn signed(atoms: u64) -> RiskResult<i64> {
    i64::try_from(atoms).map_err(|_| RiskError::PositionTooLarge)
}

pub(super) const CASES: [Case; 6] = [
    Case { budget: 1_000_000, deposit: 5_000, deleveraged: true },
    Case { budget: 1_000_000, deposit: 10_000, deleveraged: true },
    Case { budget: 1_000_000, deposit: 100_000, deleveraged: true },
    Case { budget: 100_000, deposit: 100_000, deleveraged: true },
    Case { budget: 20_000, deposit: 100_000, deleveraged: true },
    Case { budget: 1_000_000, deposit: 100_000, deleveraged: false },
];

pub(super) fn report() -> Result<Report, String> {
    let mut table = Table::new(&[
        "budget, $",
        "deposit a side, $",
        "deleveraged",
        "pool lost, $",
        "attacker on paper, $",
        "put up, $",
        "paid in the day, $",
        "bad debt, $",
        "first, s",
    ]);
    for case in CASES {
        let done = case.play(|_| {}).map_err(|error| format!("{case:?}: {error}"))?;
        table.row(vec![
            thousands(case.budget.into()),
            thousands(case.deposit.into()),
            done.deleverages.to_string(),
            dollars(done.pool_lost.into()),
            dollars(done.on_paper.into()),
            dollars(done.posted.into()),
            dollars(done.paid.into()),
            dollars(done.bad_debt.into()),
            done.first_deleverage.map_or("-".to_owned(), |second| second.to_string()),
        ]);
    }
    let picture = picture().map_err(|error| error.to_string())?;
    let mut report = Report::new("An index pumped 25-fold in ten minutes, the attacker on both sides", picture);
    report.words(
        "Of a day: what the pool loses of its budget, and what the attacker's accounts have more than they deposited.",
    );
    report.table(table);
    Ok(report)
}

/// What the pool has lost by every second of the rise, with deleverage and without.
fn picture() -> RiskResult<Picture> {
    let losses = |deleveraged: bool| -> RiskResult<Vec<f64>> {
        let case = Case { budget: 1_000_000, deposit: 100_000, deleveraged };
        let mut attack = Attack::open(case)?;
        let mut lost = Vec::new();
        attack.rise(|attack| {
            lost.push(attack.pool_lost()? as f64 / 1e6);
            Ok(())
        })?;
        Ok(lost)
    };
    let (with, without) = (losses(true)?, losses(false)?);
    let seconds: Vec<i64> = (1..=i64::from(RISE)).collect();
    // To where the budget is seen; the rest is in the table.
    let most = 2e6;
    let without = without.into_iter().map(|lost| lost.min(most)).collect();
    let lines = [
        (("budget", "c2"), vec![1e6; with.len()]),
        (("without deleverage (10.8 M in the end)", "c4"), without),
        (("pool's loss", "c0"), with),
    ];
    Ok(Picture::lines("Index × 25 in ten minutes: what the pool loses on a budget of a million", &seconds, &lines))
}

#[cfg(test)]
mod tests {
    use ballast_risk::perp::{book, mark_of};

    use super::*;

    const MODEL: &str = include_str!("../../../../crates/risk/tests/data/perps.json");

    /// Mango, October 2022: an index was pumped 25-fold and the paper profit borrowed against, 116 million dollars. Here the pool
    /// loses the market's budget of a day at most, whatever the attacker brings, and no account is paid more than it had to put up;
    /// without deleverage the pool would lose ten times its budget.
    #[test]
    fn t02_an_index_pumped_25_fold_costs_the_pool_no_more_than_the_days_budget() {
        for case in CASES {
            let done = case.play(|_| {}).unwrap();
            let budget = signed(case.budget * DOLLAR).unwrap();
            assert_eq!(done.pool_lost <= budget, case.deleveraged, "{case:?} {done:?}");
            // What the pool loses the attacker gets, but for insurance's share of what liquidators take.
            assert!(done.on_paper <= done.pool_lost && done.paid <= done.on_paper, "{done:?}");
            assert!(done.paid <= done.posted && done.bad_debt == 0, "{done:?}");
            if !case.deleveraged {
                assert!(done.pool_lost > 10 * budget && done.paid <= 0, "{done:?}");
            }
        }
    }

    /// The rail lets out what an account put up. What it has to put up at a pumped price, and meets by pumped profit alone, it has
    /// not put up.
    #[test]
    fn t02_the_attacker_nets_no_more_in_a_day_than_it_brought() {
        for case in CASES {
            let done = case.play(|_| {}).unwrap();
            assert!(done.paid <= signed(case.deposit * DOLLAR).unwrap(), "{case:?} {done:?}");
        }
    }

    /// Nor does what the rail let out count as put up again, for another part of the same day's profit.
    #[test]
    fn t02_what_was_let_out_is_not_put_up_again() {
        let case = CASES[0];
        let mut attack = Attack::open(case).unwrap();
        let price = attack.rise(|_| Ok(())).unwrap();
        let venue = &mut attack.venue;
        for _ in 0..300 {
            venue.print(price, 60).unwrap();
        }
        let mut paid = 0;
        for _ in 0..10 {
            venue.print(price, 10).unwrap();
            // As many lots as what the account has in dollars lets it hold.
            let lots = i128::from(venue.cash(LONG).unwrap()) * i128::from(PRICE) / i128::from(price);
            let lots = i64::try_from(lots * 10_000 / i128::from(MARGIN.initial + 1)).unwrap();
            match lots - venue.size(LONG).unwrap() {
                0 => {}
                change => venue.trade(LONG, change).unwrap(),
            }
            paid += venue.settle(LONG).unwrap();
        }
        assert!(paid <= signed(case.deposit * DOLLAR).unwrap(), "{paid}");
    }

    /// The model closes the short at once and restores a tenth above what is required; the engine does it in parts, and a
    /// twentieth. They lose the same to 1 in 4,000 and begin within seconds of each other.
    #[test]
    fn the_engine_does_what_the_model_says() {
        let model: serde_json::Value = serde_json::from_str(MODEL).unwrap();
        for (case, expected) in CASES[1..].iter().zip(model["pump"].as_array().unwrap()) {
            let of = |key: &str| expected[key].as_f64().unwrap();
            assert_eq!((case.budget as f64, case.deposit as f64), (of("budget"), of("deposit_each")));
            let done = case.play(|_| {}).unwrap();
            let loss = done.pool_lost as f64 / 1e6;
            assert!((loss / of("pool_loss") - 1.0).abs() < 1.0 / 4_000.0, "{loss} {expected}");
            let first = f64::from(done.first_deleverage.unwrap());
            assert!((first - of("first_deleverage_s")).abs() <= 7.0, "{first} {expected}");
        }
    }

    /// Hyperliquid, March 2025: positions were handed to the vault at a price that their owner's trades had made. Here the mark is
    /// the judged print and nothing else; trading with oneself, on either side and in circles, moves neither it nor what the pool
    /// has; and at the end of a pump the pool has lost its market's budget at most.
    #[test]
    fn t17_no_trade_moves_the_mark_and_the_pool_loses_its_markets_budget_at_most() {
        let case = CASES[3];
        let mut attack = Attack::open(case).unwrap();
        let mut moved = false;
        let mut before = attack.venue.market.mark;
        attack
            .rise(|attack| {
                let market = &attack.venue.market;
                let [quote, base] = [0, 1].map(|row: usize| attack.venue.board.rows[row].mid);
                assert_eq!(market.mark, mark_of(market, base, quote)?);
                moved |= market.mark != before;
                before = market.mark;
                Ok(())
            })
            .unwrap();
        assert!(moved && attack.pool_lost().unwrap() <= signed(case.budget * DOLLAR).unwrap());

        let mut venue = Venue::new(MARGIN, START * PRICE, 2 * case.budget * DOLLAR).unwrap();
        let both = [0, 1].map(|_| venue.join(case.deposit * DOLLAR, 0).unwrap());
        let (mark, equity) = (venue.market.mark, venue.market.equity);
        for round in 1..100i64 {
            for lots in [round * 1_000_001, -round * 1_000_001] {
                venue.trade(both[0], lots).unwrap();
                venue.trade(both[1], -lots).unwrap();
                assert_eq!((venue.market.mark, venue.market.equity), (mark, equity));
            }
        }
        assert_eq!(both.map(|who| venue.cash(who).unwrap()), [100_000_000_000; 2]);
    }

    /// GMX and Percolator bound the profit that can be claimed by what backs it. Here, after every print of a pump, whatever anyone
    /// does: what a market paid in a day is no more than its part of the pool and what losers still owe it, and profit counts
    /// no more than what is left of both.
    #[test]
    fn t28_what_is_paid_and_what_profit_counts_never_exceed_what_backs_it() {
        for case in CASES {
            let mut prints = 0;
            case.play(|venue| {
                let market = &venue.market;
                let sides = [&market.long, &market.short].map(|side| book::owed(side).unwrap());
                let due: i128 = sides.iter().map(|owed| (-*owed).max(0)).sum();
                // spent ≤ w·(F + Σ spent) + due, in 2⁻³² atoms; a claim is rounded by less than an atom.
                let budget = i128::from(market.budget) << VALUE_BITS;
                assert!(budget + due >= 0, "{market:?}");
                let counted: i128 = [LONG, SHORT]
                    .iter()
                    .map(|who| ((venue.claim(*who).unwrap().max(0) >> 16) * i128::from(market.backing)) >> 16)
                    .sum();
                let backed = (budget - (i128::from(market.skew_reserve) << VALUE_BITS) + due).max(0);
                assert!(counted <= backed, "{counted} {backed} {market:?}");
                prints += 1;
            })
            .unwrap();
            assert_eq!(prints, RISE + (DAY - RISE) / 60 - 1);
        }
    }
}
