//! `place_order`.

use ballast_state::{rights, PerpPosition, PriceState, Zeroable, BALANCES, ORDERS, PERPS};

use super::perps::*;
use super::support::*;

fn refuses(world: &mut World, trader: &Trader, args: OrderArgs, error: &str) {
    let place = world.place_order(trader, COINS, args);
    world.refuses(&place, &[&trader.key], error);
}

fn reducing(lots: i64) -> OrderArgs {
    OrderArgs { reduce_only: true, ..order(lots) }
}

/// A trader with 1,000 dollars, long ten coins.
fn long() -> (World, Trader, Trader) {
    let (mut world, trader, keeper) = cast();
    assert_eq!(world.trade_at(&keeper, &trader, COINS, 10 * LOTS, PRICE).outcome, 0);
    (world, trader, keeper)
}

#[test]
fn sets_margin_premium_and_fees_aside() {
    let (mut world, trader, _) = cast();
    let before = (world.margin(&trader), world.market(COINS));
    let args = OrderArgs { limit: 33 << 32, life: 20, ..order(10 * LOTS) };
    let sent = world.place(&trader, COINS, args).expect("place_order");

    let now = world.svm.now();
    // A quarter of 320 dollars; fees and premium in dollars, up.
    let requirement = (80 << 20) + ((FEE + KEEPER_FEE + PREMIUM) << 20).div_ceil(DOLLAR);
    let expected = Order {
        id: 1,
        lots: 10 * LOTS,
        limit: 33 << 32,
        eligible_ts: now + 2,
        expiry_ts: now + 22,
        placed_ts: now,
        requirement,
        keeper_fee: KEEPER_FEE,
        market: COINS,
        reduce_only: 0,
        padding: [0; 5],
    };
    assert_eq!(world.pending(&trader, 1), expected);
    assert_eq!(world.orders(&trader).next_id, 2);
    let placed = event!(sent, OrderPlaced);
    assert_same(&placed.header, &header(&world, trader.account, before.0.sequence + 1));
    assert_eq!(placed.board_sequence, world.board().sequence);
    assert_eq!((placed.id, placed.market, placed.lots, placed.limit), (1, COINS, 10 * LOTS, 33 << 32));
    assert!(!placed.reduce_only);
    assert_eq!((placed.eligible_ts, placed.expiry_ts, placed.requirement), (now + 2, now + 22, requirement));
    assert_eq!(placed.keeper_fee, KEEPER_FEE);

    let account = world.margin(&trader);
    let same = MarginAccount {
        order_count: 1,
        order_requirement: requirement,
        sequence: before.0.sequence + 1,
        unhealthy_since: account.unhealthy_since,
        ..before.0
    };
    assert_eq!(account, same);
    assert_eq!((world.market(COINS).long.pending_lots, world.market(COINS).short.pending_lots), (10_000_000, 0));
    world.check_invariants();
}

/// t* is later than the clock, every print there is, and any that may be there while the clock lags.
#[test]
fn its_moment_lies_ahead_of_every_print() {
    let (mut world, trader, _) = cast();
    world.svm.advance(10);
    world.refresh_all();
    let now = world.svm.now();
    // A print three seconds ahead of the clock: as far behind may the clock be at the next.
    world.publish_at(COIN, PRICE, 0, now + 3);
    world.refresh(COIN).expect("refresh_price_feed");
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    assert_eq!(world.pending(&trader, 1).eligible_ts, now + 3 + 2 + 3);
}

#[test]
fn what_is_set_aside_neither_leaves_nor_backs_a_loan() {
    let (mut world, trader, _) = cast();
    let _lender = world.trader_with(&[(COIN, 100 * ONE_COIN)]);
    // 1,000 dollars are worth 875 at Initial, 100 coins ask for 800, premium and fees for 1.62 and 0.16.
    let can = |world: &mut World| {
        let out = world.tried(|world| world.withdraw(&trader, USD, Some(100 * DOLLAR)).map(|_| ()));
        let loan = world.tried(|world| world.borrow(&trader, COIN, 3 * ONE_COIN).map(|_| ()));
        (out, loan)
    };
    assert!(matches!(can(&mut world), (Ok(()), Ok(()))));
    world.place(&trader, COINS, order(100 * LOTS)).expect("place_order");
    let (out, loan) = can(&mut world);
    assert_eq!(out.expect_err("reserved").name(), "InsufficientHealth");
    assert_eq!(loan.expect_err("reserved").name(), "InsufficientHealth");
    refuses(&mut world, &trader, order(10 * LOTS), "InsufficientHealth");
    world.withdraw(&trader, USD, Some(50 * DOLLAR)).expect("what is not set aside");
    world.cancel(&trader, COINS, 1).expect("cancel_order");
    assert!(matches!(can(&mut world), (Ok(()), Ok(()))));
}

#[test]
fn a_reduction_sets_aside_fees_alone() {
    let (mut world, trader, _) = long();
    let before = world.market(COINS).short;
    // Without being asked: it closes no more than is held.
    world.place(&trader, COINS, order(-10 * LOTS)).expect("place_order");
    let pending = world.pending(&trader, 2);
    assert_eq!((pending.reduce_only, pending.lots), (1, -10 * LOTS));
    assert_eq!(pending.requirement, ((FEE + KEEPER_FEE) << 20).div_ceil(DOLLAR));
    assert_eq!(world.market(COINS).short, before);
    // Of more than is held, what is held.
    world.place(&trader, COINS, reducing(-11 * LOTS)).expect("place_order");
    assert_eq!(world.pending(&trader, 3).lots, -10 * LOTS);
    refuses(&mut world, &trader, reducing(LOTS), "WouldNotReduce");
    refuses(&mut world, &trader, reducing(0), "ZeroAmount");
    // Beyond zero it opens: all of it is at stake.
    world.place(&trader, COINS, order(-11 * LOTS)).expect("place_order");
    assert_eq!((world.pending(&trader, 4).reduce_only, world.market(COINS).short.pending_lots), (0, 11_000_000));
    world.check_invariants();
}

/// V25: in a market that only reduces no order that adds can be placed, and none that waits can fill (see `fill_order`).
#[test]
fn v25_reductions_stay_open_while_new_risk_is_not() {
    let (mut world, trader, _) = long();
    let closed = |world: &mut World, error: &str| {
        refuses(world, &trader, order(LOTS), error);
        refuses(world, &trader, order(-11 * LOTS), error);
        if let Err(failed) = world.tried(|world| world.place(&trader, COINS, order(-10 * LOTS))) {
            panic!("{error}: {}", failed.name());
        }
    };
    let tried = |world: &mut World, change: &dyn Fn(&mut World), error: &str| {
        world.tried(|world| {
            change(world);
            closed(world, error);
        });
    };
    let pause = |world: &mut World| {
        let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 600);
        world.as_admin(pause).expect("pause_risk");
    };
    tried(&mut world, &pause, "RiskPaused");
    tried(&mut world, &|world| configure(world, COINS, 1, |_| {}), "MarketReduceOnly");
    let until = world.svm.now() + 1;
    let key = world.market_key(COINS);
    let paused = move |world: &mut World| world.svm.edit::<PerpMarket>(&key, |market| market.paused_until = until);
    tried(&mut world, &paused, "MarketPaused");
    tried(&mut world, &|world| world.svm.advance(61), "PriceStale");
    let jump = |world: &mut World| {
        world.svm.advance(1);
        world.set_price(COIN, 34_00000000).expect("refresh_price_feed");
    };
    tried(&mut world, &jump, "PricePending");
    let state = |state: PriceState| {
        move |world: &mut World| {
            let board = world.board_key();
            world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].state = state.to_byte());
        }
    };
    tried(&mut world, &state(PriceState::Guarded), "PriceGuarded");
    // Without a price not even a mark.
    state(PriceState::Unset)(&mut world);
    refuses(&mut world, &trader, order(-10 * LOTS), "PriceUnset");
}

#[test]
fn a_delegate_that_trades_may_and_one_that_reduces_may_reduce() {
    let (mut world, trader, delegate) = long();
    world.svm.fund(&delegate.key.pubkey());
    let by = |world: &World, args: OrderArgs| {
        perp_ix::place_order(&delegate.key.pubkey(), world.perp(COINS), &trader.account, args, Default::default())
    };
    let grant = |world: &mut World, given: u32| {
        let set = ix::set_delegate(&trader.key.pubkey(), &trader.account, delegate.key.pubkey(), given);
        world.send(set, &[&trader.key]).expect("set_delegate");
    };
    for given in [0, rights::DEPOSIT] {
        grant(&mut world, given);
        for lots in [LOTS, -LOTS] {
            let place = by(&world, order(lots));
            world.refuses(&place, &[&delegate.key], "Unauthorised");
        }
    }
    grant(&mut world, rights::REDUCE);
    for lots in [LOTS, -11 * LOTS] {
        let place = by(&world, order(lots));
        world.refuses(&place, &[&delegate.key], "Unauthorised");
    }
    world.send(by(&world, order(-LOTS)), &[&delegate.key]).expect("place_order");
    grant(&mut world, rights::TRADE);
    world.send(by(&world, order(LOTS)), &[&delegate.key]).expect("place_order");
    let cancel = perp_ix::cancel_order(&delegate.key.pubkey(), world.perp(COINS), &trader.account, 3);
    world.send(cancel, &[&delegate.key]).expect("cancel_order");
    let place = by(&world, order(LOTS));
    world.refuses(&unsigned(&place, 0), &[&trader.key], "anchor::AccountNotSigner");
}

#[test]
fn refuses_sizes_and_lives_out_of_range() {
    let (mut world, trader, _) = cast();
    refuses(&mut world, &trader, order(0), "ZeroAmount");
    refuses(&mut world, &trader, order(9_999), "OrderTooSmall");
    refuses(&mut world, &trader, order(-9_999), "OrderTooSmall");
    world.place(&trader, COINS, order(10_000)).expect("the least");
    for life in [0, 9, 61, u32::MAX] {
        refuses(&mut world, &trader, OrderArgs { life, ..order(LOTS) }, "OrderLifeOutOfRange");
    }
    for life in [10, 60] {
        world.place(&trader, COINS, OrderArgs { life, ..order(LOTS) }).expect("place_order");
    }
    for lots in [i64::MAX, i64::MIN] {
        refuses(&mut world, &trader, order(lots), "Overflow");
    }
}

#[test]
fn refuses_beyond_a_cap_with_all_that_waits() {
    let (mut world, trader, keeper) = cast();
    let other = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    let caps = |world: &mut World, account, interest, skew| {
        configure(world, COINS, 0, |args| {
            (args.account_cap, args.interest_cap, args.skew_cap) = (account, interest, skew);
        });
    };
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    caps(&mut world, 15_000_000, 100_000_000, 100_000_000);
    refuses(&mut world, &trader, order(5 * LOTS + 1), "AccountCapExceeded");
    caps(&mut world, 15_000_000, 15_000_000, 15_000_000);
    refuses(&mut world, &other, order(5 * LOTS + 1), "InterestCapExceeded");
    if let Err(failed) = world.tried(|world| world.place(&other, COINS, order(5 * LOTS))) {
        panic!("{}", failed.name());
    }
    // What waits may never fill: it counts for its side, and not for the skew.
    caps(&mut world, 15_000_000, 20_000_000, 12_000_000);
    assert_eq!(world.fill_at(&keeper, &trader, COINS, 1, PRICE).map(|_| ()).map_err(|failed| failed.name()), Ok(()));
    refuses(&mut world, &other, order(2 * LOTS + 1), "SkewCapExceeded");
    world.place(&other, COINS, order(-14 * LOTS)).expect("it makes the skew smaller, then small again");
}

#[test]
fn refuses_what_there_is_no_room_for() {
    let (mut world, trader, _) = cast();
    for _ in 0..ORDERS {
        world.place(&trader, COINS, order(10_000)).expect("place_order");
    }
    refuses(&mut world, &trader, order(10_000), "TooManyOrders");
    let full = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    world.svm.edit::<MarginAccount>(&full.account, |account| {
        account.perp_count = u8::try_from(PERPS).expect("few");
        for (at, position) in (20..).zip(&mut account.perps) {
            *position = PerpPosition { market: at, side: 1, base: [1, 0], ..PerpPosition::zeroed() };
        }
    });
    let place = perp_ix::place_order(
        &full.key.pubkey(),
        world.perp(COINS),
        &full.account,
        order(LOTS),
        perp_ix::Follow::default(),
    );
    world.refuses(&place, &[&full.key], "TooManyPositions");
    // Sixteen balances and none in dollars: nothing could be paid.
    world.svm.edit::<MarginAccount>(&full.account, |account| {
        (account.perp_count, account.perps) = (0, [PerpPosition::zeroed(); PERPS]);
        let balance = account.balances[0];
        account.balance_count = u8::try_from(BALANCES).expect("few");
        for (bank, slot) in (1..).zip(&mut account.balances) {
            *slot = ballast_state::Balance { bank, ..balance };
        }
    });
    world.refuses(&place, &[&full.key], "TooManyBalances");
}

#[test]
fn refuses_accounts_that_do_not_belong_together() {
    let (mut world, trader, _) = cast();
    world.deposit(&trader, GEM, ONE_GEM).expect("deposit");
    let (elsewhere, stranger) = another_group(&mut world);
    let other = world.perp_trader(&[]);
    let right = world.place_order(&trader, COINS, order(10 * LOTS));
    let there = perp_ix::place_order(
        &stranger.key.pubkey(),
        elsewhere,
        &stranger.account,
        order(LOTS),
        perp_ix::Follow::default(),
    );
    let theirs = |place: usize| there.accounts[place].pubkey;
    let cases = [
        (0, other.key.pubkey(), "Unauthorised"),
        (2, addresses::orders(&other.account), "OrdersMismatch"),
        (3, theirs(3), "WrongBoard"),
        (4, theirs(4), "WrongGroup"),
        (4, addresses::feed(&world.group, 2), "FeedMismatch"),
        (5, theirs(5), "WrongGroup"),
        (6, theirs(6), "PoolMismatch"),
        (7, world.bank_key(COIN), "BankMismatch"),
        (7, theirs(7), "BankMismatch"),
        (8, theirs(7), "WrongGroup"),
        (8, world.bank_key(COIN), "MissingAccount"),
    ];
    for (place, key, error) in cases {
        let signer = if place == 0 { &other.key } else { &trader.key };
        world.refuses(&with(&right, place, key), &[signer], error);
    }
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
    world.refuses(&right, &[&trader.key], "AccountInTransit");
    world.svm.edit::<MarginAccount>(&trader.account, |account| account.flags = 0);
    world.send(right, &[&trader.key]).expect("right in the end");
}

#[test]
fn refuses_while_another_market_of_the_account_is_not_at_the_boards_price() {
    let (mut world, trader, keeper) = cast();
    world.trade_at(&keeper, &trader, GEMS, 10_000, 1_024_00000000);
    world.svm.advance(1);
    world.set_price(GEM, 1_025_00000000).expect("refresh_price_feed");
    refuses(&mut world, &trader, order(LOTS), "MarketNotSynced");
    let mut alone = world.place_order(&trader, COINS, order(LOTS));
    alone.accounts.pop();
    world.refuses(&alone, &[&trader.key], "MissingAccount");
    world.sync(GEMS).expect("sync_market");
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
    // Its own market is brought there on the way.
    world.svm.advance(1);
    world.set_price(COIN, 32_32000000).expect("refresh_price_feed");
    world.place(&trader, COINS, order(LOTS)).expect("place_order");
    assert_eq!(world.market(COINS).mid, world.board().rows[1].mid);
    // A price of nothing has no mark.
    let board = world.board_key();
    world.svm.edit::<RiskBoard>(&board, |board| board.rows[1].mid = 0);
    refuses(&mut world, &trader, order(LOTS), "PriceOutOfRange");
}
