//! `end_liquidation`.

use super::support::*;

const AUTHORITY: usize = 0;

/// The liquidator comes with nothing: it swaps what it seized and keeps its part of the bonus. Everything else is as
/// `liquidate` leaves it (see there for the numbers), but for insurance, which gets its part up instead of down.
#[test]
fn seize_swap_repay_leaves_what_liquidate_leaves() {
    let (mut world, _, trader, taker) = unhealthy();
    let liquidator = world.trader();
    let pool = world.trader();
    world.mint_to(&pool, USD, 10_000 * DOLLAR);
    let (loan_bank, collateral_bank) = (world.bank(USD), world.bank(COIN));
    let (seized, repaid, to_insurance) = (47_010_000_268, 1_057_665_890, insurance(1_057_665_890, 286_587_220));
    assert_eq!(to_insurance, 14_114_824);
    // At 24 USD a coin.
    let price = seized * 24 / 1_000;
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let mut transaction = vec![stages.begin(u64::MAX), stages.seize(None)];
    transaction.extend(swap(&world, &pool, &liquidator, (COIN, seized), (USD, price)));
    transaction.extend([stages.repay(None), stages.end()]);
    let mut direct = world.svm.clone();
    let sent = world.svm.send(&transaction, &[&liquidator.key, &pool.key]).expect("a liquidation");

    let Told { repaid: paid, done, .. } = Told::by(&sent);
    assert_same(&paid.header, &header(&world, trader.account, 5));
    assert_same(&paid.movement, &Movement { bank: USD, atoms: repaid + to_insurance, shares: repaid });
    assert_same(&done.header, &header(&world, trader.account, 6));
    assert_eq!(done.liquidator, liquidator.key.pubkey());
    assert_eq!((done.loan_bank, done.collateral_bank), (USD, COIN));
    assert_eq!(done.board_sequence, world.board().sequence);
    assert_eq!((done.loan_price, done.collateral_price), (1 << 40, 24 << 40));
    assert_eq!((done.max_repay, done.unhealthy_since), (u64::MAX, world.svm.now()));
    assert_same(&done.before, &health([2_400, 2_048, 428], [-1, 1, 1]));
    assert_same(&done.loss, &LossShare::default());
    assert_eq!(done.bonus, 286_587_220);
    assert_eq!((done.repaid, done.repaid_shares), (repaid, repaid));
    assert_eq!((done.seized, done.seized_shares), (seized, seized));
    assert_eq!(done.insurance, to_insurance);

    // The wallet: 1,128.24 − 1,057.67 − 14.11 = 56.46 USD, four fifths of the bonus.
    assert_eq!(world.svm.tokens(&liquidator.tokens[0]), price - repaid - to_insurance);
    assert_eq!(world.svm.tokens(&liquidator.tokens[1]), 0);
    let now = world.bank(USD);
    assert_eq!(
        now,
        Bank {
            liability_shares: loan_bank.liability_shares - repaid,
            vault_balance: loan_bank.vault_balance + repaid + to_insurance,
            insurance: to_insurance,
            lend_ratio: now.lend_ratio,
            accrued_ts: world.svm.now(),
            // Begin and repay.
            sequence: loan_bank.sequence + 2,
            ..loan_bank
        }
    );
    let now = world.bank(COIN);
    assert_eq!(
        now,
        Bank {
            asset_shares: collateral_bank.asset_shares - seized,
            vault_balance: collateral_bank.vault_balance - seized,
            accrued_ts: world.svm.now(),
            sequence: collateral_bank.sequence + 2,
            ..collateral_bank
        }
    );
    world.check_invariants();

    // `liquidate` on the same state.
    let account = world.margin(&trader);
    std::mem::swap(&mut world.svm, &mut direct);
    let whole = event!(world.liquidate(&taker, &trader, USD, COIN, u64::MAX).expect("liquidate"), Liquidated);
    assert_eq!((whole.repaid, whole.seized, whole.bonus), (done.repaid, done.seized, done.bonus));
    assert_same(&whole.after, &done.after);
    assert_eq!(whole.insurance + 1, done.insurance);
    assert_eq!(account, MarginAccount { sequence: account.sequence, ..world.margin(&trader) });
}

/// Repaying first, and in pieces: an atom more for insurance at most with each.
#[test]
fn any_order_and_number_of_steps() {
    let (world, _, trader, liquidator) = unhealthy();
    let third = 300 * DOLLAR;
    let (rest, most) = (1_057_665_890 - 2 * third, 47_010_000_268);
    let orders: [&[(bool, Option<u64>)]; 3] = [
        &[(false, None), (true, None)],
        &[(true, Some(ONE_COIN)), (false, Some(third)), (true, None), (false, Some(third)), (false, None)],
        &[(false, Some(third)), (false, Some(third)), (true, Some(most)), (false, Some(rest))],
    ];
    for order in orders {
        let mut svm = world.svm.clone();
        let mut paid = 0;
        let mint = world.bank(USD).mint;
        svm.put_tokens(&liquidator.tokens[0], &mint, &liquidator.key.pubkey(), 10_000 * DOLLAR);
        let stages = world.stages(&liquidator, &trader, USD, COIN);
        let mut transaction = vec![stages.begin(u64::MAX)];
        let mut left = 1_057_665_890;
        for (seizes, amount) in order {
            if *seizes {
                transaction.push(stages.seize(*amount));
            } else {
                transaction.push(stages.repay(*amount));
                let part = amount.unwrap_or(left);
                left -= part;
                paid += part + insurance(part, 286_587_220);
            }
        }
        transaction.push(stages.end());
        let sent = svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
        let Some(Event::Liquidated(done)) = sent.events.last() else { panic!("no receipt") };
        assert_eq!((done.repaid, done.seized), (1_057_665_890, most));
        assert_eq!(svm.tokens(&liquidator.tokens[0]), 10_000 * DOLLAR - paid);
        assert_eq!(svm.tokens(&liquidator.tokens[1]), most);
        assert_eq!(done.insurance, paid - done.repaid);
    }
}

/// Sends a liquidation with these steps, which must fail with this; then what is right in the end.
fn refuses(world: &mut World, liquidator: &Trader, from: &Trader, steps: &[Instruction], error: &str) {
    let stages = world.stages(liquidator, from, USD, COIN);
    let mut transaction = vec![stages.begin(u64::MAX)];
    transaction.extend_from_slice(steps);
    transaction.push(stages.end());
    world.refuses_all(&transaction, &[&liquidator.key], error);
}

/// `unhealthy`, and the liquidator has 100,000 USD in its wallet, and coins and gems.
fn ready() -> (World, Trader, Trader, Trader) {
    let (mut world, lender, trader, liquidator) = unhealthy();
    world.mint_to(&liquidator, USD, 100_000 * DOLLAR);
    world.mint_to(&liquidator, COIN, 10 * ONE_COIN);
    world.mint_to(&liquidator, GEM, ONE_GEM);
    (world, lender, trader, liquidator)
}

#[test]
fn refuses_what_is_not_paid_for() {
    let (mut world, _, trader, liquidator) = ready();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    // 22.5 USD · 1.0667 buy a coin.
    let due = (24.0 * DOLLAR as f64 / (1.0 + 286_587_220.0 / 4_294_967_296.0)).ceil() as u64;
    let [all, coin, less, enough] =
        [stages.seize(None), stages.seize(Some(ONE_COIN)), stages.repay(Some(due - 1)), stages.repay(Some(due + 1))];
    refuses(&mut world, &liquidator, &trader, &[], "NothingToDo");
    refuses(&mut world, &liquidator, &trader, std::slice::from_ref(&all), "SeizedTooMuch");
    refuses(&mut world, &liquidator, &trader, std::slice::from_ref(&coin), "SeizedTooMuch");
    refuses(&mut world, &liquidator, &trader, &[coin.clone(), less], "SeizedTooMuch");
    refuses(&mut world, &liquidator, &trader, &[all, enough.clone()], "SeizedTooMuch");
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let transaction = [stages.begin(u64::MAX), enough, coin, stages.end()];
    world.svm.send(&transaction, &[&liquidator.key]).expect("paid for");
    world.check_invariants();
}

/// A liquidator that pays and takes nothing: the account would jump over its target.
#[test]
fn refuses_a_present_past_the_target() {
    let (mut world, _, trader, liquidator) = ready();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let [repay, cent_less] = [stages.repay(None), stages.seize(Some(47_009_583_600))];
    refuses(&mut world, &liquidator, &trader, std::slice::from_ref(&repay), "TargetExceeded");
    // 416,668 units of 10⁻⁹ coins at 24 USD are a cent.
    refuses(&mut world, &liquidator, &trader, &[repay, cent_less], "TargetExceeded");
    // A present that does not reach it is none of the program's business.
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let transaction = [stages.begin(u64::MAX), stages.repay(Some(DOLLAR)), stages.end()];
    world.svm.send(&transaction, &[&liquidator.key]).expect("a dollar");
}

#[test]
fn refuses_everyone_else_and_what_is_not_open() {
    let (mut world, lender, trader, liquidator) = ready();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let end = stages.end();
    let mut transaction = stages.all(u64::MAX);
    transaction[3] = with(&end, AUTHORITY, lender.key.pubkey());
    world.refuses_all(&transaction, &[&liquidator.key, &lender.key], "Unauthorised");
    transaction[3] = with(&end, AUTHORITY, trader.key.pubkey());
    world.refuses_all(&transaction, &[&liquidator.key, &trader.key], "Unauthorised");
    world.refuses(&end, &[&liquidator.key], "NoOpenLiquidation");
}

/// An end that names another pair than the beginning.
#[test]
fn refuses_another_pair() {
    let (mut world, _, trader, liquidator) = ready();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let mut transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    transaction[3] = world.stages(&liquidator, &trader, USD, GEM).end();
    world.refuses_all(&transaction, &[&liquidator.key], "BankMismatch");
    // Loan and collateral exchanged.
    transaction[3] = world.stages(&liquidator, &trader, COIN, USD).end();
    world.refuses_all(&transaction, &[&liquidator.key], "BankMismatch");
}

#[test]
fn refuses_when_a_bank_is_missing_or_another_groups() {
    let (mut world, _, trader, liquidator) = ready();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let (board, bank) = world.elsewhere(1, |world| {
        let bank = world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        (world.board_key(), world.bank_key(bank))
    });
    let right = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let mut missing = right.clone();
    missing[3].accounts.truncate(7);
    world.refuses_all(&missing, &[&liquidator.key], "MissingAccount");
    for (at, key, error) in
        [(2, board, "WrongBoard"), (3, bank, "WrongGroup"), (4, bank, "WrongGroup"), (7, bank, "WrongGroup")]
    {
        let mut wrong = right.clone();
        wrong[3].accounts[at].pubkey = key;
        world.refuses_all(&wrong, &[&liquidator.key], error);
    }
    let mut twice = right.clone();
    twice[3].accounts[4].pubkey = world.bank_key(USD);
    world.refuses_all(&twice, &[&liquidator.key], "DuplicateAccount");
    world.svm.send(&right, &[&liquidator.key]).expect("right in the end");
}

/// What else of the program touches the board or one of the account's banks in between: a price, a deposit of somebody, a
/// setting, a pause, a loss that lenders of another of its banks bear, a flash loan.
#[test]
fn refuses_when_anything_else_moved() {
    let (mut world, lender, trader, liquidator) = ready();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    // Somebody who owes gems and has nothing: the loss is the gem lenders'.
    let debtor = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let _gems = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    world.borrow(&debtor, GEM, ONE_GEM / 10).expect("borrow");
    world.svm.edit::<MarginAccount>(&debtor.account, |account| account.balances[0].shares = 1_000);
    world.svm.edit::<Bank>(&world.bank_key(COIN), |bank| bank.asset_shares -= 100 * ONE_COIN - 1_000);
    world.svm.advance(1);
    world.publish(GEM, 1_024_00000000);
    world.mint_to(&lender, USD, DOLLAR);

    let (by, group) = (world.admin.pubkey(), world.group);
    let args = |bank: u16| world.markets[usize::from(bank)].bank_args.clone();
    let own = |bank| ix::deposit(&liquidator.user(bank), &world.bank(bank), 1_000_000);
    let flash = world.flash_loan(&liquidator, GEM, 1);
    let moves: Vec<(&str, Vec<Instruction>)> = vec![
        ("a price", vec![ix::refresh_price_feed(&group, 2, &[world.markets[2].oracle])]),
        ("a deposit into the loan's bank", vec![ix::deposit(&lender.user(USD), &world.bank(USD), DOLLAR)]),
        ("a deposit into the collateral's bank", vec![own(COIN)]),
        ("a deposit into another bank of the account", vec![own(GEM)]),
        ("a loan's bank configured", vec![ix::configure_bank(&by, &group, USD, args(USD))]),
        ("a collateral's bank configured", vec![ix::configure_bank(&by, &group, COIN, args(COIN))]),
        ("another bank configured", vec![ix::configure_bank(&by, &group, GEM, args(GEM))]),
        ("rules", vec![ix::configure_group(&by, &group, world.group_args())]),
        ("new risk paused", vec![ix::pause_risk(&by, &group, 60)]),
        (
            "a loss in another bank of the account",
            vec![ix::resolve_bankruptcy(&debtor.account, &world.margin(&debtor), GEM)],
        ),
        ("a flash loan of another bank of the account", flash.to_vec()),
    ];
    let admin = world.admin.insecure_clone();
    let all = [&liquidator.key, &lender.key, &admin];
    let right = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    for (what, moves) in moves {
        eprintln!("{what}");
        // Alone it succeeds.
        world
            .svm
            .clone()
            .send(&moves, &signers(&moves, &all))
            .unwrap_or_else(|failed| panic!("{what}: {}", failed.name()));
        // Right before the end, and right after the beginning.
        for at in [3, 1] {
            let mut transaction = right.clone();
            transaction.splice(at..at, moves.clone());
            world.refuses_all(&transaction, &signers(&transaction, &all), "StateMoved");
        }
        // Before the beginning and after the end it is nobody's concern, but for the price.
        let mut around = moves.clone();
        around.extend(right.clone());
        world
            .svm
            .clone()
            .send(&around, &signers(&around, &all))
            .unwrap_or_else(|failed| panic!("{what}: {}", failed.name()));
    }
    world.svm.send(&right, &[&liquidator.key]).expect("a liquidation");
}

/// Coins against coins of another mint, one feed, nothing charged for the match: see `liquidate`.
#[test]
fn t10_refuses_what_would_worsen() {
    let (mut world, trader, [loan, collateral]) = euros_against_euros();
    let liquidator = world.trader();
    world.mint_to(&liquidator, loan, 10_000 * DOLLAR);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let transaction = world.stages(&liquidator, &trader, loan, collateral).all(u64::MAX);
    world.refuses_all(&transaction, &[&liquidator.key], "LiquidationWouldWorsen");
}

/// Coins at 16 USD: 1,600 USD for 2,048 owed. All coins go for what they are worth, the rest of the loan is written off in the
/// same instruction: insurance first, then the lenders.
#[test]
fn the_last_collateral_brings_the_loss() {
    let (mut world, lender, trader, liquidator) = ready();
    world.svm.advance(1);
    world.crash(COIN, 16_00000000);
    world.insure(&lender, USD, 100 * DOLLAR).expect("deposit_insurance");
    let before = world.bank(USD);
    let transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let sent = world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
    let Told { done, .. } = Told::by(&sent);
    assert_eq!(done.seized, 100 * ONE_COIN);
    // The smallest bonus, and 1,600 / 1.005 = 1,592.04 USD.
    assert_eq!(done.bonus, u64::from(presets::rules().bonus_min));
    assert!((1_592_039_800..1_592_039_812).contains(&done.repaid), "{}", done.repaid);
    let deficit = 2_048 * DOLLAR - done.repaid;
    assert_eq!(done.insurance, insurance(done.repaid, done.bonus));
    let insured = 100 * DOLLAR + done.insurance;
    assert_eq!((done.loss.deficit, done.loss.insured), (deficit, insured));
    assert_eq!(done.loss.socialized, deficit - insured);
    let account = world.margin(&trader);
    assert_eq!((account.balance_count, account.flags), (0, 0));
    let after = world.bank(USD);
    assert_eq!((after.insurance, after.liability_shares), (0, 0));
    assert_eq!(after.socialized_loss - before.socialized_loss, deficit - insured);
    world.check_invariants();
}

/// Ten dollars of coins left are dust: no reason to keep the loan. Eleven are not.
#[test]
fn t31_dust_left_does_not_keep_the_loss_away() {
    for (left, lost) in [(9u64, true), (11, false)] {
        let (mut world, _, trader, liquidator) = ready();
        world.svm.advance(1);
        world.crash(COIN, 16_00000000);
        let stages = world.stages(&liquidator, &trader, USD, COIN);
        let seize = stages.seize(Some(100 * ONE_COIN - left * ONE_COIN / 16));
        let transaction = [stages.begin(u64::MAX), seize, stages.repay(None), stages.end()];
        let Told { done, .. } = Told::by(&world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation"));
        assert_eq!(done.loss.deficit > 0, lost, "{left}");
        assert_eq!(world.margin(&trader).balance(USD).is_none(), lost, "{left}");
        world.check_invariants();
    }
}

/// The loan left would be dust: it is closed whole, past the target.
#[test]
fn t27_a_loan_left_under_dust_is_closed_whole() {
    let (mut world, _, trader, liquidator) = ready();
    world.configure_rules(|rules| rules.dust = presets::dollars(995)).expect("configure_group");
    let transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let Told { done, .. } = Told::by(&world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation"));
    assert_eq!((done.repaid, done.after.liabilities), (2_048 * DOLLAR, 0));
    assert!(world.margin(&trader).balance(USD).is_none());
    world.check_invariants();
}

/// Several accounts that share their banks, one after the other in one transaction: fine. Interleaved: no; a step of one moves
/// the bank under the other.
#[test]
fn several_accounts_one_after_the_other() {
    let (mut world, _, trader, liquidator) = ready();
    let other = world.trader_with(&[(COIN, 110 * ONE_COIN)]);
    world.borrow(&other, USD, 1_500 * DOLLAR).expect("borrow");
    world.svm.edit::<MarginAccount>(&other.account, |account| account.balances[0].shares = 2_200 * DOLLAR);
    world.svm.edit::<Bank>(&world.bank_key(USD), |bank| bank.liability_shares += 700 * DOLLAR);
    world.advance(11);
    let first = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    let second = world.stages(&liquidator, &other, USD, COIN).all(u64::MAX);
    let interleaved = [0, 1, 2].map(|at| [first[at].clone(), second[at].clone()]).concat();
    let ends = [first[3].clone(), second[3].clone()];
    world.refuses_all(&[interleaved, ends.to_vec()].concat(), &[&liquidator.key], "StateMoved");
    let nested = [&first[..1], &second[..], &first[1..]].concat();
    world.refuses_all(&nested, &[&liquidator.key], "StateMoved");
    world.svm.send(&[first, second].concat(), &[&liquidator.key]).expect("two liquidations");
    for trader in [&trader, &other] {
        assert_eq!(world.margin(trader).flags, 0);
        assert!(!world.health(trader).is_negative());
    }
    world.check_invariants();
}

/// The same account twice in one transaction: no. In two: yes, at no better bonus.
#[test]
fn t11_again_pays_no_better() {
    let (mut world, _, trader, liquidator) = ready();
    let half = world.stages(&liquidator, &trader, USD, COIN).all(500 * DOLLAR);
    world.refuses_all(&[half.clone(), half.clone()].concat(), &[&liquidator.key], "EndNotUnique");
    let Told { done: first, .. } = Told::by(&world.svm.send(&half, &[&liquidator.key]).expect("a liquidation"));
    let Told { done: second, .. } = Told::by(&world.svm.send(&half, &[&liquidator.key]).expect("a liquidation"));
    assert_eq!(first.repaid, 500 * DOLLAR);
    assert!(second.bonus <= first.bonus && second.repaid <= 500 * DOLLAR);
    // One at once had paid 6.673 % on all.
    assert!(first.seized + second.seized <= 2 * first.seized);
    world.check_invariants();
}

/// The dollars come from the loan's own bank: lent before, back after.
#[test]
fn a_flash_loan_pays_for_it() {
    let (mut world, _, trader, _) = unhealthy();
    let (liquidator, pool) = (world.trader(), world.trader());
    world.mint_to(&pool, USD, 10_000 * DOLLAR);
    let lent = 1_100 * DOLLAR;
    let [begin, end] = world.flash_loan(&liquidator, USD, lent);
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let mut transaction = vec![begin, stages.begin(u64::MAX), stages.repay(None), stages.seize(None), stages.end()];
    transaction.extend(swap(&world, &pool, &liquidator, (COIN, 47_010_000_268), (USD, 1_128_240_006)));
    transaction.push(end);
    world.svm.send(&transaction, &[&liquidator.key, &pool.key]).expect("a liquidation");
    // ⌈1,100 · 5 bp⌉, the rate down: 0.55 USD.
    let fee = (u128::from(lent) * u128::from(presets::bps(5))).div_ceil(1 << 32);
    let fee = u64::try_from(fee).expect("a fee");
    assert_eq!(fee, 550_000);
    let left = 1_128_240_006 - 1_057_665_890 - 14_114_824 - fee;
    assert_eq!(world.svm.tokens(&liquidator.tokens[0]), left);
    assert_eq!((world.bank(USD).fees, world.bank(USD).flash_loaned), (fee, 0));
    world.check_invariants();
    // Lent inside it, or given back inside it, the bank moves.
    let (mut world, _, trader, liquidator) = ready();
    let [begin, end] = world.flash_loan(&liquidator, USD, lent);
    let whole = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    for (lend, back) in [(1, 4), (1, 2), (0, 2)] {
        let mut transaction = whole.clone();
        transaction.insert(back, end.clone());
        transaction.insert(lend, begin.clone());
        world.refuses_all(&transaction, &[&liquidator.key], "StateMoved");
    }
}

/// An owner that liquidates its own account is a liquidator like any other: it pays insurance for the privilege.
#[test]
fn an_owner_may_and_gains_nothing() {
    let (mut world, _, trader, _) = unhealthy();
    world.mint_to(&trader, USD, 10_000 * DOLLAR);
    let before = world.svm.tokens(&trader.tokens[0]);
    let wealth = |world: &World| {
        let account = world.margin(&trader);
        let of = |bank| account.balance(bank).map_or(0, |balance| balance.shares);
        let coins = world.svm.tokens(&trader.tokens[1]) + of(COIN);
        // Atoms of dollars at 24 USD a coin, times a thousand.
        (world.svm.tokens(&trader.tokens[0]) - of(USD)) * 1_000 + coins * 24
    };
    let rich = wealth(&world);
    let transaction = world.stages(&trader, &trader, USD, COIN).all(u64::MAX);
    let Told { done, .. } = Told::by(&world.svm.send(&transaction, &[&trader.key]).expect("a liquidation"));
    assert_eq!(rich - wealth(&world), done.insurance * 1_000);
    assert_eq!(before - world.svm.tokens(&trader.tokens[0]), done.repaid + done.insurance);
    world.check_invariants();
}
