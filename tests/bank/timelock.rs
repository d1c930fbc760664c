//! A change signed long ago, with a durable nonce that keeps its signature valid: the timelock counts from when it was published,
//! whenever it was signed.

use solana_system_interface::instruction::{advance_nonce_account, create_nonce_account};
use solana_transaction::Transaction;

use super::support::*;

const DAY: i64 = 86_400;
/// Where a nonce account keeps its nonce: after version, state and authority.
const NONCE_AT: usize = 40;
/// Code of `ChangeNotReady` and of `ChangeExpired`.
const NOT_READY: u32 = 6_127;
const EXPIRED: u32 = 6_128;

async fn nonce(world: &mut World, key: &Pubkey) -> Hash {
    let account = world.account(key).await.expect("the nonce");
    Hash::new_from_array(account.data[NONCE_AT..NONCE_AT + 32].try_into().expect("32 bytes"))
}

async fn kappa(world: &mut World) -> u32 {
    let board: RiskBoard = world.read(addresses::board(&world.group)).await;
    board.class_kappa[3]
}

/// Sends what was signed with a nonce, in a block of its own: the nonce has to move.
async fn send(world: &mut World, signed: Transaction) -> Result<usize, Refused> {
    world.next_blockhash().await;
    world.receive(&signed.into()).await
}

#[tokio::test]
async fn t01_a_signature_kept_for_later_gains_no_time() {
    let mut world = World::bare().await;
    let (admin, kept) = (world.admin.insecure_clone(), key(9));
    let (who, group) = (admin.pubkey(), world.group);
    world.as_admin(ix::create_group(&who, 0, presets::rules())).await;
    world.as_admin(ix::configure_timelock(&who, &group, 86_400, 86_400)).await;
    let create = create_nonce_account(&who, &kept.pubkey(), &who, 10_000_000);
    world.send(&create, &[&admin, &kept]).await.expect("a nonce account");

    // Signed before the change was even published.
    let change = ix::configure_risk_class(&who, &group, 3, presets::bps(1_000));
    let execute = [advance_nonce_account(&kept.pubkey(), &who), ix::execute_change(&who, &group, 0, &who, &change)];
    let hash = nonce(&mut world, &kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    world.as_admin(ix::propose_change(&who, &group, 0, &change)).await;

    world.pass(DAY - 60).await;
    assert_eq!(send(&mut world, signed).await, failed(1, InstructionError::Custom(NOT_READY)));
    assert_eq!(kappa(&mut world).await, 0);

    // A failed transaction uses its nonce up; the next one is signed, and kept until the change has expired.
    let hash = nonce(&mut world, &kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    world.pass(DAY + 60).await;
    assert_eq!(send(&mut world, signed).await, failed(1, InstructionError::Custom(EXPIRED)));
    assert_eq!(kappa(&mut world).await, 0);

    // Published anew, and executed in its day by a signature that waited.
    world.as_admin(ix::propose_change(&who, &group, 1, &change)).await;
    let execute = [execute[0].clone(), ix::execute_change(&who, &group, 1, &who, &change)];
    let hash = nonce(&mut world, &kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    world.pass(DAY).await;
    send(&mut world, signed).await.expect("the change is executed");
    assert_eq!(kappa(&mut world).await, presets::bps(1_000));
}
