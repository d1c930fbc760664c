//! `strike_epoch`.

use ballast_risk::perp::liquidity;
use ballast_state::Epoch;

use super::support::*;

const POOL: usize = 1;
const BANK: usize = 2;
const BOARD: usize = 3;
const SYSTEM_PROGRAM: usize = 5;
const MARKETS: usize = 6;

fn instruction(world: &World) -> Instruction {
    let pool = world.pool();
    pix::strike_epoch(&world.admin.pubkey(), world.quote(), pool.epoch, pool.market_count)
}

/// Gives the pool dollars of the provider's deposit, as if its traders had lost them.
fn profit(world: &mut World, provider: &Trader, atoms: u64) {
    let pool = world.pool_key();
    world.svm.edit::<MarginAccount>(&provider.account, |account| account.balances[0].shares -= atoms);
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares += atoms);
    world.check_invariants();
}

/// Longs of so many lots on coins, as if they had come without a premium, and without an account.
fn skewed(world: &mut World, lots: u64) {
    let key = world.market_key(COIN_PERP);
    world.sync(COIN_PERP).expect("sync_market");
    world.svm.edit::<PerpMarket>(&key, |market| market.long.base = [lots, 0]);
}

/// The first liquidity is an atom a share.
#[test]
fn the_first_epoch_mints_shares_for_atoms() {
    let mut world = World::plain();
    world.create_pool(presets::pool());
    let provider = world.trader_with(&[(USD, 1_000 * DOLLAR)]);
    world.open_provider(&provider).expect("open_liquidity_provider");
    world.add_liquidity(&provider, Some(700 * DOLLAR)).expect("request_add_liquidity");
    let (before, bank) = (world.pool(), world.bank(USD));
    world.end_epoch();
    let now = world.svm.now();
    assert_eq!(now, START_TS + 86_400 + 30);
    let sent = world.strike().expect("strike_epoch");
    let told = event!(sent, EpochStruck);
    assert_same(&told.header, &header(&world, world.pool_key(), before.sequence + 1));
    assert_eq!((told.board_sequence, told.epoch), (world.board().sequence, 0));
    assert_eq!((told.assets_low, told.assets_high, told.supply), (0, 0, 0));
    assert_eq!((told.entering, told.minted), (700 * DOLLAR, 700 * DOLLAR));
    assert_eq!((told.leaving, told.burnt, told.paid), (0, 0, 0));
    let epoch = world.epoch(0);
    let expected = Epoch {
        version: 1,
        bump: epoch.bump,
        pool: world.pool_key(),
        number: 0,
        struck_ts: now,
        payer: world.admin.pubkey(),
        entering: 700 * DOLLAR,
        minted: 700 * DOLLAR,
        ..Epoch::zeroed()
    };
    assert_eq!(epoch, expected);
    let struck = LiquidityPool {
        shares: 700 * DOLLAR,
        supply: 700 * DOLLAR,
        entering: 0,
        epoch: 1,
        epoch_end: before.epoch_end + 86_400,
        sequence: before.sequence + 1,
        ..before
    };
    assert_eq!((world.pool(), world.bank(USD)), (struck, Bank { accrued_ts: now, ..bank }));
    world.check_invariants();
}

/// 110,000 dollars for 100,000 shares, and a virtual million of each; a thousandth of what leaves stays.
#[test]
fn all_enter_and_leave_at_one_price() {
    let (mut world, provider) = World::perps();
    let second = world.trader_with(&[(USD, 11_000 * DOLLAR)]);
    world.open_provider(&second).expect("open_liquidity_provider");
    profit(&mut world, &provider, 10_000 * DOLLAR);
    world.add_liquidity(&second, None).expect("request_add_liquidity");
    world.remove_liquidity(&provider, 50_000 * DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    let sent = world.strike().expect("strike_epoch");
    let told = event!(sent, EpochStruck);
    assert_eq!((told.epoch, told.assets_low, told.assets_high), (1, 110_000_000_000, 110_000_000_000));
    assert_eq!((told.supply, told.entering, told.leaving), (100_000 * DOLLAR, 11_000 * DOLLAR, 50_000 * DOLLAR));
    // ⌊11,000·10^6 · 100,001 / 110,001⌋
    assert_eq!(told.minted, 10_000_009_090);
    // ⌊50,000·10^6 · 110,001 / 100,001⌋ less a thousandth of it, up
    assert_eq!((told.burnt, told.paid), (50_000 * DOLLAR, 54_944_950_053));
    let pool = world.pool();
    assert_eq!(pool.shares, 121_000 * DOLLAR - told.paid);
    assert_eq!((pool.supply, pool.claimable), (50_000 * DOLLAR + told.minted, told.paid));
    assert_eq!((pool.entering, pool.leaving), (0, 0));
    let market = world.market(COIN_PERP);
    assert_eq!(u64::try_from(market.budget).expect("a budget"), pool.shares / 2, "the budgets follow the funds");
    world.check_invariants();
}

/// 1,000 coins long against the pool: 32,000 dollars, of which it needs a quarter, and 16 dollars are kept for the premium that
/// comes back. What else is not needed may leave, at half of the pool a market.
#[test]
fn exits_wait_for_what_markets_need() {
    let (mut world, provider) = World::perps();
    world.remove_liquidity(&provider, 100_000 * DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    skewed(&mut world, 1_000_000_000);
    let sent = world.strike().expect("strike_epoch");
    let told = event!(sent, EpochStruck);
    let market = world.market(COIN_PERP);
    assert_eq!(market.skew_reserve, 16 * DOLLAR);
    assert_eq!((told.assets_low, told.assets_high), (99_984_000_000, 99_984_000_000));
    let required = liquidity::requirement(&market, 1_000_000_000, &world.board(), world.now()).expect("required");
    assert_eq!(required, 8_000 * DOLLAR + 1);
    // 2 · (50,000 − 16 − 8,000) dollars
    let most = 2 * (49_984 * DOLLAR - required);
    // Less a thousandth, 4,294,967 / 2^32, up.
    let all = 99_984_000_000 - 99_983_994;
    assert_eq!(told.burnt, u64::try_from(u128::from(100_000 * DOLLAR) * u128::from(most) / all).expect("shares"));
    assert_eq!((told.leaving, told.paid), (100_000 * DOLLAR, most - 1));
    assert_eq!(world.pool().leaving, 100_000 * DOLLAR - told.burnt);
    assert!((0..=4).contains(&(market.equity - required as i64)), "nothing is left to spare: {}", market.equity);
}

/// A pool with providers and nothing in it has no price: what would enter is given back.
#[test]
fn without_a_price_entries_are_given_back() {
    let (mut world, provider) = World::perps();
    let second = world.trader_with(&[(USD, 11_000 * DOLLAR)]);
    world.open_provider(&second).expect("open_liquidity_provider");
    world.add_liquidity(&second, None).expect("request_add_liquidity");
    world.remove_liquidity(&provider, 50_000 * DOLLAR).expect("request_remove_liquidity");
    let pool = world.pool_key();
    world.svm.edit::<MarginAccount>(&provider.account, |account| account.balances[0].shares += 100_000 * DOLLAR);
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.shares = 0);
    world.end_epoch();
    let sent = world.strike().expect("strike_epoch");
    let told = event!(sent, EpochStruck);
    assert_eq!((told.assets_low, told.assets_high, told.supply), (0, 0, 100_000 * DOLLAR));
    assert_eq!((told.minted, told.burnt, told.paid), (0, 0, 0));
    let pool = world.pool();
    assert_eq!((pool.shares, pool.entering, pool.claimable), (0, 0, 11_000 * DOLLAR));
    assert_eq!((pool.leaving, pool.supply), (50_000 * DOLLAR, 100_000 * DOLLAR));
    world.check_invariants();
}

/// From half a minute after the end, for a minute; then not until the next end, with all its requests.
#[test]
fn neither_early_nor_late() {
    let (mut world, provider) = World::perps();
    let (admin, end) = (world.admin.insecure_clone(), world.pool().epoch_end);
    world.remove_liquidity(&provider, DOLLAR).expect("request_remove_liquidity");
    let strike = instruction(&world);
    for second in [-1, 0, 29] {
        world.svm.set_time(end + second);
        world.refuses(&strike, &[&admin], "StrikeTooEarly");
    }
    for second in [30, 90] {
        world.svm.set_time(end + second);
        world.tried(|world| {
            world.send(strike.clone(), &[&admin]).expect("strike_epoch");
            assert_eq!((world.pool().epoch, world.pool().epoch_end), (2, end + 86_400));
        });
    }
    for second in [91, 86_400, 86_400 + 29] {
        world.svm.set_time(end + second);
        world.refuses(&strike, &[&admin], "StrikeTooEarly");
    }
    world.svm.set_time(end + 86_400 + 30);
    world.send(strike, &[&admin]).expect("strike_epoch");
    assert_eq!((world.epoch(1).leaving, world.epoch(1).burnt), (DOLLAR, DOLLAR));
    assert_eq!((world.pool().epoch, world.pool().epoch_end), (2, end + 2 * 86_400));
    // Once.
    world.refuses(&instruction(&world), &[&admin], "StrikeTooEarly");
}

#[test]
fn needs_every_market_in_order() {
    let (mut world, _) = World::perps();
    let admin = world.admin.insecure_clone();
    world.end_epoch();
    let right = instruction(&world);
    let changed = |change: fn(&mut Vec<AccountMeta>)| {
        let mut strike = right.clone();
        change(&mut strike.accounts);
        strike
    };
    for (strike, error) in [
        (changed(|accounts| accounts.truncate(MARKETS)), "MarketMissing"),
        (changed(|accounts| accounts.truncate(MARKETS + 1)), "MarketMissing"),
        (
            changed(|accounts| {
                accounts.remove(MARKETS);
            }),
            "MarketMissing",
        ),
        (changed(|accounts| accounts.swap(MARKETS, MARKETS + 1)), "MarketMissing"),
        (changed(|accounts| accounts[MARKETS + 1] = accounts[MARKETS].clone()), "DuplicateAccount"),
        (changed(|accounts| accounts.push(accounts[0].clone())), "WrongProgramOwner"),
    ] {
        world.refuses(&strike, &[&admin], error);
    }
    world.send(right, &[&admin]).expect("right in the end");
}

/// Only where there are positions: their marks were published once nobody could ask any more.
#[test]
fn needs_marks_from_after_the_cut_off() {
    let (mut world, _) = World::perps();
    let (admin, board, first) = (world.admin.insecure_clone(), world.board_key(), world.pool().epoch_end + 30);
    skewed(&mut world, 1_000_000);
    let strike = instruction(&world);
    // All a second too early, and then all but one.
    world.svm.set_time(first - 1);
    world.refresh_all();
    world.svm.set_time(first);
    world.refuses(&strike, &[&admin], "MarkTooOld");
    for stale in [USD, COIN] {
        let fresh = if stale == USD { COIN } else { USD };
        let price = world.markets[usize::from(fresh)].price;
        world.tried(|world| {
            world.set_price(fresh, price).expect("refresh_price_feed");
            world.refuses(&strike, &[&admin], "MarkTooOld");
        });
    }
    world.svm.set_time(first + 60);
    world.refuses(&strike, &[&admin], "PriceStale");
    world.tried(|world| {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[0].fixed = 1);
        world.set_price(COIN, 32_00000000).expect("refresh_price_feed");
        world.send(strike.clone(), &[&admin]).expect("a fixed price is never too old");
    });
    world.refresh_all();
    for row in [0, 1] {
        for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
            world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = state);
            world.refuses(&strike, &[&admin], error);
        }
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 1);
    }
    // Gems have no positions: nobody asks for their price, and the market is not synced.
    let gems = world.market(GEM_PERP);
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[2].state = 0);
    world.send(strike, &[&admin]).expect("strike_epoch");
    assert_eq!(world.market(GEM_PERP).synced_ts, gems.synced_ts);
    assert_eq!(world.market(COIN_PERP).synced_ts, first + 60);
}

#[test]
fn refuses_other_accounts() {
    let (mut world, _) = World::perps();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    world.end_epoch();
    let right = instruction(&world);
    let market = world.market_key(GEM_PERP);
    for (index, key, error) in [
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
        (BOARD, other.board, "WrongBoard"),
        (SYSTEM_PROGRAM, spl_token_interface::ID, "WrongSystemProgram"),
        (MARKETS, other.market, "WrongGroup"),
        (POOL, other.pool, "anchor::ConstraintSeeds"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.svm.edit::<PerpMarket>(&market, |market| market.pool = other.pool);
    world.refuses(&right, &[&admin], "PoolMismatch");
    let pool = world.pool_key();
    world.svm.edit::<PerpMarket>(&market, |market| market.pool = pool);
    world.send(right.clone(), &[&admin]).expect("right in the end");
    world.svm.edit::<LiquidityPool>(&pool, |pool| (pool.epoch, pool.epoch_end) = (1, pool.epoch_end - 86_400));
    world.refuses(&right, &[&admin], "AlreadyExists");
}

/// Lamports that somebody sent to the address before do not stop it, and anyone may strike.
#[test]
fn v28_a_funded_address_can_be_used() {
    let (mut world, _) = World::perps();
    world.end_epoch();
    let key = addresses::epoch(&world.pool_key(), 1);
    world.svm.put(&key, solana_account::Account { lamports: 1, ..Default::default() });
    let anyone = world.svm.rich_keypair();
    let strike = pix::strike_epoch(&anyone.pubkey(), world.quote(), 1, 2);
    world.send(strike, &[&anyone]).expect("strike_epoch");
    assert_eq!(world.epoch(1).number, 1);
}
