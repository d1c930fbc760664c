//! Mints and transfer fees read as Token-2022's own library reads them.

use ballast_state::{Mint, TransferFee};
use proptest::prelude::*;
use spl_token_2022_interface::extension::transfer_fee::{self, TransferFeeConfig};
use spl_token_2022_interface::extension::{BaseStateWithExtensions, ExtensionType, PodStateWithExtensions};
use spl_token_2022_interface::pod::PodMint;

/// Bytes of a mint, of a token account, and of a multisignature account.
const MINT: usize = 82;
const ACCOUNT: usize = 165;
const MULTISIG: usize = 355;
/// Where a mint keeps whether it is initialised.
const INITIALIZED_AT: usize = 45;
/// Extension types the library knows.
const TYPES: u16 = 28;

/// The library's answer: decimals and extension types; nothing where it fails.
fn by_library(data: &[u8]) -> Option<(u8, Vec<u16>)> {
    let mint = PodStateWithExtensions::<PodMint>::unpack(data).ok()?;
    let types = mint.get_extension_types().ok()?;
    Some((mint.base.decimals, types.into_iter().map(u16::from).collect()))
}

/// Our answer, in the library's words: it fails at types it does not know.
fn by_us(data: &[u8]) -> Option<(u8, Vec<u16>)> {
    let mint = Mint::parse(data)?;
    let types: Option<Vec<u16>> = mint.extensions().map(|extension| Some(extension?.0)).collect();
    Some((mint.decimals, types.filter(|types| types.iter().all(|kind| *kind <= TYPES))?))
}

/// The fee in force by the library, and by us.
fn fees(data: &[u8], epoch: u64) -> [Option<TransferFee>; 2] {
    let mint = PodStateWithExtensions::<PodMint>::unpack(data).ok();
    let config = mint.as_ref().and_then(|mint| mint.get_extension::<TransferFeeConfig>().ok());
    let library = config.map(|config| {
        let fee = config.get_epoch_fee(epoch);
        TransferFee { most: fee.maximum_fee.into(), basis_points: fee.transfer_fee_basis_points.into() }
    });
    [library, Mint::parse(data).and_then(|mint| mint.transfer_fee(epoch))]
}

/// The first bytes of a mint, initialised or not: the token program writes no other byte there than zero and one.
fn base() -> impl Strategy<Value = Vec<u8>> {
    (any::<[u8; 32]>(), any::<[u8; 14]>(), 0..=1u8, any::<bool>()).prop_map(|(key, middle, initialized, frozen)| {
        let mut data = vec![0; MINT];
        data[..4].copy_from_slice(&[1, 0, 0, 0]);
        data[4..36].copy_from_slice(&key);
        data[36..44].copy_from_slice(&middle[..8]);
        data[44] = middle[8];
        data[INITIALIZED_AT] = initialized;
        // The tag of an optional freeze authority has to be one.
        data[46] = u8::from(frozen);
        data
    })
}

/// Extensions: a type, bytes, and a length that is at times another one's.
fn extensions() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        Just(vec![]),
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(any::<u8>(), 108),
    ];
    let extension = (0..=TYPES + 3, body, prop_oneof![9 => Just(0u16), 1 => 1..4u16]);
    (proptest::collection::vec(extension, 0..6), 0..6usize).prop_map(|(list, cut)| {
        let mut data = Vec::new();
        for (kind, body, off) in list {
            let kind = if body.len() == 108 { 1 } else { kind };
            data.extend(kind.to_le_bytes());
            data.extend((u16::try_from(body.len()).expect("short") + off).to_le_bytes());
            data.extend(body);
        }
        data.truncate(data.len().saturating_sub(cut));
        data
    })
}

fn mint() -> impl Strategy<Value = Vec<u8>> {
    (base(), prop_oneof![1 => Just(0u8), 8 => Just(1), 1 => Just(2)], extensions()).prop_map(
        |(mut data, kind, tail)| {
            data.resize(ACCOUNT, 0);
            data.push(kind);
            data.extend(tail);
            data
        },
    )
}

fn transfer_fee() -> impl Strategy<Value = TransferFee> {
    let basis_points = prop_oneof![Just(0), Just(1), Just(9_999), Just(10_000), 0..=10_000u16];
    (atoms(), basis_points).prop_map(|(most, basis_points)| TransferFee { most, basis_points })
}

fn atoms() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(u64::MAX), 0..20_000u64, any::<u64>()]
}

fn by_name(fee: TransferFee) -> transfer_fee::TransferFee {
    transfer_fee::TransferFee {
        epoch: 0.into(),
        maximum_fee: fee.most.into(),
        transfer_fee_basis_points: fee.basis_points.into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mints_read_as_by_the_library(data in mint()) {
        prop_assert_eq!(by_us(&data), by_library(&data));
    }

    #[test]
    fn lengths_read_as_by_the_library(base in base(), length in 0..400usize, kind in 0..3u8) {
        let mut data = base;
        data.resize(length, 0);
        if let Some(byte) = data.get_mut(ACCOUNT) {
            *byte = kind;
        }
        prop_assert_eq!(by_us(&data), by_library(&data));
    }

    #[test]
    fn no_bytes_make_it_panic(data in proptest::collection::vec(any::<u8>(), 0..500), epoch: u64) {
        let ours = Mint::parse(&data);
        let _ = ours.map(|mint| (mint.extensions().count(), mint.transfer_fee(epoch)));
    }

    #[test]
    fn the_fee_in_force_is_as_by_the_library(data in mint(), epoch: u64, first in prop_oneof![any::<u64>(), Just(7)]) {
        // Of extensions that are whole: where one is cut off, the library may have found the fee before it.
        if by_us(&data).is_some() {
            let [library, ours] = fees(&data, epoch);
            // The library wants the extension's exact length, the token program never writes another.
            if library.is_some() {
                prop_assert_eq!(ours, library);
            }
        }
        let mut config = vec![0; 108];
        config[72 + 16..72 + 18].copy_from_slice(&100u16.to_le_bytes());
        config[90..98].copy_from_slice(&first.to_le_bytes());
        config[98..106].copy_from_slice(&5u64.to_le_bytes());
        let mut data = data;
        data.truncate(ACCOUNT);
        data[INITIALIZED_AT] = 1;
        data.extend([1, 1, 0, 108, 0]);
        data.extend(config);
        for epoch in [epoch, first, first.wrapping_sub(1), first.wrapping_add(1)] {
            let [library, ours] = fees(&data, epoch);
            prop_assert!(ours.is_some());
            prop_assert_eq!(ours, library);
        }
    }

    #[test]
    fn fees_are_as_by_the_library(fee in transfer_fee(), atoms in atoms()) {
        let library = by_name(fee);
        prop_assert_eq!(Some(fee.after(atoms)), library.calculate_post_fee_amount(atoms));
        prop_assert_eq!(fee.before(atoms), library.calculate_pre_fee_amount(atoms));
    }

    /// What is sent leaves exactly what has to arrive, and an atom less does not.
    #[test]
    fn the_least_that_leaves_exactly_this_is_sent(fee in transfer_fee(), atoms in atoms()) {
        match fee.before(atoms) {
            Some(sent) => {
                prop_assert_eq!(fee.after(sent), atoms);
                prop_assert!(sent == 0 || fee.after(sent - 1) < atoms);
            }
            None => prop_assert!(fee.after(u64::MAX) < atoms),
        }
    }
}

#[test]
fn a_multisignature_account_is_no_mint() {
    let mut data = vec![1; MULTISIG];
    assert_eq!(by_us(&data), None);
    assert_eq!(by_library(&data), None);
    data.push(1);
    assert!(Mint::parse(&data).is_some(), "one byte more would be taken for one");
}

#[test]
fn every_extension_type_of_the_library_is_known() {
    assert!(ExtensionType::try_from(TYPES).is_ok());
    assert!(ExtensionType::try_from(TYPES + 1).is_err());
}
