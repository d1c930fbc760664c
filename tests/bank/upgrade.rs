//! An upgrade through the loader that owns the program: accounts are as they were, and everybody can leave. Nobody but the
//! upgrade authority can do it.

use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::instruction::{close_any, set_upgrade_authority, upgrade};
use solana_loader_v3_interface::state::UpgradeableLoaderState;

use super::support::*;

/// Anchor's code of `DeclaredProgramIdMismatch`.
const OTHER_PROGRAM: u32 = 4_100;

/// Puts an ELF into a buffer of somebody.
fn put_buffer(world: &mut World, elf: &[u8], authority: &Pubkey) -> Pubkey {
    let buffer = key(77).pubkey();
    let state = UpgradeableLoaderState::Buffer { authority_address: Some(*authority) };
    world.put(&buffer, loader_account(&state, elf));
    buffer
}

/// Upgrades to an ELF in a buffer of the authority.
async fn upgrade_to(world: &mut World, elf: &[u8], authority: &Keypair) -> Result<usize, Refused> {
    let who = authority.pubkey();
    let buffer = put_buffer(world, elf, &who);
    world.send(&[upgrade(&PROGRAM_ID, &buffer, &who, &who)], &[authority]).await
}

/// A lender, and a borrower with coins.
async fn positions(world: &mut World) -> (Trader, Trader) {
    let (lender, borrower) = (world.trader(2).await, world.trader(3).await);
    world.deposit(&lender, USD, 100_000 * DOLLAR).await;
    world.deposit(&borrower, SOL, 100 * COIN).await;
    world.borrow(&borrower, USD, 2_000 * DOLLAR).await;
    (lender, borrower)
}

#[tokio::test]
async fn an_upgrade_leaves_every_account_and_every_exit() {
    let mut world = World::new(1).await;
    let admin = world.admin.insecure_clone();
    let (lender, borrower) = positions(&mut world).await;
    let keys = world.state(&[&lender, &borrower]);
    let before = world.accounts(&keys).await;
    let deposit = ix::deposit(&lender.user(USD), &world.bank(USD).await, DOLLAR);

    // Something else by mistake. Nothing runs in the slot of an upgrade; then every call is refused by the other program.
    let other = include_bytes!("../../artifacts/savings.so");
    upgrade_to(&mut world, other, &admin).await.expect("upgraded");
    let sent = world.send(std::slice::from_ref(&deposit), &[&lender.key]).await;
    assert_eq!(sent, failed(0, InstructionError::UnsupportedProgramId));
    world.skip(1).await;
    assert_eq!(world.send(std::slice::from_ref(&deposit), &[&lender.key]).await, code(OTHER_PROGRAM));
    assert_eq!(world.accounts(&keys).await, before);

    // And back: every account reads as it did.
    upgrade_to(&mut world, &elf(), &admin).await.expect("upgraded");
    world.skip(1).await;
    assert_eq!(world.accounts(&keys).await, before);

    world.withdraw(&borrower, SOL, Some(COIN)).await;
    world.crash(22_00000000).await;
    let liquidate = world.takeover(&lender, &borrower, |takeover| ix::liquidate(takeover, 100 * DOLLAR)).await;
    world.sent(&[liquidate], &lender).await;
    let staged = world.staged(&lender, &borrower, 100 * DOLLAR).await;
    world.sent(&staged, &lender).await;
    world.leave(&borrower, &[SOL]).await;
    world.leave(&lender, &[USD, SOL]).await;
}

#[tokio::test]
async fn only_the_upgrade_authority_upgrades() {
    let mut world = World::new(1).await;
    let (admin, thief) = (world.admin.insecure_clone(), key(66));
    world.fund(&thief.pubkey());
    let (lender, borrower) = positions(&mut world).await;
    let data = get_program_data_address(&PROGRAM_ID);
    let mut keys = world.state(&[&lender, &borrower]);
    keys.extend([PROGRAM_ID, data]);
    let before = world.accounts(&keys).await;

    let wrong = failed(0, InstructionError::IncorrectAuthority);
    assert_eq!(upgrade_to(&mut world, &elf(), &thief).await, wrong);
    let who = thief.pubkey();
    for theft in
        [set_upgrade_authority(&PROGRAM_ID, &who, Some(&who)), close_any(&data, &who, Some(&who), Some(&PROGRAM_ID))]
    {
        assert_eq!(world.send(&[theft], &[&thief]).await, wrong);
    }
    // The authority's name without its signature.
    let buffer = put_buffer(&mut world, &elf(), &admin.pubkey());
    let mut unsigned = upgrade(&PROGRAM_ID, &buffer, &admin.pubkey(), &who);
    unsigned.accounts[6].is_signer = false;
    let missing = failed(0, InstructionError::MissingRequiredSignature);
    assert_eq!(world.send(&[unsigned], &[&thief]).await, missing);
    assert_eq!(world.accounts(&keys).await, before);

    // Given up for good: from then on nobody upgrades, and the program runs on.
    let give_up = set_upgrade_authority(&PROGRAM_ID, &admin.pubkey(), None);
    world.as_admin(give_up).await;
    assert_eq!(upgrade_to(&mut world, &elf(), &admin).await, failed(0, InstructionError::Immutable));
    world.leave(&borrower, &[SOL]).await;
    world.leave(&lender, &[USD]).await;
}

/// On the day that the runtime takes no old versions any more, what is deployed runs on, and only SBPF v3 replaces it.
#[tokio::test]
async fn old_versions_of_sbpf_run_on_where_they_cannot_be_deployed() {
    let mut world = World::where_deployable(Deployable::New).await;
    let admin = world.admin.insecure_clone();
    world.as_admin(ix::create_group(&admin.pubkey(), 0, presets::rules())).await;
    let elf = elf();
    let sent = upgrade_to(&mut world, &elf, &admin).await;
    if elf[48] == 3 {
        assert!(sent.is_ok(), "{sent:?}");
        world.skip(1).await;
    } else {
        assert_eq!(sent, failed(0, InstructionError::InvalidAccountData));
    }
    world.as_admin(ix::create_group(&admin.pubkey(), 1, presets::rules())).await;
}
