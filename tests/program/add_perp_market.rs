//! `add_perp_market`.

use ballast_client::ballast::types::MarketArgs;
use ballast_oracle::Provider;
use ballast_risk::perp::MAX_MARKETS;
use ballast_state::{MarketTerms, SideBook};

use super::support::*;

const BOARD: usize = 3;
const FEED: usize = 4;
const POOL: usize = 5;
const BANK: usize = 6;
const SYSTEM_PROGRAM: usize = 8;

/// The plain world with a pool without markets.
fn ready() -> (World, Keypair) {
    let mut world = World::plain();
    world.create_pool(presets::pool());
    let admin = world.admin.insecure_clone();
    (world, admin)
}

/// A market with this index on the feed of a row.
fn instruction(world: &World, index: u16, row: u8, lot_decimals: u8, args: MarketArgs) -> Instruction {
    let lots = (symbol("COIN-PERP"), lot_decimals);
    pix::add_perp_market(&world.admin.pubkey(), world.quote(), index, row, lots, args)
}

fn coins(world: &World) -> Instruction {
    instruction(world, 0, 1, LOT_DECIMALS, presets::market())
}

#[test]
fn lists_a_market_at_the_mark_of_now() {
    let (mut world, _) = ready();
    let before = world.pool();
    world.advance(100);
    let sent = world.as_admin(coins(&world)).expect("add_perp_market");
    let told = event!(sent, MarketConfigured);
    assert_same(&told.header, &header(&world, world.market_key(0), 2));
    assert_eq!((told.market, told.mode, told.paused_until), (0, 0, 0));
    let market = world.market(0);
    // ⌊2^83 / 10^6⌋
    let (reciprocal, shift) = (9_671_406_556_917_033_397, 20);
    let expected = PerpMarket {
        version: 1,
        bump: market.bump,
        index: 0,
        feed: 1,
        quote_feed: 0,
        lot_decimals: 6,
        quote_decimals: 6,
        lot_shift: shift,
        quote_shift: shift,
        group: world.group,
        pool: world.pool_key(),
        symbol: *b"COIN-PERP\0\0\0\0\0\0\0",
        sequence: 2,
        lot_reciprocal: reciprocal,
        quote_reciprocal: reciprocal,
        // A millionth of 32 dollars: 32 atoms.
        mark: 32 << 32,
        mid: 32 << 40,
        quote_mid: 1 << 40,
        synced_ts: START_TS + 100,
        long: SideBook { position_index: 1 << 52, ..SideBook::zeroed() },
        short: SideBook { position_index: 1 << 52, ..SideBook::zeroed() },
        spent_day: PerpMarket::day(START_TS + 100),
        // Nothing to back, and nothing to back it with.
        backing: 1 << 32,
        terms: MarketTerms {
            skew_scale: 1_000_000_000_000,
            funding_limit: 280_000_000_000,
            funding_velocity: 77_000_000,
            interest_cap: 10_000_000_000,
            skew_cap: 10_000_000_000,
            account_cap: 5_000_000_000,
            order_min: 10_000,
            keeper_fee: 10_000,
            fill_fee: presets::bps(5),
            weight: 1 << 31,
            min_delay: 2,
            order_life: 60,
        },
        ..PerpMarket::zeroed()
    };
    assert_eq!(market, expected);
    let feed = world.feed(1);
    // Four hundredths of 2^32, up.
    assert_eq!((feed.perps, feed.perp_floor), (1, 171_798_692));
    let pool = LiquidityPool { market_count: 1, weight: 1 << 31, sequence: before.sequence + 1, ..before };
    assert_eq!(world.pool(), pool);
    world.check_invariants();
}

/// 32 USD a coin: 0.32, 3.2, 32 and 320 atoms a lot are in range, 0.032 and 3,200 are not. Nor is a gem of 1,024 USD beyond the
/// 1,024 atoms it is listed at.
#[test]
fn lots_must_fit_the_mark() {
    let (mut world, admin) = ready();
    for (lot_decimals, error) in [
        (0, "PriceOutOfRange"),
        (3, "LotOutOfRange"),
        (4, "LotOutOfRange"),
        (9, "LotOutOfRange"),
        (18, "PriceOutOfRange"),
        (19, "DecimalsNotSupported"),
        (255, "DecimalsNotSupported"),
    ] {
        let add = instruction(&world, 0, 1, lot_decimals, presets::market());
        world.refuses(&add, &[&admin], error);
    }
    for (lot_decimals, mark) in [(8, 1_374_389_534), (7, 13_743_895_347), (6, 32 << 32), (5, 320 << 32)] {
        world.tried(|world| {
            world.as_admin(instruction(world, 0, 1, lot_decimals, presets::market())).expect("add_perp_market");
            assert_eq!(world.market(0).mark, mark);
        });
    }
    let gems = instruction(&world, 0, 2, LOT_DECIMALS, presets::market());
    world.svm.advance(1);
    world.set_price(GEM, 1_024_00000001).expect("refresh_price_feed");
    world.refuses(&gems, &[&admin], "LotOutOfRange");
    world.svm.advance(1);
    world.set_price(GEM, 1_024_00000000).expect("refresh_price_feed");
    world.send(gems, &[&admin]).expect("add_perp_market");
}

#[test]
fn refuses_terms_outside_their_bounds() {
    let (mut world, admin) = ready();
    for (what, change, error) in TERMS_OUT_OF_BOUNDS {
        let mut args = presets::market();
        change(&mut args);
        eprintln!("{what}");
        let add = instruction(&world, 0, 1, LOT_DECIMALS, args);
        world.refuses(&add, &[&admin], error);
    }
    let mut args = presets::market();
    (args.skew_cap, args.interest_cap) = (31_250_000_000, 31_250_000_000);
    world.as_admin(instruction(&world, 0, 1, LOT_DECIMALS, args)).expect("a premium that just fits");
}

/// All markets together stand for the pool once.
#[test]
fn refuses_weights_beyond_the_pool() {
    let (mut world, admin) = ready();
    world.list_perp(COIN, LOT_DECIMALS, presets::market());
    let gems =
        |world: &World, weight| instruction(world, 1, 2, LOT_DECIMALS, MarketArgs { weight, ..presets::market() });
    let over = gems(&world, (1 << 31) + 1);
    world.refuses(&over, &[&admin], "WeightsTooLarge");
    world.as_admin(gems(&world, 1 << 31)).expect("all of it");
    assert_eq!((world.pool().weight, world.pool().market_count), (1 << 32, 2));
    assert_eq!((world.market(1).index, world.market(1).mark), (1, 1_024 << 32));
}

#[test]
fn refuses_a_market_too_many() {
    let (mut world, admin) = ready();
    let key = world.pool_key();
    for (count, error) in [(MAX_MARKETS - 1, None), (MAX_MARKETS, Some("TooManyMarkets"))] {
        world.svm.edit::<LiquidityPool>(&key, |pool| pool.market_count = count);
        let add = instruction(&world, count, 1, LOT_DECIMALS, presets::market());
        let sent = world.tried(|world| world.send(add, &[&admin]));
        assert_eq!(sent.err().map(|failed| failed.name()).as_deref(), error, "{count}");
    }
}

/// An epoch is struck with all markets in one transaction, which has to fit into a packet of 1,232 bytes without a lookup table,
/// beside two instructions about its compute; and into the compute there is.
#[test]
fn as_many_as_one_transaction_strikes() {
    let (mut world, provider) = World::perps();
    let admin = world.admin.pubkey();
    for index in [COIN_PERP, GEM_PERP] {
        let (row, args) = (world.market(index).feed, MarketArgs { weight: 1 << 27, ..presets::market() });
        let lighter = pix::configure_perp_market(&admin, world.quote(), index, row, 0, args);
        world.as_admin(lighter).expect("configure_perp_market");
    }
    for index in 2..MAX_MARKETS {
        let bank = world.list(&MarketSpec::plain(PLAIN, 9, 32_00000000));
        assert_eq!(world.list_perp(bank, LOT_DECIMALS, MarketArgs { weight: 1 << 27, ..presets::market() }), index);
    }
    // Positions on both sides of every market, as if they had come without a premium, and without an account.
    for index in 0..MAX_MARKETS {
        let key = world.market_key(index);
        world.svm.edit::<PerpMarket>(&key, |market| (market.long.base, market.short.base) = ([3_000, 0], [1_000, 0]));
    }
    world.remove_liquidity(&provider, DOLLAR).expect("request_remove_liquidity");
    world.end_epoch();
    let pool = world.pool();
    let strike = pix::strike_epoch(&admin, world.quote(), pool.epoch, pool.market_count);
    let transaction = [compute_limit(1_400_000), compute_price(1), strike];
    let admin = world.admin.insecure_clone();
    let sent = world.svm.send(&transaction, &[&admin]).expect("strike_epoch");
    assert_eq!(sent.bytes, 1_187);
    assert!(sent.compute_units < 700_000, "{} units: half of what there is", sent.compute_units);
    let struck = sent.events.iter().filter(|event| matches!(event, Event::MarketSynced(_))).count();
    assert_eq!((struck, sent.events.len()), (usize::from(MAX_MARKETS), usize::from(MAX_MARKETS) + 1));
    assert!(sent.logs.iter().all(|line| !line.contains("truncated")), "the log holds all of them");
}

/// Instructions of the compute budget.
fn compute_limit(units: u32) -> Instruction {
    compute_budget([&[2][..], &units.to_le_bytes()].concat())
}

fn compute_price(micro_lamports: u64) -> Instruction {
    compute_budget([&[3][..], &micro_lamports.to_le_bytes()].concat())
}

fn compute_budget(data: Vec<u8>) -> Instruction {
    let program_id = Pubkey::from_str_const("ComputeBudget111111111111111111111111111111");
    Instruction { program_id, accounts: Vec::new(), data }
}

#[test]
fn refuses_bad_prices_of_either_feed() {
    let (mut world, admin) = ready();
    let (add, board) = (coins(&world), world.board_key());
    for row in [0, 1] {
        for (state, error) in [(0, "PriceUnset"), (2, "PricePending"), (3, "PriceGuarded")] {
            world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = state);
            world.refuses(&add, &[&admin], error);
        }
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 1);
    }
    for stale in [USD, COIN] {
        world.svm.advance(61);
        let fresh = if stale == USD { COIN } else { USD };
        let price = world.markets[usize::from(fresh)].price;
        world.set_price(fresh, price).expect("refresh_price_feed");
        world.refuses(&add, &[&admin], "PriceStale");
    }
    world.advance(1);
    world.svm.advance(60);
    world.send(add, &[&admin]).expect("a minute is not too old");
}

/// An order fills at the first print after it: a source has to say which one that is.
#[test]
fn refuses_feeds_that_cannot_say_what_they_printed_before() {
    let (mut world, admin) = ready();
    let add = coins(&world);
    let legacy = presets::source(Provider::PythLegacy, Pubkey::new_from_array([8; 32]), [0; 32]);
    world.configure_feed(COIN, |args| args.sources = vec![legacy]).expect("configure_price_feed");
    world.refuses(&add, &[&admin], "NoPullSource");
    let pull = presets::pyth_pull(world.markets[1].feed_id);
    world.configure_feed(COIN, |args| args.sources = vec![legacy, pull]).expect("configure_price_feed");
    world.send(add, &[&admin]).expect("one of two is enough");
}

/// What perps won and lost is the exposure to the quote token.
#[test]
fn refuses_a_perp_on_the_quote_token() {
    let (mut world, admin) = ready();
    let add = instruction(&world, 0, 0, LOT_DECIMALS, presets::market());
    world.refuses(&add, &[&admin], "InvalidParameter");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, admin) = ready();
    let (right, other) = (coins(&world), Neighbour::of(&mut world));
    for (index, key, error) in [
        (BOARD, other.board, "WrongBoard"),
        (FEED, other.feed, "WrongGroup"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (SYSTEM_PROGRAM, spl_token_interface::ID, "WrongSystemProgram"),
        // Its count of markets is a seed.
        (POOL, other.pool, "anchor::ConstraintSeeds"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    world.svm.edit::<LiquidityPool>(&other.pool, |pool| pool.market_count = 0);
    world.refuses(&with(&right, POOL, other.pool), &[&admin], "WrongGroup");
    world.send(right.clone(), &[&admin]).expect("right in the end");
    // The index is the pool's to give.
    world.refuses(&right, &[&admin], "anchor::ConstraintSeeds");
    let key = world.pool_key();
    world.svm.edit::<LiquidityPool>(&key, |pool| pool.market_count = 0);
    world.refuses(&right, &[&admin], "AlreadyExists");
}

#[test]
fn refuses_everyone_else() {
    let (mut world, _) = ready();
    let add = coins(&world);
    refuses_everyone_but(&mut world, &add, &[Role::Admin]);
}

#[test]
fn waits_for_the_timelock() {
    let (mut world, admin) = ready();
    world.lock();
    let add = coins(&world);
    world.refuses(&add, &[&admin], "TimelockRequired");
    let number = world.propose(&add);
    world.advance(i64::from(DELAY));
    world.execute(number, &add).expect("execute_change");
    assert_eq!(world.market(0).mark, 32 << 32);
}
