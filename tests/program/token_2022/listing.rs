//! What may be listed.

use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::instruction as token;
use spl_token_2022_interface::state::Mint;
use spl_token_group_interface::instruction as token_group;

use super::mints::*;
use crate::support::*;

/// Lists bank 3 under the coin's feed.
fn listing(world: &World, mint: &Pubkey) -> Instruction {
    let args = presets::bank(1_000, 500);
    ix::add_bank(&world.admin.pubkey(), &world.group, 3, mint, &TOKEN_2022, 1, args)
}

#[track_caller]
fn refuses_listing(world: &mut World, mint: &Pubkey, error: &str) {
    let (admin, add) = (world.admin.insecure_clone(), listing(world, mint));
    world.refuses(&add, &[&admin], error);
}

/// Every extension there is, each by Token-2022 itself.
#[test]
fn mints_are_listed_or_refused_by_the_name_of_their_extension() {
    for extension in EXTENSIONS {
        let mut world = World::plain();
        let mint = mint_with(&mut world, 7, &[extension]);
        let Some(error) = extension.refused else {
            world.as_admin(listing(&world, &mint)).unwrap_or_else(|failed| panic!("{:?} {failed:?}", extension.types));
            let bank = world.bank(3);
            let fee = extension.types == [ExtensionType::TransferFeeConfig];
            assert_eq!((bank.version, bank.decimals, bank.token_program), (2, 7, TOKEN_2022));
            assert_eq!((bank.mint, bank.transfer_fee), (mint, u8::from(fee)));
            // A token account, and for fees a type, a head and what is withheld.
            let vault = world.svm.account(&bank.vault).expect("a vault");
            assert_eq!((vault.owner, vault.data.len()), (TOKEN_2022, if fee { 165 + 1 + 4 + 8 } else { 165 }));
            assert_eq!((&vault.data[..32], &vault.data[32..64]), (mint.as_ref(), world.bank_key(3).as_ref()));
            continue;
        };
        eprintln!("{:?}", extension.types);
        refuses_listing(&mut world, &mint, error);
    }
}

/// A harmless extension before it does not hide a dangerous one, and a fee not either.
#[test]
fn every_extension_of_a_mint_is_looked_at() {
    let harmless = [ExtensionType::TransferFeeConfig, ExtensionType::MetadataPointer, ExtensionType::ScaledUiAmount];
    for last in EXTENSIONS.iter().filter(|extension| extension.refused.is_some() && extension.types.len() == 1) {
        // Confidential transfers and a fee need the third of them.
        let confidential = last.types == [ExtensionType::ConfidentialTransferMint];
        let mut world = World::plain();
        let mut all: Vec<&Extension> = harmless.map(extension).into_iter().skip(usize::from(confidential)).collect();
        all.push(last);
        let mint = mint_with(&mut world, 9, &all);
        refuses_listing(&mut world, &mint, last.refused.expect("an error"));
    }
    let mut world = World::plain();
    let mint = mint_with(&mut world, 9, &harmless.map(extension));
    world.as_admin(listing(&world, &mint)).expect("add_bank");
    assert_eq!(world.bank(3).transfer_fee, 1);
}

/// Metadata, a group and a member of it are written into mints after their initialisation, also after their listing.
#[test]
fn descriptions_may_come_at_any_time() {
    let mut world = World::plain();
    let admin = world.admin.pubkey();
    let described = described_mint(&mut world, 9);
    assert!(world.svm.account(&described).expect("a mint").data.len() > 300);
    world.as_admin(listing(&world, &described)).expect("add_bank");

    let mut world = World::plain();
    let group = mint_with(&mut world, 9, &[extension(ExtensionType::GroupPointer)]);
    let found = token_group::initialize_group(&TOKEN_2022, &group, &group, &admin, Some(admin), 5);
    let mint = mint_with(&mut world, 9, &[extension(ExtensionType::GroupMemberPointer)]);
    let join = token_group::initialize_member(&TOKEN_2022, &mint, &mint, &admin, &group, &admin);
    world.as_admin(found).expect("a group");
    world.as_admin(join).expect("a member");
    for (bank, mint) in [(3, group), (4, mint)] {
        let args = presets::bank(1_000, 500);
        let add = ix::add_bank(&admin, &world.group, bank, &mint, &TOKEN_2022, 1, args);
        world.as_admin(add).expect("add_bank");
    }
}

/// What listing saw stays: an initialised mint takes no extension that is initialised before mints are.
#[test]
fn no_listed_mint_gets_another_extension() {
    for bare in [true, false] {
        let mut world = World::plain();
        let own = extension(ExtensionType::TransferFeeConfig);
        let mint = mint_with(&mut world, 9, if bare { &[] } else { std::slice::from_ref(&own) });
        world.as_admin(listing(&world, &mint)).expect("add_bank");
        let admin = world.admin.pubkey();
        for extension in EXTENSIONS {
            for late in (extension.initialize)(&mint, &admin) {
                world.unchanged(&[mint], |world| {
                    let failed = world.as_admin(late).err().map(|failed| failed.name());
                    assert_eq!(failed.as_deref(), Some("token::AlreadyInUse"), "{:?}", extension.types);
                });
            }
        }
    }
}

/// A mint with one extension of this type, written by hand.
fn forged(kind: u16, bytes: u16, length: usize) -> Vec<u8> {
    let mut data = vec![0; BEFORE_EXTENSIONS];
    (data[44], data[45], data[165]) = (9, 1, 1);
    data.extend(kind.to_le_bytes());
    data.extend(bytes.to_le_bytes());
    data.resize(data.len() + length, 0);
    data
}

/// All types there are, and those of token accounts and of times to come.
#[test]
fn extensions_are_known_by_their_numbers() {
    let mut world = World::plain();
    let (admin, mint) = (world.admin.insecure_clone(), world.key().pubkey());
    let add = listing(&world, &mint);
    for kind in (1..=64).chain([255, 256, 257, 0x0300, 0x8003, u16::MAX - 1, u16::MAX]) {
        world.svm.put_data(&mint, &TOKEN_2022, forged(kind, 8, 8));
        let error = match kind {
            3 => "MintCloseAuthority",
            4 | 16 | 24 => "MintConfidential",
            6 => "MintDefaultState",
            9 => "MintNonTransferable",
            12 => "MintPermanentDelegate",
            14 => "MintTransferHook",
            26 => "MintPausable",
            1 | 10 | 18..=23 | 25 => continue,
            _ => "MintExtensionUnknown",
        };
        world.refuses(&add, &[&admin], error);
    }
}

#[test]
fn refuses_what_is_no_mint() {
    let mut world = World::plain();
    let (admin, place) = (world.admin.insecure_clone(), world.key().pubkey());
    let signers = [&admin];
    let refuses = |world: &mut World, data: Vec<u8>| {
        world.svm.put_data(&place, &TOKEN_2022, data);
        let add = listing(world, &place);
        world.refuses(&add, &signers, "NotAMint");
    };
    let plain = forged(1, 108, 108);

    // Lengths no mint has, a token account's among them; one of a multisignature account, whatever it holds.
    for length in [0, 1, 44, 45, 46, 81, 83, 164, 165] {
        refuses(&mut world, plain[..length].to_vec());
    }
    refuses(&mut world, vec![1; 355]);
    // Of another type: none, a token account.
    for kind in [0, 2, 3, 255] {
        let mut data = plain.clone();
        data[165] = kind;
        refuses(&mut world, data);
    }
    // Not initialised, with and without extensions.
    for initialized in [0, 2, 255] {
        let mut data = plain.clone();
        data[45] = initialized;
        refuses(&mut world, data.clone());
        refuses(&mut world, data[..82].to_vec());
    }
    // Extensions that are cut off: in the length, in the bytes.
    for left in [168, 169, 170, 171, plain.len() - 1] {
        refuses(&mut world, plain[..left].to_vec());
    }
    refuses(&mut world, forged(18, 65, 64));
    refuses(&mut world, forged(18, u16::MAX, 64));
    // Behind a whole one.
    let mut data = forged(18, 64, 64);
    data.extend([19, 0, 1, 0]);
    refuses(&mut world, data);
}

/// Accounts that Token-2022 itself made, which look like mints.
#[test]
fn refuses_other_accounts_of_the_token_program() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();

    // A multisignature account whose signers spell a mint: decimals 9, initialised, and the type byte.
    let (place, mut signers) = (world.key(), [[0; 32]; 6]);
    (signers[1][44 - 35], signers[1][45 - 35], signers[5][165 - 163]) = (9, 1, 1);
    let signers = signers.map(Pubkey::new_from_array);
    let space = 355;
    let lamports = world.svm.inner().minimum_balance_for_rent_exemption(space);
    world.svm.put(
        &place.pubkey(),
        solana_account::Account { lamports, data: vec![0; space], owner: TOKEN_2022, ..Default::default() },
    );
    let keys: Vec<&Pubkey> = signers.iter().collect();
    let make = token::initialize_multisig2(&TOKEN_2022, &place.pubkey(), &keys, 1).expect("data");
    world.as_admin(make).expect("a multisignature account");
    let data = world.svm.account(&place.pubkey()).expect("an account").data;
    assert_eq!((data[44], data[45], data[165]), (9, 1, 1));
    refuses_listing(&mut world, &place.pubkey(), "NotAMint");

    // Token accounts, bare, with what a fee withholds, and with more.
    for fee in [None, Some(unlimited(100))] {
        let mint = match fee {
            Some(fee) => world.fee_mint(9, fee),
            None => mint_with(&mut world, 9, &[]),
        };
        for room in [0, 5] {
            let tokens = world.key();
            world.create_tokens_2022(&tokens, &mint, &admin.pubkey(), room);
            refuses_listing(&mut world, &tokens.pubkey(), "NotAMint");
        }
    }

    // A mint with an extension, before it is a mint.
    let own = extension(ExtensionType::MetadataPointer);
    let place = world.key();
    let space = ExtensionType::try_calculate_account_len::<Mint>(own.types).expect("a length");
    world.svm.put_data(&place.pubkey(), &TOKEN_2022, vec![0; space]);
    let [initialize]: [Instruction; 1] = (own.initialize)(&place.pubkey(), &admin.pubkey()).try_into().expect("one");
    world.as_admin(initialize).expect("an extension");
    refuses_listing(&mut world, &place.pubkey(), "NotAMint");
}

/// Both programs are known; a mint is listed with its own.
#[test]
fn a_mint_is_listed_with_its_own_program() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let mint = mint_with(&mut world, 9, &[]);
    let right = listing(&world, &mint);
    let place = right.accounts.iter().position(|meta| meta.pubkey == TOKEN_2022).expect("the token program");
    world.refuses(&with(&right, place, spl_token_interface::ID), &[&admin], "NotAMint");
    world.refuses(&with(&right, place, Pubkey::default()), &[&admin], "WrongTokenProgram");
    let classic = world.key().pubkey();
    world.svm.put_mint(&classic, 9);
    refuses_listing(&mut world, &classic, "NotAMint");
    world.as_admin(right).expect("right in the end");
}
