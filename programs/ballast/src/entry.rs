//! The program's entry point: Anchor's, but for two things.
//!
//! The accounts are leaked instead of dropped: counting their references down costs twenty units an account, and memory ends
//! with the instruction anyway. And a failure is logged by its name and the account it is about: with all that Anchor knows of
//! it that takes forty kilobytes of formatting, and the rest is in the IDL under the code.
#![allow(unsafe_code, reason = "the runtime hands over a pointer")]

use anchor_lang::error::ErrorOrigin;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::{custom_heap_default, custom_panic_default, deserialize, SUCCESS};

use crate::security_txt::SECURITY_TXT;

custom_heap_default!();
custom_panic_default!();

/// Called by the runtime.
///
/// # Safety
/// `input` is what the runtime serialised for this instruction.
#[no_mangle]
pub(crate) unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // SAFETY: as above; what is made of it lives as long as the instruction.
    let (program_id, accounts, data) = unsafe { deserialize(input) };
    match crate::try_entry(program_id, accounts.leak(), data) {
        Ok(()) => SUCCESS,
        Err(error) => fail(error),
    }
}

#[cold]
fn fail(error: Error) -> u64 {
    // Something has to refer to it, or it is not linked: what runs least.
    std::hint::black_box(&SECURITY_TXT);
    if let Error::AnchorError(error) = &error {
        if let Some(ErrorOrigin::AccountName(name)) = &error.error_origin {
            msg!(name);
        }
        msg!(&error.error_name);
    }
    ProgramError::from(error).into()
}
