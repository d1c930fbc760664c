//! The replay: prints, and everybody's actions between them, in order of time.

use std::collections::{BTreeMap, BTreeSet};

use ballast_client::instructions as ix;
use ballast_math::{Ratio, Usd};
use ballast_risk::health::Health;
use ballast_risk::interest;
use ballast_risk::invariant;
use ballast_state::PerpMarket;
use solana_signer::Signer;

use super::chain::{By, Chain, Stop, Touched};
use super::journal::Journal;
use super::keeper;
use super::market::{self, Market};
use super::oracles::CONFIRM_AFTER;
use super::owners::Owners;
use super::perps;
use super::random::Random;
use super::tape::Tape;

mod trading;

const HOUR: i64 = 3_600;
/// Seconds to the next print while somebody is unhealthy.
const BUSY: i64 = 30;
/// Rounds without any progress after which a round is no longer busy.
const PATIENCE: u32 = 6;
/// Seconds between looking at the chain and having a transaction in it.
const LATENCY: i64 = 2;
/// Accounts at or above this health factor are looked at again when an hour has passed or a price has moved by 4 %, those
/// above `HOT_BPS` when one has moved by half a percent, the rest at every print. No move that small takes one below 1.
const NEAR_BPS: u32 = 12_500;
const HOT_BPS: u32 = 10_200;
/// How long the replay goes on at the last prices, so that what is under way can end.
const EPILOGUE: i64 = HOUR;

#[derive(Clone, Copy, Debug)]
enum Task {
    /// Oracles print, keepers refresh, everybody looks.
    Print,
    /// The same prices again, so that a jump can be confirmed.
    Confirm,
    /// Keepers start the timers of unhealthy accounts.
    Mark,
    /// A deleverager decides, acts.
    Plan(usize),
    Deleverage(usize),
    /// A liquidator decides, acts, sells.
    Decide(usize),
    Liquidate(usize),
    Rebalance(Trader),
    /// Keepers write off what nobody will pay.
    Resolve,
    /// Owners and lenders look.
    Owners(i64),
    /// Traders of perps look; keepers fill their orders, and settle what they won and lost.
    Trade,
    Fill,
    Settle,
    /// Providers of liquidity ask, and their epoch is struck.
    Ask,
    Strike,
}

/// Who trades with the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trader {
    Liquidator(usize),
    Keeper(usize),
}

/// The state of things at one moment of the replay.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Unix seconds.
    pub(super) at: i64,
    /// Market prices by bank.
    pub(super) prices: Vec<u64>,
    /// Borrowers' collateral and loans.
    pub(super) collateral: Usd,
    pub(super) debt: Usd,
    /// Insurance of all banks.
    pub(super) insurance: Usd,
    /// Liquidations and losses so far.
    pub(super) liquidations: usize,
    pub(super) losses: usize,
    /// Perps, where there are any.
    pub(super) perps: Option<PerpsSample>,
}

/// The pool and the markets at one moment.
#[derive(Clone, Debug)]
pub(super) struct PerpsSample {
    /// Net assets of the pool, atoms.
    pub(super) assets: i128,
    /// By market.
    pub(super) markets: Vec<PerpMarket>,
}

/// Members that are looked at together, and the prices at which they were.
#[derive(Clone, Debug)]
struct Circle {
    members: Vec<usize>,
    prices: Vec<u64>,
}

impl Circle {
    /// True if a price has moved by more than one part in `n` since.
    fn moved(&self, prices: &[u64], n: u64) -> bool {
        self.prices.iter().zip(prices).any(|(was, is)| was.abs_diff(*is) > was / n)
    }
}

/// Maintenance health at one moment, by member; none without debt.
pub(super) type Healths = Vec<Option<Health>>;

/// A replay under way.
pub(super) struct Replay<'a> {
    tape: &'a Tape,
    pub(super) market: Market,
    pub(super) journal: Journal,
    pub(super) samples: Vec<Sample>,
    owners: Owners,
    random: Random,
    queue: BTreeMap<(i64, u64), Task>,
    queued: u64,
    /// Members that are unhealthy, below their floor, bankrupt: as of the last look.
    unhealthy: Vec<usize>,
    below: Vec<usize>,
    bankrupt: Vec<usize>,
    /// Unhealthy members with perp positions.
    exposed: Vec<usize>,
    /// Everybody, those near ill health, and those next to it or to their floor, each with the prices at which they were
    /// last looked at.
    circles: [Circle; 3],
    looked_at: i64,
    /// Liquidators and deleveragers with something to sell.
    loaded: BTreeSet<Trader>,
    /// True once the latecomer is there.
    rescued: bool,
    stuck: u32,
    progress_mark: usize,
    sample_every: i64,
    next_sample: i64,
    next_hour: i64,
}

impl<'a> Replay<'a> {
    /// A replay of the tape on a market that was just opened.
    pub(super) fn new(tape: &'a Tape, market: Market, seed: u64) -> Self {
        let owners = Owners::new(&market.chain, &market.borrowers);
        // At most about 750 samples, no more than twelve an hour.
        let sample_every = ((tape.to - tape.from) / 750).max(300);
        Self {
            tape,
            owners,
            journal: Journal::default(),
            samples: Vec::new(),
            random: Random::new(seed, "liquidators"),
            queue: BTreeMap::new(),
            queued: 0,
            unhealthy: Vec::new(),
            below: Vec::new(),
            bankrupt: Vec::new(),
            exposed: Vec::new(),
            circles: [(0..market.chain.members.len()).collect(), Vec::new(), Vec::new()]
                .map(|members| Circle { members, prices: vec![0; market.chain.banks.len()] }),
            looked_at: i64::MIN / 2,
            loaded: BTreeSet::new(),
            rescued: false,
            stuck: 0,
            progress_mark: 0,
            sample_every,
            next_sample: tape.from,
            next_hour: tape.from,
            market,
        }
    }

    /// Runs to the end. `progress` hears of every hour.
    pub(super) fn run(&mut self, progress: &mut dyn FnMut(i64, &Journal)) -> Result<(), Stop> {
        self.schedule(self.tape.from, Task::Print);
        self.schedule_perps();
        while let Some(((at, _), task)) = self.queue.pop_first() {
            self.market.chain.set_time(at);
            if let Task::Owners(_) = task {
                progress(at, &self.journal);
            }
            self.perform(task)?;
        }
        self.finish()
    }

    fn schedule(&mut self, at: i64, task: Task) {
        self.queued += 1;
        self.queue.insert((at, self.queued), task);
    }

    fn perform(&mut self, task: Task) -> Result<(), Stop> {
        let (market, journal) = (&mut self.market, &mut self.journal);
        match task {
            Task::Print => self.print(),
            Task::Confirm => {
                self.refresh()?;
                self.look()
            }
            Task::Mark => {
                for &account in &self.unhealthy {
                    if market.chain.members[account].state.unhealthy_since == 0 {
                        keeper::mark(&mut market.chain, journal, account)?;
                    }
                }
                Ok(())
            }
            Task::Plan(index) => market.keepers[index].decide(&market.chain, &self.below),
            Task::Deleverage(index) => {
                market.keepers[index].act(&mut market.chain, journal)?;
                self.loaded.insert(Trader::Keeper(index));
                Ok(())
            }
            Task::Decide(index) => {
                let mut seen = self.unhealthy.clone();
                self.random.shuffle(&mut seen);
                market.liquidators[index].decide(&market.chain, &seen)
            }
            Task::Liquidate(index) => {
                market.liquidators[index].act(&mut market.chain, journal)?;
                perps::liquidate(&mut market.chain, journal, market.liquidators[index].member, &self.exposed)?;
                self.loaded.insert(Trader::Liquidator(index));
                // What was closed is the pool's now.
                self.watch_markets()
            }
            Task::Rebalance(trader) => {
                let (desk, member) = match trader {
                    Trader::Liquidator(index) => {
                        let one = &mut market.liquidators[index];
                        (&mut one.desk, one.member)
                    }
                    Trader::Keeper(index) => {
                        let one = &mut market.keepers[index];
                        (&mut one.desk, one.member)
                    }
                };
                if !desk.work(&mut market.chain, member)? {
                    self.loaded.remove(&trader);
                }
                Ok(())
            }
            Task::Resolve => {
                for &account in &self.bankrupt {
                    keeper::resolve(&mut market.chain, journal, account)?;
                }
                Ok(())
            }
            Task::Owners(hour) => {
                let changed = self.owners.act(&mut market.chain, journal, &market.borrowers, hour)?;
                self.watch(&changed);
                Ok(())
            }
            Task::Trade | Task::Fill | Task::Settle | Task::Ask | Task::Strike => self.trading(task),
        }
    }

    /// Looks at members more closely from now on.
    fn watch(&mut self, members: &[usize]) {
        for circle in &mut self.circles[1..] {
            circle.members.extend(members);
            circle.members.sort_unstable();
            circle.members.dedup();
        }
    }

    fn print(&mut self) -> Result<(), Stop> {
        let at = self.market.chain.now().ts;
        self.market.chain.check_shares()?;
        let waiting = self.refresh()?;
        self.look()?;
        self.rescue(at)?;
        if at >= self.next_sample {
            self.sample()?;
            self.next_sample = at + self.sample_every;
        }

        if waiting {
            self.schedule(at + CONFIRM_AFTER, Task::Confirm);
        }
        // A jump that is confirmed may leave accounts unhealthy: then liquidators look, too.
        if waiting || !self.unhealthy.is_empty() || !self.exposed.is_empty() {
            self.schedule(at + 1, Task::Mark);
            for index in 0..self.market.liquidators.len() {
                let act = at + self.market.liquidators[index].delay;
                self.schedule(act - LATENCY, Task::Decide(index));
                self.schedule(act, Task::Liquidate(index));
            }
        }
        if !self.below.is_empty() {
            for index in 0..self.market.keepers.len() {
                let act = at + self.market.keepers[index].delay;
                self.schedule(act - LATENCY, Task::Plan(index));
                self.schedule(act, Task::Deleverage(index));
            }
        }
        if !self.bankrupt.is_empty() {
            self.schedule(at + 19, Task::Resolve);
        }
        if at >= self.next_hour {
            self.schedule(at + 16, Task::Owners((at - self.tape.from) / HOUR));
            self.next_hour += HOUR;
        }
        for trader in self.loaded.clone() {
            self.schedule(at + 20, Task::Rebalance(trader));
        }

        let perps = self.market.chain.tally.perps_recomputed as usize;
        let done = self.journal.liquidations.len() + self.journal.losses.len() + perps;
        self.stuck = if done > self.progress_mark { 0 } else { self.stuck.saturating_add(1) };
        self.progress_mark = done;
        let anybody = !self.unhealthy.is_empty() || !self.exposed.is_empty();
        if !anybody {
            self.stuck = 0;
        }
        let busy = waiting || (anybody && self.stuck < PATIENCE);
        let next = self.tape.next_print(at, if busy { BUSY } else { i64::MAX });
        if next <= self.tape.to + EPILOGUE {
            self.schedule(next, Task::Print);
        }
        Ok(())
    }

    /// When the last bar is half an hour ago and accounts are still unhealthy, the liquidators there are cannot do it: somebody
    /// with capital comes, so that the replay ends with every loss borne.
    fn rescue(&mut self, at: i64) -> Result<(), Stop> {
        if self.rescued || at < self.tape.to + EPILOGUE / 2 || self.unhealthy.is_empty() {
            return Ok(());
        }
        self.rescued = true;
        self.stuck = 0;
        let latecomer = market::latecomer(&mut self.market.chain, &self.unhealthy)?;
        self.circles[0].members.push(latecomer.member);
        self.market.liquidators.push(latecomer);
        Ok(())
    }

    /// Looks at the health of members, liquidators among them: of the widest circle that a price may have brought close.
    fn look(&mut self) -> Result<(), Stop> {
        let chain = &self.market.chain;
        let now = chain.now();
        let banks = chain.accrued()?;
        let prices: Vec<u64> = (0..banks.len()).map(|bank| chain.price(bank as u16).0).collect();
        let widest = if now.ts - self.looked_at >= HOUR || self.circles[0].moved(&prices, 25) {
            self.looked_at = now.ts;
            0
        } else if self.circles[1].moved(&prices, 200) {
            1
        } else {
            2
        };
        let list = self.circles[widest].members.clone();
        for circle in &mut self.circles[widest..] {
            circle.prices.clone_from(&prices);
        }
        for circle in &mut self.circles[(widest + 1).max(1)..] {
            circle.members.clear();
        }
        self.unhealthy.clear();
        self.below.clear();
        self.bankrupt.clear();
        self.exposed.clear();
        let dust = Usd(chain.board.rules.dust);
        for member in list {
            let account = &chain.members[member].state;
            if !ballast_risk::lending::has_liability(account) {
                continue;
            }
            let health = chain.health(account, &banks)?;
            let under = |bps: u64| health.factor_is_below_ratio(Ratio(bps)).map_err(ballast_risk::RiskError::from);
            let floor = account.policy.floor;
            // With perps no move is small.
            if account.perp_count > 0 {
                for circle in &mut self.circles[(widest + 1).max(1)..] {
                    circle.members.push(member);
                }
                if health.is_negative() {
                    self.exposed.push(member);
                } else {
                    perps::note_spared(chain, &mut self.journal, member, &banks)?;
                }
                continue;
            }
            if widest < 1 && under(Ratio::from_bps(NEAR_BPS).0)? {
                self.circles[1].members.push(member);
            }
            if widest < 2 && under(Ratio::from_bps(HOT_BPS).0.max(floor.saturating_add(floor / 50)))? {
                self.circles[2].members.push(member);
            }
            if health.is_negative() {
                self.unhealthy.push(member);
                if health.assets < health.liabilities && health.assets < dust {
                    self.bankrupt.push(member);
                }
            } else if floor != 0
                && under(floor)?
                && now.seconds_since(account.policy.last_ts) >= u64::from(chain.board.rules.deleverage_interval)
            {
                self.below.push(member);
            }
        }
        Ok(())
    }

    /// Maintenance health of every member now.
    pub(super) fn healths(chain: &Chain) -> Result<Healths, Stop> {
        let banks = chain.accrued()?;
        let health = |member: &super::chain::Member| {
            if ballast_risk::lending::has_liability(&member.state) {
                chain.health(&member.state, &banks).map(Some)
            } else {
                Ok(None)
            }
        };
        Ok(chain.members.iter().map(health).collect::<Result<_, _>>()?)
    }

    fn sample(&mut self) -> Result<(), Stop> {
        let chain = &self.market.chain;
        let at = chain.now().ts;
        let banks = chain.accrued()?;
        let (mut collateral, mut debt) = (0u64, 0u64);
        for member in &chain.members[..self.market.borrowers.len()] {
            for balance in member.state.active() {
                let bank = &banks[usize::from(balance.bank)];
                if balance.is_loan() {
                    debt += chain.value(balance.bank, super::chain::debt(&member.state, bank)).0;
                } else {
                    collateral += chain.value(balance.bank, super::chain::claim(&member.state, bank)).0;
                }
            }
        }
        let insurance = banks.iter().map(|bank| chain.value(bank.index, bank.insurance).0).sum();
        let perps = match &chain.perps {
            Some(perps) => {
                let markets = (0..perps.pool.market_count)
                    .map(|index| perps.synced(index, &banks, &chain.board, chain.now()))
                    .collect::<Result<Vec<_>, _>>()?;
                let assets = perps.assets(&markets, &banks[0], chain.now())?;
                Some(PerpsSample { assets, markets })
            }
            None => None,
        };
        self.samples.push(Sample {
            at,
            prices: self.tape.paths.iter().map(|path| path.at(at)).collect(),
            collateral: Usd(collateral),
            debt: Usd(debt),
            insurance: Usd(insurance),
            liquidations: self.journal.liquidations.len(),
            losses: self.journal.losses.len(),
            perps,
        });
        Ok(())
    }

    /// Collects fees, and checks everything once more.
    fn finish(&mut self) -> Result<(), Stop> {
        if let Some(book) = &self.market.book {
            book.settle(&mut self.market.chain, &mut self.journal)?;
        }
        self.sample()?;
        let chain = &mut self.market.chain;
        for index in 0..chain.banks.len() {
            let mut bank = chain.banks[index];
            interest::accrue(&mut bank, chain.now())?;
            if bank.fees.min(bank.vault_balance) == 0 {
                continue;
            }
            let treasury = chain.world.key().pubkey();
            let admin = chain.world.admin.pubkey();
            chain.world.svm.put_tokens(&treasury, &bank.mint, &admin, 0);
            let index = u16::try_from(index).unwrap_or(0);
            let touched = Touched { banks: &[index], ..Touched::default() };
            chain.submit("collect_fees", ix::collect_fees(&treasury, &bank), By::Anyone, touched)?;
        }
        chain.check_shares()?;
        let at = chain.now().ts;
        for member in &chain.members {
            let checked = invariant::check_account(&member.state);
            checked.map_err(|violation| Stop::Broken { violation, after: "the replay", at })?;
        }
        let many = chain.members.len() as u64;
        for number in [5, 6, 13] {
            *chain.tally.checks.entry(number).or_default() += many;
        }
        Ok(())
    }
}
