//! Perps told by their events alone: who listens from the start knows every position as the accounts have it.

use std::collections::BTreeMap;

use ballast_client::ballast::types::{MarketArgs, PositionPoint};
use ballast_client::events::Event;
use ballast_client::perps as perp_ix;
use ballast_math::{signed_from_words, signed_to_words};
use ballast_risk::perp;
use ballast_state::{LiquidityPool, SideBook};
use ballast_testkit::order;

use super::support::*;

/// The markets of coins, at 32 atoms of a dollar a lot, and of gems, at 1,024.
const COINS: u16 = 0;
const GEMS: u16 = 1;
/// A coin or a gem in lots.
const LOTS: i64 = 1_000_000;
/// A position index of one.
const ONE: u64 = 1 << 52;

/// A, K and the carry of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Indices {
    lots: u64,
    value: i128,
    carry: u64,
}

/// What was heard: the indices of both sides of each market, and the positions by account and market.
#[derive(Default)]
struct Indexer {
    markets: BTreeMap<u16, [Indices; 2]>,
    positions: BTreeMap<(Pubkey, u16), PositionPoint>,
}

impl Indexer {
    fn hear(&mut self, sent: &Sent) {
        for event in &sent.events {
            match event {
                Event::MarketSynced(told) => {
                    let value = signed_from_words;
                    let long = (told.long_position_index, value(told.long_index), told.long_carry);
                    let short = (told.short_position_index, value(told.short_index), told.short_carry);
                    let sides = [long, short].map(|(lots, value, carry)| Indices { lots, value, carry });
                    self.markets.insert(told.market, sides);
                }
                Event::OrderFilled(told) => self.change(told.header.account, told.market, told.position),
                Event::PnlSettled(told) => self.change(told.header.account, told.market, told.position),
                Event::HedgeLiquidated(told) => self.change(told.header.account, told.market, told.position),
                Event::PerpLiquidated(told) => self.change(told.header.account, told.market, told.position),
                _ => {}
            }
        }
    }

    fn change(&mut self, account: Pubkey, market: u16, position: PositionPoint) {
        if position.side == 0 {
            self.positions.remove(&(account, market));
        } else {
            self.positions.insert((account, market), position);
        }
        // A side that lost its last base starts anew.
        for (side, indices) in (1..).zip(self.markets.get_mut(&market).expect("a market that was synced")) {
            let of_side = self.positions.iter().filter(|((_, of), one)| *of == market && one.side == side);
            if of_side.into_iter().all(|(_, one)| one.base == [0, 0]) {
                (indices.lots, indices.value) = (ONE, 0);
            }
        }
    }

    /// Lots and claim of a position, worked out without the engine.
    fn worth(&self, account: Pubkey, market: u16) -> (i64, i128) {
        let Some(position) = self.positions.get(&(account, market)) else { return (0, 0) };
        let indices = &self.markets[&market][usize::from(position.side) - 1];
        let base = i128::from(position.base[0]) + (i128::from(position.base[1]) << 64);
        let lots = i64::try_from((base * i128::from(indices.lots)) >> 52).expect("lots");
        let claim = ((base * indices.value) >> 52) - signed_from_words(position.offset);
        (if position.side == 1 { lots } else { -lots }, claim)
    }

    /// Compares all it knows with the accounts.
    #[track_caller]
    fn check(&self, world: &World, traders: &[&Trader]) {
        for market in [COINS, GEMS].map(|index| world.market(index)) {
            for (side, book, indices) in [(1, &market.long, 0), (2, &market.short, 1)] {
                let indices = self.markets[&market.index][indices];
                assert_eq!(indices, of(book), "{side} of {}", market.index);
                let of_side =
                    |((_, of), one): &(&(Pubkey, u16), &PositionPoint)| *of == market.index && one.side == side;
                let positions: Vec<_> = self.positions.iter().filter(of_side).map(|(_, one)| one).collect();
                assert_eq!(usize::try_from(book.positions), Ok(positions.len()));
                assert_eq!(book.base, [positions.iter().map(|one| one.base[0]).sum(), 0]);
                let offset = positions.iter().map(|one| signed_from_words(one.offset)).sum();
                assert_eq!(book.offset, signed_to_words(offset));
            }
            for trader in traders {
                let account = world.margin(trader);
                let known = self.positions.get(&(trader.account, market.index)).copied();
                let held = perp::slots::find(&account, market.index);
                assert_eq!(
                    known.map(|one| (one.side, one.base, one.offset)),
                    held.map(|it| (it.side, it.base, it.offset))
                );
                let claim = held.map_or(0, |it| perp::book::claim(it, &market).expect("a claim"));
                let size = perp::slots::held(&account, &market).expect("lots");
                assert_eq!(self.worth(trader.account, market.index), (size, claim));
                assert_eq!(known.map_or(0, |one| one.lots), size);
            }
        }
    }
}

fn of(book: &SideBook) -> Indices {
    Indices { lots: book.position_index, value: signed_from_words(book.pnl_index), carry: book.carry }
}

/// Listens to what a world does, and compares after every transaction.
struct Listening<'a> {
    world: World,
    keeper: Trader,
    traders: [&'a Trader; 3],
    indexer: Indexer,
}

impl Listening<'_> {
    #[track_caller]
    fn does(&mut self, act: impl FnOnce(&mut World, &Trader) -> Result<Sent, Failed>) -> Sent {
        let sent = act(&mut self.world, &self.keeper).unwrap_or_else(|failed| panic!("{}", failed.name()));
        self.indexer.hear(&sent);
        self.indexer.check(&self.world, &self.traders);
        sent
    }

    /// The trader trades coins; the print is at this price.
    #[track_caller]
    fn trades(&mut self, trader: &Trader, market: u16, lots: i64, price: i64) {
        let placed = self.does(|world, _| world.place(trader, market, order(lots)));
        let id = placed.events.iter().find_map(|event| match event {
            Event::OrderPlaced(told) => Some(told.id),
            _ => None,
        });
        let (id, row) = (id.expect("an order"), self.world.market(market).feed);
        let eligible = self.world.pending(trader, id).eligible_ts;
        self.world.svm.set_time(eligible);
        self.world.markets.iter_mut().filter(|market| market.row == row).for_each(|market| market.price = price);
        self.world.refresh_all();
        for other in [COINS, GEMS].into_iter().filter(|other| *other != market) {
            self.does(|world, _| world.sync(other));
        }
        let sent = self.does(|world, keeper| world.fill(keeper, trader, market, id));
        assert!(sent.events.iter().any(|event| matches!(event, Event::OrderFilled(told) if told.outcome == 0)));
    }

    /// Time passes, and coins cost something else.
    fn moves(&mut self, seconds: i64, coins: i64) {
        self.world.svm.advance(seconds);
        self.world.crash(COIN, coins);
        self.world.calm(COIN);
    }
}

/// Longs and shorts of three traders on two markets: opened, added to, flipped and closed, with funding, a settlement each way, a
/// claim that stays without a size until it can be paid, an epoch, other terms, and a liquidation.
#[test]
fn every_position_is_told_by_events() {
    let (mut world, provider) = World::perps();
    let traders = [1_000, 5_000, 20_000].map(|dollars| world.perp_trader(&[(USD, dollars * DOLLAR)]));
    let [poor, middle, rich] = traders.each_ref();
    let keeper = world.trader();
    let mut it = Listening { world, keeper, traders: [poor, middle, rich], indexer: Indexer::default() };
    for market in [COINS, GEMS] {
        it.world.svm.advance(1);
        it.world.refresh_all();
        let sent = it.world.sync(market).expect("sync_market");
        it.indexer.hear(&sent);
    }
    it.indexer.check(&it.world, &[poor, middle, rich]);

    it.trades(rich, COINS, 300 * LOTS + 1, 32_00000000);
    it.trades(middle, COINS, -70 * LOTS - 3, 32_12345678);
    it.trades(poor, COINS, 80 * LOTS + 7, 32_23456789);
    it.trades(rich, GEMS, -LOTS / 3, 1_024_00000000);
    // An hour's funding, with a carry left over.
    it.moves(3_599, 33_33333333);
    it.does(|world, _| world.sync(COINS));
    assert_ne!(it.world.market(COINS).long.carry, 0);
    it.does(|world, _| world.settle(rich, COINS));
    it.moves(7, 31_11111111);
    it.does(|world, _| world.settle_own(middle, COINS));
    // A flip, and an addition.
    it.trades(middle, COINS, 100 * LOTS, 31_22222222);
    it.trades(rich, COINS, -411 * LOTS - 5, 31_33333333);
    it.trades(rich, GEMS, -LOTS / 7, 1_025_00000000);

    // While the market owes more than the pool stands for, what is won stays a claim: closed, it has no size.
    let shares = it.world.pool().shares;
    let key = it.world.pool_key();
    it.world.svm.edit::<LiquidityPool>(&key, |pool| pool.shares = 0);
    it.moves(1, 32_00000000);
    it.trades(middle, COINS, -30 * LOTS + 3, 32_00000000);
    let claim = it.indexer.positions[&(middle.account, COINS)];
    assert_eq!((claim.lots, claim.base), (0, [0, 0]));
    it.world.svm.edit::<LiquidityPool>(&key, |pool| pool.shares += shares);
    it.does(|world, _| world.settle(middle, COINS));
    assert!(!it.indexer.positions.contains_key(&(middle.account, COINS)), "paid");

    // The epoch syncs both markets.
    it.world.remove_liquidity(&provider, DOLLAR).expect("request_remove_liquidity");
    it.world.end_epoch();
    it.does(|world, _| world.strike());
    // So do new terms.
    it.moves(60, 31_50000000);
    it.does(|world, _| {
        let args = MarketArgs { keeper_fee: 20_000, ..presets::market() };
        let configure = perp_ix::configure_perp_market(&world.admin.pubkey(), world.quote(), COINS, 1, 0, args);
        world.as_admin(configure)
    });

    it.world.advance(120);
    it.moves(1, 21_00000000);
    it.does(|world, _| world.sync(GEMS));
    let sent = it.does(|world, keeper| world.liquidate_perp(keeper, poor, COINS, 10 * LOTS.unsigned_abs()));
    assert!(sent.events.iter().any(|event| matches!(event, Event::PerpLiquidated(told) if told.lots == -10 * LOTS)));
    it.does(|world, keeper| world.liquidate_perp(keeper, poor, COINS, u64::MAX));

    // All that is left is closed: both sides start anew.
    it.trades(rich, COINS, 111 * LOTS + 4, 21_00000000);
    it.trades(rich, GEMS, LOTS / 3 + LOTS / 7, 1_020_00000000);
    let indices = it.indexer.markets[&GEMS];
    assert_eq!(indices.map(|side| (side.lots, side.value)), [(ONE, 0); 2]);
    it.world.check_invariants();
}
