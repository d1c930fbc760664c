//! `propose_change`.

use ballast_state::{PendingChange, Zeroable};

use super::support::*;

/// Most bytes of a transaction.
const PACKET: usize = 1_232;

fn locked() -> (World, Instruction) {
    let mut world = World::plain();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    (world, change)
}

fn propose(world: &World, change: &Instruction) -> Instruction {
    ix::propose_change(&world.admin.pubkey(), &world.group, world.next_change(), change)
}

#[test]
fn publishes_the_instruction_as_it_will_run() {
    let (mut world, change) = locked();
    let now = world.svm.now();
    for number in 0..2 {
        let before: Group = world.svm.read(&world.group);
        let sent = world.as_admin(propose(&world, &change)).expect("propose_change");
        let told = event!(sent, ChangeProposed);
        assert_same(&told.header, &header(&world, world.group, before.sequence + 1));
        let (ready, expires) = (now + i64::from(DELAY), now + i64::from(DELAY + EXPIRY));
        assert_eq!((told.number, told.ready_ts, told.expires_ts), (number, ready, expires));
        let state = world.change(number);
        let mut expected = PendingChange {
            version: 1,
            bump: state.bump,
            account_count: 3,
            data_len: 9,
            number,
            ready_ts: ready,
            expires_ts: expires,
            group: world.group,
            proposer: world.admin.pubkey(),
            ..PendingChange::zeroed()
        };
        expected.accounts[..3].copy_from_slice(&[addresses::timelock(&world.group), world.group, world.bank_key(COIN)]);
        expected.data[..9].copy_from_slice(&change.data);
        assert_eq!(state, expected);
        let after = Group { change_count: number + 1, sequence: before.sequence + 1, ..before };
        assert_eq!(world.svm.read::<Group>(&world.group), after);
        // Nothing else happens yet.
        assert_eq!(world.bank(COIN).mode, 0);
    }
}

/// Of each kind, the largest there is fits a transaction, to be proposed and to be executed.
#[test]
fn every_kind_fits() {
    let mut world = World::plain();
    let mut changes = changes(&mut world);
    world.lock();
    let (admin, group) = (world.admin.pubkey(), world.group);
    let mut bank = world.markets[1].bank_args.clone();
    bank.curve = (0..6).map(|n| super::bounds::point(n * 2_000, n)).collect();
    let mut feed = world.markets[1].feed_args.clone();
    feed.sources = vec![feed.sources[0]; 3];
    changes[0].1 =
        ix::add_bank(&admin, &group, 3, &changes[0].1.accounts[4].pubkey, &spl_token_interface::ID, 1, bank.clone());
    changes[1].1 = ix::add_price_feed(&admin, &group, 3, feed.clone());
    changes[2].1 = ix::configure_bank(&admin, &group, COIN, bank);
    changes[4].1 = ix::configure_price_feed(&admin, &group, 1, feed);
    for (what, change) in changes {
        let sent =
            world.as_admin(propose(&world, &change)).unwrap_or_else(|failed| panic!("{what}: {}", failed.name()));
        assert!(sent.bytes <= PACKET, "{what}: {}", sent.bytes);
    }
}

#[test]
fn refuses_before_there_is_a_timelock() {
    let mut world = World::plain();
    let admin = world.admin.insecure_clone();
    let change = ix::set_bank_mode(&admin.pubkey(), &world.group, COIN, 2);
    world.refuses(&propose(&world, &change), &[&admin], "TimelockRequired");
}

/// What adds no risk, what is for users, and what is no instruction at all.
#[test]
fn refuses_what_does_not_wait() {
    let (mut world, _) = locked();
    let trader = world.trader_with(&[(COIN, ONE_COIN)]);
    let admin = world.admin.insecure_clone();
    let (who, group) = (admin.pubkey(), world.group);
    let waiting = ix::set_bank_mode(&who, &group, COIN, 2);
    let cases = [
        ix::accept_admin(&who, &group),
        ix::pause_bank(&who, &group, COIN, 0),
        ix::pause_risk(&who, &group, 0),
        pix::pause_perp_market(&who, &group, 0, 0),
        ix::execute_change(&who, &group, 0, &who, &waiting),
        ix::cancel_change(&who, &group, 0, &who),
        ix::propose_change(&who, &group, 0, &waiting),
        ix::withdraw(&trader.user(COIN), &world.margin(&trader), &world.bank(COIN), None),
        ix::collect_fees(&trader.tokens[0], &world.bank(USD)),
        Instruction { data: Vec::new(), ..waiting.clone() },
        Instruction { data: waiting.data[..7].to_vec(), ..waiting.clone() },
    ];
    for case in cases {
        // At most ten accounts, the timelock first.
        let mut change = case;
        change.accounts.truncate(10);
        world.refuses(&propose(&world, &change), &[&admin], "NotTimelocked");
    }
}

#[test]
fn refuses_other_authorities_and_what_is_too_long() {
    let (mut world, change) = locked();
    let admin = world.admin.insecure_clone();
    let right = propose(&world, &change);
    // The first account of the instruction, after the four of `propose_change`.
    world.refuses(&with(&right, 4, admin.pubkey()), &[&admin], "ChangeMismatch");
    let mut none = right;
    none.accounts.truncate(4);
    world.refuses(&none, &[&admin], "ChangeMismatch");
    let accounts = |count: usize| {
        let mut longer = change.clone();
        longer.accounts.resize(count, change.accounts[1].clone());
        longer
    };
    world.refuses(&propose(&world, &accounts(11)), &[&admin], "ChangeMismatch");
    world.as_admin(propose(&world, &accounts(10))).expect("ten accounts");
    let bytes = |count: usize| {
        let mut longer = change.clone();
        longer.data.resize(count, 0);
        longer
    };
    world.refuses(&propose(&world, &bytes(641)), &[&admin], "ChangeMismatch");
    world.as_admin(propose(&world, &bytes(640))).expect("640 bytes");
}

/// The number is the group's to give: a change cannot take another's place, whoever comes first.
#[test]
fn refuses_other_numbers() {
    let (mut world, change) = locked();
    let admin = world.admin.insecure_clone();
    for number in [1, 2, u64::MAX] {
        let propose = ix::propose_change(&admin.pubkey(), &world.group, number, &change);
        world.refuses(&propose, &[&admin], "anchor::ConstraintSeeds");
    }
    world.propose(&change);
    let group = world.group;
    world.svm.edit::<Group>(&group, |group| group.change_count = 0);
    world.refuses(&propose(&world, &change), &[&admin], "AlreadyExists");
}

/// Lamports that somebody sent to the address before do not stop it.
#[test]
fn v28_a_funded_address_can_be_used() {
    for lamports in [1, 1_000_000, 1_000_000_000] {
        let (mut world, change) = locked();
        let key = world.change_key(0);
        world.svm.put(&key, solana_account::Account { lamports, ..Default::default() });
        assert_eq!(world.propose(&change), 0);
        assert_eq!(world.change(0).instruction_data(), change.data);
    }
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let roles = world.appoint();
    world.lock();
    let stranger = world.svm.rich_keypair();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    for key in [&roles.risk_admin, &roles.guardian, &roles.forecaster, &roles.fee_recipient, &stranger] {
        let propose = ix::propose_change(&key.pubkey(), &world.group, 0, &change);
        world.refuses(&propose, &[key], "Unauthorised");
    }
    world.refuses(&unsigned(&propose(&world, &change), 0), &[&stranger], "anchor::AccountNotSigner");
}
