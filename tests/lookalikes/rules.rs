//! What a look-alike has to fail with, by what the account is and in which respect the look-alike is wrong.

use crate::lookalike::{Case, Lookalike};
use crate::role::{is_reserved, Role};
use crate::stage::Place;

/// Instruction, account, and the account before which it is read, or the end.
const READ_BEFORE: &[(&str, &str, &str)] = &[
    // Only health needs it.
    ("borrow", "board", "the end"),
    ("withdraw", "board", "the end"),
    ("request_add_liquidity", "board", "the end"),
    // The address of what is created depends on it.
    ("add_perp_market", "pool", "authority"),
    ("cancel_order", "market", "feed"),
    ("claim_liquidity", "pool", "provider"),
    ("configure_perp_market", "market", "pool"),
    ("deleverage_market", "board", "pool"),
    ("liquidate_hedge", "market", "loan_bank"),
    ("liquidate_hedge", "pool", "loan_bank"),
    ("request_add_liquidity", "pool", "provider"),
    ("request_remove_liquidity", "pool", "provider"),
    ("settle_market", "board", "pool"),
    ("strike_epoch", "board", "bank"),
    ("sync_market", "board", "pool"),
];

/// A look-alike in an instruction.
pub(crate) struct Tried<'a> {
    /// The instruction's name.
    pub(crate) instruction: &'a str,
    pub(crate) places: &'a [Place],
    pub(crate) case: &'a Case,
    /// What the account that sits there is by itself.
    pub(crate) impostor: Role,
}

impl Tried<'_> {
    fn place(&self) -> &Place {
        &self.places[self.case.at]
    }

    fn has(&self, role: Role) -> bool {
        self.places.iter().any(|place| place.role == role)
    }

    /// Whether the instruction itself has an account of a role.
    fn names(&self, role: Role) -> bool {
        self.places.iter().any(|place| place.role == role && !place.seat.follows)
    }

    /// The look-alike in words, as the tables name it.
    pub(crate) fn description(&self) -> String {
        let label = self.case.lookalike.label();
        match self.case.lookalike {
            Lookalike::WrongType(what) => format!("{label}: {what}"),
            Lookalike::Duplicate(other) => format!("{label}: {}", self.places[other].seat.name),
            _ => label.to_owned(),
        }
    }

    /// The rule for signatures and for what cannot be written, which come before all others and have no exception.
    pub(crate) fn flag_rule(&self) -> Option<&'static str> {
        let Place { seat, role } = self.place();
        // Anchor derives addresses before it asks whether they are writable.
        let writable_first = seat.writable && !seat.follows && *role != Role::Unborn;
        match self.case.lookalike {
            Lookalike::NonSigner => Some("anchor::AccountNotSigner"),
            // What follows an executed change is that one's own.
            Lookalike::ReadOnly if seat.follows && self.instruction != "execute_change" => {
                Some("runtime::ReadonlyDataModified")
            }
            Lookalike::ReadOnly => Some("anchor::ConstraintMut"),
            Lookalike::Duplicate(other) if *role == Role::Signer && !self.places[other].seat.signer => {
                Some("anchor::AccountNotSigner")
            }
            _ if writable_first && self.case.meta.as_ref().is_some_and(|meta| is_reserved(&meta.pubkey)) => {
                Some("anchor::ConstraintMut")
            }
            _ => None,
        }
    }

    /// The rule of the account's role.
    pub(crate) fn rule(&self) -> &'static str {
        let role = &self.place().role;
        match (role, self.case.lookalike) {
            (_, Lookalike::Missing) => "MissingAccount",
            (_, Lookalike::Taken) => "AlreadyExists",
            (Role::Signer, _) => "Unauthorised",
            (Role::Vault, _) => "WrongVault",
            (Role::SystemProgram, _) => "WrongSystemProgram",
            (Role::TokenProgram, _) => "WrongTokenProgram",
            // What is to be created is found by its seeds.
            (Role::Unborn, _) => "anchor::ConstraintSeeds",
            (Role::EventAuthority, _) => "anchor::ConstraintAddress",
            (Role::Instructions, _) => "WrongSysvar",
            // The program leaves its receipt by a call to itself: without its account the runtime knows none to call.
            (Role::Itself, _) => "runtime::MissingAccount",
            // The address of the vault that is to be created is the mint's.
            (Role::Mint, _) if self.has(Role::Unborn) => "anchor::ConstraintSeeds",
            (Role::Mint, _) => "WrongMint",
            (Role::Tokens, lookalike) => self.tokens(lookalike),
            (Role::Oracle, lookalike) => self.oracle(lookalike),
            // Who proposed a change is known by its key, and who paid for an account.
            (Role::Wallet, _) if self.place().seat.name == "payer" => "PayerMismatch",
            (Role::Wallet, _) => "ChangeMismatch",
            (_, lookalike) if role.is_ours() => self.ours(lookalike),
            _ => "no rule",
        }
    }

    /// Accounts of this program: owner, type, version, then whose they are.
    fn ours(&self, lookalike: Lookalike) -> &'static str {
        let Place { seat, role } = self.place();
        match lookalike {
            // In place it is the bank that the pool names.
            Lookalike::Closed | Lookalike::WrongLength => "WrongAccountType",
            Lookalike::WrongVersion => "WrongAccountVersion",
            _ if *role == Role::Bank && seat.name == "bank" && self.names(Role::Pool) => "BankMismatch",
            Lookalike::OtherGroup => self.other_group(),
            Lookalike::OtherUser if *role == Role::Orders => "OrdersMismatch",
            Lookalike::OtherUser => "Unauthorised",
            // Which bank it is: by the vault where tokens move; elsewhere it is the bank of a balance, which is not there.
            Lookalike::OtherMint if self.has(Role::Vault) && !seat.follows => "WrongVault",
            Lookalike::OtherMint => "MissingAccount",
            // What may follow is found by what it is: of another type it is one too many, and the right one is missing.
            _ if seat.follows && self.impostor.may_follow() && self.impostor != *role => match lookalike {
                Lookalike::Duplicate(other) if self.places[other].seat.writable => "DuplicateAccount",
                _ => "MissingAccount",
            },
            Lookalike::Duplicate(other) if self.impostor.is_ours() => self.twice(other),
            _ if self.impostor.is_ours() && self.impostor != *role => "WrongAccountType",
            _ => "WrongProgramOwner",
        }
    }

    /// An account is compared with the first other one of its group.
    fn other_group(&self) -> &'static str {
        match self.place().role {
            Role::Board => "WrongBoard",
            Role::Provider | Role::Epoch => "PoolMismatch",
            Role::Pool if self.names(Role::Market) => "PoolMismatch",
            Role::Group if self.has(Role::Unborn) => "anchor::ConstraintSeeds",
            Role::Group if self.has(Role::Board) => "WrongBoard",
            _ => "WrongGroup",
        }
    }

    /// An account in two places is refused where it is read first, if it is of the wrong type there; or else where it is read
    /// second, unless both only read it.
    fn twice(&self, other: usize) -> &'static str {
        let (here, there) = (self.place(), &self.places[other]);
        let first = self.read_at(self.case.at) < self.read_at(other);
        let shared = !here.seat.writable && !there.seat.writable;
        if here.role == there.role {
            return if shared { "MissingAccount" } else { "DuplicateAccount" };
        }
        if first || shared {
            "WrongAccountType"
        } else {
            "DuplicateAccount"
        }
    }

    /// When a handler reads an account: in their order, but for some.
    fn read_at(&self, at: usize) -> usize {
        let place = |name: &str| self.places.iter().position(|place| place.seat.name == name);
        let moved = READ_BEFORE
            .iter()
            .find(|(instruction, name, _)| *instruction == self.instruction && *name == self.places[at].seat.name);
        // Between two places.
        match moved {
            Some((_, _, before)) => 2 * place(before).unwrap_or(self.places.len()),
            None => 2 * at + 1,
        }
    }

    /// A user's token account: the token program checks it.
    fn tokens(&self, lookalike: Lookalike) -> &'static str {
        match lookalike {
            Lookalike::OtherMint => "token::MintMismatch",
            Lookalike::OtherUser => "token::OwnerMismatch",
            Lookalike::Closed => "runtime::UninitializedAccount",
            Lookalike::Duplicate(_) if self.impostor == Role::Vault => "DuplicateAccount",
            // The token program believes the bytes, and the runtime does not let it write them.
            Lookalike::WrongOwner | Lookalike::OtherTokenProgram => "runtime::ExternalAccountDataModified",
            _ if self.impostor == Role::Vault => "token::MintMismatch",
            _ => "runtime::InvalidAccountData",
        }
    }

    /// The account of a source that is known by program and feed id, and alone.
    fn oracle(&self, lookalike: Lookalike) -> &'static str {
        match lookalike {
            Lookalike::Closed => "OracleWrongType",
            Lookalike::WrongLength => "OracleNoResult",
            Lookalike::OtherMint => "OracleWrongFeed",
            Lookalike::Duplicate(_) => "DuplicateAccount",
            _ => "OracleWrongOwner",
        }
    }
}
