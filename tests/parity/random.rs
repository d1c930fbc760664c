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
    let (owed, held) = pair(story, who, dice);
    let _ = match dice.below(10) {
        0..=2 => story.act(Action::Deposit { who, bank, atoms }),
        3 | 4 => story.act(Action::Withdraw { who, bank: held, atoms: optional }),
        5..=7 => story.act(Action::Borrow { who: borrower(dice), bank, atoms: atoms.saturating_mul(2) }),
        8 => story.act(Action::Repay { who, bank: owed, atoms: optional }),
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
    let equity = story.world.health(&story.traders[who]).equity().unwrap_or(0).max(0).unsigned_abs() >> 20;
    let mut atoms = story.worth(loan, 4 * equity) + dice.below(100);
    for _ in 0..8 {
        let _ = story.act(Action::Borrow { who, bank: loan, atoms });
        atoms = atoms / 16 * 9;
    }
}

/// A market falls or rises by 8 to 50 %, and a second print confirms it.
fn crash(story: &mut Story, dice: &mut Dice) {
    let bank = 1 + dice.bank() % 4;
    let market = &story.world.markets[usize::from(bank)];
    // Towards where it began, so that nothing drifts away.
    let falls = i128::from(market.price) * 100 > i128::from(story.first_prices[usize::from(bank)]) * 80;
    let part = i64::try_from(80 + dice.below(420)).unwrap_or(80);
    let price = if falls { market.price / 1_000 * (1_000 - part) } else { market.price / (1_000 - part) * 1_000 };
    story.world.svm.advance(1);
    story.price(bank, price);
    story.world.svm.advance(11);
    story.refresh_all();
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
    if seed.is_multiple_of(2) {
        let bank = dice.bank();
        story.world.set_bank_mode(bank, 2).expect("set_bank_mode");
        story.world.svm.advance(8 * 86_400);
        story.refresh_all();
    }
    for _ in 0..steps {
        match dice.below(20) {
            0..=2 => lend(&mut story, &mut dice),
            3..=5 => lever(&mut story, &mut dice),
            6..=8 => take_over(&mut story, &mut dice),
            9..=13 => price(&mut story, &mut dice),
            14..=16 => {
                crash(&mut story, &mut dice);
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
    for seed in 1..=5 {
        for (kind, [good, bad]) in live(seed, 300).done {
            let total = done.entry(kind).or_default();
            *total = [total[0] + good, total[1] + bad];
        }
    }
    // A test in which everything is refused would pass, too.
    for (kind, least) in [
        ("Deposit", 300),
        ("Withdraw", 10),
        ("Borrow", 300),
        ("Repay", 10),
        ("Insure", 20),
        ("Refresh", 3_000),
        ("Mark", 30),
        ("Liquidate", 60),
        ("Deleverage", 15),
    ] {
        assert!(done[kind][0] >= least, "{kind}: {:?}", done[kind]);
    }
}

/// An account that owes in two markets, whose collateral loses three quarters: the first loan is liquidated to the last atom
/// of collateral and the rest of it absorbed, the second one resolved.
#[test]
fn bankruptcies_are_the_same_on_host_and_chain() {
    let (mut absorbed, mut resolved) = (0, 0);
    for seed in 1..=12 {
        let mut dice = Dice(seed);
        let mut story = Story::new(3);
        let [collateral, first, second] =
            [[1, 0, 3], [3, 4, 0], [4, 3, 1], [2, 0, 4]][usize::try_from(seed % 4).unwrap_or(0)];
        for bank in 0..5 {
            let atoms = story.worth(bank, 50_000);
            story.must(Action::Deposit { who: 1, bank, atoms });
            let atoms = story.worth(bank, dice.below(100)).max(1);
            story.must(Action::Insure { who: 1, bank, atoms });
        }
        let atoms = story.worth(collateral, 10_000) + dice.below(3);
        story.must(Action::Deposit { who: 2, bank: collateral, atoms });
        for (bank, dollars) in [(first, 3_000), (second, 1_500 + dice.below(1_000))] {
            let atoms = story.worth(bank, dollars) + dice.below(2);
            story.must(Action::Borrow { who: 2, bank, atoms });
        }
        story.world.svm.advance(i64::try_from(dice.below(1_000_000)).unwrap_or(0));
        story.refresh_all();
        story.world.svm.advance(1);
        let price = story.world.markets[usize::from(collateral)].price;
        story.price(collateral, price / 4);
        story.world.svm.advance(11);
        story.refresh_all();
        let liquidate = |most| Action::Liquidate { who: 1, from: 2, loan: first, collateral, most };
        for most in [story.worth(first, 10 + dice.below(1_000)), u64::MAX, u64::MAX] {
            if let Ok(sent) = story.act(liquidate(most)) {
                absorbed += u32::from(ballast_testkit::event!(sent, Liquidated).loss.deficit > 0);
            }
        }
        resolved += u32::from(story.act(Action::Resolve { who: 2, bank: second }).is_ok());
        let _ = story.act(Action::Resolve { who: 2, bank: second });
        assert_eq!(story.world.margin(&story.traders[2]).balance_count, 0, "{seed}");
    }
    assert_eq!((absorbed, resolved), (12, 12));
}

/// Two banks wind down; hour after hour a keeper takes what the hour allows.
#[test]
fn wind_downs_are_the_same_on_host_and_chain() {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let mut story = Story::new(3);
        let [collateral, loan] = [[1, 0], [3, 4], [4, 1], [0, 2]][usize::try_from(seed % 4).unwrap_or(0)];
        let atoms = story.worth(collateral, 10_000);
        story.must(Action::Deposit { who: 2, bank: collateral, atoms });
        let atoms = story.worth(loan, 2_000 + dice.below(3_000)) + dice.below(3);
        story.must(Action::Borrow { who: 2, bank: loan, atoms });
        let atoms = story.worth(loan, 10_000);
        story.must(Action::Deposit { who: 1, bank: loan, atoms });
        for bank in [loan, collateral] {
            story.world.set_bank_mode(bank, 2).expect("set_bank_mode");
        }
        story.world.svm.advance(7 * 86_400 + i64::try_from(dice.below(700_000)).unwrap_or(0));
        let mut done = 0;
        for _ in 0..24 {
            story.world.svm.advance(1_800);
            story.refresh_all();
            let most = if dice.one_in(2) { u64::MAX } else { story.worth(loan, 1 + dice.below(200)) };
            let deleverage = Action::Deleverage { who: 1, from: 2, loan, collateral, most, wind_down: true };
            done += u32::from(story.act(deleverage).is_ok());
        }
        assert!(done >= 8, "{seed}: {done}");
    }
}
