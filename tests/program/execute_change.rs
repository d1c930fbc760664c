//! `execute_change`.

use super::support::*;

/// Where the accounts of the change begin.
const FOLLOWING: usize = 5;

/// A change that waits: coins to be wound down.
fn waiting() -> (World, Instruction) {
    let mut world = World::plain();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    world.propose(&change);
    (world, change)
}

fn execute(world: &World, change: &Instruction) -> Instruction {
    let admin = world.admin.pubkey();
    ix::execute_change(&admin, &world.group, 0, &admin, change)
}

/// One of each kind, all published, then run one after the other; what each does is told by its own event and the change's.
#[test]
fn runs_every_kind_of_change() {
    let mut world = World::plain();
    let changes = changes(&mut world);
    world.lock();
    for (_, change) in &changes {
        world.propose(change);
    }
    world.advance(i64::from(DELAY));
    let mut told = Vec::new();
    for (number, (what, change)) in (0..).zip(&changes) {
        let sent = world.execute(number, change).unwrap_or_else(|failed| panic!("{what}: {}", failed.name()));
        let [.., does, Event::ChangeExecuted(done)] = sent.events.as_slice() else { panic!("{what}") };
        let group: Group = world.svm.read(&world.group);
        assert_same(&done.header, &header(&world, world.group, group.sequence));
        assert_eq!(done.number, number);
        told.push(does.name());
        assert!(world.svm.account(&world.change_key(number)).is_none_or(|account| account.lamports == 0));
    }
    assert_eq!(
        told,
        [
            "BankConfigured",
            "PriceFeedConfigured",
            "BankConfigured",
            "GroupConfigured",
            "PriceFeedConfigured",
            "RiskClassConfigured",
            "TimelockConfigured",
            "AdminProposed",
            "BankConfigured",
            "MarketConfigured",
            "MarketConfigured",
            "PoolConfigured"
        ]
    );
    let (group, coins) = (world.svm.read::<Group>(&world.group), world.bank(COIN));
    assert_eq!((group.bank_count, group.feed_count, group.timelock_delay), (4, 4, DELAY - 1));
    assert_eq!(group.pending_admin, Pubkey::new_from_array([5; 32]));
    assert_eq!((coins.mode, coins.max_utilisation), (2, world.markets[1].bank_args.max_utilisation + 1));
    assert_eq!(world.board().class_kappa[0], presets::bps(1_000));
    assert_eq!(world.market(0).terms.interest_cap, presets::market().interest_cap + 1);
    assert_eq!((world.pool().market_count, world.pool().exit_fee, world.market(1).mark), (2, 0, 1_024 << 32));
    // A tenth of the caps is in force in a bank that has just been listed.
    assert_eq!((world.bank(3).warm_up, world.bank(3).warm_ts), (7 * 86_400, world.svm.now() + 7 * 86_400));
    world.check_invariants();
}

/// From the first second of its life to the last.
#[test]
fn t01_neither_early_nor_late() {
    let (mut world, change) = waiting();
    let admin = world.admin.insecure_clone();
    let run = execute(&world, &change);
    world.refuses(&run, &[&admin], "ChangeNotReady");
    world.svm.advance(i64::from(DELAY) - 1);
    world.refuses(&run, &[&admin], "ChangeNotReady");
    for (wait, second) in [(1, "first"), (i64::from(EXPIRY) - 1, "last")] {
        world.svm.advance(wait);
        let before = world.svm.clone();
        world.send(run.clone(), &[&admin]).unwrap_or_else(|failed| panic!("{second}: {}", failed.name()));
        world.svm = before;
    }
    world.svm.advance(1);
    world.refuses(&run, &[&admin], "ChangeExpired");
    world.svm.advance(400 * 86_400);
    world.refuses(&run, &[&admin], "ChangeExpired");
}

#[test]
fn t01_not_twice() {
    let (mut world, change) = waiting();
    let admin = world.admin.insecure_clone();
    world.svm.advance(i64::from(DELAY));
    let run = execute(&world, &change);
    // Not within a transaction; both have no effect then.
    let keys = [world.bank_key(COIN), world.change_key(0)];
    world.unchanged(&keys, |world| {
        assert_fails(world.svm.send(&[run.clone(), run.clone()], &[&admin]), "WrongProgramOwner");
    });
    // Nor is it kept alive by lamports.
    let revive = pay(&admin.pubkey(), &world.change_key(0), 1_000_000_000);
    world.svm.send(&[run.clone(), revive], &[&admin]).expect("execute_change");
    assert_eq!(world.bank(COIN).mode, 2);
    world.refuses(&run, &[&admin], "WrongProgramOwner");
}

#[test]
fn the_rent_is_the_proposers() {
    let (mut world, change) = waiting();
    let (admin, payer) = (world.admin.insecure_clone(), world.svm.rich_keypair());
    world.svm.advance(i64::from(DELAY));
    let held = world.svm.account(&admin.pubkey()).expect("admin").lamports;
    let rent = world.svm.account(&world.change_key(0)).expect("a change").lamports;
    let run = execute(&world, &change);
    world.send(run.clone(), &[&payer, &admin]).expect("execute_change");
    assert_eq!(world.svm.account(&admin.pubkey()).expect("admin").lamports, held + rent);
    world.refuses(&run, &[&payer, &admin], "WrongProgramOwner");
}

/// The accounts are those that were published, no more, no fewer, in their order. Arguments cannot be given at all.
#[test]
fn t01_not_with_other_accounts() {
    let (mut world, change) = waiting();
    let admin = world.admin.insecure_clone();
    world.svm.advance(i64::from(DELAY));
    let run = execute(&world, &change);
    let other = with(&run, FOLLOWING + 2, world.bank_key(GEM));
    world.refuses(&other, &[&admin], "ChangeMismatch");
    let signer = with(&run, FOLLOWING, admin.pubkey());
    world.refuses(&signer, &[&admin], "ChangeMismatch");
    let mut fewer = run.clone();
    fewer.accounts.pop();
    world.refuses(&fewer, &[&admin], "ChangeMismatch");
    let mut more = run.clone();
    more.accounts.push(run.accounts[FOLLOWING + 2].clone());
    world.refuses(&more, &[&admin], "ChangeMismatch");
    let mut swapped = run.clone();
    swapped.accounts.swap(FOLLOWING + 1, FOLLOWING + 2);
    world.refuses(&swapped, &[&admin], "ChangeMismatch");
    let mut none = run.clone();
    none.accounts.truncate(FOLLOWING);
    world.refuses(&none, &[&admin], "ChangeMismatch");
    world.refuses(&with(&run, 3, world.group), &[&admin], "ChangeMismatch");
    // What is written has to be given as such.
    let mut read_only = run.clone();
    read_only.accounts[FOLLOWING + 2].is_writable = false;
    world.refuses(&read_only, &[&admin], "anchor::ConstraintMut");
    // More than the instruction asks for changes nothing.
    let mut generous = run;
    generous.accounts[FOLLOWING].is_writable = true;
    generous.accounts[FOLLOWING + 1].is_writable = true;
    world.send(generous, &[&admin]).expect("execute_change");
    assert_eq!(world.bank(COIN).mode, 2);
}

#[test]
fn refuses_changes_of_other_groups() {
    let (mut world, change) = waiting();
    let admin = world.admin.insecure_clone();
    world.svm.advance(i64::from(DELAY));
    let other = world.elsewhere(1, |world| {
        world.lock();
        world.group
    });
    let run = with(&execute(&world, &change), 1, other);
    world.refuses(&run, &[&admin], "WrongGroup");
}

/// A change that the instruction itself refuses is not used up: it can run while it lives.
#[test]
fn the_instructions_own_rules_hold_when_it_runs() {
    let mut world = World::plain();
    let mint = world.bank(COIN).mint;
    let (admin, group) = (world.admin.insecure_clone(), world.group);
    let mut args = presets::bank(1_000, 500);
    world.lock();
    let mut add = |world: &mut World, mint: &Pubkey, warm_up: u32| {
        args.warm_up = warm_up;
        let add = ix::add_bank(&admin.pubkey(), &group, 3, mint, &spl_token_interface::ID, 1, args.clone());
        (world.propose(&add), add)
    };
    let listed = add(&mut world, &mint, 7 * 86_400);
    let fresh = world.key().pubkey();
    world.svm.put_mint(&fresh, 9);
    let (cold, right) = (add(&mut world, &fresh, 7 * 86_400 - 1), add(&mut world, &fresh, 7 * 86_400));
    world.svm.advance(i64::from(DELAY));
    let run = |(number, change): &(u64, Instruction)| {
        ix::execute_change(&admin.pubkey(), &group, *number, &admin.pubkey(), change)
    };
    world.refuses(&run(&right), &[&admin], "PriceStale");
    world.refresh_all();
    world.refuses(&run(&listed), &[&admin], "AlreadyExists");
    // With a timelock a listing warms up for a week at least.
    world.refuses(&run(&cold), &[&admin], "InvalidParameter");
    world.send(run(&right), &[&admin]).expect("execute_change");
    assert_eq!(world.bank(3).mint, fresh);
}

/// Who becomes the admin in between inherits what waits.
#[test]
fn only_the_admin_of_the_day_executes() {
    let mut world = World::plain();
    let (next, old) = (world.svm.rich_keypair(), world.admin.insecure_clone());
    let name = ix::propose_admin(&old.pubkey(), &world.group, next.pubkey());
    world.as_admin(name).expect("propose_admin");
    world.lock();
    let change = ix::set_bank_mode(&old.pubkey(), &world.group, COIN, 2);
    world.propose(&change);
    world.send(ix::accept_admin(&next.pubkey(), &world.group), &[&next]).expect("accept_admin");
    world.svm.advance(i64::from(DELAY));
    world.refuses(&execute(&world, &change), &[&old], "Unauthorised");
    let run = ix::execute_change(&next.pubkey(), &world.group, 0, &old.pubkey(), &change);
    world.send(run, &[&next]).expect("execute_change");
}

#[test]
fn refuses_everyone_else() {
    let mut world = World::plain();
    let roles = world.appoint();
    world.lock();
    let change = ix::set_bank_mode(&world.admin.pubkey(), &world.group, COIN, 2);
    world.propose(&change);
    world.svm.advance(i64::from(DELAY));
    let (stranger, run) = (world.svm.rich_keypair(), execute(&world, &change));
    for key in [&roles.risk_admin, &roles.guardian, &roles.forecaster, &roles.fee_recipient, &stranger] {
        world.refuses(&with(&run, 0, key.pubkey()), &[key], "Unauthorised");
    }
    world.refuses(&unsigned(&run, 0), &[&stranger], "anchor::AccountNotSigner");
}
