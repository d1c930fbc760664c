//! `fill_order`.

use ballast_client::events::OrderFilled;
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_state::{rights, Balance, PriceState, BALANCES};

use super::perps::*;
use super::support::*;

/// Where a Pyth pull update says how it was verified.
const VERIFICATION: usize = 40;

/// A push account of mainnet, dumped with its owner; see `crates/oracle/tests/fixtures/SOURCES.md`.
const PUSHED: &str = include_str!("../../crates/oracle/tests/fixtures/mrgn-price_rs-pyth_pull_get_price.json");

/// Fills the trader's first order at a print, or says why not.
fn offer(world: &mut World, keeper: &Trader, trader: &Trader, print: &Pubkey) -> Result<OrderFilled, String> {
    let fill = world.fill_order(keeper, trader, COINS, 1, print);
    let sent = world.send(fill, &[&keeper.key]).map_err(|failed| failed.name())?;
    Ok(event!(sent, OrderFilled))
}

/// An offer that must fail with this error, and change nothing.
#[track_caller]
fn refuses(world: &mut World, keeper: &Trader, trader: &Trader, print: &Pubkey, error: &str) {
    let fill = world.fill_order(keeper, trader, COINS, 1, print);
    world.refuses(&fill, &[&keeper.key], error);
}

/// The order ended so, and nothing is set aside any more. Says what the trader paid for it.
#[track_caller]
fn ends(world: &mut World, keeper: &Trader, trader: &Trader, print: &Pubkey, outcome: u8) -> i64 {
    let (before, held) = (dollars(world, trader), world.margin(trader).perps);
    let (earned, pool) = (dollars(world, keeper), world.pool().shares);
    let told = offer(world, keeper, trader, print).expect("fill_order");
    assert_eq!((told.outcome, told.lots, told.price, told.paid, told.fee), (outcome, 0, 0, 0, 0));
    let account = world.margin(trader);
    assert_eq!((account.perps, account.order_count, account.order_requirement), (held, 0, 0));
    assert_eq!((world.market(COINS).long.pending_lots, world.market(COINS).short.pending_lots), (0, 0));
    let paid = before - dollars(world, trader);
    assert_eq!((dollars(world, keeper) - earned, world.pool().shares), (paid, pool));
    assert_eq!(i64::try_from(told.keeper_fee), Ok(paid));
    refuses(world, keeper, trader, print, "NoOrder");
    world.check_invariants();
    paid
}

#[test]
fn fills_at_the_print_and_pays_the_keeper() {
    let (mut world, trader, keeper) = due();
    let (account, pool, market) = (world.margin(&trader), world.pool(), world.market(COINS));
    let print = world.markets[1].oracle;
    let told = offer(&mut world, &keeper, &trader, &print).expect("fill_order");

    let after = world.market(COINS);
    assert_same(&told.header, &header(&world, trader.account, account.sequence + 1));
    assert_eq!((told.keeper, told.id, told.market, told.outcome), (keeper.account, 1, COINS, 0));
    assert_eq!((told.board_sequence, told.market_sequence), (world.board().sequence, after.sequence));
    assert_eq!((told.lots, told.position.lots, told.price, told.print), (10 * LOTS, 10 * LOTS, MARK, MARK));
    let (premium, fee) = (i64::try_from(PREMIUM).expect("small"), i64::try_from(FEE + KEEPER_FEE).expect("small"));
    assert_eq!((told.premium, told.paid, told.fee, told.keeper_fee), (premium, -premium, FEE, KEEPER_FEE));

    let cash = i64::try_from(1_000 * DOLLAR).expect("small") - premium - fee;
    assert_eq!((dollars(&world, &trader), dollars(&world, &keeper)), (cash, 10_000));
    let now = world.margin(&trader);
    assert_eq!((now.order_count, now.order_requirement, now.perp_count), (0, 0, 1));
    assert_eq!((now.perps[0].market, now.perps[0].side, now.perps[0].base), (COINS, 1, [10_000_000, 0]));
    assert_eq!(now.perps[0].entry_quote, 320_000_000);
    assert_eq!(now.risk_ts, world.svm.now());

    assert_eq!(world.pool().shares, pool.shares + FEE + PREMIUM);
    assert_eq!((after.long.base, after.long.positions, after.long.pending_lots), ([10_000_000, 0], 1, 0));
    assert_eq!((after.short, after.skew_reserve, after.spent), (market.short, PREMIUM, -premium));
    // Half of the pool's funds and of what it spent that day, less what this market spent, and its reserve.
    let funds = i64::try_from(world.pool().shares).expect("in range");
    assert_eq!(after.budget, (funds - premium) / 2 + premium);
    assert_eq!(after.equity, after.budget - premium);
    world.check_invariants();

    // It is gone: neither a second time, nor back.
    refuses(&mut world, &keeper, &trader, &print, "NoOrder");
    let cancel = perp_ix::cancel_order(&trader.key.pubkey(), world.perp(COINS), &trader.account, 1);
    world.refuses(&cancel, &[&trader.key], "NoOrder");
}

/// A buyer pays the high end of the print's band, a seller gets the low end: half of the spread each.
#[test]
fn buyers_pay_the_high_end_and_sellers_get_the_low_one() {
    for (lots, price) in [(10 * LOTS, MARK + (MARK >> 8)), (-10 * LOTS, MARK - (MARK >> 8))] {
        let (mut world, trader, keeper) = cast();
        world.place(&trader, COINS, order(lots)).expect("place_order");
        let eligible = world.pending(&trader, 1).eligible_ts;
        world.svm.set_time(eligible);
        world.publish_at(COIN, PRICE, 12_500_000, eligible);
        world.refresh(COIN).expect("refresh_price_feed");
        let print = world.markets[1].oracle;
        let told = offer(&mut world, &keeper, &trader, &print).expect("fill_order");
        assert_eq!((told.outcome, told.price, told.print), (0, price, MARK));
        // An eighth of a dollar for each of ten coins.
        let premium = i64::try_from(PREMIUM).expect("small");
        assert_eq!((told.premium, told.paid), (premium, -1_250_000 - premium));
        world.check_invariants();
    }
}

/// Of all updates there are exactly one fills it: `previous < t* ≤ published`, whichever a keeper would like best.
#[test]
fn one_update_of_all_fills_it() {
    let (mut world, trader, keeper) = cast();
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    // Updates with gaps, in all of which the price is another one.
    let times = [-9, -4, -2, -1, 1, 2, 3, 7, 20];
    world.svm.set_time(eligible + 20);
    world.refresh_all();
    let prints: Vec<(i64, i64, Pubkey)> = times
        .windows(2)
        .zip(-3..)
        .map(|(pair, cents)| {
            let [previous, published] = [pair[0], pair[1]];
            let print = world.post(COIN, |update| {
                update.price += cents * 1_000_000;
                (update.previous_publish_time, update.publish_time) = (eligible + previous, eligible + published);
            });
            (previous, published, print)
        })
        .collect();
    let mut filled = Vec::new();
    for (previous, published, print) in prints {
        let error = match (previous, published) {
            (_, ..0) => "PrintTooEarly",
            (0.., _) => "PrintNotFirst",
            _ => {
                filled.push(published);
                let told = world.tried(|world| offer(world, &keeper, &trader, &print)).expect("fill_order");
                assert_eq!((told.outcome, told.print), (0, MARK));
                continue;
            }
        };
        refuses(&mut world, &keeper, &trader, &print, error);
    }
    assert_eq!(filled, [1]);
    // At t* itself it is the first; with the one before at t* it is not.
    for (previous, published, expected) in [(-1, 0, Ok(0)), (-100, 20, Ok(0)), (0, 1, Err("PrintNotFirst"))] {
        let print = world.post(COIN, |update| {
            (update.previous_publish_time, update.publish_time) = (eligible + previous, eligible + published);
        });
        let told = world.tried(|world| offer(world, &keeper, &trader, &print).map(|told| told.outcome));
        assert_eq!(told, expected.map_err(str::to_owned));
    }
}

/// A push account says of every update that the one before it was published at the same second: it covers no moment. A keeper
/// has to fetch the update of the order's time.
#[test]
fn an_update_without_a_gap_covers_nothing() {
    let (mut world, trader, keeper) = due();
    for before in [0, -1] {
        let print = world.post(COIN, |update| update.previous_publish_time = update.publish_time - before);
        refuses(&mut world, &keeper, &trader, &print, "PrintCoversNothing");
    }
    // A real one.
    let dump: serde_json::Value = serde_json::from_str(PUSHED).expect("JSON");
    let data = base64(dump["account"]["data"][0].as_str().expect("base64"));
    let owner: Pubkey = dump["account"]["owner"].as_str().expect("a key").parse().expect("a key");
    assert_eq!(owner, Pubkey::new_from_array(Provider::PythPull.default_owners()[0]));
    let mut feed_id = [0; 32];
    feed_id.copy_from_slice(&data[41..73]);
    world.configure_feed(COIN, |args| args.sources[0].feed_id = feed_id).expect("configure_price_feed");
    let print = world.key().pubkey();
    world.svm.put_data(&print, &owner, data);
    refuses(&mut world, &keeper, &trader, &print, "PrintCoversNothing");
}

/// Bytes of a dump.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for digit in text.bytes().filter(|byte| *byte != b'=') {
        let value = DIGITS.iter().position(|known| *known == digit).expect("base64");
        bits = (bits << 6) | u32::try_from(value).expect("six bits");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 255).expect("eight bits"));
        }
    }
    bytes
}

#[test]
fn refuses_prints_that_are_none() {
    let (mut world, trader, keeper) = due();
    let right = world.markets[1].oracle;
    let account = world.svm.account(&right).expect("an update");
    let owner = account.owner;
    let posted = |world: &mut World, owner: &Pubkey, change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = account.data.clone();
        change(&mut data);
        let key = world.key().pubkey();
        world.svm.put_data(&key, owner, data);
        key
    };
    let stranger = world.key().pubkey();
    let forged = posted(&mut world, &stranger, &|_| {});
    refuses(&mut world, &keeper, &trader, &forged, "OracleWrongOwner");
    let partial = posted(&mut world, &owner, &|data| data[VERIFICATION] = 0);
    refuses(&mut world, &keeper, &trader, &partial, "OraclePartialVerification");
    let other = posted(&mut world, &owner, &|data| data[0] ^= 1);
    refuses(&mut world, &keeper, &trader, &other, "OracleWrongType");
    let short = posted(&mut world, &owner, &|data| data.truncate(100));
    refuses(&mut world, &keeper, &trader, &short, "OracleNoResult");
    let negative = world.post(COIN, |update| update.price = -update.price);
    refuses(&mut world, &keeper, &trader, &negative, "PriceOutOfRange");
    let gems = world.markets[2].oracle;
    refuses(&mut world, &keeper, &trader, &gems, "OracleWrongFeed");
    let feed = addresses::feed(&world.group, 1);
    refuses(&mut world, &keeper, &trader, &feed, "OracleWrongOwner");
    offer(&mut world, &keeper, &trader, &right).expect("right in the end");
}

/// The feed judges the print, so it must have come as far.
#[test]
fn refuses_a_print_ahead_of_the_feed() {
    let (mut world, trader, keeper) = cast();
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    world.svm.set_time(eligible);
    let print = world.post(COIN, |_| {});
    refuses(&mut world, &keeper, &trader, &print, "FeedBehindPrint");
    world.refresh_all();
    offer(&mut world, &keeper, &trader, &print).expect("fill_order");
}

#[test]
fn refuses_after_expiry() {
    let (mut world, trader, keeper) = due();
    let (print, expiry) = (world.markets[1].oracle, world.pending(&trader, 1).expiry_ts);
    let last = world.tried(|world| {
        world.svm.set_time(expiry);
        offer(world, &keeper, &trader, &print)
    });
    assert_eq!(last.expect("its last second").outcome, 0);
    world.svm.set_time(expiry + 1);
    refuses(&mut world, &keeper, &trader, &print, "OrderExpired");
    world.cancel(&trader, COINS, 1).expect("cancel_order");
}

#[test]
fn a_missed_limit_ends_it_at_the_keepers_fee() {
    // A lot costs the mark and 1,600 / 10⁷ of premium.
    let least = MARK + (1_600u64 << 32).div_ceil(10_000_000);
    for (limit, fills) in [(MARK, false), (least - 1, false), (least, true), (0, true)] {
        let (mut world, trader, keeper) = cast();
        world.place(&trader, COINS, OrderArgs { limit, ..order(10 * LOTS) }).expect("place_order");
        let eligible = world.pending(&trader, 1).eligible_ts;
        world.svm.set_time(eligible);
        world.refresh_all();
        let print = world.markets[1].oracle;
        if fills {
            assert_eq!(offer(&mut world, &keeper, &trader, &print).expect("fill_order").outcome, 0);
        } else {
            assert_eq!(ends(&mut world, &keeper, &trader, &print, 1), 10_000);
        }
    }
}

/// Health is asked for at the print, not at the mark in force: an order that its print makes unhealthy ends.
#[test]
fn an_order_that_would_leave_ill_health_ends_at_the_keepers_fee() {
    let (mut world, trader, keeper) = cast();
    let told = world.trade_at(&keeper, &trader, COINS, 100 * LOTS, PRICE);
    assert_eq!(told.outcome, 0);
    world.deposit(&trader, USD, 1_000 * DOLLAR).expect("deposit");
    for (price, outcome) in [(17_00000000, 0), (16_00000000, 2)] {
        world.tried(|world| {
            // The price falls to a half in the second the order waits for, which counts when it is printed again.
            world.place(&trader, COINS, order(100 * LOTS)).expect("place_order");
            let eligible = world.pending(&trader, 2).eligible_ts;
            world.svm.set_time(eligible);
            let print = world.post(COIN, |update| update.price = price);
            world.crash(COIN, price);
            let before = dollars(world, &trader);
            let fill = world.fill_order(&keeper, &trader, COINS, 2, &print);
            let told = event!(world.send(fill, &[&keeper.key]).expect("fill_order"), OrderFilled);
            assert_eq!(told.outcome, outcome, "{price}");
            if outcome == 2 {
                // 2,000 dollars less 1,600 are worth more than the margin of a hundred coins, and less than of two hundred.
                assert_eq!((told.position.lots, before - dollars(world, &trader)), (100 * LOTS, 10_000));
            } else {
                assert_eq!(told.position.lots, 200 * LOTS);
            }
            world.check_invariants();
        });
    }
}

#[test]
fn caps_that_came_meanwhile_end_it() {
    let caps = |world: &mut World, account: u64, interest: u64, skew: u64| {
        configure(world, COINS, 0, |args| {
            (args.account_cap, args.interest_cap, args.skew_cap) = (account, interest, skew);
        });
    };
    for (outcome, account, interest, skew) in [
        (3, 9_000_000, 9_999_999, 9_000_000),
        (4, 10_000_000, 10_000_000, 9_999_999),
        (5, 9_999_999, 10_000_000, 10_000_000),
    ] {
        let (mut world, trader, keeper) = due();
        caps(&mut world, account, interest, skew);
        // Of two that are exceeded the account's comes first.
        let expected = if outcome == 3 { 5 } else { outcome };
        let print = world.markets[1].oracle;
        assert_eq!(ends(&mut world, &keeper, &trader, &print, expected), 0);
    }
    // The side's alone: another trader holds some of it.
    let (mut world, trader, keeper) = cast();
    let other = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    world.trade_at(&keeper, &other, COINS, LOTS, PRICE);
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    world.svm.set_time(eligible);
    world.refresh_all();
    caps(&mut world, 10_000_000, 10_999_999, 10_000_000);
    let print = world.markets[1].oracle;
    assert_eq!(ends(&mut world, &keeper, &trader, &print, 3), 0);
}

/// Two orders to close all of it: the second finds nothing to close, and never opens the other side.
#[test]
fn a_reduction_of_nothing_ends_without_a_fee() {
    let (mut world, trader, keeper) = cast();
    world.trade_at(&keeper, &trader, COINS, 10 * LOTS, PRICE);
    for _ in 0..2 {
        world.place(&trader, COINS, order(-10 * LOTS)).expect("place_order");
    }
    let eligible = world.pending(&trader, 2).eligible_ts;
    world.svm.set_time(eligible);
    world.refresh_all();
    let told = event!(world.fill(&keeper, &trader, COINS, 2).expect("fill_order"), OrderFilled);
    // The premium comes back.
    assert_eq!((told.outcome, told.lots, told.position.lots, told.premium), (0, -10 * LOTS, 0, -1_600));
    assert_eq!(world.margin(&trader).perp_count, 0);
    let before = dollars(&world, &trader);
    let told = event!(world.fill(&keeper, &trader, COINS, 3).expect("fill_order"), OrderFilled);
    assert_eq!((told.outcome, told.lots, told.position.lots), (6, 0, 0));
    assert_eq!(dollars(&world, &trader), before);
    world.check_invariants();
}

/// What is not the owner's fault costs nothing.
#[test]
fn a_print_that_cannot_be_used_voids_it_for_free() {
    type Change = fn(&mut PythPullUpdate);
    let (mut world, trader, keeper) = due();
    let feed = addresses::feed(&world.group, 1);
    world.svm.edit::<ballast_state::PriceFeed>(&feed, |feed| feed.state = PriceState::Guarded.to_byte());
    let print = world.markets[1].oracle;
    assert_eq!(ends(&mut world, &keeper, &trader, &print, 10), 0);

    let unusable: [(Change, u8); 2] =
        [(|update| update.confidence = 65_000_000, 11), (|update| update.price = 33_00000000, 12)];
    for (change, outcome) in unusable {
        let (mut world, trader, keeper) = due();
        let print = world.post(COIN, change);
        assert_eq!(ends(&mut world, &keeper, &trader, &print, outcome), 0);
    }
}

/// V25: an order that adds does not fill once the market only reduces, or new risk is paused; one that reduces does.
#[test]
fn v25_what_waits_does_not_fill_where_new_risk_is_closed() {
    let pause = |world: &mut World| {
        let pause = ix::pause_risk(&world.admin.pubkey(), &world.group, 600);
        world.as_admin(pause).expect("pause_risk");
    };
    let reduce = |world: &mut World| configure(world, COINS, 1, |_| {});
    let halt = |world: &mut World| {
        let pause = perp_ix::pause_perp_market(&world.admin.pubkey(), &world.group, COINS, 600);
        world.as_admin(pause).expect("pause_perp_market");
    };
    let closings: [&dyn Fn(&mut World); 3] = [&pause, &reduce, &halt];
    for close in closings {
        let (mut world, trader, keeper) = due();
        close(&mut world);
        let print = world.markets[1].oracle;
        assert_eq!(ends(&mut world, &keeper, &trader, &print, 13), 0);

        let (mut world, trader, keeper) = cast();
        world.trade_at(&keeper, &trader, COINS, 10 * LOTS, PRICE);
        world.place(&trader, COINS, order(-10 * LOTS)).expect("place_order");
        close(&mut world);
        let told = event!(world.fill_at(&keeper, &trader, COINS, 2, PRICE).expect("fill_order"), OrderFilled);
        assert_eq!((told.outcome, told.position.lots), (0, 0));
    }
}

#[test]
fn anyone_fills_for_any_account_but_the_traders() {
    let (mut world, trader, keeper) = due();
    let print = world.markets[1].oracle;
    refuses(&mut world, &trader, &trader, &print, "DuplicateAccount");
    // Another account of the same owner may: the fee goes from one pocket to the other.
    let own = world.sub_account(&trader, 1);
    let told = world.tried(|world| offer(world, &own, &trader, &print));
    assert_eq!(told.expect("fill_order").outcome, 0);
    // A keeper whose balances are all of other tokens has no place for the fee.
    world.svm.edit::<MarginAccount>(&keeper.account, |account| {
        account.balance_count = u8::try_from(BALANCES).expect("few");
        for (bank, slot) in (1..).zip(&mut account.balances) {
            *slot = Balance { bank, side: 1, shares: 1, ..*slot };
        }
    });
    refuses(&mut world, &keeper, &trader, &print, "TooManyBalances");
}

/// Nobody's account gets a fee without its word: a deposit it has no slot for would be in its way. Who may deposit into it may.
#[test]
fn a_keeper_signs_for_its_own_account() {
    let (mut world, trader, keeper) = due();
    let (print, other) = (world.markets[1].oracle, world.trader());
    let right = world.fill_order(&keeper, &trader, COINS, 1, &print);
    for who in [&other, &trader] {
        world.refuses(&with(&right, 0, who.key.pubkey()), &[&who.key], "Unauthorised");
    }
    world.refuses(&unsigned(&right, 0), &[&other.key], "anchor::AccountNotSigner");
    for (rights, error) in [(rights::REDUCE | rights::TRADE, Some("Unauthorised")), (rights::DEPOSIT, None)] {
        let delegate = ix::set_delegate(&keeper.key.pubkey(), &keeper.account, other.key.pubkey(), rights);
        world.send(delegate, &[&keeper.key]).expect("set_delegate");
        let sent = world.tried(|world| world.send(with(&right, 0, other.key.pubkey()), &[&other.key]));
        assert_eq!(sent.err().map(|failed| failed.name()).as_deref(), error);
    }
}

#[test]
fn refuses_accounts_that_do_not_belong_together() {
    let (mut world, trader, keeper) = cast();
    world.deposit(&trader, GEM, ONE_GEM).expect("deposit");
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let other = world.perp_trader(&[(USD, 1_000 * DOLLAR)]);
    world.place(&other, COINS, order(LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 1).eligible_ts;
    let (elsewhere, stranger) = another_group(&mut world);
    let own_elsewhere = world.elsewhere(1, |world| world.sub_account(&keeper, 0).account);
    world.svm.set_time(eligible);
    world.refresh_all();
    let print = world.markets[1].oracle;
    let right = world.fill_order(&keeper, &trader, COINS, 1, &print);
    let theirs = (&stranger.key.pubkey(), &stranger.account);
    let there = perp_ix::fill_order(theirs, elsewhere, &stranger.account, 1, &print, Default::default());
    let theirs = |place: usize| there.accounts[place].pubkey;
    let cases = [
        (1, own_elsewhere, "WrongGroup"),
        (1, stranger.account, "Unauthorised"),
        (2, other.account, "OrdersMismatch"),
        (3, addresses::orders(&other.account), "OrdersMismatch"),
        (4, theirs(4), "WrongBoard"),
        (5, theirs(5), "WrongGroup"),
        (5, addresses::feed(&world.group, 2), "OracleWrongFeed"),
        (6, theirs(6), "WrongGroup"),
        (6, world.market_key(GEMS), "MarketMismatch"),
        (7, theirs(7), "PoolMismatch"),
        (8, world.bank_key(COIN), "BankMismatch"),
        (8, theirs(8), "BankMismatch"),
        (10, theirs(8), "WrongGroup"),
        (10, world.bank_key(COIN), "MissingAccount"),
    ];
    for (place, key, error) in cases {
        world.refuses(&with(&right, place, key), &[&keeper.key], error);
    }
    // Another feed with a print of its own.
    let gems = world.markets[2].oracle;
    let other = with(&with(&right, 5, addresses::feed(&world.group, 2)), 9, gems);
    world.refuses(&other, &[&keeper.key], "FeedMismatch");
    world.refuses(&world.fill_order(&keeper, &trader, COINS, 2, &print), &[&keeper.key], "NoOrder");
    for account in [trader.account, keeper.account] {
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = MarginAccount::IN_LIQUIDATION);
        world.refuses(&right, &[&keeper.key], "AccountInTransit");
        world.svm.edit::<MarginAccount>(&account, |account| account.flags = 0);
    }
    world.send(right, &[&keeper.key]).expect("right in the end");
}

#[test]
fn refuses_in_a_flash_loan_and_beside_a_market_that_is_not_synced() {
    let (mut world, trader, keeper) = cast();
    world.trade_at(&keeper, &trader, GEMS, 10_000, 1_024_00000000);
    world.place(&trader, COINS, order(10 * LOTS)).expect("place_order");
    let eligible = world.pending(&trader, 2).eligible_ts;
    world.svm.set_time(eligible);
    world.refresh_all();
    world.svm.advance(1);
    world.set_price(GEM, 1_025_00000000).expect("refresh_price_feed");
    let print = world.markets[1].oracle;
    let fill = world.fill_order(&keeper, &trader, COINS, 2, &print);
    world.refuses(&fill, &[&keeper.key], "MarketNotSynced");
    let mut alone = fill.clone();
    alone.accounts.pop();
    world.refuses(&alone, &[&keeper.key], "MissingAccount");
    world.sync(GEMS).expect("sync_market");
    let [begin, end] = world.flash_loan(&trader, USD, DOLLAR);
    world.refuses_all(&[begin, fill.clone(), end], &[&trader.key, &keeper.key], "BankInFlashLoan");
    world.send(fill, &[&keeper.key]).expect("fill_order");
}

/// A feed without a source that tells what it followed has no print that nobody chose.
#[test]
fn refuses_where_the_feed_has_no_pull_source() {
    let (mut world, trader, keeper) = due();
    let print = world.markets[1].oracle;
    // By hand: `configure_price_feed` leaves a feed of perps such a source.
    let feed = addresses::feed(&world.group, 1);
    let legacy = Provider::PythLegacy.to_u8();
    world.svm.edit::<ballast_state::PriceFeed>(&feed, |feed| feed.sources[0].provider = legacy);
    refuses(&mut world, &keeper, &trader, &print, "NoPullSource");
    world.svm.advance(61);
    world.cancel(&trader, COINS, 1).expect("void");
}
