//! `liquidate`.

use super::support::*;

fn instruction(world: &World, liquidator: &Trader, from: &Trader, max_repay: u64) -> Instruction {
    takeover(world, liquidator, from, USD, COIN, |takeover| ix::liquidate(takeover, max_repay))
}

/// A = 2,400, L = 2,048, R = 428, H = −76, HF = 0.9693. T1 = (1 + 1/16)/(1 − 1/8) − 1 = 0.2143, T = 0.1719,
/// φ = 1/4 + 2·0.0307 = 0.3114, and the bonus φ·T1 = 6.673 %. To a health factor of 1.05 it takes 1,057.67 USD.
#[test]
fn moves_loan_and_collateral_and_tells_all() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let (loan_bank, collateral_bank) = (world.bank(USD), world.bank(COIN));
    let sent = world.liquidate(&liquidator, &trader, USD, COIN, u64::MAX).expect("liquidate");

    let done = event!(sent, Liquidated);
    assert_same(&done.header, &header(&world, trader.account, 3));
    assert_eq!(done.liquidator, liquidator.account);
    assert_eq!((done.loan_bank, done.collateral_bank), (USD, COIN));
    assert_eq!(done.board_sequence, world.board().sequence);
    assert_eq!((done.loan_price, done.collateral_price), (1 << 40, 24 << 40));
    assert_eq!((done.max_repay, done.unhealthy_since), (u64::MAX, world.svm.now()));
    assert_same(&done.before, &health([2_400, 2_048, 428], [-1, 1, 1]));
    assert_same(&done.loss, &LossShare::default());
    // 0.31139 · 0.214286
    assert_eq!(done.bonus, 286_587_220);
    assert_eq!((done.repaid, done.repaid_shares), (1_057_665_890, 1_057_665_890));
    // repaid · (1 + bonus) / 24 = 47.010000317, less what rounding down takes: 40 atoms for each unit of 2⁻²⁰ USD.
    assert_eq!(done.seized, 47_010_000_268);
    assert_eq!(done.seized_shares, done.seized);
    // a fifth of the bonus
    assert_eq!(done.insurance, 14_114_823);
    let after = world.health(&trader);
    assert_same(
        &done.after,
        &HealthPoint { assets: after.assets.0, liabilities: after.liabilities.0, requirement: after.requirement.0 },
    );
    let factor = after.factor().expect("a loan is left").0;
    assert_eq!(factor, 4_509_715_667, "1.05 reached, and passed by no more than rounding");

    let account = world.margin(&trader);
    assert_eq!(account.balance(USD).expect("a loan").shares, 2_048 * DOLLAR - done.repaid);
    assert_eq!(account.balance(COIN).expect("coins").shares, 100 * ONE_COIN - done.seized);
    assert_eq!((account.unhealthy_since, account.unhealthy_seen, account.bonus_lock.ts), (0, 0, 0));
    let taker = world.margin(&liquidator);
    assert_eq!(taker.balance(USD).expect("dollars").shares, 10_000 * DOLLAR - done.repaid - done.insurance);
    assert_eq!(taker.balance(COIN).expect("coins").shares, ONE_COIN + done.seized);
    assert_eq!(taker.sequence, 3);
    let now = world.bank(USD);
    assert_eq!(
        now,
        Bank {
            asset_shares: loan_bank.asset_shares - done.repaid - done.insurance,
            liability_shares: loan_bank.liability_shares - done.repaid,
            insurance: done.insurance,
            lend_ratio: now.lend_ratio,
            accrued_ts: world.svm.now(),
            sequence: loan_bank.sequence + 1,
            ..loan_bank
        }
    );
    let now = world.bank(COIN);
    assert_eq!(now, Bank { accrued_ts: world.svm.now(), sequence: collateral_bank.sequence + 1, ..collateral_bank });
    world.check_invariants();
}

#[test]
fn repays_at_most_what_the_liquidator_wants() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let sent = world.liquidate(&liquidator, &trader, USD, COIN, 100 * DOLLAR).expect("liquidate");
    let done = event!(sent, Liquidated);
    assert_eq!((done.max_repay, done.repaid), (100 * DOLLAR, 100 * DOLLAR));
    assert_eq!(done.seized, 4_444_692_810);
    let account = world.margin(&trader);
    // Still unhealthy: the episode and its bonus are remembered.
    assert_eq!(account.unhealthy_since, world.svm.now());
    assert_eq!((account.bonus_lock.ts, account.bonus_lock.bonus), (world.svm.now(), done.bonus));
    world.check_invariants();
}

/// A liquidator without dollars takes the loan over, and needs collateral of its own for it.
#[test]
fn a_liquidator_without_dollars_takes_the_loan_over() {
    let (mut world, _, trader, _) = unhealthy();
    let other = world.trader_with(&[(GEM, 2 * ONE_GEM)]);
    let sent = world.liquidate(&other, &trader, USD, COIN, 500 * DOLLAR).expect("liquidate");
    let done = event!(sent, Liquidated);
    let loan = *world.margin(&other).balance(USD).expect("a loan");
    assert_eq!((loan.side, loan.shares), (2, done.repaid + done.insurance));
    world.check_invariants();

    let poor = world.trader();
    let liquidate = instruction(&world, &poor, &trader, 500 * DOLLAR);
    world.refuses(&liquidate, &[&poor.key], "InsufficientHealth");
}

/// A liquidator that owes nothing in the end: its gems do not matter, and the bank of them may be left out.
#[test]
fn banks_that_do_not_matter_may_be_left_out() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.withdraw(&liquidator, COIN, None).expect("withdraw");
    world.deposit(&liquidator, GEM, ONE_GEM).expect("deposit");
    let mut fewer = instruction(&world, &liquidator, &trader, 100 * DOLLAR);
    fewer.accounts.truncate(8);
    world.send(fewer, &[&liquidator.key]).expect("liquidate");
}

/// It takes the loan over: then its gems count.
#[test]
fn refuses_when_a_bank_of_a_liquidator_in_debt_is_missing() {
    let (mut world, _, trader, _) = unhealthy();
    let other = world.trader_with(&[(GEM, 2 * ONE_GEM)]);
    let mut missing = instruction(&world, &other, &trader, 100 * DOLLAR);
    missing.accounts.truncate(8);
    world.refuses(&missing, &[&other.key], "MissingAccount");
}

#[test]
fn refuses_amounts_and_pairs() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let refuses = |world: &mut World, from: &Trader, loan, collateral, max, error| {
        let liquidate = takeover(world, &liquidator, from, loan, collateral, |it| ix::liquidate(it, max));
        world.refuses(&liquidate, &[&liquidator.key], error);
    };
    refuses(&mut world, &trader, USD, COIN, 0, "NothingToDo");
    refuses(&mut world, &trader, COIN, USD, 1, "WrongSide");
    refuses(&mut world, &trader, GEM, COIN, 1, "NoBalance");
    refuses(&mut world, &trader, USD, GEM, 1, "NoBalance");
    refuses(&mut world, &lender, USD, COIN, 1, "NoLiability");
    world.configure_bank(COIN, |args| args.collateral = false).expect("configure_bank");
    refuses(&mut world, &trader, USD, COIN, 1, "NotCollateral");
}

/// An atom of dollars buys no atom of a token of two decimals worth a million.
#[test]
fn refuses_what_buys_no_share() {
    let mut world = World::empty();
    world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
    world.list(&MarketSpec::plain(PLAIN, 2, 1_000_000_00000000));
    let _lender = world.trader_with(&[(USD, 10_000_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100)]);
    world.borrow(&trader, USD, 660_000 * DOLLAR).expect("borrow");
    let liquidator = world.trader_with(&[(USD, 1_000_000 * DOLLAR)]);
    world.svm.advance(1);
    world.crash(COIN, 790_000_00000000);
    let liquidate = instruction(&world, &liquidator, &trader, 1);
    world.refuses(&liquidate, &[&liquidator.key], "ZeroShares");
    world.liquidate(&liquidator, &trader, USD, COIN, u64::MAX).expect("liquidate");
    world.check_invariants();
}

#[test]
fn refuses_healthy_accounts() {
    let (mut world, _, trader) = indebted();
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.svm.advance(11);
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "AccountHealthy");
}

/// 10 seconds after a borrow only deep ill health (E < R/2) is liquidatable.
#[test]
fn t05_refuses_within_the_cool_off() {
    let (mut world, _, trader) = indebted();
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| board.rows[1].mid = 24 << 40);
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "AccountCoolingOff");
    world.svm.advance(9);
    world.refuses(&liquidate, &[&liquidator.key], "AccountCoolingOff");
    // E = 2,200 − 2,048 is less than half of R = 275 + 128.
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| board.rows[1].mid = 22 << 40);
    let sent = world.send(liquidate, &[&liquidator.key]).expect("deep");
    assert!(event!(sent, Liquidated).repaid > 0);
}

#[test]
fn t22_refuses_within_the_grace_after_a_halt() {
    let (mut world, _, trader) = indebted();
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.svm.advance(301);
    world.crash(COIN, 24_00000000);
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "GracePeriod");
    world.advance(108);
    world.refuses(&liquidate, &[&liquidator.key], "GracePeriod");
    world.advance(1);
    world.send(liquidate, &[&liquidator.key]).expect("the grace is over");
}

/// With a stale or guarded price in it, an account must be unhealthy at the end of the band that favours it, too.
#[test]
fn t03_refuses_where_an_uncertain_price_may_favour_the_owner() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| {
        board.rows[1].state = 3;
        board.rows[1].high = 25 << 40;
    });
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "HealthyAtFavourablePrice");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].high = (24 << 40) + 1);
    let sent = world.send(liquidate, &[&liquidator.key]).expect("guarded is no stop");
    assert_eq!(event!(sent, Liquidated).collateral_price, 24 << 40);
}

#[test]
fn refuses_a_stale_price_of_the_pair() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        board.rows[1].mid = 20 << 40;
        board.rows[1].high = 20 << 40;
    });
    world.svm.advance(61);
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "PairPriceStale");
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    world.refuses(&liquidate, &[&liquidator.key], "PairPriceStale");
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        board.rows[1].state = 0;
        board.rows[1].publish_ts = board.rows[0].publish_ts;
    });
    world.refuses(&liquidate, &[&liquidator.key], "PairPriceStale");
}

/// Euros against euros of another mint, one feed, nothing charged for the match: neither leg frees any requirement, so that
/// any bonus would be the account's loss.
#[test]
fn t10_refuses_what_would_worsen() {
    let (mut world, trader, [loan, collateral]) = euros_against_euros();
    let liquidator = world.trader_with(&[(USD, 10_000 * DOLLAR), (loan, 10_000 * DOLLAR)]);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let liquidate = takeover(&world, &liquidator, &trader, loan, collateral, |it| ix::liquidate(it, u64::MAX));
    world.refuses(&liquidate, &[&liquidator.key], "LiquidationWouldWorsen");
    world.liquidate(&liquidator, &trader, USD, COIN, u64::MAX).expect("the pair that helps");
    let (board, row) = (world.board_key(), usize::from(world.bank(loan).feed));
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].basis = presets::bps(100));
    world.check_invariants();
}

#[test]
fn refuses_a_seventeenth_balance() {
    let mut world = World::plain();
    for _ in 3..18 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");
    let mut deposits: Vec<(u16, u64)> = (2..17).map(|bank| (bank, ONE_COIN)).collect();
    deposits.push((USD, 10_000 * DOLLAR));
    let liquidator = world.trader_with(&deposits);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    let liquidate = instruction(&world, &liquidator, &trader, u64::MAX);
    world.refuses(&liquidate, &[&liquidator.key], "TooManyBalances");
    world.withdraw(&liquidator, 16, None).expect("withdraw");
    world.liquidate(&liquidator, &trader, USD, COIN, u64::MAX).expect("liquidate");
    world.check_invariants();
}
