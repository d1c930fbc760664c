//! Creating accounts at derived addresses.
//!
//! Anchor's `init` does the same; it is not used because every use of it is nine kilobytes of program. The addresses are
//! still declared as `seeds` on the accounts structs: Anchor checks them before a handler runs, and the IDL tells clients.

use std::cell::RefMut;

use anchor_lang::prelude::*;
use anchor_lang::solana_program::instruction::{AccountMeta, Instruction};
use anchor_lang::solana_program::program::invoke_signed_unchecked;
use anchor_lang::system_program;
use ballast_state::Account;

use crate::error::{ensure, BallastError, OrRaise, Result};
use crate::view;

/// Instruction numbers of the system program.
const CREATE_ACCOUNT: u32 = 0;
const ASSIGN: u32 = 1;
const TRANSFER: u32 = 2;
const ALLOCATE: u32 = 8;

/// Bytes that every account pays for besides its data.
const ACCOUNT_STORAGE_OVERHEAD: u64 = 128;
/// 1.0 and 2.0 as bits.
const ONE: u64 = 0x3FF0_0000_0000_0000;
const TWO: u64 = 0x4000_0000_0000_0000;

/// What creating takes.
pub(crate) struct Creation<'a, 's, 'info> {
    /// Pays the rent, signs.
    pub(crate) payer: &'a AccountInfo<'info>,
    /// The new account, whose address the caller derived from `seeds`.
    pub(crate) account: &'a AccountInfo<'info>,
    /// The system program, which this checks.
    pub(crate) system_program: &'a AccountInfo<'info>,
    /// Seeds with the bump.
    pub(crate) seeds: &'s [&'s [u8]],
}

impl<'a, 'info> Creation<'a, '_, 'info> {
    /// Creates a program account, all zero but for its discriminator; its version is the caller's to write.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub(crate) fn program_account<T: Account>(&self) -> Result<RefMut<'a, T>> {
        self.create(T::SPACE, &crate::ID)?;
        {
            let mut data = self.account.data.try_borrow_mut().or_raise(BallastError::DuplicateAccount)?;
            let tag = data.first_chunk_mut().or_raise(BallastError::WrongAccountType)?;
            *tag = T::TAG;
        }
        view::view_new(self.account)
    }

    /// Creates an account of `space` zero bytes owned by `owner`.
    ///
    /// # Errors
    /// `WrongSystemProgram`, `AlreadyExists`; the system program's.
    #[inline(never)]
    pub(crate) fn create(&self, space: usize, owner: &Pubkey) -> Result<()> {
        ensure!(self.system_program.key == &system_program::ID, BallastError::WrongSystemProgram);
        ensure!(self.account.data_is_empty(), BallastError::AlreadyExists);
        let space_bytes = u64::try_from(space).or_raise(BallastError::Overflow)?.to_le_bytes();
        let rent = minimum_balance(&Rent::get()?, space).or_raise(BallastError::Overflow)?;
        let held = self.account.lamports();
        if held == 0 {
            let mut data = [0; 52];
            fill(&mut data, &[&CREATE_ACCOUNT.to_le_bytes(), &rent.to_le_bytes(), &space_bytes, owner.as_ref()]);
            return self.call([self.payer, self.account], &data);
        }
        // Somebody sent lamports to the address before: that must not stop its creation.
        let missing = rent.saturating_sub(held);
        if missing > 0 {
            let mut data = [0; 12];
            fill(&mut data, &[&TRANSFER.to_le_bytes(), &missing.to_le_bytes()]);
            self.call([self.payer, self.account], &data)?;
        }
        let mut data = [0; 12];
        fill(&mut data, &[&ALLOCATE.to_le_bytes(), &space_bytes]);
        self.call([self.account, self.payer], &data)?;
        let mut data = [0; 36];
        fill(&mut data, &[&ASSIGN.to_le_bytes(), owner.as_ref()]);
        self.call([self.account, self.payer], &data)
    }

    /// Calls the system program with both accounts as writable signers, which is more than some of its instructions ask for:
    /// one copy of this serves all. Through the Rust interface: unlike the C one it makes the new length known to
    /// `AccountInfo`.
    #[inline(never)]
    fn call(&self, accounts: [&AccountInfo<'info>; 2], data: &[u8]) -> Result<()> {
        let instruction = Instruction {
            program_id: *self.system_program.key,
            accounts: accounts.map(|account| AccountMeta::new(*account.key, true)).to_vec(),
            data: data.to_vec(),
        };
        invoke_signed_unchecked(&instruction, &accounts.map(Clone::clone), &[self.seeds]).map_err(Into::into)
    }
}

/// `Rent::minimum_balance` without floats, whose software is three kilobytes of program. The threshold has always been two
/// years; SIMD-0194 makes it one, of a rate twice as high.
#[allow(deprecated, reason = "the fields the runtime fills today")]
fn minimum_balance(rent: &Rent, space: usize) -> Option<u64> {
    let bytes = u64::try_from(space).ok()?.checked_add(ACCOUNT_STORAGE_OVERHEAD)?;
    let years = match rent.exemption_threshold.to_bits() {
        ONE => 1,
        TWO => 2,
        _ => return None,
    };
    bytes.checked_mul(rent.lamports_per_byte_year)?.checked_mul(years)
}

/// Writes the parts one after the other.
fn fill(data: &mut [u8], parts: &[&[u8]]) {
    let bytes = parts.iter().flat_map(|part| part.iter());
    for (to, from) in data.iter_mut().zip(bytes) {
        *to = *from;
    }
}
