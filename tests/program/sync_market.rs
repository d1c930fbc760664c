//! `sync_market`.

use super::support::*;

const MARKET: usize = 0;
const POOL: usize = 1;
const BANK: usize = 2;
const BOARD: usize = 3;

fn instruction(world: &World) -> Instruction {
    pix::sync_market(world.quote(), COIN_PERP)
}

/// Coins from 32 to 40 dollars: a market without positions has a new mark, and nothing else.
#[test]
fn brings_a_market_to_the_boards_prices_and_to_now() {
    let (mut world, _) = World::perps();
    let before = world.market(COIN_PERP);
    world.svm.advance(10);
    world.crash(COIN, 40_00000000);
    let sent = world.sync(COIN_PERP).expect("sync_market");
    let told = event!(sent, MarketSynced);
    assert_same(&told.header, &header(&world, world.market_key(COIN_PERP), before.sequence + 1));
    assert_eq!((told.market, told.board_sequence), (COIN_PERP, world.board().sequence));
    assert_eq!((told.mark, told.funding_rate, told.equity), (40 << 32, 0, 50_000 * DOLLAR as i64));
    assert_eq!((told.long_index, told.short_index), ([0, 0], [0, 0]));
    assert_eq!((told.long_position_index, told.short_position_index), (1 << 52, 1 << 52));
    assert_eq!((told.long_carry, told.short_carry), (0, 0));
    let expected = PerpMarket {
        sequence: before.sequence + 1,
        mark: 40 << 32,
        mid: 40 << 40,
        synced_ts: world.svm.now(),
        spent_day: PerpMarket::day(world.svm.now()),
        // Half of the pool's.
        budget: 50_000_000_000,
        equity: 50_000_000_000,
        ..before
    };
    assert_eq!(world.market(COIN_PERP), expected);
    // Again: nothing to do, and it says so.
    let sent = world.sync(COIN_PERP).expect("sync_market");
    assert_eq!(event!(sent, MarketSynced).header.sequence, before.sequence + 2);
    assert_eq!(world.market(COIN_PERP), PerpMarket { sequence: before.sequence + 2, ..expected });
    world.check_invariants();
}

/// A dollar at 1.01: lots of 32 dollars are fewer atoms.
#[test]
fn a_mark_is_in_quote_tokens() {
    let (mut world, _) = World::perps();
    world.svm.advance(1);
    world.set_price(USD, 1_01000000).expect("refresh_price_feed");
    world.sync(COIN_PERP).expect("sync_market");
    let quote = world.board().rows[0].mid;
    // ⌊32 · 2^40 · 2^32 / mid⌋
    assert_eq!(u128::from(world.market(COIN_PERP).mark), (32 << 72) / u128::from(quote));
    assert_eq!(world.market(COIN_PERP).quote_mid, quote);
}

/// What moved and when does not matter, nor how old or doubtful it is: whatever the board says is what a market stands at.
#[test]
fn doubt_does_not_stop_it() {
    let (mut world, _) = World::perps();
    let board = world.board_key();
    world.svm.advance(100_000);
    for state in [1, 2, 3] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = state);
        world.sync(COIN_PERP).expect("sync_market");
    }
    assert_eq!(world.market(COIN_PERP).synced_ts, world.svm.now());
}

#[test]
fn refuses_prices_that_are_none() {
    let (mut world, _) = World::perps();
    let (admin, board) = (world.admin.insecure_clone(), world.board_key());
    let right = instruction(&world);
    for row in [0, 1] {
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 0);
        world.refuses(&right, &[&admin], "PriceUnset");
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].state = 1);
    }
    // A 2^40th of a dollar: no mark at all; and the most that fits, in atoms of a quote token of next to nothing.
    for (row, mid) in [(1, 1), (0, 1)] {
        let before = world.board().rows[row].mid;
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].mid = mid);
        world.refuses(&right, &[&admin], "PriceOutOfRange");
        world.svm.edit::<RiskBoard>(&board, |board| board.rows[row].mid = before);
    }
    let market = world.market_key(COIN_PERP);
    world.svm.edit::<PerpMarket>(&market, |market| market.feed = 63);
    world.refuses(&right, &[&admin], "FeedNotListed");
    world.svm.edit::<PerpMarket>(&market, |market| market.feed = 1);
    world.send(right, &[&admin]).expect("right in the end");
}

#[test]
fn refuses_other_accounts() {
    let (mut world, _) = World::perps();
    let (admin, other) = (world.admin.insecure_clone(), Neighbour::of(&mut world));
    let right = instruction(&world);
    for (index, key, error) in [
        (MARKET, other.market, "WrongBoard"),
        (BOARD, other.board, "WrongBoard"),
        (POOL, other.pool, "PoolMismatch"),
        (BANK, other.bank, "BankMismatch"),
        (BANK, world.bank_key(COIN), "BankMismatch"),
    ] {
        world.refuses(&with(&right, index, key), &[&admin], error);
    }
    let mut read_only = right;
    read_only.accounts[MARKET].is_writable = false;
    world.refuses(&read_only, &[&admin], "anchor::ConstraintMut");
}
