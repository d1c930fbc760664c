//! Mints and token accounts of Token-2022, made by its own program. The admin of a world is every authority they have.

use ballast_state::{Mint, TransferFee};
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account;

use crate::{Svm, World};

/// Token-2022's program.
pub const TOKEN_2022: Pubkey = Pubkey::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");

/// Bytes of a mint and of a token account without extensions.
const MINT_BYTES: usize = 82;
const ACCOUNT_BYTES: usize = 165;
/// Bytes of a `TransferFeeConfig` in a mint and of a `TransferFeeAmount` in a token account, with their heads.
const FEE_CONFIG_BYTES: usize = 4 + 108;
const FEE_AMOUNT_BYTES: usize = 4 + 8;
/// Where the first extension of a token account keeps its bytes.
const FIRST_EXTENSION_AT: usize = ACCOUNT_BYTES + 1 + 4;

/// Instructions of Token-2022; `TransferFeeExtension` has instructions of its own.
const MINT_TO: u8 = 7;
const INITIALIZE_ACCOUNT_3: u8 = 18;
const INITIALIZE_MINT_2: u8 = 20;
const TRANSFER_FEE_EXTENSION: u8 = 26;
const INITIALIZE_TRANSFER_FEE_CONFIG: u8 = 0;
const SET_TRANSFER_FEE: u8 = 5;

impl World {
    /// Creates a mint that the admin may mint and freeze, after the instructions that initialise its extensions, which take
    /// `bytes`, heads included.
    ///
    /// # Panics
    /// If the token program refuses.
    pub fn create_mint_2022(&mut self, mint: &Keypair, decimals: u8, bytes: usize, extensions: &[Instruction]) {
        let admin = self.admin.pubkey();
        let mut data = vec![INITIALIZE_MINT_2, decimals];
        data.extend(admin.to_bytes());
        data.push(1);
        data.extend(admin.to_bytes());
        let key = mint.pubkey();
        let space = if bytes == 0 { MINT_BYTES } else { ACCOUNT_BYTES + 1 + bytes };
        let mut instructions = extensions.to_vec();
        instructions.push(instruction(vec![AccountMeta::new(key, false)], data));
        self.create_2022(mint, space, &instructions);
    }

    /// Creates a mint whose transfers cost a fee. Returns its address.
    ///
    /// # Panics
    /// If the token program refuses.
    pub fn fee_mint(&mut self, decimals: u8, fee: TransferFee) -> Pubkey {
        let (mint, admin) = (self.key(), self.admin.pubkey());
        let mut data = vec![TRANSFER_FEE_EXTENSION, INITIALIZE_TRANSFER_FEE_CONFIG];
        for _authority in ["that sets the fee", "that withdraws it"] {
            data.push(1);
            data.extend(admin.to_bytes());
        }
        data.extend(packed(fee));
        let initialize = instruction(vec![AccountMeta::new(mint.pubkey(), false)], data);
        self.create_mint_2022(&mint, decimals, FEE_CONFIG_BYTES, &[initialize]);
        mint.pubkey()
    }

    /// Changes a bank's transfer fee. Token-2022 lets it take effect two epochs later.
    ///
    /// # Panics
    /// If the token program refuses.
    pub fn set_transfer_fee(&mut self, bank: u16, fee: TransferFee) {
        let (mint, admin) = (self.markets[usize::from(bank)].mint, self.admin.pubkey());
        let mut data = vec![TRANSFER_FEE_EXTENSION, SET_TRANSFER_FEE];
        data.extend(packed(fee));
        let metas = vec![AccountMeta::new(mint, false), AccountMeta::new_readonly(admin, true)];
        self.as_admin(instruction(metas, data)).expect("SetTransferFee");
    }

    /// Creates a token account, with room for `bytes` of extensions besides those its mint asks for.
    ///
    /// # Panics
    /// If the token program refuses.
    pub fn create_tokens_2022(&mut self, key: &Keypair, mint: &Pubkey, owner: &Pubkey, bytes: usize) {
        let fee = self.svm.account(mint).is_some_and(|account| {
            Mint::parse(&account.data).is_some_and(|mint| mint.transfer_fee(u64::MAX).is_some())
        });
        let bytes = bytes + if fee { FEE_AMOUNT_BYTES } else { 0 };
        let space = if bytes == 0 { ACCOUNT_BYTES } else { ACCOUNT_BYTES + 1 + bytes };
        let mut data = vec![INITIALIZE_ACCOUNT_3];
        data.extend(owner.to_bytes());
        let metas = vec![AccountMeta::new(key.pubkey(), false), AccountMeta::new_readonly(*mint, false)];
        self.create_2022(key, space, &[instruction(metas, data)]);
    }

    /// Mints tokens into a token account.
    ///
    /// # Panics
    /// If the token program refuses.
    pub fn mint_2022(&mut self, mint: &Pubkey, tokens: &Pubkey, atoms: u64) {
        let mut data = vec![MINT_TO];
        data.extend(atoms.to_le_bytes());
        let authority = AccountMeta::new_readonly(self.admin.pubkey(), true);
        let metas = vec![AccountMeta::new(*mint, false), AccountMeta::new(*tokens, false), authority];
        self.as_admin(instruction(metas, data)).expect("MintTo");
    }

    fn create_2022(&mut self, key: &Keypair, space: usize, initialize: &[Instruction]) {
        let admin = self.admin.insecure_clone();
        // Descriptions are added later: the mint grows and pays the rent itself.
        let lamports = self.svm.inner().minimum_balance_for_rent_exemption(space + 1_024);
        let space = u64::try_from(space).expect("small");
        let mut instructions = vec![create_account(&admin.pubkey(), &key.pubkey(), lamports, space, &TOKEN_2022)];
        instructions.extend_from_slice(initialize);
        self.svm.send(&instructions, &[&admin, key]).unwrap_or_else(|failed| panic!("{failed:#?}"));
    }
}

impl Svm {
    /// Fees withheld in a token account of a mint with a transfer fee, which its owner cannot spend.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn withheld(&self, key: &Pubkey) -> u64 {
        let data = self.account(key).expect("a token account").data;
        let bytes = data[FIRST_EXTENSION_AT..].first_chunk::<8>().expect("withheld fees");
        u64::from_le_bytes(*bytes)
    }
}

fn instruction(accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
    Instruction { program_id: TOKEN_2022, accounts, data }
}

fn packed(fee: TransferFee) -> Vec<u8> {
    let mut data = fee.basis_points.to_le_bytes().to_vec();
    data.extend(fee.most.to_le_bytes());
    data
}
