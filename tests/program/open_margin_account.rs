//! `open_margin_account`.

use super::support::*;

fn fresh() -> (World, Keypair) {
    let mut world = World::plain();
    let owner = world.svm.rich_keypair();
    (world, owner)
}

#[test]
fn makes_an_empty_account() {
    let (mut world, owner) = fresh();
    let group = world.group;
    let key = addresses::margin_account(&group, &owner.pubkey(), 7);
    let open = ix::open_margin_account(&owner.pubkey(), &owner.pubkey(), &group, 7);
    let sent = world.send(open.clone(), &[&owner]).expect("open_margin_account");
    let opened = event!(sent, MarginAccountOpened);
    assert_same(&opened.header, &header(&world, key, 0));
    assert_eq!((opened.owner, opened.sub_account), (owner.pubkey(), 7));
    let account: MarginAccount = world.svm.read(&key);
    let mut expected: MarginAccount = ballast_state::Zeroable::zeroed();
    expected.version = 1;
    expected.bump = account.bump;
    expected.sub_account = 7;
    expected.group = group;
    expected.owner = owner.pubkey();
    assert_eq!(account, expected);
    world.refuses(&open, &[&owner], "AlreadyExists");
}

#[test]
fn another_may_pay() {
    let (mut world, owner) = fresh();
    let payer = world.svm.rich_keypair();
    let open = ix::open_margin_account(&payer.pubkey(), &owner.pubkey(), &world.group, 0);
    let held = world.svm.account(&owner.pubkey()).expect("owner").lamports;
    world.send(open, &[&payer, &owner]).expect("open_margin_account");
    assert_eq!(world.svm.account(&owner.pubkey()).expect("owner").lamports, held);
}

/// Lamports that somebody sent to the address before do not stop it.
#[test]
fn v28_a_funded_address_can_be_opened() {
    for lamports in [1, 1_000_000, 1_000_000_000] {
        let (mut world, owner) = fresh();
        let key = addresses::margin_account(&world.group, &owner.pubkey(), 0);
        world.svm.put(&key, solana_account::Account { lamports, ..Default::default() });
        let open = ix::open_margin_account(&owner.pubkey(), &owner.pubkey(), &world.group, 0);
        world.send(open, &[&owner]).expect("open_margin_account");
        let account = world.svm.account(&key).expect("open");
        let rent = world.svm.inner().minimum_balance_for_rent_exemption(account.data.len());
        assert_eq!(account.lamports, rent.max(lamports));
        let margin: MarginAccount = world.svm.read(&key);
        assert_eq!((margin.owner, margin.balance_count), (owner.pubkey(), 0));
    }
}
