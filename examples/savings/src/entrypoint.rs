//! The entry point: Anchor's, but the accounts are left on the heap, which ends with the instruction, instead of dropped one
//! by one. That is 28 units an account.
#![allow(unsafe_code, reason = "what the runtime calls")]

use anchor_lang::solana_program::entrypoint::{custom_heap_default, custom_panic_default, deserialize, SUCCESS};

/// What the runtime calls.
///
/// # Safety
/// `input` is the runtime's.
#[no_mangle]
pub(crate) unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // SAFETY: by this function's own condition.
    let (program_id, accounts, data) = unsafe { deserialize(input) };
    match crate::entry(program_id, accounts.leak(), data) {
        Ok(()) => SUCCESS,
        Err(error) => error.into(),
    }
}

custom_heap_default!();
custom_panic_default!();
