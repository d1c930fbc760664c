//! Calling another program through the runtime's C interface. Not for calls that change an account's length: the caller's
//! `AccountInfo` does not learn of it.
//!
//! The Rust interface copies the instruction twice and clones every account; this one passes what is there. It is the only
//! unsafe code of the program besides its entry point, and it keeps one promise for the runtime: every pointer is valid
//! while the call lasts, and nothing it points to is borrowed mutably.
#![allow(unsafe_code, reason = "see above")]

use anchor_lang::prelude::*;

use crate::error::{ensure, BallastError, Failure, Result};

/// How a called program sees an account.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Meta<'a> {
    key: &'a Pubkey,
    is_writable: bool,
    is_signer: bool,
}

impl<'a> Meta<'a> {
    pub(crate) fn writable(info: &'a AccountInfo<'_>) -> Self {
        Self { key: info.key, is_writable: true, is_signer: false }
    }

    pub(crate) fn readonly(info: &'a AccountInfo<'_>) -> Self {
        Self { key: info.key, is_writable: false, is_signer: false }
    }

    pub(crate) fn signer(info: &'a AccountInfo<'_>) -> Self {
        Self { key: info.key, is_writable: false, is_signer: true }
    }
}

/// `SolInstruction` of the runtime's C interface.
#[repr(C)]
struct Instruction<'a> {
    program_id: &'a Pubkey,
    metas: *const Meta<'a>,
    metas_len: u64,
    data: *const u8,
    data_len: u64,
}

/// `SolAccountInfo` of the runtime's C interface.
#[repr(C)]
struct Info<'a> {
    key: &'a Pubkey,
    lamports: *const u64,
    data_len: u64,
    data: *const u8,
    owner: &'a Pubkey,
    rent_epoch: u64,
    is_signer: bool,
    is_writable: bool,
    executable: bool,
}

/// `SolSignerSeeds` of the runtime's C interface; a seed is a slice, whose pointer and length it is.
#[repr(C)]
struct Seeds<'a> {
    seeds: *const &'a [u8],
    len: u64,
}

/// Calls `program`, signing for the address of `seeds` if there are any.
///
/// # Errors
/// `DuplicateAccount` if an account is borrowed; what the called program says.
#[inline]
pub(crate) fn invoke_signed<const N: usize>(
    program: &Pubkey,
    metas: &[Meta<'_>; N],
    data: &[u8],
    accounts: [&AccountInfo<'_>; N],
    seeds: &[&[u8]],
) -> Result<()> {
    for account in accounts {
        // A mutable borrow here would alias what the called program writes.
        ensure!(account.data.try_borrow().is_ok(), BallastError::DuplicateAccount);
    }
    let infos = accounts.map(Info::of);
    let instruction = Instruction {
        program_id: program,
        metas: metas.as_ptr(),
        metas_len: length(metas),
        data: data.as_ptr(),
        data_len: length(data),
    };
    let signer = Seeds { seeds: seeds.as_ptr(), len: length(seeds) };
    Failure::check(call(&instruction, &infos, &signer, u64::from(!seeds.is_empty())))
}

/// Length of a slice as the runtime counts.
fn length<T>(slice: &[T]) -> u64 {
    // No slice on chain is longer than the heap.
    u64::try_from(slice.len()).unwrap_or(0)
}

impl<'a> Info<'a> {
    fn of(info: &'a AccountInfo<'_>) -> Self {
        // SAFETY: only addresses and the length are taken; neither cell is borrowed by anyone, which was checked for data
        // above and holds for lamports since nothing in this program borrows them.
        let (lamports, data, data_len) = unsafe {
            let lamports: *const u64 = &raw const **info.lamports.as_ptr();
            let data: &[u8] = &*info.data.as_ptr();
            (lamports, data.as_ptr(), length(data))
        };
        Self {
            key: info.key,
            lamports,
            data_len,
            data,
            owner: info.owner,
            rent_epoch: 0,
            is_signer: info.is_signer,
            is_writable: info.is_writable,
            executable: info.executable,
        }
    }
}

#[cfg(target_os = "solana")]
fn call(instruction: &Instruction<'_>, infos: &[Info<'_>], signer: &Seeds<'_>, signers: u64) -> u64 {
    // SAFETY: all are `repr(C)` with the runtime's layouts and live on this stack until the call returns.
    unsafe {
        solana_define_syscall::definitions::sol_invoke_signed_c(
            (&raw const *instruction).cast(),
            infos.as_ptr().cast(),
            length(infos),
            (&raw const *signer).cast(),
            signers,
        )
    }
}

/// There is nothing to call outside the runtime.
#[cfg(not(target_os = "solana"))]
fn call(_: &Instruction<'_>, _: &[Info<'_>], _: &Seeds<'_>, _: u64) -> u64 {
    0
}
