//! What is missing on the chain to be as a deployment says.

use std::fmt;

use ballast_client::addresses;
use ballast_risk::RiskError;
use ballast_state::{Bank, BankMode, Group, LiquidityPool, PerpMarket, PriceFeed, RiskBoard};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar;

use crate::chain::{self, ChainState};
use crate::deployment::{BankPlan, BankSettings, Deployment, FeedPlan, FeedRef, GroupSettings, GroupState, Timelock};
use crate::error::MigrateError;
use crate::perps::{BankRef, MarketPlan, PoolPlan, PoolSettings};
use crate::planner::{classes, Planner};
use crate::section::{Fault, Setting};
use crate::units::{Key, Mode};
use crate::utc;

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
    /// What has to be there before it waits.
    Earlier(&'static str),
    /// The scale of a market's skew changes only while its sides are equal.
    Skew,
    /// The timelock starts when all else is there: from then on, all else waits for it.
    SetUp,
    /// The change was proposed and can be executed from this time on, unix seconds.
    Until(i64),
    /// The next admin has to send this.
    Acceptance(Pubkey),
}

impl Wait {
    /// True if nothing that the admin could do ends it.
    fn is_for_others(self) -> bool {
        matches!(self, Self::Until(_) | Self::Acceptance(_))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(row, error) => write!(f, "refresh the feed on row {row} first: {error}"),
            Self::Mint(mint) => write!(f, "create the mint {mint} first"),
            Self::Earlier(what) => write!(f, "{what} before it has to wait"),
            Self::Skew => f.write_str("the market's sides have to be equal"),
            Self::SetUp => f.write_str("the rest of the group comes first"),
            Self::Until(ts) => match utc::human(*ts) {
                Some(time) => write!(f, "waiting until {time} UTC"),
                None => write!(f, "waiting until second {ts}"),
            },
            Self::Acceptance(admin) => write!(f, "{admin} has to accept"),
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

impl Step {
    /// True if nothing that the admin could do makes it ready.
    pub(crate) fn is_for_others(&self) -> bool {
        self.action.as_ref().is_err_and(|wait| wait.is_for_others())
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

/// Sends what is missing until nothing is, or until what is left waits for the timelock or for the next admin: `send` sends
/// one step, `refresh` brings a fresh price to a row.
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
        let stuck = plan.ready().next().is_none() && plan.prices().is_empty();
        if plan.is_empty() || (stuck && plan.steps.iter().any(Step::is_for_others)) {
            return Ok(());
        }
        let ours = plan.steps.iter().filter(|step| !step.is_for_others());
        let left = (ours.clone().count(), ours.filter(|step| step.action.is_err()).count());
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

    /// Accounts that a plan of this deployment looks at; the changes that may wait only if the chain has the group already.
    ///
    /// # Errors
    /// The group cannot be read.
    pub fn addresses(&self, chain: &impl ChainState) -> Result<Vec<Pubkey>, MigrateError> {
        let group = addresses::group(&self.group.creator.0, self.group.id);
        let found: Option<Group> = chain::load(chain, "group", &group).map_err(|fault| self.error(&fault))?;
        let changes = 0..found.map_or(0, |found| found.change_count);
        let feeds = (0u8..).zip(&self.feeds).map(|(row, _)| addresses::feed(&group, row));
        let banks = (0u16..).zip(&self.banks).flat_map(|(index, bank)| {
            [addresses::bank(&group, index), addresses::vault(&group, &bank.mint.0), bank.mint.0]
        });
        let pool = self.pool.iter().map(|_| addresses::pool(&group));
        let markets = (0u16..).zip(&self.markets).map(|(index, _)| addresses::market(&group, index));
        let alone = [group, addresses::board(&group), sysvar::clock::ID];
        let changes = changes.map(|number| addresses::change(&group, number));
        Ok(alone.into_iter().chain(feeds).chain(banks).chain(pool).chain(markets).chain(changes).collect())
    }

    fn read_all(chain: &impl ChainState, key: &Pubkey) -> Result<Self, Fault> {
        let group: Group = chain::require(chain, "group", key)?;
        let board: RiskBoard = chain::require(chain, "group", &addresses::board(key))?;
        let mut deployment =
            Self::new(group.creator, group.id, GroupSettings::of(&GroupState { group, rules: board.rules }));
        deployment.group.admin = Some(Key(group.admin));
        deployment.group.timelock = (group.timelock_delay > 0).then(|| Timelock::of(&group));
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
                mode: Mode(BankMode::from_byte(bank.mode)),
                settings: BankSettings::of(&bank),
            });
        }
        let Some(pool) = chain::load::<LiquidityPool>(chain, "pool", &addresses::pool(key))? else {
            return Ok(deployment);
        };
        deployment.pool = Some(PoolPlan { bank: BankRef::Index(pool.bank), settings: PoolSettings::of(&pool) });
        for index in 0..pool.market_count {
            let market: PerpMarket = chain::require(chain, "markets", &addresses::market(key, index))?;
            deployment.markets.push(MarketPlan::of(&market));
        }
        Ok(deployment)
    }
}
