//! Bad debt: insurance, then lenders alike, then uncollected fees; exact, once, and never by a profit for the one who owed.
mod support;

use ballast_math::{Index, Ratio};
use ballast_risk::lending::{self, Amount};
use ballast_risk::{invariant, limits, RiskError};
use ballast_state::{BalanceSide, BankMode, PriceState};
use proptest::prelude::*;
use support::build::{self, after, dollars, price, MILLION, NOW};
use support::cases;
use support::rational::{int, q};
use support::world::World;

const SOL: u64 = 1_000_000_000;

/// USDC lent out against SOL; account 0 owes, account 1 can take.
fn group() -> World {
    let banks = vec![build::bank(0, 0, 6), build::bank(1, 1, 9), build::bank(2, 2, 8)];
    World::new(build::board(&[build::usdc(), build::sol(), build::btc()]), banks, 2)
}

/// An account that owes `debt` USDC atoms and has nothing.
fn bankrupt(debt: u64, deposits: u64, insurance: u64) -> World {
    let mut world = group();
    let lender = world.lender();
    world.give(lender, 0, BalanceSide::Deposit, deposits);
    world.give(0, 0, BalanceSide::Loan, debt);
    if insurance > 0 {
        lending::deposit_insurance(&mut world.banks[0], insurance).unwrap();
        world.vaults[0] += insurance;
    }
    world
}

#[test]
fn the_waterfall_is_exact() {
    let mut world = bankrupt(100 * MILLION, 400 * MILLION, 40 * MILLION);
    let loss = world.resolve(0, 0, NOW).unwrap();
    assert_eq!((loss.deficit, loss.insured, loss.socialized), (100 * MILLION, 40 * MILLION, 60 * MILLION));
    let bank = &world.banks[0];
    assert_eq!((bank.insurance, bank.liability_shares, bank.socialized_loss), (0, 0, 60 * MILLION));
    // 1 − 60/400, down.
    let index = Index::from_words(bank.asset_index).0;
    assert_eq!(index, (1u128 << 64) / 400 * 340 + (1u128 << 64) % 400 * 340 / 400);
    assert_eq!((loss.index_before, loss.index_after), (Index::ONE.to_words(), bank.asset_index));
    assert_eq!(Index(index).amount_down(bank.asset_shares).unwrap(), 340 * MILLION - 1);
    assert_eq!(world.accounts[0].balance_count, 0);
    assert_eq!(world.check(), Ok(()));
    assert_eq!(world.resolve(0, 0, NOW), Err(RiskError::NoLiability), "once");
}

#[test]
fn insurance_that_suffices_leaves_lenders_alone() {
    let mut world = bankrupt(100 * MILLION, 400 * MILLION, 100 * MILLION);
    let loss = world.resolve(0, 0, NOW).unwrap();
    assert_eq!((loss.insured, loss.socialized), (100 * MILLION, 0));
    assert_eq!(world.banks[0].asset_index, Index::ONE.to_words());
    assert_eq!(world.banks[0].mode, BankMode::Normal.to_byte());
}

#[test]
fn who_is_not_bankrupt_is_not_resolved() {
    let mut world = bankrupt(100 * MILLION, 400 * MILLION, 0);
    assert_eq!(world.resolve(1, 0, NOW), Err(RiskError::NoLiability));
    world.give(0, 1, BalanceSide::Deposit, SOL);
    assert_eq!(world.resolve(0, 0, NOW), Err(RiskError::AccountHealthy), "E of zero or more");
    world.board.rows[1].mid = price(50, 1);
    assert_eq!(world.resolve(0, 0, NOW), Err(RiskError::NotBankrupt));
    // One SOL of nine decimals is a hair under one whole token.
    world.board.rows[1].mid = price(10_001, 1_000);
    assert_eq!(world.resolve(0, 0, NOW), Err(RiskError::NotBankrupt));
    world.board.rows[1].mid = price(9_999, 1_000);
    assert_eq!(world.resolve(0, 1, NOW), Err(RiskError::NoBalance));
    // A price in doubt counts at its favourable end.
    let mut doubtful = world.clone();
    doubtful.board.rows[1].state = PriceState::Guarded.to_byte();
    doubtful.board.rows[1].high = price(11, 1);
    assert_eq!(doubtful.resolve(0, 0, NOW), Err(RiskError::NotBankrupt));
    assert!(world.resolve(0, 0, NOW).is_ok(), "t27, v18: dust is no veto");
}

/// A loan was written off in the seconds in which everybody could see that its collateral was worth something again. A jump
/// that waits may end anywhere: until it is settled or the price is stale, more than dust may be left of any deposit that
/// could be worth as much at the highest price there is. One that could not vetoes nothing.
#[test]
fn v16_v18_a_jump_that_waits_forgives_no_loan() {
    let mut world = bankrupt(100 * MILLION, 400 * MILLION, 0);
    world.give(0, 1, BalanceSide::Deposit, 900_000_000);
    world.board.rows[1].mid = price(1, 100);
    world.board.rows[1].high = price(1, 100);
    assert!(world.clone().resolve(0, 0, NOW).is_ok(), "nine tenths of a cent");
    world.board.rows[1].state = PriceState::PendingJump.to_byte();
    assert_eq!(world.clone().resolve(0, 0, NOW), Err(RiskError::NotBankrupt));
    assert_eq!(world.clone().resolve(0, 0, after(60)), Err(RiskError::NotBankrupt));
    // Stale, its band decides: nobody has to wait for a source that died in the middle of a jump.
    for row in [0, 2] {
        world.board.rows[row].publish_ts = build::T0 + 61;
    }
    assert!(world.clone().resolve(0, 0, after(61)).is_ok());
    // 10⁻⁶ tokens are ten dollars at 10⁷: under them it is dust at every price.
    let mut dust = bankrupt(100 * MILLION, 400 * MILLION, 0);
    dust.give(0, 1, BalanceSide::Deposit, 999);
    dust.board.rows[1].state = PriceState::PendingJump.to_byte();
    assert!(dust.resolve(0, 0, NOW).is_ok());
    // Beyond every value is more than dust.
    let mut many = bankrupt(100 * MILLION, 400 * MILLION, 0);
    many.give(0, 1, BalanceSide::Deposit, 1 << 62);
    many.board.rows[1].mid = price(1, 1_000_000_000_000);
    many.board.rows[1].state = PriceState::PendingJump.to_byte();
    assert_eq!(many.resolve(0, 0, NOW), Err(RiskError::NotBankrupt));
}

/// Lenders of a bank lost all but nothing: its index is 2⁻⁶⁴. Nobody can deposit, and a taker that still has a claim on it
/// can take over loans of it like anybody else: the claim is worth nothing, and is used up first.
#[test]
fn a_worthless_claim_does_not_keep_a_taker_out() {
    let mut world = group();
    let lender = world.lender();
    world.give(lender, 0, BalanceSide::Deposit, 300 * MILLION);
    world.give(1, 0, BalanceSide::Deposit, 100 * MILLION);
    world.give(0, 0, BalanceSide::Loan, 400 * MILLION);
    world.resolve(0, 0, NOW).unwrap();
    assert_eq!(world.banks[0].asset_index, [1, 0]);
    assert_eq!(world.deposit(0, 0, MILLION, NOW), Err(RiskError::BankReduceOnly));
    // A loan of before.
    world.banks[0].insurance += 20_000 * MILLION;
    world.banks[0].vault_balance += 20_000 * MILLION;
    world.vaults[0] += 20_000 * MILLION;
    build::give(&mut world.banks[0], &mut world.accounts[0], BalanceSide::Loan, 14_000 * MILLION);
    world.vaults[0] = world.banks[0].vault_balance;
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    assert_eq!(world.check(), Ok(()));
    let done = world.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap();
    assert_eq!(world.check(), Ok(()));
    let loan = world.accounts[1].balance(0).unwrap();
    assert!(loan.is_loan());
    assert_eq!(loan.shares, done.exchange.repaid + done.insurance);
}

#[test]
fn t27_a_deposit_that_is_no_collateral_is_no_veto() {
    let mut world = bankrupt(100 * MILLION, 400 * MILLION, 0);
    world.banks[2].collateral = 0;
    world.give(0, 2, BalanceSide::Deposit, 100_000_000);
    assert!(world.resolve(0, 0, NOW).is_ok());
}

#[test]
fn a_liquidation_that_takes_the_last_collateral_absorbs_in_the_same_step() {
    let mut world = group();
    let lender = world.lender();
    world.give(lender, 0, BalanceSide::Deposit, 50_000 * MILLION);
    world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
    world.give(0, 0, BalanceSide::Loan, 16_000 * MILLION);
    world.give(1, 0, BalanceSide::Deposit, 20_000 * MILLION);
    let done = world.liquidate([0, 1], [0, 1], u64::MAX, NOW).unwrap();
    assert_eq!(done.exchange.seized, 100 * SOL);
    let loss = done.loss.unwrap();
    assert_eq!(loss.deficit, 16_000 * MILLION - done.exchange.repaid);
    // The insurance's share of the bonus pays first.
    assert_eq!(loss.insured, done.insurance);
    assert_eq!(loss.insured + loss.socialized, loss.deficit);
    assert_eq!(world.accounts[0].balance_count, 0);
    assert_eq!(world.check(), Ok(()));
}

/// The owner takes all but dust through a second account: what is left of the loan stays owed.
#[test]
fn t31_dust_left_on_purpose_forgives_no_loan() {
    let mut world = group();
    world.give(0, 1, BalanceSide::Deposit, SOL / 5);
    world.give(0, 0, BalanceSide::Loan, 29 * MILLION);
    world.give(1, 0, BalanceSide::Deposit, 100 * MILLION);
    assert!(world.maintenance(0, NOW).unwrap().is_negative(), "30 USD against 29");
    // Leaves 9.9 USD of collateral and some 9 USD of loan: E > 0.
    let done = world.liquidate([0, 1], [0, 1], 20 * MILLION, NOW).unwrap();
    assert!(done.after.assets > done.after.liabilities && done.after.assets < dollars(10), "{done:?}");
    assert_eq!(done.loss, None);
    assert!(world.accounts[0].balance(0).is_some());
}

#[test]
fn lenders_that_lose_all_keep_an_index_and_the_bank_winds_down() {
    let mut world = bankrupt(400 * MILLION, 400 * MILLION, 0);
    world.resolve(0, 0, NOW).unwrap();
    let bank = world.banks[0];
    assert_eq!(bank.asset_index, [1, 0], "never zero");
    assert_eq!((bank.mode, bank.wind_down_ts), (BankMode::WindDown.to_byte(), build::T0));
    assert_eq!(world.check(), Ok(()));
    assert_eq!(limits::validate_mode_change(&bank, BankMode::Normal), Err(RiskError::InvalidModeChange));
    assert_eq!(limits::validate_mode_change(&bank, BankMode::ReduceOnly), Err(RiskError::InvalidModeChange));
    assert_eq!(limits::validate_mode_change(&bank, BankMode::WindDown), Ok(()));
    // What is claimed of nothing is nothing, and can be closed.
    let lender = world.lender();
    assert_eq!(world.withdraw(lender, 0, Amount::All, after(1)).unwrap().atoms, 0);
}

#[test]
fn a_millionth_is_the_floor_of_an_index() {
    let resolved = |deposits: u64, debt: u64| {
        let mut world = bankrupt(debt, deposits, 0);
        world.resolve(0, 0, NOW).unwrap();
        world.banks[0].mode
    };
    let deposits = 1_000_000 * MILLION;
    assert_eq!(resolved(deposits, deposits - MILLION), BankMode::Normal.to_byte());
    assert_eq!(resolved(deposits, deposits - MILLION + 1), BankMode::WindDown.to_byte());
}

/// What lenders cannot bear comes off uncollected fees: both are claims on one vault.
#[test]
fn inv_01_a_loss_beyond_all_claims_comes_off_fees() {
    let mut world = bankrupt(100 * MILLION, 100 * MILLION, 0);
    let lender = world.lender();
    // Fees of 60 were lent out as well: lenders took their part of the vault.
    world.banks[0].fees = 60 * MILLION;
    world.banks[0].vault_balance += 60 * MILLION;
    world.vaults[0] += 60 * MILLION;
    world.withdraw(lender, 0, Amount::Exact(60 * MILLION), NOW).unwrap();
    assert_eq!(world.check(), Ok(()));
    let loss = world.resolve(0, 0, NOW).unwrap();
    assert_eq!(loss.socialized, 100 * MILLION);
    assert_eq!(world.check(), Ok(()));
    // 40 of claims and 60 of fees, but for an atom.
    assert_eq!(world.banks[0].fees, 0);
    assert_eq!(world.banks[0].socialized_loss, 40 * MILLION);
}

/// So does the fraction of an atom that fees have not come to: nothing stands behind it any more.
#[test]
fn inv_01_a_loss_beyond_all_claims_takes_the_fraction_of_fees() {
    let mut world = bankrupt(100 * MILLION, 100 * MILLION, 0);
    // Interest of nearly half an atom, all of it fees.
    let rise = (1u128 << 63) / u128::from(100 * MILLION);
    let bank = &mut world.banks[0];
    bank.liability_index = Index(Index::ONE.0 + rise).to_words();
    bank.fees_fraction = u64::try_from(rise * u128::from(100 * MILLION)).unwrap();
    assert_eq!(world.check(), Ok(()));
    assert_eq!(world.resolve(0, 0, NOW).unwrap().socialized, 100 * MILLION + 1);
    assert_eq!((world.banks[0].fees, world.banks[0].fees_fraction), (0, 0));
    assert_eq!(world.check(), Ok(()));
}

#[test]
fn a_loss_without_lenders_leaves_the_bank_open() {
    let mut world = bankrupt(100 * MILLION, 100 * MILLION, 0);
    let lender = world.lender();
    world.banks[0].fees = 100 * MILLION;
    world.banks[0].vault_balance += 100 * MILLION;
    world.vaults[0] += 100 * MILLION;
    world.withdraw(lender, 0, Amount::All, NOW).unwrap();
    world.resolve(0, 0, NOW).unwrap();
    assert_eq!(world.check(), Ok(()));
    assert_eq!(world.banks[0].asset_index, Index::ONE.to_words());
    assert_eq!(world.banks[0].mode, BankMode::Normal.to_byte());
    assert!(world.deposit(1, 0, MILLION, NOW).is_ok());
}

proptest! {
    #![proptest_config(cases(500))]

    /// Insurance first, lenders alike, every unit accounted for, whatever the indices.
    #[test]
    fn v16_the_loss_is_borne_once_and_alike(
        debt in 11u64..1 << 40, more in 0u64..1 << 40, insurance in 0u64..1 << 40, growth: u64, parts in 1u64..50,
    ) {
        let mut world = group();
        world.banks[0].asset_index = Index(Index::ONE.0 + u128::from(growth)).to_words();
        world.banks[0].liability_index = Index(Index::ONE.0 + u128::from(growth) * 2).to_words();
        let lender = world.lender();
        let total = debt.max(100) + more;
        world.give(lender, 0, BalanceSide::Deposit, total);
        world.give(1, 0, BalanceSide::Deposit, (total / parts).max(4));
        world.give(0, 0, BalanceSide::Loan, debt);
        if insurance > 0 {
            lending::deposit_insurance(&mut world.banks[0], insurance).unwrap();
            world.vaults[0] += insurance;
        }
        let before = world.clone();
        let claim = |world: &World, who: usize| {
            let bank = &world.banks[0];
            Index::from_words(bank.asset_index).amount_down(world.accounts[who].balance(0).unwrap().shares).unwrap()
        };
        let loss = world.resolve(0, 0, NOW).unwrap();
        prop_assert_eq!(loss.insured, loss.deficit.min(insurance));
        // The haircut is exact to the last bit: ⌊index · (claims − loss) / claims⌋, and one step at least.
        let index = Index::from_words(loss.index_before);
        let claims = index.amount_down(before.banks[0].asset_shares).unwrap();
        let cut = int(index.0) * q(claims.saturating_sub(loss.socialized), claims.max(1));
        let expected = support::rational::max(cut.floor(), int(1));
        if loss.socialized > 0 {
            prop_assert_eq!(int(Index::from_words(loss.index_after).0), expected);
        }
        prop_assert_eq!(loss.insured + loss.socialized, loss.deficit);
        prop_assert_eq!(world.check(), Ok(()));
        prop_assert_eq!(world.check_since(&before), Ok(()));
        // Both lenders lost the same part, to the atom.
        let [all_before, all_after] = [&before, &world].map(|w| {
            Index::from_words(w.banks[0].asset_index).amount_down(w.banks[0].asset_shares).unwrap()
        });
        for who in [1, lender] {
            let exact = int(claim(&before, who)) * q(all_after + 1, all_before);
            prop_assert!(int(claim(&world, who)) <= exact + int(1));
            let exact = int(claim(&before, who)) * q(all_after, all_before.max(1));
            prop_assert!(int(claim(&world, who)) + int(2) >= exact);
        }
    }

    /// No one gains by their own bad debt: what the owner and a taker of theirs hold afterwards is no more than before.
    #[test]
    fn t12_self_liquidation_into_bad_debt_gains_at_most_the_bonus_and_dust(
        debt in 15_100u64..40_000, part in 1u64..=100,
    ) {
        let mut world = group();
        world.give(0, 1, BalanceSide::Deposit, 100 * SOL);
        world.give(0, 0, BalanceSide::Loan, debt * MILLION);
        world.give(1, 0, BalanceSide::Deposit, 50_000 * MILLION);
        let value = |world: &World| {
            let sol = |who: usize| world.accounts[who].balance(1).map_or(0, |b| b.shares);
            let usdc = Index::from_words(world.banks[0].asset_index)
                .amount_down(world.accounts[1].balance(0).map_or(0, |b| b.shares)).unwrap();
            int(sol(0) + sol(1)) * int(150) / int(1_000) + int(usdc)
        };
        let before = value(&world);
        let mut rate = Ratio::ZERO;
        while let Ok(done) = world.liquidate([0, 1], [0, 1], 15_000 * MILLION * part / 100, NOW) {
            rate = rate.max(done.bonus);
        }
        // Without the loan: nothing but the collateral, and the repayment for it.
        let repaid = before - value(&world);
        prop_assert!(repaid >= int(15_000 - 11) * int(MILLION) / (int(1) + support::rational::of_ratio(rate)));
        prop_assert_eq!(world.check(), Ok(()));
    }
}

#[test]
fn inv_02_the_vault_must_hold_its_books() {
    let world = bankrupt(100 * MILLION, 400 * MILLION, 0);
    let bank = &world.banks[0];
    assert_eq!(invariant::check_bank(bank, bank.vault_balance), Ok(()));
    assert_eq!(invariant::check_bank(bank, bank.vault_balance - 1), Err(invariant::VAULT_COVERS));
    assert_eq!(invariant::check_bank(bank, u64::MAX), Ok(()), "donations are nobody's");
}

/// Every check of an invariant can fail: none of them is empty.
#[test]
fn inv_01_to_06_and_11_13_notice() {
    let good = bankrupt(100 * MILLION, 400 * MILLION, 0);
    let violation = |change: &dyn Fn(&mut World)| {
        let mut world = good.clone();
        change(&mut world);
        world.check().unwrap_err().number
    };
    assert_eq!(violation(&|w| w.banks[0].fees += 1), 1);
    assert_eq!(violation(&|w| w.banks[0].insurance += 1), 1);
    assert_eq!(violation(&|w| w.banks[0].asset_index[0] += 1 << 50), 1);
    assert_eq!(violation(&|w| w.vaults[0] -= 1), 2);
    assert_eq!(violation(&|w| w.accounts[0].balances[0].shares -= 1), 3);
    assert_eq!(violation(&|w| w.accounts[2].balances[0].shares += 1), 3);
    assert_eq!(violation(&|w| w.accounts[0].balances[15].shares = 1), 6);
    assert_eq!(violation(&|w| w.accounts[0].balances[0].side = 3), 3);
    assert_eq!(violation(&|w| w.banks[0].liability_index = [0, 0]), 11);
    assert_eq!(violation(&|w| w.accounts[0].bonus_lock.ts = 1), 13);
    assert_eq!(violation(&|w| w.accounts[1].balance_count = 1), 6);
    let unsorted = |w: &mut World| {
        build::give(&mut w.banks[1], &mut w.accounts[1], BalanceSide::Deposit, 1);
        build::give(&mut w.banks[2], &mut w.accounts[1], BalanceSide::Deposit, 1);
        w.vaults = w.banks.iter().map(|bank| bank.vault_balance).collect();
        w.accounts[1].balances.swap(0, 1);
    };
    assert_eq!(violation(&unsorted), 5);
    let mut fallen = good.clone();
    fallen.banks[0].liability_index[0] = 0;
    fallen.banks[0].liability_index[1] = 0;
    assert_eq!(fallen.check_since(&good), Err(invariant::INDICES_RISE));
    let mut fallen = good.clone();
    fallen.banks[0].asset_index = [u64::MAX, 0];
    assert_eq!(fallen.check_since(&good), Err(invariant::INDICES_RISE));
    assert_eq!(invariant::INVARIANTS.len(), 83);
    assert!(invariant::INVARIANTS.windows(2).all(|pair| pair[0].number < pair[1].number));
}
