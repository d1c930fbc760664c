//! Table by table, what a deployment has and the chain has not.

use ballast_client::{addresses, instructions as ix};
use ballast_math::Price;
use ballast_risk::{limits, price, Now, RiskError};
use ballast_state::{Bank, BankMode, Group, Mint, PendingChange, PriceFeed, RiskBoard, Zeroable, CLASSES};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::chain::{self, ChainState};
use crate::deployment::{
    judge_bank, judge_warm_up, BankPlan, BankSettings, ClassPlan, Deployment, FeedPlan, GroupSettings, GroupState,
    Timelock,
};
use crate::plan::{Difference, Plan, Step, Wait};
use crate::section::{Fault, Setting, Texts};
use crate::units::{Class, Key, Mode, Seconds, Share, Units};

mod changes;
mod perps;

/// Longest pause of a group that was just created, as the program sets it.
const NEW_GROUP_PAUSE: u32 = 86_400;
/// The token programs.
const TOKEN_PROGRAMS: [Pubkey; 2] = [
    Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
    Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"),
];

/// Banks are listed in their order.
const EARLIER: Wait = Wait::Earlier("a bank");

/// Classes with a κ.
pub(crate) fn classes(board: &RiskBoard) -> impl Iterator<Item = ClassPlan> + '_ {
    let kappas = (0u8..).zip(board.class_kappa).take(CLASSES).filter(|(_, kappa)| *kappa > 0);
    kappas.map(|(number, kappa)| ClassPlan { number: Class(number), kappa: Share(kappa) })
}

/// Compares, and collects the steps.
pub(crate) struct Planner<'a, C> {
    wanted: &'a Deployment,
    chain: &'a C,
    key: Pubkey,
    /// As it is, or as the program creates it.
    group: Group,
    board: Box<RiskBoard>,
    is_new: bool,
    now: Option<Now>,
    /// Changes that were proposed, and are neither executed nor cancelled; those that the plan deals with are taken out.
    changes: Vec<PendingChange>,
    /// Number of the next one.
    next_change: u64,
    steps: Vec<Step>,
}

impl<'a, C: ChainState> Planner<'a, C> {
    pub(crate) fn new(wanted: &'a Deployment, chain: &'a C) -> Result<Self, Fault> {
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
        let mut changes = Vec::new();
        for number in 0..group.change_count {
            changes.extend(chain::load::<PendingChange>(chain, "group", &addresses::change(&key, number))?);
        }
        let next_change = group.change_count;
        Ok(Self { wanted, chain, key, group, board, is_new, now, changes, next_change, steps: Vec::new() })
    }

    pub(crate) fn plan(mut self) -> Result<Plan, Fault> {
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
        let listed = self.banks()?;
        self.perps(listed)?;
        self.admin();
        self.timelock()?;
        self.unwanted_changes();
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

    fn has_timelock(&self) -> bool {
        self.group.timelock_delay > 0
    }

    /// True if the last step makes its change, rather than proposing it or waiting.
    fn last_step_acts(&self) -> bool {
        self.steps.last().is_some_and(|step| step.name != "propose_change" && step.action.is_ok())
    }

    fn admin(&mut self) {
        let admin = self.group.admin;
        let Some(wanted) = self.wanted.group.admin.filter(|wanted| wanted.0 != admin) else { return };
        if self.group.pending_admin != wanted.0 {
            let difference = Difference {
                field: "admin".to_owned(),
                found: Some(Key(admin).to_string()),
                wanted: Some(wanted.to_string()),
            };
            let propose = ix::propose_admin(&admin, &self.key, wanted.0);
            self.add_change("propose_admin", "admin", vec![difference], propose, None);
        }
        self.add("accept_admin", "admin", Vec::new(), Err(Wait::Acceptance(wanted.0)));
    }

    /// Last of all: what comes after it has to wait for it.
    fn timelock(&mut self) -> Result<(), Fault> {
        let found = self.has_timelock().then(|| Timelock::of(&self.group));
        let wanted = match (&self.wanted.group.timelock, &found) {
            (Some(wanted), _) => wanted,
            (None, None) => return Ok(()),
            (None, Some(found)) => {
                let message = format!(
                    "the chain has a timelock with delay = \"{}\" and expiry = \"{}\" and the file has none: one is never \
                     taken off",
                    found.delay, found.expiry
                );
                return Err(Fault::new("group", message));
            }
        };
        let differences = differences(found.as_ref(), wanted);
        if differences.is_empty() {
            return Ok(());
        }
        let (Seconds(delay), Seconds(expiry)) = (wanted.delay, wanted.expiry);
        let configure = ix::configure_timelock(&self.group.admin, &self.key, delay, expiry);
        // A longer wait and a shorter life need none.
        let is_tighter = delay >= self.group.timelock_delay && expiry <= self.group.timelock_expiry;
        if self.has_timelock() && !is_tighter {
            self.add_change("configure_timelock", "timelock", differences, configure, None);
        } else {
            let others = self.steps.iter().filter(|step| !step.is_for_others());
            let waits = !self.has_timelock() && others.into_iter().any(|step| step.action.is_err());
            let action = if waits { Err(Wait::SetUp) } else { Ok(configure) };
            self.add("configure_timelock", "timelock", differences, action);
        }
        Ok(())
    }

    fn settings(&mut self) {
        let wanted = &self.wanted.group.settings;
        let found = GroupSettings::of(&GroupState { group: self.group, rules: self.board.rules });
        let differences = differences(Some(&found), wanted);
        if !differences.is_empty() {
            let configure = ix::configure_group(&self.group.admin, &self.key, wanted.args());
            self.add_change("configure_group", "group", differences, configure, None);
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
                self.add_change("configure_risk_class", format!("class {number}"), vec![difference], configure, None);
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
                self.add_change("add_price_feed", about, differences(None, feed), add, None);
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
                self.add_change("configure_price_feed", about, differences, configure, None);
            }
        }
        Ok(())
    }

    /// How many banks are there once what is ready is done.
    fn banks(&mut self) -> Result<u16, Fault> {
        let wanted = self.wanted;
        if wanted.banks.len() < usize::from(self.group.bank_count) {
            let message = format!(
                "the chain lists {} banks, the file {}: a bank is never taken out, it is wound down",
                self.group.bank_count,
                wanted.banks.len()
            );
            return Err(Fault::new("banks", message));
        }
        let (mut listed, mut waiting) = (self.group.bank_count, false);
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
                let wait = usable.err().or(waiting.then_some(EARLIER));
                waiting |= self.new_bank(index, bank, row, wait, &at)?;
                listed += u16::from(!waiting);
            }
        }
        Ok(listed)
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
        let mut settings = BankSettings::of(&found);
        settings.denominate("", &Units::of_token(&bank.name, bank.decimals))?;
        let differences = differences(Some(&settings), &bank.settings);
        if !differences.is_empty() {
            let configure = ix::configure_bank(&self.group.admin, &self.key, index, bank.settings.args());
            let mut wanted = found;
            bank.settings.write_all(&mut wanted);
            if self.has_timelock() && limits::is_tighter(&found, &wanted) {
                self.add("configure_bank", about(index, bank), differences, Ok(configure));
            } else {
                self.add_change("configure_bank", about(index, bank), differences, configure, wait);
            }
        }
        let mode = BankMode::from_byte(found.mode);
        if let Some((difference, set)) = self.mode(index, bank, mode) {
            // Closing a bank for new business needs no timelock.
            if self.has_timelock() && (mode, bank.mode.0) == (BankMode::Normal, BankMode::ReduceOnly) {
                self.add("set_bank_mode", about(index, bank), difference, Ok(set));
            } else {
                self.add_change("set_bank_mode", about(index, bank), difference, set, None);
            }
        }
        Ok(())
    }

    /// True if it waits.
    fn new_bank(&mut self, index: u16, bank: &BankPlan, row: u8, wait: Option<Wait>, at: &str) -> Result<bool, Fault> {
        let mint_at = format!("{at}.mint");
        let vault = addresses::vault(&self.key, &bank.mint.0);
        if !self.is_new && chain::look_up(self.chain, &mint_at, &vault)?.is_some_and(|vault| !vault.data.is_empty()) {
            return Err(Fault::new(mint_at, "the group lists this mint already, under another index".to_owned()));
        }
        if self.has_timelock() {
            judge_warm_up(bank, at)?;
        }
        let mint = chain::look_up(self.chain, &mint_at, &bank.mint.0)?;
        let program = match mint {
            None => None,
            Some(mint) => {
                let parsed = Mint::parse(&mint.data).filter(|_| TOKEN_PROGRAMS.contains(&mint.owner));
                let Some(Mint { decimals, .. }) = parsed else {
                    return Err(Fault::new(mint_at, format!("{} is no mint: it belongs to {}", bank.mint, mint.owner)));
                };
                if decimals != bank.decimals {
                    let message = format!("the mint has {decimals} decimals, not {}", bank.decimals);
                    return Err(Fault::new(format!("{at}.decimals"), message));
                }
                Some(mint.owner)
            }
        };
        let mut differences = vec![
            Difference { field: "mint".to_owned(), found: None, wanted: Some(bank.mint.to_string()) },
            Difference { field: "feed".to_owned(), found: None, wanted: Some(format!("row {row}")) },
        ];
        differences.extend(self::differences(None, &bank.settings));
        let about = about(index, bank);
        let Some(program) = program else {
            // A proposal needs no price, but the mint's token program.
            let wait = wait.filter(|_| !self.has_timelock()).unwrap_or(Wait::Mint(bank.mint.0));
            self.add("add_bank", about.clone(), differences, Err(wait));
            if let Some((difference, _)) = self.mode(index, bank, BankMode::Normal) {
                self.add("set_bank_mode", about, difference, Err(EARLIER));
            }
            return Ok(true);
        };
        let args = bank.settings.args();
        let list = ix::add_bank(&self.group.admin, &self.key, index, &bank.mint.0, &program, row, args);
        self.add_change("add_bank", about.clone(), differences, list, wait);
        let is_listed = self.last_step_acts();
        if let Some((difference, set)) = self.mode(index, bank, BankMode::Normal) {
            self.add_change("set_bank_mode", about, difference, set, (!is_listed).then_some(EARLIER));
        }
        Ok(!is_listed)
    }

    /// What changes a bank's mode from the one `found`, if it is another.
    fn mode(&self, index: u16, bank: &BankPlan, found: BankMode) -> Option<(Vec<Difference>, Instruction)> {
        let (found, wanted) = (Mode(found), bank.mode);
        let difference =
            Difference { field: "mode".to_owned(), found: Some(found.to_string()), wanted: Some(wanted.to_string()) };
        let set = ix::set_bank_mode(&self.group.admin, &self.key, index, wanted.0.to_byte());
        (found != wanted).then(|| (vec![difference], set))
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
