//! What may sit in a place instead of the right account.

use ballast_client::{addresses, PROGRAM_ID};
use ballast_state::{Account as Layout, Bank, Group, MarginAccount, PriceFeed, RiskBoard};
use ballast_testkit::plain::{GEM, USD};
use ballast_testkit::Forgery;
use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::idl::Seat;
use crate::role::{Role, SYSTEM, TOKEN_2022};
use crate::stage::{Place, Stage};

/// Where accounts are made that are not there.
const NOWHERE: Pubkey = Pubkey::new_from_array([90; 32]);
/// A group of which there is nothing but what claims to belong to it.
const OTHER_GROUP: Pubkey = Pubkey::new_from_array([91; 32]);
/// The clock.
const CLOCK: Pubkey = Pubkey::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// In which respect an account is wrong. The account is right in all others wherever there can be such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookalike {
    /// An address without an account.
    Uninitialised,
    /// The same bytes, of another program.
    WrongOwner,
    /// Nothing but zeros where it was.
    Closed,
    /// A layout of the future.
    WrongVersion,
    /// Its last byte is missing.
    WrongLength,
    /// An account of the chain that has another role.
    WrongType(&'static str),
    /// Of another group.
    OtherGroup,
    /// Somebody else's.
    OtherUser,
    /// Of another mint or underlying.
    OtherMint,
    /// Another one of the same group, user and mint.
    Alias,
    /// Of the other token program.
    OtherTokenProgram,
    /// The account of another place of the same instruction.
    Duplicate(usize),
    /// It does not sign.
    NonSigner,
    /// It cannot be written.
    ReadOnly,
    /// It was left out.
    Missing,
    /// At an address to be created there is an account.
    Taken,
}

impl Lookalike {
    /// The name it is counted under.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Uninitialised => "uninitialised",
            Self::WrongOwner => "wrong owner",
            Self::Closed => "closed",
            Self::WrongVersion => "wrong version",
            Self::WrongLength => "wrong length",
            Self::WrongType(_) => "wrong type",
            Self::OtherGroup => "other group's",
            Self::OtherUser => "other user's",
            Self::OtherMint => "other mint's",
            Self::Alias => "alias",
            Self::OtherTokenProgram => "other token program's",
            Self::Duplicate(_) => "duplicate",
            Self::NonSigner => "non-signer",
            Self::ReadOnly => "read-only",
            Self::Missing => "missing",
            Self::Taken => "taken",
        }
    }
}

/// Accounts that the runtime never lets anybody write.
const RESERVED: [Pubkey; 3] = [CLOCK, SYSTEM, PROGRAM_ID];

/// One look-alike in one place of an instruction.
pub(crate) struct Case {
    /// The place.
    pub(crate) at: usize,
    pub(crate) lookalike: Lookalike,
    /// What sits there; nothing: the place is left out.
    pub(crate) meta: Option<AccountMeta>,
    /// What has to be written before.
    pub(crate) planted: Option<(Pubkey, Account)>,
}

impl Case {
    /// What sits there is read-only, whatever the instruction says.
    pub(crate) fn is_reserved(&self) -> bool {
        self.meta.as_ref().is_some_and(|meta| RESERVED.contains(&meta.pubkey))
    }

    /// The stage's transaction with the look-alike in it.
    pub(crate) fn transaction(&self, stage: &Stage) -> Vec<Instruction> {
        let mut transaction = stage.transaction.clone();
        let accounts = &mut transaction[stage.at].accounts;
        match &self.meta {
            Some(meta) => accounts[self.at] = meta.clone(),
            None => drop(accounts.remove(self.at)),
        }
        transaction
    }
}

/// Every look-alike that makes sense in a place.
pub(crate) fn cases(stage: &Stage, places: &[Place], at: usize) -> Vec<Case> {
    let meta = &stage.instruction().accounts[at];
    let genuine = stage.world.svm.account(&meta.pubkey);
    let mut found = Cases { stage, at, meta, seat: &places[at].seat, role: places[at].role, list: Vec::new() };
    found.flags();
    found.duplicates();
    if found.role == Role::Signer {
        // The admin has no power but over settings.
        for other in [stage.stranger.key.pubkey(), stage.world.admin.pubkey()] {
            if other != meta.pubkey {
                found.signed_by(Lookalike::OtherUser, other);
            }
        }
        return found.list;
    }
    found.swap(Lookalike::Uninitialised, NOWHERE);
    found.wrong_types();
    if let Some(genuine) = genuine {
        found.forgeries(&genuine);
        found.relatives(&genuine);
    }
    if found.role == Role::Unborn {
        let taken = Account { lamports: 1_000_000_000, data: vec![0; 1], owner: PROGRAM_ID, ..Account::default() };
        found.plant(Lookalike::Taken, meta.pubkey, taken);
    }
    found.list
}

/// The look-alikes collected for a place.
struct Cases<'a> {
    stage: &'a Stage,
    at: usize,
    meta: &'a AccountMeta,
    seat: &'a Seat,
    role: Role,
    list: Vec<Case>,
}

impl Cases<'_> {
    fn push(&mut self, lookalike: Lookalike, meta: Option<AccountMeta>, planted: Option<(Pubkey, Account)>) {
        self.list.push(Case { at: self.at, lookalike, meta, planted });
    }

    /// Another account, which does not sign: a key that is no signer's cannot, and a signer's need not.
    fn swap(&mut self, lookalike: Lookalike, pubkey: Pubkey) {
        self.push(lookalike, Some(AccountMeta { pubkey, is_signer: false, ..self.meta.clone() }), None);
    }

    fn signed_by(&mut self, lookalike: Lookalike, pubkey: Pubkey) {
        self.push(lookalike, Some(AccountMeta { pubkey, ..self.meta.clone() }), None);
    }

    /// An account that is written before.
    fn plant(&mut self, lookalike: Lookalike, pubkey: Pubkey, account: Account) {
        let meta = AccountMeta { pubkey, ..self.meta.clone() };
        self.push(lookalike, Some(meta), Some((pubkey, account)));
    }

    fn flags(&mut self) {
        if self.seat.signer {
            self.swap(Lookalike::NonSigner, self.meta.pubkey);
        }
        if self.seat.writable {
            let meta = AccountMeta { is_writable: false, ..self.meta.clone() };
            self.push(Lookalike::ReadOnly, Some(meta), None);
        }
        if self.seat.follows {
            self.push(Lookalike::Missing, None, None);
        }
    }

    fn duplicates(&mut self) {
        let accounts = &self.stage.instruction().accounts;
        for (other, meta) in accounts.iter().enumerate().filter(|(_, meta)| meta.pubkey != self.meta.pubkey) {
            if meta.is_signer {
                self.signed_by(Lookalike::Duplicate(other), meta.pubkey);
            } else {
                self.swap(Lookalike::Duplicate(other), meta.pubkey);
            }
        }
    }

    /// One account of every other role that is not in the instruction anyway.
    fn wrong_types(&mut self) {
        let (world, stranger) = (&self.stage.world, &self.stage.stranger);
        let cast = [
            ("a group", world.group),
            ("a board", world.board_key()),
            ("a feed", addresses::feed(&world.group, 0)),
            ("a bank", world.bank_key(GEM)),
            ("a margin account", stranger.account),
            ("a vault", world.bank(GEM).vault),
            ("a token account", stranger.tokens[usize::from(USD)]),
            ("a mint", world.markets[usize::from(GEM)].mint),
            ("an oracle account", world.markets[usize::from(GEM)].oracle),
            ("a wallet", stranger.key.pubkey()),
            ("a sysvar", CLOCK),
            ("the system program", SYSTEM),
            ("the token program", spl_token_interface::ID),
            ("the program", PROGRAM_ID),
        ];
        for (what, key) in cast {
            let taken = self.stage.instruction().accounts.iter().any(|meta| meta.pubkey == key);
            if !taken && Role::of_account(&world.svm, &key) != self.role {
                self.swap(Lookalike::WrongType(what), key);
            }
        }
    }

    /// The same bytes with something wrong. What only this program and the token program write cannot change where it is.
    fn forgeries(&mut self, genuine: &Account) {
        if genuine.executable || genuine.data.is_empty() {
            return;
        }
        let at_home = if self.role.may_change_in_place() { self.meta.pubkey } else { NOWHERE };
        for (lookalike, forgery, key) in [
            (Lookalike::WrongOwner, Forgery::Foreign, NOWHERE),
            (Lookalike::Closed, Forgery::Zeroed, at_home),
            (Lookalike::WrongLength, Forgery::Short, at_home),
        ] {
            self.plant(lookalike, key, forgery.of(genuine).expect("an account"));
        }
        if self.role.is_ours() {
            self.plant(Lookalike::WrongVersion, self.meta.pubkey, Forgery::Version.of(genuine).expect("an account"));
        }
    }

    /// Accounts of the same role.
    fn relatives(&mut self, genuine: &Account) {
        let (world, stranger) = (&self.stage.world, self.stage.stranger.key.pubkey());
        let copy = || genuine.clone();
        match self.role {
            // Another group has another board; another group's bank has another vault.
            Role::Group => {
                self.plant(Lookalike::OtherGroup, NOWHERE, edited(genuine, |group: &mut Group| group.board = NOWHERE));
            }
            Role::Board => {
                self.plant(
                    Lookalike::OtherGroup,
                    NOWHERE,
                    edited(genuine, |board: &mut RiskBoard| board.group = OTHER_GROUP),
                );
            }
            Role::Feed => {
                self.plant(
                    Lookalike::OtherGroup,
                    NOWHERE,
                    edited(genuine, |feed: &mut PriceFeed| feed.group = OTHER_GROUP),
                );
                self.swap(Lookalike::OtherMint, addresses::feed(&world.group, 2));
            }
            Role::Bank => {
                let other = |bank: &mut Bank| (bank.group, bank.vault) = (OTHER_GROUP, NOWHERE);
                self.plant(Lookalike::OtherGroup, NOWHERE, edited(genuine, other));
                self.other_bank();
            }
            Role::Margin => {
                type Account = MarginAccount;
                self.plant(
                    Lookalike::OtherGroup,
                    NOWHERE,
                    edited(genuine, |account: &mut Account| account.group = OTHER_GROUP),
                );
                self.plant(
                    Lookalike::OtherUser,
                    NOWHERE,
                    edited(genuine, |account: &mut Account| account.owner = stranger),
                );
                self.plant(
                    Lookalike::Alias,
                    NOWHERE,
                    edited(genuine, |account: &mut Account| account.sub_account += 1),
                );
            }
            Role::Vault => {
                self.plant(Lookalike::OtherUser, NOWHERE, with_key(genuine, 32, &stranger));
                self.plant(Lookalike::Alias, NOWHERE, copy());
                self.plant(Lookalike::OtherTokenProgram, NOWHERE, Account { owner: TOKEN_2022, ..copy() });
            }
            Role::Tokens => {
                let other = if genuine.data[..32] == world.markets[0].mint.to_bytes() { 1 } else { 0 };
                self.plant(Lookalike::OtherMint, NOWHERE, with_key(genuine, 0, &world.markets[other].mint));
                self.plant(Lookalike::OtherUser, NOWHERE, with_key(genuine, 32, &stranger));
                self.plant(Lookalike::Alias, NOWHERE, copy());
                self.plant(Lookalike::OtherTokenProgram, NOWHERE, Account { owner: TOKEN_2022, ..copy() });
            }
            Role::Mint => {
                self.plant(Lookalike::OtherMint, NOWHERE, copy());
                self.plant(Lookalike::OtherTokenProgram, NOWHERE, Account { owner: TOKEN_2022, ..copy() });
            }
            Role::TokenProgram => self.swap(Lookalike::OtherTokenProgram, TOKEN_2022),
            Role::Oracle => {
                self.plant(Lookalike::Alias, NOWHERE, copy());
                self.swap(Lookalike::OtherMint, world.markets[usize::from(GEM)].oracle);
            }
            _ => {}
        }
    }

    /// A bank of the group that the instruction does not have.
    fn other_bank(&mut self) {
        let keys = (0..).map(|index| self.stage.world.bank_key(index));
        let mut listed = keys.take(self.stage.world.markets.len());
        let named = |key: &Pubkey| self.stage.instruction().accounts.iter().any(|meta| meta.pubkey == *key);
        if let Some(key) = listed.find(|key| !named(key)) {
            self.swap(Lookalike::OtherMint, key);
        }
    }
}

/// A program account with something changed.
fn edited<T: Layout>(genuine: &Account, change: impl FnOnce(&mut T)) -> Account {
    let mut state = T::copy_from(&genuine.data).expect("a program account");
    change(&mut state);
    let mut account = genuine.clone();
    account.data[8..].copy_from_slice(bytemuck::bytes_of(&state));
    account
}

/// An account with another key in its data.
fn with_key(genuine: &Account, offset: usize, key: &Pubkey) -> Account {
    let mut account = genuine.clone();
    account.data[offset..offset + 32].copy_from_slice(key.as_ref());
    account
}
