//! `begin_liquidation`.

use super::support::*;

const INSTRUCTIONS: usize = 5;

/// As in `liquidate`: bonus 6.673 %, 1,057.67 USD to repay, 47.01 coins for them. Everything is decided, told and written down
/// here; the steps and the end only carry it out.
#[test]
fn decides_and_tells_what_liquidate_would_do() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let sent = liquidate_in_stages(&mut world, &liquidator, &trader).expect("a liquidation");
    let Told { begun, .. } = Told::by(&sent);
    assert_same(&begun.header, &header(&world, trader.account, 3));
    assert_eq!(begun.liquidator, liquidator.key.pubkey());
    assert_eq!((begun.loan_bank, begun.collateral_bank), (USD, COIN));
    assert_eq!(begun.board_sequence, world.board().sequence);
    assert_eq!(begun.bonus, 286_587_220);
    assert_eq!((begun.most_repaid, begun.most_seized), (1_057_665_890, 47_010_000_268));
    assert_same(&begun.before, &health([2_400, 2_048, 428], [-1, 1, 1]));
    world.check_invariants();
}

#[test]
fn plans_at_most_what_the_liquidator_wants() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.mint_to(&liquidator, USD, 200 * DOLLAR);
    let transaction = world.stages(&liquidator, &trader, USD, COIN).all(100 * DOLLAR);
    let Told { begun, done, .. } = Told::by(&world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation"));
    assert_eq!((begun.most_repaid, begun.most_seized), (100 * DOLLAR, 4_444_692_810));
    assert_eq!((done.repaid, done.seized), (100 * DOLLAR, 4_444_692_810));
    // Still unhealthy: the episode and its bonus are remembered.
    let account = world.margin(&trader);
    assert_eq!((account.bonus_lock.ts, account.bonus_lock.bonus), (world.svm.now(), begun.bonus));
    world.check_invariants();
}

/// Exactly one later instruction of the transaction has to end it, of this program, of this account.
#[test]
fn refuses_without_its_end() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let (begin, end) = (stages.begin(u64::MAX), stages.end());
    let [seize, repay] = [stages.seize(None), stages.repay(None)];
    let others = world.stages(&liquidator, &lender, USD, COIN).end();
    let flash = world.flash_loan(&liquidator, USD, 1)[1].clone();
    let mut elsewhere = end.clone();
    elsewhere.program_id = spl_token_interface::ID;
    let mut cut = end.clone();
    cut.data.truncate(7);
    let mut moved = end.clone();
    moved.accounts.swap(1, 2);
    let mut bare = end.clone();
    bare.accounts.truncate(1);
    let signers = [&liquidator.key];
    let mut refuses = |transaction: &[&Instruction], error: &str| {
        let transaction: Vec<Instruction> = transaction.iter().map(|one| (*one).clone()).collect();
        world.refuses_all(&transaction, &signers, error);
    };
    refuses(&[&begin], "MissingEnd");
    refuses(&[&begin, &seize, &repay], "MissingEnd");
    for other in [&others, &flash, &elsewhere, &cut, &moved, &bare] {
        refuses(&[&begin, &seize, &repay, other], "MissingEnd");
    }
    // An end that is not later.
    refuses(&[&end, &begin], "NoOpenLiquidation");
    refuses(&[&begin, &seize, &repay, &end, &end], "EndNotUnique");
    refuses(&[&begin, &seize, &repay, &end, &begin, &end], "EndNotUnique");
}

/// Not while it is open; neither of it nor with another pair.
#[test]
fn refuses_within_another() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let stages = world.stages(&liquidator, &trader, USD, COIN);
    let [begin, end] = [stages.begin(u64::MAX), stages.end()];
    for nested in [begin.clone(), world.stages(&liquidator, &trader, USD, GEM).begin(u64::MAX)] {
        let transaction = [begin.clone(), nested, end.clone()];
        world.refuses_all(&transaction, &[&liquidator.key], "AccountInTransit");
    }
}

#[test]
fn refuses_another_sysvar() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let mut transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    for other in [world.group, Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111")] {
        transaction[0].accounts[INSTRUCTIONS].pubkey = other;
        world.refuses_all(&transaction, &[&liquidator.key], "WrongSysvar");
    }
}

/// Sends begin and end of a pair, which must fail with this.
fn refuses(world: &mut World, [liquidator, from]: [&Trader; 2], pair: [u16; 2], max_repay: u64, error: &str) {
    let transaction = world.stages(liquidator, from, pair[0], pair[1]).all(max_repay);
    world.refuses_all(&transaction, &[&liquidator.key], error);
}

#[test]
fn refuses_amounts_and_pairs() {
    let (mut world, lender, trader, liquidator) = unhealthy();
    let both = [&liquidator, &trader];
    refuses(&mut world, both, [USD, COIN], 0, "NothingToDo");
    refuses(&mut world, both, [COIN, USD], 1, "WrongSide");
    refuses(&mut world, both, [GEM, COIN], 1, "NoBalance");
    refuses(&mut world, both, [USD, GEM], 1, "NoBalance");
    refuses(&mut world, both, [COIN, COIN], 1, "SamePair");
    refuses(&mut world, [&liquidator, &lender], [USD, COIN], 1, "NoLiability");
    world.configure_bank(COIN, |args| args.collateral = false).expect("configure_bank");
    refuses(&mut world, both, [USD, COIN], 1, "NotCollateral");
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
    let liquidator = world.trader();
    world.svm.advance(1);
    world.crash(COIN, 790_000_00000000);
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], 1, "ZeroShares");
}

#[test]
fn refuses_healthy_accounts() {
    let (mut world, _, trader) = indebted();
    let liquidator = world.trader();
    world.svm.advance(11);
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], u64::MAX, "AccountHealthy");
}

/// In cool-off and grace only deep ill health (E < R/2) is liquidatable.
#[test]
fn t05_t22_refuses_within_cool_off_and_grace() {
    let (mut world, _, trader) = indebted();
    let liquidator = world.trader();
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].mid = 24 << 40);
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], u64::MAX, "AccountCoolingOff");
    world.svm.advance(10);
    let until = world.svm.now() + 1;
    world.svm.edit::<RiskBoard>(&board, |board| board.grace_until = until);
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], u64::MAX, "GracePeriod");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].mid = 22 << 40);
    liquidate_in_stages(&mut world, &liquidator, &trader).expect("deep");
}

#[test]
fn t03_refuses_where_an_uncertain_price_may_favour_the_owner() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| {
        board.rows[1].state = 3;
        board.rows[1].high = 25 << 40;
    });
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], u64::MAX, "HealthyAtFavourablePrice");
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].high = (24 << 40) + 1);
    liquidate_in_stages(&mut world, &liquidator, &trader).expect("guarded is no stop");
}

#[test]
fn refuses_a_stale_price_of_the_pair() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.svm.edit::<RiskBoard>(&world.board_key(), |board| {
        board.rows[1].mid = 20 << 40;
        board.rows[1].high = 20 << 40;
    });
    world.svm.advance(61);
    refuses(&mut world, [&liquidator, &trader], [USD, COIN], u64::MAX, "PairPriceStale");
}

#[test]
fn refuses_when_a_bank_is_missing() {
    let (mut world, _, trader, liquidator) = unhealthy();
    world.deposit(&trader, GEM, ONE_GEM / 1_000).expect("deposit");
    let mut transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
    transaction[0].accounts.truncate(6);
    world.refuses_all(&transaction, &[&liquidator.key], "MissingAccount");
}

#[test]
fn refuses_banks_and_board_of_another_group() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let (board, bank) = world.elsewhere(1, |world| {
        let bank = world.list(&MarketSpec::plain(PLAIN_DOLLAR, 6, 1_00000000));
        (world.board_key(), world.bank_key(bank))
    });
    for (at, key, error) in [(2, board, "WrongBoard"), (3, bank, "WrongGroup"), (4, bank, "WrongGroup")] {
        let mut transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
        transaction[0].accounts[at].pubkey = key;
        world.refuses_all(&transaction, &[&liquidator.key], error);
    }
}

/// The account itself, or a bank of the pair, among the banks that follow.
#[test]
fn refuses_an_account_twice() {
    let (mut world, _, trader, liquidator) = unhealthy();
    for at in [1, 3, 4] {
        let mut transaction = world.stages(&liquidator, &trader, USD, COIN).all(u64::MAX);
        let mut again = transaction[0].accounts[at].clone();
        again.is_writable = false;
        transaction[0].accounts.push(again);
        world.refuses_all(&transaction, &[&liquidator.key], "DuplicateAccount");
    }
}

/// Nothing stops it: no pause, mode, cap or window.
#[test]
fn t23_t24_nothing_stops_it() {
    let (mut world, _, trader, liquidator) = unhealthy();
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::pause_risk(&admin, &group, 86_400)).expect("pause_risk");
    for bank in [USD, COIN] {
        world.as_admin(ix::pause_bank(&admin, &group, bank, 86_400)).expect("pause_bank");
        world
            .configure_bank(bank, |args| {
                (args.hourly_limit, args.daily_limit, args.deposit_cap, args.borrow_cap) = (0, 0, 0, 0);
                (args.borrowable, args.max_utilisation) = (false, 0);
            })
            .expect("configure_bank");
        world.set_bank_mode(bank, 2).expect("set_bank_mode");
    }
    let Told { done, .. } = Told::by(&liquidate_in_stages(&mut world, &liquidator, &trader).expect("a liquidation"));
    assert_eq!(done.repaid, 1_057_665_890);
    world.check_invariants();
}
