//! Other programs that call Ballast: the example `savings`, both ELFs as committed, and what may not be called.

use ballast_client::instructions::StagedLiquidation;
use ballast_client::PROGRAM_ID;
use ballast_testkit::{assert_fails, forward, Event, FORWARDER};
use ballast_tests::saver::{add_savings, Saver};

use super::support::*;

// The example's own errors.
const NOT_A_PLAN: &str = "Custom(6000)";
const NOT_THE_USER: &str = "Custom(6001)";
const WRONG_MARGIN_ACCOUNT: &str = "Custom(6002)";
const WRONG_BANK: &str = "Custom(6003)";

/// The plain world with a lender of 100,000 USD, and a user with 100 coins in the wallet and an open plan: saves coins, may
/// borrow dollars.
fn opened() -> (World, Saver) {
    let (mut world, _, _) = lent();
    add_savings(&mut world);
    let saver = Saver::new(&mut world);
    world.mint_to(&saver.user, COIN, 100 * ONE_COIN);
    saver.send(&mut world, |world, saver| saver.open(world, COIN, USD)).expect("open");
    (world, saver)
}

/// As [`opened`], with 100 coins saved and 2,048 USD borrowed against them.
fn borrowed() -> (World, Saver) {
    let (mut world, saver) = opened();
    saver.send(&mut world, |world, saver| saver.deposit(world, COIN, 100 * ONE_COIN)).expect("deposit");
    saver.send(&mut world, |world, saver| saver.borrow(world, USD, 2_048 * DOLLAR)).expect("borrow");
    (world, saver)
}

#[test]
fn a_plan_owns_its_margin_account() {
    let (mut world, _, _) = lent();
    add_savings(&mut world);
    let saver = Saver::new(&mut world);
    let user = saver.user.key.pubkey();
    let sent = saver.send(&mut world, |world, saver| saver.open(world, COIN, USD)).expect("open");
    let [Event::MarginAccountOpened(opened), Event::DelegateSet(set)] = sent.events.as_slice() else {
        panic!("{:?}", sent.events.iter().map(Event::name).collect::<Vec<_>>());
    };
    assert_same(&opened.header, &header(&world, saver.account, 0));
    assert_eq!((opened.owner, opened.sub_account), (saver.plan, 0));
    assert_same(&set.header, &header(&world, saver.account, 1));
    assert_eq!((set.delegate, set.rights), (user, 1));
    let account = saver.margin(&world);
    assert_eq!((account.owner, account.group, account.sub_account), (saver.plan, world.group, 0));
    assert_eq!((account.delegate, account.delegate_rights), (user, ballast_state::rights::DEPOSIT));
    let again = saver.open(&world, COIN, USD);
    world.refuses(&again, &[&saver.user.key], "system::AccountAlreadyInUse");
}

/// From the first coin to the last, and the rent back.
#[test]
fn saves_borrows_repays_and_closes() {
    let (mut world, saver) = opened();
    let [coins, dollars] = [COIN, USD].map(|bank| saver.user.tokens[usize::from(bank)]);

    let sent = saver.send(&mut world, |world, saver| saver.deposit(world, COIN, 100 * ONE_COIN)).expect("deposit");
    let deposited = event!(sent, Deposited);
    assert_same(&deposited.header, &header(&world, saver.account, 2));
    assert_same(&deposited.movement, &Movement { bank: COIN, atoms: 100 * ONE_COIN, shares: 100 * ONE_COIN });
    assert_eq!((world.svm.tokens(&coins), world.vault(COIN)), (0, 200 * ONE_COIN));

    let sent = saver.send(&mut world, |world, saver| saver.borrow(world, USD, 2_048 * DOLLAR)).expect("borrow");
    let borrowed = event!(sent, Borrowed);
    assert_same(&borrowed.header, &header(&world, saver.account, 3));
    assert_same(&borrowed.movement, &Movement { bank: USD, atoms: 2_048 * DOLLAR, shares: 2_048 * DOLLAR });
    assert_same(&borrowed.health, &health([3_200, 2_048, 800 + 256], [-1, 1, 1]));
    assert_eq!((world.svm.tokens(&dollars), world.vault(USD)), (2_048 * DOLLAR, 97_952 * DOLLAR));

    // Somebody else repays a half, out of another pocket.
    let friend = world.trader();
    world.mint_to(&friend, USD, 1_024 * DOLLAR);
    let mut repay = saver.repay(&world, USD, Some(1_024 * DOLLAR));
    repay.accounts[0].pubkey = friend.key.pubkey();
    repay.accounts[5].pubkey = friend.tokens[usize::from(USD)];
    let sent = world.send(repay, &[&friend.key]).expect("repay");
    let half = Movement { bank: USD, atoms: 1_024 * DOLLAR, shares: 1_024 * DOLLAR };
    assert_same(&event!(sent, Repaid).movement, &half);
    assert_eq!((world.svm.tokens(&friend.tokens[usize::from(USD)]), world.vault(USD)), (0, 98_976 * DOLLAR));

    // 1,600 USD of coins are left for 1,024 USD: 400 and 128 are required.
    let sent =
        saver.send(&mut world, |world, saver| saver.withdraw(world, COIN, Some(50 * ONE_COIN))).expect("withdraw");
    let withdrawn = event!(sent, Withdrawn);
    assert_same(&withdrawn.movement, &Movement { bank: COIN, atoms: 50 * ONE_COIN, shares: 50 * ONE_COIN });
    assert_same(&withdrawn.health, &health([1_600, 1_024, 400 + 128], [-1, 1, 1]));
    assert_eq!((world.svm.tokens(&coins), world.vault(COIN)), (50 * ONE_COIN, 150 * ONE_COIN));

    let sent = saver.send(&mut world, |world, saver| saver.repay(world, USD, None)).expect("repay");
    assert_same(&event!(sent, Repaid).movement, &half);
    let sent = saver.send(&mut world, |world, saver| saver.withdraw(world, COIN, None)).expect("withdraw");
    let rest = Movement { bank: COIN, atoms: 50 * ONE_COIN, shares: 50 * ONE_COIN };
    assert_same(&event!(sent, Withdrawn).movement, &rest);
    assert_eq!((world.svm.tokens(&coins), world.vault(COIN)), (100 * ONE_COIN, 100 * ONE_COIN));
    assert_eq!((world.svm.tokens(&dollars), world.vault(USD)), (1_024 * DOLLAR, 100_000 * DOLLAR));
    world.check_invariants();

    let lamports = |world: &World, key: &Pubkey| world.svm.account(key).map_or(0, |account| account.lamports);
    let user = saver.user.key.pubkey();
    let held = [user, saver.plan, saver.account].map(|key| lamports(&world, &key));
    let sent = saver.send(&mut world, |_, saver| saver.close()).expect("close");
    assert_eq!(event!(sent, MarginAccountClosed).owner, saver.plan);
    // A signature costs 5,000.
    assert_eq!(lamports(&world, &user), held.iter().sum::<u64>() - 5_000);
    assert_eq!((lamports(&world, &saver.plan), lamports(&world, &saver.account)), (0, 0));
}

/// What Ballast refuses fails with Ballast's own codes, and all of it is undone.
#[test]
fn ballasts_errors_pass_through() {
    let (mut world, saver) = borrowed();
    let key = &saver.user.key;
    let beyond = saver.borrow(&world, USD, 100 * DOLLAR);
    world.refuses(&beyond, &[key], "InsufficientHealth");
    let mut alone = saver.borrow(&world, USD, DOLLAR);
    assert_eq!(alone.accounts.pop().expect("what follows").pubkey, world.bank_key(COIN));
    world.refuses(&alone, &[key], "MissingAccount");
    let nothing = saver.deposit(&world, COIN, 0);
    world.refuses(&nothing, &[key], "ZeroAmount");
    let too_much = saver.deposit(&world, COIN, 1);
    world.refuses(&too_much, &[key], "token::InsufficientFunds");
    let all = saver.withdraw(&world, COIN, None);
    world.refuses(&all, &[key], "InsufficientHealth");
    let close = saver.close();
    world.refuses(&close, &[key], "AccountNotEmpty");
    let vault = with(&saver.repay(&world, USD, None), 4, world.bank(COIN).vault);
    world.refuses(&vault, &[key], "WrongVault");
    let board = with(&saver.borrow(&world, USD, DOLLAR), 3, world.bank_key(COIN));
    world.refuses(&board, &[key], "WrongAccountType");
    world.svm.advance(3_600);
    let stale = saver.borrow(&world, USD, DOLLAR);
    world.refuses(&stale, &[key], "PriceStale");
}

/// Nobody but its user uses a plan, neither through the example nor past it.
#[test]
fn a_plan_is_its_users() {
    let (mut world, saver) = borrowed();
    let thief = Saver::new(&mut world);
    thief.send(&mut world, |world, thief| thief.open(world, COIN, USD)).expect("open");
    world.mint_to(&thief.user, COIN, ONE_COIN);
    let (user, key) = (thief.user.key.pubkey(), &thief.user.key);
    // Their signature, another's plan.
    for instruction in [
        saver.deposit(&world, COIN, 1),
        saver.borrow(&world, USD, 1),
        saver.withdraw(&world, COIN, Some(1)),
        saver.close(),
    ] {
        let mut stolen = instruction.clone();
        for meta in &mut stolen.accounts {
            if meta.pubkey == saver.user.key.pubkey() {
                meta.pubkey = user;
            }
        }
        world.refuses(&stolen, &[key], NOT_THE_USER);
    }
    // Their plan, another's margin account.
    for instruction in [
        thief.deposit(&world, COIN, 1),
        thief.borrow(&world, USD, 1),
        thief.withdraw(&world, COIN, Some(1)),
        thief.repay(&world, USD, None),
    ] {
        let mut stolen = instruction.clone();
        for meta in &mut stolen.accounts {
            if meta.pubkey == thief.account {
                meta.pubkey = saver.account;
            }
        }
        world.refuses(&stolen, &[key], WRONG_MARGIN_ACCOUNT);
    }
    let close = with(&thief.close(), 2, saver.account);
    world.refuses(&close, &[key], "Unauthorised");
    // No signature.
    let withdraw = unsigned(&saver.withdraw(&world, COIN, Some(1)), 0);
    world.refuses(&withdraw, &[key], "anchor::AccountNotSigner");
    let deposit = unsigned(&saver.deposit(&world, COIN, 1), 2);
    world.refuses(&deposit, &[key], "anchor::AccountNotSigner");

    // Past the example not even its user takes anything out; deposits are what the user has the right to.
    let direct = Trader { key: saver.user.key.insecure_clone(), account: saver.account, tokens: saver.user.tokens };
    let withdraw = ix::withdraw(&direct.user(COIN), &world.margin(&direct), &world.bank(COIN), Some(1));
    world.refuses(&withdraw, &[&direct.key], "Unauthorised");
    let borrow = ix::borrow(&direct.user(USD), &world.margin(&direct), &world.bank(USD), 1);
    world.refuses(&borrow, &[&direct.key], "Unauthorised");
    world.deposit(&direct, COIN, ONE_COIN).expect("deposit");
}

/// A plan is for one bank to save in and one to borrow from, in one group, and only what this program wrote is a plan.
#[test]
fn refuses_other_banks_groups_and_plans() {
    let (mut world, saver) = borrowed();
    let key = &saver.user.key;
    for wrong in [
        saver.deposit(&world, GEM, 1),
        saver.borrow(&world, GEM, 1),
        saver.withdraw(&world, USD, None),
        saver.repay(&world, COIN, None),
    ] {
        world.refuses(&wrong, &[key], WRONG_BANK);
    }
    let mut forged = world.svm.account(&saver.plan).expect("a plan");
    forged.owner = PROGRAM_ID;
    let look_alike = world.key().pubkey();
    world.svm.put(&look_alike, forged);
    let deposit = with(&saver.deposit(&world, COIN, 1), 0, look_alike);
    world.refuses(&deposit, &[key], NOT_A_PLAN);
    let withdraw = with(&saver.withdraw(&world, COIN, Some(1)), 1, look_alike);
    world.refuses(&withdraw, &[key], "anchor::AccountOwnedByWrongProgram");
    let deposit = with(&saver.deposit(&world, COIN, 1), 0, saver.account);
    world.refuses(&deposit, &[key], NOT_A_PLAN);

    let newcomer = Saver::new(&mut world);
    // A bank of another group has another address.
    let elsewhere = addresses::bank(&world.key().pubkey(), COIN);
    let bank = world.svm.account(&world.bank_key(COIN)).expect("a bank");
    world.svm.put(&elsewhere, bank);
    for (at, bank) in [(4, elsewhere), (5, elsewhere), (4, world.bank_key(GEM)), (5, world.board_key())] {
        let open = with(&newcomer.open(&world, COIN, USD), at, bank);
        world.refuses(&open, &[&newcomer.user.key], WRONG_BANK);
    }
    let open = newcomer.open(&world, COIN, USD);
    let other = with(&open, 3, saver.account);
    world.refuses(&other, &[&newcomer.user.key], "anchor::ConstraintSeeds");
    world.send(open, &[&newcomer.user.key]).expect("open");
}

/// A flash loan in dollars by its borrower's wallet.
fn flash() -> (World, Trader, [Instruction; 2]) {
    let (mut world, _, borrower) = lent();
    world.svm.add_forwarder();
    world.mint_to(&borrower, USD, DOLLAR);
    let (key, tokens, bank) = (borrower.key.pubkey(), borrower.tokens[usize::from(USD)], world.bank(USD));
    let loan = [ix::begin_flash_loan(&key, &tokens, &bank, 100 * DOLLAR), ix::end_flash_loan(&key, &tokens, &bank)];
    (world, borrower, loan)
}

/// What has to be ended later in the transaction is begun and ended by the transaction itself.
#[test]
fn a_flash_loan_is_not_for_programs() {
    let (mut world, borrower, [begin, end]) = flash();
    let keys = &[&borrower.key];
    let mut try_it = |instructions: &[Instruction]| world.svm.send(instructions, keys);
    assert_fails(try_it(&[forward(&begin), end.clone()]), "NotTopLevel");
    assert_fails(try_it(&[forward(&begin), forward(&end)]), "NotTopLevel");
    // An end inside of a call is not seen at the beginning.
    assert_fails(try_it(&[begin.clone(), forward(&end)]), "MissingEnd");
    // Where it comes before the one that is, that one has nothing left to end.
    assert_fails(try_it(&[begin.clone(), forward(&end), end.clone()]), "NoFlashLoan");
    try_it(&[begin, end]).expect("the transaction's own");
    world.check_invariants();
}

#[test]
fn a_staged_liquidation_is_not_for_programs() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.svm.add_forwarder();
    let state = world.margin(&trader);
    let staged = StagedLiquidation {
        authority: liquidator.key.pubkey(),
        account: trader.account,
        account_state: &state,
        loan_bank: USD,
        collateral_bank: COIN,
    };
    let (begin, end) = (ix::begin_liquidation(&staged, u64::MAX), ix::end_liquidation(&staged));
    world.mint_to(&liquidator, USD, 100 * DOLLAR);
    let payer = ix::User { margin_account: trader.account, ..liquidator.user(USD) };
    let repay = ix::repay(&payer, &world.bank(USD), Some(64 * DOLLAR));
    let keys = &[&liquidator.key];
    let mut try_it = |instructions: &[Instruction]| world.svm.send(instructions, keys);
    assert_fails(try_it(&[forward(&begin), end.clone()]), "NotTopLevel");
    assert_fails(try_it(&[begin.clone(), forward(&end)]), "MissingEnd");
    assert_fails(try_it(&[begin.clone(), repay.clone(), forward(&end), end.clone()]), "NoOpenLiquidation");
    // What happens in between may happen in calls.
    try_it(&[begin, forward(&repay), end]).expect("the transaction's own");
    world.check_invariants();
}

/// Everything else may be called by anyone; a call takes as much as the transaction's own instruction would.
#[test]
fn a_call_is_like_the_transactions_own() {
    let (mut world, _, trader) = lent();
    world.svm.add_forwarder();
    world.mint_to(&trader, COIN, 2 * ONE_COIN);
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), ONE_COIN);
    let called = world.send(forward(&deposit), &[&trader.key]).expect("deposit");
    let own = world.send(deposit, &[&trader.key]).expect("deposit");
    assert_same(&event!(called, Deposited).movement, &event!(own, Deposited).movement);
    let borrow = ix::borrow(&trader.user(USD), &world.margin(&trader), &world.bank(USD), 64 * DOLLAR);
    let called = world.send(forward(&borrow), &[&trader.key]).expect("borrow");
    assert_eq!(event!(called, Borrowed).movement.atoms, 64 * DOLLAR);
    world.check_invariants();
}

/// Ballast calls token programs, and itself for receipts. Were a token program to call back, the runtime would stop it.
#[test]
fn nothing_that_ballast_calls_can_call_back() {
    let (mut world, _, trader) = lent();
    world.svm.add_forwarder();
    world.mint_to(&trader, COIN, ONE_COIN);
    // The forwarder for a token program; the mint's place is where it finds what to call.
    let bank = world.bank_key(COIN);
    world.svm.edit::<Bank>(&bank, |bank| {
        bank.token_program = FORWARDER;
        bank.mint = PROGRAM_ID;
    });
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), ONE_COIN);
    world.refuses(&deposit, &[&trader.key], "runtime::ReentrancyNotAllowed");
    let withdraw = ix::withdraw(&trader.user(COIN), &world.margin(&trader), &world.bank(COIN), Some(1));
    world.refuses(&withdraw, &[&trader.key], "runtime::ReentrancyNotAllowed");
}
