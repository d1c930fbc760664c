//! Deployments as data: the planner on the ELF. A file is planned from nothing, carried out, planned again; then one of the
//! two is changed.

use ballast_migrate::{apply, Deployment, MigrateError, Plan, Step, Wait};
use ballast_oracle::fixtures::PythPullUpdate;
use ballast_oracle::Provider;
use ballast_risk::RiskError;
use ballast_state::{Bank, BankMode, Group, PriceFeed};
use ballast_testkit::Svm;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::support::*;

pub(crate) const LOCALNET: &str = include_str!("../../migrations/localnet.toml");
/// Where the price of row 1 is published.
const ORACLE: Pubkey = Pubkey::new_from_array([9; 32]);

/// A validator with the file's mints and creator, and nothing else.
pub(crate) struct Validator {
    pub(crate) svm: Svm,
    pub(crate) creator: Keypair,
    pub(crate) group: Pubkey,
    pub(crate) sent: Vec<String>,
}

pub(crate) fn parse(text: &str) -> Deployment {
    Deployment::parse("x.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

/// Localnet's file with the last `from` replaced by `to`.
fn changed(from: &str, to: &str) -> String {
    let at = LOCALNET.rfind(from).unwrap_or_else(|| panic!("{from}"));
    [&LOCALNET[..at], to, &LOCALNET[at + from.len()..]].concat()
}

impl Validator {
    pub(crate) fn new() -> Self {
        let (mut svm, creator) = (Svm::new(), Keypair::new_from_array([1; 32]));
        svm.set_time(ballast_testkit::START_TS);
        svm.fund(&creator.pubkey());
        for bank in &parse(LOCALNET).banks {
            svm.put_mint(&bank.mint.0, bank.decimals);
        }
        let group = ballast_client::addresses::group(&creator.pubkey(), 0);
        Self { svm, creator, group, sent: Vec::new() }
    }

    pub(crate) fn plan(&self, text: &str) -> Plan {
        Plan::compare(&parse(text), &self.svm).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The plan's steps, without their differences.
    pub(crate) fn steps(&self, text: &str) -> Vec<String> {
        self.plan(text).steps.iter().map(Step::to_string).collect()
    }

    /// The plan's differences, all of them.
    pub(crate) fn differences(&self, text: &str) -> Vec<String> {
        self.plan(text).steps.iter().flat_map(|step| &step.differences).map(ToString::to_string).collect()
    }

    pub(crate) fn conflict(&self, text: &str) -> String {
        Plan::compare(&parse(text), &self.svm).expect_err("a conflict").to_string()
    }

    fn send(&mut self, step: &Step, instruction: &Instruction) {
        let sent = self.svm.send(std::slice::from_ref(instruction), &[&self.creator]);
        sent.unwrap_or_else(|failed| panic!("{step}: {}", failed.name()));
        self.sent.push(step.to_string());
    }

    /// A new price on a row: a fixed one, and one of Pyth's.
    fn refresh(&mut self, row: u8) {
        let mut sources = Vec::new();
        if row == 1 {
            let publish_time = self.svm.now();
            let feed_id = parse(LOCALNET).feeds[1].sources.0[0].feed_id.0;
            let update = PythPullUpdate {
                feed_id,
                price: 32_00000000,
                confidence: 1_000_000,
                exponent: -8,
                publish_time,
                previous_publish_time: publish_time - 1,
                posted_slot: self.svm.clock().slot,
            };
            let owner = Pubkey::new_from_array(Provider::PythPull.default_owners()[0]);
            self.svm.put_data(&ORACLE, &owner, update.to_bytes());
            sources.push(ORACLE);
        }
        let refresh = ix::refresh_price_feed(&self.group, row, &sources);
        self.svm.send(&[refresh], &[&self.creator]).unwrap_or_else(|failed| panic!("refresh: {}", failed.name()));
    }

    pub(crate) fn apply(&mut self, text: &str) {
        let send = |validator: &mut Self, step: &Step, instruction: &Instruction| {
            validator.send(step, instruction);
            Ok::<(), MigrateError>(())
        };
        let refresh = |validator: &mut Self, row| {
            validator.refresh(row);
            Ok(())
        };
        apply(&parse(text), self, send, refresh).unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) fn done() -> Self {
        let mut validator = Self::new();
        validator.apply(LOCALNET);
        validator.sent.clear();
        validator
    }
}

impl ballast_migrate::ChainState for Validator {
    fn account(&self, key: &Pubkey) -> Result<Option<solana_account::Account>, String> {
        Ok(self.svm.account(key))
    }
}

#[test]
fn from_nothing_in_order_and_then_nothing_more() {
    let mut validator = Validator::new();
    let first = [
        "create_group: group",
        "add_price_feed: feed 0 USDC",
        "add_price_feed: feed 1 SOL",
        "add_bank: bank 0 USDC (not yet: refresh the feed on row 0 first: the feed has no price yet)",
        "add_bank: bank 1 SOL (not yet: refresh the feed on row 1 first: the feed has no price yet)",
    ];
    assert_eq!(validator.steps(LOCALNET), first);
    let plan = validator.plan(LOCALNET);
    assert_eq!((plan.ready().count(), plan.prices()), (3, vec![0, 1]));

    validator.apply(LOCALNET);
    let sent = [
        "create_group: group",
        "add_price_feed: feed 0 USDC",
        "add_price_feed: feed 1 SOL",
        "add_bank: bank 0 USDC",
        "add_bank: bank 1 SOL",
    ];
    assert_eq!(validator.sent, sent);
    assert_eq!(validator.plan(LOCALNET).to_string(), format!("group {}: nothing to do\n", validator.group));

    // Everything is there, with the file's numbers.
    let group: Group = validator.svm.read(&validator.group);
    assert_eq!((group.feed_count, group.bank_count, group.max_pause, group.sequence), (2, 2, 86_400, 4));
    let bank: Bank = validator.svm.read(&ballast_client::addresses::bank(&validator.group, 1));
    assert_eq!((bank.deposit_cap, bank.hourly.limit, bank.decimals), (10_000_000_000_000_000, u64::MAX, 9));

    // The chain says the same of itself, and an applied plan sends nothing.
    let read = Deployment::read(&validator.svm, &validator.group).unwrap_or_else(|error| panic!("{error}"));
    assert!(Plan::compare(&read, &validator.svm).is_ok_and(|plan| plan.is_empty()));
    validator.sent.clear();
    validator.apply(LOCALNET);
    assert!(validator.sent.is_empty());
}

/// A run that broke off is taken up where it stopped.
#[test]
fn a_broken_run_goes_on() {
    let mut validator = Validator::new();
    for left in [5, 4, 3, 2] {
        let plan = validator.plan(LOCALNET);
        assert_eq!(plan.steps.len(), left);
        if let Some((step, instruction)) = plan.ready().next() {
            validator.send(step, instruction);
        };
    }
    // Only banks are missing, and both wait; with one price, the first can go.
    validator.refresh(0);
    let steps = [
        "add_bank: bank 0 USDC",
        "add_bank: bank 1 SOL (not yet: refresh the feed on row 1 first: the feed has no price yet)",
    ];
    assert_eq!(validator.steps(LOCALNET), steps);
    // With the other alone, it has to wait for the first.
    let mut other = Validator::new();
    for (step, instruction) in other.plan(LOCALNET).ready() {
        other.send(step, instruction);
    }
    other.refresh(1);
    assert_eq!(other.steps(LOCALNET)[1], "add_bank: bank 1 SOL (not yet: a bank before it has to wait)");
}

/// Each parameter that changes is one line, and one instruction of its table.
#[test]
fn a_changed_parameter_is_a_difference() {
    for (from, to, steps, differences) in [
        (
            "dust = \"10 USD\"",
            "dust = \"12.5 USD\"",
            vec!["configure_group: group"],
            vec!["rules.dust: 10 USD → 12.5 USD"],
        ),
        (
            "max_pause = \"1 day\"",
            "max_pause = \"36 h\"",
            vec!["configure_group: group"],
            vec!["max_pause: 1 day → 36 h"],
        ),
        (
            "guardian = \"AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9\"",
            "guardian = \"So11111111111111111111111111111111111111112\"",
            vec!["configure_group: group"],
            vec![
                "guardian: AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9 → So11111111111111111111111111111111111111112",
            ],
        ),
        (
            "[[feeds]]",
            "[[classes]]\nnumber = 2\nkappa = \"10 %\"\n\n[[feeds]]",
            vec!["configure_risk_class: class 2"],
            vec!["kappa: 0 % → 10 %"],
        ),
        (
            "jump_min = \"3 %\"",
            "jump_min = \"2.5 %\"",
            vec!["configure_price_feed: feed 1 SOL"],
            vec!["judge.jump_min: 3 % → 2.5 %"],
        ),
        (
            "sigma = \"90 %\"",
            "sigma = \"110 %\"",
            vec!["configure_price_feed: feed 1 SOL"],
            vec!["rates.sigma: 90 % → 110 %"],
        ),
        (
            "deposit_cap = \"10_000_000 SOL\"",
            "deposit_cap = \"9_999_999.5 SOL\"",
            vec!["configure_bank: bank 1 SOL"],
            vec!["deposit_cap: 10_000_000 SOL → 9_999_999.5 SOL"],
        ),
        (
            "hourly_limit = \"none\"",
            "hourly_limit = \"1_000 SOL\"",
            vec!["configure_bank: bank 1 SOL"],
            vec!["hourly_limit: none → 1_000 SOL"],
        ),
        (
            "\"8 % at 80 %\"",
            "\"4 % at 70 %\", \"8 % at 80 %\"",
            vec!["configure_bank: bank 1 SOL"],
            vec![
                "curve: 2 % at 0 %, 8 % at 80 %, 100 % at 100 % → 2 % at 0 %, 4 % at 70 %, 8 % at 80 %, 100 % at 100 %",
            ],
        ),
        (
            "mode = \"normal\"",
            "mode = \"reduce-only\"",
            vec!["set_bank_mode: bank 1 SOL"],
            vec!["mode: normal → reduce-only"],
        ),
    ] {
        let mut validator = Validator::done();
        let text = changed(from, to);
        assert_eq!(validator.steps(&text), steps);
        assert_eq!(validator.differences(&text), differences);
        validator.apply(&text);
        assert_eq!(validator.sent, steps);
        assert!(validator.plan(&text).is_empty());
    }
}

/// A second source joins, and leaves again.
#[test]
fn sources_come_and_go() {
    let mut validator = Validator::done();
    let second =
        "[[feeds.sources]]\nprovider = \"pyth-legacy\"\naccount = \"So11111111111111111111111111111111111111112\"\n\
                  max_age = \"30 s\"\nmax_confidence = \"1 %\"\n\n[feeds.judge]";
    let text = changed("[feeds.judge]", second);
    validator.apply(&text);
    assert_eq!(validator.sent, ["configure_price_feed: feed 1 SOL"]);
    let feed: PriceFeed = validator.svm.read(&ballast_client::addresses::feed(&validator.group, 1));
    assert_eq!((feed.source_count(), feed.sources[1].max_age), (2, 30));
    let gone = validator.differences(LOCALNET);
    assert_eq!(gone[0], "sources[1].provider: pyth-legacy → nothing");
    assert_eq!(gone.len(), 7);
    validator.apply(LOCALNET);
    assert!(validator.plan(LOCALNET).is_empty());
}

/// A change of a bank needs a price that new risk may rest on; a mode, a feed and the group do not.
#[test]
fn a_stale_price_holds_up_banks_only() {
    let mut validator = Validator::done();
    validator.svm.advance(61);
    let text = changed("deposit_cap = \"10_000_000 SOL\"", "deposit_cap = \"9_000_000 SOL\"");
    let text =
        text.replace("mode = \"normal\"", "mode = \"reduce-only\"").replace("dust = \"10 USD\"", "dust = \"9 USD\"");
    assert_eq!(
        validator.steps(&text),
        [
            "configure_group: group",
            "set_bank_mode: bank 0 USDC",
            "configure_bank: bank 1 SOL (not yet: refresh the feed on row 1 first: the price is older than this action \
             allows)",
            "set_bank_mode: bank 1 SOL",
        ]
    );
    let plan = validator.plan(&text);
    assert_eq!(plan.prices(), [1]);
    assert_eq!(plan.steps[2].action, Err(Wait::Price(1, RiskError::PriceStale)));
    validator.apply(&text);
    assert_eq!(validator.sent.len(), 4);
    assert!(validator.plan(&text).is_empty());
}

/// A bound on the feeds follows them up and precedes them down: both ways every instruction is accepted.
#[test]
fn bounds_move_in_an_order_that_is_accepted() {
    let add_ons = |text: &str, percent: &str| {
        let text = text.replace("_add_on = \"0.5 %\"", &format!("_add_on = \"{percent}\""));
        text.replace("floor = \"0.5 %\", cap = \"0.5 %\"", &format!("floor = \"{percent}\", cap = \"{percent}\""))
    };
    let mut validator = Validator::done();
    let up = add_ons(LOCALNET, "0.8 %").replace("bonus_min = \"0.5 %\"", "bonus_min = \"0.8 %\"");
    validator.apply(&up);
    assert_eq!(validator.sent, ["configure_price_feed: feed 0 USDC", "configure_group: group"]);
    validator.sent.clear();
    validator.apply(LOCALNET);
    assert_eq!(validator.sent, ["configure_group: group", "configure_price_feed: feed 0 USDC"]);

    // Likewise κ, which may rise only as far as its feeds' rates leave room.
    let class = |kappa: &str, cap: &str| {
        let text =
            LOCALNET.replacen("[[feeds]]", &format!("[[classes]]\nnumber = 0\nkappa = \"{kappa}\"\n\n[[feeds]]"), 1);
        let text = text.replace("symbol = \"SOL\"", "symbol = \"SOL\"\nclass = 0");
        text.replace("floor = \"24.4 %\", cap = \"24.4 %\"", &format!("floor = \"24.4 %\", cap = \"{cap}\""))
    };
    let (wide, narrow) = (class("1 %", "80 %"), class("80 %", "40 %"));
    validator.apply(&wide);
    validator.sent.clear();
    validator.apply(&narrow);
    assert_eq!(validator.sent, ["configure_price_feed: feed 1 SOL", "configure_risk_class: class 0"]);
    validator.sent.clear();
    validator.apply(&wide);
    assert_eq!(validator.sent, ["configure_risk_class: class 0", "configure_price_feed: feed 1 SOL"]);
}

/// Roles and a pause that a new group does not start with, and a bank that starts in another mode.
#[test]
fn a_new_group_gets_what_it_does_not_start_with() {
    let text =
        changed("mode = \"normal\"", "mode = \"wind-down\"").replace("max_pause = \"1 day\"", "max_pause = \"2 days\"");
    let mut validator = Validator::new();
    validator.apply(&text);
    assert_eq!(
        validator.sent,
        [
            "create_group: group",
            "configure_group: group",
            "add_price_feed: feed 0 USDC",
            "add_price_feed: feed 1 SOL",
            "add_bank: bank 0 USDC",
            "add_bank: bank 1 SOL",
            "set_bank_mode: bank 1 SOL",
        ]
    );
    let bank: Bank = validator.svm.read(&ballast_client::addresses::bank(&validator.group, 1));
    assert_eq!(bank.mode, BankMode::WindDown.to_byte());
    assert!(validator.plan(&text).is_empty());
}

/// What the chain has otherwise and cannot change is an error at the line, before anything is sent.
#[test]
fn conflicts_name_the_line() {
    let validator = Validator::done();
    let (usdc, sol) = (parse(LOCALNET).banks[0].mint, parse(LOCALNET).banks[1].mint);
    let stranger = "So11111111111111111111111111111111111111112";
    let swapped = LOCALNET.replace(&usdc.to_string(), "x").replace(&sol.to_string(), &usdc.to_string());
    let bank_section = &LOCALNET[LOCALNET.find("[[banks]]").unwrap_or(0)..];
    let second_bank = &bank_section[bank_section.rfind("[[banks]]").unwrap_or(0)..];
    for (text, said) in [
        (
            swapped.replace("\"x\"", &format!("\"{sol}\"")),
            format!("x.toml:97:8: banks[0].mint: bank 0 is listed with {usdc} already, not with {sol}"),
        ),
        (
            changed("feed = \"SOL\"", "feed = \"USDC\""),
            "x.toml:119:8: banks[1].feed: bank 1 is listed with row 1 already, not with row 0".to_owned(),
        ),
        (
            changed("decimals = 9", "decimals = 8"),
            "x.toml:118:12: banks[1].decimals: bank 1 is listed with 9 already, not with 8".to_owned(),
        ),
        (
            LOCALNET.replace("\"SOL\"", "\"WSOL\"").replace(" SOL\"", " WSOL\""),
            "x.toml:67:10: feeds[1].symbol: row 1 is SOL on the chain: feeds keep their order".to_owned(),
        ),
        (
            LOCALNET.replace(second_bank, ""),
            "x.toml:95:1: banks: the chain lists 2 banks, the file 1: a bank is never taken out, it is wound down"
                .to_owned(),
        ),
        (
            changed("id = 0", &format!("id = 0\naddress = \"{stranger}\"")),
            format!("x.toml:9:11: group.address: {stranger} is another group: creator and id make {}", validator.group),
        ),
        (
            [LOCALNET, "\n", &second_bank.replace(&sol.to_string(), stranger)].concat(),
            format!("x.toml:137:8: banks[2].mint: {stranger} is no mint: it belongs to {}", Pubkey::default()),
        ),
    ] {
        let mut validator = Validator::done();
        validator.svm.fund(&stranger.parse().expect("an address"));
        assert_eq!(validator.conflict(&text), said);
    }
}

/// As before, where the chain was changed behind the file's back.
#[test]
fn what_the_file_does_not_know_is_a_conflict() {
    let mut validator = Validator::done();
    let kappa = ix::configure_risk_class(&validator.creator.pubkey(), &validator.group, 7, presets::bps(1_000));
    validator.svm.send(&[kappa], &[&validator.creator]).expect("configure_risk_class");
    assert_eq!(
        validator.conflict(LOCALNET),
        "x.toml:1:1: classes: class 7 has κ = 10 % on the chain and is not in the file: add it, with kappa = \"0 %\" to \
         clear it"
    );

    // A mint with other decimals than the file counts in; one that is not there is waited for.
    let mut validator = Validator::new();
    let mint = parse(LOCALNET).banks[1].mint;
    validator.svm.put_mint(&mint.0, 6);
    assert_eq!(validator.conflict(LOCALNET), "x.toml:118:12: banks[1].decimals: the mint has 6 decimals, not 9");
    let mut validator = Validator::done();
    let more = &LOCALNET[LOCALNET.rfind("[[banks]]").unwrap_or(0)..];
    let absent = Pubkey::new_from_array([5; 32]);
    let text = [LOCALNET, "\n", &more.replace(&mint.to_string(), &absent.to_string())].concat();
    assert_eq!(validator.steps(&text), [format!("add_bank: bank 2 SOL (not yet: create the mint {absent} first)")]);
    validator.svm.put_mint(&absent, 9);
    validator.apply(&text);
    assert_eq!(validator.sent, ["add_bank: bank 2 SOL"]);

    // A group whose address somebody else's account holds.
    let mut validator = Validator::new();
    validator.svm.put_data(&validator.group.clone(), &Pubkey::new_from_array([3; 32]), vec![1; 512]);
    assert_eq!(
        validator.conflict(LOCALNET),
        format!(
            "x.toml:6:1: group: {} belongs to {}, not to the program {}",
            validator.group,
            Pubkey::new_from_array([3; 32]),
            ballast_client::PROGRAM_ID
        )
    );
    validator.svm.put_data(&validator.group.clone(), &ballast_client::PROGRAM_ID, vec![1; 512]);
    assert_eq!(
        validator.conflict(LOCALNET),
        format!("x.toml:6:1: group: {} is not what stands there: UnknownType", validator.group)
    );
}

/// A cap that could be worth too much is refused as soon as there is a price.
#[test]
fn caps_are_judged_at_the_price() {
    let validator = Validator::done();
    let text = changed("deposit_cap = \"10_000_000 SOL\"", "deposit_cap = \"1_000_000_000 SOL\"");
    assert_eq!(
        validator.conflict(&text),
        "x.toml:126:15: banks[1].settings.deposit_cap: the cap could be worth more than a value can hold (CapTooLarge); \
         migrations/README.md states the bounds"
    );
}

/// Every committed file can be carried out as it is.
#[test]
fn committed_files_plan_from_nothing() {
    let svm = Svm::new();
    for (text, steps) in [
        (include_str!("../../migrations/demo.toml"), 1 + 5 + 5 + 4),
        (include_str!("../../migrations/devnet.toml"), 1 + 1 + 2 + 2 + 2 + 1),
        (LOCALNET, 1 + 2 + 2),
    ] {
        assert_eq!(Plan::compare(&parse(text), &svm).map(|plan| plan.steps.len()), Ok(steps));
    }
}
