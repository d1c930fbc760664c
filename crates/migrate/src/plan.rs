//! What is missing on the chain to be as a deployment says.

use std::fmt;

use ballast_client::{addresses, instructions as ix};
use ballast_math::Price;
use ballast_risk::{price, Now, RiskError};
use ballast_state::{Bank, Group, Mint, PriceFeed, RiskBoard, Zeroable, CLASSES};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar;

use crate::chain::{self, ChainState};
use crate::deployment::{
    judge_bank, BankPlan, BankSettings, ClassPlan, Deployment, FeedPlan, FeedRef, GroupSettings, GroupState,
};
use crate::error::MigrateError;
use crate::section::{Fault, Setting, Texts};
use crate::units::{Class, Key, Mode, Share};

/// Longest pause of a group that was just created, as the program sets it.
const NEW_GROUP_PAUSE: u32 = 86_400;
/// The token programs.
const TOKEN_PROGRAMS: [Pubkey; 2] = [
    Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
    Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"),
];

/// A value that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its place in the table that the step is about.
    pub field: String,
    /// What the chain has, if anything.
    pub found: Option<String>,
    /// What the file wants, if anything.
    pub wanted: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        match &self.found {
            None => write!(f, "{}: {}", self.field, text(&self.wanted)),
            Some(found) => write!(f, "{}: {found} → {}", self.field, text(&self.wanted)),
        }
    }
}

/// Why a step cannot be sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The feed on this row has no price that new risk may rest on: refresh it and plan again.
    Price(u8, RiskError),
    /// There is no such mint.
    Mint(Pubkey),
    /// A bank with a lower index waits.
    Earlier,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(row, error) => write!(f, "refresh the feed on row {row} first: {error}"),
            Self::Mint(mint) => write!(f, "create the mint {mint} first"),
            Self::Earlier => f.write_str("a bank before it has to wait"),
        }
    }
}

/// One instruction that is missing.
#[derive(Clone, Debug)]
pub struct Step {
    /// The instruction's name.
    pub name: &'static str,
    /// What it is about, such as `bank 1 SOL`.
    pub about: String,
    /// What it changes.
    pub differences: Vec<Difference>,
    /// The instruction, or why it cannot be sent yet.
    pub action: Result<Instruction, Wait>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.about)?;
        if let Err(wait) = &self.action {
            write!(f, " (not yet: {wait})")?;
        }
        Ok(())
    }
}

/// The steps that are missing, in the order in which they have to be sent.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The group's address.
    pub group: Pubkey,
    /// The steps.
    pub steps: Vec<Step>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "group {}: nothing to do", self.group);
        }
        let waiting = self.steps.iter().filter(|step| step.action.is_err()).count();
        write!(f, "group {}: {} to do", self.group, self.steps.len())?;
        if waiting > 0 {
            write!(f, ", {waiting} of them not yet")?;
        }
        writeln!(f)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", number + 1)?;
            for difference in &step.differences {
                writeln!(f, "       {difference}")?;
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Compares a deployment with the chain.
    ///
    /// # Errors
    /// The chain has something the deployment has not or has otherwise, the engine would refuse a value, or an account cannot
    /// be read.
    pub fn compare(deployment: &Deployment, chain: &impl ChainState) -> Result<Self, MigrateError> {
        let mut wanted = deployment.clone();
        wanted.check()?;
        Planner::new(&wanted, chain).and_then(Planner::plan).map_err(|fault| deployment.error(&fault))
    }

    /// True if the chain is as the deployment says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Steps that can be sent now, with their instructions.
    pub fn ready(&self) -> impl Iterator<Item = (&Step, &Instruction)> {
        self.steps.iter().filter_map(|step| Some((step, step.action.as_ref().ok()?)))
    }

    /// Rows whose feeds have to be refreshed before the plan can go on.
    #[must_use]
    pub fn prices(&self) -> Vec<u8> {
        let mut rows: Vec<u8> = Vec::new();
        for step in &self.steps {
            if let Err(Wait::Price(row, _)) = step.action {
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
        rows
    }
}

/// Sends what is missing until nothing is: `send` sends one step, `refresh` brings a fresh price to a row.
///
/// # Errors
/// Those of [`Plan::compare`], of `send` and of `refresh`; a plan that does not become shorter.
pub fn apply<C: ChainState, E: From<MigrateError>>(
    deployment: &Deployment,
    chain: &mut C,
    mut send: impl FnMut(&mut C, &Step, &Instruction) -> Result<(), E>,
    mut refresh: impl FnMut(&mut C, u8) -> Result<(), E>,
) -> Result<(), E> {
    let mut before = (usize::MAX, usize::MAX);
    loop {
        let plan = Plan::compare(deployment, chain)?;
        if plan.is_empty() {
            return Ok(());
        }
        let left = (plan.steps.len(), plan.steps.iter().filter(|step| step.action.is_err()).count());
        if left >= before {
            let message = format!("no progress with {}", plan.steps.first().map_or_else(String::new, Step::to_string));
            return Err(MigrateError { place: None, message }.into());
        }
        before = left;
        for (step, instruction) in plan.ready() {
            send(chain, step, instruction)?;
        }
        for row in plan.prices() {
            refresh(chain, row)?;
        }
    }
}

impl Deployment {
    /// The deployment of a group as it stands on the chain. Its banks are called as their feeds.
    ///
    /// # Errors
    /// There is no such group, or one of its accounts cannot be read.
    pub fn read(chain: &impl ChainState, group: &Pubkey) -> Result<Self, MigrateError> {
        Self::read_all(chain, group).map_err(|fault| MigrateError { place: None, message: crate::error::says(&fault) })
    }

    /// Accounts that a plan of this deployment looks at.
    #[must_use]
    pub fn addresses(&self) -> Vec<Pubkey> {
        let group = addresses::group(&self.group.creator.0, self.group.id);
        let feeds = (0u8..).zip(&self.feeds).map(|(row, _)| addresses::feed(&group, row));
        let banks = (0u16..).zip(&self.banks).flat_map(|(index, bank)| {
            [addresses::bank(&group, index), addresses::vault(&group, &bank.mint.0), bank.mint.0]
        });
        [group, addresses::board(&group), sysvar::clock::ID].into_iter().chain(feeds).chain(banks).collect()
    }

    fn read_all(chain: &impl ChainState, key: &Pubkey) -> Result<Self, Fault> {
        let group: Group = chain::require(chain, "group", key)?;
        let board: RiskBoard = chain::require(chain, "group", &addresses::board(key))?;
        let mut deployment =
            Self::new(group.creator, group.id, GroupSettings::of(&GroupState { group, rules: board.rules }));
        deployment.classes = classes(&board).collect();
        for row in 0..group.feed_count {
            let feed: PriceFeed = chain::require(chain, "feeds", &addresses::feed(key, row))?;
            deployment.feeds.push(FeedPlan::of(&feed));
        }
        for index in 0..group.bank_count {
            let bank: Bank = chain::require(chain, "banks", &addresses::bank(key, index))?;
            let feed = deployment.feeds.get(usize::from(bank.feed));
            deployment.banks.push(BankPlan {
                name: feed.map_or_else(String::new, |feed| feed.symbol.to_string()),
                mint: Key(bank.mint),
                decimals: bank.decimals,
                feed: FeedRef::Row(bank.feed),
                mode: Mode(ballast_state::BankMode::from_byte(bank.mode)),
                settings: BankSettings::of(&bank),
            });
        }
        Ok(deployment)
    }
}

/// Classes with a κ.
fn classes(board: &RiskBoard) -> impl Iterator<Item = ClassPlan> + '_ {
    let kappas = (0u8..).zip(board.class_kappa).take(CLASSES).filter(|(_, kappa)| *kappa > 0);
    kappas.map(|(number, kappa)| ClassPlan { number: Class(number), kappa: Share(kappa) })
}

struct Planner<'a, C> {
    wanted: &'a Deployment,
    chain: &'a C,
    key: Pubkey,
    /// As it is, or as the program creates it.
    group: Group,
    board: Box<RiskBoard>,
    is_new: bool,
    now: Option<Now>,
    steps: Vec<Step>,
}

impl<'a, C: ChainState> Planner<'a, C> {
    fn new(wanted: &'a Deployment, chain: &'a C) -> Result<Self, Fault> {
        let creator = wanted.group.creator.0;
        let key = addresses::group(&creator, wanted.group.id);
        if let Some(address) = wanted.group.address.filter(|address| address.0 != key) {
            let message = format!("{address} is another group: creator and id make {key}");
            return Err(Fault::new("group.address", message));
        }
        let group: Option<Group> = chain::load(chain, "group", &key)?;
        let is_new = group.is_none();
        let mut board = Box::new(RiskBoard::zeroed());
        if is_new {
            wanted.group.settings.rules.write(&mut board.rules);
        } else {
            *board = chain::require(chain, "group", &addresses::board(&key))?;
        }
        let group = group.unwrap_or_else(|| Group {
            creator,
            admin: creator,
            risk_admin: creator,
            guardian: creator,
            forecaster: creator,
            fee_recipient: creator,
            max_pause: NEW_GROUP_PAUSE,
            ..Group::zeroed()
        });
        let now = chain::now(chain)?;
        Ok(Self { wanted, chain, key, group, board, is_new, now, steps: Vec::new() })
    }

    fn plan(mut self) -> Result<Plan, Fault> {
        if self.is_new {
            let rules = &self.wanted.group.settings.rules;
            let create = ix::create_group(&self.group.creator, self.wanted.group.id, rules.args());
            self.add("create_group", "group", differences(None, rules), Ok(create));
        }
        // A bound on feeds is lowered before they follow it, and raised after they made room.
        let rules_wait = self.wanted.group.settings.rules.bonus_min.0 > self.board.rules.bonus_min;
        if !rules_wait {
            self.settings();
        }
        self.classes(|planner, class, kappa| !planner.tightens(class, kappa))?;
        self.feeds()?;
        if rules_wait {
            self.settings();
        }
        self.classes(Self::tightens)?;
        self.banks()?;
        Ok(Plan { group: self.key, steps: self.steps })
    }

    fn add(
        &mut self,
        name: &'static str,
        about: impl Into<String>,
        differences: Vec<Difference>,
        action: Result<Instruction, Wait>,
    ) {
        self.steps.push(Step { name, about: about.into(), differences, action });
    }

    fn settings(&mut self) {
        let wanted = &self.wanted.group.settings;
        let found = GroupSettings::of(&GroupState { group: self.group, rules: self.board.rules });
        let differences = differences(Some(&found), wanted);
        if !differences.is_empty() {
            let configure = ix::configure_group(&self.group.admin, &self.key, wanted.args());
            self.add("configure_group", "group", differences, Ok(configure));
        }
    }

    /// True if a class with feeds gets a larger κ.
    fn tightens(&self, class: u8, kappa: u32) -> bool {
        let rows = self.board.rows.iter().take(usize::from(self.board.row_count));
        kappa > self.board.kappa(class) && rows.into_iter().any(|row| row.class == class)
    }

    fn classes(&mut self, which: impl Fn(&Self, u8, u32) -> bool) -> Result<(), Fault> {
        for found in classes(&self.board) {
            if !self.wanted.classes.iter().any(|class| class.number == found.number) {
                let message = format!(
                    "class {} has κ = {} on the chain and is not in the file: add it, with kappa = \"0 %\" to clear it",
                    found.number, found.kappa
                );
                return Err(Fault::new("classes", message));
            }
        }
        for class in &self.wanted.classes {
            let (number, kappa) = (class.number.0, class.kappa.0);
            let found = Share(self.board.kappa(number));
            if found != class.kappa && which(self, number, kappa) {
                let difference = Difference {
                    field: "kappa".to_owned(),
                    found: Some(found.to_string()),
                    wanted: Some(class.kappa.to_string()),
                };
                let configure = ix::configure_risk_class(&self.group.admin, &self.key, number, kappa);
                self.add("configure_risk_class", format!("class {number}"), vec![difference], Ok(configure));
            }
        }
        Ok(())
    }

    fn feeds(&mut self) -> Result<(), Fault> {
        let wanted = self.wanted;
        if wanted.feeds.len() < usize::from(self.group.feed_count) {
            let message = format!(
                "the chain lists {} feeds, the file {}: a feed is never taken off the board",
                self.group.feed_count,
                wanted.feeds.len()
            );
            return Err(Fault::new("feeds", message));
        }
        for (row, feed) in (0u8..).zip(&wanted.feeds) {
            let about = format!("feed {row} {}", feed.symbol);
            let admin = self.group.admin;
            if row >= self.group.feed_count {
                let add = ix::add_price_feed(&admin, &self.key, row, feed.args());
                self.add("add_price_feed", about, differences(None, feed), Ok(add));
                continue;
            }
            let at = format!("feeds[{row}].symbol");
            let found: PriceFeed = chain::require(self.chain, &at, &addresses::feed(&self.key, row))?;
            let found = FeedPlan::of(&found);
            if found.symbol != feed.symbol {
                let message = format!("row {row} is {} on the chain: feeds keep their order", found.symbol);
                return Err(Fault::new(at, message));
            }
            let differences = differences(Some(&found), feed);
            if !differences.is_empty() {
                let configure = ix::configure_price_feed(&admin, &self.key, row, feed.args());
                self.add("configure_price_feed", about, differences, Ok(configure));
            }
        }
        Ok(())
    }

    fn banks(&mut self) -> Result<(), Fault> {
        let wanted = self.wanted;
        if wanted.banks.len() < usize::from(self.group.bank_count) {
            let message = format!(
                "the chain lists {} banks, the file {}: a bank is never taken out, it is wound down",
                self.group.bank_count,
                wanted.banks.len()
            );
            return Err(Fault::new("banks", message));
        }
        let mut waiting = false;
        for (index, bank) in (0u16..).zip(&wanted.banks) {
            let at = format!("banks[{index}]");
            let row = self.wanted.row(index.into())?;
            let usable = self.price(row);
            if let Ok(price) = usable {
                judge_bank(bank, price, &at)?;
            }
            if index < self.group.bank_count {
                self.listed_bank(index, bank, row, usable.err(), &at)?;
            } else {
                let wait = usable.err().or(waiting.then_some(Wait::Earlier));
                waiting |= self.new_bank(index, bank, row, wait, &at)?;
            }
        }
        Ok(())
    }

    /// A price that a bank can be listed or changed at.
    fn price(&self, row: u8) -> Result<Price, Wait> {
        let Some(state) = self.board.row(row) else { return Err(Wait::Price(row, RiskError::PriceUnset)) };
        let now = self.now.unwrap_or(Now { ts: state.publish_ts, slot: 0 });
        price::check_usable(state, now, self.board.rules.borrow_max_age)
            .map(|()| Price(state.mid))
            .map_err(|error| Wait::Price(row, error))
    }

    fn listed_bank(&mut self, index: u16, bank: &BankPlan, row: u8, wait: Option<Wait>, at: &str) -> Result<(), Fault> {
        let found: Bank = chain::require(self.chain, at, &addresses::bank(&self.key, index))?;
        let identity = [
            ("mint", Key(found.mint).to_string(), bank.mint.to_string()),
            ("decimals", found.decimals.to_string(), bank.decimals.to_string()),
            ("feed", format!("row {}", found.feed), format!("row {row}")),
        ];
        for (field, chain, file) in identity {
            if chain != file {
                let message = format!("bank {index} is listed with {chain} already, not with {file}");
                return Err(Fault::new(format!("{at}.{field}"), message));
            }
        }
        let mode = Mode(ballast_state::BankMode::from_byte(found.mode));
        let mut settings = BankSettings::of(&found);
        settings.denominate("", &bank.name, bank.decimals)?;
        let differences = differences(Some(&settings), &bank.settings);
        if !differences.is_empty() {
            let configure = ix::configure_bank(&self.group.admin, &self.key, index, bank.settings.args());
            self.add("configure_bank", about(index, bank), differences, wait.map_or(Ok(configure), Err));
        }
        self.mode(index, bank, mode, None);
        Ok(())
    }

    /// True if it waits.
    fn new_bank(&mut self, index: u16, bank: &BankPlan, row: u8, wait: Option<Wait>, at: &str) -> Result<bool, Fault> {
        let mint_at = format!("{at}.mint");
        let vault = addresses::vault(&self.key, &bank.mint.0);
        if !self.is_new && chain::look_up(self.chain, &mint_at, &vault)?.is_some_and(|vault| !vault.data.is_empty()) {
            return Err(Fault::new(mint_at, "the group lists this mint already, under another index".to_owned()));
        }
        let mint = chain::look_up(self.chain, &mint_at, &bank.mint.0)?;
        let (wait, program) = match mint {
            None => (wait.or(Some(Wait::Mint(bank.mint.0))), Pubkey::default()),
            Some(mint) => {
                let parsed = Mint::parse(&mint.data).filter(|_| TOKEN_PROGRAMS.contains(&mint.owner));
                let Some(Mint { decimals, .. }) = parsed else {
                    return Err(Fault::new(mint_at, format!("{} is no mint: it belongs to {}", bank.mint, mint.owner)));
                };
                if decimals != bank.decimals {
                    let message = format!("the mint has {decimals} decimals, not {}", bank.decimals);
                    return Err(Fault::new(format!("{at}.decimals"), message));
                }
                (wait, mint.owner)
            }
        };
        let mut differences = vec![
            Difference { field: "mint".to_owned(), found: None, wanted: Some(bank.mint.to_string()) },
            Difference { field: "feed".to_owned(), found: None, wanted: Some(format!("row {row}")) },
        ];
        differences.extend(self::differences(None, &bank.settings));
        let action = match wait {
            Some(wait) => Err(wait),
            None => {
                Ok(ix::add_bank(&self.group.admin, &self.key, index, &bank.mint.0, &program, row, bank.settings.args()))
            }
        };
        self.add("add_bank", about(index, bank), differences, action);
        self.mode(index, bank, Mode(ballast_state::BankMode::Normal), wait.map(|_| Wait::Earlier));
        Ok(wait.is_some())
    }

    fn mode(&mut self, index: u16, bank: &BankPlan, found: Mode, wait: Option<Wait>) {
        if found == bank.mode {
            return;
        }
        let difference = Difference {
            field: "mode".to_owned(),
            found: Some(found.to_string()),
            wanted: Some(bank.mode.to_string()),
        };
        let set = ix::set_bank_mode(&self.group.admin, &self.key, index, bank.mode.0.to_byte());
        self.add("set_bank_mode", about(index, bank), vec![difference], wait.map_or(Ok(set), Err));
    }
}

fn about(index: u16, bank: &BankPlan) -> String {
    format!("bank {index} {}", bank.name)
}

/// Values of two tables that are not the same text.
fn differences<T: Setting>(found: Option<&T>, wanted: &T) -> Vec<Difference> {
    let texts = |table: &T| {
        let mut texts = Texts::new();
        table.texts("", &mut texts);
        texts
    };
    let found = found.map(texts).unwrap_or_default();
    let wanted = texts(wanted);
    let value = |texts: &Texts, field: &str| texts.iter().find(|(name, _)| name == field).map(|(_, text)| text.clone());
    let mut differences = Vec::new();
    let fields = wanted.iter().chain(found.iter().filter(|(field, _)| value(&wanted, field).is_none()));
    for (field, _) in fields {
        let (found, wanted) = (value(&found, field), value(&wanted, field));
        if found != wanted {
            differences.push(Difference { field: field.clone(), found, wanted });
        }
    }
    differences
}
