//! Bringing an account of an older version to this one, in place: lengths never change.

use crate::{Account, Bank, LayoutError};

/// The version before [`Bank`]'s.
const BANK_BEFORE: u8 = 1;

/// Brings a bank of version 1 to version 2. What version 2 added was zero, which says: no flash loan, no fee for one, no
/// warm-up. The risk admin's limits become the caps in force.
///
/// # Errors
/// `UnknownType`, `BadLength`; `UnsupportedVersion` if it is not of version 1.
pub fn bank(data: &mut [u8]) -> Result<&mut Bank, LayoutError> {
    let bank = Bank::read_new(data)?;
    if bank.version != BANK_BEFORE {
        return Err(LayoutError::UnsupportedVersion);
    }
    bank.version = Bank::VERSION;
    bank.deposit_cap_limit = bank.deposit_cap;
    bank.borrow_cap_limit = bank.borrow_cap;
    Ok(bank)
}
