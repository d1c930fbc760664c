//! A liquidation in stages and a flash loan: exact cases of rules-risk 4, and every refusal.
mod support;

use ballast_risk::lending::{Amount, Moved};
use ballast_risk::{Now, RiskError};
use ballast_state::{BalanceSide, BankMode, MarginAccount, OpenLiquidation, Zeroable};
use support::build::{self, after, bits, dollars, MILLION, NOW};
use support::rational::{int, is_down, of_ratio, q};
use support::world::{World, LIQUIDATOR};
use Amount::{All, Exact};
use Step::{Repay, Seize};

const SOL: u64 = 1_000_000_000;
const USDC_SOL: [usize; 2] = [0, 1];

/// 100 SOL (15,000 USD) and a thousandth of a BTC (100 USD) against USDC.
fn borrower(debt: u64) -> World {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 2, 8)];
    let board = build::board(&[build::usdc(), build::sol(), build::btc()]);
    let mut world = World::new(board, banks, 2);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 2, BalanceSide::Deposit, 100_000);
    world.give(0, 0, BalanceSide::Loan, debt * MILLION);
    world
}

/// A step of an open liquidation.
enum Step {
    Seize(Amount),
    Repay(Amount),
}

fn opened(debt: u64) -> World {
    let mut world = borrower(debt);
    world.begin(0, USDC_SOL, u64::MAX, NOW).unwrap();
    world
}

/// What `begin` writes down is what `liquidate` would have done.
#[test]
fn begin_writes_down_what_liquidate_would_do() {
    let mut direct = borrower(14_000);
    let done = direct.liquidate([0, 1], USDC_SOL, u64::MAX, NOW).unwrap();
    let mut world = borrower(14_000);
    let before = world.begin(0, USDC_SOL, u64::MAX, NOW).unwrap();
    assert_eq!(before, done.before);
    let account = &world.accounts[0];
    assert_eq!((account.flags, account.sequence), (MarginAccount::IN_LIQUIDATION, 1));
    let rate = account.liquidation.insurance_rate;
    assert_eq!(
        account.liquidation,
        OpenLiquidation {
            liquidator: LIQUIDATOR,
            board_sequence: 0,
            loan_sequence: 1,
            collateral_sequence: 1,
            others_sequence: 0,
            bonus: done.bonus.0,
            insurance_rate: rate,
            insurance: 0,
            assets: before.assets.0,
            liabilities: before.liabilities.0,
            requirement: before.requirement.0,
            loan_shares: 14_000 * MILLION,
            collateral_shares: 100 * SOL,
            most_repaid: done.exchange.repaid_shares,
            most_seized: done.exchange.seized_shares,
            loan_bank: 0,
            collateral_bank: 1,
            minimal: 0,
            padding: [0; 3],
        }
    );
    // A fifth of the bonus, up.
    let exact = of_ratio(done.bonus) * q(bits(1, 5), 1u64 << 32);
    assert!(is_down(&exact, &q(rate, 1u64 << 32), &q(1, 1u64 << 32)));
}

/// In either order and in any number of steps. Insurance is up instead of down: an atom a step, and what the rate is up by.
#[test]
fn any_order_and_number_of_steps_leaves_what_liquidate_leaves() {
    let mut direct = borrower(14_000);
    let expected = direct.liquidate([0, 1], USDC_SOL, u64::MAX, NOW).unwrap();
    let most = expected.exchange.repaid;
    let third = most / 3;
    let plans: [&[Step]; 4] = [
        &[Seize(All), Repay(All)],
        &[Repay(All), Seize(All)],
        &[Repay(Exact(third)), Seize(Exact(SOL)), Repay(Exact(third)), Seize(All), Repay(All)],
        &[Seize(Exact(1)), Seize(Exact(SOL)), Seize(All), Repay(Exact(1)), Repay(Exact(third)), Repay(All)],
    ];
    for plan in plans {
        let mut world = opened(14_000);
        let (mut paid, mut got, mut repays) = (0, 0, 0u64);
        for step in plan {
            match step {
                Seize(amount) => got += world.seize(0, 1, *amount).unwrap().atoms,
                Repay(amount) => {
                    paid += world.repay(0, 0, *amount, NOW).unwrap().atoms;
                    repays += 1;
                }
            }
            assert_eq!(world.check(), Ok(()), "INV-1 and INV-2 hold between the steps, too");
        }
        let done = world.end(0, USDC_SOL, NOW).unwrap();
        assert_eq!(done.exchange, expected.exchange);
        assert_eq!((done.before, done.after, done.bonus), (expected.before, expected.after, expected.bonus));
        assert_eq!((done.loss, done.unhealthy_since), (None, expected.unhealthy_since));
        assert_eq!((paid, got), (most + done.insurance, expected.exchange.seized));
        let exact = int(most) * of_ratio(done.bonus) * q(bits(1, 5), 1u64 << 32);
        let above = int(done.insurance) - exact;
        assert!(above >= int(0) && above < int(repays) + int(most) * q(1, 1u64 << 32), "{above}");
        assert_eq!(world.banks[0].insurance, done.insurance);

        let account = MarginAccount { sequence: direct.accounts[0].sequence, ..world.accounts[0] };
        assert_eq!(account, direct.accounts[0]);
        // There the taker owes it now, here nobody does.
        assert_eq!(world.banks[0].liability_shares, 14_000 * MILLION - expected.exchange.repaid_shares);
        assert_eq!(world.banks[1].asset_shares, direct.banks[1].asset_shares - expected.exchange.seized_shares);
        assert_eq!(world.banks[2], direct.banks[2]);
        assert_eq!(world.check(), Ok(()));
    }
}

#[test]
fn an_open_liquidation_admits_no_other() {
    let mut world = opened(14_000);
    assert_eq!(world.begin(0, USDC_SOL, u64::MAX, NOW), Err(RiskError::AccountInTransit));
    assert_eq!(world.begin(0, [0, 2], u64::MAX, NOW), Err(RiskError::AccountInTransit));
}

#[test]
fn begin_asks_what_liquidate_asks() {
    let begin = |world: &mut World, pair, now: Now| world.begin(0, pair, u64::MAX, now);
    assert_eq!(begin(&mut borrower(13_000), USDC_SOL, NOW), Err(RiskError::AccountHealthy));
    assert_eq!(begin(&mut borrower(14_000), [2, 1], NOW), Err(RiskError::WrongSide));
    assert_eq!(begin(&mut borrower(14_000), [1, 0], NOW), Err(RiskError::WrongSide));
    assert_eq!(begin(&mut borrower(14_000), [1, 1], NOW), Err(RiskError::SamePair));
    assert_eq!(begin(&mut borrower(14_000), USDC_SOL, after(61)), Err(RiskError::PairPriceStale));
    assert_eq!(borrower(14_000).begin(0, USDC_SOL, 0, NOW), Err(RiskError::NothingToDo));
    let mut cool = borrower(14_000);
    cool.accounts[0].risk_ts = NOW.ts;
    assert_eq!(begin(&mut cool, USDC_SOL, NOW), Err(RiskError::AccountCoolingOff));
    cool.accounts[0].risk_ts = 0;
    cool.board.grace_until = NOW.ts + 1;
    assert_eq!(begin(&mut cool, USDC_SOL, NOW), Err(RiskError::GracePeriod));
    let mut none = borrower(14_000);
    none.repay(0, 0, All, NOW).unwrap();
    assert_eq!(begin(&mut none, USDC_SOL, NOW), Err(RiskError::NoLiability));
    let mut other = borrower(14_000);
    other.banks[1].collateral = 0;
    other.give(0, 2, BalanceSide::Deposit, 14_000_000);
    assert_eq!(begin(&mut other, USDC_SOL, NOW), Err(RiskError::NotCollateral));
}

#[test]
fn without_a_beginning_there_is_no_step() {
    let mut world = borrower(14_000);
    assert_eq!(world.seize(0, 1, All), Err(RiskError::NoOpenLiquidation));
    assert_eq!(world.end(0, USDC_SOL, NOW), Err(RiskError::NoOpenLiquidation));
    let mut world = opened(14_000);
    world.seize(0, 1, Exact(SOL)).unwrap();
    world.repay(0, 0, Exact(150 * MILLION), NOW).unwrap();
    world.end(0, USDC_SOL, NOW).unwrap();
    assert_eq!((world.accounts[0].flags, world.accounts[0].liquidation), (0, OpenLiquidation::zeroed()));
    assert_eq!(world.end(0, USDC_SOL, NOW), Err(RiskError::NoOpenLiquidation));
    assert_eq!(world.seize(0, 1, All), Err(RiskError::NoOpenLiquidation));
}

#[test]
fn steps_are_for_the_pair() {
    let mut world = opened(14_000);
    assert_eq!(world.seize(0, 2, All), Err(RiskError::BankMismatch));
    assert_eq!(world.seize(0, 0, All), Err(RiskError::BankMismatch));
    assert_eq!(world.repay(0, 1, All, NOW), Err(RiskError::BankMismatch));
    assert_eq!(world.end(0, [0, 2], NOW), Err(RiskError::BankMismatch));
    assert_eq!(world.end(0, [1, 0], NOW), Err(RiskError::BankMismatch));
}

#[test]
fn amounts_are_at_most_what_was_planned() {
    let mut world = opened(14_000);
    let OpenLiquidation { most_repaid, most_seized, .. } = world.accounts[0].liquidation;
    assert_eq!(world.seize(0, 1, Exact(0)), Err(RiskError::ZeroAmount));
    assert_eq!(world.seize(0, 1, Exact(most_seized + 1)), Err(RiskError::SeizedTooMuch));
    assert_eq!(world.seize(0, 1, Exact(100 * SOL + 1)), Err(RiskError::SeizedTooMuch));
    assert_eq!(world.seize(0, 1, Exact(u64::MAX)), Err(RiskError::SeizedTooMuch));
    assert_eq!(world.seize(0, 1, Exact(most_seized)), Ok(Moved { atoms: most_seized, shares: most_seized }));
    assert_eq!(world.seize(0, 1, All), Err(RiskError::ZeroAmount), "nothing is left of the plan");
    assert_eq!(world.seize(0, 1, Exact(1)), Err(RiskError::SeizedTooMuch));
    assert_eq!(world.repay(0, 0, Exact(0), NOW), Err(RiskError::ZeroAmount));
    assert_eq!(world.repay(0, 0, Exact(most_repaid + 1), NOW), Err(RiskError::RepaidTooMuch));
    assert_eq!(world.repay(0, 0, Exact(14_000 * MILLION + 1), NOW), Err(RiskError::InsufficientBalance));
    assert_eq!(world.repay(0, 0, All, NOW).unwrap().shares, most_repaid);
    assert_eq!(world.repay(0, 0, All, NOW), Err(RiskError::ZeroAmount));
    assert_eq!(world.repay(0, 0, Exact(1), NOW), Err(RiskError::RepaidTooMuch));
    world.end(0, USDC_SOL, NOW).unwrap();
}

/// A share that buys no atom, and an atom that buys no share.
#[test]
fn what_is_less_than_a_share_is_refused() {
    let mut world = opened(14_000);
    world.banks[0].liability_index = [0, 2];
    assert_eq!(world.repay(0, 0, Exact(1), NOW), Err(RiskError::ZeroShares));
}

#[test]
fn t26_tokens_that_are_not_there_cannot_be_seized() {
    let mut world = opened(14_000);
    world.banks[1].vault_balance = SOL - 1;
    assert_eq!(world.seize(0, 1, Exact(SOL)), Err(RiskError::InsufficientLiquidity));
    assert!(world.seize(0, 1, Exact(SOL - 1)).is_ok());
}

#[test]
fn whatever_else_moves_ends_it_unfinished() {
    let (lender, taker) = (2, 1);
    let mut world = opened(14_000);
    world.seize(0, 1, Exact(SOL)).unwrap();
    world.repay(0, 0, Exact(150 * MILLION), NOW).unwrap();

    let mut loan = world.clone();
    loan.deposit(lender, 0, MILLION, NOW).unwrap();
    assert_eq!(loan.repay(0, 0, Exact(MILLION), NOW), Err(RiskError::StateMoved));
    assert_eq!(loan.end(0, USDC_SOL, NOW), Err(RiskError::StateMoved));

    let mut collateral = world.clone();
    collateral.deposit(taker, 1, SOL, NOW).unwrap();
    assert_eq!(collateral.seize(0, 1, Exact(SOL)), Err(RiskError::StateMoved));
    assert_eq!(collateral.end(0, USDC_SOL, NOW), Err(RiskError::StateMoved));

    let mut other = world.clone();
    other.deposit(taker, 2, 1_000, NOW).unwrap();
    assert_eq!(other.end(0, USDC_SOL, NOW), Err(RiskError::StateMoved));

    let mut prices = world.clone();
    prices.board.sequence += 1;
    assert_eq!(prices.end(0, USDC_SOL, NOW), Err(RiskError::StateMoved));

    let mut flash = world.clone();
    flash.begin_flash(2, 1, NOW).unwrap();
    flash.end_flash(2).unwrap();
    assert_eq!(flash.end(0, USDC_SOL, NOW), Err(RiskError::StateMoved));
    world.end(0, USDC_SOL, NOW).unwrap();
}

#[test]
fn what_was_seized_is_paid_for() {
    let mut world = opened(14_000);
    assert_eq!(world.end(0, USDC_SOL, NOW), Err(RiskError::NothingToDo));
    world.seize(0, 1, Exact(SOL)).unwrap();
    assert_eq!(world.end(0, USDC_SOL, NOW), Err(RiskError::SeizedTooMuch));
    // A SOL is 150 USD. Of what is paid, the atoms without the insurance's part buy collateral, down.
    let rate = of_ratio(ballast_math::Ratio(world.accounts[0].liquidation.bonus)) + int(1);
    let due = (q(150 * MILLION, 1) / rate).ceil().to_integer();
    let due = u64::try_from(due).unwrap();
    let mut short = world.clone();
    short.repay(0, 0, Exact(due - 1), NOW).unwrap();
    assert_eq!(short.end(0, USDC_SOL, NOW), Err(RiskError::SeizedTooMuch));
    // Values are down to 2⁻²⁰ USD, nearly an atom of USDC.
    world.repay(0, 0, Exact(due + 1), NOW).unwrap();
    let done = world.end(0, USDC_SOL, NOW).unwrap();
    assert_eq!((done.exchange.seized, done.exchange.repaid), (SOL, due + 1));
}

/// To the share: what a liquidation of just so much would hand over, and not one more.
#[test]
fn not_a_share_more_than_is_paid_for() {
    let paid = 150 * MILLION;
    let most = borrower(14_000).liquidate([0, 1], USDC_SOL, paid, NOW).unwrap().exchange.seized_shares;
    // 1 + bonus SOL, down, twice: a unit of 2⁻²⁰ USD buys seven of it.
    let rate = of_ratio(ballast_math::Ratio(opened(14_000).accounts[0].liquidation.bonus)) + int(1);
    assert!(is_down(&int(most), &(rate * int(SOL)), &int(14)), "{most}");
    for (seized, expected) in [(most, None), (most + 1, Some(RiskError::SeizedTooMuch))] {
        let mut world = opened(14_000);
        world.repay(0, 0, Exact(paid), NOW).unwrap();
        world.seize(0, 1, Exact(seized)).unwrap();
        assert_eq!(world.end(0, USDC_SOL, NOW).err(), expected);
    }
}

/// Repaying without seizing is a present, and would let the account jump over its target.
#[test]
fn a_present_past_the_target_is_refused() {
    let mut world = opened(14_000);
    world.repay(0, 0, All, NOW).unwrap();
    assert_eq!(world.end(0, USDC_SOL, NOW), Err(RiskError::TargetExceeded));
    // A cent of collateral less than it could have is one, too: 66,667 units of 10⁻⁹ SOL.
    let mut cent = world.clone();
    let most = cent.accounts[0].liquidation.most_seized;
    cent.seize(0, 1, Exact(most - 66_667)).unwrap();
    assert_eq!(cent.end(0, USDC_SOL, NOW), Err(RiskError::TargetExceeded));
    // A small one before the target is reached is none.
    let mut small = opened(14_000);
    small.repay(0, 0, Exact(MILLION), NOW).unwrap();
    small.end(0, USDC_SOL, NOW).unwrap();
}

/// As in `v14`: two banks of one feed without basis.
#[test]
fn v14_what_would_worsen_health_is_refused_at_the_end() {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 1, 9)];
    let mut world = World::new(build::board(&[build::usdc(), build::sol()]), banks, 2);
    world.board.rows[1].basis = 0;
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 2, BalanceSide::Loan, 101 * SOL);
    world.begin(0, [2, 1], SOL, NOW).unwrap();
    world.seize(0, 1, All).unwrap();
    world.repay(0, 2, All, NOW).unwrap();
    assert_eq!(world.end(0, [2, 1], NOW), Err(RiskError::LiquidationWouldWorsen));
}

/// Dust is closed whole by the plan, and may pass the target.
#[test]
fn t27_a_loan_left_under_dust_is_closed_whole() {
    let mut world = borrower(14_000);
    world.board.rules.dust = dollars(13_000).0;
    world.begin(0, USDC_SOL, u64::MAX, NOW).unwrap();
    world.seize(0, 1, All).unwrap();
    assert_eq!(world.repay(0, 0, All, NOW).unwrap().shares, 14_000 * MILLION);
    let done = world.end(0, USDC_SOL, NOW).unwrap();
    assert_eq!(done.exchange.repaid, 14_000 * MILLION);
    assert_eq!(done.after.liabilities.0, 0);
    assert!(world.accounts[0].balance(0).is_none());
}

/// The last collateral: what it does not pay for is written off in the same step, insurance first.
#[test]
fn the_last_collateral_brings_the_loss_at_the_end() {
    let mut world = borrower(20_000);
    world.accounts[0].balances[2] = ballast_state::Balance::zeroed();
    world.accounts[0].balance_count = 2;
    world.banks[2].asset_shares = 0;
    world.banks[0].insurance = 100 * MILLION;
    world.banks[0].vault_balance += 100 * MILLION;
    world.vaults[0] += 100 * MILLION;
    let mut direct = world.clone();
    let expected = direct.liquidate([0, 1], USDC_SOL, u64::MAX, NOW).unwrap();
    world.begin(0, USDC_SOL, u64::MAX, NOW).unwrap();
    assert_eq!(world.seize(0, 1, All).unwrap().atoms, 100 * SOL);
    world.repay(0, 0, All, NOW).unwrap();
    let done = world.end(0, USDC_SOL, NOW).unwrap();
    let (loss, other) = (done.loss.unwrap(), expected.loss.unwrap());
    assert_eq!(done.exchange, expected.exchange);
    assert_eq!(loss.deficit, other.deficit);
    assert_eq!(loss.insured, 100 * MILLION + done.insurance);
    assert_eq!(loss.insured + loss.socialized, loss.deficit);
    assert_eq!(world.accounts[0].balance_count, 0);
    assert_eq!(world.banks[0].insurance, 0);
    assert_eq!(world.check(), Ok(()));

    // A dollar of collateral left is dust: the loss comes all the same. Ten are not.
    for (left, lost) in [(1, true), (11, false)] {
        let mut world = borrower(20_000);
        world.accounts[0].balances[2].shares = 1;
        world.banks[2].asset_shares = 1;
        world.begin(0, USDC_SOL, u64::MAX, NOW).unwrap();
        world.seize(0, 1, Exact(100 * SOL - left * SOL / 150)).unwrap();
        world.repay(0, 0, All, NOW).unwrap();
        assert_eq!(world.end(0, USDC_SOL, NOW).unwrap().loss.is_some(), lost, "{left}");
    }
}

/// A bank with 1,000,000 USDC of a lender, lent for a 1,024th.
fn flash_bank() -> World {
    let mut bank = build::with_interest(build::bank(0, 0, 6), 10);
    bank.flash_fee = bits(1, 1_024);
    let mut world = World::new(build::board(&[build::usdc()]), vec![bank], 2);
    world.give(0, 0, BalanceSide::Deposit, MILLION * MILLION);
    world
}

#[test]
fn a_flash_loan_leaves_its_fee() {
    let mut world = flash_bank();
    let before = world.banks[0];
    assert_eq!(world.begin_flash(0, MILLION * MILLION, NOW), Ok(Moved { atoms: MILLION * MILLION, shares: 0 }));
    assert_eq!((world.banks[0].vault_balance, world.banks[0].flash_loaned), (0, MILLION * MILLION));
    let due = MILLION * MILLION + 976_562_500;
    assert_eq!(world.end_flash(0), Ok(Moved { atoms: due, shares: 0 }));
    let expected =
        ballast_state::Bank { vault_balance: due, fees: 976_562_500, sequence: before.sequence + 2, ..before };
    assert_eq!(world.banks[0], expected, "indices, shares and rate are as they were");
    assert_eq!(world.check(), Ok(()));
    // The fee is up: one atom costs an atom.
    world.begin_flash(0, 1, NOW).unwrap();
    assert_eq!(world.end_flash(0).map(|moved| moved.atoms), Ok(2));
    world.begin_flash(0, 1_025, NOW).unwrap();
    assert_eq!(world.end_flash(0).map(|moved| moved.atoms), Ok(1_027));
    world.banks[0].flash_fee = 0;
    world.begin_flash(0, 1_025, NOW).unwrap();
    assert_eq!(world.end_flash(0).map(|moved| moved.atoms), Ok(1_025));
}

#[test]
fn flash_loans_are_refused() {
    let mut world = flash_bank();
    assert_eq!(world.end_flash(0), Err(RiskError::NoFlashLoan));
    assert_eq!(world.begin_flash(0, 0, NOW), Err(RiskError::ZeroAmount));
    assert_eq!(world.begin_flash(0, MILLION * MILLION + 1, NOW), Err(RiskError::InsufficientLiquidity));
    for mode in [BankMode::ReduceOnly, BankMode::WindDown] {
        world.banks[0].mode = mode.to_byte();
        assert_eq!(world.begin_flash(0, 1, NOW), Err(RiskError::BankReduceOnly));
    }
    world.banks[0].mode = 0;
    world.banks[0].paused_until = NOW.ts + 1;
    assert_eq!(world.begin_flash(0, 1, NOW), Err(RiskError::BankPaused));
    world.banks[0].paused_until = NOW.ts;
    world.banks[0].borrowable = 0;
    assert_eq!(world.begin_flash(0, 1, NOW), Err(RiskError::NotBorrowable));
    world.banks[0].borrowable = 1;
    world.begin_flash(0, 1, NOW).unwrap();
    assert_eq!(world.begin_flash(0, 1, NOW), Err(RiskError::BankInFlashLoan));
}

/// What is about the house's own money waits.
#[test]
fn the_houses_own_money_waits_for_the_end_of_a_flash_loan() {
    use ballast_risk::lending;
    let mut world = flash_bank();
    world.begin_flash(0, 1, NOW).unwrap();
    let bank = &mut world.banks[0];
    assert_eq!(lending::deposit_insurance(bank, 1), Err(RiskError::BankInFlashLoan));
    assert_eq!(lending::collect_fees(bank), Err(RiskError::BankInFlashLoan));
    assert_eq!(world.resolve(1, 0, NOW), Err(RiskError::BankInFlashLoan));
}
