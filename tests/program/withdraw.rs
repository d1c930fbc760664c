//! `withdraw`.

use super::support::*;

const BOARD: usize = 2;
const DESTINATION: usize = 5;

fn instruction(world: &World, trader: &Trader, bank: u16, atoms: Option<u64>) -> Instruction {
    ix::withdraw(&trader.user(bank), &world.margin(trader), &world.bank(bank), atoms)
}

#[test]
fn without_debt_burns_shares_and_needs_no_board() {
    let (mut world, lender, _) = lent();
    let before = world.bank(USD);
    let sent = world.withdraw(&lender, USD, Some(30_000 * DOLLAR)).expect("withdraw");

    let moved = event!(sent, Withdrawn);
    assert_same(&moved.header, &header(&world, lender.account, 2));
    assert_same(&moved.movement, &Movement { bank: USD, atoms: 30_000 * DOLLAR, shares: 30_000 * DOLLAR });
    assert_eq!(moved.board_sequence, 0);
    assert_same(&moved.health, &health([0, 0, 0], [0, 0, 0]));
    let expected =
        Bank { asset_shares: 70_000 * DOLLAR, vault_balance: 70_000 * DOLLAR, sequence: before.sequence + 1, ..before };
    assert_eq!(world.bank(USD), expected);
    assert_eq!(world.margin(&lender).balance(USD).expect("a balance").shares, 70_000 * DOLLAR);
    assert_eq!(world.margin(&lender).risk_ts, 0);
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 30_000 * DOLLAR);
    assert_eq!(world.vault(USD), 70_000 * DOLLAR);

    world.withdraw(&lender, USD, None).expect("withdraw");
    assert_eq!(world.margin(&lender).balance_count, 0);
    assert_eq!((world.vault(USD), world.bank(USD).asset_shares), (0, 0));
    assert_eq!(world.svm.tokens(&lender.tokens[0]), 100_000 * DOLLAR);
    world.check_invariants();
}

/// 3,200 USD of coins against 1,024 USD: a quarter and an eighth are required at Initial. Taking 32 coins leaves 2,176 USD,
/// of which 544 and 128 are required.
#[test]
fn with_debt_tells_initial_health_and_counts_the_outflow() {
    let (mut world, _, trader) = lent();
    world.borrow(&trader, USD, 1_024 * DOLLAR).expect("borrow");
    let sent = world.withdraw(&trader, COIN, Some(32 * ONE_COIN)).expect("withdraw");
    let moved = event!(sent, Withdrawn);
    assert_same(&moved.header, &header(&world, trader.account, 3));
    assert_same(&moved.movement, &Movement { bank: COIN, atoms: 32 * ONE_COIN, shares: 32 * ONE_COIN });
    assert_eq!(moved.board_sequence, world.board().sequence);
    assert_same(&moved.health, &health([2_176, 1_024, 544 + 128], [-1, 1, 1]));
    let bank = world.bank(COIN);
    assert_eq!((bank.hourly.used, bank.daily.used), (32 * ONE_COIN, 32 * ONE_COIN));
    assert_eq!((bank.hourly.index, bank.daily.index), (START_TS / 3_600, START_TS / 86_400));
    assert_eq!(world.margin(&trader).risk_ts, START_TS);
    world.check_invariants();
}

#[test]
fn accrues_first_and_rounds_shares_up() {
    let (mut world, lender, _) = aged();
    let held = world.margin(&lender).balance(USD).expect("a balance").shares;
    let sent = world.withdraw(&lender, USD, Some(1_234_567)).expect("withdraw");
    let bank = world.bank(USD);
    assert_eq!(bank.accrued_ts, world.svm.now());
    assert!(bank.asset_index[1] == 1 && bank.asset_index[0] > 0);
    let shares = shares_up(bank.asset_index, 1_234_567);
    assert_same(&event!(sent, Withdrawn).movement, &Movement { bank: USD, atoms: 1_234_567, shares });
    assert_eq!(world.margin(&lender).balance(USD).expect("a balance").shares, held - shares);
    world.check_invariants();
}

/// To the last atom: one share's worth more cannot leave.
#[test]
fn the_limit_is_exact() {
    let (mut world, _, trader) = lent();
    world.borrow(&trader, USD, 1_024 * DOLLAR).expect("borrow");
    // What must stay: ¾·x = 1.125 · 1,024, hence 48 coins at 32 USD.
    // Short of it by the three units of 2⁻²⁰ USD that rounding takes, 30 atoms each.
    let most = 52 * ONE_COIN - 90;
    let beyond = instruction(&world, &trader, COIN, Some(most + 1));
    world.refuses(&beyond, &[&trader.key], "InsufficientHealth");
    let sent = world.withdraw(&trader, COIN, Some(most)).expect("withdraw");
    assert_same(&event!(sent, Withdrawn).health, &health([1_536, 1_024, 384 + 128], [3, 1, 2]));
}

#[test]
fn everything_with_an_atom_of_debt_left_is_refused() {
    let (mut world, _, trader) = indebted();
    world.repay(&trader, USD, Some(2_048 * DOLLAR - 1)).expect("repay");
    let all = instruction(&world, &trader, COIN, None);
    world.refuses(&all, &[&trader.key], "InsufficientHealth");
    world.mint_to(&trader, USD, 1);
    world.repay(&trader, USD, None).expect("repay");
    world.withdraw(&trader, COIN, None).expect("nothing is owed any more");
    assert_eq!(world.margin(&trader).balance_count, 0);
    world.check_invariants();
}

/// Without debt: a dead oracle, a pause of bank and group, reduce-only mode, an outflow limit of nothing and a board that is
/// none do not keep anyone in.
#[test]
fn t25_t24_v23_nothing_stops_an_exit_without_debt() {
    let (mut world, lender, _) = lent();
    world
        .configure_bank(USD, |args| {
            args.hourly_limit = 0;
            args.daily_limit = 0;
            args.deposit_cap = 0;
            args.max_utilisation = 0;
        })
        .expect("configure_bank");
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_bank(&admin, &group, USD, 86_400)).expect("pause_bank");
    world.as_admin(ix::pause_risk(&admin, &group, 86_400)).expect("pause_risk");
    world.set_bank_mode(USD, 2).expect("set_bank_mode");
    world.svm.advance(3_600);
    let boardless = with(&instruction(&world, &lender, USD, Some(DOLLAR)), BOARD, Pubkey::default());
    world.send(boardless, &[&lender.key]).expect("withdraw");
    let bank = world.bank(USD);
    assert_eq!((bank.hourly.used, bank.daily.used), (0, 0));
    world.withdraw(&lender, USD, None).expect("withdraw");
    assert_eq!(world.vault(USD), 0);
}

#[test]
fn refuses_frozen_tokens() {
    let (mut world, lender, _) = lent();
    let withdraw = instruction(&world, &lender, USD, Some(DOLLAR));
    refuses_while_frozen(&mut world, &withdraw, &[&lender.key], DESTINATION);
}

/// More banks than needed, and one twice, do no harm.
#[test]
fn more_banks_may_follow() {
    let (mut world, _, trader) = indebted();
    let mut more = instruction(&world, &trader, COIN, Some(1));
    let gem = solana_instruction::AccountMeta::new_readonly(world.bank_key(GEM), false);
    more.accounts.insert(8, gem.clone());
    more.accounts.push(gem);
    let sent = world.send(more, &[&trader.key]).expect("withdraw");
    assert_eq!(event!(sent, Withdrawn).health.liabilities, presets::dollars(2_048) + 1);
}

#[test]
fn refuses_amounts() {
    let (mut world, lender, trader) = indebted();
    let mut refuses = |trader: &Trader, bank, atoms, error| {
        let withdraw = instruction(&world, trader, bank, atoms);
        world.refuses(&withdraw, &[&trader.key], error);
    };
    refuses(&lender, USD, Some(0), "ZeroAmount");
    refuses(&lender, USD, Some(100_000 * DOLLAR + 1), "InsufficientBalance");
    refuses(&lender, USD, Some(u64::MAX), "InsufficientBalance");
    // 2,048 USD are lent.
    refuses(&lender, USD, None, "InsufficientLiquidity");
    refuses(&lender, USD, Some(97_952 * DOLLAR + 1), "InsufficientLiquidity");
    refuses(&lender, COIN, Some(1), "NoBalance");
    refuses(&lender, COIN, None, "NoBalance");
    refuses(&trader, USD, Some(1), "WrongSide");
    refuses(&trader, USD, None, "WrongSide");
}

#[test]
fn refuses_outflows_above_the_windows() {
    let (mut world, _, trader) = indebted();
    world.repay(&trader, USD, Some(1_024 * DOLLAR)).expect("repay");
    world
        .configure_bank(COIN, |args| {
            args.hourly_limit = 3 * ONE_COIN;
            args.daily_limit = 5 * ONE_COIN;
        })
        .expect("configure_bank");
    world.withdraw(&trader, COIN, Some(3 * ONE_COIN)).expect("withdraw");
    let one = instruction(&world, &trader, COIN, Some(ONE_COIN));
    world.refuses(&one, &[&trader.key], "HourlyOutflowExceeded");
    world.advance(3_600);
    world.withdraw(&trader, COIN, Some(2 * ONE_COIN)).expect("a new hour");
    world.refuses(&one, &[&trader.key], "DailyOutflowExceeded");
}

/// 90 % of the coins are lent; a lender that owes something may not take what the limit of 95 % keeps, though they are there.
#[test]
fn refuses_to_empty_the_bank_against_debt() {
    let mut world = World::plain();
    let lender = world.trader_with(&[(COIN, 100 * ONE_COIN), (GEM, 100 * ONE_GEM), (USD, 100_000 * DOLLAR)]);
    let borrower = world.trader_with(&[(GEM, 100 * ONE_GEM)]);
    world.borrow(&borrower, COIN, 90 * ONE_COIN).expect("borrow");
    // Something is owed.
    world.withdraw(&lender, USD, None).expect("withdraw");
    let giver = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.borrow(&lender, USD, 100 * DOLLAR).expect("borrow");
    let withdraw = instruction(&world, &lender, COIN, Some(6 * ONE_COIN));
    world.refuses(&withdraw, &[&lender.key], "UtilisationTooHigh");
    world.withdraw(&lender, COIN, Some(5 * ONE_COIN)).expect("withdraw");
    world.withdraw(&giver, USD, Some(DOLLAR)).expect("withdraw");
}

#[test]
fn refuses_with_debt_under_a_pause_and_at_bad_prices() {
    let (mut world, _, trader) = indebted();
    let withdraw = instruction(&world, &trader, COIN, Some(1));
    let signers = [&trader.key];
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_risk(&admin, &group, 60)).expect("pause_risk");
    world.refuses(&withdraw, &signers, "RiskPaused");
    world.svm.advance(60);
    world.refresh_all();
    world.svm.advance(60);
    world.send(withdraw.clone(), &signers).expect("a price of 60 seconds will do");
    world.svm.advance(1);
    world.refuses(&withdraw, &signers, "PriceStale");
    world.refresh_all();
    world.svm.advance(1);
    world.set_price(COIN, 20_00000000).expect("a jump");
    world.refuses(&withdraw, &signers, "PricePending");
}

#[test]
fn refuses_when_vault_and_books_part() {
    let (mut world, lender, _) = lent();
    let withdraw = instruction(&world, &lender, USD, Some(DOLLAR));
    let bank = world.bank_key(USD);
    world.svm.edit::<Bank>(&bank, |bank| bank.vault_balance += 1);
    world.refuses(&withdraw, &[&lender.key], "VaultBelowBooks");
}

#[test]
fn refuses_dust_of_a_share_that_is_worth_more() {
    let (mut world, lender, _) = aged();
    // A share is worth more than an atom: one atom burns a whole share, and two shares' worth needs two.
    let sent = world.withdraw(&lender, USD, Some(1)).expect("withdraw");
    assert_same(&event!(sent, Withdrawn).movement, &Movement { bank: USD, atoms: 1, shares: 1 });
}
