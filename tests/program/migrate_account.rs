//! `migrate_account`, on a bank that the release before wrote.

use std::collections::BTreeSet;

use ballast_client::ballast::types::OrderArgs;
use ballast_state::{Account, Epoch, Orders, PriceFeed};

use super::support::*;

/// A bank of layout version 1; see `tests/fixtures/README.md`.
const BANK_V1: &[u8] = include_bytes!("../fixtures/bank-v1.bin");
/// Dollars of the standard world.
const USDC: u16 = 0;
/// Its other banks in use.
const SOL: u16 = 1;
const ETH: u16 = 2;

/// The world that the bank is from: a lender of 100,000 USDC, and a trader who owes half of it.
fn before() -> (World, Trader, Trader) {
    let mut world = World::standard();
    let lender = world.trader_with(&[(USDC, 100_000 * DOLLAR)]);
    let trader = world.trader_with(&[(SOL, 10_000 * ONE_COIN)]);
    world.borrow(&trader, USDC, 50_000 * DOLLAR).expect("borrow");
    world.advance(3_600);
    (world, lender, trader)
}

/// The same with the bank as it was before the upgrade. The bank as this version writes it comes with it.
fn old() -> (World, Trader, Trader, Bank) {
    let (mut world, lender, trader) = before();
    let (key, bank) = (world.bank_key(USDC), world.bank(USDC));
    let account = solana_account::Account { data: BANK_V1.to_vec(), ..world.svm.account(&key).expect("a bank") };
    world.svm.put(&key, account);
    (world, lender, trader, bank)
}

/// The bytes as today's layout, whatever the version.
fn read_v1() -> Bank {
    bytemuck::pod_read_unaligned(&BANK_V1[8..])
}

#[test]
fn everything_that_was_stays() {
    let (mut world, _, _, today) = old();
    let (v1, key) = (read_v1(), world.bank_key(USDC));
    assert_eq!((BANK_V1.len(), &BANK_V1[..8], v1.version), (Bank::SPACE, &Bank::TAG[..], 1));
    let held = world.svm.account(&key).expect("a bank").lamports;
    let sent = world.as_admin(ix::migrate_account(&key)).expect("migrate_account");
    let told = event!(sent, AccountMigrated);
    assert_same(&told.header, &header(&world, key, v1.sequence + 1));
    assert_eq!(told.version, 2);
    let bank = world.bank(USDC);
    let expected = Bank {
        version: 2,
        sequence: v1.sequence + 1,
        deposit_cap_limit: v1.deposit_cap,
        borrow_cap_limit: v1.borrow_cap,
        ..v1
    };
    assert_eq!(bank, expected);
    // What came with this version is switched off.
    assert_eq!((bank.flash_loaned, bank.flash_fee, bank.warm_up, bank.warm_ts, bank.transfer_fee), (0, 0, 0, 0, 0));
    assert!(bank.reserved.iter().all(|byte| *byte == 0));
    // The story told again by today's program ends in the same bank, but for what only its listing sets.
    let Bank { sequence, flash_fee, warm_ts, .. } = today;
    assert_eq!(Bank { sequence, flash_fee, warm_ts, ..bank }, today);
    assert_eq!(world.svm.account(&key).expect("a bank").lamports, held);
    world.check_invariants();
}

#[test]
fn business_goes_on_afterwards() {
    let (mut world, lender, trader, _) = old();
    world.as_admin(ix::migrate_account(&addresses::bank(&world.group, USDC))).expect("migrate_account");
    world.deposit(&lender, USDC, 1_000 * DOLLAR).expect("deposit");
    world.withdraw(&lender, USDC, Some(2_000 * DOLLAR)).expect("withdraw");
    world.borrow(&trader, USDC, 100 * DOLLAR).expect("borrow");
    world.mint_to(&trader, USDC, 1_000 * DOLLAR);
    world.repay(&trader, USDC, None).expect("repay");
    let sent = world.withdraw(&lender, USDC, None).expect("withdraw");
    // 99,000 USDC and an hour's interest of it.
    let atoms = event!(sent, Withdrawn).movement.atoms;
    assert!((99_000 * DOLLAR..99_001 * DOLLAR).contains(&atoms), "{atoms}");
    world.withdraw(&trader, SOL, None).expect("withdraw");
    world.check_invariants();
}

/// Writes an account that no instruction could have made in this world.
fn put<T: Account>(world: &mut World, key: &Pubkey, state: &T) {
    let data = [&T::TAG[..], bytemuck::bytes_of(state)].concat();
    world.svm.put_data(key, &ballast_client::PROGRAM_ID, data);
}

/// The world with a pool of dollars, a market on SOL, and what an owner has of both. The old bank has neither.
fn put_perps(world: &mut World, trader: &Trader) {
    let (group, pool_key, owner) = (world.group, world.pool_key(), trader.key.pubkey());
    let bank_address = world.bank_key(USDC);
    let pool =
        LiquidityPool { version: 1, group, bank_address, epoch_length: 180, min_delay: 30, ..LiquidityPool::zeroed() };
    put(world, &pool_key, &pool);
    let market = PerpMarket { version: 1, feed: 1, group, pool: pool_key, ..PerpMarket::zeroed() };
    put(world, &world.market_key(0), &market);
    let provider = LiquidityProvider { version: 1, pool: pool_key, owner, ..LiquidityProvider::zeroed() };
    put(world, &world.provider_key(trader), &provider);
    let epoch = Epoch { version: 1, pool: pool_key, number: 1, ..Epoch::zeroed() };
    put(world, &addresses::epoch(&pool_key, 1), &epoch);
    let orders = Orders { version: 1, margin_account: trader.account, ..Orders::zeroed() };
    put(world, &addresses::orders(&trader.account), &orders);
}

/// Until then nothing reads it, in whatever place: neither as its first bank nor as one that follows.
#[test]
fn no_instruction_takes_the_old_version() {
    let (mut world, lender, trader, bank) = old();
    put_perps(&mut world, &trader);
    let keeper = world.trader_with(&[(SOL, ONE_COIN), (ETH, 100_000_000)]);
    let (quote, perp, follow) = (world.quote(), world.perp(0), Follow::default());
    let (taker, print) = ((&keeper.key.pubkey(), &keeper.account), world.markets[1].oracle);
    let order = OrderArgs { lots: 1, limit: 0, reduce_only: false, life: 60 };
    let perps = presets::market();
    let key = world.bank_key(USDC);
    let admin = world.admin.insecure_clone();
    let (who, group, args) = (admin.pubkey(), world.group, world.markets[0].bank_args.clone());
    let (margin, tokens) = (world.margin(&trader), trader.tokens[0]);
    let owner = trader.key.pubkey();
    let fees = world.key().pubkey();
    world.svm.put_tokens(&fees, &bank.mint, &who, 0);
    world.mint_to(&trader, USDC, DOLLAR);
    let state = world.margin(&keeper);
    let staged = ix::StagedLiquidation {
        authority: owner,
        account: trader.account,
        account_state: &margin,
        loan_bank: USDC,
        collateral_bank: SOL,
    };
    let takeover = |loan_bank, collateral_bank| Takeover {
        authority: keeper.key.pubkey(),
        taker: keeper.account,
        taker_state: &state,
        account: trader.account,
        account_state: &margin,
        loan_bank,
        collateral_bank,
    };
    let user = trader.user(USDC);
    let alone = |instruction: Instruction| vec![instruction];
    let flash = ix::begin_flash_loan(&owner, &tokens, &bank, 1);
    let cases = [
        ("deposit", alone(ix::deposit(&user, &bank, 1))),
        ("repay", alone(ix::repay(&user, &bank, None))),
        ("withdraw", alone(ix::withdraw(&lender.user(USDC), &world.margin(&lender), &bank, Some(1)))),
        ("borrow", alone(ix::borrow(&user, &margin, &bank, 1))),
        ("borrow", alone(ix::borrow(&trader.user(ETH), &margin, &world.bank(ETH), 10_000_000))),
        ("liquidate", alone(ix::liquidate(&takeover(USDC, SOL), 1))),
        ("liquidate", alone(ix::liquidate(&takeover(SOL, USDC), 1))),
        ("deleverage", alone(ix::deleverage(&takeover(USDC, SOL), 1, false))),
        ("deleverage", alone(ix::deleverage(&takeover(SOL, USDC), 1, true))),
        ("resolve_bankruptcy", alone(ix::resolve_bankruptcy(&trader.account, &margin, USDC))),
        ("mark", alone(ix::mark(&trader.account, &margin))),
        ("deposit_insurance", alone(ix::deposit_insurance(&owner, &tokens, &bank, 1))),
        ("collect_fees", alone(ix::collect_fees(&fees, &bank))),
        ("begin_flash_loan", vec![flash, ix::end_flash_loan(&owner, &tokens, &bank)]),
        ("end_flash_loan", alone(ix::end_flash_loan(&owner, &tokens, &bank))),
        ("begin_liquidation", vec![ix::begin_liquidation(&staged, 1), ix::end_liquidation(&staged)]),
        ("seize", alone(ix::seize(&user, &bank, None))),
        ("end_liquidation", alone(ix::end_liquidation(&staged))),
        ("configure_bank", alone(ix::configure_bank(&who, &group, USDC, args))),
        ("set_bank_mode", alone(ix::set_bank_mode(&who, &group, USDC, 1))),
        ("pause_bank", alone(ix::pause_bank(&who, &group, USDC, 1))),
        ("create_pool", alone(pix::create_pool(&who, quote, presets::pool()))),
        ("add_perp_market", alone(pix::add_perp_market(&who, quote, 0, 1, (symbol("SOL-PERP"), 6), perps))),
        ("configure_perp_market", alone(pix::configure_perp_market(&who, quote, 0, 1, 0, perps))),
        ("sync_market", alone(pix::sync_market(quote, 0))),
        ("deleverage_market", alone(pix::deleverage_market(quote, 0))),
        ("settle_market", alone(pix::settle_market(quote, 0, 1))),
        ("register_claim", alone(pix::register_claim(taker, quote, &trader.account, 0))),
        ("abandon_claim", alone(pix::abandon_claim(&owner, quote, &trader.account, 0))),
        ("update_payout", alone(pix::update_payout(quote, 0))),
        ("settle_pnl", alone(pix::settle_pnl(&owner, quote, &trader.account, 0))),
        ("liquidate_hedge", alone(pix::liquidate_hedge(taker, quote, &trader.account, [USDC, SOL], 0, 1, follow))),
        ("liquidate_perp", alone(pix::liquidate_perp(taker, quote, &trader.account, 0, 1, follow))),
        ("request_add_liquidity", alone(pix::request_add_liquidity(&owner, quote, &trader.account, None, follow))),
        ("strike_epoch", alone(pix::strike_epoch(&who, quote, 0, 1))),
        ("claim_liquidity", alone(pix::claim_liquidity(&owner, quote, &trader.account, 1))),
        ("place_order", alone(pix::place_order(&owner, perp, &trader.account, order, follow))),
        (
            "fill_order",
            alone(pix::fill_order((&keeper.key.pubkey(), &keeper.account), perp, &trader.account, 1, &print, follow)),
        ),
    ];
    for (what, transaction) in &cases {
        eprintln!("{what}");
        // An instruction of the end wants a liquidation that was begun.
        let flags = if *what == "end_liquidation" { MarginAccount::IN_LIQUIDATION } else { 0 };
        world.svm.edit::<MarginAccount>(&trader.account, |account| {
            account.flags = flags;
            account.liquidation.liquidator = owner;
        });
        let signs = |key: &Pubkey| {
            transaction.iter().flat_map(|one| &one.accounts).any(|meta| meta.is_signer && meta.pubkey == *key)
        };
        let others = [&trader.key, &lender.key, &keeper.key].into_iter().filter(|key| signs(&key.pubkey()));
        let signers: Vec<&Keypair> = std::iter::once(&admin).chain(others).collect();
        world.unchanged(&[key], |world| assert_fails(world.svm.send(transaction, &signers), "WrongAccountVersion"));
    }
    let tried: BTreeSet<&str> = cases.iter().map(|(what, _)| *what).collect();
    assert_eq!(tried, with_a_bank());
}

/// Instructions with a bank that is there already, from the IDL; `mark` takes those that follow.
fn with_a_bank() -> BTreeSet<&'static str> {
    let idl = Box::leak(Box::new(include_str!("../../idl/ballast.json")));
    let idl: &'static serde_json::Value = Box::leak(Box::new(serde_json::from_str(idl).expect("the IDL is JSON")));
    let list = idl["instructions"].as_array().expect("instructions");
    let named = list.iter().filter(|instruction| {
        let accounts = instruction["accounts"].as_array().expect("accounts");
        accounts.iter().any(|account| account["name"].as_str().is_some_and(|name| name.ends_with("bank")))
    });
    let names = named.map(|instruction| instruction["name"].as_str().expect("a name"));
    names.filter(|name| *name != "add_bank").chain(["mark"]).collect()
}

#[test]
fn refuses_to_do_it_twice() {
    let (mut world, _, _, _) = old();
    let (admin, migrate) = (world.admin.insecure_clone(), ix::migrate_account(&world.bank_key(USDC)));
    world.send(migrate.clone(), &[&admin]).expect("migrate_account");
    world.refuses(&migrate, &[&admin], "WrongAccountVersion");
    // Nor from a version that never was, or that is yet to come.
    for version in [0, 3, 255] {
        let mut account = world.svm.account(&world.bank_key(USDC)).expect("a bank");
        account.data[8] = version;
        world.svm.put(&addresses::bank(&world.group, USDC), account);
        world.refuses(&migrate, &[&admin], "WrongAccountVersion");
    }
}

#[test]
fn refuses_other_types_lengths_and_owners() {
    let (mut world, _, trader, _) = old();
    let admin = world.admin.insecure_clone();
    let feed = addresses::feed(&world.group, 0);
    assert_eq!(world.svm.read::<PriceFeed>(&feed).version, 1);
    for key in [world.group, world.board_key(), feed, trader.account] {
        world.refuses(&ix::migrate_account(&key), &[&admin], "WrongAccountType");
    }
    for key in [trader.tokens[0], world.bank(SOL).vault, world.key().pubkey()] {
        world.refuses(&ix::migrate_account(&key), &[&admin], "WrongProgramOwner");
    }
    let key = world.key().pubkey();
    for data in [BANK_V1[..927].to_vec(), [BANK_V1, &[0]].concat(), vec![0; 928], Vec::new()] {
        world.svm.put_data(&key, &ballast_client::PROGRAM_ID, data);
        world.refuses(&ix::migrate_account(&key), &[&admin], "WrongAccountType");
    }
    world.svm.put_data(&key, &Pubkey::new_from_array([66; 32]), BANK_V1.to_vec());
    world.refuses(&ix::migrate_account(&key), &[&admin], "WrongProgramOwner");
    let mut read_only = ix::migrate_account(&world.bank_key(USDC));
    read_only.accounts[0].is_writable = false;
    world.refuses(&read_only, &[&admin], "anchor::ConstraintMut");
}
