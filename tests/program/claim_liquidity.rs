//! `claim_liquidity`.

use super::support::*;

const MARGIN_ACCOUNT: usize = 1;
const PROVIDER: usize = 2;
const EPOCH: usize = 3;
const POOL: usize = 4;
const BANK: usize = 5;

/// What 40,000 dollars of liquidity leave with: less a thousandth, up, in 2^-32.
const PAID: u64 = 39_960_000_002;

fn instruction(world: &World, provider: &Trader, epoch: u64) -> Instruction {
    pix::claim_liquidity(&provider.key.pubkey(), world.quote(), &provider.account, epoch)
}

/// The provider of [`World::perps`] asked to leave with 40,000 dollars, another to enter with 1,000; the epoch is struck.
fn struck() -> (World, Trader, Trader) {
    let (mut world, provider) = World::perps();
    let second = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.open_provider(&second).expect("open_liquidity_provider");
    world.add_liquidity(&second, None).expect("request_add_liquidity");
    world.remove_liquidity(&provider, 40_000 * DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    world.strike().expect("strike_epoch");
    (world, provider, second)
}

#[test]
fn what_entered_is_liquidity() {
    let (mut world, _, second) = struck();
    let (pool, bank, before, margin) = (world.pool(), world.bank(USD), world.provider(&second), world.margin(&second));
    let sent = world.claim(&second, 1).expect("claim_liquidity");
    let told = event!(sent, LiquidityClaimed);
    assert_same(&told.header, &header(&world, second.account, margin.sequence));
    assert_eq!((told.provider, told.epoch), (world.provider_key(&second), 1));
    assert_eq!((told.minted, told.burnt, told.deposit_shares), (1_000 * DOLLAR, 0, 0));
    let expected = LiquidityProvider { shares: 1_000 * DOLLAR, entering: 0, sequence: before.sequence + 1, ..before };
    assert_eq!(world.provider(&second), expected);
    let counted = LiquidityPool { sequence: pool.sequence + 1, ..pool };
    assert_eq!((world.pool(), world.bank(USD), world.margin(&second)), (counted, bank, margin));
    world.check_invariants();
}

#[test]
fn what_left_is_a_deposit() {
    let (mut world, provider, _) = struck();
    let (pool, bank, before, margin) =
        (world.pool(), world.bank(USD), world.provider(&provider), world.margin(&provider));
    assert_eq!(pool.claimable, PAID);
    let sent = world.claim(&provider, 1).expect("claim_liquidity");
    let told = event!(sent, LiquidityClaimed);
    assert_same(&told.header, &header(&world, provider.account, margin.sequence + 1));
    assert_eq!((told.minted, told.burnt, told.deposit_shares), (0, 40_000 * DOLLAR, PAID));
    let expected = LiquidityProvider { leaving: 0, leaving_epoch: 2, sequence: before.sequence + 1, ..before };
    assert_eq!(world.provider(&provider), expected);
    assert_eq!(world.margin(&provider).balance(USD).expect("a balance").shares, 100_000 * DOLLAR + PAID);
    assert_eq!(world.bank(USD), Bank { sequence: bank.sequence + 1, ..bank });
    assert_eq!(world.pool(), LiquidityPool { claimable: 0, sequence: pool.sequence + 1, ..pool });
    world.check_invariants();
}

/// In one account what another owes: the loan is repaid first, the rest is on deposit.
#[test]
fn what_left_repays_a_loan() {
    let (mut world, provider, _) = struck();
    let debtor = world.sub_account(&provider, 1);
    world.deposit(&debtor, COIN, 100 * ONE_COIN).expect("deposit");
    world.borrow(&debtor, USD, 1_000 * DOLLAR).expect("borrow");
    let sent = world.claim(&debtor, 1).expect("claim_liquidity");
    assert_eq!(event!(sent, LiquidityClaimed).header.account, debtor.account);
    let balance = *world.margin(&debtor).balance(USD).expect("a balance");
    assert!(!balance.is_loan());
    assert_eq!(balance.shares, PAID - 1_000 * DOLLAR);
    assert_eq!(world.bank(USD).liability_shares, 0);
    world.check_invariants();
}

/// Half of what asked could leave: the other half waits in the next epoch, and leaves with it.
#[test]
fn what_could_not_leave_waits() {
    let (mut world, provider) = World::perps();
    let market = world.market_key(COIN_PERP);
    // The pool needs half of a third of a million dollars of coins to be long against it.
    world.svm.edit::<PerpMarket>(&market, |market| market.long.base = [5_000_000_000, 0]);
    world.remove_liquidity(&provider, 100_000 * DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    world.strike().expect("strike_epoch");
    let epoch = world.epoch(1);
    assert!((1..100_000 * DOLLAR).contains(&epoch.burnt), "{}", epoch.burnt);
    world.claim(&provider, 1).expect("claim_liquidity");
    let waiting = world.provider(&provider);
    assert_eq!((waiting.leaving, waiting.leaving_epoch), (100_000 * DOLLAR - epoch.burnt, 2));
    assert_eq!(world.pool().leaving, waiting.leaving);
    let early = instruction(&world, &provider, 1);
    world.refuses(&early, &[&provider.key], "NothingToClaim");
    // The longs are gone, and so is what the pool needs.
    world.svm.edit::<PerpMarket>(&market, |market| (market.long.base, market.long.pnl_index) = ([0, 0], [0, 0]));
    world.end_epoch();
    world.strike().expect("strike_epoch");
    let sent = world.claim(&provider, 2).expect("claim_liquidity");
    assert_eq!(event!(sent, LiquidityClaimed).burnt, waiting.leaving);
    assert_eq!((world.pool().supply, world.provider(&provider).leaving), (0, 0));
    world.check_invariants();
}

/// A pool without a price took nothing in: the escrow comes back.
#[test]
fn what_could_not_enter_is_given_back() {
    let (mut world, provider) = World::perps();
    let second = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.open_provider(&second).expect("open_liquidity_provider");
    world.add_liquidity(&second, None).expect("request_add_liquidity");
    let pool = world.pool_key();
    world.svm.edit::<MarginAccount>(&provider.account, |account| account.balances[0].shares += 100_000 * DOLLAR);
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares = 0);
    world.end_epoch();
    world.strike().expect("strike_epoch");
    let sent = world.claim(&second, 1).expect("claim_liquidity");
    let told = event!(sent, LiquidityClaimed);
    assert_eq!((told.minted, told.burnt, told.deposit_shares), (0, 0, 1_000 * DOLLAR));
    assert_eq!(world.margin(&second).balance(USD).expect("a balance").shares, 1_000 * DOLLAR);
    assert_eq!((world.pool().claimable, world.provider(&second).shares), (0, 0));
    world.check_invariants();
}

#[test]
fn refuses_without_a_request_of_that_epoch() {
    let (mut world, _, second) = struck();
    let newcomer = world.trader();
    world.open_provider(&newcomer).expect("open_liquidity_provider");
    world.refuses(&instruction(&world, &newcomer, 1), &[&newcomer.key], "NothingToClaim");
    world.refuses(&instruction(&world, &second, 0), &[&second.key], "NothingToClaim");
    world.claim(&second, 1).expect("claim_liquidity");
    world.refuses(&instruction(&world, &second, 1), &[&second.key], "NothingToClaim");
    // An epoch that is not struck is no account.
    world.refuses(&instruction(&world, &second, 2), &[&second.key], "WrongProgramOwner");
}

#[test]
fn waits_for_the_end_of_what_is_open() {
    let (mut world, provider, _) = struck();
    let right = instruction(&world, &provider, 1);
    let (account, bank) = (provider.account, world.bank_key(USD));
    world.svm.edit::<MarginAccount>(&account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&provider.key], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&account, |account| account.flags = 0);
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 1);
    world.refuses(&right, &[&provider.key], "BankInFlashLoan");
    world.svm.edit::<Bank>(&bank, |bank| bank.flash_loaned = 0);
    world.send(right, &[&provider.key]).expect("afterwards");
}

#[test]
fn refuses_an_account_without_room() {
    let mut world = World::plain();
    for _ in 3..17 {
        world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
    }
    world.create_pool(presets::pool());
    let provider = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.provide(&provider, 1_000 * DOLLAR);
    world.remove_liquidity(&provider, 1_000 * DOLLAR).expect("request_remove_liquidity");
    for bank in 1..17 {
        world.deposit(&provider, bank, ONE_GEM).expect("deposit");
    }
    world.end_epoch();
    world.strike().expect("strike_epoch");
    let claim = instruction(&world, &provider, 1);
    world.refuses(&claim, &[&provider.key], "TooManyBalances");
    let other = world.sub_account(&provider, 1);
    world.claim(&other, 1).expect("another account of the owner");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, provider, second) = struck();
    let (right, other) = (instruction(&world, &provider, 1), Neighbour::of(&mut world));
    let (abroad, epoch, account) = world.elsewhere(1, |world| {
        let owner = world.sub_account(&provider, 0);
        world.open_provider(&provider).expect("open_liquidity_provider");
        world.end_epoch();
        world.strike().expect("strike_epoch");
        (world.provider_key(&provider), addresses::epoch(&world.pool_key(), 0), owner.account)
    });
    for (index, key, error) in [
        (MARGIN_ACCOUNT, second.account, "Unauthorised"),
        (MARGIN_ACCOUNT, account, "WrongGroup"),
        (PROVIDER, world.provider_key(&second), "Unauthorised"),
        (PROVIDER, abroad, "PoolMismatch"),
        (EPOCH, epoch, "PoolMismatch"),
        (POOL, other.pool, "WrongGroup"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&provider.key], error);
    }
    world.send(right, &[&provider.key]).expect("right in the end");
}
