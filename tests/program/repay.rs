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

/// A liquidation of `unhealthy` with these repayments, and enough dollars for them.
fn liquidation(world: &mut World, [liquidator, from]: [&Trader; 2], repayments: &[Instruction]) -> Vec<Instruction> {
    world.mint_to(liquidator, USD, 10_000 * DOLLAR);
    let stages = world.stages(liquidator, from, USD, COIN);
    let mut transaction = vec![stages.begin(u64::MAX)];
    transaction.extend_from_slice(repayments);
    transaction.extend([stages.seize(None), stages.end()]);
    transaction
}

/// In a liquidation insurance's part of the bonus comes on top of what repays the loan, and "all" is what was planned.
#[test]
fn in_a_liquidation_it_pays_insurance_besides() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    world.mint_to(&lender, USD, 1_000 * DOLLAR);
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let first = stages.repay(Some(57_665_890));
    // Anyone may pay a part of it.
    let user = ballast_client::instructions::User { margin_account: trader.account, ..lender.user(USD) };
    let others = ix::repay(&user, &world.bank(USD), Some(900 * DOLLAR));
    let steps = [first, others, stages.repay(None)];
    let transaction = liquidation(&mut world, [&liquidator, &trader], &steps);
    let sent = world.svm.send(&transaction, &[&liquidator.key, &lender.key]).expect("a liquidation");
    let [_, Event::Repaid(a), Event::Repaid(b), Event::Repaid(c), _, Event::Liquidated(done)] = sent.events.as_slice()
    else {
        panic!("{:?}", sent.events.iter().map(Event::name).collect::<Vec<_>>())
    };
    for (repaid, atoms, sequence) in [(a, 57_665_890, 4), (b, 900 * DOLLAR, 5), (c, 100 * DOLLAR, 6)] {
        assert_same(&repaid.header, &header(&world, trader.account, sequence));
        let paid = atoms + insurance(atoms, done.bonus);
        assert_same(&repaid.movement, &Movement { bank: USD, atoms: paid, shares: atoms });
    }
    let insured: u64 = [57_665_890, 900 * DOLLAR, 100 * DOLLAR].map(|atoms| insurance(atoms, done.bonus)).iter().sum();
    assert_eq!((done.repaid, done.insurance, world.bank(USD).insurance), (1_057_665_890, insured, insured));
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 100 * DOLLAR - insurance(900 * DOLLAR, done.bonus));
    world.check_invariants();
}

#[test]
fn in_a_liquidation_it_refuses_more_than_was_planned() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let repay = |world: &World, bank, atoms| world.stages(&liquidator, &trader, bank, COIN).repay(atoms);
    for (bank, atoms, error) in [
        (USD, Some(1_057_665_891), "RepaidTooMuch"),
        (USD, Some(2_048 * DOLLAR), "RepaidTooMuch"),
        (USD, Some(2_048 * DOLLAR + 1), "InsufficientBalance"),
        (USD, Some(0), "ZeroAmount"),
        (COIN, Some(1), "BankMismatch"),
        (GEM, Some(1), "BankMismatch"),
    ] {
        let repayment = repay(&world, bank, atoms);
        let transaction = liquidation(&mut world, [&liquidator, &trader], &[repayment]);
        world.refuses_all(&transaction, &[&liquidator.key], error);
    }
    let twice = [repay(&world, USD, None), repay(&world, USD, None)];
    let transaction = liquidation(&mut world, [&liquidator, &trader], &twice);
    world.refuses_all(&transaction, &[&liquidator.key], "ZeroAmount");
    let more = [repay(&world, USD, None), repay(&world, USD, Some(1))];
    let transaction = liquidation(&mut world, [&liquidator, &trader], &more);
    world.refuses_all(&transaction, &[&liquidator.key], "RepaidTooMuch");
}

/// Another loan of the account: it waits for the end, and so does the bank of the loan once somebody else moved it.
#[test]
fn in_a_liquidation_it_refuses_other_loans_and_moved_banks() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let _gems = world.trader_with(&[(GEM, ONE_GEM)]);
    world.deposit(&trader, COIN, 100 * ONE_COIN).expect("deposit");
    world.borrow(&trader, GEM, ONE_GEM / 10).expect("borrow");
    world.svm.advance(1);
    world.crash(COIN, 12_00000000);
    let gems = world.stages(&liquidator, &trader, GEM, COIN).repay(None);
    let transaction = liquidation(&mut world, [&liquidator, &trader], &[gems]);
    world.refuses_all(&transaction, &[&liquidator.key], "BankMismatch");
    world.mint_to(&lender, USD, DOLLAR);
    let deposit = ix::deposit(&lender.user(USD), &world.bank(USD), DOLLAR);
    let repay = world.stages(&liquidator, &trader, USD, COIN).repay(None);
    let transaction = liquidation(&mut world, [&liquidator, &trader], &[deposit, repay]);
    world.refuses_all(&transaction, &[&liquidator.key, &lender.key], "StateMoved");
}
