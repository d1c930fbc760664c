//! Look-alikes: accounts that are almost the right one, put in the place of every account of an instruction.

use solana_account::Account;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::World;

/// What stands where an account should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// An address without an account.
    Empty,
    /// The account's own bytes, owned by another program.
    Foreign,
    /// An account of the right owner and length that was never initialised, or was closed.
    Zeroed,
    /// The account's own bytes under a layout version from the future.
    Version,
    /// The account's own bytes but the last.
    Short,
    /// Another account of the chain: of another type, group or owner.
    Other(Pubkey),
}

impl World {
    /// Puts a look-alike in the place of the account at `index`, which must make the instruction fail with `error` and
    /// change nothing.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn refuses_forgery(
        &mut self,
        instruction: &Instruction,
        signers: &[&Keypair],
        index: usize,
        forgery: Forgery,
        error: &str,
    ) {
        let mut forged = instruction.clone();
        forged.accounts[index].pubkey = self.forge(forged.accounts[index].pubkey, forgery);
        eprintln!("account {index} {forgery:?}: {error}");
        self.refuses(&forged, signers, error);
    }

    /// As [`World::refuses_forgery`], for the five forgeries that every account of the program must withstand.
    ///
    /// # Panics
    /// If one passes.
    #[track_caller]
    pub fn refuses_lookalikes(&mut self, instruction: &Instruction, signers: &[&Keypair], indices: &[usize]) {
        for index in indices {
            for (forgery, error) in [
                (Forgery::Empty, "WrongProgramOwner"),
                (Forgery::Foreign, "WrongProgramOwner"),
                (Forgery::Zeroed, "WrongAccountType"),
                (Forgery::Version, "WrongAccountVersion"),
                (Forgery::Short, "WrongAccountType"),
            ] {
                self.refuses_forgery(instruction, signers, *index, forgery, error);
            }
        }
    }

    /// Address of a look-alike of an account.
    pub fn forge(&mut self, genuine: Pubkey, forgery: Forgery) -> Pubkey {
        if let Forgery::Other(key) = forgery {
            return key;
        }
        let key = self.key().pubkey();
        let genuine = self.svm.account(&genuine).unwrap_or_default();
        if let Some(account) = forgery.of(&genuine) {
            self.svm.put_data(&key, &account.owner, account.data);
        }
        key
    }
}

impl Forgery {
    /// What the look-alike of an account is made of; nothing where there is none to be.
    #[must_use]
    pub fn of(self, genuine: &Account) -> Option<Account> {
        let mut forged = genuine.clone();
        match self {
            Self::Empty | Self::Other(_) => return None,
            Self::Foreign => forged.owner = Pubkey::new_from_array([66; 32]),
            Self::Zeroed => forged.data.fill(0),
            Self::Version => forged.data[8] += 1,
            Self::Short => {
                forged.data.pop();
            }
        }
        Some(forged)
    }
}
