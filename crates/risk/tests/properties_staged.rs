//! What a liquidation in stages and a flash loan never do, over random borrowers and banks.
mod support;

use std::cell::Cell;

use ballast_math::{Index, Ratio};
use ballast_risk::health::{Assessment, Valuation};
use ballast_risk::lending::Amount;
use ballast_risk::limits::cap_in_force;
use ballast_risk::liquidation::{thresholds, Liquidated, Pair};
use ballast_risk::{invariant, Now, RiskError, RiskResult};
use ballast_state::{BalanceSide, MarginAccount};
use num_traits::Zero;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use support::build::{self, NOW};
use support::rational::{int, of_price, of_ratio, q, Q};
use support::world::World;
use support::{cases, random};

const BORROWER: usize = 0;
const TAKER: usize = 1;

/// Borrowers, also of banks that lost three quarters of what they owed: a share of those is worth less than an atom.
fn any_borrower() -> impl Strategy<Value = World> {
    (random::any_borrower(), any::<[bool; 8]>()).prop_map(|(mut world, lost)| {
        for (bank, _) in world.banks.iter_mut().zip(lost).filter(|(_, lost)| *lost) {
            bank.asset_index = Index(Index::from_words(bank.asset_index).0 >> 2).to_words();
        }
        world
    })
}

/// Runs `check` on random borrowers with a pair of theirs and a most to repay.
fn for_requests(count: u32, check: impl Fn(&World, [usize; 2], u64) -> TestCaseResult) {
    let strategy = (any_borrower(), any::<prop::sample::Index>(), 0u32..4, 0i64..400);
    let result = TestRunner::new(cases(count)).run(&strategy, |(mut world, pick, part, waited)| {
        world.accounts[BORROWER].unhealthy_since = build::T0 - waited;
        world.accounts[BORROWER].unhealthy_seen = build::T0 - waited.min(30);
        let active = world.accounts[BORROWER].active();
        let side = |loan: bool| active.iter().filter(move |b| b.is_loan() == loan);
        let pairs: Vec<[usize; 2]> = side(true)
            .flat_map(|loan| side(false).map(|held| [usize::from(loan.bank), usize::from(held.bank)]))
            .collect();
        if pairs.is_empty() {
            return Ok(());
        }
        let pair = pairs[pick.index(pairs.len())];
        let debt = world.accounts[BORROWER].balance(u16::try_from(pair[0]).unwrap()).unwrap().shares;
        let max_repay = if part == 0 { u64::MAX } else { (debt >> (3 * part)).max(1) };
        check(&world, pair, max_repay)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

/// What the liquidator paid and got, tokens.
#[derive(Default)]
struct Flow {
    paid: u64,
    got: u64,
    repays: u64,
}

/// All of a liquidation in two steps.
fn staged(
    world: &mut World,
    [loan, collateral]: [usize; 2],
    max: u64,
    seize_first: bool,
) -> RiskResult<(Liquidated, Flow)> {
    let mut next = world.clone();
    next.begin(BORROWER, [loan, collateral], max, NOW)?;
    let mut flow = Flow { repays: 1, ..Flow::default() };
    if seize_first {
        flow.got = next.seize(BORROWER, collateral, Amount::All)?.atoms;
        flow.paid = next.repay(BORROWER, loan, Amount::All, NOW)?.atoms;
    } else {
        flow.paid = next.repay(BORROWER, loan, Amount::All, NOW)?.atoms;
        flow.got = next.seize(BORROWER, collateral, Amount::All)?.atoms;
    }
    let done = next.end(BORROWER, [loan, collateral], NOW)?;
    *world = next;
    Ok((done, flow))
}

/// Value at mid of so many atoms.
fn worth(world: &World, bank: usize, atoms: u64) -> Q {
    let scale = int(10u64.pow(u32::from(world.banks[bank].decimals)));
    int(atoms) / scale * of_price(world.mid(bank).0)
}

/// The account, both totals and the report are those of `liquidate`; who holds the collateral differs, and insurance gets its
/// part up instead of down: by less than an atom and the rate's own rounding.
#[test]
fn in_stages_it_is_the_same_liquidation() {
    let (done, lost) = (Cell::new(0), Cell::new(0));
    for_requests(3_000, |before, pair, max| {
        let [loan, collateral] = pair;
        for seize_first in [true, false] {
            let (mut direct, mut world) = (before.clone(), before.clone());
            let expected = direct.liquidate([BORROWER, TAKER], pair, max, NOW);
            let found = staged(&mut world, pair, max, seize_first);
            let (expected, (found, flow)) = match (expected, found) {
                (Ok(expected), Ok(found)) => (expected, found),
                // The liquidator holds no account that could be full.
                (Err(RiskError::TooManyBalances), Ok(_)) => continue,
                // Shares worth less than an atom can change hands, but not leave.
                (Ok(expected), Err(RiskError::ZeroAmount)) if expected.exchange.seized == 0 => continue,
                (Err(expected), Err(found)) => {
                    prop_assert_eq!(expected, found);
                    continue;
                }
                (expected, found) => {
                    prop_assert!(false, "{expected:?} {:?}", found.map(|(done, _)| done));
                    continue;
                }
            };
            done.set(done.get() + 1);
            prop_assert_eq!(found.exchange, expected.exchange);
            prop_assert_eq!((found.before, found.after), (expected.before, expected.after));
            prop_assert_eq!((found.bonus, found.unhealthy_since), (expected.bonus, expected.unhealthy_since));
            prop_assert_eq!((flow.paid, flow.got), (found.exchange.repaid + found.insurance, found.exchange.seized));
            let more = int(found.insurance) - int(expected.insurance);
            prop_assert!(more >= int(0) && more < int(2) + int(flow.paid) * q(2, 1u64 << 32), "{more}");
            if let (Some(found), Some(expected)) = (found.loss, expected.loss) {
                lost.set(lost.get() + 1);
                prop_assert_eq!(found.deficit, expected.deficit);
                prop_assert_eq!(found.insured + found.socialized, found.deficit);
            }
            prop_assert_eq!(found.loss.is_some(), expected.loss.is_some());

            let account = MarginAccount { sequence: direct.accounts[BORROWER].sequence, ..world.accounts[BORROWER] };
            prop_assert_eq!(account, direct.accounts[BORROWER]);
            let shares = |world: &World| world.banks[loan].liability_shares;
            let gone = before.accounts[BORROWER].balance(u16::try_from(loan).unwrap()).unwrap().shares;
            let left = world.accounts[BORROWER].balance(u16::try_from(loan).unwrap()).map_or(0, |b| b.shares);
            prop_assert_eq!(shares(before) - shares(&world), gone - left);
            prop_assert_eq!(
                world.banks[collateral].asset_shares,
                before.banks[collateral].asset_shares - found.exchange.seized_shares
            );
            prop_assert_eq!(world.check(), Ok(()));
            prop_assert_eq!(world.check_since(before), Ok(()));
        }
        Ok(())
    });
    assert!(done.get() > 1_000 && lost.get() > 20, "{} {}", done.get(), lost.get());
}

/// Steps of a liquidator that tries what it likes: a part (of 256) of what is left, to be seized or repaid.
fn any_steps() -> impl Strategy<Value = Vec<(bool, u64)>> {
    prop::collection::vec((any::<bool>(), prop_oneof![3 => 0u64..=256, 1 => Just(256)]), 1..8)
}

/// Whatever is tried in between, what `end` lets pass is a liquidation, and the liquidator got no more than it paid for.
#[test]
fn inv_07_to_12_hold_for_every_sequence_of_steps() {
    let (passed, refused) = (Cell::new(0), Cell::new(0));
    let strategy = (any_borrower(), any::<prop::sample::Index>(), any_steps(), 0u8..4);
    let run = TestRunner::new(cases(3_000)).run(&strategy, |(before, pick, steps, pay_up)| {
        let active = before.accounts[BORROWER].active();
        let side = |loan: bool| active.iter().filter(move |b| b.is_loan() == loan);
        let pairs: Vec<[usize; 2]> = side(true)
            .flat_map(|loan| side(false).map(|held| [usize::from(loan.bank), usize::from(held.bank)]))
            .collect();
        if pairs.is_empty() {
            return Ok(());
        }
        let pair = pairs[pick.index(pairs.len())];
        let [loan, collateral] = pair;
        let mut world = before.clone();
        if world.begin(BORROWER, pair, u64::MAX, NOW).is_err() {
            return Ok(());
        }
        let plan = world.accounts[BORROWER].liquidation;
        let mut flow = Flow::default();
        for (seizes, part) in steps {
            let most = if seizes { plan.most_seized } else { plan.most_repaid };
            let atoms = u64::try_from(u128::from(most) * u128::from(part) / 256).unwrap();
            let amount = if part == 256 { Amount::All } else { Amount::Exact(atoms) };
            if seizes {
                flow.got += world.seize(BORROWER, collateral, amount).map_or(0, |moved| moved.atoms);
            } else if let Ok(moved) = world.repay(BORROWER, loan, amount, NOW) {
                flow.paid += moved.atoms;
                flow.repays += 1;
            }
            prop_assert_eq!(world.check(), Ok(()));
        }
        // Most who seized pay in the end.
        if pay_up > 0 {
            if let Ok(moved) = world.repay(BORROWER, loan, Amount::All, NOW) {
                flow.paid += moved.atoms;
                flow.repays += 1;
            }
            if pay_up > 1 {
                flow.got += world.seize(BORROWER, collateral, Amount::All).map_or(0, |moved| moved.atoms);
            }
        }
        let done = match world.end(BORROWER, pair, NOW) {
            Ok(done) => done,
            Err(error) => {
                let known = matches!(
                    error,
                    RiskError::NothingToDo
                        | RiskError::SeizedTooMuch
                        | RiskError::TargetExceeded
                        | RiskError::LiquidationWouldWorsen
                );
                prop_assert!(known, "{error:?}");
                refused.set(refused.get() + 1);
                return Ok(());
            }
        };
        passed.set(passed.get() + 1);
        prop_assert!(
            done.exchange.repaid_shares <= plan.most_repaid && done.exchange.seized_shares <= plan.most_seized
        );
        let portfolio = before.portfolio(BORROWER, NOW).unwrap();
        let assessment = Assessment::of(&portfolio, &before.board, Valuation::Maintenance, NOW).unwrap();
        let banks = [&before.banks[loan], &before.banks[collateral]];
        let account = &before.accounts[BORROWER];
        let pair = Pair::new(&before.board, &portfolio, assessment, banks[0], banks[1], account).unwrap();
        let closed =
            done.exchange.repaid_shares == pair.loan_shares || done.exchange.seized_shares == pair.collateral_shares;
        let context = invariant::LiquidationContext {
            board: &before.board,
            loan_bank: banks[0],
            collateral_bank: banks[1],
            lock: account.bonus_lock,
            factor_threshold: thresholds(&pair, &pair.health().unwrap()).unwrap().factor,
            dust_closed: closed,
            now: NOW,
        };
        prop_assert_eq!(invariant::check_liquidation(&done, &context), Ok(()));
        prop_assert_eq!(world.check(), Ok(()));
        // In tokens: no more collateral than the shares are worth, and all that the report says was paid.
        prop_assert!(flow.got <= done.exchange.seized);
        prop_assert!(flow.paid >= done.exchange.repaid + done.insurance);
        let share = of_ratio(done.bonus) * of_ratio(Ratio::from_bits(before.board.rules.insurance_share));
        prop_assert!(int(done.insurance) >= int(done.exchange.repaid) * share, "insurance is never short");
        let bound = worth(&before, loan, flow.paid - done.insurance) * (of_ratio(done.bonus) + int(1));
        prop_assert!(worth(&before, collateral, flow.got) <= bound + q(1, 1 << 18), "paid in full");
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
    assert!(passed.get() > 300 && refused.get() > 100, "{} {}", passed.get(), refused.get());
}

/// Gain of the liquidator at mid: what it got less what it paid, insurance's part included.
fn gain(world: &World, [loan, collateral]: [usize; 2], flow: &Flow) -> Q {
    worth(world, collateral, flow.got) - worth(world, loan, flow.paid)
}

#[test]
fn t11_n_stages_never_beat_one() {
    let split = Cell::new(0);
    for_requests(1_200, |before, pair, max| {
        let mut world = before.clone();
        let Ok((whole, flow)) = staged(&mut world, pair, max, true) else { return Ok(()) };
        let most = whole.exchange.repaid;
        for parts in [2u64, 7, 40] {
            let mut world = before.clone();
            let (mut total, mut repaid, mut count) = (Q::zero(), 0u64, 0u64);
            while count < 60 && repaid < most {
                let piece = (most / parts).max(1).min(most - repaid);
                let Ok((done, flow)) = staged(&mut world, pair, piece, count % 2 == 0) else { break };
                total += gain(before, pair, &flow);
                repaid += done.exchange.repaid;
                count += 1;
            }
            split.set(split.get() + u32::from(count > 1));
            // In the whole, repayment was up and seizure down by a share of each, and insurance up by two atoms.
            let rounding = worth(before, pair[0], 4) + worth(before, pair[1], 3);
            prop_assert!(total <= gain(before, pair, &flow) + rounding, "{count} pieces, {repaid} of {most}");
        }
        Ok(())
    });
    assert!(split.get() > 200, "{}", split.get());
}

/// At one price the gain in stages is at most the gain of `liquidate`, and less only by what rounds to insurance.
#[test]
fn stages_pay_the_liquidator_no_more_than_liquidate() {
    let done = Cell::new(0);
    for_requests(1_000, |before, pair, max| {
        let (mut direct, mut world) = (before.clone(), before.clone());
        let Ok(expected) = direct.liquidate([BORROWER, TAKER], pair, max, NOW) else { return Ok(()) };
        if expected.exchange.seized == 0 {
            return Ok(());
        }
        let (_, flow) = staged(&mut world, pair, max, false).unwrap();
        done.set(done.get() + 1);
        prop_assert!(flow.paid >= expected.exchange.repaid + expected.insurance);
        prop_assert!(flow.got <= expected.exchange.seized);
        Ok(())
    });
    assert!(done.get() > 150, "{}", done.get());
}

#[test]
fn a_flash_loan_never_lowers_a_claim() {
    let strategy = (1u64..1 << 50, 0u64..1 << 50, 1u64..1 << 50, 0u32..=42_949_673, 0u64..1 << 33, any::<bool>());
    let run = TestRunner::new(cases(2_000)).run(&strategy, |(deposit, loan, flash, fee, growth, moves)| {
        let mut bank = build::with_interest(build::bank(0, 0, 6), 10);
        bank.asset_index = Index(Index::ONE.0 + (u128::from(growth) << 30)).to_words();
        bank.liability_index = Index(Index::ONE.0 + (u128::from(growth) << 31)).to_words();
        bank.flash_fee = fee;
        let mut world = World::new(build::board(&[build::usdc()]), vec![bank], 2);
        world.give(0, 0, BalanceSide::Deposit, deposit + 1);
        world.give(1, 0, BalanceSide::Loan, loan + 1);
        let before = world.clone();
        let held = world.vaults[0];
        if flash > held {
            prop_assert_eq!(world.begin_flash(0, flash, NOW), Err(RiskError::InsufficientLiquidity));
            return Ok(());
        }
        world.begin_flash(0, flash, NOW).unwrap();
        prop_assert_eq!(world.vaults[0], held - flash);
        prop_assert_eq!(world.banks[0].vault_balance, held - flash);
        // In between, a user's own business goes on, with what is there.
        if moves {
            let other = world.lender();
            let _ = world.deposit(other, 0, flash, NOW);
            let _ = world.withdraw(other, 0, Amount::All, NOW);
        }
        let due = world.end_flash(0).unwrap().atoms;
        // ⌈flash · fee⌉
        let exact = u64::try_from((u128::from(flash) * u128::from(fee)).div_ceil(1 << 32)).unwrap();
        prop_assert_eq!(due, flash + exact);
        let (old, new) = (&before.banks[0], &world.banks[0]);
        prop_assert_eq!(new.fees, old.fees + exact);
        prop_assert_eq!(new.flash_loaned, 0);
        prop_assert_eq!((new.asset_index, new.liability_index), (old.asset_index, old.liability_index));
        prop_assert_eq!((new.borrow_rate, new.lend_ratio), (old.borrow_rate, old.lend_ratio));
        prop_assert_eq!(world.check(), Ok(()));
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
}

/// A tenth at the start, all of it at the end, and never less later.
#[test]
fn a_cap_that_warms_up_only_grows() {
    let strategy = (any::<u64>(), 0u32..=90 * 86_400, -1_000i64..100 * 86_400, 0i64..86_400);
    let run = TestRunner::new(cases(4_000)).run(&strategy, |(cap, warm_up, passed, more)| {
        let mut bank = build::bank(0, 0, 6);
        (bank.warm_up, bank.warm_ts) = (warm_up, build::T0 + i64::from(warm_up));
        let at = |seconds: i64| cap_in_force(&bank, cap, Now { ts: build::T0 + seconds, slot: 0 });
        prop_assert!(at(passed) <= at(passed + more));
        prop_assert!(at(passed) <= cap);
        prop_assert_eq!(at(i64::from(warm_up)), cap);
        if warm_up > 0 {
            prop_assert_eq!(at(0), cap / 10);
            prop_assert_eq!(at(-1_000), cap / 10);
            // ⌊cap · (warm_up + 9 · passed) / (10 · warm_up)⌋ on the way.
            let on_the_way = passed.clamp(0, i64::from(warm_up));
            let exact = u128::from(cap) * (u128::from(warm_up) + 9 * u128::from(on_the_way.unsigned_abs()))
                / (10 * u128::from(warm_up));
            prop_assert_eq!(u128::from(at(on_the_way)), exact);
        }
        Ok(())
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
}
