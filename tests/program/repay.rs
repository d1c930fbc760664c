//! `repay`.

use super::support::*;

const MARGIN_ACCOUNT: usize = 1;
const SOURCE: usize = 4;

fn instruction(world: &World, trader: &Trader, bank: u16, atoms: Option<u64>) -> Instruction {
    ix::repay(&trader.user(bank), &world.bank(bank), atoms)
}

#[test]
fn burns_loan_shares_and_moves_tokens() {
    let (mut world, _, trader) = indebted();
    let before = world.bank(USD);
    let sent = world.repay(&trader, USD, Some(48 * DOLLAR)).expect("repay");

    let paid = event!(sent, Repaid);
    assert_same(&paid.header, &header(&world, trader.account, 3));
    assert_same(&paid.movement, &Movement { bank: USD, atoms: 48 * DOLLAR, shares: 48 * DOLLAR });
    let expected = Bank {
        liability_shares: 2_000 * DOLLAR,
        vault_balance: 98_000 * DOLLAR,
        sequence: before.sequence + 1,
        lend_ratio: world.bank(USD).lend_ratio,
        ..before
    };
    assert_eq!(world.bank(USD), expected);
    assert!(world.bank(USD).lend_ratio < before.lend_ratio);
    assert_eq!(world.margin(&trader).balance(USD).expect("a loan").shares, 2_000 * DOLLAR);
    assert_eq!(world.vault(USD), 98_000 * DOLLAR);
    assert_eq!(world.svm.tokens(&trader.tokens[0]), 2_000 * DOLLAR);

    let sent = world.repay(&trader, USD, None).expect("repay");
    assert_same(&event!(sent, Repaid).movement, &Movement { bank: USD, atoms: 2_000 * DOLLAR, shares: 2_000 * DOLLAR });
    let account = world.margin(&trader);
    assert_eq!((account.balance_count, account.balance(USD)), (1, None));
    assert_eq!((world.bank(USD).liability_shares, world.vault(USD)), (0, 100_000 * DOLLAR));
    world.check_invariants();
}

#[test]
fn accrues_first_and_rounds_shares_down_and_the_whole_debt_up() {
    let (mut world, _, trader) = aged();
    let held = world.margin(&trader).balance(USD).expect("a loan").shares;
    world.mint_to(&trader, USD, 10_000 * DOLLAR);
    let sent = world.repay(&trader, USD, Some(1_234_567)).expect("repay");
    let bank = world.bank(USD);
    assert_eq!(bank.accrued_ts, world.svm.now());
    let index = bank.liability_index;
    assert!(index[1] == 1 && index[0] > 0);
    let shares = shares_down(index, 1_234_567);
    assert_same(&event!(sent, Repaid).movement, &Movement { bank: USD, atoms: 1_234_567, shares });
    let left = held - shares;
    let sent = world.repay(&trader, USD, None).expect("repay");
    let due = atoms_up(index, left);
    assert!(due > left);
    assert_same(&event!(sent, Repaid).movement, &Movement { bank: USD, atoms: due, shares: left });
    assert_eq!(world.bank(USD).liability_shares, 0);
    world.check_invariants();
}

/// Anyone may repay anyone's loan, at any price, under every pause, in a bank in wind-down.
#[test]
fn t23_t24_nothing_stops_it() {
    let (mut world, lender, trader) = indebted();
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_bank(&admin, &group, USD, 86_400)).expect("pause_bank");
    world.as_admin(ix::pause_risk(&admin, &group, 86_400)).expect("pause_risk");
    world
        .configure_bank(USD, |args| {
            args.hourly_limit = 0;
            args.deposit_cap = 0;
            args.borrow_cap = 0;
        })
        .expect("configure_bank");
    world.set_bank_mode(USD, 2).expect("set_bank_mode");
    world.svm.advance(86_400);
    world.mint_to(&lender, USD, 1_000 * DOLLAR);
    let repay = with(&instruction(&world, &lender, USD, Some(1_000 * DOLLAR)), MARGIN_ACCOUNT, trader.account);
    let sent = world.send(repay, &[&lender.key]).expect("repay");
    assert_same(&event!(sent, Repaid).header, &header(&world, trader.account, 3));
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 0);
    world.repay(&trader, USD, None).expect("repay");
    world.check_invariants();
}

#[test]
fn refuses_frozen_and_empty_tokens() {
    let (mut world, _, trader) = indebted();
    let repay = instruction(&world, &trader, USD, Some(DOLLAR));
    refuses_while_frozen(&mut world, &repay, &[&trader.key], SOURCE);
    refuses_without_tokens(&mut world, &repay, &trader, USD);
}

#[test]
fn refuses_amounts() {
    let (mut world, lender, trader) = indebted();
    let mut refuses = |trader: &Trader, bank, atoms, error| {
        let repay = instruction(&world, trader, bank, atoms);
        world.refuses(&repay, &[&trader.key], error);
    };
    refuses(&trader, USD, Some(0), "ZeroAmount");
    refuses(&trader, USD, Some(2_048 * DOLLAR + 1), "InsufficientBalance");
    refuses(&trader, USD, Some(u64::MAX), "InsufficientBalance");
    refuses(&trader, COIN, Some(1), "WrongSide");
    refuses(&lender, USD, None, "WrongSide");
    refuses(&lender, GEM, Some(1), "NoBalance");
    refuses(&lender, GEM, None, "NoBalance");
}

#[test]
fn refuses_an_amount_below_a_share() {
    let (mut world, _, trader) = aged();
    let repay = instruction(&world, &trader, USD, Some(1));
    world.refuses(&repay, &[&trader.key], "ZeroShares");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, trader) = indebted();
    let repay = instruction(&world, &trader, USD, Some(DOLLAR));
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.vault_balance += 1);
    world.refuses(&repay, &[&trader.key], "VaultBelowBooks");
}
