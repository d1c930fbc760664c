//! Random lives: deposits, loans, prices that walk and crash, liquidations, deleverages, bankruptcies, for months.

use super::host::Action;
use super::story::Story;

/// Numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn bank(&mut self) -> u16 {
        u16::try_from(self.below(5)).unwrap_or(0)
    }
}

/// Traders of a story; 0 lends, 1 and 2 liquidate and keep, the others borrow.
const TRADERS: u64 = 7;

fn who(dice: &mut Dice) -> usize {
    usize::try_from(dice.below(TRADERS)).unwrap_or(0)
}

fn borrower(dice: &mut Dice) -> usize {
    usize::try_from(3 + dice.below(TRADERS - 3)).unwrap_or(3)
}

/// A pair the account has, or any.
fn pair(story: &Story, from: usize, dice: &mut Dice) -> (u16, u16) {
    let account = story.world.margin(&story.traders[from]);
    let mut pick = |loan: bool| {
        let banks: Vec<u16> =
            account.active().iter().filter(|balance| balance.is_loan() == loan).map(|balance| balance.bank).collect();
        let any = dice.bank();
        if banks.is_empty() || dice.one_in(12) {
            any
        } else {
            banks[usize::try_from(dice.next()).unwrap_or(0) % banks.len()]
        }
    };
    (pick(true), pick(false))
}

fn most(story: &Story, bank: u16, dice: &mut Dice) -> u64 {
    match dice.below(8) {
        0 => dice.below(3),
        1..=3 => story.worth(bank, 1 + dice.below(3_000)),
        _ => u64::MAX,
    }
}

fn lend(story: &mut Story, dice: &mut Dice) {
    let bank = dice.bank();
    let atoms = match dice.below(12) {
        0 => dice.below(3),
        1 => u64::MAX / 16 - dice.below(2),
        _ => story.worth(bank, 1 + dice.below(4_000)) + dice.below(1_000),
    };
    let optional = if dice.one_in(4) { None } else { Some(atoms) };
    let who = if dice.one_in(3) { who(dice) } else { borrower(dice) };
    let _ = match dice.below(10) {
        0..=2 => story.act(Action::Deposit { who, bank, atoms }),
        3 | 4 => story.act(Action::Withdraw { who, bank, atoms: optional }),
        5..=7 => story.act(Action::Borrow { who: borrower(dice), bank, atoms: atoms.saturating_mul(2) }),
        8 => story.act(Action::Repay { who, bank, atoms: optional }),
        _ => story.act(Action::Insure { who, bank, atoms: atoms / 64 }),
    };
}

/// A borrower without a loan takes one, as large as it gets; one with a loan comes closer to its limit.
fn lever(story: &mut Story, dice: &mut Dice) {
    let who = borrower(dice);
    let (_, collateral) = pair(story, who, dice);
    let atoms = story.worth(collateral, 1_000 + dice.below(20_000)) + dice.below(100);
    let _ = story.act(Action::Deposit { who, bank: collateral, atoms });
    story.world.svm.advance(1);
    story.refresh_all();
    let (loan, _) = pair(story, who, dice);
    let mut atoms = story.worth(loan, 20_000) + dice.below(100);
    for _ in 0..4 {
        if story.act(Action::Borrow { who, bank: loan, atoms }).is_err() {
            atoms = atoms / 4 * 3;
        }
    }
}

/// Keepers look at every account.
fn patrol(story: &mut Story, dice: &mut Dice) {
    for from in 3..usize::try_from(TRADERS).unwrap_or(7) {
        let (loan, collateral) = pair(story, from, dice);
        let most = most(story, loan, dice);
        let who = usize::try_from(1 + dice.below(2)).unwrap_or(1);
        if story.act(Action::Liquidate { who, from, loan, collateral, most }).is_err() {
            let wind_down = dice.one_in(2);
            let _ = story.act(Action::Deleverage { who, from, loan, collateral, most, wind_down });
        }
        if dice.one_in(4) {
            let _ = story.act(Action::Resolve { who: from, bank: loan });
        }
    }
}

fn take_over(story: &mut Story, dice: &mut Dice) {
    let from = if dice.one_in(10) { who(dice) } else { borrower(dice) };
    let taker = if dice.one_in(8) { who(dice) } else { usize::try_from(1 + dice.below(2)).unwrap_or(1) };
    let (loan, collateral) = pair(story, from, dice);
    let most = most(story, loan, dice);
    let _ = match dice.below(8) {
        0 => story.act(Action::Mark { who: from }),
        1 => story.act(Action::Resolve { who: from, bank: loan }),
        2 | 3 => {
            let wind_down = dice.one_in(3);
            story.act(Action::Deleverage { who: taker, from, loan, collateral, most, wind_down })
        }
        _ => story.act(Action::Liquidate { who: taker, from, loan, collateral, most }),
    };
}

fn price(story: &mut Story, dice: &mut Dice) {
    let bank = 1 + dice.bank() % 4;
    let price = story.world.markets[usize::from(bank)].price;
    let moved = i64::try_from(dice.below(5_601)).unwrap_or(0) - 2_850;
    let next = (price + price / 100_000 * moved).max(1_000);
    match dice.below(24) {
        0 => {
            // Half of what it was, twice.
            story.world.svm.advance(1);
            story.price(bank, (price / 2).max(1_000));
            story.world.svm.advance(11);
            story.refresh_all();
        }
        // A wild tick.
        1 => {
            story.world.svm.advance(1);
            story.price(bank, price * 3);
            story.world.markets[usize::from(bank)].price = price;
        }
        // A wide one, and one from the future.
        2 => {
            let now = story.world.svm.now();
            story.world.publish_at(bank, next, next.unsigned_abs() / 10, now);
            let _ = story.act(Action::Refresh { bank });
            story.world.publish_at(bank, next, 0, now + 100);
            let _ = story.act(Action::Refresh { bank });
            story.world.markets[usize::from(bank)].price = price;
        }
        _ => {
            story.world.svm.advance(1);
            story.price(bank, next);
        }
    }
}

/// A life of `steps` steps.
fn live(seed: u64, steps: u32) -> Story {
    let mut dice = Dice(seed);
    let mut story = Story::new(usize::try_from(TRADERS).unwrap_or(7));
    for keeper in [1, 2] {
        for bank in 0..5 {
            let atoms = story.worth(bank, 20_000);
            let _ = story.act(Action::Deposit { who: keeper, bank, atoms });
        }
    }
    for borrower in 3..5 {
        story.set_policy(borrower, 13_000);
    }
    if seed % 2 == 0 {
        let bank = dice.bank();
        story.world.set_bank_mode(bank, 2).expect("set_bank_mode");
        story.world.svm.advance(8 * 86_400);
        story.refresh_all();
    }
    for _ in 0..steps {
        match dice.below(20) {
            0..=3 => lend(&mut story, &mut dice),
            4 | 5 => lever(&mut story, &mut dice),
            6..=8 => take_over(&mut story, &mut dice),
            9..=13 => price(&mut story, &mut dice),
            14..=16 => {
                story.world.svm.advance(1);
                story.refresh_all();
                patrol(&mut story, &mut dice);
            }
            17 => {
                let seconds = [1, 9, 30, 61, 301, 3_600, 86_400][usize::try_from(dice.below(7)).unwrap_or(0)];
                story.world.svm.advance(seconds);
            }
            _ => {
                story.world.svm.advance(1);
                story.refresh_all();
            }
        }
    }
    story
}

#[test]
fn random_lives_are_the_same_on_host_and_chain() {
    let mut done = std::collections::BTreeMap::<String, [u32; 2]>::new();
    for seed in 1..=6 {
        let story = live(seed, 300);
        eprintln!("{:#?}", story.why);
        for (kind, [good, bad]) in story.done {
            let total = done.entry(kind).or_default();
            *total = [total[0] + good, total[1] + bad];
        }
    }
    eprintln!("{done:#?}");
    // A test that is refused everywhere would pass, too.
    for (kind, least) in [
        ("Deposit", 300),
        ("Withdraw", 50),
        ("Borrow", 100),
        ("Repay", 20),
        ("Insure", 20),
        ("Refresh", 1_000),
        ("Mark", 50),
        ("Liquidate", 50),
        ("Deleverage", 20),
        ("Resolve", 1),
    ] {
        assert!(done[kind][0] >= least, "{kind}: {:?}", done[kind]);
    }
}
