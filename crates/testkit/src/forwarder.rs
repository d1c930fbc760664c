//! A program that calls another one as it is told: what instructions see when they are not the transaction's own.
//!
//! It is a builtin of the embedded runtime, so there is no such program to build or to copy.

use ballast_client::PROGRAM_ID;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_program_runtime::declare_process_instruction;
use solana_program_runtime::invoke_context::InvokeContext;
use solana_program_runtime::solana_sbpf::program::BuiltinFunctionDefinition;
use solana_pubkey::Pubkey;

use crate::Svm;

/// Where the forwarder is.
pub const FORWARDER: Pubkey = Pubkey::new_from_array([77; 32]);

// It costs nothing: what it is used for is not how much it takes.
declare_process_instruction!(Forward, 0, |context| {
    let instruction = forwarded(context)?;
    context.native_invoke_signed(instruction, &[])
});

/// Ballast's instruction with the data and the accounts that came, but for the last one of them that is Ballast.
fn forwarded(context: &InvokeContext<'_, '_>) -> Result<Instruction, InstructionError> {
    let current = context.transaction_context.get_current_instruction_context()?;
    let mut accounts = Vec::new();
    for index in 0..current.get_number_of_instruction_accounts() {
        accounts.push(AccountMeta {
            pubkey: *current.get_key_of_instruction_account(index)?,
            is_signer: current.is_instruction_account_signer(index)?,
            is_writable: current.is_instruction_account_writable(index)?,
        });
    }
    let callee = accounts.iter().rposition(|meta| meta.pubkey == PROGRAM_ID).ok_or(InstructionError::MissingAccount)?;
    accounts.remove(callee);
    Ok(Instruction { program_id: PROGRAM_ID, accounts, data: current.get_instruction_data().to_vec() })
}

impl Svm {
    /// Adds the program at [`FORWARDER`].
    pub fn add_forwarder(&mut self) {
        self.inner().add_builtin(FORWARDER, Forward::register);
    }
}

/// The instruction of Ballast, called by the forwarder instead of the transaction.
#[must_use]
pub fn forward(instruction: &Instruction) -> Instruction {
    let mut forwarded = Instruction { program_id: FORWARDER, ..instruction.clone() };
    forwarded.accounts.push(AccountMeta::new_readonly(instruction.program_id, false));
    forwarded
}
