//! `borrow`.

use super::support::*;

const DESTINATION: usize = 5;

fn instruction(world: &World, trader: &Trader, bank: u16, atoms: u64) -> Instruction {
    ix::borrow(&trader.user(bank), &world.margin(trader), &world.bank(bank), atoms)
}

/// 3,200 USD of coins, 2,048 USD of loan: 800 and 256 are required at Initial, 400 and 128 at Maintenance.
#[test]
fn mints_loan_shares_and_moves_tokens() {
    let (mut world, _, trader) = lent();
    let before = world.bank(USD);
    let sent = world.borrow(&trader, USD, 2_048 * DOLLAR).expect("borrow");

    let taken = event!(sent, Borrowed);
    assert_same(&taken.header, &header(&world, trader.account, 2));
    assert_same(&taken.movement, &Movement { bank: USD, atoms: 2_048 * DOLLAR, shares: 2_048 * DOLLAR });
    assert_eq!(taken.board_sequence, world.board().sequence);
    assert_same(&taken.health, &health([3_200, 2_048, 800 + 256], [-1, 1, 1]));
    let mut expected = Bank {
        liability_shares: 2_048 * DOLLAR,
        vault_balance: (100_000 - 2_048) * DOLLAR,
        sequence: before.sequence + 1,
        // 2,048 / 100,000 · 0.9 of the interest goes to each lender's share.
        lend_ratio: world.bank(USD).lend_ratio,
        ..before
    };
    expected.hourly.used = 2_048 * DOLLAR;
    expected.hourly.index = START_TS / 3_600;
    expected.daily.used = 2_048 * DOLLAR;
    expected.daily.index = START_TS / 86_400;
    assert_eq!(world.bank(USD), expected);
    let ratio = (u128::from(world.bank(USD).lend_ratio[1]) << 64) | u128::from(world.bank(USD).lend_ratio[0]);
    assert_eq!((ratio * 10_000_000) >> 64, 184_320);
    let account = world.margin(&trader);
    assert_eq!((account.sequence, account.risk_ts, account.unhealthy_since), (2, START_TS, 0));
    let loan = account.balance(USD).expect("a balance");
    assert_eq!((loan.side, loan.shares), (2, 2_048 * DOLLAR));
    assert_eq!(world.svm.tokens(&trader.tokens[0]), 2_048 * DOLLAR);
    assert_eq!(world.vault(USD), (100_000 - 2_048) * DOLLAR);
    let maintenance = world.health(&trader);
    assert_eq!(maintenance.requirement.0, presets::dollars(400 + 128) + 1);
    world.check_invariants();
}

#[test]
fn accrues_first_and_rounds_shares_up() {
    let (mut world, _, trader) = aged();
    let sent = world.borrow(&trader, USD, 1_000 * DOLLAR + 1).expect("borrow");
    let bank = world.bank(USD);
    assert_eq!(bank.accrued_ts, world.svm.now());
    assert!(bank.liability_index[1] == 1 && bank.liability_index[0] > 0);
    let shares = shares_up(bank.liability_index, 1_000 * DOLLAR + 1);
    assert!(shares < 1_000 * DOLLAR);
    assert_same(&event!(sent, Borrowed).movement, &Movement { bank: USD, atoms: 1_000 * DOLLAR + 1, shares });
    world.check_invariants();
}

/// E = 3,200 − L and R = 800 + L/8 meet at L = 19,200/9.
#[test]
fn the_limit_is_exact() {
    let (mut world, _, trader) = lent();
    let most = 2_133_333_332;
    let beyond = instruction(&world, &trader, USD, most + 1);
    world.refuses(&beyond, &[&trader.key], "InsufficientHealth");
    world.borrow(&trader, USD, most).expect("borrow");
}

/// What is required at Initial is at least 5/4 of Maintenance, even where the Initial rates ask for less.
#[test]
fn initial_asks_for_a_quarter_more_than_maintenance() {
    let mut world = World::empty();
    let underlying = ballast_testkit::Underlying { initial: (1_250, 1_250), ..PLAIN };
    world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
    world.list(&MarketSpec::plain(underlying, 9, 32_00000000));
    let _lender = world.trader_with(&[(USD, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    let sent = world.borrow(&trader, USD, 256 * DOLLAR).expect("borrow");
    // 400 + 32 at the Initial rates; 5/4 of 400 + 16 is more.
    assert_same(&event!(sent, Borrowed).health, &health([3_200, 256, 520], [-1, 1, 2]));
}

/// Deposits of a bank that is no collateral count for nothing.
#[test]
fn deposits_that_are_no_collateral_do_not_count() {
    let (mut world, _, trader) = lent();
    world.configure_bank(COIN, |args| args.collateral = false).expect("configure_bank");
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    world.refuses(&borrow, &[&trader.key], "InsufficientHealth");
}

#[test]
fn refuses_frozen_tokens() {
    let (mut world, _, trader) = lent();
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    refuses_while_frozen(&mut world, &borrow, &[&trader.key], DESTINATION);
}

#[test]
fn refuses_amounts() {
    let (mut world, lender, trader) = lent();
    let rich = world.trader_with(&[(GEM, 1_000 * ONE_GEM)]);
    let mut refuses = |trader: &Trader, bank, atoms, error| {
        let borrow = instruction(&world, trader, bank, atoms);
        world.refuses(&borrow, &[&trader.key], error);
    };
    refuses(&trader, USD, 0, "ZeroAmount");
    refuses(&trader, USD, 1, "LoanTooSmall");
    refuses(&trader, USD, 10 * DOLLAR - 1, "LoanTooSmall");
    refuses(&trader, COIN, ONE_COIN, "WrongSide");
    refuses(&lender, USD, 10 * DOLLAR, "WrongSide");
    refuses(&rich, USD, 95_000 * DOLLAR + 100, "UtilisationTooHigh");
    refuses(&rich, USD, 100_000 * DOLLAR + 1, "InsufficientLiquidity");
    // Worth more than a value can hold, before it is compared with any cap.
    refuses(&rich, USD, u64::MAX, "Overflow");
    world.borrow(&rich, USD, 95_000 * DOLLAR).expect("borrow");
    world.check_invariants();
}

#[test]
fn refuses_above_cap_and_windows() {
    let (mut world, _, trader) = lent();
    let refuses = |world: &mut World, atoms: u64, error: &str| {
        let borrow = instruction(world, &trader, USD, atoms);
        world.refuses(&borrow, &[&trader.key], error);
    };
    world.configure_bank(USD, |args| args.borrow_cap = 100 * DOLLAR).expect("configure_bank");
    refuses(&mut world, 100 * DOLLAR + 1, "BorrowCapExceeded");
    world
        .configure_bank(USD, |args| {
            args.borrow_cap = 100_000 * DOLLAR;
            args.hourly_limit = 50 * DOLLAR;
            args.daily_limit = 70 * DOLLAR;
        })
        .expect("configure_bank");
    refuses(&mut world, 50 * DOLLAR + 1, "HourlyOutflowExceeded");
    world.borrow(&trader, USD, 50 * DOLLAR).expect("borrow");
    refuses(&mut world, 1, "HourlyOutflowExceeded");
    world.advance(3_600);
    refuses(&mut world, 21 * DOLLAR, "DailyOutflowExceeded");
    world.borrow(&trader, USD, 20 * DOLLAR).expect("borrow");
    world.advance(86_400);
    world.borrow(&trader, USD, 50 * DOLLAR).expect("a new day");
}

#[test]
fn refuses_closed_and_paused_banks() {
    let (mut world, _, trader) = lent();
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    let signers = [&trader.key];
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_bank(&admin, &group, USD, 10)).expect("pause_bank");
    world.refuses(&borrow, &signers, "BankPaused");
    world.as_admin(ix::pause_bank(&admin, &group, USD, 0)).expect("the pause ends");
    world.as_admin(ix::pause_risk(&admin, &group, 10)).expect("pause_risk");
    world.refuses(&borrow, &signers, "RiskPaused");
    world.as_admin(ix::pause_risk(&admin, &group, 0)).expect("the pause ends");
    world.configure_bank(USD, |args| args.borrowable = false).expect("configure_bank");
    world.refuses(&borrow, &signers, "NotBorrowable");
    world.configure_bank(USD, |args| args.borrowable = true).expect("configure_bank");
    for mode in [1, 2] {
        world.set_bank_mode(USD, mode).expect("set_bank_mode");
        world.refuses(&borrow, &signers, "BankReduceOnly");
    }
    world.set_bank_mode(USD, 0).expect("set_bank_mode");
    world.send(borrow, &signers).expect("borrow");
}

#[test]
fn refuses_a_seventeenth_balance() {
    let mut world = World::empty();
    for _ in 0..17 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    let _lender = world.trader_with(&[(16, 100 * ONE_COIN)]);
    let all: Vec<(u16, u64)> = (0..16).map(|bank| (bank, ONE_COIN)).collect();
    let trader = world.trader_with(&all);
    let borrow = instruction(&world, &trader, 16, ONE_COIN);
    world.refuses(&borrow, &[&trader.key], "TooManyBalances");
}

/// Stale, jumping, disagreeing or missing prices of any bank of the account stop new risk.
#[test]
fn t03_t04_refuses_at_bad_prices() {
    let (mut world, _, trader) = lent();
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    let signers = [&trader.key];
    world.svm.advance(61);
    world.refuses(&borrow, &signers, "PriceStale");
    world.set_price(USD, 1_00000000).expect("refresh_price_feed");
    world.refuses(&borrow, &signers, "PriceStale");
    world.set_price(COIN, 32_00000000).expect("refresh_price_feed");
    world.svm.advance(1);
    world.set_price(COIN, 50_00000000).expect("a jump");
    world.refuses(&borrow, &signers, "PricePending");
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 3);
    world.refuses(&borrow, &signers, "PriceGuarded");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 0);
    world.refuses(&borrow, &signers, "PriceUnset");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = 1);
    world.send(borrow, &signers).expect("borrow");
}

/// An unlisted feed cannot be reached by listing; a bank that names one lends nothing.
#[test]
fn refuses_a_bank_without_a_feed() {
    let (mut world, _, trader) = lent();
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.feed = 60);
    world.refuses(&borrow, &[&trader.key], "FeedNotListed");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, _, trader) = lent();
    let borrow = instruction(&world, &trader, USD, 100 * DOLLAR);
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.vault_balance += 1);
    world.refuses(&borrow, &[&trader.key], "VaultBelowBooks");
}
