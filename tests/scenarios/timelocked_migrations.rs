//! Plans of a group whose timelock is in force: what can add risk is proposed, waits, and is executed; and a change of admin.

use ballast_migrate::{utc, Deployment, Plan, Wait};
use ballast_state::{Bank, BankMode, Group, PendingChange};
use solana_keypair::Keypair;

use super::migrations::{parse, Validator, LOCALNET};
use super::support::*;

const SETTINGS: &str = "[group.settings]\n";
const NEXT_ADMIN: [u8; 32] = [2; 32];

/// Localnet's file with a timelock.
fn locked(text: &str, delay: &str, expiry: &str) -> String {
    let table = format!("[group.timelock]\ndelay = \"{delay}\"\nexpiry = \"{expiry}\"\n\n{SETTINGS}");
    text.replacen(SETTINGS, &table, 1)
}

fn plain() -> String {
    locked(LOCALNET, "2 days", "3 days")
}

/// The file with another admin.
fn handed_over(text: &str) -> String {
    let admin = Keypair::new_from_array(NEXT_ADMIN).pubkey();
    text.replacen("id = 0\n", &format!("id = 0\nadmin = \"{admin}\"\n"), 1)
}

/// Two changes that can add risk, and two that cannot.
fn four_changes() -> String {
    let text = plain().replacen("dust = \"10 USD\"", "dust = \"12 USD\"", 1);
    let text = text.replacen("hourly_limit = \"none\"", "hourly_limit = \"5_000 USDC\"", 1);
    let text = text.replacen("mode = \"normal\"", "mode = \"reduce-only\"", 1);
    text.replacen("deposit_cap = \"10_000_000 SOL\"", "deposit_cap = \"11_000_000 SOL\"", 1)
}

fn waiting(step: &str, ready: i64) -> String {
    format!("execute_change: {step} (not yet: waiting until {} UTC)", utc::human(ready).expect("a date"))
}

impl Validator {
    /// A group with its timelock, its prices a minute old.
    fn locked() -> Self {
        let mut validator = Self::new();
        validator.apply(&plain());
        validator.sent.clear();
        validator.svm.advance(61);
        validator
    }

    fn state(&self) -> Group {
        self.svm.read(&self.group)
    }

    /// What waits on the chain, by number.
    fn proposed(&self) -> Vec<u64> {
        let exists = |number: &u64| {
            let key = ballast_client::addresses::change(&self.group, *number);
            self.svm.account(&key).is_some_and(|account| !account.data.is_empty())
        };
        (0..self.state().change_count).filter(exists).collect()
    }

    /// When a change can be executed, and until when.
    fn times(&self, number: u64) -> (i64, i64) {
        let change: PendingChange = self.svm.read(&ballast_client::addresses::change(&self.group, number));
        (change.ready_ts, change.expires_ts)
    }
}

/// The timelock starts last, however often the run breaks off before.
#[test]
fn a_new_group_ends_with_its_timelock() {
    let mut validator = Validator::new();
    let text = handed_over(&plain());
    let admin = Keypair::new_from_array(NEXT_ADMIN).pubkey();
    assert_eq!(
        validator.steps(&text)[5..],
        [
            "propose_admin: admin".to_owned(),
            format!("accept_admin: admin (not yet: {admin} has to accept)"),
            "configure_timelock: timelock (not yet: the rest of the group comes first)".to_owned(),
        ]
    );
    validator.apply(&text);
    assert_eq!(
        validator.sent,
        [
            "create_group: group",
            "add_price_feed: feed 0 USDC",
            "add_price_feed: feed 1 SOL",
            "propose_admin: admin",
            "add_bank: bank 0 USDC",
            "add_bank: bank 1 SOL",
            "configure_timelock: timelock",
        ]
    );
    let group = validator.state();
    assert_eq!((group.timelock_delay, group.timelock_expiry), (172_800, 259_200));
    assert_eq!((group.admin, group.pending_admin), (validator.creator.pubkey(), admin));
    assert_eq!(validator.steps(&text), [format!("accept_admin: admin (not yet: {admin} has to accept)")]);

    // The chain says the same of itself, but for who is to be admin.
    let read = Deployment::read(&validator.svm, &validator.group).unwrap_or_else(|error| panic!("{error}"));
    assert!(Plan::compare(&read, &validator.svm).is_ok_and(|plan| plan.is_empty()));
    let keys = read.addresses(&validator.svm).unwrap_or_else(|error| panic!("{error}"));
    assert!(!keys.contains(&ballast_client::addresses::change(&validator.group, 0)));
}

/// What can add risk is proposed once and executed in its time, the rest is done at once, stale prices or not.
#[test]
fn changes_are_proposed_wait_and_run() {
    let mut validator = Validator::locked();
    let (text, start) = (four_changes(), validator.svm.now());
    let steps = [
        "propose_change: configure_group, group",
        "configure_bank: bank 0 USDC",
        "set_bank_mode: bank 0 USDC",
        "propose_change: configure_bank, bank 1 SOL",
    ];
    assert_eq!(validator.steps(&text), steps);
    assert_eq!(
        validator.differences(&text),
        [
            "rules.dust: 10 USD → 12 USD",
            "hourly_limit: none → 5_000 USDC",
            "mode: normal → reduce-only",
            "deposit_cap: 10_000_000 SOL → 11_000_000 SOL"
        ]
    );
    validator.apply(&text);
    assert_eq!(validator.sent, steps);

    // Until their time has come nothing is proposed again.
    let ready = start + i64::from(DELAY);
    assert_eq!((validator.times(0), validator.times(1)), ((ready, ready + 259_200), (ready, ready + 259_200)));
    let waits = [waiting("configure_group, group", ready), waiting("configure_bank, bank 1 SOL", ready)];
    for now in [start, start + 3_600, ready - 1] {
        validator.svm.set_time(now);
        assert_eq!(validator.steps(&text), waits);
        validator.apply(&text);
    }
    assert_eq!((validator.sent.len(), validator.state().change_count), (4, 2));
    let plan = validator.plan(&text);
    assert_eq!(plan.steps[1].action, Err(Wait::Until(ready)));
    assert!(plan.to_string().starts_with(&format!("group {}: 2 to do, 2 of them not yet\n", validator.group)));
    let keys = parse(&text).addresses(&validator.svm).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        keys[keys.len() - 2..],
        [0, 1].map(|number| ballast_client::addresses::change(&validator.group, number))
    );

    validator.svm.set_time(ready);
    assert_eq!(
        validator.steps(&text),
        [
            "execute_change: configure_group, group",
            "execute_change: configure_bank, bank 1 SOL (not yet: refresh the feed on row 1 first: the price is older \
             than this action allows)",
        ]
    );
    validator.sent.clear();
    validator.apply(&text);
    assert_eq!(
        validator.sent,
        ["execute_change: configure_group, group", "execute_change: configure_bank, bank 1 SOL"]
    );
    assert!(validator.plan(&text).is_empty() && validator.proposed().is_empty());
    let bank: Bank = validator.svm.read(&ballast_client::addresses::bank(&validator.group, 1));
    assert_eq!(bank.deposit_cap, 11_000_000_000_000_000);
}

/// What expired is taken back and proposed anew; so is what waits for other settings than the file's.
#[test]
fn expired_changes_are_proposed_again() {
    let mut validator = Validator::locked();
    let dust = |dollars: u8| plain().replacen("dust = \"10 USD\"", &format!("dust = \"{dollars} USD\""), 1);
    validator.apply(&dust(12));
    let (_, expires) = validator.times(0);
    validator.svm.set_time(expires - 1);
    assert_eq!(validator.steps(&dust(12)), ["execute_change: configure_group, group"]);
    validator.svm.set_time(expires);
    let again = ["cancel_change: configure_group, group: expired", "propose_change: configure_group, group"];
    assert_eq!(validator.steps(&dust(12)), again);
    validator.sent.clear();
    validator.apply(&dust(12));
    assert_eq!((validator.sent.as_slice(), validator.proposed()), (again.map(str::to_owned).as_slice(), vec![1]));
    let next = expires + i64::from(DELAY);
    assert_eq!(validator.times(1).0, next);
    assert_eq!(validator.steps(&dust(12)), [waiting("configure_group, group", next)]);

    validator.sent.clear();
    validator.apply(&dust(13));
    assert_eq!(
        validator.sent,
        [
            "propose_change: configure_group, group",
            "cancel_change: change 1, configure_group: the file does not want it",
        ]
    );
    assert_eq!(validator.proposed(), [2]);
    validator.svm.advance(i64::from(DELAY));
    validator.apply(&dust(13));
    assert!(validator.plan(&dust(13)).is_empty() && validator.proposed().is_empty());
}

/// Whatever waits and is not what the file wants is taken back, whoever proposed it; but a file that does not say who is to be
/// admin leaves a change of admin alone.
#[test]
fn what_the_file_does_not_want_is_taken_back() {
    let mut validator = Validator::locked();
    let (creator, group) = (validator.creator.pubkey(), validator.group);
    let mode = ix::set_bank_mode(&creator, &group, 1, BankMode::WindDown.to_byte());
    let admin = ix::propose_admin(&creator, &group, Pubkey::new_from_array([7; 32]));
    for (number, change) in [&mode, &mode, &admin].into_iter().enumerate() {
        let propose = ix::propose_change(&creator, &group, number as u64, change);
        validator.svm.send(&[propose], &[&validator.creator]).unwrap_or_else(|failed| panic!("{}", failed.name()));
    }
    // The same change twice: while it is wanted neither is taken back.
    let (before, after) = LOCALNET.rsplit_once("mode = \"normal\"").expect("a mode");
    let winds_down = locked(&[before, "mode = \"wind-down\"", after].concat(), "2 days", "3 days");
    assert_eq!(validator.steps(&winds_down), [waiting("set_bank_mode, bank 1 SOL", validator.times(0).0)]);
    let cancels =
        [0, 1].map(|number| format!("cancel_change: change {number}, set_bank_mode: the file does not want it"));
    assert_eq!(validator.steps(&plain()), cancels);
    let third = "cancel_change: change 2, propose_admin: the file does not want it".to_owned();
    let stays = plain().replacen("id = 0\n", &format!("id = 0\nadmin = \"{creator}\"\n"), 1);
    assert_eq!(validator.steps(&stays), [&cancels[..], &[third]].concat());
    validator.apply(&plain());
    assert_eq!((validator.sent.as_slice(), validator.proposed()), (&cancels[..], vec![2]));
    assert!(validator.plan(&plain()).is_empty());
}

/// A new bank is listed, and wound down at once, through the timelock; it has to warm up for long.
#[test]
fn a_bank_is_listed_through_the_timelock() {
    let mut validator = Validator::locked();
    let third = &LOCALNET[LOCALNET.rfind("[[banks]]").unwrap_or(0)..];
    let mint = Pubkey::new_from_array([5; 32]);
    let third = third.replace(&parse(LOCALNET).banks[1].mint.to_string(), &mint.to_string());
    let third = third.replace("mode = \"normal\"", "mode = \"wind-down\"");
    let warm =
        |time: &str| [&plain(), "\n", &third.replace("warm_up = \"0 s\"", &format!("warm_up = \"{time}\""))].concat();
    let refused = validator.conflict(&warm("6 days"));
    assert!(
        refused.ends_with(
            ": banks[2].settings.warm_up: a parameter lies outside its bounds (InvalidParameter); migrations/README.md \
             states the bounds"
        ),
        "{refused}"
    );
    let text = warm("7 days");
    let price = "the price is older than this action allows";
    assert_eq!(
        validator.steps(&text),
        [
            format!("add_bank: bank 2 SOL (not yet: create the mint {mint} first)"),
            "set_bank_mode: bank 2 SOL (not yet: a bank before it has to wait)".to_owned(),
        ]
    );
    validator.svm.put_mint(&mint, 9);
    let proposals = ["propose_change: add_bank, bank 2 SOL", "propose_change: set_bank_mode, bank 2 SOL"];
    assert_eq!(validator.steps(&text), proposals);
    validator.apply(&text);
    assert_eq!(validator.sent, proposals);
    validator.svm.advance(i64::from(DELAY));
    assert_eq!(
        validator.steps(&text),
        [
            format!("execute_change: add_bank, bank 2 SOL (not yet: refresh the feed on row 1 first: {price})"),
            "execute_change: set_bank_mode, bank 2 SOL (not yet: a bank before it has to wait)".to_owned(),
        ]
    );
    validator.apply(&text);
    assert!(validator.plan(&text).is_empty());
    let bank: Bank = validator.svm.read(&ballast_client::addresses::bank(&validator.group, 2));
    assert_eq!((bank.mode, bank.warm_up), (BankMode::WindDown.to_byte(), 604_800));
}

/// A longer wait and a shorter life come at once, the other way round waits; off it is never taken.
#[test]
fn the_timelock_itself() {
    let mut validator = Validator::locked();
    let tighter = locked(LOCALNET, "4 days", "2 days");
    assert_eq!(validator.differences(&tighter), ["delay: 2 days → 4 days", "expiry: 3 days → 2 days"]);
    validator.apply(&tighter);
    for wider in [locked(LOCALNET, "3 days", "2 days"), locked(LOCALNET, "4 days", "3 days")] {
        assert_eq!(validator.steps(&wider), ["propose_change: configure_timelock, timelock"]);
    }
    validator.apply(&plain());
    assert_eq!(validator.sent, ["configure_timelock: timelock", "propose_change: configure_timelock, timelock"]);
    validator.svm.advance(4 * 86_400);
    validator.apply(&plain());
    assert_eq!((validator.state().timelock_delay, validator.state().timelock_expiry), (172_800, 259_200));
    assert_eq!(
        validator.conflict(LOCALNET),
        "x.toml:6:1: group: the chain has a timelock with delay = \"2 days\" and expiry = \"3 days\" and the file has none: \
         one is never taken off"
    );
}

/// A change of admin is proposed, through the timelock where there is one, and is the next one's to accept.
#[test]
fn the_next_admin_has_to_accept() {
    let next = Keypair::new_from_array(NEXT_ADMIN);
    let accept = format!("accept_admin: admin (not yet: {} has to accept)", next.pubkey());
    for (mut validator, text, propose) in [
        (Validator::done(), handed_over(LOCALNET), "propose_admin: admin"),
        (Validator::locked(), handed_over(&plain()), "propose_change: propose_admin, admin"),
    ] {
        let creator = validator.creator.pubkey();
        assert_eq!(validator.steps(&text), [propose.to_owned(), accept.clone()]);
        assert_eq!(validator.differences(&text), [format!("admin: {creator} → {}", next.pubkey())]);
        validator.apply(&text);
        if validator.state().timelock_delay > 0 {
            assert_eq!(validator.steps(&text), [waiting("propose_admin, admin", validator.times(0).0), accept.clone()]);
            validator.svm.advance(i64::from(DELAY));
            validator.apply(&text);
        }
        assert_eq!(validator.state().pending_admin, next.pubkey());
        assert_eq!(validator.steps(&text), std::slice::from_ref(&accept));
        validator.apply(&text);

        validator.svm.fund(&next.pubkey());
        let accept = ix::accept_admin(&next.pubkey(), &validator.group);
        validator.svm.send(&[accept], &[&next]).unwrap_or_else(|failed| panic!("accept_admin: {}", failed.name()));
        assert!(validator.plan(&text).is_empty());
        // A file that names nobody takes whoever it is, and the steps are that one's.
        let silent = if validator.state().timelock_delay > 0 { plain() } else { LOCALNET.to_owned() };
        assert!(validator.plan(&silent).is_empty());
        let plan = validator.plan(&silent.replacen("dust = \"10 USD\"", "dust = \"11 USD\"", 1));
        let signers = plan.ready().map(|(_, instruction)| instruction.accounts[0].pubkey);
        assert_eq!(signers.collect::<Vec<_>>(), [next.pubkey()]);
    }
}

/// The same words to two banks are two changes.
#[test]
fn the_same_change_of_two_banks() {
    let mut validator = Validator::locked();
    let text = plain().replace("mode = \"normal\"", "mode = \"wind-down\"");
    validator.apply(&text);
    validator.svm.advance(i64::from(DELAY));
    validator.apply(&text);
    assert_eq!(
        validator.sent,
        [
            "propose_change: set_bank_mode, bank 0 USDC",
            "propose_change: set_bank_mode, bank 1 SOL",
            "execute_change: set_bank_mode, bank 0 USDC",
            "execute_change: set_bank_mode, bank 1 SOL",
        ]
    );
    assert!(validator.plan(&text).is_empty());
}
