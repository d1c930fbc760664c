//! The SVM: one transaction at a time, with a clock that moves when told to.

use std::fmt;
use std::path::Path;

use ballast_client::events::{self, Event};
use ballast_client::PROGRAM_ID;
use ballast_migrate::ChainState;
use ballast_state::Account as Layout;
use litesvm::types::TransactionMetadata;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction::Transaction;

/// The committed program.
pub const ELF: &[u8] = include_bytes!("../../../artifacts/ballast.so");

/// Lamports of every fee payer.
const RICH: u64 = 1_000_000_000_000;

/// An SVM that runs the program. A clone goes its own way: what is tried on it leaves the original as it was.
#[derive(Clone)]
pub struct Svm {
    inner: LiteSVM,
}

impl fmt::Debug for Svm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Svm").field("clock", &self.clock()).finish_non_exhaustive()
    }
}

/// A transaction that succeeded.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "the generated events have none")]
pub struct Sent {
    /// Compute units of the whole transaction.
    pub compute_units: u64,
    /// Bytes of the transaction.
    pub bytes: usize,
    /// Log lines.
    pub logs: Vec<String>,
    /// Events in order: those of the log, then receipts.
    pub events: Vec<Event>,
}

/// A transaction that failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The program's or the token program's error code, if that is what failed.
    pub code: Option<u32>,
    /// The runtime's error.
    pub error: String,
    /// Compute units until then.
    pub compute_units: u64,
    /// Log lines.
    pub logs: Vec<String>,
}

/// The on-chain code of one of the program's errors, by name, from the IDL.
///
/// # Panics
/// If there is no such error.
#[must_use]
pub fn code(name: &str) -> u32 {
    errors().into_iter().find(|(_, known)| known == name).unwrap_or_else(|| panic!("no error {name} in the IDL")).0
}

/// The name of one of the program's errors.
#[must_use]
pub fn error_name(code: u32) -> Option<String> {
    errors().into_iter().find(|(known, _)| *known == code).map(|(_, name)| name)
}

fn errors() -> Vec<(u32, String)> {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../../idl/ballast.json")).unwrap_or_default();
    let list = idl["errors"].as_array().cloned().unwrap_or_default();
    let entry = |error: &serde_json::Value| {
        Some((u32::try_from(error["code"].as_u64()?).ok()?, error["name"].as_str()?.to_owned()))
    };
    list.iter().filter_map(entry).collect()
}

impl Default for Svm {
    fn default() -> Self {
        Self::new()
    }
}

impl Svm {
    /// An SVM with mainnet's features, the token programs, and the program: the committed ELF, or the file `BALLAST_ELF`
    /// names.
    ///
    /// # Panics
    /// If the ELF cannot be read or loaded.
    #[must_use]
    pub fn new() -> Self {
        // A transaction may be sent twice on purpose: neither signatures nor blockhashes are what is tested here.
        let mut inner = LiteSVM::new().with_sigverify(false).with_blockhash_check(false).with_transaction_history(0);
        let elf = match std::env::var("BALLAST_ELF") {
            Ok(path) => std::fs::read(Path::new(&path)).unwrap_or_else(|error| panic!("BALLAST_ELF {path}: {error}")),
            Err(_) => ELF.to_vec(),
        };
        inner.add_program(PROGRAM_ID, &elf).expect("the program loads");
        Self { inner }
    }

    /// The runtime itself, for what has no shorter way.
    pub fn inner(&mut self) -> &mut LiteSVM {
        &mut self.inner
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.get_sysvar()
    }

    /// Unix time.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock().unix_timestamp
    }

    /// Sets unix time; slots pass with it, two and a half a second.
    pub fn set_time(&mut self, ts: i64) {
        let mut clock = self.clock();
        let passed = ts.saturating_sub(clock.unix_timestamp);
        clock.slot = clock.slot.saturating_add(u64::try_from(passed.saturating_mul(5) / 2).unwrap_or(0));
        clock.unix_timestamp = ts;
        self.inner.set_sysvar(&clock);
    }

    /// Moves time forward.
    pub fn advance(&mut self, seconds: i64) {
        self.set_time(self.now().saturating_add(seconds));
    }

    /// Sets the epoch, and nothing else of the clock.
    pub fn set_epoch(&mut self, epoch: u64) {
        let clock = Clock { epoch, ..self.clock() };
        self.inner.set_sysvar(&clock);
    }

    /// A new key with lamports.
    #[must_use]
    pub fn rich_keypair(&mut self) -> Keypair {
        let key = Keypair::new();
        self.fund(&key.pubkey());
        key
    }

    /// Gives an address lamports.
    pub fn fund(&mut self, key: &Pubkey) {
        self.put(key, Account { lamports: RICH, ..Account::default() });
    }

    /// Writes an account.
    ///
    /// # Panics
    /// If the runtime refuses it.
    pub fn put(&mut self, key: &Pubkey, account: Account) {
        self.inner.set_account(*key, account).expect("the account can be set");
    }

    /// Writes an account's data with enough lamports for its rent.
    pub fn put_data(&mut self, key: &Pubkey, owner: &Pubkey, data: Vec<u8>) {
        let lamports = self.inner.minimum_balance_for_rent_exemption(data.len());
        self.put(key, Account { lamports, data, owner: *owner, executable: false, rent_epoch: u64::MAX });
    }

    /// An account.
    #[must_use]
    pub fn account(&self, key: &Pubkey) -> Option<Account> {
        self.inner.get_account(key)
    }

    /// All accounts a program owns.
    #[must_use]
    pub fn program_accounts(&self, program: &Pubkey) -> Vec<(Pubkey, Account)> {
        self.inner.get_program_accounts(program)
    }

    /// A program account, decoded.
    ///
    /// # Panics
    /// If it is not there or not a `T`.
    #[must_use]
    pub fn read<T: Layout>(&self, key: &Pubkey) -> T {
        let account = self.account(key).unwrap_or_else(|| panic!("no account {key}"));
        T::copy_from(&account.data).unwrap_or_else(|error| panic!("{key}: {error:?}"))
    }

    /// Overwrites a program account: for states that would take long to reach. Its bytes are changed, nothing else.
    ///
    /// # Panics
    /// As [`Svm::read`].
    pub fn edit<T: Layout>(&mut self, key: &Pubkey, change: impl FnOnce(&mut T)) {
        let mut account = self.account(key).unwrap_or_else(|| panic!("no account {key}"));
        let mut state = T::copy_from(&account.data).unwrap_or_else(|error| panic!("{key}: {error:?}"));
        change(&mut state);
        account.data[8..].copy_from_slice(bytemuck::bytes_of(&state));
        self.put(key, account);
    }

    /// Writes an address lookup table.
    ///
    /// # Panics
    /// If it cannot be serialised.
    pub fn put_table(&mut self, key: &Pubkey, addresses: &[Pubkey]) {
        let table = AddressLookupTable { meta: LookupTableMeta::default(), addresses: addresses.into() };
        let data = table.serialize_for_tests().expect("a table");
        self.put_data(key, &solana_address_lookup_table_interface::program::ID, data);
    }

    /// Sends one versioned transaction that finds addresses in a lookup table; the first signer pays.
    ///
    /// # Errors
    /// What the runtime or a program said.
    ///
    /// # Panics
    /// If the transaction cannot be compiled or signed.
    pub fn send_with_table(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        table: &AddressLookupTableAccount,
    ) -> Result<Sent, Failed> {
        let (payer, blockhash) = (signers[0].pubkey(), self.inner.latest_blockhash());
        let message = v0::Message::try_compile(&payer, instructions, std::slice::from_ref(table), blockhash);
        let message = VersionedMessage::V0(message.expect("the message compiles"));
        let bytes = 1 + 64 * signers.len() + message.serialize().len();
        // The program is always among the static keys.
        let keys = message.static_account_keys().to_vec();
        let transaction = VersionedTransaction::try_new(message, signers).expect("signers");
        self.run(transaction, bytes, &keys)
    }

    /// Sends one transaction; the first signer pays.
    ///
    /// # Errors
    /// What the runtime or a program said.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Sent, Failed> {
        let payer = signers[0].pubkey();
        let message = Message::new_with_blockhash(instructions, Some(&payer), &self.inner.latest_blockhash());
        let keys = message.account_keys.clone();
        let transaction = Transaction::new(signers, message, self.inner.latest_blockhash());
        let bytes = transaction_bytes(&transaction);
        self.run(transaction, bytes, &keys)
    }

    fn run(
        &mut self,
        transaction: impl Into<VersionedTransaction>,
        bytes: usize,
        keys: &[Pubkey],
    ) -> Result<Sent, Failed> {
        match self.inner.send_transaction(transaction) {
            Ok(meta) => Ok(sent(meta, bytes, keys)),
            Err(failed) => Err(Failed {
                code: custom_code(&failed.err),
                error: format!("{:?}", failed.err),
                compute_units: failed.meta.compute_units_consumed,
                logs: failed.meta.logs,
            }),
        }
    }
}

impl ChainState for Svm {
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, String> {
        Ok(self.inner.get_account(key))
    }
}

/// Length of the transaction on the wire: a compact count and 64 bytes for each signature, and the message.
fn transaction_bytes(transaction: &Transaction) -> usize {
    1 + 64 * transaction.signatures.len() + transaction.message.serialize().len()
}

fn custom_code(error: &solana_transaction::TransactionError) -> Option<u32> {
    match error {
        solana_transaction::TransactionError::InstructionError(
            _,
            solana_instruction::error::InstructionError::Custom(code),
        ) => Some(*code),
        _ => None,
    }
}

fn sent(meta: TransactionMetadata, bytes: usize, keys: &[Pubkey]) -> Sent {
    let mut events: Vec<Event> = meta.logs.iter().filter_map(|line| events::from_log(line)).collect();
    let calls = meta.inner_instructions.iter().flatten().map(|inner| &inner.instruction);
    events.extend(
        calls
            .filter(|call| keys.get(usize::from(call.program_id_index)) == Some(&PROGRAM_ID))
            .filter_map(|call| events::from_call(&call.data)),
    );
    Sent { compute_units: meta.compute_units_consumed, bytes, logs: meta.logs, events }
}
