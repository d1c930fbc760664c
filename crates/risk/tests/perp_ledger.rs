//! Random lives of a market against a ledger that has a row for every trader and knows no index: exact fractions, one
//! addition for each trader at every step.
//!
//! A size on a side that was deleveraged is not a whole number of lots; where a trade fixes it again it may be off by less
//! than a lot. `slack` adds up what that lot could have earned since. Without deleverages it is zero, and so is the
//! tolerance but for 2⁻³² of an atom a rounding.
mod support;

use ballast_math::signed_from_words;
use ballast_risk::perp::{self, book};
use ballast_state::{PerpMarket, PerpPosition, PerpSide, SideBook, Zeroable};
use num_bigint::BigInt;
use num_rational::BigRational as Q;
use num_traits::{Signed, Zero};
use proptest::prelude::*;

const TRADERS: usize = 8;
const SIDES: [PerpSide; 2] = [PerpSide::Long, PerpSide::Short];

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Lots, a cost a lot beyond the mark, a premium; and whether the profit is held back.
    Trade {
        trader: usize,
        lots: i64,
        beyond: i64,
        premium: i64,
        held: bool,
    },
    /// Part of the position, in quarters: 4 closes it, 8 turns it round.
    Change {
        trader: usize,
        quarters: i64,
    },
    /// The mark, in thousandths of itself.
    Move {
        thousandths: u64,
    },
    /// What the payers pay a lot.
    Funding {
        payer: PerpSide,
        per_lot: u64,
    },
    Settle {
        trader: usize,
    },
    /// Part of the side, in hundredths.
    Shrink {
        side: PerpSide,
        hundredths: u64,
    },
}

fn side() -> impl Strategy<Value = PerpSide> {
    prop_oneof![Just(PerpSide::Long), Just(PerpSide::Short)]
}

fn step(shrinks: u32) -> impl Strategy<Value = Step> {
    let lots = prop_oneof![-1_000_000_000i64..=-1, 1i64..=1_000_000_000, -9i64..=-1, 1i64..=9];
    prop_oneof![
        8 => (0..TRADERS, lots, -(1i64 << 31)..1 << 31, -1_000i64..1_000, any::<bool>())
            .prop_map(|(trader, lots, beyond, premium, held)| Step::Trade { trader, lots, beyond, premium, held }),
        6 => (0..TRADERS, 1i64..=8).prop_map(|(trader, quarters)| Step::Change { trader, quarters }),
        8 => (700u64..1_400).prop_map(|thousandths| Step::Move { thousandths }),
        4 => (side(), 0u64..1 << 30).prop_map(|(payer, per_lot)| Step::Funding { payer, per_lot }),
        4 => (0..TRADERS).prop_map(|trader| Step::Settle { trader }),
        shrinks => (side(), 1u64..60).prop_map(|(side, hundredths)| Step::Shrink { side, hundredths }),
    ]
}

fn int(x: impl Into<BigInt>) -> Q {
    Q::from_integer(x.into())
}

#[derive(Clone, Debug)]
struct Row {
    /// Signed lots.
    size: Q,
    /// Unsettled, in values of 2⁻³² atoms.
    pnl: Q,
    /// What the engine may differ by: lots it may be off, and values.
    loose: bool,
    slack: Q,
    cash: i64,
}

struct Life {
    market: PerpMarket,
    positions: [PerpPosition; TRADERS],
    rows: Vec<Row>,
    pool: i64,
    steps: u64,
    dust: Q,
}

impl Life {
    fn new(mark: u64) -> Self {
        let mut market = PerpMarket::zeroed();
        market.mark = mark;
        market.long.position_index = book::INDEX_ONE;
        market.short.position_index = book::INDEX_ONE;
        let row = Row { size: Q::zero(), pnl: Q::zero(), loose: false, slack: Q::zero(), cash: 0 };
        Self {
            market,
            positions: [PerpPosition::zeroed(); TRADERS],
            rows: vec![row; TRADERS],
            pool: 0,
            steps: 0,
            dust: Q::zero(),
        }
    }

    fn interest(&self, side: PerpSide) -> Q {
        let long = side == PerpSide::Long;
        self.rows.iter().filter(|row| row.size.is_positive() == long).map(|row| row.size.abs()).sum()
    }

    fn run(&mut self, step: Step) {
        self.steps += 1;
        match step {
            Step::Trade { trader, lots, beyond, premium, held } => self.trade(trader, lots, beyond, premium, held),
            Step::Change { trader, quarters } => {
                let size = book::size(&self.positions[trader], &self.market).unwrap();
                let lots = -(size / 4 * quarters + if quarters % 4 == 0 { size % 4 * (quarters / 4) } else { 0 });
                if lots != 0 {
                    self.trade(trader, lots, 0, 0, false);
                }
            }
            Step::Move { thousandths } => {
                let mark = (self.market.mark / 1_000 * thousandths).clamp(1 << 20, 1 << 46);
                let change = int(mark) - int(self.market.mark);
                perp::move_mark(&mut self.market, mark).unwrap();
                for row in &mut self.rows {
                    row.pnl += &row.size * &change;
                    if row.loose {
                        row.slack += change.abs();
                    }
                }
            }
            Step::Funding { payer, per_lot } => self.fund(payer, per_lot),
            Step::Settle { trader } => {
                if self.positions[trader].side != 0 {
                    let due = perp::payable(&self.positions[trader], &self.market, u64::MAX).unwrap();
                    let paid = perp::settle(&mut self.market, &mut self.positions[trader], u64::MAX).unwrap();
                    assert_eq!(paid, due);
                    self.pay(trader, paid);
                    if self.positions[trader].base == [0, 0] {
                        // It gave up what it held of less than a lot.
                        assert!(self.rows[trader].size.abs() < int(1));
                        self.rows[trader].size = Q::zero();
                    }
                    if self.positions[trader].side == 0 {
                        self.forget(trader);
                    }
                }
            }
            Step::Shrink { side, hundredths } => self.shrink(side, hundredths),
        }
    }

    fn pay(&mut self, trader: usize, paid: i64) {
        self.rows[trader].cash += paid;
        self.rows[trader].pnl -= int(paid) * int(1u64 << 32);
        self.pool -= paid;
    }

    /// A closed position left less than an atom to the pool.
    fn forget(&mut self, trader: usize) {
        let row = &mut self.rows[trader];
        assert!(row.size.abs() < int(1), "{row:?}");
        self.dust += &row.pnl;
        row.size = Q::zero();
        row.pnl = Q::zero();
        row.slack = Q::zero();
        row.loose = false;
    }

    fn trade(&mut self, trader: usize, lots: i64, beyond: i64, premium: i64, held: bool) {
        let cost = i128::from(lots) * i128::from(beyond) + (i128::from(premium) << 32);
        let most = if held { 0 } else { u64::MAX };
        let position = &mut self.positions[trader];
        let before = book::size(position, &self.market).unwrap();
        let traded = perp::exchange(&mut self.market, position, lots, most, |_, _| Ok(cost)).unwrap();
        assert_eq!((traded.before, traded.after), (before, before + lots));
        assert!(!held || traded.paid <= 0);
        let after = book::size(position, &self.market).unwrap();
        assert_eq!(after, traded.after, "a trade fixes the size exactly");
        let row = &mut self.rows[trader];
        row.pnl -= int(cost);
        // Whole lots again: what is off is less than a lot, and earns from here on.
        let index_is_one = self.market.book(PerpSide::of(after)).position_index == book::INDEX_ONE;
        row.loose = !index_is_one;
        row.size = int(after);
        self.pay(trader, traded.paid);
        if self.positions[trader].side == 0 {
            self.forget(trader);
        }
    }

    fn fund(&mut self, payer: PerpSide, per_lot: u64) {
        let (paying, receiving) = (self.interest(payer), self.interest(other(payer)));
        perp::pay_funding(&mut self.market, payer, u128::from(per_lot)).unwrap();
        if paying.is_zero() {
            return;
        }
        let rate = int(per_lot);
        let received = if receiving.is_zero() { Q::zero() } else { (&rate * &paying / &receiving).min(rate.clone()) };
        for row in &mut self.rows {
            let pays = row.size.is_positive() == (payer == PerpSide::Long);
            row.pnl += if pays { -(row.size.abs() * &rate) } else { row.size.abs() * &received };
            if row.loose {
                // A lot of its own, and what lots of others that are off do to the receivers' rate.
                row.slack += &rate * int(1 + TRADERS);
            }
        }
        // The receivers' rate itself is off where sizes are.
        if self.rows.iter().any(|row| row.loose) && !receiving.is_zero() {
            let off = &rate * int(TRADERS) / receiving.max(int(1));
            for row in &mut self.rows {
                row.slack += row.size.abs() * &off + int(1);
            }
        }
    }

    fn shrink(&mut self, side: PerpSide, hundredths: u64) {
        let book = self.market.book_mut(side);
        let interest = book::open_interest(book).unwrap();
        let lots = interest / 100 * hundredths;
        if lots == 0 || book.position_index < book::INDEX_MIN * 4 {
            return;
        }
        let index = book.position_index;
        let taken = perp::shrink(book, lots).unwrap();
        assert!(taken >= lots && taken - lots <= 2 + (interest >> 24), "{taken} for {lots} of {interest}");
        let kept = int(book.position_index) / int(index);
        for row in &mut self.rows {
            if row.size.is_positive() == (side == PerpSide::Long) {
                row.size *= &kept;
            }
        }
    }

    fn check(&self) {
        assert_eq!(self.pool + self.rows.iter().map(|row| row.cash).sum::<i64>(), 0, "money is conserved exactly");
        for (row, position) in self.rows.iter().zip(&self.positions) {
            let claim = int(book::claim(position, &self.market).unwrap());
            // A unit for every rounding: of the claim, and of the receivers' index at every funding.
            let bound = &row.slack + int(self.steps) * (int(1) + row.size.abs() / int(1u64 << 40) + int(1));
            assert!((&claim - &row.pnl).abs() <= bound, "claim {claim}, ledger {row:?}, bound {bound}");
            let size = int(book::size(position, &self.market).unwrap());
            let off = (&size - &row.size).abs();
            assert!(if row.loose { off < int(2) } else { off < int(1) }, "size {size}, ledger {row:?}");
        }
        for side in SIDES {
            self.check_side(side);
        }
    }

    fn check_side(&self, side: PerpSide) {
        let book: &SideBook = self.market.book(side);
        let on_side = || self.positions.iter().filter(|position| position.side == side.to_byte());
        let count = on_side().count();
        assert_eq!(usize::try_from(book.positions).unwrap(), count);
        assert_eq!(book::unsigned(book.base), on_side().map(|position| book::unsigned(position.base)).sum::<u128>());
        let offsets = on_side().map(|position| signed_from_words(position.offset)).sum::<i128>();
        assert_eq!(signed_from_words(book.offset), offsets);
        let claims = on_side().map(|position| book::claim(position, &self.market).unwrap()).sum::<i128>();
        let owed = book::owed(book).unwrap();
        let spare = i128::try_from(count.max(1)).unwrap() - 1;
        assert!((0..=spare).contains(&(owed - claims)), "owed {owed}, claims {claims}, {count} positions");
        let sizes = on_side().map(|position| book::size(position, &self.market).unwrap().unsigned_abs()).sum::<u64>();
        let interest = book::open_interest(book).unwrap();
        assert!(
            (0..=spare).contains(&(i128::from(interest) - i128::from(sizes))),
            "interest {interest}, sizes {sizes}"
        );
        if book.base == [0, 0] {
            assert_eq!((book.position_index, book.pnl_index), (book::INDEX_ONE, [0, 0]));
        }
    }

    /// Everybody leaves: nothing is owed to anyone, and the dust was less than an atom a close.
    fn end(mut self) {
        for trader in 0..TRADERS {
            let size = book::size(&self.positions[trader], &self.market).unwrap();
            if size != 0 {
                self.trade(trader, -size, 0, 0, false);
            }
            if self.positions[trader].side != 0 {
                self.run(Step::Settle { trader });
            }
        }
        self.check();
        for side in SIDES {
            let book = self.market.book(side);
            assert_eq!((book.base, book.offset, book.positions), ([0, 0], [0, 0], 0));
        }
    }
}

const fn other(side: PerpSide) -> PerpSide {
    match side {
        PerpSide::Long => PerpSide::Short,
        PerpSide::Short => PerpSide::Long,
    }
}

proptest! {
    #![proptest_config(support::cases(250))]

    #[test]
    fn a_market_is_its_ledger(mark in 1u64 << 20..1 << 44, steps in prop::collection::vec(step(0), 1..120)) {
        let mut life = Life::new(mark);
        for step in steps {
            life.run(step);
            life.check();
            prop_assert!(life.rows.iter().all(|row| row.slack.is_zero()));
        }
        life.end();
    }

    #[test]
    fn a_deleveraged_market_is_its_ledger(mark in 1u64 << 20..1 << 44, steps in prop::collection::vec(step(3), 1..120)) {
        let mut life = Life::new(mark);
        for step in steps {
            life.run(step);
            life.check();
        }
        life.end();
    }
}
