//! Stages of perps and of the pool they are traded against.

use ballast_client::ballast::types::OrderArgs;
use ballast_client::perps::{self as ix, Follow};
use ballast_client::{addresses, instructions, presets};
use ballast_state::{Bank, LiquidityPool, MarginAccount, Orders, PerpMarket, PerpPosition};
use ballast_testkit::plain::{COIN, DOLLAR, GEM, ONE_COIN, ONE_GEM, USD};
use ballast_testkit::{symbol, Trader, World, LOT_DECIMALS};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::stage::Stage;
use crate::stages::{by_admin, by_admin_and_payer, rich, Build};

/// Instruction, case, and stage.
pub(crate) const STAGES: &[(&str, &str, Build)] = &[
    ("abandon_claim", "", abandon_claim),
    ("add_perp_market", "", add_perp_market),
    ("borrow", "with a position", borrow),
    ("cancel_order", "", cancel_order),
    ("claim_liquidity", "", claim_liquidity),
    ("close_epoch", "", close_epoch),
    ("close_liquidity_provider", "", close_liquidity_provider),
    ("close_orders", "", close_orders),
    ("configure_perp_market", "", configure_perp_market),
    ("configure_pool", "", configure_pool),
    ("create_pool", "", create_pool),
    ("deleverage_market", "", deleverage_market),
    ("fill_order", "", fill_order),
    ("liquidate_perp", "", liquidate_perp),
    ("liquidate_hedge", "", liquidate_hedge),
    ("open_liquidity_provider", "", open_liquidity_provider),
    ("open_orders", "", open_orders),
    ("pause_perp_market", "", pause_perp_market),
    ("place_order", "", place_order),
    ("place_order", "reduce only", place_reduction),
    ("register_claim", "", register_claim),
    ("request_add_liquidity", "with debt", request_with_debt),
    ("request_add_liquidity", "without debt", request_without_debt),
    ("request_remove_liquidity", "", request_remove_liquidity),
    ("resolve_bankruptcy", "of what a position lost", resolve_bankruptcy),
    ("settle_market", "", settle_market),
    ("settle_pnl", "", settle_pnl),
    ("strike_epoch", "", strike_epoch),
    ("sync_market", "", sync_market),
    ("update_payout", "", update_payout),
];

/// Indices of the perps on coins and on gems.
const COINS: u16 = 0;
const GEMS: u16 = 1;
/// Lots of a coin or a gem.
const LOTS: i64 = 1_000_000;

fn create_pool() -> Stage {
    let world = World::plain();
    let create = ix::create_pool(&world.admin.pubkey(), world.quote(), presets::pool());
    by_admin_and_payer(world, create)
}

fn add_perp_market() -> Stage {
    let mut world = World::plain();
    world.create_pool(presets::pool());
    let (admin, lots) = (world.admin.pubkey(), (symbol("COIN-PERP"), LOT_DECIMALS));
    let add = ix::add_perp_market(&admin, world.quote(), 0, 1, lots, presets::market());
    by_admin_and_payer(world, add)
}

fn configure_perp_market() -> Stage {
    let (world, _) = World::perps();
    let configure = ix::configure_perp_market(&world.admin.pubkey(), world.quote(), COINS, 1, 0, presets::market());
    by_admin(world, configure)
}

fn configure_pool() -> Stage {
    let (world, _) = World::perps();
    let configure = ix::configure_pool(&world.admin.pubkey(), world.quote(), presets::pool());
    by_admin(world, configure)
}

fn pause_perp_market() -> Stage {
    let (world, _) = World::perps();
    let pause = ix::pause_perp_market(&world.admin.pubkey(), &world.group, COINS, 60);
    by_admin(world, pause)
}

fn sync_market() -> Stage {
    let (world, _) = World::perps();
    let sync = ix::sync_market(world.quote(), COINS);
    Stage::alone(world, sync, &[])
}

/// A long of a gem in a market that spent more than there is.
fn deleverage_market() -> Stage {
    let (mut world, _) = holding();
    let spent = 200_000 * DOLLAR as i64;
    let (pool, market) = (world.pool_key(), world.market_key(GEMS));
    world.svm.edit::<LiquidityPool>(&pool, |pool| pool.spent += spent);
    world.svm.edit::<PerpMarket>(&market, |market| market.spent += spent);
    let deleverage = ix::deleverage_market(world.quote(), GEMS);
    Stage::alone(world, deleverage, &[])
}

/// A market whose notice is over.
fn settle_market() -> Stage {
    let (mut world, _) = holding();
    let market = world.market_key(GEMS);
    world.svm.edit::<PerpMarket>(&market, |market| (market.mode, market.settlement_ts) = (2, 1));
    let settle = ix::settle_market(world.quote(), GEMS, 2);
    Stage::alone(world, settle, &[])
}

/// A market that has its price and cannot pay all.
fn resolving() -> (World, Trader) {
    let (mut world, trader) = holding();
    let market = world.market_key(GEMS);
    world.svm.edit::<PerpMarket>(&market, |market| market.mode = 3);
    (world, trader)
}

fn register_claim() -> Stage {
    let (mut world, trader) = resolving();
    let keeper = world.trader();
    let paid = (&keeper.key.pubkey(), &keeper.account);
    let register = ix::register_claim(paid, world.quote(), &trader.account, GEMS);
    Stage::alone(world, register, &[&keeper.key])
}

/// Of a claim that was paid all it is due.
fn abandon_claim() -> Stage {
    let (mut world, trader) = resolving();
    let market = world.market_key(GEMS);
    world.svm.edit::<MarginAccount>(&trader.account, |account| {
        let position = &mut account.perps[0];
        (position.flags, position.entry_quote, position.base) = (PerpPosition::REGISTERED, 5, [0, 0]);
        position.offset = ballast_math::signed_to_words(-5 << 32);
    });
    world.svm.edit::<PerpMarket>(&market, |market| (market.registered, market.payout) = (5, 1));
    let abandon = ix::abandon_claim(&trader.key.pubkey(), world.quote(), &trader.account, GEMS);
    Stage::alone(world, abandon, &[&trader.key])
}

fn update_payout() -> Stage {
    let (world, _) = resolving();
    let update = ix::update_payout(world.quote(), GEMS);
    Stage::alone(world, update, &[])
}

fn open_liquidity_provider() -> Stage {
    let (mut world, _) = World::perps();
    let (owner, payer) = (rich(&mut world), rich(&mut world));
    let mut open = ix::open_liquidity_provider(&owner.pubkey(), world.quote());
    open.accounts[1].pubkey = payer.pubkey();
    Stage::alone(world, open, &[&owner, &payer])
}

fn request_without_debt() -> Stage {
    let (world, provider) = World::perps();
    let (owner, account) = (provider.key.pubkey(), provider.account);
    let request = ix::request_add_liquidity(&owner, world.quote(), &account, Some(DOLLAR), Follow::default());
    Stage::alone(world, request, &[&provider.key])
}

/// Of an account that owes coins and has a position.
fn request_with_debt() -> Stage {
    let (mut world, trader) = exposed();
    world.open_provider(&trader).expect("open_liquidity_provider");
    let (owner, account) = (trader.key.pubkey(), trader.account);
    let request = ix::request_add_liquidity(&owner, world.quote(), &account, Some(DOLLAR), EXPOSED);
    Stage::alone(world, request, &[&trader.key])
}

fn request_remove_liquidity() -> Stage {
    let (world, provider) = World::perps();
    let request = ix::request_remove_liquidity(&provider.key.pubkey(), world.quote(), DOLLAR);
    Stage::alone(world, request, &[&provider.key])
}

/// With a position, so that it matters what its market and the prices are.
fn strike_epoch() -> Stage {
    let (mut world, _) = holding();
    world.end_epoch();
    let (payer, pool) = (rich(&mut world), world.pool());
    let strike = ix::strike_epoch(&payer.pubkey(), world.quote(), pool.epoch, pool.market_count);
    Stage::alone(world, strike, &[&payer])
}

fn claim_liquidity() -> Stage {
    let (mut world, provider) = World::perps();
    let epoch = world.pool().epoch;
    world.add_liquidity(&provider, Some(DOLLAR)).expect("request_add_liquidity");
    world.remove_liquidity(&provider, DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    world.strike().expect("strike_epoch");
    let claim = ix::claim_liquidity(&provider.key.pubkey(), world.quote(), &provider.account, epoch);
    Stage::alone(world, claim, &[&provider.key])
}

/// Somebody else paid for it.
fn close_liquidity_provider() -> Stage {
    let (mut world, _) = World::perps();
    let (owner, payer) = (rich(&mut world), rich(&mut world));
    let mut open = ix::open_liquidity_provider(&owner.pubkey(), world.quote());
    open.accounts[1].pubkey = payer.pubkey();
    world.send(open, &[&payer, &owner]).expect("open_liquidity_provider");
    let close = ix::close_liquidity_provider(&owner.pubkey(), world.quote(), &payer.pubkey());
    Stage::alone(world, close, &[&owner])
}

/// Nobody asked for anything in it.
fn close_epoch() -> Stage {
    let (mut world, _) = World::perps();
    world.end_epoch();
    let (payer, pool) = (rich(&mut world), world.pool());
    let strike = ix::strike_epoch(&payer.pubkey(), world.quote(), pool.epoch, pool.market_count);
    world.send(strike, &[&payer]).expect("strike_epoch");
    let close = ix::close_epoch(world.quote(), pool.epoch, &payer.pubkey());
    Stage::alone(world, close, &[])
}

/// The position of [`holding`].
const POSITION: Follow<'_> = Follow { banks: &[], markets: &[GEMS] };

/// A trader with 10,000 USD that is long of a gem.
fn holding() -> (World, Trader) {
    let (mut world, provider) = World::perps();
    let trader = world.trader_with(&[(USD, 10_000 * DOLLAR)]);
    world.trade(&provider, &trader, GEMS, LOTS).expect("fill_order");
    (world, trader)
}

/// What follows for [`exposed`].
const EXPOSED: Follow<'_> = Follow { banks: &[COIN], markets: &[GEMS] };

/// The same trader, who also owes a coin.
fn exposed() -> (World, Trader) {
    let (mut world, trader) = holding();
    let borrow = borrow_coins(&mut world, &trader);
    world.send(borrow, &[&trader.key]).expect("borrow");
    (world, trader)
}

fn borrow_coins(world: &mut World, trader: &Trader) -> Instruction {
    let _lender = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    instructions::borrow(&trader.user(COIN), &world.margin(trader), &world.bank(COIN), ONE_COIN)
}

fn order(lots: i64) -> OrderArgs {
    OrderArgs { lots, limit: 0, reduce_only: false, life: 60 }
}

fn open_orders() -> Stage {
    let mut world = World::plain();
    let (trader, payer) = (world.trader(), rich(&mut world));
    let open = ix::open_orders(&payer.pubkey(), &trader.account);
    Stage::alone(world, open, &[&payer])
}

/// Somebody else paid for them.
fn close_orders() -> Stage {
    let mut world = World::plain();
    let (trader, payer) = (world.trader(), rich(&mut world));
    world.send(ix::open_orders(&payer.pubkey(), &trader.account), &[&payer]).expect("open_orders");
    let close = ix::close_orders(&trader.key.pubkey(), &trader.account, &payer.pubkey());
    Stage::alone(world, close, &[&trader.key])
}

/// With a loan and a position in the other market.
fn place_order() -> Stage {
    let (world, trader) = exposed();
    let place = ix::place_order(&trader.key.pubkey(), world.perp(COINS), &trader.account, order(LOTS), EXPOSED);
    Stage::alone(world, place, &[&trader.key])
}

fn place_reduction() -> Stage {
    let (world, trader) = holding();
    let (owner, market) = (trader.key.pubkey(), world.perp(GEMS));
    let place = ix::place_order(&owner, market, &trader.account, order(-LOTS), Follow::default());
    Stage::alone(world, place, &[&trader.key])
}

fn cancel_order() -> Stage {
    let (mut world, trader) = holding();
    let (owner, market) = (trader.key.pubkey(), world.perp(COINS));
    let place = ix::place_order(&owner, market, &trader.account, order(LOTS), POSITION);
    world.send(place, &[&trader.key]).expect("place_order");
    let cancel = ix::cancel_order(&owner, market, &trader.account, 2);
    Stage::alone(world, cancel, &[&trader.key])
}

/// As [`place_order`].
fn fill_order() -> Stage {
    let (mut world, trader) = exposed();
    let market = world.perp(COINS);
    let place = ix::place_order(&trader.key.pubkey(), market, &trader.account, order(LOTS), EXPOSED);
    world.send(place, &[&trader.key]).expect("place_order");
    let orders: Orders = world.svm.read(&addresses::orders(&trader.account));
    let order = orders.slots.iter().find(|order| order.id == 2).expect("the second order");
    world.svm.set_time(order.eligible_ts);
    world.refresh_all();
    let (keeper, print) = (world.trader(), world.markets[usize::from(COIN)].oracle);
    let paid = (&keeper.key.pubkey(), &keeper.account);
    let fill = ix::fill_order(paid, market, &trader.account, 2, &print, EXPOSED);
    Stage::alone(world, fill, &[&keeper.key])
}

fn settle_pnl() -> Stage {
    let (mut world, trader) = holding();
    world.svm.advance(1);
    world.set_price(GEM, 1_030_00000000).expect("refresh_price_feed");
    let settle = ix::settle_pnl(&trader.key.pubkey(), world.quote(), &trader.account, GEMS);
    Stage::alone(world, settle, &[&trader.key])
}

/// A trader that was long of a hundred coins with 1,000 USD, and also holds gems and a perp on them; coins have fallen.
fn liquidate_perp() -> Stage {
    let (mut world, provider) = World::perps();
    let trader = world.trader_with(&[(USD, 1_000 * DOLLAR), (GEM, ONE_GEM / 1_000)]);
    world.trade(&provider, &trader, GEMS, LOTS / 100).expect("fill_order");
    world.trade(&provider, &trader, COINS, 100 * LOTS).expect("fill_order");
    // After a day without prices there is a grace.
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 24_00000000);
    world.sync(GEMS).expect("sync_market");
    let liquidator = world.trader();
    let liquidate = world.perp_liquidation(&liquidator, &trader, COINS, u64::MAX);
    Stage::alone(world, liquidate, &[&liquidator.key])
}

/// A trader with ten coins and short of ten, who owes gems; coins have risen.
fn liquidate_hedge() -> Stage {
    let (mut world, provider) = World::perps();
    let trader = world.trader_with(&[(COIN, 10 * ONE_COIN)]);
    world.trader_with(&[(GEM, 10 * ONE_GEM)]);
    let liquidator = world.trader_with(&[(GEM, ONE_GEM)]);
    world.trade(&provider, &trader, COINS, -10 * LOTS).expect("fill_order");
    world.borrow(&trader, GEM, ONE_GEM / 1_000 * 230).expect("borrow");
    // After a day without prices there is a grace.
    world.advance(120);
    world.svm.advance(1);
    world.crash(COIN, 65_00000000);
    let (taker, quote) = ((&liquidator.key.pubkey(), &liquidator.account), world.quote());
    let pair = [GEM, COIN];
    let liquidate = ix::liquidate_hedge(taker, quote, &trader.account, pair, COINS, u64::MAX, Follow::default());
    Stage::alone(world, liquidate, &[&liquidator.key])
}

fn borrow() -> Stage {
    let (mut world, trader) = holding();
    let borrow = borrow_coins(&mut world, &trader);
    Stage::alone(world, borrow, &[&trader.key])
}

/// An account with less than a cent of coins and a loan of dollars, half of which losses of perps on gems opened.
fn resolve_bankruptcy() -> Stage {
    let (mut world, _) = World::perps();
    let trader = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    world.borrow(&trader, USD, 2_000 * DOLLAR).expect("borrow");
    let [dollars, coins] = [USD, COIN].map(|bank| world.bank_key(bank));
    world.svm.edit::<Bank>(&coins, |bank| bank.asset_shares -= 100 * ONE_COIN - 1_000);
    world.svm.edit::<Bank>(&dollars, |bank| bank.perp_loan_shares = 1_000 * DOLLAR);
    world.svm.edit::<MarginAccount>(&trader.account, |account| {
        account.loss_shares[usize::from(GEMS)] = 1_000 * DOLLAR;
        for balance in &mut account.balances {
            if balance.is_loan() {
                balance.perp_shares = 1_000 * DOLLAR;
            } else {
                balance.shares = balance.shares.min(1_000);
            }
        }
    });
    let resolve = instructions::resolve_bankruptcy(&trader.account, &world.margin(&trader), USD);
    Stage::alone(world, resolve, &[])
}
