//! Jobs of perps.

use ballast_client::ballast::types::MarketArgs;
use ballast_client::instructions as ix;
use ballast_client::presets;
use ballast_risk::perp::book;
use ballast_state::{Account, LiquidityPool, MarginAccount, PerpMarket, PerpPosition, Zeroable};
use ballast_testkit::{order, Trader, World, LOT_DECIMALS};
use solana_pubkey::Pubkey;

use super::measure::{fall, world};

/// A coin in lots.
const LOTS: i64 = 1_000_000;
/// What a coin costs, 10⁻⁸ USD.
const PRICE: i64 = 10_00000000;
const DOLLAR: u64 = 1_000_000;

pub(crate) fn all(put: &mut impl FnMut(&str, u64)) {
    one(put);
    liquidate(put);
    borrow(put);
    deleverage(put);
    register(put);
}

/// So many perp markets on coins, a pool with a million dollars, and a keeper.
fn perps(markets: u16) -> (World, Trader) {
    let mut world = world(markets + 1);
    world.create_pool(presets::pool());
    for bank in 1..=markets {
        world.list_perp(bank, LOT_DECIMALS, MarketArgs { weight: presets::bps(1_000), ..presets::market() });
    }
    let provider = world.trader_with(&[(0, 10_000_000 * DOLLAR)]);
    world.provide(&provider, 1_000_000 * DOLLAR);
    let keeper = world.trader_with(&[(0, DOLLAR)]);
    (world, keeper)
}

/// What a trader of one market does, with a deposit of the quote token and a position.
fn one(put: &mut impl FnMut(&str, u64)) {
    let (mut world, keeper) = perps(1);
    let trader = world.perp_trader(&[(0, 10_000 * DOLLAR)]);
    world.trade_at(&keeper, &trader, 0, 100 * LOTS, PRICE);
    world.advance(10);
    world.svm.advance(1);
    put("place_order", world.place(&trader, 0, order(100 * LOTS)).expect("place_order").compute_units);
    put("fill_order", world.fill_at(&keeper, &trader, 0, 2, PRICE + 1_000_000).expect("fill_order").compute_units);
    world.svm.advance(1);
    world.set_price(1, PRICE + 5_000_000).expect("refresh");
    put("sync_market", world.sync(0).expect("sync_market").compute_units);
    world.svm.advance(1);
    world.set_price(1, PRICE + 10_000_000).expect("refresh");
    put("settle_pnl", world.settle_own(&trader, 0).expect("settle_pnl").compute_units);
}

/// A position of an account with eight of them, whose other markets are synced.
fn liquidate(put: &mut impl FnMut(&str, u64)) {
    let (mut world, keeper) = perps(8);
    let trader = world.perp_trader(&[(0, 5_000 * DOLLAR)]);
    for market in 0..8 {
        world.trade_at(&keeper, &trader, market, 200 * LOTS, PRICE);
    }
    fall(&mut world, 9, 7_20000000);
    world.sync_others(&trader, 0);
    let sent = world.liquidate_perp(&keeper, &trader, 0, u64::MAX).expect("liquidate_perp");
    put("liquidate_perp_8", sent.compute_units);
    put("liquidate_perp_8_bytes", sent.bytes as u64);
}

/// A loan of an account with eight balances and eight positions, all of whose markets are synced.
fn borrow(put: &mut impl FnMut(&str, u64)) {
    let (mut world, keeper) = perps(8);
    let deposits: Vec<(u16, u64)> = (1..8).map(|bank| (bank, 100_000_000_000)).collect();
    let trader = world.perp_trader(&deposits);
    world.borrow(&trader, 0, 100 * DOLLAR).expect("borrow");
    for market in 0..8 {
        world.trade_at(&keeper, &trader, market, 10 * LOTS, PRICE);
    }
    world.advance(3_600);
    world.svm.advance(1);
    for market in 0..8 {
        world.sync(market).expect("sync_market");
    }
    let borrow = ix::borrow(&trader.user(0), &world.margin(&trader), &world.bank(0), DOLLAR);
    put("borrow_8_perp_8", world.svm.send(&[borrow], &[&trader.key]).expect("borrow").compute_units);
}

/// The deleverage of a market: the same whatever the number of positions that hold its ten thousand coins, all of which it reaches.
fn deleverage(put: &mut impl FnMut(&str, u64)) {
    let units = [1, 100, 10_000].map(|positions| {
        let (mut world, _) = perps(1);
        let lots = COINS * LOTS / i64::from(positions);
        let accounts = crowd(&mut world, positions, lots);
        world.svm.advance(1);
        world.set_price(1, PRICE + 5_000_000).expect("refresh");
        let sent = world.deleverage_market(0).expect("deleverage_market");
        let market = world.market(0);
        assert!(market.long.position_index < book::INDEX_ONE);
        for account in accounts {
            let position = world.svm.read::<MarginAccount>(&account).perps[0];
            assert!(book::size(&position, &market).expect("a size") < lots);
            // The rise of five cents a coin is its claim, and some atoms of premium that come back.
            let claim = (book::claim(&position, &market).expect("a claim") + (1 << 31)) >> 32;
            assert!((0..20).contains(&(claim - i128::from(lots / 20))), "{claim}");
        }
        sent.compute_units
    });
    assert!(units.iter().all(|one| *one == units[0]), "{units:?}");
    put("deleverage_market", units[0]);
}

/// Coins of a crowd.
const COINS: i64 = 10_000;

/// So many accounts, each long of so many lots, in a market that spent nearly all it has.
fn crowd(world: &mut World, positions: u32, lots: i64) -> Vec<Pubkey> {
    let (market, pool) = (world.market_key(0), world.pool_key());
    world.sync(0).expect("sync_market");
    // The market has a tenth of the pool, of what it spends nine tenths of which are its own: 5,000 dollars are left.
    let spent = (world.market(0).budget - 5_000 * DOLLAR as i64) / 9 * 10;
    world.svm.edit::<PerpMarket>(&market, |market| {
        (market.long.base, market.long.positions) = ([(COINS * LOTS).unsigned_abs(), 0], positions);
        market.terms.skew_scale = u64::MAX;
        market.spent += spent;
    });
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.spent += spent);
    let position = PerpPosition { base: [lots.unsigned_abs(), 0], side: 1, ..PerpPosition::zeroed() };
    let mut account = MarginAccount { version: 1, group: world.group, perp_count: 1, ..MarginAccount::zeroed() };
    account.perps[0] = position;
    let data = [&MarginAccount::TAG[..], bytemuck::bytes_of(&account)].concat();
    let keys: Vec<Pubkey> = (0..positions).map(|_| Pubkey::new_unique()).collect();
    for key in &keys {
        world.svm.put_data(key, &ballast_client::PROGRAM_ID, data.clone());
    }
    keys
}

/// A claim of an account with a deposit, in a market that cannot pay it.
fn register(put: &mut impl FnMut(&str, u64)) {
    let (mut world, keeper) = perps(1);
    let trader = world.perp_trader(&[(0, 10_000 * DOLLAR)]);
    world.trade_at(&keeper, &trader, 0, 100 * LOTS, PRICE);
    world.svm.advance(1);
    world.set_price(1, PRICE + 5_000_000).expect("refresh");
    world.sync(0).expect("sync_market");
    let market = world.market_key(0);
    world.svm.edit::<PerpMarket>(&market, |market| market.mode = 3);
    let sent = world.register_claim(&keeper, &trader, 0).expect("register_claim");
    put("register_claim", sent.compute_units);
    put("update_payout", world.update_payout(0).expect("update_payout").compute_units);
    world.svm.edit::<PerpMarket>(&market, |market| market.payout = 1);
    put("abandon_claim", world.abandon_claim(&trader, 0).expect("abandon_claim").compute_units);
}
