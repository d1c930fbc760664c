//! The jobs whose cost is kept.

use std::collections::BTreeMap;

use ballast_client::instructions as ix;
use ballast_client::presets;
use ballast_migrate::FeedPlan;
use ballast_oracle::fixtures::{PythLegacyPrice, SwitchboardOnDemandFeed};
use ballast_oracle::Provider;
use ballast_state::TransferFee;
use ballast_testkit::{listing, MarketSpec, Trader, World, TOKEN_2022};
use ballast_tests::saver::{add_savings, Saver};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use super::perps;

/// Bank 0 is the quote; the others are collateral at ten dollars a token.
pub(crate) fn world(markets: u16) -> World {
    let mut world = World::empty();
    world.list(&MarketSpec::new(listing("USDC").0, 6, 100_000_000));
    for _ in 1..markets {
        let coin = FeedPlan { symbol: "COIN".parse().expect("a symbol"), ..listing("SOL").0 };
        world.list(&MarketSpec::new(coin, 9, 10_00000000));
    }
    world
}

/// A lender in every bank, and a trader with a deposit in banks 1 to `n − 1` and a loan in bank 0: `n` positions.
fn positions(world: &mut World, n: u16) -> (Trader, Trader) {
    let lender = world.trader();
    world.deposit(&lender, 0, 10_000_000_000_000).expect("deposit");
    let trader = world.trader();
    for bank in 1..n {
        world.deposit(&trader, bank, 100_000_000_000).expect("deposit");
    }
    world.borrow(&trader, 0, u64::from(n - 1) * 500_000_000).expect("borrow");
    (lender, trader)
}

pub(crate) fn all() -> BTreeMap<String, u64> {
    let mut results = BTreeMap::new();
    let mut put = |key: &str, value: u64| {
        results.insert(key.to_owned(), value);
    };
    lending(&mut put);
    fee_token(&mut put);
    let (borrow_8, _) = health(8, &mut put);
    let (borrow_16, bytes) = health(16, &mut |_, _| {});
    put("health_slope", (borrow_16 - borrow_8) / 8);
    put("withdraw_16_bytes", bytes);
    takeover(8, &mut put);
    takeover_16(&mut put);
    staged(8, &mut put);
    flash_loan(&mut put);
    refresh(&mut put);
    perps::all(&mut put);
    call(&mut put);
    put("elf_bytes", ballast_testkit::ELF.len() as u64);
    results
}

/// Deposit, repay and a withdrawal without debt, a second after the bank was last accrued, on an open balance.
fn lending(put: &mut impl FnMut(&str, u64)) {
    let mut world = world(2);
    let (lender, trader) = positions(&mut world, 2);
    world.svm.advance(1);
    put("deposit", world.deposit(&lender, 0, 1_000_000).expect("deposit").compute_units);
    world.svm.advance(1);
    put("withdraw_no_debt", world.withdraw(&lender, 0, Some(1_000_000)).expect("withdraw").compute_units);
    world.svm.advance(1);
    put("repay", world.repay(&trader, 0, Some(1_000_000)).expect("repay").compute_units);
}

/// The same deposit of a token of Token-2022 whose transfers cost a fee.
fn fee_token(put: &mut impl FnMut(&str, u64)) {
    let mut world = World::empty();
    let mint = world.fee_mint(6, TransferFee { most: u64::MAX, basis_points: 100 });
    world.list_mint(&MarketSpec::new(listing("USDC").0, 6, 100_000_000), &mint, &TOKEN_2022);
    let trader = world.trader();
    world.deposit(&trader, 0, 1_000_000).expect("deposit");
    world.svm.advance(1);
    put("deposit_token_2022_fee", world.deposit(&trader, 0, 1_000_000).expect("deposit").compute_units);
}

/// Borrow and withdraw with `n` positions at Initial; prices a second old. Returns the borrow and the withdrawal's bytes.
fn health(n: u16, put: &mut impl FnMut(&str, u64)) -> (u64, u64) {
    let mut world = world(n);
    let (_, trader) = positions(&mut world, n);
    world.advance(3_600);
    world.svm.advance(1);
    let sent = world.borrow(&trader, 0, 1_000_000).expect("borrow");
    println!("{n} {:#?}", sent.logs);
    let borrow = sent.compute_units;
    put("borrow_8", borrow);
    world.svm.advance(1);
    let withdraw = world.withdraw(&trader, 1, Some(1_000_000)).expect("withdraw");
    put("withdraw_8", withdraw.compute_units);
    (borrow, withdraw.bytes as u64)
}

/// Liquidation and deleverage of an account with `n` positions by a taker that holds just the pair.
fn takeover(n: u16, put: &mut impl FnMut(&str, u64)) {
    let mut world = world(n);
    let (_, trader) = positions(&mut world, n);
    let taker = world.trader();
    world.deposit(&taker, 0, 1_000_000_000_000).expect("deposit");
    world.deposit(&taker, 1, 1_000_000_000).expect("deposit");
    let one = ballast_math::Ratio::ONE.0;
    let policy =
        ix::set_policy(&trader.key.pubkey(), &trader.account, one * 7 / 4, one / 10, presets::dollars(1_000_000));
    world.svm.send(&[policy], &[&trader.key]).expect("set_policy");
    world.advance(3_600);
    world.svm.advance(1);
    let deleveraged = world.deleverage(&taker, &trader, 0, 1, u64::MAX, false).expect("deleverage");
    put("deleverage_8", deleveraged.compute_units);
    crash(&mut world, n);
    let liquidated = world.liquidate(&taker, &trader, 0, 1, u64::MAX).expect("liquidate");
    put("liquidate_8", liquidated.compute_units);
    let mark = ix::mark(&trader.account, &world.margin(&trader));
    put("mark_8", world.svm.send(&[mark], &[&taker.key]).expect("mark").compute_units);
}

/// A liquidation of an account with `n` positions in stages: begin, seize, repay, end in one transaction, nothing in between.
fn staged(n: u16, put: &mut impl FnMut(&str, u64)) {
    let mut world = world(n);
    let (_, trader) = positions(&mut world, n);
    let liquidator = world.trader();
    world.mint_to(&liquidator, 0, 1_000_000_000_000);
    world.advance(3_600);
    crash(&mut world, n);
    let transaction = world.stages(&liquidator, &trader, 0, 1).all(u64::MAX);
    let sent = world.svm.send(&transaction, &[&liquidator.key]).expect("a liquidation");
    put("begin_end_liquidation_8", sent.compute_units);
    put("begin_end_liquidation_8_bytes", sent.bytes as u64);
}

/// Both ends of a flash loan in one transaction, a second after the bank was last accrued.
fn flash_loan(put: &mut impl FnMut(&str, u64)) {
    let mut world = world(2);
    let (lender, _) = positions(&mut world, 2);
    world.mint_to(&lender, 0, 1_000_000);
    world.svm.advance(1);
    let transaction = world.flash_loan(&lender, 0, 1_000_000_000);
    let sent = world.svm.send(&transaction, &[&lender.key]).expect("a flash loan");
    put("flash_loan", sent.compute_units);
}

/// The fullest account: 16 positions.
fn takeover_16(put: &mut impl FnMut(&str, u64)) {
    let mut world = world(16);
    let (_, trader) = positions(&mut world, 16);
    let taker = world.trader();
    world.deposit(&taker, 0, 1_000_000_000_000).expect("deposit");
    world.deposit(&taker, 1, 1_000_000_000).expect("deposit");
    world.advance(3_600);
    crash(&mut world, 16);
    let liquidated = world.liquidate(&taker, &trader, 0, 1, u64::MAX).expect("liquidate");
    put("liquidate_16", liquidated.compute_units);
    put("liquidate_16_bytes", liquidated.bytes as u64);
}

/// Confirms a fall of everything but the quote until the account is liquidatable.
fn crash(world: &mut World, n: u16) {
    fall(world, n, 4_90000000);
}

/// Confirms a price of everything but the quote.
pub(crate) fn fall(world: &mut World, n: u16, price: i64) {
    for _ in 0..2 {
        world.svm.advance(130);
        for bank in 0..n {
            let _ = world.set_price(bank, if bank == 0 { 1_00000000 } else { price });
        }
    }
    world.svm.advance(1);
}

/// What the example `savings` adds to a deposit: its own instruction, and the call.
fn call(put: &mut impl FnMut(&str, u64)) {
    let mut world = world(2);
    add_savings(&mut world);
    let saver = Saver::new(&mut world);
    saver.send(&mut world, |world, saver| saver.open(world, 1, 0)).expect("open");
    let user = &saver.user;
    let called = |world: &mut World| {
        world.mint_to(user, 1, 1_000_000);
        world.svm.advance(1);
        saver.send(world, |world, saver| saver.deposit(world, 1, 1_000_000)).expect("deposit").compute_units
    };
    let direct = |world: &mut World| {
        world.svm.advance(1);
        world.deposit(user, 1, 1_000_000).expect("deposit").compute_units
    };
    // The first two open the balances.
    let [_, _, called, direct] = [called(&mut world), direct(&mut world), called(&mut world), direct(&mut world)];
    put("cpi_deposit", called - direct);
}

fn refresh(put: &mut impl FnMut(&str, u64)) {
    let mut world = world(2);
    world.svm.advance(10);
    put("refresh_price_feed_1", world.set_price(1, 10_01000000).expect("refresh").compute_units);

    let (on_demand, legacy) = (Pubkey::new_from_array([8; 32]), Pubkey::new_from_array([9; 32]));
    let mut args = world.markets[1].feed_args.clone();
    args.sources.push(presets::source(Provider::SwitchboardOnDemand, on_demand, [0; 32]));
    args.sources.push(presets::source(Provider::PythLegacy, legacy, [0; 32]));
    let admin = world.admin.pubkey();
    let configure = ix::configure_price_feed(&admin, &world.group, 1, args);
    world.as_admin(configure).expect("configure_price_feed");
    let owner = |provider: Provider| Pubkey::new_from_array(provider.default_owners()[0]);
    world.svm.advance(10);
    world.publish(1, 10_02000000);
    let (now, slot) = (world.svm.now(), world.svm.clock().slot);
    let feed = SwitchboardOnDemandFeed {
        feed_hash: [0; 32],
        name: "COIN/USD",
        value: 10_010_000_000_000_000_000,
        std_dev: 10_000_000_000_000_000,
        samples: 3,
        publish_time: now,
        slot,
    };
    world.svm.put_data(&on_demand, &owner(Provider::SwitchboardOnDemand), feed.to_bytes());
    let price = PythLegacyPrice {
        product: [0; 32],
        price: 10_03000000,
        confidence: 1_000_000,
        exponent: -8,
        status: 1,
        publish_time: now,
        previous_publish_time: now - 1,
        slot,
    };
    world.svm.put_data(&legacy, &owner(Provider::PythLegacy), price.to_bytes());
    let sources = [world.markets[1].oracle, on_demand, legacy];
    let refresh = ix::refresh_price_feed(&world.group, 1, &sources);
    let sent = world.as_admin(refresh).expect("refresh_price_feed");
    // The median, 10.02 USD.
    assert_eq!(world.feed(1).accepted_price, 11_017_106_510_315);
    put("refresh_price_feed_3", sent.compute_units);
}
