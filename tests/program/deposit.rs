//! `deposit`.

use super::support::*;

const SOURCE: usize = 4;

/// A trader with 100 coins in the wallet, and the deposit of 40 of them.
fn ready() -> (World, Trader, Instruction) {
    let mut world = World::plain();
    let trader = world.trader();
    world.mint_to(&trader, COIN, 100 * ONE_COIN);
    let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), 40 * ONE_COIN);
    (world, trader, deposit)
}

#[test]
fn mints_shares_and_moves_tokens() {
    let (mut world, trader, deposit) = ready();
    let before = world.bank(COIN);
    let sent = world.send(deposit.clone(), &[&trader.key]).expect("deposit");

    let moved = event!(sent, Deposited);
    assert_same(&moved.header, &header(&world, trader.account, 1));
    assert_same(&moved.movement, &Movement { bank: COIN, atoms: 40 * ONE_COIN, shares: 40 * ONE_COIN });
    let bank = world.bank(COIN);
    let expected =
        Bank { asset_shares: 40 * ONE_COIN, vault_balance: 40 * ONE_COIN, sequence: before.sequence + 1, ..before };
    assert_eq!(bank, expected);
    let account = world.margin(&trader);
    assert_eq!((account.balance_count, account.sequence, account.risk_ts), (1, 1, 0));
    let balance = account.balance(COIN).expect("a balance");
    assert_eq!((balance.feed, balance.side, balance.shares), (1, 1, 40 * ONE_COIN));
    assert_eq!(world.vault(COIN), 40 * ONE_COIN);
    assert_eq!(world.svm.tokens(&trader.tokens[1]), 60 * ONE_COIN);

    world.send(deposit, &[&trader.key]).expect("deposit");
    assert_eq!(world.margin(&trader).balance(COIN).expect("a balance").shares, 80 * ONE_COIN);
    assert_eq!(world.svm.tokens(&trader.tokens[1]), 20 * ONE_COIN);
    world.check_invariants();
}

#[test]
fn accrues_first_and_rounds_shares_down() {
    let (mut world, lender, _) = aged();
    let held = world.margin(&lender).balance(USD).expect("a balance").shares;
    let sent = world.deposit(&lender, USD, 1_234_567).expect("deposit");
    let bank = world.bank(USD);
    assert_eq!(bank.accrued_ts, world.svm.now());
    assert!(bank.asset_index[1] == 1 && bank.asset_index[0] > 0);
    let shares = shares_down(bank.asset_index, 1_234_567);
    assert!(shares < 1_234_567);
    assert_same(&event!(sent, Deposited).movement, &Movement { bank: USD, atoms: 1_234_567, shares });
    assert_eq!(world.margin(&lender).balance(USD).expect("a balance").shares, held + shares);
    assert_eq!(world.vault(USD), 50_000 * DOLLAR + 1_234_567);
    world.check_invariants();
}

/// A deposit needs no price: it works with a feed that went silent a year ago.
#[test]
fn t25_needs_no_price() {
    let (mut world, trader, deposit) = ready();
    world.svm.advance(31_557_600);
    world.send(deposit, &[&trader.key]).expect("deposit");
}

#[test]
fn works_with_every_number_of_decimals() {
    for decimals in [0, 6, 9, 18] {
        let mut world = World::empty();
        let mut spec = MarketSpec::plain(PLAIN, decimals, 1_00000000);
        spec.bank.deposit_cap = 9 * 10u64.pow(u32::from(decimals));
        spec.bank.borrow_cap = spec.bank.deposit_cap;
        world.list(&spec);
        let atoms = 7 * 10u64.pow(u32::from(decimals)) + 1;
        let trader = world.trader_with(&[(0, atoms)]);
        assert_eq!(world.vault(0), atoms);
        assert_eq!(world.margin(&trader).balance(0).expect("a balance").shares, atoms);
        let sent = world.withdraw(&trader, 0, None).expect("withdraw");
        assert_eq!(event!(sent, Withdrawn).movement.atoms, atoms);
        world.check_invariants();
    }
}

/// A top-up of an account that owes something is not new risk: neither pause nor reduce-only mode stops it, and the cap
/// leaves it a quarter more.
#[test]
fn t23_t24_top_up_is_not_stopped() {
    let (mut world, lender, trader) = indebted();
    world.configure_bank(COIN, |args| args.deposit_cap = 100 * ONE_COIN).expect("configure_bank");
    let admin = world.admin.pubkey();
    let pause = ix::pause_bank(&admin, &world.group, COIN, 3_600);
    world.as_admin(pause).expect("pause_bank");
    world.set_bank_mode(COIN, 1).expect("set_bank_mode");
    world.mint_to(&lender, COIN, ONE_COIN);
    let no_debt = ix::deposit(&lender.user(COIN), &world.bank(COIN), 1);
    world.refuses(&no_debt, &[&lender.key], "BankReduceOnly");
    world.deposit(&trader, COIN, 25 * ONE_COIN).expect("top-up");
    let beyond = ix::deposit(&trader.user(COIN), &world.bank(COIN), 1);
    world.mint_to(&trader, COIN, 1);
    world.refuses(&beyond, &[&trader.key], "DepositCapExceeded");
}

#[test]
fn refuses_frozen_and_empty_tokens() {
    let (mut world, trader, deposit) = ready();
    refuses_while_frozen(&mut world, &deposit, &[&trader.key], SOURCE);
    refuses_without_tokens(&mut world, &deposit, &trader, COIN);
}

#[test]
fn refuses_amounts() {
    let (mut world, trader, _) = ready();
    let refuses = |world: &mut World, atoms: u64, error: &str| {
        let deposit = ix::deposit(&trader.user(COIN), &world.bank(COIN), atoms);
        world.refuses(&deposit, &[&trader.key], error);
    };
    refuses(&mut world, 0, "ZeroAmount");
    refuses(&mut world, 100 * ONE_COIN + 1, "token::InsufficientFunds");
    refuses(&mut world, u64::MAX, "DepositCapExceeded");
    world.configure_bank(COIN, |args| args.deposit_cap = 5 * ONE_COIN).expect("configure_bank");
    refuses(&mut world, 5 * ONE_COIN + 1, "DepositCapExceeded");
    let within = ix::deposit(&trader.user(COIN), &world.bank(COIN), 5 * ONE_COIN);
    world.send(within, &[&trader.key]).expect("deposit");
    refuses(&mut world, 1, "DepositCapExceeded");
    refuses(&mut world, u64::MAX, "Overflow");
}

#[test]
fn refuses_an_amount_below_a_share() {
    let (mut world, lender, _) = aged();
    world.mint_to(&lender, USD, 1);
    let deposit = ix::deposit(&lender.user(USD), &world.bank(USD), 1);
    world.refuses(&deposit, &[&lender.key], "ZeroShares");
}

#[test]
fn refuses_paused_and_closing_banks() {
    let (mut world, trader, deposit) = ready();
    let admin = world.admin.pubkey();
    let pause = ix::pause_bank(&admin, &world.group, COIN, 60);
    world.as_admin(pause).expect("pause_bank");
    world.refuses(&deposit, &[&trader.key], "BankPaused");
    world.svm.advance(59);
    world.refuses(&deposit, &[&trader.key], "BankPaused");
    world.svm.advance(1);
    world.send(deposit.clone(), &[&trader.key]).expect("the pause is over");
    for mode in [1, 2] {
        world.set_bank_mode(COIN, mode).expect("set_bank_mode");
        world.refuses(&deposit, &[&trader.key], "BankReduceOnly");
    }
}

#[test]
fn refuses_a_deposit_beside_a_loan() {
    let (mut world, _, trader) = indebted();
    let deposit = ix::deposit(&trader.user(USD), &world.bank(USD), DOLLAR);
    world.refuses(&deposit, &[&trader.key], "WrongSide");
}

#[test]
fn refuses_a_seventeenth_balance() {
    let mut world = World::empty();
    for _ in 0..17 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    let all: Vec<(u16, u64)> = (0..16).map(|bank| (bank, ONE_COIN)).collect();
    let trader = world.trader_with(&all);
    world.mint_to(&trader, 16, ONE_COIN);
    let deposit = ix::deposit(&trader.user(16), &world.bank(16), ONE_COIN);
    world.refuses(&deposit, &[&trader.key], "TooManyBalances");
    world.deposit(&trader, 3, ONE_COIN).expect("a balance that is there can grow");
    world.check_invariants();
}

/// A vault that lost tokens, however that happened, takes no more.
#[test]
fn refuses_when_the_vault_is_below_the_books() {
    let (mut world, trader, deposit) = ready();
    world.svm.edit::<Bank>(&world.bank_key(COIN), |bank| bank.vault_balance = 1);
    world.refuses(&deposit, &[&trader.key], "VaultBelowBooks");
}

/// A bank that does not know of its token's transfer fee takes nothing in.
#[test]
fn refuses_tokens_that_shrink_on_the_way() {
    let mut world = World::empty();
    let mint = world.fee_mint(9, TransferFee { most: u64::MAX, basis_points: 100 });
    let bank = world.list_mint(&MarketSpec::plain(PLAIN, 9, 32_00000000), &mint, &TOKEN_2022);
    world.svm.edit::<Bank>(&world.bank_key(bank), |bank| bank.transfer_fee = 0);
    let trader = world.trader();
    world.mint_to(&trader, bank, ONE_COIN);
    let deposit = ix::deposit(&trader.user(bank), &world.bank(bank), ONE_COIN);
    world.refuses(&deposit, &[&trader.key], "VaultMismatch");
}
