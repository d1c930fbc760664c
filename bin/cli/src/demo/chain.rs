//! The embedded chain as the demonstration uses it: everything goes through [`Chain::submit`], which sends one public
//! instruction in one transaction, reads back what it changed and checks every invariant that it touches.

use std::collections::BTreeMap;
use std::fmt;

use ballast_client::{addresses, PROGRAM_ID};
use ballast_math::{Index, Price, Usd};
use ballast_migrate::ChainState;
use ballast_risk::health::{self, Assessment, Health, Portfolio, Valuation};
use ballast_risk::invariant;
use ballast_risk::{interest, Now, RiskResult};
use ballast_state::{Bank, MarginAccount, RiskBoard};
use ballast_testkit::{error_name, Failed, Sent, World};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

pub(super) use self::perps::{Funding, Perps};
pub(super) use self::stop::Stop;

mod perps;
mod stop;

/// What a participant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Has a loan, or had.
    Borrower,
    /// Lends.
    Lender,
    /// Liquidates.
    Liquidator,
    /// Deleverages.
    Keeper,
    /// Trades perps.
    Trader,
    /// Gives liquidity to the pool of perps.
    Provider,
    /// Fills orders of perps.
    Filler,
    /// The pool itself, which is no member.
    Pool,
}

/// A participant with one margin account and a token account per bank.
#[derive(Debug)]
pub(super) struct Member {
    /// What it is.
    pub(super) kind: Kind,
    key: Keypair,
    /// Address of the margin account.
    pub(super) account: Pubkey,
    tokens: Vec<Pubkey>,
    /// The margin account as it stands on the chain.
    pub(super) state: MarginAccount,
}

impl Member {
    /// Address of the owner.
    pub(super) fn owner(&self) -> Pubkey {
        self.key.pubkey()
    }

    /// The member's side of a movement of tokens.
    pub(super) fn user(&self, bank: u16) -> ballast_client::instructions::User {
        ballast_client::instructions::User {
            authority: self.key.pubkey(),
            margin_account: self.account,
            tokens: self.tokens[usize::from(bank)],
        }
    }
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// The admin of the group.
    Admin,
    /// Somebody without any role or account.
    Anyone,
    /// A member.
    Member(usize),
}

/// What an instruction changes, to be read back and checked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched<'a> {
    pub(super) banks: &'a [u16],
    pub(super) members: &'a [usize],
    pub(super) board: bool,
    /// The pool of perps.
    pub(super) pool: bool,
    /// Perp markets.
    pub(super) markets: &'a [u16],
}

/// Counts of everything that was sent and checked.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Compute units of every transaction that succeeded, by instruction.
    pub(super) units: BTreeMap<&'static str, Vec<u64>>,
    /// Failures by instruction and reason.
    pub(super) failures: BTreeMap<(&'static str, String), u64>,
    /// How often each invariant was checked, by its number.
    pub(super) checks: BTreeMap<u8, u64>,
    /// Takeovers that did on chain exactly what the engine did on the host.
    pub(super) recomputed: u64,
    /// Likewise liquidations of perps.
    pub(super) perps_recomputed: u64,
}

impl Tally {
    /// Counts a check of the invariants with these numbers.
    pub(super) fn checked(&mut self, numbers: &[u8]) {
        for number in numbers {
            *self.checks.entry(*number).or_default() += 1;
        }
    }
}

/// Interest of one bank so far, 2⁻⁶⁴ atoms.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Interest {
    /// What debts grew by.
    pub(super) paid: u128,
    /// What deposits grew by.
    pub(super) earned: u128,
}

/// The chain and what is known of it.
pub(super) struct Chain {
    pub(super) world: World,
    /// Banks by index, as they stand on the chain.
    pub(super) banks: Vec<Bank>,
    /// Addresses of the banks.
    bank_keys: Vec<Pubkey>,
    /// The board as it stands on the chain.
    pub(super) board: Box<RiskBoard>,
    board_key: Pubkey,
    /// All members.
    pub(super) members: Vec<Member>,
    /// Interest by bank.
    pub(super) interest: Vec<Interest>,
    pub(super) tally: Tally,
    /// Perps, once they are listed.
    pub(super) perps: Option<Perps>,
    anyone: Keypair,
    shares_moved: bool,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("world", &self.world).finish_non_exhaustive()
    }
}

impl Chain {
    /// A chain with an empty group at `ts`.
    pub(super) fn new(ts: i64) -> Self {
        let mut world = World::empty();
        world.svm.set_time(ts);
        let anyone = world.key();
        world.svm.fund(&anyone.pubkey());
        let board_key = addresses::board(&world.group);
        let board = Box::new(world.svm.read(&board_key));
        Self {
            world,
            banks: Vec::new(),
            bank_keys: Vec::new(),
            board,
            board_key,
            members: Vec::new(),
            interest: Vec::new(),
            tally: Tally::default(),
            perps: None,
            anyone,
            shares_moved: false,
        }
    }

    /// The group.
    pub(super) fn group(&self) -> Pubkey {
        self.world.group
    }

    /// The engine's idea of now.
    pub(super) fn now(&self) -> Now {
        self.world.now()
    }

    /// Moves the clock; never back.
    pub(super) fn set_time(&mut self, ts: i64) {
        if ts > self.world.svm.now() {
            self.world.svm.set_time(ts);
        }
    }

    /// Takes note of a bank that was just listed.
    pub(super) fn add_bank(&mut self, index: u16) {
        let key = addresses::bank(&self.world.group, index);
        self.banks.push(self.world.svm.read(&key));
        self.bank_keys.push(key);
        self.interest.push(Interest::default());
    }

    /// Opens a margin account for a new member. Returns the member's number.
    pub(super) fn join(&mut self, kind: Kind) -> Result<usize, Stop> {
        let key = self.world.key();
        let owner = key.pubkey();
        self.world.svm.fund(&owner);
        let account = addresses::margin_account(&self.world.group, &owner, 0);
        let mut tokens = Vec::with_capacity(self.banks.len());
        for bank in 0..self.banks.len() {
            let address = self.world.key().pubkey();
            self.world.svm.put_tokens(&address, &self.banks[bank].mint, &owner, 0);
            tokens.push(address);
        }
        let open = ballast_client::instructions::open_margin_account(&owner, &owner, &self.world.group, 0);
        let sent = self.world.svm.send(&[open], &[&key]);
        let sent = sent.map_err(|failed| set_up("open_margin_account", &failed))?;
        self.tally.units.entry("open_margin_account").or_default().push(sent.compute_units);
        let state = self.world.svm.read(&account);
        self.members.push(Member { kind, key, account, tokens, state });
        Ok(self.members.len() - 1)
    }

    /// Sends one instruction and checks what it did. A failure is counted and gives nothing.
    pub(super) fn submit(
        &mut self,
        name: &'static str,
        instruction: Instruction,
        by: By,
        touched: Touched<'_>,
    ) -> Result<Option<Sent>, Stop> {
        match self.send(name, instruction, by, touched)? {
            Ok(sent) => Ok(Some(sent)),
            Err(failed) => {
                *self.tally.failures.entry((name, reason(&failed))).or_default() += 1;
                Ok(None)
            }
        }
    }

    /// As [`Chain::submit`], for what must not fail.
    pub(super) fn require(
        &mut self,
        name: &'static str,
        instruction: Instruction,
        by: By,
        touched: Touched<'_>,
    ) -> Result<Sent, Stop> {
        self.send(name, instruction, by, touched)?.map_err(|failed| set_up(name, &failed))
    }

    fn send(
        &mut self,
        name: &'static str,
        instruction: Instruction,
        by: By,
        touched: Touched<'_>,
    ) -> Result<Result<Sent, Failed>, Stop> {
        debug_assert_eq!(instruction.program_id, PROGRAM_ID);
        let signer = match by {
            By::Admin => &self.world.admin,
            By::Anyone => &self.anyone,
            By::Member(member) => &self.members[member].key,
        };
        let sent = match self.world.svm.send(&[instruction], &[signer]) {
            Ok(sent) => sent,
            Err(failed) => return Ok(Err(failed)),
        };
        self.tally.units.entry(name).or_default().push(sent.compute_units);
        self.read_back(name, touched)?;
        Ok(Ok(sent))
    }

    fn read_back(&mut self, after: &'static str, touched: Touched<'_>) -> Result<(), Stop> {
        let at = self.world.svm.now();
        let broken = |violation| Stop::Broken { violation, after, at };
        let now = self.now();
        for &index in touched.banks {
            let slot = usize::from(index);
            let bank: Bank = self.world.svm.read(&self.bank_keys[slot]);
            let before = &self.banks[slot];
            invariant::check_indices(before, &bank).map_err(broken)?;
            invariant::check_bank(&bank, self.world.svm.tokens(&bank.vault)).map_err(broken)?;
            self.tally.checked(&[4, 1, 2, 11]);
            if bank.accrued_ts == now.ts {
                self.interest[slot].count(before, now)?;
            }
            if let Some(perps) = self.perps.as_mut().filter(|perps| perps.quote.bank == index) {
                perps.earn(before, &bank);
            }
            self.shares_moved |=
                (before.asset_shares, before.liability_shares) != (bank.asset_shares, bank.liability_shares);
            self.banks[slot] = bank;
        }
        for &member in touched.members {
            let state: MarginAccount = self.world.svm.read(&self.members[member].account);
            invariant::check_account(&state).map_err(broken)?;
            self.tally.checked(&[5, 6, 13]);
            self.members[member].state = state;
        }
        if touched.board {
            let board: RiskBoard = self.world.svm.read(&self.board_key);
            invariant::check_board(&self.board, &board).map_err(broken)?;
            self.tally.checked(&[14, 15]);
            *self.board = board;
        }
        if let Some(perps) = &mut self.perps {
            perps.read_back(&self.world, touched, now)?;
        }
        Ok(())
    }

    /// INV-3 over all accounts, if shares moved since the last time.
    pub(super) fn check_shares(&mut self) -> Result<(), Stop> {
        if !std::mem::take(&mut self.shares_moved) {
            return Ok(());
        }
        let at = self.world.svm.now();
        for bank in &self.banks {
            // The pool of perps is a depositor like others, but not an account.
            let bank = &self.perps.as_ref().map_or(*bank, |perps| perps.without_pool(bank));
            invariant::check_shares(bank, self.members.iter().map(|member| &member.state))
                .map_err(|violation| Stop::Broken { violation, after: "this round", at })?;
            self.tally.checked(&[3]);
        }
        Ok(())
    }

    /// Puts tokens into a member's wallet, on top of what is there: a purchase, or wealth from elsewhere.
    pub(super) fn give(&mut self, member: usize, bank: u16, atoms: u64) {
        let held = self.wallet(member, bank);
        self.set_wallet(member, bank, held.saturating_add(atoms));
    }

    /// Takes all tokens out of a member's wallet: a sale elsewhere.
    pub(super) fn take(&mut self, member: usize, bank: u16) -> u64 {
        let held = self.wallet(member, bank);
        if held > 0 {
            self.set_wallet(member, bank, 0);
        }
        held
    }

    /// Tokens in a member's wallet.
    pub(super) fn wallet(&self, member: usize, bank: u16) -> u64 {
        self.world.svm.tokens(&self.members[member].tokens[usize::from(bank)])
    }

    fn set_wallet(&mut self, member: usize, bank: u16, atoms: u64) {
        let member = &self.members[member];
        let mint = self.banks[usize::from(bank)].mint;
        self.world.svm.put_tokens(&member.tokens[usize::from(bank)], &mint, &member.key.pubkey(), atoms);
    }

    /// Deposits `atoms` that the member gets from outside.
    pub(super) fn deposit(&mut self, member: usize, bank: u16, atoms: u64) -> Result<bool, Stop> {
        self.give(member, bank, atoms);
        let deposit = ballast_client::instructions::deposit(
            &self.members[member].user(bank),
            &self.banks[usize::from(bank)],
            atoms,
        );
        let touched = Touched { banks: &[bank], members: &[member], ..Touched::default() };
        Ok(self.submit("deposit", deposit, By::Member(member), touched)?.is_some())
    }

    /// Withdraws into the member's wallet; nothing means all.
    pub(super) fn withdraw(&mut self, member: usize, bank: u16, atoms: Option<u64>) -> Result<bool, Stop> {
        let who = &self.members[member];
        let slot = usize::from(bank);
        let withdraw = ballast_client::instructions::withdraw(&who.user(bank), &who.state, &self.banks[slot], atoms);
        let touched = Touched { banks: &[bank], members: &[member], ..Touched::default() };
        Ok(self.submit("withdraw", withdraw, By::Member(member), touched)?.is_some())
    }

    /// Borrows into the member's wallet.
    pub(super) fn borrow(&mut self, member: usize, bank: u16, atoms: u64) -> Result<bool, Stop> {
        let who = &self.members[member];
        let slot = usize::from(bank);
        let borrow = ballast_client::instructions::borrow(&who.user(bank), &who.state, &self.banks[slot], atoms);
        let touched = Touched { banks: &[bank], members: &[member], ..Touched::default() };
        Ok(self.submit("borrow", borrow, By::Member(member), touched)?.is_some())
    }

    /// Repays from the member's wallet; nothing means all.
    pub(super) fn repay(&mut self, member: usize, bank: u16, atoms: Option<u64>) -> Result<bool, Stop> {
        let repay = ballast_client::instructions::repay(
            &self.members[member].user(bank),
            &self.banks[usize::from(bank)],
            atoms,
        );
        let touched = Touched { banks: &[bank], members: &[member], ..Touched::default() };
        Ok(self.submit("repay", repay, By::Member(member), touched)?.is_some())
    }

    /// The banks as they would be if they accrued now.
    pub(super) fn accrued(&self) -> RiskResult<Vec<Bank>> {
        let now = self.now();
        let mut banks = self.banks.clone();
        for bank in &mut banks {
            interest::accrue(bank, now)?;
        }
        Ok(banks)
    }

    /// What an account holds, by the engine on the host.
    pub(super) fn portfolio(&self, account: &MarginAccount, banks: &[Bank]) -> RiskResult<Portfolio> {
        let (positions, quote) = match &self.perps {
            Some(perps) => (perps.exposures(account, banks, &self.board, self.now())?, perps.row),
            None => (Vec::new(), 0),
        };
        Portfolio::of_account(account, &positions, quote, self.now(), |index| banks.get(usize::from(index)))
    }

    /// An account's Maintenance health, by the engine on the host.
    pub(super) fn health(&self, account: &MarginAccount, banks: &[Bank]) -> RiskResult<Health> {
        health::assess_maintenance(&self.portfolio(account, banks)?, &self.board, self.now())
    }

    /// True if nothing but the grace after the deleverage of a market keeps an account from being liquidated.
    pub(super) fn is_spared(&self, account: &MarginAccount, banks: &[Bank]) -> RiskResult<bool> {
        let portfolio = self.portfolio(account, banks)?;
        if !portfolio.is_spared() {
            return Ok(false);
        }
        let (board, now) = (&*self.board, self.now());
        let without = Health::of(&Assessment::of(&portfolio, board, Valuation::Maintenance, now)?, board)?;
        Ok(without.is_negative() && !health::assess_maintenance(&portfolio, board, now)?.is_negative())
    }

    /// The judged price of a bank's token.
    pub(super) fn price(&self, bank: u16) -> Price {
        let feed = self.banks[usize::from(bank)].feed;
        Price(self.board.row(feed).map_or(0, |row| row.mid))
    }

    /// What atoms of a bank's token are worth at the judged price.
    pub(super) fn value(&self, bank: u16, atoms: u64) -> Usd {
        self.value_at(bank, atoms, self.price(bank))
    }

    /// What atoms of a bank's token are worth at a price.
    pub(super) fn value_at(&self, bank: u16, atoms: u64, price: Price) -> Usd {
        let decimals = health::decimals(&self.banks[usize::from(bank)]);
        decimals.units_down(atoms).and_then(|units| price.value_down(units)).unwrap_or_default()
    }

    /// Atoms of a bank's token that are worth so much at the judged price.
    pub(super) fn atoms(&self, bank: u16, value: Usd) -> u64 {
        let scale = 10u64.pow(u32::from(self.banks[usize::from(bank)].decimals));
        self.price(bank).atoms_down(value, scale).unwrap_or(0)
    }

    /// A member's deposit in a bank, atoms, as of the bank's last accrual.
    pub(super) fn claim(&self, member: usize, bank: u16) -> u64 {
        claim(&self.members[member].state, &self.banks[usize::from(bank)])
    }
}

impl ChainState for Chain {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, String> {
        self.world.account(key)
    }
}

/// An account's deposit in a bank, atoms, as of the bank's last accrual.
pub(super) fn claim(account: &MarginAccount, bank: &Bank) -> u64 {
    let shares = account.balance(bank.index).filter(|balance| balance.is_deposit()).map_or(0, |balance| balance.shares);
    Index::from_words(bank.asset_index).amount_down(shares).unwrap_or(0)
}

/// An account's loan in a bank, atoms, as of the bank's last accrual.
pub(super) fn debt(account: &MarginAccount, bank: &Bank) -> u64 {
    let shares = account.balance(bank.index).filter(|balance| balance.is_loan()).map_or(0, |balance| balance.shares);
    Index::from_words(bank.liability_index).amount_up(shares).unwrap_or(0)
}

impl Interest {
    /// Counts what a bank accrues from its last accrual to now.
    pub(super) fn count(&mut self, bank: &Bank, now: Now) -> RiskResult<()> {
        if now.ts <= bank.accrued_ts {
            return Ok(());
        }
        let next = interest::project(bank, now)?;
        let grown = |to: Index, from: [u64; 2], shares: u64| {
            to.0.saturating_sub(Index::from_words(from).0).saturating_mul(u128::from(shares))
        };
        self.paid = self.paid.saturating_add(grown(next.liability, bank.liability_index, bank.liability_shares));
        self.earned = self.earned.saturating_add(grown(next.asset, bank.asset_index, bank.asset_shares));
        Ok(())
    }
}

/// Why a transaction failed, by name.
fn reason(failed: &Failed) -> String {
    failed.code.and_then(error_name).unwrap_or_else(|| failed.error.clone())
}

fn set_up(name: &str, failed: &Failed) -> Stop {
    Stop::SetUp(format!("{name} failed while setting up: {}", reason(failed)))
}
