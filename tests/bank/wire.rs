//! How a transaction comes to the bank: signed, in a packet, its addresses in a lookup table or not.

use std::collections::BTreeSet;

use solana_address_lookup_table_interface::instruction::{create_lookup_table, extend_lookup_table};
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_packet::Packet;
use solana_transaction::versioned::VersionedTransaction;

use super::support::*;

/// Why a transaction changed nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It fits no packet, so no leader sees it.
    TooLarge,
    /// The bank said so.
    Bank(TransactionError),
}

/// The first instruction of a transaction failed with a program's own code.
pub(crate) fn code(code: u32) -> Result<usize, Refused> {
    failed(0, InstructionError::Custom(code))
}

/// An instruction of a transaction failed.
pub(crate) fn failed(instruction: u8, error: InstructionError) -> Result<usize, Refused> {
    Err(Refused::Bank(TransactionError::InstructionError(instruction, error)))
}

impl World {
    /// Waits for a blockhash that no transaction had. One comes every few milliseconds, of which the harness would sleep 200.
    pub(crate) async fn next_blockhash(&mut self) -> Hash {
        loop {
            let hash = self.context.banks_client.get_latest_blockhash().await.expect("a blockhash");
            if hash != self.context.last_blockhash {
                self.context.last_blockhash = hash;
                return hash;
            }
        }
    }

    /// A transaction, and its instructions' addresses in a lookup table if there is one. The first signer pays.
    pub(crate) async fn signed(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        table: Option<&AddressLookupTableAccount>,
    ) -> VersionedTransaction {
        let hash = self.next_blockhash().await;
        let payer = signers[0].pubkey();
        let message = match table {
            None => VersionedMessage::Legacy(Message::new_with_blockhash(instructions, Some(&payer), &hash)),
            Some(table) => {
                let message = v0::Message::try_compile(&payer, instructions, std::slice::from_ref(table), hash);
                VersionedMessage::V0(message.expect("the message compiles"))
            }
        };
        VersionedTransaction::try_new(message, signers).expect("the signers")
    }

    /// Takes a transaction the way of a leader: out of a packet, signatures, bank. Says how many bytes it had.
    pub(crate) async fn receive(&mut self, transaction: &VersionedTransaction) -> Result<usize, Refused> {
        let packet = Packet::from_data(None, transaction).map_err(|_| Refused::TooLarge)?;
        let received: VersionedTransaction = packet.deserialize_slice(..).expect("what was put in");
        received.verify_and_hash_message().map_err(Refused::Bank)?;
        let done = self.context.banks_client.process_transaction_with_metadata(received).await;
        done.expect("the bank answers").result.map_err(Refused::Bank)?;
        Ok(packet.meta().size)
    }

    pub(crate) async fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<usize, Refused> {
        let transaction = self.signed(instructions, signers, None).await;
        self.receive(&transaction).await
    }

    /// Sends what must succeed.
    pub(crate) async fn sent(&mut self, instructions: &[Instruction], signer: &Trader) -> usize {
        self.send(instructions, &[&signer.key]).await.expect("the transaction succeeds")
    }

    /// As [`World::sent`], by the admin.
    pub(crate) async fn as_admin(&mut self, instruction: Instruction) -> usize {
        let admin = self.admin.insecure_clone();
        self.send(&[instruction], &[&admin]).await.expect("the transaction succeeds")
    }

    /// A lookup table of every address that the instructions name and that does not sign, and how it is made.
    pub(crate) async fn table_of(
        &mut self,
        instructions: &[Instruction],
    ) -> (Vec<Instruction>, AddressLookupTableAccount) {
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let named: BTreeSet<Pubkey> = metas.filter(|meta| !meta.is_signer).map(|meta| meta.pubkey).collect();
        let addresses: Vec<Pubkey> = named.into_iter().collect();
        let (admin, slot) = (self.admin.pubkey(), self.clock().await.slot);
        let (create, key) = create_lookup_table(admin, admin, slot - 1);
        let extend = addresses.chunks(20).map(|part| extend_lookup_table(key, admin, Some(admin), part.to_vec()));
        (std::iter::once(create).chain(extend).collect(), AddressLookupTableAccount { key, addresses })
    }

    /// As [`World::table_of`], made, and old enough to be used.
    pub(crate) async fn table(&mut self, instructions: &[Instruction]) -> AddressLookupTableAccount {
        let (making, table) = self.table_of(instructions).await;
        for instruction in making {
            self.as_admin(instruction).await;
        }
        self.skip(1).await;
        table
    }
}
