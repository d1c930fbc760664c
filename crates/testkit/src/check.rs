//! What tests say about results: which error it was, that nothing changed, what was told, that the invariants hold.

use std::collections::{BTreeMap, BTreeSet};

use ballast_client::PROGRAM_ID;
use ballast_risk::invariant;
use ballast_state::{Account as Layout, Bank, MarginAccount, RiskBoard};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{error_name, Failed, Sent, World};

/// Errors of Anchor's own checks, which cold instructions rely on.
const ANCHOR: &[(u32, &str)] = &[
    (101, "anchor::InstructionFallbackNotFound"),
    (102, "anchor::InstructionDidNotDeserialize"),
    (2000, "anchor::ConstraintMut"),
    (2002, "anchor::ConstraintSigner"),
    (2004, "anchor::ConstraintOwner"),
    (2006, "anchor::ConstraintSeeds"),
    (2009, "anchor::ConstraintSpace"),
    (2011, "anchor::ConstraintClose"),
    (2012, "anchor::ConstraintAddress"),
    (3001, "anchor::AccountDiscriminatorNotFound"),
    (3002, "anchor::AccountDiscriminatorMismatch"),
    (3003, "anchor::AccountDidNotDeserialize"),
    (3005, "anchor::AccountNotEnoughKeys"),
    (3006, "anchor::AccountNotMutable"),
    (3007, "anchor::AccountOwnedByWrongProgram"),
    (3008, "anchor::InvalidProgramId"),
    (3009, "anchor::InvalidProgramExecutable"),
    (3010, "anchor::AccountNotSigner"),
    (3012, "anchor::AccountNotInitialized"),
];

/// Errors of the token program.
const TOKEN: &[(u32, &str)] = &[
    (1, "token::InsufficientFunds"),
    (2, "token::InvalidMint"),
    (3, "token::MintMismatch"),
    (4, "token::OwnerMismatch"),
    (6, "token::AlreadyInUse"),
    (17, "token::AccountFrozen"),
    (18, "token::MintDecimalsMismatch"),
    (36, "token::NoMemo"),
    (42, "token::CpiGuardTransferBlocked"),
];

impl Failed {
    /// Which instruction of the transaction failed.
    #[must_use]
    pub fn instruction(&self) -> Option<usize> {
        self.error.strip_prefix("InstructionError(")?.split_once(',')?.0.parse().ok()
    }

    /// The error's name: one of the program's, `anchor::…`, `token::…`, `system::…` or `runtime::…`.
    #[must_use]
    pub fn name(&self) -> String {
        let named = |list: &[(u32, &str)], code| {
            list.iter().find(|(known, _)| *known == code).map(|(_, name)| (*name).to_owned())
        };
        match self.code {
            Some(0) => "system::AccountAlreadyInUse".to_owned(),
            Some(code) => error_name(code)
                .or_else(|| named(ANCHOR, code))
                .or_else(|| named(TOKEN, code))
                .unwrap_or_else(|| format!("Custom({code})")),
            None => {
                let inner = self.error.strip_prefix("InstructionError(").and_then(|rest| rest.split_once(", "));
                format!("runtime::{}", inner.map_or(self.error.as_str(), |(_, name)| name.trim_end_matches(')')))
            }
        }
    }
}

/// Asserts that something failed with the error of this name; see [`Failed::name`].
///
/// # Panics
/// If it succeeded or failed otherwise.
#[track_caller]
pub fn assert_fails(result: Result<Sent, Failed>, name: &str) {
    match result {
        Ok(_) => panic!("expected {name}, but it succeeded"),
        Err(failed) => assert_eq!(failed.name(), name, "{:#?}", failed.logs),
    }
}

/// The one event of a transaction, which must be of this kind; before it the transaction may have told that it synced markets.
#[macro_export]
macro_rules! event {
    ($sent:expr, $name:ident) => {
        match $sent.events.as_slice() {
            [synced @ .., $crate::Event::$name(event)]
                if synced.iter().all(|one| matches!(one, $crate::Event::MarketSynced(_))) =>
            {
                event.clone()
            }
            others => panic!(
                "expected one {}, got {:?}",
                stringify!($name),
                others.iter().map($crate::Event::name).collect::<Vec<_>>()
            ),
        }
    };
}

/// Asserts that two values of generated types, which only know how to print themselves, are the same.
///
/// # Panics
/// If they are not.
#[track_caller]
pub fn assert_same<T: std::fmt::Debug>(actual: &T, expected: &T) {
    assert_eq!(format!("{actual:#?}"), format!("{expected:#?}"));
}

/// What was seen by the last check of the invariants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audited {
    group: Pubkey,
    banks: BTreeMap<u16, Bank>,
    board: Option<Box<RiskBoard>>,
}

impl World {
    /// Sends one instruction.
    ///
    /// # Errors
    /// What failed.
    pub fn send(&mut self, instruction: Instruction, signers: &[&Keypair]) -> Result<Sent, Failed> {
        self.svm.send(&[instruction], signers)
    }

    /// Runs `act`, which must not change any of these accounts.
    ///
    /// # Panics
    /// If one changed.
    #[track_caller]
    pub fn unchanged<R>(&mut self, keys: &[Pubkey], act: impl FnOnce(&mut Self) -> R) -> R {
        let before: Vec<Option<Account>> = keys.iter().map(|key| self.svm.account(key)).collect();
        let result = act(self);
        for (key, before) in keys.iter().zip(before) {
            assert_eq!(self.svm.account(key), before, "{key} changed");
        }
        result
    }

    /// What would happen: afterwards everything is as it was.
    pub fn tried<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        let before = (self.svm.clone(), self.markets.clone(), self.audited.clone());
        let result = act(self);
        (self.svm, self.markets, self.audited) = before;
        result
    }

    /// Sends an instruction that must fail with this error and change none of its accounts; see [`Failed::name`].
    ///
    /// # Panics
    /// If it succeeds, fails otherwise, or changes something.
    #[track_caller]
    pub fn refuses(&mut self, instruction: &Instruction, signers: &[&Keypair], name: &str) {
        self.refuses_all(std::slice::from_ref(instruction), signers, name);
    }

    /// The same of a transaction of several instructions.
    ///
    /// # Panics
    /// As [`World::refuses`].
    #[track_caller]
    pub fn refuses_all(&mut self, transaction: &[Instruction], signers: &[&Keypair], name: &str) {
        let payer = signers[0].pubkey();
        let metas = transaction.iter().flat_map(|instruction| &instruction.accounts);
        let keys: BTreeSet<Pubkey> = metas.map(|meta| meta.pubkey).collect();
        // The payer's lamports pay for the attempt.
        let keys: Vec<Pubkey> = keys.into_iter().filter(|key| *key != payer).collect();
        self.unchanged(&keys, |world| assert_fails(world.svm.send(transaction, signers), name));
    }

    /// All margin accounts of the group.
    #[must_use]
    pub fn margin_accounts(&self) -> Vec<MarginAccount> {
        let accounts = self.svm.program_accounts(&PROGRAM_ID);
        let margins = accounts.iter().filter_map(|(_, account)| MarginAccount::copy_from(&account.data).ok());
        margins.filter(|account| account.group == self.group).collect()
    }

    /// Checks every invariant that the states of a story can show, whatever happened in it: over all banks, feeds and accounts
    /// of the group, and against the states of the last check.
    ///
    /// # Panics
    /// If one does not hold.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        let accounts = self.margin_accounts();
        for account in &accounts {
            assert_eq!(invariant::check_position_slots(account), Ok(()), "{}", account.owner);
            assert_eq!(invariant::check_account(account), Ok(()), "{}", account.owner);
            assert_eq!(invariant::check_flags(account), Ok(()), "{}", account.owner);
        }
        let (banks, board) = (self.banks(), Box::new(self.board()));
        for account in &accounts {
            let named = invariant::check_account_names(account, &board, |index| banks.get(&index));
            assert_eq!(named, Ok(()), "{}", account.owner);
        }
        if banks.values().any(|bank| bank.quote == 1) {
            self.check_perps(&accounts);
        }
        let last = std::mem::take(&mut self.audited);
        let comparable = last.group == self.group;
        for (index, bank) in &banks {
            assert_eq!(invariant::check_bank(bank, self.vault(*index)), Ok(()), "bank {index}");
            assert_eq!(bank.flash_loaned, 0, "flash loans are transient");
            let shares = if bank.quote == 1 {
                invariant::check_quote_shares(bank, &self.pool(), &accounts)
            } else {
                invariant::check_shares(bank, &accounts)
            };
            assert_eq!(shares, Ok(()), "bank {index}");
            assert_eq!(invariant::check_tagged(bank, &accounts), Ok(()), "bank {index}");
            assert_eq!(invariant::check_curve(bank), Ok(()), "bank {index}");
            assert_eq!(invariant::check_bank_names(bank, *index, &board), Ok(()), "bank {index}");
            if let Some(before) = last.banks.get(index).filter(|_| comparable) {
                assert_eq!(invariant::check_indices(before, bank), Ok(()), "bank {index}");
                assert_eq!(invariant::check_surplus(before, bank), Ok(()), "bank {index}");
            }
        }
        if let Some(before) = last.board.as_ref().filter(|_| comparable) {
            assert_eq!(invariant::check_board(before, &board), Ok(()));
        }
        for row in 0..board.row_count {
            let feed = self.feed(row);
            assert_eq!(invariant::check_feed_names(&feed, row, &board), Ok(()), "feed {row}");
            assert_eq!(invariant::check_rates(&feed, &board), Ok(()), "feed {row}");
        }
        self.audited = Audited { group: self.group, banks, board: Some(board) };
    }
}
