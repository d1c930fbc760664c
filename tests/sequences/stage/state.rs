//! Everything of a group at one moment.

use std::collections::BTreeMap;

use ballast_client::view;
use ballast_risk::Now;
use ballast_state::{Bank, Group, MarginAccount, Mint, PendingChange, PriceFeed, RiskBoard, TransferFee, Zeroable};
use ballast_testkit::World;
use solana_pubkey::Pubkey;

use super::administration::Proposal;
use super::{Perps, Stage, OWNERS, SLOTS};
use crate::step::NOBODY;

/// Every account of the group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) now: Now,
    pub(crate) group: Group,
    pub(crate) board: Box<RiskBoard>,
    pub(crate) feeds: Vec<PriceFeed>,
    pub(crate) banks: Vec<Bank>,
    /// Tokens in the banks' vaults.
    pub(crate) vaults: Vec<u64>,
    /// What transfers of the banks' tokens cost.
    pub(crate) fees: Vec<Option<TransferFee>>,
    /// Transfer fees withheld in vaults and wallets, by bank.
    pub(crate) withheld: Vec<u128>,
    /// Margin accounts by slot.
    pub(crate) accounts: Vec<Option<MarginAccount>>,
    /// Tokens in the wallets, by owner (administration last) and bank.
    pub(crate) wallets: Vec<Vec<u64>>,
    /// Perps.
    pub(crate) perps: Perps,
    /// Changes that wait for the timelock, by number.
    pub(crate) changes: BTreeMap<u64, PendingChange>,
    /// Everybody with a key.
    people: Vec<(u8, Pubkey)>,
}

impl State {
    /// Of a world nobody has looked at.
    pub(super) fn unseen(world: &World) -> Self {
        Self {
            now: world.now(),
            group: Group::zeroed(),
            board: Box::new(world.board()),
            feeds: Vec::new(),
            banks: Vec::new(),
            vaults: Vec::new(),
            fees: Vec::new(),
            withheld: Vec::new(),
            accounts: Vec::new(),
            wallets: Vec::new(),
            perps: Perps::none(),
            changes: BTreeMap::new(),
            people: Vec::new(),
        }
    }

    pub(crate) fn bank(&self, index: u16) -> Option<&Bank> {
        self.banks.get(usize::from(index))
    }

    pub(crate) fn account(&self, slot: u8) -> Option<&MarginAccount> {
        self.accounts.get(usize::from(slot)).and_then(Option::as_ref)
    }

    /// Whose key it is.
    pub(crate) fn person(&self, key: &Pubkey) -> u8 {
        self.people.iter().find(|(_, known)| known == key).map_or(NOBODY, |(person, _)| *person)
    }

    /// Who owns an account.
    pub(crate) fn owner(&self, slot: u8) -> u8 {
        self.account(slot).map_or(NOBODY, |account| self.person(&account.owner))
    }

    /// Who may act on an account beside its owner.
    pub(crate) fn delegate(&self, slot: u8) -> u8 {
        self.account(slot).map_or(NOBODY, |account| self.person(&account.delegate))
    }

    pub(crate) fn admin(&self) -> u8 {
        self.person(&self.group.admin)
    }

    /// What is in somebody's wallet.
    pub(crate) fn wallet(&self, who: u8, bank: u16) -> u64 {
        let own = self.wallets.get(usize::from(who.min(OWNERS)));
        own.and_then(|wallets| wallets.get(usize::from(bank))).copied().unwrap_or(0)
    }

    /// What arrives of so many atoms sent.
    pub(crate) fn arriving(&self, bank: u16, atoms: u64) -> u64 {
        let fee = self.fees.get(usize::from(bank)).copied().flatten();
        fee.map_or(atoms, |fee| fee.after(atoms))
    }

    /// What must be sent for so many atoms to arrive, if anybody can.
    pub(crate) fn sending(&self, bank: u16, atoms: u64) -> Option<u64> {
        let fee = self.fees.get(usize::from(bank)).copied().flatten();
        fee.map_or(Some(atoms), |fee| fee.before(atoms))
    }

    /// All tokens of a bank's mint.
    pub(crate) fn tokens(&self, bank: usize) -> u128 {
        let wallets: u128 = self.wallets.iter().filter_map(|owner| owner.get(bank)).map(|held| u128::from(*held)).sum();
        let withheld = self.withheld.get(bank).copied().unwrap_or(0);
        wallets + withheld + u128::from(self.vaults.get(bank).copied().unwrap_or(0))
    }
}

impl Stage {
    /// Reads everything.
    pub(super) fn look(&self) -> State {
        let (world, svm) = (&self.world, &self.world.svm);
        let group: Group = svm.read(&world.group);
        let banks: Vec<Bank> = self.keys.banks.iter().map(|key| svm.read(key)).collect();
        let change = |(number, proposal): (&u64, &Proposal)| {
            let account = svm.account(&proposal.key)?;
            Some((*number, view::decode(&account.data).ok()?))
        };
        State {
            now: world.now(),
            group,
            board: Box::new(svm.read(&self.keys.board)),
            feeds: self.keys.feeds.iter().map(|key| svm.read(key)).collect(),
            vaults: banks.iter().map(|bank| svm.tokens(&bank.vault)).collect(),
            fees: banks.iter().map(|bank| self.fee(bank)).collect(),
            withheld: banks.iter().map(|bank| self.withheld(bank)).collect(),
            banks,
            accounts: (0..SLOTS).map(|slot| self.read_slot(slot)).collect(),
            wallets: self.wallets.iter().map(|own| own.iter().map(|key| svm.tokens(key)).collect()).collect(),
            perps: self.look_at_perps(),
            changes: self.proposed.iter().filter_map(change).collect(),
            people: self.keys.people.clone(),
        }
    }

    fn read_slot(&self, slot: u8) -> Option<MarginAccount> {
        let account = self.world.svm.account(&self.slot_key(slot))?;
        view::decode(&account.data).ok()
    }

    fn fee(&self, bank: &Bank) -> Option<TransferFee> {
        if bank.transfer_fee == 0 {
            return None;
        }
        let mint = self.world.svm.account(&bank.mint)?;
        Mint::parse(&mint.data)?.transfer_fee(u64::MAX)
    }

    fn withheld(&self, bank: &Bank) -> u128 {
        if bank.transfer_fee == 0 {
            return 0;
        }
        let wallets = self.wallets.iter().filter_map(|own| own.get(usize::from(bank.index)));
        wallets.chain([&bank.vault]).map(|key| u128::from(self.world.svm.withheld(key))).sum()
    }
}
