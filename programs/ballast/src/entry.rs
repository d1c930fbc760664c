//! The program's entry point: Anchor's, but for how a failure is logged.
//!
//! Anchor's own logs an error with everything it knows, which takes forty kilobytes of formatting. Here the name is logged,
//! and the account it is about; the rest is in the IDL under the code.

use anchor_lang::error::ErrorOrigin;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::entrypoint::ProgramResult;

anchor_lang::solana_program::entrypoint!(entry);

fn entry<'info>(program_id: &'info Pubkey, accounts: &'info [AccountInfo<'info>], data: &'info [u8]) -> ProgramResult {
    crate::try_entry(program_id, accounts, data).map_err(|error| {
        if let Error::AnchorError(error) = &error {
            if let Some(ErrorOrigin::AccountName(name)) = &error.error_origin {
                msg!(name);
            }
            msg!(&error.error_name);
        }
        error.into()
    })
}
