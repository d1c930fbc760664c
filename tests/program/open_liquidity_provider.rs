//! `open_liquidity_provider`.

use super::support::*;

const POOL: usize = 2;
const PROVIDER: usize = 3;
const SYSTEM_PROGRAM: usize = 4;

fn fresh() -> (World, Keypair, Instruction) {
    let (mut world, _) = World::perps();
    let owner = world.svm.rich_keypair();
    let open = pix::open_liquidity_provider(&owner.pubkey(), world.quote());
    (world, owner, open)
}

#[test]
fn makes_an_empty_account() {
    let (mut world, owner, open) = fresh();
    let (key, pool) = (addresses::provider(&world.pool_key(), &owner.pubkey()), world.pool());
    let sent = world.send(open.clone(), &[&owner]).expect("open_liquidity_provider");
    let opened = event!(sent, LiquidityProviderOpened);
    assert_same(&opened.header, &header(&world, key, 0));
    assert_eq!(opened.owner, owner.pubkey());
    let provider: LiquidityProvider = world.svm.read(&key);
    let expected = LiquidityProvider {
        version: 1,
        bump: provider.bump,
        pool: world.pool_key(),
        owner: owner.pubkey(),
        payer: owner.pubkey(),
        ..LiquidityProvider::zeroed()
    };
    assert_eq!(provider, expected);
    assert_eq!(world.pool(), pool);
    world.refuses(&open, &[&owner], "AlreadyExists");
}

#[test]
fn another_may_pay() {
    let (mut world, owner, mut open) = fresh();
    let payer = world.svm.rich_keypair();
    open.accounts[1].pubkey = payer.pubkey();
    let held = world.svm.account(&owner.pubkey()).expect("owner").lamports;
    world.send(open.clone(), &[&payer, &owner]).expect("open_liquidity_provider");
    assert_eq!(world.svm.read::<LiquidityProvider>(&open.accounts[PROVIDER].pubkey).payer, payer.pubkey());
    assert_eq!(world.svm.account(&owner.pubkey()).expect("owner").lamports, held);
}

/// Lamports that somebody sent to the address before do not stop it.
#[test]
fn v28_a_funded_address_can_be_opened() {
    let (mut world, owner, open) = fresh();
    let key = open.accounts[PROVIDER].pubkey;
    world.svm.put(&key, solana_account::Account { lamports: 1, ..Default::default() });
    world.send(open, &[&owner]).expect("open_liquidity_provider");
    assert_eq!(world.svm.read::<LiquidityProvider>(&key).owner, owner.pubkey());
}

#[test]
fn refuses_other_accounts() {
    let (mut world, owner, open) = fresh();
    let other = world.svm.rich_keypair();
    world.refuses(&with(&open, SYSTEM_PROGRAM, spl_token_interface::ID), &[&owner], "WrongSystemProgram");
    world.refuses(&with(&open, POOL, world.market_key(COIN_PERP)), &[&owner], "anchor::ConstraintSeeds");
    let others = addresses::provider(&world.pool_key(), &other.pubkey());
    world.refuses(&with(&open, PROVIDER, others), &[&owner], "anchor::ConstraintSeeds");
    // No pool, with the address that would be its provider's.
    let board = world.board_key();
    let mut fake = with(&open, POOL, board);
    fake.accounts[PROVIDER].pubkey = addresses::provider(&board, &owner.pubkey());
    world.refuses(&fake, &[&owner], "WrongAccountType");
    world.refuses(&with(&unsigned(&open, 0), 1, other.pubkey()), &[&other], "anchor::AccountNotSigner");
}
