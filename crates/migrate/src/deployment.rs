//! What a deployment is to be: the file, table by table.

use ballast_client::ballast::client::args::ConfigureTimelock;
use ballast_client::ballast::types::{
    BankArgs, ConfigureGroupArgs, JudgeArgs, PriceFeedArgs, RatesArgs, RulesArgs, SideArgs, SourceArgs,
};
use ballast_client::presets;
use ballast_math::{Decimals, Price, Ratio};
use ballast_oracle::Provider;
use ballast_risk::{limits, RiskError};
use ballast_state::{
    Group, JudgeRules, OracleSource, PriceFeed, RateSettings, RiskBoard, RiskRules, SideRates, Zeroable, ROWS, SOURCES,
};
use serde::Deserialize;
use solana_pubkey::Pubkey;

use crate::error::{says, MigrateError, Source};
use crate::perps::{MarketPlan, PoolPlan};
use crate::section::{section, Fault, Setting, Texts};
use crate::units::{
    Amount, Class, Curve, Deviations, Dollars, FeedId, FixedPrice, Flag, Key, Mode, Percent, ProviderId, Seconds,
    Share, Symbol, Units,
};

/// A group with everything in it. It is complete: what the chain has and it has not is an error of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The group.
    pub group: GroupPlan,
    /// Risk classes; κ of those not named is zero.
    #[serde(default)]
    pub classes: Vec<ClassPlan>,
    /// Feeds, in the order of their rows.
    #[serde(default)]
    pub feeds: Vec<FeedPlan>,
    /// Banks, in the order of their indices.
    #[serde(default)]
    pub banks: Vec<BankPlan>,
    /// The pool that perps are traded against; nothing: the group has no perps.
    pub pool: Option<PoolPlan>,
    /// Perp markets, in the order of their indices.
    #[serde(default)]
    pub markets: Vec<MarketPlan>,
    #[serde(skip)]
    source: Option<Source>,
}

/// Who a group is, and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPlan {
    /// Who creates the group; part of its address.
    pub creator: Key,
    /// Distinguishes the creator's groups.
    pub id: u16,
    /// The group's address, to be sure of it.
    pub address: Option<Key>,
    /// Who is to be its admin; nothing: whoever is.
    pub admin: Option<Key>,
    /// What changes that can add risk have to wait for; nothing: the group has no timelock.
    pub timelock: Option<Timelock>,
    /// What `configure_group` sets.
    pub settings: GroupSettings,
}

section! {
    /// How long a change that can add risk waits, and how long it can be executed then.
    #[serde(deny_unknown_fields)]
    Timelock: Group, ConfigureTimelock {
        delay: Seconds, in timelock_delay;
        expiry: Seconds, in timelock_expiry;
    }
}

/// What `configure_group` changes.
#[derive(Clone, Copy, Debug)]
pub struct GroupState {
    /// Roles.
    pub group: Group,
    /// Rules, from the board.
    pub rules: RiskRules,
}

section! {
    /// Roles and rules.
    #[serde(deny_unknown_fields)]
    GroupSettings: GroupState, ConfigureGroupArgs {
        risk_admin: Key, in group.risk_admin;
        guardian: Key, in group.guardian;
        forecaster: Key, in group.forecaster;
        fee_recipient: Key, in group.fee_recipient;
        max_pause: Seconds, in group.max_pause;
        rules: Rules;
    }
}

section! {
    /// Group-wide rules.
    #[serde(deny_unknown_fields)]
    Rules: RiskRules, RulesArgs {
        liquidation_target: Percent;
        dust: Dollars;
        bonus_min: Share;
        bonus_max: Share;
        bonus_growth: Share;
        bonus_ramp: Seconds;
        insurance_share: Share;
        deleverage_fee: Share;
        deleverage_interval: Seconds;
        borrow_max_age: Seconds;
        liquidate_max_age: Seconds;
        deleverage_max_age: Seconds;
        cool_off: Seconds;
        halt_gap: Seconds;
        halt_grace: Seconds;
        episode_gap: Seconds;
        wind_down_notice: Seconds;
        wind_down_ramp: Seconds;
    }
}

/// A risk class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassPlan {
    /// Its number.
    pub number: Class,
    /// What a hedge inside the class may fail by.
    pub kappa: Share,
}

section! {
    /// A feed, with its margin rates.
    #[serde(deny_unknown_fields)]
    FeedPlan: PriceFeed, PriceFeedArgs {
        symbol: Symbol;
        #[serde(default)]
        class: Class;
        sources: Sources;
        judge: Judge;
        rates: Rates;
    }
}

section! {
    /// How sources are judged.
    #[serde(deny_unknown_fields)]
    Judge: JudgeRules, JudgeArgs {
        max_deviation: Share;
        jump_min: Share;
        jump_confirm: Seconds;
        max_future: Seconds;
        ema_seconds: Seconds;
    }
}

section! {
    /// Margin rates.
    #[serde(deny_unknown_fields)]
    Rates: RateSettings, RatesArgs {
        sigma: Percent;
        maintenance_long: Side;
        maintenance_short: Side;
        initial_long: Side;
        initial_short: Side;
        depth: Dollars;
        maintenance_add_on: Share;
        initial_add_on: Share;
        basis: Share;
        impact_factor: Share;
        impact_cap: Share;
    }
}

section! {
    /// Margin rate of one side at one level.
    #[serde(deny_unknown_fields)]
    Side: SideRates, SideArgs {
        k: Deviations;
        floor: Share;
        cap: Share;
    }
}

section! {
    /// An oracle source.
    #[serde(try_from = "SourceText")]
    SourcePlan: OracleSource, SourceArgs {
        provider: ProviderId;
        account: Key;
        owner: Key;
        feed_id: FeedId;
        fixed_price: FixedPrice;
        max_age: Seconds;
        max_confidence: Share;
    }
}

/// A source as it is written: what its provider has no use for is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceText {
    provider: ProviderId,
    account: Option<Key>,
    owner: Option<Key>,
    feed_id: Option<FeedId>,
    fixed_price: Option<FixedPrice>,
    max_age: Seconds,
    max_confidence: Share,
}

/// Only a stablecoin may have a fixed price: within 1 % of a dollar, in millionths.
const FIXED_PRICES: std::ops::RangeInclusive<u64> = 990_000..=1_010_000;

impl TryFrom<SourceText> for SourcePlan {
    type Error = String;

    fn try_from(text: SourceText) -> Result<Self, String> {
        let SourceText { provider, account, owner, feed_id, fixed_price, max_age, max_confidence } = text;
        let kind = Provider::from_u8(provider.0).ok_or_else(|| format!("{provider} is no provider"))?;
        let needs = |field: &str| Err(format!("a source of {provider} needs `{field}`"));
        match kind {
            Provider::Fixed if fixed_price.is_none() => return needs("fixed_price"),
            Provider::PythPull if feed_id.is_none() => return needs("feed_id"),
            Provider::SwitchboardOnDemand | Provider::PythLegacy | Provider::SwitchboardV2 if account.is_none() => {
                return needs("account");
            }
            _ => {}
        }
        let is_fixed = kind == Provider::Fixed;
        let surplus = [
            ("account", is_fixed && account.is_some()),
            ("owner", is_fixed && owner.is_some()),
            ("feed_id", is_fixed && feed_id.is_some()),
            ("fixed_price", !is_fixed && fixed_price.is_some()),
        ];
        if let Some((field, _)) = surplus.iter().find(|(_, named)| *named) {
            return Err(format!("a source of {provider} has no `{field}`"));
        }
        if let Some(price) = fixed_price.filter(|price| !FIXED_PRICES.contains(&price.0)) {
            return Err(format!("a fixed price of {price}: expected one within 1 % of a dollar"));
        }
        let writer = kind.default_owners().first().copied().unwrap_or_default();
        Ok(Self {
            provider,
            account: account.unwrap_or(Key(Pubkey::default())),
            owner: owner.unwrap_or(Key(Pubkey::new_from_array(writer))),
            feed_id: feed_id.unwrap_or_default(),
            fixed_price: fixed_price.unwrap_or(FixedPrice(0)),
            max_age,
            max_confidence,
        })
    }
}

/// The sources of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub Vec<SourcePlan>);

impl Setting for Sources {
    type State = [OracleSource; SOURCES];
    type Args = Vec<SourceArgs>;

    fn of(state: &Self::State) -> Self {
        Self(state.iter().take_while(|source| source.provider != 0).map(SourcePlan::of).collect())
    }

    fn of_args(args: &Self::Args) -> Self {
        Self(args.iter().map(SourcePlan::of_args).collect())
    }

    fn write(&self, state: &mut Self::State) {
        *state = [OracleSource::zeroed(); SOURCES];
        for (slot, source) in state.iter_mut().zip(&self.0) {
            source.write(slot);
        }
    }

    fn args(&self) -> Self::Args {
        self.0.iter().map(Setting::args).collect()
    }

    fn texts(&self, path: &str, texts: &mut Texts) {
        for (number, source) in self.0.iter().enumerate() {
            source.texts(&format!("{path}[{number}]"), texts);
        }
    }
}

/// A bank: what it is, and its settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankPlan {
    /// What amounts of its token are called in the file.
    pub name: String,
    /// Its mint.
    pub mint: Key,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Its feed.
    pub feed: FeedRef,
    /// What users may do.
    pub mode: Mode,
    /// What `configure_bank` sets.
    pub settings: BankSettings,
}

/// A feed by its symbol or its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected the symbol of a feed such as \"SOL\", or the row of one")]
pub enum FeedRef {
    /// The only feed of this symbol.
    Symbol(Symbol),
    /// The feed on this row.
    Row(u8),
}

section! {
    /// What a bank takes and lends, and at which rate.
    #[serde(deny_unknown_fields)]
    BankSettings: ballast_state::Bank, BankArgs {
        collateral: Flag;
        borrowable: Flag;
        interest_fee: Share;
        deposit_cap: Amount;
        borrow_cap: Amount;
        max_utilisation: Percent;
        hourly_limit: Amount, in hourly.limit;
        daily_limit: Amount, in daily.limit;
        flash_fee: Share;
        warm_up: Seconds;
        curve: Curve;
    }
}

/// Banks that a group can count.
const BANKS: usize = 65_535;
/// A timelock to start from.
const TIMELOCK: Timelock = Timelock { delay: Seconds(172_800), expiry: Seconds(604_800) };
/// Longest pause a group can allow.
const MAX_PAUSE: Seconds = Seconds(604_800);

impl Deployment {
    /// A deployment from the text of a file; `file` is what errors call it.
    ///
    /// # Errors
    /// The text is no TOML, has a field too many or too few, a value in another unit, or one the engine would refuse. The
    /// error names the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, MigrateError> {
        let source = Source { file: file.to_owned(), text: text.to_owned() };
        let mut deployment: Self = toml::from_str(text).map_err(|error| source.error(&error))?;
        deployment.source = Some(source);
        deployment.check()?;
        Ok(deployment)
    }

    /// A group as `creator` made it, without anything in it.
    #[must_use]
    pub fn new(creator: Pubkey, id: u16, settings: GroupSettings) -> Self {
        let group = GroupPlan { creator: Key(creator), id, address: None, admin: None, timelock: None, settings };
        Self {
            group,
            classes: Vec::new(),
            feeds: Vec::new(),
            banks: Vec::new(),
            pool: None,
            markets: Vec::new(),
            source: None,
        }
    }

    /// The error at a place of this deployment.
    pub(crate) fn error(&self, fault: &Fault) -> MigrateError {
        match &self.source {
            Some(source) => source.fault(fault),
            None => MigrateError { place: None, message: says(fault) },
        }
    }

    /// Brings amounts into atoms, and refuses what the engine would refuse.
    ///
    /// # Errors
    /// See [`Deployment::parse`].
    pub fn check(&mut self) -> Result<(), MigrateError> {
        let checked = self.denominate().and_then(|()| self.judge());
        checked.map_err(|fault| self.error(&fault))
    }

    fn denominate(&mut self) -> Result<(), Fault> {
        for (index, bank) in self.banks.iter_mut().enumerate() {
            if Decimals::new(bank.decimals).is_none() {
                return Err(refused(format!("banks[{index}]"), Some("decimals"), RiskError::DecimalsNotSupported));
            }
            let units = Units::of_token(&bank.name, bank.decimals);
            bank.settings.denominate(&format!("banks[{index}].settings"), &units)?;
        }
        self.denominate_perps()
    }

    fn judge(&self) -> Result<(), Fault> {
        judge_group(&self.group)?;
        for (index, class) in self.classes.iter().enumerate() {
            if self.classes.iter().take(index).any(|other| other.number == class.number) {
                return Err(Fault::new(format!("classes[{index}].number"), format!("class {} twice", class.number)));
            }
        }
        for (table, count, most) in [("feeds", self.feeds.len(), ROWS), ("banks", self.banks.len(), BANKS)] {
            if count > most {
                return Err(Fault::new(table, format!("{count} {table}: a group holds at most {most}")));
            }
        }
        for (row, feed) in self.feeds.iter().enumerate() {
            self.judge_feed(feed, &format!("feeds[{row}]"))?;
        }
        for (index, bank) in self.banks.iter().enumerate() {
            let at = format!("banks[{index}]");
            if self.banks.iter().take(index).any(|other| other.mint == bank.mint) {
                return Err(Fault::new(at + ".mint", format!("mint {} twice: a group lists a mint once", bank.mint)));
            }
            self.row(index)?;
            judge_bank(bank, Price(0), &at)?;
        }
        self.judge_perps()
    }

    fn judge_feed(&self, feed: &FeedPlan, at: &str) -> Result<(), Fault> {
        let count = feed.sources.0.len();
        if count == 0 || count > SOURCES {
            return Err(Fault::new(format!("{at}.sources"), format!("{count} sources: expected 1 to {SOURCES}")));
        }
        let is_fixed = |source: &SourcePlan| source.provider.0 == Provider::Fixed.to_u8();
        if count > 1 && feed.sources.0.iter().any(is_fixed) {
            return Err(Fault::new(format!("{at}.sources"), "a fixed price must be the only source of its feed"));
        }
        for (number, source) in feed.sources.0.iter().enumerate() {
            let valid = |source: &SourcePlan| {
                let mut one = FeedPlan { sources: Sources(vec![source.clone()]), ..feed.clone() };
                one.judge = Judge::of_args(&presets::judge());
                limits::validate_feed(&state_of(&one)).is_ok()
            };
            if !valid(source) {
                let good = SourcePlan::of_args(&presets::fixed(1_000_000));
                let path = format!("{at}.sources[{number}]");
                return Err(bounds(&path, source.blame(&good, valid), source, &good));
            }
        }
        let valid = |judge: &Judge| {
            limits::validate_feed(&state_of(&FeedPlan { judge: judge.clone(), ..feed.clone() })).is_ok()
        };
        if !valid(&feed.judge) {
            let good = Judge::of_args(&presets::judge());
            return Err(bounds(&format!("{at}.judge"), feed.judge.blame(&good, valid), &feed.judge, &good));
        }
        let bonus_min = self.group.settings.rules.bonus_min.0;
        let judged = |rates: &Rates| {
            let mut state = PriceFeed::zeroed().rates;
            rates.write(&mut state);
            limits::validate_rates(&state, self.kappa(feed.class.0), bonus_min)
        };
        let Err(error) = judged(&feed.rates) else { return Ok(()) };
        // The rest of the table is judged together.
        let good = Rates { sigma: Percent(Ratio::ONE.0), depth: Dollars(0), ..feed.rates.clone() };
        let field = match error {
            RiskError::AddOnBelowBonus => Some("maintenance_add_on"),
            _ => feed.rates.blame(&good, |rates| judged(rates).is_ok()),
        };
        Err(refused(format!("{at}.rates"), field, error))
    }

    /// κ of a class.
    pub(crate) fn kappa(&self, class: u8) -> u32 {
        self.classes.iter().find(|plan| plan.number.0 == class).map_or(0, |plan| plan.kappa.0)
    }

    /// The row of a bank's feed.
    pub(crate) fn row(&self, bank: usize) -> Result<u8, Fault> {
        let at = format!("banks[{bank}].feed");
        match self.banks.get(bank) {
            Some(plan) => self.feed_row(plan.feed, &at),
            None => Err(Fault::new(at, "no such bank")),
        }
    }

    /// The row of the feed that the value at `at` names.
    pub(crate) fn feed_row(&self, feed: FeedRef, at: &str) -> Result<u8, Fault> {
        let row = match feed {
            FeedRef::Row(row) => Some(usize::from(row)).filter(|row| *row < self.feeds.len()),
            FeedRef::Symbol(symbol) => {
                let mut named = self.feeds.iter().enumerate().filter(|(_, feed)| feed.symbol == symbol);
                let first = named.next().map(|(row, _)| row);
                if named.next().is_some() {
                    return Err(Fault::new(at, "several feeds have this symbol: say the row of one"));
                }
                first
            }
        };
        let row = row.ok_or_else(|| Fault::new(at, "the file has no such feed"))?;
        u8::try_from(row).map_err(|_| Fault::new(at, "no board has so many rows"))
    }
}

fn judge_group(group: &GroupPlan) -> Result<(), Fault> {
    if group.admin.is_some_and(|admin| admin.0 == Pubkey::default()) {
        return Err(Fault::new("group.admin", "nobody signs for the zero address, so nobody could accept"));
    }
    let valid = |timelock: &Timelock| limits::validate_timelock(timelock.delay.0, timelock.expiry.0).is_ok();
    if let Some(timelock) = group.timelock.as_ref().filter(|timelock| !valid(timelock)) {
        return Err(bounds("group.timelock", timelock.blame(&TIMELOCK, valid), timelock, &TIMELOCK));
    }
    let settings = &group.settings;
    if settings.max_pause.0 > MAX_PAUSE.0 {
        let message = format!("{} is too long: expected at most {MAX_PAUSE}", settings.max_pause);
        return Err(Fault::new("group.settings.max_pause", message));
    }
    let valid = |rules: &Rules| {
        let mut state = RiskBoard::zeroed().rules;
        rules.write(&mut state);
        limits::validate_rules(&state).is_ok()
    };
    if valid(&settings.rules) {
        return Ok(());
    }
    let good = Rules::of_args(&presets::rules());
    Err(bounds("group.settings.rules", settings.rules.blame(&good, valid), &settings.rules, &good))
}

/// The engine's judgement of a bank at a price; at zero, of all that does not depend on one.
pub(crate) fn judge_bank(bank: &BankPlan, price: Price, at: &str) -> Result<(), Fault> {
    let judged = |settings: &BankSettings| {
        let mut state = ballast_state::Bank::zeroed();
        settings.write_all(&mut state);
        state.decimals = bank.decimals;
        limits::validate_bank(&state, price)
    };
    let Err(error) = judged(&bank.settings) else { return Ok(()) };
    let good = BankSettings::of_args(&presets::bank(0, 0));
    let field = bank.settings.blame(&good, |settings| judged(settings).is_ok());
    Err(refused(format!("{at}.settings"), field, error))
}

impl BankSettings {
    /// Into a bank, with the number of corners that its curve has.
    pub(crate) fn write_all(&self, bank: &mut ballast_state::Bank) {
        self.write(bank);
        bank.curve_points = u8::try_from(self.curve.0.len()).unwrap_or(u8::MAX);
    }
}

/// A bank listed through a timelock warms up for long.
pub(crate) fn judge_warm_up(bank: &BankPlan, at: &str) -> Result<(), Fault> {
    limits::validate_warm_up(bank.settings.warm_up.0, true)
        .map_err(|error| refused(format!("{at}.settings"), Some("warm_up"), error))
}

/// What the engine says of a field, or of a table.
pub(crate) fn refused(table: String, field: Option<&str>, error: RiskError) -> Fault {
    let path = field.map_or(table.clone(), |field| crate::section::join(&table, field));
    Fault::new(path, format!("{error} ({error:?}); migrations/README.md states the bounds"))
}

pub(crate) fn state_of(feed: &FeedPlan) -> PriceFeed {
    let mut state = PriceFeed::zeroed();
    feed.write(&mut state);
    state
}

/// A value out of its bounds: the one field to blame, or the table.
pub(crate) fn bounds<T: Setting>(path: &str, field: Option<&str>, wrong: &T, good: &T) -> Fault {
    let Some(field) = field else {
        return Fault::new(path, "a value is out of its bounds: migrations/README.md states them");
    };
    let at = crate::section::join(path, field);
    let said = |table: &T| {
        let mut texts = Texts::new();
        table.texts(path, &mut texts);
        texts.into_iter().find(|(name, _)| *name == at).map(|(_, text)| text).unwrap_or_default()
    };
    let message =
        format!("{} is out of bounds: {} would do (migrations/README.md states them)", said(wrong), said(good));
    Fault::new(at, message)
}
