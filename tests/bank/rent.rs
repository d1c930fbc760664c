//! Every account the program creates is rent exempt to the lamport, whatever was sent to its address before, and gives all of it
//! back when it is closed.

use ballast_state::{Group, PendingChange, PriceFeed};
use solana_program_pack::Pack;
use solana_system_interface::instruction::transfer;
use spl_token_interface::state::Account as Tokens;

use super::support::*;

/// Lamports for a signature.
const FEE: u64 = 5_000;
/// Rent of 1,664 bytes, at 6,960 lamports a byte and 128 bytes for every account.
const MARGIN: u64 = 12_472_320;
/// Rent of no bytes.
const EMPTY: u64 = 890_880;

/// Somebody with so many lamports and nothing else.
fn payer(world: &mut World, number: u8, lamports: u64) -> Keypair {
    let key = key(number);
    world.put(&key.pubkey(), Account { lamports, ..Account::default() });
    key
}

fn open(world: &World, owner: &Keypair) -> (Instruction, Pubkey) {
    let who = owner.pubkey();
    (ix::open_margin_account(&who, &who, &world.group, 0), addresses::margin_account(&world.group, &who, 0))
}

#[tokio::test]
async fn every_account_is_rent_exempt_to_the_lamport() {
    let mut world = World::new(1).await;
    let trader = world.trader(2).await;
    let (admin, group) = (world.admin.pubkey(), world.group);
    world.as_admin(ix::configure_timelock(&admin, &group, 86_400, 86_400)).await;
    let change = ix::configure_risk_class(&admin, &group, 3, presets::bps(1_000));
    world.as_admin(ix::propose_change(&admin, &group, 0, &change)).await;

    let rent = world.context.banks_client.get_rent().await.expect("rent");
    let spaces = [
        (group, Group::SPACE),
        (addresses::board(&group), RiskBoard::SPACE),
        (addresses::feed(&group, 0), PriceFeed::SPACE),
        (addresses::bank(&group, USD), Bank::SPACE),
        (world.bank(USD).await.vault, Tokens::LEN),
        (trader.account, MarginAccount::SPACE),
        (addresses::change(&group, 0), PendingChange::SPACE),
    ];
    for (key, space) in spaces {
        let account = world.account(&key).await.expect("the account");
        assert_eq!((account.data.len(), account.lamports), (space, rent.minimum_balance(space)));
    }
    assert_eq!(world.lamports(&trader.account).await, MARGIN);

    // What a change's account cost goes back to who proposed it.
    let (held, waiting) = (world.lamports(&admin).await, rent.minimum_balance(PendingChange::SPACE));
    world.as_admin(ix::cancel_change(&admin, &group, 0, &admin)).await;
    assert_eq!(world.lamports(&admin).await, held + waiting - FEE);
    assert_eq!(world.account(&addresses::change(&group, 0)).await, None);
}

/// Lamports at an address that is still empty are part of the rent; more than that stays, and comes back at the end.
#[tokio::test]
async fn an_address_that_was_paid_before_is_opened_and_refunded() {
    let mut world = World::new(1).await;
    for (number, gift, paid) in [(2, 0, MARGIN), (3, EMPTY, MARGIN - EMPTY), (4, MARGIN + 7, 0)] {
        let owner = payer(&mut world, number, 1_000_000_000);
        let (open, account) = open(&world, &owner);
        if gift > 0 {
            world.as_admin(transfer(&world.admin.pubkey(), &account, gift)).await;
        }
        world.send(&[open], &[&owner]).await.expect("open_margin_account");
        assert_eq!(world.lamports(&owner.pubkey()).await, 1_000_000_000 - FEE - paid);
        let held = gift.max(MARGIN);
        assert_eq!(world.lamports(&account).await, held);

        let receiver = key(number + 100).pubkey();
        let close = ix::close_margin_account(&owner.pubkey(), &receiver, &account);
        world.send(&[close], &[&owner]).await.expect("close_margin_account");
        assert_eq!(world.lamports(&receiver).await, held);
        assert_eq!(world.account(&account).await, None);
    }
}

/// A payer may be emptied, but not left with less than an account has to have: the bank undoes all but the fee.
#[tokio::test]
async fn nobody_is_left_below_rent() {
    let mut world = World::new(1).await;
    for (number, left, opened) in [(2, 0, true), (3, 1, false), (4, EMPTY - 1, false), (5, EMPTY, true)] {
        let owner = payer(&mut world, number, FEE + MARGIN + left);
        let (open, account) = open(&world, &owner);
        let sent = world.send(&[open], &[&owner]).await;
        let (held, made) = (world.lamports(&owner.pubkey()).await, world.lamports(&account).await);
        if opened {
            assert!(sent.is_ok(), "{left}: {sent:?}");
            assert_eq!((held, made), (left, MARGIN));
        } else {
            let error = TransactionError::InsufficientFundsForRent { account_index: 0 };
            assert_eq!(sent, Err(Refused::Bank(error)));
            assert_eq!((held, made), (MARGIN + left, 0));
        }
    }
}

/// Lamports sent back to an account that was closed in the same transaction bring nothing to life.
#[tokio::test]
async fn a_closed_account_stays_closed() {
    let mut world = World::new(1).await;
    let owner = payer(&mut world, 2, 1_000_000_000);
    let (open, account) = open(&world, &owner);
    let who = owner.pubkey();
    world.send(std::slice::from_ref(&open), &[&owner]).await.expect("open_margin_account");
    let close = ix::close_margin_account(&who, &who, &account);

    let little = [close.clone(), transfer(&who, &account, EMPTY - 1)];
    let before = world.account(&account).await;
    let error = match world.send(&little, &[&owner]).await {
        Err(Refused::Bank(TransactionError::InsufficientFundsForRent { account_index })) => account_index,
        other => panic!("{other:?}"),
    };
    assert_eq!(error, 1);
    assert_eq!(world.account(&account).await, before);

    world.send(&[close, transfer(&who, &account, EMPTY)], &[&owner]).await.expect("closed");
    let left = world.account(&account).await.expect("what was sent");
    assert_eq!((left.lamports, left.data.len(), left.owner), (EMPTY, 0, solana_sdk_ids::system_program::ID));
    world.send(&[open], &[&owner]).await.expect("open_margin_account");
    assert_eq!(world.lamports(&account).await, MARGIN);
}
