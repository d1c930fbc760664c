use ballast_math::Price;
use ballast_risk::bankruptcy;
use ballast_risk::deleverage::{self, Cause};
use ballast_risk::health::{assess_initial, assess_maintenance, Portfolio, Valuation};
use ballast_risk::lending::{self, Amount};
use ballast_risk::liquidation::{self, staged};
use ballast_risk::{flash, interest, invariant, limits, price, rates, views, Now};
use ballast_state::{
    migrate, Account, Bank, Group, LayoutError, MarginAccount, PendingChange, PriceFeed, Pubkey, RiskBoard, Zeroable,
    DISCRIMINATOR_BYTES,
};

use crate::source::Source;
use crate::world::World;

/// Any bytes, read as every account: all ways of reading agree, and none changes a byte.
pub fn layouts(data: &[u8]) -> bool {
    let bank = read::<Bank>(data);
    let read = [
        bank,
        read::<Group>(data),
        read::<MarginAccount>(data),
        read::<PendingChange>(data),
        read::<PriceFeed>(data),
        read::<RiskBoard>(data),
    ];
    assert!(read.iter().filter(|read| **read).count() <= 1, "a discriminator is one type's");
    migrated(data) || read.contains(&true)
}

/// The bytes at an address that is a multiple of eight, and one after.
fn aligned(data: &[u8]) -> [Vec<u64>; 2] {
    [data.to_vec(), [&[0], data].concat()].map(|bytes| {
        let mut words = vec![0; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(&bytes);
        words
    })
}

fn read<T: Account + PartialEq + std::fmt::Debug>(data: &[u8]) -> bool {
    let [words, shifted] = aligned(data);
    let even: &[u8] = &bytemuck::cast_slice(&words)[..data.len()];
    let odd: &[u8] = &bytemuck::cast_slice(&shifted)[1..][..data.len()];

    let copy = T::copy_from(even);
    assert_eq!(T::read(even), copy.as_ref().map_err(|error| *error));
    assert_eq!(T::copy_from(odd), copy, "a copy has no alignment");
    let mut own = words.clone();
    let own: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut own)[..data.len()];
    assert_eq!(T::read_mut(own).map(|account| *account), copy);
    let new = T::read_new(own).map(|account| account.version());
    assert_eq!(own, data, "reading changes nothing");

    match copy {
        Ok(account) => {
            assert_eq!((data.len(), account.version()), (T::SPACE, T::VERSION));
            assert_eq!(data[..DISCRIMINATOR_BYTES], T::TAG);
            assert_eq!(&data[DISCRIMINATOR_BYTES..], bytemuck::bytes_of(&account));
            assert_eq!(T::read(odd), Err(LayoutError::BadLength), "the runtime aligns accounts");
            true
        }
        Err(LayoutError::UnsupportedVersion) => {
            assert!(new.is_ok_and(|version| version != T::VERSION));
            false
        }
        Err(error) => {
            assert_eq!(new, Err(error));
            let tagged = data.get(..DISCRIMINATOR_BYTES) == Some(&T::TAG[..]);
            assert!(!(tagged && data.len() == T::SPACE));
            false
        }
    }
}

/// Only a bank of the version before becomes one of this version, once, and keeps every byte that has a meaning.
fn migrated(data: &[u8]) -> bool {
    let [mut words, _] = aligned(data);
    let bytes: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut words)[..data.len()];
    let before = Bank::read_new(bytes).map(|bank| *bank);
    match (before, migrate::bank(bytes).map(|bank| *bank)) {
        (Ok(before), Ok(after)) => {
            assert_eq!((before.version, after.version), (1, Bank::VERSION));
            let (deposit_cap_limit, borrow_cap_limit) = (before.deposit_cap, before.borrow_cap);
            assert_eq!(after, Bank { version: Bank::VERSION, deposit_cap_limit, borrow_cap_limit, ..before });
            assert_eq!(migrate::bank(bytes), Err(LayoutError::UnsupportedVersion));
            true
        }
        (Ok(before), Err(error)) => {
            assert!(before.version != 1 && error == LayoutError::UnsupportedVersion);
            assert_eq!(bytes, data);
            false
        }
        (Err(error), migrated) => {
            assert_eq!(migrated, Err(error));
            false
        }
    }
}

/// A group with bytes changed at will: whatever stands in an account, the engine answers or refuses, it never panics.
pub fn corrupt(data: &[u8]) -> bool {
    let source = &mut Source::new(data);
    let patches = source.up_to(12);
    let mut patched = Vec::new();
    for _ in 0..patches {
        patched.push((source.u8(), source.u16(), source.sized(64).to_le_bytes(), source.index(8)));
    }
    let mut feed = PriceFeed { version: 1, ..PriceFeed::zeroed() };
    let mut world = World::of(source);
    feed.judge = crate::case::judge_rules(source);
    for (what, at, bytes, length) in patched {
        let bank = usize::from(what / 8) % world.banks.len();
        let target = match what % 8 {
            0 | 1 => bytemuck::bytes_of_mut(&mut world.board),
            2 => bytemuck::bytes_of_mut(&mut feed),
            3 | 4 => bytemuck::bytes_of_mut(&mut world.accounts[0]),
            5 => bytemuck::bytes_of_mut(&mut world.accounts[1]),
            _ => bytemuck::bytes_of_mut(&mut world.banks[bank]),
        };
        let at = usize::from(at) % target.len();
        for (byte, new) in target[at..].iter_mut().zip(&bytes[..=length]) {
            *byte = *new;
        }
    }
    let now = Now { ts: world.now.ts.wrapping_add(i64::from_le_bytes(source.array()) >> source.up_to(63)), slot: 0 };
    everything(&world, &mut feed, source, now)
}

/// Calls what the program calls, on copies. True if most of it still worked.
fn everything(world: &World, feed: &mut PriceFeed, source: &mut Source<'_>, now: Now) -> bool {
    let World { board, banks, accounts, .. } = world;
    let (mut first, mut second) = (banks[source.index(banks.len())], banks[source.index(banks.len())]);
    let (from, to) = (accounts[0], accounts[1]);
    let amount = source.u64();
    let mut went = 0;
    let mut count = |worked: bool| went += u32::from(worked);

    let _ = invariant::check_bank(&first, amount);
    let _ = invariant::check_account(&from);
    let _ = limits::validate_feed(feed);
    let _ = limits::validate_bank(&first, Price(amount));
    let _ = limits::validate_rates(&feed.rates, board.class_kappa[0], board.rules.bonus_min);
    let _ = limits::validate_bonus_min(board, board.rules.bonus_min);
    let _ = limits::validate_kappa(board, source.u8(), source.u32());
    let _ = limits::is_tighter(&first, &second);
    let mut row = board.rows[0];
    count(rates::write_row(feed, &mut row).is_ok());
    let _ = views::loan_to_value(&row, &board.rows[1]);
    let _ = views::liquidation_threshold(&row, &board.rows[1]);
    let _ = price::aged_band(&row, now);
    let _ = (from.active().len(), from.balance(first.index), board.row(source.u8()), board.kappa(source.u8()));

    count(interest::accrue(&mut first, now).is_ok());
    count(interest::accrue(&mut second, now).is_ok());
    let _ = interest::write_slopes(&mut second.clone());
    count(interest::update_rate(&mut second).is_ok());
    let mid = Price(board.rows[0].mid);
    let dust = ballast_math::Usd(board.rules.dust);
    count(lending::deposit(&mut first.clone(), &mut to.clone(), amount, now).is_ok());
    count(lending::withdraw(&mut first.clone(), &mut from.clone(), Amount::All, now).is_ok());
    let _ = lending::withdraw(&mut first.clone(), &mut from.clone(), Amount::Exact(amount), now);
    let _ = lending::borrow(&mut first.clone(), &mut from.clone(), amount, mid, dust, now);
    count(lending::repay(&mut second.clone(), &mut from.clone(), Amount::All).is_ok());
    let _ = lending::repay(&mut first.clone(), &mut from.clone(), Amount::Exact(amount));
    let _ = lending::collect_fees(&mut first.clone());
    let _ = flash::begin(&mut first.clone(), amount, now).is_ok_and(|_| flash::end(&mut first.clone()).is_ok());
    let _ = flash::end(&mut second.clone());

    let find = |index: u16| banks.iter().find(|bank| bank.index == index);
    let Ok(portfolio) = Portfolio::of_account(&from, &[], source.u8(), now, find) else { return went > 4 };
    count(assess_maintenance(&portfolio, board, now).is_ok());
    for valuation in [Valuation::Favourable, Valuation::Initial, Valuation::InitialUnchecked] {
        count(assess_initial(&portfolio, board, valuation, now).is_ok());
    }
    let (mut own, mut other) = (from, to);
    let _ = liquidation::liquidate(
        board,
        &mut first.clone(),
        &mut second.clone(),
        &mut own.clone(),
        &mut other.clone(),
        &portfolio,
        amount,
        now,
    );
    for cause in [Cause::Policy, Cause::WindDown] {
        let banks = (&mut first.clone(), &mut second.clone());
        let accounts = (&mut own.clone(), &mut other.clone());
        let _ = deleverage::deleverage(board, banks.0, banks.1, accounts.0, accounts.1, &portfolio, cause, amount, now);
    }
    let _ = bankruptcy::resolve(board, &mut first.clone(), None, &mut [], &mut own.clone(), &portfolio, now);
    let liquidator = Pubkey::new_from_array([1; 32]);
    let begun = staged::begin(board, &mut first, &mut second, &mut own, &portfolio, 0, liquidator, amount, now).is_ok();
    // Also with whatever the account says is open.
    let _ = staged::seize(&mut second, &mut own, Amount::Exact(amount)).is_ok() && begun;
    let _ = staged::repay(&mut first, &mut own, Amount::All);
    let _ = staged::end(board, &mut first, &second, &mut own, &portfolio, 0, now);
    other.flags = 1;
    let _ = staged::seize(&mut second, &mut other, Amount::All);
    went > 6
}
