//! The look-alikes of one place of an instruction.

use ballast_client::{addresses, PROGRAM_ID};
use ballast_testkit::plain::{GEM, USD};
use solana_account::Account;
use solana_instruction::AccountMeta;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::copies::{broken, relatives, Sitter};
use crate::idl::Seat;
use crate::lookalike::{Case, Lookalike};
use crate::role::{Role, CLOCK, SYSTEM};
use crate::stage::{Place, Stage};

/// An address without an account, where some are made.
const NOWHERE: Pubkey = Pubkey::new_from_array([90; 32]);

/// Every look-alike that makes sense in a place.
pub(crate) fn cases(stage: &Stage, places: &[Place], at: usize) -> Vec<Case> {
    let meta = &stage.instruction().accounts[at];
    let Place { seat, role } = &places[at];
    let mut found = Cases { stage, at, meta, list: Vec::new() };
    found.flags(seat);
    found.duplicates();
    if *role == Role::Signer {
        found.other_signers();
        return found.list;
    }
    found.swap(Lookalike::Uninitialised, NOWHERE);
    found.wrong_types(*role);
    if let Some(genuine) = stage.world.svm.account(&meta.pubkey) {
        for (lookalike, sitter) in broken(*role, &genuine).into_iter().chain(relatives(stage, *role, &genuine)) {
            found.sit(lookalike, sitter);
        }
    }
    if *role == Role::Unborn {
        let taken = Account { lamports: 1_000_000_000, data: vec![0; 1], owner: PROGRAM_ID, ..Account::default() };
        found.sit(Lookalike::Taken, Sitter::InPlace(taken));
    }
    found.list
}

/// The look-alikes collected for a place.
struct Cases<'a> {
    stage: &'a Stage,
    at: usize,
    meta: &'a AccountMeta,
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

    /// Another account with the flags of the place.
    fn replace(&mut self, lookalike: Lookalike, pubkey: Pubkey) {
        self.push(lookalike, Some(AccountMeta { pubkey, ..self.meta.clone() }), None);
    }

    fn sit(&mut self, lookalike: Lookalike, sitter: Sitter) {
        let (pubkey, planted) = match sitter {
            Sitter::Listed(key) => (key, None),
            Sitter::Elsewhere(account) => (NOWHERE, Some((NOWHERE, account))),
            Sitter::InPlace(account) => (self.meta.pubkey, Some((self.meta.pubkey, account))),
        };
        self.push(lookalike, Some(AccountMeta { pubkey, ..self.meta.clone() }), planted);
    }

    /// The right account with a flag less, or none at all. Flags are the transaction's: what another instruction of it gives
    /// cannot be missing here.
    fn flags(&mut self, seat: &Seat) {
        let others = self.stage.transaction.iter().enumerate().filter(|(at, _)| *at != self.stage.at);
        let elsewhere = others.flat_map(|(_, one)| &one.accounts).filter(|meta| meta.pubkey == self.meta.pubkey);
        let (signs, writes) =
            elsewhere.fold((false, false), |(s, w), meta| (s || meta.is_signer, w || meta.is_writable));
        if seat.signer && !signs {
            self.swap(Lookalike::NonSigner, self.meta.pubkey);
        }
        if seat.writable && !writes {
            let meta = AccountMeta { is_writable: false, ..self.meta.clone() };
            self.push(Lookalike::ReadOnly, Some(meta), None);
        }
        if seat.follows {
            self.push(Lookalike::Missing, None, None);
        }
    }

    fn duplicates(&mut self) {
        let accounts = &self.stage.instruction().accounts;
        for (other, meta) in accounts.iter().enumerate().filter(|(_, meta)| meta.pubkey != self.meta.pubkey) {
            if meta.is_signer {
                self.replace(Lookalike::Duplicate(other), meta.pubkey);
            } else {
                self.swap(Lookalike::Duplicate(other), meta.pubkey);
            }
        }
    }

    /// Somebody else signs. The admin has no power but over settings.
    fn other_signers(&mut self) {
        for key in [self.stage.stranger.key.pubkey(), self.stage.world.admin.pubkey()] {
            if key != self.meta.pubkey {
                self.replace(Lookalike::OtherUser, key);
            }
        }
    }

    /// One account of every other role that is not in the instruction anyway.
    fn wrong_types(&mut self, role: Role) {
        let (world, stranger) = (&self.stage.world, &self.stage.stranger);
        let gem = &world.markets[usize::from(GEM)];
        let cast = [
            ("a group", world.group),
            ("a board", world.board_key()),
            ("a feed", addresses::feed(&world.group, 0)),
            ("a bank", world.bank_key(GEM)),
            ("a margin account", stranger.account),
            ("a vault", world.bank(GEM).vault),
            ("a token account", stranger.tokens[usize::from(USD)]),
            ("a mint", gem.mint),
            ("an oracle account", gem.oracle),
            ("a wallet", stranger.key.pubkey()),
            ("a sysvar", CLOCK),
            ("the system program", SYSTEM),
            ("the token program", spl_token_interface::ID),
            ("the program", PROGRAM_ID),
        ];
        for (what, key) in cast.into_iter().chain(self.stage.strays) {
            if !self.stage.names(&key) && Role::of_account(&world.svm, &key) != role {
                self.swap(Lookalike::WrongType(what), key);
            }
        }
    }
}
