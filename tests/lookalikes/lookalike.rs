//! What may sit in a place instead of the right account.

use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::stage::Stage;

/// In which respect an account is wrong. The account is right in all others wherever there can be such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookalike {
    /// An address without an account.
    Uninitialised,
    /// The same bytes, of another program.
    WrongOwner,
    /// Nothing but zeros where it was.
    Closed,
    /// A layout of the past or of the future.
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
