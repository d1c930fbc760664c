//! The stage of a story: markets, owners and their wallets; how steps become a transaction; what everything is after it.

mod administration;
mod instruction;
mod perps;
mod state;
mod world;

use std::collections::BTreeMap;

use ballast_client::ballast::types::{BankArgs, MarketArgs, PriceFeedArgs, RulesArgs};
use ballast_testkit::{Failed, Market, Sent, World};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;

use crate::step::{By, Do, How, Step, GUARDIAN, HEIR, RISK_ADMIN};
use administration::{Proposal, Settings};
pub(crate) use perps::{Perps, QUOTE};
pub(crate) use state::State;

/// People with margin accounts. The first lends, the next two take over, the others borrow.
pub(crate) const OWNERS: u8 = 8;
/// Margin accounts: slot `n` is number `n / OWNERS` of owner `n % OWNERS`, who may give it away.
pub(crate) const SLOTS: u8 = 12;

/// Row of the feed with two sources.
pub(crate) const TWO_SOURCES: u8 = 3;
/// What the second of them calls it.
const SECOND_FEED_ID: [u8; 32] = [9; 32];

/// Who opens an account, and owns it at first.
pub(crate) const fn opener_of(slot: u8) -> u8 {
    slot % OWNERS
}

/// A world on which steps are done.
pub(crate) struct Stage {
    pub(crate) world: World,
    owners: Vec<Keypair>,
    heir: Keypair,
    guardian: Keypair,
    risk_admin: Keypair,
    /// Token accounts by owner (administration last) and bank.
    wallets: Vec<Vec<Pubkey>>,
    /// Account of the second source of [`TWO_SOURCES`].
    second: Pubkey,
    /// A feed without a bank, as if it had one.
    index: Market,
    /// When every feed's first source printed last, by row.
    printed: Vec<i64>,
    /// The perp markets' settings.
    perp_args: Vec<MarketArgs>,
    /// What each feed began at, by row.
    pub(crate) first_prices: Vec<i64>,
    /// The feeds' settings as listed, by row.
    listed_feeds: Vec<PriceFeedArgs>,
    /// The banks' settings as listed.
    pub(crate) listed_banks: Vec<BankArgs>,
    rules: RulesArgs,
    /// Changes that were proposed, by number.
    proposed: BTreeMap<u64, Proposal>,
    keys: Keys,
    /// What everything is.
    pub(crate) state: State,
}

/// Addresses that every look needs, derived once: that takes longer than the look.
struct Keys {
    board: Pubkey,
    feeds: Vec<Pubkey>,
    banks: Vec<Pubkey>,
    slots: Vec<Pubkey>,
    people: Vec<(u8, Pubkey)>,
    pool: Pubkey,
    /// Of perp markets.
    markets: Vec<Pubkey>,
    /// Of the slots' orders.
    orders: Vec<Pubkey>,
    /// Of the owners' liquidity.
    providers: Vec<Pubkey>,
    /// Where keepers keep the update before the last, by row.
    kept: Vec<Pubkey>,
    /// Of the epochs that may be struck by now, from the first.
    epochs: Vec<Pubkey>,
}

/// What became of a transaction.
pub(crate) struct Acted {
    /// What everything was.
    pub(crate) before: State,
    /// Names of its instructions.
    pub(crate) names: Vec<&'static str>,
    /// What the chain said, if there was an instruction.
    pub(crate) outcome: Option<Result<Sent, Failed>>,
}

impl Stage {
    /// Does steps, in one transaction.
    pub(crate) fn act(&mut self, steps: &[Step]) -> Acted {
        for step in steps {
            self.happen(*step);
        }
        let (names, outcome) = self.send(steps);
        self.meet_perps();
        let after = self.look();
        Acted { before: std::mem::replace(&mut self.state, after), names, outcome }
    }

    /// What a step is beside its instruction.
    fn happen(&mut self, step: Step) {
        match step.does {
            Do::Wait { seconds } => {
                self.world.svm.advance(seconds.into());
                self.state.now = self.world.now();
            }
            Do::Print { row, source, price, confidence, age } => self.print(row, source, price, confidence, age),
            Do::Migrate { bank, old: true } => self.write_old(bank),
            _ => {}
        }
    }

    fn send(&mut self, steps: &[Step]) -> (Vec<&'static str>, Option<Result<Sent, Failed>>) {
        let (mut names, mut instructions, mut listed) = (Vec::new(), Vec::new(), None);
        let settings: Vec<Settings> = steps.iter().filter_map(|step| self.settings_after(*step)).collect();
        for step in steps {
            if let (Some(name), Some(instruction)) = (self.name(*step), self.build(*step, &mut listed)) {
                names.push(name);
                instructions.push(instruction);
            }
        }
        if instructions.is_empty() {
            return (names, None);
        }
        let sent = {
            let signers = self.signers(steps, &instructions);
            self.world.svm.send(&instructions, &signers.iter().collect::<Vec<_>>())
        };
        if sent.is_ok() {
            if let Some(market) = listed {
                self.enlist(market);
            }
            settings.into_iter().for_each(|settings| self.remember(settings));
        }
        (names, Some(sent))
    }

    /// The instruction of a step, and the market it lists.
    fn build(&mut self, step: Step, listed: &mut Option<Market>) -> Option<Instruction> {
        match (step.does, step.how) {
            (Do::AddBank { row, decimals, fee }, How::Now | How::Joined) => {
                let market = self.new_market(row, decimals, fee);
                let add = self.add_bank(step.by, &market);
                *listed = Some(market);
                Some(add)
            }
            (_, How::Proposed) => self.proposing(step),
            _ => self.instruction(step),
        }
    }

    /// What a step counts as.
    fn name(&self, step: Step) -> Option<&'static str> {
        if step.how == How::Proposed {
            return Some("propose_change");
        }
        let delegated = |slot| step.by == self.state.delegate(slot) && step.by != self.state.owner(slot);
        let slot = if let Do::Perp(does) = step.does { does.slot() } else { None };
        let by = By {
            person: step.by,
            owner: slot.is_some_and(|slot| step.by == self.state.owner(slot)),
            delegate: slot.is_some_and(delegated),
        };
        Some(match step.does {
            Do::Deposit { slot, .. } if delegated(slot) => "deposit by delegate",
            Do::Withdraw { slot, .. } if delegated(slot) => "withdraw by delegate",
            Do::Borrow { slot, .. } if delegated(slot) => "borrow by delegate",
            Do::PauseBank { .. } if step.by == GUARDIAN => "pause_bank by guardian",
            Do::PauseRisk { .. } if step.by == GUARDIAN => "pause_risk by guardian",
            Do::SetMode { .. } if step.by == RISK_ADMIN => "set_bank_mode by risk admin",
            Do::ConfigureBank { .. } if step.by == RISK_ADMIN => "configure_bank by risk admin",
            does => does.name(by)?,
        })
    }

    /// Everybody whose signature a transaction needs. The first pays, whether it signs for anything else or not.
    fn signers(&self, steps: &[Step], instructions: &[Instruction]) -> Vec<Keypair> {
        let needed = |person: u8| {
            let key = self.key_of(person);
            let mut metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
            metas.any(|meta| meta.is_signer && meta.pubkey == key)
        };
        let mut people = Vec::new();
        for step in steps {
            let second = if let Do::Transfer { to, .. } = step.does { to } else { step.by };
            for person in [step.by, second] {
                if people.is_empty() || (!people.contains(&person) && needed(person)) {
                    people.push(person);
                }
            }
        }
        people.into_iter().map(|person| self.keypair(person).insecure_clone()).collect()
    }

    /// The market of a feed: of the first bank under it, or of the feed that had none.
    pub(crate) fn market_of(&self, row: u8) -> Option<&Market> {
        self.world.markets.iter().chain([&self.index]).find(|market| market.row == row)
    }

    fn slot_key(&self, slot: u8) -> Pubkey {
        self.keys.slots.get(usize::from(slot)).copied().unwrap_or_default()
    }

    fn keypair(&self, person: u8) -> &Keypair {
        match person {
            HEIR => &self.heir,
            GUARDIAN => &self.guardian,
            RISK_ADMIN => &self.risk_admin,
            owner => self.owners.get(usize::from(owner)).unwrap_or(&self.world.admin),
        }
    }

    /// A person's key; the zero key of nobody.
    fn key_of(&self, person: u8) -> Pubkey {
        self.keys.people.iter().find(|(known, _)| *known == person).map_or_else(Pubkey::default, |(_, key)| *key)
    }

    fn wallet(&self, who: u8, bank: u16) -> Pubkey {
        let owner = usize::from(who.min(OWNERS));
        self.wallets[owner].get(usize::from(bank)).copied().unwrap_or_default()
    }
}
