//! Keys of the roles, and changes that wait for the timelock.

use ballast_client::{addresses, instructions as ix};
use ballast_state::{Group, PendingChange};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::{Failed, Sent, World};

/// Seconds changes wait in a world with a timelock.
pub const DELAY: u32 = 2 * 86_400;
/// Seconds they can be executed then.
pub const EXPIRY: u32 = 3 * 86_400;

/// Who has the roles beside the admin's.
#[derive(Debug)]
pub struct Roles {
    /// May lower risk.
    pub risk_admin: Keypair,
    /// May pause and veto.
    pub guardian: Keypair,
    /// May post volatility multipliers.
    pub forecaster: Keypair,
    /// Receives fees.
    pub fee_recipient: Keypair,
}

impl World {
    /// Gives every role but the admin's to a key of its own.
    ///
    /// # Panics
    /// If the group refuses.
    pub fn appoint(&mut self) -> Roles {
        let [risk_admin, guardian, forecaster, fee_recipient] = [(); 4].map(|()| self.key());
        for key in [&risk_admin, &guardian, &forecaster, &fee_recipient] {
            self.svm.fund(&key.pubkey());
        }
        let roles = Roles { risk_admin, guardian, forecaster, fee_recipient };
        let mut args = self.group_args();
        args.risk_admin = roles.risk_admin.pubkey();
        args.guardian = roles.guardian.pubkey();
        args.forecaster = roles.forecaster.pubkey();
        args.fee_recipient = roles.fee_recipient.pubkey();
        self.as_admin(ix::configure_group(&self.admin.pubkey(), &self.group, args)).expect("configure_group");
        roles
    }

    /// Ends the group's set-up: from now on what can add risk waits for [`DELAY`].
    ///
    /// # Panics
    /// If the group refuses.
    pub fn lock(&mut self) {
        let lock = ix::configure_timelock(&self.admin.pubkey(), &self.group, DELAY, EXPIRY);
        self.as_admin(lock).expect("configure_timelock");
    }

    /// Number of the group's next change.
    #[must_use]
    pub fn next_change(&self) -> u64 {
        self.svm.read::<Group>(&self.group).change_count
    }

    /// Address of a change.
    #[must_use]
    pub fn change_key(&self, number: u64) -> Pubkey {
        addresses::change(&self.group, number)
    }

    /// A waiting change.
    #[must_use]
    pub fn change(&self, number: u64) -> PendingChange {
        self.svm.read(&self.change_key(number))
    }

    /// Publishes a change as the admin. Returns its number.
    ///
    /// # Panics
    /// If it is refused.
    pub fn propose(&mut self, change: &Instruction) -> u64 {
        let number = self.next_change();
        let propose = ix::propose_change(&self.admin.pubkey(), &self.group, number, change);
        self.as_admin(propose).unwrap_or_else(|failed| panic!("propose_change: {}", failed.name()));
        number
    }

    /// Executes a change of the admin's as the admin.
    ///
    /// # Errors
    /// What failed.
    pub fn execute(&mut self, number: u64, change: &Instruction) -> Result<Sent, Failed> {
        let admin = self.admin.pubkey();
        self.as_admin(ix::execute_change(&admin, &self.group, number, &admin, change))
    }
}
