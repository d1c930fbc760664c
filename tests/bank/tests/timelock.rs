//! A change signed long ago, with a durable nonce that keeps its signature valid: the timelock counts from when it was published,
//! whenever it was signed.

use ballast_client::instructions as ix;
use ballast_client::{addresses, presets, PROGRAM_ID};
use ballast_state::{Account as Layout, RiskBoard};
use solana_account::Account;
use solana_clock::Clock;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_system_interface::instruction::{advance_nonce_account, create_nonce_account};
use solana_transaction::Transaction;

const DAY: i64 = 86_400;
/// Where a nonce account keeps its nonce: after version, state and authority.
const NONCE_AT: usize = 40;
/// Code of `ChangeNotReady` and of `ChangeExpired`.
const NOT_READY: u32 = 6_127;
const EXPIRED: u32 = 6_128;

async fn run(context: &mut ProgramTestContext, instructions: &[Instruction], signers: &[&Keypair]) {
    let hash = context.get_new_latest_blockhash().await.expect("a blockhash");
    let payer = signers[0].pubkey();
    let transaction = Transaction::new_signed_with_payer(instructions, Some(&payer), signers, hash);
    context.banks_client.process_transaction(transaction).await.expect("the transaction succeeds");
}

async fn pass(context: &mut ProgramTestContext, seconds: i64) {
    let mut clock: Clock = context.banks_client.get_sysvar().await.expect("the clock");
    clock.unix_timestamp += seconds;
    context.set_sysvar(&clock);
}

async fn nonce(context: &mut ProgramTestContext, key: Pubkey) -> Hash {
    let account = context.banks_client.get_account(key).await.expect("the bank answers").expect("the nonce");
    Hash::new_from_array(account.data[NONCE_AT..NONCE_AT + 32].try_into().expect("32 bytes"))
}

async fn kappa(context: &mut ProgramTestContext, board: Pubkey) -> u32 {
    let account = context.banks_client.get_account(board).await.expect("the bank answers").expect("the board");
    RiskBoard::copy_from(&account.data).expect("a board").class_kappa[3]
}

/// Sends what was signed with a nonce, in a block of its own: the nonce has to move. Says why it failed, if it did.
async fn send(context: &mut ProgramTestContext, signed: Transaction) -> String {
    context.get_new_latest_blockhash().await.expect("a blockhash");
    let done = context.banks_client.process_transaction_with_metadata(signed).await.expect("the bank answers");
    done.result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn t01_a_signature_kept_for_later_gains_no_time() {
    std::env::set_var("RUST_LOG", "error");
    std::env::set_var("BPF_OUT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../../artifacts"));
    let mut test = ProgramTest::default();
    test.prefer_bpf(true);
    test.add_program("ballast", PROGRAM_ID, None);
    let (admin, kept) = (Keypair::new_from_array([1; 32]), Keypair::new_from_array([9; 32]));
    test.add_account(admin.pubkey(), Account { lamports: 1_000_000_000_000, ..Account::default() });
    let mut context = test.start_with_context().await;
    let who = admin.pubkey();
    let group = addresses::group(&who, 0);
    let board = addresses::board(&group);
    run(&mut context, &[ix::create_group(&who, 0, presets::rules())], &[&admin]).await;
    run(&mut context, &[ix::configure_timelock(&who, &group, 86_400, 86_400)], &[&admin]).await;
    run(&mut context, &create_nonce_account(&who, &kept.pubkey(), &who, 10_000_000), &[&admin, &kept]).await;

    // Signed before the change was even published.
    let change = ix::configure_risk_class(&who, &group, 3, presets::bps(1_000));
    let execute = [advance_nonce_account(&kept.pubkey(), &who), ix::execute_change(&who, &group, 0, &who, &change)];
    let hash = nonce(&mut context, kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    run(&mut context, &[ix::propose_change(&who, &group, 0, &change)], &[&admin]).await;

    pass(&mut context, DAY - 60).await;
    let early = send(&mut context, signed).await;
    assert!(early.ends_with(&format!("{NOT_READY:#x}")), "{early}");
    assert_eq!(kappa(&mut context, board).await, 0);

    // A failed transaction uses its nonce up; the next one is signed, and kept until the change has expired.
    let hash = nonce(&mut context, kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    pass(&mut context, DAY + 60).await;
    let late = send(&mut context, signed).await;
    assert!(late.ends_with(&format!("{EXPIRED:#x}")), "{late}");
    assert_eq!(kappa(&mut context, board).await, 0);

    // Published anew, and executed in its day by a signature that waited.
    run(&mut context, &[ix::propose_change(&who, &group, 1, &change)], &[&admin]).await;
    let execute = [execute[0].clone(), ix::execute_change(&who, &group, 1, &who, &change)];
    let hash = nonce(&mut context, kept.pubkey()).await;
    let signed = Transaction::new_signed_with_payer(&execute, Some(&who), &[&admin], hash);
    pass(&mut context, DAY).await;
    assert_eq!(send(&mut context, signed).await, "");
    assert_eq!(kappa(&mut context, board).await, presets::bps(1_000));
}
