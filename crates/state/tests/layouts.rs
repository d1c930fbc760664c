//! Accounts are their bytes: what is read is what was written, and nothing else is read.

use ballast_state::{
    Account, Balance, Bank, BankMode, Epoch, Group, LayoutError, LiquidityPool, LiquidityProvider, MarginAccount,
    PendingChange, PriceFeed, PriceState, RiskBoard, Zeroable, BALANCES, CLASSES, DISCRIMINATOR_BYTES, NO_CLASS, PERPS,
    ROWS, SOURCES,
};
use bytemuck::bytes_of;

/// Eight-byte aligned storage, as the runtime's.
fn stored<T: Account>(account: &T) -> (Vec<u64>, usize) {
    let mut words = vec![0u64; T::SPACE.div_ceil(8)];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    bytes[..DISCRIMINATOR_BYTES].copy_from_slice(&T::TAG);
    bytes[DISCRIMINATOR_BYTES..T::SPACE].copy_from_slice(bytes_of(account));
    (words, T::SPACE)
}

fn check<T: Account + PartialEq + std::fmt::Debug>(account: T) {
    let (mut words, space) = stored(&account);
    let bytes: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut words)[..space];
    assert_eq!(T::read(bytes), Ok(&account));
    assert_eq!(T::read_mut(bytes).map(|read| *read), Ok(account));
    assert_eq!(T::copy_from(bytes), Ok(account));
    // Any alignment will do for a copy, and no other length for anything.
    let mut shifted = vec![0u8; space + 1];
    shifted[1..].copy_from_slice(bytes);
    assert_eq!(T::copy_from(&shifted[1..]), Ok(account));
    for length in [space - 1, space + 1, DISCRIMINATOR_BYTES + 1] {
        let mut other = bytes.to_vec();
        other.resize(length, 0);
        assert_eq!(T::copy_from(&other), Err(LayoutError::BadLength), "{length}");
    }
    for length in 0..DISCRIMINATOR_BYTES {
        assert_eq!(T::copy_from(&bytes[..length]), Err(LayoutError::BadLength), "{length}");
        assert_eq!(T::read_mut(&mut bytes[..length]).err(), Some(LayoutError::BadLength), "{length}");
    }
    // A wrong bit anywhere in the discriminator is another type.
    for bit in 0..8 * DISCRIMINATOR_BYTES {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(T::read(bytes).err(), Some(LayoutError::UnknownType));
        assert_eq!(T::read_mut(bytes).err(), Some(LayoutError::UnknownType));
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    // The version is the first byte of the account.
    for version in [0, T::VERSION + 1, u8::MAX] {
        bytes[DISCRIMINATOR_BYTES] = version;
        assert_eq!(T::read(bytes).err(), Some(LayoutError::UnsupportedVersion));
        assert_eq!(T::read_mut(bytes).err(), Some(LayoutError::UnsupportedVersion));
    }
}

#[test]
fn t06_every_account_reads_back_and_refuses_look_alikes() {
    check(Group { version: 1, bank_count: 7, ..Group::zeroed() });
    check(RiskBoard { version: 1, row_count: 3, ..RiskBoard::zeroed() });
    check(PriceFeed { version: 1, accepted_price: 5, ..PriceFeed::zeroed() });
    check(Bank { version: 2, asset_index: [1, 2], ..Bank::zeroed() });
    check(PendingChange { version: 1, number: 4, ..PendingChange::zeroed() });
    check(MarginAccount { version: 1, sub_account: 9, ..MarginAccount::zeroed() });
    check(LiquidityPool { version: 1, entering: 8, ..LiquidityPool::zeroed() });
    check(LiquidityProvider { version: 1, leaving: 3, ..LiquidityProvider::zeroed() });
    check(Epoch { version: 1, assets_low: -2, ..Epoch::zeroed() });
}

#[test]
fn discriminators_tell_types_apart() {
    let all = [
        Group::TAG,
        RiskBoard::TAG,
        PriceFeed::TAG,
        Bank::TAG,
        MarginAccount::TAG,
        LiquidityPool::TAG,
        LiquidityProvider::TAG,
        Epoch::TAG,
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(all[at + 1..].iter().all(|other| other != one));
        assert_ne!(*one, [0; 8], "zero is a closed account");
    }
}

#[test]
fn sizes_are_the_designs() {
    const { assert!(MarginAccount::SPACE <= 2_048) };
    const { assert!(RiskBoard::SPACE <= 10_240) };
    assert_eq!((BALANCES, PERPS, ROWS, CLASSES, SOURCES), (16, 8, 64, 16, 3));
}

#[test]
fn unknown_bytes_are_the_most_careful_state() {
    for byte in 0..=u8::MAX {
        let mode = BankMode::from_byte(byte);
        assert!(mode.to_byte() == byte || mode == BankMode::WindDown);
        let state = PriceState::from_byte(byte);
        assert!(state.to_byte() == byte || state == PriceState::Guarded);
    }
}

#[test]
fn a_board_lists_only_its_rows_and_classes() {
    let mut board = RiskBoard { row_count: 2, ..RiskBoard::zeroed() };
    board.rows[1].mid = 5;
    board.class_kappa[15] = 9;
    assert_eq!(board.row(1).map(|row| row.mid), Some(5));
    assert!(board.row(2).is_none());
    board.row_count = u8::MAX;
    assert!(board.row(63).is_some() && board.row(64).is_none());
    assert_eq!((board.kappa(15), board.kappa(16), board.kappa(NO_CLASS)), (9, 0, 0));
}

#[test]
fn balances_in_use_are_the_leading_ones() {
    let mut account = MarginAccount { balance_count: 2, ..MarginAccount::zeroed() };
    account.balances[0] = Balance { bank: 4, side: 1, shares: 1, ..Balance::zeroed() };
    account.balances[1] = Balance { bank: 6, side: 2, shares: 1, ..Balance::zeroed() };
    account.balances[2] = Balance { bank: 8, side: 2, shares: 1, ..Balance::zeroed() };
    assert!(account.balance(4).is_some_and(|b| b.is_deposit() && !b.is_loan()));
    assert!(account.balance(6).is_some_and(|b| b.is_loan() && !b.is_deposit()));
    assert!(account.balance(8).is_none());
    account.balance_count = u8::MAX;
    assert_eq!(account.active().len(), BALANCES);
    let odd = Balance { side: 7, ..Balance::zeroed() };
    assert!(!odd.is_loan() && !odd.is_deposit());
}

#[test]
fn sources_fill_from_the_front() {
    let mut feed = PriceFeed::zeroed();
    assert_eq!(feed.source_count(), 0);
    feed.sources[0].provider = 1;
    feed.sources[2].provider = 1;
    assert_eq!(feed.source_count(), 1);
}
