//! What comes first: exits and losses, fees and losses, assets that arrive late, banks that close.

use super::support::*;

/// Coins are worth nothing any more, 2,048 USD are owed, and nobody has noted it yet. Lenders have 100,000 and 10,000 USD.
fn dead() -> (World, Trader, Trader, Trader) {
    let (mut world, lender, borrower, other) = cast();
    world.crash(COIN, 1_000);
    world.check_invariants();
    (world, lender, borrower, other)
}

fn resolve(world: &World, trader: &Trader) -> solana_instruction::Instruction {
    ix::resolve_bankruptcy(&trader.account, &world.margin(trader), USD)
}

/// Who had asked for an exit before a loss was booked was paid the value of before. Here nothing is promised: a withdrawal
/// pays what the index says when it runs, and who is still there when a loss is found bears it. Who leaves before bears
/// nothing, as far as the vault reaches: finding a loss is anybody's instruction, and needs no waiting.
#[test]
fn v13_an_exit_is_worth_what_it_is_when_it_is_paid() {
    let (mut world, lender, borrower, other) = dead();
    let leave = ix::withdraw(&lender.user(USD), &world.margin(&lender), &world.bank(USD), None);
    let found = resolve(&world, &borrower);
    let paid = |world: &World, trader: &Trader| world.svm.tokens(&trader.tokens[0]);
    let mut before = |first: [solana_instruction::Instruction; 2]| {
        world.tried(|world| {
            step(world, |world| world.svm.send(&first, &[&lender.key]));
            step(world, |world| world.withdraw(&other, USD, None));
            (paid(world, &lender), paid(world, &other))
        })
    };
    // 2,048 of 110,000 each: ⌊100,000 · 107,952 / 110,000⌋ and ⌊10,000 · …⌋, index and amount rounded down.
    assert_eq!(before([found.clone(), leave.clone()]), (98_138_181_818, 9_813_818_181));
    assert_eq!(before([leave, found]), (100_000 * DOLLAR, 7_952 * DOLLAR - 1));
    // Nothing of an exit is kept that could be frozen: a lender's account is shares.
    let account = world.margin(&lender);
    assert_eq!((account.balance_count, account.balances[0].shares), (1, 100_000 * DOLLAR));
}

/// A loan could be written off while everybody saw that the price which made it worthless had turned. Here a jump that waits
/// for its second print stops the write-off, and what came back is seized.
#[test]
fn v16_a_loan_is_not_written_off_while_a_jump_waits() {
    let (mut world, _, borrower, other) = dead();
    step(&mut world, |world| world.tried(|world| world.resolve_bankruptcy(&borrower, USD)));
    world.svm.advance(1);
    step(&mut world, |world| world.set_price(COIN, 10_00000000));
    fails(&mut world, "NotBankrupt", |world| world.resolve_bankruptcy(&borrower, USD));
    world.svm.advance(10);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    step(&mut world, |world| world.set_price(COIN, 11_00000000));
    let sent = step(&mut world, |world| world.liquidate(&other, &borrower, USD, COIN, u64::MAX));
    let done = event!(sent, Liquidated);
    // 1,000 / 1.005 = 995.0248756…, up in value, in price and in atoms.
    assert_eq!((done.seized, done.repaid), (100 * ONE_COIN, 995_024_878));
    assert_eq!(done.loss.deficit, 2_048 * DOLLAR - done.repaid);
}

/// Assets that arrived after an account was found bankrupt were nobody's, or paid for nothing. Here what is there is looked
/// at when the loss is booked: under dust it stays the owner's, above it is seized first, in the same instruction; and what
/// comes after the loss is the owner's again.
#[test]
fn v19_what_arrives_late_is_seized_first() {
    // 0.005 gems: 5.12 USD.
    let (mut world, _, borrower, _) = dead();
    step(&mut world, |world| world.deposit(&borrower, GEM, ONE_GEM / 200));
    let sent = step(&mut world, |world| world.resolve_bankruptcy(&borrower, USD));
    assert_eq!(event!(sent, BankruptcyResolved).loss.deficit, 2_048 * DOLLAR);
    // The loss is booked: what comes now pays for nothing.
    step(&mut world, |world| world.deposit(&borrower, GEM, ONE_GEM));
    step(&mut world, |world| world.withdraw(&borrower, GEM, None));
    assert_eq!(world.svm.tokens(&borrower.tokens[2]), ONE_GEM + ONE_GEM / 200);

    // 0.01 gems: 10.24 USD.
    let (mut world, _, borrower, other) = dead();
    step(&mut world, |world| world.deposit(&borrower, GEM, ONE_GEM / 100));
    fails(&mut world, "NotBankrupt", |world| world.resolve_bankruptcy(&borrower, USD));
    let sent = step(&mut world, |world| world.liquidate(&other, &borrower, USD, GEM, u64::MAX));
    let done = event!(sent, Liquidated);
    // 10.24 / 1.005 = 10.1890547…, up in value, in price and in atoms.
    assert_eq!((done.seized, done.repaid), (ONE_GEM / 100, 10_189_057));
    assert_eq!(done.loss.deficit, 2_048 * DOLLAR - done.repaid);
    assert_eq!(world.margin(&borrower).balance(USD), None);
}

/// Nothing arrives in the middle of a liquidation either.
#[test]
fn v19_nothing_arrives_in_an_open_liquidation() {
    let (mut world, _, borrower, liquidator) = cast();
    world.crash(COIN, 24_00000000);
    world.mint_to(&borrower, COIN, ONE_COIN);
    let account_state = world.margin(&borrower);
    let staged = ix::StagedLiquidation {
        authority: liquidator.key.pubkey(),
        account: borrower.account,
        account_state: &account_state,
        loan_bank: USD,
        collateral_bank: COIN,
    };
    let late = ix::deposit(&borrower.user(COIN), &world.bank(COIN), ONE_COIN);
    let all = [ix::begin_liquidation(&staged, u64::MAX), late, ix::end_liquidation(&staged)];
    fails(&mut world, "AccountInTransit", |world| world.svm.send(&all, &[&liquidator.key, &borrower.key]));
}

/// Fees were swept out before a loss was booked, and lenders bore what the sweep had taken. Here fees are claims like
/// deposits: to collect them before a loss or after it is the same for every lender, to the bit, and insurance is not swept.
#[test]
fn v20_a_sweep_before_the_loss_takes_nothing_from_lenders() {
    let (mut world, lender, borrower) = ballast_testkit::aged();
    let giver = world.trader();
    step(&mut world, |world| world.insure(&giver, USD, 1_000 * DOLLAR));
    world.svm.advance(1);
    world.crash(COIN, 1_000);
    let treasury = world.key().pubkey();
    let (mint, admin) = (world.bank(USD).mint, world.admin.pubkey());
    world.svm.put_tokens(&treasury, &mint, &admin, 0);
    // An accrual first, so that both orders find the same fees.
    step(&mut world, |world| world.insure(&giver, USD, 1));
    let fees = world.bank(USD).fees;
    assert!(fees > 100 * DOLLAR, "{fees}");
    let sweep = |world: &mut World| {
        let collect = ix::collect_fees(&treasury, &world.bank(USD));
        step(world, |world| world.as_admin(collect));
    };
    let lose = |world: &mut World| {
        let sent = step(world, |world| world.resolve_bankruptcy(&borrower, USD));
        let loss = event!(sent, BankruptcyResolved).loss;
        assert_eq!((loss.insured, loss.insured + loss.socialized), (1_000 * DOLLAR + 1, loss.deficit));
    };
    let mut run = |first: &dyn Fn(&mut World), then: &dyn Fn(&mut World)| {
        world.tried(|world| {
            first(world);
            then(world);
            let bank = world.bank(USD);
            step(world, |world| world.withdraw(&lender, USD, None));
            (world.svm.tokens(&treasury), world.svm.tokens(&lender.tokens[0]), bank.asset_index, bank.insurance)
        })
    };
    let (swept, lost) = (run(&sweep, &lose), run(&lose, &sweep));
    assert_eq!(swept, lost);
    assert_eq!((swept.0, swept.3), (fees, 0));
}

/// A market past its end was liquidated at a live price that was none any more. The nearest here is a bank that winds down
/// while its oracle is dead: nothing is closed at the old price, by nobody.
#[test]
fn v21_a_closing_bank_is_not_closed_at_a_dead_price() {
    let (mut world, lender, borrower, keeper) = cast();
    step(&mut world, |world| world.set_bank_mode(COIN, 2));
    world.svm.advance(14 * 86_400);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    fails(&mut world, "PriceStale", |world| world.deleverage(&keeper, &borrower, USD, COIN, u64::MAX, true));
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&keeper, &borrower, USD, COIN, u64::MAX));
    // Everybody leaves all the same.
    step(&mut world, |world| world.repay(&borrower, USD, None));
    step(&mut world, |world| world.withdraw(&borrower, COIN, None));
    step(&mut world, |world| world.withdraw(&lender, USD, None));
}

/// A settlement price below zero was taken for zero. Here it is no price: the last one stays and ages.
#[test]
fn v21_a_negative_price_is_not_clipped() {
    let (mut world, _, borrower, liquidator) = cast();
    let row = world.board().rows[1];
    for price in [0, -1, -32_00000000, i64::MIN] {
        world.svm.advance(1);
        let now = world.svm.now();
        world.publish_at(COIN, price, 0, now);
        fails(&mut world, "PriceOutOfRange", |world| world.refresh(COIN));
        assert_eq!(world.board().rows[1], row);
    }
    world.svm.advance(60);
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    fails(&mut world, "PriceStale", |world| world.borrow(&borrower, USD, 10 * DOLLAR));
    fails(&mut world, "AccountHealthy", |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
}

/// A pool could not pay what a settlement owed, and the settlement stood still. Here a liquidation pays in claims: where all
/// coins are lent out it goes on, only who wants the coins themselves waits for a repayment, and loses nothing by it.
#[test]
fn v21_a_pool_that_cannot_pay_stops_no_liquidation() {
    let (mut world, _, borrower, liquidator) = cast();
    world.configure_bank(COIN, |args| args.max_utilisation = 1 << 32).expect("configure_bank");
    let short = world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    step(&mut world, |world| world.borrow(&short, COIN, 100 * ONE_COIN));
    assert_eq!(world.vault(COIN), 0);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let account_state = world.margin(&borrower);
    let staged = ix::StagedLiquidation {
        authority: liquidator.key.pubkey(),
        account: borrower.account,
        account_state: &account_state,
        loan_bank: USD,
        collateral_bank: COIN,
    };
    let seize = ix::User { margin_account: borrower.account, ..liquidator.user(COIN) };
    let tokens = [
        ix::begin_liquidation(&staged, u64::MAX),
        ix::seize(&seize, &world.bank(COIN), None),
        ix::end_liquidation(&staged),
    ];
    fails(&mut world, "InsufficientLiquidity", |world| world.svm.send(&tokens, &[&liquidator.key]));
    let sent = step(&mut world, |world| world.liquidate(&liquidator, &borrower, USD, COIN, u64::MAX));
    let seized = event!(sent, Liquidated).seized;
    fails(&mut world, "InsufficientLiquidity", |world| world.withdraw(&liquidator, COIN, Some(1)));
    step(&mut world, |world| world.repay(&short, COIN, None));
    step(&mut world, |world| world.withdraw(&liquidator, COIN, None));
    assert_eq!(world.svm.tokens(&liquidator.tokens[1]), seized);
}
