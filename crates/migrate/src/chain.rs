//! What a plan reads.

use ballast_client::{view, PROGRAM_ID};
use ballast_risk::Now;
use ballast_state::Account as Layout;
use solana_account::Account;
use solana_pubkey::Pubkey;
use solana_sdk_ids::sysvar;

use crate::section::Fault;

/// Accounts by their addresses: of a cluster, of a runtime in memory, or of a folder of dumps.
pub trait ChainState {
    /// The account at an address; nothing if there is none.
    ///
    /// # Errors
    /// It could not be looked up.
    fn account(&self, key: &Pubkey) -> Result<Option<Account>, String>;
}

/// Looks up what the value at `path` is about.
pub(crate) fn look_up(chain: &impl ChainState, path: &str, key: &Pubkey) -> Result<Option<Account>, Fault> {
    chain.account(key).map_err(|error| Fault::new(path, format!("{key} cannot be read: {error}")))
}

/// The program's account at `key`.
pub(crate) fn load<T: Layout>(chain: &impl ChainState, path: &str, key: &Pubkey) -> Result<Option<T>, Fault> {
    let Some(account) = look_up(chain, path, key)? else { return Ok(None) };
    // Whoever sends lamports to an address makes an account of the system program of it.
    if account.data.is_empty() {
        return Ok(None);
    }
    if account.owner != PROGRAM_ID {
        return Err(Fault::new(path, format!("{key} belongs to {}, not to the program {PROGRAM_ID}", account.owner)));
    }
    view::decode(&account.data)
        .map(Some)
        .map_err(|error| Fault::new(path, format!("{key} is not what stands there: {error:?}")))
}

/// As [`load`], for what has to be there.
pub(crate) fn require<T: Layout>(chain: &impl ChainState, path: &str, key: &Pubkey) -> Result<T, Fault> {
    load(chain, path, key)?.ok_or_else(|| Fault::new(path, format!("{key} is missing on the chain")))
}

/// The chain's clock, where its account can be read.
pub(crate) fn now(chain: &impl ChainState) -> Result<Option<Now>, Fault> {
    // Slot, start of the epoch, epoch, schedule's epoch, unix time: eight bytes each.
    let Some(account) = look_up(chain, "group", &sysvar::clock::ID)? else { return Ok(None) };
    let word = |at: usize| account.data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    Ok(match (word(0), word(32)) {
        (Some(slot), Some(ts)) => Some(Now { ts: i64::from_le_bytes(ts), slot: u64::from_le_bytes(slot) }),
        _ => None,
    })
}
