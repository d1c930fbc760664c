//! Host = ELF: the engine on copies of the accounts, and real instructions on the accounts themselves, leave equal bytes.
//! (The demonstration does the same for every liquidation and deleverage it makes.)

use ballast_client::addresses;
use ballast_math::{Price, Usd};
use ballast_oracle::{parse, Provider};
use ballast_risk::lending::{self, Amount};
use ballast_risk::{interest, price};
use ballast_state::{Bank, MarginAccount, PriceFeed, RiskBoard};
use ballast_testkit::{Trader, World};

/// A small generator: the same sequence every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The engine's answer for one lending action, on copies.
fn on_host(world: &World, trader: &Trader, bank: u16, action: u64, atoms: u64) -> Option<(Bank, MarginAccount)> {
    let (mut books, mut account, board, now) = (world.bank(bank), world.margin(trader), world.board(), world.now());
    interest::accrue(&mut books, now).expect("accrue");
    let moved = match action {
        0 => lending::deposit(&mut books, &mut account, atoms, now),
        1 => lending::withdraw(&mut books, &mut account, Amount::Exact(atoms), now),
        2 => {
            let mid = Price(board.row(books.feed).expect("a row").mid);
            lending::borrow(&mut books, &mut account, atoms, mid, Usd(board.rules.dust), now)
        }
        3 => lending::repay(&mut books, &mut account, Amount::Exact(atoms)),
        _ => lending::repay(&mut books, &mut account, Amount::All),
    };
    moved.ok().map(|_| (books, account))
}

#[test]
fn lending_leaves_the_same_bytes_on_host_and_chain() {
    let mut world = World::standard();
    let lender = world.trader();
    for bank in 0..4 {
        let atoms = world.markets[usize::from(bank)].atoms(1_000);
        world.deposit(&lender, bank, atoms * if bank == 0 { 1_000 } else { 1 }).expect("deposit");
    }
    let trader = world.trader();
    world.deposit(&trader, 1, 5_000_000_000_000).expect("deposit");
    let mut draw = Draw(7);
    let (mut agreed, mut refused) = (0, 0);
    for _ in 0..400 {
        world.advance(1 + i64::try_from(draw.below(100_000)).expect("small"));
        let (bank, action) = (u16::try_from(draw.below(4)).expect("small"), draw.below(5));
        let atoms = 1 + draw.below(20_000_000);
        world.mint_to(&trader, bank, 100_000_000_000);
        let expected = on_host(&world, &trader, bank, action, atoms);
        let sent = match action {
            0 => world.deposit(&trader, bank, atoms),
            1 => world.withdraw(&trader, bank, Some(atoms)),
            2 => world.borrow(&trader, bank, atoms),
            3 => world.repay(&trader, bank, Some(atoms)),
            _ => world.repay(&trader, bank, None),
        };
        match (sent, expected) {
            (Ok(_), Some((books, account))) => {
                assert_eq!(world.bank(bank), books);
                assert_eq!(world.margin(&trader), account);
                agreed += 1;
            }
            // The engine's lending accepts what only health refuses: the trader holds far more than it can borrow here.
            (Err(failed), None) => {
                assert!(failed.code.is_some_and(|code| (8_000..8_100).contains(&code)), "{failed:?}");
                refused += 1;
            }
            (sent, expected) => {
                panic!("action {action} of {atoms} in bank {bank}: {:?} {}", sent.err(), expected.is_some());
            }
        }
    }
    assert!(agreed > 150 && refused > 20, "{agreed} agreed, {refused} refused");
}

#[test]
fn a_refresh_leaves_the_same_bytes_on_host_and_chain() {
    let mut world = World::standard();
    let mut draw = Draw(11);
    let mut price_now = 32_00000000i64;
    for _ in 0..300 {
        world.svm.advance(1 + i64::try_from(draw.below(40)).expect("small"));
        let step = i64::try_from(draw.below(2_000)).expect("small") - 1_000;
        price_now = (price_now + price_now / 20_000 * step).max(1_000_000);
        world.publish(1, price_now);
        let now = world.now();
        let (mut feed, mut board): (PriceFeed, RiskBoard) = (world.feed(1), world.board());
        let oracle = world.svm.account(&world.markets[1].oracle).expect("the oracle");
        let observation =
            parse(Provider::PythPull, &oracle.owner.to_bytes(), &oracle.data, Some(&world.markets[1].feed_id)).ok();
        let expected = price::refresh(&mut feed, &mut board, &[observation, None, None], now);
        assert_eq!(world.refresh(1).is_ok(), expected.is_ok());
        assert_eq!(world.svm.read::<PriceFeed>(&addresses::feed(&world.group, 1)), feed);
        assert_eq!(world.board(), board);
    }
}
