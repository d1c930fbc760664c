//! What else the transaction does: the instructions sysvar, read in place.
//!
//! Its bytes: the number of instructions, an offset for each (u16), then for each its accounts (a count, then a flag byte and
//! a key for each), program, and data with its length; at the very end the number of the current instruction.

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{get_stack_height, TRANSACTION_LEVEL_STACK_HEIGHT};

use crate::error::{ensure, BallastError, OrRaise, Result};

/// The instructions sysvar.
const INSTRUCTIONS: Pubkey = pubkey!("Sysvar1nstructions1111111111111111111111111");
/// A flag byte and a key.
const ACCOUNT_BYTES: usize = 33;

/// The current instruction must be the transaction's own, not a call, and exactly one later one of the transaction's own must
/// be this program's with `discriminator` and with `key` as its account number `position`. It will then run or nothing will
/// have happened.
///
/// # Errors
/// `NotTopLevel`, `WrongSysvar`, `MissingEnd`, `EndNotUnique`.
pub(crate) fn require_one_later(
    sysvar: &AccountInfo<'_>,
    discriminator: &[u8],
    position: usize,
    key: &Pubkey,
) -> Result<()> {
    ensure!(get_stack_height() == TRANSACTION_LEVEL_STACK_HEIGHT, BallastError::NotTopLevel);
    ensure!(sysvar.key == &INSTRUCTIONS, BallastError::WrongSysvar);
    let data = sysvar.data.try_borrow().or_raise(BallastError::WrongSysvar)?;
    let sysvar = Bytes(&data);
    let found = sysvar.count_later(discriminator, position, key).or_raise(BallastError::WrongSysvar)?;
    ensure!(found > 0, BallastError::MissingEnd);
    ensure!(found == 1, BallastError::EndNotUnique);
    Ok(())
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn count_later(&self, discriminator: &[u8], position: usize, key: &Pubkey) -> Option<usize> {
        let count = self.number(0)?;
        let current = self.number(self.0.len().checked_sub(2)?)?;
        let mut found = 0usize;
        for index in current.checked_add(1)?..count {
            let start = self.number(index.checked_mul(2)?.checked_add(2)?)?;
            if self.is_match(start, discriminator, position, key)? {
                found = found.checked_add(1)?;
            }
        }
        Some(found)
    }

    fn is_match(&self, start: usize, discriminator: &[u8], position: usize, key: &Pubkey) -> Option<bool> {
        let accounts = self.number(start)?;
        let first = start.checked_add(2)?;
        let program = accounts.checked_mul(ACCOUNT_BYTES)?.checked_add(first)?;
        if self.slice(program, 32)? != crate::ID.as_ref() {
            return Some(false);
        }
        let length = self.number(program.checked_add(32)?)?;
        if length < discriminator.len()
            || self.slice(program.checked_add(34)?, discriminator.len())? != discriminator
            || position >= accounts
        {
            return Some(false);
        }
        let at = position.checked_mul(ACCOUNT_BYTES)?.checked_add(first)?.checked_add(1)?;
        Some(self.slice(at, 32)? == key.as_ref())
    }

    fn number(&self, at: usize) -> Option<usize> {
        let bytes = self.0.get(at..)?.first_chunk::<2>()?;
        Some(usize::from(u16::from_le_bytes(*bytes)))
    }

    fn slice(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.0.get(at..at.checked_add(length)?)
    }
}
